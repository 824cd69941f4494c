//! Data directories: the formats are op-program's, byte for byte, and no value is ever torn.

use alloy_primitives::{Bytes, b256, keccak256};
use hoike_host::store::{Disk, Format, StoreError};
use hoike_preimage::PreimageKey;
use hoike_tests::TempFolder;
use std::{fs, thread};

fn key(n: u64) -> PreimageKey {
    PreimageKey::keccak256(keccak256(n.to_be_bytes()))
}

/// Names and contents as op-program's `directory.go`, `file.go` and `format.go` make them.
#[test]
fn the_formats_are_op_programs() {
    let hash = b256!("0x11223344556677889900aabbccddeeff00112233445566778899aabbccddeeff");
    let of = PreimageKey::keccak256(hash);
    for (format, name, path) in [
        (
            Format::Directory,
            "directory",
            "0222/3344556677889900aabbccddeeff00112233445566778899aabbccddeeff.txt",
        ),
        (
            Format::File,
            "file",
            "0x02223344556677889900aabbccddeeff00112233445566778899aabbccddeeff.txt",
        ),
    ] {
        let folder = TempFolder::empty();
        // It is made if it is not there.
        let root = folder.path().join("deep/preimages");
        let disk = Disk::open(&root, format).unwrap();
        assert_eq!(fs::read(root.join("kvformat")).unwrap(), name.as_bytes());
        assert_eq!(disk.get(of).unwrap(), None);
        disk.put(of, &[0x00, 0xab, 0xff]).unwrap();
        assert_eq!(fs::read(root.join(path)).unwrap(), b"00abff");
        assert_eq!(
            disk.get(of).unwrap(),
            Some(Bytes::from_static(&[0x00, 0xab, 0xff]))
        );
        disk.put(of, &[]).unwrap();
        assert_eq!(disk.get(of).unwrap(), Some(Bytes::new()));

        // What others wrote is read, whatever format is asked for.
        fs::write(root.join(path), "C0FFEE").unwrap();
        for asked in [Format::Directory, Format::File] {
            let again = Disk::open(&root, asked).unwrap();
            assert_eq!(again.format(), format);
            assert_eq!(
                again.get(of).unwrap(),
                Some(Bytes::from_static(&[0xc0, 0xff, 0xee]))
            );
        }
        let files: Vec<_> = hoike_files(&root);
        assert_eq!(files.len(), 2, "nothing else is left behind: {files:?}");
    }
}

fn hoike_files(root: &std::path::Path) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(root).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(hoike_files(&path));
        } else {
            found.push(path);
        }
    }
    found
}

#[test]
fn other_formats_are_refused_by_name() {
    for (file, contents, name) in [
        ("kvformat", "pebble", "pebble"),
        ("kvformat", "", ""),
        ("kvformat", "directory\n", "directory\n"),
    ] {
        let folder = TempFolder::empty();
        folder.write(file, contents.as_bytes());
        match Disk::open(folder.path(), Format::Directory) {
            Err(StoreError::Format { name: found, .. }) => assert_eq!(found, name),
            other => panic!("{other:?}"),
        }
    }
    // What kona-host's RocksDB leaves.
    let folder = TempFolder::empty();
    folder.write("CURRENT", b"MANIFEST-000005\n");
    folder.write("IDENTITY", b"0b5f");
    let refused = Disk::open(folder.path(), Format::Directory).unwrap_err();
    assert!(refused.to_string().contains("rocksdb"), "{refused}");
    assert!(!folder.path().join("kvformat").exists());
}

#[test]
fn faults_name_the_file() {
    let folder = TempFolder::empty();
    let disk = Disk::open(folder.path(), Format::File).unwrap();
    disk.put(key(1), b"value").unwrap();
    let name = format!("0x{}.txt", alloy_primitives::hex::encode(key(1).as_bytes()));
    for spoilt in ["0", "xy", "0x00", "00 "] {
        folder.write(&name, spoilt.as_bytes());
        let error = disk.get(key(1)).unwrap_err();
        assert!(matches!(error, StoreError::Malformed { .. }), "{spoilt:?}");
        assert!(error.to_string().contains(&name), "{error}");
    }
    // A file where a directory should be.
    let file = folder.path().join(&name);
    let error = Disk::open(&file, Format::File).unwrap_err();
    assert!(error.to_string().contains(&name), "{error}");
}

/// Several stores over one directory, as several processes have it: a reader sees a value whole or not at all.
#[test]
fn values_are_never_torn() {
    for format in [Format::Directory, Format::File] {
        let folder = TempFolder::empty();
        // What a writer that was killed leaves behind disturbs nobody.
        Disk::open(folder.path(), format).unwrap();
        folder.write("0x02ab.txt.1-0.tmp", b"00ab");
        let value = |n: u64| vec![n as u8; 50_000];
        thread::scope(|scope| {
            for _ in 0..3 {
                scope.spawn(|| {
                    let disk = Disk::open(folder.path(), format).unwrap();
                    for n in 0..60 {
                        disk.put(key(n), &value(n)).unwrap();
                    }
                });
            }
            for _ in 0..2 {
                scope.spawn(|| {
                    let disk = Disk::open(folder.path(), format).unwrap();
                    for round in 0..40 {
                        for n in 0..60 {
                            if let Some(read) = disk.get(key(n)).unwrap() {
                                assert_eq!(read, value(n), "round {round}");
                            }
                        }
                    }
                });
            }
        });
        let disk = Disk::open(folder.path(), format).unwrap();
        assert!((0..60).all(|n| disk.get(key(n)).unwrap() == Some(value(n).into())));
    }
}

//! `hoike witness`.

mod common;

use common::{example_claim, run};
use hoike_claims::Folder;
use hoike_preimage::{KeyKind, PreimageKey};
use hoike_tests::{TempFolder, claim_folders, example, witness_file};
use std::path::Path;

fn text(path: &Path) -> &str {
    path.to_str().expect("UTF-8")
}

/// Counts as `shared/notes` and the example's README have them from elsewhere: 94,751 values, ten blobs of 4,096 elements.
#[test]
fn inspect_counts() {
    let (code, out, err) = run(&["witness", "inspect", text(&example())]);
    assert_eq!((code, err.as_str()), (0, ""));
    assert!(
        out.lines()
            .any(|line| line.starts_with("all ") && line.contains(" 94751 ")),
        "{out}"
    );
    assert!(out.contains("10 blobs"), "{out}");
}

#[test]
fn real_witnesses_are_right() {
    let mut folders = claim_folders();
    folders.truncate(12);
    for folder in folders {
        let (code, out, err) = run(&["witness", "check", text(&folder)]);
        assert_eq!((code, err.as_str()), (0, ""), "{out}");
        assert!(out.contains(" right, 0 wrong"), "{out}");
    }
}

/// One value of each kind is spoilt; a blob by one of its elements.
#[test]
fn wrong_values_are_named() {
    let folder = Folder::read(&example()).unwrap();
    let mut seen = Vec::new();
    for kind in [
        KeyKind::Keccak256,
        KeyKind::Sha256,
        KeyKind::Blob,
        KeyKind::Precompile,
    ] {
        // The preimages of keys of other kinds stay as they are: they say what those are of.
        let spoilt = folder.witness.iter().find(|(key, value)| {
            key.kind() == kind
                && if kind == KeyKind::Blob {
                    value.len() == 32
                } else {
                    value.len() != 80
                }
        });
        let Some((spoilt, _)) = spoilt else { continue };
        seen.push(kind);
        let entries: Vec<([u8; 32], Vec<u8>)> = folder
            .witness
            .iter()
            .map(|(key, value)| {
                let mut value = value.to_vec();
                if key == spoilt {
                    *value.last_mut().expect("a byte") ^= 1;
                }
                (*key.as_bytes(), value)
            })
            .collect();
        let raw = witness_file(
            entries
                .iter()
                .map(|(key, value)| (*key, value.len() as u32, &value[..])),
        );
        let made = TempFolder::example_with(&example_claim());
        made.write("witness.kv.zst", &zstd::encode_all(&raw[..], 1).unwrap());
        let (code, out, err) = run(&["witness", "check", text(made.path())]);
        assert_eq!((code, err.as_str()), (3, ""), "{kind}: {out}");
        // A blob's fault is told by its versioned hash.
        let named: PreimageKey = if kind == KeyKind::Blob {
            let line = out
                .lines()
                .find(|line| line.contains("WRONG"))
                .expect("a fault");
            assert!(line.contains("sha256 0x04"), "{line}");
            continue;
        } else {
            spoilt
        };
        assert!(out.contains(&format!("WRONG  {named}")), "{kind}: {out}");
    }
    assert!(seen.len() >= 3, "{seen:?}");
}

/// What is left is what is read, and it is enough for all claims, checked; into a folder that has something it does not write.
#[test]
fn pruned_folders_judge_as_before() {
    let mut folders = claim_folders();
    folders.truncate(3);
    for folder in folders {
        let out_folder = TempFolder::empty();
        let target = out_folder.path().join("pruned");
        let (code, out, err) = run(&["witness", "prune", text(&folder), text(&target)]);
        assert_eq!((code, err.as_str()), (0, ""), "{out}");
        let (before, after) = (
            Folder::read(&folder).unwrap(),
            Folder::read(&target).unwrap(),
        );
        assert!(after.witness.len() < before.witness.len());
        assert!(
            after
                .witness
                .iter()
                .all(|(key, value)| before.witness.value(&key) == Some(value))
        );
        let (code, out, err) = run(&["verify", "--check-expected", text(&target)]);
        assert_eq!((code, err.as_str()), (0, ""), "{out}");
        let (code, _, err) = run(&["witness", "prune", text(&folder), text(&target)]);
        assert_eq!(code, 3);
        assert!(err.contains("not empty"), "{err}");
    }
}

//! Claim folders that are wrong in any way there is: the error names the file, the field or entry, and the reason; nothing panics, and nothing allocates
//! what a file only announces.

use hoike_claims::{Folder, FolderError, Limits};
use hoike_preimage::{KeyKind, PreimageKey};
use hoike_tests::{TempFolder, example, fixtures, witness_file};
use serde_json::{Value, json};
use std::{fs, fs::File, path::PathBuf};

#[test]
fn the_example_is_right() {
    let folder = Folder::from_bytes("here", &claim_text(), &packed(&[])).unwrap();
    assert_eq!(folder.claims.len(), 5);
    assert_eq!(folder.witness_bytes, 0);
}

/// Each field of `claim.json`, in each way that it can be wrong.
#[test]
fn fields_of_claim_json() {
    let short = json!("0x010cfdb22eaa13e8cdfbf66403f8de2a026475e96a6635d53c31f853a0e3ae");
    let long = json!("0x010cfdb22eaa13e8cdfbf66403f8de2a026475e96a6635d53c31f853a0e3ae2500");
    let odd = json!("0x010cfdb22eaa13e8cdfbf66403f8de2a026475e96a6635d53c31f853a0e3ae2");
    let no_hex = json!("0x010cfdb22eaa13e8cdfbf66403f8de2a026475e96a6635d53c31f853a0e3aexy");
    let bad_hashes = [
        short,
        long,
        odd,
        no_hex,
        json!(""),
        json!("0x"),
        json!(7),
        json!(true),
        json!({}),
        json!([]),
    ];
    let bad_numbers = [
        json!(-1),
        json!(1.5),
        json!(18_446_744_073_709_551_616_f64),
        json!("7"),
        json!("0x7"),
        json!(true),
        json!([7]),
        json!({}),
    ];
    let bad_texts = [json!(7), json!(true), json!([]), json!({})];
    let bad_expectations = [
        json!("maybe"),
        json!("Valid"),
        json!(""),
        json!(true),
        json!(1),
    ];

    // Where, name, needed, what it cannot be.
    let fields: [(&str, &str, bool, &[Value]); 12] = [
        ("", "name", false, &bad_texts),
        ("", "l1_chain_id", true, &bad_numbers),
        ("", "l2_chain_id", true, &bad_numbers),
        (
            "",
            "claims",
            true,
            &[
                json!(7),
                json!("all"),
                json!([7]),
                json!([[]]),
                json!([null]),
            ],
        ),
        ("/claims/2", "l1_head", true, &bad_hashes),
        ("/claims/2", "agreed_l2_head_hash", false, &bad_hashes),
        ("/claims/2", "agreed_l2_block_number", false, &bad_numbers),
        ("/claims/2", "agreed_l2_output_root", true, &bad_hashes),
        ("/claims/2", "claimed_l2_output_root", true, &bad_hashes),
        ("/claims/2", "claimed_l2_block_number", true, &bad_numbers),
        ("/claims/2", "expected", false, &bad_expectations),
        ("/claims/2", "note", false, &bad_texts),
    ];
    for (place, name, needed, bad) in fields {
        let path = format!("{}{name}", if place.is_empty() { "" } else { "claims[2]." });
        for value in bad {
            let refused = refused(edited(place, |object| {
                object.insert(name.into(), value.clone());
            }));
            names(
                &refused,
                &["here: claim.json: ", &path],
                &format!("{name} is {value}"),
            );
        }
        for (what, text) in [
            (
                "null",
                edited(place, |object| {
                    object.insert(name.into(), Value::Null);
                }),
            ),
            (
                "missing",
                edited(place, |object| {
                    object.remove(name);
                }),
            ),
        ] {
            match read(&text) {
                Err(error) if needed => {
                    // What is missing is missing in its object.
                    names(
                        &error.to_string(),
                        &[
                            "here: claim.json: ",
                            name,
                            path.rsplit_once('.').map_or("", |(object, _)| object),
                        ],
                        what,
                    );
                }
                Ok(_) if !needed => {}
                other => panic!("{name} {what}: {:?}", other.map(drop)),
            }
        }
        // Twice, though with the same value.
        let text = String::from_utf8(edited("", |_| {})).unwrap();
        let document: Value = serde_json::from_str(&text).unwrap();
        let value = document
            .pointer(&format!("{place}/{name}"))
            .cloned()
            .unwrap_or(Value::Null);
        let object = document.pointer(place).unwrap().to_string();
        let twice = object.replacen('{', &format!("{{\"{name}\":{value},"), 1);
        let text = text.replacen(&object, &twice, usize::MAX);
        let again = refused(text.into_bytes());
        names(
            &again,
            &["here: claim.json: ", "duplicate field", name],
            "twice",
        );
    }
    // A number that JSON can hold and u64 cannot.
    let text = String::from_utf8(edited("", |_| {})).unwrap();
    for huge in ["18446744073709551616", "1e400", "1e3", "00"] {
        let huge = text.replacen(
            "\"claimed_l2_block_number\":26215604",
            &format!("\"claimed_l2_block_number\":{huge}"),
            1,
        );
        assert_ne!(huge, text);
        names(
            &refused(huge.into_bytes()),
            &["here: claim.json: claims[0].claimed_l2_block_number"],
            "huge",
        );
    }
}

#[test]
fn claim_json_as_a_whole() {
    let right = claim_text();
    let with = |change: &dyn Fn(&mut Vec<u8>)| {
        let mut text = right.clone();
        change(&mut text);
        text
    };
    let cases: [(&str, Vec<u8>, &str); 14] = [
        (
            "no claims",
            edited("", |o| {
                o.insert("claims".into(), json!([]));
            }),
            "claims: there is none",
        ),
        ("empty", Vec::new(), "EOF"),
        ("blank", b" \n".to_vec(), "EOF"),
        ("null", b"null".to_vec(), "null"),
        ("a list", b"[]".to_vec(), ""),
        ("a word", b"claims".to_vec(), ""),
        (
            "cut off",
            with(&|text| text.truncate(text.len() / 2)),
            "EOF",
        ),
        (
            "more after it",
            with(&|text| text.extend(b"{}")),
            "(end): trailing characters",
        ),
        (
            "a byte after it",
            with(&|text| text.push(0)),
            "(end): trailing characters",
        ),
        (
            "a byte order mark",
            with(&|text| {
                text.splice(0..0, *b"\xef\xbb\xbf");
            }),
            "",
        ),
        ("UTF-16", b"{\0\"\0".to_vec(), ""),
        (
            "no UTF-8 in a note",
            String::from_utf8(right.clone())
                .unwrap()
                .into_bytes()
                .iter()
                .flat_map(|byte| {
                    if *byte == b'-' {
                        vec![0xff]
                    } else {
                        vec![*byte]
                    }
                })
                .collect(),
            "invalid unicode",
        ),
        (
            "a lone surrogate",
            with(&|text| {
                *text = String::from_utf8_lossy(text)
                    .replace("the real claim", "\\ud800")
                    .into_bytes()
            }),
            "",
        ),
        ("without end", vec![b'['; 1 << 20], ""),
    ];
    for (what, text, why) in cases {
        names(&refused(text), &["here: claim.json: ", why], what);
    }
    // The same one level down, where nobody looks; and where somebody does.
    let deep = format!("{{\"description\":{}", "[".repeat(1 << 20));
    names(
        &refused(deep.into_bytes()),
        &["here: claim.json: ", "EOF"],
        "deep",
    );
    let deep = format!("{{\"claims\":{}", "[".repeat(1 << 20));
    names(
        &refused(deep.into_bytes()),
        &["here: claim.json: claims[0]"],
        "deep",
    );
}

#[test]
fn files_that_are_too_large_or_unreadable() {
    let folder = TempFolder::example_with(&claim_text());
    for (name, want) in [
        ("claim.json", true),
        ("rollup.json", false),
        ("l1-genesis.json", false),
        ("l2-chain-config.json", false),
    ] {
        let file = File::create(folder.path().join(name)).unwrap();
        file.set_len((64 << 20) + 1).unwrap();
        let error = Folder::read(folder.path()).unwrap_err().to_string();
        names(
            &error,
            &[&path(&folder, name), "more than 67108864 bytes"],
            name,
        );
        // A folder in a file's place.
        fs::remove_file(folder.path().join(name)).unwrap();
        fs::create_dir(folder.path().join(name)).unwrap();
        let error = Folder::read(folder.path()).unwrap_err().to_string();
        names(&error, &["cannot read", &path(&folder, name)], name);
        fs::remove_dir(folder.path().join(name)).unwrap();
        if want {
            let error = Folder::read(folder.path()).unwrap_err().to_string();
            names(&error, &["cannot read", &path(&folder, name)], name);
            folder.write(name, &claim_text());
        }
    }
    let limits = Limits {
        json: 100,
        ..Limits::default()
    };
    let error = Folder::read_within(folder.path(), limits)
        .unwrap_err()
        .to_string();
    names(&error, &["claim.json", "more than 100 bytes"], "limit");
    fs::remove_file(folder.path().join("witness.kv.zst")).unwrap();
    let error = Folder::read(folder.path()).unwrap_err().to_string();
    names(
        &error,
        &["cannot read", &path(&folder, "witness.kv.zst")],
        "witness",
    );
}

#[test]
fn configs_and_claim_must_agree() {
    // Of the registry's chains.
    for (field, value, file) in [
        (
            "l2_chain_id",
            json!(987_654_321),
            "rollup.json: is not there",
        ),
        (
            "l2_chain_id",
            json!(10),
            "l1_chain_id is 1, but claim.json says 11155111",
        ),
        (
            "l1_chain_id",
            json!(1),
            "l1_chain_id is 11155111, but claim.json says 1",
        ),
    ] {
        let error = refused(edited("", |object| {
            object.insert(field.into(), value.clone());
        }));
        names(&error, &["here: rollup.json: ", file], field);
    }
    // Of a chain with its own files.
    let Some(source) = custom_chain() else { return };
    let claim = fs::read(source.join("claim.json")).unwrap();
    let rollup = fs::read(source.join("rollup.json")).unwrap();
    let l1 = fs::read(source.join("l1-genesis.json")).unwrap();
    let build = |claim: &[u8], rollup: Option<&[u8]>, l1: Option<&[u8]>| {
        let folder = TempFolder::empty();
        folder.write("claim.json", claim);
        folder.write("witness.kv.zst", &packed(&[]));
        for (name, content) in [("rollup.json", rollup), ("l1-genesis.json", l1)] {
            if let Some(content) = content {
                folder.write(name, content);
            }
        }
        let read = Folder::read(folder.path());
        (folder, read)
    };
    let fails = |claim: &[u8], rollup: Option<&[u8]>, l1: Option<&[u8]>, words: &[&str]| {
        let (folder, read) = build(claim, rollup, l1);
        let error = read.map(drop).expect_err(&words.join(" ")).to_string();
        names(
            &error,
            &[&[folder.path().to_str().unwrap()], words].concat(),
            "config",
        );
    };
    let edit = |json: &[u8], pointer: &str, value: Option<Value>| {
        let mut document: Value = serde_json::from_slice(json).unwrap();
        let (place, name) = pointer.rsplit_once('/').unwrap();
        let object = document
            .pointer_mut(place)
            .unwrap()
            .as_object_mut()
            .unwrap();
        match value {
            Some(value) => object.insert(name.into(), value),
            None => object.remove(name),
        };
        document.to_string().into_bytes()
    };
    build(&claim, Some(&rollup), Some(&l1)).1.unwrap();
    fails(&claim, None, Some(&l1), &["rollup.json: is not there"]);
    fails(
        &claim,
        Some(&rollup),
        None,
        &["l1-genesis.json: is not there"],
    );
    for (name, file) in [
        ("l2_chain_id", "rollup.json"),
        ("l1_chain_id", "rollup.json"),
    ] {
        let other = edit(&claim, &format!("/{name}"), Some(json!(77)));
        fails(
            &other,
            Some(&rollup),
            Some(&l1),
            &[file, name, "claim.json says 77"],
        );
    }
    let other = edit(&l1, "/chainId", Some(json!(77)));
    fails(
        &claim,
        Some(&rollup),
        Some(&other),
        &["l1-genesis.json: chainId is 77"],
    );
    for (broken, why) in [
        (&b""[..], ""),
        (b"{", ""),
        (b"[]", "object"),
        (b"\xff\xfe", ""),
        (b"{} {}", "trailing"),
    ] {
        fails(&claim, Some(broken), Some(&l1), &["rollup.json: ", why]);
        fails(
            &claim,
            Some(&rollup),
            Some(broken),
            &["l1-genesis.json: ", why],
        );
    }
    for needed in [
        "genesis/l1/hash",
        "genesis/l1/number",
        "genesis/l2/hash",
        "genesis/l2/number",
        "genesis/l2_time",
        "genesis/system_config/batcherAddr",
        "genesis/system_config/scalar",
        "genesis/system_config/gasLimit",
        "block_time",
        "seq_window_size",
        "channel_timeout",
        "l1_chain_id",
        "l2_chain_id",
        "batch_inbox_address",
        "deposit_contract_address",
        "l1_system_config_address",
    ] {
        let field = format!("`{}`", needed.replace('/', "."));
        for value in [
            None,
            Some(Value::Null),
            Some(json!([])),
            Some(json!(-1)),
            Some(json!("0x12")),
        ] {
            let broken = edit(&rollup, &format!("/{needed}"), value.clone());
            fails(&claim, Some(&broken), Some(&l1), &["rollup.json: ", &field]);
        }
    }
    for needed in ["chainId", "blobSchedule/cancun/baseFeeUpdateFraction"] {
        let field = format!("`{}`", needed.replace('/', "."));
        for value in [None, Some(json!("many")), Some(json!(0))] {
            let broken = edit(&l1, &format!("/{needed}"), value);
            fails(
                &claim,
                Some(&rollup),
                Some(&broken),
                &["l1-genesis.json: ", &field],
            );
        }
    }
}

#[test]
fn witnesses_that_are_no_zstd_stream() {
    let whole = packed(&right_witness());
    assert_eq!(
        Folder::from_bytes("here", &claim_text(), &whole)
            .unwrap()
            .witness
            .len(),
        3
    );
    for cut in 1..whole.len() {
        witness_refused(&whole[..cut], &[]);
    }
    for (file, why) in [
        (right_witness(), "zstd"),
        (b"{\"claims\":[]}".to_vec(), "zstd"),
        ([whole.clone(), b"rest".to_vec()].concat(), "zstd"),
        // gzip
        (vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0], "zstd"),
        // A checksum is checked.
        (
            {
                let mut wrong = zstd_with_checksum(&right_witness());
                *wrong.last_mut().unwrap() ^= 1;
                wrong
            },
            "zstd",
        ),
    ] {
        witness_refused(&file, &[why]);
    }
    // Two streams one after the other are the two contents one after the other.
    let witness = right_witness();
    let (first, second) = witness.split_at(20);
    let both = [packed(first), packed(second)].concat();
    assert_eq!(
        Folder::from_bytes("here", &claim_text(), &both)
            .unwrap()
            .witness
            .len(),
        3
    );
}

/// What a stream announces is not believed, and what comes out of it is cut off at the limit.
#[test]
fn witnesses_that_explode() {
    const MIB: u64 = 1 << 20;
    let limits = Limits {
        witness: MIB,
        ..Limits::default()
    };
    let folder = TempFolder::example_with(&claim_text());
    let refused = |file: &[u8], why: &str| {
        folder.write("witness.kv.zst", file);
        let error = Folder::read_within(folder.path(), limits).unwrap_err();
        names(&error.to_string(), &["witness.kv.zst: ", why], why);
    };
    // A terabyte in 33 MB would be read within a second, if it were read; a limit of a mebibyte is passed after 36 bytes.
    refused(&bomb(1 << 40 >> 17), "more than 1048576 bytes");
    refused(&bomb(9), "more than 1048576 bytes");
    // At the limit it is what comes out that counts: zeros are no key.
    refused(&bomb(8), "unknown key type");
    // An exabyte announced, nothing there; and a window of 3.75 TiB.
    refused(
        &[
            &MAGIC[..],
            &[0xe0],
            &(1_u64 << 60).to_le_bytes(),
            &[1, 0, 0],
        ]
        .concat(),
        "zstd",
    );
    refused(&[&MAGIC[..], &[0x00, 0xff], &[1, 0, 0]].concat(), "zstd");
}

#[test]
fn witnesses_with_wrong_entries() {
    let key = |kind: u8, last: u8| {
        let mut key = [0x11; 32];
        (key[0], key[31]) = (kind, last);
        key
    };
    let value = [7; 48];
    let v = |length: usize| &value[..length];
    let right = (key(2, 1), 3, v(3));
    // The entries, where the one at fault begins, its key, and why.
    let cases: [(&[Entry<'_>], usize, [u8; 32], &str); 19] = [
        (&[right, (key(2, 1), 3, v(3))], 39, key(2, 1), "again"),
        (
            &[right, (key(2, 0), 3, v(3))],
            39,
            key(2, 0),
            "out of order",
        ),
        (
            &[(key(4, 0), 48, v(48)), right],
            84,
            key(2, 1),
            "out of order",
        ),
        (
            &[right, (key(2, 2), 4, v(3))],
            39,
            key(2, 2),
            "more than are left",
        ),
        (
            &[(key(2, 1), u32::MAX, v(3))],
            0,
            key(2, 1),
            "more than are left",
        ),
        (&[(key(2, 1), 3, v(0))], 0, key(2, 1), "more than are left"),
        (&[([0; 32], 0, v(0))], 0, [0; 32], "unknown key type"),
        (&[(key(3, 0), 3, v(3))], 0, key(3, 0), "unknown key type"),
        (
            &[right, (key(7, 0), 3, v(3))],
            39,
            key(7, 0),
            "unknown key type",
        ),
        (
            &[(key(255, 0), 3, v(3))],
            0,
            key(255, 0),
            "unknown key type",
        ),
        (&[(key(1, 1), 32, v(32))], 0, key(1, 1), "local"),
        (
            &[(*PreimageKey::local(1).as_bytes(), 32, v(32))],
            0,
            *PreimageKey::local(1).as_bytes(),
            "local",
        ),
        (&[(key(4, 0), 47, v(47))], 0, key(4, 0), "47 bytes"),
        (&[(key(4, 0), 32, v(32))], 0, key(4, 0), "32 bytes"),
        (&[(key(4, 0), 0, v(0))], 0, key(4, 0), "0 bytes"),
        (&[(key(5, 0), 31, v(31))], 0, key(5, 0), "31 bytes"),
        (&[(key(5, 0), 33, v(33))], 0, key(5, 0), "33 bytes"),
        (&[(key(5, 0), 0, v(0))], 0, key(5, 0), "0 bytes"),
        (&[(key(6, 0), 0, v(0))], 0, key(6, 0), "0 bytes"),
    ];
    for (entries, offset, key, why) in cases {
        let file = packed(&witness_file(entries.iter().copied()));
        let key = alloy_primitives::hex::encode(key);
        witness_refused(&file, &[&format!("byte {offset}"), &key, why]);
    }
    // Cut off anywhere: within key or length there is nothing to name but the place.
    let right = right_witness();
    let whole: Vec<usize> = vec![39, 39 + 84];
    for cut in (1..right.len()).filter(|cut| !whole.contains(cut)) {
        let start = whole
            .iter()
            .copied()
            .rfind(|start| *start < cut)
            .unwrap_or(0);
        let why = match cut - start < 36 {
            true => "cut off",
            false => "more than are left",
        };
        witness_refused(&packed(&right[..cut]), &[&format!("byte {start}"), why]);
    }
}

/// What is in a witness in each of these ways is refused for all keys; so each kind must have been there.
#[test]
fn kinds_of_keys_are_those_of_the_specification() {
    for byte in 0..=255 {
        let mut key = [0x11; 32];
        key[0] = byte;
        let file = packed(&witness_file([(key, 32, &[7; 32][..])]));
        let read =
            Folder::from_bytes("here", &claim_text(), &file).map(|folder| folder.witness.len());
        match byte {
            2 | 5 | 6 => assert_eq!(read.unwrap(), 1, "{byte}"),
            _ => drop(read.expect_err("no such kind")),
        }
    }
    assert_eq!(KeyKind::Keccak256 as u8, 2);
}

/// Key, announced length, value.
type Entry<'a> = ([u8; 32], u32, &'a [u8]);

/// A keccak preimage, a commitment and a precompile result.
fn right_witness() -> Vec<u8> {
    let [keccak, sha, precompile] = [2, 4, 6].map(|kind| {
        let mut key = [0x11; 32];
        key[0] = kind;
        key
    });
    let value = [7; 48];
    witness_file([
        (keccak, 3, &value[..3]),
        (sha, 48, &value[..]),
        (precompile, 1, &value[..1]),
    ])
}

fn claim_text() -> Vec<u8> {
    fs::read(example().join("claim.json")).unwrap()
}

/// The example's `claim.json` with the object at `place` edited.
fn edited(place: &str, edit: impl FnOnce(&mut serde_json::Map<String, Value>)) -> Vec<u8> {
    let mut document: Value = serde_json::from_slice(&claim_text()).unwrap();
    edit(
        document
            .pointer_mut(place)
            .unwrap()
            .as_object_mut()
            .unwrap(),
    );
    document.to_string().into_bytes()
}

fn read(claim: &[u8]) -> Result<Folder, FolderError> {
    Folder::from_bytes("here", claim, &packed(&[]))
}

fn refused(claim: Vec<u8>) -> String {
    match read(&claim) {
        Err(error) => error.to_string(),
        Ok(_) => panic!(
            "accepted: {}",
            String::from_utf8_lossy(&claim[..claim.len().min(2_000)])
        ),
    }
}

fn witness_refused(file: &[u8], words: &[&str]) {
    match Folder::from_bytes("here", &claim_text(), file) {
        Err(error) => names(
            &error.to_string(),
            &[&["here: witness.kv.zst: "], words].concat(),
            "witness",
        ),
        Ok(folder) => panic!("accepted with {} entries: {words:?}", folder.witness.len()),
    }
}

fn names(error: &str, words: &[&str], what: &str) {
    for word in words {
        assert!(error.contains(word), "{what}: no `{word}` in: {error}");
    }
}

fn path(folder: &TempFolder, name: &str) -> String {
    folder.path().join(name).display().to_string()
}

fn packed(raw: &[u8]) -> Vec<u8> {
    zstd::encode_all(raw, 1).unwrap()
}

fn zstd_with_checksum(raw: &[u8]) -> Vec<u8> {
    let mut encoder = zstd::Encoder::new(Vec::new(), 1).unwrap();
    encoder.include_checksum(true).unwrap();
    std::io::Write::write_all(&mut encoder, raw).unwrap();
    encoder.finish().unwrap()
}

/// A zstd stream of so many blocks of 128 KiB of zeros, four bytes each.
fn bomb(blocks: usize) -> Vec<u8> {
    // Frame header: no content size, no checksum, a window of 128 KiB.
    let mut stream = [&MAGIC[..], &[0x00, 7 << 3]].concat();
    for block in 0..blocks {
        // Last, type 1 (one byte repeated), size.
        let last = u32::from(block + 1 == blocks);
        let header = last | 1 << 1 | (128 << 10) << 3;
        stream.extend_from_slice(&header.to_le_bytes()[..3]);
        stream.push(0);
    }
    stream
}

/// A claim folder of a chain that is not in the registry.
fn custom_chain() -> Option<PathBuf> {
    let mut folders: Vec<PathBuf> = fs::read_dir(fixtures("claims")?)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    folders.sort();
    let folder = folders
        .into_iter()
        .find(|folder| folder.join("rollup.json").is_file());
    Some(folder.expect("a chain with its own configs"))
}

const MAGIC: [u8; 4] = 0xfd2f_b528_u32.to_le_bytes();

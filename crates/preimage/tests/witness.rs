//! Witness files: all of the fixtures', and bad ones.

mod support;

use alloy_primitives::{B256, Bytes, keccak256};
use hoike_preimage::{KeyKind, PreimageKey, Witness, WitnessFault};

#[test]
fn all_claims_witnesses() {
    for (name, path) in support::claims(&[]) {
        let raw = zstd::decode_all(std::fs::File::open(&path).expect("a witness")).expect("zstd");
        let raw = Bytes::from(raw);
        let witness = Witness::parse(raw.clone()).expect("a witness");
        let all = ["sepolia", "paired-forks", "all-at-once"]
            .iter()
            .any(|only| name.contains(only));
        // Read once more, without the index.
        let (mut rest, mut count) = (raw.as_ref(), 0);
        let mut listed = witness.keys();
        while let Some((key, after)) = rest.split_first_chunk() {
            let (length, after) = after.split_first_chunk().expect("a length");
            let (value, after) = after.split_at(u32::from_le_bytes(*length) as usize);
            let key = PreimageKey::from_bytes(*key);
            assert_eq!(listed.next(), Some(key));
            let found = witness.get(&key).expect("it is there");
            assert_eq!((found.as_ptr(), found.len()), (value.as_ptr(), value.len()));
            if all && key.kind() == Some(KeyKind::Keccak256) {
                assert_eq!(PreimageKey::keccak256(keccak256(value)), key);
            }
            rest = after;
            count += 1;
            // Its neighbours are not there, nor the same hash of another type.
            for flipped in [0, 1, 31] {
                let mut other = *key.as_bytes();
                other[flipped] ^= 1;
                assert_eq!(witness.get(&PreimageKey::from_bytes(other)), None);
            }
        }
        assert_eq!((listed.next(), witness.len()), (None, count), "{name}");
        println!("{name}: {count} entries");
    }
}

#[test]
fn lookup_among_keys_that_are_not_uniform() {
    // All in one bucket, at both ends, one only, none.
    let key = |kind: u8, first: u8, last: u16| {
        let mut key = [0; 32];
        (key[0], key[1]) = (kind, first);
        key[30..].copy_from_slice(&last.to_be_bytes());
        key
    };
    let tables: [Vec<[u8; 32]>; 4] = [
        (0..1000).map(|last| key(2, 0x77, last)).collect(),
        (0..500)
            .map(|last| key(2, 0, last))
            .chain((0..500).map(|last| key(2, 0xff, last)))
            .collect(),
        vec![key(2, 9, 9), key(6, 9, 9)],
        vec![],
    ];
    for keys in tables {
        let file: Vec<u8> = keys.iter().flat_map(|key| entry(key, &key[..])).collect();
        let witness = Witness::parse(file.into()).expect("a witness");
        assert_eq!(
            (witness.len(), witness.is_empty()),
            (keys.len(), keys.is_empty())
        );
        for key in &keys {
            let value = witness.get(&PreimageKey::from_bytes(*key));
            assert_eq!(value, Some(Bytes::copy_from_slice(key)));
        }
        for absent in [
            key(2, 0x77, 1001),
            key(2, 0, 700),
            key(2, 0xff, 0xffff),
            key(2, 5, 0),
            key(5, 9, 9),
            key(6, 9, 10),
            [0xff; 32],
            [0; 32],
        ] {
            assert_eq!(witness.get(&PreimageKey::from_bytes(absent)), None);
        }
    }
}

#[test]
fn bad_files() {
    let key = |kind: u8, fill: u8| {
        let mut key = [fill; 32];
        key[0] = kind;
        key
    };
    let good = entry(&key(2, 5), b"good");
    let [low, high, same] = [4, 6, 5].map(|fill| entry(&key(2, fill), b"x"));
    let at = |offset, kind, fill| Some((offset, Some(PreimageKey::from_bytes(key(kind, fill)))));
    let length = |kind, length: usize| entry(&key(kind, 9), &vec![1; length]);
    let mut beyond = entry(&key(2, 6), b"12345");
    beyond.pop();
    let mut huge = entry(&key(2, 6), b"");
    huge[32..].fill(0xff);
    let fault = |want, got| WitnessFault::Length { want, got };
    for (file, want, why) in [
        (vec![], None, None),
        (good.clone(), None, None),
        ([&*good, &high].concat(), None, None),
        (entry(&key(2, 5), b""), None, None),
        (
            [&*good, &low].concat(),
            at(40, 2, 4),
            Some(WitnessFault::Unsorted),
        ),
        (
            [&*good, &same].concat(),
            at(40, 2, 5),
            Some(WitnessFault::Duplicate),
        ),
        (
            [&*good, &good].concat(),
            at(40, 2, 5),
            Some(WitnessFault::Duplicate),
        ),
        (
            good[..1].to_vec(),
            Some((0, None)),
            Some(WitnessFault::Truncated { left: 1 }),
        ),
        (
            good[..35].to_vec(),
            Some((0, None)),
            Some(WitnessFault::Truncated { left: 35 }),
        ),
        (
            [&*good, &high[..32]].concat(),
            Some((40, None)),
            Some(WitnessFault::Truncated { left: 32 }),
        ),
        (
            beyond,
            at(0, 2, 6),
            Some(WitnessFault::BeyondEnd { length: 5, left: 4 }),
        ),
        (
            [&*good, &huge].concat(),
            at(40, 2, 6),
            Some(WitnessFault::BeyondEnd {
                length: u32::MAX,
                left: 0,
            }),
        ),
        (
            length(0, 4),
            at(0, 0, 9),
            Some(WitnessFault::UnknownKind(0)),
        ),
        (length(1, 8), at(0, 1, 9), Some(WitnessFault::Local)),
        (
            length(3, 4),
            at(0, 3, 9),
            Some(WitnessFault::UnknownKind(3)),
        ),
        (
            length(7, 4),
            at(0, 7, 9),
            Some(WitnessFault::UnknownKind(7)),
        ),
        (
            length(255, 4),
            at(0, 255, 9),
            Some(WitnessFault::UnknownKind(255)),
        ),
        (length(4, 47), at(0, 4, 9), Some(fault("48", 47))),
        (length(4, 0), at(0, 4, 9), Some(fault("48", 0))),
        (length(4, 49), at(0, 4, 9), Some(fault("48", 49))),
        (length(4, 48), None, None),
        (length(5, 31), at(0, 5, 9), Some(fault("32 or 48", 31))),
        (length(5, 33), at(0, 5, 9), Some(fault("32 or 48", 33))),
        (length(5, 32), None, None),
        (length(5, 48), None, None),
        (length(6, 0), at(0, 6, 9), Some(fault("at least 1", 0))),
        (length(6, 1), None, None),
    ] {
        let error = Witness::parse(file.clone().into()).err();
        assert_eq!(
            error.as_ref().map(|error| (error.offset, error.key)),
            want,
            "{why:?}"
        );
        assert_eq!(error.as_ref().map(|error| error.why), why);
        if let Some(error) = error {
            let text = error.to_string();
            assert!(text.contains(&format!("byte {}", error.offset)), "{text}");
            assert!(
                error.key.is_none_or(|key| text.contains(&key.to_string())),
                "{text}"
            );
        }
    }
}

/// A file of good entries, cut anywhere: an error, or the entries before the cut.
#[test]
fn files_cut_anywhere() {
    let entries: Vec<Vec<u8>> = (0..5_u8)
        .map(|fill| {
            let mut key = B256::repeat_byte(fill);
            key[0] = 2;
            entry(&key.0, &vec![fill; usize::from(fill) * 3])
        })
        .collect();
    let file = entries.concat();
    let ends: Vec<usize> = entries
        .iter()
        .scan(0, |end, entry| {
            *end += entry.len();
            Some(*end)
        })
        .collect();
    for cut in 0..=file.len() {
        let witness = Witness::parse(file[..cut].to_vec().into());
        let whole = ends.iter().filter(|end| **end <= cut).count();
        match witness {
            Ok(witness) => assert!(witness.len() == whole && (cut == 0 || ends.contains(&cut))),
            Err(error) => {
                assert!(cut != 0 && !ends.contains(&cut));
                assert_eq!(
                    error.offset,
                    whole.checked_sub(1).map_or(0, |last| ends[last])
                );
            }
        }
    }
}

fn entry(key: &[u8; 32], value: &[u8]) -> Vec<u8> {
    [&key[..], &(value.len() as u32).to_le_bytes(), value].concat()
}

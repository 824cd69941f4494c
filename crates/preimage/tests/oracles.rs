//! `Verified` and `Trusted` over small stores.

use std::cell::RefCell;

use alloy_primitives::{Address, B256, Bytes, KECCAK256_EMPTY, address, b256, keccak256};
use hoike_kzg::Pure;
use hoike_preimage::{
    BLOB_BYTES, Blob, CheckError, Checked, Commitment, Corruption, Dialect, Hint, Memory, NotFound,
    Oracle, PrecompileResult, PreimageKey, Trusted, Verified, Witness, roots_of_unity,
};

/// A store that notes what it is asked, in one list with the hints.
struct Recorder<'a> {
    store: Memory,
    asked: &'a RefCell<Vec<String>>,
}

impl Oracle for Recorder<'_> {
    type Error = NotFound;

    fn hint(&mut self, hint: &Hint<'_>) -> Result<(), NotFound> {
        self.asked
            .borrow_mut()
            .push(hint.text(Dialect::Kona, None).to_string());
        Ok(())
    }

    fn get(&mut self, key: PreimageKey) -> Result<Bytes, NotFound> {
        self.asked.borrow_mut().push(key.to_string());
        self.store.get(key)
    }
}

/// All implementations of `Checked` over the same store.
fn both(
    store: &Memory,
    mut test: impl FnMut(&mut dyn Checked<Error = NotFound>, &RefCell<Vec<String>>),
) {
    let asked = RefCell::default();
    test(
        &mut Verified::new(
            Recorder {
                store: store.clone(),
                asked: &asked,
            },
            Pure,
        ),
        &asked,
    );
    let asked = RefCell::default();
    test(
        &mut Trusted::assume_checked_by_vm(Recorder {
            store: store.clone(),
            asked: &asked,
        }),
        &asked,
    );
}

#[test]
fn locals_come_through_and_what_is_missing_is_an_error() {
    let mut store = Memory::default();
    store.insert_local(4, 77u64.to_be_bytes().to_vec());
    both(&store, |oracle, _| {
        assert_eq!(oracle.local(4).unwrap(), 77u64.to_be_bytes()[..]);
        for key in [PreimageKey::local(5), PreimageKey::keccak256(B256::ZERO)] {
            let got = match key == PreimageKey::local(5) {
                true => oracle.local(5),
                false => oracle.keccak256(B256::ZERO),
            };
            let text = got.as_ref().unwrap_err().to_string();
            assert!(text.contains(&key.to_string()), "{text} names {key}");
            assert!(
                matches!(got, Err(CheckError::Oracle { key: k, cause: NotFound { .. } }) if k == key)
            );
        }
        let missing = B256::with_last_byte(1);
        let mut versioned = missing;
        versioned.0[0] = 1;
        assert!(matches!(
            oracle.blobs(0, &[versioned]),
            Err(CheckError::Oracle { .. })
        ));
    });
}

/// The hash's first byte is not in the key, so a store can have one value for 256 hashes; only one of them is right.
#[test]
fn all_32_bytes_of_a_hash_are_checked() {
    let mut store = Memory::default();
    let hash = store.insert_keccak256(&b"value"[..]);
    let mut other = hash;
    other.0[0] ^= 1;
    let mut verified = Verified::new(store, Pure);
    assert_eq!(verified.keccak256(hash).unwrap(), b"value"[..]);
    let refused = verified.keccak256(other).unwrap_err();
    let why = Corruption::Hash { computed: hash };
    assert!(
        matches!(refused, CheckError::Corrupt { key, why: w } if key == PreimageKey::keccak256(other) && w == why)
    );
}

#[test]
fn a_checked_value_is_kept_and_not_asked_for_again() {
    let mut store = Memory::default();
    let hash = store.insert_keccak256(&b"value"[..]);
    let asked = RefCell::default();
    let mut verified = Verified::new(
        Recorder {
            store,
            asked: &asked,
        },
        Pure,
    );
    for _ in 0..3 {
        assert_eq!(verified.keccak256(hash).unwrap(), b"value"[..]);
    }
    assert_eq!(*asked.borrow(), [PreimageKey::keccak256(hash).to_string()]);
    let stats = verified.stats();
    assert_eq!((stats.preimages, stats.bytes, stats.repeated), (1, 5, 2));
}

/// A wrong value is not kept either.
#[test]
fn a_refused_value_stays_refused() {
    let mut store = Memory::default();
    let hash = keccak256(b"right");
    store.insert(PreimageKey::keccak256(hash), &b"wrong"[..]);
    let mut verified = Verified::new(store, Pure);
    for _ in 0..2 {
        assert!(matches!(
            verified.keccak256(hash),
            Err(CheckError::Corrupt { .. })
        ));
    }
    assert_eq!(verified.stats().preimages, 0);
}

#[test]
fn d104_the_empty_trie_and_the_empty_code_need_no_store() {
    let empty_root = b256!("56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421");
    assert_eq!(keccak256([0x80]), empty_root);
    both(&Memory::default(), |oracle, asked| {
        assert_eq!(oracle.keccak256(empty_root).unwrap(), [0x80][..]);
        assert_eq!(oracle.keccak256(KECCAK256_EMPTY).unwrap(), Bytes::new());
        assert!(asked.borrow().is_empty());
    });
}

/// D120: lengths of output roots are the program's matter; the oracle hands out what hashes right, of whatever length.
#[test]
fn d120_preimages_of_any_length_come_whole() {
    for length in [0, 1, 127, 128, 129, 100_000] {
        let mut store = Memory::default();
        let value = vec![7; length];
        let hash = store.insert_keccak256(value.clone());
        both(&store, |oracle, _| {
            assert_eq!(oracle.keccak256(hash).unwrap(), value)
        });
    }
}

/// D49, and the order of hints: hosts remember only the last one.
#[test]
fn d163_each_blob_is_hinted_right_before_it_is_read() {
    let infinity: Commitment = core::array::from_fn(|i| if i == 0 { 0xc0 } else { 0 });
    let hash = b256!("010657f37554c781402a22917dee2f75def7ab966d7b770905398eba3c444014");
    let zeros: Blob = Box::new([0; BLOB_BYTES]);
    let mut store = Memory::default();
    store.insert_blob(hash, &infinity, &zeros);
    both(&store, |oracle, asked| {
        assert_eq!(
            oracle.blobs(0x1234, &[hash, hash]).unwrap(),
            [zeros.clone(), zeros.clone()]
        );
        assert_eq!(oracle.stats().blobs, 2);
        let asked = asked.borrow();
        assert_eq!(asked.len(), 2 * (2 + 4_096));
        let (first, second) = asked.split_at(2 + 4_096);
        assert_eq!(first, second);
        assert_eq!(first[0], format!("l1-blob {hash}0000000000001234"));
        assert_eq!(first[1], PreimageKey::sha256(hash).to_string());
        assert_eq!(first[2], PreimageKey::blob(&infinity, &one()).to_string());
    });
    let asked = RefCell::default();
    let mut none = Verified::new(
        Recorder {
            store: Memory::default(),
            asked: &asked,
        },
        Pure,
    );
    assert!(none.blobs(0, &[]).unwrap().is_empty() && asked.borrow().is_empty());
}

/// Written and parsed again, a store is the same, but without its locals.
#[test]
fn a_store_can_be_written_as_a_witness() {
    let mut store = Memory::default();
    let hashes: Vec<B256> = (0..100u8)
        .map(|i| store.insert_keccak256(vec![i; i.into()]))
        .collect();
    store.insert_local(1, vec![1; 32]);
    let mut witness = Witness::parse(store.to_witness().unwrap().into()).unwrap();
    assert_eq!(witness.len(), 100);
    for (i, hash) in hashes.iter().enumerate() {
        assert_eq!(
            witness.get(PreimageKey::keccak256(*hash)).unwrap(),
            vec![i as u8; i]
        );
    }
}

/// Elements found by the recorded preimages of their keys, without hashing: all of them, or none.
#[test]
fn recorded_points_lead_to_the_same_blob() {
    let commitment: Commitment = core::array::from_fn(|i| i as u8);
    let contents: Blob = Box::new(core::array::from_fn(|i| (i / 32) as u8));
    let hash = B256::with_last_byte(1);
    let mut store = Memory::default();
    store.insert_blob(hash, &commitment, &contents);
    let parse = |store: &Memory| Witness::parse(store.to_witness().unwrap().into()).unwrap();
    assert_eq!(parse(&store).blob(&commitment), Ok(None), "no points");
    let point = |root: &[u8; 32]| [&commitment[..], root].concat();
    for root in &roots_of_unity()[1..] {
        store.insert_keccak256(point(root));
    }
    assert_eq!(parse(&store).blob(&commitment), Ok(None), "all but one");
    // One more that is at no root, twice the same under another key, or of another commitment: still not all.
    store.insert_keccak256(point(&[7; 32]));
    store.insert(
        PreimageKey::keccak256(B256::repeat_byte(9)),
        point(&roots_of_unity()[1]),
    );
    store.insert_keccak256([&[8; 48][..], &one()].concat());
    assert_eq!(
        parse(&store).blob(&commitment),
        Ok(None),
        "too many, not all"
    );
    store.insert_keccak256(point(&one()));
    let mut witness = parse(&store);
    assert_eq!(witness.blob(&commitment), Ok(Some(contents.clone())));
    assert_eq!(witness.blob(&[8; 48]), Ok(None));
    assert_eq!(
        Trusted::assume_checked_by_vm(witness)
            .blobs(0, &[versioned(hash)])
            .unwrap(),
        [contents]
    );
}

#[test]
fn d126_verified_believes_no_precompile() {
    let mut store = Memory::default();
    store.insert_precompile(PAIRING, 45_000, b"", vec![1; 33]);
    let mut verified = Verified::new(store, Pure);
    assert_eq!(verified.precompile(PAIRING, 45_000, b"").unwrap(), None);
}

#[test]
fn d83_precompile_results_are_status_and_output() {
    let of_status = |got| Err(Corruption::Status { got });
    for (value, want) in [
        (
            &[1, 5, 6][..],
            Ok(PrecompileResult::Success(vec![5, 6].into())),
        ),
        (&[1], Ok(PrecompileResult::Success(Bytes::new()))),
        (&[0], Ok(PrecompileResult::Failure)),
        (&[0, 9], Ok(PrecompileResult::Failure)),
        (&[2, 5], of_status(Some(2))),
        (&[], of_status(None)),
    ] {
        let mut store = Memory::default();
        store.insert_precompile(PAIRING, 79_000, b"input", value.to_vec());
        let asked = RefCell::default();
        let mut oracle = Trusted::assume_checked_by_vm(Recorder {
            store,
            asked: &asked,
        });
        let got = oracle.precompile(PAIRING, 79_000, b"input");
        let key = PreimageKey::precompile(PAIRING, 79_000, b"input");
        match (got, want) {
            (Ok(got), Ok(want)) => assert_eq!(got, Some(want)),
            (Err(CheckError::Corrupt { key: at, why }), Err(want)) => {
                assert_eq!((at, why), (key, want));
            }
            (got, want) => panic!("{got:?} instead of {want:?}"),
        }
        let hint = format!("l1-precompile {PAIRING:#x}0000000000013498696e707574");
        assert_eq!(*asked.borrow(), [hint, key.to_string()]);
        // The gas belongs to the key.
        assert!(matches!(
            oracle.precompile(PAIRING, 79_001, b"input"),
            Err(CheckError::Oracle { .. })
        ));
    }
}

#[test]
fn d82_ecrecover_is_asked_with_128_bytes() {
    let input: Vec<u8> = (0..228u8).collect();
    let padded = |length: usize| [&input[..length], &vec![0; 128 - length]].concat();
    for (length, key_input) in [
        (228, input[..128].to_vec()),
        (129, input[..128].to_vec()),
        (128, input[..128].to_vec()),
        (127, padded(127)),
        (0, padded(0)),
    ] {
        let mut store = Memory::default();
        store.insert_precompile(ECRECOVER, 3_000, &key_input, vec![1, 42]);
        let mut oracle = Trusted::assume_checked_by_vm(store);
        let got = oracle
            .precompile(ECRECOVER, 3_000, &input[..length])
            .unwrap();
        assert_eq!(
            got,
            Some(PrecompileResult::Success(vec![42].into())),
            "{length} bytes"
        );
    }
}

#[test]
fn only_accelerated_precompiles_are_asked_for() {
    for number in 0..=0x12u8 {
        let mut oracle = Trusted::assume_checked_by_vm(Memory::default());
        let got = oracle.precompile(Address::with_last_byte(number), 1, b"");
        if [1, 8, 10, 11, 12, 13, 14, 15, 16, 17].contains(&number) {
            assert!(got.is_err(), "{number} is asked for");
        } else {
            assert_eq!(got.unwrap(), None, "{number}");
        }
    }
    let mut oracle = Trusted::assume_checked_by_vm(Memory::default());
    let far = address!("1000000000000000000000000000000000000001");
    assert_eq!(oracle.precompile(far, 1, b"").unwrap(), None);
}

fn versioned(mut hash: B256) -> B256 {
    hash.0[0] = 1;
    hash
}

fn one() -> [u8; 32] {
    B256::with_last_byte(1).0
}

const ECRECOVER: Address = address!("0000000000000000000000000000000000000001");
const PAIRING: Address = address!("0000000000000000000000000000000000000008");

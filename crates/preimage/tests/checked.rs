//! The two oracles that a program may read from (D126).

use alloy_primitives::{Address, B256, Bytes, keccak256};
use hoike_preimage::{
    BLOB_BYTES, BlobFault, BlobMismatch, CheckError, Checked, Corruption, Hint, Kzg, Oracle,
    PrecompileResult, PreimageKey, Stats, Trusted, Verified, roots_of_unity,
};
use std::{cell::RefCell, collections::BTreeMap, rc::Rc};

#[derive(Debug, PartialEq, Eq, Clone, Copy, thiserror::Error)]
#[error("not stored")]
struct Absent;

/// A store that also writes down what happens.
#[derive(Clone, Default)]
struct Store {
    values: BTreeMap<PreimageKey, Bytes>,
    seen: Rc<RefCell<Vec<String>>>,
    deaf: bool,
}

impl Store {
    fn with(mut self, key: PreimageKey, value: &[u8]) -> Self {
        self.values.insert(key, value.to_vec().into());
        self
    }

    /// A blob whose elements are their index, of a made-up commitment; and its versioned hash.
    fn with_blob(mut self, commitment: [u8; 48]) -> (Self, B256) {
        use sha2::{Digest, Sha256};
        let mut hash = B256::from_slice(&Sha256::digest(commitment));
        hash[0] = 1;
        self = self.with(PreimageKey::sha256(hash), &commitment);
        for (index, root) in roots_of_unity().iter().enumerate() {
            let value = B256::left_padding_from(&index.to_be_bytes());
            self = self.with(PreimageKey::blob(&commitment, root), value.as_slice());
        }
        (self, hash)
    }
}

impl Oracle for Store {
    type Error = Absent;

    fn hint(&mut self, hint: &Hint<'_>) -> Result<(), Absent> {
        self.seen.borrow_mut().push(hint.to_string());
        if self.deaf { Err(Absent) } else { Ok(()) }
    }

    fn get(&mut self, key: PreimageKey) -> Result<Bytes, Absent> {
        if key.as_bytes()[0] != 5 {
            self.seen.borrow_mut().push(key.to_string());
        }
        self.values.get(&key).cloned().ok_or(Absent)
    }
}

/// Says what it is told to.
struct Says(Result<(), BlobMismatch>);

impl Kzg for Says {
    fn check(&self, _: &[(&[u8; BLOB_BYTES], &[u8; 48])]) -> Result<(), BlobMismatch> {
        self.0
    }
}

#[test]
fn d126_keccak_preimages_are_checked() {
    let (value, hash) = (b"value".as_slice(), keccak256(b"value"));
    let key = PreimageKey::keccak256(hash);
    let mut right = Verified::new(Store::default().with(key, value), Says(Ok(())));
    assert_eq!(right.keccak256(hash), Ok(Bytes::copy_from_slice(value)));
    // The key does not have the hash's first byte, but the check does.
    let mut other = hash;
    other[0] ^= 1;
    let got = right.keccak256(other);
    let why = Corruption::Keccak256 { got: hash };
    assert_eq!(got, Err(CheckError::Corrupt { key, why }));
    let stats = Stats {
        preimages: 2,
        bytes: 10,
        blobs: 0,
    };
    assert_eq!(right.stats(), stats);

    for wrong in [&b""[..], b"valuf", b"value\0", b"valu"] {
        let store = Store::default().with(key, wrong);
        let why = Corruption::Keccak256 {
            got: keccak256(wrong),
        };
        let error = Verified::new(store.clone(), Says(Ok(())))
            .keccak256(hash)
            .expect_err("wrong");
        assert_eq!(error, CheckError::Corrupt { key, why });
        assert!(error.to_string().contains(&key.to_string()), "{error}");
        let believed = Trusted::assume_checked_by_vm(store).keccak256(hash);
        assert_eq!(believed, Ok(Bytes::copy_from_slice(wrong)));
    }
    let absent = Verified::new(Store::default(), Says(Ok(())))
        .keccak256(hash)
        .expect_err("absent");
    assert_eq!(absent, CheckError::Oracle { key, cause: Absent });
    assert!(absent.to_string().contains(&key.to_string()), "{absent}");
}

#[test]
fn d126_blobs_are_checked() {
    let (store, first) = Store::default().with_blob([1; 48]);
    let (store, second) = store.with_blob([2; 48]);
    let want: Vec<u8> = (0..4096_usize)
        .flat_map(|index| B256::left_padding_from(&index.to_be_bytes()))
        .collect();
    let mut right = Verified::new(store.clone(), Says(Ok(())));
    let blobs = right.blobs(&[second, first, second]).expect("right");
    assert!(blobs.len() == 3 && blobs.iter().all(|blob| blob.as_ref() == want));
    assert_eq!(
        right.stats(),
        Stats {
            preimages: 3 * 4097,
            bytes: 3 * (131_072 + 48),
            blobs: 3
        }
    );
    assert_eq!(right.blobs(&[]), Ok(vec![]));

    // What KZG says is said of the right blob.
    for (index, hash) in [first, second].into_iter().enumerate() {
        for why in [
            BlobFault::Mismatch,
            BlobFault::BadCommitment,
            BlobFault::NonCanonical { element: 9 },
        ] {
            let mut wrong = Verified::new(store.clone(), Says(Err(BlobMismatch { index, why })));
            let key = PreimageKey::sha256(hash);
            let error = wrong.blobs(&[first, second]).expect_err("wrong");
            assert_eq!(error, CheckError::Blob { key, why });
            assert!(error.to_string().contains(&key.to_string()), "{error}");
        }
    }
    // A commitment of another blob, and a versioned hash of another version.
    let key = PreimageKey::sha256(first);
    let swapped = Verified::new(store.clone().with(key, &[2; 48]), Says(Ok(()))).blobs(&[first]);
    let why = Corruption::VersionedHash { got: second };
    assert_eq!(swapped, Err(CheckError::Corrupt { key, why }));
    let mut version = first;
    version[0] = 2;
    let why = Corruption::VersionedHash { got: first };
    let got = Verified::new(store.clone(), Says(Ok(()))).blobs(&[version]);
    assert_eq!(got, Err(CheckError::Corrupt { key, why }));
}

#[test]
fn lengths_within_blobs_are_checked_even_if_trusted() {
    let (store, hash) = Store::default().with_blob([1; 48]);
    let commitment = PreimageKey::sha256(hash);
    let element = PreimageKey::blob(&[1; 48], &roots_of_unity()[4095]);
    for (key, want, got) in [
        (commitment, 48, 0),
        (commitment, 48, 47),
        (commitment, 48, 49),
        (element, 32, 0),
        (element, 32, 31),
        (element, 32, 33),
        (element, 32, 48),
    ] {
        let store = store.clone().with(key, &vec![0; got]);
        let why = Corruption::Length { want, got };
        let want = Err(CheckError::Corrupt { key, why });
        assert_eq!(
            Verified::new(store.clone(), Says(Ok(()))).blobs(&[hash]),
            want
        );
        assert_eq!(Trusted::assume_checked_by_vm(store).blobs(&[hash]), want);
    }
}

#[test]
fn d126_precompile_results_are_believed_only_if_trusted() {
    let (address, gas, input) = (Address::with_last_byte(8), 45_000, b"input".as_slice());
    let key = PreimageKey::precompile(address, gas, input);
    for (value, want) in [
        (&b"\x01out"[..], Some((true, &b"out"[..]))),
        (b"\x00", Some((false, b""))),
        (b"\x01", Some((true, b""))),
        (b"\x00why", Some((false, b"why"))),
        (b"", None),
        (b"\x02", None),
        (b"\xff1", None),
    ] {
        let store = Store::default().with(key, value);
        let mut verified = Verified::new(store.clone(), Says(Ok(())));
        assert_eq!(verified.precompile(address, gas, input), Ok(None));
        assert_eq!(verified.stats(), Stats::default());
        let mut trusted = Trusted::assume_checked_by_vm(store.clone());
        let want = want
            .map(|(success, output)| {
                Some(PrecompileResult {
                    success,
                    output: output.into(),
                })
            })
            .ok_or(CheckError::Corrupt {
                key,
                why: Corruption::Status,
            });
        assert_eq!(trusted.precompile(address, gas, input), want);
        let hint = Hint::L1Precompile {
            address,
            gas,
            input,
        }
        .to_string();
        assert_eq!(*store.seen.borrow(), [hint, key.to_string()]);
    }
}

/// A host that acts on the last hint only has to have a blob's hint right before the blob is read.
#[test]
fn d163_blob_hints_are_repeated_one_by_one() {
    let (store, first) = Store::default().with_blob([1; 48]);
    let (store, second) = store.with_blob([2; 48]);
    let mut oracle = Verified::new(store.clone(), Says(Ok(())));
    let hints = [first, second].map(|hash| Hint::L1Blob {
        hash,
        time: 1_700_000_000,
    });
    for hint in &hints {
        oracle.hint(hint).expect("it is heard");
    }
    oracle.blobs(&[first, second]).expect("right");
    let [a, b] = hints.map(|hint| hint.to_string());
    let [x, y] = [first, second].map(|hash| PreimageKey::sha256(hash).to_string());
    assert_eq!(*store.seen.borrow(), [a.clone(), b.clone(), a, x, b, y]);
}

#[test]
fn hints_that_fail_are_errors() {
    let store = Store {
        deaf: true,
        ..Store::default()
    };
    let error = Trusted::assume_checked_by_vm(store).hint(&Hint::L2Code(B256::ZERO));
    let want = CheckError::Hint {
        hint: "l2-code",
        cause: Absent,
    };
    assert_eq!(error, Err(want));
}

#[test]
fn local_values_are_handed_on() {
    let store = Store::default().with(PreimageKey::local(5), b"chain id");
    let mut verified = Verified::new(store.clone(), Says(Ok(())));
    assert_eq!(verified.local(5), Ok(Bytes::from_static(b"chain id")));
    let key = PreimageKey::local(4);
    let absent = Trusted::assume_checked_by_vm(store).local(4);
    assert_eq!(absent, Err(CheckError::Oracle { key, cause: Absent }));
}

//! Blobs and commitments that others have made.

use alloy_primitives::{B256, hex, keccak256};
use hoike_kzg::PureKzg;
use hoike_preimage::{BLOB_BYTES, BlobFault, BlobMismatch, Kzg};
use hoike_protocol::blob::encode;
use serde_json::Value;
use std::{env, fs, path::PathBuf};

type Blob = Box<[u8; BLOB_BYTES]>;

/// Both implementations, by name.
fn implementations() -> Vec<(&'static str, Box<dyn Kzg>)> {
    vec![
        ("pure", Box::new(PureKzg::new())),
        #[cfg(feature = "native")]
        ("native", Box::new(hoike_kzg::NativeKzg::new())),
    ]
}

fn check(kzg: &dyn Kzg, blobs: &[Blob], commitments: &[[u8; 48]]) -> Result<(), BlobMismatch> {
    let blobs = blobs.iter().map(|blob| &**blob);
    kzg.check(&blobs.zip(commitments).collect::<Vec<_>>())
}

/// The vectors' blobs with their commitments; `None` without fixtures.
fn vectors() -> Option<Vec<(Blob, [u8; 48])>> {
    let folder = env::var_os("HOIKE_FIXTURES").map_or_else(
        || {
            PathBuf::from(concat!(
                env!("CARGO_MANIFEST_DIR"),
                "/../../../shared/fixtures"
            ))
        },
        PathBuf::from,
    );
    let path = folder.join("vectors/blobs.json");
    let Ok(text) = fs::read(&path) else {
        println!("skipped: {} is not there", path.display());
        return None;
    };
    let file: Value = serde_json::from_slice(&text).expect("JSON");
    let cases = file["cases"].as_array().expect("cases");
    let committed = cases.iter().filter(|case| case["commitment"].is_string());
    let vectors: Vec<_> = committed
        .map(|case| {
            let blob = encode(&data(&case["data"])).expect("it fits");
            assert_eq!(keccak256(*blob).to_string(), case["blob_keccak"]);
            let commitment = case["commitment"].as_str().expect("hex");
            (blob, hex::decode_to_array(commitment).expect("48 bytes"))
        })
        .collect();
    assert!(vectors.len() > 50, "{} vectors", vectors.len());
    Some(vectors)
}

/// The vectors' pattern of pseudo-random bytes.
fn data(pattern: &Value) -> Vec<u8> {
    let [len, seed] = ["len", "seed"].map(|name| pattern[name].as_u64().expect("a number"));
    let blocks = (0_u64..).flat_map(|k| keccak256([seed.to_be_bytes(), k.to_be_bytes()].concat()));
    blocks.take(len as usize).collect()
}

#[test]
fn blobs_vectors() {
    let Some(vectors) = vectors() else { return };
    let (blobs, commitments): (Vec<_>, Vec<_>) = vectors.into_iter().unzip();
    for (name, kzg) in implementations() {
        assert_eq!(check(&*kzg, &blobs, &commitments), Ok(()), "{name}");
        for (blob, commitment) in blobs.iter().zip(&commitments) {
            let single = kzg.check(&[(blob, commitment)]);
            assert_eq!(single, Ok(()), "{name} {}", hex::encode(commitment));
        }
        // Any two neighbours the wrong way around.
        for (blobs, right) in blobs.windows(2).zip(commitments.windows(2)) {
            let want = (right[0] != right[1]).then_some(BlobMismatch {
                index: 0,
                why: BlobFault::Mismatch,
            });
            let got = check(&*kzg, blobs, &[right[1], right[0]]);
            assert_eq!(got.err(), want, "{name}");
        }
    }
}

#[test]
fn d49_blob_of_zeros_commits_to_infinity() {
    let zeros: Blob = Box::new([0; BLOB_BYTES]);
    let mut one = zeros.clone();
    one[BLOB_BYTES - 1] = 1;
    let infinity = commitment("c0");
    for (name, kzg) in implementations() {
        for count in 0..4 {
            let (blobs, commitments) = (vec![zeros.clone(); count], vec![infinity; count]);
            assert_eq!(check(&*kzg, &blobs, &commitments), Ok(()), "{name}");
        }
        let blobs = [zeros.clone(), one.clone()];
        let want = Err(BlobMismatch {
            index: 1,
            why: BlobFault::Mismatch,
        });
        assert_eq!(check(&*kzg, &blobs, &[infinity; 2]), want, "{name}");
    }
}

#[test]
fn constant_blob_commits_to_a_multiple_of_the_generator() {
    // All evaluations 1: the polynomial 1. The generator's compressed form is public.
    let mut blob: Blob = Box::new([0; BLOB_BYTES]);
    blob.iter_mut()
        .skip(31)
        .step_by(32)
        .for_each(|byte| *byte = 1);
    let generator = commitment(
        "97f1d3a73197d7942695638c4fa9ac0fc3688c4f9774b905a14e3a3f171bac586c55e83ff97a1aeffb3af00adb22c6bb",
    );
    // Its negative: all evaluations r - 1, the greatest canonical element.
    let mut negative: Blob = Box::new([0; BLOB_BYTES]);
    for element in negative.chunks_mut(32) {
        element.copy_from_slice(&modulus_plus(-1));
    }
    let mut negated = generator;
    negated[0] ^= 0x20;
    for (name, kzg) in implementations() {
        let blobs = [blob.clone(), negative.clone(), blob.clone()];
        let right = [generator, negated, generator];
        assert_eq!(check(&*kzg, &blobs, &right), Ok(()), "{name}");
        for index in 0..3 {
            let mut wrong = right;
            wrong[index][0] ^= 0x20;
            let want = Err(BlobMismatch {
                index,
                why: BlobFault::Mismatch,
            });
            assert_eq!(check(&*kzg, &blobs, &wrong), want, "{name} {index}");
        }
        // Errors that cancel each other where blobs are merely added up.
        let want = Err(BlobMismatch {
            index: 0,
            why: BlobFault::Mismatch,
        });
        let crossed = [negated, generator];
        assert_eq!(check(&*kzg, &blobs[..2], &crossed), want, "{name}");
    }
}

#[test]
fn field_elements_that_are_not_canonical() {
    let infinity = commitment("c0");
    for (name, kzg) in implementations() {
        // r would be 0 and r + 1 be 1 if it were reduced.
        for (add, element) in [(0, 0), (1, 4095), (0, 17), (0xffff_fffe, 4000)] {
            let mut blob: Blob = Box::new([0; BLOB_BYTES]);
            blob[element * 32..][..32].copy_from_slice(&modulus_plus(add));
            let zeros: Blob = Box::new([0; BLOB_BYTES]);
            let want = Err(BlobMismatch {
                index: 1,
                why: BlobFault::NonCanonical { element },
            });
            assert_eq!(check(&*kzg, &[zeros, blob], &[infinity; 2]), want, "{name}");
        }
        let mut blob: Blob = Box::new([0; BLOB_BYTES]);
        blob[64..96].fill(0xff);
        let want = Err(BlobMismatch {
            index: 0,
            why: BlobFault::NonCanonical { element: 2 },
        });
        assert_eq!(check(&*kzg, &[blob], &[infinity]), want, "{name}");
    }
}

#[test]
fn commitments_that_are_no_points_of_the_group() {
    const MODULUS: &str = "9a0111ea397fe69a4b1ba7b6434bacd764774b84f38512bf6730d2a0f6b0f6241eabfffeb153ffffb9feffffffffaaab";
    let blob: Blob = Box::new([0; BLOB_BYTES]);
    for (name, kzg) in implementations() {
        for (bad, what) in [
            ("00", "not compressed, zeros"),
            ("40", "infinity, not compressed"),
            ("e0", "infinity with a sign"),
            (
                "c00000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000001",
                "infinity with an x",
            ),
            ("80", "x = 0: on the curve, but of order 3"),
            ("a0", "the same with the other sign"),
            (
                "800000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000001",
                "x = 1: not on the curve",
            ),
            (
                "800000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000004",
                "x = 4: on the curve, not in the group",
            ),
            (MODULUS, "x = p, which is 0 if reduced"),
            ("ff", "all flags"),
            (
                "17f1d3a73197d7942695638c4fa9ac0fc3688c4f9774b905a14e3a3f171bac586c55e83ff97a1aeffb3af00adb22c6bb",
                "the generator without its flag",
            ),
        ] {
            let want = Err(BlobMismatch {
                index: 0,
                why: BlobFault::BadCommitment,
            });
            let got = check(&*kzg, core::slice::from_ref(&blob), &[commitment(bad)]);
            assert_eq!(got, want, "{name}: {what}");
        }
    }
}

/// A commitment from its first bytes.
fn commitment(prefix: &str) -> [u8; 48] {
    let mut commitment = [0; 48];
    let bytes = hex::decode(prefix).expect("hex");
    commitment[..bytes.len()].copy_from_slice(&bytes);
    commitment
}

/// The scalar field's modulus plus a small number.
fn modulus_plus(add: i64) -> [u8; 32] {
    let mut number: B256 = alloy_primitives::b256!(
        "0x73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000001"
    );
    let (_, low) = number.0.split_at_mut(24);
    let sum = u64::from_be_bytes(low.try_into().expect("8 bytes")).checked_add_signed(add);
    low.copy_from_slice(&sum.expect("no carry").to_be_bytes());
    number.0
}

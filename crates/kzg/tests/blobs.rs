//! op-node's blobs and commitments, everything that can be wrong with one, and both implementations side by side.

use std::{env, fs, path::PathBuf};

use alloy_primitives::{B256, hex, keccak256};
use hoike_kzg::Pure;
use hoike_preimage::{
    BLOB_BYTES, Blob, BlobFault, BlobItem, BlobWhy, Commitment, FIELD_ELEMENTS, KeyKind, Kzg,
    Oracle, PreimageKey, Witness, roots_of_unity,
};
use serde_json::Value;

/// What every implementation says; they have to agree.
fn check(items: &[BlobItem<'_>]) -> Result<(), BlobFault> {
    let verdict = Pure.check(items);
    #[cfg(feature = "native")]
    assert_eq!(hoike_kzg::Native.check(items), verdict, "native and pure");
    verdict
}

fn item<'a>(blob: &'a Blob, commitment: &'a Commitment) -> BlobItem<'a> {
    BlobItem {
        blob,
        commitment,
        proof: None,
    }
}

#[test]
fn commitments_are_op_nodes() {
    let Some(known) = known_blobs() else {
        return;
    };
    let items: Vec<_> = known
        .iter()
        .map(|(blob, commitment)| item(blob, commitment))
        .collect();
    assert!(items.len() > 10, "{} blobs with commitments", items.len());
    assert_eq!(check(&items), Ok(()));
    for item in items.iter().take(4) {
        assert_eq!(check(&[*item]), Ok(()));
        assert_eq!(Pure.commitment(item.blob).as_ref(), Ok(item.commitment));
        #[cfg(feature = "native")]
        assert_eq!(
            hoike_kzg::Native.commitment(item.blob).as_ref(),
            Ok(item.commitment)
        );
    }
}

/// The blob of zeros commits to infinity, and that is as good a commitment as any.
#[test]
fn d49_infinity_is_a_commitment() {
    let zeros: Blob = Box::new([0; BLOB_BYTES]);
    assert_eq!(check(&[item(&zeros, &INFINITY)]), Ok(()));
    assert_eq!(
        check(&[item(&zeros, &INFINITY), item(&zeros, &INFINITY)]),
        Ok(())
    );
    let one = constant(1);
    assert_eq!(check(&[item(&one, &INFINITY)]), Err(mismatch(0)));
    assert_eq!(check(&[item(&zeros, &GENERATOR)]), Err(mismatch(0)));
    // The proof of a constant's value anywhere is infinity too.
    let with = |blob, commitment| BlobItem {
        blob,
        commitment,
        proof: Some(&INFINITY),
    };
    assert_eq!(
        check(&[with(&zeros, &INFINITY), with(&one, &GENERATOR)]),
        Ok(())
    );
    assert_eq!(
        check(&[with(&one, &GENERATOR), with(&one, &INFINITY)]),
        Err(mismatch(1))
    );
}

#[test]
fn no_blobs_are_all_right() {
    assert_eq!(check(&[]), Ok(()));
}

#[test]
fn elements_have_to_be_canonical() {
    let one = constant(1);
    for (element, value, want) in [
        (0, MODULUS, Err(BlobWhy::NotCanonical { element: 0 })),
        (
            4_095,
            [0xff; 32],
            Err(BlobWhy::NotCanonical { element: 4_095 }),
        ),
        (7, less_one(MODULUS), Err(BlobWhy::Mismatch)),
        (7, one[..32].try_into().unwrap(), Ok(())),
    ] {
        let mut blob = one.clone();
        blob[32 * element..][..32].copy_from_slice(&value);
        let want = want.map_err(|why| BlobFault { blob: 1, why });
        assert_eq!(
            check(&[item(&one, &GENERATOR), item(&blob, &GENERATOR)]),
            want
        );
    }
    // A blob that would match if elements were reduced.
    let mut blob = constant(0);
    blob[..32].copy_from_slice(&MODULUS);
    let why = BlobWhy::NotCanonical { element: 0 };
    assert_eq!(
        check(&[item(&blob, &INFINITY)]),
        Err(BlobFault { blob: 0, why })
    );
}

#[test]
fn commitments_have_to_be_points_of_the_subgroup() {
    let zeros = constant(0);
    let mut bad: Vec<(&str, Commitment)> = Vec::new();
    let mut push = |name, first: u8, last: u8| {
        let mut bytes = [0; 48];
        (bytes[0], bytes[47]) = (first, last);
        bad.push((name, bytes));
    };
    push("zeros: not compressed", 0x00, 0);
    push("(0, 2): on the curve, of order 3", 0x80, 0);
    push("(0, -2)", 0xa0, 0);
    push("x = 1: 5 is no square", 0x80, 1);
    push("x = 4: on the curve, outside the subgroup", 0x80, 4);
    push("infinity with a sign", 0xe0, 0);
    push("infinity and something", 0xc0, 1);
    push("infinity, not compressed", 0x40, 0);
    let mut above = GENERATOR;
    above[0] |= 0x1f;
    bad.push(("x above the modulus", above));
    // Also x itself: p encodes a second zero.
    bad.push(("x = p", P));
    for (name, commitment) in bad {
        let fault = BlobFault {
            blob: 0,
            why: BlobWhy::BadCommitment,
        };
        assert_eq!(check(&[item(&zeros, &commitment)]), Err(fault), "{name}");
        let fault = BlobFault { blob: 1, ..fault };
        let good = item(&zeros, &INFINITY);
        assert_eq!(
            check(&[good, item(&zeros, &commitment)]),
            Err(fault),
            "{name}"
        );
        // As a proof it is no help, and no harm.
        let proven = BlobItem {
            proof: Some(&commitment),
            ..good
        };
        assert_eq!(check(&[proven]), Ok(()), "{name}");
    }
}

#[test]
fn the_first_blob_at_fault_is_named() {
    let (zeros, one, two) = (constant(0), constant(1), constant(2));
    let (good, wrong) = (item(&one, &GENERATOR), item(&two, &GENERATOR));
    let mut broken_blob = zeros.clone();
    broken_blob[0] = 0xff;
    let not_canonical = item(&broken_blob, &INFINITY);
    let no_point = item(&zeros, &[0; 48]);
    let why = BlobWhy::BadCommitment;
    for (items, want) in [
        (vec![good, good, good], Ok(())),
        (vec![good, wrong, good], Err(mismatch(1))),
        (vec![wrong, good, wrong], Err(mismatch(0))),
        (vec![good, wrong, no_point], Err(mismatch(1))),
        (vec![good, no_point, wrong], Err(BlobFault { blob: 1, why })),
        (
            vec![no_point, not_canonical],
            Err(BlobFault { blob: 0, why }),
        ),
        (vec![wrong, not_canonical], Err(mismatch(0))),
    ] {
        assert_eq!(check(&items), want);
    }
    // Swapped: each is some blob's commitment, and their plain sum is right.
    let swapped = [item(&zeros, &GENERATOR), item(&one, &INFINITY)];
    assert_eq!(check(&swapped), Err(mismatch(0)));
}

/// Real blobs with the proofs that a host recorded.
#[test]
fn recorded_blobs_match_with_and_without_their_proofs() {
    let Some(blobs) = recorded_blobs("op-sepolia-26215604") else {
        return;
    };
    assert!(
        blobs.iter().all(|(_, _, proof)| proof.is_some()),
        "this host records proofs"
    );
    let items: Vec<_> = blobs
        .iter()
        .map(|(blob, commitment, proof)| BlobItem {
            blob,
            commitment,
            proof: proof.as_ref(),
        })
        .collect();
    let bare: Vec<_> = items
        .iter()
        .map(|item| BlobItem {
            proof: None,
            ..*item
        })
        .collect();
    assert_eq!(check(&items), Ok(()));
    assert_eq!(check(&bare), Ok(()));
    for (blob, commitment, proof) in blobs.iter().take(3) {
        assert_eq!(Pure.proof(blob, commitment).ok(), *proof, "as recorded");
        #[cfg(feature = "native")]
        assert_eq!(
            hoike_kzg::Native.proof(blob, commitment).ok(),
            *proof,
            "as recorded"
        );
    }
    // One proof less, or of another blob: more work, the same result.
    let mut odd = items.clone();
    odd[0].proof = items[1].proof;
    odd[1].proof = None;
    assert_eq!(check(&odd), Ok(()));
    // Any bit anywhere.
    for (index, bit) in [(0, 5), (3, 8 * 31), (9, 8 * BLOB_BYTES - 1), (4, 524_289)] {
        let mut blob = blobs[index].0.clone();
        blob[bit / 8] ^= 1 << (bit % 8);
        for items in [&items, &bare] {
            let mut items = items.clone();
            items[index].blob = &blob;
            let fault = check(&items).unwrap_err();
            assert_eq!(fault.blob, index, "bit {bit}");
            let canonical = BlobWhy::NotCanonical { element: bit / 256 };
            assert!(
                [BlobWhy::Mismatch, canonical].contains(&fault.why),
                "bit {bit}"
            );
        }
    }
}

fn mismatch(blob: usize) -> BlobFault {
    BlobFault {
        blob,
        why: BlobWhy::Mismatch,
    }
}

/// The polynomial that is `value` everywhere: its commitment is so many times the generator.
fn constant(value: u8) -> Blob {
    let mut blob: Blob = Box::new([0; BLOB_BYTES]);
    for element in 0..FIELD_ELEMENTS {
        blob[32 * element + 31] = value;
    }
    blob
}

fn less_one(mut value: [u8; 32]) -> [u8; 32] {
    value[31] -= 1;
    value
}

/// Every case of the vectors that has a commitment; the blob is encoded here and compared with op-node's hash.
fn known_blobs() -> Option<Vec<(Blob, Commitment)>> {
    let text = fs::read_to_string(fixture("vectors/blobs.json")?).unwrap();
    let vectors: Value = serde_json::from_str(&text).unwrap();
    let cases = vectors["cases"].as_array().unwrap();
    let with = cases.iter().filter(|case| case.get("commitment").is_some());
    Some(
        with.map(|case| {
            let number = |name: &str| case["data"][name].as_u64().unwrap();
            let blob = encode(&pattern(number("seed"), number("len") as usize));
            let hash: B256 = case["blob_keccak"].as_str().unwrap().parse().unwrap();
            assert_eq!(keccak256(&blob[..]), hash, "encoded here and by op-node");
            let commitment = hex::decode_to_array(case["commitment"].as_str().unwrap()).unwrap();
            (blob, commitment)
        })
        .collect(),
    )
}

type Recorded = (Blob, Commitment, Option<[u8; 48]>);

/// All blobs of a witness.
fn recorded_blobs(claim: &str) -> Option<Vec<Recorded>> {
    let file = fs::File::open(fixture(&format!("claims/{claim}/witness.kv.zst"))?).unwrap();
    let mut witness = Witness::parse(zstd::decode_all(file).unwrap().into()).unwrap();
    let commitments: Vec<Commitment> = witness
        .iter()
        .filter(|(key, _)| key.kind() == KeyKind::Sha256)
        .map(|(_, value)| value.as_ref().try_into().unwrap())
        .collect();
    let read = |commitment: Commitment| {
        let mut blob: Blob = Box::new([0; BLOB_BYTES]);
        for (root, element) in roots_of_unity().iter().zip(blob.as_chunks_mut::<32>().0) {
            let key = PreimageKey::blob(&commitment, root);
            assert_eq!(witness.read(key, element), Ok(32));
        }
        let proof = witness.blob_proof(&commitment).unwrap();
        (blob, commitment, proof)
    };
    Some(commitments.into_iter().map(read).collect())
}

/// Test data as the vectors' notes define it.
fn pattern(seed: u64, length: usize) -> Vec<u8> {
    let blocks =
        (0u64..).flat_map(|block| keccak256([seed.to_be_bytes(), block.to_be_bytes()].concat()).0);
    blocks.take(length).collect()
}

/// Version 0 of the rollup's blob encoding: four elements take 31 bytes each and share out three more among their first bytes.
fn encode(data: &[u8]) -> Blob {
    let mut blob: Blob = Box::new([0; BLOB_BYTES]);
    // The version, 0, and three bytes of length: the length's first byte is the version.
    let length = (data.len() as u32).to_be_bytes();
    let padding = std::iter::repeat(0);
    let mut bytes = length
        .into_iter()
        .chain(data.iter().copied())
        .chain(padding);
    for round in blob.as_chunks_mut::<128>().0 {
        let mut shared = [0; 3];
        for (at, element) in round.as_chunks_mut::<32>().0.iter_mut().enumerate() {
            element[1..].fill_with(|| bytes.next().unwrap());
            if at < 3 {
                shared[at] = bytes.next().unwrap();
            }
        }
        let [x, y, z] = shared;
        round[0] = x & 0x3f;
        round[32] = ((x & 0xc0) >> 2) | (y & 0x0f);
        round[64] = z & 0x3f;
        round[96] = ((z & 0xc0) >> 2) | (y >> 4);
    }
    blob
}

/// A file of the fixtures, or `None` with a message.
fn fixture(name: &str) -> Option<PathBuf> {
    let default = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/fixtures");
    let folder = env::var_os("HOIKE_FIXTURES").map_or(PathBuf::from(default), PathBuf::from);
    let path = folder.join(name);
    if !path.exists() {
        eprintln!("skipped: no {}", path.display());
        return None;
    }
    Some(path)
}

const INFINITY: Commitment = {
    let mut bytes = [0; 48];
    bytes[0] = 0xc0;
    bytes
};

/// The generator of G1, compressed: the commitment to the constant 1.
const GENERATOR: Commitment = hex!(
    "97f1d3a73197d7942695638c4fa9ac0fc3688c4f9774b905a14e3a3f171bac586c55e83ff97a1aeffb3af00adb22c6bb"
);

/// The modulus of the scalar field.
const MODULUS: [u8; 32] = hex!("73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000001");

/// The modulus of the base field with the flag of a compressed point.
const P: Commitment = hex!(
    "9a0111ea397fe69a4b1ba7b6434bacd764774b84f38512bf6730d2a0f6b0f6241eabfffeb153ffffb9feffffffffaaab"
);

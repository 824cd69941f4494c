//! Results of precompiles in the witnesses: what op-program's host has computed is what both kinds of cryptography here compute.

use alloy_primitives::{U256, keccak256, uint};
use hoike_claims::Folder;
use hoike_executor::{Precompile, precompiles};
use hoike_native::compute;
use hoike_preimage::{BLOB_BYTES, KeyKind, roots_of_unity};
use hoike_tests::claim_folders;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};

#[test]
fn recorded_results_are_computed_by_both() {
    let mut calls: BTreeMap<Vec<u8>, Vec<u8>> = BTreeMap::new();
    for path in claim_folders() {
        let folder = Folder::read(&path).expect("a claim folder");
        for (key, call) in folder.witness.iter() {
            if key.kind() != KeyKind::Keccak256 {
                continue;
            }
            let of = key.with_kind(KeyKind::Precompile);
            if let Some(result) = folder.witness.value(&of) {
                calls.insert(call.to_vec(), result.to_vec());
            }
        }
    }
    let mut seen = BTreeSet::new();
    for (call, result) in &calls {
        let (address, input) = (&call[..20], &call[28..]);
        let precompile = Precompile::ALL
            .into_iter()
            .find(|p| p.address() == address)
            .expect("a precompile");
        seen.insert((precompile.address_number(), result[0]));
        let recorded = (result[0] == 1).then(|| result[1..].to_vec().into());
        for (whose, output) in [
            ("pure", precompiles::run(precompile, input)),
            ("native", compute(precompile, input)),
        ] {
            assert_eq!(output, recorded, "{whose} {precompile:?} of {call:02x?}");
        }
    }
    eprintln!("{} calls; address and status: {seen:?}", calls.len());
    if claim_folders().len() > 1 {
        for at in [Precompile::Ecrecover, Precompile::Bn254Pairing] {
            assert!(seen.contains(&(at.address_number(), 1)), "{at:?}: {seen:?}");
        }
    }
}

/// Openings of the polynomial X^2, whose quotient at z is X + z: right by construction, and by revm's own implementation. Then each part is spoilt.
#[test]
fn openings_of_commitments_are_judged_alike_by_both() {
    let order = uint!(0x73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000001_U256);
    let commit = |value: &dyn Fn(U256) -> U256| {
        let mut blob = Box::new([0; BLOB_BYTES]);
        let elements = blob.as_chunks_mut::<32>().0.iter_mut();
        for (element, root) in elements.zip(roots_of_unity()) {
            *element = value(U256::from_be_bytes(*root)).to_be_bytes();
        }
        hoike_kzg::Native
            .commitment(&blob)
            .expect("canonical elements")
    };
    let commitment = commit(&|x| x.mul_mod(x, order));
    let mut versioned_hash: [u8; 32] = Sha256::digest(commitment).into();
    versioned_hash[0] = 1;
    let success = [U256::from(4096), order]
        .map(|word| word.to_be_bytes::<32>())
        .concat();
    let point = |n: u64| U256::from_be_bytes(keccak256(n.to_be_bytes()).0) % order;
    for z in [U256::ZERO, U256::ONE, order - U256::ONE, point(1), point(2)] {
        let y = z.mul_mod(z, order).to_be_bytes::<32>();
        let proof = commit(&|x| x.add_mod(z, order));
        let z = z.to_be_bytes::<32>();
        let input = [&versioned_hash[..], &z, &y, &commitment, &proof].concat();
        let both = |input: &[u8]| {
            let pure = precompiles::run(Precompile::KzgPointEvaluation, input);
            let native = compute(Precompile::KzgPointEvaluation, input);
            assert_eq!(native, pure, "{input:02x?}");
            native
        };
        assert_eq!(both(&input), Some(success.clone().into()));
        for at in [0, 1, 31, 32, 63, 64, 95, 96, 97, 143, 144, 145, 191] {
            for bit in [1, 0x20, 0x40, 0x80] {
                let mut spoilt = input.clone();
                spoilt[at] ^= bit;
                assert_eq!(both(&spoilt), None, "{at} {bit}");
            }
        }
        assert_eq!(both(&input[..191]), None);
        assert_eq!(both(&[&input[..], &[0]].concat()), None);
        // The same number, but not canonical.
        if let Some(more) = U256::from_be_bytes(z).checked_add(order) {
            let mut spoilt = input.clone();
            spoilt[32..64].copy_from_slice(&more.to_be_bytes::<32>());
            assert_eq!(both(&spoilt), None);
        }
        // The right opening of another commitment under this one's hash.
        let mut spoilt = input.clone();
        spoilt[96..144].copy_from_slice(&proof);
        assert_eq!(both(&spoilt), None);
    }
}

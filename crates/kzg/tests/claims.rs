//! Blobs out of claims' witnesses, through the oracle that checks them.

#[path = "../../preimage/tests/support/mod.rs"]
mod support;

use alloy_primitives::{B256, Bytes};
use core::convert::Infallible;
use hoike_kzg::PureKzg;
use hoike_preimage::{
    BlobFault, CheckError, Checked, Corruption, Hint, KeyKind, Kzg, Oracle, PreimageKey, Trusted,
    Verified, Witness,
};

#[cfg(feature = "native")]
type Fast = hoike_kzg::NativeKzg;
#[cfg(not(feature = "native"))]
type Fast = PureKzg;

/// The versioned hashes of all blobs.
fn hashes(witness: &Witness) -> Vec<B256> {
    let versioned = |key: PreimageKey| {
        let mut hash = *key.as_bytes();
        hash[0] = 1;
        B256::new(hash)
    };
    let keys = support::keys(witness, KeyKind::Sha256);
    keys.into_iter().map(versioned).collect()
}

fn read(witness: &Witness, kzg: impl Kzg, per_call: usize) -> usize {
    let hashes = hashes(witness);
    let mut verified = Verified::new(witness.clone(), kzg);
    let mut trusted = Trusted::assume_checked_by_vm(witness.clone());
    for hashes in hashes.chunks(per_call) {
        let blobs = verified.blobs(hashes).expect("they match");
        assert_eq!(blobs, trusted.blobs(hashes).expect("they are there"));
        assert_eq!(blobs.len(), hashes.len());
    }
    let stats = verified.stats();
    assert_eq!(stats.blobs, hashes.len() as u64);
    assert_eq!(stats.preimages, stats.blobs * 4097);
    assert_eq!(stats.bytes, stats.blobs * (131_072 + 48));
    hashes.len()
}

#[test]
fn d126_blobs_of_all_claims_match() {
    let mut count = 0;
    for (name, path) in support::claims(&[]) {
        let blobs = read(&support::witness(&path), Fast::default(), 9);
        println!("{name}: {blobs} blobs");
        count += blobs;
    }
    println!("{count} blobs");
    assert!(count > 0 || support::fixtures().is_none());
}

#[test]
fn d126_blobs_of_three_claims_match_in_pure_rust() {
    for (_, path) in support::claims(&["sepolia", "ecotone-blobs", "fjord-big-span"]) {
        read(&support::witness(&path), PureKzg::new(), 5);
    }
}

/// A witness with one byte of one value changed.
struct Tampered<'a> {
    witness: &'a Witness,
    key: PreimageKey,
    byte: usize,
    bit: u8,
}

impl Oracle for Tampered<'_> {
    type Error = Infallible;

    fn hint(&mut self, _: &Hint<'_>) -> Result<(), Infallible> {
        Ok(())
    }

    fn get(&mut self, key: PreimageKey) -> Result<Bytes, Infallible> {
        let mut value = self.witness.get(&key).expect("it is there").to_vec();
        if key == self.key {
            value[self.byte] ^= 1 << self.bit;
        }
        Ok(value.into())
    }
}

#[test]
fn d126_tampered_blobs_are_caught() {
    for (_, path) in support::claims(&["ecotone-blobs"]) {
        let witness = support::witness(&path);
        let hashes = hashes(&witness);
        let hashes = &hashes[..hashes.len().min(3)];
        let read = |key, byte, bit| {
            let witness = &witness;
            let oracle = Tampered {
                witness,
                key,
                byte,
                bit,
            };
            Verified::new(oracle, Fast::default())
                .blobs(hashes)
                .expect_err("it was tampered with")
        };
        for (index, &hash) in hashes.iter().enumerate() {
            let key = PreimageKey::sha256(hash);
            let commitment = witness.get(&key).expect("a commitment");
            for byte in 0..48 {
                match read(key, byte, byte as u8 % 8) {
                    CheckError::Corrupt {
                        key: named,
                        why: Corruption::VersionedHash { got },
                    } => assert!(named == key && got != hash),
                    other => panic!("{other}"),
                }
            }
            let commitment = commitment.as_ref().try_into().expect("48 bytes");
            for (element, byte) in (0..4096).step_by(151).zip((0..32).cycle()) {
                let root = &hoike_preimage::roots_of_unity()[element];
                let bit = (element + index) as u8 % 8;
                match read(PreimageKey::blob(commitment, root), byte, bit) {
                    CheckError::Blob {
                        key: named,
                        why: BlobFault::Mismatch,
                    } => assert_eq!(named, key),
                    CheckError::Blob {
                        key: named,
                        why: BlobFault::NonCanonical { element: at },
                    } => assert!(named == key && at == element && byte == 0),
                    other => panic!("{other}"),
                }
            }
        }
    }
}

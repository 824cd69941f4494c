//! Real witnesses: every entry belongs to its key, and any change is noticed.

use std::{collections::BTreeSet, env, fs, path::PathBuf};

use alloy_primitives::{B256, Bytes};
use hoike_kzg::Pure;
use hoike_preimage::{
    CheckError, Checked, Commitment, Corruption, FIELD_ELEMENTS, KeyKind, Oracle, Overlay,
    PreimageKey, StoreError, Trusted, Verified, Witness, roots_of_unity,
};

/// Every folder parses, and holds whole blobs.
#[test]
fn every_witness_parses() {
    let mut entries = 0;
    for (name, data) in witnesses(|_| true) {
        let size = data.len();
        let mut witness = Witness::parse(data).unwrap_or_else(|error| panic!("{name}: {error}"));
        entries += witness.len();
        let sizes: usize = witness.iter().map(|(_, value)| 36 + value.len()).sum();
        assert_eq!(sizes, size, "{name}");
        let all: Vec<_> = witness.iter().collect();
        for (key, value) in all {
            assert_eq!(witness.get(key).as_ref(), Ok(&value), "{name}: {key}");
        }
        let elements = witness.iter().filter(|(_, value)| value.len() == 32);
        let elements = elements
            .filter(|(key, _)| key.kind() == KeyKind::Blob)
            .count();
        let blobs = commitments(&witness).len();
        assert_eq!(elements, blobs * FIELD_ELEMENTS, "{name}");
    }
    println!("{entries} entries");
}

/// D126: everything in some witnesses, read through `Verified`.
#[test]
fn d126_real_witnesses_pass_every_check() {
    let sample = [
        "op-sepolia-26215604",
        "ecotone-blobs",
        "jovian-batches",
        "granite-activation",
    ];
    for (name, data) in witnesses(|name| sample.contains(&name)) {
        let witness = Witness::parse(data).unwrap();
        let hashes: Vec<(B256, Bytes)> = witness
            .iter()
            .filter(|(key, _)| key.kind() == KeyKind::Keccak256)
            .map(|(key, value)| (alloy_primitives::keccak256(&value), key, value))
            .map(|(hash, key, value)| {
                assert_eq!(PreimageKey::keccak256(hash), key, "{name}: {key}");
                (hash, value)
            })
            .collect();
        let versioned: Vec<B256> = commitments(&witness)
            .into_iter()
            .map(|(hash, _)| hash)
            .collect();
        let mut verified = Verified::new(witness, Pure);
        for (hash, value) in &hashes {
            assert_eq!(&verified.keccak256(*hash).unwrap(), value, "{name}: {hash}");
        }
        let blobs = verified
            .blobs(0, &versioned)
            .unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(verified.stats().blobs, versioned.len() as u64);
        let before = verified.stats().preimages;
        for (hash, _) in hashes.iter().take(10) {
            verified.keccak256(*hash).unwrap();
        }
        assert_eq!(
            (verified.stats().repeated, verified.stats().preimages),
            (10, before)
        );
        // The other oracle reads the same.
        let mut trusted = Trusted::assume_checked_by_vm(verified.into_inner());
        assert_eq!(trusted.blobs(0, &versioned).unwrap(), blobs, "{name}");
    }
}

/// D126: one bit of one value, of every kind.
#[test]
fn d126_a_flipped_bit_is_corrupt_and_a_hidden_value_missing() {
    for (name, data) in witnesses(|name| name == "ecotone-blobs") {
        let witness = Witness::parse(data.clone()).unwrap();
        let entries: Vec<_> = witness.iter().collect();
        let mut kinds = BTreeSet::new();
        for (at, (key, value)) in entries
            .iter()
            .enumerate()
            .filter(|(_, (_, v))| !v.is_empty())
        {
            if key.kind() != KeyKind::Keccak256 || at % 7 != 0 {
                continue;
            }
            kinds.insert(key.kind());
            let hash = alloy_primitives::keccak256(value);
            let mut bytes = value.to_vec();
            let bit = at * 31 % (8 * bytes.len());
            bytes[bit / 8] ^= 1 << (bit % 8);
            let mut changed = Overlay::new(Witness::parse(data.clone()).unwrap());
            changed.insert(*key, bytes);
            let got = Verified::new(changed, Pure).keccak256(hash);
            assert!(
                matches!(got, Err(CheckError::Corrupt { key: at, why: Corruption::Hash { .. } }) if at == *key),
                "{name}: bit {bit} of {key}: {got:?}"
            );
        }
        assert!(kinds.contains(&KeyKind::Keccak256));
        let all = commitments(&witness);
        let (hash, commitment) = all[0];
        let element = PreimageKey::blob(&commitment, &roots_of_unity()[4_095]);
        let key = PreimageKey::sha256(hash);
        let read = |change: fn(&mut Vec<u8>), of: PreimageKey| {
            let mut changed = Overlay::new(Witness::parse(data.clone()).unwrap());
            let mut bytes = changed.get(of).unwrap().to_vec();
            change(&mut bytes);
            changed.insert(of, bytes);
            Verified::new(changed, Pure).blobs(7, &[hash]).unwrap_err()
        };
        let flip = |bytes: &mut Vec<u8>| bytes[31] ^= 1;
        let at = |error| match error {
            CheckError::Corrupt { key, why } => (key, why),
            other => panic!("{other}"),
        };
        assert!(matches!(at(read(flip, key)), (at, Corruption::Hash { .. }) if at == key));
        assert!(matches!(at(read(flip, element)), (at, Corruption::Blob(_)) if at == key));
        let cut = |bytes: &mut Vec<u8>| bytes.truncate(31);
        let short = Corruption::Length {
            expected: 32,
            got: 31,
        };
        assert_eq!(at(read(cut, element)), (element, short));
        let grow = |bytes: &mut Vec<u8>| bytes.push(0);
        let long = Corruption::Length {
            expected: 48,
            got: 49,
        };
        assert_eq!(at(read(grow, key)), (key, long));

        // D50: fewer elements than a blob has are an error, not a shorter blob.
        let mut hidden = Overlay::new(witness);
        hidden.hide(element);
        let got = Verified::new(hidden, Pure).blobs(7, &[hash]).unwrap_err();
        let want = StoreError::Hidden { key: element };
        assert!(
            matches!(got, CheckError::Oracle { key, cause } if key == element && cause == want)
        );
    }
}

/// D51: the versioned hash is sha256 of the commitment with its first byte replaced, not the commitment.
#[test]
fn d51_versioned_hashes_are_compared_by_sha256() {
    for (name, data) in witnesses(|name| name == "ecotone-blobs") {
        let witness = Witness::parse(data).unwrap();
        let (hash, _) = commitments(&witness)[0];
        let mut other_version = hash;
        other_version.0[0] = 2;
        let mut verified = Verified::new(witness, Pure);
        assert_eq!(verified.blobs(0, &[hash]).unwrap().len(), 1, "{name}");
        let refused = verified.blobs(0, &[other_version]).unwrap_err();
        assert!(matches!(refused, CheckError::BlobVersion { hash } if hash == other_version));
    }
}

/// Versioned hashes and commitments.
fn commitments(witness: &Witness) -> Vec<(B256, Commitment)> {
    let of_kind = witness
        .iter()
        .filter(|(key, _)| key.kind() == KeyKind::Sha256);
    of_kind
        .map(|(key, value)| {
            let mut hash = B256::from(key.as_bytes());
            hash.0[0] = 1;
            (hash, value.as_ref().try_into().unwrap())
        })
        .collect()
}

/// The decompressed witnesses of the claims whose name is wanted; none, with a message, without fixtures.
fn witnesses(wanted: impl Fn(&str) -> bool) -> impl Iterator<Item = (String, Bytes)> {
    let default = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/fixtures");
    let fixtures = env::var_os("HOIKE_FIXTURES").map_or(PathBuf::from(default), PathBuf::from);
    let claims = fixtures.join("claims");
    if !claims.exists() {
        eprintln!("skipped: no {}", claims.display());
    }
    let folders = fs::read_dir(claims)
        .into_iter()
        .flatten()
        .map(|entry| entry.unwrap().path());
    let folders = folders.filter(|path| path.join("witness.kv.zst").exists());
    let mut folders: Vec<_> = folders
        .map(|path| (path.file_name().unwrap().to_str().unwrap().to_owned(), path))
        .filter(|(name, _)| wanted(name))
        .collect();
    folders.sort();
    folders.into_iter().map(|(name, path)| {
        let file = fs::File::open(path.join("witness.kv.zst")).unwrap();
        (name, zstd::decode_all(file).unwrap().into())
    })
}

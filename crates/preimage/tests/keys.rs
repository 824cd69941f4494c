//! Keys and hints, against the witnesses' own preimages of keys and by hand.

mod support;

use alloy_primitives::{Address, B256, Bytes, U256, address, b256, hex, uint};
use hoike_preimage::{Hint, KeyKind, PreimageKey, Witness, roots_of_unity};

/// What a key is the hash of, where the witness has that too.
fn preimage(witness: &Witness, key: &PreimageKey) -> Option<Bytes> {
    witness.get(&PreimageKey::keccak256(B256::new(*key.as_bytes())))
}

#[test]
fn d52_blob_keys_are_by_root_of_unity() {
    for (name, path) in support::claims(&["sepolia", "ecotone-blobs", "jovian-lag"]) {
        let witness = support::witness(&path);
        let mut keys = 0;
        for key in support::keys(&witness, KeyKind::Blob) {
            if witness.get(&key).expect("an element").len() != 32 {
                continue;
            }
            keys += 1;
            if let Some(preimage) = preimage(&witness, &key) {
                let (commitment, root) = preimage.split_first_chunk().expect("48 bytes");
                let root = root.try_into().expect("32 bytes");
                assert_eq!(PreimageKey::blob(commitment, root), key);
                assert!(roots_of_unity().contains(root));
            }
        }
        let commitments = support::keys(&witness, KeyKind::Sha256);
        assert_eq!(keys, commitments.len() * 4096, "{name}");
        for commitment in commitments {
            let commitment = witness.get(&commitment).expect("a commitment");
            let commitment = commitment.as_ref().try_into().expect("48 bytes");
            for root in roots_of_unity() {
                let element = witness.get(&PreimageKey::blob(commitment, root));
                assert_eq!(element.expect("an element").len(), 32);
            }
        }
    }
}

/// EIP-4844 and `deneb/polynomial-commitments.md`: `bit_reversal_permutation(compute_roots_of_unity(4096))`.
#[test]
fn d52_roots_of_unity_by_definition() {
    const MODULUS: U256 =
        uint!(0x73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000001_U256);
    let root = U256::from(7).pow_mod((MODULUS - U256::ONE) / U256::from(4096), MODULUS);
    let roots = roots_of_unity();
    assert_eq!(roots.len(), 4096);
    for (index, bytes) in roots.iter().enumerate() {
        let exponent = format!("{index:012b}").chars().rev().collect::<String>();
        let exponent = U256::from_str_radix(&exponent, 2).expect("binary");
        assert_eq!(
            U256::from_be_bytes(*bytes),
            root.pow_mod(exponent, MODULUS),
            "{index}"
        );
    }
}

#[test]
fn d82_d83_d176_precompile_keys_have_address_gas_and_input() {
    let mut count = 0;
    for (name, path) in support::claims(&[]) {
        let witness = support::witness(&path);
        for key in support::keys(&witness, KeyKind::Precompile) {
            let preimage = preimage(&witness, &key).expect("the key's preimage");
            let (address, rest) = preimage.split_at(20);
            let (gas, input) = rest.split_first_chunk().expect("8 bytes of gas");
            let address = Address::from_slice(address);
            let gas = u64::from_be_bytes(*gas);
            assert_eq!(PreimageKey::precompile(address, gas, input), key, "{name}");
            if address == Address::with_last_byte(1) {
                assert_eq!((gas, input.len()), (3000, 128), "{name}");
            }
            count += 1;
        }
    }
    println!("{count} precompile keys");
    assert!(count > 0 || support::fixtures().is_none());
}

#[test]
fn d176_keys_by_hand() {
    let hash = b256!("0xa1a2a3a4a5a6a7a8a9b0b1b2b3b4b5b6b7b8b9c0c1c2c3c4c5c6c7c8c9d0d1d2");
    for (key, kind, text) in [
        (
            PreimageKey::local(0x0102_0304_0506_0708),
            Some(KeyKind::Local),
            "0x0100000000000000000000000000000000000000000000000102030405060708 (local)",
        ),
        (
            PreimageKey::keccak256(hash),
            Some(KeyKind::Keccak256),
            "0x02a2a3a4a5a6a7a8a9b0b1b2b3b4b5b6b7b8b9c0c1c2c3c4c5c6c7c8c9d0d1d2 (keccak256)",
        ),
        (
            PreimageKey::sha256(hash),
            Some(KeyKind::Sha256),
            "0x04a2a3a4a5a6a7a8a9b0b1b2b3b4b5b6b7b8b9c0c1c2c3c4c5c6c7c8c9d0d1d2 (sha256)",
        ),
        (
            PreimageKey::from_bytes(hash.0),
            None,
            "0xa1a2a3a4a5a6a7a8a9b0b1b2b3b4b5b6b7b8b9c0c1c2c3c4c5c6c7c8c9d0d1d2 (unknown type)",
        ),
    ] {
        assert_eq!((key.kind(), key.to_string().as_str()), (kind, text));
        assert_eq!(PreimageKey::from_bytes(*key.as_bytes()), key);
    }
    for byte in 0..=255 {
        let known = KeyKind::from_byte(byte);
        assert_eq!(known.is_some(), matches!(byte, 1 | 2 | 4..=6));
        assert!(known.is_none_or(|kind| kind.byte() == byte));
    }
}

#[test]
fn d163_hint_texts() {
    let hash = b256!("0xa1a2a3a4a5a6a7a8a9b0b1b2b3b4b5b6b7b8b9c0c1c2c3c4c5c6c7c8c9d0d1d2");
    let text = hex::encode(hash);
    let address = address!("0x00112233445566778899aabbccddeeff00112233");
    let account = "00112233445566778899aabbccddeeff00112233";
    let long = [0xab; 70];
    let long_text = "ab".repeat(70);
    for (hint, want) in [
        (
            Hint::L1BlockHeader(hash),
            format!("l1-block-header 0x{text}"),
        ),
        (
            Hint::L1Transactions(hash),
            format!("l1-transactions 0x{text}"),
        ),
        (Hint::L1Receipts(hash), format!("l1-receipts 0x{text}")),
        (
            Hint::L1Blob {
                hash,
                time: 0x6789_abcd,
            },
            format!("l1-blob 0x{text}000000006789abcd"),
        ),
        (
            Hint::L1Precompile {
                address,
                gas: 3000,
                input: &[1, 2, 0xff],
            },
            format!("l1-precompile 0x{account}0000000000000bb80102ff"),
        ),
        (
            Hint::L1Precompile {
                address,
                gas: 1,
                input: &[],
            },
            format!("l1-precompile 0x{account}0000000000000001"),
        ),
        (
            Hint::L1Precompile {
                address,
                gas: u64::MAX,
                input: &long,
            },
            format!("l1-precompile 0x{account}ffffffffffffffff{long_text}"),
        ),
        (
            Hint::L2BlockHeader(hash),
            format!("l2-block-header 0x{text}"),
        ),
        (
            Hint::L2Transactions(hash),
            format!("l2-transactions 0x{text}"),
        ),
        (Hint::L2Code(hash), format!("l2-code 0x{text}")),
        (Hint::L2StateNode(hash), format!("l2-state-node 0x{text}")),
        (
            Hint::StartingL2Output(hash),
            format!("starting-l2-output 0x{text}"),
        ),
        (Hint::L2Output(hash), format!("l2-output 0x{text}")),
        (
            Hint::L2AccountProof {
                block: hash,
                address,
            },
            format!("l2-account-proof 0x{text}{account}"),
        ),
        (
            Hint::L2PayloadWitness {
                parent: hash,
                attributes: r#"{"a":1}"#,
            },
            format!("l2-payload-witness 0x{text}7b2261223a317d"),
        ),
    ] {
        assert_eq!(hint.to_string(), want);
        assert_eq!(want.split_once(' ').expect("a space").0, hint.name());
    }
}

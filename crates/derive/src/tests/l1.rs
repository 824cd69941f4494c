//! L1 transactions and receipts, made from scratch.

use alloc::{vec, vec::Vec};
use alloy_consensus::{
    SignableTransaction, TxEip1559, TxEip2930, TxEip4844, TxEip7702, TxEnvelope, TxLegacy,
};
use alloy_eips::Encodable2718;
use alloy_primitives::{Address, B256, Bytes, Signature, TxKind, U256};
use alloy_rlp::Encodable;
use k256::ecdsa::SigningKey;

/// Order of the curve.
pub(super) const N: U256 = U256::from_limbs([
    0xbfd2_5e8c_d036_4141,
    0xbaae_dce6_af48_a03b,
    0xffff_ffff_ffff_fffe,
    0xffff_ffff_ffff_ffff,
]);

/// Somebody with a key.
pub(super) struct Account(SigningKey);

impl Account {
    pub(super) fn new(seed: u8) -> Self {
        Self(SigningKey::from_slice(&[seed; 32]).unwrap())
    }

    pub(super) fn address(&self) -> Address {
        Address::from_public_key(self.0.verifying_key())
    }

    fn signature(&self, hash: B256) -> Signature {
        let (signature, parity) = self.0.sign_prehash_recoverable(hash.as_slice()).unwrap();
        Signature::from((signature, parity))
    }

    /// A transaction of type 0 to 4 with this calldata; only one of type 3 has blobs.
    pub(super) fn send(&self, kind: u8, to: Address, input: &[u8], blobs: &[B256]) -> Bytes {
        self.send_altered(kind, to, input, blobs, |signature| signature)
    }

    pub(super) fn send_altered(
        &self,
        kind: u8,
        to: Address,
        input: &[u8],
        blobs: &[B256],
        alter: impl Fn(Signature) -> Signature,
    ) -> Bytes {
        let input = Bytes::copy_from_slice(input);
        let call = TxKind::Call(to);
        let chain_id = L1_CHAIN_ID;
        match kind {
            0 => self.sealed(
                TxLegacy {
                    chain_id: Some(chain_id),
                    to: call,
                    input,
                    ..TxLegacy::default()
                },
                alter,
            ),
            1 => self.sealed(
                TxEip2930 {
                    chain_id,
                    to: call,
                    input,
                    ..TxEip2930::default()
                },
                alter,
            ),
            2 => self.sealed(
                TxEip1559 {
                    chain_id,
                    to: call,
                    input,
                    ..TxEip1559::default()
                },
                alter,
            ),
            3 => self.sealed(
                TxEip4844 {
                    chain_id,
                    to,
                    input,
                    blob_versioned_hashes: blobs.to_vec(),
                    ..TxEip4844::default()
                },
                alter,
            ),
            4 => self.sealed(
                TxEip7702 {
                    chain_id,
                    to,
                    input,
                    ..TxEip7702::default()
                },
                alter,
            ),
            _ => panic!("no type {kind}"),
        }
    }

    /// A legacy transaction that no chain id protects.
    pub(super) fn send_unprotected(&self, to: Address, input: &[u8]) -> Bytes {
        let tx = TxLegacy {
            chain_id: None,
            to: TxKind::Call(to),
            input: Bytes::copy_from_slice(input),
            ..TxLegacy::default()
        };
        self.sealed(tx, |signature| signature)
    }

    /// A transaction for another chain.
    pub(super) fn send_elsewhere(&self, to: Address, input: &[u8]) -> Bytes {
        let tx = TxEip1559 {
            chain_id: L1_CHAIN_ID + 1,
            to: TxKind::Call(to),
            input: Bytes::copy_from_slice(input),
            ..TxEip1559::default()
        };
        self.sealed(tx, |signature| signature)
    }

    fn sealed<T>(&self, tx: T, alter: impl Fn(Signature) -> Signature) -> Bytes
    where
        T: SignableTransaction<Signature>,
        TxEnvelope: From<alloy_consensus::Signed<T>>,
    {
        let signature = alter(self.signature(tx.signature_hash()));
        TxEnvelope::from(tx.into_signed(signature))
            .encoded_2718()
            .into()
    }
}

/// A deposit as an L1 has it that is an OP Stack chain itself: source hash, from, to, mint, value, gas, system flag, data.
pub(super) fn deposit(from: Address, to: Address, data: &[u8]) -> Bytes {
    let mut fields = Vec::new();
    B256::ZERO.encode(&mut fields);
    from.encode(&mut fields);
    to.encode(&mut fields);
    for _ in 0..4 {
        0_u8.encode(&mut fields);
    }
    data.encode(&mut fields);
    [&[0x7e], &list(&fields)[..]].concat().into()
}

/// A receipt of type 2 with one log.
pub(super) fn receipt(success: bool, address: Address, topics: &[B256], data: &[u8]) -> Bytes {
    let topics: Vec<u8> = topics.iter().flat_map(alloy_rlp::encode).collect();
    let mut log = alloy_rlp::encode(address);
    log.extend(list(&topics));
    data.encode(&mut log);
    let mut fields = alloy_rlp::encode(success);
    21_000_u64.encode(&mut fields);
    [0_u8; 256].encode(&mut fields);
    fields.extend(list(&list(&log)));
    [&[2], &list(&fields)[..]].concat().into()
}

/// The receipt of a config update with one word of value.
pub(super) fn config_update(contract: Address, kind: u8, value: U256) -> Bytes {
    let data = [U256::from(32), U256::from(32), value].map(|word| word.to_be_bytes::<32>());
    let topics = [
        hoike_protocol::config::update::CONFIG_UPDATE_EVENT,
        B256::ZERO,
        B256::with_last_byte(kind),
    ];
    receipt(true, contract, &topics, &data.concat())
}

pub(super) fn list(payload: &[u8]) -> Vec<u8> {
    let mut out = vec![];
    alloy_rlp::Header {
        list: true,
        payload_length: payload.len(),
    }
    .encode(&mut out);
    out.extend_from_slice(payload);
    out
}

/// As in the rules of these tests.
pub(super) const L1_CHAIN_ID: u64 = 900;

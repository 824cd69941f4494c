//! Keys, and what they sign: transactions of every type.

use alloy_consensus::{
    SignableTransaction, Signed, TxEip1559, TxEip2930, TxEip4844, TxEip7702, TxLegacy,
    transaction::RlpEcdsaEncodableTx,
};
use alloy_eips::{Encodable2718, eip7702::Authorization};
use alloy_primitives::{Address, B256, Bytes, Signature, TxKind, U256, keccak256};
use k256::ecdsa::SigningKey;

/// A private key and its address.
#[derive(Clone, Debug)]
pub struct Key {
    signing: SigningKey,
    address: Address,
}

/// What a transaction says besides its type. Fees are always enough.
#[derive(Clone, Debug)]
pub struct Call {
    /// Chain it is signed for; `None`: an unprotected legacy transaction, whatever its type was to be.
    pub chain_id: Option<u64>,
    /// Nonce.
    pub nonce: u64,
    /// Recipient; `None` creates a contract.
    pub to: Option<Address>,
    /// Wei.
    pub value: u64,
    /// Gas limit.
    pub gas: u64,
    /// Calldata or init code.
    pub data: Bytes,
    /// Versioned hashes; only type 3 has them.
    pub blobs: Vec<B256>,
}

impl Call {
    /// A call with data and without value.
    pub fn with_data(chain_id: u64, nonce: u64, to: Address, data: Bytes) -> Self {
        Self {
            chain_id: Some(chain_id),
            nonce,
            to: Some(to),
            value: 0,
            gas: 100_000,
            data,
            blobs: Vec::new(),
        }
    }
}

impl Key {
    /// The key of this name: always the same.
    pub fn named(name: &str) -> Self {
        let secret = keccak256(name);
        let signing = SigningKey::from_slice(secret.as_slice()).expect("a hash is a key");
        let address = Address::from_public_key(signing.verifying_key());
        Self { signing, address }
    }

    /// Its address.
    pub const fn address(&self) -> Address {
        self.address
    }

    /// Signs a call as a transaction of type 0, 1, 2, 3 or 4; its EIP-2718 bytes.
    pub fn sign(&self, kind: u8, call: &Call) -> Bytes {
        let to = call.to.map_or(TxKind::Create, TxKind::Call);
        let (value, input, nonce) = (U256::from(call.value), call.data.clone(), call.nonce);
        let chain_id = call.chain_id.unwrap_or_default();
        match kind {
            _ if call.chain_id.is_none() => self.signed(TxLegacy {
                chain_id: None,
                nonce,
                gas_price: GAS_PRICE,
                gas_limit: call.gas,
                to,
                value,
                input,
            }),
            0 => self.signed(TxLegacy {
                chain_id: call.chain_id,
                nonce,
                gas_price: GAS_PRICE,
                gas_limit: call.gas,
                to,
                value,
                input,
            }),
            1 => self.signed(TxEip2930 {
                chain_id,
                nonce,
                gas_price: GAS_PRICE,
                gas_limit: call.gas,
                to,
                value,
                access_list: Default::default(),
                input,
            }),
            2 => self.signed(TxEip1559 {
                chain_id,
                nonce,
                gas_limit: call.gas,
                max_fee_per_gas: GAS_PRICE,
                max_priority_fee_per_gas: 1,
                to,
                value,
                access_list: Default::default(),
                input,
            }),
            3 => self.signed(TxEip4844 {
                chain_id,
                nonce,
                gas_limit: call.gas,
                max_fee_per_gas: GAS_PRICE,
                max_priority_fee_per_gas: 1,
                to: call.to.unwrap_or_default(),
                value,
                access_list: Default::default(),
                blob_versioned_hashes: call.blobs.clone(),
                max_fee_per_blob_gas: GAS_PRICE,
                input,
            }),
            4 => {
                let authorization = Authorization {
                    chain_id: U256::from(chain_id),
                    address: Address::repeat_byte(0x77),
                    nonce: 1_000_000,
                };
                let signature = self.signature(&authorization.signature_hash());
                self.signed(TxEip7702 {
                    chain_id,
                    nonce,
                    gas_limit: call.gas,
                    max_fee_per_gas: GAS_PRICE,
                    max_priority_fee_per_gas: 1,
                    to: call.to.unwrap_or_default(),
                    value,
                    access_list: Default::default(),
                    authorization_list: vec![authorization.into_signed(signature)],
                    input,
                })
            }
            other => panic!("no transactions of type {other} are signed"),
        }
    }

    /// Signs any transaction; its EIP-2718 bytes.
    pub fn signed<T: SignableTransaction<Signature> + RlpEcdsaEncodableTx + Send + Sync>(
        &self,
        tx: T,
    ) -> Bytes
    where
        Signed<T>: Encodable2718,
    {
        let signature = self.signature(&tx.signature_hash());
        tx.into_signed(signature).encoded_2718().into()
    }

    /// Signs a hash.
    pub fn signature(&self, hash: &B256) -> Signature {
        let (signature, id) = self
            .signing
            .sign_prehash_recoverable(hash.as_slice())
            .expect("32 bytes can be signed");
        let (r, s) = signature.split_bytes();
        Signature::new(
            U256::from_be_slice(&r),
            U256::from_be_slice(&s),
            id.is_y_odd(),
        )
    }
}

/// More than any block's base fee here.
const GAS_PRICE: u128 = 100_000_000_000;

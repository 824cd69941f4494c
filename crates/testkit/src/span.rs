//! Span batches, written column by column. Any column may be changed before it is encoded. Spec: `delta/span-batches.md`.

use crate::batcher::BatchBlock;
use alloy_consensus::{Transaction, TxEnvelope};
use alloy_eips::{Decodable2718, Typed2718};
use alloy_primitives::{Address, B256, Bytes, Signature};
use alloy_rlp::{Encodable, Header};

/// A span batch.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Span {
    /// Seconds between the rollup's genesis and the first block.
    pub relative_time: u64,
    /// Number of the last block's L1 origin.
    pub last_epoch: u64,
    /// Beginning of the hash of the block before the first one.
    pub parent_check: [u8; 20],
    /// Beginning of the hash of the last block's L1 origin.
    pub origin_check: [u8; 20],
    /// For each block, whether its origin is the one after that of the block before. Their number is the number of blocks.
    pub origin_bits: Vec<bool>,
    /// For each block, how many transactions it has.
    pub counts: Vec<u64>,
    /// The transactions.
    pub rows: Vec<Row>,
}

/// What a span keeps of a transaction.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Row {
    /// Recipient; `None` for a creation.
    pub to: Option<Address>,
    /// r and s.
    pub signature: [u8; 64],
    /// The y-parity.
    pub parity: bool,
    /// The type byte, unless it is a legacy transaction, then a list of value, fees and data, and what lists the type has.
    pub data: Vec<u8>,
    /// Nonce.
    pub nonce: u64,
    /// Gas limit.
    pub gas: u64,
    /// For legacy transactions, whether the chain id is signed; else `None`.
    pub protected: Option<bool>,
}

impl Span {
    /// The span of consecutive blocks.
    ///
    /// # Panics
    /// If there is none, or transactions are of types that spans do not know.
    pub fn of(blocks: &[BatchBlock], genesis_time: u64) -> Self {
        let (first, last) = (blocks.first().unwrap(), blocks.last().unwrap());
        let mut before = first.epoch.number - u64::from(first.begins_epoch);
        let origin_bits = blocks
            .iter()
            .map(|block| std::mem::replace(&mut before, block.epoch.number) != block.epoch.number);
        Self {
            relative_time: first.time.wrapping_sub(genesis_time),
            last_epoch: last.epoch.number,
            parent_check: check(&first.parent),
            origin_check: check(&last.epoch.hash),
            origin_bits: origin_bits.collect(),
            counts: blocks.iter().map(|b| b.transactions.len() as u64).collect(),
            rows: blocks
                .iter()
                .flat_map(|block| &block.transactions)
                .map(Row::of)
                .collect(),
        }
    }

    /// A span of `count` blocks without transactions, all of the first one's epoch.
    pub fn empty(first: &BatchBlock, count: usize, genesis_time: u64) -> Self {
        let mut span = Self::of(std::slice::from_ref(first), genesis_time);
        (span.rows, span.counts) = (Vec::new(), vec![0; count]);
        span.origin_bits.resize(count, false);
        span
    }

    /// The batch, its type byte before it.
    pub fn encode(&self) -> Vec<u8> {
        let mut out = vec![1];
        varint(self.relative_time, &mut out);
        varint(self.last_epoch, &mut out);
        out.extend(self.parent_check);
        out.extend(self.origin_check);
        varint(self.origin_bits.len() as u64, &mut out);
        bits(self.origin_bits.iter().copied(), &mut out);
        self.counts.iter().for_each(|n| varint(*n, &mut out));
        bits(self.rows.iter().map(|row| row.to.is_none()), &mut out);
        bits(self.rows.iter().map(|row| row.parity), &mut out);
        self.rows.iter().for_each(|row| out.extend(row.signature));
        self.rows
            .iter()
            .filter_map(|row| row.to)
            .for_each(|to| out.extend(to.0));
        self.rows.iter().for_each(|row| out.extend(&row.data));
        self.rows.iter().for_each(|row| varint(row.nonce, &mut out));
        self.rows.iter().for_each(|row| varint(row.gas, &mut out));
        bits(self.rows.iter().filter_map(|row| row.protected), &mut out);
        out
    }
}

impl Row {
    /// The row of a signed transaction.
    ///
    /// # Panics
    /// If it is none of the types 0, 1, 2 and 4.
    pub fn of(raw: &Bytes) -> Self {
        let tx = TxEnvelope::decode_2718_exact(raw).expect("a transaction");
        let mut payload = Vec::new();
        tx.value().encode(&mut payload);
        match &tx {
            TxEnvelope::Legacy(_) | TxEnvelope::Eip2930(_) => {
                tx.gas_price().expect("it has one").encode(&mut payload);
            }
            TxEnvelope::Eip1559(_) | TxEnvelope::Eip7702(_) => {
                let tip = tx.max_priority_fee_per_gas().expect("it has one");
                tip.encode(&mut payload);
                tx.max_fee_per_gas().encode(&mut payload);
            }
            TxEnvelope::Eip4844(_) => panic!("spans have no blob transactions"),
        }
        tx.input().encode(&mut payload);
        if let Some(accessed) = tx.access_list() {
            accessed.encode(&mut payload);
        }
        if let TxEnvelope::Eip7702(tx) = &tx {
            tx.tx().authorization_list.encode(&mut payload);
        }
        let legacy = tx.is_legacy();
        let mut data = if legacy { Vec::new() } else { vec![tx.ty()] };
        Header {
            list: true,
            payload_length: payload.len(),
        }
        .encode(&mut data);
        data.extend(payload);
        let signature: &Signature = tx.signature();
        let mut rs = [0; 64];
        rs.copy_from_slice(&signature.as_bytes()[..64]);
        Self {
            to: tx.to(),
            signature: rs,
            parity: signature.v(),
            data,
            nonce: tx.nonce(),
            gas: tx.gas_limit(),
            protected: legacy.then(|| tx.chain_id().is_some()),
        }
    }
}

fn check(hash: &B256) -> [u8; 20] {
    *hash.first_chunk().expect("32 bytes")
}

/// Base 128, least significant group first.
pub fn varint(mut value: u64, out: &mut Vec<u8>) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// Bit 0 is the lowest bit of the last byte.
fn bits(bits: impl Iterator<Item = bool>, out: &mut Vec<u8>) {
    let bits: Vec<bool> = bits.collect();
    let chunks = bits.chunks(8).map(|chunk| {
        let set = |byte, (i, bit): (usize, &bool)| byte | u8::from(*bit) << i;
        chunk.iter().enumerate().fold(0, set)
    });
    let mut bytes: Vec<u8> = chunks.collect();
    bytes.reverse();
    out.extend(bytes);
}

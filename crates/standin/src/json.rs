//! Blocks, transactions and receipts as JSON, in the form of Ethereum's execution API; deposits as op-geth and op-reth show them.

use crate::{chain::Block, data::Data, deposits};
use alloy_consensus::{
    ReceiptEnvelope, Transaction as _, TxEnvelope,
    transaction::{Recovered, SignerRecoverable},
};
use alloy_eips::{Decodable2718, eip2718::Encodable2718};
use alloy_primitives::{Address, B256, Bytes, TxKind, U256, hex, keccak256};
use alloy_rpc_types_eth as rpc;
use hoike_protocol::rules::{BlobSchedule, L1Config};
use op_alloy_consensus::{
    OpReceiptEnvelope, OpTxEnvelope,
    transaction::{OpDepositInfo, OpTransactionInfo},
};
use serde::Serialize;
use serde_json::{Value, json};
use std::sync::Arc;

/// Which chain's JSON.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Layer<'a> {
    /// With blob parameters, for the price of blobs.
    L1(&'a L1Config),
    /// With the state, for nonces of deposits.
    L2(&'a Data),
}

/// The block with its transactions' hashes, or none if they are not known: what matters then is the header.
pub(crate) fn short(block: &Block) -> Result<Arc<str>, String> {
    let make = || {
        let raw = block.transactions.iter().flatten();
        let hashes = raw.map(|raw| json!(keccak256(raw))).collect();
        assemble(block, hashes)
    };
    block.json.short.get_or_init(make).clone()
}

/// The block with whole transactions.
pub(crate) fn full(block: &Block, layer: Layer<'_>) -> Result<Arc<str>, String> {
    let make = || {
        let all = transactions(block, layer)?.iter();
        let all: Result<_, _> = all.map(|tx| serde_json::from_str(tx)).collect();
        assemble(block, all.map_err(|why| why.to_string())?)
    };
    block.json.full.get_or_init(make).clone()
}

/// Each transaction.
pub(crate) fn transactions<'a>(
    block: &'a Block,
    layer: Layer<'_>,
) -> Result<&'a [Arc<str>], String> {
    let make = || {
        let all = block
            .transactions
            .as_ref()
            .ok_or_else(|| lacks(block, "transactions"))?;
        let all = all.iter().enumerate();
        match layer {
            Layer::L1(_) => all
                .map(|(index, raw)| l1_transaction(block, index, raw))
                .collect(),
            Layer::L2(data) => all
                .map(|(index, raw)| l2_transaction(data, block, index, raw))
                .collect(),
        }
    };
    let made = block.json.transactions.get_or_init(make);
    made.as_deref().map_err(Clone::clone)
}

/// Each transaction's receipt.
pub(crate) fn receipts<'a>(block: &'a Block, layer: Layer<'_>) -> Result<&'a [Arc<str>], String> {
    let make = || {
        let transactions = block
            .transactions
            .as_ref()
            .ok_or_else(|| lacks(block, "transactions"))?;
        let receipts = block
            .receipts
            .as_ref()
            .ok_or_else(|| lacks(block, "receipts"))?;
        let mut place = Place {
            block,
            index: 0,
            gas_before: 0,
            logs_before: 0,
        };
        let pairs = transactions.iter().zip(receipts);
        pairs
            .map(|(tx, receipt)| match layer {
                Layer::L1(config) => l1_receipt(&mut place, config, tx, receipt),
                Layer::L2(data) => l2_receipt(&mut place, data, tx, receipt),
            })
            .collect()
    };
    let made = block.json.receipts.get_or_init(make);
    made.as_deref().map_err(Clone::clone)
}

/// The whole block's RLP. Withdrawals are not in any witness: the list is empty, whatever the header's root of them.
pub(crate) fn raw_block(block: &Block) -> Result<Vec<u8>, String> {
    let all = block
        .transactions
        .as_ref()
        .ok_or_else(|| lacks(block, "transactions"))?;
    let mut body = block.raw_header.to_vec();
    let items: Vec<Vec<u8>> = all
        .iter()
        // A typed transaction is a string within a block, a legacy one a list.
        .map(|raw| match raw.first() {
            Some(0xc0..) => raw.to_vec(),
            _ => alloy_rlp::encode(raw),
        })
        .collect();
    put_list(&mut body, &items.concat());
    put_list(&mut body, &[]);
    if block.header.withdrawals_root.is_some() {
        put_list(&mut body, &[]);
    }
    let mut out = Vec::new();
    put_list(&mut out, &body);
    Ok(out)
}

fn put_list(out: &mut Vec<u8>, payload: &[u8]) {
    let header = alloy_rlp::Header {
        list: true,
        payload_length: payload.len(),
    };
    header.encode(out);
    out.extend_from_slice(payload);
}

fn lacks(block: &Block, what: &str) -> String {
    format!(
        "the claim's data lacks the {what} of block {}",
        block.number()
    )
}

fn assemble(block: &Block, transactions: Vec<Value>) -> Result<Arc<str>, String> {
    let mut header = rpc::Header::from_sealed(block.header.clone());
    header.size = raw_block(block).ok().map(|raw| U256::from(raw.len()));
    let mut object = serde_json::to_value(header).map_err(|why| why.to_string())?;
    object["uncles"] = json!([]);
    object["transactions"] = transactions.into();
    if block.header.withdrawals_root.is_some() {
        object["withdrawals"] = json!([]);
    }
    text(&object)
}

fn text(value: &impl Serialize) -> Result<Arc<str>, String> {
    let text = serde_json::to_string(value).map_err(|why| why.to_string())?;
    Ok(text.into())
}

fn decode<T: Decodable2718>(block: &Block, index: usize, raw: &[u8]) -> Result<T, String> {
    T::decode_2718_exact(raw).map_err(|why| {
        let number = block.number();
        format!("transaction {index} of block {number} does not decode: {why}")
    })
}

fn signer(block: &Block, index: usize, tx: &impl SignerRecoverable) -> Result<Address, String> {
    tx.recover_signer().map_err(|why| {
        let number = block.number();
        format!("transaction {index} of block {number} has no sender: {why}")
    })
}

fn info(block: &Block, index: usize) -> alloy_consensus::transaction::TransactionInfo {
    alloy_consensus::transaction::TransactionInfo {
        hash: None,
        index: Some(index as u64),
        block_hash: Some(block.hash()),
        block_number: Some(block.number()),
        base_fee: block.header.base_fee_per_gas,
        block_timestamp: Some(block.header.timestamp),
    }
}

fn l1_transaction(block: &Block, index: usize, raw: &[u8]) -> Result<Arc<str>, String> {
    let tx: TxEnvelope = decode(block, index, raw)?;
    let from = signer(block, index, &tx)?;
    let tx = Recovered::new_unchecked(tx, from);
    text(&rpc::Transaction::from_transaction(tx, info(block, index)))
}

fn l2_transaction(
    data: &Data,
    block: &Block,
    index: usize,
    raw: &[u8],
) -> Result<Arc<str>, String> {
    let tx: OpTxEnvelope = decode(block, index, raw)?;
    let from = signer(block, index, &tx)?;
    let mut deposit_meta = OpDepositInfo::default();
    if tx.is_deposit() {
        deposit_meta.deposit_nonce = deposits::nonce(data, block, index);
    }
    if tx.is_deposit()
        && let Some(receipt) = block.receipts.as_ref().and_then(|all| all.get(index))
    {
        let receipt: OpReceiptEnvelope = decode(block, index, receipt)?;
        deposit_meta.deposit_nonce = receipt.deposit_nonce().or(deposit_meta.deposit_nonce);
        deposit_meta.deposit_receipt_version = receipt.deposit_receipt_version();
    }
    let info = OpTransactionInfo::new(info(block, index), deposit_meta);
    let tx = Recovered::new_unchecked(tx, from);
    text(&op_alloy_rpc_types::Transaction::from_transaction(tx, info))
}

/// Where in its block a receipt is.
struct Place<'a> {
    block: &'a Block,
    index: usize,
    gas_before: u64,
    logs_before: u64,
}

impl Place<'_> {
    fn log(&mut self, inner: alloy_primitives::Log, transaction: B256) -> rpc::Log {
        let index = self.logs_before;
        self.logs_before += 1;
        rpc::Log {
            inner,
            block_hash: Some(self.block.hash()),
            block_number: Some(self.block.number()),
            block_timestamp: Some(self.block.header.timestamp),
            transaction_hash: Some(transaction),
            transaction_index: Some(self.index as u64),
            log_index: Some(index),
            removed: false,
        }
    }

    /// Everything but the receipt's own fields; then goes on to the next.
    fn finish<T>(
        &mut self,
        inner: T,
        cumulative_gas: u64,
        hash: B256,
        from: Address,
        to: TxKind,
        nonce: u64,
    ) -> rpc::TransactionReceipt<T> {
        let receipt = rpc::TransactionReceipt {
            inner,
            transaction_hash: hash,
            transaction_index: Some(self.index as u64),
            block_hash: Some(self.block.hash()),
            block_number: Some(self.block.number()),
            gas_used: cumulative_gas.saturating_sub(self.gas_before),
            effective_gas_price: 0,
            blob_gas_used: None,
            blob_gas_price: None,
            from,
            to: to.to().copied(),
            contract_address: to.is_create().then(|| from.create(nonce)),
        };
        self.gas_before = cumulative_gas;
        self.index += 1;
        receipt
    }
}

fn l1_receipt(
    place: &mut Place<'_>,
    config: &L1Config,
    tx: &Bytes,
    receipt: &[u8],
) -> Result<Arc<str>, String> {
    let (block, index) = (place.block, place.index);
    let tx: TxEnvelope = decode(block, index, tx)?;
    let receipt: ReceiptEnvelope = decode(block, index, receipt)?;
    let hash = tx.trie_hash();
    let from = signer(block, index, &tx)?;
    let gas = receipt.cumulative_gas_used();
    let receipt = receipt.map_logs(|log| place.log(log, hash));
    let mut all = place.finish(receipt, gas, hash, from, tx.kind(), tx.nonce());
    all.effective_gas_price = tx.effective_gas_price(block.header.base_fee_per_gas);
    all.blob_gas_used = tx.blob_gas_used();
    if all.blob_gas_used.is_some() {
        all.blob_gas_price = blob_gas_price(block, config);
    }
    text(&all)
}

fn l2_receipt(
    place: &mut Place<'_>,
    data: &Data,
    tx: &Bytes,
    receipt: &[u8],
) -> Result<Arc<str>, String> {
    let (block, index) = (place.block, place.index);
    let tx: OpTxEnvelope = decode(block, index, tx)?;
    let mut receipt: OpReceiptEnvelope = decode(block, index, receipt)?;
    if let OpReceiptEnvelope::Deposit(deposit) = &mut receipt
        && deposit.receipt.deposit_nonce.is_none()
    {
        deposit.receipt.deposit_nonce = deposits::nonce(data, block, index);
    }
    let hash = tx.trie_hash();
    let from = signer(block, index, &tx)?;
    let gas = receipt.cumulative_gas_used();
    let nonce = receipt.deposit_nonce().unwrap_or_else(|| tx.nonce());
    let receipt = receipt.map_logs(|log| place.log(log, hash));
    let mut all = place.finish(receipt, gas, hash, from, tx.kind(), nonce);
    if !tx.is_deposit() {
        all.effective_gas_price = tx.effective_gas_price(block.header.base_fee_per_gas);
    }
    text(&all)
}

fn blob_gas_price(block: &Block, config: &L1Config) -> Option<u128> {
    let schedule = config.blob_schedule.iter();
    let newest = schedule
        .rev()
        .find(|BlobSchedule { time, .. }| *time <= block.header.timestamp)?;
    let excess = block.header.excess_blob_gas?;
    let fraction = u128::from(newest.update_fraction);
    Some(alloy_eips::eip4844::fake_exponential(
        1,
        excess.into(),
        fraction,
    ))
}

/// Bytes as a JSON string.
pub(crate) fn hex_text(bytes: &[u8]) -> Arc<str> {
    format!("\"{}\"", hex::encode_prefixed(bytes)).into()
}

/// Texts of JSON values as a JSON array.
pub(crate) fn array<T: AsRef<str>>(items: &[T]) -> Arc<str> {
    let mut text = String::from("[");
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            text.push(',');
        }
        text.push_str(item.as_ref());
    }
    text.push(']');
    text.into()
}

//! Reads fixtures, reads and writes batches.

#![allow(dead_code, reason = "not every test needs everything")]

use alloy_primitives::{B256, Bytes, keccak256};
use hoike_protocol::batch::{
    Batch, BatchFault, BatchReader, Scope, SingularBatch, SpanBatch, SpanElement, SpanParams,
};
use serde_json::Value;
use std::{env, fs, path::PathBuf};

/// A fixture's contents, or nothing, with a message, if it is not there.
pub(crate) fn fixture(name: &str) -> Option<Vec<u8>> {
    let folder = env::var_os("HOIKE_FIXTURES").map_or_else(
        || {
            PathBuf::from(concat!(
                env!("CARGO_MANIFEST_DIR"),
                "/../../../shared/fixtures"
            ))
        },
        PathBuf::from,
    );
    let path = folder.join(name);
    let contents = fs::read(&path).ok();
    if contents.is_none() {
        println!("skipped: {} is not there", path.display());
    }
    contents
}

/// A file of golden vectors, or nothing, with a message, if it is not there.
pub(crate) fn vectors(name: &str) -> Option<Value> {
    fixture(&format!("vectors/{name}.json"))
        .map(|text| serde_json::from_slice(&text).expect("vectors are JSON"))
}

/// The blocks of a span with their transactions.
pub(crate) fn blocks(span: &SpanBatch) -> Vec<(SpanElement, Vec<Bytes>)> {
    let mut cursor = span.cursor();
    std::iter::from_fn(|| span.next_element(&mut cursor))
        .map(|element| (element, span.transactions(&element)))
        .collect()
}

/// The vectors' digest of a span.
pub(crate) fn digest(blocks: &[(SpanElement, Vec<Bytes>)]) -> B256 {
    let mut text = Vec::new();
    for (element, transactions) in blocks {
        text.extend(element.epoch_number.to_be_bytes());
        text.extend(element.time.0.to_be_bytes());
        text.extend((transactions.len() as u32).to_be_bytes());
        for transaction in transactions {
            text.extend((transaction.len() as u32).to_be_bytes());
            text.extend_from_slice(transaction);
        }
    }
    keccak256(text)
}

/// What must hold between the parts of any span that has been read.
pub(crate) fn check_consistency(span: &SpanBatch) {
    let blocks = blocks(span);
    assert_eq!(blocks.len() as u64, span.block_count());
    let (first, last) = (blocks[0].0, blocks[blocks.len() - 1].0);
    assert_eq!(
        (first.time, last.time),
        (span.start_time(), span.last_time())
    );
    assert_eq!(
        (first.epoch_number, last.epoch_number),
        (span.first_epoch(), span.last_epoch())
    );
    let total: u64 = blocks.iter().map(|(element, _)| element.tx_count).sum();
    assert_eq!(total, span.tx_count());
    for (element, transactions) in &blocks {
        assert_eq!(transactions.len() as u64, element.tx_count);
        let types: Vec<u8> = span.tx_types(element).collect();
        assert_eq!(types.len(), transactions.len());
        for (kind, transaction) in types.into_iter().zip(transactions) {
            match transaction[0] {
                0xc0..=0xff => assert!(kind >= 0xc0),
                typed => assert_eq!(kind, typed),
            }
        }
    }
}

/// The canonical encoding of a singular batch, with its type byte.
pub(crate) fn encode(batch: &SingularBatch) -> Vec<u8> {
    let payload = [
        alloy_rlp::encode(batch.parent_hash),
        alloy_rlp::encode(batch.epoch.number),
        alloy_rlp::encode(batch.epoch.hash),
        alloy_rlp::encode(batch.time.0),
        alloy_rlp::encode(&batch.transactions),
    ]
    .concat();
    [&[0][..], &rlp_list(&payload)].concat()
}

pub(crate) fn rlp_list(payload: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    alloy_rlp::Header {
        list: true,
        payload_length: payload.len(),
    }
    .encode(&mut out);
    out.extend(payload);
    out
}

pub(crate) fn envelope(content: &[u8]) -> Vec<u8> {
    alloy_rlp::encode(content)
}

pub(crate) fn read_one(content: &[u8], params: &SpanParams) -> Result<Batch, BatchFault> {
    let mut reader = BatchReader::new(envelope(content).into());
    let batch = reader.next_batch(params, true).expect("something to read");
    assert_eq!(reader.next_batch(params, true), None);
    batch
}

pub(crate) fn scope(batch: &Result<Batch, BatchFault>) -> Option<Scope> {
    batch.as_ref().err().map(|fault| fault.scope)
}

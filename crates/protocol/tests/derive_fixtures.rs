//! Real channels: every transaction rebuilt from them must decode, and be signed by who sent the ones before and after it.

use alloy_consensus::{
    Transaction,
    transaction::{SignerRecoverable, TxEnvelope},
};
use alloy_eips::Decodable2718;
use alloy_primitives::{Address, Bytes};
use hoike_protocol::{
    batch::{Batch, BatchReader, SpanBatch, SpanParams},
    compress::decompress,
    frame::parse_frames,
};
use op_alloy_consensus::OpTxEnvelope;
use std::collections::BTreeMap;

#[path = "support/batches.rs"]
mod support;

const OP_MAINNET: SpanParams = SpanParams {
    l2_chain_id: 10,
    genesis_time: 1_686_068_903,
    block_time: 2,
};

const MAX_RLP_BYTES: u64 = 10_000_000;

#[test]
fn channel_of_op_mainnet() {
    let Some(channel) = support::fixture("derive/channel-op-mainnet-zlib.bin") else {
        return;
    };
    let data = decompress(&channel, false, MAX_RLP_BYTES)
        .expect("a channel")
        .data;
    assert_eq!(data.len(), 1_409_463);
    let span = only_span(data, &OP_MAINNET);
    check(&span, 143, 1766);
    check_senders(&span);
}

/// D148: the stream is flushed, but never ends.
#[test]
fn d148_batcher_transaction() {
    let Some(raw) = support::fixture("derive/batcher-tx-e69d9433.bin") else {
        return;
    };
    let tx = TxEnvelope::decode_2718(&mut &raw[..]).expect("a transaction");
    let frames = parse_frames(tx.input()).expect("frames");
    assert_eq!(
        (frames.len(), frames[0].data.len(), frames[0].is_last),
        (1, 119_799, true)
    );
    let data = decompress(&frames[0].data, false, MAX_RLP_BYTES)
        .expect("a channel")
        .data;
    assert_eq!(data.len(), 240_308);
    let span = only_span(data, &OP_MAINNET);
    check(&span, 27, 209);
    check_senders(&span);
}

/// The reference's generator made it of noise: only its shape is known, and that whatever is rebuilt decodes.
#[test]
fn span_batch_of_4_blocks() {
    let Some(raw) = support::fixture("derive/span-batch-4-blocks.bin") else {
        return;
    };
    let data = support::envelope(&[&[1], &raw[..]].concat());
    check(&only_span(data, &OP_MAINNET), 4, 39);
}

fn only_span(data: Vec<u8>, params: &SpanParams) -> SpanBatch {
    let mut reader = BatchReader::new(data.into());
    let Some(Ok(Batch::Span(span))) = reader.next_batch(params, true) else {
        panic!("no span batch")
    };
    assert_eq!(reader.next_batch(params, true), None);
    span
}

fn check(span: &SpanBatch, blocks: u64, txs: u64) {
    support::check_consistency(span);
    assert_eq!((span.block_count(), span.tx_count()), (blocks, txs));
    for (element, txs) in support::blocks(span) {
        let types: Vec<u8> = span.tx_types(&element).collect();
        for (kind, tx) in types.into_iter().zip(&txs) {
            let tx = decode(tx);
            let kind = if kind >= 0xc0 { 0 } else { kind };
            assert_eq!(kind, alloy_eips::Typed2718::ty(&tx));
            assert!(tx.chain_id().is_none_or(|id| id == 10));
        }
    }
}

/// One wrong byte in a transaction, and the recovered sender is some random address without a history: so check that senders send repeatedly, with
/// consecutive nonces.
fn check_senders(span: &SpanBatch) {
    let mut nonces = BTreeMap::<Address, Vec<u64>>::new();
    for tx in support::blocks(span).iter().flat_map(|(_, txs)| txs) {
        let tx = decode(tx);
        nonces
            .entry(tx.recover_signer().expect("a sender"))
            .or_default()
            .push(tx.nonce());
    }
    let mut repeated = 0;
    for (sender, nonces) in &nonces {
        let first = nonces[0];
        assert!(
            (first..).zip(nonces).all(|(want, got)| want == *got),
            "{sender}: {nonces:?}"
        );
        repeated += nonces.len() - 1;
    }
    assert!(
        repeated as u64 > span.tx_count() / 4,
        "{repeated} of {}",
        span.tx_count()
    );
}

fn decode(tx: &Bytes) -> OpTxEnvelope {
    let mut rest = &tx[..];
    let decoded = OpTxEnvelope::decode_2718(&mut rest).expect("a transaction");
    assert!(rest.is_empty());
    decoded
}

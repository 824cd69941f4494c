//! Real batches: every transaction rebuilt from them must decode and recover a sender.

use alloy_eips::Decodable2718;
use hoike_protocol::batch::{Batch, BatchReader, SpanBatch, SpanParams};
use op_alloy_consensus::OpTxEnvelope;

#[path = "support/batches.rs"]
mod support;

/// The span comes from a generator with a chain id of its own; only its shape is known.
#[test]
fn span_batch_of_4_blocks() {
    let Some(raw) = support::fixture("derive/span-batch-4-blocks.bin") else {
        return;
    };
    let content = [&[1], &raw[..]].concat();
    let params = SpanParams {
        l2_chain_id: 10,
        genesis_time: 0,
        block_time: 2,
    };
    let mut batches = read(alloy_rlp::encode(&content[..]), &params);
    assert_eq!(batches.len(), 1);
    check(&batches.remove(0), 4, 39);
}

fn read(data: Vec<u8>, params: &SpanParams) -> Vec<SpanBatch> {
    let mut reader = BatchReader::new(data.into());
    std::iter::from_fn(|| reader.next_batch(params, true))
        .map(|batch| match batch {
            Ok(Batch::Span(span)) => span,
            other => panic!("{other:?}"),
        })
        .collect()
}

fn check(span: &SpanBatch, blocks: u64, txs: u64) {
    support::check_consistency(span);
    assert_eq!((span.block_count(), span.tx_count()), (blocks, txs));
    for tx in support::blocks(span).iter().flat_map(|(_, txs)| txs) {
        let mut rest = &tx[..];
        let envelope = OpTxEnvelope::decode_2718(&mut rest).expect("a transaction");
        assert!(rest.is_empty());
        recover(&envelope);
    }
}

fn recover(envelope: &OpTxEnvelope) {
    use alloy_consensus::transaction::SignerRecoverable;
    envelope.recover_signer().expect("a sender");
}

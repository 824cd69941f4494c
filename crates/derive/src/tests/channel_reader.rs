//! `channel-reader.json`: channels to batches.

use super::{bytes, check_all, included, l1_ref, number, rules};
use alloc::{string::ToString, vec::Vec};
use alloy_primitives::{Bytes, keccak256};
use alloy_rlp::Encodable;
use hoike_protocol::{
    Fork,
    batch::{Batch, BatchReader, Scope, SpanParams},
    compress,
};
use serde_json::{Value, json};

#[test]
fn d20_d24_d46_d149_d197_vectors() {
    check_all("channel-reader.json", run);
}

fn run(case: &Value) -> Vec<Value> {
    let rules = rules(fork_time);
    let at = l1_ref(1, number(&case["origin_time"]));
    let included = included(&rules, &at);
    let params = SpanParams {
        l2_chain_id: 901,
        genesis_time: 1000,
        block_time: 2,
    };
    let mut out = Vec::new();
    for channel in case["channels"].as_array().unwrap() {
        let Ok(read) = compress::decompress(
            &bytes(channel),
            included.brotli,
            included.max_rlp_bytes_per_channel,
        ) else {
            continue;
        };
        let mut reader = BatchReader::new(read.data.into());
        while let Some(next) = reader.next_batch(&params, included.span_batches) {
            match next {
                Ok(batch) => out.push(describe(&batch)),
                Err(fault) if fault.scope == Scope::RestOfChannel => break,
                Err(_) => {}
            }
        }
    }
    out
}

/// Delta is at 100 and Fjord at 200 in these vectors.
fn fork_time(fork: Fork) -> Option<u64> {
    match fork {
        Fork::Bedrock | Fork::Regolith | Fork::Canyon => Some(0),
        Fork::Delta => Some(100),
        Fork::Ecotone | Fork::Fjord => Some(200),
        Fork::Granite
        | Fork::Holocene
        | Fork::Isthmus
        | Fork::Jovian
        | Fork::Karst
        | Fork::Lagoon => None,
    }
}

fn describe(batch: &Batch) -> Value {
    match batch {
        Batch::Singular(batch) => {
            let mut fields = Vec::new();
            batch.parent_hash.encode(&mut fields);
            batch.epoch.number.encode(&mut fields);
            batch.epoch.hash.encode(&mut fields);
            batch.time.0.encode(&mut fields);
            batch.transactions.encode(&mut fields);
            let mut encoded = alloc::vec![0_u8];
            alloy_rlp::Header {
                list: true,
                payload_length: fields.len(),
            }
            .encode(&mut encoded);
            encoded.extend(fields);
            json!({"singular_keccak": keccak256(encoded).to_string()})
        }
        Batch::Span(span) => {
            let mut content = Vec::new();
            let mut cursor = span.cursor();
            while let Some(element) = span.next_element(&mut cursor) {
                let transactions: Vec<Bytes> = span.transactions(&element);
                content.extend(element.epoch_number.to_be_bytes());
                content.extend(element.time.0.to_be_bytes());
                content.extend((transactions.len() as u32).to_be_bytes());
                for tx in transactions {
                    content.extend((tx.len() as u32).to_be_bytes());
                    content.extend_from_slice(&tx);
                }
            }
            json!({"span_blocks": span.block_count(), "span_digest": keccak256(content).to_string()})
        }
    }
}

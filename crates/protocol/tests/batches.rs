//! Batches: the reference's answers.

use alloy_primitives::{B256, Bytes, hex, keccak256};
use hoike_protocol::{
    batch::{Batch, BatchReader, Scope, SpanParams},
    compress::decompress,
};
use serde_json::Value;

#[path = "support/batches.rs"]
mod support;

#[test]
fn d23_d24_d25_d26_d27_d28_d29_d30_d31_d149_d182_d190_d191_d193_vectors() {
    let Some(file) = support::vectors("batches") else {
        return;
    };
    let params = SpanParams {
        l2_chain_id: file["chain_id"].as_u64().expect("chain id"),
        genesis_time: file["genesis_l2_time"].as_u64().expect("genesis time"),
        block_time: file["block_time"].as_u64().expect("block time"),
    };
    for case in file["cases"].as_array().expect("cases") {
        let content = hex::decode(case["bytes"].as_str().expect("bytes")).expect("hex");
        let batch = support::read_one(&content, &params);
        match case["stage"].as_str() {
            Some("read") => {
                assert_eq!(support::scope(&batch), Some(Scope::RestOfChannel), "{case}")
            }
            Some("derive") => assert_eq!(support::scope(&batch), Some(Scope::ThisBatch), "{case}"),
            Some(other) => panic!("stage {other}"),
            None => check_content(case, batch.unwrap_or_else(|why| panic!("{case}: {why}"))),
        }
    }
}

fn check_content(case: &Value, batch: Batch) {
    match batch {
        Batch::Singular(batch) => {
            if let Some(want) = case["singular"].as_object() {
                assert_eq!(batch.parent_hash.to_string(), want["parent_hash"], "{case}");
                assert_eq!(batch.epoch.number, want["epoch_num"], "{case}");
                assert_eq!(batch.epoch.hash.to_string(), want["epoch_hash"], "{case}");
                assert_eq!(batch.time.0, want["timestamp"], "{case}");
                assert_eq!(batch.transactions, transactions(&want["txs"]), "{case}");
            } else {
                let want = case["reencoded_keccak"].as_str().expect("a digest");
                assert_eq!(
                    keccak256(support::encode(&batch)).to_string(),
                    want,
                    "{case}"
                );
            }
        }
        Batch::Span(span) => {
            support::check_consistency(&span);
            let want = &case["span"];
            let blocks = support::blocks(&span);
            assert_eq!(blocks.len() as u64, want["blocks"], "{case}");
            assert_eq!(
                support::digest(&blocks).to_string(),
                want["digest"],
                "{case}"
            );
            for (i, block) in want["elements"]
                .as_array()
                .into_iter()
                .flatten()
                .enumerate()
            {
                let (element, got) = &blocks[i];
                assert_eq!(element.epoch_number, block["epoch"], "{case}");
                assert_eq!(element.time.0, block["timestamp"], "{case}");
                assert_eq!(got, &transactions(&block["txs"]), "{case}");
            }
            let parent = padded(&want["parent_check"]);
            let origin = padded(&want["l1_origin_check"]);
            assert!(
                span.checks_parent(&parent) && span.checks_origin(&origin),
                "{case}"
            );
            // Every byte of the prefixes counts, none after them does.
            for i in 0..32 {
                let (mut parent, mut origin) = (parent, origin);
                parent[i] ^= 1;
                origin[i] ^= 1;
                assert_eq!(span.checks_parent(&parent), i >= 20, "{case}");
                assert_eq!(span.checks_origin(&origin), i >= 20, "{case}");
            }
        }
    }
}

#[test]
fn d22_d24_d144_d149_d182_channel_vectors() {
    let Some(file) = support::vectors("channel-reader") else {
        return;
    };
    let number = |key: &str| file["config"][key].as_u64().expect("a number");
    let params = SpanParams {
        l2_chain_id: number("chain_id"),
        genesis_time: number("genesis_l2_time"),
        block_time: number("block_time"),
    };
    for case in file["cases"].as_array().expect("cases") {
        let time = case["origin_time"].as_u64().expect("a time");
        let delta = time >= number("delta_time");
        let fjord = time >= number("ecotone_to_jovian_time");
        let limit = if fjord { 100_000_000 } else { 10_000_000 };
        let mut out = Vec::new();
        for channel in case["channels"].as_array().expect("channels") {
            let channel = hex::decode(channel.as_str().expect("a channel")).expect("hex");
            if let Ok(decompressed) = decompress(&channel, fjord, limit) {
                let mut reader = BatchReader::new(decompressed.data.into());
                let batches = std::iter::from_fn(|| reader.next_batch(&params, delta));
                out.extend(batches.filter_map(Result::ok));
            }
        }
        let want = case["out"]
            .as_array()
            .map(Vec::as_slice)
            .unwrap_or_default();
        assert_eq!(out.len(), want.len(), "{case}");
        for (batch, want) in out.iter().zip(want) {
            match batch {
                Batch::Singular(batch) => {
                    let digest = keccak256(support::encode(batch)).to_string();
                    assert_eq!(digest, want["singular_keccak"], "{case}");
                }
                Batch::Span(span) => {
                    let blocks = support::blocks(span);
                    assert_eq!(blocks.len() as u64, want["span_blocks"], "{case}");
                    let digest = support::digest(&blocks).to_string();
                    assert_eq!(digest, want["span_digest"], "{case}");
                }
            }
        }
    }
}

#[test]
fn d14_d16_d18_d143_d144_d147_number_of_batches_of_a_channel() {
    for name in ["channels-zlib", "channels-brotli"] {
        let Some(file) = support::vectors(name) else {
            continue;
        };
        for case in file["cases"].as_array().expect("cases") {
            let channel = channel(case, &file["streams"]);
            let fjord = case["fjord"].as_bool().expect("fjord");
            // The reference's RLP reader takes 0 for no limit; no chain has either.
            let limit = match case["limit"].as_u64().expect("limit") {
                0 => u64::MAX,
                limit => limit,
            };
            let mut batches = 0u64;
            if let Ok(decompressed) = decompress(&channel, fjord, limit) {
                let mut reader = BatchReader::new(decompressed.data.into());
                while let Some(batch) = reader.next_batch(&ANY_CHAIN, true) {
                    // The vectors count what is read, whether a span can be made of it or not.
                    match batch.map_err(|fault| fault.scope) {
                        Ok(_) | Err(Scope::ThisBatch) => batches += 1,
                        Err(Scope::RestOfChannel) => {}
                    }
                }
            }
            assert_eq!(batches, case["n"], "{case}");
        }
    }
}

const ANY_CHAIN: SpanParams = SpanParams {
    l2_chain_id: 901,
    genesis_time: 1000,
    block_time: 2,
};

fn channel(case: &Value, streams: &Value) -> Vec<u8> {
    let bytes = |value: &Value| hex::decode(value.as_str().expect("bytes")).expect("hex");
    let mut channel = match case["stream"].as_str() {
        Some(name) => bytes(&streams[name]),
        None => bytes(&case["channel"]),
    };
    for pair in case["xor"].as_array().into_iter().flatten() {
        let [at, mask] = [0, 1].map(|i| pair[i].as_u64().expect("a number"));
        channel[at as usize] ^= mask as u8;
    }
    if let Some(cut) = case["cut"].as_u64() {
        channel.truncate(cut as usize);
    }
    if case["append"].is_string() {
        channel.extend(bytes(&case["append"]));
    }
    channel
}

fn transactions(list: &Value) -> Vec<Bytes> {
    let list = list.as_array().into_iter().flatten();
    list.map(|tx| hex::decode(tx.as_str().expect("tx")).expect("hex").into())
        .collect()
}

fn padded(prefix: &Value) -> B256 {
    let prefix = hex::decode(prefix.as_str().expect("prefix")).expect("hex");
    B256::right_padding_from(&prefix)
}

//! Blocks, transactions, receipts and blobs against the hashes that commit to them.

use crate::{
    chains,
    client::{call, get},
    fixture,
};
use alloy_consensus::{Header, ReceiptEnvelope, TxEnvelope};
use alloy_eips::eip2718::Encodable2718;
use alloy_primitives::{B256, Bytes, U64, hex, keccak256};
use alloy_rpc_types_eth as rpc;
use hoike_kzg::Native;
use hoike_preimage::{BlobItem, Kzg};
use hoike_standin::{Options, Standin};
use hoike_trie::ordered_root;
use op_alloy_consensus::OpReceiptEnvelope;
use serde_json::{Value, from_value, json};
use sha2::{Digest, Sha256};

#[test]
fn every_header_hashes_to_its_hash_and_children_name_it() {
    for (name, data) in chains() {
        let nodes = Standin::serve(&data, Options::default()).expect("nodes");
        for url in [nodes.l1(), nodes.l2()] {
            let head: U64 = from_value(call(url, "eth_blockNumber", json!([]))).expect("a number");
            let mut hash = None;
            let mut number = head.to::<u64>();
            loop {
                let id = U64::from(number);
                let block = call(url, "eth_getBlockByNumber", json!([id, false]));
                if block.is_null() {
                    break;
                }
                let header: rpc::Header = from_value(block.clone()).expect("a header");
                assert_eq!(header.inner.hash_slow(), header.hash, "{name} {number}");
                assert!(
                    hash.is_none_or(|hash| hash == header.hash),
                    "{name} {number}"
                );
                assert_eq!(header.inner.number, number);
                let same = call(url, "eth_getBlockByHash", json!([header.hash, false]));
                assert_eq!(same, block);
                for id in [json!(id), json!(header.hash)] {
                    let raw = bytes(&call(url, "debug_getRawHeader", json!([id])));
                    assert_eq!(keccak256(raw), header.hash, "{name} {number}");
                }
                hash = Some(header.inner.parent_hash);
                match number.checked_sub(1) {
                    Some(below) => number = below,
                    None => break,
                }
            }
            assert!(number < head.to(), "{name}: only one block");
            let latest = call(url, "eth_getBlockByNumber", json!(["latest", false]));
            assert_eq!(latest["number"], json!(head));
        }
    }
}

/// Everything is read from JSON, encoded again and hashed.
#[test]
fn transactions_and_receipts_hash_to_their_roots() {
    for (name, data) in chains() {
        let nodes = Standin::serve(&data, Options::default()).expect("nodes");
        let (mut l1, mut l2, mut shown) = ([0; 2], [0; 2], 0);
        let (lowest, head) = data.l1_range();
        for number in (lowest..=head).map(U64::from) {
            let url = nodes.l1();
            let Some(block) = whole(url, number) else {
                continue;
            };
            let header: rpc::Header = from_value(block.clone()).expect("a header");
            let all: Vec<rpc::Transaction> =
                from_value(block["transactions"].clone()).expect("transactions");
            let encoded: Vec<_> = all.iter().map(|tx| tx.inner.encoded_2718()).collect();
            assert_eq!(
                ordered_root(&encoded),
                header.inner.transactions_root,
                "{name} {number}"
            );
            l1[0] += all.len();
            let Some(receipts) = optional(url, "eth_getBlockReceipts", json!([header.hash])) else {
                continue;
            };
            let receipts: Vec<rpc::TransactionReceipt> = from_value(receipts).expect("receipts");
            assert_eq!(receipts.len(), all.len());
            for (receipt, tx) in receipts.iter().zip(&all) {
                assert_eq!(receipt.transaction_hash, *tx.inner.tx_hash());
            }
            let encoded = receipts.into_iter().map(|receipt| {
                let receipt: ReceiptEnvelope = receipt.inner.map_logs(|log| log.inner);
                receipt.encoded_2718()
            });
            let encoded: Vec<_> = encoded.collect();
            assert_eq!(
                ordered_root(&encoded),
                header.inner.receipts_root,
                "{name} {number}"
            );
            assert_eq!(raw(url, "debug_getRawReceipts", header.hash), encoded);
            l1[1] += encoded.len();
            check_raw_block(url, &header, &all);
        }
        let from = data.agreed().number;
        for number in (from..=data.l2_head()).map(U64::from) {
            let url = nodes.l2();
            let block = whole(url, number).expect("all of the block");
            let header: rpc::Header = from_value(block.clone()).expect("a header");
            let all: Vec<op_alloy_rpc_types::Transaction> =
                from_value(block["transactions"].clone()).expect("transactions");
            let encoded: Vec<_> = all.iter().map(|tx| tx.inner.inner.encoded_2718()).collect();
            assert_eq!(
                ordered_root(&encoded),
                header.inner.transactions_root,
                "{name} {number}"
            );
            if all.is_empty() {
                assert_eq!(number, U64::ZERO, "{name}: only genesis may be empty");
                continue;
            }
            assert_eq!(block["transactions"][0]["type"], "0x7e", "{name} {number}");
            let hash = &block["transactions"][0]["hash"];
            let first = bytes(&call(url, "debug_getRawTransaction", json!([hash])));
            assert_eq!(first, encoded[0]);
            l2[0] += all.len();
            if number.to::<u64>() == from {
                continue;
            }
            let receipts = call(url, "eth_getBlockReceipts", json!([number]));
            let single = call(url, "eth_getTransactionReceipt", json!([hash]));
            assert_eq!(receipts[0], single);
            let receipts: Vec<rpc::TransactionReceipt<OpReceiptEnvelope<rpc::Log>>> =
                from_value(receipts).expect("receipts");
            let encoded = receipts.into_iter().map(|receipt| {
                let mut receipt: OpReceiptEnvelope = receipt.inner.map_logs(|log| log.inner);
                // Between Regolith and Canyon the nonce is shown, but not hashed.
                if let OpReceiptEnvelope::Deposit(deposit) = &mut receipt
                    && deposit.receipt.deposit_receipt_version.is_none()
                {
                    shown += usize::from(deposit.receipt.deposit_nonce.take().is_some());
                }
                receipt.encoded_2718()
            });
            let encoded: Vec<_> = encoded.collect();
            assert_eq!(
                ordered_root(&encoded),
                header.inner.receipts_root,
                "{name} {number}"
            );
            l2[1] += encoded.len();
        }
        assert_eq!(shown > 0, name == "regolith-basic", "{name}");
        eprintln!("{name}: L1 {l1:?} transactions and receipts, L2 {l2:?}");
        assert!(l1[0] > 0 && l1[1] > 0 && l2[0] > 0 && l2[1] > 0, "{name}");
    }
}

fn check_raw_block(url: &str, header: &rpc::Header, transactions: &[rpc::Transaction]) {
    let raw = bytes(&call(url, "debug_getRawBlock", json!([header.hash])));
    let block: alloy_consensus::Block<TxEnvelope> = alloy_rlp::decode_exact(&raw).expect("a block");
    assert_eq!(block.header, header.inner);
    let expected = transactions.iter().map(|tx| tx.inner.inner().clone());
    assert!(block.body.transactions.into_iter().eq(expected));
}

#[test]
fn blobs_belong_to_their_hashes() {
    let mut count = 0;
    for (name, data) in chains() {
        let nodes = Standin::serve(&data, Options::default()).expect("nodes");
        let beacon = |path: &str| get(nodes.beacon(), path).expect("a response");
        let genesis = beacon("/eth/v1/beacon/genesis").json();
        let spec = beacon("/eth/v1/config/spec").json();
        let genesis = decimal(&genesis["data"]["genesis_time"]);
        let seconds = decimal(&spec["data"]["SECONDS_PER_SLOT"]);
        let mut left = data.blob_hashes();
        let (lowest, head) = data.l1_range();
        for number in (lowest..=head).map(U64::from) {
            let Some(block) = whole(nodes.l1(), number) else {
                continue;
            };
            let time: U64 = from_value(block["timestamp"].clone()).expect("a number");
            let since = time.to::<u64>() - genesis;
            assert_eq!(since % seconds, 0, "{name}: a block between slots");
            let slot = since / seconds;
            let transactions = block["transactions"].as_array().expect("transactions");
            let hashes = transactions
                .iter()
                .filter_map(|tx| tx["blobVersionedHashes"].as_array());
            let hashes: Vec<B256> = hashes
                .flatten()
                .map(|hash| from_value(hash.clone()).expect("a hash"))
                .collect();
            let served = beacon(&format!("/eth/v1/beacon/blob_sidecars/{slot}")).json();
            let served = served["data"].as_array().expect("sidecars");
            for sidecar in served {
                let index = decimal(&sidecar["index"]);
                let hash = hashes[index as usize];
                let commitment = bytes(&sidecar["kzg_commitment"]);
                let mut versioned: [u8; 32] = Sha256::digest(&commitment).into();
                versioned[0] = 1;
                assert_eq!(hash, versioned, "{name} {number}");
                let proof = bytes(&sidecar["kzg_proof"]);
                check_blob(&bytes(&sidecar["blob"]), &commitment, &proof);
                let path = format!("/eth/v1/beacon/blobs/{slot}?versioned_hashes={hash}");
                // A block may name a blob twice, and then has it twice.
                let times = hashes.iter().filter(|other| **other == hash).count();
                let expected = vec![sidecar["blob"].clone(); times];
                assert_eq!(beacon(&path).json()["data"], json!(expected));
                left.retain(|other| *other != hash);
                count += 1;
            }
            if let [first, second, ..] = &served[..] {
                let (one, two) = (decimal(&first["index"]), decimal(&second["index"]));
                let by = |query: String| {
                    beacon(&format!("/eth/v1/beacon/{query}")).json()["data"].take()
                };
                let both = by(format!("blob_sidecars/{slot}?indices={one},{two}"));
                assert_eq!(both, json!([first, second]));
                assert_eq!(
                    by(format!("blob_sidecars/{slot}?indices={two}")),
                    json!([second])
                );
                let (one, two) = (hashes[one as usize], hashes[two as usize]);
                if hashes
                    .iter()
                    .filter(|hash| [one, two].contains(hash))
                    .count()
                    > 2
                {
                    continue;
                }
                for query in [
                    format!("blobs/{slot}?versioned_hashes={two},{one}"),
                    format!("blobs/{slot}?versioned_hashes={two}&versioned_hashes={one}"),
                ] {
                    assert_eq!(by(query), json!([first["blob"], second["blob"]]));
                }
            }
        }
        assert!(left.is_empty(), "{name}: {left:?} are in no block");
        let unknown = beacon("/eth/v1/beacon/blobs/7");
        assert_eq!(
            (unknown.status, unknown.json()["code"].as_u64()),
            (404, Some(404))
        );
    }
    assert!(count > 0);
}

fn check_blob(blob: &[u8], commitment: &[u8], proof: &[u8]) {
    let item = BlobItem {
        blob: blob.try_into().expect("131,072 bytes"),
        commitment: commitment.try_into().expect("48 bytes"),
        proof: None,
    };
    Native.check(&[item]).expect("the blob of its commitment");
    // The example's are recorded, the others computed.
    let expected = Native.proof(item.blob, item.commitment);
    assert_eq!(proof, expected.expect("a canonical blob"));
}

/// The reference's own account of the chain, which the stand-in does not read.
#[test]
fn l2_is_the_chain_that_the_reference_derived() {
    for name in [
        "canyon-invalid-tx",
        "holocene-invalid-tx",
        "multi-fork-long",
    ] {
        let Some(folder) = fixture(name) else {
            continue;
        };
        let truth = std::fs::read(folder.join("truth.json")).expect("the truth");
        let truth: Value = serde_json::from_slice(&truth).expect("JSON");
        let data = crate::data(&folder, 0);
        let nodes = Standin::serve(&data, Options::default()).expect("nodes");
        let blocks = truth["blocks"].as_array().expect("blocks");
        let mut compared = 0;
        for block in blocks {
            let number = block["number"].as_u64().expect("a number");
            if number <= data.l2_head() {
                let params = json!([U64::from(number), false]);
                let served = call(nodes.l2(), "eth_getBlockByNumber", params);
                assert_eq!(served["hash"], block["hash"], "{name} {number}");
                compared += 1;
            }
        }
        assert_eq!(compared, data.l2_head() + 1, "{name}");
    }
}

#[test]
fn headers_are_as_their_rlp() {
    let nodes = Standin::serve(crate::example(), Options::default()).expect("nodes");
    let raw = bytes(&call(nodes.l1(), "debug_getRawHeader", json!(["latest"])));
    let header: Header = alloy_rlp::decode_exact(&raw).expect("a header");
    let json = call(nodes.l1(), "eth_getBlockByNumber", json!(["latest", false]));
    let other: rpc::Header = from_value(json).expect("a header");
    assert_eq!(header, other.inner);
}

/// A block with its transactions; `None` if the claim's data lacks them.
fn whole(url: &str, number: U64) -> Option<Value> {
    optional(url, "eth_getBlockByNumber", json!([number, true]))
}

/// A result; `None` if the claim's data lacks what a node would have.
fn optional(url: &str, method: &str, params: Value) -> Option<Value> {
    let mut reply = crate::client::reply(url, method, params);
    match reply["error"]["message"].as_str() {
        None => Some(reply["result"].take()),
        Some(why) if why.starts_with("stand-in: ") => None,
        Some(why) => panic!("{why}"),
    }
}

fn raw(url: &str, method: &str, hash: B256) -> Vec<Bytes> {
    from_value(call(url, method, json!([hash]))).expect("a list of bytes")
}

pub(crate) fn bytes(value: &Value) -> Vec<u8> {
    hex::decode(value.as_str().expect("a string")).expect("hex")
}

fn decimal(value: &Value) -> u64 {
    value.as_str().expect("a string").parse().expect("a number")
}

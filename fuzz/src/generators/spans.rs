//! Span batches and singular batches.

use super::Feed;
use alloy_primitives::{Address, B256, Bytes};
use hoike_protocol::{BlockId, batch::SpanParams};
use hoike_testkit::{BatchBlock, Span, span::Row};

/// A chain's numbers: mostly the testkit's, seldom those at the edges.
pub fn params(feed: &mut Feed<'_>) -> SpanParams {
    match feed.byte() {
        0..0xf0 => SpanParams {
            l2_chain_id: 901,
            genesis_time: 1_700_000_000,
            block_time: 2,
        },
        _ => SpanParams {
            l2_chain_id: feed.number(),
            genesis_time: feed.number(),
            block_time: feed.number(),
        },
    }
}

/// A span whose columns fit one another.
pub fn span(feed: &mut Feed<'_>) -> Span {
    let (relative_time, last_epoch) = (feed.number(), feed.number());
    let (parent_check, origin_check) = ([feed.byte(); 20], [feed.byte(); 20]);
    let blocks = 1 + feed.below(12);
    let mut rows = Vec::new();
    let (mut origin_bits, mut counts) = (Vec::new(), Vec::new());
    for _ in 0..blocks {
        let head = feed.byte();
        let count = u64::from(head >> 1 & 3);
        origin_bits.push(head & 1 != 0);
        counts.push(count);
        rows.extend((0..count).map(|_| row(feed)));
    }
    Span {
        relative_time,
        last_epoch,
        parent_check,
        origin_check,
        origin_bits,
        counts,
        rows,
    }
}

/// One transaction of a span.
pub fn row(feed: &mut Feed<'_>) -> Row {
    let head = feed.byte();
    let kind = [0, 0, 1, 2, 2, 4, 0x7d, feed.byte() & 0x7f][usize::from(head & 7)];
    let mut list = Vec::new();
    let integer = |feed: &mut Feed<'_>, list: &mut Vec<u8>| {
        let bytes = match feed.byte() {
            long @ 0xf8.. => vec![1; usize::from(long - 0xf8) * 9],
            _ => feed.number().to_be_bytes().to_vec(),
        };
        let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
        alloy_rlp::Encodable::encode(&bytes[zeros..], list);
    };
    for _ in 0..if matches!(kind, 2 | 4) { 3 } else { 2 } {
        integer(feed, &mut list);
    }
    alloy_rlp::Encodable::encode(feed.bytes(), &mut list);
    if kind != 0 {
        put_list(&access_list(feed), &mut list);
    }
    if kind == 4 {
        let mut authorizations = Vec::new();
        for _ in 0..feed.below(3) {
            let mut entry = Vec::new();
            integer(feed, &mut entry);
            alloy_rlp::Encodable::encode(&Address::repeat_byte(feed.byte()), &mut entry);
            integer(feed, &mut entry);
            alloy_rlp::Encodable::encode(&feed.byte(), &mut entry);
            integer(feed, &mut entry);
            integer(feed, &mut entry);
            put_list(&entry, &mut authorizations);
        }
        put_list(&authorizations, &mut list);
    }
    let mut data = if kind == 0 && head & 8 == 0 {
        Vec::new()
    } else {
        vec![kind]
    };
    put_list(&list, &mut data);
    let mut signature = [feed.byte(); 64];
    signature[32] = feed.byte();
    Row {
        to: (head & 16 == 0).then(|| Address::repeat_byte(head)),
        signature,
        parity: head & 32 != 0,
        nonce: feed.number(),
        gas: feed.number(),
        protected: (kind == 0).then_some(head & 64 != 0),
        data,
    }
}

fn access_list(feed: &mut Feed<'_>) -> Vec<u8> {
    let mut entries = Vec::new();
    for _ in 0..feed.below(3) {
        let mut keys = Vec::new();
        for _ in 0..feed.below(3) {
            alloy_rlp::Encodable::encode(&B256::repeat_byte(feed.byte()), &mut keys);
        }
        let mut entry = alloy_rlp::encode(Address::repeat_byte(feed.byte()));
        put_list(&keys, &mut entry);
        put_list(&entry, &mut entries);
    }
    entries
}

fn put_list(payload: &[u8], out: &mut Vec<u8>) {
    alloy_rlp::Header {
        list: true,
        payload_length: payload.len(),
    }
    .encode(out);
    out.extend_from_slice(payload);
}

/// What a singular batch says of a block.
pub fn block(feed: &mut Feed<'_>) -> BatchBlock {
    BatchBlock {
        parent: B256::repeat_byte(feed.byte()),
        epoch: BlockId {
            hash: B256::repeat_byte(feed.byte()),
            number: feed.number(),
        },
        begins_epoch: feed.flag(),
        time: feed.number(),
        transactions: (0..feed.below(5))
            .map(|_| Bytes::copy_from_slice(feed.bytes()))
            .collect(),
    }
}

/// The batches of a channel, of all kinds and none.
pub fn batches(feed: &mut Feed<'_>) -> Vec<Vec<u8>> {
    let mut batches = Vec::new();
    while !feed.is_empty() && batches.len() < 12 {
        batches.push(match feed.below(4) {
            0 => block(feed).singular(),
            1 => span(feed).encode(),
            2 => feed.bytes().to_vec(),
            _ => [&[1], feed.bytes()].concat(),
        });
    }
    batches
}

//! The batches of one channel: of blocks that were planned, in order or not, and changed in all the ways that a rule forbids.

use super::Mood;
use super::play::Player;
use super::sequencer::{Sequencer, transaction};
use crate::adversary;
use crate::batcher::BatchBlock;
use crate::chain::Chain;
use crate::rng::Rng;
use crate::span::{Row, Span};
use alloy_primitives::{B256, Bytes};
use hoike_protocol::{BlockId, InclusionTime};

pub(super) fn random(
    chain: &Chain,
    player: &Player,
    sequencer: &mut Sequencer,
    mood: &Mood,
    rng: &mut Rng,
) -> Vec<Vec<u8>> {
    let blocks = choose(player, sequencer, rng);
    let time = chain.l1_tip().header.timestamp;
    let spans = chain.rules.at_inclusion(InclusionTime(time)).span_batches;
    let mut out = Vec::new();
    let mut rest = &blocks[..];
    while !rest.is_empty() {
        let as_span = if spans { rng.one_in(2) } else { rng.one_in(14) };
        let (now, later) = rest.split_at(1 + rng.below(rest.len()));
        rest = later;
        if as_span {
            out.push(span(now, chain, mood, rng));
        } else {
            out.extend(now.iter().map(|block| singular(block, chain, mood, rng)));
        }
    }
    if out.is_empty() {
        return out;
    }
    if rng.one_in(10) {
        rng.shuffle(&mut out);
    }
    if rng.one_in(14) {
        let at = rng.below(out.len());
        out.insert(at, out[rng.below(out.len())].clone());
    }
    if rng.one_in(mood.damage) {
        let at = rng.below(out.len());
        out[at] = match rng.below(4) {
            0 => Vec::new(),
            1 => [&[rng.below(4) as u8], &out[at][1..]].concat(),
            _ => adversary::bytes(&out[at], rng),
        };
    }
    out
}

/// Which blocks: mostly those that come next.
fn choose(player: &Player, sequencer: &mut Sequencer, rng: &mut Rng) -> Vec<BatchBlock> {
    let (head, tip) = (sequencer.head(), sequencer.tip());
    let from = match rng.below(12) {
        // What is safe already comes again, wholly or in part.
        0 | 1 => head.saturating_sub(rng.below(5)),
        2 => sequencer.sent + 2,
        3 => head + 1,
        4 => player.blocks().len(),
        _ => sequencer.sent + 1,
    };
    let from = from.clamp(1, tip.max(1));
    if from > tip {
        return Vec::new();
    }
    let to = if rng.one_in(3) {
        from + rng.below(tip - from + 1)
    } else {
        tip
    };
    if !rng.one_in(10) {
        sequencer.sent = sequencer.sent.max(to);
    }
    sequencer.blocks(from, to)
}

fn singular(block: &BatchBlock, chain: &Chain, mood: &Mood, rng: &mut Rng) -> Vec<u8> {
    if !rng.one_in(mood.tamper) {
        return block.singular();
    }
    let mut block = block.clone();
    let block_time = chain.rules.rollup.block_time;
    match rng.below(13) {
        0 => block.parent = B256::new([rng.next_u64() as u8; 32]),
        1 => block.epoch.hash = B256::new([7; 32]),
        2 => block.epoch.number = nearby(block.epoch.number, rng),
        3 => block.epoch = l1_nearby(chain, block.epoch.number, rng),
        4 => block.time = block.time.wrapping_add(block_time),
        5 => block.time = block.time.wrapping_sub(block_time),
        6 => block.time = nearby(block.time, rng),
        7 => block.transactions.clear(),
        8 => block.transactions.push(transaction(true, rng)),
        _ => {
            let odd = odd_transaction(rng);
            let at = rng.below(block.transactions.len() + 1);
            block.transactions.insert(at, odd);
        }
    }
    block.singular()
}

/// What no batch should hold, or no block.
fn odd_transaction(rng: &mut Rng) -> Bytes {
    let with_type = |kind: u8, rng: &mut Rng| {
        let mut bytes = rng.bytes(20);
        bytes[0] = kind;
        Bytes::from(bytes)
    };
    match rng.below(8) {
        0 => Bytes::new(),
        1 => with_type(0x7e, rng),
        2 => with_type(4, rng),
        // Rarely: versions of the reference differ here, and what comes after it in such a scenario is compared no more.
        3 if rng.one_in(20) => with_type(0x7d, rng),
        4 => with_type(3, rng),
        5 => with_type(*rng.pick(&[5, 0x7f, 0x80, 0xc0, 0xff]), rng),
        6 => transaction(true, rng),
        _ => adversary::bytes(&transaction(false, rng), rng).into(),
    }
}

fn span(blocks: &[BatchBlock], chain: &Chain, mood: &Mood, rng: &mut Rng) -> Vec<u8> {
    let genesis_time = chain.rules.rollup.genesis.l2_time;
    let mut blocks = blocks.to_vec();
    if rng.one_in(2 * mood.tamper) {
        // A block tells another story, which only matters where it is one that is safe.
        let at = rng.below(blocks.len());
        match rng.below(3) {
            0 => blocks[at].transactions.clear(),
            1 => blocks[at].transactions.push(transaction(true, rng)),
            _ => blocks[at].transactions = vec![transaction(false, rng)],
        }
    }
    // Spans have no place for what does not decode, which a block of the chain may hold all the same.
    for block in &mut blocks {
        let decodes = |tx: &Bytes| {
            use alloy_eips::Decodable2718;
            alloy_consensus::TxEnvelope::decode_2718_exact(tx).is_ok_and(|tx| !tx.is_eip4844())
        };
        block.transactions.retain(decodes);
    }
    let mut span = Span::of(&blocks, genesis_time);
    if rng.one_in(mood.tamper) {
        tamper(&mut span, chain, rng);
    }
    span.encode()
}

fn tamper(span: &mut Span, chain: &Chain, rng: &mut Rng) {
    let block_time = chain.rules.rollup.block_time;
    match rng.below(15) {
        0 => {
            let blocks = rng.below(3) as u64 * block_time;
            span.relative_time = span.relative_time.wrapping_add(blocks);
        }
        1 => {
            let blocks = rng.below(4) as u64 * block_time;
            span.relative_time = span.relative_time.wrapping_sub(blocks);
        }
        2 => span.relative_time = nearby(span.relative_time, rng),
        3 => span.last_epoch = nearby(span.last_epoch, rng),
        // The last origin is not known yet, or another than the one that was checked.
        11 => span.last_epoch = chain.l1_tip().header.number + rng.below(4) as u64,
        4 => span.parent_check[rng.below(20)] ^= 1,
        5 => span.origin_check[rng.below(20)] ^= 1,
        // One block more than planned, of the last epoch or of the next one.
        6 | 7 => more(span, chain, rng),
        // An epoch begins earlier or later than planned.
        8 => {
            let last = span.origin_bits.len() - 1;
            let (a, b) = (rng.below(last + 1), rng.below(last + 1));
            span.origin_bits.swap(a, b);
        }
        9 => {
            let bit = rng.below(span.origin_bits.len());
            span.origin_bits[bit] ^= true;
        }
        10 => {
            if let Some(count) = span.counts.first_mut() {
                *count += 1;
                span.rows.insert(0, Row::of(&transaction(true, rng)));
            }
        }
        12 => rows(span, rng),
        _ => *span = adversary::span(span, rng),
    }
}

/// What no row of a transaction should be.
fn rows(span: &mut Span, rng: &mut Rng) {
    let at = rng.below(span.rows.len());
    let Some(row) = span.rows.get_mut(at) else {
        return;
    };
    match rng.below(7) {
        0 => {
            // Only creations have no recipient, which these are not.
            *row = Row::of(&transaction(true, rng));
            row.to = None;
        }
        1 => row.data.insert(0, rng.below(6) as u8),
        2 => row.data[0] = rng.below(6) as u8,
        3 => row.signature[..32].fill(0),
        4 => row.signature[32..].fill(0xff),
        5 if rng.one_in(30) => {
            // An RLP list of so many zeros.
            let length = 9_999_996 + rng.below(9);
            row.data = [&[0xfb_u8], &(length as u32).to_be_bytes()[..]].concat();
            row.data.resize(5 + length, 0);
        }
        _ => row.protected = row.protected.map(|protected| !protected),
    }
}

fn more(span: &mut Span, chain: &Chain, rng: &mut Rng) {
    if rng.one_in(3) {
        // An epoch for each block, to beyond the L1 block that will carry the span.
        let last = chain.l1_tip().header.number + rng.below(4) as u64;
        for _ in span.last_epoch..last {
            span.origin_bits.push(true);
            span.counts.push(0);
        }
        span.last_epoch = span.last_epoch.max(last);
        return;
    }
    for _ in 0..1 + rng.below(6) {
        let next = l1_at(chain, span.last_epoch + 1).filter(|_| rng.one_in(3));
        span.origin_bits.push(next.is_some());
        span.counts.push(0);
        if let Some(next) = next {
            span.last_epoch = next.number;
            span.origin_check.copy_from_slice(&next.hash[..20]);
        }
    }
}

fn nearby(of: u64, rng: &mut Rng) -> u64 {
    match rng.below(6) {
        0 => of.wrapping_add(1),
        1 => of.wrapping_sub(1),
        2 => of.wrapping_add(2),
        3 => of.wrapping_sub(2),
        4 => of.wrapping_add(rng.below(40) as u64),
        _ => *rng.pick(&[0, 1, u64::MAX, 1 << 32]),
    }
}

/// An L1 block that is there, a few off.
fn l1_nearby(chain: &Chain, number: u64, rng: &mut Rng) -> BlockId {
    let number = number.wrapping_add(4).wrapping_sub(rng.below(7) as u64);
    l1_at(chain, number).unwrap_or_else(|| chain.l1_tip().id())
}

fn l1_at(chain: &Chain, number: u64) -> Option<BlockId> {
    let index = number.checked_sub(chain.l1[0].header.number)?;
    chain.l1.get(index as usize).map(|block| block.id())
}

//! Which batches make blocks: their order, their times and parents, spans and what they overlap.

use crate::basics::{channel_item, singular};
use alloy_primitives::B256;
use hoike_derive::{BatchDrop, Event};
use hoike_protocol::{
    BlockId, Fork, L2Time,
    batch::{BatchDecodeFault, BatchFault},
    rules::HoloceneOverlap,
};
use hoike_testkit::{BatchBlock, Chain, GENESIS_L1, GENESIS_TIME, Judged, Setup, Span};

fn span(blocks: &[BatchBlock]) -> Span {
    Span::of(blocks, GENESIS_TIME)
}

/// A channel of these batches in an L1 block of its own.
fn send(chain: &mut Chain, id: u8, batches: &[Vec<u8>]) {
    chain.l1().calldata(channel_item(id, batches)).mine();
}

/// Derives what is left of the chain, while batches are dropped for these reasons.
fn check(chain: &mut Chain, drops: &[BatchDrop]) -> Judged {
    let judged = chain.check();
    assert_eq!(judged.batch_drops(), drops, "{}", judged.told());
    judged
}

const fn at(number: u64) -> L2Time {
    L2Time(GENESIS_TIME + 2 * number)
}

/// A later block's batch comes first: it waits, or is dropped, by the time of the L1 block that it is in, whatever its own time is.
#[test]
fn d33_holocene_by_inclusion() {
    // Seconds until Holocene; how many blocks before those two; L1 blocks are at 12, 24, 36. Whether the second block survives.
    for (holocene, before, survives) in [
        (0, 0, false),
        // The batches are of seconds 2 and 4, and included at 12 and 24.
        (12, 0, false),
        (1_000, 0, true),
        // Batches past the activation, included before it: of seconds 62 and 64, at 24 and 36.
        (62, 30, true),
        (48, 30, true),
        // Batches before the activation, included after it.
        (24, 30, false),
    ] {
        let mut chain = Setup::at(Fork::Granite)
            .then(Fork::Holocene, holocene)
            .begin();
        if before > 0 {
            let blocks = chain.blocks(before);
            send(&mut chain, 1, &singular(&blocks));
        }
        let two = singular(&chain.blocks(2));
        send(&mut chain, 2, &two[1..]);
        send(&mut chain, 3, &two[..1]);
        let drops: &[_] = if survives {
            &[]
        } else {
            chain.rewind(before + 1);
            &[BatchDrop::Future {
                next: at(before + 1),
            }]
        };
        check(&mut chain, drops);
    }
}

/// A span of the past is passed over, and the channel goes on.
#[test]
fn d34_past_batches_do_not_end_a_channel() {
    for fork in [Fork::Granite, Fork::Holocene] {
        let mut chain = Setup::at(fork).begin();
        let first = chain.blocks(3);
        send(&mut chain, 1, &singular(&first));
        let second = chain.blocks(3);
        let batches = [
            span(&first).encode(),
            first[2].singular(),
            span(&second).encode(),
        ];
        send(&mut chain, 2, &batches);
        let past = BatchDrop::Past { next: at(4) };
        check(&mut chain, &[past, past]);
    }
}

/// A span may repeat what is safe, but not tell it otherwise: always before Holocene, from then on in the newer version of the rule.
#[test]
fn d37_overlaps_are_compared() {
    for (fork, overlap, compared) in [
        (Fork::Granite, HoloceneOverlap::Skipped, true),
        (Fork::Holocene, HoloceneOverlap::Skipped, false),
        (Fork::Holocene, HoloceneOverlap::Compared, true),
        (Fork::Jovian, HoloceneOverlap::Compared, true),
    ] {
        for changed in [None, Some(0), Some(2)] {
            let mut chain = Setup::at(fork)
                .with(|setup| setup.variants.holocene_overlap = overlap)
                .begin();
            let mut blocks = chain.blocks(3);
            send(&mut chain, 1, &singular(&blocks));
            blocks.extend(chain.blocks(3));
            if let Some(changed) = changed {
                blocks[changed].transactions = blocks[3].transactions.clone();
            }
            send(&mut chain, 2, &[span(&blocks).encode()]);
            match changed.filter(|_| compared) {
                None => drop(check(&mut chain, &[])),
                Some(changed) => {
                    chain.rewind(3);
                    let number = changed as u64 + 1;
                    check(&mut chain, &[BatchDrop::OverlapMismatch { number }]);
                }
            }
        }
    }
}

/// An overlap that begins in an epoch before the safe head's.
#[test]
fn d37_overlaps_over_epochs() {
    for fork in [Fork::Delta, Fork::Holocene] {
        for back in 1..=14 {
            let mut chain = Setup::at(fork)
                .with(|setup| setup.variants.holocene_overlap = HoloceneOverlap::Compared)
                .begin();
            chain.mine(3);
            let mut blocks = chain.blocks(16);
            send(&mut chain, 1, &singular(&blocks));
            blocks.extend(chain.blocks(4));
            send(&mut chain, 2, &[span(&blocks[16 - back..]).encode()]);
            check(&mut chain, &[]);
        }
    }
}

/// A channel after one that was flushed still finds all L1 blocks.
#[test]
fn d41_what_follows_a_flush_is_derived() {
    for together in [false, true] {
        let mut chain = Setup::at(Fork::Holocene).begin();
        chain.mine(2);
        let mut wrong = chain.blocks(1);
        wrong[0].parent = B256::repeat_byte(9);
        chain.rewind(0);
        let blocks = chain.blocks(14);
        let wrong = channel_item(1, &singular(&wrong));
        let right = channel_item(2, &singular(&blocks));
        if together {
            chain.l1().calldata(wrong).calldata(right).mine();
        } else {
            chain.l1().calldata(wrong).mine();
            chain.l1().calldata(right).mine();
        }
        let expected = chain.block(0).header.hash();
        check(&mut chain, &[BatchDrop::ParentMismatch { expected }]);
    }
}

/// A span too early is one batch lost, whether by the time of the L1 block that it is in or by that of its origin.
#[test]
fn d46_spans_before_delta() {
    // Seconds until Delta; included at 12, the origin is of second 0.
    for (delta, unreadable, dropped) in [(0, 0, false), (12, 0, true), (13, 1, false)] {
        let mut chain = Setup::at(Fork::Canyon).then(Fork::Delta, delta).begin();
        let blocks = chain.blocks(4);
        let rest = singular(&blocks[2..]);
        let mut batches = vec![span(&blocks[..2]).encode()];
        // The channel goes on: the same blocks as batches that are always read.
        batches.extend(singular(&blocks[..2]));
        batches.extend(rest);
        send(&mut chain, 1, &batches);
        let drops: Vec<_> = match (unreadable, dropped) {
            (0, false) => vec![BatchDrop::Past { next: at(3) }; 2],
            (_, true) => vec![BatchDrop::BeforeDelta],
            (_, false) => Vec::new(),
        };
        let judged = check(&mut chain, &drops);
        let faults = judged.pick(|event| match event {
            Event::BatchUnreadable(fault) => Some(*fault),
            _ => None,
        });
        let before_delta = BatchFault {
            scope: hoike_protocol::batch::Scope::ThisBatch,
            why: BatchDecodeFault::BeforeDelta,
        };
        assert_eq!(faults, vec![before_delta; unreadable]);
    }
}

/// Times off the grid, and times that wrap around.
#[test]
fn d47_alignment_of_spans() {
    for fork in [Fork::Granite, Fork::Holocene] {
        let next = at(4);
        let past = BatchDrop::Past { next };
        let future = BatchDrop::Future { next };
        let misaligned = BatchDrop::Misaligned;
        let waits = (fork == Fork::Granite).then_some(()).is_some();
        // The relative time of a span of three blocks, what happens to it if it does not fit.
        for (relative_time, why) in [
            // Right after the safe head, which is at 6; before it; and in between.
            (8, None),
            (6, None),
            (7, Some(misaligned)),
            (5, Some(misaligned)),
            (1, Some(past)),
            (2, Some(past)),
            (9, Some(future)),
            (10, Some(future)),
            (u64::MAX, Some(past)),
            (u64::MAX - 5, Some(past)),
            // So far ahead that the blocks' own times wrap around: the span starts late and ends early.
            (u64::MAX - GENESIS_TIME - 2, Some(future)),
        ] {
            let mut chain = Setup::at(fork).begin();
            let mut all = chain.blocks(3);
            send(&mut chain, 1, &singular(&all));
            all.extend(chain.blocks(3));
            let from = if relative_time == 6 { 2 } else { 3 };
            let mut batch = span(&all[from..from + 3]);
            batch.relative_time = relative_time;
            send(&mut chain, 2, &[batch.encode()]);
            chain.rewind(match (why, relative_time) {
                (Some(_), _) => 3,
                (None, 6) => 5,
                (None, _) => 6,
            });
            let drops: Vec<_> = why
                .into_iter()
                .filter(|why| !waits || *why != future)
                .collect();
            let judged = chain.check();
            assert_eq!(judged.batch_drops(), drops, "{fork} {relative_time}");
        }
    }
}

/// Holocene: what cannot be judged is used up, and the channel goes on.
#[test]
fn d162_undecided_spans_are_used_up() {
    let mut chain = Setup::at(Fork::Holocene).begin();
    chain.mine(4);
    let blocks = chain.blocks(20);
    // The last epoch is the L1 block after the inclusion.
    let mut early = span(&blocks[..3]);
    early.origin_bits = vec![true; 3];
    early.last_epoch = GENESIS_L1 + 3;
    chain.rewind(0);
    let mut chain = Setup::at(Fork::Holocene).begin();
    chain.mine(1);
    let good = chain.blocks(2);
    let mut batches = vec![early.encode()];
    batches.extend(singular(&good));
    send(&mut chain, 1, &batches);
    chain.mine(2);
    let judged = check(&mut chain, &[]);
    let undecided = judged.count(|event| matches!(event, Event::BatchUndecided { .. }));
    assert_eq!(undecided, 1);
    assert!(judged.channel_drops().is_empty());
}

/// Only a span's blocks get the parent they need. A singular batch of a wrong one flushes its channel, and another channel brings the right one.
#[test]
fn d168_a_singular_batch_keeps_its_parent() {
    for fork in [Fork::Granite, Fork::Holocene] {
        let mut chain = Setup::at(fork).begin();
        let blocks = chain.blocks(2);
        let mut wrong = blocks[0].clone();
        wrong.parent = B256::repeat_byte(1);
        let expected = chain.block(0).header.hash();
        let mismatch = BatchDrop::ParentMismatch { expected };
        // In the same channel: lost from Holocene on.
        let same = [wrong.singular(), blocks[0].singular(), blocks[1].singular()];
        send(&mut chain, 1, &same);
        if fork == Fork::Holocene {
            chain.rewind(0);
        }
        check(&mut chain, &[mismatch]);
        if fork == Fork::Holocene {
            chain.blocks(2);
            send(&mut chain, 2, &singular(&blocks));
            check(&mut chain, &[mismatch]);
        }
    }
}

/// Once a block has adopted an origin, no batch goes back to the one before.
#[test]
fn d179_past_origins_are_forgotten() {
    for (fork, flushed) in [(Fork::Granite, false), (Fork::Holocene, true)] {
        let mut chain = Setup::at(fork).begin();
        chain.mine(2);
        let blocks = chain.blocks(8);
        assert_eq!(blocks[6].epoch.number, GENESIS_L1 + 1);
        let mut back = blocks[7].clone();
        back.epoch = chain.block(0).origin;
        let mut batches = singular(&blocks[..7]);
        batches.push(back.singular());
        batches.push(blocks[7].singular());
        send(&mut chain, 1, &batches);
        if flushed {
            chain.rewind(7);
        }
        let minimum = GENESIS_L1 + 1;
        check(&mut chain, &[BatchDrop::EpochTooOld { minimum }]);
    }
}

/// Epochs that do not follow: two ahead, of another hash, before their time.
#[test]
fn d39_epochs_that_do_not_follow() {
    let mut chain = Setup::at(Fork::Holocene).begin();
    chain.mine(3);
    let blocks = chain.blocks(12);
    let id = |number| chain.l1_block(number).id();
    let change = |index: usize, epoch: BlockId| BatchBlock {
        epoch,
        ..blocks[index].clone()
    };
    let other = BlockId {
        hash: B256::repeat_byte(7),
        number: GENESIS_L1,
    };
    let genesis = id(GENESIS_L1);
    for (index, epoch, why) in [
        (
            0,
            id(GENESIS_L1 + 2),
            BatchDrop::EpochTooNew {
                maximum: GENESIS_L1 + 1,
            },
        ),
        (0, other, BatchDrop::EpochHashMismatch { expected: genesis }),
        (
            4,
            id(GENESIS_L1 + 1),
            BatchDrop::BeforeOrigin {
                origin_time: GENESIS_TIME + 12,
            },
        ),
    ] {
        let mut chain = Setup::at(Fork::Holocene).begin();
        chain.mine(3);
        chain.blocks(index as u64);
        let mut batches = singular(&blocks[..index]);
        batches.push(change(index, epoch).singular());
        send(&mut chain, 1, &batches);
        check(&mut chain, &[why]);
    }
}

/// Up to the parent's origin everything is drained unseen: it is too early for a child of the agreed block, and too late to be asked for.
#[test]
fn d187_draining_up_to_the_parents_origin() {
    for in_origin in [true, false] {
        let mut chain = Setup::at(Fork::Holocene).begin();
        // A batch of the time of block 8, whose parent will be another.
        chain.blocks(7);
        let early = channel_item(1, &singular(&chain.blocks(1)));
        chain.rewind(6);
        let mut blocks: Vec<_> = (1..=6).map(|n| chain.block(n).batch()).collect();
        if in_origin {
            chain.l1().calldata(early).mine();
        } else {
            chain.mine(1).l1().calldata(early).mine();
        }
        let agreed = chain.sequence_on(GENESIS_L1 + 1, Vec::new()).unwrap();
        let expected = agreed.header.hash();
        blocks.push(agreed.batch());
        let after = chain.blocks(1);
        send(&mut chain, 2, &singular(&blocks));
        send(&mut chain, 3, &singular(&after));
        let first = if in_origin {
            BatchDrop::Draining
        } else {
            BatchDrop::ParentMismatch { expected }
        };
        assert_eq!(chain.check_from(7).batch_drops()[0], first);
        // From genesis on it is of the future either way.
        let first = BatchDrop::Future { next: at(1) };
        assert_eq!(chain.check_from(0).batch_drops()[0], first);
    }
}

/// Any time before the next block's is past for a singular batch, also one off the grid.
#[test]
fn d161_misaligned_singular_batches_are_past() {
    let mut chain = Setup::at(Fork::Holocene).begin();
    let blocks = chain.blocks(2);
    let off = BatchBlock {
        time: GENESIS_TIME + 1,
        ..blocks[0].clone()
    };
    let batches = [off.singular(), blocks[0].singular(), blocks[1].singular()];
    send(&mut chain, 1, &batches);
    check(&mut chain, &[BatchDrop::Past { next: at(1) }]);
    // The same as a span is dropped, with what follows it in the channel.
    let mut chain = Setup::at(Fork::Holocene).begin();
    let blocks = chain.blocks(2);
    let mut off = span(&blocks);
    off.relative_time = 1;
    send(&mut chain, 1, &[off.encode(), blocks[0].singular()]);
    chain.rewind(0);
    check(&mut chain, &[BatchDrop::Misaligned]);
}

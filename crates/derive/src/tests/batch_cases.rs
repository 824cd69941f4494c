//! Batches to blocks: the cases, each over a little chain of its own, with the reasons that the machine states.

use super::script::{LEGACY, Script, TX, and_then, chain, up_to};
use crate::{BatchDrop, Event};
use alloc::{vec, vec::Vec};
use alloy_consensus::Header;
use alloy_primitives::{B256, Sealed};
use hoike_protocol::{
    Fork, L2Time,
    batch::{BatchDecodeFault, BatchFault, Scope},
    compress::ChannelFault,
    rules::HoloceneOverlap,
};

fn past(next: u64) -> BatchDrop {
    BatchDrop::Past { next: L2Time(next) }
}

fn future(next: u64) -> BatchDrop {
    BatchDrop::Future { next: L2Time(next) }
}

#[test]
fn d32_d175_a_span_that_goes_back_behind_the_heads_origin_is_invalid() {
    let mut script = Script::new(up_to(Fork::Holocene));
    // The version of the rules that does not compare first.
    script.chain.rules.variants.holocene_overlap = HoloceneOverlap::Skipped;
    let epochs = [100, 100, 100, 100, 100, 101];
    epochs
        .iter()
        .for_each(|epoch| script.chain.push(*epoch, vec![]));
    assert_eq!(script.chain.head().time.0, 1012);
    let parent = script.chain.l2[5].header.hash();
    // The head's time with another epoch, then a block of an epoch before the head's, then one of a known epoch.
    let back = script
        .chain
        .span(parent, 1012, &[(100, &[]), (100, &[]), (101, &[])]);
    let mut plan = script.chain.clone();
    let good = plan.next(101, &[TX]);
    let after = plan.next(101, &[]);
    script.channel(102, &[back.clone(), good.clone()]);
    script.channel(102, &[good, after]);
    script.run().unwrap();
    assert_eq!(script.blocks(), [(102, 101, 1014, 1), (102, 101, 1016, 0)]);
    assert_eq!(
        script.drops(),
        [(1012, BatchDrop::EpochTooOld { minimum: 101 })]
    );
    // Epochs that stay the same are found again and again.
    let mut script = Script::new(up_to(Fork::Holocene));
    let parent = script.chain.head().hash;
    let span = script.chain.span(
        parent,
        1002,
        &[
            (100, &[]),
            (100, &[]),
            (100, &[]),
            (100, &[]),
            (100, &[]),
            (101, &[]),
            (101, &[]),
        ],
    );
    script.channel(102, &[span]).run().unwrap();
    let epochs: Vec<u64> = script.blocks().iter().map(|block| block.1).collect();
    assert_eq!(epochs, [100, 100, 100, 100, 100, 101, 101]);
}

#[test]
fn d22_d24_d149_what_cannot_be_read_costs_its_channel_and_no_other() {
    let mut script = Script::new(up_to(Fork::Granite));
    let mut plan = script.chain.clone();
    let [first, second, third] = [(); 3].map(|()| plan.next(100, &[]));
    script.raw_channel(101, vec![]);
    script.raw_channel(101, vec![0x05]);
    script.channel(101, &[first, vec![0x02], second.clone()]);
    script.channel(101, &[second, third]);
    script.run().unwrap();
    assert_eq!(script.times(), [1002, 1004, 1006]);
    let whole = script.events.0.iter().filter_map(|event| match event {
        Event::ChannelUnreadable { why, .. } => Some(*why),
        _ => None,
    });
    assert_eq!(
        whole.collect::<Vec<_>>(),
        [ChannelFault::Empty, ChannelFault::UnknownCompression(5)]
    );
    let fault = BatchFault {
        scope: Scope::RestOfChannel,
        why: BatchDecodeFault::UnknownType(2),
    };
    assert!(script.said(&Event::BatchUnreadable(fault)));
}

#[test]
fn d34_reading_goes_on_after_batches_of_the_past() {
    let mut script = Script::new(up_to(Fork::Holocene));
    let mut plan = script.chain.clone();
    let span = plan.span(plan.head().hash, 1002, &[(100, &[]), (100, &[])]);
    let batches: Vec<_> = (0..4).map(|_| plan.next(100, &[])).collect();
    script.channel(101, &batches[..2]);
    script.channel(
        101,
        &[
            span,
            batches[2].clone(),
            batches[0].clone(),
            batches[3].clone(),
        ],
    );
    script.run().unwrap();
    assert_eq!(script.times(), [1002, 1004, 1006, 1008]);
    assert_eq!(script.drops(), [(1002, past(1006)), (1002, past(1008))]);
}

#[test]
fn d35_the_next_block_follows_the_parent() {
    // In the middle of an epoch the batches end, and empty blocks go on.
    let times: Vec<u64> = (0..5).map(|i| 1000 + 12 * i).collect();
    for fork in [Fork::Granite, Fork::Holocene] {
        let mut script = Script::over(chain(up_to(fork), &times, 3));
        let parent = script.chain.head().hash;
        let span = script
            .chain
            .span(parent, 1002, &[(100, &[LEGACY]), (100, &[])]);
        script.channel(101, &[span]).run().unwrap();
        assert_eq!(
            script.blocks()[..4],
            [
                (101, 100, 1002, 1),
                (101, 100, 1004, 0),
                (103, 100, 1006, 0),
                (103, 100, 1008, 0)
            ],
            "{fork}"
        );
        // Each on the one before, those of the span too.
        for (block, (_, attributes)) in script.chain.l2.iter().zip(&script.made) {
            assert_eq!(attributes.parent, block.header.hash());
        }
    }
}

#[test]
fn d36_waiting_loses_no_batch() {
    for fork in [Fork::Granite, Fork::Holocene] {
        let run = |hesitant| {
            let mut script = Script::new(up_to(fork));
            for _ in 0..3 {
                script.chain.push(100, vec![]);
            }
            let parent = script.chain.l2[1].header.hash();
            // Overlaps blocks 2 and 3.
            let blocks: [(u64, &[&[u8]]); 4] =
                [(100, &[]), (100, &[]), (100, &[LEGACY]), (100, &[])];
            let span = script.chain.span(parent, 1004, &blocks);
            script.channel(101, &[span]);
            script.hesitant = hesitant;
            script.run().unwrap();
            (script.blocks(), script.events.0)
        };
        let (blocks, events) = run(false);
        assert_eq!(blocks, [(101, 100, 1008, 1), (101, 100, 1010, 0)], "{fork}");
        assert_eq!(run(true), (blocks, events), "{fork}");
    }
}

#[test]
fn d37_an_overlap_that_tells_another_story() {
    for (fork, overlap, wrong) in [
        (Fork::Granite, HoloceneOverlap::Skipped, true),
        (Fork::Holocene, HoloceneOverlap::Compared, true),
        (Fork::Holocene, HoloceneOverlap::Skipped, false),
    ] {
        let mut script = Script::new(up_to(fork));
        script.chain.rules.variants.holocene_overlap = overlap;
        for _ in 0..3 {
            script.chain.push(100, vec![]);
        }
        let parent = script.chain.l2[0].header.hash();
        // Blocks 1 to 3, of which 2 had no transaction, and block 4.
        let span = script.chain.span(
            parent,
            1002,
            &[(100, &[]), (100, &[LEGACY]), (100, &[]), (100, &[LEGACY])],
        );
        script.channel(101, &[span]).run().unwrap();
        let (times, drops) = if wrong {
            (
                vec![],
                vec![(1002, BatchDrop::OverlapMismatch { number: 2 })],
            )
        } else {
            (vec![1008], vec![])
        };
        assert_eq!((script.times(), script.drops()), (times, drops), "{fork}");
    }
}

/// A span that begins far back is dropped without the thousands of headers in between, which on a fault proof VM nobody could walk in time.
#[test]
fn d37_d47_spans_of_long_ago_cost_no_walk() {
    for fork in [Fork::Granite, Fork::Holocene] {
        let long = || {
            // 100 * 12 / 2 = 600 blocks are a window; every 1,200th is looked at.
            let mut script = Script::over(chain(up_to(fork), &[1_000, 9_000, 10_000, 11_000], 100));
            script.chain.rules.variants.holocene_overlap = HoloceneOverlap::Skipped;
            for (epoch, count) in [(100, 4_000), (101, 500), (102, 500)] {
                for _ in 0..count {
                    script.chain.push(epoch, vec![]);
                }
            }
            script
        };
        let head = 5_000;
        // From block 11 on, but of an epoch that had come only at block 4,501.
        let mut script = long();
        let parent = script.chain.l2[10].header.hash();
        let blocks = vec![(102, &[][..]); 4_991];
        let span = script.chain.span(parent, 1_022, &blocks);
        script.channel(103, &[span]).run().unwrap();
        assert_eq!(script.asked, [(head - 1_200, head - 1_200)], "{fork}");
        let why = BatchDrop::EpochTooNew { maximum: 101 };
        assert_eq!(script.drops(), [(1_022, why)], "{fork}");
        // One that is as it must be is found at any depth.
        let mut script = long();
        let parent = script.chain.l2[2_000].header.hash();
        let epoch = |number| match number {
            ..=4_000 => 100,
            4_001..=4_500 => 101,
            _ => 102,
        };
        let blocks: Vec<_> = (2_001..=5_001).map(|n| (epoch(n), &[][..])).collect();
        let span = script.chain.span(parent, 5_002, &blocks);
        script.channel(103, &[span]).run().unwrap();
        assert_eq!(script.drops(), [], "{fork}");
        assert_eq!(script.times(), [11_002], "{fork}");
        let (walk, compared) = script.asked.split_at(3);
        assert_eq!(walk, [(3_800, 3_800), (2_600, 2_600), (2_000, 2_000)]);
        // Before Holocene it is compared, in parts that double.
        let all = compared
            .iter()
            .map(|(first, last)| last - first)
            .sum::<u64>();
        match fork {
            Fork::Granite => assert!((3_000..9_100).contains(&all), "{all}"),
            _ => assert_eq!(all, 0),
        }
    }
}

/// A span that goes wrong early costs the comparison of little more than what it gets right.
#[test]
fn d37_a_comparison_ends_where_it_fails() {
    let mut script = Script::over(chain(up_to(Fork::Granite), &[1_000, 6_000], 3600));
    for _ in 0..2_000 {
        script.chain.push(100, vec![]);
    }
    let parent = script.chain.l2[0].header.hash();
    let mut blocks = vec![(100, &[][..]); 2_001];
    blocks[99] = (100, &[LEGACY]);
    let span = script.chain.span(parent, 1_002, &blocks);
    script.channel(101, &[span]).run().unwrap();
    assert_eq!(
        script.drops(),
        [(1_002, BatchDrop::OverlapMismatch { number: 100 })]
    );
    // The rest is the walk to the parent.
    let compared = script.asked.iter().filter(|(first, _)| *first == 0);
    let last = compared.map(|(_, last)| *last).max();
    assert!(last.is_some_and(|last| last <= 200), "{last:?}");
}

#[test]
fn d46_a_spans_origin_gates_it_too() {
    // Delta is at L1 block 101: spans are read there, but not taken for epoch 100.
    let forks = and_then(Fork::Canyon, Fork::Delta, 1012);
    let mut script = Script::new(forks.clone());
    let mut plan = script.chain.clone();
    let early = plan.span(plan.head().hash, 1002, &[(100, &[])]);
    let batches: Vec<_> = (0..5).map(|_| plan.next(100, &[])).collect();
    let parent = plan.head().hash;
    let in_time = plan.span(parent, 1012, &[(101, &[]), (101, &[])]);
    script.channel(100, std::slice::from_ref(&early));
    script.channel(101, &[early]);
    script.channel(101, &batches);
    script.channel(102, &[in_time]);
    script.run().unwrap();
    assert_eq!(script.times(), [1002, 1004, 1006, 1008, 1010, 1012, 1014]);
    assert_eq!(script.drops(), [(1002, BatchDrop::BeforeDelta)]);
    let unreadable = script.events.0.iter().filter_map(|event| match event {
        Event::BatchUnreadable(fault) => Some(fault.why),
        _ => None,
    });
    assert_eq!(
        unreadable.collect::<Vec<_>>(),
        [BatchDecodeFault::BeforeDelta]
    );
}

#[test]
fn d47_spans_off_the_grid_in_the_past_and_with_times_that_wrap() {
    for (fork, safe_blocks, start, count, why) in [
        (Fork::Holocene, 0, 1001, 3, Some(BatchDrop::Misaligned)),
        (Fork::Granite, 0, 1001, 3, Some(BatchDrop::Misaligned)),
        (Fork::Holocene, 3, 1003, 5, Some(BatchDrop::Misaligned)),
        (Fork::Granite, 3, 1003, 5, Some(BatchDrop::Misaligned)),
        (Fork::Holocene, 3, 1002, 3, Some(past(1008))),
        (Fork::Granite, 3, 1002, 3, Some(past(1008))),
        // Relative times of 2^64 - 1 and of 2^64 - 1001.
        (Fork::Holocene, 0, 999, 3, Some(BatchDrop::Misaligned)),
        (Fork::Granite, 0, 999, 3, Some(BatchDrop::Misaligned)),
        (Fork::Holocene, 0, u64::MAX, 3, Some(future(1002))),
        // Before Holocene it waits for ever.
        (Fork::Granite, 0, u64::MAX, 3, None),
        // A span that begins before genesis can have no parent: not to be judged.
        (Fork::Holocene, 0, 998, 4, None),
        (Fork::Granite, 0, 998, 4, None),
    ] {
        let mut script = Script::new(up_to(fork));
        for _ in 0..safe_blocks {
            script.chain.push(100, vec![]);
        }
        let blocks: Vec<(u64, &[&[u8]])> = vec![(100, &[]); count];
        let span = script.chain.span(B256::ZERO, start, &blocks);
        script.channel(101, &[span]).run().unwrap();
        let drops: Vec<_> = why.map(|why| (start, why)).into_iter().collect();
        assert_eq!(
            (script.times(), script.drops()),
            (vec![], drops),
            "{fork}, {start}"
        );
    }
}

#[test]
fn d13_d152_holocenes_activation_takes_batches_that_wait_and_keeps_l1() {
    let run = |forks| {
        let mut script = Script::new(forks);
        let mut plan = script.chain.clone();
        let batches: Vec<_> = (0..3).map(|_| plan.next(100, &[])).collect();
        // Blocks 2 and 3 wait for block 1, which comes after the activation at L1 block 102.
        script.channel(101, &batches[1..]);
        script.channel(102, &batches[..1]);
        script.run().unwrap();
        (script.times(), script.drops())
    };
    let without = run(up_to(Fork::Granite));
    assert_eq!(without, (vec![1002, 1004, 1006], vec![]));
    // Epoch 100 is known still: its block 1 is derived.
    let across = run(and_then(Fork::Granite, Fork::Holocene, 1024));
    let gone = [1004, 1006].map(|time| (time, BatchDrop::HoloceneActivated));
    assert_eq!(across, (vec![1002], gone.to_vec()));
}

#[test]
fn d33_d179_holocene_knows_no_future_by_the_block_of_inclusion() {
    // L1 block 102 activates Holocene.
    for (at, times, drops) in [
        (101, vec![1002, 1004], vec![]),
        (102, vec![1002], vec![(1004, future(1002))]),
    ] {
        let mut script = Script::new(and_then(Fork::Granite, Fork::Holocene, 1024));
        let mut plan = script.chain.clone();
        let batches = [plan.next(100, &[]), plan.next(100, &[])];
        // The same L2 times in either case.
        script.channel(at, &batches[1..]);
        script.channel(at, &batches[..1]);
        script.run().unwrap();
        assert_eq!((script.times(), script.drops()), (times, drops), "at {at}");
    }
}

#[test]
fn d162_d179_origins_of_the_past_are_forgotten() {
    let mut script = Script::new(up_to(Fork::Holocene));
    let mut plan = script.chain.clone();
    let mut batches: Vec<_> = (0..5).map(|_| plan.next(100, &[])).collect();
    batches.push(plan.next(101, &[]));
    // Its only epoch is before the head's, and no longer known: it cannot be judged, and what follows in the channel is.
    let (head, next) = (plan.head().hash, 1014);
    batches.push(plan.span(head, next, &[(100, &[])]));
    batches.push(plan.next(101, &[]));
    script.channel(102, &batches).run().unwrap();
    assert_eq!(script.times(), [1002, 1004, 1006, 1008, 1010, 1012, 1014]);
    assert_eq!(script.drops(), []);
    assert_eq!(script.undecided(), [next]);
}

#[test]
fn d161_off_the_grid_a_singular_batch_is_past_and_a_span_invalid() {
    let mut script = Script::new(up_to(Fork::Holocene));
    let mut plan = script.chain.clone();
    let odd = plan.singular(plan.head().hash, 1001, 100, &[]);
    let good = plan.next(100, &[]);
    script.channel(101, &[odd, good]).run().unwrap();
    assert_eq!(
        (script.times(), script.drops()),
        (vec![1002], vec![(1001, past(1002))])
    );

    let mut script = Script::new(up_to(Fork::Holocene));
    let mut plan = script.chain.clone();
    let odd = plan.span(plan.head().hash, 1001, &[(100, &[]), (100, &[])]);
    let good = plan.next(100, &[TX]);
    script.channel(101, &[odd, good.clone()]);
    script.channel(102, &[good]);
    script.run().unwrap();
    // The channel is flushed; the same batch in the next one counts.
    assert_eq!(script.blocks(), [(102, 100, 1002, 1)]);
    assert_eq!(script.drops(), [(1001, BatchDrop::Misaligned)]);
}

#[test]
fn d41_d168_a_wrong_parent_flushes_the_channel() {
    let mut script = Script::new(up_to(Fork::Holocene));
    let mut plan = script.chain.clone();
    let wrong = plan.singular(B256::repeat_byte(9), 1002, 100, &[]);
    let good = plan.next(100, &[TX]);
    script.channel(101, &[wrong, good.clone()]);
    script.channel(102, &[good]);
    script.run().unwrap();
    // Epoch 100 is known still.
    assert_eq!(script.blocks(), [(102, 100, 1002, 1)]);
    let expected = script.chain.rules.rollup.genesis.l2.hash;
    assert_eq!(
        script.drops(),
        [(1002, BatchDrop::ParentMismatch { expected })]
    );
}

#[test]
fn d186_empty_blocks_come_last_and_one_epoch_at_a_time() {
    // L1 blocks every second, so that after five of them several epochs are behind.
    let times: Vec<u64> = (0..8).map(|i| 1000 + i).collect();
    let mut script = Script::over(chain(up_to(Fork::Holocene), &times, 2));
    let batch = script.chain.clone().next(100, &[TX]);
    // In the last L1 block of its window: taken before any empty block.
    script.channel(102, &[batch]).run().unwrap();
    assert_eq!(
        script.blocks(),
        [
            (102, 100, 1002, 1),
            (103, 101, 1004, 0),
            (104, 102, 1006, 0),
            (105, 103, 1008, 0),
            (106, 104, 1010, 0),
            (107, 105, 1012, 0)
        ]
    );
    // Before each of these the next L1 block was entered, after the epoch before had been left behind.
    let order = script.events.0.iter().filter_map(|event| match event {
        Event::L1Block { block, .. } => Some(('a', block.number)),
        Event::Block { number, .. } => Some(('b', *number)),
        _ => None,
    });
    let want = [
        ('a', 100),
        ('a', 101),
        ('a', 102),
        ('b', 1),
        ('a', 103),
        ('b', 2),
        ('a', 104),
        ('b', 3),
        ('a', 105),
        ('b', 4),
        ('a', 106),
        ('b', 5),
        ('a', 107),
        ('b', 6),
    ];
    assert_eq!(order.collect::<Vec<_>>(), want);
}

#[test]
fn d187_up_to_the_heads_origin_every_batch_is_thrown_away() {
    for (fork, taken_at) in [(Fork::Holocene, 102), (Fork::Granite, 101)] {
        let mut script = Script::new(up_to(fork));
        for epoch in [100, 100, 100, 100, 100, 101] {
            script.chain.push(epoch, vec![]);
        }
        let mut plan = script.chain.clone();
        let batch = plan.next(101, &[TX]);
        let wrong = plan.singular(B256::ZERO, 7, 101, &[]);
        // Valid or not, from before the head's origin and from that block itself.
        script.channel(100, &[batch.clone(), wrong]);
        script.channel(101, std::slice::from_ref(&batch));
        script.channel(102, &[batch]);
        script.run().unwrap();
        assert_eq!(script.blocks(), [(taken_at, 101, 1014, 1)], "{fork}");
        let drained = script.drops().into_iter();
        let drained = drained.filter(|(_, why)| *why == BatchDrop::Draining);
        let times: Vec<u64> = drained.map(|(time, _)| time).collect();
        // Before Holocene the head's own origin counts.
        let want: &[u64] = if taken_at == 102 {
            &[1014, 7, 1014]
        } else {
            &[1014, 7]
        };
        assert_eq!(times, want, "{fork}");
    }
}

#[test]
fn d71_parent_beacon_root() {
    let root = B256::repeat_byte(0xbe);
    for (forks, of_l1, want) in [
        (up_to(Fork::Delta), Some(root), None),
        (up_to(Fork::Ecotone), None, Some(B256::ZERO)),
        (up_to(Fork::Ecotone), Some(root), Some(root)),
        // By the L2 block's time.
        (
            and_then(Fork::Delta, Fork::Ecotone, 1002),
            Some(root),
            Some(root),
        ),
        (and_then(Fork::Delta, Fork::Ecotone, 1003), Some(root), None),
    ] {
        let mut script = Script::new(forks);
        for header in &mut script.chain.l1 {
            let hash = header.hash();
            let inner = Header {
                parent_beacon_block_root: of_l1,
                ..header.inner().clone()
            };
            *header = Sealed::new_unchecked(inner, hash);
        }
        let batch = script.chain.clone().next(100, &[]);
        script.channel(101, &[batch]).run().unwrap();
        assert_eq!(script.made[0].1.parent_beacon_root, want);
    }
}

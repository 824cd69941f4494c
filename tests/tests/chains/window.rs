//! The sequencing window and the sequencer's drift.

use crate::basics::{channel_item, singular};
use hoike_derive::BatchDrop;
use hoike_protocol::Fork;
use hoike_testkit::{Chain, GENESIS_L1, GENESIS_TIME, Setup};

/// Adds the blocks that are forced when no batch comes any more: empty ones, for all epochs whose window has passed.
fn force(chain: &mut Chain) -> Vec<u64> {
    let mut forced = Vec::new();
    while chain.next_origin() + chain.setup.seq_window_size <= chain.l1_tip().header.number {
        chain.empty_blocks(1);
        forced.push(chain.tip());
    }
    forced
}

/// From the middle of an epoch on, at exactly the end of the window, one L1 block at a time.
#[test]
fn d35_d38_d186_forced_blocks_follow_the_last_batch() {
    for fork in [
        Fork::Bedrock,
        Fork::Canyon,
        Fork::Granite,
        Fork::Holocene,
        Fork::Jovian,
    ] {
        let mut chain = Setup::at(fork)
            .with(|setup| setup.seq_window_size = 4)
            .begin();
        let blocks = chain.blocks(2);
        chain
            .l1()
            .calldata(channel_item(1, &singular(&blocks)))
            .mine();
        chain.mine(2);
        // Genesis' window is open until the fourth L1 block is read whole.
        assert!(force(&mut chain).is_empty());
        assert!(chain.check().forced().is_empty());
        let mut all = Vec::new();
        for _ in 0..6 {
            chain.mine(1);
            all.extend(force(&mut chain));
            let judged = chain.check();
            assert_eq!(judged.forced(), all, "{fork}\n{}", judged.told());
        }
        // Three more of genesis' epoch, six each of the next ones.
        assert_eq!(all.len(), 3 + 5 * 6);
        // Starting anew from one of them makes no difference.
        for agreed in [2, 3, 5, 6, 11, 12, all.len() as u64] {
            chain.check_from(agreed);
        }
    }
}

/// Batches for an epoch count as long as its window is open, to the block.
#[test]
fn d38_the_last_l1_block_of_the_window() {
    for (fork, late) in [
        (Fork::Granite, false),
        (Fork::Granite, true),
        (Fork::Holocene, false),
        (Fork::Holocene, true),
    ] {
        let mut chain = Setup::at(fork)
            .with(|setup| setup.seq_window_size = 4)
            .begin();
        chain.mine(if late { 4 } else { 3 });
        let blocks = chain.blocks(5);
        let number = chain
            .l1()
            .calldata(channel_item(1, &singular(&blocks)))
            .mine();
        assert_eq!(number, GENESIS_L1 + if late { 5 } else { 4 });
        if late {
            chain.rewind(0);
            // The window of the first epoch, then that of the second.
            assert_eq!(force(&mut chain).len(), 5 + 6);
            let judged = chain.check();
            assert_eq!(judged.forced().len(), 11);
            assert!(judged.batch_drops().iter().all(|why| matches!(
                why,
                BatchDrop::Past { .. }
                    | BatchDrop::WindowExpired { .. }
                    | BatchDrop::ParentMismatch { .. }
            )));
        } else {
            assert!(force(&mut chain).is_empty());
            assert!(chain.check().forced().is_empty());
        }
    }
}

/// L1 slots are missed, so that the time of an L2 block gets past its origin's by more than is allowed.
#[test]
fn d40_blocks_past_the_drift() {
    // Fork, drift, L2 block time, gap of L1, block number, whether it is empty, why it is dropped.
    let limit = |seconds| {
        Some(BatchDrop::DriftExceeded {
            limit: GENESIS_TIME + seconds,
        })
    };
    for (fork, block_time, gap, number, empty, why) in [
        (Fork::Ecotone, 2, 60, 10, false, None),
        (Fork::Ecotone, 2, 60, 11, false, limit(20)),
        (Fork::Ecotone, 2, 60, 11, true, None),
        // From Fjord on 1,800 seconds, whatever the config says.
        (Fork::Fjord, 100, 2_500, 18, false, None),
        (Fork::Fjord, 100, 2_500, 19, false, limit(1_800)),
        (Fork::Fjord, 100, 2_500, 19, true, None),
        (Fork::Holocene, 100, 2_500, 18, false, None),
        (Fork::Holocene, 100, 2_500, 19, false, limit(1_800)),
        (Fork::Holocene, 100, 2_500, 19, true, None),
    ] {
        let mut chain = Setup::at(fork)
            .with(|setup| {
                setup.max_sequencer_drift = 20;
                setup.block_time = block_time;
            })
            .begin();
        let mut blocks = chain.blocks(number - 1);
        blocks.extend(if empty {
            chain.empty_blocks(1)
        } else {
            chain.blocks(1)
        });
        chain
            .l1()
            .after(gap)
            .calldata(channel_item(1, &singular(&blocks)))
            .mine();
        if why.is_some() {
            chain.rewind(number - 1);
        }
        let judged = chain.check();
        let drops: Vec<_> = why.into_iter().collect();
        assert_eq!(
            judged.batch_drops(),
            drops,
            "{fork} {number} {empty}\n{}",
            judged.told()
        );
    }
}

/// Past the drift an empty block must adopt the next origin as soon as it can.
#[test]
fn d40_empty_blocks_past_the_drift_adopt_the_next_origin() {
    for fork in [Fork::Ecotone, Fork::Granite, Fork::Holocene] {
        let mut chain = Setup::at(fork)
            .with(|setup| {
                setup.max_sequencer_drift = 1_800;
                setup.block_time = 100;
            })
            .begin();
        let mut blocks = chain.empty_blocks(19);
        // The next origin is of second 2,000, that is of block 20.
        chain.l1().after(2_000).mine();
        let lazy = chain.sequence_on(GENESIS_L1, Vec::new()).unwrap().batch();
        blocks.push(lazy);
        chain
            .l1()
            .calldata(channel_item(1, &singular(&blocks)))
            .mine();
        chain.rewind(19);
        let next_origin = chain.l1_block(GENESIS_L1 + 1).id();
        let judged = chain.check();
        let why = BatchDrop::OriginNotAdvanced { next_origin };
        assert_eq!(judged.batch_drops(), [why], "{}", judged.told());
    }
}

/// The first block of an epoch may have transactions, though it is past the drift of none; later ones count from their own origin.
#[test]
fn d39_every_epoch_has_a_block_although_l1_is_ahead() {
    // L1 blocks come faster than L2 blocks: forced blocks go through the epochs one by one.
    for fork in [Fork::Canyon, Fork::Holocene] {
        let mut chain = Setup::at(fork)
            .with(|setup| {
                setup.seq_window_size = 3;
                setup.l1_block_time = 1;
            })
            .begin();
        chain.mine(3);
        let mut forced = Vec::new();
        for _ in 0..8 {
            chain.mine(1);
            forced.extend(force(&mut chain));
            assert_eq!(chain.check().forced(), forced);
        }
        assert!(forced.len() > 5);
        // No epoch is left out.
        for pair in chain.l2.blocks.windows(2) {
            assert!(pair[1].origin.number - pair[0].origin.number <= 1);
        }
    }
}

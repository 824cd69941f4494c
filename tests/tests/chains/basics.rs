//! Every fork, every encoding: what is sequenced and sent honestly is derived.

use alloy_primitives::Bytes;
use hoike_protocol::Fork;
use hoike_testkit::{BatchBlock, Case, Channel, Compression, Post, Setup, interleave, item};

/// Bedrock to Karst.
pub(crate) const FORKS: [Fork; 11] = [
    Fork::Bedrock,
    Fork::Regolith,
    Fork::Canyon,
    Fork::Delta,
    Fork::Ecotone,
    Fork::Fjord,
    Fork::Granite,
    Fork::Holocene,
    Fork::Isthmus,
    Fork::Jovian,
    Fork::Karst,
];

/// Singular batches of these blocks.
pub(crate) fn singular(blocks: &[BatchBlock]) -> Vec<Vec<u8>> {
    blocks.iter().map(BatchBlock::singular).collect()
}

/// A data item with a channel of its own for these batches.
pub(crate) fn channel_item(id: u8, batches: &[Vec<u8>]) -> Bytes {
    Channel::of(id, batches, Compression::Zlib(6)).item()
}

#[test]
fn what_is_sequenced_is_derived_on_every_fork() {
    for fork in FORKS {
        let how: &[Post] = if fork < Fork::Delta {
            &[Post::Singular]
        } else {
            &[Post::Singular, Post::Span]
        };
        for how in how {
            let mut case = Case::at(fork).l1(1).post(8, *how).l1(1).post(5, *how);
            assert_eq!(case.chain.tip(), 13);
            let judged = case.chain.check();
            assert!(judged.batch_drops().is_empty(), "{fork}\n{}", judged.told());
            assert_eq!(judged.executed.len(), 13);
        }
    }
}

/// Through each activation, one fork after the other: upgrade transactions, header fields, L1 info.
#[test]
fn every_fork_is_activated_in_the_middle_of_a_chain() {
    let mut setup = Setup::at(Fork::Bedrock);
    for (i, fork) in FORKS.into_iter().enumerate().skip(1) {
        setup = setup.then(fork, 12 * i as u64);
    }
    let mut chain = setup.begin();
    let mut id = 0;
    for _ in 0..13 {
        chain.mine(1);
        let blocks = chain.fill_epochs();
        id += 1;
        chain
            .l1()
            .calldata(channel_item(id, &singular(&blocks)))
            .mine();
        // The block of the data is an epoch, too.
        let blocks = chain.fill_epochs();
        id += 1;
        chain
            .l1()
            .calldata(channel_item(id, &singular(&blocks)))
            .mine();
    }
    let judged = chain.check();
    assert!(judged.batch_drops().is_empty(), "{}", judged.told());
}

#[test]
fn every_way_of_sending_says_the_same() {
    for compression in [
        Compression::Zlib(1),
        Compression::Zlib(9),
        Compression::Stored,
        Compression::Brotli,
    ] {
        for (blobs, frame_size) in [
            (false, 100),
            (false, 1_000_000),
            (true, 700),
            (true, 100_000),
        ] {
            for how in [Post::Singular, Post::Span] {
                for fork in [Fork::Fjord, Fork::Isthmus] {
                    let mut chain = Setup::at(fork).begin();
                    chain.mine(1);
                    let blocks = chain.blocks(9);
                    let batches = how.batches(&blocks, chain.rules.rollup.genesis.l2_time);
                    let frames = Channel::of(1, &batches, compression).frames(frame_size);
                    // One frame an item, an item with two, one an L1 block.
                    for frames in frames.chunks(2) {
                        let items = [item(frames)];
                        if blobs {
                            chain.l1().blobs(&items).mine();
                        } else {
                            chain.l1().calldata(items[0].clone()).mine();
                        }
                        if chain.l1.len() > 9 {
                            break;
                        }
                    }
                    let sent = 2 * (chain.l1.len() - 4);
                    if let Some(rest) = frames.get(sent..).filter(|rest| !rest.is_empty()) {
                        chain.l1().calldata(item(rest)).mine();
                    }
                    chain.check();
                }
            }
        }
    }
}

#[test]
fn every_type_of_transaction_goes_through_batches() {
    for how in [Post::Singular, Post::Span] {
        let mut chain = Setup::at(Fork::Isthmus).begin();
        let mut unprotected =
            hoike_testkit::Call::with_data(0, 0, chain.users[3].address(), Bytes::new());
        unprotected.chain_id = None;
        let creation = hoike_testkit::Call {
            to: None,
            nonce: 1,
            chain_id: Some(hoike_testkit::L2_CHAIN),
            // Deploys one byte of code, STOP.
            data: Bytes::from_static(&[0x60, 1, 0x60, 0, 0xf3]),
            ..unprotected.clone()
        };
        let transactions = vec![
            chain.user_tx(0, 0, 0),
            chain.user_tx(0, 1, 1),
            chain.user_tx(1, 0, 2),
            chain.user_tx(2, 0, 4),
            chain.users[3].sign(0, &unprotected),
            chain.users[3].sign(2, &creation),
        ];
        let blocks = [
            chain.sequence(transactions).batch(),
            chain.sequence(Vec::new()).batch(),
            chain.blocks(1).remove(0),
        ];
        let batches = how.batches(&blocks, chain.rules.rollup.genesis.l2_time);
        chain.l1().calldata(channel_item(1, &batches)).mine();
        chain.check();
    }
}

/// Before Holocene frames of several channels may come in any order.
#[test]
fn channels_may_be_interleaved_before_holocene() {
    for fork in [Fork::Bedrock, Fork::Canyon, Fork::Granite] {
        let mut chain = Setup::at(fork).begin();
        let frames: Vec<_> = (1..=3)
            .map(|id| {
                let blocks = chain.blocks(3);
                Channel::of(id, &singular(&blocks), Compression::Stored).in_frames(4)
            })
            .collect();
        let mut frames = interleave(&frames);
        frames.swap(3, 8);
        let (first, second) = frames.split_at(7);
        chain.l1().calldata(item(first)).mine();
        chain.l1().calldata(item(second)).mine();
        chain.check();
    }
}

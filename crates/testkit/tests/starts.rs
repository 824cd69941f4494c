//! What `TestScenarios` of `conformance/` came across, in its smallest form. op-node does the same in each case.

use alloy_primitives::B256;
use hoike_derive::{BatchDrop, Halt};
use hoike_protocol::Fork;
use hoike_testkit::{BatchBlock, Channel, Compression, Pace, Setup, derive};

/// Where derivation starts is not always without consequence: `docs/decisions/0017-starts-from-holocene-on.md`.
///
/// A channel holds an invalid batch for block 1 and a valid one for block 2; another channel then a valid one for block 1. From genesis on the first batch
/// takes the second with it. From block 1 on it is past, takes nothing with it, and there is a block 2. Before Holocene no batch takes another with it.
#[test]
fn an_invalid_batch_takes_the_rest_only_where_its_turn_is_not_over() {
    for (fork, from_genesis) in [(Fork::Granite, 2), (Fork::Holocene, 1)] {
        let mut chain = Setup::at(fork).begin();
        chain.mine(1);
        let blocks = chain.blocks(2);
        let mut wrong = blocks[0].clone();
        wrong.epoch.hash = B256::ZERO;
        let send = |chain: &mut hoike_testkit::Chain, id, batches: &[Vec<u8>]| {
            let item = Channel::of(id, batches, Compression::Zlib(6)).item();
            chain.l1().calldata(item).mine();
        };
        send(&mut chain, 1, &[wrong.singular(), blocks[1].singular()]);
        send(&mut chain, 2, &[blocks[0].singular()]);
        let store = chain.store();
        let first = derive(&chain, &store, 0, Pace::default());
        assert_eq!(first.blocks.len(), from_genesis, "{fork:?}");
        let later = derive(&chain, &store, 1, Pace::default());
        assert_eq!(later.blocks, [chain.block(2).header.hash()], "{fork:?}");
        let past = |why: &BatchDrop| matches!(why, BatchDrop::Past { .. });
        assert!(later.journal.batch_drops().iter().all(past), "{fork:?}");
    }
}

/// An epoch whose blocks are all there, by their times, is given up when its window ends. The next batch may then be for the second epoch after it: it is
/// the one after the first that is known. No attributes can be made of it; op-node begins anew, comes to the same, and so on, and op-program has no
/// verdict.
#[test]
fn a_batch_that_skips_an_epoch_ends_derivation() {
    for fork in [Fork::Bedrock, Fork::Granite, Fork::Jovian] {
        let setup = Setup::at(fork).with(|setup| {
            (setup.block_time, setup.seq_window_size) = (30, 2);
        });
        let mut chain = setup.begin();
        chain.mine(2);
        let genesis = chain.block(0).header.hash();
        let skipping = BatchBlock {
            parent: genesis,
            epoch: chain.l1_tip().id(),
            begins_epoch: true,
            time: chain.l2_time(1).0,
            transactions: Vec::new(),
        };
        let item = Channel::of(1, &[skipping.singular()], Compression::Zlib(6)).item();
        chain.l1().calldata(item).mine();
        let store = chain.store();
        let derived = derive(&chain, &store, 0, Pace::default());
        let origin = chain.block(0).origin.hash;
        let halt = Halt::ForeignOrigin { number: 0, origin };
        assert_eq!(derived.halt, Some(halt), "{fork:?}");
    }
}

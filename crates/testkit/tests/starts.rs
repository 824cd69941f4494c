//! Where derivation starts is not always without consequence: `docs/decisions/0013-starts-from-holocene-on.md`.

use alloy_primitives::B256;
use hoike_derive::BatchDrop;
use hoike_protocol::Fork;
use hoike_testkit::{Channel, Compression, Pace, Setup, derive};

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

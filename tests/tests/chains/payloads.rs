//! Batches that make no valid block.

use crate::basics::{channel_item, singular};
use hoike_derive::{BatchDrop, ChannelDrop, Event};
use hoike_program::Verdict;
use hoike_protocol::{Fork, rules::HoloceneOverlap};
use hoike_testkit::{BatchBlock, Chain, Deposit, GENESIS_L1, GENESIS_TIME, Post, Setup};

/// The batch of the next block, with a transaction that makes it invalid.
fn invalid(chain: &Chain) -> BatchBlock {
    BatchBlock {
        parent: chain.l2.tip().header.hash(),
        epoch: chain.l2.tip().origin,
        begins_epoch: false,
        time: chain.l2.next_time().0,
        transactions: vec![chain.transfer(), chain.invalid_tx()],
    }
}

/// A block with deposits, an invalid one after it, and what the batcher takes to be its children.
fn chain_with_invalid(setup: Setup) -> (Chain, Vec<BatchBlock>) {
    let mut chain = setup.begin();
    let user = chain.users[1].address();
    chain.l1().deposit(&Deposit::of(user, user, 9)).mine();
    let mut blocks = chain.blocks(7);
    blocks.push(invalid(&chain));
    // Its children build on a block that never comes to be; a span does not say on which.
    let parent = chain.empty_blocks(1).remove(0);
    blocks.extend(chain.blocks(2));
    assert_eq!(blocks[7].time, parent.time);
    (chain, blocks)
}

/// From Holocene on the block comes without its batch's transactions, and the rest of the span and of the channel goes.
#[test]
fn d76_d188_an_invalid_payload_is_replaced_by_its_deposits() {
    for fork in [Fork::Holocene, Fork::Isthmus, Fork::Jovian, Fork::Karst] {
        for how in [Post::Singular, Post::Span] {
            let (mut chain, blocks) = chain_with_invalid(Setup::at(fork));
            let mut batches = how.batches(&blocks, GENESIS_TIME);
            // Never read: the channel is flushed.
            batches.push(blocks[8].singular());
            chain.rewind(8);
            let after = chain.blocks(2);
            let first = channel_item(1, &batches);
            let second = channel_item(2, &singular(&after));
            // Both in one L1 block: the second channel is not flushed with the first.
            chain.l1().calldata(first).calldata(second).mine();
            let judged = chain.check();
            assert_eq!(judged.invalid(), [(8, true)]);
            let drops: &[_] = match how {
                Post::Singular => &[],
                Post::Span => &[BatchDrop::SpanAbandoned],
            };
            assert_eq!(judged.batch_drops(), drops, "{}", judged.told());
            // Executed twice: with three transactions and with one.
            assert!(judged.executed.contains(&(blocks[7].time, 3, false)));
            assert!(judged.executed.contains(&(blocks[7].time, 1, true)));
        }
    }
}

/// Before Holocene it is gone, and with it the span's earlier blocks, which were not safe yet.
#[test]
fn d77_an_invalid_payload_is_dropped_before_holocene() {
    for fork in [Fork::Delta, Fork::Granite] {
        for (how, safe) in [(Post::Singular, 7), (Post::Span, 0)] {
            let (mut chain, blocks) = chain_with_invalid(Setup::at(fork));
            let batches = how.batches(&blocks[..8], GENESIS_TIME);
            chain.l1().calldata(channel_item(1, &batches)).mine();
            chain.rewind(safe);
            let judged = chain.check();
            assert_eq!(judged.invalid(), [(8, false)]);
            // Valid ones from another channel. Where the span's first blocks are gone, others take their place.
            let again: Vec<_> = if safe == 0 {
                chain.empty_blocks(8)
            } else {
                chain.blocks(1)
            };
            chain
                .l1()
                .calldata(channel_item(2, &singular(&again)))
                .mine();
            chain.check();
        }
    }
}

/// The replaced block is the claimed one: its root is that of the replacement.
///
/// As the agreed one, it meets its own span again. Whether what the span says of it is compared with what it is depends on the version of the rule; where
/// not, the rest of the span makes blocks that a running derivation had dropped (`docs/decisions/0005-overlapping-spans-from-holocene-on.md`).
#[test]
fn d99_an_invalid_payload_as_the_claimed_block() {
    for (overlap, after_restart) in [
        (HoloceneOverlap::Compared, 8),
        (HoloceneOverlap::Skipped, 10),
    ] {
        let setup =
            Setup::at(Fork::Isthmus).with(|setup| setup.variants.holocene_overlap = overlap);
        let (mut chain, blocks) = chain_with_invalid(setup);
        let batches = Post::Span.batches(&blocks, GENESIS_TIME);
        chain.l1().calldata(channel_item(1, &batches)).mine();
        let fresh = chain.block(after_restart).output_root();
        chain.rewind(8);
        let root = chain.block(8).output_root();
        let boot = chain.claim(0, 8, root);
        assert_eq!(chain.judge(&boot).unwrap().outcome.verdict, Verdict::Valid);
        let boot = chain.claim(0, 10, root);
        assert_eq!(chain.judge(&boot).unwrap().outcome.verdict, Verdict::Valid);
        let boot = chain.claim(8, 10, fresh);
        assert_eq!(chain.judge(&boot).unwrap().outcome.verdict, Verdict::Valid);
    }
}

/// Two payloads in a row are replaced, the second with an epoch's deposits in it.
#[test]
fn d166_replacement_after_replacement() {
    let mut chain = Setup::at(Fork::Holocene).begin();
    let user = chain.users[1].address();
    let mut id = 0;
    for _ in 0..2 {
        chain.l1().deposit(&Deposit::of(user, user, 9)).mine();
    }
    for _ in 0..8 {
        let mut batch = invalid(&chain);
        let origin = chain.next_origin();
        batch.begins_epoch = batch.epoch.number != origin;
        batch.epoch = chain.l1_block(origin).id();
        chain.empty_blocks(1);
        id += 1;
        chain
            .l1()
            .calldata(channel_item(id, &[batch.singular()]))
            .mine();
    }
    assert_eq!(chain.block(6).origin.number, GENESIS_L1 + 1);
    assert_eq!(chain.block(6).attributes.transactions.len(), 2);
    let judged = chain.check();
    let replaced: Vec<_> = (1..=8).map(|number| (number, true)).collect();
    assert_eq!(judged.invalid(), replaced);
}

/// What Holocene flushes: the open channel as well, not only the one that is being read.
#[test]
fn d188_the_next_batch_comes_from_a_later_channel() {
    let mut chain = Setup::at(Fork::Holocene).begin();
    let bad = invalid(&chain);
    let batches = [bad.singular(), bad.singular(), bad.singular()];
    chain.l1().calldata(channel_item(1, &batches)).mine();
    chain.empty_blocks(1);
    let judged = chain.check();
    assert_eq!(judged.invalid(), [(1, true)]);
    let read = judged.count(|event| matches!(event, Event::BatchRead { .. }));
    assert_eq!(read, 1, "{}", judged.told());
    assert_eq!(judged.channel_drops(), [] as [ChannelDrop; 0]);
}

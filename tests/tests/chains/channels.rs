//! Frames and channels over several L1 blocks: timeouts, where derivation starts, activations.

use crate::basics::{channel_item, singular};
use hoike_derive::{ChannelDrop, Event};
use hoike_protocol::{
    Fork, compress::ChannelFault, config::update::ConfigUpdate, frame::ChannelId,
};
use hoike_testkit::{Chain, Channel, Compression, GENESIS_L1, Key, Setup, item};

/// Sends three blocks in two frames: the first now, the last so many L1 blocks later. The number of the first L1 block.
fn send_late(chain: &mut Chain, id: u8, later: u64) -> u64 {
    let blocks = chain.blocks(3);
    let frames = Channel::of(id, &singular(&blocks), Compression::Stored).in_frames(2);
    let opened_at = chain.l1().calldata(item(&frames[..1])).mine();
    chain.mine(later - 1);
    chain.l1().calldata(item(&frames[1..])).mine();
    opened_at
}

#[test]
fn d07_channel_timeout() {
    // Timeout before Granite, when Granite comes in seconds, L1 blocks between first and last frame, limit if it is too late.
    let never = 1_000_000;
    for (timeout, granite, later, expired) in [
        (10, never, 10, None),
        (10, never, 11, Some(10)),
        (60, 0, 50, None),
        (60, 0, 51, Some(50)),
        // Opened under the old rule: the inclusion block of the last frame decides.
        (60, 12 * 20, 50, None),
        (60, 12 * 20, 51, Some(50)),
        (60, 12 * 62, 60, None),
        (60, 12 * 62, 61, Some(50)),
        (60, 12 * 63, 61, Some(60)),
        (10, 12 * 5, 40, None),
        // Its old timeout passes before the new one comes.
        (10, 12 * 20, 40, Some(10)),
    ] {
        let setup = Setup::at(Fork::Fjord).then(Fork::Granite, granite);
        let mut chain = setup
            .with(|setup| {
                setup.channel_timeout = timeout;
                setup.seq_window_size = 1_000;
            })
            .begin();
        let opened_at = send_late(&mut chain, 1, later);
        let row = (timeout, granite, later);
        if expired.is_some() {
            chain.rewind(0);
        }
        let judged = chain.check();
        let want: Vec<_> = expired
            .map(|limit| ChannelDrop::TimedOut { opened_at, limit })
            .into_iter()
            .collect();
        // The late frame opens a channel of its own, of which nobody tells.
        let drops = judged.channel_drops();
        assert_eq!(drops, want, "{row:?}\n{}", judged.told());
    }
}

#[test]
fn d07_channel_timeout_from_holocene_on() {
    for (later, expired) in [(50, false), (51, true)] {
        let mut chain = Setup::at(Fork::Holocene)
            .with(|setup| setup.seq_window_size = 1_000)
            .begin();
        let opened_at = send_late(&mut chain, 1, later);
        if expired {
            chain.rewind(0);
        }
        let judged = chain.check();
        let limit = 50;
        let timed_out = ChannelDrop::TimedOut { opened_at, limit };
        assert_eq!(judged.channel_drops().contains(&timed_out), expired);
    }
}

/// The agreed block lies between the two frames of a channel, 49 L1 blocks after the first.
#[test]
fn d08_a_channel_that_was_open_at_the_agreed_block_is_found_again() {
    let mut chain = Setup::at(Fork::Granite)
        .with(|setup| setup.seq_window_size = 200)
        .begin();
    // Of a zlib stream the first byte is known before its contents are.
    let opening = hoike_protocol::frame::Frame {
        id: ChannelId([1; 16]),
        number: 0,
        data: vec![0x78].into(),
        is_last: false,
    };
    let opened_at = chain.l1().calldata(item(&[opening])).mine();
    chain.mine(48);
    let mut blocks = Vec::new();
    while chain.next_origin() < opened_at + 48 {
        blocks.extend(chain.empty_blocks(1));
    }
    let agreed = chain.tip();
    let late = chain.blocks(2);
    let rest = Channel::of(1, &singular(&late), Compression::Stored).data[1..].to_vec();
    let closing = hoike_protocol::frame::Frame {
        id: ChannelId([1; 16]),
        number: 1,
        data: rest.into(),
        is_last: true,
    };
    let soon = channel_item(2, &singular(&blocks));
    let closed_at = chain.l1().calldata(soon).calldata(item(&[closing])).mine();
    assert_eq!(closed_at, opened_at + 49);
    assert_eq!(chain.block(agreed).origin.number, opened_at + 47);
    chain.check();
    let judged = chain.check_from(agreed);
    let reads = judged.pick(|event| match event {
        Event::ChannelRead { id, opened_at, .. } => Some((*id, *opened_at)),
        _ => None,
    });
    assert!(reads.contains(&(ChannelId([1; 16]), opened_at)));
}

/// The batcher changes between where derivation starts and the agreed block's origin: data before the change counts by the old key, after it by the new.
#[test]
fn d09_the_batcher_at_the_start_is_that_of_its_own_time() {
    let mut chain = Setup::at(Fork::Canyon)
        .with(|setup| setup.l1_before_genesis = 0)
        .begin();
    let first = chain.blocks(2);
    chain
        .l1()
        .calldata(channel_item(1, &singular(&first)))
        .mine();
    chain.mine(12);
    let opening = hoike_protocol::frame::Frame {
        id: ChannelId([2; 16]),
        number: 0,
        data: vec![0x78].into(),
        is_last: false,
    };
    let opened_at = chain.l1().calldata(item(&[opening])).mine();
    let second = Key::named("second");
    chain
        .l1()
        .update(&ConfigUpdate::Batcher(second.address()))
        .mine();
    chain.batcher = second;
    chain.mine(2);
    let mut blocks = Vec::new();
    while chain.next_origin() < opened_at + 3 {
        blocks.extend(chain.empty_blocks(1));
    }
    let agreed = chain.tip();
    let late = chain.blocks(2);
    let data = Channel::of(2, &singular(&late), Compression::Stored).data;
    assert_eq!(data[0], 0x78);
    let closing = hoike_protocol::frame::Frame {
        id: ChannelId([2; 16]),
        number: 1,
        data: data[1..].to_vec().into(),
        is_last: true,
    };
    let soon = channel_item(3, &singular(&blocks));
    chain.l1().calldata(soon).calldata(item(&[closing])).mine();
    chain.check();
    chain.check_from(agreed);
    // From the first blocks on, the walk back ends at the rollup's genesis, below which there is no L1 block here.
    assert_eq!(chain.l1[0].header.number, GENESIS_L1);
    chain.check_from(1);
}

/// Before Holocene a channel waits for its frames and a batch for its turn; what waits at the activation is gone.
#[test]
fn d13_d152_holocene_begins_with_empty_stages() {
    // Seconds until Holocene; the second item is included at 24.
    for (holocene, derived) in [(36, 6), (24, 0)] {
        let setup = Setup::at(Fork::Granite).then(Fork::Holocene, holocene);
        let mut chain = setup.begin();
        let blocks = chain.blocks(3);
        let frames = Channel::of(1, &singular(&blocks), Compression::Stored).in_frames(2);
        let later = chain.blocks(3);
        // A future batch waits in the queue, an incomplete channel in the bank.
        chain
            .l1()
            .calldata(channel_item(2, &singular(&later)))
            .calldata(item(&frames[..1]))
            .mine();
        chain.l1().calldata(item(&frames[1..])).mine();
        chain.rewind(derived);
        let judged = chain.check();
        let activated = judged
            .channel_drops()
            .contains(&ChannelDrop::HoloceneActivated);
        assert_eq!(activated, derived == 0, "{}", judged.told());
    }
    // What is complete before it counts, and what comes whole after it.
    let mut chain = Setup::at(Fork::Granite).then(Fork::Holocene, 24).begin();
    for id in 1..=4 {
        let blocks = chain.blocks(3);
        chain
            .l1()
            .calldata(channel_item(id, &singular(&blocks)))
            .mine();
    }
    chain.check();
}

/// Brotli is read by the inclusion block's time, whatever the batches' times are.
#[test]
fn d20_brotli_by_inclusion() {
    // Seconds until Fjord; the item is included at 12, and the last batch is of second 30.
    for (fjord, read) in [
        (0, true),
        (12, true),
        (13, false),
        (20, false),
        (1_000, false),
    ] {
        let mut chain = Setup::at(Fork::Ecotone).then(Fork::Fjord, fjord).begin();
        let blocks = chain.blocks(15);
        let channel = Channel::of(1, &singular(&blocks), Compression::Brotli);
        chain.l1().calldata(channel.item()).mine();
        if !read {
            chain.rewind(0);
        }
        let judged = chain.check();
        let refused = judged.pick(|event| match event {
            Event::ChannelUnreadable { why, .. } => Some(*why),
            _ => None,
        });
        let want: &[ChannelFault] = if read {
            &[]
        } else {
            &[ChannelFault::BrotliNotAllowed]
        };
        assert_eq!(refused, want, "{fjord}");
    }
}

/// The timeout of the walk back is that of the candidate's own time: an old timeout ends it earlier than the running derivation's would.
#[test]
fn d151_granite_inside_the_walk_back() {
    // Granite comes with the 30th L1 block; before it the timeout is 20.
    let setup = Setup::at(Fork::Fjord).then(Fork::Granite, 12 * 30);
    let mut chain = setup
        .with(|setup| {
            setup.channel_timeout = 20;
            setup.seq_window_size = 200;
        })
        .begin();
    let opening = |id| hoike_protocol::frame::Frame {
        id: ChannelId([id; 16]),
        number: 0,
        data: vec![0x78].into(),
        is_last: false,
    };
    chain.mine(18);
    let before = chain.l1().calldata(item(&[opening(1)])).mine();
    chain.mine(10);
    let after = chain.l1().calldata(item(&[opening(2)])).mine();
    assert_eq!((before, after), (GENESIS_L1 + 19, GENESIS_L1 + 30));
    chain.mine(30);
    let mut blocks = Vec::new();
    while chain.next_origin() < GENESIS_L1 + 60 {
        blocks.extend(chain.empty_blocks(1));
    }
    let agreed = chain.tip();
    assert_eq!(chain.block(agreed).origin.number, GENESIS_L1 + 59);
    let late = chain.blocks(2);
    let later = chain.blocks(2);
    let closing = |id, blocks| hoike_protocol::frame::Frame {
        number: 1,
        data: Channel::of(id, &singular(blocks), Compression::Stored).data[1..]
            .to_vec()
            .into(),
        is_last: true,
        ..opening(id)
    };
    let soon = channel_item(3, &singular(&blocks));
    chain
        .l1()
        .calldata(soon)
        .calldata(item(&[closing(2, &late)]))
        .calldata(item(&[closing(1, &later)]))
        .mine();
    // Both channels are younger than Granite's timeout when their last frames come, so whoever has read L1 from the beginning has them.
    chain.check();
    // From the agreed block on, the walk back does not get to where the first was opened.
    chain.rewind(agreed + 2);
    let judged = chain.check_from(agreed);
    let first = judged.pick(|event| match event {
        Event::L1Block { block, .. } => Some(block.number),
        _ => None,
    });
    // With the block before Granite as candidate, 20 blocks are behind already: the walk ends there.
    assert_eq!(first[0], GENESIS_L1 + 29);
}

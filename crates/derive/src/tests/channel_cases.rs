//! Frames to channels: the cases that the vectors do not reach, with their reasons.

use super::{Events, l1_ref};
use crate::{
    ChannelDrop, Event, FrameDrop,
    channel::{Channels, Complete},
    frames::FrameQueue,
};
use alloc::{vec, vec::Vec};
use alloy_primitives::Bytes;
use hoike_protocol::{
    InclusionRules,
    frame::{ChannelId, Frame},
    rules::Ordering,
};

const NONE: [u8; 0] = [];

/// Frames of one data item go through the queue and into the stage; what is complete comes out.
struct Stage {
    channels: Channels,
    rules: InclusionRules,
    events: Events,
}

impl Stage {
    fn new(rules: InclusionRules) -> Self {
        Self {
            channels: Channels::new(&rules),
            rules,
            events: Events::default(),
        }
    }

    fn item(&mut self, at: u64, frames: Vec<Frame>) -> Vec<Complete> {
        let at = l1_ref(at, 1000 + 12 * at);
        let (rules, log) = (&self.rules, &mut self.events);
        let mut queue = FrameQueue::default();
        queue.load(frames, rules.holocene, log);
        let mut done = Vec::new();
        loop {
            while let Some(channel) = self.channels.ready(&at, rules, log) {
                done.push(channel);
            }
            let Some(frame) = queue.pop() else {
                return done;
            };
            done.extend(self.channels.push(frame, &at, rules, log));
        }
    }

    /// The ids of what is complete after an item of one frame.
    fn ids(&mut self, at: u64, frame: Frame) -> Vec<u8> {
        let done = self.item(at, vec![frame]);
        done.iter().map(|channel| channel.id.0[0]).collect()
    }

    fn frame_drops(&self) -> Vec<(u16, FrameDrop)> {
        let drops = self.events.0.iter().filter_map(|event| match event {
            Event::FrameDropped { number, why, .. } => Some((*number, *why)),
            _ => None,
        });
        drops.collect()
    }

    fn channel_drops(&self) -> Vec<(u8, ChannelDrop)> {
        let drops = self.events.0.iter().filter_map(|event| match event {
            Event::ChannelDropped { id, why } => Some((id.0[0], *why)),
            _ => None,
        });
        drops.collect()
    }
}

/// Fjord's limits and timeout.
fn rules(ordering: Ordering) -> InclusionRules {
    InclusionRules {
        blobs: true,
        packed_scalars: true,
        channel_timeout: 300,
        max_rlp_bytes_per_channel: 100_000_000,
        max_channel_bank_bytes: 1_000_000_000,
        brotli: true,
        span_batches: true,
        ordering,
        holocene: ordering == Ordering::Strict,
    }
}

fn frame(id: u8, number: u16, data: impl Into<Bytes>, is_last: bool) -> Frame {
    Frame {
        id: ChannelId([id; 16]),
        number,
        data: data.into(),
        is_last,
    }
}

/// A frame that counts this much: its data and 200 bytes.
fn counting(id: u8, number: u16, size: usize, is_last: bool) -> Frame {
    frame(id, number, vec![0; size - 200], is_last)
}

#[test]
fn d02_d04_frames_across_transactions_are_taken_in_order() {
    let mut stage = Stage::new(rules(Ordering::Strict));
    let none = stage.item(1, vec![frame(1, 0, "a", false), frame(1, 2, "x", true)]);
    assert!(none.is_empty());
    // The queue has dropped frame 2; the channel goes on with 1, and refuses what comes again or too early.
    for item in [
        frame(1, 1, "b", false),
        frame(1, 3, "y", true),
        frame(1, 1, "z", true),
        frame(2, 2, "w", true),
    ] {
        assert!(stage.item(1, vec![item]).is_empty());
    }
    let done = stage.item(1, vec![frame(1, 2, "c", true)]);
    assert_eq!(done.len(), 1);
    assert_eq!((&done[0].data[..], done[0].frames), (&b"abc"[..], 3));
    assert_eq!(
        stage.frame_drops(),
        [
            (2, FrameDrop::OutOfOrder),
            (3, FrameDrop::OutOfOrder),
            (1, FrameDrop::OutOfOrder),
            (2, FrameDrop::OtherChannel)
        ]
    );
    // Nothing is open any more.
    assert!(stage.item(1, vec![frame(1, 3, "d", true)]).is_empty());
    assert_eq!(stage.frame_drops().last(), Some(&(3, FrameDrop::NoChannel)));
}

#[test]
fn a_first_frame_gives_up_the_open_channel() {
    let mut stage = Stage::new(rules(Ordering::Strict));
    stage.item(1, vec![frame(1, 0, "a", false)]);
    // In one item the queue sees it, across items the assembler does.
    stage.item(1, vec![frame(2, 0, "a", false), frame(3, 0, "a", false)]);
    assert_eq!(stage.ids(1, frame(3, 1, "b", true)), [3]);
    assert_eq!(stage.frame_drops(), [(0, FrameDrop::ChannelLeftOpen)]);
    assert_eq!(stage.channel_drops(), [(1, ChannelDrop::Replaced)]);
}

#[test]
fn d06_which_channel_is_read_first() {
    for (ordering, second, first) in [
        (Ordering::FirstChannel, &[][..], &[1, 2][..]),
        (Ordering::FirstReady, &[2], &[1]),
    ] {
        let mut stage = Stage::new(rules(ordering));
        assert_eq!(stage.ids(1, frame(1, 0, "a", false)), NONE);
        assert_eq!(stage.ids(1, frame(2, 0, "b", true)), second);
        assert_eq!(stage.ids(2, frame(1, 1, "c", true)), first, "{ordering:?}");
    }
    // Bedrock: the oldest channel stands in the way until it has timed out.
    let mut stage = Stage::new(rules(Ordering::FirstChannel));
    stage.item(1, vec![frame(1, 0, "a", false)]);
    stage.item(2, vec![frame(2, 0, "b", true)]);
    assert!(stage.item(301, Vec::new()).is_empty());
    let done = stage.item(302, Vec::new());
    assert_eq!(done[0].id, ChannelId([2; 16]));
    let timed_out = ChannelDrop::TimedOut {
        opened_at: 1,
        limit: 300,
    };
    assert_eq!(stage.channel_drops(), [(1, timed_out)]);
}

#[test]
fn d07_timeouts_are_strict_where_frames_are_taken_and_where_channels_are_read() {
    for ordering in [
        Ordering::FirstChannel,
        Ordering::FirstReady,
        Ordering::Strict,
    ] {
        for (limit, at, alive) in [
            (50, 60, true),
            (50, 61, false),
            (300, 310, true),
            (300, 311, false),
        ] {
            let mut stage = Stage::new(InclusionRules {
                channel_timeout: limit,
                ..rules(ordering)
            });
            stage.item(10, vec![frame(1, 0, "a", false)]);
            let done = stage.ids(at, frame(1, 1, "b", true));
            assert_eq!(done.len(), usize::from(alive), "{ordering:?} at {at}");
            let want = ChannelDrop::TimedOut {
                opened_at: 10,
                limit,
            };
            let drops = if alive { vec![] } else { vec![(1, want)] };
            assert_eq!(stage.channel_drops(), drops, "{ordering:?} at {at}");
        }
    }
    // Behind an older one that is alive, a complete channel is not looked at before its time; a frame for a dead one is.
    let mut stage = Stage::new(rules(Ordering::FirstReady));
    stage.item(1, vec![frame(1, 0, "a", false)]);
    let at = l1_ref(302, 0);
    stage
        .channels
        .push(frame(1, 1, "b", true), &at, &stage.rules, &mut stage.events);
    assert_eq!(stage.frame_drops(), [(1, FrameDrop::ChannelTimedOut)]);
}

#[test]
fn d10_a_channel_of_more_than_may_be_decompressed_is_dropped() {
    // As the reference counts: 200 bytes for each frame on top of its data.
    for limit in [10_000_000, 100_000_000] {
        for (over, kept) in [(0, true), (1, false)] {
            let mut stage = Stage::new(InclusionRules {
                max_rlp_bytes_per_channel: limit,
                ..rules(Ordering::Strict)
            });
            let frames = limit / 1_000_000;
            for n in 0..frames as u16 - 1 {
                assert_eq!(stage.ids(1, counting(1, n, 1_000_000, false)), NONE);
            }
            let last = counting(1, frames as u16 - 1, 1_000_000 + over, true);
            let done = stage.ids(1, last);
            let (ids, drops) = if kept {
                (vec![1], vec![])
            } else {
                (vec![], vec![(1, ChannelDrop::TooLarge { limit })])
            };
            assert_eq!(done, ids, "{over} over {limit}");
            assert_eq!(stage.channel_drops(), drops);
        }
    }
    // The check comes with each frame, not with the last one.
    let mut stage = Stage::new(InclusionRules {
        max_rlp_bytes_per_channel: 1000,
        ..rules(Ordering::Strict)
    });
    stage.item(1, vec![counting(1, 0, 1001, false)]);
    assert_eq!(
        stage.channel_drops(),
        [(1, ChannelDrop::TooLarge { limit: 1000 })]
    );
    assert_eq!(stage.ids(1, frame(1, 1, "", true)), NONE);
    assert_eq!(stage.frame_drops(), [(1, FrameDrop::NoChannel)]);
}

#[test]
fn d11_a_bank_over_its_size_loses_its_oldest_channels() {
    // Bedrock's and Fjord's sizes.
    for limit in [100_000_000_u64, 1_000_000_000] {
        let rules = InclusionRules {
            max_channel_bank_bytes: limit,
            ..rules(Ordering::FirstReady)
        };
        let mut stage = Stage::new(rules);
        // The data is shared, so that a full bank costs this test no memory.
        let data = Bytes::from(vec![0; 1_000_000 - 200]);
        let half = u16::try_from(limit / 2_000_000).unwrap();
        for number in 0..half {
            for id in [1, 2] {
                let done = stage.ids(1, frame(id, number, data.clone(), false));
                assert_eq!(done, NONE);
            }
        }
        assert_eq!(stage.channel_drops(), [], "full, but not over its size");
        // One frame without any data.
        stage.item(1, vec![frame(3, 0, "", false)]);
        assert_eq!(stage.channel_drops(), [(1, ChannelDrop::Pruned { limit })]);
        assert_eq!(stage.ids(1, frame(3, 1, "", true)), [3]);
        assert_eq!(stage.ids(1, frame(2, half, "", true)), [2]);
    }
    // Several go, the channel of the frame itself too.
    let mut stage = Stage::new(InclusionRules {
        max_channel_bank_bytes: 1000,
        ..rules(Ordering::FirstReady)
    });
    for id in [1, 2] {
        stage.item(1, vec![counting(id, 0, 400, false)]);
    }
    stage.item(1, vec![counting(3, 0, 1001, true)]);
    let pruned = ChannelDrop::Pruned { limit: 1000 };
    assert_eq!(
        stage.channel_drops(),
        [(1, pruned), (2, pruned), (3, pruned)]
    );
    assert!(stage.item(1, Vec::new()).is_empty());
}

/// D156: 13 MB as the limits count them, and not a byte of data.
#[test]
fn d154_d156_65536_frames_make_a_channel() {
    for ordering in [
        Ordering::FirstChannel,
        Ordering::FirstReady,
        Ordering::Strict,
    ] {
        let mut stage = Stage::new(rules(ordering));
        for number in 0..u16::MAX {
            assert_eq!(stage.ids(1, frame(1, number, "", false)), NONE);
        }
        let done = stage.item(1, vec![frame(1, u16::MAX, "", true)]);
        assert_eq!(done.len(), 1, "{ordering:?}");
        assert_eq!((done[0].frames, done[0].data.len()), (65_536, 0));
    }
}

#[test]
fn the_bank_takes_frames_in_any_order_and_each_once() {
    let mut stage = Stage::new(rules(Ordering::FirstReady));
    for (item, why) in [
        (frame(1, 2, "c", true), None),
        (frame(1, 0, "a", false), None),
        (frame(1, 0, "x", false), Some(FrameDrop::Duplicate)),
        (frame(1, 2, "x", false), Some(FrameDrop::Duplicate)),
        (frame(1, 1, "x", true), Some(FrameDrop::SecondLast)),
        (frame(1, 3, "x", false), Some(FrameDrop::PastLast)),
    ] {
        let before = stage.frame_drops().len();
        let number = item.number;
        assert_eq!(stage.ids(1, item), NONE);
        let drops = stage.frame_drops().split_off(before);
        let want: Vec<_> = why.map(|why| (number, why)).into_iter().collect();
        assert_eq!(drops, want);
    }
    let done = stage.item(1, vec![frame(1, 1, "b", false)]);
    assert_eq!(&done[0].data[..], b"abc");
}

/// The reference takes the sizes of all frames off when a last frame prunes some, kept ones too.
#[test]
fn d169_a_late_last_frame_leaves_only_its_own_size() {
    for (size, pruned) in [(9_700, false), (9_701, true)] {
        let mut stage = Stage::new(InclusionRules {
            max_channel_bank_bytes: 10_000,
            ..rules(Ordering::FirstReady)
        });
        for item in [
            counting(1, 0, 4_200, false),
            counting(1, 5, 4_200, false),
            counting(1, 3, 300, true),
            // Fits beside 300 bytes, and beside nothing more.
            counting(2, 0, size, false),
        ] {
            assert_eq!(stage.ids(1, item), NONE);
        }
        let drops = if pruned {
            vec![(1, ChannelDrop::Pruned { limit: 10_000 })]
        } else {
            vec![]
        };
        assert_eq!(stage.channel_drops(), drops);
    }
    // What is kept is kept: frames 0 and 3, and 1 and 2 make the channel whole.
    let mut stage = Stage::new(rules(Ordering::FirstReady));
    for item in [
        frame(1, 0, "a", false),
        frame(1, 5, "f", false),
        frame(1, 3, "d", true),
        frame(1, 1, "b", false),
    ] {
        assert_eq!(stage.ids(1, item), NONE);
    }
    let done = stage.item(1, vec![frame(1, 2, "c", false)]);
    assert_eq!(&done[0].data[..], b"abcd");
}

#[test]
fn d13_holocenes_activation_empties_the_bank() {
    let mut stage = Stage::new(rules(Ordering::FirstReady));
    stage.item(1, vec![frame(1, 0, "a", false)]);
    stage.item(1, vec![frame(2, 1, "b", true)]);
    stage.channels.activate_holocene(&mut stage.events);
    stage.rules = rules(Ordering::Strict);
    let gone = ChannelDrop::HoloceneActivated;
    assert_eq!(stage.channel_drops(), [(1, gone), (2, gone)]);
    assert_eq!(stage.ids(2, frame(1, 1, "b", true)), NONE);
    assert_eq!(stage.ids(2, frame(2, 0, "a", false)), NONE);
    assert_eq!(stage.ids(2, frame(2, 1, "b", true)), [2]);
    // A second activation changes nothing.
    assert_eq!(stage.ids(2, frame(3, 0, "a", false)), NONE);
    stage.channels.activate_holocene(&mut stage.events);
    assert_eq!(stage.ids(2, frame(3, 1, "b", true)), [3]);
}

//! What is fed in: structured inputs out of a fuzzer's bytes. Nothing here knows what should come out.

pub mod feed;
pub mod l1;
pub mod logs;
pub mod spans;

pub use feed::Feed;

use alloy_primitives::Bytes;
use hoike_protocol::frame::{ChannelId, Frame};

/// Frames of a few channels, most of them small.
pub fn frames(feed: &mut Feed<'_>) -> Vec<Frame> {
    let mut frames = Vec::new();
    while !feed.is_empty() && frames.len() < 64 {
        let head = feed.byte();
        frames.push(Frame {
            id: ChannelId([head & 3; 16]),
            number: if head & 4 == 0 {
                u16::from(feed.byte())
            } else {
                feed.u16()
            },
            is_last: head & 8 != 0,
            data: Bytes::copy_from_slice(feed.bytes()),
        });
    }
    frames
}

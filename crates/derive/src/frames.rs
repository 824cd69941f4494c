//! The frame queue: the frames of one data item, pruned under Holocene.

use crate::event::{Event, FrameDrop, Sink};
use alloc::{collections::VecDeque, vec::Vec};
use hoike_protocol::frame::Frame;

/// Frames of the current data item that no channel has taken yet. Holds one item at a time: pruning sees only that item's frames.
#[derive(Clone, Debug, Default)]
pub(crate) struct FrameQueue {
    frames: VecDeque<Frame>,
}

impl FrameQueue {
    pub(crate) fn pop(&mut self) -> Option<Frame> {
        self.frames.pop_front()
    }

    /// Takes the frames of a new item; the queue is empty then.
    pub(crate) fn load(&mut self, frames: Vec<Frame>, holocene: bool, log: &mut impl Sink) {
        self.frames = if holocene {
            prune(frames, log).into()
        } else {
            frames.into()
        };
    }

    pub(crate) fn clear(&mut self) {
        self.frames.clear();
    }
}

/// Keeps only frames that can follow one another. Spec: `holocene/derivation.md`, "Frame Queue".
///
/// Neighbours are compared from the front. A removal looks at the new neighbours again, and where an unclosed channel gives way to a new first
/// frame, at those one step back: frames are peeled off one by one, never a channel as a whole, so an earlier channel of the same id that is
/// complete stays (D03). Frame numbers are compared as `u16`, so 0 follows 65,535 (D160).
fn prune(frames: Vec<Frame>, log: &mut impl Sink) -> Vec<Frame> {
    let mut kept: Vec<Frame> = Vec::with_capacity(frames.len());
    for next in frames {
        loop {
            let Some(current) = kept.last() else {
                kept.push(next);
                break;
            };
            let why = if current.id == next.id {
                if current.is_last {
                    Some(FrameDrop::AfterLast)
                } else if next.number != current.number.wrapping_add(1) {
                    Some(FrameDrop::OutOfOrder)
                } else {
                    None
                }
            } else if next.number == 0 {
                if !current.is_last {
                    // The kept neighbour goes; `next` is compared with the one before it.
                    drop_frame(current, FrameDrop::ChannelLeftOpen, log);
                    kept.pop();
                    continue;
                }
                None
            } else {
                Some(FrameDrop::NotFirst)
            };
            match why {
                Some(why) => drop_frame(&next, why, log),
                None => kept.push(next),
            }
            break;
        }
    }
    kept
}

fn drop_frame(frame: &Frame, why: FrameDrop, log: &mut impl Sink) {
    log.event(Event::FrameDropped {
        channel: frame.id,
        number: frame.number,
        why,
    });
}

//! Holocene's channel stage. Spec: `holocene/derivation.md`, "Channel Bank".

use super::{Complete, concatenate, counted_size, dropped, taken, timed_out};
use crate::event::{ChannelDrop, Event, FrameDrop, Sink};
use alloc::vec::Vec;
use alloy_primitives::Bytes;
use hoike_protocol::{
    InclusionRules, L1Ref,
    frame::{ChannelId, Frame},
};

/// One channel at a time, its frames strictly in order.
#[derive(Clone, Debug, Default)]
pub(crate) struct Assembler {
    open: Option<Open>,
}

#[derive(Clone, Debug)]
struct Open {
    id: ChannelId,
    opened_at: u64,
    /// Frame data by frame number.
    frames: Vec<Bytes>,
    /// Data and overhead of all frames.
    size: u64,
}

impl Assembler {
    pub(crate) fn expire(&mut self, at: &L1Ref, rules: &InclusionRules, log: &mut impl Sink) {
        if let Some(open) = self
            .open
            .take_if(|open| timed_out(open.opened_at, at, rules))
        {
            dropped(
                open.id,
                ChannelDrop::TimedOut {
                    opened_at: open.opened_at,
                    limit: rules.channel_timeout,
                },
                log,
            );
        }
    }

    /// A first frame always starts over; any other must be the very next one of the open channel (D02).
    pub(crate) fn push(
        &mut self,
        frame: Frame,
        at: &L1Ref,
        rules: &InclusionRules,
        log: &mut impl Sink,
    ) -> Option<Complete> {
        if frame.number == 0 {
            if let Some(old) = self.open.take() {
                dropped(old.id, ChannelDrop::Replaced, log);
            }
            log.event(Event::ChannelOpened { id: frame.id });
            self.open = Some(Open {
                id: frame.id,
                opened_at: at.number,
                frames: Vec::new(),
                size: 0,
            });
        }
        let why = match &self.open {
            None => Some(FrameDrop::NoChannel),
            Some(open) if open.id != frame.id => Some(FrameDrop::OtherChannel),
            Some(open) if open.frames.len() != usize::from(frame.number) => {
                Some(FrameDrop::OutOfOrder)
            }
            Some(_) => None,
        };
        if let Some(why) = why {
            log.event(Event::FrameDropped {
                channel: frame.id,
                number: frame.number,
                why,
            });
            return None;
        }
        let open = self.open.as_mut()?;
        open.size = open.size.saturating_add(counted_size(&frame));
        taken(&frame, log);
        open.frames.push(frame.data);
        if open.size > rules.max_rlp_bytes_per_channel {
            dropped(
                frame.id,
                ChannelDrop::TooLarge {
                    limit: rules.max_rlp_bytes_per_channel,
                },
                log,
            );
            self.open = None;
            return None;
        }
        if !frame.is_last {
            return None;
        }
        self.open.take().map(|open| Complete {
            id: open.id,
            opened_at: open.opened_at,
            frames: open.frames.len() as u64,
            data: concatenate(open.frames.iter()),
        })
    }

    pub(crate) fn flush(&mut self, log: &mut impl Sink) {
        if let Some(open) = self.open.take() {
            dropped(open.id, ChannelDrop::Flushed, log);
        }
    }
}

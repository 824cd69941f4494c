//! Channels: frames in, complete channels out. Before Holocene a bank of many, from Holocene on one at a time.

mod assembler;
mod bank;

use crate::event::{ChannelDrop, Event, Sink};
use alloc::vec::Vec;
use alloy_primitives::Bytes;
use assembler::Assembler;
use bank::Bank;
use hoike_protocol::{
    InclusionRules, L1Ref,
    frame::{ChannelId, Frame},
};

/// A complete channel, still compressed.
#[derive(Clone, Debug)]
pub(crate) struct Complete {
    pub(crate) id: ChannelId,
    pub(crate) opened_at: u64,
    pub(crate) frames: u64,
    pub(crate) data: Bytes,
}

/// The channel stage in one of its two forms.
#[derive(Clone, Debug)]
pub(crate) enum Channels {
    Bank(Bank),
    Assembler(Assembler),
}

impl Channels {
    /// The form that data of an L1 block with these rules is read with.
    pub(crate) fn new(rules: &InclusionRules) -> Self {
        if rules.holocene {
            Self::Assembler(Assembler::default())
        } else {
            Self::Bank(Bank::default())
        }
    }

    /// Replaces the bank at Holocene's activation; what it holds is lost. Spec: `holocene/derivation.md`, "Activation".
    pub(crate) fn activate_holocene(&mut self, log: &mut impl Sink) {
        if let Self::Bank(bank) = self {
            bank.drop_all(ChannelDrop::HoloceneActivated, log);
            *self = Self::Assembler(Assembler::default());
        }
    }

    /// A channel to read before any further frame is taken, if there is one.
    pub(crate) fn ready(
        &mut self,
        at: &L1Ref,
        rules: &InclusionRules,
        log: &mut impl Sink,
    ) -> Option<Complete> {
        match self {
            Self::Bank(bank) => bank.read(at, rules, log),
            Self::Assembler(assembler) => {
                assembler.expire(at, rules, log);
                None
            }
        }
    }

    /// Takes a frame; with the assembler, a last frame completes its channel at once.
    pub(crate) fn push(
        &mut self,
        frame: Frame,
        at: &L1Ref,
        rules: &InclusionRules,
        log: &mut impl Sink,
    ) -> Option<Complete> {
        match self {
            Self::Bank(bank) => {
                bank.ingest(frame, at, rules, log);
                None
            }
            Self::Assembler(assembler) => assembler.push(frame, at, rules, log),
        }
    }

    /// Drops the open channel. Before Holocene nothing is ever flushed.
    pub(crate) fn flush(&mut self, log: &mut impl Sink) {
        match self {
            Self::Bank(_) => {}
            Self::Assembler(assembler) => assembler.flush(log),
        }
    }
}

/// Whether a channel opened at L1 block `opened_at` is dead at `at`. Spec: `protocol/derivation.md`, "Timeouts" (D07: strict, by inclusion).
fn timed_out(opened_at: u64, at: &L1Ref, rules: &InclusionRules) -> bool {
    opened_at.saturating_add(rules.channel_timeout) < at.number
}

/// The data of a channel's frames, in order. One frame is not copied.
fn concatenate<'a>(parts: impl ExactSizeIterator<Item = &'a Bytes> + Clone) -> Bytes {
    if parts.len() == 1 {
        return parts.clone().next().cloned().unwrap_or_default();
    }
    let mut data = Vec::with_capacity(parts.clone().map(|part| part.len()).sum());
    for part in parts {
        data.extend_from_slice(part);
    }
    data.into()
}

/// Size of a frame as the limits count it.
fn counted_size(frame: &Frame) -> u64 {
    (frame.data.len() as u64).saturating_add(hoike_protocol::frame::FRAME_OVERHEAD)
}

fn dropped(id: ChannelId, why: ChannelDrop, log: &mut impl Sink) {
    log.event(Event::ChannelDropped { id, why });
}

fn taken(frame: &Frame, log: &mut impl Sink) {
    log.event(Event::FrameTaken {
        channel: frame.id,
        number: frame.number,
        bytes: frame.data.len() as u64,
        last: frame.is_last,
    });
}

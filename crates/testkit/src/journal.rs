//! What a run has told, and how tests ask about it.

use hoike_derive::{BatchDrop, ChannelDrop, Event, FrameDrop, Sink};
use hoike_executor::{Executed, InvalidPayload};
use hoike_program::{Outcome, Watch};
use hoike_protocol::Attributes;

/// Writes down every event, and what was executed.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Journal {
    /// Events, in order.
    pub events: Vec<Event>,
    /// For each attempt to build a block: its time, the number of its transactions, and whether it is one.
    pub executed: Vec<(u64, usize, bool)>,
}

impl Sink for Journal {
    fn event(&mut self, event: Event) {
        self.events.push(event);
    }
}

impl Watch for Journal {
    fn executed(&mut self, attributes: &Attributes, outcome: &Result<Executed, InvalidPayload>) {
        let count = attributes.transactions.len();
        self.executed
            .push((attributes.time.0, count, outcome.is_ok()));
    }
}

impl Journal {
    /// Why batches were dropped, in order.
    pub fn batch_drops(&self) -> Vec<BatchDrop> {
        self.pick(|event| match event {
            Event::BatchDropped { why, .. } => Some(*why),
            _ => None,
        })
    }

    /// Why channels were dropped, in order.
    pub fn channel_drops(&self) -> Vec<ChannelDrop> {
        self.pick(|event| match event {
            Event::ChannelDropped { why, .. } => Some(*why),
            _ => None,
        })
    }

    /// Numbers of dropped frames, and why, in order.
    pub fn frame_drops(&self) -> Vec<(u16, FrameDrop)> {
        self.pick(|event| match event {
            Event::FrameDropped { number, why, .. } => Some((*number, *why)),
            _ => None,
        })
    }

    /// Numbers of the blocks that were forced for want of a batch.
    pub fn forced(&self) -> Vec<u64> {
        self.pick(|event| match event {
            Event::EmptyBatch { number, .. } => Some(*number),
            _ => None,
        })
    }

    /// Numbers of the blocks whose payload was invalid, and whether they were replaced.
    pub fn invalid(&self) -> Vec<(u64, bool)> {
        self.pick(|event| match event {
            Event::PayloadInvalid { number, replaced } => Some((*number, *replaced)),
            _ => None,
        })
    }

    /// How many events are like this.
    pub fn count(&self, like: impl Fn(&Event) -> bool) -> usize {
        self.events.iter().filter(|event| like(event)).count()
    }

    /// What is picked out of the events, in order.
    pub fn pick<T>(&self, pick: impl Fn(&Event) -> Option<T>) -> Vec<T> {
        self.events.iter().filter_map(pick).collect()
    }
}

/// A verdict and what led to it.
#[derive(Clone, Debug)]
pub struct Judged {
    /// The verdict.
    pub outcome: Outcome,
    /// What was told, on the short route.
    pub journal: Journal,
}

impl Judged {
    /// All events, a line each, for messages.
    pub fn told(&self) -> String {
        let lines = self.journal.events.iter().map(|event| format!("{event:?}"));
        lines.collect::<Vec<_>>().join("\n")
    }
}

impl std::ops::Deref for Judged {
    type Target = Journal;

    fn deref(&self) -> &Journal {
        &self.journal
    }
}

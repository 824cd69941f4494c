//! What a run did, counted as it goes.

use hoike_derive::{Event, Sink};
use hoike_executor::{Executed, InvalidPayload};
use hoike_program::{Phase, Watch};
use hoike_protocol::Attributes;
use std::time::{Duration, Instant};

/// Counts a run's events and times its phases.
#[derive(Debug)]
pub(crate) struct Journal {
    pub(crate) l1_first: Option<u64>,
    pub(crate) l1_last: Option<u64>,
    pub(crate) l1_blocks: u64,
    pub(crate) blobs: u64,
    pub(crate) batcher_transactions: u64,
    pub(crate) channels: u64,
    pub(crate) batches: u64,
    pub(crate) dropped: u64,
    pub(crate) blocks: u64,
    pub(crate) transactions: u64,
    pub(crate) gas: u64,
    pub(crate) replaced: u64,
    pub(crate) start: Duration,
    pub(crate) derive: Duration,
    pub(crate) execute: Duration,
    pub(crate) finish: Duration,
    phase: Phase,
    since: Instant,
}

impl Journal {
    pub(crate) fn new() -> Self {
        Self {
            l1_first: None,
            l1_last: None,
            l1_blocks: 0,
            blobs: 0,
            batcher_transactions: 0,
            channels: 0,
            batches: 0,
            dropped: 0,
            blocks: 0,
            transactions: 0,
            gas: 0,
            replaced: 0,
            start: Duration::ZERO,
            derive: Duration::ZERO,
            execute: Duration::ZERO,
            finish: Duration::ZERO,
            phase: Phase::Start,
            since: Instant::now(),
        }
    }

    /// Ends the current phase.
    pub(crate) fn stop(&mut self) {
        let spent = self.since.elapsed();
        *match self.phase {
            Phase::Start => &mut self.start,
            Phase::Derive => &mut self.derive,
            Phase::Execute => &mut self.execute,
            Phase::Finish => &mut self.finish,
        } += spent;
        self.since = Instant::now();
    }
}

impl Sink for Journal {
    fn event(&mut self, event: Event) {
        match event {
            Event::L1Block { block, .. } => {
                self.l1_first.get_or_insert(block.number);
                self.l1_last = Some(block.number);
                self.l1_blocks += 1;
            }
            Event::BatcherTransaction { blobs, .. } => {
                self.batcher_transactions += 1;
                self.blobs += blobs.unwrap_or(0);
            }
            Event::ChannelRead { .. } => self.channels += 1,
            Event::BatchRead { .. } => self.batches += 1,
            Event::PayloadInvalid { replaced: true, .. } => self.replaced += 1,
            Event::DepositUnreadable { .. }
            | Event::ConfigUpdateSkipped { .. }
            | Event::BlobIgnored { .. }
            | Event::FramesRejected { .. }
            | Event::FrameDropped { .. }
            | Event::ChannelDropped { .. }
            | Event::ChannelUnreadable { .. }
            | Event::ChannelRestDropped { .. }
            | Event::BatchUnreadable(_)
            | Event::BatchDropped { .. }
            | Event::BatchUndecided { .. }
            | Event::InboxTransactionIgnored { .. }
            | Event::PayloadInvalid {
                replaced: false, ..
            } => self.dropped += 1,
            Event::Deposits { .. }
            | Event::ConfigUpdated { .. }
            | Event::DataItem { .. }
            | Event::FramesRead { .. }
            | Event::FrameTaken { .. }
            | Event::ChannelOpened { .. }
            | Event::BatchAccepted { .. }
            | Event::EmptyBatch { .. }
            | Event::Block { .. } => {}
        }
    }
}

impl Watch for Journal {
    fn phase(&mut self, phase: Phase) {
        self.stop();
        self.phase = phase;
    }

    fn executed(&mut self, attributes: &Attributes, outcome: &Result<Executed, InvalidPayload>) {
        if let Ok(executed) = outcome {
            self.blocks += 1;
            self.transactions += attributes.transactions.len() as u64;
            self.gas += executed.header.gas_used;
        }
    }
}

//! The machine: all stages, flat. Here its surface and what it does with attributes; the left end in [`reading`], the batch stage in [`candidates`].

mod candidates;
mod reading;

use crate::{
    attributes,
    batch::{
        Candidate,
        queue::{Batch, Queue},
        stream::Stream,
    },
    channel::Channels,
    epochs::{Epoch, Epochs},
    event::{BatchDrop, BatchId, Event, Sink},
    extract::receipts::{self, Extracted},
    frames::FrameQueue,
    intake::{Intake, Pull},
    start::Start,
    step::{Answer, Built, Halt, Head, L2Block, Mismatch, Need, Step, decode_receipts},
};
use alloc::{boxed::Box, vec::Vec};
use alloy_consensus::Header;
use alloy_primitives::{B256, Bytes, Sealed};
use hoike_protocol::{
    Attributes, InclusionRules, L1Ref, L2Ref, L2Time, Rules, SystemConfig, batch::BatchReader,
    blob, frame::ChannelId, receipt::Receipt,
};

/// Derivation of one chain from a safe head on: a pure, synchronous state machine.
///
/// Call [`Derivation::step`]; do what it asks; tell it with [`Derivation::supply`], [`Derivation::end_of_l1`] or [`Derivation::built`]. A failed
/// fetch cannot change what is derived, since the machine only waits. A reorg of L1 is a new machine.
#[derive(Clone, Debug)]
pub struct Derivation {
    rules: Rules,
    /// Whether receipts are only asked for where the logs bloom admits something of interest.
    skip_receipts: bool,
    /// Whether the first block has been announced.
    begun: bool,
    /// The L1 block that is being read.
    l1: L1Ref,
    included: InclusionRules,
    /// The config as L1 has it; only the batcher is ever used.
    l1_config: SystemConfig,
    phase: Phase,
    pub(crate) intake: Intake,
    frames: FrameQueue,
    channels: Channels,
    reader: Option<Reader>,
    /// The next batch's.
    next_batch_id: BatchId,
    /// The current L1 block, until the batch stage takes notice of it.
    fresh: Option<Epoch>,
    epochs: Epochs,
    stage: Stage,
    /// A batch that was read and waits for L2 blocks to be judged.
    held: Option<Batch>,
    /// Set while the queue waits for L2 blocks after it was filled: whether L1 data had run out.
    looking: Option<bool>,
    l2: Vec<L2Block>,
    /// The block to build on. Before Holocene it runs ahead of `safe` within a span batch.
    head: Head,
    safe: Head,
    building: Option<Building>,
    need: Option<Need>,
    halted: Option<Halt>,
}

/// The channel that is being read.
#[derive(Clone, Debug)]
struct Reader {
    channel: ChannelId,
    batches: BatchReader,
}

/// Which part of an L1 block is dealt with.
#[derive(Clone, Debug)]
enum Phase {
    /// The current block is being read.
    Reading,
    /// The next block's header is needed; `true` when there is none for now.
    Header { exhausted: bool },
    /// Its receipts are needed.
    Receipts { header: Sealed<Header> },
    /// All is there to move on to it.
    Enter {
        header: Sealed<Header>,
        receipts: Option<Vec<Receipt>>,
    },
}

/// The batch stage in one of its two forms.
#[derive(Clone, Debug)]
enum Stage {
    Queue(Queue),
    Stream(Stream),
}

#[derive(Clone, Debug)]
struct Building {
    attributes: Attributes,
    /// Whether the block is safe as soon as it is built; else only with the last block of its span.
    concluding: bool,
}

impl Derivation {
    /// Begins where [`StartSearch`](crate::StartSearch) found.
    pub fn new(rules: Rules, start: Start) -> Self {
        let Start {
            l1: header,
            config,
            head,
        } = start;
        let l1 = l1_ref(&header);
        let included = rules.at_inclusion(l1.as_inclusion());
        let mut epochs = Epochs::default();
        // No block can be the first of this epoch any more, so its receipts do not matter.
        epochs.push(Epoch {
            l1,
            header,
            extracted: Extracted::nothing(),
        });
        Self {
            skip_receipts: true,
            begun: false,
            l1,
            l1_config: config,
            phase: Phase::Reading,
            intake: Intake::Transactions,
            frames: FrameQueue::default(),
            channels: Channels::new(&included),
            reader: None,
            next_batch_id: BatchId(0),
            fresh: None,
            epochs,
            stage: if included.holocene {
                Stage::Stream(Stream::default())
            } else {
                Stage::Queue(Queue::default())
            },
            included,
            rules,
            held: None,
            looking: None,
            l2: Vec::new(),
            head,
            safe: head,
            building: None,
            need: None,
            halted: None,
        }
    }

    /// Asks for the receipts of every L1 block, whatever its logs bloom says. The result is the same.
    pub fn without_shortcuts(mut self) -> Self {
        self.skip_receipts = false;
        self
    }

    /// The block to build on.
    pub const fn head(&self) -> &Head {
        &self.head
    }

    /// The newest safe block. Before Holocene the blocks of a span batch become safe together, with its last one.
    pub const fn safe(&self) -> &Head {
        &self.safe
    }

    #[cfg(test)]
    pub(crate) fn concluding(&self) -> bool {
        self.building
            .as_ref()
            .is_some_and(|building| building.concluding)
    }

    #[cfg(test)]
    pub(crate) fn forget_need(&mut self) {
        self.need = None;
    }

    /// The L1 block that is being read.
    pub const fn l1(&self) -> &L1Ref {
        &self.l1
    }

    /// Runs until something is needed. Calling it again without answering returns the same step.
    ///
    /// # Errors
    /// [`Halt`]: derivation cannot go on, ever.
    pub fn step(&mut self, log: &mut impl Sink) -> Result<Step, Halt> {
        if let Some(halt) = &self.halted {
            return Err(halt.clone());
        }
        self.run(log)
            .inspect_err(|halt| self.halted = Some(halt.clone()))
    }

    /// From the right end to the left: what is pending comes first, L1 goes on when there is nothing else to do.
    fn run(&mut self, log: &mut impl Sink) -> Result<Step, Halt> {
        if !core::mem::replace(&mut self.begun, true) {
            let (block, receipts) = (self.l1, false);
            log.event(Event::L1Block { block, receipts });
        }
        loop {
            if let Some(building) = &self.building {
                return Ok(Step::Build(Box::new(building.attributes.clone())));
            }
            if let Some(need) = &self.need {
                return Ok(Step::Need(need.clone()));
            }
            match &mut self.phase {
                Phase::Header { exhausted: true } => return Ok(Step::L1Exhausted),
                Phase::Header { exhausted: false } => {
                    self.need = Some(Need::L1Header {
                        number: self.l1.number.saturating_add(1),
                    })
                }
                Phase::Receipts { header } => {
                    self.need = Some(Need::L1Receipts {
                        block: l1_ref(header).id(),
                    })
                }
                Phase::Enter { header, receipts } => {
                    let (header, receipts) = (header.clone(), receipts.take());
                    self.enter(header, receipts, log);
                }
                Phase::Reading => match self.next_candidate(log)? {
                    Pull::Item((candidate, concluding)) => {
                        self.prepare(candidate, concluding, log)?
                    }
                    Pull::Eof => self.phase = Phase::Header { exhausted: false },
                    Pull::Need(need) => self.need = Some(need),
                },
            }
        }
    }

    /// Answers the open need.
    ///
    /// # Errors
    /// The answer does not fit; nothing has changed.
    pub fn supply(&mut self, answer: Answer) -> Result<(), Mismatch> {
        let exhausted = matches!(self.phase, Phase::Header { exhausted: true });
        let next_header = Need::L1Header {
            number: self.l1.number.saturating_add(1),
        };
        let need = if exhausted {
            Some(&next_header)
        } else {
            self.need.as_ref()
        };
        match (need, answer) {
            (Some(Need::L1Header { number }), Answer::L1Header(header)) => {
                if header.number != *number {
                    return Err(Mismatch::Number {
                        number: *number,
                        got: header.number,
                    });
                }
                if header.parent_hash != self.l1.hash {
                    return Err(Mismatch::Parent {
                        number: *number,
                        parent: self.l1.hash,
                    });
                }
                let skip = self.skip_receipts
                    && !receipts::may_matter(&header.logs_bloom, &self.rules.rollup);
                self.phase = if skip {
                    Phase::Enter {
                        header,
                        receipts: None,
                    }
                } else {
                    Phase::Receipts { header }
                };
            }
            (Some(Need::L1Receipts { .. }), Answer::L1Receipts(raw)) => {
                let Phase::Receipts { header } = &self.phase else {
                    return Err(Mismatch::Unasked);
                };
                self.phase = Phase::Enter {
                    header: header.clone(),
                    receipts: Some(decode_receipts(&raw)?),
                };
            }
            (Some(Need::L1Transactions { .. }), Answer::L1Transactions(transactions)) => {
                self.intake.supply_transactions(transactions)
            }
            (Some(Need::Blobs { blobs: wanted, .. }), Answer::Blobs(blobs)) => {
                if blobs.len() != wanted.len() {
                    return Err(Mismatch::Count {
                        want: wanted.len() as u64,
                        got: blobs.len() as u64,
                    });
                }
                if let Some(odd) = blobs.iter().find(|bytes| bytes.len() != blob::BLOB_SIZE) {
                    return Err(Mismatch::BlobLength {
                        got: odd.len() as u64,
                    });
                }
                self.intake.supply_blobs(blobs);
            }
            (Some(Need::L2Blocks { numbers }), Answer::L2Blocks(blocks)) => {
                let want = numbers
                    .end()
                    .saturating_sub(*numbers.start())
                    .saturating_add(1);
                if blocks.len() as u64 != want {
                    return Err(Mismatch::Count {
                        want,
                        got: blocks.len() as u64,
                    });
                }
                self.check_chain(&blocks)?;
                self.l2 = blocks;
            }
            _ => return Err(Mismatch::Unasked),
        }
        self.need = None;
        Ok(())
    }

    /// States that the L1 block whose header is needed does not exist. It may still be supplied later.
    ///
    /// # Errors
    /// No header is needed.
    pub fn end_of_l1(&mut self) -> Result<(), Mismatch> {
        match self.phase {
            Phase::Header { .. } => {
                self.phase = Phase::Header { exhausted: true };
                self.need = None;
                Ok(())
            }
            Phase::Reading | Phase::Receipts { .. } | Phase::Enter { .. } => Err(Mismatch::Unasked),
        }
    }

    /// Reports what became of the attributes. A block becomes the new head; what makes no block is replaced or dropped by the machine itself.
    ///
    /// # Errors
    /// No attributes are out, or the header is no block of them.
    pub fn built(&mut self, outcome: Built, log: &mut impl Sink) -> Result<(), Mismatch> {
        let Some(building) = &self.building else {
            return Err(Mismatch::Unasked);
        };
        let number = self.head.block.number.saturating_add(1);
        match outcome {
            Built::Block(header) => {
                if header.parent_hash != self.head.block.hash || header.number != number {
                    return Err(Mismatch::L2Chain {
                        number: header.number,
                    });
                }
                match self.read_back(&header, building.attributes.transactions.first()) {
                    Ok(head) => self.head = head,
                    Err(why) => self.halted = Some(Halt::ReadBack { number, why }),
                }
                if building.concluding {
                    self.safe = self.head;
                }
                let L2Ref {
                    number,
                    hash,
                    origin,
                    ..
                } = self.head.block;
                log.event(Event::Block {
                    number,
                    hash,
                    origin,
                    safe: building.concluding,
                });
                self.building = None;
                self.l2.clear();
            }
            Built::Invalid => self.invalid(number, log),
        }
        Ok(())
    }

    /// Spec: `holocene/derivation.md`, "Engine Queue"; before Holocene the attributes are dropped, and with them the blocks of their span that were
    /// built already, since none of those is safe yet.
    fn invalid(&mut self, number: u64, log: &mut impl Sink) {
        let Some(building) = self.building.take() else {
            return;
        };
        if building.attributes.is_deposits_only() {
            self.halted = Some(Halt::DepositsOnlyInvalid { number });
            self.building = Some(building);
            return;
        }
        let replaced = self.included.holocene;
        log.event(Event::PayloadInvalid { number, replaced });
        if replaced {
            self.flush(log);
            self.building = Some(Building {
                attributes: building.attributes.deposits_only(),
                ..building
            });
        } else {
            self.head = self.safe;
        }
    }

    /// Holocene: what is left of the channel and of the span goes.
    pub(crate) fn flush(&mut self, log: &mut impl Sink) {
        if let Stage::Stream(stream) = &mut self.stage
            && let Some(pending) = stream.pending.take()
        {
            let (batch, time) = (pending.id(), pending.next_time());
            let why = BatchDrop::SpanAbandoned;
            log.event(Event::BatchDropped { batch, time, why });
        }
        if let Some(reader) = self.reader.take() {
            let (id, bytes) = (reader.channel, reader.batches.remaining());
            if bytes > 0 {
                log.event(Event::ChannelRestDropped { id, bytes });
            }
        }
        self.channels.flush(log);
    }

    fn prepare(
        &mut self,
        candidate: Candidate,
        concluding: bool,
        log: &mut impl Sink,
    ) -> Result<(), Halt> {
        let epoch = self
            .epochs
            .by_number(candidate.epoch.number)
            .ok_or(Halt::Impossible("a batch of an unknown epoch was accepted"))?;
        let (number, origin) = (self.head.block.number.saturating_add(1), candidate.epoch);
        let (batch, transactions) = (candidate.batch, candidate.transactions.count());
        let attributes = attributes::prepare(candidate, &self.head, epoch, &self.rules)?;
        log.event(match batch {
            Some(batch) => Event::BatchAccepted {
                batch,
                number,
                origin,
                transactions,
            },
            None => Event::EmptyBatch { number, origin },
        });
        self.building = Some(Building {
            attributes,
            concluding,
        });
        Ok(())
    }

    fn read_back(
        &self,
        header: &Sealed<Header>,
        first_tx: Option<&Bytes>,
    ) -> Result<Head, hoike_protocol::config::read_back::ReadBackFault> {
        let (config, first_tx) = (&self.rules.rollup, first_tx.map(|tx| tx.as_ref()));
        let rules = self.rules.at_l2(L2Time(header.timestamp));
        let block = L2Ref::from_block(header, header.hash(), first_tx, config, &rules)?;
        let config = SystemConfig::read_back(header, header.hash(), first_tx, config, &rules)?;
        Ok(Head { block, config })
    }

    /// Blocks for an overlap: a chain, ending in the head if they reach it, each readable.
    fn check_chain(&self, blocks: &[L2Block]) -> Result<(), Mismatch> {
        let reaches_head = blocks
            .last()
            .is_some_and(|block| block.header.number >= self.head.block.number);
        let mut child: Option<B256> = reaches_head.then_some(self.head.block.hash);
        for block in blocks.iter().rev() {
            let (number, hash) = (block.header.number, block.header.hash());
            if child.is_some_and(|parent_of_child| parent_of_child != hash) {
                return Err(Mismatch::L2Chain { number });
            }
            let first_tx = block.transactions.first().map(|tx| tx.as_ref());
            let rules = self.rules.at_l2(L2Time(block.header.timestamp));
            L2Ref::from_block(&block.header, hash, first_tx, &self.rules.rollup, &rules)
                .map_err(|why| Mismatch::L2Block { number, why })?;
            child = Some(block.header.parent_hash);
        }
        Ok(())
    }
}

fn l1_ref(header: &Sealed<Header>) -> L1Ref {
    L1Ref {
        hash: header.hash(),
        number: header.number,
        parent: header.parent_hash,
        time: header.timestamp,
    }
}

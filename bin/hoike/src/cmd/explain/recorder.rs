//! Watches a run and makes a timeline of it.

use super::{
    reason,
    timeline::{
        Batch, Carries, Channel, ChannelEnd, Dropped, Entry, Fate, Frame, Item, ItemOutcome,
        L1Block, L2Block, MadeOf, Receipts, Refused, Source, Timeline, Transaction,
    },
};
use alloy_consensus::Header;
use alloy_primitives::{B256, Bytes, Sealed, keccak256};
use hoike_derive::{Derivation, Event, Sink};
use hoike_executor::{Executed, InvalidPayload};
use hoike_program::Watch;
use hoike_protocol::{Attributes, BlockId, attributes::DEPOSIT_TX_TYPE, frame::ChannelId};
use std::collections::{HashMap, VecDeque};

/// Records a run.
#[derive(Debug, Default)]
pub(crate) struct Recorder {
    timeline: Timeline,
    /// Channels that have not ended, by their ids.
    open: HashMap<ChannelId, usize>,
    /// The channel whose batches are being read.
    reading: usize,
    /// Transactions of the block being read.
    raw: Vec<Bytes>,
    /// What data items are still to come: the index of the transaction of each.
    due: VecDeque<usize>,
    building: Option<Building>,
}

/// The block between its attributes and its header.
#[derive(Debug)]
struct Building {
    made_of: MadeOf,
    /// What executing it gave.
    executed: Option<Result<Made, reason::Reason>>,
}

#[derive(Debug)]
struct Made {
    header: Sealed<Header>,
    transactions: u64,
    deposits: u64,
    output_root: Option<B256>,
}

impl Recorder {
    pub(crate) fn finish(self) -> Timeline {
        self.timeline
    }

    fn l1(&self) -> u64 {
        self.timeline.l1.last().map_or(0, |block| block.at.number)
    }

    fn log(&mut self, entry: Entry) {
        if let Some(block) = self.timeline.l1.last_mut() {
            block.log.push(entry);
        }
    }

    /// A transaction to the inbox.
    fn transaction(&mut self, index: u64, carries: Carries) {
        let raw = usize::try_from(index).ok().and_then(|at| self.raw.get(at));
        let hash = raw.map(keccak256);
        let Some(block) = self.timeline.l1.last_mut() else {
            return;
        };
        let at = block.transactions.len();
        block.log.push(Entry::Transaction(at));
        block.transactions.push(Transaction {
            index,
            hash,
            carries,
        });
        let items = match carries {
            Carries::Calldata => 1,
            Carries::Blobs(count) => count,
            Carries::Nothing(_) => 0,
        };
        self.due.extend((0..items).map(|_| at));
    }

    /// The next data item.
    fn item(&mut self, blob: Option<B256>, bytes: u64, outcome: ItemOutcome) {
        let transaction = self.due.pop_front().unwrap_or_default();
        let Some(block) = self.timeline.l1.last_mut() else {
            return;
        };
        block.log.push(Entry::Item(block.items.len()));
        block.items.push(Item {
            transaction,
            blob,
            bytes,
            outcome,
            frames: Vec::new(),
        });
    }

    fn current_item(&mut self) -> Option<&mut Item> {
        self.timeline.l1.last_mut()?.items.last_mut()
    }

    fn frame_taken(&mut self, channel: ChannelId, number: u16, bytes: u64, last: bool) {
        let Some(&at) = self.open.get(&channel) else {
            return;
        };
        let l1 = self.l1();
        let mut source = Source {
            l1,
            transaction: 0,
            hash: None,
            frames: 1,
        };
        if let Some(block) = self.timeline.l1.last_mut()
            && let Some(item) = block.items.last_mut()
        {
            item.frames.push(Frame {
                channel,
                number,
                fate: Fate::Taken {
                    channel: at,
                    bytes,
                    last,
                },
            });
            if let Some(transaction) = block.transactions.get(item.transaction) {
                source.transaction = transaction.index;
                source.hash = transaction.hash;
            }
        }
        if let Some(channel) = self.timeline.channels.get_mut(at) {
            channel.frames += 1;
            channel.bytes += bytes;
            match channel.sources.last_mut() {
                Some(known) if (known.l1, known.transaction) == (l1, source.transaction) => {
                    known.frames += 1;
                }
                Some(_) | None => channel.sources.push(source),
            }
        }
    }

    fn channel_ended(&mut self, id: ChannelId, end: ChannelEnd) {
        let Some(at) = self.open.remove(&id) else {
            return;
        };
        let l1 = self.l1();
        if let Some(channel) = self.timeline.channels.get_mut(at) {
            channel.end = end;
            channel.ended_at = Some(l1);
        }
        if matches!(end, ChannelEnd::Read { .. }) {
            self.reading = at;
        }
        self.log(Entry::ChannelEnded(at));
    }

    fn batch(&mut self, at: usize) -> Option<&mut Batch> {
        self.timeline.batches.get_mut(at)
    }

    fn block(&mut self, hash: B256, origin: BlockId, safe: bool) {
        let l1 = self.l1();
        let before = self
            .timeline
            .chain()
            .next_back()
            .map(|block| (block.origin, block.sequence_number));
        let agreed = self.timeline.agreed;
        let before = before.or(agreed.map(|block| (block.origin, block.sequence_number)));
        let sequence_number = match before {
            Some((of, sequence_number)) if of == origin => sequence_number.wrapping_add(1),
            Some(_) | None => 0,
        };
        let Some(Building {
            made_of,
            executed: Some(Ok(made)),
        }) = self.building.take()
        else {
            return;
        };
        self.log(Entry::Built(self.timeline.l2.len()));
        self.timeline.l2.push(L2Block {
            number: made.header.number,
            hash,
            time: made.header.timestamp,
            origin,
            sequence_number,
            transactions: made.transactions,
            deposits: made.deposits,
            gas_used: made.header.gas_used,
            state_root: made.header.state_root,
            output_root: made.output_root,
            made_of,
            derived_at: l1,
            safe_at: None,
            undone: false,
        });
        if safe {
            let unsafe_ones = self.timeline.l2.iter_mut().rev();
            for block in unsafe_ones.take_while(|block| block.safe_at.is_none()) {
                if !block.undone {
                    block.safe_at = Some(l1);
                }
            }
        }
    }

    fn payload_invalid(&mut self, number: u64, replaced: bool) {
        let Some(building) = self.building.take() else {
            return;
        };
        let batch = match building.made_of {
            MadeOf::Batch(batch) => Some(batch),
            MadeOf::Nothing | MadeOf::DepositsOnly(_) => None,
        };
        let at = self.timeline.refused.len();
        let l1 = self.l1();
        self.timeline.refused.push(Refused {
            number,
            l1,
            batch,
            replaced,
            why: building.executed.and_then(Result::err),
        });
        if let Some(batch) = batch.and_then(|batch| self.batch(batch)) {
            batch.refused = Some(at);
        }
        self.log(Entry::Refused(at));
        if replaced {
            self.building = Some(Building {
                made_of: MadeOf::DepositsOnly(at),
                executed: None,
            });
        } else {
            let unsafe_ones = self.timeline.l2.iter_mut().rev();
            for block in unsafe_ones.take_while(|block| block.safe_at.is_none()) {
                block.undone = true;
            }
        }
    }
}

impl Sink for Recorder {
    fn event(&mut self, event: Event) {
        match event {
            Event::L1Block { block, receipts } => {
                self.due.clear();
                let receipts = match (receipts, self.timeline.l1.is_empty()) {
                    (true, _) => Receipts::Read,
                    (false, true) => Receipts::NotNeeded,
                    (false, false) => Receipts::Skipped,
                };
                self.timeline.l1.push(L1Block {
                    at: block,
                    receipts,
                    deposits: 0,
                    transactions: Vec::new(),
                    items: Vec::new(),
                    log: Vec::new(),
                });
            }
            Event::Deposits { count } => {
                if let Some(block) = self.timeline.l1.last_mut() {
                    block.deposits = count;
                }
            }
            Event::DepositUnreadable { log_index, why } => {
                self.log(Entry::DepositUnreadable { log_index, why });
            }
            Event::ConfigUpdated {
                log_index, update, ..
            } => self.log(Entry::ConfigUpdated { log_index, update }),
            Event::ConfigUpdateSkipped { log_index, why, .. } => {
                self.log(Entry::ConfigSkipped { log_index, why });
            }
            Event::InboxTransactionIgnored { index, why } => {
                self.transaction(index, Carries::Nothing(why));
            }
            Event::BatcherTransaction { index, blobs } => {
                self.transaction(index, blobs.map_or(Carries::Calldata, Carries::Blobs));
            }
            Event::DataItem { blob, bytes } => self.item(blob, bytes, ItemOutcome::Unread),
            Event::BlobIgnored { hash, why } => {
                self.item(Some(hash), 0, ItemOutcome::BlobIgnored(why));
            }
            Event::FramesRejected { why } => {
                if let Some(item) = self.current_item() {
                    item.outcome = ItemOutcome::Rejected(why);
                }
            }
            Event::FramesRead { count } => {
                if let Some(item) = self.current_item() {
                    item.outcome = ItemOutcome::Frames(count);
                }
            }
            Event::FrameTaken {
                channel,
                number,
                bytes,
                last,
            } => self.frame_taken(channel, number, bytes, last),
            Event::FrameDropped {
                channel,
                number,
                why,
            } => {
                if let Some(item) = self.current_item() {
                    item.frames.push(Frame {
                        channel,
                        number,
                        fate: Fate::Dropped(why),
                    });
                }
            }
            Event::ChannelOpened { id } => {
                let at = self.timeline.channels.len();
                self.open.insert(id, at);
                self.timeline.channels.push(Channel {
                    id,
                    opened_at: self.l1(),
                    frames: 0,
                    bytes: 0,
                    sources: Vec::new(),
                    end: ChannelEnd::Open,
                    ended_at: None,
                    batches: Vec::new(),
                    unreadable: Vec::new(),
                    rest_dropped: 0,
                });
                self.log(Entry::ChannelOpened(at));
            }
            Event::ChannelDropped { id, why } => self.channel_ended(id, ChannelEnd::Dropped(why)),
            Event::ChannelRead {
                id,
                opened_at: _,
                frames: _,
                compressed_bytes,
                bytes,
                algorithm,
                end,
            } => self.channel_ended(
                id,
                ChannelEnd::Read {
                    algorithm,
                    compressed_bytes,
                    bytes,
                    stream: end,
                },
            ),
            Event::ChannelUnreadable { id, why } => {
                self.channel_ended(id, ChannelEnd::Unreadable(why));
            }
            Event::ChannelRestDropped { id: _, bytes } => {
                let channel = self.reading;
                if let Some(channel) = self.timeline.channels.get_mut(channel) {
                    channel.rest_dropped = bytes;
                }
                self.log(Entry::ChannelRestDropped { channel, bytes });
            }
            Event::BatchUnreadable(fault) => {
                let channel = self.reading;
                if let Some(channel) = self.timeline.channels.get_mut(channel) {
                    channel.unreadable.push(fault);
                }
                self.log(Entry::BatchUnreadable { channel, fault });
            }
            Event::BatchRead {
                batch: _,
                channel: _,
                time,
                span,
                transactions,
            } => {
                let (at, channel) = (self.timeline.batches.len(), self.reading);
                if let Some(channel) = self.timeline.channels.get_mut(channel) {
                    channel.batches.push(at);
                }
                self.timeline.batches.push(Batch {
                    channel,
                    read_at: self.l1(),
                    time,
                    span,
                    transactions,
                    accepted_at: None,
                    blocks: Vec::new(),
                    dropped: None,
                    undecided: false,
                    refused: None,
                });
                self.log(Entry::BatchRead(at));
            }
            Event::BatchDropped { batch, time, why } => {
                let (at, l1) = (batch.0 as usize, self.l1());
                if let Some(batch) = self.batch(at) {
                    batch.dropped.get_or_insert(Dropped { l1, time, why });
                }
                self.log(Entry::BatchDropped {
                    batch: at,
                    time,
                    why,
                });
            }
            Event::BatchUndecided { batch, time: _ } => {
                let at = batch.0 as usize;
                if let Some(batch) = self.batch(at) {
                    batch.undecided = true;
                }
                self.log(Entry::BatchUndecided(at));
            }
            Event::BatchAccepted {
                batch,
                number,
                origin: _,
                transactions: _,
            } => {
                let (at, l1) = (batch.0 as usize, self.l1());
                let mut first = false;
                if let Some(batch) = self.batch(at) {
                    first = batch.accepted_at.is_none();
                    batch.accepted_at.get_or_insert(l1);
                    batch.blocks.push(number);
                }
                if first {
                    self.log(Entry::BatchAccepted(at));
                }
                self.building = Some(Building {
                    made_of: MadeOf::Batch(at),
                    executed: None,
                });
            }
            Event::EmptyBatch { .. } => {
                self.building = Some(Building {
                    made_of: MadeOf::Nothing,
                    executed: None,
                });
            }
            Event::PayloadInvalid { number, replaced } => self.payload_invalid(number, replaced),
            Event::Block {
                number: _,
                hash,
                origin,
                safe,
            } => self.block(hash, origin, safe),
        }
    }
}

impl Watch for Recorder {
    fn begins(&mut self, derivation: &Derivation) {
        self.timeline.agreed = Some(derivation.safe().block);
    }

    fn l1_transactions(&mut self, _: BlockId, transactions: &[Bytes]) {
        self.raw = transactions.to_vec();
    }

    fn wants_output_roots(&self) -> bool {
        true
    }

    fn executed(&mut self, attributes: &Attributes, outcome: &Result<Executed, InvalidPayload>) {
        let Some(building) = &mut self.building else {
            return;
        };
        let deposits = attributes
            .transactions
            .iter()
            .filter(|raw| raw.first() == Some(&DEPOSIT_TX_TYPE))
            .count();
        building.executed = Some(match outcome {
            Ok(executed) => Ok(Made {
                header: executed.header.clone(),
                transactions: attributes.transactions.len() as u64,
                deposits: deposits as u64,
                output_root: None,
            }),
            Err(why) => Err(reason::payload(why)),
        });
    }

    fn output_root(&mut self, _: &Sealed<Header>, root: Option<B256>) {
        if let Some(Building {
            executed: Some(Ok(made)),
            ..
        }) = &mut self.building
        {
            made.output_root = root;
        }
    }
}

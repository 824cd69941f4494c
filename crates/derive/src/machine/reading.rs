//! Reading one L1 block: its receipts when it is entered, then its data, piece by piece, as far as a decoded batch.

use super::{Derivation, Phase, Reader, Stage, l1_ref};
use crate::{
    batch::{queue::Batch, stream::Stream},
    channel::Complete,
    epochs::Epoch,
    event::{BatchDrop, BatchId, Event, Sink},
    extract::{batcher::Inbox, receipts::Extracted},
    intake::{Intake, Pull},
};
use alloc::vec::Vec;
use alloy_consensus::Header;
use alloy_primitives::Sealed;
use hoike_protocol::{
    batch::{Batch as Decoded, BatchReader, Scope, SpanParams},
    compress,
    frame::parse_frames,
    receipt::Receipt,
};

impl Derivation {
    /// Moves on to the next L1 block. Its config updates count before its data is read (D184).
    pub(super) fn enter(
        &mut self,
        header: Sealed<Header>,
        receipts: Option<Vec<Receipt>>,
        log: &mut impl Sink,
    ) {
        let l1 = l1_ref(&header);
        let rules = self.rules.at_inclusion(l1.as_inclusion());
        let receipts_read = receipts.is_some();
        log.event(Event::L1Block {
            block: l1,
            receipts: receipts_read,
        });
        let extracted = match receipts {
            Some(receipts) => Extracted::from_receipts(receipts, &self.rules.rollup, l1.hash),
            None => Extracted::nothing(),
        };
        if receipts_read {
            log.event(match &extracted.deposits {
                Ok(deposits) => Event::Deposits {
                    count: deposits.len() as u64,
                },
                Err(fault) => Event::DepositUnreadable {
                    log_index: fault.log_index,
                    why: fault.why,
                },
            });
        }
        self.l1_config.apply_receipts_seen(
            &extracted.config_receipts,
            self.rules.rollup.l1_system_config,
            &rules,
            |log_index, outcome| {
                let block = l1.id();
                log.event(match outcome {
                    Ok(update) => Event::ConfigUpdated {
                        block,
                        log_index,
                        update,
                    },
                    Err(why) => Event::ConfigUpdateSkipped {
                        block,
                        log_index,
                        why,
                    },
                });
            },
        );
        // Spec: `holocene/derivation.md`, "Activation": when the origin crosses, frames, channels and batches go; the known L1 blocks stay (D152).
        if rules.holocene && !self.included.holocene {
            self.frames.clear();
            self.channels.activate_holocene(log);
            self.reader = None;
            if let Stage::Queue(queue) = &mut self.stage {
                queue.drop_all(BatchDrop::HoloceneActivated, log);
            }
            self.stage = Stage::Stream(Stream::default());
        }
        self.l1 = l1;
        self.included = rules;
        self.fresh = Some(Epoch {
            l1,
            header,
            extracted,
        });
        self.intake = Intake::Transactions;
        self.phase = Phase::Reading;
    }

    /// The next decoded batch of this L1 block.
    pub(super) fn next_batch(&mut self, log: &mut impl Sink) -> Pull<Batch> {
        if let Some(batch) = self.held.take() {
            return Pull::Item(batch);
        }
        let params = SpanParams {
            l2_chain_id: self.rules.rollup.l2_chain_id,
            genesis_time: self.rules.rollup.genesis.l2_time,
            block_time: self.rules.rollup.block_time,
        };
        loop {
            if let Some(reader) = &mut self.reader {
                match reader
                    .batches
                    .next_batch(&params, self.included.span_batches)
                {
                    None => self.reader = None,
                    Some(Ok(batch)) => {
                        let (span, transactions) = match &batch {
                            Decoded::Singular(batch) => (None, batch.transactions.len() as u64),
                            Decoded::Span(span) => (Some(span.block_count()), span.tx_count()),
                        };
                        let id = self.next_batch_id;
                        self.next_batch_id = BatchId(id.0.wrapping_add(1));
                        let batch = Batch::from_decoded(id, batch);
                        log.event(Event::BatchRead {
                            batch: id,
                            channel: reader.channel,
                            time: batch.time(),
                            span,
                            transactions,
                        });
                        return Pull::Item(batch);
                    }
                    Some(Err(fault)) => {
                        match fault.scope {
                            Scope::RestOfChannel => self.reader = None,
                            Scope::ThisBatch => {}
                        }
                        log.event(Event::BatchUnreadable(fault));
                    }
                }
            } else if let Some(channel) = self.channels.ready(&self.l1, &self.included, log) {
                self.open(channel, log);
            } else if let Some(frame) = self.frames.pop() {
                if let Some(channel) = self.channels.push(frame, &self.l1, &self.included, log) {
                    self.open(channel, log);
                }
            } else {
                let inbox = Inbox {
                    address: self.rules.rollup.batch_inbox,
                    batcher: self.l1_config.batcher,
                    l1_chain_id: self.rules.rollup.l1_chain_id,
                    blobs: self.included.blobs,
                };
                match self.intake.next_item(&self.l1, &inbox, log) {
                    Pull::Eof => return Pull::Eof,
                    Pull::Need(need) => return Pull::Need(need),
                    Pull::Item(item) => match parse_frames(&item) {
                        Ok(frames) => {
                            log.event(Event::FramesRead {
                                count: frames.len() as u64,
                            });
                            self.frames.load(frames, self.included.holocene, log);
                        }
                        Err(why) => log.event(Event::FramesRejected { why }),
                    },
                }
            }
        }
    }

    /// Decompresses a complete channel and begins to read it.
    fn open(&mut self, channel: Complete, log: &mut impl Sink) {
        let Complete {
            id,
            opened_at,
            frames,
            data,
        } = channel;
        match compress::decompress(
            &data,
            self.included.brotli,
            self.included.max_rlp_bytes_per_channel,
        ) {
            Err(why) => log.event(Event::ChannelUnreadable { id, why }),
            Ok(read) => {
                let (compressed_bytes, bytes) = (data.len() as u64, read.data.len() as u64);
                log.event(Event::ChannelRead {
                    id,
                    opened_at,
                    frames,
                    compressed_bytes,
                    bytes,
                    algorithm: read.algorithm,
                    end: read.end,
                });
                self.reader = Some(Reader {
                    channel: id,
                    batches: BatchReader::new(read.data.into()),
                });
            }
        }
    }
}

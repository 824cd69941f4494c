//! The batch stage: which candidate makes the next block.

use super::{Derivation, Stage};
use crate::{
    batch::{
        Candidate, Context, Pending, empty, next_time,
        queue::{Batch, Body, Found, View},
        stream::{Stream, Verdict},
    },
    event::{BatchDrop, Event, Sink},
    intake::Pull,
    step::{Halt, Need},
};

impl Derivation {
    /// The next candidate of this L1 block, and whether the blocks up to it are safe with it.
    pub(super) fn next_candidate(
        &mut self,
        log: &mut impl Sink,
    ) -> Result<Pull<(Candidate, bool)>, Halt> {
        match self.stage {
            Stage::Queue(_) => self.next_from_queue(log),
            Stage::Stream(_) => self.next_from_stream(log),
        }
    }

    /// Before Holocene: one more batch goes into the queue, then the queue is looked through.
    fn next_from_queue(&mut self, log: &mut impl Sink) -> Result<Pull<(Candidate, bool)>, Halt> {
        loop {
            if let Some((candidate, last)) = self.pop_pending(log) {
                return Ok(Pull::Item((candidate, last)));
            }
            self.update_epochs();
            let behind = self.l1.number < self.head.block.origin.number;
            let out_of_data = match self.looking.take() {
                Some(out_of_data) => out_of_data,
                None => match self.next_batch(log) {
                    Pull::Need(need) => return Ok(Pull::Need(need)),
                    Pull::Eof => true,
                    Pull::Item(batch) if behind => {
                        log.event(Event::BatchDropped {
                            batch: batch.id,
                            time: batch.time(),
                            why: BatchDrop::Draining,
                        });
                        false
                    }
                    Pull::Item(batch) => {
                        let view = View {
                            rules: &self.rules,
                            epochs: &self.epochs,
                            head: &self.head.block,
                            l2: &self.l2,
                        };
                        let Stage::Queue(queue) = &mut self.stage else {
                            return Err(Halt::Impossible("the batch queue is gone"));
                        };
                        if let Err(numbers) =
                            queue.add(batch.clone(), self.l1, self.included, view, log)
                        {
                            self.held = Some(batch);
                            return Ok(Pull::Need(Need::L2Blocks { numbers }));
                        }
                        false
                    }
                },
            };
            if behind {
                if out_of_data {
                    return Ok(Pull::Eof);
                }
                continue;
            }
            self.check_first_epoch()?;
            let view = View {
                rules: &self.rules,
                epochs: &self.epochs,
                head: &self.head.block,
                l2: &self.l2,
            };
            let Stage::Queue(queue) = &mut self.stage else {
                return Err(Halt::Impossible("the batch queue is gone"));
            };
            match queue.take(view, log) {
                Found::Batch(Batch {
                    body: Body::Singular(candidate),
                    ..
                }) => {
                    return Ok(Pull::Item((candidate, true)));
                }
                Found::Batch(Batch {
                    id,
                    body: Body::Span(span),
                }) => {
                    queue.pending = Pending::after(id, span, &self.head.block);
                    match self.pop_pending(log) {
                        Some((candidate, last)) => return Ok(Pull::Item((candidate, last))),
                        None => {
                            return Err(Halt::Impossible(
                                "an accepted span has no block for the head",
                            ));
                        }
                    }
                }
                Found::NeedL2(numbers) => {
                    self.looking = Some(out_of_data);
                    return Ok(Pull::Need(Need::L2Blocks { numbers }));
                }
                Found::Undecided => {}
                Found::Nothing => match empty::next(
                    &self.epochs,
                    &self.head.block,
                    &self.l1,
                    out_of_data,
                    &self.rules.rollup,
                ) {
                    empty::Empty::Batch(candidate) => return Ok(Pull::Item((candidate, true))),
                    empty::Empty::AdvanceEpoch => self.epochs.advance(),
                    empty::Empty::Wait => {}
                },
            }
            if out_of_data {
                return Ok(Pull::Eof);
            }
        }
    }

    /// Holocene: one batch at a time, taken or left at once.
    fn next_from_stream(&mut self, log: &mut impl Sink) -> Result<Pull<(Candidate, bool)>, Halt> {
        loop {
            self.update_epochs();
            // D187: up to the parent's origin everything is drained, unseen.
            if self.l1.number <= self.head.block.origin.number {
                match self.next_batch(log) {
                    Pull::Need(need) => return Ok(Pull::Need(need)),
                    Pull::Eof => return Ok(Pull::Eof),
                    Pull::Item(batch) => log.event(Event::BatchDropped {
                        batch: batch.id,
                        time: batch.time(),
                        why: BatchDrop::Draining,
                    }),
                }
                continue;
            }
            if self.epochs.len() < 2 {
                return Err(Halt::Impossible(
                    "fewer than two L1 blocks are known past the head's origin",
                ));
            }
            self.check_first_epoch()?;
            let (batch, time, verdict) = match self.pop_pending(log) {
                Some((candidate, _)) => (
                    candidate.batch,
                    candidate.time,
                    Stream::judge_one(candidate, &self.context()),
                ),
                None => match self.next_batch(log) {
                    Pull::Need(need) => return Ok(Pull::Need(need)),
                    Pull::Eof => {
                        return Ok(
                            match empty::next(
                                &self.epochs,
                                &self.head.block,
                                &self.l1,
                                true,
                                &self.rules.rollup,
                            ) {
                                empty::Empty::Batch(candidate) => Pull::Item((candidate, true)),
                                empty::Empty::AdvanceEpoch => {
                                    self.epochs.advance();
                                    Pull::Eof
                                }
                                empty::Empty::Wait => Pull::Eof,
                            },
                        );
                    }
                    Pull::Item(batch) => {
                        let mut stream = Stream::default();
                        let verdict = stream.judge(batch.clone(), &self.context());
                        if let Verdict::NeedL2(numbers) = verdict {
                            self.held = Some(batch);
                            return Ok(Pull::Need(Need::L2Blocks { numbers }));
                        }
                        self.stage = Stage::Stream(stream);
                        (Some(batch.id), batch.time(), verdict)
                    }
                },
            };
            let batch = batch.ok_or(Halt::Impossible("a candidate of no batch was read"))?;
            match verdict {
                // From Holocene on every block is safe at once.
                Verdict::Accept(candidate) => return Ok(Pull::Item((candidate, true))),
                Verdict::Skip(Some(why)) => log.event(Event::BatchDropped { batch, time, why }),
                Verdict::Skip(None) => log.event(Event::BatchUndecided { batch, time }),
                Verdict::Flush(why) => {
                    log.event(Event::BatchDropped { batch, time, why });
                    self.flush(log);
                }
                Verdict::NeedL2(_) => {
                    return Err(Halt::Impossible("a block of a span waits for L2 blocks"));
                }
            }
        }
    }

    /// The next block of the span that is being applied, and whether it is the last. If the head is not the block before it, the payload before it was
    /// refused, and the rest goes.
    fn pop_pending(&mut self, log: &mut impl Sink) -> Option<(Candidate, bool)> {
        let slot = match &mut self.stage {
            Stage::Queue(queue) => &mut queue.pending,
            Stage::Stream(stream) => &mut stream.pending,
        };
        let pending = slot.take()?;
        let time = pending.next_time();
        if time != next_time(&self.head.block, &self.rules.rollup) {
            log.event(Event::BatchDropped {
                batch: pending.id(),
                time,
                why: BatchDrop::SpanAbandoned,
            });
            return None;
        }
        let (candidate, rest) = pending.pop(&self.head.block, &self.epochs)?;
        let last = rest.is_none();
        *slot = rest;
        Some((candidate, last))
    }

    /// Takes notice of the current L1 block, and forgets those before the head's origin (op-node: `updateOrigins`; the new one is appended before the
    /// old ones go, D179).
    fn update_epochs(&mut self) {
        if let Some(epoch) = self.fresh.take() {
            if epoch.l1.number < self.head.block.origin.number {
                self.epochs.clear();
            } else {
                self.epochs.push(epoch);
            }
        }
        self.epochs.prune(&self.head.block);
    }

    /// The first known epoch is the head's, or the one after it where all blocks of an epoch were generated.
    fn check_first_epoch(&self) -> Result<(), Halt> {
        let origin = self.head.block.origin;
        let first = self
            .epochs
            .first()
            .ok_or(Halt::Impossible("no L1 block is known"))?;
        if first.l1.id() == origin || first.l1.number == origin.number.saturating_add(1) {
            Ok(())
        } else {
            Err(Halt::ForeignOrigin {
                number: self.head.block.number,
                origin: origin.hash,
            })
        }
    }

    fn context(&self) -> Context<'_> {
        Context {
            rules: &self.rules,
            epochs: &self.epochs,
            head: &self.head.block,
            inclusion: &self.l1,
            included: &self.included,
            l2: &self.l2,
        }
    }
}

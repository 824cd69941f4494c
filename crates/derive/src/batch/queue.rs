//! The batch stage before Holocene. Spec: `protocol/derivation.md`, "Batch Queue".

use super::{Candidate, Context, Pending, Refusal, check, next_time, span};
use crate::{
    event::{BatchDrop, BatchId, Event, Sink},
    step::L2Block,
};
use alloc::{
    boxed::Box,
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};
use core::ops::RangeInclusive;
use hoike_protocol::{InclusionRules, L1Ref, L2Ref, L2Time, Rules, batch::SpanBatch};

/// Batches that wait for their turn, and the rest of the span that is being applied.
///
/// The reference looks through all that wait, in the order they came in, each time that it wants a block. Batches of the future are passed over
/// by that, and a channel may be full of them, so here they lie aside until they can be anything else: looking costs what there is to be seen.
#[derive(Clone, Debug, Default)]
pub(crate) struct Queue {
    /// What has to be looked at, by the order in which it came.
    batches: BTreeMap<u64, Box<Queued>>,
    later: Later,
    /// How many came.
    count: u64,
    /// Where the newest came in.
    newest: Option<Arc<Inclusion>>,
    pub(crate) pending: Option<Pending>,
}

/// Batches found to be of the future. They stay so until the next block has their time, except for spans: those are undecided while their first epoch
/// is the one after the only L1 block that is known. (Whether Delta is active at a span's origin has been answered for good, as L1 blocks only go by.)
#[derive(Clone, Debug, Default)]
struct Later {
    by_time: BTreeMap<(L2Time, u64), Box<Queued>>,
    /// First epoch, order and time of the spans among them.
    spans: BTreeSet<(u64, u64, L2Time)>,
}

impl Later {
    fn put(&mut self, order: u64, queued: Box<Queued>) {
        let time = queued.batch.time();
        if let Body::Span(span) = &queued.batch.body {
            self.spans.insert((span.first_epoch(), order, time));
        }
        self.by_time.insert((time, order), queued);
    }

    fn remove(&mut self, time: L2Time, order: u64) -> Option<(u64, Box<Queued>)> {
        let queued = self.by_time.remove(&(time, order))?;
        if let Body::Span(span) = &queued.batch.body {
            self.spans.remove(&(span.first_epoch(), order, time));
        }
        Some((order, queued))
    }

    /// One that the future alone does not keep from being looked at any more, and its order.
    fn next_due(&mut self, view: &View<'_>) -> Option<(u64, Box<Queued>)> {
        let (time, order) = self.by_time.first_key_value().map(|(key, _)| *key)?;
        if time <= next_time(view.head, &view.rules.rollup) {
            self.remove(time, order)
        } else {
            None
        }
    }

    /// The first span of those that are undecided for want of an L1 block, and its order. No other is looked at before that block is known.
    fn undecided(&mut self, view: &View<'_>) -> Option<(u64, Box<Queued>)> {
        let only = view.epochs.first().filter(|_| view.epochs.len() == 1)?;
        let epoch = only.l1.number.wrapping_add(1);
        let (first_epoch, order, time) = *self.spans.range((epoch, 0, L2Time(0))..).next()?;
        if first_epoch == epoch {
            self.remove(time, order)
        } else {
            None
        }
    }
}

/// A channel may hold a million batches, so each is as small as it can be: what their L1 block says is kept once.
#[derive(Clone, Debug)]
struct Queued {
    batch: Batch,
    at: Arc<Inclusion>,
}

/// The L1 block in which batches came, and its rules.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Inclusion {
    block: L1Ref,
    rules: InclusionRules,
}

/// A batch as it waits.
#[derive(Clone, Debug)]
pub(crate) struct Batch {
    pub(crate) id: BatchId,
    pub(crate) body: Body,
}

/// What it stands for.
#[derive(Clone, Debug)]
pub(crate) enum Body {
    Singular(Candidate),
    Span(Arc<SpanBatch>),
}

impl Batch {
    pub(crate) fn from_decoded(id: BatchId, batch: hoike_protocol::batch::Batch) -> Self {
        let body = match batch {
            hoike_protocol::batch::Batch::Singular(batch) => {
                Body::Singular(Candidate::singular(id, batch))
            }
            hoike_protocol::batch::Batch::Span(span) => Body::Span(Arc::new(span)),
        };
        Self { id, body }
    }

    pub(crate) fn time(&self) -> L2Time {
        match &self.body {
            Body::Singular(batch) => batch.time,
            Body::Span(span) => span.start_time(),
        }
    }

    fn check(&self, cx: &Context<'_>) -> Result<(), Refusal> {
        match &self.body {
            Body::Singular(batch) => check::check(batch, cx),
            Body::Span(span) => span::check_full(span, cx),
        }
    }
}

/// What looking through the queue gave.
#[derive(Debug)]
pub(crate) enum Found {
    Batch(Batch),
    /// A batch cannot be judged before more L1 blocks are known; nothing after it may be taken first.
    Undecided,
    Nothing,
    NeedL2(RangeInclusive<u64>),
}

/// What judging needs besides the queue and the L1 blocks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct View<'a> {
    pub(crate) rules: &'a Rules,
    pub(crate) epochs: &'a crate::epochs::Epochs,
    pub(crate) head: &'a L2Ref,
    pub(crate) l2: &'a [L2Block],
}

impl Queue {
    /// Takes a batch in, unless it is to be dropped already.
    pub(crate) fn add(
        &mut self,
        batch: Batch,
        inclusion: L1Ref,
        included: InclusionRules,
        view: View<'_>,
        log: &mut impl Sink,
    ) -> Result<(), RangeInclusive<u64>> {
        let here = Inclusion {
            block: inclusion,
            rules: included,
        };
        let at = match self.newest.take() {
            Some(newest) if *newest == here => newest,
            Some(_) | None => Arc::new(here),
        };
        self.newest = Some(Arc::clone(&at));
        let queued = Queued { batch, at };
        match queued.check(view) {
            Err(Refusal::Drop(why)) => dropped(&queued.batch, why, log),
            Err(Refusal::NeedL2(numbers)) => return Err(numbers),
            Ok(()) | Err(Refusal::Past | Refusal::Future | Refusal::Undecided) => {
                self.batches.insert(self.count, Box::new(queued));
                self.count = self.count.wrapping_add(1);
            }
        }
        Ok(())
    }

    /// The first batch, in order of inclusion, that makes the next block.
    pub(crate) fn take(&mut self, view: View<'_>, log: &mut impl Sink) -> Found {
        // Without an L1 block nothing is decided, of the future or not.
        if view.epochs.first().is_none() && !self.later.by_time.is_empty() {
            return Found::Undecided;
        }
        let due = core::iter::from_fn(|| self.later.next_due(&view));
        self.batches.extend(due);
        self.batches.extend(self.later.undecided(&view));
        let mut from = 0;
        while let Some((&order, queued)) = self.batches.range(from..).next() {
            from = order.wrapping_add(1);
            match queued.check(view) {
                // Under the queue's rules nothing is past; it would be dropped as old.
                Err(Refusal::Future | Refusal::Past) => {
                    if let Some(queued) = self.batches.remove(&order) {
                        self.later.put(order, queued);
                    }
                }
                Err(Refusal::Drop(why)) => {
                    dropped(&queued.batch, why, log);
                    self.batches.remove(&order);
                }
                Ok(()) => {
                    return self
                        .batches
                        .remove(&order)
                        .map_or(Found::Nothing, |queued| Found::Batch(queued.batch));
                }
                Err(Refusal::Undecided) => return Found::Undecided,
                Err(Refusal::NeedL2(numbers)) => return Found::NeedL2(numbers),
            }
        }
        Found::Nothing
    }

    /// Drops all that waits.
    pub(crate) fn drop_all(&mut self, why: BatchDrop, log: &mut impl Sink) {
        let later = core::mem::take(&mut self.later).by_time.into_iter();
        let later = later.map(|((_, order), queued)| (order, queued));
        self.batches.extend(later);
        for queued in core::mem::take(&mut self.batches).values() {
            dropped(&queued.batch, why, log);
        }
    }
}

impl Queued {
    fn check(&self, view: View<'_>) -> Result<(), Refusal> {
        let View {
            rules,
            epochs,
            head,
            l2,
        } = view;
        self.batch.check(&Context {
            rules,
            epochs,
            head,
            inclusion: &self.at.block,
            included: &self.at.rules,
            l2,
        })
    }
}

fn dropped(batch: &Batch, why: BatchDrop, log: &mut impl Sink) {
    log.event(Event::BatchDropped {
        batch: batch.id,
        time: batch.time(),
        why,
    });
}

//! The batch stage before Holocene. Spec: `protocol/derivation.md`, "Batch Queue".

use super::{Candidate, Context, Pending, Refusal, check, span};
use crate::{
    event::{BatchDrop, BatchId, Event, Sink},
    step::L2Block,
};
use alloc::{collections::VecDeque, sync::Arc};
use core::ops::RangeInclusive;
use hoike_protocol::{InclusionRules, L1Ref, L2Ref, L2Time, Rules, batch::SpanBatch};

/// Batches that wait for their turn, and the rest of the span that is being applied.
#[derive(Clone, Debug, Default)]
pub(crate) struct Queue {
    batches: VecDeque<Queued>,
    pub(crate) pending: Option<Pending>,
}

#[derive(Clone, Debug)]
struct Queued {
    batch: Batch,
    inclusion: L1Ref,
    included: InclusionRules,
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
        let queued = Queued {
            batch,
            inclusion,
            included,
        };
        match queued.check(view) {
            Err(Refusal::Drop(why)) => dropped(&queued.batch, why, log),
            Err(Refusal::NeedL2(numbers)) => return Err(numbers),
            Ok(()) | Err(Refusal::Past | Refusal::Future | Refusal::Undecided) => {
                self.batches.push_back(queued);
            }
        }
        Ok(())
    }

    /// The first batch, in order of inclusion, that makes the next block.
    pub(crate) fn take(&mut self, view: View<'_>, log: &mut impl Sink) -> Found {
        let mut index = 0_usize;
        while let Some(queued) = self.batches.get(index) {
            match queued.check(view) {
                // Under the queue's rules nothing is past; it would be dropped as old.
                Err(Refusal::Future | Refusal::Past) => index = index.saturating_add(1),
                Err(Refusal::Drop(why)) => {
                    dropped(&queued.batch, why, log);
                    self.batches.remove(index);
                }
                Ok(()) => {
                    return self
                        .batches
                        .remove(index)
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
        for queued in self.batches.drain(..) {
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
            inclusion: &self.inclusion,
            included: &self.included,
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

//! The batch stage from Holocene on. Spec: `holocene/derivation.md`, "Batch Queue".

use super::{
    Candidate, Context, Pending, Refusal, check,
    queue::{Batch, Body},
    span,
};
use crate::event::{BatchDrop, BatchId};
use alloc::sync::Arc;
use core::ops::RangeInclusive;
use hoike_protocol::batch::SpanBatch;

/// The rest of the span that is being applied; nothing else is ever held.
#[derive(Clone, Debug, Default)]
pub(crate) struct Stream {
    pub(crate) pending: Option<Pending>,
}

/// What becomes of a batch that is read.
#[derive(Debug)]
pub(crate) enum Verdict {
    Accept(Candidate),
    /// Go on with the next batch of the channel.
    Skip(Option<BatchDrop>),
    /// Go on with the next channel.
    Flush(BatchDrop),
    NeedL2(RangeInclusive<u64>),
}

impl Stream {
    /// Judges a batch, or the next block of a span, and keeps what follows in the span.
    pub(crate) fn judge(&mut self, batch: Batch, cx: &Context<'_>) -> Verdict {
        match batch.body {
            Body::Singular(candidate) => Self::judge_one(candidate, cx),
            Body::Span(span) => match self.take_apart(batch.id, span, cx) {
                Ok(candidate) => Self::judge_one(candidate, cx),
                Err(why) => refuse(why, cx),
            },
        }
    }

    /// The span's first block past the head; the others wait.
    fn take_apart(
        &mut self,
        id: BatchId,
        span: Arc<SpanBatch>,
        cx: &Context<'_>,
    ) -> Result<Candidate, Refusal> {
        span::check_prefix(&span, cx)?;
        span::check_origins(&span, cx)?;
        // The prefix has found a block past the head, and its origin is known.
        let pending = Pending::after(id, span, cx.head).ok_or(Refusal::Undecided)?;
        let first = pending.pop(cx.head, cx.epochs);
        let (candidate, rest) = first.ok_or(Refusal::Undecided)?;
        self.pending = rest;
        Ok(candidate)
    }

    /// Judges a batch for one block.
    pub(crate) fn judge_one(candidate: Candidate, cx: &Context<'_>) -> Verdict {
        match check::check(&candidate, cx) {
            Ok(()) => Verdict::Accept(candidate),
            Err(why) => refuse(why, cx),
        }
    }
}

fn refuse(why: Refusal, cx: &Context<'_>) -> Verdict {
    match why {
        Refusal::Drop(why) => Verdict::Flush(why),
        Refusal::Past => Verdict::Skip(Some(BatchDrop::Past {
            next: cx.next_time(),
        })),
        // D162: it is used up, and the channel goes on. Nothing is ever in the future here.
        Refusal::Undecided | Refusal::Future => Verdict::Skip(None),
        Refusal::NeedL2(numbers) => Verdict::NeedL2(numbers),
    }
}

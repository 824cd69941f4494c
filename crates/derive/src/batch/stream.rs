//! The batch stage from Holocene on. Spec: `holocene/derivation.md`, "Batch Queue".

use super::{Candidate, Context, Pending, Validity, check, queue::Batch, span};
use crate::event::BatchDrop;
use core::ops::RangeInclusive;

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
        let candidate = match batch {
            Batch::Singular(candidate) => candidate,
            Batch::Span(span) => {
                match span::check_prefix(&span, cx) {
                    Validity::Accept => {}
                    other => return refuse(other, cx),
                }
                if let Err(why) = span::check_origins(&span, cx) {
                    return Verdict::Flush(why);
                }
                match Pending::after(span, cx.head)
                    .and_then(|pending| pending.pop(cx.head, cx.epochs))
                {
                    Some((candidate, rest)) => {
                        self.pending = rest;
                        candidate
                    }
                    // The prefix has found a block past the head, and its origin is known.
                    None => return Verdict::Skip(None),
                }
            }
        };
        Self::judge_one(candidate, cx)
    }

    /// Judges a batch for one block.
    pub(crate) fn judge_one(candidate: Candidate, cx: &Context<'_>) -> Verdict {
        match check::check(&candidate, cx) {
            Validity::Accept => Verdict::Accept(candidate),
            other => refuse(other, cx),
        }
    }
}

fn refuse(validity: Validity, cx: &Context<'_>) -> Verdict {
    match validity {
        Validity::Drop(why) => Verdict::Flush(why),
        Validity::Past => Verdict::Skip(Some(BatchDrop::Past {
            next: cx.next_time(),
        })),
        // D162: it is used up, and the channel goes on. Nothing is ever in the future here.
        Validity::Undecided | Validity::Future | Validity::Accept => Verdict::Skip(None),
        Validity::NeedL2(numbers) => Verdict::NeedL2(numbers),
    }
}

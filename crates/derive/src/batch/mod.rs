//! Batches: which of those that channels carry make the next block.
//!
//! The rules are plain functions ([`check`], [`span`], [`overlap`], [`empty`]); the two stages keep what is pending. Before Holocene [`queue`]
//! holds batches until their turn comes, from Holocene on [`stream`] takes or leaves each one as it is read.

pub(crate) mod check;
pub(crate) mod empty;
pub(crate) mod overlap;
pub(crate) mod queue;
pub(crate) mod span;
pub(crate) mod stream;

use crate::{
    epochs::Epochs,
    event::{BatchDrop, BatchId},
    step::L2Block,
};
use alloc::{sync::Arc, vec::Vec};
use alloy_primitives::{B256, Bytes};
use core::ops::RangeInclusive;
use hoike_protocol::{
    BlockId, InclusionRules, L1Ref, L2Ref, L2Time, RollupConfig, Rules,
    batch::{SingularBatch, SpanBatch, SpanCursor, SpanElement},
    rules::HoloceneOverlap,
};

/// What a batch is judged against.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Context<'a> {
    pub(crate) rules: &'a Rules,
    pub(crate) epochs: &'a Epochs,
    /// The block to build on.
    pub(crate) head: &'a L2Ref,
    /// The L1 block in which the batch was found.
    pub(crate) inclusion: &'a L1Ref,
    /// The rules at that block's time.
    pub(crate) included: &'a InclusionRules,
    /// L2 blocks that were supplied for overlaps.
    pub(crate) l2: &'a [L2Block],
}

impl Context<'_> {
    /// Whether what a span says of safe blocks is compared with them: always before Holocene, from then on by the version of the rule.
    pub(crate) fn compares_overlap(&self) -> bool {
        !self.included.holocene
            || match self.rules.variants.holocene_overlap {
                HoloceneOverlap::Compared => true,
                HoloceneOverlap::Skipped => false,
            }
    }

    /// The time of the block after the head.
    pub(crate) fn next_time(&self) -> L2Time {
        next_time(self.head, &self.rules.rollup)
    }
}

/// The time of the block after `head`.
pub(crate) const fn next_time(head: &L2Ref, config: &RollupConfig) -> L2Time {
    head.time.wrapping_add(config.block_time)
}

/// Why a batch does not make the next block, or not yet; each stage treats what it gets in its own way.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Refusal {
    Drop(BatchDrop),
    /// Holocene: older than the next block, no fault.
    Past,
    /// Before Holocene: its turn may come.
    Future,
    /// Not to be told from the L1 blocks known so far.
    Undecided,
    /// Judged as soon as these L2 blocks are known. Last in line: nothing else could drop the batch.
    NeedL2(RangeInclusive<u64>),
}

impl From<BatchDrop> for Refusal {
    fn from(why: BatchDrop) -> Self {
        Self::Drop(why)
    }
}

/// A batch for one block, ready to become attributes.
#[derive(Clone, Debug)]
pub(crate) struct Candidate {
    /// The batch it is or was a part of; `None` where there was none.
    pub(crate) batch: Option<BatchId>,
    pub(crate) parent: B256,
    pub(crate) epoch: BlockId,
    pub(crate) time: L2Time,
    pub(crate) transactions: Transactions,
}

/// A candidate's transactions; those of a span are not rebuilt before somebody takes them.
#[derive(Clone, Debug)]
pub(crate) enum Transactions {
    List(Vec<Bytes>),
    Span(Arc<SpanBatch>, SpanElement),
}

impl Candidate {
    pub(crate) fn singular(id: BatchId, batch: SingularBatch) -> Self {
        Self {
            batch: Some(id),
            parent: batch.parent_hash,
            epoch: batch.epoch,
            time: batch.time,
            transactions: Transactions::List(batch.transactions),
        }
    }
}

impl Transactions {
    pub(crate) fn count(&self) -> u64 {
        match self {
            Self::List(list) => list.len() as u64,
            Self::Span(_, element) => element.tx_count,
        }
    }

    pub(crate) fn take(self) -> Vec<Bytes> {
        match self {
            Self::List(list) => list,
            Self::Span(span, element) => span.transactions(&element),
        }
    }

    /// The first byte of each, which is its type or at least 0xc0; `None` for an empty one.
    pub(crate) fn find_unfit(
        &self,
        unfit: impl FnMut((u64, Option<u8>)) -> Option<BatchDrop>,
    ) -> Option<BatchDrop> {
        match self {
            Self::List(list) => (0..)
                .zip(list.iter().map(|tx| tx.first().copied()))
                .find_map(unfit),
            Self::Span(span, element) => {
                (0..).zip(span.tx_types(element).map(Some)).find_map(unfit)
            }
        }
    }
}

/// The blocks of an accepted span batch that are still to come.
#[derive(Clone, Debug)]
pub(crate) struct Pending {
    id: BatchId,
    span: Arc<SpanBatch>,
    cursor: SpanCursor,
    next: SpanElement,
}

impl Pending {
    /// The span's blocks after `head`; `None` if there are none.
    pub(crate) fn after(id: BatchId, span: Arc<SpanBatch>, head: &L2Ref) -> Option<Self> {
        let mut cursor = span.cursor();
        while let Some(next) = span.next_element(&mut cursor) {
            if next.time > head.time {
                return Some(Self {
                    id,
                    span,
                    cursor,
                    next,
                });
            }
        }
        None
    }

    /// The span batch.
    pub(crate) fn id(&self) -> BatchId {
        self.id
    }

    pub(crate) fn next_time(&self) -> L2Time {
        self.next.time
    }

    /// The next block as a candidate on `head`, and the rest. The epoch is among the known ones: that was checked when the span was accepted.
    pub(crate) fn pop(self, head: &L2Ref, epochs: &Epochs) -> Option<(Candidate, Option<Self>)> {
        let Self {
            id,
            span,
            mut cursor,
            next,
        } = self;
        let epoch = epochs.by_number(next.epoch_number)?.l1.id();
        let candidate = Candidate {
            batch: Some(id),
            parent: head.hash,
            epoch,
            time: next.time,
            transactions: Transactions::Span(span.clone(), next),
        };
        let rest = span.next_element(&mut cursor).map(|next| Self {
            id,
            span,
            cursor,
            next,
        });
        Some((candidate, rest))
    }
}

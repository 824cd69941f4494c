//! Whether a span batch is valid as a whole. Spec: `delta/span-batches.md`, "Span batch validity rules"; `holocene/derivation.md`, "Span Batches".

use super::{
    Context, Refusal, Transactions,
    check::{Drift, fit_transactions, not_before_origin, within_window},
    overlap,
};
use crate::event::BatchDrop;
use alloc::sync::Arc;
use hoike_protocol::{L1Ref, L2Ref, L2Time, batch::SpanBatch};

/// Holocene's check: the prefix, then the overlap, in the version of the rules that looks at it. The blocks are judged one by one as they are taken out.
pub(crate) fn check_prefix(span: &SpanBatch, cx: &Context<'_>) -> Result<(), Refusal> {
    let parent = prefix(span, cx)?;
    if cx.compares_overlap() {
        overlap::check(span, &parent, cx)?;
    }
    Ok(())
}

/// The check before Holocene: all blocks past the safe head at once, then the overlap.
///
/// The reference checks the parent before the blocks and the overlap after them. All of these drop the batch, so it makes no difference that here
/// what needs more L2 blocks than the parent comes last, and only where it still matters.
pub(crate) fn check_full(span: &Arc<SpanBatch>, cx: &Context<'_>) -> Result<(), Refusal> {
    let parent = prefix(span, cx)?;
    blocks(span, &parent, cx)?;
    overlap::check(span, &parent, cx)
}

/// Whether each block of the span past the head has a known origin that is not before the head's: the last condition of Holocene for a span to be
/// taken apart. Before Holocene it is part of the full check.
pub(crate) fn check_origins(span: &SpanBatch, cx: &Context<'_>) -> Result<(), BatchDrop> {
    let mut cursor = span.cursor();
    while let Some(element) = span.next_element(&mut cursor) {
        if element.time > cx.head.time {
            check_origin(element.epoch_number, cx)?;
        }
    }
    Ok(())
}

/// All that is judged of a span as a whole. Returns the block that it builds on: the head, or one of its ancestors where the span overlaps the chain.
fn prefix(span: &SpanBatch, cx: &Context<'_>) -> Result<L2Ref, Refusal> {
    let mut origin = cx.epochs.first().ok_or(Refusal::Undecided)?.l1;
    if span.first_epoch() == origin.number.wrapping_add(1) {
        origin = cx.epochs.second().ok_or(Refusal::Undecided)?.l1;
    }
    if !cx.rules.at_origin(origin.as_origin()).span_batches {
        return Err(BatchDrop::BeforeDelta.into());
    }
    let next = cx.next_time();
    let start = span.start_time();
    if start > next {
        return Err(if cx.included.holocene {
            Refusal::Drop(BatchDrop::Future { next })
        } else {
            Refusal::Future
        });
    }
    if span.last_time() < next {
        return Err(if cx.included.holocene {
            Refusal::Past
        } else {
            Refusal::Drop(BatchDrop::Past { next })
        });
    }
    let overlapped = overlapped_blocks(start, next, cx)?;
    // The parent of the first block must exist; the reference fails to fetch it otherwise, and is left undecided.
    let genesis = cx.rules.rollup.genesis.l2.number;
    let parent = cx.head.number.checked_sub(overlapped);
    let parent = parent
        .filter(|parent| *parent >= genesis)
        .ok_or(Refusal::Undecided)?;
    within_window(span.first_epoch(), cx)?;

    let parent = overlap::parent(parent, span.first_epoch(), cx).map_err(|refusal| {
        match (&refusal, check_last_origin(span, cx)) {
            // A wrong last origin drops the batch whatever the parent is. A missing one does not: the parent may.
            (Refusal::NeedL2(_), Err(drop @ Refusal::Drop(_))) => drop,
            (_, _) => refusal,
        }
    })?;
    if !span.checks_parent(&parent.hash) {
        let expected = parent.hash;
        return Err(BatchDrop::ParentMismatch { expected }.into());
    }
    let maximum = parent.origin.number.saturating_add(1);
    if span.first_epoch() > maximum {
        return Err(BatchDrop::EpochTooNew { maximum }.into());
    }
    check_last_origin(span, cx)?;
    if span.first_epoch() < parent.origin.number {
        let minimum = parent.origin.number;
        return Err(BatchDrop::EpochTooOld { minimum }.into());
    }
    Ok(parent)
}

/// How many blocks a span that starts at or before the next block's time has in common with the safe chain.
fn overlapped_blocks(start: L2Time, next: L2Time, cx: &Context<'_>) -> Result<u64, BatchDrop> {
    let Some(behind) = cx.head.time.0.checked_sub(start.0) else {
        // After the head: only the next block's own time is on the grid.
        return if start < next {
            Err(BatchDrop::Misaligned)
        } else {
            Ok(0)
        };
    };
    let block_time = cx.rules.rollup.block_time;
    match (
        behind.checked_rem(block_time),
        behind.checked_div(block_time),
    ) {
        (Some(0), Some(blocks)) => Ok(blocks.saturating_add(1)),
        (_, _) => Err(BatchDrop::Misaligned),
    }
}

/// The origin check of the span: its last epoch must be a known L1 block with this hash. Not known: undecided (D162).
fn check_last_origin(span: &SpanBatch, cx: &Context<'_>) -> Result<(), Refusal> {
    let last = cx
        .epochs
        .by_number(span.last_epoch())
        .ok_or(Refusal::Undecided)?;
    if span.checks_origin(&last.l1.hash) {
        return Ok(());
    }
    let expected = last.l1.id();
    Err(BatchDrop::EpochHashMismatch { expected }.into())
}

/// The L1 block of a span block's epoch: known, and not before the head's.
fn check_origin(number: u64, cx: &Context<'_>) -> Result<L1Ref, BatchDrop> {
    let minimum = cx.head.origin.number;
    if number < minimum {
        return Err(BatchDrop::EpochTooOld { minimum });
    }
    let epoch = cx.epochs.by_number(number);
    epoch
        .map(|epoch| epoch.l1)
        .ok_or(BatchDrop::EpochUnknown { number })
}

/// Every block past the head, before Holocene. User transactions in an activation block are not looked at here: forks that forbid them came later.
fn blocks(span: &Arc<SpanBatch>, parent: &L2Ref, cx: &Context<'_>) -> Result<(), Refusal> {
    let mut cursor = span.cursor();
    // Whether a block begins an epoch shows by the block before.
    let mut previous_epoch = parent.origin.number;
    while let Some(element) = span.next_element(&mut cursor) {
        let advanced = element.epoch_number > previous_epoch;
        previous_epoch = element.epoch_number;
        if element.time <= cx.head.time {
            continue;
        }
        let origin = check_origin(element.epoch_number, cx)?;
        not_before_origin(element.time, &origin)?;
        let drift = Drift {
            time: element.time,
            origin: &origin,
            empty: element.tx_count == 0,
            advanced,
            next_origin: cx
                .epochs
                .by_number(origin.number.saturating_add(1))
                .map(|epoch| &epoch.l1),
        };
        drift.check(cx)?;
        let rules = cx.rules.at_l2(element.time);
        fit_transactions(&Transactions::Span(span.clone(), element), &rules)?;
    }
    Ok(())
}

//! Whether a span batch is valid as a whole. Spec: `delta/span-batches.md`, "Span batch validity rules"; `holocene/derivation.md`, "Span Batches".

use super::{
    Context, Transactions, Validity,
    check::{Drift, before_origin, unfit_transaction, within_window},
    overlap,
};
use crate::event::BatchDrop;
use alloc::sync::Arc;
use hoike_protocol::batch::SpanBatch;

/// Holocene's check: the prefix, then the overlap, in the version of the rules that looks at it. The blocks are judged one by one as they are taken out.
pub(crate) fn check_prefix(span: &SpanBatch, cx: &Context<'_>) -> Validity {
    match prefix(span, cx) {
        Prefix::Done(validity) => validity,
        Prefix::Blocks { first_overlapped } if cx.compares_overlap() => {
            overlap::check(span, first_overlapped, cx)
        }
        Prefix::Blocks { .. } => Validity::Accept,
    }
}

/// The check before Holocene: all blocks past the safe head at once, then the overlap.
///
/// The reference checks the parent before the blocks and the overlap after them. All of these drop the batch, so it makes no difference that here
/// everything that needs L2 blocks comes last: asked for in one range, and only where it still matters.
pub(crate) fn check_full(span: &Arc<SpanBatch>, cx: &Context<'_>) -> Validity {
    match prefix(span, cx) {
        Prefix::Done(validity) => validity,
        Prefix::Blocks { first_overlapped } => match blocks(span, first_overlapped, cx) {
            Validity::Accept => overlap::check(span, first_overlapped, cx),
            other => other,
        },
    }
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

enum Prefix {
    Done(Validity),
    /// Nothing but the blocks is left to judge. The number of the first block that the span has in common with the safe chain, or the next one's.
    Blocks {
        first_overlapped: u64,
    },
}

fn prefix(span: &SpanBatch, cx: &Context<'_>) -> Prefix {
    let drop = |why| Prefix::Done(Validity::Drop(why));
    let Some(epoch) = cx.epochs.first().map(|epoch| epoch.l1) else {
        return Prefix::Done(Validity::Undecided);
    };
    let mut origin = epoch;
    if span.first_epoch() == epoch.number.wrapping_add(1) {
        match cx.epochs.second() {
            Some(second) => origin = second.l1,
            None => return Prefix::Done(Validity::Undecided),
        }
    }
    if !cx.rules.at_origin(origin.as_origin()).span_batches {
        return drop(BatchDrop::BeforeDelta);
    }
    let next = cx.next_time();
    let start = span.start_time();
    if start > next {
        return if cx.included.holocene {
            drop(BatchDrop::Future { next })
        } else {
            Prefix::Done(Validity::Future)
        };
    }
    if span.last_time() < next {
        return if cx.included.holocene {
            Prefix::Done(Validity::Past)
        } else {
            drop(BatchDrop::Past { next })
        };
    }
    // How many blocks the span has in common with the safe chain.
    let overlapped = match cx.head.time.0.checked_sub(start.0) {
        None if start < next => return drop(BatchDrop::Misaligned),
        None => 0,
        Some(behind) => match (
            behind.checked_rem(cx.rules.rollup.block_time),
            behind.checked_div(cx.rules.rollup.block_time),
        ) {
            (Some(0), Some(blocks)) => blocks.saturating_add(1),
            _ => return drop(BatchDrop::Misaligned),
        },
    };
    // The parent of the first block must exist; the reference fails to fetch it otherwise, and is left undecided.
    let genesis = cx.rules.rollup.genesis.l2.number;
    let parent = cx
        .head
        .number
        .checked_sub(overlapped)
        .filter(|parent| *parent >= genesis);
    let Some(parent) = parent else {
        return Prefix::Done(Validity::Undecided);
    };
    if let Err(why) = within_window(span.first_epoch(), cx) {
        return drop(why);
    }

    // The last epoch before the parent's: of the parent's conditions, "too new" and "too old" drop the batch whether or not this one leaves it
    // undecided, so where the parent is not known yet it is asked for first.
    let parent_ref = if overlapped == 0 {
        *cx.head
    } else {
        match overlap::block(parent, cx) {
            Ok(block) => block,
            Err(need) => {
                // A wrong origin drops the batch whatever the parent is; a missing one does not.
                return match check_last_origin(span, cx) {
                    Validity::Drop(why) => drop(why),
                    Validity::Accept
                    | Validity::Past
                    | Validity::Future
                    | Validity::Undecided
                    | Validity::NeedL2(_) => Prefix::Done(Validity::NeedL2(need)),
                };
            }
        }
    };
    if !span.checks_parent(&parent_ref.hash) {
        return drop(BatchDrop::ParentMismatch {
            expected: parent_ref.hash,
        });
    }
    if span.first_epoch() > parent_ref.origin.number.saturating_add(1) {
        return drop(BatchDrop::EpochTooNew {
            maximum: parent_ref.origin.number.saturating_add(1),
        });
    }
    match check_last_origin(span, cx) {
        Validity::Accept => {}
        other => return Prefix::Done(other),
    }
    if span.first_epoch() < parent_ref.origin.number {
        return drop(BatchDrop::EpochTooOld {
            minimum: parent_ref.origin.number,
        });
    }
    Prefix::Blocks {
        first_overlapped: parent.saturating_add(1),
    }
}

/// The origin check of the span: its last epoch must be a known L1 block with this hash. Not known: undecided (D162).
fn check_last_origin(span: &SpanBatch, cx: &Context<'_>) -> Validity {
    match cx.epochs.by_number(span.last_epoch()) {
        None => Validity::Undecided,
        Some(last) if span.checks_origin(&last.l1.hash) => Validity::Accept,
        Some(last) => Validity::Drop(BatchDrop::EpochHashMismatch {
            expected: last.l1.id(),
        }),
    }
}

fn check_origin(epoch: u64, cx: &Context<'_>) -> Result<(), BatchDrop> {
    if epoch < cx.head.origin.number {
        return Err(BatchDrop::EpochTooOld {
            minimum: cx.head.origin.number,
        });
    }
    if cx.epochs.by_number(epoch).is_none() {
        return Err(BatchDrop::EpochUnknown { number: epoch });
    }
    Ok(())
}

/// Every block past the head, before Holocene. User transactions in an activation block are not looked at here: forks that forbid them came later.
fn blocks(span: &Arc<SpanBatch>, first_number: u64, cx: &Context<'_>) -> Validity {
    let mut cursor = span.cursor();
    // Whether the first block begins an epoch shows by the parent's origin; of the others by the block before.
    let mut previous_epoch = match overlap::block(first_number.saturating_sub(1), cx) {
        Ok(parent) => parent.origin.number,
        Err(_) => cx.head.origin.number,
    };
    while let Some(element) = span.next_element(&mut cursor) {
        let advanced = element.epoch_number > previous_epoch;
        previous_epoch = element.epoch_number;
        if element.time <= cx.head.time {
            continue;
        }
        if let Err(why) = check_origin(element.epoch_number, cx) {
            return Validity::Drop(why);
        }
        let Some(origin) = cx
            .epochs
            .by_number(element.epoch_number)
            .map(|epoch| epoch.l1)
        else {
            return Validity::Undecided;
        };
        if let Some(why) = before_origin(element.time, &origin) {
            return Validity::Drop(why);
        }
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
        match drift.check(cx) {
            Validity::Accept => {}
            other => return other,
        }
        let rules = cx.rules.at_l2(element.time);
        if let Some(why) = unfit_transaction(&Transactions::Span(span.clone(), element), &rules) {
            return Validity::Drop(why);
        }
    }
    Validity::Accept
}

//! What a span batch says of blocks that are safe already. Spec: `delta/span-batches.md`, "Overlapped blocks"; from Holocene on as well in the newer
//! version of `holocene/derivation.md`, "Span Batches" (D37).

use super::{Context, Refusal};
use crate::{event::BatchDrop, step::L2Block};
use alloy_primitives::Bytes;
use hoike_protocol::{L2Ref, L2Time, attributes::DEPOSIT_TX_TYPE, batch::SpanBatch};

/// Compares the span's blocks after `parent` and up to the head with the chain: same epoch, same transactions.
pub(crate) fn check(span: &SpanBatch, parent: &L2Ref, cx: &Context<'_>) -> Result<(), Refusal> {
    let mut cursor = span.cursor();
    let mut known = known(parent.number, cx).iter().skip(1);
    for number in parent.number.saturating_add(1)..=cx.head.number {
        let Some(element) = span.next_element(&mut cursor) else {
            return Ok(());
        };
        let Some(block) = known.next() else {
            // Twice as many each time: the first that differs ends it, so that a span costs no more than twice what it gets right.
            let compared = number.saturating_sub(parent.number).max(FIRST_COMPARED);
            let end = number.saturating_add(compared).min(cx.head.number);
            return Err(Refusal::NeedL2(parent.number..=end));
        };
        // Deposits come first and are in no batch.
        let deposit = |tx: &&Bytes| tx.first() == Some(&DEPOSIT_TX_TYPE);
        let deposits = block.transactions.iter().filter(deposit).count();
        let user = block.transactions.get(deposits..).unwrap_or_default();
        let same = reference(block, cx).is_ok_and(|block| {
            block.origin.number == element.epoch_number
                && user.len() as u64 == element.tx_count
                && user == span.transactions(&element)
        });
        if !same {
            return Err(BatchDrop::OverlapMismatch { number }.into());
        }
    }
    Ok(())
}

/// How many blocks are asked for at first, to compare with.
const FIRST_COMPARED: u64 = 32;

/// The L2 block of this number, for a span that begins in `first_epoch` to build on; or which block to ask for.
///
/// A span's time may lie years back, and finding a block of then means walking every header in between. Origins do not go down from block to block, so
/// blocks on the way there tell when they have become too old for the span's first epoch, which must be at most one after its parent's origin. They are
/// looked at so far apart that a span within the sequencing window gets by without: a witness that others recorded has its parent and no more. The
/// reference looks at the parent at once, and drops the span for the same reason or another.
pub(super) fn parent(number: u64, first_epoch: u64, cx: &Context<'_>) -> Result<L2Ref, Refusal> {
    if number == cx.head.number {
        return Ok(*cx.head);
    }
    let known = known(number, cx);
    let lowest = match known.first() {
        None => *cx.head,
        Some(block) => match reference(block, cx) {
            Ok(block) => block,
            Err(_) => return Err(Refusal::NeedL2(number..=number)),
        },
    };
    if lowest.number == number {
        return Ok(lowest);
    }
    let maximum = lowest.origin.number.saturating_add(1);
    if first_epoch > maximum {
        return Err(BatchDrop::EpochTooNew { maximum }.into());
    }
    let next = lowest.number.saturating_sub(stride(cx)).max(number);
    Err(Refusal::NeedL2(next..=next))
}

/// Twice as many blocks as a sequencing window has.
fn stride(cx: &Context<'_>) -> u64 {
    /// Seconds between L1 blocks, doubled.
    const EACH: u64 = 24;
    let rollup = &cx.rules.rollup;
    let seconds = rollup.seq_window_size.saturating_mul(EACH);
    seconds.checked_div(rollup.block_time).unwrap_or(1).max(1)
}

/// The supplied blocks from `number` to the head, ascending: the whole range or its upper part.
fn known<'a>(number: u64, cx: &Context<'a>) -> &'a [L2Block] {
    let below = |end: u64| cx.l2.partition_point(|block| block.header.number < end);
    let (start, end) = (below(number), below(cx.head.number.saturating_add(1)));
    cx.l2.get(start..end).unwrap_or_default()
}

fn reference(
    block: &L2Block,
    cx: &Context<'_>,
) -> Result<L2Ref, hoike_protocol::config::read_back::ReadBackFault> {
    let rules = cx.rules.at_l2(L2Time(block.header.timestamp));
    L2Ref::from_block(
        &block.header,
        block.header.hash(),
        block.transactions.first().map(|tx| tx.as_ref()),
        &cx.rules.rollup,
        &rules,
    )
}

//! What a span batch says of blocks that are safe already. Spec: `delta/span-batches.md`, "Overlapped blocks"; from Holocene on as well in the newer
//! version of `holocene/derivation.md`, "Span Batches" (D37).

use super::{Context, Refusal};
use crate::{event::BatchDrop, step::L2Block};
use alloy_primitives::Bytes;
use core::ops::RangeInclusive;
use hoike_protocol::{L2Ref, L2Time, attributes::DEPOSIT_TX_TYPE, batch::SpanBatch};

/// Compares the span's blocks after `parent` and up to the head with the chain: same epoch, same transactions.
pub(crate) fn check(span: &SpanBatch, parent: &L2Ref, cx: &Context<'_>) -> Result<(), Refusal> {
    let mut cursor = span.cursor();
    for number in parent.number.saturating_add(1)..=cx.head.number {
        let Some(element) = span.next_element(&mut cursor) else {
            return Ok(());
        };
        let block = cx.l2.iter().find(|block| block.header.number == number);
        let block = block.ok_or(Refusal::NeedL2(parent.number..=cx.head.number))?;
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

/// The L2 block of this number, or which blocks to ask for: it alone, or all that the comparison will need, in one range.
pub(super) fn block(number: u64, cx: &Context<'_>) -> Result<L2Ref, RangeInclusive<u64>> {
    if number == cx.head.number {
        return Ok(*cx.head);
    }
    let need = number..=if cx.compares_overlap() {
        cx.head.number
    } else {
        number
    };
    let block = cx
        .l2
        .iter()
        .find(|block| block.header.number == number)
        .ok_or_else(|| need.clone())?;
    reference(block, cx).map_err(|_| need)
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

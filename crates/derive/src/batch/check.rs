//! Whether a batch for one block is valid. Spec: `protocol/derivation.md`, "Batch Queue"; `holocene/derivation.md`, "Batch Queue".

use super::{Candidate, Context, Refusal, Transactions};
use crate::event::BatchDrop;
use hoike_protocol::{L1Ref, L2Rules, L2Time, attributes::DEPOSIT_TX_TYPE};

/// Judges one batch. The order of the rules is consensus where outcomes differ; the first that applies decides.
pub(crate) fn check(batch: &Candidate, cx: &Context<'_>) -> Result<(), Refusal> {
    let epoch = cx.epochs.first().ok_or(Refusal::Undecided)?.l1;
    let next = cx.next_time();
    if batch.time > next {
        return Err(if cx.included.holocene {
            Refusal::Drop(BatchDrop::Future { next })
        } else {
            Refusal::Future
        });
    }
    // D161: any older time is past under Holocene, also one off the grid.
    if batch.time < next {
        return Err(if cx.included.holocene {
            Refusal::Past
        } else {
            Refusal::Drop(BatchDrop::Past { next })
        });
    }
    if batch.parent != cx.head.hash {
        let expected = cx.head.hash;
        return Err(BatchDrop::ParentMismatch { expected }.into());
    }
    within_window(batch.epoch.number, cx)?;
    let origin = match batch.epoch.number.checked_sub(epoch.number) {
        None => {
            let minimum = epoch.number;
            return Err(BatchDrop::EpochTooOld { minimum }.into());
        }
        Some(0) => epoch,
        Some(1) => cx.epochs.second().ok_or(Refusal::Undecided)?.l1,
        Some(_) => {
            let maximum = epoch.number.saturating_add(1);
            return Err(BatchDrop::EpochTooNew { maximum }.into());
        }
    };
    if batch.epoch.hash != origin.hash {
        let expected = origin.id();
        return Err(BatchDrop::EpochHashMismatch { expected }.into());
    }
    not_before_origin(batch.time, &origin)?;
    let rules = cx.rules.at_l2(batch.time);
    if let Some(fork) = rules
        .user_txs_forbidden
        .filter(|_| batch.transactions.count() > 0)
    {
        return Err(BatchDrop::UserTransactionsInActivationBlock { fork }.into());
    }
    let drift = Drift {
        time: batch.time,
        origin: &origin,
        empty: batch.transactions.count() == 0,
        advanced: origin.number != epoch.number,
        next_origin: cx.epochs.second().map(|epoch| &epoch.l1),
    };
    drift.check(cx)?;
    Ok(fit_transactions(&batch.transactions, &rules)?)
}

/// The sequencing window: a batch must be included at most `seq_window_size` L1 blocks after its epoch.
pub(super) fn within_window(epoch: u64, cx: &Context<'_>) -> Result<(), BatchDrop> {
    let last_inclusion = epoch.wrapping_add(cx.rules.rollup.seq_window_size);
    if last_inclusion < cx.inclusion.number {
        Err(BatchDrop::WindowExpired { last_inclusion })
    } else {
        Ok(())
    }
}

pub(super) fn not_before_origin(time: L2Time, origin: &L1Ref) -> Result<(), BatchDrop> {
    let origin_time = origin.time;
    if time.0 < origin_time {
        return Err(BatchDrop::BeforeOrigin { origin_time });
    }
    Ok(())
}

/// The sequencer drift of one block. Spec: `protocol/derivation.md`, "Batch Queue"; `fjord/derivation.md` (D40: by the origin's time).
pub(super) struct Drift<'a> {
    pub(super) time: L2Time,
    pub(super) origin: &'a L1Ref,
    pub(super) empty: bool,
    /// Whether the block is the first of its epoch: that is always allowed, however late.
    pub(super) advanced: bool,
    /// The L1 block after the origin, if it is known.
    pub(super) next_origin: Option<&'a L1Ref>,
}

impl Drift<'_> {
    pub(super) fn check(&self, cx: &Context<'_>) -> Result<(), Refusal> {
        let limit = self.origin.time.wrapping_add(
            cx.rules
                .at_origin(self.origin.as_origin())
                .max_sequencer_drift,
        );
        if self.time.0 <= limit {
            return Ok(());
        }
        if !self.empty {
            return Err(BatchDrop::DriftExceeded { limit }.into());
        }
        if self.advanced {
            return Ok(());
        }
        let next = self.next_origin.ok_or(Refusal::Undecided)?;
        if self.time.0 >= next.time {
            let next_origin = next.id();
            return Err(BatchDrop::OriginNotAdvanced { next_origin }.into());
        }
        Ok(())
    }
}

/// Whether there is no transaction that a batch must not hold. Only the type byte is looked at; unknown types are left to execution, which makes the
/// payload invalid (D196, `docs/decisions/0002-unknown-types-in-batches.md`).
pub(super) fn fit_transactions(
    transactions: &Transactions,
    rules: &L2Rules,
) -> Result<(), BatchDrop> {
    let unfit = transactions.find_unfit(|(index, first)| {
        let kind = match first {
            None => return Some(BatchDrop::EmptyTransaction { index }),
            Some(kind) => kind,
        };
        let fits = match kind {
            DEPOSIT_TX_TYPE => false,
            SET_CODE_TX_TYPE => rules.set_code_txs,
            POST_EXEC_TX_TYPE => rules.post_exec_txs,
            _legacy_or_left_to_execution => true,
        };
        (!fits).then_some(BatchDrop::TransactionType { index, kind })
    });
    unfit.map_or(Ok(()), Err)
}

const SET_CODE_TX_TYPE: u8 = 4;
const POST_EXEC_TX_TYPE: u8 = 0x7d;

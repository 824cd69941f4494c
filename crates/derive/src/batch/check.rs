//! Whether a batch for one block is valid. Spec: `protocol/derivation.md`, "Batch Queue"; `holocene/derivation.md`, "Batch Queue".

use super::{Candidate, Context, Transactions, Validity};
use crate::event::BatchDrop;
use hoike_protocol::{L1Ref, L2Rules, L2Time, attributes::DEPOSIT_TX_TYPE};

/// Judges one batch. The order of the rules is consensus where outcomes differ; the first that applies decides.
pub(crate) fn check(batch: &Candidate, cx: &Context<'_>) -> Validity {
    let Some(epoch) = cx.epochs.first().map(|epoch| epoch.l1) else {
        return Validity::Undecided;
    };
    let next = cx.next_time();
    if batch.time > next {
        return if cx.included.holocene {
            Validity::Drop(BatchDrop::Future { next })
        } else {
            Validity::Future
        };
    }
    // D161: any older time is past under Holocene, also one off the grid.
    if batch.time < next {
        return if cx.included.holocene {
            Validity::Past
        } else {
            Validity::Drop(BatchDrop::Past { next })
        };
    }
    if batch.parent != cx.head.hash {
        return Validity::Drop(BatchDrop::ParentMismatch {
            expected: cx.head.hash,
        });
    }
    if let Err(why) = within_window(batch.epoch.number, cx) {
        return Validity::Drop(why);
    }
    let origin = match batch.epoch.number.checked_sub(epoch.number) {
        None => {
            return Validity::Drop(BatchDrop::EpochTooOld {
                minimum: epoch.number,
            });
        }
        Some(0) => epoch,
        Some(1) => match cx.epochs.second() {
            Some(second) => second.l1,
            None => return Validity::Undecided,
        },
        Some(_) => {
            return Validity::Drop(BatchDrop::EpochTooNew {
                maximum: epoch.number.saturating_add(1),
            });
        }
    };
    if batch.epoch.hash != origin.hash {
        return Validity::Drop(BatchDrop::EpochHashMismatch {
            expected: origin.id(),
        });
    }
    let rules = cx.rules.at_l2(batch.time);
    if let Some(why) = before_origin(batch.time, &origin) {
        return Validity::Drop(why);
    }
    if let Some(fork) = rules
        .user_txs_forbidden
        .filter(|_| batch.transactions.count() > 0)
    {
        return Validity::Drop(BatchDrop::UserTransactionsInActivationBlock { fork });
    }
    let drift = Drift {
        time: batch.time,
        origin: &origin,
        empty: batch.transactions.count() == 0,
        advanced: origin.number != epoch.number,
        next_origin: cx.epochs.second().map(|epoch| &epoch.l1),
    };
    match drift.check(cx) {
        Validity::Accept => {}
        other => return other,
    }
    unfit_transaction(&batch.transactions, &rules).map_or(Validity::Accept, Validity::Drop)
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

pub(super) fn before_origin(time: L2Time, origin: &L1Ref) -> Option<BatchDrop> {
    (time.0 < origin.time).then_some(BatchDrop::BeforeOrigin {
        origin_time: origin.time,
    })
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
    pub(super) fn check(&self, cx: &Context<'_>) -> Validity {
        let limit = self.origin.time.wrapping_add(
            cx.rules
                .at_origin(self.origin.as_origin())
                .max_sequencer_drift,
        );
        if self.time.0 <= limit {
            return Validity::Accept;
        }
        if !self.empty {
            return Validity::Drop(BatchDrop::DriftExceeded { limit });
        }
        if self.advanced {
            return Validity::Accept;
        }
        match self.next_origin {
            None => Validity::Undecided,
            Some(next) if self.time.0 >= next.time => {
                Validity::Drop(BatchDrop::OriginNotAdvanced {
                    next_origin: next.id(),
                })
            }
            Some(_) => Validity::Accept,
        }
    }
}

/// The first transaction that a batch must not hold. Only the type byte is looked at; unknown types are left to execution, which makes the
/// payload invalid (D196, `docs/decisions/0002-unknown-types-in-batches.md`).
pub(super) fn unfit_transaction(transactions: &Transactions, rules: &L2Rules) -> Option<BatchDrop> {
    transactions.find_unfit(|(index, first)| {
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
    })
}

const SET_CODE_TX_TYPE: u8 = 4;
const POST_EXEC_TX_TYPE: u8 = 0x7d;

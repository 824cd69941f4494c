//! Blocks without a batch, once the sequencing window has passed. Spec: `protocol/derivation.md`, "Batch Queue", the end.

use super::{Candidate, Transactions, next_time};
use crate::epochs::Epochs;
use alloc::vec::Vec;
use hoike_protocol::{L1Ref, L2Ref, RollupConfig};

/// What happens where no batch is left.
#[derive(Debug)]
pub(crate) enum Empty {
    /// An empty block.
    Batch(Candidate),
    /// The epoch is complete: go on with the next one, but first with the next L1 block (D186).
    AdvanceEpoch,
    /// Its window is open still.
    Wait,
}

/// An empty block of the first known epoch, if no batch may come for it any more. `out_of_data` says that the current L1 block is read whole.
pub(crate) fn next(
    epochs: &Epochs,
    head: &L2Ref,
    at: &L1Ref,
    out_of_data: bool,
    config: &RollupConfig,
) -> Empty {
    let (Some(epoch), Some(next_epoch)) =
        (epochs.first().map(|e| e.l1), epochs.second().map(|e| e.l1))
    else {
        return Empty::Wait;
    };
    let expiry = epoch.number.saturating_add(config.seq_window_size);
    let expired = expiry < at.number || (expiry == at.number && out_of_data);
    if !expired {
        return Empty::Wait;
    }
    let time = next_time(head, config);
    // Each epoch has at least one block; further ones as long as the next origin's time is not reached (D39).
    let first_of_epoch = epoch.number == head.origin.number.saturating_add(1);
    if time.0 < next_epoch.time || first_of_epoch {
        Empty::Batch(Candidate {
            batch: None,
            parent: head.hash,
            epoch: epoch.id(),
            time,
            transactions: Transactions::List(Vec::new()),
        })
    } else {
        Empty::AdvanceEpoch
    }
}

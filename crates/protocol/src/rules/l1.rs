//! The L1 chain's blob schedule: all that derivation must know of L1's own forks.

use crate::OriginTime;
use alloc::borrow::Cow;

/// Configuration of an L1 chain, as far as it reaches L2.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct L1Config {
    /// Chain id of L1: batcher transactions of another chain id have no sender.
    pub chain_id: u64,
    /// Blob parameters by activation time (Unix seconds, ascending): Cancun, Prague, Osaka and the blob-parameter-only forks. Spec: EIP-7840, EIP-7892.
    pub blob_schedule: Cow<'static, [BlobSchedule]>,
}

/// One entry of a blob schedule.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct BlobSchedule {
    /// From when on it holds, Unix seconds.
    pub time: u64,
    /// `baseFeeUpdateFraction`.
    pub update_fraction: u64,
}

impl L1Config {
    /// The update fraction of the newest entry at `time`; Cancun's before any.
    pub(super) fn update_fraction(&self, time: OriginTime) -> u64 {
        self.blob_schedule
            .iter()
            .take_while(|entry| entry.time <= time.0)
            .last()
            .map_or(3_338_477, |entry| entry.update_fraction)
    }
}

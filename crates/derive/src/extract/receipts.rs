//! Deposits and config updates out of an L1 block's receipts.

use alloc::vec::Vec;
use alloy_primitives::{B256, Bloom, Bytes};
use hoike_protocol::{
    RollupConfig,
    config::update::CONFIG_UPDATE_EVENT,
    deposit::{self, BlockDepositFault, DEPOSIT_EVENT},
    receipt::{self, Log, Receipt},
};

/// Logs that matter, out of one block's receipts.
#[derive(Clone, Debug)]
pub(crate) struct Extracted {
    pub(crate) deposits: Result<Vec<Bytes>, BlockDepositFault>,
    pub(crate) config_logs: Vec<(u64, Log)>,
}

impl Extracted {
    /// What a block without any such log gives.
    pub(crate) fn nothing() -> Self {
        Self { deposits: Ok(Vec::new()), config_logs: Vec::new() }
    }

    /// Reads raw receipts once for both. One that does not decode has no logs: L1 may know types that we do not.
    /// Spec: `protocol/derivation.md`, "On Future-Proof Transaction Log Derivation".
    pub(crate) fn from_receipts(raw: &[Bytes], config: &RollupConfig, block_hash: B256) -> Self {
        let receipts: Vec<Receipt> =
            raw.iter().map(|raw| Receipt::decode(raw).unwrap_or_else(|_| Receipt { success: false, logs: Vec::new() })).collect();
        let mut config_logs = Vec::new();
        let mut index = 0_u64;
        for receipt in &receipts {
            for log in &receipt.logs {
                if receipt.success && log.address == config.l1_system_config && log.topics.first() == Some(&CONFIG_UPDATE_EVENT) {
                    config_logs.push((index, log.clone()));
                }
                index = index.saturating_add(1);
            }
        }
        Self { deposits: deposit::user_deposits(&receipts, config.deposit_contract, block_hash), config_logs }
    }
}

/// Whether a block's logs bloom admits a deposit or a config update. If not, there is none: L1 consensus commits to the bloom.
pub(crate) fn may_matter(bloom: &Bloom, config: &RollupConfig) -> bool {
    receipt::may_contain(bloom, &config.deposit_contract, &DEPOSIT_EVENT) || may_update_config(bloom, config)
}

/// Whether a block's logs bloom admits a config update.
pub(crate) fn may_update_config(bloom: &Bloom, config: &RollupConfig) -> bool {
    receipt::may_contain(bloom, &config.l1_system_config, &CONFIG_UPDATE_EVENT)
}

/// Whether a log may be an update of the batcher address: one that is of that type, well formed or not.
pub(crate) fn may_change_batcher(log: &Log, config: &RollupConfig) -> bool {
    log.address == config.l1_system_config
        && log.topics.first() == Some(&CONFIG_UPDATE_EVENT)
        && log.topics.get(2).is_none_or(|kind| *kind == B256::ZERO)
}

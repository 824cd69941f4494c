//! Deposits and config updates out of an L1 block's receipts.

use alloc::vec::Vec;
use alloy_primitives::{B256, Bloom, Bytes};
use hoike_protocol::{
    RollupConfig,
    config::update::CONFIG_UPDATE_EVENT,
    deposit::{self, BlockDepositFault, DEPOSIT_EVENT},
    receipt::{self, Receipt, events},
};

/// What matters out of one block's receipts.
#[derive(Clone, Debug)]
pub(crate) struct Extracted {
    /// User deposits, encoded. A malformed log matters only when the epoch's first block is built.
    pub(crate) deposits: Result<Vec<Bytes>, BlockDepositFault>,
    /// All receipts, if one of them may update the config; else none.
    pub(crate) config_receipts: Vec<Receipt>,
}

impl Extracted {
    /// What a block without any log of interest gives.
    pub(crate) const fn nothing() -> Self {
        Self {
            deposits: Ok(Vec::new()),
            config_receipts: Vec::new(),
        }
    }

    /// Reads receipts once for both.
    pub(crate) fn from_receipts(
        receipts: Vec<Receipt>,
        config: &RollupConfig,
        block_hash: B256,
    ) -> Self {
        let deposits = deposit::user_deposits(&receipts, config.deposit_contract, block_hash);
        let updates = events(&receipts, &config.l1_system_config, &CONFIG_UPDATE_EVENT)
            .next()
            .is_some();
        Self {
            deposits,
            config_receipts: if updates { receipts } else { Vec::new() },
        }
    }
}

/// Whether a block's logs bloom admits a deposit or a config update. If not, there is none: L1 consensus commits to the bloom.
pub fn may_matter(bloom: &Bloom, config: &RollupConfig) -> bool {
    receipt::may_contain(bloom, &config.deposit_contract, &DEPOSIT_EVENT)
        || may_update_config(bloom, config)
}

/// Whether a block's logs bloom admits a config update.
pub(crate) fn may_update_config(bloom: &Bloom, config: &RollupConfig) -> bool {
    receipt::may_contain(bloom, &config.l1_system_config, &CONFIG_UPDATE_EVENT)
}

/// Whether receipts may update the batcher address: whether they hold a log of that type, well formed or not.
pub(crate) fn may_change_batcher(receipts: &[Receipt], config: &RollupConfig) -> bool {
    events(receipts, &config.l1_system_config, &CONFIG_UPDATE_EVENT)
        .any(|(_, log)| log.topics.get(2).is_none_or(|kind| *kind == B256::ZERO))
}

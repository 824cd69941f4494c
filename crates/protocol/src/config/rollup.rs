//! The rollup config: what never changes after a chain's genesis, fork times apart.

use super::SystemConfig;
use crate::{BlockId, Schedule};
use alloy_primitives::Address;

/// Constants of one rollup. Spec: `protocol/derivation.md`, "Protocol Parameters"; JSON form: op-node's `rollup.json` (`hoike-registry` reads it).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RollupConfig {
    /// Where L1 and L2 begin for this rollup.
    pub genesis: Genesis,
    /// Seconds between L2 blocks.
    pub block_time: u64,
    /// How far an L2 block's time may be past its origin's before Fjord, in seconds.
    pub max_sequencer_drift: u64,
    /// Sequencing window, in L1 blocks.
    pub seq_window_size: u64,
    /// Channel timeout before Granite, in L1 blocks.
    pub channel_timeout: u64,
    /// Chain id of L1.
    pub l1_chain_id: u64,
    /// Chain id of L2.
    pub l2_chain_id: u64,
    /// When the forks activate.
    pub schedule: Schedule,
    /// Until which L1 origin time the blob base fee keeps the Cancun update fraction; `None` where the chain never had the defect.
    /// Spec: `protocol/pectra-blob-schedule/overview.md`.
    pub pectra_blob_schedule_time: Option<u64>,
    /// Where batches are sent to, on L1.
    pub batch_inbox: Address,
    /// The portal: emits deposits, on L1.
    pub deposit_contract: Address,
    /// The SystemConfig contract: emits config updates, on L1.
    pub l1_system_config: Address,
    /// EIP-1559 constants.
    pub eip1559: Eip1559Constants,
    /// Whether the gas limit keeps the upgrade gas of Karst's activation block (case D73).
    pub keep_karst_upgrade_gas: bool,
}

/// The first blocks of a rollup.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Genesis {
    /// The L1 block after which the rollup starts.
    pub l1: BlockId,
    /// The first L2 block.
    pub l2: BlockId,
    /// Time of the first L2 block, Unix seconds.
    pub l2_time: u64,
    /// The system config of the first L2 block.
    pub system_config: SystemConfig,
}

/// A chain's EIP-1559 parameters where blocks do not carry their own.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Eip1559Constants {
    /// Elasticity multiplier.
    pub elasticity: u64,
    /// Base fee change denominator before Canyon.
    pub denominator: u64,
    /// Base fee change denominator from Canyon.
    pub denominator_canyon: u64,
}

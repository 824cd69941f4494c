//! The form in which the generated table writes a chain down: what differs between chains, and nothing else.

use crate::Chain;
use alloy_primitives::{Address, B64, B256, U256};
use hoike_protocol::{
    BlockId, Schedule, SystemConfig,
    config::{Eip1559Constants, Genesis, RollupConfig},
};

pub(crate) struct Row {
    pub(crate) name: &'static str,
    pub(crate) l1_chain_id: u64,
    pub(crate) l2_chain_id: u64,
    /// The L1 block that the rollup starts from.
    pub(crate) l1_number: u64,
    pub(crate) l1_hash: B256,
    /// The first L2 block.
    pub(crate) l2_number: u64,
    pub(crate) l2_hash: B256,
    pub(crate) l2_time: u64,
    pub(crate) batcher: Address,
    pub(crate) overhead: B256,
    pub(crate) scalar: B256,
    pub(crate) gas_limit: u64,
    pub(crate) block_time: u64,
    pub(crate) max_sequencer_drift: u64,
    pub(crate) seq_window_size: u64,
    /// Times of Canyon and what follows, as far as scheduled.
    pub(crate) forks: &'static [u64],
    pub(crate) pectra_blob_schedule_time: Option<u64>,
    pub(crate) keep_karst_upgrade_gas: bool,
    /// Elasticity, denominator, denominator from Canyon.
    pub(crate) eip1559: (u64, u64, u64),
    pub(crate) batch_inbox: Address,
    pub(crate) deposit_contract: Address,
    pub(crate) l1_system_config: Address,
}

impl Row {
    /// The chain that this row describes. Evaluated when the table is compiled, where a bad row is a compile error.
    pub(crate) const fn chain(self) -> Chain {
        let (elasticity, denominator, denominator_canyon) = self.eip1559;
        Chain {
            name: self.name,
            rollup: RollupConfig {
                genesis: Genesis {
                    l1: BlockId {
                        hash: self.l1_hash,
                        number: self.l1_number,
                    },
                    l2: BlockId {
                        hash: self.l2_hash,
                        number: self.l2_number,
                    },
                    l2_time: self.l2_time,
                    system_config: SystemConfig {
                        batcher: self.batcher,
                        overhead: U256::from_be_bytes(self.overhead.0),
                        scalar: self.scalar,
                        gas_limit: self.gas_limit,
                        // The registry has none of these: each starts at zero, whatever forks are active at genesis.
                        eip1559_params: B64::ZERO,
                        operator_fee: B256::ZERO,
                        min_base_fee: 0,
                        da_footprint_gas_scalar: 0,
                    },
                },
                block_time: self.block_time,
                max_sequencer_drift: self.max_sequencer_drift,
                seq_window_size: self.seq_window_size,
                channel_timeout: CHANNEL_TIMEOUT,
                l1_chain_id: self.l1_chain_id,
                l2_chain_id: self.l2_chain_id,
                schedule: schedule(self.forks),
                pectra_blob_schedule_time: self.pectra_blob_schedule_time,
                batch_inbox: self.batch_inbox,
                deposit_contract: self.deposit_contract,
                l1_system_config: self.l1_system_config,
                eip1559: Eip1559Constants {
                    elasticity,
                    denominator,
                    denominator_canyon,
                },
                keep_karst_upgrade_gas: self.keep_karst_upgrade_gas,
            },
        }
    }
}

/// Channel timeout before Granite in L1 blocks: the registry has no such key, and every chain of it uses this.
const CHANNEL_TIMEOUT: u64 = 300;

/// Regolith is not in the registry: it is active at genesis in every chain of it.
#[expect(
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "runs in the compiler only"
)]
const fn schedule(forks: &[u64]) -> Schedule {
    let mut times = [None; 11];
    times[0] = Some(0);
    let mut i = 0;
    while i < forks.len() {
        times[i + 1] = Some(forks[i]);
        i += 1;
    }
    match Schedule::new(times) {
        Ok(schedule) => schedule,
        Err(_) => panic!("forks out of order"),
    }
}

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

#[cfg(test)]
mod tests {
    use super::*;
    use hoike_protocol::Fork;

    fn row(forks: &'static [u64]) -> Row {
        Row {
            name: "a chain",
            l1_chain_id: 1,
            l2_chain_id: 2,
            l1_number: 3,
            l1_hash: B256::repeat_byte(4),
            l2_number: 5,
            l2_hash: B256::repeat_byte(6),
            l2_time: 7,
            batcher: Address::repeat_byte(8),
            overhead: B256::with_last_byte(9),
            scalar: B256::repeat_byte(10),
            gas_limit: 11,
            block_time: 12,
            max_sequencer_drift: 13,
            seq_window_size: 14,
            forks,
            pectra_blob_schedule_time: Some(15),
            keep_karst_upgrade_gas: true,
            eip1559: (16, 17, 18),
            batch_inbox: Address::repeat_byte(19),
            deposit_contract: Address::repeat_byte(20),
            l1_system_config: Address::repeat_byte(21),
        }
    }

    #[test]
    fn a_row_says_what_a_chain_is() {
        let Chain { name, rollup } = row(&[100, 100, 200]).chain();
        assert_eq!(name, "a chain");
        let Genesis { l1, l2, .. } = rollup.genesis;
        assert_eq!((l1.number, l1.hash), (3, B256::repeat_byte(4)));
        assert_eq!((l2.number, l2.hash), (5, B256::repeat_byte(6)));
        assert_eq!(rollup.genesis.l2_time, 7);
        let config = rollup.genesis.system_config;
        assert_eq!(config.batcher, Address::repeat_byte(8));
        assert_eq!(config.overhead, U256::from(9));
        assert_eq!(config.scalar, B256::repeat_byte(10));
        assert_eq!(config.gas_limit, 11);
        assert_eq!((rollup.l1_chain_id, rollup.l2_chain_id), (1, 2));
        assert_eq!((rollup.block_time, rollup.seq_window_size), (12, 14));
        assert_eq!(rollup.max_sequencer_drift, 13);
        let Eip1559Constants {
            elasticity,
            denominator,
            denominator_canyon,
        } = rollup.eip1559;
        assert_eq!((elasticity, denominator, denominator_canyon), (16, 17, 18));
        assert_eq!(rollup.batch_inbox, Address::repeat_byte(19));
        assert_eq!(rollup.deposit_contract, Address::repeat_byte(20));
        assert_eq!(rollup.l1_system_config, Address::repeat_byte(21));
        assert_eq!(rollup.channel_timeout, 300);
        // Regolith from the start, then as listed, and none of the rest.
        for (fork, time) in [
            (Fork::Regolith, Some(0)),
            (Fork::Canyon, Some(100)),
            (Fork::Delta, Some(100)),
            (Fork::Ecotone, Some(200)),
            (Fork::Fjord, None),
            (Fork::Lagoon, None),
        ] {
            assert_eq!(rollup.schedule.time_of(fork), time, "{fork}");
        }
    }

    #[test]
    #[should_panic(expected = "forks out of order")]
    fn forks_out_of_order_stop_the_compiler() {
        let _ = row(&[100, 99]).chain();
    }
}

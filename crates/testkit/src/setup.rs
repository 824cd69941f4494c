//! What a chain is like before it begins.

use crate::chain::Chain;
use crate::keys::Key;
use crate::l1::L1Forks;
use crate::l2::L2;
use alloy_primitives::{Address, B64, B256, U256};
use hoike_protocol::{
    BlockId, Fork, RollupConfig, Rules, Schedule, SystemConfig,
    config::{Eip1559Constants, Genesis},
    rules::{BlobSchedule, L1Config, Variants},
};

/// All that can be chosen of a chain. Every field may be changed; [`Setup::at`] has values for small chains.
#[derive(Clone, Debug)]
pub struct Setup {
    /// Regolith to Lagoon: seconds after genesis, 0 for active from genesis on.
    pub forks: [Option<u64>; 11],
    /// Seconds between L2 blocks.
    pub block_time: u64,
    /// Seconds between L1 blocks, unless a block says otherwise.
    pub l1_block_time: u64,
    /// In L1 blocks.
    pub seq_window_size: u64,
    /// In L1 blocks, before Granite.
    pub channel_timeout: u64,
    /// In seconds, before Fjord.
    pub max_sequencer_drift: u64,
    /// How many L1 blocks there are before the one that the rollup begins with.
    pub l1_before_genesis: u64,
    /// L1's forks.
    pub l1_forks: L1Forks,
    /// L1's blob schedule.
    pub blob_schedule: Vec<BlobSchedule>,
    /// Until when blob base fees keep Cancun's fraction.
    pub pectra_blob_schedule_time: Option<u64>,
    /// The system config at genesis.
    pub system_config: SystemConfig,
    /// The chain's EIP-1559 constants.
    pub eip1559: Eip1559Constants,
    /// Whether Karst's upgrade gas stays.
    pub keep_karst_upgrade_gas: bool,
    /// Which version of contested rules holds.
    pub variants: Variants,
    /// Name of the batcher's key at genesis.
    pub batcher: &'static str,
}

/// Time of the block that a rollup begins with.
pub const GENESIS_TIME: u64 = 1_700_000_000;
/// Number of the L1 block that a rollup begins with.
pub const GENESIS_L1: u64 = 1_000;
/// Chain id of every L1 here.
pub const L1_CHAIN: u64 = 900;
/// Chain id of every L2 here.
pub const L2_CHAIN: u64 = 901;
/// Where batches go.
pub const INBOX: Address = Address::repeat_byte(0xff);
/// The portal.
pub const PORTAL: Address = Address::repeat_byte(0xde);
/// The SystemConfig contract.
pub const SYSTEM_CONFIG: Address = Address::repeat_byte(0x5c);
/// How many users have wei at genesis.
pub(crate) const USERS: usize = 4;

impl Setup {
    /// A chain on which this fork and all before it are active from genesis on, and no other ever.
    pub fn at(fork: Fork) -> Self {
        let mut forks = [None; 11];
        for (slot, earlier) in forks.iter_mut().zip(Fork::ALL.into_iter().skip(1)) {
            *slot = (earlier <= fork).then_some(0);
        }
        let batcher = "batcher";
        let mut scalar = B256::ZERO;
        // Base fee scalar 5, blob base fee scalar 3, in the packed form, which is a number before Ecotone.
        (scalar[0], scalar[31], scalar[27]) = (1, 5, 3);
        Self {
            forks,
            block_time: 2,
            l1_block_time: 12,
            seq_window_size: 20,
            channel_timeout: 10,
            max_sequencer_drift: 600,
            l1_before_genesis: 2,
            l1_forks: L1Forks {
                shanghai: Some(0),
                cancun: Some(0),
                prague: None,
            },
            blob_schedule: vec![BlobSchedule {
                time: 0,
                update_fraction: 3_338_477,
            }],
            pectra_blob_schedule_time: None,
            system_config: SystemConfig {
                batcher: Key::named(batcher).address(),
                overhead: U256::ZERO,
                scalar,
                gas_limit: 30_000_000,
                eip1559_params: B64::ZERO,
                operator_fee: B256::ZERO,
                min_base_fee: 0,
                da_footprint_gas_scalar: 0,
            },
            eip1559: Eip1559Constants {
                elasticity: 6,
                denominator: 50,
                denominator_canyon: 250,
            },
            keep_karst_upgrade_gas: false,
            variants: Variants::default(),
            batcher,
        }
    }

    /// The same, with a fork that comes so many seconds after genesis.
    pub fn then(mut self, fork: Fork, seconds: u64) -> Self {
        let slot = Fork::ALL.iter().position(|f| *f == fork).unwrap() - 1;
        self.forks[slot] = Some(seconds);
        self
    }

    /// The same with a change.
    pub fn with(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }

    /// The chain, with its genesis blocks.
    pub fn begin(self) -> Chain {
        let at = |seconds: Option<u64>| match seconds {
            Some(0) => Some(0),
            later => later.map(|seconds| GENESIS_TIME + seconds),
        };
        let mut rules = Rules {
            rollup: RollupConfig {
                genesis: Genesis {
                    l1: BlockId::default(),
                    l2: BlockId::default(),
                    l2_time: GENESIS_TIME,
                    system_config: self.system_config,
                },
                block_time: self.block_time,
                max_sequencer_drift: self.max_sequencer_drift,
                seq_window_size: self.seq_window_size,
                channel_timeout: self.channel_timeout,
                l1_chain_id: L1_CHAIN,
                l2_chain_id: L2_CHAIN,
                schedule: Schedule::new(self.forks.map(at)).expect("forks in order"),
                pectra_blob_schedule_time: self.pectra_blob_schedule_time,
                batch_inbox: INBOX,
                deposit_contract: PORTAL,
                l1_system_config: SYSTEM_CONFIG,
                eip1559: self.eip1559,
                keep_karst_upgrade_gas: self.keep_karst_upgrade_gas,
            },
            l1: L1Config {
                chain_id: L1_CHAIN,
                blob_schedule: self.blob_schedule.clone().into(),
            },
            variants: self.variants,
        };
        let before = self.l1_before_genesis;
        let first = GENESIS_TIME - before * self.l1_block_time;
        let forks = self.l1_forks;
        let mut l1 = vec![forks.first(GENESIS_L1 - before, first, self.system_config)];
        for _ in 0..before {
            let parent = l1.last().expect("the first one");
            let time = parent.header.timestamp + self.l1_block_time;
            l1.push(forks.block(parent, time, Vec::new(), false));
        }
        let users: Vec<Key> = (0..USERS)
            .map(|i| Key::named(&format!("user {i}")))
            .collect();
        let rich: Vec<Address> = users.iter().map(Key::address).collect();
        let origin = l1.last().expect("the first one");
        rules.rollup.genesis.l1 = origin.id();
        let (mut l2, id) = L2::genesis(rules.clone(), origin, &rich);
        rules.rollup.genesis.l2 = id;
        l2.settle(&rules);
        Chain {
            batcher: Key::named(self.batcher),
            setup: self,
            rules,
            l1,
            l2,
            users,
        }
    }
}

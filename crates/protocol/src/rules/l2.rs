//! What an L2 block's own time gates: its attributes, its form, and how values are read back from it.

use crate::{Fork, L2Time, RollupConfig};

/// Rules for one L2 block.
///
/// An *activation block* of a fork is the first block at or past its time; a fork that is active at genesis has none.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct L2Rules {
    /// The newest active fork. Execution maps it to an EVM and to precompiles; everything else asks the fields below.
    pub fork: Fork,
    /// An active fork whose blocks are neither derived nor executed here, though it is known what of it gates what.
    pub unsupported: Option<Fork>,
    /// Forks whose activation block this is; their upgrade transactions are in it.
    pub activates: Upgrades,
    /// A fork that activates in this block and forbids user transactions in it.
    /// Spec: `jovian/derivation.md`, "Activation Block Rules"; the same for Karst and Lagoon, each for its own activation block.
    pub user_txs_forbidden: Option<Fork>,
    /// EIP-7702 transactions may be in a batch. Spec: `isthmus/derivation.md`.
    pub set_code_txs: bool,
    /// Post-exec transactions (type 0x7D) may be in a batch. Spec: `lagoon/derivation.md`.
    pub post_exec_txs: bool,
    /// Form of the L1 attributes transaction. A new one is not yet used in its fork's activation block.
    pub l1_info: L1InfoFormat,
    /// The L1 attributes transaction is a system transaction with 150,000,000 gas, as before Regolith.
    pub system_deposits: bool,
    /// Withdrawals in the body and their root in the header.
    pub withdrawals: Withdrawals,
    /// The Create2Deployer's code is put to its address before the transactions: in Canyon's activation block.
    /// Spec: `protocol/predeploys.md`, "Create2Deployer".
    pub create2_deployer: bool,
    /// Receipts of deposits hold the depositor's nonce and a version. Spec: `protocol/deposits.md`, "Deposit Receipt".
    pub deposit_receipt_nonce: bool,
    /// The header has a parent beacon block root, which the contract of EIP-4788 is told. Spec: `protocol/exec-engine.md`, "Ecotone: Beacon
    /// Block Root".
    pub parent_beacon_root: bool,
    /// The header has blob gas used and excess, and the EVM a blob base fee, of 1 wei. Spec: `protocol/exec-engine.md`, "Ecotone:
    /// disable Blob-transactions".
    pub blob_gas: bool,
    /// The contract of EIP-2935 is told the parent's hash. Spec: `isthmus/derivation.md`, "EIP-2935 Contract Deployment".
    pub block_hash_history: bool,
    /// The header has the hash of execution requests, of which there are none. Spec: `isthmus/exec-engine.md`, "Block Sealing"; EIP-7685.
    pub requests_hash: bool,
    /// Form of the header's extra data.
    pub extra_data: ExtraDataFormat,
    /// The chain constant by which base fees change where the parent's extra data does not say. Spec: `protocol/exec-engine.md`, "1559 Parameters".
    pub base_fee_denominator: BaseFeeDenominator,
    /// How the L1 fee is computed.
    pub l1_fee: L1Fee,
    /// Operator fee, and how it is computed. In Isthmus' activation block the fee's parameters are still zero.
    pub operator_fee: OperatorFee,
    /// The header's blob gas used is the DA footprint, which also counts for the base fee. Spec: `jovian/exec-engine.md`, "DA Footprint Block Limit".
    pub da_footprint: bool,
    /// Gas added to this block's limit for upgrade transactions. Spec: `karst/derivation.md`.
    pub upgrade_gas: u64,
    /// Gas to take back from this block's limit when the system config is read from it (case D73).
    pub upgrade_gas_to_strip: u64,
}

impl L2Rules {
    /// Whether attributes carry EIP-1559 parameters.
    pub const fn eip1559_params(&self) -> bool {
        match self.extra_data {
            ExtraDataFormat::Empty => false,
            ExtraDataFormat::Holocene | ExtraDataFormat::Jovian => true,
        }
    }

    /// Whether attributes carry a least base fee.
    pub const fn min_base_fee(&self) -> bool {
        match self.extra_data {
            ExtraDataFormat::Empty | ExtraDataFormat::Holocene => false,
            ExtraDataFormat::Jovian => true,
        }
    }
}

/// The forks that activate in one block.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Upgrades(u16);

impl Upgrades {
    /// Whether `fork` is among them.
    pub fn contains(self, fork: Fork) -> bool {
        self.0 & Self::bit(fork) != 0
    }

    /// Whether there is none.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The forks, oldest first, which is also the order of their upgrade transactions.
    pub fn iter(self) -> impl Iterator<Item = Fork> {
        Fork::ALL
            .into_iter()
            .filter(move |fork| self.contains(*fork))
    }

    fn bit(fork: Fork) -> u16 {
        1_u16.wrapping_shl(u32::from(fork as u8))
    }
}

impl FromIterator<Fork> for Upgrades {
    fn from_iter<I: IntoIterator<Item = Fork>>(forks: I) -> Self {
        Self(forks.into_iter().fold(0, |set, fork| set | Self::bit(fork)))
    }
}

/// Form of the L1 attributes transaction's calldata. Spec: `protocol/deposits.md` and the forks' `l1-attributes.md`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum L1InfoFormat {
    /// `setL1BlockValues`, ABI-encoded.
    Bedrock,
    /// `setL1BlockValuesEcotone`, packed.
    Ecotone,
    /// `setL1BlockValuesIsthmus`: with operator fee.
    Isthmus,
    /// `setL1BlockValuesJovian`: with DA footprint scalar.
    Jovian,
}

/// What a block says of withdrawals.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Withdrawals {
    /// No list, no root.
    None,
    /// Canyon: an empty list and its root.
    Empty,
    /// Isthmus: an empty list; the header's root is the message passer's storage root.
    MessagePasser,
}

/// Form of a header's extra data.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ExtraDataFormat {
    /// No extra data.
    Empty,
    /// Version 0, 9 bytes: denominator and elasticity. Spec: `holocene/exec-engine.md`, "EIP-1559 Parameters in Block Header".
    Holocene,
    /// Version 1, 17 bytes: also the least base fee. Spec: `jovian/exec-engine.md`, "Minimum Base Fee in Block Header".
    Jovian,
}

/// Which of the chain's two denominators holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum BaseFeeDenominator {
    /// `eip1559Denominator`.
    Bedrock,
    /// `eip1559DenominatorCanyon`.
    Canyon,
}

/// How the L1 fee is computed from a transaction's bytes. Spec: `protocol/exec-engine.md`, "L1-Cost fees".
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum L1Fee {
    /// `(calldata gas + 68 * 16 + overhead) * base fee * scalar / 1e6`: with an allowance for a signature, though it is in the bytes.
    Bedrock,
    /// The same without the allowance.
    Regolith,
    /// `calldata gas * (16 * base fee * base fee scalar + blob base fee * blob base fee scalar) / 16e6`, and Regolith's while the L1Block contract has
    /// none of the three newer values (case D94). Spec: `protocol/exec-engine.md`, "Ecotone L1-Cost fee changes".
    Ecotone,
    /// By estimated compressed size instead of calldata gas, else as Ecotone's. Spec: `fjord/exec-engine.md`, "Fjord L1-Cost fee changes".
    Fjord,
}

/// How the operator fee is computed from gas, scalar and constant.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum OperatorFee {
    /// There is none.
    None,
    /// `gas * scalar / 1e6 + constant`. Spec: `isthmus/exec-engine.md`, "Operator Fee".
    Isthmus,
    /// `gas * scalar * 100 + constant`. Spec: `jovian/exec-engine.md`, "Operator Fee".
    Jovian,
}

pub(super) fn at(time: L2Time, config: &RollupConfig) -> L2Rules {
    let schedule = &config.schedule;
    let parent_time = time.0.checked_sub(config.block_time);
    let activates: Upgrades = schedule
        .active_at(time.0)
        .filter(|fork| parent_time.is_some_and(|parent| !schedule.is_active(*fork, parent)))
        .collect();

    let row = schedule.active_at(time.0).fold(bedrock(), |rules, fork| {
        let rules = L2Rules { fork, ..rules };
        // The L1 info transaction of an activation block still has the form of before: the contract that reads it is only upgraded by that block.
        let l1_info = |new| {
            if activates.contains(fork) {
                rules.l1_info
            } else {
                new
            }
        };
        match fork {
            Fork::Bedrock => rules,
            Fork::Regolith => L2Rules {
                system_deposits: false,
                l1_fee: L1Fee::Regolith,
                ..rules
            },
            Fork::Canyon => L2Rules {
                withdrawals: Withdrawals::Empty,
                create2_deployer: activates.contains(fork),
                deposit_receipt_nonce: true,
                base_fee_denominator: BaseFeeDenominator::Canyon,
                ..rules
            },
            Fork::Delta => rules,
            Fork::Ecotone => L2Rules {
                l1_info: l1_info(L1InfoFormat::Ecotone),
                parent_beacon_root: true,
                blob_gas: true,
                l1_fee: L1Fee::Ecotone,
                ..rules
            },
            Fork::Fjord => L2Rules {
                l1_fee: L1Fee::Fjord,
                ..rules
            },
            Fork::Granite => rules,
            Fork::Holocene => L2Rules {
                extra_data: ExtraDataFormat::Holocene,
                ..rules
            },
            Fork::Isthmus => L2Rules {
                set_code_txs: true,
                l1_info: l1_info(L1InfoFormat::Isthmus),
                withdrawals: Withdrawals::MessagePasser,
                block_hash_history: true,
                requests_hash: true,
                operator_fee: OperatorFee::Isthmus,
                ..rules
            },
            Fork::Jovian => L2Rules {
                l1_info: l1_info(L1InfoFormat::Jovian),
                extra_data: ExtraDataFormat::Jovian,
                operator_fee: OperatorFee::Jovian,
                da_footprint: true,
                ..rules
            },
            Fork::Karst => rules,
            Fork::Lagoon => L2Rules {
                unsupported: Some(fork),
                post_exec_txs: true,
                ..rules
            },
        }
    });
    let user_txs_forbidden = [Fork::Jovian, Fork::Karst, Fork::Lagoon]
        .into_iter()
        .find(|fork| activates.contains(*fork));
    let upgrade_gas = activates
        .iter()
        .fold(0_u64, |gas, fork| gas.saturating_add(upgrade_gas(fork)));
    let upgrade_gas_to_strip = match [Fork::Karst, Fork::Lagoon]
        .into_iter()
        .find(|fork| activates.contains(*fork))
    {
        Some(Fork::Karst) if config.keep_karst_upgrade_gas => 0,
        Some(fork) => self::upgrade_gas(fork),
        None => 0,
    };
    L2Rules {
        activates,
        user_txs_forbidden,
        upgrade_gas,
        upgrade_gas_to_strip,
        ..row
    }
}

const fn bedrock() -> L2Rules {
    L2Rules {
        fork: Fork::Bedrock,
        unsupported: None,
        activates: Upgrades(0),
        user_txs_forbidden: None,
        set_code_txs: false,
        post_exec_txs: false,
        l1_info: L1InfoFormat::Bedrock,
        system_deposits: true,
        withdrawals: Withdrawals::None,
        create2_deployer: false,
        deposit_receipt_nonce: false,
        parent_beacon_root: false,
        blob_gas: false,
        block_hash_history: false,
        requests_hash: false,
        extra_data: ExtraDataFormat::Empty,
        base_fee_denominator: BaseFeeDenominator::Bedrock,
        l1_fee: L1Fee::Bedrock,
        operator_fee: OperatorFee::None,
        da_footprint: false,
        upgrade_gas: 0,
        upgrade_gas_to_strip: 0,
    }
}

/// Gas that a fork's upgrade transactions add to the limit of its activation block. Source: op-node's `UpgradeGas`, the sum of the bundle's limits.
const fn upgrade_gas(fork: Fork) -> u64 {
    match fork {
        Fork::Bedrock
        | Fork::Regolith
        | Fork::Canyon
        | Fork::Delta
        | Fork::Ecotone
        | Fork::Fjord
        | Fork::Granite
        | Fork::Holocene
        | Fork::Isthmus
        | Fork::Jovian => 0,
        Fork::Karst => 55_370_657,
        Fork::Lagoon => 60_653_172,
    }
}

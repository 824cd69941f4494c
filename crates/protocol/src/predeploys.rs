//! Fixed addresses. Spec: `protocol/predeploys.md`, `protocol/deposits.md`.

use alloy_primitives::{Address, address};

/// Sender of the L1 attributes transaction and of fork upgrades' calls.
pub const L1_INFO_DEPOSITOR: Address = address!("deaddeaddeaddeaddeaddeaddeaddeaddead0001");
/// L1Block: the L1 attributes.
pub const L1_BLOCK: Address = address!("4200000000000000000000000000000000000015");
/// GasPriceOracle.
pub const GAS_PRICE_ORACLE: Address = address!("420000000000000000000000000000000000000f");
/// L2ToL1MessagePasser: its storage root is part of the output root.
pub const MESSAGE_PASSER: Address = address!("4200000000000000000000000000000000000016");
/// SequencerFeeVault: receives the priority fees.
pub const SEQUENCER_FEE_VAULT: Address = address!("4200000000000000000000000000000000000011");
/// BaseFeeVault.
pub const BASE_FEE_VAULT: Address = address!("4200000000000000000000000000000000000019");
/// L1FeeVault.
pub const L1_FEE_VAULT: Address = address!("420000000000000000000000000000000000001a");
/// OperatorFeeVault (Isthmus).
pub const OPERATOR_FEE_VAULT: Address = address!("420000000000000000000000000000000000001b");

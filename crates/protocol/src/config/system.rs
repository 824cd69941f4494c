//! The system config: the part of a chain's configuration that L1 logs change.

use alloy_primitives::{Address, B64, B256, U256};

/// Values that the SystemConfig contract on L1 sets. Spec: `protocol/system-config.md`, and each fork's `system-config.md`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SystemConfig {
    /// Whose transactions to the inbox count.
    pub batcher: Address,
    /// L1 fee overhead in gas, big-endian; zero from Ecotone.
    pub overhead: U256,
    /// L1 fee scalar before Ecotone, packed scalars from it (first byte: version).
    pub scalar: B256,
    /// L2 gas limit.
    pub gas_limit: u64,
    /// EIP-1559 denominator and elasticity, big-endian `u32`s; zero before Holocene.
    pub eip1559_params: B64,
    /// Operator fee as its update log carries it: bytes 20..24 scalar, 24..32 constant; zero before Isthmus.
    pub operator_fee: B256,
    /// Least base fee in wei; zero before Jovian.
    pub min_base_fee: u64,
    /// DA footprint gas scalar as set; zero stands for the default of 400.
    pub da_footprint_gas_scalar: u16,
}

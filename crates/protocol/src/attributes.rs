//! Payload attributes: all that determines an L2 block, given its parent.

use crate::L2Time;
use alloc::vec::Vec;
use alloy_primitives::{Address, B64, B256, Bytes};

/// Type byte of deposit transactions.
pub const DEPOSIT_TX_TYPE: u8 = 0x7e;

/// Inputs of one L2 block.
///
/// Spec: `protocol/exec-engine.md`, "Extended PayloadAttributesV1" to V4, and `jovian/exec-engine.md`, "Minimum Base Fee".
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Attributes {
    /// Hash of the block to build on.
    pub parent: B256,
    /// Timestamp of the new block.
    pub time: L2Time,
    /// Randomness of the L1 origin (its mix hash).
    pub prev_randao: B256,
    /// Recipient of the priority fees; derivation always names the sequencer fee vault.
    pub fee_recipient: Address,
    /// Gas limit of the new block, upgrade gas included.
    pub gas_limit: u64,
    /// From Ecotone: parent beacon block root of the L1 origin, zero if that has none.
    pub parent_beacon_root: Option<B256>,
    /// From Holocene: denominator and elasticity, big-endian `u32`s; both zero mean the chain's constants.
    pub eip1559_params: Option<B64>,
    /// From Jovian: the least base fee, in wei.
    pub min_base_fee: Option<u64>,
    /// EIP-2718 encoded transactions, deposits first.
    pub transactions: Vec<Bytes>,
}

impl Attributes {
    /// The same attributes without any transaction that is not a deposit.
    ///
    /// Spec: `holocene/derivation.md`, "Engine Queue": the replacement for an invalid payload.
    pub fn deposits_only(&self) -> Self {
        let mut replacement = self.clone();
        replacement
            .transactions
            .retain(|tx| tx.first() == Some(&DEPOSIT_TX_TYPE));
        replacement
    }

    /// Whether every transaction is a deposit.
    pub fn is_deposits_only(&self) -> bool {
        self.transactions
            .iter()
            .all(|tx| tx.first() == Some(&DEPOSIT_TX_TYPE))
    }
}

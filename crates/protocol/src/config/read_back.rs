//! What an L2 block says of the system config and of its own place: values travel from block to block only in here (D183).
//!
//! Source: op-node's `PayloadToSystemConfig` and `PayloadToBlockRef`; spec: `protocol/derivation.md`, "Deriving Payload Attributes".

use super::{RollupConfig, SystemConfig};
use crate::{
    BlockId, L2Ref, L2Rules, L2Time,
    extra_data::{Eip1559Params, ExtraDataFault},
    l1_info::{L1Fees, L1Info, L1InfoDecodeFault},
};
use alloy_consensus::Header;
use alloy_primitives::{B64, B256, U256};

impl SystemConfig {
    /// The config as of an L2 block, from its header, hash and first transaction; `rules` are those of the block's own time.
    ///
    /// The genesis block has the rollup config's values. Any other has batcher and scalars in its L1 attributes transaction (packed scalars come back in
    /// version 1), the gas limit in its header (less the gas that was only added for upgrade transactions, D73), EIP-1559 parameters in its extra data.
    ///
    /// # Errors
    /// A block at genesis' height that is not genesis, and whatever no valid block can have.
    pub fn read_back(
        header: &Header,
        hash: B256,
        first_tx: Option<&[u8]>,
        rollup: &RollupConfig,
        rules: &L2Rules,
    ) -> Result<Self, ReadBackFault> {
        let Some(info) = l1_info(header, hash, first_tx, rollup, rules)? else {
            return Ok(rollup.genesis.system_config);
        };
        let (overhead, scalar) = match info.fees {
            L1Fees::Bedrock { overhead, scalar } => (overhead, scalar),
            L1Fees::Ecotone(fees) | L1Fees::Isthmus(fees, _) | L1Fees::Jovian(fees, _, _) => {
                (U256::ZERO, fees.scalars.encode())
            }
        };
        let gas_limit = header
            .gas_limit
            .checked_sub(rules.upgrade_gas_to_strip)
            .ok_or(ReadBackFault::GasLimit {
                limit: header.gas_limit,
                upgrade_gas: rules.upgrade_gas_to_strip,
            })?;
        let params = Eip1559Params::decode(&header.extra_data, rules.extra_data)?;
        Ok(Self {
            batcher: info.batcher,
            overhead,
            scalar,
            gas_limit,
            eip1559_params: params.map_or(B64::ZERO, |params| params.attribute_params()),
            // Absent in the activation blocks of Isthmus and Jovian: their L1 info has the form of before (D189).
            operator_fee: info
                .fees
                .operator_fee()
                .map_or(B256::ZERO, |fee| fee.encode()),
            min_base_fee: params.map_or(0, |params| params.min_base_fee),
            da_footprint_gas_scalar: info.fees.da_footprint_gas_scalar().unwrap_or(0),
        })
    }
}

impl L2Ref {
    /// Reference to an L2 block, from its header, hash and first transaction; `rules` are those of the block's own time.
    ///
    /// The genesis block is the first of the epoch that the rollup config names.
    ///
    /// # Errors
    /// A block at genesis' height that is not genesis, and a first transaction that holds no L1 attributes.
    pub fn from_block(
        header: &Header,
        hash: B256,
        first_tx: Option<&[u8]>,
        rollup: &RollupConfig,
        rules: &L2Rules,
    ) -> Result<Self, ReadBackFault> {
        let (origin, sequence_number) = match l1_info(header, hash, first_tx, rollup, rules)? {
            Some(info) => (
                BlockId {
                    hash: info.hash,
                    number: info.number,
                },
                info.sequence_number,
            ),
            None => (rollup.genesis.l1, 0),
        };
        Ok(Self {
            hash,
            number: header.number,
            parent: header.parent_hash,
            time: L2Time(header.timestamp),
            origin,
            sequence_number,
        })
    }
}

/// The L1 attributes of a block; `None` for genesis.
fn l1_info(
    header: &Header,
    hash: B256,
    first_tx: Option<&[u8]>,
    rollup: &RollupConfig,
    rules: &L2Rules,
) -> Result<Option<L1Info>, ReadBackFault> {
    let genesis = rollup.genesis.l2;
    if header.number == genesis.number {
        return if hash == genesis.hash {
            Ok(None)
        } else {
            Err(ReadBackFault::NotGenesis {
                hash,
                genesis: genesis.hash,
            })
        };
    }
    let first_tx = first_tx.ok_or(ReadBackFault::NoTransactions)?;
    Ok(Some(L1Info::decode(first_tx, rules.l1_info)?))
}

/// Why a block is not one that derivation could have made.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ReadBackFault {
    /// Genesis' height, another hash.
    #[error("block {hash} at genesis' height is not genesis {genesis}")]
    NotGenesis {
        /// The block's hash.
        hash: B256,
        /// The rollup config's.
        genesis: B256,
    },
    /// There is no L1 attributes transaction, nor any other.
    #[error("block has no transactions")]
    NoTransactions,
    /// The first transaction does not hold L1 attributes of the block's form.
    #[error("first transaction: {0}")]
    L1Info(#[from] L1InfoDecodeFault),
    /// The extra data does not have the block's form.
    #[error("{0}")]
    ExtraData(#[from] ExtraDataFault),
    /// An activation block's gas limit cannot have been raised by the upgrade gas.
    #[error("gas limit {limit} of an activation block is below the upgrade gas {upgrade_gas}")]
    GasLimit {
        /// The header's limit.
        limit: u64,
        /// What the fork adds.
        upgrade_gas: u64,
    },
}

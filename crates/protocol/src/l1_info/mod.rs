//! The L1 attributes transaction: the first one of every L2 block, which tells L2 about its L1 origin.
//!
//! Spec: `protocol/deposits.md`, "L1 Attributes Deposited Transaction", and the `l1-attributes.md` of Ecotone, Isthmus and Jovian.

mod blob_base_fee;
mod calldata;
mod scalars;

pub use blob_base_fee::blob_base_fee;
pub use scalars::{OperatorFeeParams, PackedScalars, ScalarFault};

use crate::{
    L2Rules, OriginRules, SystemConfig,
    deposit::{DepositSource, DepositTx, DepositTxFault},
    predeploys,
    rules::L1InfoFormat,
};
use alloy_consensus::Header;
use alloy_primitives::{Address, B256, Bytes, U256};

/// The EIP-2718 bytes of an L2 block's L1 attributes transaction.
///
/// `config` is that of the new block, `l1` its L1 origin's header with hash `l1_hash`; `l2` are the rules of the new block's time, `origin` those of
/// the origin's. `sequence_number` is the distance to the first block of the epoch.
///
/// # Errors
/// No L2 block can be built: the fee scalars have no packed meaning (D177), or the origin's base fees do not fit.
pub fn transaction(
    config: &SystemConfig,
    sequence_number: u64,
    l1: &Header,
    l1_hash: B256,
    l2: &L2Rules,
    origin: &OriginRules,
) -> Result<Bytes, L1InfoFault> {
    let data = L1Info::of_block(config, sequence_number, l1, l1_hash, l2, origin)?.encode();
    let (gas, is_system) = if l2.system_deposits {
        (BEDROCK_GAS, true)
    } else {
        (REGOLITH_GAS, false)
    };
    let deposit = DepositTx {
        source_hash: DepositSource::L1Info {
            l1_block_hash: l1_hash,
            sequence_number,
        }
        .hash(),
        from: predeploys::L1_INFO_DEPOSITOR,
        to: Some(predeploys::L1_BLOCK),
        mint: U256::ZERO,
        value: U256::ZERO,
        gas,
        is_system,
        data: &data,
    };
    Ok(deposit.encode())
}

/// What the L1 attributes transaction says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct L1Info {
    /// Number of the L1 origin.
    pub number: u64,
    /// Its timestamp.
    pub time: u64,
    /// Its base fee in wei.
    pub base_fee: U256,
    /// Its hash.
    pub hash: B256,
    /// Distance of the L2 block to the first one of the epoch.
    pub sequence_number: u64,
    /// The batcher's address.
    pub batcher: Address,
    /// What fees are computed from.
    pub fees: L1Fees,
}

/// The part of the L1 attributes that differs between the formats.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum L1Fees {
    /// Bedrock's.
    Bedrock {
        /// L1 fee overhead in gas.
        overhead: U256,
        /// L1 fee scalar.
        scalar: B256,
    },
    /// Ecotone's.
    Ecotone(BlobFees),
    /// Isthmus adds the operator fee.
    Isthmus(BlobFees, OperatorFeeParams),
    /// Jovian adds the DA footprint gas scalar.
    Jovian(BlobFees, OperatorFeeParams, u16),
}

/// What Ecotone has in the place of overhead and scalar.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct BlobFees {
    /// Scalars of the base fee and the blob base fee.
    pub scalars: PackedScalars,
    /// The L1 origin's blob base fee in wei; 1 where it has no blobs yet.
    pub blob_base_fee: U256,
}

impl L1Info {
    /// Reads the L1 attributes transaction of a block; `format` is that of the block's own time.
    ///
    /// # Errors
    /// Not a deposit, or calldata of another format. Sender and recipient are not looked at.
    pub fn decode(tx: &[u8], format: L1InfoFormat) -> Result<Self, L1InfoDecodeFault> {
        Self::decode_calldata(DepositTx::decode(tx)?.data, format)
    }

    /// What the L1 attributes of a block are, see [`transaction`].
    fn of_block(
        config: &SystemConfig,
        sequence_number: u64,
        l1: &Header,
        l1_hash: B256,
        l2: &L2Rules,
        origin: &OriginRules,
    ) -> Result<Self, L1InfoFault> {
        let blob_fees = || -> Result<BlobFees, L1InfoFault> {
            let blob_base_fee = match l1.excess_blob_gas {
                Some(excess) => blob_base_fee(excess, origin.blob_base_fee_update_fraction)
                    .ok_or(L1InfoFault::BlobBaseFee { excess })?,
                None => U256::ONE,
            };
            Ok(BlobFees {
                scalars: PackedScalars::of_config(&config.scalar)?,
                blob_base_fee,
            })
        };
        let operator_fee = || OperatorFeeParams::decode(&config.operator_fee);
        let fees = match l2.l1_info {
            L1InfoFormat::Bedrock => L1Fees::Bedrock {
                overhead: config.overhead,
                scalar: config.scalar,
            },
            L1InfoFormat::Ecotone => L1Fees::Ecotone(blob_fees()?),
            L1InfoFormat::Isthmus => L1Fees::Isthmus(blob_fees()?, operator_fee()),
            L1InfoFormat::Jovian => {
                let da_scalar = match config.da_footprint_gas_scalar {
                    0 => DEFAULT_DA_FOOTPRINT_GAS_SCALAR,
                    scalar => scalar,
                };
                L1Fees::Jovian(blob_fees()?, operator_fee(), da_scalar)
            }
        };
        Ok(Self {
            number: l1.number,
            time: l1.timestamp,
            base_fee: U256::from(l1.base_fee_per_gas.ok_or(L1InfoFault::NoBaseFee)?),
            hash: l1_hash,
            sequence_number,
            batcher: config.batcher,
            fees,
        })
    }
}

impl L1Fees {
    /// The operator fee's parameters, from Isthmus.
    pub const fn operator_fee(&self) -> Option<OperatorFeeParams> {
        match self {
            Self::Bedrock { .. } | Self::Ecotone(_) => None,
            Self::Isthmus(_, fee) | Self::Jovian(_, fee, _) => Some(*fee),
        }
    }

    /// The DA footprint gas scalar, from Jovian.
    pub const fn da_footprint_gas_scalar(&self) -> Option<u16> {
        match self {
            Self::Bedrock { .. } | Self::Ecotone(_) | Self::Isthmus(_, _) => None,
            Self::Jovian(_, _, scalar) => Some(*scalar),
        }
    }
}

/// Why the L1 attributes of a block cannot be made; as in op-node, no block can follow then.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum L1InfoFault {
    /// The system config's scalar has no packed meaning.
    #[error("fee scalar of the system config: {0}")]
    Scalar(#[from] ScalarFault),
    /// The origin is from before London.
    #[error("L1 origin has no base fee")]
    NoBaseFee,
    /// The origin's blob base fee has more than 256 bits.
    #[error("blob base fee for {excess} excess blob gas does not fit 256 bits")]
    BlobBaseFee {
        /// The header's excess blob gas.
        excess: u64,
    },
}

/// Why a transaction does not hold L1 attributes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum L1InfoDecodeFault {
    /// It is no deposit.
    #[error("{0}")]
    Deposit(#[from] DepositTxFault),
    /// The calldata has another length than the format.
    #[error("{len} bytes of L1 attributes instead of {expected}")]
    Length {
        /// How many bytes there are.
        len: usize,
        /// How many there should be.
        expected: usize,
    },
    /// The calldata calls another function.
    #[error("unexpected function selector of the L1 attributes")]
    Selector,
    /// A value has more bytes than its type.
    #[error("L1 attributes hold a value that is out of range")]
    Range,
}

/// Spec: `protocol/deposits.md`; op-node's literal.
const BEDROCK_GAS: u64 = 150_000_000;
/// Spec: `protocol/deposits.md`, `regolith/overview.md`.
const REGOLITH_GAS: u64 = 1_000_000;
/// Spec: `jovian/l1-attributes.md`.
const DEFAULT_DA_FOOTPRINT_GAS_SCALAR: u16 = 400;

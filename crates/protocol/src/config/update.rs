//! System config updates: what logs of the SystemConfig contract change.
//!
//! Spec: `protocol/system-config.md`, "System Config Updates", and the `system-config.md` of Ecotone, Holocene, Isthmus and Jovian.

use super::SystemConfig;
use crate::{
    InclusionRules,
    extra_data::{ExtraDataFault, check_attribute_params},
    l1_info::{PackedScalars, ScalarFault},
    receipt::{Log, Receipt, events},
};
use alloy_primitives::{Address, B64, B256, U256, b256};

/// First topic of an update: keccak of `ConfigUpdate(uint256,uint8,bytes)`.
pub const CONFIG_UPDATE_EVENT: B256 =
    b256!("1d2b0bda21d56b8bd12d4f94ebacffdfb35f5e226f84b461103bb8beab6353be");

impl SystemConfig {
    /// Applies all updates of an L1 block in the order of their logs; `rules` are those of that block's time.
    ///
    /// Counted are logs of `l1_system_config` with first topic [`CONFIG_UPDATE_EVENT`] in receipts with status 1. One that is malformed changes nothing
    /// and is reported to `skipped` with its block-wide log index; the others count all the same (D60).
    pub fn apply_receipts(
        &mut self,
        receipts: &[Receipt],
        l1_system_config: Address,
        rules: &InclusionRules,
        mut skipped: impl FnMut(u64, UpdateFault),
    ) {
        self.apply_receipts_seen(receipts, l1_system_config, rules, |log_index, outcome| {
            match outcome {
                Ok(_) => {}
                Err(why) => skipped(log_index, why),
            }
        });
    }

    /// The same, with every update reported to `seen`: what it sets, or why it changes nothing.
    pub fn apply_receipts_seen(
        &mut self,
        receipts: &[Receipt],
        l1_system_config: Address,
        rules: &InclusionRules,
        mut seen: impl FnMut(u64, Result<ConfigUpdate, UpdateFault>),
    ) {
        for (log_index, log) in events(receipts, &l1_system_config, &CONFIG_UPDATE_EVENT) {
            let outcome = ConfigUpdate::decode(&log)
                .and_then(|update| self.apply(&update, rules).map(|()| update));
            seen(log_index, outcome);
        }
    }

    /// Applies one update.
    ///
    /// # Errors
    /// A log that is no valid update; the config is then unchanged.
    pub fn apply_log(&mut self, log: &Log<'_>, rules: &InclusionRules) -> Result<(), UpdateFault> {
        self.apply(&ConfigUpdate::decode(log)?, rules)
    }

    fn apply(&mut self, update: &ConfigUpdate, rules: &InclusionRules) -> Result<(), UpdateFault> {
        match *update {
            ConfigUpdate::Batcher(batcher) => self.batcher = batcher,
            ConfigUpdate::FeeScalars { scalar, .. } if rules.packed_scalars => {
                PackedScalars::decode(&scalar)?;
                self.scalar = scalar;
                self.overhead = U256::ZERO;
            }
            ConfigUpdate::FeeScalars { overhead, scalar } => {
                self.overhead = overhead;
                self.scalar = scalar;
            }
            ConfigUpdate::GasLimit(gas_limit) => self.gas_limit = gas_limit,
            ConfigUpdate::UnsafeBlockSigner => {}
            ConfigUpdate::Eip1559Params(params) => self.eip1559_params = params,
            ConfigUpdate::OperatorFee(params) => self.operator_fee = params,
            ConfigUpdate::MinBaseFee(fee) => self.min_base_fee = fee,
            ConfigUpdate::DaFootprintGasScalar(scalar) => self.da_footprint_gas_scalar = scalar,
        }
        Ok(())
    }
}

/// An update, by its type. None but the fee scalars depends on a fork: a value set before its fork is taken, and lost with the next block (D183).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ConfigUpdate {
    /// Type 0: whose transactions are read.
    Batcher(Address),
    /// Type 1: L1 fee parameters; from Ecotone the scalar is packed and the overhead counts as zero.
    FeeScalars {
        /// Overhead in gas.
        overhead: U256,
        /// Scalar, or packed scalars.
        scalar: B256,
    },
    /// Type 2: L2 gas limit.
    GasLimit(u64),
    /// Type 3: nothing that derivation knows of; its data is not even read.
    UnsafeBlockSigner,
    /// Type 4: denominator and elasticity, both zero or both not.
    Eip1559Params(B64),
    /// Type 5: operator fee, as the log has it.
    OperatorFee(B256),
    /// Type 6: least base fee in wei.
    MinBaseFee(u64),
    /// Type 7: DA footprint gas scalar.
    DaFootprintGasScalar(u16),
}

impl ConfigUpdate {
    /// Reads an update: three topics (event, version 0, type), and data `abi.encode(bytes)` of the type's words.
    ///
    /// # Errors
    /// Anything else; high bytes of a word that its value does not use must be zero, except for types 4 and 5.
    pub fn decode(log: &Log<'_>) -> Result<Self, UpdateFault> {
        let [event, version, kind] = log.topics.exactly().ok_or(UpdateFault::Topics {
            count: log.topics.len(),
        })?;
        if *event != CONFIG_UPDATE_EVENT {
            return Err(UpdateFault::Event(*event));
        }
        if !version.is_zero() {
            return Err(UpdateFault::Version(*version));
        }
        let data = log.data;
        Ok(match u8::try_from(U256::from_be_bytes(kind.0)) {
            Ok(0) => Self::Batcher(address(word(data)?)?),
            Ok(1) => {
                let [overhead, scalar] = words(data)?;
                Self::FeeScalars {
                    overhead: U256::from_be_bytes(*overhead),
                    scalar: B256::new(*scalar),
                }
            }
            Ok(2) => Self::GasLimit(number(word(data)?)?),
            Ok(3) => Self::UnsafeBlockSigner,
            Ok(4) => {
                let [params, ..] = U256::from_be_bytes(*word(data)?).into_limbs();
                let params = B64::from(params);
                check_attribute_params(params)?;
                Self::Eip1559Params(params)
            }
            Ok(5) => Self::OperatorFee(B256::new(*word(data)?)),
            Ok(6) => Self::MinBaseFee(number(word(data)?)?),
            Ok(7) => Self::DaFootprintGasScalar(number(word(data)?)?),
            Ok(8..) | Err(_) => return Err(UpdateFault::Kind(*kind)),
        })
    }
}

/// The lone word of a `bytes` argument.
fn word(data: &[u8]) -> Result<&[u8; 32], UpdateFault> {
    let [word] = words(data)?;
    Ok(word)
}

/// The `N` words of a lone `bytes` argument: offset 32, length `32 * N`, the words, and nothing else.
fn words<const N: usize>(data: &[u8]) -> Result<&[[u8; 32]; N], UpdateFault> {
    let fault = UpdateFault::Abi { len: data.len() };
    let ([offset, len, words @ ..], []) = data.as_chunks::<32>() else {
        return Err(fault);
    };
    let words = <&[[u8; 32]; N]>::try_from(words).map_err(|_| fault)?;
    if U256::from_be_bytes(*offset) != U256::from(32)
        || U256::from_be_bytes(*len) != U256::from(words.as_flattened().len())
    {
        return Err(UpdateFault::AbiHead);
    }
    Ok(words)
}

fn address(word: &[u8; 32]) -> Result<Address, UpdateFault> {
    let word = B256::new(*word);
    let address = Address::from_word(word);
    if address.into_word() == word {
        Ok(address)
    } else {
        Err(UpdateFault::Range(word))
    }
}

fn number<T: TryFrom<U256>>(word: &[u8; 32]) -> Result<T, UpdateFault> {
    T::try_from(U256::from_be_bytes(*word)).map_err(|_| UpdateFault::Range(B256::new(*word)))
}

/// Why a log of the SystemConfig contract changes nothing.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum UpdateFault {
    /// There are not three topics.
    #[error("{count} topics instead of 3")]
    Topics {
        /// How many there are.
        count: usize,
    },
    /// The first topic is another event's.
    #[error("event {0} is not a config update")]
    Event(B256),
    /// Only version 0 is known.
    #[error("unknown config update version {0}")]
    Version(B256),
    /// The type is not one of 0 to 7.
    #[error("unknown config update type {0}")]
    Kind(B256),
    /// The data does not have the length that the type needs.
    #[error("{len} bytes of data are too few or too many for this update")]
    Abi {
        /// Length of the data.
        len: usize,
    },
    /// The ABI offset is not 32, or the ABI length not the one that the type needs.
    #[error("wrong ABI offset or length")]
    AbiHead,
    /// A value has more bytes than its type.
    #[error("value {0} is out of range")]
    Range(B256),
    /// EIP-1559 parameters of which just one is zero.
    #[error("invalid EIP-1559 parameters: {0}")]
    Eip1559(#[from] ExtraDataFault),
    /// From Ecotone: a scalar without a meaning (D177). op-node drops it without a word.
    #[error("invalid fee scalar: {0}")]
    Scalar(#[from] ScalarFault),
}

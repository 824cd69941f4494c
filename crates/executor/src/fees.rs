//! What a user transaction pays for being on L1, and to the operator.
//!
//! Spec: `protocol/exec-engine.md`, "L1-Cost fees"; `ecotone/l1-attributes.md`, `fjord/exec-engine.md`, `isthmus/exec-engine.md`, `jovian/exec-engine.md`.

use alloy_primitives::{U256, uint};
use hoike_protocol::{L2Rules, rules, rules::OperatorFee};

/// The fees of one block, from the L1Block contract as the block's deposits left it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fees {
    l1: L1Fee,
    operator: Operator,
}

/// How the L1 fee is computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum L1Fee {
    /// `(calldata gas + overhead) * base fee * scalar / 1e6`
    Bedrock {
        base_fee: U256,
        overhead: U256,
        scalar: U256,
        signature_bytes: u64,
    },
    /// `calldata gas * per_gas / 16e6`
    Ecotone { per_gas: U256 },
    /// `size * per_byte / 1e12`, the size scaled by 1e6
    Fjord { per_byte: U256 },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Operator {
    form: OperatorFee,
    scalar: u64,
    constant: u64,
}

/// Slots of the L1Block contract.
mod slot {
    use super::{U256, uint};
    pub(super) const BASE_FEE: U256 = uint!(1_U256);
    pub(super) const FEE_SCALARS: U256 = uint!(3_U256);
    pub(super) const OVERHEAD: U256 = uint!(5_U256);
    pub(super) const SCALAR: U256 = uint!(6_U256);
    pub(super) const BLOB_BASE_FEE: U256 = uint!(7_U256);
    pub(super) const OPERATOR_FEE: U256 = uint!(8_U256);
}

impl Fees {
    /// Reads the fees of a block under `rules` through `slot`, which reads the L1Block contract's storage.
    pub fn read<E>(
        rules: &L2Rules,
        mut slot: impl FnMut(U256) -> Result<U256, E>,
    ) -> Result<Self, E> {
        let l1 = L1Fee::read(rules.l1_fee, &mut slot)?;
        let operator = match rules.operator_fee {
            OperatorFee::None => Operator {
                form: OperatorFee::None,
                scalar: 0,
                constant: 0,
            },
            form @ (OperatorFee::Isthmus | OperatorFee::Jovian) => {
                let word = slot(slot::OPERATOR_FEE)?;
                let [constant, scalar, ..] = *word.as_limbs();
                Operator {
                    form,
                    scalar: scalar & 0xffff_ffff,
                    constant,
                }
            }
        };
        Ok(Self { l1, operator })
    }

    /// The L1 fee of a user transaction in wei, and from Fjord its estimated size. Saturates where nobody could pay it.
    pub fn l1_fee(&self, raw: &[u8]) -> (U256, Option<EstimatedSize>) {
        match self.l1 {
            L1Fee::Bedrock {
                base_fee,
                overhead,
                scalar,
                signature_bytes,
            } => {
                let gas = calldata_gas(raw).saturating_add(signature_bytes.saturating_mul(16));
                let fee = U256::from(gas)
                    .saturating_add(overhead)
                    .saturating_mul(base_fee)
                    .saturating_mul(scalar);
                (per(fee, uint!(1_000_000_U256)), None)
            }
            L1Fee::Ecotone { per_gas } => {
                let fee = U256::from(calldata_gas(raw)).saturating_mul(per_gas);
                (per(fee, uint!(16_000_000_U256)), None)
            }
            L1Fee::Fjord { per_byte } => {
                let size = EstimatedSize::of(raw);
                let fee = U256::from(size.0).saturating_mul(per_byte);
                (per(fee, uint!(1_000_000_000_000_U256)), Some(size))
            }
        }
    }

    /// The operator fee for `gas`, in wei; never more than 103 bits.
    pub fn operator_fee(&self, gas: u64) -> U256 {
        let Operator {
            form,
            scalar,
            constant,
        } = self.operator;
        let product = U256::from(gas).saturating_mul(U256::from(scalar));
        match form {
            OperatorFee::None => U256::ZERO,
            OperatorFee::Isthmus => {
                per(product, uint!(1_000_000_U256)).saturating_add(U256::from(constant))
            }
            OperatorFee::Jovian => product
                .saturating_mul(U256::from(100))
                .saturating_add(U256::from(constant)),
        }
    }
}

impl L1Fee {
    fn read<E>(
        form: rules::L1Fee,
        slot: &mut impl FnMut(U256) -> Result<U256, E>,
    ) -> Result<Self, E> {
        match form {
            rules::L1Fee::Bedrock => Self::bedrock(68, slot),
            rules::L1Fee::Regolith => Self::bedrock(0, slot),
            rules::L1Fee::Ecotone => match per_byte(slot)? {
                Some(per_gas) => Ok(Self::Ecotone { per_gas }),
                None => Self::bedrock(0, slot),
            },
            rules::L1Fee::Fjord => match per_byte(slot)? {
                Some(per_byte) => Ok(Self::Fjord { per_byte }),
                None => Self::bedrock(0, slot),
            },
        }
    }

    /// Regolith took back a mistaken allowance for a signature that is in the bytes anyway.
    fn bedrock<E>(
        signature_bytes: u64,
        slot: &mut impl FnMut(U256) -> Result<U256, E>,
    ) -> Result<Self, E> {
        Ok(Self::Bedrock {
            base_fee: slot(slot::BASE_FEE)?,
            overhead: slot(slot::OVERHEAD)?,
            scalar: slot(slot::SCALAR)?,
            signature_bytes,
        })
    }
}

/// What a byte costs by the scalars of Ecotone, times 16e6; `None` in the block that activates it, where the formula is still Bedrock's. It is recognised
/// by scalars and blob base fee being zero, whatever else activates with it (D94).
fn per_byte<E>(slot: &mut impl FnMut(U256) -> Result<U256, E>) -> Result<Option<U256>, E> {
    let base_fee = slot(slot::BASE_FEE)?;
    let blob_base_fee = slot(slot::BLOB_BASE_FEE)?;
    let scalars = slot(slot::FEE_SCALARS)?;
    // Bytes 16 to 19 and 20 to 23 of the big-endian word.
    let [_, packed, ..] = *scalars.as_limbs();
    if packed == 0 && blob_base_fee.is_zero() {
        return Ok(None);
    }
    let (base_scalar, blob_scalar) = (packed >> 32, packed & 0xffff_ffff);
    let base = base_fee
        .saturating_mul(U256::from(16))
        .saturating_mul(U256::from(base_scalar));
    let blob = blob_base_fee.saturating_mul(U256::from(blob_scalar));
    Ok(Some(base.saturating_add(blob)))
}

/// Estimated compressed size of a transaction, in millionths of a byte. Spec: `fjord/exec-engine.md`, "Fjord L1-Cost fee changes".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EstimatedSize(u64);

impl EstimatedSize {
    /// The estimate for EIP-2718 bytes.
    pub fn of(raw: &[u8]) -> Self {
        if raw.len() <= Self::LEAST_FOR {
            return Self(Self::LEAST);
        }
        Self::by_compression(raw)
    }

    /// What is estimated of data that compress to 170 bytes or fewer.
    const LEAST: u64 = 100_000_000;
    /// So many bytes come to 170 at most, however little they repeat: literals cost one more for each 32 begun, and a match saves the byte that
    /// another run of literals may cost.
    const LEAST_FOR: usize = 164;

    fn by_compression(raw: &[u8]) -> Self {
        let compressed = u64::from(crate::fastlz::compressed_size(raw));
        Self(
            compressed
                .saturating_mul(836_500)
                .saturating_sub(42_585_600)
                .max(Self::LEAST),
        )
    }

    /// Whole bytes, rounded down: what the DA footprint counts. Spec: `jovian/exec-engine.md`, "DA Footprint Block Limit".
    pub const fn bytes(self) -> u64 {
        self.0 / 1_000_000
    }
}

/// The scalar that weighs a block's DA footprint, from the calldata of its L1 attributes transaction; `None` if that is of an unknown form.
/// The block that activates Jovian has no scalar yet, and may have no user transactions.
pub(crate) fn footprint_scalar(calldata: &[u8], has_user_txs: bool) -> Option<u64> {
    const ISTHMUS_LEN: usize = 176;
    const JOVIAN_SELECTOR: [u8; 4] = [0x3d, 0xb6, 0xbe, 0x2b];
    if calldata.len() == ISTHMUS_LEN {
        return (!has_user_txs).then_some(0);
    }
    let scalar = calldata.get(ISTHMUS_LEN..)?.first_chunk()?;
    (calldata.first_chunk() == Some(&JOVIAN_SELECTOR)).then(|| u16::from_be_bytes(*scalar).into())
}

/// 4 gas for a zero byte, 16 for any other.
fn calldata_gas(raw: &[u8]) -> u64 {
    raw.iter().fold(0_u64, |gas, byte| {
        gas.wrapping_add(if *byte == 0 { 4 } else { 16 })
    })
}

/// `x / divisor`, for divisors that are not zero.
fn per(x: U256, divisor: U256) -> U256 {
    x.checked_div(divisor).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::EstimatedSize;
    use alloc::vec::Vec;
    use alloy_primitives::keccak256;

    /// What is not compressed for its size comes out as if it had been; one byte more can make a difference.
    #[test]
    fn small_transactions_need_no_compression() {
        let mut seed = keccak256([]);
        let mut random = || {
            seed = keccak256(seed);
            seed.0
        };
        for len in 0..=EstimatedSize::LEAST_FOR {
            for alphabet in [1_u8, 2, 3, 5, 16, 255] {
                let bytes: Vec<u8> = (0..6).flat_map(|_| random()).collect();
                let raw: Vec<u8> = bytes.iter().take(len).map(|b| b % alphabet).collect();
                let (short, long) = (EstimatedSize::of(&raw), EstimatedSize::by_compression(&raw));
                assert_eq!(short, long, "{len} bytes of {alphabet} kinds");
            }
        }
        // 0, 1, 2, ... repeats nothing: 165 literals in 6 runs are 171 bytes.
        let raw: Vec<u8> = (0..=164).collect();
        assert_eq!(EstimatedSize::of(&raw).0, 171 * 836_500 - 42_585_600);
    }
}

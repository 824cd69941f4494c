//! What precompiles cost. Spec: EIP-1108, EIP-152, EIP-2565 and EIP-7883, EIP-2537, EIP-4844, RIP-7212.

use super::{Precompile, PrecompileRules};
use alloy_primitives::U256;
use revm::precompile::{bls12_381_const as bls, bls12_381_utils::msm_required_gas, modexp};

/// Gas that a call costs; `None` if the input has a length that fails at any price, or is out of a limit.
pub(crate) fn required(
    rules: &PrecompileRules,
    precompile: Precompile,
    input: &[u8],
) -> Option<u64> {
    let len = input.len();
    if len > rules.longest_input(precompile) {
        return None;
    }
    match precompile {
        Precompile::Ecrecover => Some(3_000),
        Precompile::Sha256 => Some(per_word(60, 12, len)),
        Precompile::Ripemd160 => Some(per_word(600, 120, len)),
        Precompile::Identity => Some(per_word(15, 3, len)),
        Precompile::Modexp => modexp_gas(rules.modexp_osaka, input),
        Precompile::Bn254Add => Some(150),
        Precompile::Bn254Mul => Some(6_000),
        Precompile::Bn254Pairing => Some(
            units(len, 192)?
                .saturating_mul(34_000)
                .saturating_add(45_000),
        ),
        Precompile::Blake2f => {
            let rounds = input
                .first_chunk()
                .map(|rounds| u32::from_be_bytes(*rounds).into());
            rounds.filter(|_| len == 213)
        }
        Precompile::KzgPointEvaluation => Some(50_000),
        Precompile::BlsG1Add => exact(len, bls::G1_ADD_INPUT_LENGTH, bls::G1_ADD_BASE_GAS_FEE),
        Precompile::BlsG2Add => exact(len, bls::G2_ADD_INPUT_LENGTH, bls::G2_ADD_BASE_GAS_FEE),
        Precompile::BlsG1Msm => {
            let points = usize::try_from(units(len, bls::G1_MSM_INPUT_LENGTH)?).ok()?;
            let price = bls::G1_MSM_BASE_GAS_FEE;
            (points > 0).then(|| msm_required_gas(points, &bls::DISCOUNT_TABLE_G1_MSM, price))
        }
        Precompile::BlsG2Msm => {
            let points = usize::try_from(units(len, bls::G2_MSM_INPUT_LENGTH)?).ok()?;
            let price = bls::G2_MSM_BASE_GAS_FEE;
            (points > 0).then(|| msm_required_gas(points, &bls::DISCOUNT_TABLE_G2_MSM, price))
        }
        Precompile::BlsPairing => {
            let pairs = units(len, bls::PAIRING_INPUT_LENGTH).filter(|pairs| *pairs > 0)?;
            let each = pairs.saturating_mul(bls::PAIRING_MULTIPLIER_BASE);
            Some(each.saturating_add(bls::PAIRING_OFFSET_BASE))
        }
        Precompile::BlsMapFpToG1 => {
            exact(len, bls::PADDED_FP_LENGTH, bls::MAP_FP_TO_G1_BASE_GAS_FEE)
        }
        Precompile::BlsMapFp2ToG2 => {
            exact(len, bls::PADDED_FP2_LENGTH, bls::MAP_FP2_TO_G2_BASE_GAS_FEE)
        }
        Precompile::P256Verify => rules.p256,
    }
}

fn exact(len: usize, expected: usize, gas: u64) -> Option<u64> {
    (len == expected).then_some(gas)
}

/// How many units of `size` bytes the input is; `None` if it is no whole number.
fn units(len: usize, size: usize) -> Option<u64> {
    (len.checked_rem(size)? == 0).then_some(len.checked_div(size)? as u64)
}

fn per_word(base: u64, word: u64, len: usize) -> u64 {
    (len.div_ceil(32) as u64)
        .saturating_mul(word)
        .saturating_add(base)
}

/// EIP-2565, or under Osaka EIP-7883 with the limits of EIP-7823.
fn modexp_gas(osaka: bool, input: &[u8]) -> Option<u64> {
    const LONGEST: u64 = 1024;
    let length = |at: usize| -> u64 { word(input, at).saturating_to() };
    let [base, exponent, modulus] = [length(0), length(32), length(64)];
    if osaka && base.max(exponent).max(modulus) > LONGEST {
        return None;
    }
    // Beyond 32 bits the price is above any gas limit; the formulas then need not care about overflow.
    if base.max(modulus) > u64::from(u32::MAX) {
        return Some(u64::MAX);
    }
    let head = word(input, usize::try_from(base).ok()?.checked_add(96)?);
    // Only the first 32 bytes of the exponent count; fewer, if it is shorter.
    let missing = 32_u64.saturating_sub(exponent).saturating_mul(8);
    let head = head.wrapping_shr(usize::try_from(missing).ok()?);
    Some(if osaka {
        modexp::osaka_gas_calc(base, exponent, modulus, &head)
    } else {
        modexp::berlin_gas_calc(base, exponent, modulus, &head)
    })
}

/// 32 bytes at an offset, as if zeros followed the input.
fn word(input: &[u8], at: usize) -> U256 {
    let mut word = [0; 32];
    for (byte, from) in word.iter_mut().zip(input.get(at..).unwrap_or_default()) {
        *byte = *from;
    }
    U256::from_be_bytes(word)
}

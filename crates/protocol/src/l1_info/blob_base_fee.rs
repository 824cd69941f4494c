//! The blob base fee of an L1 block.

use alloy_primitives::{U256, U512};

/// Blob base fee in wei of a block with this excess blob gas; `None` where it has more than 256 bits or the fraction is zero.
///
/// Spec: EIP-4844, `fake_exponential(1, excess_blob_gas, BLOB_BASE_FEE_UPDATE_FRACTION)`: the Taylor series of
/// `update_fraction * exp(excess_blob_gas / update_fraction)`, every term rounded down, then divided by the fraction.
pub fn blob_base_fee(excess_blob_gas: u64, update_fraction: u64) -> Option<U256> {
    narrow(excess_blob_gas, update_fraction)
        .map(U256::from)
        .or_else(|| wide(excess_blob_gas, update_fraction))
}

/// For all that L1 has ever seen: fees up to about 2^80 wei.
fn narrow(numerator: u64, denominator: u64) -> Option<u128> {
    let (numerator, denominator) = (u128::from(numerator), u128::from(denominator));
    let mut sum = 0_u128;
    let mut term = denominator;
    let mut divisor = 0_u128;
    while term != 0 {
        sum = sum.checked_add(term)?;
        // Dividing by the denominator and then by the term's number rounds like dividing by their product.
        divisor = divisor.checked_add(denominator)?;
        term = term.checked_mul(numerator)?.checked_div(divisor)?;
    }
    sum.checked_div(denominator)
}

/// The same for all that 256 bits can hold. Ends, since terms only grow while their sum does, and that is limited.
fn wide(numerator: u64, denominator: u64) -> Option<U256> {
    let (numerator, denominator) = (U512::from(numerator), U512::from(denominator));
    let limit = denominator.wrapping_shl(256);
    let mut sum = U512::ZERO;
    let mut term = denominator;
    let mut divisor = U512::ZERO;
    while !term.is_zero() {
        sum = sum.checked_add(term)?;
        if sum >= limit {
            return None;
        }
        divisor = divisor.checked_add(denominator)?;
        term = term.checked_mul(numerator)?.checked_div(divisor)?;
    }
    sum.checked_div(denominator).map(|fee| fee.wrapping_to())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn eip4844_examples() {
        // Values at which the fee becomes 2 and 23, published with EIP-4844 for the Cancun fraction.
        for (excess, want) in [
            (0, 1),
            (2_314_057, 1),
            (2_314_058, 2),
            (10 * 1024 * 1024, 23),
            (20 * 3_338_477, 485_165_195),
        ] {
            assert_eq!(
                blob_base_fee(excess, 3_338_477),
                Some(U256::from(want)),
                "{excess}"
            );
        }
    }

    #[test]
    fn both_widths_agree() {
        for fraction in [1, 3, 3_338_477, 5_007_716, 11_684_671] {
            for step in 0..60_u64 {
                let excess = step * fraction * 3 / 4;
                if let Some(fee) = narrow(excess, fraction) {
                    assert_eq!(
                        wide(excess, fraction),
                        Some(U256::from(fee)),
                        "{excess} / {fraction}"
                    );
                }
            }
        }
        assert!(narrow(30 * 3_338_477, 3_338_477).is_some());
    }

    #[test]
    fn no_input_overflows() {
        // ln(2^256) is 177.4: above that nothing fits.
        assert!(narrow(177 * 3_338_477, 3_338_477).is_none());
        assert!(blob_base_fee(177 * 3_338_477, 3_338_477).is_some());
        assert_eq!(blob_base_fee(178 * 3_338_477, 3_338_477), None);
        assert_eq!(blob_base_fee(u64::MAX, 3_338_477), None);
        assert_eq!(blob_base_fee(u64::MAX, 1), None);
        assert_eq!(blob_base_fee(u64::MAX, u64::MAX), Some(U256::from(2)));
        assert_eq!(blob_base_fee(1, 0), None);
        assert_eq!(blob_base_fee(0, 0), None);
    }
}

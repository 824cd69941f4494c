//! Writes the evaluation points of a blob's field elements to the file given: `cargo run -p hoike-preimage --example roots -- crates/preimage/src/roots.bin`.
//! `tests/keys.rs` holds the file against the definition.

use alloy_primitives::{U256, uint};

/// Order of the BLS12-381 scalar field; 7 generates its multiplicative group. Spec: EIP-4844, `PRIMITIVE_ROOT_OF_UNITY`.
const MODULUS: U256 =
    uint!(52435875175126190479447740508185965837690552500527637822603658699938581184513_U256);

fn main() -> std::io::Result<()> {
    let root = U256::from(7).pow_mod((MODULUS - U256::ONE) / U256::from(4096), MODULUS);
    let mut points = vec![0; 4096 * 32];
    let mut power = U256::ONE;
    for exponent in 0..4096_u16 {
        let place = usize::from(exponent.reverse_bits() >> 4) * 32;
        points[place..place + 32].copy_from_slice(&power.to_be_bytes::<32>());
        power = power.mul_mod(root, MODULUS);
    }
    std::fs::write(std::env::args().nth(1).expect("a file name"), points)
}

//! The trusted setup.

use crate::combine::Point;

/// A coordinate as the file has it: in Montgomery form, limbs of 64 bits, the lowest first.
pub(crate) type Limbs = [u64; 6];

/// The setup's points in Lagrange form, bit-reversed, in the order of a blob's field elements. No decoding is needed, and none is done: that they are on
/// the curve and what they should be is for a test to say.
pub(crate) fn points() -> impl ExactSizeIterator<Item = Point> {
    let (points, _) = SETUP.as_chunks::<96>();
    points.iter().map(|point| {
        let (numbers, _) = point.as_chunks::<8>();
        let mut limbs = numbers.iter().map(|limb| u64::from_le_bytes(*limb));
        let mut next = || core::array::from_fn(|_| limbs.next().unwrap_or_default());
        Point {
            x: next(),
            y: next(),
        }
    })
}

/// Made by `examples/setup.rs`. Each point is `x` and `y`, 48 bytes each, see [`Limbs`]; little endian.
static SETUP: &[u8; 4096 * 96] = include_bytes!("setup.bin");

#[cfg(test)]
mod tests {
    use super::*;
    use alloy_primitives::hex;
    use ark_bls12_381::{Fq, G1Affine, G1Projective};
    use ark_ec::AffineRepr;
    use ark_ff::BigInt;
    use ark_serialize::CanonicalSerialize;
    use sha2::{Digest, Sha256};
    extern crate std;
    use std::vec::Vec;

    fn affine() -> Vec<G1Affine> {
        let coordinate = |limbs| Fq::new_unchecked(BigInt::new(limbs));
        points()
            .map(|point| G1Affine::new_unchecked(coordinate(point.x), coordinate(point.y)))
            .collect()
    }

    /// Lines 3 to 4,098 of c-kzg-4844's `src/trusted_setup.txt`: `sed -n 3,4098p trusted_setup.txt | sha256sum`.
    #[test]
    fn setup_is_the_public_one() {
        let points = affine();
        let mut text = Sha256::new();
        for index in 0..4096_u16 {
            let point = points[usize::from(index.reverse_bits() >> 4)];
            let mut bytes = Vec::new();
            point.serialize_compressed(&mut bytes).unwrap();
            text.update(hex::encode(&bytes));
            text.update("\n");
        }
        assert_eq!(
            hex::encode(text.finalize()),
            "cb8641e827fd3dc82ca47a6dfac0afc6c020c8ef47c897964155c2f8b8cabef7"
        );
    }

    /// The Lagrange polynomials add up to 1, whose commitment is the generator.
    #[test]
    fn setup_is_on_the_curve_and_adds_up() {
        let points = affine();
        assert!(
            points.iter().all(
                |point| point.is_on_curve() && point.is_in_correct_subgroup_assuming_on_curve()
            )
        );
        let sum: G1Projective = points.into_iter().sum();
        assert_eq!(sum, G1Affine::generator().into_group());
    }
}

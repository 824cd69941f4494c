//! Pure Rust.

use crate::combine::{self, Curve, Pair, Point, Sum};
use alloc::vec::Vec;
use ark_bls12_381::{Fq, G1Affine, G1Projective};
use ark_ec::{AffineRepr, VariableBaseMSM};
use ark_ff::{BigInt, Zero};
use ark_serialize::CanonicalDeserialize;
use hoike_preimage::{BlobMismatch, COMMITMENT_BYTES, Kzg};

/// Checks blobs in pure Rust, without threads.
#[derive(Clone, Copy, Default, Debug)]
pub struct PureKzg(());

impl PureKzg {
    /// Costs nothing.
    pub const fn new() -> Self {
        Self(())
    }
}

impl Kzg for PureKzg {
    fn check(&self, blobs: &[Pair<'_>]) -> Result<(), BlobMismatch> {
        combine::check::<Self>(blobs)
    }
}

impl Curve for PureKzg {
    fn decompress(commitment: &[u8; COMMITMENT_BYTES]) -> Option<Option<Point>> {
        let point = G1Affine::deserialize_compressed(commitment.as_slice()).ok()?;
        Some(point.xy().map(|(x, y)| Point { x: x.0.0, y: y.0.0 }))
    }

    fn is_infinity(sum: &Sum) -> bool {
        let (points, scalars): (Vec<_>, Vec<_>) = sum
            .terms()
            .map(|(point, scalar)| (affine(point), *scalar))
            .unzip();
        G1Projective::msm_bigint(&points, &scalars).is_zero()
    }
}

fn affine(point: Point) -> G1Affine {
    let coordinate = |limbs| Fq::new_unchecked(BigInt::new(limbs));
    G1Affine::new_unchecked(coordinate(point.x), coordinate(point.y))
}

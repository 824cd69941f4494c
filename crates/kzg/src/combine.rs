//! From many blobs to one sum that has to be zero.

use crate::setup::{self, Limbs};
use alloc::{vec, vec::Vec};
use ark_bls12_381::Fr;
use ark_ff::{AdditiveGroup, BigInt, Field, PrimeField};
use core::slice;
use hoike_preimage::{BLOB_BYTES, BlobFault, BlobMismatch, COMMITMENT_BYTES};
use sha2::{Digest, Sha256};

/// A blob and its commitment.
pub(crate) type Pair<'a> = (&'a [u8; BLOB_BYTES], &'a [u8; COMMITMENT_BYTES]);
/// A number below the scalar field's modulus, not in Montgomery form.
pub(crate) type Scalar = BigInt<4>;

/// A point other than infinity.
#[derive(Clone, Copy)]
pub(crate) struct Point {
    pub(crate) x: Limbs,
    pub(crate) y: Limbs,
}

/// An implementation of the curve.
pub(crate) trait Curve {
    /// Decodes a commitment: `Some(None)` is infinity, `None` no point of the right subgroup.
    fn decompress(commitment: &[u8; COMMITMENT_BYTES]) -> Option<Option<Point>>;

    /// Whether the sum is infinity.
    fn is_infinity(sum: &Sum) -> bool;
}

/// What must be infinity: the sum of the setup's points by `scalars`, and of the `rest`.
pub(crate) struct Sum {
    /// As many as the setup has points.
    pub(crate) scalars: Vec<Scalar>,
    /// The commitments, by negative scalars.
    pub(crate) rest: Vec<(Point, Scalar)>,
}

/// Checks the blobs.
pub(crate) fn check<C: Curve>(blobs: &[Pair<'_>]) -> Result<(), BlobMismatch> {
    let mut commitments = Vec::with_capacity(blobs.len());
    for (index, (blob, commitment)) in blobs.iter().enumerate() {
        if let Some(element) = elements(blob).position(|element| element >= Fr::MODULUS) {
            let why = BlobFault::NonCanonical { element };
            return Err(BlobMismatch { index, why });
        }
        let why = BlobFault::BadCommitment;
        commitments.push(C::decompress(commitment).ok_or(BlobMismatch { index, why })?);
    }
    if blobs.is_empty() || C::is_infinity(&Sum::new(blobs, &commitments)) {
        return Ok(());
    }
    if let [_] = blobs {
        let why = BlobFault::Mismatch;
        return Err(BlobMismatch { index: 0, why });
    }
    for (index, pair) in blobs.iter().zip(&commitments).enumerate() {
        let alone = Sum::new(slice::from_ref(pair.0), slice::from_ref(pair.1));
        if !C::is_infinity(&alone) {
            let why = BlobFault::Mismatch;
            return Err(BlobMismatch { index, why });
        }
    }
    Ok(())
}

impl Sum {
    /// All field elements are below the modulus, and there are as many points as blobs.
    #[expect(
        clippy::arithmetic_side_effects,
        reason = "arithmetic of a field is total"
    )]
    fn new(blobs: &[Pair<'_>], commitments: &[Option<Point>]) -> Self {
        let r = challenge(blobs);
        let mut sums = vec![Fr::ZERO; setup::points().len()];
        // Horner's rule, from the last blob to the first. Multiplying plain numbers by one in Montgomery form gives plain numbers, so nothing is ever
        // converted.
        for (position, (blob, _)) in blobs.iter().rev().enumerate() {
            for (sum, element) in sums.iter_mut().zip(elements(blob)) {
                if position > 0 {
                    *sum *= r;
                }
                *sum += Fr::new_unchecked(element);
            }
        }
        let mut power = -Fr::ONE;
        let mut rest = Vec::with_capacity(commitments.len());
        for commitment in commitments {
            if let Some(point) = commitment {
                rest.push((*point, power.into_bigint()));
            }
            power *= r;
        }
        Self {
            scalars: sums.into_iter().map(|sum| sum.0).collect(),
            rest,
        }
    }

    /// All points and scalars.
    pub(crate) fn terms(&self) -> impl Iterator<Item = (Point, &Scalar)> {
        let rest = self.rest.iter().map(|(point, scalar)| (*point, scalar));
        setup::points().zip(&self.scalars).chain(rest)
    }
}

/// A blob's field elements as numbers, of 256 bits as it may be.
fn elements(blob: &[u8; BLOB_BYTES]) -> impl Iterator<Item = Scalar> + '_ {
    let (elements, _) = blob.as_chunks::<32>();
    elements.iter().map(|element| {
        let (limbs, _) = element.as_chunks::<8>();
        let mut limbs = limbs.iter().rev().map(|limb| u64::from_be_bytes(*limb));
        BigInt::new(core::array::from_fn(|_| limbs.next().unwrap_or_default()))
    })
}

/// The hash of everything that is combined. A single blob needs none.
fn challenge(blobs: &[Pair<'_>]) -> Fr {
    if blobs.len() < 2 {
        return Fr::ONE;
    }
    let mut hasher = Sha256::new();
    hasher.update(b"hoike blobs");
    hasher.update((blobs.len() as u64).to_be_bytes());
    for (_, commitment) in blobs {
        hasher.update(commitment);
    }
    for (blob, _) in blobs {
        hasher.update(blob);
    }
    Fr::from_be_bytes_mod_order(&hasher.finalize())
}

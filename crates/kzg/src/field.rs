//! The scalar field: a blob's elements, their combination, a blob's polynomial at a point.
//!
//! Elements go through linear maps only, so they are never brought into Montgomery form: a raw integer `b` taken as a Montgomery representation stands
//! for `b / 2^256`, and multiplied by a proper element `s` it stands for `b s / 2^256`, whose representation is the plain integer `b s mod r`.
#![expect(
    clippy::arithmetic_side_effects,
    reason = "field and group elements cannot overflow"
)]

use alloc::vec::Vec;
use ark_bls12_381::Fr;
use ark_ff::{BigInt, FftField, Field, One, PrimeField, Zero};
use hoike_preimage::{BLOB_BYTES, FIELD_ELEMENTS};
use sha2::{Digest, Sha256};

/// An integer below the modulus, least significant limb first; what a multiplication over curve points takes.
pub(crate) type Scalar = BigInt<4>;

/// A blob's elements as integers in disguise (see above), or the index of the first that is not below the modulus.
pub(crate) fn elements(blob: &[u8; BLOB_BYTES]) -> Result<Vec<Fr>, usize> {
    let (chunks, _) = blob.as_chunks::<32>();
    let mut out = Vec::with_capacity(FIELD_ELEMENTS);
    for (index, chunk) in chunks.iter().enumerate() {
        let value = integer(chunk);
        if value >= Fr::MODULUS {
            return Err(index);
        }
        out.push(Fr::new_unchecked(value));
    }
    Ok(out)
}

/// The integers behind disguised elements.
pub(crate) fn scalars(elements: &[Fr]) -> Vec<Scalar> {
    elements.iter().map(|element| element.0).collect()
}

/// `sum weight^i blob_i`, element by element.
pub(crate) fn combine(blobs: &[&[Fr]], weight: &Fr) -> Vec<Fr> {
    let mut blobs = blobs.iter().rev();
    let mut sum = blobs.next().map(|blob| blob.to_vec()).unwrap_or_default();
    for blob in blobs {
        for (sum, element) in sum.iter_mut().zip(*blob) {
            *sum *= weight;
            *sum += element;
        }
    }
    sum
}

/// The value at `point` of the polynomial whose values at the roots of unity are a blob's elements.
///
/// Halves the domain twelve times: elements at `w` and `-w` are neighbours, and `p(z) = e(z^2) + z o(z^2)` with `e(w^2)` and `o(w^2)` from those two.
/// So it takes two multiplications an element, no division, and no exception for a point that is a root itself.
pub(crate) fn evaluate(elements: &[Fr], inverse_roots: &[Fr], point: &Fr) -> Fr {
    let mut values = elements.to_vec();
    let mut point = *point;
    let mut length = values.len();
    while length > 1 {
        length /= 2;
        for (at, root) in (0..length).zip(inverse_roots) {
            let (even, odd) = pair(&values, at);
            let value = even + odd + (even - odd) * root * point;
            if let Some(place) = values.get_mut(at) {
                *place = value;
            }
        }
        point.square_in_place();
    }
    // Each halving left out a division by two. The factor also takes off the disguise: as a Montgomery product with 2^256 / 4096 it is proper.
    let undisguise = Fr::new_unchecked(Fr::R2) * inverse_of_length(elements.len());
    values
        .first()
        .map_or(Fr::zero(), |value| *value * undisguise)
}

/// Inverses of every other root of unity in the order of a blob's elements.
pub(crate) fn inverse_roots() -> Vec<Fr> {
    let half = FIELD_ELEMENTS / 2;
    let step = Fr::get_root_of_unity(FIELD_ELEMENTS as u64)
        .and_then(|root| root.inverse())
        .unwrap_or_default();
    let powers: Vec<Fr> = core::iter::successors(Some(Fr::one()), |power| Some(*power * step))
        .take(half)
        .collect();
    let shift = usize::BITS.saturating_sub(half.trailing_zeros());
    (0..half)
        .map(|index: usize| {
            let index = index.reverse_bits().checked_shr(shift).unwrap_or(0);
            powers.get(index).copied().unwrap_or_default()
        })
        .collect()
}

/// A proper element from 32 bytes, big endian; `None` if they are not below the modulus.
pub(crate) fn canonical(bytes: &[u8; 32]) -> Option<Fr> {
    Fr::from_bigint(integer(bytes))
}

/// A proper element from a hash.
pub(crate) fn challenge(hasher: Sha256) -> Fr {
    let digest: [u8; 32] = hasher.finalize().into();
    Fr::from_be_bytes_mod_order(&digest)
}

/// Big endian, 32 bytes.
pub(crate) fn to_bytes(element: &Fr) -> [u8; 32] {
    let mut out = [0; 32];
    let (chunks, _) = out.as_chunks_mut::<8>();
    for (chunk, limb) in chunks.iter_mut().rev().zip(element.into_bigint().0) {
        *chunk = limb.to_be_bytes();
    }
    out
}

#[inline]
fn integer(bytes: &[u8; 32]) -> Scalar {
    let mut limbs = [0; 4];
    let (chunks, _) = bytes.as_chunks::<8>();
    for (limb, chunk) in limbs.iter_mut().zip(chunks.iter().rev()) {
        *limb = u64::from_be_bytes(*chunk);
    }
    BigInt(limbs)
}

#[inline]
fn pair(values: &[Fr], at: usize) -> (Fr, Fr) {
    match values.as_chunks::<2>().0.get(at) {
        Some([even, odd]) => (*even, *odd),
        None => (Fr::zero(), Fr::zero()),
    }
}

fn inverse_of_length(length: usize) -> Fr {
    Fr::from(length as u64).inverse().unwrap_or_default()
}

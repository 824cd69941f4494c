//! What a host makes of a blob before it serves it: commitment and proof.
#![expect(
    clippy::arithmetic_side_effects,
    reason = "field elements cannot overflow"
)]

use alloc::vec::Vec;
use ark_bls12_381::Fr;
use ark_ff::{PrimeField, batch_inversion};
use hoike_preimage::{BLOB_BYTES, BlobItem, BlobWhy, Commitment, roots_of_unity};

use crate::{
    check::{Group, evaluation_point},
    field::{elements, evaluate, inverse_roots, scalars},
};

/// The commitment to a blob. Spec: deneb/polynomial-commitments.md, `blob_to_kzg_commitment`.
pub(crate) fn commitment<G: Group>(blob: &[u8; BLOB_BYTES]) -> Result<Commitment, BlobWhy> {
    let elements = elements(blob).map_err(|element| BlobWhy::NotCanonical { element })?;
    Ok(G::compress(&G::commit(&scalars(&elements))))
}

/// The proof of a blob. Spec: deneb/polynomial-commitments.md, `compute_blob_kzg_proof`.
///
/// For the one hash in 2^243 that is itself a root of unity the result proves nothing, which a verifier gets over.
pub(crate) fn proof<G: Group>(
    blob: &[u8; BLOB_BYTES],
    commitment: &Commitment,
) -> Result<[u8; 48], BlobWhy> {
    let raw = elements(blob).map_err(|element| BlobWhy::NotCanonical { element })?;
    let point = evaluation_point(&BlobItem {
        blob,
        commitment,
        proof: None,
    });
    let value = evaluate(&raw, &inverse_roots(), &point);
    let mut divisors: Vec<Fr> = roots_of_unity()
        .iter()
        .map(|root| Fr::from_be_bytes_mod_order(root) - point)
        .collect();
    batch_inversion(&mut divisors);
    // The quotient (p - y) / (X - z) at each root.
    let proper = Fr::new_unchecked(Fr::R2);
    let quotient: Vec<_> = raw
        .iter()
        .zip(&divisors)
        .map(|(element, divisor)| ((*element * proper - value) * divisor).into_bigint())
        .collect();
    Ok(G::compress(&G::commit(&quotient)))
}

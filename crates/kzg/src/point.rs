//! A commitment opened at one point: what the point evaluation precompile decides.
#![expect(
    clippy::arithmetic_side_effects,
    reason = "field elements cannot overflow"
)]

use ark_bls12_381::Fr;
use ark_ff::{BigInt, One, PrimeField};
use hoike_preimage::Commitment;

use crate::check::Group;

/// Whether the polynomial behind `commitment` has the value `y` at `z`, both big-endian and canonical, by `proof`.
///
/// Spec: deneb/polynomial-commitments.md, `verify_kzg_proof`; as `e(C - y + z proof, 1) = e(proof, tau)`.
pub(crate) fn opens<G: Group>(
    commitment: &Commitment,
    z: &[u8; 32],
    y: &[u8; 32],
    proof: &Commitment,
) -> bool {
    let (Some(z), Some(y)) = (canonical(z), canonical(y)) else {
        return false;
    };
    let (Some(commitment), Some(proof)) = (G::decompress(commitment), G::decompress(proof)) else {
        return false;
    };
    let left = G::sum(&[commitment, G::generator(), proof], &[Fr::one(), -y, z]);
    G::pairs(&left, &proof)
}

fn canonical(bytes: &[u8; 32]) -> Option<Fr> {
    let mut limbs = [0; 4];
    let (chunks, _) = bytes.as_chunks::<8>();
    for (limb, chunk) in limbs.iter_mut().zip(chunks.iter().rev()) {
        *limb = u64::from_be_bytes(*chunk);
    }
    Fr::from_bigint(BigInt(limbs))
}

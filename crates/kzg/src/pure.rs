//! In pure Rust, by arkworks: for guests, and wherever there is no C.
#![expect(
    clippy::arithmetic_side_effects,
    reason = "field and group elements cannot overflow"
)]

use alloc::vec::Vec;
use ark_bls12_381::{Bls12_381, Fq, Fq2, Fr, G1Affine, G1Projective, G2Affine};
use ark_ec::{AffineRepr, CurveGroup, VariableBaseMSM, pairing::Pairing};
use ark_ff::{BigInt, PrimeField, Zero};
use ark_serialize::{CanonicalDeserialize, CanonicalSerialize};
use hoike_preimage::{BLOB_BYTES, BlobFault, BlobItem, BlobWhy, Commitment, Kzg};

use crate::{
    check::{Group, check},
    field::Scalar,
    prove,
    setup::{Limbs, lagrange, tau_g2},
};

/// The check in pure Rust, without state: the setup is part of the program.
#[derive(Clone, Copy, Debug, Default)]
pub struct Pure;

impl Kzg for Pure {
    fn check(&self, blobs: &[BlobItem<'_>]) -> Result<(), BlobFault> {
        check::<Arkworks>(blobs)
    }
}

impl Pure {
    /// The commitment to a blob; fails only for an element that is not canonical.
    pub fn commitment(&self, blob: &[u8; BLOB_BYTES]) -> Result<Commitment, BlobWhy> {
        prove::commitment::<Arkworks>(blob)
    }

    /// The EIP-4844 proof of a blob: what [`BlobItem::proof`] takes, and what a host should record for those who check.
    pub fn proof(
        &self,
        blob: &[u8; BLOB_BYTES],
        commitment: &Commitment,
    ) -> Result<[u8; 48], BlobWhy> {
        prove::proof::<Arkworks>(blob, commitment)
    }
}

pub(crate) struct Arkworks;

impl Group for Arkworks {
    type Point = G1Affine;

    fn decompress(bytes: &Commitment) -> Option<G1Affine> {
        G1Affine::deserialize_compressed(bytes.as_slice()).ok()
    }

    fn compress(point: &G1Affine) -> Commitment {
        let mut bytes = [0; 48];
        match point.serialize_compressed(bytes.as_mut_slice()) {
            Ok(()) => bytes,
            // Only a buffer that is too short could be a reason; no point has this encoding.
            Err(_) => [0; 48],
        }
    }

    fn commit(scalars: &[Scalar]) -> G1Affine {
        let points: Vec<G1Affine> = lagrange()
            .map(|(x, y)| G1Affine::new_unchecked(fq(x), fq(y)))
            .collect();
        G1Projective::msm_bigint(&points, scalars).into_affine()
    }

    fn sum(points: &[G1Affine], scalars: &[Fr]) -> G1Affine {
        let scalars: Vec<Scalar> = scalars.iter().map(|scalar| scalar.into_bigint()).collect();
        G1Projective::msm_bigint(points, &scalars).into_affine()
    }

    fn generator() -> G1Affine {
        G1Affine::generator()
    }

    fn same(a: &G1Affine, b: &G1Affine) -> bool {
        a == b
    }

    fn pairs(a: &G1Affine, b: &G1Affine) -> bool {
        let [x0, x1, y0, y1] = tau_g2().map(fq);
        let tau = G2Affine::new_unchecked(Fq2::new(x0, x1), Fq2::new(y0, y1));
        Bls12_381::multi_pairing([*a, -*b], [G2Affine::generator(), tau]).is_zero()
    }
}

fn fq(limbs: Limbs) -> Fq {
    Fq::new_unchecked(BigInt(limbs))
}

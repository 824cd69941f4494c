//! By blst: C and assembly, and as many threads as there are processors.
#![expect(unsafe_code, reason = "blst's group operations are foreign functions")]

use alloc::vec::Vec;
use ark_bls12_381::Fr;
use ark_ff::PrimeField;
use blst::{
    BLST_ERROR, MultiPoint, blst_fp, blst_fp2, blst_fp12, blst_fp12_finalverify, blst_miller_loop,
    blst_p1, blst_p1_add_or_double, blst_p1_affine, blst_p1_affine_compress,
    blst_p1_affine_generator, blst_p1_affine_in_g1, blst_p1_affine_is_inf, blst_p1_from_affine,
    blst_p1_is_equal, blst_p1_mult, blst_p1_to_affine, blst_p1_uncompress, blst_p2_affine,
    blst_p2_affine_generator,
};
use hoike_preimage::{BLOB_BYTES, BlobFault, BlobItem, BlobWhy, Commitment, Kzg};

use crate::{
    check::{Group, check, opens},
    field::Scalar,
    prove,
    setup::{lagrange, tau_g2},
};

/// The check by blst, without state: the setup is part of the program.
#[derive(Clone, Copy, Debug, Default)]
pub struct Native;

impl Kzg for Native {
    fn check(&self, blobs: &[BlobItem<'_>]) -> Result<(), BlobFault> {
        check::<Blst>(blobs)
    }
}

impl Native {
    /// The commitment to a blob; fails only for an element that is not canonical.
    pub fn commitment(&self, blob: &[u8; BLOB_BYTES]) -> Result<Commitment, BlobWhy> {
        prove::commitment::<Blst>(blob)
    }

    /// The EIP-4844 proof of a blob: what [`BlobItem::proof`] takes, and what a host should record for those who check.
    pub fn proof(
        &self,
        blob: &[u8; BLOB_BYTES],
        commitment: &Commitment,
    ) -> Result<[u8; 48], BlobWhy> {
        prove::proof::<Blst>(blob, commitment)
    }

    /// Whether the polynomial committed to has a value at a point, both big endian, by EIP-4844's `verify_kzg_proof`. `false` also for a scalar that is
    /// not canonical, and for what is no point of the subgroup.
    pub fn opens(
        &self,
        commitment: &Commitment,
        point: &[u8; 32],
        value: &[u8; 32],
        proof: &[u8; 48],
    ) -> bool {
        opens::<Blst>(commitment, [point, value], proof)
    }
}

pub(crate) struct Blst;

impl Group for Blst {
    type Point = blst_p1_affine;

    fn decompress(bytes: &Commitment) -> Option<blst_p1_affine> {
        let mut point = blst_p1_affine::default();
        // SAFETY: reads 48 bytes, which the array has, and writes the point, whatever the outcome.
        let outcome = unsafe { blst_p1_uncompress(&mut point, bytes.as_ptr()) };
        // SAFETY: both read the point only.
        let inside = unsafe { blst_p1_affine_is_inf(&point) || blst_p1_affine_in_g1(&point) };
        (outcome == BLST_ERROR::BLST_SUCCESS && inside).then_some(point)
    }

    fn compress(point: &blst_p1_affine) -> Commitment {
        let mut bytes = [0; 48];
        // SAFETY: writes 48 bytes, which the array has.
        unsafe { blst_p1_affine_compress(bytes.as_mut_ptr(), point) };
        bytes
    }

    fn commit(scalars: &[Scalar]) -> blst_p1_affine {
        let points: Vec<blst_p1_affine> = lagrange()
            .map(|(x, y)| blst_p1_affine {
                x: blst_fp { l: x },
                y: blst_fp { l: y },
            })
            .collect();
        let bytes: Vec<u8> = scalars.iter().flat_map(little_endian).collect();
        // Checks the lengths itself; the window of its last digits needs no padding.
        affine(&points.mult(&bytes, SCALAR_BITS))
    }

    fn sum(points: &[blst_p1_affine], scalars: &[Fr]) -> blst_p1_affine {
        let mut sum = blst_p1::default();
        for (point, scalar) in points.iter().zip(scalars) {
            let scalar = little_endian(&scalar.into_bigint());
            let mut product = blst_p1::default();
            // SAFETY: the scalar has the 32 bytes that 255 bits take; points may be read and written in place.
            unsafe {
                blst_p1_from_affine(&mut product, point);
                blst_p1_mult(&mut product, &product, scalar.as_ptr(), SCALAR_BITS);
                blst_p1_add_or_double(&mut sum, &sum, &product);
            }
        }
        affine(&sum)
    }

    fn generator() -> blst_p1_affine {
        // SAFETY: a pointer to a constant of the library.
        unsafe { *blst_p1_affine_generator() }
    }

    fn same(a: &blst_p1_affine, b: &blst_p1_affine) -> bool {
        let (mut left, mut right) = (blst_p1::default(), blst_p1::default());
        // SAFETY: plain reads and writes of points.
        unsafe {
            blst_p1_from_affine(&mut left, a);
            blst_p1_from_affine(&mut right, b);
            blst_p1_is_equal(&left, &right)
        }
    }

    fn pairs(a: &blst_p1_affine, b: &blst_p1_affine) -> bool {
        let [x0, x1, y0, y1] = tau_g2().map(|l| blst_fp { l });
        let tau = blst_p2_affine {
            x: blst_fp2 { fp: [x0, x1] },
            y: blst_fp2 { fp: [y0, y1] },
        };
        let (mut left, mut right) = (blst_fp12::default(), blst_fp12::default());
        // SAFETY: plain reads and writes; the generator is a constant of the library. Points at infinity give one.
        unsafe {
            blst_miller_loop(&mut left, blst_p2_affine_generator(), a);
            blst_miller_loop(&mut right, &tau, b);
            blst_fp12_finalverify(&left, &right)
        }
    }
}

fn affine(point: &blst_p1) -> blst_p1_affine {
    let mut out = blst_p1_affine::default();
    // SAFETY: reads one point and writes the other.
    unsafe { blst_p1_to_affine(&mut out, point) };
    out
}

fn little_endian(scalar: &Scalar) -> [u8; 32] {
    let mut out = [0; 32];
    let (chunks, _) = out.as_chunks_mut::<8>();
    for (chunk, limb) in chunks.iter_mut().zip(scalar.0) {
        *chunk = limb.to_le_bytes();
    }
    out
}

/// Bits of a scalar.
const SCALAR_BITS: usize = 255;

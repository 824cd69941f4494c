//! Assembly and threads.

use crate::combine::{self, Curve, Pair, Point, Scalar, Sum};
use alloc::vec::Vec;
use blst::{MultiPoint, blst_fp, blst_p1, blst_p1_affine, min_sig::Signature};
use hoike_preimage::{BlobMismatch, COMMITMENT_BYTES, Kzg};

/// Checks blobs with blst: assembly, and all cores.
#[derive(Clone, Copy, Default, Debug)]
pub struct NativeKzg(());

impl NativeKzg {
    /// Costs nothing.
    pub const fn new() -> Self {
        Self(())
    }
}

impl Kzg for NativeKzg {
    fn check(&self, blobs: &[Pair<'_>]) -> Result<(), BlobMismatch> {
        combine::check::<Self>(blobs)
    }
}

impl Curve for NativeKzg {
    fn decompress(commitment: &[u8; COMMITMENT_BYTES]) -> Option<Option<Point>> {
        // To blst, a signature is any point of G1, infinity included.
        let point = Signature::uncompress(commitment).ok()?;
        if !point.subgroup_check() {
            return None;
        }
        let affine = blst_p1_affine::from(point);
        let infinity = affine == blst_p1_affine::default();
        Some((!infinity).then_some(Point {
            x: affine.x.l,
            y: affine.y.l,
        }))
    }

    fn is_infinity(sum: &Sum) -> bool {
        // blst has the same Montgomery form.
        let affine = |point: Point| blst_p1_affine {
            x: blst_fp { l: point.x },
            y: blst_fp { l: point.y },
        };
        let (points, scalars): (Vec<_>, Vec<_>) = sum
            .terms()
            .map(|(point, scalar)| (affine(point), bytes(scalar)))
            .unzip();
        points.mult(scalars.as_flattened(), SCALAR_BITS) == blst_p1::default()
    }
}

/// Little endian.
fn bytes(scalar: &Scalar) -> [u8; 32] {
    let mut bytes = [0; 32];
    let (chunks, _) = bytes.as_chunks_mut::<8>();
    for (chunk, limb) in chunks.iter_mut().zip(scalar.0) {
        *chunk = limb.to_le_bytes();
    }
    bytes
}

const SCALAR_BITS: usize = 255;

//! blst's points, field elements and pairings as values. All of this crate's unsafe code is here.
#![expect(unsafe_code, reason = "blst's group operations are foreign functions")]

use blst::{
    MultiPoint, blst_bendian_from_fp, blst_fp, blst_fp_from_bendian, blst_fp2, blst_fp12,
    blst_map_to_g1, blst_map_to_g2, blst_p1, blst_p1_add_or_double_affine, blst_p1_affine,
    blst_p1_affine_in_g1, blst_p1_affine_is_inf, blst_p1_affine_on_curve, blst_p1_from_affine,
    blst_p1_to_affine, blst_p2, blst_p2_add_or_double_affine, blst_p2_affine, blst_p2_affine_in_g2,
    blst_p2_affine_is_inf, blst_p2_affine_on_curve, blst_p2_from_affine, blst_p2_to_affine,
};
use std::ptr;

pub(crate) type Fp = blst_fp;
pub(crate) type G1 = blst_p1_affine;
pub(crate) type G2 = blst_p2_affine;

/// A point in affine coordinates; infinity has zeros.
pub(crate) trait Point: Copy + Default {
    /// How many elements of the base field make one.
    const COORDINATES: usize;

    /// Whatever has these coordinates, in the order of EIP-2537; `None` if they are not as many as they should be.
    fn from_coordinates(coordinates: &[Fp]) -> Option<Self>;
    fn coordinates(&self) -> impl IntoIterator<Item = Fp>;
    fn is_infinity(&self) -> bool;
    fn is_on_curve(&self) -> bool;
    /// Of a point of the curve.
    fn is_in_subgroup(&self) -> bool;
    /// Of any two points of the curve.
    fn add(&self, other: &Self) -> Self;
    /// `sum scalar_i P_i` over points of the subgroup that are not infinity; scalars are little endian and below its order.
    fn sum(points: &[Self], scalars: &[[u8; 32]]) -> Self;
}

macro_rules! point {
    (
        $affine:ty, $projective:ty, $count:literal,
        [$($name:ident),*] => { x: $x:expr, y: $y:expr }, $point:ident => $coordinates:expr,
        $is_inf:ident, $on_curve:ident, $in_subgroup:ident, $from_affine:ident, $add:ident, $to_affine:ident
    ) => {
        impl Point for $affine {
            const COORDINATES: usize = $count;

            fn from_coordinates(coordinates: &[Fp]) -> Option<Self> {
                let [$($name),*] = *coordinates else {
                    return None;
                };
                Some(Self { x: $x, y: $y })
            }

            fn coordinates(&self) -> impl IntoIterator<Item = Fp> {
                let $point = self;
                $coordinates
            }

            fn is_infinity(&self) -> bool {
                // SAFETY: reads the point only.
                unsafe { $is_inf(self) }
            }

            fn is_on_curve(&self) -> bool {
                // SAFETY: reads the point only.
                self.is_infinity() || unsafe { $on_curve(self) }
            }

            fn is_in_subgroup(&self) -> bool {
                // SAFETY: reads the point only.
                self.is_infinity() || unsafe { $in_subgroup(self) }
            }

            fn add(&self, other: &Self) -> Self {
                let (mut sum, mut out) = (<$projective>::default(), Self::default());
                // SAFETY: plain reads and writes of points, which may be read and written in place.
                unsafe {
                    $from_affine(&mut sum, self);
                    $add(&mut sum, &sum, other);
                    $to_affine(&mut out, &sum);
                }
                out
            }

            fn sum(points: &[Self], scalars: &[[u8; 32]]) -> Self {
                let mut out = Self::default();
                if !points.is_empty() {
                    // Checks the lengths itself.
                    let sum = points.mult(scalars.as_flattened(), SCALAR_BITS);
                    // SAFETY: reads one point and writes the other.
                    unsafe { $to_affine(&mut out, &sum) };
                }
                out
            }
        }
    };
}

point! {
    G1, blst_p1, 2,
    [x, y] => { x: x, y: y }, point => [point.x, point.y],
    blst_p1_affine_is_inf, blst_p1_affine_on_curve, blst_p1_affine_in_g1,
    blst_p1_from_affine, blst_p1_add_or_double_affine, blst_p1_to_affine
}
point! {
    G2, blst_p2, 4,
    [x0, x1, y0, y1] => { x: blst_fp2 { fp: [x0, x1] }, y: blst_fp2 { fp: [y0, y1] } },
    point => point.x.fp.into_iter().chain(point.y.fp),
    blst_p2_affine_is_inf, blst_p2_affine_on_curve, blst_p2_affine_in_g2,
    blst_p2_from_affine, blst_p2_add_or_double_affine, blst_p2_to_affine
}

/// Whether the product of the pairings of as many points of either subgroup, none of them infinity, is one.
pub(crate) fn pairs_to_one(left: &[G1], right: &[G2]) -> bool {
    // The empty product is one, but the loop wants a pair.
    left.is_empty()
        || blst_fp12::finalverify(
            &blst_fp12::miller_loop_n(right, left),
            &blst_fp12::default(),
        )
}

/// RFC 9380's `map_to_curve` and `clear_cofactor`.
pub(crate) fn map_to_g1(element: &Fp) -> G1 {
    let (mut mapped, mut out) = (blst_p1::default(), G1::default());
    // SAFETY: plain reads and writes; a second element may be absent.
    unsafe {
        blst_map_to_g1(&mut mapped, element, ptr::null());
        blst_p1_to_affine(&mut out, &mapped);
    }
    out
}

/// RFC 9380's `map_to_curve` and `clear_cofactor`, of `c0 + c1 i`.
pub(crate) fn map_to_g2(c0: Fp, c1: Fp) -> G2 {
    let element = blst_fp2 { fp: [c0, c1] };
    let (mut mapped, mut out) = (blst_p2::default(), G2::default());
    // SAFETY: plain reads and writes; a second element may be absent.
    unsafe {
        blst_map_to_g2(&mut mapped, &element, ptr::null());
        blst_p2_to_affine(&mut out, &mapped);
    }
    out
}

/// A field element, big endian. The caller has seen to it that it is below the modulus.
pub(crate) fn field_from_bytes(bytes: &[u8; 48]) -> Fp {
    let mut out = Fp::default();
    // SAFETY: reads 48 bytes, which the array has, and writes the element.
    unsafe { blst_fp_from_bendian(&mut out, bytes.as_ptr()) };
    out
}

/// Big endian.
pub(crate) fn field_to_bytes(element: &Fp) -> [u8; 48] {
    let mut out = [0; 48];
    // SAFETY: writes 48 bytes, which the array has.
    unsafe { blst_bendian_from_fp(out.as_mut_ptr(), element) };
    out
}

/// Bits of a scalar.
const SCALAR_BITS: usize = 255;

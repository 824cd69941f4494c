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

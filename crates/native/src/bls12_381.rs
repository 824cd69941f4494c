//! EIP-2537's precompiles: what their inputs have to be, and which sums and pairings they are. [`points`](crate::points) computes those.

use crate::points::{self, Fp, G1, G2, Point};
use alloy_primitives::{B256, Bytes, U256, hex};

/// "ABI for G1 addition" and "ABI for G2 addition". Points need not be in the subgroup.
pub(crate) fn add<P: Point>(input: &[u8]) -> Option<Bytes> {
    let (a, b) = input.split_at_checked(P::COORDINATES * FIELD_BYTES)?;
    Some(encode(&read::<P>(a)?.add(&read(b)?)))
}

/// "ABI for G1 MSM" and "ABI for G2 MSM": points in the subgroup and scalars, which need not be below its order.
pub(crate) fn msm<P: Point>(input: &[u8]) -> Option<Bytes> {
    let point_bytes = P::COORDINATES * FIELD_BYTES;
    let (mut points, mut scalars) = (Vec::new(), Vec::new());
    for term in slices(input, point_bytes + 32)? {
        let (point, scalar) = term.split_at_checked(point_bytes)?;
        let point = read_in_subgroup::<P>(point)?;
        let scalar = U256::try_from_be_slice(scalar)? % ORDER;
        // blst's sums are not made for infinity.
        if !(point.is_infinity() || scalar.is_zero()) {
            points.push(point);
            scalars.push(scalar.to_le_bytes::<32>());
        }
    }
    Some(encode(&P::sum(&points, &scalars)))
}

/// "ABI for pairing check": whether the product of the pairings is one.
pub(crate) fn pairing(input: &[u8]) -> Option<Bytes> {
    const G1_BYTES: usize = G1::COORDINATES * FIELD_BYTES;
    const G2_BYTES: usize = G2::COORDINATES * FIELD_BYTES;
    let (mut left, mut right) = (Vec::new(), Vec::new());
    for pair in slices(input, G1_BYTES + G2_BYTES)? {
        let (p, q) = pair.split_at_checked(G1_BYTES)?;
        let (p, q) = (read_in_subgroup::<G1>(p)?, read_in_subgroup::<G2>(q)?);
        // Contributes a factor of one.
        if !(p.is_infinity() || q.is_infinity()) {
            left.push(p);
            right.push(q);
        }
    }
    let is_one = points::pairs_to_one(&left, &right);
    Some(B256::with_last_byte(is_one.into()).into())
}

/// "ABI for mapping Fp element to G1 point".
pub(crate) fn map_fp_to_g1(input: &[u8]) -> Option<Bytes> {
    Some(encode(&points::map_to_g1(&field_element(input)?)))
}

/// "ABI for mapping Fp2 element to G2 point".
pub(crate) fn map_fp2_to_g2(input: &[u8]) -> Option<Bytes> {
    let (c0, c1) = input.split_at_checked(FIELD_BYTES)?;
    let mapped = points::map_to_g2(field_element(c0)?, field_element(c1)?);
    Some(encode(&mapped))
}

/// Slices of the same size, at least one.
fn slices(input: &[u8], size: usize) -> Option<impl Iterator<Item = &[u8]>> {
    (!input.is_empty() && input.len().is_multiple_of(size)).then(|| input.chunks_exact(size))
}

fn read_in_subgroup<P: Point>(bytes: &[u8]) -> Option<P> {
    read(bytes).filter(P::is_in_subgroup)
}

/// A point of the curve. EIP-2537, "Point of G1/G2 encoding": coordinates, all zero for infinity.
fn read<P: Point>(bytes: &[u8]) -> Option<P> {
    if bytes.len() != P::COORDINATES * FIELD_BYTES {
        return None;
    }
    let coordinates: Option<Vec<Fp>> = bytes.chunks(FIELD_BYTES).map(field_element).collect();
    P::from_coordinates(&coordinates?).filter(P::is_on_curve)
}

/// EIP-2537, "Field elements encoding": 64 bytes, big endian, below the modulus, so that the first 16 are zero.
fn field_element(bytes: &[u8]) -> Option<Fp> {
    let bytes: &[u8; FIELD_BYTES] = bytes.try_into().ok()?;
    let (padding, element) = bytes.split_last_chunk::<48>()?;
    (padding.iter().all(|byte| *byte == 0) && *element < MODULUS)
        .then(|| points::field_from_bytes(element))
}

fn encode<P: Point>(point: &P) -> Bytes {
    let mut out = Vec::with_capacity(P::COORDINATES * FIELD_BYTES);
    for coordinate in point.coordinates() {
        out.extend_from_slice(&[0; 16]);
        out.extend_from_slice(&points::field_to_bytes(&coordinate));
    }
    out.into()
}

/// Of an encoded field element.
const FIELD_BYTES: usize = 64;
/// Of the base field.
const MODULUS: [u8; 48] = hex!(
    "1a0111ea397fe69a4b1ba7b6434bacd764774b84f38512bf6730d2a0f6b0f6241eabfffeb153ffffb9feffffffffaaab"
);
/// Of the subgroups.
const ORDER: U256 = U256::from_be_bytes(hex!(
    "73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000001"
));

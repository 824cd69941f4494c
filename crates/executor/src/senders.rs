//! Who signed, in pure Rust.

use crate::SignedHash;
use alloy_primitives::{Address, keccak256};
use k256::{
    AffinePoint, FieldBytes, ProjectivePoint, Scalar, U256,
    elliptic_curve::{
        Group, PrimeField,
        ops::{LinearCombination, Reduce},
        point::DecompressPoint,
        sec1::ToEncodedPoint,
        subtle::Choice,
    },
};

/// The address whose key made the signature; `None` where there is none.
///
/// Recovers the key as SEC 1, 4.1.6 has it. A recovered key verifies by construction, so nothing is verified again.
pub(crate) fn recover(signed: &SignedHash) -> Option<Address> {
    let r_bytes = FieldBytes::from(signed.r);
    let r =
        Option::<Scalar>::from(Scalar::from_repr(r_bytes)).filter(|r| !bool::from(r.is_zero()))?;
    let s = Option::<Scalar>::from(Scalar::from_repr(FieldBytes::from(signed.s)))
        .filter(|s| !bool::from(s.is_zero()))?;
    let point = Option::<AffinePoint>::from(AffinePoint::decompress(
        &r_bytes,
        Choice::from(u8::from(signed.odd_y)),
    ))?;
    let hash = <Scalar as Reduce<U256>>::reduce_bytes(&FieldBytes::from(signed.hash.0));
    let r_inverse = Option::<Scalar>::from(r.invert())?;
    let u1 = -(r_inverse * hash);
    let u2 = r_inverse * s;
    let key = ProjectivePoint::lincomb(
        &ProjectivePoint::GENERATOR,
        &u1,
        &ProjectivePoint::from(point),
        &u2,
    );
    if bool::from(key.is_identity()) {
        return None;
    }
    let encoded = key.to_affine().to_encoded_point(false);
    // 0x04, then both coordinates.
    encoded
        .as_bytes()
        .get(1..)
        .map(|coordinates| Address::from_word(keccak256(coordinates)))
}

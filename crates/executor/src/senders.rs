//! Who signed: recovery of secp256k1 keys.

use alloy_primitives::{Address, B256, U256, keccak256, uint};
use k256::elliptic_curve::PrimeField;
use k256::elliptic_curve::ops::{MulByGeneratorVartime, Reduce};
use k256::elliptic_curve::point::DecompressPoint;
use k256::elliptic_curve::sec1::ToSec1Point;
use k256::elliptic_curve::subtle::Choice;
use k256::{AffinePoint, FieldBytes, ProjectivePoint, Scalar};

/// A hash and its signature, with `0 < r < n` and `0 < s < n`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SignedHash {
    /// What was signed.
    pub hash: B256,
    /// The signature's r, big-endian.
    pub r: B256,
    /// The signature's s, big-endian.
    pub s: B256,
    /// Whether the y coordinate of the point behind r is odd.
    pub odd_y: bool,
}

/// Order of the group.
const N: U256 = uint!(0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141_U256);
/// Half of it, rounded down.
const HALF_N: U256 = uint!(0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0_U256);

impl SignedHash {
    /// A transaction's or authorization's signature; `None` if r or s is out of range, or s in the upper half (EIP-2).
    pub fn new(hash: B256, r: U256, s: U256, odd_y: bool) -> Option<Self> {
        if s > HALF_N {
            None
        } else {
            Self::any_s(hash, r, s, odd_y)
        }
    }

    /// As [`new`](Self::new) with either s, as the precompile takes it.
    pub fn any_s(hash: B256, r: U256, s: U256, odd_y: bool) -> Option<Self> {
        let in_range = |x: U256| !x.is_zero() && x < N;
        (in_range(r) && in_range(s)).then(|| Self {
            hash,
            r: r.into(),
            s: s.into(),
            odd_y,
        })
    }

    /// The signer's address, in pure Rust; `None` if no key can have signed so.
    ///
    /// Recovery needs no verification afterwards: the key is the solution of the very equation that verification checks.
    pub fn recover(&self) -> Option<Address> {
        let big_r = AffinePoint::decompress(&self.r.0.into(), Choice::from(u8::from(self.odd_y)));
        let big_r = ProjectivePoint::from(Option::<AffinePoint>::from(big_r)?);
        let r = Option::<Scalar>::from(Scalar::from_repr(self.r.0.into()))?;
        let s = Option::<Scalar>::from(Scalar::from_repr(self.s.0.into()))?;
        let z = <Scalar as Reduce<FieldBytes>>::reduce(&self.hash.0.into());
        let r_inverse = Option::<Scalar>::from(r.invert_vartime())?;
        #[expect(
            clippy::arithmetic_side_effects,
            reason = "arithmetic in a field cannot overflow"
        )]
        let (by_generator, by_r) = (-(r_inverse * z), r_inverse * s);
        let key =
            ProjectivePoint::mul_by_generator_and_mul_add_vartime(&by_generator, &by_r, &big_r);
        address_of(key.to_affine().to_sec1_point(false).as_bytes())
    }
}

/// The address of an uncompressed SEC1 key; `None` for the point at infinity.
pub fn address_of(key: &[u8]) -> Option<Address> {
    let (_, coordinates) = key.split_first()?;
    let hash = (coordinates.len() == 64).then(|| keccak256(coordinates))?;
    Some(Address::from_word(hash))
}

//! What is asked of outside: an oracle for preimages, and an implementation of KZG commitments.

use crate::{Hint, PreimageKey};
use alloy_primitives::Bytes;
use core::{error, fmt};

/// Answers that nobody has checked.
pub trait Oracle {
    /// Why there is no answer.
    type Error: error::Error + 'static;

    /// Says what will be asked for next.
    ///
    /// # Errors
    /// Only where the hint could not be delivered. What it leads to shows in [`Oracle::get`].
    fn hint(&mut self, hint: &Hint<'_>) -> Result<(), Self::Error>;

    /// The value of a key.
    ///
    /// # Errors
    /// The oracle does not have it, or cannot be reached.
    fn get(&mut self, key: PreimageKey) -> Result<Bytes, Self::Error>;
}

impl<O: Oracle + ?Sized> Oracle for &mut O {
    type Error = O::Error;

    fn hint(&mut self, hint: &Hint<'_>) -> Result<(), Self::Error> {
        (**self).hint(hint)
    }

    fn get(&mut self, key: PreimageKey) -> Result<Bytes, Self::Error> {
        (**self).get(key)
    }
}

/// Does each blob match its commitment?
pub trait Kzg {
    /// Checks all of them: a blob is 4,096 canonical field elements of 32 bytes big endian, a commitment a compressed point of G1 as EIP-4844 has it. The
    /// point at infinity is the commitment of the blob of zeros (D49).
    ///
    /// # Errors
    /// One that does not match, and why.
    fn check(
        &self,
        blobs: &[(&[u8; BLOB_BYTES], &[u8; COMMITMENT_BYTES])],
    ) -> Result<(), BlobMismatch>;
}

impl<K: Kzg + ?Sized> Kzg for &K {
    fn check(
        &self,
        blobs: &[(&[u8; BLOB_BYTES], &[u8; COMMITMENT_BYTES])],
    ) -> Result<(), BlobMismatch> {
        (**self).check(blobs)
    }
}

/// A blob that does not match its commitment.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct BlobMismatch {
    /// Which of the blobs of the call.
    pub index: usize,
    /// What is wrong.
    pub why: BlobFault,
}

/// Why a blob does not match its commitment.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum BlobFault {
    /// The commitment is to another blob.
    Mismatch,
    /// A field element is not below the field's modulus.
    NonCanonical {
        /// Its index, below 4,096.
        element: usize,
    },
    /// The commitment is not a compressed point of the right subgroup.
    BadCommitment,
}

impl fmt::Display for BlobMismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "blob {}: {}", self.index, self.why)
    }
}

impl fmt::Display for BlobFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Mismatch => f.write_str("its commitment is to another blob"),
            Self::NonCanonical { element } => {
                write!(f, "field element {element} is not below the modulus")
            }
            Self::BadCommitment => f.write_str("its commitment is no point of the group"),
        }
    }
}

impl error::Error for BlobMismatch {}
impl error::Error for BlobFault {}

/// Size of a blob: 4,096 field elements of 32 bytes.
pub const BLOB_BYTES: usize = 131_072;
/// Size of a KZG commitment.
pub const COMMITMENT_BYTES: usize = 48;

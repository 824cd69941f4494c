//! Blobs as the oracle serves them: a commitment, and 4,096 field elements by roots of unity. Spec: fault-proof/index.md, type 5; EIP-4844.

use alloc::{boxed::Box, vec};
use core::fmt;

/// Bytes of a blob.
pub const BLOB_BYTES: usize = 131_072;
/// Field elements of a blob, 32 bytes each.
pub const FIELD_ELEMENTS: usize = 4_096;

/// A whole blob: 4,096 field elements, 32 bytes big endian each.
pub type Blob = Box<[u8; BLOB_BYTES]>;
/// A KZG commitment: a point of G1, compressed.
pub type Commitment = [u8; 48];

/// Says whether blobs belong to their commitments. `hoike-kzg` has a pure and a native one; both decide alike.
pub trait Kzg {
    /// Checks all blobs at once. Field elements must be canonical, commitments points of the subgroup (infinity is one, D49). A proof only saves
    /// work: without it, or with a wrong one, the commitment is computed from the blob.
    fn check(&self, blobs: &[BlobItem<'_>]) -> Result<(), BlobFault>;
}

/// One blob to be checked.
#[derive(Clone, Copy, Debug)]
pub struct BlobItem<'a> {
    /// The claimed contents.
    pub blob: &'a [u8; BLOB_BYTES],
    /// What they have to commit to.
    pub commitment: &'a Commitment,
    /// Blob proof of EIP-4844 (`compute_blob_kzg_proof`), where the store has one.
    pub proof: Option<&'a [u8; 48]>,
}

/// A blob that does not belong to its commitment.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct BlobFault {
    /// Position in the list that was checked: the first that is at fault.
    pub blob: usize,
    /// What is wrong with it.
    pub why: BlobWhy,
}

/// What is wrong with a blob.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum BlobWhy {
    /// This element is not below the modulus.
    NotCanonical {
        /// Index of the element.
        element: usize,
    },
    /// The commitment is not the encoding of a point of the subgroup.
    BadCommitment,
    /// The blob commits to something else.
    Mismatch,
}

impl fmt::Display for BlobWhy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotCanonical { element } => write!(f, "field element {element} is not canonical"),
            Self::BadCommitment => f.write_str("the commitment is not a point of G1"),
            Self::Mismatch => f.write_str("the blob does not match its commitment"),
        }
    }
}

/// The points at which a blob's polynomial takes its elements' values: 4,096th roots of unity, bit-reversed, 32 bytes big endian each.
pub const fn roots_of_unity() -> &'static [[u8; 32]] {
    ROOTS.as_chunks::<32>().0
}

/// A blob of zeros, on the heap from the start: 128 KiB are no burden for a stack that may be small.
pub(crate) fn zeroed() -> Blob {
    let slice = vec![0; BLOB_BYTES].into_boxed_slice();
    // The length is right by construction, so the other branch does not exist after optimisation.
    slice
        .try_into()
        .unwrap_or_else(|_| Box::new([0; BLOB_BYTES]))
}

/// Where kona's host (v1.19.6) keeps a blob's proof among the type 5 keys: at the last root of unity with its low eight bytes replaced by 4,096.
pub(crate) fn proof_point() -> [u8; 32] {
    let mut point = [0; 32];
    if let Some(last) = roots_of_unity().last() {
        point = *last;
    }
    let (_, tail) = point.split_at_mut(24);
    tail.copy_from_slice(&(FIELD_ELEMENTS as u64).to_be_bytes());
    point
}

/// Written by `crates/kzg/data/generate.py`; tested against the field's definition in `hoike-kzg`.
static ROOTS: &[u8; BLOB_BYTES] = include_bytes!("../data/roots-of-unity.bin");

//! Why a preimage cannot be used.

use crate::{BlobFault, PreimageKey};
use alloy_primitives::B256;

/// No answer, or a wrong one. Never a verdict.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum CheckError<E: core::error::Error + 'static> {
    /// The oracle has no answer.
    #[error("preimage {key} could not be had: {cause}")]
    Oracle {
        /// What was asked for.
        key: PreimageKey,
        /// Why there is none.
        #[source]
        cause: E,
    },
    /// A hint could not be delivered.
    #[error("hint {hint} could not be delivered: {cause}")]
    Hint {
        /// The hint's type.
        hint: &'static str,
        /// Why not.
        #[source]
        cause: E,
    },
    /// The answer is not what its key commits to.
    #[error("preimage {key} is corrupt: {why}")]
    Corrupt {
        /// What was asked for.
        key: PreimageKey,
        /// What is wrong.
        why: Corruption,
    },
    /// A blob's field elements are not what its commitment commits to.
    #[error("the blob of preimage {key} is corrupt: {why}")]
    Blob {
        /// The key of the blob's commitment; but for the first byte, the blob's versioned hash.
        key: PreimageKey,
        /// What is wrong.
        #[source]
        why: BlobFault,
    },
}

/// What is wrong with an answer.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Corruption {
    /// Its keccak256 hash is another one.
    #[error("its keccak256 hash is {got}")]
    Keccak256 {
        /// Hash of the answer.
        got: B256,
    },
    /// Its versioned hash is another one.
    #[error("its versioned hash is {got}")]
    VersionedHash {
        /// sha256 of the answer, with the first byte 1.
        got: B256,
    },
    /// It has the wrong length.
    #[error("it has {got} bytes instead of {want}")]
    Length {
        /// Bytes that it should have.
        want: usize,
        /// Bytes that it has.
        got: usize,
    },
    /// A precompile's result does not begin with 0 or 1.
    #[error("it does not begin with a status byte")]
    Status,
}

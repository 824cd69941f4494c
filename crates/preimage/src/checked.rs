//! What the program asks: answers that are already known to be right.

use alloc::vec::Vec;
use alloy_primitives::{Address, B256, Bytes, KECCAK256_EMPTY, address, b256};
use core::fmt;

use crate::{
    BLOB_BYTES, Blob, BlobWhy, Commitment, Hint, Oracle, PreimageKey, blob, key::BlobPoint,
};

/// Preimages that are known to be right. Sealed: [`crate::Verified`] checks them itself, [`crate::Trusted`] says whose word it takes.
///
/// An error is never an answer: neither *valid* nor *invalid* may follow from it.
pub trait Checked: sealed::Sealed {
    /// The store's or pipe's error.
    type Error: core::error::Error + Send + Sync + 'static;

    /// Passes a hint on.
    fn hint(&mut self, hint: &Hint<'_>) -> Result<(), CheckError<Self::Error>>;

    /// A local value: part of what is to be proven, hence not checked against anything.
    fn local(&mut self, index: u64) -> Result<Bytes, CheckError<Self::Error>>;

    /// The preimage of a keccak256 hash. Those of the empty trie's root and of the empty code's hash are known and not asked for (D104).
    fn keccak256(&mut self, hash: B256) -> Result<Bytes, CheckError<Self::Error>>;

    /// Blobs by versioned hash, all of one L1 block in one call: checking them together is cheaper. `time` is that block's time in seconds.
    ///
    /// Hints each blob right before it is read, since hosts remember only their last hint.
    fn blobs(
        &mut self,
        time: u64,
        versioned_hashes: &[B256],
    ) -> Result<Vec<Blob>, CheckError<Self::Error>>;

    /// The result of an accelerated precompile where somebody else has checked it; `None`: compute it yourself.
    ///
    /// The fork's input limits and gas are to be applied before asking: hosts run every call with their own L1's rules.
    fn precompile(
        &mut self,
        address: Address,
        gas: u64,
        input: &[u8],
    ) -> Result<Option<PrecompileResult>, CheckError<Self::Error>>;

    /// How much has been read so far.
    fn stats(&self) -> Stats;
}

/// What an accelerated precompile said.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum PrecompileResult {
    /// Status 1, and the output.
    Success(Bytes),
    /// Status 0: the call fails and takes its gas.
    Failure,
}

/// What has been read.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Stats {
    /// Values read, a blob's elements not counted.
    pub preimages: u64,
    /// Their bytes, blobs included.
    pub bytes: u64,
    /// Whole blobs.
    pub blobs: u64,
    /// Requests answered from what had been read and checked before.
    pub repeated: u64,
}

impl Stats {
    pub(crate) fn preimage(&mut self, bytes: usize) {
        self.preimages = self.preimages.saturating_add(1);
        self.bytes = self.bytes.saturating_add(bytes as u64);
    }

    pub(crate) fn blobs(&mut self, count: usize) {
        let bytes = count.saturating_mul(BLOB_BYTES) as u64;
        self.blobs = self.blobs.saturating_add(count as u64);
        self.bytes = self.bytes.saturating_add(bytes);
    }

    pub(crate) fn repeated(&mut self) {
        self.repeated = self.repeated.saturating_add(1);
    }
}

/// No right answer could be had.
#[derive(Debug, thiserror::Error)]
pub enum CheckError<E: core::error::Error + Send + Sync + 'static> {
    /// The oracle took no hint.
    #[error("a hint was not taken")]
    Hint {
        /// The oracle's reason.
        #[source]
        cause: E,
    },
    /// The oracle gave no value.
    #[error("preimage {key} could not be had")]
    Oracle {
        /// What was asked for.
        key: PreimageKey,
        /// The oracle's reason.
        #[source]
        cause: E,
    },
    /// The oracle gave a value that is not the preimage of its key.
    #[error("preimage {key} is wrong: {why}")]
    Corrupt {
        /// What was asked for.
        key: PreimageKey,
        /// What is wrong with the answer.
        why: Corruption,
    },
    /// A blob was asked for by something that is not a versioned hash of version 1.
    #[error("{hash} is no versioned hash of a KZG commitment")]
    BlobVersion {
        /// What was asked for.
        hash: B256,
    },
}

/// What is wrong with a value.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Corruption {
    /// It hashes to something else.
    Hash {
        /// What it hashes to.
        computed: B256,
    },
    /// It has the wrong length for its kind.
    Length {
        /// Bytes it should have.
        expected: usize,
        /// Bytes it has.
        got: usize,
    },
    /// The blob that belongs to this commitment is not what its elements make.
    Blob(BlobWhy),
    /// A precompile result without a status byte of 0 or 1.
    Status {
        /// The first byte; `None` if there is none.
        got: Option<u8>,
    },
}

impl fmt::Display for Corruption {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Hash { computed } => write!(f, "it hashes to {computed}"),
            Self::Length { expected, got } => write!(f, "{got} bytes instead of {expected}"),
            Self::Blob(why) => write!(f, "{why}"),
            Self::Status { got: Some(byte) } => write!(f, "status byte {byte}"),
            Self::Status { got: None } => f.write_str("no status byte"),
        }
    }
}

pub(crate) mod sealed {
    /// Implemented here and nowhere else.
    pub trait Sealed {}
}

/// Preimages that need not be asked for: everybody knows them, and not every host stores them.
#[inline]
pub(crate) fn well_known(hash: &B256) -> Option<Bytes> {
    match *hash {
        EMPTY_ROOT => Some(Bytes::from_static(&[0x80])),
        KECCAK256_EMPTY => Some(Bytes::new()),
        _ => None,
    }
}

/// Key of the commitment behind a versioned hash; only version 1 has one.
pub(crate) fn commitment_key<E: core::error::Error + Send + Sync + 'static>(
    hash: &B256,
) -> Result<PreimageKey, CheckError<E>> {
    let [version, ..] = hash.0;
    match version {
        VERSION_KZG => Ok(PreimageKey::sha256(*hash)),
        _ => Err(CheckError::BlobVersion { hash: *hash }),
    }
}

/// A value that has to fill a fixed length.
pub(crate) fn read_exact<O: Oracle, const N: usize>(
    oracle: &mut O,
    key: PreimageKey,
    out: &mut [u8; N],
) -> Result<(), CheckError<O::Error>> {
    match oracle.read(key, out) {
        Ok(got) if got == N => Ok(()),
        Ok(got) => Err(CheckError::Corrupt {
            key,
            why: Corruption::Length { expected: N, got },
        }),
        Err(cause) => Err(CheckError::Oracle { key, cause }),
    }
}

/// A blob element by element, in their order.
///
/// Keys are computed some at a time before they are looked up: the lookups, mostly waiting for memory, then overlap.
pub(crate) fn read_elements<O: Oracle>(
    oracle: &mut O,
    commitment: &Commitment,
    blob: &mut [u8; BLOB_BYTES],
) -> Result<(), CheckError<O::Error>> {
    let mut point = BlobPoint::new(commitment);
    let mut keys = [PreimageKey::local(0); 64];
    let (elements, _) = blob.as_chunks_mut::<32>();
    let elements = elements.chunks_mut(keys.len());
    for (roots, elements) in blob::roots_of_unity().chunks(keys.len()).zip(elements) {
        for (key, root) in keys.iter_mut().zip(roots) {
            *key = point.key(root);
        }
        for (key, element) in keys.iter().zip(elements) {
            read_exact(oracle, *key, element)?;
        }
    }
    Ok(())
}

/// Addresses whose results a fault proof VM's host serves: ecrecover, bn256 pairing, KZG, BLS12-381.
pub(crate) fn is_accelerated(address: &Address) -> bool {
    match address.0.0.split_last() {
        Some((last, rest)) => {
            matches!(last, 0x01 | 0x08 | 0x0a..=0x11) && rest.iter().all(|byte| *byte == 0)
        }
        None => false,
    }
}

/// ecrecover, the one precompile that ignores what its input has in excess and pads what it lacks.
pub(crate) const ECRECOVER: Address = address!("0000000000000000000000000000000000000001");

/// keccak256(rlp("")), the root of an empty trie.
const EMPTY_ROOT: B256 = b256!("56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421");

/// First byte of the versioned hash of a KZG commitment.
const VERSION_KZG: u8 = 1;

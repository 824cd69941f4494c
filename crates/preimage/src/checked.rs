//! Oracles whose answers are right.

use crate::{CheckError, Hint};
use alloc::vec::Vec;
use alloy_primitives::{Address, B256, Bytes};

/// Answers that are already known to be right. Implemented by [`crate::Verified`] and [`crate::Trusted`], and by nobody else.
pub trait Checked: sealed::Sealed {
    /// Why the oracle beneath has no answer.
    type Error: core::error::Error + 'static;

    /// Says what will be asked for next.
    ///
    /// # Errors
    /// [`CheckError::Hint`].
    fn hint(&mut self, hint: &Hint<'_>) -> Result<(), CheckError<Self::Error>>;

    /// A local value, as the host chose it: nothing commits to it, so what is made of it is part of what is proven.
    ///
    /// # Errors
    /// [`CheckError::Oracle`].
    fn local(&mut self, index: u64) -> Result<Bytes, CheckError<Self::Error>>;

    /// What has this keccak256 hash.
    ///
    /// # Errors
    /// There is no answer, or it has another hash.
    fn keccak256(&mut self, hash: B256) -> Result<Bytes, CheckError<Self::Error>>;

    /// The blobs of these versioned hashes, in this order, 131,072 bytes each. All of one L1 block should come in one call, since they are checked
    /// together; their hints are repeated one by one, for hosts that remember the last hint only.
    ///
    /// # Errors
    /// There is no answer, a commitment is not what the versioned hash commits to, or a blob not what the commitment commits to.
    fn blobs(&mut self, versioned_hashes: &[B256]) -> Result<Vec<Bytes>, CheckError<Self::Error>>;

    /// The result of a precompile; `None`: nobody has checked one, so compute it.
    ///
    /// # Errors
    /// There is no answer, or it does not begin with a status byte.
    fn precompile(
        &mut self,
        address: Address,
        gas: u64,
        input: &[u8],
    ) -> Result<Option<PrecompileResult>, CheckError<Self::Error>>;

    /// What was read so far.
    fn stats(&self) -> Stats;
}

/// What a precompile returned.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PrecompileResult {
    /// Whether it succeeded.
    pub success: bool,
    /// Its output.
    pub output: Bytes,
}

/// What was read.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Stats {
    /// Preimages read, each as often as it was read.
    pub preimages: u64,
    /// Sum of their sizes.
    pub bytes: u64,
    /// Blobs among them; each is 4,097 preimages.
    pub blobs: u64,
}

pub(crate) mod sealed {
    /// Keeps a store that checks nothing from passing as one that does.
    pub trait Sealed {}
}

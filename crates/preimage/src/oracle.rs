//! What a store or a pipe has to offer.

use alloy_primitives::Bytes;

use crate::{Blob, Commitment, Hint, PreimageKey};

/// A source of preimages whose answers nobody has checked. Not being able to answer is an error, never an empty value.
pub trait Oracle {
    /// Why there is no answer.
    type Error: core::error::Error + Send + Sync + 'static;

    /// Says what will be asked next. Advice only: an oracle may ignore it.
    fn hint(&mut self, hint: &Hint<'_>) -> Result<(), Self::Error>;

    /// The value under a key.
    fn get(&mut self, key: PreimageKey) -> Result<Bytes, Self::Error>;

    /// Copies the value under a key to the start of `out` as far as there is room, and returns the value's full length in bytes.
    ///
    /// Blobs are read through it, 32 bytes at a time: a store that can do so without allocating should implement it.
    fn read(&mut self, key: PreimageKey, out: &mut [u8]) -> Result<usize, Self::Error> {
        let value = self.get(key)?;
        let length = value.len().min(out.len());
        if let (Some(to), Some(from)) = (out.get_mut(..length), value.get(..length)) {
            to.copy_from_slice(from);
        }
        Ok(value.len())
    }

    /// The whole blob of a commitment, if this oracle has it in one piece: it saves 4,096 lookups. `None` says nothing about its elements.
    fn blob(&mut self, commitment: &Commitment) -> Result<Option<Blob>, Self::Error> {
        let _ = commitment;
        Ok(None)
    }

    /// The EIP-4844 blob proof of a commitment, if at hand; it makes checking cheaper and is never needed.
    fn blob_proof(&mut self, commitment: &Commitment) -> Result<Option<[u8; 48]>, Self::Error> {
        let _ = commitment;
        Ok(None)
    }
}

impl<O: Oracle + ?Sized> Oracle for &mut O {
    type Error = O::Error;

    fn hint(&mut self, hint: &Hint<'_>) -> Result<(), Self::Error> {
        (**self).hint(hint)
    }

    fn get(&mut self, key: PreimageKey) -> Result<Bytes, Self::Error> {
        (**self).get(key)
    }

    fn read(&mut self, key: PreimageKey, out: &mut [u8]) -> Result<usize, Self::Error> {
        (**self).read(key, out)
    }

    fn blob(&mut self, commitment: &Commitment) -> Result<Option<Blob>, Self::Error> {
        (**self).blob(commitment)
    }

    fn blob_proof(&mut self, commitment: &Commitment) -> Result<Option<[u8; 48]>, Self::Error> {
        (**self).blob_proof(commitment)
    }
}

//! Stores in memory.

use alloc::{collections::BTreeMap, vec::Vec};
use alloy_primitives::{Address, B256, Bytes, keccak256};

use crate::{Commitment, Hint, KeyKind, NotFound, Oracle, PreimageKey, blob};

/// Preimages in a map.
#[derive(Clone, Debug, Default)]
pub struct Memory(BTreeMap<PreimageKey, Bytes>);

impl Memory {
    /// Puts a value under a key, whether it belongs there or not; returns what was there.
    pub fn insert(&mut self, key: PreimageKey, value: impl Into<Bytes>) -> Option<Bytes> {
        self.0.insert(key, value.into())
    }

    /// Puts a value under its keccak256 key, and returns its hash.
    pub fn insert_keccak256(&mut self, value: impl Into<Bytes>) -> B256 {
        let value = value.into();
        let hash = keccak256(&value);
        self.insert(PreimageKey::keccak256(hash), value);
        hash
    }

    /// Puts a local value.
    pub fn insert_local(&mut self, index: u64, value: impl Into<Bytes>) {
        self.insert(PreimageKey::local(index), value);
    }

    /// Puts a blob: its commitment under the versioned hash, its elements under their points.
    pub fn insert_blob(
        &mut self,
        versioned_hash: B256,
        commitment: &Commitment,
        contents: &[u8; crate::BLOB_BYTES],
    ) {
        self.insert(PreimageKey::sha256(versioned_hash), commitment.to_vec());
        let (elements, _) = contents.as_chunks::<32>();
        for (root, element) in blob::roots_of_unity().iter().zip(elements) {
            self.insert(PreimageKey::blob(commitment, root), element.to_vec());
        }
    }

    /// Puts a precompile's result: the status byte and the output.
    pub fn insert_precompile(
        &mut self,
        address: Address,
        gas: u64,
        input: &[u8],
        result: impl Into<Bytes>,
    ) {
        self.insert(PreimageKey::precompile(address, gas, input), result);
    }

    /// Writes all but the local values in the form [`crate::Witness::parse`] reads. `None` if a value is longer than 4 GiB.
    pub fn to_witness(&self) -> Option<Vec<u8>> {
        let mut out = Vec::new();
        for (key, value) in self
            .0
            .iter()
            .filter(|(key, _)| key.kind() != KeyKind::Local)
        {
            out.extend_from_slice(key.as_bytes());
            out.extend_from_slice(&u32::try_from(value.len()).ok()?.to_le_bytes());
            out.extend_from_slice(value);
        }
        Some(out)
    }
}

impl FromIterator<(PreimageKey, Bytes)> for Memory {
    fn from_iter<I: IntoIterator<Item = (PreimageKey, Bytes)>>(entries: I) -> Self {
        Self(entries.into_iter().collect())
    }
}

impl Oracle for Memory {
    type Error = NotFound;

    fn hint(&mut self, _hint: &Hint<'_>) -> Result<(), NotFound> {
        Ok(())
    }

    fn get(&mut self, key: PreimageKey) -> Result<Bytes, NotFound> {
        self.0.get(&key).cloned().ok_or(NotFound { key })
    }

    fn blob_proof(&mut self, commitment: &Commitment) -> Result<Option<[u8; 48]>, NotFound> {
        let key = PreimageKey::blob(commitment, &blob::proof_point());
        Ok(self
            .0
            .get(&key)
            .and_then(|value| value.as_ref().try_into().ok()))
    }
}

/// A store under some changes: local values put in front of a witness, or single preimages replaced or hidden.
#[derive(Clone, Debug)]
pub struct Overlay<O> {
    under: O,
    changes: BTreeMap<PreimageKey, Option<Bytes>>,
}

impl<O> Overlay<O> {
    /// Without changes as yet.
    pub const fn new(under: O) -> Self {
        Self {
            under,
            changes: BTreeMap::new(),
        }
    }

    /// Puts a value in front of what is underneath.
    pub fn insert(&mut self, key: PreimageKey, value: impl Into<Bytes>) {
        self.changes.insert(key, Some(value.into()));
    }

    /// Makes a key's value unavailable.
    pub fn hide(&mut self, key: PreimageKey) {
        self.changes.insert(key, None);
    }

    /// What is underneath.
    pub fn into_inner(self) -> O {
        self.under
    }
}

impl<O: Oracle> Oracle for Overlay<O> {
    type Error = StoreError<O::Error>;

    fn hint(&mut self, hint: &Hint<'_>) -> Result<(), Self::Error> {
        self.under.hint(hint).map_err(StoreError::Under)
    }

    fn get(&mut self, key: PreimageKey) -> Result<Bytes, Self::Error> {
        match self.changes.get(&key) {
            Some(Some(value)) => Ok(value.clone()),
            Some(None) => Err(StoreError::Hidden { key }),
            None => self.under.get(key).map_err(StoreError::Under),
        }
    }

    fn read(&mut self, key: PreimageKey, out: &mut [u8]) -> Result<usize, Self::Error> {
        match self.changes.get(&key) {
            Some(Some(value)) => {
                for (to, from) in out.iter_mut().zip(value.iter()) {
                    *to = *from;
                }
                Ok(value.len())
            }
            Some(None) => Err(StoreError::Hidden { key }),
            None => self.under.read(key, out).map_err(StoreError::Under),
        }
    }

    /// Only if no element of any blob is changed.
    fn blob(&mut self, commitment: &Commitment) -> Result<Option<crate::Blob>, Self::Error> {
        if self.changes.keys().any(|key| key.kind() == KeyKind::Blob) {
            return Ok(None);
        }
        self.under.blob(commitment).map_err(StoreError::Under)
    }

    fn blob_proof(&mut self, commitment: &Commitment) -> Result<Option<[u8; 48]>, Self::Error> {
        match self
            .changes
            .get(&PreimageKey::blob(commitment, &blob::proof_point()))
        {
            Some(change) => Ok(change
                .as_ref()
                .and_then(|value| value.as_ref().try_into().ok())),
            None => self.under.blob_proof(commitment).map_err(StoreError::Under),
        }
    }
}

/// An [`Overlay`] has no answer.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum StoreError<E: core::error::Error + Send + Sync + 'static> {
    /// The key's value was hidden on purpose.
    #[error("preimage {key} is hidden")]
    Hidden {
        /// What was asked for.
        key: PreimageKey,
    },
    /// The store underneath has none.
    #[error(transparent)]
    Under(E),
}

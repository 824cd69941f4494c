//! What both checked oracles share: reading, counting, and putting blobs together.

use crate::{
    BLOB_BYTES, COMMITMENT_BYTES, CheckError, Corruption, Hint, Oracle, PreimageKey, Stats,
};
use alloc::{vec, vec::Vec};
use alloy_primitives::{B256, Bytes};

/// Reads from an oracle and counts.
#[derive(Debug)]
pub(crate) struct Reader<O> {
    oracle: O,
    pub(crate) stats: Stats,
    /// Time in the last blob hint, to repeat it.
    blob_time: Option<u64>,
}

/// A blob as the oracle has it.
pub(crate) struct RawBlob {
    pub(crate) commitment: [u8; COMMITMENT_BYTES],
    /// [`BLOB_BYTES`] long.
    pub(crate) data: Vec<u8>,
}

impl<O: Oracle> Reader<O> {
    pub(crate) fn new(oracle: O) -> Self {
        Self {
            oracle,
            stats: Stats::default(),
            blob_time: None,
        }
    }

    pub(crate) fn hint(&mut self, hint: &Hint<'_>) -> Result<(), CheckError<O::Error>> {
        if let Hint::L1Blob { time, .. } = hint {
            self.blob_time = Some(*time);
        }
        self.oracle.hint(hint).map_err(|cause| CheckError::Hint {
            hint: hint.name(),
            cause,
        })
    }

    pub(crate) fn get(&mut self, key: PreimageKey) -> Result<Bytes, CheckError<O::Error>> {
        let value = self
            .oracle
            .get(key)
            .map_err(|cause| CheckError::Oracle { key, cause })?;
        self.stats.preimages = self.stats.preimages.saturating_add(1);
        self.stats.bytes = self.stats.bytes.saturating_add(value.len() as u64);
        Ok(value)
    }

    /// Hosts that act on the last hint only, as op-program's does, would look for the last of several blobs whichever is asked for; so the hints are
    /// repeated, each right before its blob is read.
    pub(crate) fn repeat_blob_hint(&mut self, hash: B256) -> Result<(), CheckError<O::Error>> {
        match self.blob_time {
            Some(time) => self.hint(&Hint::L1Blob { hash, time }),
            None => Ok(()),
        }
    }

    /// The blob's commitment.
    pub(crate) fn commitment(
        &mut self,
        hash: B256,
    ) -> Result<[u8; COMMITMENT_BYTES], CheckError<O::Error>> {
        let key = PreimageKey::sha256(hash);
        let value = self.get(key)?;
        fixed(&value)
            .copied()
            .map_err(|why| CheckError::Corrupt { key, why })
    }

    /// The blob of a commitment, put together from its field elements.
    pub(crate) fn blob(
        &mut self,
        commitment: [u8; COMMITMENT_BYTES],
    ) -> Result<RawBlob, CheckError<O::Error>> {
        let mut preimage = [0; 80];
        let mut data = vec![0; BLOB_BYTES];
        let (elements, _) = data.as_chunks_mut();
        for (element, root) in elements.iter_mut().zip(roots_of_unity()) {
            let (front, back) = preimage.split_at_mut(COMMITMENT_BYTES);
            front.copy_from_slice(&commitment);
            back.copy_from_slice(root);
            let key = PreimageKey::blob_preimage(&preimage);
            let value = self.get(key)?;
            *element = *fixed::<32>(&value).map_err(|why| CheckError::Corrupt { key, why })?;
        }
        self.stats.blobs = self.stats.blobs.saturating_add(1);
        Ok(RawBlob { commitment, data })
    }
}

/// The evaluation points of a blob's field elements, in the order of the elements: the 4,096th roots of unity, bit-reversed, each as 32 bytes big endian.
pub fn roots_of_unity() -> &'static [[u8; 32]] {
    ROOTS.as_chunks().0
}

fn fixed<const N: usize>(value: &[u8]) -> Result<&[u8; N], Corruption> {
    value.try_into().map_err(|_| Corruption::Length {
        want: N,
        got: value.len(),
    })
}

/// Made by `examples/roots.rs`.
static ROOTS: &[u8; BLOB_BYTES] = include_bytes!("roots.bin");

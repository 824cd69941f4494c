//! An oracle that believes nobody.

use crate::{
    CheckError, Checked, Corruption, Hint, Kzg, Oracle, PrecompileResult, PreimageKey, Stats,
    checked::sealed::Sealed, reader::Reader,
};
use alloc::vec::Vec;
use alloy_primitives::{Address, B256, Bytes, keccak256};
use sha2::{Digest, Sha256};

/// Checks every answer before handing it on: keccak256 preimages against their hash, blobs through `K` against their commitment, and that against the
/// versioned hash (D126). It has no precompile results, since nothing but computing one could check it.
#[derive(Debug)]
pub struct Verified<O, K> {
    reader: Reader<O>,
    kzg: K,
}

impl<O: Oracle, K: Kzg> Verified<O, K> {
    /// Puts the check in front of an oracle.
    pub fn new(oracle: O, kzg: K) -> Self {
        Self {
            reader: Reader::new(oracle),
            kzg,
        }
    }
}

impl<O, K> Sealed for Verified<O, K> {}

impl<O: Oracle, K: Kzg> Checked for Verified<O, K> {
    type Error = O::Error;

    fn hint(&mut self, hint: &Hint<'_>) -> Result<(), CheckError<O::Error>> {
        self.reader.hint(hint)
    }

    fn local(&mut self, index: u64) -> Result<Bytes, CheckError<O::Error>> {
        self.reader.get(PreimageKey::local(index))
    }

    fn keccak256(&mut self, hash: B256) -> Result<Bytes, CheckError<O::Error>> {
        let key = PreimageKey::keccak256(hash);
        let value = self.reader.get(key)?;
        let got = keccak256(&value);
        if got != hash {
            let why = Corruption::Keccak256 { got };
            return Err(CheckError::Corrupt { key, why });
        }
        Ok(value)
    }

    fn blobs(&mut self, versioned_hashes: &[B256]) -> Result<Vec<Bytes>, CheckError<O::Error>> {
        let mut blobs = Vec::with_capacity(versioned_hashes.len());
        for &hash in versioned_hashes {
            self.reader.repeat_blob_hint(hash)?;
            let commitment = self.reader.commitment(hash)?;
            let got = versioned_hash(&commitment);
            if got != hash {
                return Err(CheckError::Corrupt {
                    key: PreimageKey::sha256(hash),
                    why: Corruption::VersionedHash { got },
                });
            }
            blobs.push(self.reader.blob(commitment)?);
        }
        let pairs: Vec<_> = blobs
            .iter()
            .filter_map(|blob| Some((blob.data.first_chunk()?, &blob.commitment)))
            .collect();
        self.kzg.check(&pairs).map_err(|mismatch| {
            let hash = versioned_hashes.get(mismatch.index).copied();
            CheckError::Blob {
                key: PreimageKey::sha256(hash.unwrap_or_default()),
                why: mismatch.why,
            }
        })?;
        Ok(blobs.into_iter().map(|blob| blob.data.into()).collect())
    }

    fn precompile(
        &mut self,
        _: Address,
        _: u64,
        _: &[u8],
    ) -> Result<Option<PrecompileResult>, CheckError<O::Error>> {
        Ok(None)
    }

    fn stats(&self) -> Stats {
        self.reader.stats
    }
}

fn versioned_hash(commitment: &[u8; 48]) -> B256 {
    let mut hash: [u8; 32] = Sha256::digest(commitment).into();
    let [version, ..] = &mut hash;
    *version = KZG_VERSION;
    B256::new(hash)
}

/// First byte of the versioned hash of a KZG commitment. Spec: EIP-4844.
const KZG_VERSION: u8 = 1;

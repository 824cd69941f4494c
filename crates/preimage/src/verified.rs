//! The oracle for zkVMs, witness files and everywhere else where nobody has checked the store.

use alloc::vec::Vec;
use alloy_primitives::{Address, B256, Bytes, keccak256, map::B256Map};
use sha2::{Digest, Sha256};

use crate::{
    Blob, BlobItem, CheckError, Checked, Commitment, Corruption, Hint, Kzg, Oracle,
    PrecompileResult, PreimageKey, Stats, blob,
    checked::{commitment_key, read_elements, read_exact, sealed::Sealed, well_known},
};

/// Checks every value before it is used: keccak256, sha256, and blobs against their commitments (D126).
///
/// What was checked is kept (a counted reference where the store hands those out), so a second request is answered with those very bytes, without
/// asking or hashing again. The store may therefore change its mind, and nothing follows from it.
#[derive(Debug)]
pub struct Verified<O, K> {
    oracle: O,
    kzg: K,
    seen: B256Map<Bytes>,
    stats: Stats,
}

impl<O: Oracle, K: Kzg> Verified<O, K> {
    /// Wraps a store that may contain anything.
    pub fn new(oracle: O, kzg: K) -> Self {
        Self {
            oracle,
            kzg,
            seen: B256Map::default(),
            stats: Stats::default(),
        }
    }

    /// The store, for whoever wants to look at it afterwards.
    pub fn into_inner(self) -> O {
        self.oracle
    }

    /// The commitment behind a versioned hash, checked by sha256, version byte included.
    fn commitment(&mut self, hash: &B256) -> Result<Commitment, CheckError<O::Error>> {
        let key = commitment_key(hash)?;
        let mut commitment = [0; 48];
        read_exact(&mut self.oracle, key, &mut commitment)?;
        let mut computed: [u8; 32] = Sha256::digest(commitment).into();
        // The version takes the place of the first byte; `commitment_key` has seen that it is the right one.
        let ([first, ..], [version, ..]) = (&mut computed, hash.0);
        *first = version;
        if computed == hash.0 {
            self.stats.preimage(commitment.len());
            Ok(commitment)
        } else {
            Err(CheckError::Corrupt {
                key,
                why: Corruption::Hash {
                    computed: computed.into(),
                },
            })
        }
    }

    /// The blob a store claims to belong to a commitment; not checked yet.
    fn claimed_blob(&mut self, commitment: &Commitment) -> Result<Blob, CheckError<O::Error>> {
        let whole = self.oracle.blob(commitment).map_err(|cause| {
            let key = PreimageKey::blob(commitment, &FIRST_ROOT);
            CheckError::Oracle { key, cause }
        })?;
        if let Some(blob) = whole {
            return Ok(blob);
        }
        let mut blob = blob::zeroed();
        read_elements(&mut self.oracle, commitment, &mut blob)?;
        Ok(blob)
    }
}

impl<O, K> Sealed for Verified<O, K> {}

impl<O: Oracle, K: Kzg> Checked for Verified<O, K> {
    type Error = O::Error;

    fn hint(&mut self, hint: &Hint<'_>) -> Result<(), CheckError<O::Error>> {
        self.oracle
            .hint(hint)
            .map_err(|cause| CheckError::Hint { cause })
    }

    fn local(&mut self, index: u64) -> Result<Bytes, CheckError<O::Error>> {
        let key = PreimageKey::local(index);
        let value = self
            .oracle
            .get(key)
            .map_err(|cause| CheckError::Oracle { key, cause })?;
        self.stats.preimage(value.len());
        Ok(value)
    }

    fn keccak256(&mut self, hash: B256) -> Result<Bytes, CheckError<O::Error>> {
        if let Some(value) = self.seen.get(&hash) {
            self.stats.repeated();
            return Ok(value.clone());
        }
        if let Some(value) = well_known(&hash) {
            return Ok(value);
        }
        let key = PreimageKey::keccak256(hash);
        let value = self
            .oracle
            .get(key)
            .map_err(|cause| CheckError::Oracle { key, cause })?;
        let computed = keccak256(&value);
        if computed != hash {
            return Err(CheckError::Corrupt {
                key,
                why: Corruption::Hash { computed },
            });
        }
        self.stats.preimage(value.len());
        self.seen.insert(hash, value.clone());
        Ok(value)
    }

    fn blobs(
        &mut self,
        time: u64,
        versioned_hashes: &[B256],
    ) -> Result<Vec<Blob>, CheckError<O::Error>> {
        let mut blobs = Vec::with_capacity(versioned_hashes.len());
        let mut advice = Vec::with_capacity(versioned_hashes.len());
        for hash in versioned_hashes {
            self.hint(&Hint::L1Blob { hash: *hash, time })?;
            let commitment = self.commitment(hash)?;
            blobs.push(self.claimed_blob(&commitment)?);
            // A proof is advice: an oracle that fails to give one has given none.
            advice.push((
                commitment,
                self.oracle.blob_proof(&commitment).ok().flatten(),
            ));
        }
        let items: Vec<BlobItem<'_>> = blobs
            .iter()
            .zip(&advice)
            .map(|(blob, (commitment, proof))| BlobItem {
                blob,
                commitment,
                proof: proof.as_ref(),
            })
            .collect();
        if let Err(fault) = self.kzg.check(&items) {
            let hash = versioned_hashes
                .get(fault.blob)
                .copied()
                .unwrap_or_default();
            let key = PreimageKey::sha256(hash);
            return Err(CheckError::Corrupt {
                key,
                why: Corruption::Blob(fault.why),
            });
        }
        self.stats.blobs(blobs.len());
        Ok(blobs)
    }

    /// Always `None`: a claimed result is worth no more than the store, and computing it is the only check there is.
    fn precompile(
        &mut self,
        _address: Address,
        _gas: u64,
        _input: &[u8],
    ) -> Result<Option<PrecompileResult>, CheckError<O::Error>> {
        Ok(None)
    }

    fn stats(&self) -> Stats {
        self.stats
    }
}

/// Names a whole blob in an error by its first element: the first root of unity is 1.
const FIRST_ROOT: [u8; 32] = B256::with_last_byte(1).0;

//! What can be served without asking anybody: a data directory, the local values, and precompiles, which take nothing but computing.

use crate::{
    Backend, Local,
    store::{Disk, StoreError},
};
use alloy_primitives::{Address, Bytes, keccak256};
use hoike_executor::Precompile;
use hoike_preimage::{Hint, HintRequest, KeyKind, Oracle, PreimageKey};
use sha2::{Digest, Sha256};
use std::sync::{Mutex, PoisonError};

/// A data directory and the claim that is made about it.
#[derive(Debug)]
pub struct Offline {
    disk: Disk,
    local: Local,
    /// The newest hint, for errors: it says what a key is of.
    last_hint: Mutex<String>,
}

impl Offline {
    /// Serves this directory for this claim.
    pub const fn new(disk: Disk, local: Local) -> Self {
        let last_hint = Mutex::new(String::new());
        Self {
            disk,
            local,
            last_hint,
        }
    }

    fn take(&self, text: &[u8]) -> Result<(), StoreError> {
        *self
            .last_hint
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = String::from_utf8_lossy(text)
            .chars()
            .take(LONGEST)
            .collect();
        let mut buffer = Vec::new();
        // A text that is no hint promises nothing, and is acknowledged like any other (D124).
        let Ok(request) = HintRequest::parse(text, self.local.chain.dialect(), &mut buffer) else {
            return Ok(());
        };
        match request.hint {
            Hint::L1Precompile {
                address,
                gas,
                input,
            } => self.precompile(
                address,
                &[address.as_slice(), &gas.to_be_bytes(), input],
                input,
            ),
            Hint::L1PrecompileWithoutGas { address, input } => {
                self.precompile(address, &[address.as_slice(), input], input)
            }
            Hint::L1BlockHeader(_)
            | Hint::L1Transactions(_)
            | Hint::L1Receipts(_)
            | Hint::L1Blob { .. }
            | Hint::L2BlockHeader(_)
            | Hint::L2Transactions(_)
            | Hint::L2Receipts(_)
            | Hint::L2Code(_)
            | Hint::L2StateNode(_)
            | Hint::L2Output(_)
            | Hint::L2AccountProof { .. }
            | Hint::L2StorageProof { .. }
            | Hint::L2PayloadWitness { .. }
            | Hint::L2PayloadWitnessObject(_)
            | Hint::L2BlockData { .. }
            | Hint::L2BlockHashLookup { .. }
            | Hint::AgreedPrestate(_) => Ok(()),
        }
    }

    /// Puts the result, a status byte and the output, and what the key is the hash of: op-challenger needs both for a step that reads it.
    fn precompile(&self, at: Address, parts: &[&[u8]], input: &[u8]) -> Result<(), StoreError> {
        let Some(precompile) = Precompile::ALL.into_iter().find(|p| p.address() == at) else {
            return Ok(());
        };
        let call = parts.concat();
        let hash = keccak256(&call);
        let mut result = vec![0];
        if let Some(output) = hoike_native::compute(precompile, input) {
            result[0] = 1;
            result.extend_from_slice(&output);
        }
        self.disk.put(PreimageKey::keccak256(hash), &call)?;
        let mut key = hash.0;
        key[0] = KeyKind::Precompile as u8;
        match PreimageKey::from_bytes(key) {
            Ok(key) => self.disk.put(key, &result),
            Err(_) => Ok(()),
        }
    }

    fn find(&self, key: PreimageKey) -> Result<Bytes, OfflineError> {
        if key.kind() == KeyKind::Local {
            return self.local.get(key).ok_or(OfflineError::NoSuchLocal);
        }
        let value = self.disk.get(key)?.ok_or_else(|| OfflineError::Missing {
            hint: self
                .last_hint
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .clone(),
        })?;
        let hash: [u8; 32] = match key.kind() {
            KeyKind::Keccak256 => keccak256(&value).0,
            KeyKind::Sha256 => Sha256::digest(&value).into(),
            KeyKind::Local | KeyKind::Global | KeyKind::Blob | KeyKind::Precompile => {
                return Ok(value);
            }
        };
        if hash[1..] == key.as_bytes()[1..] {
            Ok(value)
        } else {
            Err(OfflineError::Corrupt)
        }
    }
}

impl Backend for Offline {
    type Error = OfflineError;

    fn hint(&self, text: &[u8]) -> Result<(), OfflineError> {
        Ok(self.take(text)?)
    }

    fn preimage(&self, key: PreimageKey) -> Result<Bytes, OfflineError> {
        self.find(key)
    }
}

/// For a program in the same process: no hints are needed where nothing is fetched.
impl Oracle for &Offline {
    type Error = OfflineError;

    fn hint(&mut self, _: &Hint<'_>) -> Result<(), OfflineError> {
        Ok(())
    }

    fn get(&mut self, key: PreimageKey) -> Result<Bytes, OfflineError> {
        self.find(key)
    }
}

/// Why a value cannot be had offline.
#[derive(Debug, thiserror::Error)]
pub enum OfflineError {
    /// The data directory does not have it.
    #[error(
        "is not in the data directory, and there are no endpoints to fetch it from (the last hint was {hint:?})"
    )]
    Missing {
        /// The beginning of the newest hint's text.
        hint: String,
    },
    /// The data directory has something else under this key.
    #[error("the data directory has a value for it that does not hash to it: remove its file")]
    Corrupt,
    /// No such local key, or none for a chain of the registry.
    #[error("there is no such local value for this claim")]
    NoSuchLocal,
    /// The data directory cannot be used.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// How much of a hint is kept for errors, in characters.
const LONGEST: usize = 200;

//! What can be served without asking anybody: a data directory, the local values, and precompiles, which take nothing but computing.

use crate::{
    Backend, Local,
    kept::{Found, Kept},
    serve::{BEGINNING_BYTES, beginning},
    store::{Disk, StoreError},
};
use alloy_primitives::{Address, B256, Bytes, keccak256};
use hoike_executor::Precompile;
use hoike_native::Native;
use hoike_preimage::{
    BLOB_BYTES, Blob, Commitment, Hint, HintRequest, KeyKind, Oracle, PreimageKey, Trusted,
};
use hoike_program::Boot;
use std::sync::{Mutex, PoisonError};

/// A data directory and the claim that is made about it.
#[derive(Debug)]
pub struct Offline {
    kept: Kept,
    local: Local,
    /// The beginning of the newest hint, for errors: it says what a key is of.
    last_hint: Mutex<Vec<u8>>,
}

impl Offline {
    /// Serves this directory for this claim.
    pub fn new(disk: Disk, local: Local) -> Self {
        let last_hint = Mutex::new(Vec::new());
        Self {
            kept: Kept::new(Some(disk)),
            local,
            last_hint,
        }
    }

    /// Serves these values for this claim, out of memory.
    pub fn in_memory(values: impl IntoIterator<Item = (PreimageKey, Bytes)>, local: Local) -> Self {
        let kept = Kept::new(None);
        for (key, value) in values {
            kept.remember(key, value);
        }
        Self {
            kept,
            local,
            last_hint: Mutex::default(),
        }
    }

    /// Runs the program in this process, so that what it reads is in memory before a program behind pipes asks for it: opening a file for each 32
    /// bytes of a blob takes longer than all the rest. What it comes to, and whether the directory suffices, is for the program to say.
    pub fn ahead(&self, boot: &Boot) {
        // Nothing follows from what is computed here, so nothing is checked beyond what reading checks.
        let mut oracle = Trusted::assume_checked_by_vm(Scout(self));
        match hoike_program::run(boot, &mut oracle, &mut Native::new(), &mut ()) {
            Ok(outcome) => tracing::info!(?outcome.verdict, "run ahead to the end"),
            Err(why) => tracing::info!(%why, "no run ahead"),
        }
    }

    /// Elements of a blob that lies in the directory in one piece too, into memory.
    fn spread(&self, versioned_hash: &B256) -> Result<(), StoreError> {
        match self.kept.blob(versioned_hash)? {
            Some(blob) => self.kept.spread(&blob),
            None => Ok(()),
        }
    }

    fn take(&self, text: &[u8]) -> Result<(), StoreError> {
        let mut last = self
            .last_hint
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        last.clear();
        last.extend(text.iter().take(BEGINNING_BYTES));
        drop(last);
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
            Hint::L1Blob { hash, .. } => self.spread(&hash),
            Hint::L1BlockHeader(_)
            | Hint::L1Transactions(_)
            | Hint::L1Receipts(_)
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
        for (key, value) in precompile_entries(at, &parts.concat(), input) {
            self.kept.put(key, value)?;
        }
        Ok(())
    }

    fn find(&self, key: PreimageKey) -> Result<Bytes, OfflineError> {
        if key.kind() == KeyKind::Local {
            return self.local.get(key).ok_or(OfflineError::NoSuchLocal);
        }
        match self.kept.look(key)? {
            Found::Value(value) => Ok(value),
            Found::Corrupt => Err(OfflineError::Corrupt),
            Found::Absent => Err(OfflineError::Missing {
                hint: beginning(
                    &self
                        .last_hint
                        .lock()
                        .unwrap_or_else(PoisonError::into_inner),
                ),
            }),
        }
    }

    fn blob(&self, commitment: &Commitment) -> Result<Option<Blob>, OfflineError> {
        let Some(blob) = self.kept.blob_of(commitment)? else {
            return Ok(None);
        };
        let contents = <&[u8; BLOB_BYTES]>::try_from(&blob.contents[..]);
        Ok(contents.ok().map(|contents| Box::new(*contents)))
    }
}

/// What is kept of a call: what its key is the hash of, then the result under that key. Nothing if there is no precompile.
pub(crate) fn precompile_entries(
    at: Address,
    call: &[u8],
    input: &[u8],
) -> Vec<(PreimageKey, Bytes)> {
    let Some(result) = precompile_result(&at, input) else {
        return Vec::new();
    };
    let of = PreimageKey::keccak256(keccak256(call));
    vec![
        (of, Bytes::copy_from_slice(call)),
        (of.with_kind(KeyKind::Precompile), result),
    ]
}

/// What a type 6 key stands for, of a call at this address with this input: a status byte, then the output. `None` if there is no precompile.
pub fn precompile_result(at: &Address, input: &[u8]) -> Option<Bytes> {
    let precompile = Precompile::ALL.into_iter().find(|p| p.address() == *at)?;
    Some(match hoike_native::compute(precompile, input) {
        Some(output) => [&[1], &output[..]].concat().into(),
        None => Bytes::from_static(&[0]),
    })
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

    fn blob(&mut self, commitment: &Commitment) -> Result<Option<Blob>, OfflineError> {
        (**self).blob(commitment)
    }
}

/// What [`Offline::ahead`] reads by.
struct Scout<'a>(&'a Offline);

impl Oracle for Scout<'_> {
    type Error = OfflineError;

    fn hint(&mut self, hint: &Hint<'_>) -> Result<(), OfflineError> {
        if let Hint::L1Blob { hash, .. } = hint {
            self.0.spread(hash)?;
        }
        Ok(())
    }

    fn get(&mut self, key: PreimageKey) -> Result<Bytes, OfflineError> {
        self.0.find(key)
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

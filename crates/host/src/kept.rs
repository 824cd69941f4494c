//! What was fetched and has passed its check: in memory, and in a data directory where there is one.

use crate::{
    fetch::FetchedBlob,
    store::{Disk, StoreError},
};
use alloy_eips::eip4844::{VERSIONED_HASH_VERSION_KZG, kzg_to_versioned_hash};
use alloy_primitives::{B256, Bytes, keccak256, map::HashMap};
use hoike_preimage::{Commitment, KeyKind, PreimageKey, roots_of_unity};
use hoike_trie::{Nodes, ordered_items};
use metrics::Counter;
use std::sync::{Arc, Mutex, PoisonError};

/// Values by their keys.
#[derive(Debug)]
pub(crate) struct Kept {
    disk: Option<Disk>,
    values: Mutex<Generations>,
    blobs: Mutex<HashMap<B256, Arc<FetchedBlob>>>,
    /// Made once: looking it up for each read would cost more than the read.
    hits: Counter,
}

/// What there is under a key.
#[derive(Debug)]
pub(crate) enum Found {
    /// A value; it hashes to its key if that can be told.
    Value(Bytes),
    /// Nothing.
    Absent,
    /// A file with something that does not hash to the key.
    Corrupt,
}

/// With a disk behind them, what was not used for long is dropped; without one, nothing is.
#[derive(Debug, Default)]
struct Generations {
    young: HashMap<PreimageKey, Bytes>,
    young_bytes: usize,
    old: HashMap<PreimageKey, Bytes>,
}

impl Kept {
    pub(crate) fn new(disk: Option<Disk>) -> Self {
        Self {
            disk,
            values: Mutex::default(),
            blobs: Mutex::default(),
            hits: metrics::counter!("hoike_cache_hits_total"),
        }
    }

    /// The value under a key. A file whose content does not hash to its key counts as absent: it will be fetched again.
    pub(crate) fn get(&self, key: PreimageKey) -> Result<Option<Bytes>, StoreError> {
        Ok(match self.look(key)? {
            Found::Value(value) => Some(value),
            Found::Absent => None,
            Found::Corrupt => {
                tracing::warn!(%key, "the data directory has another value under this key; it is fetched again");
                None
            }
        })
    }

    /// What there is under a key.
    pub(crate) fn look(&self, key: PreimageKey) -> Result<Found, StoreError> {
        if let Some(value) = self.in_memory(key) {
            self.hits.increment(1);
            return Ok(Found::Value(value));
        }
        let on_disk = match &self.disk {
            Some(disk) => disk.get(key)?,
            None => None,
        };
        let Some(value) = on_disk else {
            let commitment = self.commitment(key)?;
            return Ok(commitment.map_or(Found::Absent, Found::Value));
        };
        if key.is_hash_of(&value) == Some(false) {
            return Ok(Found::Corrupt);
        }
        self.remember(key, value.clone());
        Ok(Found::Value(value))
    }

    /// Of a blob that is kept in one piece the commitment is not kept by itself: a file of its own would say that its elements are there.
    fn commitment(&self, key: PreimageKey) -> Result<Option<Bytes>, StoreError> {
        if key.kind() != KeyKind::Sha256 {
            return Ok(None);
        }
        let mut versioned_hash = *key.as_bytes();
        versioned_hash[0] = VERSIONED_HASH_VERSION_KZG;
        let blob = self.blob(&versioned_hash.into())?;
        Ok(blob.map(|blob| Bytes::copy_from_slice(&blob.commitment)))
    }

    /// Whether [`Self::mark`] was called, by this run or an earlier one.
    pub(crate) fn is_marked(&self, what: B256) -> bool {
        self.disk.as_ref().is_some_and(|disk| disk.is_marked(what))
    }

    /// Remembers in the data directory that all of something was kept, so that it is not asked for in one piece again.
    pub(crate) fn mark(&self, what: B256) -> Result<(), StoreError> {
        self.disk.as_ref().map_or(Ok(()), |disk| disk.mark(what))
    }

    /// Keeps a value, which belongs under the key.
    pub(crate) fn put(&self, key: PreimageKey, value: Bytes) -> Result<(), StoreError> {
        if self.in_memory(key).is_some() {
            return Ok(());
        }
        if let Some(disk) = &self.disk {
            disk.put(key, &value)?;
        }
        self.remember(key, value);
        Ok(())
    }

    /// Keeps a value under its keccak-256.
    pub(crate) fn put_keccak(&self, value: Bytes) -> Result<B256, StoreError> {
        let hash = keccak256(&value);
        self.put(PreimageKey::keccak256(hash), value)?;
        Ok(hash)
    }

    /// Keeps the trie of a list.
    pub(crate) fn put_list(&self, items: &[Bytes]) -> Result<(), StoreError> {
        use alloy_trie::{HashBuilder, Nibbles, proof::ProofRetainer};
        let mut leaves: Vec<(Nibbles, &Bytes)> = (0_u64..)
            .zip(items)
            .map(|(index, item)| (Nibbles::unpack(alloy_rlp::encode(index)), item))
            .collect();
        leaves.sort();
        let keys = leaves.iter().map(|(key, _)| *key).collect();
        let mut builder = HashBuilder::default().with_proof_retainer(ProofRetainer::new(keys));
        for (key, item) in &leaves {
            builder.add_leaf(*key, item);
        }
        let _root = builder.root();
        for (_, node) in builder.take_proof_nodes().into_inner() {
            self.put_keccak(node)?;
        }
        if items.is_empty() {
            // Of a list without items some programs ask for the node as well.
            self.put_keccak(Bytes::from_static(&[alloy_rlp::EMPTY_STRING_CODE]))?;
        }
        Ok(())
    }

    /// The list of a root, if all of it is here.
    pub(crate) fn list(&self, root: B256) -> Option<Vec<Bytes>> {
        ordered_items(root, &mut ListNodes(self)).ok()
    }

    /// A blob as it was fetched.
    pub(crate) fn blob(&self, hash: &B256) -> Result<Option<Arc<FetchedBlob>>, StoreError> {
        let known = self.blobs().get(hash).cloned();
        let Some(disk) = self.disk.as_ref().filter(|_| known.is_none()) else {
            return Ok(known);
        };
        let Some((commitment, contents)) = disk.blob(hash)? else {
            return Ok(None);
        };
        let blob = Arc::new(FetchedBlob {
            hash: *hash,
            commitment,
            contents,
        });
        self.remember_blob(Arc::clone(&blob));
        Ok(Some(blob))
    }

    /// The blob of a commitment.
    pub(crate) fn blob_of(
        &self,
        commitment: &Commitment,
    ) -> Result<Option<Arc<FetchedBlob>>, StoreError> {
        self.blob(&kzg_to_versioned_hash(commitment))
    }

    /// Keeps a blob in one piece, and its commitment.
    pub(crate) fn put_blob(&self, blob: FetchedBlob) -> Result<(), StoreError> {
        if let Some(disk) = &self.disk {
            disk.put_blob(&blob.hash, &blob.commitment, &blob.contents)?;
        }
        self.remember_blob(Arc::new(blob));
        Ok(())
    }

    /// Keeps a blob element by element, as programs and op-challenger ask for it: what each key is the hash of, the element, and last the commitment,
    /// which therefore says that all of it is there.
    pub(crate) fn spread(&self, blob: &FetchedBlob) -> Result<(), StoreError> {
        let whole = PreimageKey::sha256(blob.hash);
        let done = match &self.disk {
            Some(disk) => disk.get(whole)?.is_some(),
            None => false,
        };
        let (elements, _) = blob.contents.as_chunks::<32>();
        for (root, element) in roots_of_unity().iter().zip(elements) {
            let point: Bytes = [&blob.commitment[..], root].concat().into();
            let of = PreimageKey::keccak256(keccak256(&point));
            let element = Bytes::copy_from_slice(element);
            let key = of.with_kind(KeyKind::Blob);
            match (&self.disk, done) {
                (Some(disk), false) => {
                    disk.put(of, &point)?;
                    disk.put(key, &element)?;
                }
                (Some(_), true) => {}
                (None, _) => self.remember(of, point),
            }
            self.remember(key, element);
        }
        let commitment = Bytes::copy_from_slice(&blob.commitment);
        if let (Some(disk), false) = (&self.disk, done) {
            disk.put(whole, &commitment)?;
        }
        self.remember(whole, commitment);
        Ok(())
    }

    fn in_memory(&self, key: PreimageKey) -> Option<Bytes> {
        let mut values = self.values();
        if let Some(value) = values.young.get(&key) {
            return Some(value.clone());
        }
        let value = values.old.remove(&key)?;
        values.insert(key, value.clone());
        Some(value)
    }

    /// Keeps a value in memory alone.
    pub(crate) fn remember(&self, key: PreimageKey, value: Bytes) {
        let mut values = self.values();
        values.insert(key, value);
        if self.disk.is_some() && values.young_bytes > YOUNG_BYTES {
            values.old = std::mem::take(&mut values.young);
            values.young_bytes = 0;
        }
    }

    fn remember_blob(&self, blob: Arc<FetchedBlob>) {
        let mut blobs = self.blobs();
        if self.disk.is_some() && blobs.len() >= BLOBS {
            blobs.clear();
        }
        blobs.insert(blob.hash, blob);
    }

    fn values(&self) -> std::sync::MutexGuard<'_, Generations> {
        self.values.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn blobs(&self) -> std::sync::MutexGuard<'_, HashMap<B256, Arc<FetchedBlob>>> {
        self.blobs.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Generations {
    fn insert(&mut self, key: PreimageKey, value: Bytes) {
        self.young_bytes += value.len() + ENTRY_BYTES;
        self.young.insert(key, value);
    }
}

struct ListNodes<'a>(&'a Kept);

#[derive(Debug, thiserror::Error)]
#[error("it is not here")]
struct Absent;

impl Nodes for ListNodes<'_> {
    type Error = Absent;

    fn node(&mut self, hash: B256) -> Result<Bytes, Absent> {
        let found = self.0.get(PreimageKey::keccak256(hash));
        found.ok().flatten().ok_or(Absent)
    }
}

/// Memory for values that lie on disk as well: at most twice this.
const YOUNG_BYTES: usize = 128 << 20;
/// Blobs in memory that lie on disk as well.
const BLOBS: usize = 128;
/// What a value costs beside its bytes, roughly.
const ENTRY_BYTES: usize = 120;

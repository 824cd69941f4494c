//! What is known by keccak256: the witness, and what executing the claim's blocks has made.

use alloy_consensus::Header;
use alloy_primitives::{
    B256, Bytes, Sealed, keccak256,
    map::{B256Map, B256Set},
};
use alloy_rlp::Decodable;
use hoike_preimage::{PreimageKey, Witness};
use hoike_trie::{Nodes, ordered_items};
use std::fmt;

/// Keccak preimages by hash.
#[derive(Debug)]
pub(crate) struct Preimages {
    witness: Witness,
    /// State nodes and codes that the claim's blocks have made and the witness lacks.
    made: B256Map<Bytes>,
    /// Hashes of what is neither state nor code, as far as was seen: a node's database has those under other keys.
    foreign: B256Set,
}

/// There is no preimage of this hash.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Missing(pub(crate) B256);

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the claim's data has no preimage of {}", self.0)
    }
}

impl std::error::Error for Missing {}

impl Preimages {
    pub(crate) fn new(witness: Witness) -> Self {
        Self {
            witness,
            made: B256Map::default(),
            foreign: B256Set::default(),
        }
    }

    /// A preimage, whatever it is. A value that does not hash to its key is none.
    pub(crate) fn get(&self, hash: B256) -> Result<Bytes, Missing> {
        if let Some(value) = self.made.get(&hash) {
            return Ok(value.clone());
        }
        self.witness
            .value(&PreimageKey::keccak256(hash))
            .filter(|value| keccak256(value) == hash)
            .ok_or(Missing(hash))
    }

    /// A preimage that is not known to be something else than a state node or code.
    pub(crate) fn state(&self, hash: B256) -> Result<Bytes, Missing> {
        if self.foreign.contains(&hash) {
            return Err(Missing(hash));
        }
        self.get(hash)
    }

    pub(crate) fn keep(&mut self, hash: B256, value: Bytes) {
        self.made.insert(hash, value);
    }

    /// Says that this hash is not one of a state node or code.
    pub(crate) fn is_foreign(&mut self, hash: B256) {
        self.foreign.insert(hash);
    }

    /// A header with its RLP; `None` if it is not there.
    ///
    /// # Errors
    /// What is there is no header.
    pub(crate) fn header(&mut self, hash: B256) -> Result<Option<(Sealed<Header>, Bytes)>, String> {
        let Ok(raw) = self.get(hash) else {
            return Ok(None);
        };
        let mut rest = &raw[..];
        let header = Header::decode(&mut rest)
            .ok()
            .filter(|_| rest.is_empty())
            .ok_or_else(|| format!("the preimage of {hash} is no header"))?;
        self.foreign.insert(hash);
        Ok(Some((Sealed::new_unchecked(header, hash), raw)))
    }

    /// The items of a transactions or receipts trie; `None` if not all of it is there.
    pub(crate) fn list(&mut self, root: B256) -> Option<Vec<Bytes>> {
        let mut nodes = ListNodes {
            preimages: self,
            seen: Vec::new(),
        };
        let items = ordered_items(root, &mut nodes).ok();
        let seen = nodes.seen;
        self.foreign.extend(seen);
        items
    }
}

struct ListNodes<'a> {
    preimages: &'a Preimages,
    seen: Vec<B256>,
}

impl Nodes for ListNodes<'_> {
    type Error = Missing;

    fn node(&mut self, hash: B256) -> Result<Bytes, Missing> {
        self.seen.push(hash);
        self.preimages.get(hash)
    }
}

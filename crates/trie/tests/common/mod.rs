//! What the tests share: a witness that counts, an independent trie, random numbers.
#![allow(
    dead_code,
    unreachable_pub,
    missing_docs,
    missing_debug_implementations
)]

use alloy_primitives::map::{B256HashMap, B256HashSet};
use alloy_primitives::{B256, Bytes, keccak256};
use alloy_trie::proof::ProofRetainer;
use alloy_trie::{HashBuilder, Nibbles};
use hoike_trie::{Nodes, Trie};
use std::collections::BTreeMap;

/// A witness that remembers what it was asked for.
#[derive(Clone, Default)]
pub struct Witness {
    pub nodes: B256HashMap<Bytes>,
    pub asked: B256HashSet,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Absent;

impl Nodes for Witness {
    type Error = Absent;

    fn node(&mut self, hash: B256) -> Result<Bytes, Absent> {
        let node = self.nodes.get(&hash).cloned().ok_or(Absent)?;
        self.asked.insert(hash);
        Ok(node)
    }
}

impl Witness {
    /// Commits into the witness; returns the root and how many nodes were made.
    pub fn commit(&mut self, trie: &mut Trie) -> (B256, usize) {
        let mut made = 0;
        let root = trie.commit(&mut |hash, rlp| {
            assert_eq!(keccak256(&rlp), hash);
            self.nodes.insert(hash, rlp);
            made += 1;
        });
        (root, made)
    }

    /// Adds a node whatever it says; returns its hash.
    pub fn add(&mut self, rlp: impl Into<Bytes>) -> B256 {
        let rlp = rlp.into();
        let hash = keccak256(&rlp);
        self.nodes.insert(hash, rlp);
        hash
    }

    /// Only what was asked for.
    pub fn asked_only(&self) -> Self {
        let nodes = self
            .nodes
            .iter()
            .filter(|(hash, _)| self.asked.contains(*hash));
        Self {
            nodes: nodes.map(|(hash, rlp)| (*hash, rlp.clone())).collect(),
            asked: Default::default(),
        }
    }
}

pub type Model = BTreeMap<B256, Bytes>;

/// The root of a model, by alloy's hash builder.
pub fn model_root(model: &Model) -> B256 {
    let mut builder = HashBuilder::default();
    for (key, value) in model {
        builder.add_leaf(Nibbles::unpack(key), value);
    }
    builder.root()
}

/// All nodes of the trie with these keys, by alloy's hash builder, and the root.
pub fn nodes_of(leaves: &BTreeMap<Vec<u8>, Vec<u8>>) -> (B256, Witness) {
    let keys = leaves.keys().map(Nibbles::unpack).collect();
    let mut builder = HashBuilder::default().with_proof_retainer(ProofRetainer::new(keys));
    for (key, value) in leaves {
        builder.add_leaf(Nibbles::unpack(key), value);
    }
    let root = builder.root();
    let mut witness = Witness::default();
    for (_, rlp) in builder.take_proof_nodes().into_inner() {
        witness.add(rlp);
    }
    (root, witness)
}

/// A witness with all of a model, and its root.
pub fn witness_of(model: &Model) -> (B256, Witness) {
    nodes_of(
        &model
            .iter()
            .map(|(key, value)| (key.to_vec(), value.to_vec()))
            .collect(),
    )
}

/// A key from nibbles at its start, zeros to its end but for the last nibbles.
pub fn key(start: &[u8], end: &[u8]) -> B256 {
    let mut nibbles = [0; 64];
    nibbles[..start.len()].copy_from_slice(start);
    nibbles[64 - end.len()..].copy_from_slice(end);
    B256::new(core::array::from_fn(|i| {
        nibbles[2 * i] << 4 | nibbles[2 * i + 1]
    }))
}

/// splitmix64
pub struct Random(pub u64);

impl Random {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    pub fn bytes(&mut self, length: usize) -> Vec<u8> {
        (0..length).map(|_| self.next() as u8).collect()
    }

    pub fn hash(&mut self) -> B256 {
        B256::from_slice(&self.bytes(32))
    }
}

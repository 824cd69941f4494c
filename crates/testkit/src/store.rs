//! Preimages of everything a chain consists of: what a claim's witness is made of.

use alloy_consensus::Header;
use alloy_primitives::{B256, Bytes, KECCAK256_EMPTY, keccak256, map::HashMap};
use alloy_rlp::Decodable;
use alloy_trie::{
    HashBuilder, Nibbles, TrieAccount,
    nodes::{RlpNode, TrieNode},
    proof::ProofRetainer,
};
use hoike_executor::State;
use hoike_preimage::{Memory, PreimageKey, Witness};
use hoike_trie::Nodes;

use crate::l1::Blob;

/// Keccak preimages by hash, and blobs.
#[derive(Clone, Debug, Default)]
pub struct Store {
    keccak: HashMap<B256, Bytes>,
    blobs: Vec<Blob>,
}

/// A [`Store`] has no preimage of this hash.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Missing(pub B256);

impl std::fmt::Display for Missing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "there is no preimage of {}", self.0)
    }
}

impl std::error::Error for Missing {}

impl Store {
    /// Keeps a value under its hash.
    pub fn put(&mut self, value: impl Into<Bytes>) -> B256 {
        let value = value.into();
        let hash = keccak256(&value);
        self.keccak.insert(hash, value);
        hash
    }

    /// Keeps a blob.
    pub fn put_blob(&mut self, blob: Blob) {
        self.blobs.push(blob);
    }

    /// The preimage of a hash.
    pub fn get(&self, hash: B256) -> Result<Bytes, Missing> {
        self.keccak.get(&hash).cloned().ok_or(Missing(hash))
    }

    /// Keeps the trie of a list of transactions or receipts; its root. Alloy's trie, not the one under test.
    pub fn put_list(&mut self, items: &[Bytes]) -> B256 {
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
        let root = builder.root();
        for (_, node) in builder.take_proof_nodes().into_inner() {
            self.put(node);
        }
        root
    }

    /// Keeps a whole state: nodes of the account trie and of all storage tries, and code. What is kept already is not looked at again.
    pub fn put_state<S: State>(&mut self, root: B256, source: &mut S)
    where
        S::Error: std::fmt::Debug,
    {
        for account in self.put_trie(root, source) {
            let account = TrieAccount::decode(&mut &account[..]).expect("an account");
            self.put_trie(account.storage_root, source);
            if account.code_hash != KECCAK256_EMPTY && !self.keccak.contains_key(&account.code_hash)
            {
                let code = source.code(account.code_hash).expect("code");
                self.put(code);
            }
        }
    }

    /// Keeps the nodes of a trie; the leaves of those that were new.
    fn put_trie<N: Nodes>(&mut self, root: B256, nodes: &mut N) -> Vec<Bytes>
    where
        N::Error: std::fmt::Debug,
    {
        let mut leaves = Vec::new();
        let mut open = vec![root];
        while let Some(hash) = open.pop() {
            if hash == alloy_trie::EMPTY_ROOT_HASH || self.keccak.contains_key(&hash) {
                continue;
            }
            let raw = nodes.node(hash).expect("a node");
            self.keccak.insert(hash, raw.clone());
            visit(&raw, &mut open, &mut leaves);
        }
        leaves
    }

    /// All of it by preimage keys.
    pub fn to_memory(&self) -> Memory {
        let mut memory: Memory = self
            .keccak
            .iter()
            .map(|(hash, value)| (PreimageKey::keccak256(*hash), value.clone()))
            .collect();
        for blob in &self.blobs {
            memory.insert_blob(blob.hash, &blob.commitment, &blob.contents);
        }
        memory
    }

    /// All of it in the form of a claim folder's witness.
    pub fn to_witness(&self) -> Witness {
        let file = self.to_memory().to_witness().expect("no huge values");
        Witness::parse(file.into()).expect("a witness")
    }
}

fn visit(raw: &[u8], open: &mut Vec<B256>, leaves: &mut Vec<Bytes>) {
    let mut child = |node: &RlpNode, leaves: &mut Vec<Bytes>| match node.as_hash() {
        Some(hash) => open.push(hash),
        None => {
            let mut inner = Vec::new();
            visit(node.as_slice(), &mut inner, leaves);
            open.extend(inner);
        }
    };
    match TrieNode::decode(&mut &raw[..]).expect("a trie node") {
        TrieNode::EmptyRoot => {}
        TrieNode::Leaf(leaf) => leaves.push(leaf.value.into()),
        TrieNode::Extension(extension) => child(&extension.child, leaves),
        TrieNode::Branch(branch) => branch.stack.iter().for_each(|node| child(node, leaves)),
    }
}

impl Nodes for &Store {
    type Error = Missing;

    fn node(&mut self, hash: B256) -> Result<Bytes, Missing> {
        self.get(hash)
    }
}

impl State for &Store {
    fn code(&mut self, hash: B256) -> Result<Bytes, Missing> {
        self.get(hash)
    }

    fn header(&mut self, hash: B256) -> Result<Header, Missing> {
        Ok(Header::decode(&mut &self.get(hash)?[..]).expect("a header"))
    }
}

impl Nodes for Store {
    type Error = Missing;

    fn node(&mut self, hash: B256) -> Result<Bytes, Missing> {
        self.get(hash)
    }
}

impl State for Store {
    fn code(&mut self, hash: B256) -> Result<Bytes, Missing> {
        self.get(hash)
    }

    fn header(&mut self, hash: B256) -> Result<Header, Missing> {
        (&*self).header(hash)
    }
}

//! Walks through tries by hand: proofs, and everything below a root. A second opinion beside `hoike-trie`, by alloy's decoder of nodes.

use alloy_primitives::{B256, Bytes};
use alloy_rlp::Decodable;
use alloy_trie::{
    EMPTY_ROOT_HASH, Nibbles,
    nodes::{RlpNode, TrieNode},
};

/// Why a proof ends too early.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Gap {
    /// The node that cannot be had.
    pub(crate) node: B256,
    /// The way to it, a nibble each.
    pub(crate) path: Vec<u8>,
}

/// The nodes on the way to a key, from the root on, and the value there. The empty trie has no nodes; those inlined in another are not listed.
pub(crate) fn prove(
    root: B256,
    key: B256,
    mut node: impl FnMut(B256) -> Option<Bytes>,
) -> Result<(Vec<Bytes>, Option<Bytes>), Gap> {
    let key = Nibbles::unpack(key).to_vec();
    let mut proof = Vec::new();
    let mut depth = 0;
    if root == EMPTY_ROOT_HASH {
        return Ok((proof, None));
    }
    let mut next = RlpNode::word_rlp(&root);
    loop {
        let raw = match next.as_hash() {
            Some(hash) => {
                let raw = node(hash).ok_or_else(|| Gap {
                    node: hash,
                    path: key[..depth].to_vec(),
                })?;
                proof.push(raw.clone());
                raw
            }
            None => Bytes::copy_from_slice(next.as_slice()),
        };
        let gap = || Gap {
            node: root,
            path: key[..depth].to_vec(),
        };
        let rest = &key[depth..];
        next = match TrieNode::decode(&mut &raw[..]).map_err(|_| gap())? {
            TrieNode::EmptyRoot => return Ok((proof, None)),
            TrieNode::Leaf(leaf) => {
                let found = leaf.key.to_vec() == rest;
                return Ok((proof, found.then(|| leaf.value.into())));
            }
            TrieNode::Extension(extension) => {
                let path = extension.key.to_vec();
                if !rest.starts_with(&path) {
                    return Ok((proof, None));
                }
                depth += path.len();
                extension.child
            }
            TrieNode::Branch(branch) => {
                let nibble = *rest.first().ok_or_else(gap)?;
                depth += 1;
                let mut stack = branch.stack.into_iter();
                let below = (0..nibble).filter(|i| branch.state_mask.is_bit_set(*i));
                match (
                    branch.state_mask.is_bit_set(nibble),
                    stack.nth(below.count()),
                ) {
                    (true, Some(child)) => child,
                    _ => return Ok((proof, None)),
                }
            }
        };
    }
}

/// Visits everything below a root. `node` gives a node's RLP, or `None` where the walk shall not go on; the result are the leaves' values.
pub(crate) fn leaves(root: B256, mut node: impl FnMut(B256) -> Option<Bytes>) -> Vec<Bytes> {
    let mut leaves = Vec::new();
    let mut open = vec![root];
    while let Some(hash) = open.pop() {
        if hash == EMPTY_ROOT_HASH {
            continue;
        }
        if let Some(raw) = node(hash) {
            open_node(&raw, &mut open, &mut leaves);
        }
    }
    leaves
}

/// Lists a node's children and leaves, inlined ones included. What does not decode has none.
fn open_node(raw: &[u8], open: &mut Vec<B256>, leaves: &mut Vec<Bytes>) {
    let mut child = |node: &RlpNode, leaves: &mut Vec<Bytes>| match node.as_hash() {
        Some(hash) => open.push(hash),
        None => open_node(node.as_slice(), open, leaves),
    };
    match TrieNode::decode(&mut &raw[..]) {
        Err(_) | Ok(TrieNode::EmptyRoot) => {}
        Ok(TrieNode::Leaf(leaf)) => leaves.push(leaf.value.into()),
        Ok(TrieNode::Extension(extension)) => child(&extension.child, leaves),
        Ok(TrieNode::Branch(branch)) => branch.stack.iter().for_each(|node| child(node, leaves)),
    }
}

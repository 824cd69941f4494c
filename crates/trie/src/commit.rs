use crate::node::{Reference, begin_branch, end_branch, put_extension, put_leaf};
use crate::path::KEY_NIBBLES;
use crate::slots::{Link, Node, To};
use crate::trie::{EMPTY_ROOT, Top, Trie};
use alloc::vec::Vec;
use alloy_primitives::{B256, Bytes, keccak256};

impl Trie {
    /// Encodes and hashes what changed since the last commit, nothing else, and returns the root.
    ///
    /// Every new node of 32 bytes or more, and a new root always, goes to `made` as its hash and RLP, children first. The RLP of one commit's
    /// nodes are slices of one buffer.
    pub fn commit(&mut self, made: &mut impl FnMut(B256, Bytes)) -> B256 {
        if !self.changed {
            return self.root;
        }
        self.changed = false;
        let Top::Slot(top) = self.top else {
            self.root = EMPTY_ROOT;
            made(EMPTY_ROOT, Bytes::from_static(&[crate::node::EMPTY]));
            return EMPTY_ROOT;
        };
        let mut fresh = Fresh {
            out: Vec::with_capacity(FIRST_BYTES),
            nodes: Vec::new(),
        };
        self.encode(top, 0, &mut fresh);
        let buffer = Bytes::from(fresh.out);
        for node in fresh.nodes {
            let encoding = buffer.slice(node.start..node.end);
            let slot = self.slots.at_mut(node.slot);
            if let Node::Branch { encoding, .. } = &mut slot.node {
                *encoding = buffer.slice(node.base..node.end);
            }
            match slot.reference.as_hash() {
                Some(hash) => made(hash, encoding),
                None if node.slot == top => {
                    self.root = keccak256(&encoding);
                    made(self.root, encoding);
                }
                None => {}
            }
        }
        if let Some(root) = self.slots.at(top).reference.as_hash() {
            self.root = root;
        }
        self.root
    }

    /// Encodes a changed node after those below it; sets its reference. Recursion is bounded by the key's nibbles.
    fn encode(&mut self, at: u32, depth: usize, fresh: &mut Fresh) {
        let (base, start) = match &self.slots.at(at).node {
            // Its reference is its hash: it cannot have changed.
            Node::Unresolved => return,
            Node::Leaf { key, value } => {
                let start = fresh.out.len();
                put_leaf(&mut fresh.out, key.as_slice(), depth, KEY_NIBBLES, value);
                (start, start)
            }
            Node::Extension { prefix, end, child } => {
                let (prefix, end, child) = (*prefix, *end, *child);
                let reference = self.reference(child, end, fresh);
                let start = fresh.out.len();
                put_extension(
                    &mut fresh.out,
                    prefix.as_slice(),
                    depth,
                    end,
                    reference.length(),
                );
                reference.put(&mut fresh.out);
                (start, start)
            }
            Node::Branch { children, .. } => {
                let mut children = *children;
                for link in children {
                    if let To::Slot(child) = link.to() {
                        self.reference(child, depth.wrapping_add(1), fresh);
                    }
                }
                let base = begin_branch(&mut fresh.out);
                self.put_children(at, &mut children, base, &mut fresh.out);
                let start = end_branch(&mut fresh.out, base);
                if let Node::Branch { children: old, .. } = &mut self.slots.at_mut(at).node {
                    *old = children;
                }
                (base, start)
            }
        };
        let end = fresh.out.len();
        self.slots.at_mut(at).reference = Reference::of(fresh.out.get(start..).unwrap_or(&[]));
        fresh.nodes.push(FreshNode {
            slot: at,
            base,
            start,
            end,
        });
    }

    /// Writes the children of branch `at`; offsets move to where they are now, from `base` on.
    fn put_children(&self, at: u32, children: &mut [Link; 16], base: usize, out: &mut Vec<u8>) {
        let Node::Branch { encoding, .. } = &self.slots.at(at).node else {
            return;
        };
        for link in children {
            match link.to() {
                To::Nothing => out.push(crate::node::EMPTY),
                To::Slot(child) => self.slots.at(child).reference.put(out),
                To::Hash(offset) => {
                    let item = encoding
                        .get(offset..)
                        .and_then(|rest| rest.first_chunk::<33>());
                    // At most 15 items of 33 bytes and a header come before it.
                    *link = Link::offset(out.len().wrapping_sub(base) as u16);
                    out.extend_from_slice(item.unwrap_or(&[0; 33]));
                }
            }
        }
    }

    /// The reference of a node, which is encoded only if it changed.
    #[inline]
    fn reference(&mut self, at: u32, depth: usize, fresh: &mut Fresh) -> Reference {
        if !self.slots.at(at).reference.is_known() {
            self.encode(at, depth, fresh);
        }
        self.slots.at(at).reference
    }
}

/// What one commit has encoded.
struct Fresh {
    out: Vec<u8>,
    nodes: Vec<FreshNode>,
}

struct FreshNode {
    slot: u32,
    /// What a branch's offsets count from: `start`, less the room for a longer header that was not needed.
    base: usize,
    start: usize,
    end: usize,
}

const FIRST_BYTES: usize = 4096;

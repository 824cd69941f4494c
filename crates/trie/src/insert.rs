use crate::error::Error;
use crate::node::Reference;
use crate::nodes::Nodes;
use crate::path::nibble;
use crate::slots::{Link, Node, set_child};
use crate::trie::{Stop, Top, Trie};
use alloy_primitives::{B256, Bytes};

impl Trie {
    /// Sets the value at `path`. Setting what is there already changes nothing (D106); an empty value, which a trie cannot hold, removes.
    pub fn insert<N: Nodes>(
        &mut self,
        nodes: &mut N,
        path: &B256,
        value: Bytes,
    ) -> Result<(), Error<N::Error>> {
        if value.is_empty() {
            return self.remove(nodes, path).map(drop);
        }
        // From here on nothing fails but the walk, which changes no contents.
        match self.walk(nodes, path)? {
            Stop::Empty => {
                self.changed = true;
                self.top = Top::Slot(self.leaf(path, value));
            }
            Stop::Found(at) => {
                let slot = self.slots.at_mut(at);
                let Node::Leaf { value: old, .. } = &mut slot.node else {
                    return Ok(());
                };
                if *old == value {
                    return Ok(());
                }
                *old = value;
                slot.reference = Reference::UNKNOWN;
                self.mark_trail();
            }
            Stop::Gap { branch, depth } => {
                let leaf = Link::slot(self.leaf(path, value));
                if let Node::Branch { children, .. } = &mut self.slots.at_mut(branch).node {
                    set_child(children, nibble(path.as_slice(), depth), leaf);
                }
                self.mark_trail();
            }
            Stop::Fork { at, depth, parts } => {
                self.fork(at, depth, parts, path, value);
                self.mark_trail();
            }
        }
        Ok(())
    }

    /// Puts a branch where the leaf or extension `at` parts from `path`, below an extension if that is below `depth`.
    fn fork(&mut self, at: u32, depth: usize, parts: usize, path: &B256, value: Bytes) {
        let slot = self.slots.at_mut(at);
        slot.reference = Reference::UNKNOWN;
        let old = core::mem::replace(&mut slot.node, Node::Unresolved);
        let (prefix, below) = match old {
            // Of an extension that ends right after the fork only the child stays, and that does not change.
            Node::Extension { prefix, end, child } if end == parts.wrapping_add(1) => {
                (prefix, child)
            }
            Node::Extension { prefix, .. } => (prefix, self.slots.add(old)),
            Node::Leaf { key, .. } => (key, self.slots.add(old)),
            // The walk forks at leaves and extensions only.
            Node::Branch { .. } | Node::Unresolved => {
                self.slots.at_mut(at).node = old;
                return;
            }
        };
        let mut children = [Link::NOTHING; 16];
        set_child(
            &mut children,
            nibble(prefix.as_slice(), parts),
            Link::slot(below),
        );
        set_child(
            &mut children,
            nibble(path.as_slice(), parts),
            Link::slot(self.leaf(path, value)),
        );
        let branch = Node::Branch {
            children,
            encoding: Bytes::new(),
        };
        self.slots.at_mut(at).node = if parts == depth {
            branch
        } else {
            Node::Extension {
                prefix: *path,
                end: parts,
                child: self.slots.add(branch),
            }
        };
    }

    fn leaf(&mut self, key: &B256, value: Bytes) -> u32 {
        self.slots.add(Node::Leaf { key: *key, value })
    }
}

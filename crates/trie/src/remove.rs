use crate::error::Error;
use crate::nodes::Nodes;
use crate::path::with_nibble;
use crate::slots::{Link, Node, To};
use crate::trie::{Stop, Top, Trie, hash_at};
use alloy_primitives::B256;

impl Trie {
    /// Removes the value at `path`; `false` if there was none, and then nothing but the path to it was resolved.
    ///
    /// Where a branch is left with one child, that child is resolved, as it merges with what is above (D101); without it this is an error and
    /// nothing is removed (D102).
    pub fn remove<N: Nodes>(
        &mut self,
        nodes: &mut N,
        path: &B256,
    ) -> Result<bool, Error<N::Error>> {
        let Stop::Found(leaf) = self.walk(nodes, path)? else {
            return Ok(false);
        };
        let Some((branch, depth)) = self.trail.last().copied() else {
            self.slots.take(leaf);
            self.top = Top::Empty;
            self.changed = true;
            return Ok(true);
        };
        // Above a leaf there is a branch, never an extension.
        let Node::Branch { children, encoding } = &mut self.slots.at_mut(branch).node else {
            return Ok(false);
        };
        match only_sibling(children, leaf) {
            None => {
                let leaf = Link::slot(leaf);
                if let Some(link) = children.iter_mut().find(|link| **link == leaf) {
                    *link = Link::NOTHING;
                }
            }
            Some((link, nibble)) => {
                let path = with_nibble(path, depth, nibble);
                let sibling = match link.to() {
                    To::Nothing => return Ok(false),
                    To::Slot(at) => at,
                    To::Hash(offset) => {
                        let hash = hash_at(encoding, offset);
                        self.fetch_child(nodes, branch, depth, nibble, hash, &path)?
                    }
                };
                let below = depth.wrapping_add(1);
                if matches!(self.slots.at(sibling).node, Node::Unresolved) {
                    self.resolve(nodes, sibling, &path, below)?;
                }
                self.collapse(branch, sibling, path, below);
            }
        }
        self.slots.take(leaf);
        self.mark_trail();
        Ok(true)
    }

    /// Puts `sibling`, at `depth` and the last child of `branch`, in the place of `branch` and of an extension above it.
    fn collapse(&mut self, branch: u32, sibling: u32, path: B256, depth: usize) {
        let merged = match &self.slots.at(sibling).node {
            // These know their whole path, so that to be higher up is all that changes for them.
            Node::Leaf { .. } | Node::Extension { .. } => self.slots.take(sibling),
            Node::Branch { .. } | Node::Unresolved => Node::Extension {
                prefix: path,
                end: depth,
                child: sibling,
            },
        };
        let above = self.trail.iter().rev().nth(1).map(|(at, _)| *at);
        let place = match above {
            Some(above) if matches!(self.slots.at(above).node, Node::Extension { .. }) => {
                self.slots.take(branch);
                self.trail.pop();
                above
            }
            Some(_) | None => branch,
        };
        self.slots.at_mut(place).node = merged;
    }
}

/// The one child besides `leaf`, and its nibble; `None` if there are more.
fn only_sibling(children: &[Link; 16], leaf: u32) -> Option<(Link, u8)> {
    let leaf = Link::slot(leaf);
    let mut others = children
        .iter()
        .copied()
        .zip(0u8..)
        .filter(|(link, _)| *link != Link::NOTHING && *link != leaf);
    let first = others.next()?;
    others.next().is_none().then_some(first)
}

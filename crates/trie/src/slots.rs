//! The nodes that a trie has resolved or made, in one vector, referring to one another by index.

use crate::node::Reference;
use alloc::vec::Vec;
use alloy_primitives::{B256, Bytes};

/// One place of the vector.
#[derive(Clone, Debug)]
pub(crate) struct Slot {
    pub(crate) node: Node,
    /// Unknown from a change until the next commit.
    pub(crate) reference: Reference,
}

/// Paths are kept whole, from the root on, so that a node's place in them is its depth and nothing is shifted when nodes split and merge.
#[derive(Clone, Debug)]
pub(crate) enum Node {
    /// A branch below an extension that nobody has come to yet; its reference is its hash.
    Unresolved,
    Leaf {
        key: B256,
        value: Bytes,
    },
    /// The nibbles from the node's depth to `end` lead to `child`, a branch.
    Extension {
        prefix: B256,
        end: usize,
        child: u32,
    },
    Branch {
        children: [Link; 16],
        /// What the children's offsets point into: as resolved or last committed, so possibly older than `children`.
        encoding: Bytes,
    },
}

/// A branch's child, in four bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Link(u32);

/// What a [`Link`] says.
#[derive(Clone, Copy, Debug)]
pub(crate) enum To {
    Nothing,
    /// Not resolved: where in the branch's encoding the child's item is, header byte and hash.
    Hash(usize),
    Slot(u32),
}

impl Link {
    /// No item starts at offset 0, where the list header is.
    pub(crate) const NOTHING: Self = Self(0);
    const SLOT: u32 = 1 << 31;

    #[inline]
    pub(crate) fn slot(at: u32) -> Self {
        Self(Self::SLOT | at)
    }

    #[inline]
    pub(crate) fn offset(at: u16) -> Self {
        Self(u32::from(at))
    }

    #[inline]
    pub(crate) fn to(self) -> To {
        if self.0 & Self::SLOT != 0 {
            To::Slot(self.0 & !Self::SLOT)
        } else if self.0 == 0 {
            To::Nothing
        } else {
            To::Hash(self.0 as usize)
        }
    }
}

/// The vector. Indices are given out by [`add`](Self::add) and are valid until [`take`](Self::take).
#[derive(Clone, Debug, Default)]
pub(crate) struct Slots {
    all: Vec<Slot>,
    vacant: Vec<u32>,
}

impl Slots {
    /// Adds a node that has just been made.
    #[inline]
    pub(crate) fn add(&mut self, node: Node) -> u32 {
        let slot = Slot {
            node,
            reference: Reference::UNKNOWN,
        };
        match self.vacant.pop() {
            Some(at) => {
                *self.at_mut(at) = slot;
                at
            }
            None => self.push(slot),
        }
    }

    /// Adds a node at the end, so that [`truncate`](Self::truncate) can undo it.
    #[inline]
    pub(crate) fn push(&mut self, slot: Slot) -> u32 {
        // 2^31 slots would be more memory than there is.
        let at = self.all.len() as u32;
        self.all.push(slot);
        at
    }

    #[inline]
    pub(crate) fn len(&self) -> usize {
        self.all.len()
    }

    pub(crate) fn truncate(&mut self, length: usize) {
        self.all.truncate(length);
    }

    /// Takes a node out; its index will be given out again.
    #[inline]
    pub(crate) fn take(&mut self, at: u32) -> Node {
        self.vacant.push(at);
        core::mem::replace(&mut self.at_mut(at).node, Node::Unresolved)
    }

    #[inline]
    #[expect(
        clippy::indexing_slicing,
        reason = "indices come from this vector, which only shrinks to drop nodes nobody refers to; hot"
    )]
    pub(crate) fn at(&self, at: u32) -> &Slot {
        &self.all[at as usize]
    }

    #[inline]
    #[expect(
        clippy::indexing_slicing,
        reason = "indices come from this vector, which only shrinks to drop nodes nobody refers to; hot"
    )]
    pub(crate) fn at_mut(&mut self, at: u32) -> &mut Slot {
        &mut self.all[at as usize]
    }
}

/// The child of nibble `nibble`.
#[inline]
pub(crate) fn child(children: &[Link; 16], nibble: u8) -> Link {
    children
        .get(usize::from(nibble & 0x0f))
        .copied()
        .unwrap_or(Link::NOTHING)
}

/// Replaces the child of nibble `nibble`.
#[inline]
pub(crate) fn set_child(children: &mut [Link; 16], nibble: u8, link: Link) {
    if let Some(child) = children.get_mut(usize::from(nibble & 0x0f)) {
        *child = link;
    }
}

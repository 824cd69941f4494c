use crate::error::{Error, Malformed};
use crate::node::{Child, Reference, View, parse};
use crate::nodes::Nodes;
use crate::path::{KEY_NIBBLES, common, nibble, with_nibble};
use crate::slots::{Link, Node, Slot, Slots, To, child, set_child};
use alloy_primitives::{B256, Bytes, b256};

/// Root of the trie without keys: keccak256 of the RLP of an empty string.
pub const EMPTY_ROOT: B256 =
    b256!("56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421");

/// A trie over 32-byte keys, of which only what was asked for is there.
///
/// Paths are keys that are hashed already; values are RLP, as in the account and storage tries. Every method that can fail leaves the
/// contents as they were when it does. A clone copies all that was resolved, not the bytes of encodings and values.
#[derive(Clone, Debug)]
pub struct Trie {
    /// As of the last commit.
    pub(crate) root: B256,
    pub(crate) top: Top,
    pub(crate) changed: bool,
    pub(crate) slots: Slots,
    /// The last walk: slots of the nodes above where it stopped, and their depths.
    pub(crate) trail: alloc::vec::Vec<(u32, usize)>,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Top {
    Empty,
    /// Only the root hash is known.
    Unresolved,
    Slot(u32),
}

/// Where the walk to a key ends. The trail is what is above.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Stop {
    /// The trie is empty.
    Empty,
    /// At the key's leaf.
    Found(u32),
    /// At a leaf or extension that parts from the key at nibble `parts`.
    Fork { at: u32, depth: usize, parts: usize },
    /// Below a branch, which is the trail's last, that has no child there.
    Gap { branch: u32, depth: usize },
}

impl Trie {
    /// A trie of which only the root is known; [`EMPTY_ROOT`] is the empty trie and asks for no node.
    pub fn new(root: B256) -> Self {
        let top = if root == EMPTY_ROOT {
            Top::Empty
        } else {
            Top::Unresolved
        };
        Self {
            root,
            top,
            changed: false,
            slots: Slots::default(),
            trail: alloc::vec::Vec::new(),
        }
    }

    /// The value at `path`, `None` if the trie has none.
    pub fn get<N: Nodes>(
        &mut self,
        nodes: &mut N,
        path: &B256,
    ) -> Result<Option<Bytes>, Error<N::Error>> {
        match self.walk(nodes, path)? {
            Stop::Found(at) => Ok(self.value(at).cloned()),
            Stop::Empty | Stop::Fork { .. } | Stop::Gap { .. } => Ok(None),
        }
    }

    /// Whether anything was changed since the last [`commit`](Self::commit).
    #[inline]
    pub fn is_changed(&self) -> bool {
        self.changed
    }

    /// The root as of the last [`commit`](Self::commit), or that the trie was opened with.
    #[inline]
    pub fn committed_root(&self) -> B256 {
        self.root
    }

    /// Goes as far towards `path` as there are nodes, resolving them on the way, and leaves the way in the trail.
    pub(crate) fn walk<N: Nodes>(
        &mut self,
        nodes: &mut N,
        path: &B256,
    ) -> Result<Stop, Error<N::Error>> {
        self.trail.clear();
        let mut at = match self.top {
            Top::Empty => return Ok(Stop::Empty),
            Top::Slot(at) => at,
            Top::Unresolved => {
                let at = self.fetch(nodes, self.root, path, 0)?;
                self.top = Top::Slot(at);
                at
            }
        };
        let mut depth = 0;
        loop {
            match &self.slots.at(at).node {
                Node::Branch { children, encoding } => {
                    self.trail.push((at, depth));
                    let nibble = nibble(path.as_slice(), depth);
                    match child(children, nibble).to() {
                        To::Nothing => return Ok(Stop::Gap { branch: at, depth }),
                        To::Slot(below) => at = below,
                        To::Hash(offset) => {
                            at = self.fetch_child(
                                nodes,
                                at,
                                depth,
                                nibble,
                                hash_at(encoding, offset),
                                path,
                            )?
                        }
                    }
                    depth = depth.wrapping_add(1);
                }
                Node::Extension { prefix, end, child } => {
                    let parts = common(prefix, path);
                    if parts < *end {
                        return Ok(Stop::Fork { at, depth, parts });
                    }
                    self.trail.push((at, depth));
                    (at, depth) = (*child, *end);
                }
                Node::Leaf { key, .. } => {
                    let parts = common(key, path);
                    return Ok(if parts == KEY_NIBBLES {
                        Stop::Found(at)
                    } else {
                        Stop::Fork { at, depth, parts }
                    });
                }
                Node::Unresolved => self.resolve(nodes, at, path, depth)?,
            }
        }
    }

    /// Gets the child of branch `branch`, at `depth`, from the source and notes it there.
    pub(crate) fn fetch_child<N: Nodes>(
        &mut self,
        nodes: &mut N,
        branch: u32,
        depth: usize,
        nibble: u8,
        hash: B256,
        path: &B256,
    ) -> Result<u32, Error<N::Error>> {
        let at = self.fetch(nodes, hash, path, depth.wrapping_add(1))?;
        if let Node::Branch { children, .. } = &mut self.slots.at_mut(branch).node {
            set_child(children, nibble, Link::slot(at));
        }
        Ok(at)
    }

    /// Gets the branch that an extension's child `at` stands for.
    pub(crate) fn resolve<N: Nodes>(
        &mut self,
        nodes: &mut N,
        at: u32,
        path: &B256,
        depth: usize,
    ) -> Result<(), Error<N::Error>> {
        // Only a reference by hash is left unresolved.
        let hash = self.slots.at(at).reference.as_hash().unwrap_or_default();
        let before = self.slots.len();
        let branch = self.fetch(nodes, hash, path, depth)?;
        if !matches!(self.slots.at(branch).node, Node::Branch { .. }) {
            self.slots.truncate(before);
            return Err(Error::Malformed {
                hash,
                why: Malformed::NotABranch,
            });
        }
        let node = self.slots.take(branch);
        self.slots.at_mut(at).node = node;
        Ok(())
    }

    pub(crate) fn value(&self, at: u32) -> Option<&Bytes> {
        match &self.slots.at(at).node {
            Node::Leaf { value, .. } => Some(value),
            Node::Unresolved | Node::Extension { .. } | Node::Branch { .. } => None,
        }
    }

    /// Forgets the references of all nodes on the trail, since something below them changed.
    pub(crate) fn mark_trail(&mut self) {
        self.changed = true;
        for (at, _) in &self.trail {
            self.slots.at_mut(*at).reference = Reference::UNKNOWN;
        }
    }

    fn fetch<N: Nodes>(
        &mut self,
        nodes: &mut N,
        hash: B256,
        path: &B256,
        depth: usize,
    ) -> Result<u32, Error<N::Error>> {
        let encoding = nodes
            .node(hash)
            .map_err(|cause| Error::Source { hash, cause })?;
        if encoding.len() < 32 && depth != 0 {
            return Err(Error::Malformed {
                hash,
                why: Malformed::NotInlined,
            });
        }
        let before = self.slots.len();
        self.open(encoding, Reference::hash(&hash.0), path, depth)
            .map_err(|why| {
                self.slots.truncate(before);
                Error::Malformed { hash, why }
            })
    }

    /// Adds the node of this encoding, and those inlined in it; of `path` only `depth` nibbles matter.
    fn open(
        &mut self,
        encoding: Bytes,
        reference: Reference,
        path: &B256,
        depth: usize,
    ) -> Result<u32, Malformed> {
        let node = match parse(&encoding)? {
            View::Leaf { path: rest, value } => {
                let key = rest.below(path, depth).ok_or(Malformed::PathTooLong)?;
                if depth.saturating_add(rest.len()) != KEY_NIBBLES {
                    return Err(Malformed::PathTooShort);
                }
                Node::Leaf {
                    key,
                    value: encoding.slice(value),
                }
            }
            View::Extension { path: rest, child } => {
                let prefix = rest.below(path, depth).ok_or(Malformed::PathTooLong)?;
                let end = depth.saturating_add(rest.len());
                if end >= KEY_NIBBLES {
                    return Err(Malformed::PathTooLong);
                }
                if end == depth {
                    return Err(Malformed::PathTooShort);
                }
                let child = match child {
                    Child::Empty => return Err(Malformed::Child),
                    Child::Hash(offset) => {
                        let hash = hash_at(&encoding, usize::from(offset));
                        self.slots.push(Slot {
                            node: Node::Unresolved,
                            reference: Reference::hash(&hash.0),
                        })
                    }
                    Child::Inline { start, end: stop } => {
                        let child = self.open_inline(&encoding, start, stop, &prefix, end)?;
                        if !matches!(self.slots.at(child).node, Node::Branch { .. }) {
                            return Err(Malformed::NotABranch);
                        }
                        child
                    }
                };
                Node::Extension { prefix, end, child }
            }
            View::Branch(items) => {
                if depth >= KEY_NIBBLES {
                    return Err(Malformed::PathTooLong);
                }
                let mut children = [Link::NOTHING; 16];
                for ((child, item), nibble) in children.iter_mut().zip(items).zip(0u8..) {
                    *child = match item {
                        Child::Empty => Link::NOTHING,
                        Child::Hash(offset) => Link::offset(offset),
                        Child::Inline { start, end } => {
                            let below = depth.saturating_add(1);
                            Link::slot(self.open_inline(
                                &encoding,
                                start,
                                end,
                                &with_nibble(path, depth, nibble),
                                below,
                            )?)
                        }
                    };
                }
                Node::Branch { children, encoding }
            }
        };
        Ok(self.slots.push(Slot { node, reference }))
    }

    /// Recursion is bounded: each level takes a byte of at most 31.
    fn open_inline(
        &mut self,
        parent: &Bytes,
        start: u16,
        end: u16,
        path: &B256,
        depth: usize,
    ) -> Result<u32, Malformed> {
        let encoding = parent.slice(usize::from(start)..usize::from(end));
        let reference = Reference::of(&encoding);
        self.open(encoding, reference, path, depth)
    }
}

/// The hash in the item at `offset`.
#[inline]
pub(crate) fn hash_at(encoding: &[u8], offset: usize) -> B256 {
    let hash = encoding
        .get(offset.wrapping_add(1)..)
        .and_then(|rest| rest.first_chunk::<32>());
    hash.map(|hash| B256::new(*hash)).unwrap_or_default()
}

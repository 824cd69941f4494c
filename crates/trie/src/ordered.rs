use crate::error::{Error, Malformed};
use crate::node::{
    Child, EMPTY, Reference, View, begin_branch, end_branch, parse, put_extension, put_leaf,
};
use crate::nodes::Nodes;
use crate::trie::{EMPTY_ROOT, hash_at};
use alloc::vec::Vec;
use alloy_primitives::{B256, Bytes, keccak256};

/// Root of the trie of a list: item `i` at key `rlp(i)`, as for transactions, receipts and withdrawals. Items are the encodings, not empty.
pub fn ordered_root<T: AsRef<[u8]>>(items: &[T]) -> B256 {
    if items.is_empty() {
        return EMPTY_ROOT;
    }
    let mut list = List {
        items,
        out: Vec::new(),
    };
    let start = list.put_node(0, items.len(), 0);
    keccak256(list.out.get(start..).unwrap_or(&[]))
}

/// The items of the list whose trie has this root, in order of their index, as slices of the nodes' encodings.
///
/// Fails on a key that is not the RLP of the next index; keys end at 32-bit indices, which bounds the depth.
pub fn ordered_items<N: Nodes>(root: B256, nodes: &mut N) -> Result<Vec<Bytes>, Error<N::Error>> {
    if root == EMPTY_ROOT {
        return Ok(Vec::new());
    }
    // Index 0 sorts between 127 and 128; its place is kept.
    let mut reader = Reader {
        nodes,
        items: alloc::vec![Bytes::new()],
        hash: root,
    };
    reader.fetch(root, Key::default(), false)?;
    // Values are not empty.
    if reader.items.first().is_none_or(|first| first.is_empty()) {
        return Err(Error::Malformed {
            hash: root,
            why: Malformed::ListKey,
        });
    }
    Ok(reader.items)
}

/// A list while its trie is encoded, depth first: `out` holds nothing but what encloses the node in work.
struct List<'a, T> {
    items: &'a [T],
    out: Vec<u8>,
}

impl<T: AsRef<[u8]>> List<'_, T> {
    /// Appends the node over the keys at places `from..to` in key order, which agree in their first `depth` nibbles; returns where it starts.
    fn put_node(&mut self, from: usize, to: usize, depth: usize) -> usize {
        let first = Key::of(self.index(from));
        let last = to.wrapping_sub(1);
        let start = self.out.len();
        if from == last {
            let value = self
                .items
                .get(self.index(from))
                .map_or(&[][..], AsRef::as_ref);
            put_leaf(&mut self.out, &first.path(), depth, first.nibbles, value);
            return start;
        }
        let parts = first.common(&Key::of(self.index(last)));
        if parts <= depth {
            return self.put_branch(from, to, depth);
        }
        // The path precedes the branch, but its list's header needs the branch's length.
        let branch = self.put_branch(from, to, parts);
        let reference = self.refer(start, branch);
        put_extension(
            &mut self.out,
            &first.path(),
            depth,
            parts,
            reference.length(),
        );
        reference.put(&mut self.out);
        start
    }

    /// Appends the branch at `depth`; returns where it starts.
    fn put_branch(&mut self, from: usize, to: usize, depth: usize) -> usize {
        let base = begin_branch(&mut self.out);
        let mut next = from;
        for nibble in 0..16u8 {
            let first = next;
            while next < to && Key::of(self.index(next)).nibble(depth) == nibble {
                next = next.wrapping_add(1);
            }
            if first == next {
                self.out.push(EMPTY);
                continue;
            }
            let room = self.out.len();
            let node = self.put_node(first, next, depth.wrapping_add(1));
            let reference = self.refer(room, node);
            reference.put(&mut self.out);
        }
        end_branch(&mut self.out, base)
    }

    /// Takes the node that starts at `node` off again, and what room precedes it from `room` on.
    fn refer(&mut self, room: usize, node: usize) -> Reference {
        let reference = Reference::of(self.out.get(node..).unwrap_or(&[]));
        self.out.truncate(room);
        reference
    }

    /// The index whose key is at `place` in key order: 1 to 127, which are their own RLP, then 0, which is 0x80, then 128 and on.
    fn index(&self, place: usize) -> usize {
        let zero = self.items.len().saturating_sub(1).min(127);
        match place.cmp(&zero) {
            core::cmp::Ordering::Less => place.wrapping_add(1),
            core::cmp::Ordering::Equal => 0,
            core::cmp::Ordering::Greater => place,
        }
    }
}

/// Reads a list's trie in key order, which is index order but for 0.
struct Reader<'a, N> {
    nodes: &'a mut N,
    items: Vec<Bytes>,
    /// The node in work, or what it is inlined in.
    hash: B256,
}

impl<N: Nodes> Reader<'_, N> {
    fn fetch(&mut self, hash: B256, above: Key, branch: bool) -> Result<(), Error<N::Error>> {
        let encoding = self
            .nodes
            .node(hash)
            .map_err(|cause| Error::Source { hash, cause })?;
        let outer = core::mem::replace(&mut self.hash, hash);
        if encoding.len() < 32 && above.nibbles != 0 {
            return self.malformed(Malformed::NotInlined);
        }
        self.open(&encoding, above, branch)?;
        self.hash = outer;
        Ok(())
    }

    /// Reads the node whose key begins with `above`; `branch` if nothing else may be here.
    fn open(&mut self, encoding: &Bytes, above: Key, branch: bool) -> Result<(), Error<N::Error>> {
        let view = match parse(encoding) {
            Ok(view) => view,
            Err(why) => return self.malformed(why),
        };
        match view {
            View::Leaf { .. } | View::Extension { .. } if branch => {
                self.malformed(Malformed::NotABranch)
            }
            View::Leaf { path, value } => match path.nibbles().try_fold(above, Key::then) {
                Some(key) => self.item(key, encoding.slice(value)),
                None => self.malformed(Malformed::PathTooLong),
            },
            View::Extension { path, .. } if path.len() == 0 => {
                self.malformed(Malformed::PathTooShort)
            }
            View::Extension { path, child } => match path.nibbles().try_fold(above, Key::then) {
                Some(key) => self.child(encoding, child, key, true),
                None => self.malformed(Malformed::PathTooLong),
            },
            View::Branch(children) => {
                for (child, nibble) in children.into_iter().zip(0u8..) {
                    match above.then(nibble) {
                        Some(key) => self.child(encoding, child, key, false)?,
                        None => return self.malformed(Malformed::PathTooLong),
                    }
                }
                Ok(())
            }
        }
    }

    /// Recursion is bounded: each level adds a nibble to the key.
    fn child(
        &mut self,
        parent: &Bytes,
        child: Child,
        key: Key,
        branch: bool,
    ) -> Result<(), Error<N::Error>> {
        match child {
            Child::Empty => Ok(()),
            Child::Hash(offset) => self.fetch(hash_at(parent, usize::from(offset)), key, branch),
            Child::Inline { start, end } => self.open(
                &parent.slice(usize::from(start)..usize::from(end)),
                key,
                branch,
            ),
        }
    }

    fn item(&mut self, key: Key, value: Bytes) -> Result<(), Error<N::Error>> {
        if key == Key::of(self.items.len()) {
            self.items.push(value);
            return Ok(());
        }
        match self.items.first_mut() {
            Some(zero) if key == Key::of(0) => {
                *zero = value;
                Ok(())
            }
            Some(_) | None => self.malformed(Malformed::ListKey),
        }
    }

    fn malformed(&self, why: Malformed) -> Result<(), Error<N::Error>> {
        Err(Error::Malformed {
            hash: self.hash,
            why,
        })
    }
}

/// The RLP of an index, or its beginning.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Key {
    /// From the most significant bits on.
    bits: u64,
    nibbles: usize,
}

impl Key {
    /// No memory holds 2^56 items; up to there the RLP is at most 8 bytes.
    #[inline]
    fn of(index: usize) -> Self {
        let index = index as u64;
        let (rlp, bytes) = match index {
            0 => (0x80, 1),
            1..=0x7f => (index, 1),
            _ => {
                let length = 8u32.wrapping_sub(index.leading_zeros() >> 3);
                (
                    index | u64::from(length | 0x80).wrapping_shl(length << 3),
                    length.wrapping_add(1),
                )
            }
        };
        Self {
            bits: rlp.wrapping_shl(64u32.wrapping_sub(bytes << 3)),
            nibbles: (bytes << 1) as usize,
        }
    }

    fn then(self, nibble: u8) -> Option<Self> {
        if self.nibbles >= MAX_KEY_NIBBLES {
            return None;
        }
        let bits = self.bits
            | u64::from(nibble).wrapping_shl(60u32.wrapping_sub((self.nibbles << 2) as u32));
        Some(Self {
            bits,
            nibbles: self.nibbles.wrapping_add(1),
        })
    }

    #[inline]
    fn nibble(&self, at: usize) -> u8 {
        (self.bits.wrapping_shl((at << 2) as u32) >> 60) as u8
    }

    #[inline]
    fn common(&self, other: &Self) -> usize {
        ((self.bits ^ other.bits).leading_zeros() >> 2) as usize
    }

    fn path(&self) -> [u8; 8] {
        self.bits.to_be_bytes()
    }
}

/// Of a 32-bit index: one byte of length, four of number.
const MAX_KEY_NIBBLES: usize = 10;

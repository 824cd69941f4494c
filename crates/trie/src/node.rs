//! The forms of a node's encoding: parsed without copying, written without knowing the trie.

use crate::error::Malformed;
use crate::path::{HexPrefix, path_length, put_path};
use alloc::vec::Vec;
use alloy_primitives::{B256, keccak256};
use alloy_rlp::Header;
use core::ops::Range;

/// A node's encoding taken apart; numbers are offsets into it.
#[derive(Debug)]
pub(crate) enum View<'a> {
    Leaf {
        path: HexPrefix<'a>,
        value: Range<usize>,
    },
    Extension {
        path: HexPrefix<'a>,
        child: Child,
    },
    Branch([Child; 16]),
}

/// A child's place in its parent's encoding.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Child {
    Empty,
    /// Where its RLP item starts: a header byte, then the 32 bytes of its hash.
    Hash(u16),
    /// The item is the child itself, below 32 bytes.
    Inline {
        start: u16,
        end: u16,
    },
}

/// RLP of a child that is not there, and the encoding of the empty trie.
pub(crate) const EMPTY: u8 = 0x80;
/// Header of a 32-byte string, and thus of a hash.
pub(crate) const HASH: u8 = 0xa0;

pub(crate) fn parse(encoding: &[u8]) -> Result<View<'_>, Malformed> {
    let mut payload = encoding;
    let header = Header::decode(&mut payload).map_err(|_| Malformed::Rlp)?;
    if !header.list || header.payload_length != payload.len() {
        return Err(Malformed::Rlp);
    }
    // Branches are most of what is read, and anything else fails as one within its first items.
    let why = match branch(encoding, payload) {
        Ok(children) => return Ok(View::Branch(children)),
        Err(why) => why,
    };
    let mut rest = payload;
    skip(&mut rest)?;
    let second = rest;
    skip(&mut rest)?;
    if rest.is_empty() {
        two_items(encoding, payload, second)
    } else {
        Err(why)
    }
}

fn two_items<'a>(
    encoding: &'a [u8],
    mut payload: &'a [u8],
    mut second: &'a [u8],
) -> Result<View<'a>, Malformed> {
    let path = Header::decode_bytes(&mut payload, false).map_err(|_| Malformed::HexPrefix)?;
    let path = HexPrefix::decode(path).ok_or(Malformed::HexPrefix)?;
    if path.leaf {
        let value = Header::decode_bytes(&mut second, false).map_err(|_| Malformed::LeafValue)?;
        if value.is_empty() {
            return Err(Malformed::LeafValue);
        }
        // The value ends the list.
        let end = encoding.len();
        return Ok(View::Leaf {
            path,
            value: end.saturating_sub(value.len())..end,
        });
    }
    match child(encoding, &mut second)? {
        Child::Empty => Err(Malformed::Child),
        child @ (Child::Hash(_) | Child::Inline { .. }) => Ok(View::Extension { path, child }),
    }
}

#[inline]
fn branch(encoding: &[u8], payload: &[u8]) -> Result<[Child; 16], Malformed> {
    let mut rest = payload;
    let mut children = [Child::Empty; 16];
    let mut count = 0u32;
    for place in &mut children {
        *place = child(encoding, &mut rest)?;
        count = count.wrapping_add(u32::from(!matches!(place, Child::Empty)));
    }
    match rest {
        &[EMPTY] if count < 2 => Err(Malformed::LonelyBranch),
        &[EMPTY] => Ok(children),
        &[] => Err(Malformed::ItemCount),
        mut value => {
            skip(&mut value)?;
            Err(if value.is_empty() {
                Malformed::BranchValue
            } else {
                Malformed::ItemCount
            })
        }
    }
}

/// Takes one child off the front of `rest`, which ends where `encoding` ends.
#[inline]
fn child(encoding: &[u8], rest: &mut &[u8]) -> Result<Child, Malformed> {
    let start = encoding.len().wrapping_sub(rest.len());
    let (&first, after) = rest.split_first().ok_or(Malformed::ItemCount)?;
    let length = match first {
        EMPTY => {
            *rest = after;
            return Ok(Child::Empty);
        }
        HASH => 32,
        0xc0..=0xde => usize::from(first & 0x1f),
        _ => return Err(Malformed::Child),
    };
    *rest = after.get(length..).ok_or(Malformed::Rlp)?;
    // Of a branch 16 items of at most 33 bytes come before this, of an extension a path; anything longer has failed by now.
    let start = u16::try_from(start).map_err(|_| Malformed::PathTooLong)?;
    if first == HASH {
        return Ok(Child::Hash(start));
    }
    Ok(Child::Inline {
        start,
        end: start.saturating_add(1).saturating_add(length as u16),
    })
}

fn skip(rest: &mut &[u8]) -> Result<(), Malformed> {
    if rest.is_empty() {
        return Err(Malformed::ItemCount);
    }
    // A lone byte below 0x80 is its own payload and has no header that was consumed.
    let header = Header::decode(rest).map_err(|_| Malformed::Rlp)?;
    *rest = rest.get(header.payload_length..).ok_or(Malformed::Rlp)?;
    Ok(())
}

/// How a parent refers to a node: by its hash, or by the node itself where that is shorter.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reference {
    bytes: [u8; 32],
    /// 32 for a hash; 0 where it is not known, since the node changed.
    length: u8,
}

impl Reference {
    pub(crate) const UNKNOWN: Self = Self {
        bytes: [0; 32],
        length: 0,
    };

    #[inline]
    pub(crate) fn hash(hash: &[u8; 32]) -> Self {
        Self {
            bytes: *hash,
            length: 32,
        }
    }

    /// Hashes a node unless it is to be inlined.
    #[inline]
    pub(crate) fn of(encoding: &[u8]) -> Self {
        let mut bytes = [0; 32];
        match bytes.get_mut(..encoding.len()) {
            Some(inline) if inline.len() < 32 => {
                inline.copy_from_slice(encoding);
                Self {
                    bytes,
                    length: encoding.len() as u8,
                }
            }
            Some(_) | None => Self::hash(&keccak256(encoding)),
        }
    }

    #[inline]
    pub(crate) fn is_known(&self) -> bool {
        self.length != 0
    }

    #[inline]
    pub(crate) fn as_hash(&self) -> Option<B256> {
        (self.length == 32).then_some(B256::new(self.bytes))
    }

    /// Bytes that [`put`](Self::put) writes.
    #[inline]
    pub(crate) fn length(&self) -> usize {
        if self.length == 32 {
            33
        } else {
            usize::from(self.length)
        }
    }

    #[inline]
    pub(crate) fn put(&self, out: &mut Vec<u8>) {
        if self.length == 32 {
            out.push(HASH);
            out.extend_from_slice(&self.bytes);
        } else {
            out.extend_from_slice(self.bytes.get(..usize::from(self.length)).unwrap_or(&[]));
        }
    }
}

/// Writes a leaf whose path is nibbles `start..end` of `key`.
#[inline]
pub(crate) fn put_leaf(out: &mut Vec<u8>, key: &[u8], start: usize, end: usize, value: &[u8]) {
    let value_length = alloy_rlp::Encodable::length(value);
    put_list_header(
        out,
        path_length(end.saturating_sub(start)).saturating_add(value_length),
    );
    put_path(out, key, start, end, true);
    alloy_rlp::Encodable::encode(value, out);
}

/// Writes an extension up to its child, whose item must be `child_length` bytes and follow.
#[inline]
pub(crate) fn put_extension(
    out: &mut Vec<u8>,
    path: &[u8],
    start: usize,
    end: usize,
    child_length: usize,
) {
    put_list_header(
        out,
        path_length(end.saturating_sub(start)).saturating_add(child_length),
    );
    put_path(out, path, start, end, false);
}

fn put_list_header(out: &mut Vec<u8>, payload_length: usize) {
    Header {
        list: true,
        payload_length,
    }
    .encode(out);
}

/// Leaves room for the list header of a branch whose length is not known yet; returns where.
#[inline]
pub(crate) fn begin_branch(out: &mut Vec<u8>) -> usize {
    let start = out.len();
    out.extend_from_slice(&[0; BRANCH_HEADER]);
    start
}

/// Writes the empty value and the header of the branch begun at `start`; returns where its encoding starts.
#[inline]
pub(crate) fn end_branch(out: &mut Vec<u8>, start: usize) -> usize {
    out.push(EMPTY);
    // 17 to 529 bytes.
    let length = out.len().wrapping_sub(start).wrapping_sub(BRANCH_HEADER);
    let [.., high, low] = length.to_be_bytes();
    let (header, used): ([u8; BRANCH_HEADER], usize) = match length {
        0..56 => ([0, 0, low.wrapping_add(0xc0)], 1),
        56..256 => ([0, 0xf8, low], 2),
        _ => ([0xf9, high, low], 3),
    };
    if let Some(room) = out.get_mut(start..).and_then(|out| out.first_chunk_mut()) {
        *room = header;
    }
    start.wrapping_add(BRANCH_HEADER).wrapping_sub(used)
}

const BRANCH_HEADER: usize = 3;

//! Witness files: preimages by key.

use crate::{Hint, KeyKind, Oracle, PreimageKey};
use alloc::{sync::Arc, vec, vec::Vec};
use alloy_primitives::Bytes;
use core::fmt;

/// Preimages out of a file: `key (32 bytes) | length (4 bytes, little endian) | value`, again and again, ascending by key. Compression is the caller's
/// business. Clones share everything, and values are slices of the file.
///
/// Keys and lengths are checked, values are not: see [`crate::Verified`]. There are no local values in a witness, since it does not know the claim.
#[derive(Clone)]
pub struct Witness {
    bytes: Bytes,
    index: Arc<Index>,
}

impl Witness {
    /// Reads the file once to find its entries.
    ///
    /// # Errors
    /// The first entry that is not in this form.
    pub fn parse(bytes: Bytes) -> Result<Self, WitnessError> {
        let index = Arc::new(Index::new(&bytes)?);
        Ok(Self { bytes, index })
    }

    /// Number of entries.
    pub fn len(&self) -> usize {
        self.index.offsets.len()
    }

    /// Whether there is no entry at all.
    pub fn is_empty(&self) -> bool {
        self.index.offsets.is_empty()
    }

    /// All keys, ascending.
    pub fn keys(&self) -> impl ExactSizeIterator<Item = PreimageKey> + '_ {
        let key = |&offset| key_at(&self.bytes, offset).unwrap_or(PreimageKey::from_bytes([0; 32]));
        self.index.offsets.iter().map(key)
    }

    /// The value of a key, unchecked.
    pub fn get(&self, key: &PreimageKey) -> Option<Bytes> {
        let &offset = self
            .index
            .candidates(key)?
            .iter()
            .find(|&&offset| key_at(&self.bytes, offset).as_ref() == Some(key))?;
        let entry = Entry::read(&self.bytes, offset)?;
        Some(self.bytes.slice(entry.value()?))
    }
}

impl fmt::Debug for Witness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Witness")
            .field("entries", &self.len())
            .field("bytes", &self.bytes.len())
            .finish()
    }
}

impl Oracle for Witness {
    type Error = NotFound;

    fn hint(&mut self, _: &Hint<'_>) -> Result<(), NotFound> {
        Ok(())
    }

    fn get(&mut self, key: PreimageKey) -> Result<Bytes, NotFound> {
        Self::get(self, &key).ok_or(NotFound)
    }
}

/// The witness does not have it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("it is not in the witness")]
pub struct NotFound;

/// An entry that breaks the form.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct WitnessError {
    /// Where the entry begins, in bytes.
    pub offset: usize,
    /// Its key, unless the file ends within it.
    pub key: Option<PreimageKey>,
    /// What is wrong.
    pub why: WitnessFault,
}

/// What is wrong with an entry.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum WitnessFault {
    /// The file ends within key or length.
    #[error("{left} bytes are left, too few for a key and a length")]
    Truncated {
        /// Bytes left.
        left: usize,
    },
    /// The value ends beyond the file.
    #[error("its length is {length}, but {left} bytes are left")]
    BeyondEnd {
        /// The value's length by the entry.
        length: u32,
        /// Bytes left.
        left: usize,
    },
    /// The key is below the one before it.
    #[error("it comes after a greater key")]
    Unsorted,
    /// The key is the one before it again.
    #[error("it is there twice")]
    Duplicate,
    /// There is no such type of key.
    #[error("keys of type {0} are unknown")]
    UnknownKind(u8),
    /// A local value.
    #[error("local values are no part of a witness")]
    Local,
    /// A value of a length that its type does not have.
    #[error("its length is {got}, but {want} for this type")]
    Length {
        /// What it should be.
        want: &'static str,
        /// What it is.
        got: usize,
    },
}

impl fmt::Display for WitnessError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "entry at byte {}", self.offset)?;
        if let Some(key) = self.key {
            write!(f, ", key {key}")?;
        }
        write!(f, ": {}", self.why)
    }
}

impl core::error::Error for WitnessError {}

/// Where the entries are, and per type a table by the first bits of the hash: hashes are uniform, so that hardly more than one key is ever compared.
struct Index {
    /// Where each entry begins, in the order of the file.
    offsets: Vec<usize>,
    /// In the order of the type byte.
    tables: Vec<Table>,
}

/// The keys of one type.
struct Table {
    kind: u8,
    /// How far to shift a key's 8 bytes after the type byte to get its bucket.
    shift: u32,
    /// Bucket `b` is `offsets[starts[b]..starts[b + 1]]`.
    starts: Vec<usize>,
}

impl Index {
    fn new(bytes: &[u8]) -> Result<Self, WitnessError> {
        let mut offsets = Vec::new();
        let mut last: Option<PreimageKey> = None;
        let mut kinds: Vec<(u8, usize)> = Vec::new();
        let mut offset = 0_usize;
        while offset < bytes.len() {
            let left = bytes.len().saturating_sub(offset);
            let Some(entry) = Entry::read(bytes, offset) else {
                return Err(WitnessError {
                    offset,
                    key: None,
                    why: WitnessFault::Truncated { left },
                });
            };
            let end = entry
                .check(last.as_ref(), left)
                .map_err(|why| WitnessError {
                    offset,
                    key: Some(entry.key),
                    why,
                })?;
            let [kind, ..] = *entry.key.as_bytes();
            match kinds.last_mut() {
                Some((same, count)) if *same == kind => *count = count.saturating_add(1),
                Some(_) | None => kinds.push((kind, 1)),
            }
            last = Some(entry.key);
            offsets.push(offset);
            offset = end;
        }
        let mut first = 0_usize;
        let mut tables = Vec::with_capacity(kinds.len());
        for (kind, count) in kinds {
            let end = first.saturating_add(count);
            let entries = offsets.get(first..end).unwrap_or_default();
            tables.push(Table::new(kind, bytes, entries, first));
            first = end;
        }
        Ok(Self { offsets, tables })
    }

    /// The entries that the key may be among.
    fn candidates(&self, key: &PreimageKey) -> Option<&[usize]> {
        let [kind, ..] = *key.as_bytes();
        let table = self.tables.iter().find(|table| table.kind == kind)?;
        let bucket = table.bucket(key);
        let start = *table.starts.get(bucket)?;
        let end = *table.starts.get(bucket.checked_add(1)?)?;
        self.offsets.get(start..end)
    }
}

impl Table {
    /// `first` is the number of entries before this type's.
    fn new(kind: u8, bytes: &[u8], entries: &[usize], first: usize) -> Self {
        let bits = entries.len().checked_ilog2().unwrap_or(0).min(MAX_BITS);
        let shift = u64::BITS.saturating_sub(bits);
        let buckets = 1_usize.checked_shl(bits).unwrap_or(1);
        let mut table = Self {
            kind,
            shift,
            starts: vec![first; buckets.saturating_add(1)],
        };
        let mut next = 0_usize;
        for (position, &offset) in entries.iter().enumerate() {
            let Some(key) = key_at(bytes, offset) else {
                continue;
            };
            let bucket = table.bucket(&key);
            while next <= bucket {
                if let Some(start) = table.starts.get_mut(next) {
                    *start = first.saturating_add(position);
                }
                next = next.saturating_add(1);
            }
        }
        let end = first.saturating_add(entries.len());
        table.starts.iter_mut().skip(next).for_each(|s| *s = end);
        table
    }

    fn bucket(&self, key: &PreimageKey) -> usize {
        let [_, a, b, c, d, e, f, g, h, ..] = *key.as_bytes();
        let bits = u64::from_be_bytes([a, b, c, d, e, f, g, h])
            .checked_shr(self.shift)
            .unwrap_or(0);
        usize::try_from(bits).unwrap_or(usize::MAX)
    }
}

/// Key and length of an entry.
struct Entry {
    key: PreimageKey,
    length: u32,
    /// Where the value begins.
    start: usize,
}

impl Entry {
    fn read(bytes: &[u8], offset: usize) -> Option<Self> {
        let (key, rest) = bytes.get(offset..)?.split_first_chunk()?;
        let length = rest.first_chunk()?;
        Some(Self {
            key: PreimageKey::from_bytes(*key),
            length: u32::from_le_bytes(*length),
            start: offset.checked_add(HEAD_BYTES)?,
        })
    }

    fn value(&self) -> Option<core::ops::Range<usize>> {
        let length = usize::try_from(self.length).ok()?;
        Some(self.start..self.start.checked_add(length)?)
    }

    /// Where the entry ends, if it is right; `left` is what the file has from its beginning.
    fn check(&self, last: Option<&PreimageKey>, left: usize) -> Result<usize, WitnessFault> {
        match last.map(|last| last.cmp(&self.key)) {
            Some(core::cmp::Ordering::Greater) => return Err(WitnessFault::Unsorted),
            Some(core::cmp::Ordering::Equal) => return Err(WitnessFault::Duplicate),
            Some(core::cmp::Ordering::Less) | None => {}
        }
        let left = left.saturating_sub(HEAD_BYTES);
        let value =
            self.value()
                .filter(|value| value.len() <= left)
                .ok_or(WitnessFault::BeyondEnd {
                    length: self.length,
                    left,
                })?;
        let got = value.len();
        let length = |fits: bool, want| match fits {
            true => Ok(value.end),
            false => Err(WitnessFault::Length { want, got }),
        };
        let [kind, ..] = *self.key.as_bytes();
        match self.key.kind().ok_or(WitnessFault::UnknownKind(kind))? {
            KeyKind::Local => Err(WitnessFault::Local),
            KeyKind::Keccak256 => Ok(value.end),
            KeyKind::Sha256 => length(got == 48, "48"),
            KeyKind::Blob => length(got == 32, "32"),
            KeyKind::Precompile => length(got > 0, "at least 1"),
        }
    }
}

fn key_at(bytes: &[u8], offset: usize) -> Option<PreimageKey> {
    let key = bytes.get(offset..)?.first_chunk()?;
    Some(PreimageKey::from_bytes(*key))
}

/// Key and length.
const HEAD_BYTES: usize = 36;
/// At most 16 million buckets.
const MAX_BITS: u32 = 24;

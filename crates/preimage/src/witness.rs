//! Witness files in their decompressed form: `key 32 ++ length u32 little endian ++ value`, sorted by key. Compression is the reader's business.

use alloc::{vec, vec::Vec};
use alloy_primitives::{B256, Bytes, map::B256Map};
use core::{cmp::Ordering, ops::Range};

use crate::{Blob, Commitment, FIELD_ELEMENTS, Hint, KeyKind, Oracle, PreimageKey, blob};

/// All preimages of a claim in one buffer. Values are slices of it: nothing is copied, and nothing is believed either (see [`crate::Verified`]).
#[derive(Clone, Debug)]
pub struct Witness {
    data: Bytes,
    /// One for each entry, in the file's order.
    slots: Vec<Slot>,
    /// Keys are hashes, evenly spread: a table of the first few bits leads to within a handful of slots. One for each of [`KINDS`].
    tables: [Table; KINDS.len()],
    /// Entries that look like the preimage of a type 5 key, commitment and root of unity; see [`Oracle::blob`] below.
    points: Vec<Point>,
    /// Position of each root of unity in a blob, made when first needed.
    positions: B256Map<usize>,
}

/// A preimage of 80 bytes.
#[derive(Clone, Copy, Debug)]
struct Point {
    /// Its bytes 1 to 4: of the commitment, if it is what it looks like.
    tag: u32,
    /// Where the entry begins.
    offset: u32,
}

/// An entry, short enough for the whole index to stay in a processor's cache.
#[derive(Clone, Copy, Debug)]
struct Slot {
    /// The key's bytes 1 to 4, big endian.
    prefix: u32,
    /// Where the entry begins.
    offset: u32,
}

/// Entries of one kind of key.
#[derive(Clone, Debug, Default)]
struct Table {
    /// Bits of a prefix that do not choose a bucket.
    shift: u32,
    /// First slot of each bucket, and the end of the last. Empty without entries.
    starts: Vec<u32>,
}

impl Witness {
    /// Checks a file's form and indexes it in one pass. Hashes are not checked.
    pub fn parse(data: Bytes) -> Result<Self, WitnessError> {
        let size = data.len() as u64;
        u32::try_from(size).map_err(|_| WitnessError::TooLarge { bytes: size })?;
        let mut slots = Vec::new();
        let mut points = Vec::new();
        let mut ends = [0; KINDS.len()];
        let mut previous: &[u8; 32] = &[0; 32];
        let mut rest: &[u8] = &data;
        let mut offset: u32 = 0;
        while !rest.is_empty() {
            let truncated = WitnessError::Truncated { offset };
            let (key, after) = rest.split_first_chunk::<32>().ok_or(truncated)?;
            let (length, after) = after.split_first_chunk::<4>().ok_or(truncated)?;
            let named = B256::from(key);
            match compare(previous, key) {
                Ordering::Less => {}
                // The first key of a file that begins with the initial value is refused further down, for its type.
                Ordering::Equal if offset == 0 => {}
                Ordering::Equal => return Err(WitnessError::Duplicate { offset, key: named }),
                Ordering::Greater => return Err(WitnessError::Unsorted { offset, key: named }),
            }
            let length = u32::from_le_bytes(*length);
            let (kind, fits) = admitted(key, length, offset)?;
            if !fits {
                return Err(WitnessError::Length {
                    offset,
                    key: named,
                    got: length,
                });
            }
            let overrun = WitnessError::Overrun {
                offset,
                key: named,
                length,
            };
            let (value, next) = usize::try_from(length)
                .ok()
                .and_then(|length| after.split_at_checked(length))
                .ok_or(overrun)?;
            slots.push(Slot {
                prefix: prefix(key),
                offset,
            });
            if let (0, Ok(point)) = (kind, <&[u8; 80]>::try_from(value)) {
                points.push(Point {
                    tag: tag(point),
                    offset,
                });
            }
            // Entries are at least 36 bytes long, hence fewer than 2^32.
            if let Some(end) = ends.get_mut(kind) {
                *end = slots.len() as u32;
            }
            // Within the buffer, whose size fits.
            offset = offset.wrapping_add(ENTRY_HEAD).wrapping_add(length);
            previous = key;
            rest = next;
        }
        let mut start = 0;
        let tables = ends.map(|end| {
            // No entry of this kind leaves the end at 0.
            let end = end.max(start);
            let range = core::mem::replace(&mut start, end)..end;
            Table::new(&slots, range)
        });
        Ok(Self {
            data,
            slots,
            tables,
            points,
            positions: B256Map::default(),
        })
    }

    /// Number of entries.
    pub fn len(&self) -> usize {
        self.slots.len()
    }

    /// Whether there is no entry at all.
    pub fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }

    /// All entries in the order of their keys.
    pub fn iter(&self) -> impl Iterator<Item = (PreimageKey, Bytes)> + '_ {
        self.slots.iter().filter_map(|slot| {
            let (key, _) = self.data.get(slot.offset as usize..)?.split_first_chunk()?;
            let range = self.range(slot)?;
            Some((PreimageKey::from_bytes(*key).ok()?, self.data.slice(range)))
        })
    }

    /// All keys in order.
    pub fn keys(&self) -> impl Iterator<Item = PreimageKey> + '_ {
        self.iter().map(|(key, _)| key)
    }

    /// The value of a key.
    pub fn value(&self, key: &PreimageKey) -> Option<Bytes> {
        self.find(key).map(|range| self.data.slice(range))
    }

    /// Where in the buffer the value of a key is.
    fn find(&self, key: &PreimageKey) -> Option<Range<usize>> {
        let table = self.tables.get(position(key.kind())?)?;
        let wanted = prefix(key.as_bytes());
        let mut bucket = table.bucket(&self.slots, wanted)?;
        // Somebody may have ground for hashes with the same first bits.
        if bucket.len() > LINEAR {
            let below = bucket.partition_point(|slot| slot.prefix < wanted);
            bucket = bucket.get(below..)?;
        }
        bucket
            .iter()
            .skip_while(|slot| slot.prefix < wanted)
            .take_while(|slot| slot.prefix == wanted)
            .find(|slot| {
                let entry = self.data.get(slot.offset as usize..);
                entry.and_then(|entry| entry.first_chunk()) == Some(key.as_bytes())
            })
            .and_then(|slot| self.range(slot))
    }

    #[inline]
    fn range(&self, slot: &Slot) -> Option<Range<usize>> {
        let entry = self.data.get(slot.offset as usize..)?;
        let (_, length) = entry.first_chunk::<36>()?.split_last_chunk::<4>()?;
        let start = (slot.offset as usize).checked_add(ENTRY_HEAD as usize)?;
        let end = start.checked_add(u32::from_le_bytes(*length) as usize)?;
        Some(start..end)
    }
}

impl Table {
    fn new(slots: &[Slot], range: Range<u32>) -> Self {
        let count = range.end.saturating_sub(range.start);
        let own = slots
            .get(range.start as usize..range.end as usize)
            .unwrap_or_default();
        // About two entries to a bucket.
        let bits = (count / 2).checked_ilog2().unwrap_or(0).min(24);
        let shift = 32u32.saturating_sub(bits);
        if own.is_empty() {
            return Self::default();
        }
        let buckets = 1usize << bits;
        let mut starts = vec![range.end; buckets.saturating_add(1)];
        let mut next = 0;
        for (at, slot) in (range.start..).zip(own) {
            let bucket = bucket_of(slot.prefix, shift);
            // Buckets from the last entry's on, up to this one's, begin here.
            for start in starts.get_mut(next..=bucket).unwrap_or_default() {
                *start = at;
            }
            next = next.max(bucket.saturating_add(1));
        }
        Self { shift, starts }
    }

    #[inline]
    fn bucket<'a>(&self, slots: &'a [Slot], prefix: u32) -> Option<&'a [Slot]> {
        let bucket = bucket_of(prefix, self.shift);
        let [start, end] = *self.starts.get(bucket..)?.first_chunk()?;
        slots.get(start as usize..end as usize)
    }
}

impl Oracle for Witness {
    type Error = NotFound;

    fn hint(&mut self, _hint: &Hint<'_>) -> Result<(), NotFound> {
        Ok(())
    }

    fn get(&mut self, key: PreimageKey) -> Result<Bytes, NotFound> {
        let range = self.find(&key).ok_or(NotFound { key })?;
        Ok(self.data.slice(range))
    }

    fn read(&mut self, key: PreimageKey, out: &mut [u8]) -> Result<usize, NotFound> {
        let range = self.find(&key).ok_or(NotFound { key })?;
        let value = self.data.get(range).ok_or(NotFound { key })?;
        let length = value.len().min(out.len());
        if let (Some(to), Some(from)) = (out.get_mut(..length), value.get(..length)) {
            to.copy_from_slice(from);
        }
        Ok(value.len())
    }

    /// Hosts record the preimage of every type 5 key as well. With those, a blob's elements are found without hashing, in the order of the file.
    ///
    /// Nothing is believed by that: a blob is right if it matches its commitment, however it was found. If any is lacking, there is no answer here.
    fn blob(&mut self, commitment: &Commitment) -> Result<Option<Blob>, NotFound> {
        if self.points.len() < FIELD_ELEMENTS {
            return Ok(None);
        }
        if self.positions.is_empty() {
            let roots = blob::roots_of_unity().iter().map(B256::from);
            self.positions = roots.zip(0..).collect();
            // A blob's own are then together, so that many blobs do not cost a search through all of them each; among them the file's order stays.
            self.points
                .sort_unstable_by_key(|point| (point.tag, point.offset));
        }
        let wanted = tag(commitment);
        let first = self.points.partition_point(|point| point.tag < wanted);
        let points = self.points.get(first..).unwrap_or_default();
        let mut blob = blob::zeroed();
        let mut missing = vec![true; FIELD_ELEMENTS];
        let mut count = FIELD_ELEMENTS;
        let (elements, _) = blob.as_chunks_mut::<32>();
        for point in points.iter().take_while(|point| point.tag == wanted) {
            let entry = self.data.get(point.offset as usize..);
            let Some((head, value)) = entry.and_then(|entry| entry.split_first_chunk::<36>())
            else {
                continue;
            };
            let Some((of, root)) = value.split_first_chunk::<48>() else {
                continue;
            };
            let position = root.first_chunk::<32>().and_then(|root| {
                self.positions
                    .get(<&B256>::from(root))
                    .filter(|_| of == commitment)
            });
            // kona's key for a proof is at no root.
            let Some(position) = position else { continue };
            let mut key = *head;
            let [kind, ..] = &mut key;
            *kind = KeyKind::Blob as u8;
            let key = key
                .first_chunk()
                .and_then(|key| PreimageKey::from_bytes(*key).ok());
            let value = key.and_then(|key| self.data.get(self.find(&key)?)?.first_chunk::<32>());
            if let (Some(value), Some(element), Some(missing)) = (
                value,
                elements.get_mut(*position),
                missing.get_mut(*position),
            ) {
                *element = *value;
                count = count.saturating_sub(usize::from(core::mem::take(missing)));
            }
        }
        Ok((count == 0).then_some(blob))
    }

    fn blob_proof(&mut self, commitment: &Commitment) -> Result<Option<[u8; 48]>, NotFound> {
        let key = PreimageKey::blob(commitment, &blob::proof_point());
        let value = self.find(&key).and_then(|range| self.data.get(range));
        Ok(value.and_then(|value| value.try_into().ok()))
    }
}

/// The store has no such preimage.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("preimage {key} is not in the store")]
pub struct NotFound {
    /// What was asked for.
    pub key: PreimageKey,
}

/// A file that is no witness. `offset` is where the entry at fault begins, in decompressed bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum WitnessError {
    /// The file ends within an entry's key or length.
    #[error("the witness is cut off in the entry at byte {offset}")]
    Truncated {
        /// Start of the entry.
        offset: u32,
    },
    /// The value would end after the file.
    #[error("the entry {key} at byte {offset} has {length} bytes, more than are left")]
    Overrun {
        /// Start of the entry.
        offset: u32,
        /// Its key.
        key: B256,
        /// Its announced length.
        length: u32,
    },
    /// The key is not above the one before.
    #[error("the entry {key} at byte {offset} is out of order")]
    Unsorted {
        /// Start of the entry.
        offset: u32,
        /// Its key.
        key: B256,
    },
    /// The key is the one before.
    #[error("the key {key} occurs again at byte {offset}")]
    Duplicate {
        /// Start of the second entry.
        offset: u32,
        /// The key.
        key: B256,
    },
    /// The key's type is none that a witness can hold.
    #[error("the entry {key} at byte {offset} has an unknown key type")]
    UnknownKind {
        /// Start of the entry.
        offset: u32,
        /// Its key.
        key: B256,
    },
    /// A local key: what is to be proven must not come from the witness.
    #[error("the entry {key} at byte {offset} is local, which a witness must not hold")]
    Local {
        /// Start of the entry.
        offset: u32,
        /// Its key.
        key: B256,
    },
    /// Commitments have 48 bytes, a blob's elements 32, its proof 48, precompile results at least their status.
    #[error("the entry {key} at byte {offset} cannot have {got} bytes")]
    Length {
        /// Start of the entry.
        offset: u32,
        /// Its key.
        key: B256,
        /// Its length.
        got: u32,
    },
    /// Above 4 GiB, which the index cannot address.
    #[error("a witness of {bytes} bytes is too large")]
    TooLarge {
        /// The file's size.
        bytes: u64,
    },
}

/// The position of a key's kind in [`KINDS`], and whether its value may have this length.
#[inline]
fn admitted(key: &[u8; 32], length: u32, offset: u32) -> Result<(usize, bool), WitnessError> {
    let named = B256::from(key);
    let [kind, ..] = *key;
    match kind {
        1 => Err(WitnessError::Local { offset, key: named }),
        2 => Ok((0, true)),
        4 => Ok((1, length == 48)),
        // kona's host keeps a blob's proof under one more key of this kind.
        5 => Ok((2, length == 32 || length == 48)),
        6 => Ok((3, length > 0)),
        _ => Err(WitnessError::UnknownKind { offset, key: named }),
    }
}

fn position(kind: KeyKind) -> Option<usize> {
    match kind {
        KeyKind::Keccak256 => Some(0),
        KeyKind::Sha256 => Some(1),
        KeyKind::Blob => Some(2),
        KeyKind::Precompile => Some(3),
        KeyKind::Local | KeyKind::Global => None,
    }
}

/// Compares keys; nearly always the first eight bytes decide.
#[inline]
fn compare(a: &[u8; 32], b: &[u8; 32]) -> Ordering {
    match (a.first_chunk().copied(), b.first_chunk().copied()) {
        (Some(first), Some(second)) if first != second => {
            u64::from_be_bytes(first).cmp(&u64::from_be_bytes(second))
        }
        _ => a.cmp(b),
    }
}

#[inline]
fn prefix(key: &[u8; 32]) -> u32 {
    let [_, a, b, c, d, ..] = *key;
    u32::from_be_bytes([a, b, c, d])
}

/// Bytes 1 to 4; a commitment's first has flags.
#[inline]
fn tag(bytes: &[u8]) -> u32 {
    bytes
        .get(1..)
        .and_then(|bytes| bytes.first_chunk())
        .map_or(0, |tag| u32::from_be_bytes(*tag))
}

#[inline]
fn bucket_of(prefix: u32, shift: u32) -> usize {
    prefix.checked_shr(shift).unwrap_or(0) as usize
}

/// Kinds of keys that a witness holds, in the order of their type bytes.
const KINDS: [KeyKind; 4] = [
    KeyKind::Keccak256,
    KeyKind::Sha256,
    KeyKind::Blob,
    KeyKind::Precompile,
];

/// Key and length.
const ENTRY_HEAD: u32 = 36;

/// Up to so many slots, looking at all of them is faster than halving.
const LINEAR: usize = 16;

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(kind: u8, tail: u8, value: &[u8]) -> Vec<u8> {
        let mut key = [tail; 32];
        key[0] = kind;
        let length = (value.len() as u32).to_le_bytes();
        [&key[..], &length, value].concat()
    }

    fn key(kind: u8, tail: u8) -> B256 {
        let mut key = B256::repeat_byte(tail);
        key[0] = kind;
        key
    }

    /// D127: every way in which a file may be malformed has its name and place.
    #[test]
    fn d127_malformed_witnesses_are_refused_by_name() {
        let good = entry(2, 7, b"abc");
        let after = good.len() as u32;
        let second = |entry: Vec<u8>| [good.clone(), entry].concat();
        let cases = [
            (
                second(entry(2, 7, b"abc")),
                WitnessError::Duplicate {
                    offset: after,
                    key: key(2, 7),
                },
            ),
            (
                second(entry(2, 6, b"abc")),
                WitnessError::Unsorted {
                    offset: after,
                    key: key(2, 6),
                },
            ),
            (
                entry(1, 7, b"abc"),
                WitnessError::Local {
                    offset: 0,
                    key: key(1, 7),
                },
            ),
            (
                entry(0, 0, b"abc"),
                WitnessError::UnknownKind {
                    offset: 0,
                    key: key(0, 0),
                },
            ),
            (
                second(entry(3, 7, b"")),
                WitnessError::UnknownKind {
                    offset: after,
                    key: key(3, 7),
                },
            ),
            (
                second(entry(7, 7, b"")),
                WitnessError::UnknownKind {
                    offset: after,
                    key: key(7, 7),
                },
            ),
            (
                entry(4, 1, &[0; 47]),
                WitnessError::Length {
                    offset: 0,
                    key: key(4, 1),
                    got: 47,
                },
            ),
            (
                entry(5, 1, &[0; 31]),
                WitnessError::Length {
                    offset: 0,
                    key: key(5, 1),
                    got: 31,
                },
            ),
            (
                entry(6, 1, &[]),
                WitnessError::Length {
                    offset: 0,
                    key: key(6, 1),
                    got: 0,
                },
            ),
            (
                second(vec![2; 20]),
                WitnessError::Truncated { offset: after },
            ),
            (
                second(vec![8; 35]),
                WitnessError::Truncated { offset: after },
            ),
            (
                [&key(2, 7)[..], &u32::MAX.to_le_bytes(), &[0; 100]].concat(),
                WitnessError::Overrun {
                    offset: 0,
                    key: key(2, 7),
                    length: u32::MAX,
                },
            ),
        ];
        for (data, want) in cases {
            let got = Witness::parse(data.into()).map(|witness| witness.len());
            assert_eq!(got, Err(want), "{want}");
        }
        for cut in 1..good.len() {
            assert!(
                Witness::parse(good[..cut].to_vec().into()).is_err(),
                "cut to {cut} bytes"
            );
        }
    }

    #[test]
    fn values_are_found_and_absent_keys_are_not() {
        for count in [0usize, 1, 2, 3, 17, 200] {
            let mut data = Vec::new();
            for kind in [2, 5, 6] {
                for tail in 0..count {
                    data.extend(entry(kind, tail as u8, &[tail as u8; 32]));
                }
            }
            let mut witness = Witness::parse(data.into()).unwrap();
            assert_eq!(witness.len(), 3 * count);
            assert_eq!(witness.iter().count(), 3 * count);
            for kind in [2, 5, 6] {
                for tail in 0..=255u8 {
                    let key = PreimageKey::from_bytes(key(kind, tail).0).unwrap();
                    let want = (usize::from(tail) < count).then(|| Bytes::from(vec![tail; 32]));
                    assert_eq!(witness.get(key).ok(), want, "{key} of {count}");
                    let mut out = [0; 8];
                    let length = want.as_ref().map(|value| value.len());
                    assert_eq!(witness.read(key, &mut out).ok(), length);
                    assert!(want.is_none() || out == [tail; 8]);
                }
            }
            for absent in [PreimageKey::local(1), PreimageKey::sha256(B256::ZERO)] {
                assert_eq!(witness.get(absent), Err(NotFound { key: absent }));
            }
        }
    }

    /// Keys that agree in all the bits the index looks at.
    #[test]
    fn crowded_prefixes_are_searched_all_the_same() {
        let keys: Vec<B256> = (0..1_000u16)
            .map(|i| {
                let mut key = key(2, 9);
                key[30..].copy_from_slice(&i.to_be_bytes());
                key
            })
            .collect();
        let data: Vec<u8> = keys
            .iter()
            .flat_map(|key| [&key[..], &2u32.to_le_bytes(), &key[30..]].concat())
            .collect();
        let mut witness = Witness::parse(data.into()).unwrap();
        for hash in keys {
            let got = witness.get(PreimageKey::keccak256(hash)).unwrap();
            assert_eq!(got, hash[30..], "{hash}");
        }
    }
}

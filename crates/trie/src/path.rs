use alloc::vec::Vec;
use alloy_primitives::B256;

/// Nibbles of a key.
pub(crate) const KEY_NIBBLES: usize = 64;

const LEAF: u8 = 0x20;
const ODD: u8 = 0x10;

/// Nibble `at` of a path that is stored two to a byte, 0 beyond its end.
#[inline]
pub(crate) fn nibble(path: &[u8], at: usize) -> u8 {
    let byte = path.get(at >> 1).copied().unwrap_or(0);
    if at & 1 == 0 { byte >> 4 } else { byte & 0x0f }
}

/// How many nibbles two keys have in common from the start.
#[inline]
pub(crate) fn common(a: &B256, b: &B256) -> usize {
    let mut common = 0usize;
    for (a, b) in a.as_chunks::<8>().0.iter().zip(b.as_chunks::<8>().0) {
        let difference = u64::from_be_bytes(*a) ^ u64::from_be_bytes(*b);
        if difference != 0 {
            return common.wrapping_add((difference.leading_zeros() >> 2) as usize);
        }
        common = common.wrapping_add(16);
    }
    common
}

/// `path` with its nibble `at` replaced; what comes after is meaningless.
pub(crate) fn with_nibble(path: &B256, at: usize, nibble: u8) -> B256 {
    let mut path = *path;
    set(&mut path, at, nibble);
    path
}

#[inline]
fn set(path: &mut B256, at: usize, nibble: u8) {
    if let Some(byte) = path.0.get_mut(at >> 1) {
        *byte = if at & 1 == 0 {
            (*byte & 0x0f) | (nibble << 4)
        } else {
            (*byte & 0xf0) | nibble
        };
    }
}

/// A hex-prefix encoded path inside a node's encoding.
#[derive(Clone, Copy, Debug)]
pub(crate) struct HexPrefix<'a> {
    pub(crate) leaf: bool,
    odd: Option<u8>,
    pairs: &'a [u8],
}

impl<'a> HexPrefix<'a> {
    #[inline]
    pub(crate) fn decode(encoded: &'a [u8]) -> Option<Self> {
        let (&flag, pairs) = encoded.split_first()?;
        if flag & !(LEAF | ODD | 0x0f) != 0 {
            return None;
        }
        let odd = if flag & ODD != 0 {
            Some(flag & 0x0f)
        } else {
            None
        };
        if odd.is_none() && flag & 0x0f != 0 {
            return None;
        }
        Some(Self {
            leaf: flag & LEAF != 0,
            odd,
            pairs,
        })
    }

    #[inline]
    pub(crate) fn len(&self) -> usize {
        self.pairs
            .len()
            .saturating_mul(2)
            .saturating_add(usize::from(self.odd.is_some()))
    }

    pub(crate) fn nibbles(&self) -> impl Iterator<Item = u8> + 'a {
        self.odd
            .into_iter()
            .chain(self.pairs.iter().flat_map(|pair| [pair >> 4, pair & 0x0f]))
    }

    /// The whole path: `depth` nibbles of `above`, then this; `None` if that is more than a key.
    #[inline]
    pub(crate) fn below(&self, above: &B256, depth: usize) -> Option<B256> {
        let end = depth.saturating_add(self.len());
        if end > KEY_NIBBLES {
            return None;
        }
        let mut path = *above;
        let mut at = depth;
        if let Some(nibble) = self.odd {
            set(&mut path, at, nibble);
            at = at.wrapping_add(1);
        }
        if at & 1 == 0 {
            path.0
                .get_mut(at >> 1..end >> 1)?
                .copy_from_slice(self.pairs);
        } else {
            for pair in self.pairs {
                set(&mut path, at, pair >> 4);
                set(&mut path, at.wrapping_add(1), pair & 0x0f);
                at = at.wrapping_add(2);
            }
        }
        Some(path)
    }
}

/// Bytes of the RLP string that [`put_path`] writes for this many nibbles.
#[inline]
pub(crate) fn path_length(nibbles: usize) -> usize {
    // One byte is its own RLP (flags are below 0x80); of more, fewer than 56, the header takes one.
    let pairs = nibbles >> 1;
    if pairs == 0 {
        1
    } else {
        pairs.saturating_add(2)
    }
}

/// Writes nibbles `start..end` of `path` as an RLP string in hex-prefix form.
#[inline]
pub(crate) fn put_path(out: &mut Vec<u8>, path: &[u8], start: usize, end: usize, leaf: bool) {
    let nibbles = end.saturating_sub(start);
    let pairs = nibbles >> 1;
    if pairs != 0 {
        out.push(0x81_u8.wrapping_add(pairs as u8));
    }
    let flag = if leaf { LEAF } else { 0 };
    let mut at = start;
    if nibbles & 1 == 0 {
        out.push(flag);
    } else {
        out.push(flag | ODD | nibble(path, start));
        at = at.wrapping_add(1);
    }
    if at & 1 == 0 {
        out.extend_from_slice(path.get(at >> 1..end >> 1).unwrap_or(&[]));
    } else {
        for _ in 0..pairs {
            out.push((nibble(path, at) << 4) | nibble(path, at.wrapping_add(1)));
            at = at.wrapping_add(2);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> B256 {
        B256::new(core::array::from_fn(|i| {
            (i as u8).wrapping_mul(0x1d) ^ 0xa5
        }))
    }

    #[test]
    fn d110_hex_prefix_round_trips_at_every_position() {
        for start in 0..=KEY_NIBBLES {
            for end in start..=KEY_NIBBLES {
                for leaf in [false, true] {
                    let mut out = Vec::new();
                    put_path(&mut out, key().as_slice(), start, end, leaf);
                    assert_eq!(out.len(), path_length(end - start));
                    let encoded = if out.len() == 1 { &out[..] } else { &out[1..] };
                    assert!(out.len() == 1 || usize::from(out[0]) == 0x80 + encoded.len());
                    let path = HexPrefix::decode(encoded).unwrap();
                    assert_eq!((path.leaf, path.len()), (leaf, end - start));
                    let nibbles: Vec<u8> = (start..end)
                        .map(|at| nibble(key().as_slice(), at))
                        .collect();
                    assert_eq!(path.nibbles().collect::<Vec<_>>(), nibbles);
                    let whole = path.below(&key(), start).unwrap();
                    assert!(
                        (0..end)
                            .all(|at| nibble(whole.as_slice(), at) == nibble(key().as_slice(), at))
                    );
                }
            }
        }
    }

    #[test]
    fn d110_hex_prefix_of_the_yellow_paper() {
        for (path, start, end, leaf, encoded) in [
            (
                [0x01, 0x23, 0x45],
                1,
                6,
                false,
                &[0x83, 0x11, 0x23, 0x45][..],
            ),
            (
                [0x01, 0x23, 0x45],
                0,
                6,
                false,
                &[0x84, 0x00, 0x01, 0x23, 0x45],
            ),
            (
                [0x0f, 0x1c, 0xb8],
                0,
                6,
                true,
                &[0x84, 0x20, 0x0f, 0x1c, 0xb8],
            ),
            ([0x0f, 0x1c, 0xb8], 1, 6, true, &[0x83, 0x3f, 0x1c, 0xb8]),
            ([0x0f, 0x1c, 0xb8], 5, 6, true, &[0x38]),
            ([0x0f, 0x1c, 0xb8], 6, 6, true, &[0x20]),
        ] {
            let mut out = Vec::new();
            put_path(&mut out, &path, start, end, leaf);
            assert_eq!(out, encoded);
        }
    }

    #[test]
    fn d171_a_path_beyond_the_key_is_refused() {
        let encoded = [0x00; 33];
        let path = HexPrefix::decode(&encoded).unwrap();
        assert!(path.below(&key(), 0).is_some());
        assert!(path.below(&key(), 1).is_none());
        assert!(path.below(&key(), usize::MAX).is_none());
    }

    #[test]
    fn flags_are_canonical() {
        for flag in 0..=u8::MAX {
            assert_eq!(
                HexPrefix::decode(&[flag]).is_some(),
                matches!(flag, 0x00 | 0x10..=0x1f | 0x20 | 0x30..=0x3f)
            );
        }
        assert!(HexPrefix::decode(&[]).is_none());
    }

    #[test]
    fn common_counts_nibbles() {
        assert_eq!(common(&key(), &key()), KEY_NIBBLES);
        for at in 0..KEY_NIBBLES {
            let other = with_nibble(&key(), at, nibble(key().as_slice(), at) ^ 1);
            assert_eq!(common(&key(), &other), at);
        }
    }
}

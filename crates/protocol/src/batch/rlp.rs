//! RLP as strict as the reference's: sizes and single bytes in their canonical form, integers without leading zeros, lists used up.

use super::RlpFault;
use alloc::vec::Vec;

/// An RLP item, of which only the header has been read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Item<'a> {
    pub(super) is_list: bool,
    pub(super) payload: &'a [u8],
}

/// Splits the first item off the front.
#[inline]
pub(super) fn split<'a>(input: &mut &'a [u8]) -> Result<Item<'a>, RlpFault> {
    let (&first, after) = input.split_first().ok_or(RlpFault::Overrun)?;
    let (is_list, header_len, len) = match first {
        0x00..=0x7f => (false, 0, 1),
        0x80..=0xb7 => (false, 1, usize::from(first & 0x3f)),
        0xb8..=0xbf => long_form(after, first.wrapping_sub(0xb7), false)?,
        0xc0..=0xf7 => (true, 1, usize::from(first & 0x3f)),
        0xf8..=0xff => long_form(after, first.wrapping_sub(0xf7), true)?,
    };
    let (_, body) = input
        .split_at_checked(header_len)
        .ok_or(RlpFault::Overrun)?;
    let (payload, rest) = body.split_at_checked(len).ok_or(RlpFault::Overrun)?;
    if let (0x81, [byte]) = (first, payload)
        && *byte < 0x80
    {
        return Err(RlpFault::NonCanonicalByte);
    }
    *input = rest;
    Ok(Item { is_list, payload })
}

/// Reads a size of `size_len` bytes: header length and payload length.
fn long_form(after: &[u8], size_len: u8, is_list: bool) -> Result<(bool, usize, usize), RlpFault> {
    let size_len = usize::from(size_len);
    let size = after.get(..size_len).ok_or(RlpFault::Overrun)?;
    let len = size
        .iter()
        .fold(0u64, |len, byte| len.wrapping_shl(8) | u64::from(*byte));
    if len < 56 || size.first() == Some(&0) {
        return Err(RlpFault::NonCanonicalSize);
    }
    let len = usize::try_from(len).map_err(|_| RlpFault::Overrun)?;
    Ok((is_list, size_len.saturating_add(1), len))
}

/// The next item of a list's payload.
#[inline]
fn element<'a>(list: &mut &'a [u8]) -> Result<Item<'a>, RlpFault> {
    if list.is_empty() {
        Err(RlpFault::TooFewElements)
    } else {
        split(list)
    }
}

/// The next element, which must be a string.
#[inline]
pub(super) fn string<'a>(list: &mut &'a [u8]) -> Result<&'a [u8], RlpFault> {
    let item = element(list)?;
    if item.is_list {
        Err(RlpFault::ExpectedString)
    } else {
        Ok(item.payload)
    }
}

/// The payload of the next element, which must be a list.
#[inline]
pub(super) fn list<'a>(list: &mut &'a [u8]) -> Result<&'a [u8], RlpFault> {
    let item = element(list)?;
    if item.is_list {
        Ok(item.payload)
    } else {
        Err(RlpFault::ExpectedList)
    }
}

/// The next element, which must be a string of `N` bytes.
pub(super) fn fixed<'a, const N: usize>(list: &mut &'a [u8]) -> Result<&'a [u8; N], RlpFault> {
    string(list)?.try_into().map_err(|_| RlpFault::WrongLength)
}

/// The big-endian bytes of the next element, which must be an integer of at most `max_len` bytes.
#[inline]
pub(super) fn integer<'a>(list: &mut &'a [u8], max_len: usize) -> Result<&'a [u8], RlpFault> {
    let bytes = string(list)?;
    if bytes.len() > max_len {
        return Err(RlpFault::IntegerTooLong);
    }
    if bytes.first() == Some(&0) {
        Err(RlpFault::LeadingZero)
    } else {
        Ok(bytes)
    }
}

/// The next element, which must be an integer of at most 64 bits.
pub(super) fn uint64(list: &mut &[u8]) -> Result<u64, RlpFault> {
    let bytes = integer(list, 8)?;
    Ok(bytes
        .iter()
        .fold(0, |value, byte| value.wrapping_shl(8) | u64::from(*byte)))
}

/// That a list has no further element.
#[inline]
pub(super) fn end(list: &[u8]) -> Result<(), RlpFault> {
    if list.is_empty() {
        Ok(())
    } else {
        Err(RlpFault::TooManyElements)
    }
}

/// Encoded length of an integer given without leading zeros.
pub(super) fn integer_len(bytes: &[u8]) -> usize {
    match bytes {
        [byte] if *byte < 0x80 => 1,
        _ => bytes.len().saturating_add(1),
    }
}

/// Writes an integer, of at most 55 bytes and given without leading zeros.
pub(super) fn put_integer(out: &mut Vec<u8>, bytes: &[u8]) {
    if integer_len(bytes) != 1 || bytes.is_empty() {
        out.push(0x80 | (bytes.len() & 0x3f) as u8);
    }
    out.extend_from_slice(bytes);
}

/// Writes the header of a list with a payload of `len` bytes.
pub(super) fn put_list_header(out: &mut Vec<u8>, len: usize) {
    if len < 56 {
        out.push(0xc0 | (len & 0x3f) as u8);
    } else {
        let size = len.to_be_bytes();
        let size = without_leading_zeros(&size);
        out.push(0xf7u8.wrapping_add((size.len() & 0x0f) as u8));
        out.extend_from_slice(size);
    }
}

/// A big-endian integer as RLP wants it.
pub(super) fn without_leading_zeros(bytes: &[u8]) -> &[u8] {
    let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
    bytes.get(zeros..).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::{vec, vec::Vec};

    #[test]
    fn d31_strictness() {
        let long = |head: &[u8], len: usize| [head, &vec![0x41; len]].concat();
        // (bytes, is list and payload length, or the fault)
        let cases = [
            (vec![0x00], Ok((false, 1))),
            (vec![0x7f], Ok((false, 1))),
            (vec![0x80], Ok((false, 0))),
            (vec![0x81, 0x80], Ok((false, 1))),
            (vec![0x81, 0x7f], Err(RlpFault::NonCanonicalByte)),
            (vec![0x81], Err(RlpFault::Overrun)),
            (long(&[0xb7], 55), Ok((false, 55))),
            (long(&[0xb8, 55], 55), Err(RlpFault::NonCanonicalSize)),
            (long(&[0xb8, 56], 56), Ok((false, 56))),
            (long(&[0xb8, 56], 55), Err(RlpFault::Overrun)),
            (
                long(&[0xb9, 0x00, 0xff], 255),
                Err(RlpFault::NonCanonicalSize),
            ),
            (long(&[0xb9, 0x01, 0x00], 256), Ok((false, 256))),
            (vec![0xb9, 0x01], Err(RlpFault::Overrun)),
            (vec![0xbf; 9], Err(RlpFault::Overrun)),
            (vec![0xc0], Ok((true, 0))),
            (vec![0xc1, 0x01], Ok((true, 1))),
            (long(&[0xf7], 55), Ok((true, 55))),
            (long(&[0xf8, 55], 55), Err(RlpFault::NonCanonicalSize)),
            (long(&[0xf8, 56], 56), Ok((true, 56))),
            (vec![0xff; 9], Err(RlpFault::Overrun)),
            (vec![], Err(RlpFault::Overrun)),
        ];
        for (bytes, want) in cases {
            let mut input = bytes.as_slice();
            let got = split(&mut input).map(|item| (item.is_list, item.payload.len()));
            assert_eq!(got, want, "{bytes:x?}");
            assert!(want.is_err() || input.is_empty());
        }
    }

    #[test]
    fn d31_integers() {
        for (bytes, want) in [
            (&[0x80u8][..], Ok(0)),
            (&[0x01], Ok(1)),
            (&[0x00], Err(RlpFault::LeadingZero)),
            (&[0x82, 0x00, 0x01], Err(RlpFault::LeadingZero)),
            (
                &[0x88, 255, 255, 255, 255, 255, 255, 255, 255],
                Ok(u64::MAX),
            ),
            (
                &[0x89, 1, 0, 0, 0, 0, 0, 0, 0, 0],
                Err(RlpFault::IntegerTooLong),
            ),
            (&[0xc0], Err(RlpFault::ExpectedString)),
            (&[], Err(RlpFault::TooFewElements)),
        ] {
            assert_eq!(uint64(&mut &bytes[..]), want, "{bytes:x?}");
        }
    }

    #[test]
    fn encoding_agrees_with_alloy() {
        use alloy_rlp::Encodable;
        for value in [0u64, 1, 0x7f, 0x80, 0xff, 0x100, u64::MAX] {
            let mut ours = Vec::new();
            let bytes = value.to_be_bytes();
            put_integer(&mut ours, without_leading_zeros(&bytes));
            assert_eq!(ours, alloy_rlp::encode(value));
            assert_eq!(ours.len(), integer_len(without_leading_zeros(&bytes)));
        }
        for len in [0usize, 1, 55, 56, 255, 256, 65_535, 65_536, 20_000_000] {
            let (mut ours, mut theirs) = (Vec::new(), Vec::new());
            put_list_header(&mut ours, len);
            alloy_rlp::Header {
                list: true,
                payload_length: len,
            }
            .encode(&mut theirs);
            assert_eq!(ours, theirs, "{len}");
        }
        let mut zero = Vec::new();
        0u8.encode(&mut zero);
        assert_eq!(zero, [0x80]);
    }
}

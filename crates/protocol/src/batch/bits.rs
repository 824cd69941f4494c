//! Bitlists. Spec: `delta/span-batches.md`, "Span batch format", "standard bitlists".

use super::SpanFault;

/// A bitlist: one big-endian number of as many whole bytes as needed, bit 0 being its least significant one (D26).
#[derive(Clone, Copy, Debug)]
pub(super) struct Bits<'a>(pub(super) &'a [u8]);

impl<'a> Bits<'a> {
    /// Splits a list of `len` bits off the front. A short list is not filled up (D25), a bit past the end not ignored (D26).
    pub(super) fn split(input: &mut &'a [u8], len: usize) -> Result<Self, SpanFault> {
        let (bits, rest) = input
            .split_at_checked(byte_len(len))
            .ok_or(SpanFault::Truncated)?;
        *input = rest;
        let used = u32::try_from(len & 7).unwrap_or(0);
        match bits.first() {
            Some(top) if used != 0 && top.wrapping_shr(used) != 0 => Err(SpanFault::StrayBit),
            Some(_) | None => Ok(Self(bits)),
        }
    }

    /// Bit `index`; not set where the list is shorter.
    pub(super) fn get(self, index: usize) -> bool {
        let from_end = index.wrapping_shr(3).saturating_add(1);
        let byte = self
            .0
            .len()
            .checked_sub(from_end)
            .and_then(|at| self.0.get(at));
        byte.is_some_and(|byte| byte & 1u8.wrapping_shl((index & 7) as u32) != 0)
    }

    /// Number of bits that are set.
    pub(super) fn count_ones(self) -> usize {
        self.0.iter().fold(0usize, |ones, byte| {
            ones.saturating_add(byte.count_ones() as usize)
        })
    }
}

/// How many bytes `len` bits take.
pub(super) const fn byte_len(len: usize) -> usize {
    len.div_ceil(8)
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;

    #[test]
    fn d26_bit_order_and_stray_bits() {
        for len in 1usize..=17 {
            let bytes = len.div_ceil(8);
            for bit in 0..bytes * 8 {
                // The list as a number with only `bit` set, written down by definition.
                let number = 1u32 << bit;
                let data = number.to_be_bytes()[4 - bytes..].to_vec();
                let mut input = data.as_slice();
                match Bits::split(&mut input, len) {
                    Ok(bits) => {
                        assert!(bit < len, "bit {bit} of {len}");
                        assert_eq!(bits.count_ones(), 1);
                        for i in 0..40 {
                            assert_eq!(bits.get(i), i == bit, "bit {i} of {len}");
                        }
                    }
                    Err(why) => {
                        assert!(bit >= len, "bit {bit} of {len}");
                        assert_eq!(why, SpanFault::StrayBit);
                    }
                }
            }
        }
    }

    #[test]
    fn d25_short_lists_are_not_filled_up() {
        for (len, have) in [(1, 0), (8, 0), (9, 1), (16, 1), (17, 2)] {
            let data = vec![0u8; have];
            assert_eq!(
                Bits::split(&mut data.as_slice(), len).err(),
                Some(SpanFault::Truncated),
                "{len}"
            );
        }
    }
}

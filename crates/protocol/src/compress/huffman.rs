//! Decoding tables for deflate's Huffman codes.
//!
//! An [`Entry`] says in one word all that the decoder must know about a code. Codes longer than the table's index are found through a link to a second,
//! small table, of one width for all links of the code.

#![expect(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    reason = "hot; lengths are at most 15 (three or four bits of input), at most 320 of them, and their code is checked before it is laid out"
)]

use alloc::{boxed::Box, vec};

/// What a code, at most 15 bits long, stands for.
///
/// Bits 0..8: how many bits of input to drop. Bits 8..13: how many extra bits follow. Bits 13..16: the kind. Bits 16..31: literal, base value, or where
/// the linked table begins. Bit 31: a literal.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Entry(u32);

impl Entry {
    pub(super) const INVALID: Self = Self(Self::EXCEPTION);
    pub(super) const END: Self = Self(Self::EXCEPTION | Self::END_OF_BLOCK);

    const END_OF_BLOCK: u32 = 1 << 13;
    const LINK: u32 = 1 << 14;
    const EXCEPTION: u32 = 1 << 15;
    const LITERAL: u32 = 1 << 31;

    pub(super) const fn literal(byte: u8) -> Self {
        Self(Self::LITERAL | (byte as u32) << 16)
    }

    /// A number: `base` plus the value of `extra` bits that follow.
    pub(super) const fn number(base: u16, extra: u8) -> Self {
        Self((base as u32) << 16 | (extra as u32) << 8)
    }

    const fn link(start: usize, width: u32) -> Self {
        Self(Self::EXCEPTION | Self::LINK | (start as u32) << 16 | width << 8)
    }

    const fn with_length(self, length: u32) -> Self {
        Self(self.0 | length)
    }

    /// Bits to drop, extra bits not included.
    pub(super) const fn length(self) -> u32 {
        self.0 & 0xff
    }

    pub(super) const fn is_literal(self) -> bool {
        self.0 & Self::LITERAL != 0
    }

    /// Whether this is neither literal nor number: the end of the block, an invalid code, or, inside a table, a link.
    pub(super) const fn is_exception(self) -> bool {
        self.0 & Self::EXCEPTION != 0
    }

    pub(super) const fn is_end(self) -> bool {
        self.0 & Self::END_OF_BLOCK != 0
    }

    const fn is_link(self) -> bool {
        self.0 & Self::LINK != 0
    }

    pub(super) const fn byte(self) -> u8 {
        (self.0 >> 16) as u8
    }

    /// How many extra bits follow the code of a number.
    pub(super) const fn extra(self) -> u32 {
        self.0 >> 8 & 0x1f
    }

    /// The number, `bits` being the input after its code.
    pub(super) const fn value(self, bits: u64) -> usize {
        (self.0 >> 16) as usize + (bits & ((1 << self.extra()) - 1)) as usize
    }

    const fn start(self) -> usize {
        (self.0 >> 16 & 0x7fff) as usize
    }
}

/// The table of one code: `SIZE` entries, a power of two, of which the first `1 << WIDTH` are indexed by input.
#[derive(Debug)]
pub(super) struct Table<const SIZE: usize, const WIDTH: u32> {
    entries: Box<[Entry; SIZE]>,
}

impl<const SIZE: usize, const WIDTH: u32> Table<SIZE, WIDTH> {
    pub(super) fn new() -> Self {
        let entries = vec![Entry::INVALID; SIZE].into_boxed_slice();
        // The length fits by construction, so the other arm is never taken.
        Self {
            entries: entries
                .try_into()
                .unwrap_or_else(|_| Box::new([Entry::INVALID; SIZE])),
        }
    }

    /// The entry for the code at the low end of `bits`, links not followed.
    #[inline(always)]
    pub(super) fn direct(&self, bits: u64) -> Entry {
        self.entries[bits as usize & ((1 << WIDTH) - 1)]
    }

    /// Follows `entry` if it is a link.
    #[inline(always)]
    pub(super) fn follow(&self, entry: Entry, bits: u64) -> Entry {
        if !entry.is_link() {
            return entry;
        }
        let index = (bits >> WIDTH) as usize & ((1 << entry.extra()) - 1);
        self.entries[(entry.start() + index) & (SIZE - 1)]
    }

    /// The entry for the code at the low end of `bits`.
    #[inline(always)]
    pub(super) fn get(&self, bits: u64) -> Entry {
        self.follow(self.direct(bits), bits)
    }

    /// Fills the table with the canonical code of these lengths, `symbols` being what they stand for.
    ///
    /// As Go's `compress/flate` does, takes complete codes, a single code of one bit, and the empty code, whose use is then the fault; returns whether the
    /// code was one of these.
    pub(super) fn fill(&mut self, lengths: &[u8], symbols: &[Entry]) -> bool {
        let mut count = [0u16; 16];
        for length in lengths {
            count[usize::from(length & 15)] += 1;
        }
        count[0] = 0;
        // The first code of each length, and where its symbols begin among all, sorted by length.
        let (mut next, mut sorted_at) = ([0u16; 16], [0u16; 16]);
        let (mut used, mut longest, mut space) = (0, 0u32, 0u32);
        for length in 1..16 {
            // What the shorter codes take up, in codes of this length.
            next[length as usize] = (space >> (15 - length)) as u16;
            sorted_at[length as usize] = used;
            let here = count[length as usize];
            used += here;
            space += u32::from(here) << (15 - length);
            if here != 0 {
                longest = length;
            }
        }
        if space != 1 << 15 {
            if used > 1 || (used == 1 && longest != 1) {
                return false;
            }
            self.entries[..1 << WIDTH].fill(Entry::INVALID);
        }
        let mut sorted = [(0u16, 0u8); 320];
        for (symbol, length) in lengths
            .iter()
            .enumerate()
            .filter(|(_, length)| **length != 0)
        {
            let at = &mut sorted_at[usize::from(length & 15)];
            sorted[usize::from(*at)] = (symbol as u16, *length);
            *at += 1;
        }
        let link_width = longest.saturating_sub(WIDTH);
        let (mut links, mut last_prefix) = (1 << WIDTH, usize::MAX);
        for (symbol, length) in &sorted[..usize::from(used)] {
            let length = u32::from(*length);
            let code = next[length as usize];
            next[length as usize] = code.wrapping_add(1);
            let entry = symbols[usize::from(*symbol)].with_length(length);
            let reversed = (code.reverse_bits() >> (16 - length)) as usize;
            if length <= WIDTH {
                let slots = self.entries[reversed..1 << WIDTH].iter_mut();
                slots.step_by(1 << length).for_each(|slot| *slot = entry);
                continue;
            }
            // Codes ascend, so those with one prefix come one after another.
            let prefix = reversed & ((1 << WIDTH) - 1);
            if prefix != last_prefix {
                last_prefix = prefix;
                self.entries[prefix] = Entry::link(links, link_width);
                links += 1 << link_width;
            }
            let start = links - (1 << link_width);
            let slots = self.entries[start..links]
                .iter_mut()
                .skip(reversed >> WIDTH);
            slots
                .step_by(1 << (length - WIDTH))
                .for_each(|slot| *slot = entry);
        }
        true
    }
}

//! deflate, with the partial output of Go's `compress/flate`. Spec: RFC 1951.
//!
//! Everything decoded before a fault is handed out, and a match is handed out whole or not at all. What is particular to Go's decoder: inside a dynamic
//! block it always waits for as many bits as the end-of-block code is long, so that a shorter code in the last bits of a truncated stream is lost (D147).
//! (miniz_oxide decodes it, as C's zlib does, and its tail on errors is unclear, D14: so it could not be used here.)

#![expect(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    reason = "hot; positions stay below input and output lengths, which the loops' conditions and `make_room` ensure"
)]

use alloc::{vec, vec::Vec};

use super::{
    StreamEnd,
    huffman::{Entry, Table},
};

/// Why a deflate stream ends early.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum DeflateFault {
    /// The stream is cut off.
    #[error("truncated")]
    Truncated,
    /// A block is of the reserved type 3.
    #[error("reserved block type")]
    BlockType,
    /// A stored block's length and its complement disagree.
    #[error("stored length and its complement disagree")]
    StoredLength,
    /// A dynamic block's codes are too many, or no prefix code.
    #[error("bad code lengths")]
    CodeLengths,
    /// A code stands for nothing.
    #[error("invalid code")]
    Code,
    /// A match begins before the output does.
    #[error("distance too far")]
    Distance,
}

/// What a deflate stream hands out.
#[derive(Debug)]
pub(super) struct Inflated {
    pub(super) data: Vec<u8>,
    pub(super) end: StreamEnd,
    /// How much of the input the stream is, in bytes, if it is complete.
    pub(super) consumed: usize,
    /// Where Go's decoder last made its output available before `end`: at each 32 KiB of output, and at empty stored blocks.
    pub(super) last_flush: usize,
}

/// Inflates `input` until its end, a fault, or more than `limit` bytes.
pub(super) fn inflate(input: &[u8], limit: usize) -> Inflated {
    let guess = input
        .len()
        .saturating_mul(4)
        .min(limit)
        .saturating_add(ROOM);
    let mut decoder = Decoder {
        bits: Bits {
            input,
            at: 0,
            buffer: 0,
            count: 0,
        },
        out: vec![0; guess],
        len: 0,
        limit,
        last_flush: 0,
        literals: Table::new(),
        distances: Table::new(),
        end_length: 0,
    };
    let end = match decoder.blocks() {
        // The fast loop may have gone past the limit and met an end or a fault before anybody looked: more output follows all the same.
        Ok(()) | Err(_) if decoder.len > limit => StreamEnd::Clipped,
        Ok(()) => StreamEnd::Complete,
        Err(end) => end,
    };
    let Decoder {
        bits,
        mut out,
        len,
        last_flush,
        ..
    } = decoder;
    out.truncate(len.min(limit));
    let last_flush = last_flush.max(out.len() & !(WINDOW - 1));
    Inflated {
        data: out,
        end,
        consumed: bits.at - bits.count as usize / 8,
        last_flush,
    }
}

struct Decoder<'a> {
    bits: Bits<'a>,
    /// The output, and zeros to write over.
    out: Vec<u8>,
    /// How much of `out` is output.
    len: usize,
    limit: usize,
    last_flush: usize,
    literals: Table<8192, 10>,
    distances: Table<4096, 8>,
    /// Length of the end-of-block code, in a dynamic block.
    end_length: u32,
}

impl Decoder<'_> {
    fn blocks(&mut self) -> Result<(), StreamEnd> {
        loop {
            let header = self.bits.take(3)?;
            let is_final = header & 1 != 0;
            match header >> 1 {
                0 => self.stored(is_final)?,
                1 => {
                    self.fixed_codes();
                    self.compressed()?;
                }
                2 => {
                    self.dynamic_codes()?;
                    self.compressed()?;
                }
                _ => return Err(DeflateFault::BlockType.into()),
            }
            if is_final {
                return Ok(());
            }
        }
    }

    fn stored(&mut self, is_final: bool) -> Result<(), StreamEnd> {
        self.bits.align();
        let rest = &self.bits.input[self.bits.at..];
        let Some((&[a, b, c, d], rest)) = rest.split_first_chunk::<4>() else {
            return Err(DeflateFault::Truncated.into());
        };
        let (length, complement) = (u16::from_le_bytes([a, b]), u16::from_le_bytes([c, d]));
        if length != !complement {
            return Err(DeflateFault::StoredLength.into());
        }
        let length = usize::from(length);
        if length == 0 && !is_final {
            // A final one is flushed together with what comes after it.
            self.last_flush = self.len;
        }
        // Every byte that is there counts, even if the block is cut off.
        let present = &rest[..length.min(rest.len())];
        self.make_room(present.len());
        self.out[self.len..self.len + present.len()].copy_from_slice(present);
        self.len += present.len();
        self.bits.at += 4 + present.len();
        self.check_limit()?;
        if present.len() < length {
            Err(DeflateFault::Truncated.into())
        } else {
            Ok(())
        }
    }

    fn fixed_codes(&mut self) {
        let mut lengths = [8u8; 288];
        lengths[144..256].fill(9);
        lengths[256..280].fill(7);
        self.literals.fill(&lengths, &LITERALS);
        self.distances.fill(&[5; 32], &DISTANCES);
        // Seven bits, the shortest: no code is shorter.
        self.end_length = 0;
    }

    fn dynamic_codes(&mut self) -> Result<(), StreamEnd> {
        let header = self.bits.take(14)?;
        let literals = (header & 31) as usize + 257;
        let distances = (header >> 5 & 31) as usize + 1;
        if literals > 286 || distances > 30 {
            return Err(DeflateFault::CodeLengths.into());
        }
        let mut lengths = [0u8; 19];
        for index in LENGTH_ORDER.into_iter().take((header >> 10) as usize + 4) {
            lengths[index] = self.bits.take(3)? as u8;
        }
        // The table of distances is free until the distances' own code is known.
        if !self.distances.fill(&lengths, &LENGTHS) {
            return Err(DeflateFault::CodeLengths.into());
        }
        let mut lengths = [0u8; 286 + 30];
        let (mut at, total) = (0, literals + distances);
        while at < total {
            let symbol = self.bits.code(&self.distances, 0)?.value(0);
            let (length, repeat) = match symbol {
                0..16 => (symbol as u8, 1),
                16 if at == 0 => return Err(DeflateFault::CodeLengths.into()),
                16 => (lengths[at - 1], 3 + self.bits.take(2)?),
                17 => (0, 3 + self.bits.take(3)?),
                _ => (0, 11 + self.bits.take(7)?),
            };
            let end = at + repeat as usize;
            if end > total {
                return Err(DeflateFault::CodeLengths.into());
            }
            lengths[at..end].fill(length);
            at = end;
        }
        let (literals, distances) = lengths[..total].split_at(literals);
        self.end_length = u32::from(literals[256]);
        if self.literals.fill(literals, &LITERALS) && self.distances.fill(distances, &DISTANCES) {
            Ok(())
        } else {
            Err(DeflateFault::CodeLengths.into())
        }
    }

    /// The contents of a block, codes known.
    fn compressed(&mut self) -> Result<(), StreamEnd> {
        loop {
            self.check_limit()?;
            self.make_room(ROOM);
            if self.compressed_fast()? {
                return Ok(());
            }
            if self.out.len() - self.len >= ROOM && self.compressed_symbol()? {
                return Ok(());
            }
        }
    }

    /// Decodes while there is plenty of input and room, and says whether the block has ended.
    fn compressed_fast(&mut self) -> Result<bool, StreamEnd> {
        let Self {
            bits:
                Bits {
                    input,
                    at,
                    buffer,
                    count,
                },
            out,
            len,
            literals,
            distances,
            ..
        } = self;
        let input = *input;
        // Local copies stay in registers.
        let (mut next, mut bits, mut have, mut to) = (*at, *buffer, *count, *len);
        let out_end = out.len() - ROOM;
        let ended = loop {
            // Each of the two refills below reads eight bytes and steps over seven at most.
            let Some(ahead) = input.get(next..next + 16) else {
                break Ok(false);
            };
            if to > out_end {
                break Ok(false);
            }
            let Some(word) = ahead.first_chunk::<8>() else {
                break Ok(false);
            };
            bits |= u64::from_le_bytes(*word) << have;
            next += (63 - have) as usize >> 3;
            have |= 56;
            let mut entry = literals.direct(bits);
            // Three literals of at most ten bits; the first code that is something else goes on below.
            if entry.is_literal() {
                out[to] = entry.byte();
                to += 1;
                bits >>= entry.length();
                have -= entry.length();
                entry = literals.direct(bits);
                if entry.is_literal() {
                    out[to] = entry.byte();
                    to += 1;
                    bits >>= entry.length();
                    have -= entry.length();
                    entry = literals.direct(bits);
                    if entry.is_literal() {
                        out[to] = entry.byte();
                        to += 1;
                        bits >>= entry.length();
                        have -= entry.length();
                        continue;
                    }
                }
                let Some(word) = input.get(next..).and_then(|rest| rest.first_chunk::<8>()) else {
                    break Ok(false);
                };
                bits |= u64::from_le_bytes(*word) << have;
                next += (63 - have) as usize >> 3;
                have |= 56;
            }
            // From here at most 15 + 5 + 15 + 13 bits are used.
            if entry.is_exception() {
                entry = literals.follow(entry, bits);
                if entry.is_literal() {
                    out[to] = entry.byte();
                    to += 1;
                    bits >>= entry.length();
                    have -= entry.length();
                    continue;
                }
                if entry.is_exception() {
                    bits >>= entry.length();
                    have -= entry.length();
                    break if entry.is_end() {
                        Ok(true)
                    } else {
                        Err(DeflateFault::Code)
                    };
                }
            }
            bits >>= entry.length();
            let length = entry.value(bits);
            bits >>= entry.extra();
            have -= entry.length() + entry.extra();
            let entry = distances.get(bits);
            if entry.is_exception() {
                break Err(DeflateFault::Code);
            }
            bits >>= entry.length();
            let distance = entry.value(bits);
            bits >>= entry.extra();
            have -= entry.length() + entry.extra();
            if distance > to {
                break Err(DeflateFault::Distance);
            }
            repeat(out, to, distance, length);
            to += length;
        };
        (*at, *buffer, *count, *len) = (next, bits, have, to);
        Ok(ended?)
    }

    /// Decodes one literal or match, minding the end of the input, and says whether the block has ended.
    fn compressed_symbol(&mut self) -> Result<bool, StreamEnd> {
        let entry = self.bits.code(&self.literals, self.end_length)?;
        if entry.is_literal() {
            self.out[self.len] = entry.byte();
            self.len += 1;
            return Ok(false);
        }
        if entry.is_end() {
            return Ok(true);
        }
        let length = entry.value(self.bits.take(entry.extra())?);
        let entry = self.bits.code(&self.distances, 0)?;
        let distance = entry.value(self.bits.take(entry.extra())?);
        if distance > self.len {
            return Err(DeflateFault::Distance.into());
        }
        repeat(&mut self.out, self.len, distance, length);
        self.len += length;
        Ok(false)
    }

    /// Ensures that `out` has room for `more` bytes, no more than a block or a turn of a loop writes.
    fn make_room(&mut self, more: usize) {
        if self.out.len() - self.len < more {
            // Only the last step passes the limit.
            let most = self.limit.saturating_add(ROOM);
            let size = self
                .out
                .len()
                .saturating_mul(2)
                .min(most)
                .max(self.len + more);
            self.out.reserve_exact(size - self.out.len());
            self.out.resize(size, 0);
        }
    }

    fn check_limit(&self) -> Result<(), StreamEnd> {
        if self.len > self.limit {
            Err(StreamEnd::Clipped)
        } else {
            Ok(())
        }
    }
}

/// The input, least significant bits first.
struct Bits<'a> {
    input: &'a [u8],
    /// How many bytes of the input `buffer` has taken up.
    at: usize,
    /// The bits ahead. Those beyond `count` are zero or equal to the bits that will come to stand there.
    buffer: u64,
    count: u32,
}

impl Bits<'_> {
    /// Takes up input until at least 56 bits are ahead, or all there are.
    fn refill(&mut self) {
        while self.count < 56
            && let Some(byte) = self.input.get(self.at)
        {
            self.buffer |= u64::from(*byte) << self.count;
            self.at += 1;
            self.count += 8;
        }
    }

    fn drop(&mut self, count: u32) -> Result<(), StreamEnd> {
        self.count = self
            .count
            .checked_sub(count)
            .ok_or(DeflateFault::Truncated)?;
        self.buffer >>= count;
        Ok(())
    }

    /// The next `count` bits, at most 16.
    fn take(&mut self, count: u32) -> Result<u64, StreamEnd> {
        self.refill();
        let bits = self.buffer & ((1 << count) - 1);
        self.drop(count)?;
        Ok(bits)
    }

    /// The next code, if at least `wait_for` bits are there.
    fn code<const SIZE: usize, const WIDTH: u32>(
        &mut self,
        table: &Table<SIZE, WIDTH>,
        wait_for: u32,
    ) -> Result<Entry, StreamEnd> {
        self.refill();
        if self.count < wait_for {
            return Err(DeflateFault::Truncated.into());
        }
        let entry = table.get(self.buffer);
        self.drop(entry.length())?;
        if entry.is_exception() && !entry.is_end() {
            return Err(DeflateFault::Code.into());
        }
        Ok(entry)
    }

    /// Drops the rest of the byte, and gives back the bytes taken up beyond it.
    fn align(&mut self) {
        self.at -= self.count as usize / 8;
        self.buffer = 0;
        self.count = 0;
    }
}

/// Writes `length` bytes at `to`, each equal to the one `distance` before it. May write up to 15 bytes more.
#[inline(always)]
fn repeat(out: &mut [u8], to: usize, distance: usize, length: usize) {
    let span = &mut out[to - distance..to + length + SLACK];
    if distance >= 16 {
        let mut at = 0;
        while at < length {
            let mut chunk = [0; 16];
            chunk.copy_from_slice(&span[at..at + 16]);
            span[distance + at..distance + at + 16].copy_from_slice(&chunk);
            at += 16;
        }
    } else if distance == 1 {
        let byte = span[0];
        span[1..=length].fill(byte);
    } else {
        for at in 0..length {
            span[distance + at] = span[at];
        }
    }
}

impl From<DeflateFault> for StreamEnd {
    fn from(fault: DeflateFault) -> Self {
        Self::Deflate(fault)
    }
}

/// Go's window, after each of which it flushes.
const WINDOW: usize = 32 * 1024;
/// The most bytes that one code stands for.
const LONGEST: usize = 258;
/// How far beyond its end a match may write.
const SLACK: usize = 16;
/// What one turn of the fast loop may write: two literals and a match.
const ROOM: usize = 2 + LONGEST + SLACK;

/// In this order stand the lengths of the code lengths' code.
const LENGTH_ORDER: [usize; 19] = [
    16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15,
];

/// The alphabet of code lengths and their repetitions.
const LENGTHS: [Entry; 19] = {
    let mut entries = [Entry::INVALID; 19];
    let mut symbol = 0;
    while symbol < 19 {
        entries[symbol] = Entry::number(symbol as u16, 0);
        symbol += 1;
    }
    entries
};

/// The alphabet of literals and match lengths; 286 and 287 stand for nothing.
const LITERALS: [Entry; 288] = {
    let mut entries = [Entry::INVALID; 288];
    let mut symbol = 0;
    while symbol < 256 {
        entries[symbol] = Entry::literal(symbol as u8);
        symbol += 1;
    }
    entries[256] = Entry::END;
    // Four lengths share a number of extra bits, except for the first eight.
    let (mut base, mut symbol) = (3, 257);
    while symbol < 285 {
        let extra = if symbol < 261 { 0 } else { (symbol - 261) / 4 };
        entries[symbol] = Entry::number(base, extra as u8);
        base += 1 << extra;
        symbol += 1;
    }
    entries[285] = Entry::number(LONGEST as u16, 0);
    entries
};

/// The alphabet of match distances; 30 and 31 stand for nothing.
const DISTANCES: [Entry; 32] = {
    let mut entries = [Entry::INVALID; 32];
    let (mut base, mut symbol) = (1, 0);
    while symbol < 30 {
        let extra = if symbol < 2 { 0 } else { (symbol - 2) / 2 };
        entries[symbol] = Entry::number(base, extra as u8);
        base += 1 << extra;
        symbol += 1;
    }
    entries
};

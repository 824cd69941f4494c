//! How long data would be after FastLZ: the measure that Fjord charges by. Only the length is computed, nothing is compressed.
//!
//! Spec: `fjord/exec-engine.md`, "FastLZ Implementation": level 1 of the format, as Solady's `LibZip` has it; bug for bug, since it is consensus.

use alloc::boxed::Box;

const TABLE_LEN: usize = 8192;
/// How far back a match may be.
const WINDOW: u32 = 0x1fff;

/// Length of `input` after compression, in bytes.
pub(crate) fn compressed_size(input: &[u8]) -> u32 {
    // Transactions are far below 4 GiB; what is not is not compressed either.
    match u32::try_from(input.len()) {
        // Clearing the table is much of the work for most transactions, so it is as small as it can be.
        Ok(len) if len < SHORT => size_with::<u16>(input, len),
        Ok(len) => size_with::<u32>(input, len),
        Err(_) => u32::MAX,
    }
}

/// Positions of shorter inputs have 16 bits.
const SHORT: u32 = 0xff00;

/// A position as the table has it.
trait Position: Copy + Default + Into<u32> {
    fn of(at: u32) -> Self;
}

impl Position for u16 {
    #[inline]
    fn of(at: u32) -> Self {
        // Not beyond the end of the input.
        at as Self
    }
}

impl Position for u32 {
    #[inline]
    fn of(at: u32) -> Self {
        at
    }
}

fn size_with<P: Position>(input: &[u8], len: u32) -> u32 {
    let limit = len.saturating_sub(13);
    let mut table = Box::new([P::default(); TABLE_LEN]);
    let (mut at, mut anchor, mut size) = (2_u32, 0_u32, 0_u32);

    'matches: while at < limit {
        let reference = loop {
            let here = three(input, at);
            let reference = core::mem::replace(entry(&mut table, here), P::of(at)).into();
            if at >= limit {
                break 'matches;
            }
            let distance = at.wrapping_sub(reference);
            at = at.wrapping_add(1);
            if distance <= WINDOW && here == three(input, reference) {
                break reference;
            }
        };
        if at >= limit {
            break;
        }
        at = at.wrapping_sub(1);
        size = size.wrapping_add(literals(at.wrapping_sub(anchor)));
        let matched = match_len(input, reference, at, limit);
        size = size.wrapping_add(match_size(matched));
        at = at.wrapping_add(matched);
        for _ in 0..2 {
            *entry(&mut table, three(input, at)) = P::of(at);
            at = at.wrapping_add(1);
        }
        anchor = at;
    }
    size.wrapping_add(literals(len.wrapping_sub(anchor)))
}

/// Three bytes from `at`, little-endian.
#[inline]
fn three(input: &[u8], at: u32) -> u32 {
    match input.get(at as usize..).and_then(<[u8]>::first_chunk) {
        Some([a, b, c]) => u32::from_le_bytes([*a, *b, *c, 0]),
        None => 0,
    }
}

/// Where the last position with these three bytes is kept.
#[inline]
#[expect(clippy::indexing_slicing, reason = "13 bits index 8192 entries")]
fn entry<P>(table: &mut [P; TABLE_LEN], three: u32) -> &mut P {
    &mut table[(three.wrapping_mul(2_654_435_769) >> 19) as usize & (TABLE_LEN - 1)]
}

/// How many bytes a match covers beyond the first three: up to and with the first byte that differs.
fn match_len(input: &[u8], reference: u32, at: u32, limit: u32) -> u32 {
    let tail = |from: u32| {
        input
            .get(from.wrapping_add(3) as usize..)
            .unwrap_or_default()
    };
    let most = limit.wrapping_add(6).wrapping_sub(at);
    let equal = tail(reference)
        .iter()
        .zip(tail(at))
        .take(most as usize)
        .take_while(|(a, b)| a == b)
        .count();
    most.min(u32::try_from(equal).unwrap_or(most).saturating_add(1))
}

/// Bytes for a run of `n` literals: one more for each 32 begun.
fn literals(n: u32) -> u32 {
    n.wrapping_add(n.div_ceil(32))
}

/// Bytes for a match of `len` beyond the first three.
fn match_size(len: u32) -> u32 {
    let beyond = len.wrapping_sub(1);
    let last = if beyond % 262 >= 6 { 3 } else { 2 };
    (beyond / 262).wrapping_mul(3).wrapping_add(last)
}

#[cfg(test)]
mod tests {
    use super::{SHORT, compressed_size, size_with};
    use alloc::vec::Vec;
    use alloy_primitives::keccak256;

    /// Wherever both have room for positions, up to the very end.
    #[test]
    fn both_widths_of_positions_give_the_same() {
        let mut seed = keccak256([]);
        for len in [3, 20, 200, 5_000, SHORT - 1] {
            for alphabet in [1_u8, 2, 7, 255] {
                let mut input = Vec::new();
                while input.len() < len as usize {
                    seed = keccak256(seed);
                    input.extend(seed.iter().map(|byte| byte % alphabet));
                }
                input.truncate(len as usize);
                let wide = size_with::<u32>(&input, len);
                assert_eq!(size_with::<u16>(&input, len), wide, "{len} {alphabet}");
                assert_eq!(compressed_size(&input), wide);
            }
        }
    }
}

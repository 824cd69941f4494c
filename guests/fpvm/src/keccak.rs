//! Keccak-256, around the permutation that `arch` has for each machine.
#![expect(
    unsafe_code,
    reason = "the function that alloy-primitives calls is a foreign one"
)]

use crate::arch;

/// What alloy-primitives calls for every hash of one piece (feature `native-keccak`).
///
/// # Safety
/// `bytes` must be readable for `length` bytes, and `output` writable for 32.
#[unsafe(no_mangle)]
unsafe extern "C" fn native_keccak256(bytes: *const u8, length: usize, output: *mut u8) {
    // SAFETY: the caller gives a slice's parts.
    let bytes = unsafe { core::slice::from_raw_parts(bytes, length) };
    let hash = match bytes.try_into() {
        Ok(point) => blob_point(point),
        Err(_) => any(bytes),
    };
    // SAFETY: the caller gives room for a hash, of which nothing is known but that.
    unsafe { output.cast::<[u8; 32]>().write_unaligned(hash) };
}

/// What the keys of blob elements are hashes of: nine of ten messages.
#[inline(never)]
fn blob_point(bytes: &[u8; 80]) -> [u8; 32] {
    let mut state = [0; 25];
    let (words, _) = bytes.as_chunks::<8>();
    // Spelled out, so that no loop remains.
    macro_rules! absorb {
        ($($i:literal)*) => { $( state[$i] = u64::from_le_bytes(words[$i]); )* };
    }
    absorb!(0 1 2 3 4 5 6 7 8 9);
    state[10] = 1;
    state[RATE / 8 - 1] = 1 << 63;
    hash(state)
}

#[inline(never)]
fn any(bytes: &[u8]) -> [u8; 32] {
    let mut state = [0; 25];
    let (blocks, rest) = bytes.as_chunks::<RATE>();
    for block in blocks {
        let (words, _) = block.as_chunks::<8>();
        absorb(&mut state, words);
        arch::keccak_permute(&mut state);
    }
    let (words, rest) = rest.as_chunks::<8>();
    absorb(&mut state, words);
    // The message is followed by a 1, then zeros up to a last 1.
    let mut last = 1;
    for byte in rest.iter().rev() {
        last = last << 8 | u64::from(*byte);
    }
    state[words.len()] ^= last;
    state[RATE / 8 - 1] ^= 1 << 63;

    hash(state)
}

/// The last permutation.
#[inline(always)]
fn hash(mut state: [u64; 25]) -> [u8; 32] {
    let [a, b, c, d] = arch::keccak_squeeze(&mut state);
    let mut hash = [0; 32];
    if let ([to_a, to_b, to_c, to_d], []) = hash.as_chunks_mut::<8>() {
        *to_a = a.to_le_bytes();
        *to_b = b.to_le_bytes();
        *to_c = c.to_le_bytes();
        *to_d = d.to_le_bytes();
    }
    hash
}

#[inline(always)]
fn absorb(state: &mut [u64; 25], words: &[[u8; 8]]) {
    for (lane, word) in state.iter_mut().zip(words) {
        *lane ^= u64::from_le_bytes(*word);
    }
}

/// Bytes of a message that one permutation takes.
const RATE: usize = 136;

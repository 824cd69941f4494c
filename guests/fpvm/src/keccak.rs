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
    let hash = keccak256(bytes);
    // SAFETY: the caller gives room for a hash, of which nothing is known but that.
    unsafe { output.cast::<[u8; 32]>().write_unaligned(hash) };
}

fn keccak256(bytes: &[u8]) -> [u8; 32] {
    let mut state = [0; 25];
    let (blocks, rest) = bytes.as_chunks::<RATE>();
    for block in blocks {
        let (words, _) = block.as_chunks::<8>();
        absorb(&mut state, words);
        arch::keccak_permute(&mut state);
    }
    let (words, rest) = rest.as_chunks::<8>();
    absorb(&mut state, words);
    // The message ends with bits 1, then zeros up to a last 1.
    let mut last = [0; 8];
    last[..rest.len()].copy_from_slice(rest);
    last[rest.len()] = 1;
    state[words.len()] ^= u64::from_le_bytes(last);
    state[RATE / 8 - 1] ^= 1 << 63;

    let mut hash = [0; 32];
    let (words, _) = hash.as_chunks_mut::<8>();
    for (word, lane) in words.iter_mut().zip(arch::keccak_squeeze(state)) {
        *word = lane.to_le_bytes();
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

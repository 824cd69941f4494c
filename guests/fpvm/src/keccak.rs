//! Keccak-256 for machines without a rotate instruction, all 24 rounds spelled out.
//!
//! Six lanes (1, 2, 8, 12, 17, 20) are kept inverted between rounds: then chi needs 5 inversions instead of 25, since `!y & z` of an inverted y or z
//! is an `and` or an `or`. Which lanes those are follows from theta and chi alone; the tests of the hash are its vectors.
#![expect(unsafe_code, reason = "the function that alloy-primitives calls is a foreign one")]

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
        permute(&mut state);
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
    for (word, lane) in words.iter_mut().zip(squeeze(&state)) {
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

/// The permutation.
#[inline(never)]
fn permute(state: &mut [u64; 25]) {
    let mut a = invert(*state);
    a = rounds23(a);
    *state = invert(round(a, RC[23]));
}

/// The first four lanes of what the permutation makes.
#[inline(never)]
fn squeeze(state: &[u64; 25]) -> [u64; 4] {
    let a = rounds23(invert(*state));
    let [e0, e1, e2, e3, ..] = round(a, RC[23]);
    [e0, !e1, !e2, e3]
}

#[inline(always)]
fn invert(mut a: [u64; 25]) -> [u64; 25] {
    for lane in [1, 2, 8, 12, 17, 20] {
        a[lane] = !a[lane];
    }
    a
}

#[inline(always)]
fn rounds23(mut a: [u64; 25]) -> [u64; 25] {
    macro_rules! rounds {
        ($($i:literal)*) => { $( a = round(a, RC[$i]); )* };
    }
    rounds!(0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22);
    a
}

/// One round on lanes of which six are inverted.
#[inline(always)]
fn round(a: [u64; 25], rc: u64) -> [u64; 25] {
    let c0 = a[0] ^ a[5] ^ a[10] ^ a[15] ^ a[20];
    let c1 = a[1] ^ a[6] ^ a[11] ^ a[16] ^ a[21];
    let c2 = a[2] ^ a[7] ^ a[12] ^ a[17] ^ a[22];
    let c3 = a[3] ^ a[8] ^ a[13] ^ a[18] ^ a[23];
    let c4 = a[4] ^ a[9] ^ a[14] ^ a[19] ^ a[24];
    let d0 = c4 ^ c1.rotate_left(1);
    let d1 = c0 ^ c2.rotate_left(1);
    let d2 = c1 ^ c3.rotate_left(1);
    let d3 = c2 ^ c4.rotate_left(1);
    let d4 = c3 ^ c0.rotate_left(1);

    let b0 = a[0] ^ d0;
    let b1 = (a[6] ^ d1).rotate_left(44);
    let b2 = (a[12] ^ d2).rotate_left(43);
    let b3 = (a[18] ^ d3).rotate_left(21);
    let b4 = (a[24] ^ d4).rotate_left(14);
    let e0 = b0 ^ (b1 | b2) ^ rc;
    let e1 = b1 ^ (!b2 | b3);
    let e2 = b2 ^ (b3 & b4);
    let e3 = b3 ^ (b4 | b0);
    let e4 = b4 ^ (b0 & b1);

    let b0 = (a[3] ^ d3).rotate_left(28);
    let b1 = (a[9] ^ d4).rotate_left(20);
    let b2 = (a[10] ^ d0).rotate_left(3);
    let b3 = (a[16] ^ d1).rotate_left(45);
    let b4 = (a[22] ^ d2).rotate_left(61);
    let e5 = b0 ^ (b1 | b2);
    let e6 = b1 ^ (b2 & b3);
    let e7 = b2 ^ (b3 | !b4);
    let e8 = b3 ^ (b4 | b0);
    let e9 = b4 ^ (b0 & b1);

    let b0 = (a[1] ^ d1).rotate_left(1);
    let b1 = (a[7] ^ d2).rotate_left(6);
    let b2 = (a[13] ^ d3).rotate_left(25);
    let b3 = !(a[19] ^ d4).rotate_left(8);
    let b4 = (a[20] ^ d0).rotate_left(18);
    let e10 = b0 ^ (b1 | b2);
    let e11 = b1 ^ (b2 & !b3);
    let e12 = b2 ^ (b3 & b4);
    let e13 = b3 ^ (b4 | b0);
    let e14 = b4 ^ (b0 & b1);

    let b0 = (a[4] ^ d4).rotate_left(27);
    let b1 = (a[5] ^ d0).rotate_left(36);
    let b2 = (a[11] ^ d1).rotate_left(10);
    let b3 = !(a[17] ^ d2).rotate_left(15);
    let b4 = (a[23] ^ d3).rotate_left(56);
    let e15 = b0 ^ (b1 & b2);
    let e16 = b1 ^ (b2 | !b3);
    let e17 = b2 ^ (b3 | b4);
    let e18 = b3 ^ (b4 & b0);
    let e19 = b4 ^ (b0 | b1);

    let b0 = (a[2] ^ d2).rotate_left(62);
    let b1 = !(a[8] ^ d3).rotate_left(55);
    let b2 = (a[14] ^ d4).rotate_left(39);
    let b3 = (a[15] ^ d0).rotate_left(41);
    let b4 = (a[21] ^ d1).rotate_left(2);
    let e20 = b0 ^ (b1 & b2);
    let e21 = b1 ^ (b2 | b3);
    let e22 = b2 ^ (b3 & b4);
    let e23 = b3 ^ (b4 | b0);
    let e24 = b4 ^ (b0 & !b1);

    [
        e0, e1, e2, e3, e4, e5, e6, e7, e8, e9, e10, e11, e12, e13, e14, e15, e16, e17, e18, e19,
        e20, e21, e22, e23, e24,
    ]
}

/// Bytes of a message that one permutation takes.
const RATE: usize = 136;

/// Round constants. Keccak reference 3.0, section 1.2: "the round constants".
static RC: [u64; 24] = [
    0x0000_0000_0000_0001,
    0x0000_0000_0000_8082,
    0x8000_0000_0000_808a,
    0x8000_0000_8000_8000,
    0x0000_0000_0000_808b,
    0x0000_0000_8000_0001,
    0x8000_0000_8000_8081,
    0x8000_0000_0000_8009,
    0x0000_0000_0000_008a,
    0x0000_0000_0000_0088,
    0x0000_0000_8000_8009,
    0x0000_0000_8000_000a,
    0x0000_0000_8000_808b,
    0x8000_0000_0000_008b,
    0x8000_0000_0000_8089,
    0x8000_0000_0000_8003,
    0x8000_0000_0000_8002,
    0x8000_0000_0000_0080,
    0x0000_0000_0000_800a,
    0x8000_0000_8000_000a,
    0x8000_0000_8000_8081,
    0x8000_0000_0000_8080,
    0x0000_0000_8000_0001,
    0x8000_0000_8000_8008,
];

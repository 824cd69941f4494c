//! What can only be tested on the machine itself. With the feature `self-test` the program does this and ends: 0 all is well, 2 it is not.

use crate::{VALID, arch};
use alloc::vec::Vec;
use alloy_primitives::{Keccak256, keccak256};
use core::hint::black_box;

pub(crate) fn run() {
    hashes();
    copies();
    blocks();
    arch::exit(VALID)
}

/// Our permutation against that of the streaming hasher, which is not ours, at every length around the borders of blocks and at every alignment.
fn hashes() {
    let bytes: Vec<u8> = (0..1_000_u32).map(|i| (i * i % 251) as u8).collect();
    for start in 0..16 {
        for length in (0..300).chain(530..560) {
            let message = &bytes[start..start + length];
            let mut hasher = Keccak256::new();
            hasher.update(message);
            assert_eq!(keccak256(message), hasher.finalize(), "{start}, {length}");
        }
    }
}

/// `memcpy` and `memset` at every alignment of both ends, and that they touch nothing else.
fn copies() {
    let from: Vec<u8> = (0..400_u32).map(|i| (i * i % 251 + 1) as u8).collect();
    for to_start in 8..17 {
        for from_start in 0..9 {
            for length in (0..90).chain([127, 128, 129, 255, 300]) {
                // Opaque, or the compiler may copy by other means.
                let length = black_box(length);
                let mut to = [0; 400];
                to[to_start..to_start + length]
                    .copy_from_slice(&from[from_start..from_start + length]);
                let expected = |at: usize| match at.checked_sub(to_start) {
                    Some(i) if i < length => from[from_start + i],
                    _ => 0,
                };
                for (at, byte) in to.iter().enumerate() {
                    assert_eq!(
                        *byte,
                        expected(at),
                        "{to_start}, {from_start}, {length}: {at}"
                    );
                }
                let value = black_box(from_start as u8 * 25);
                to[to_start..to_start + length].fill(value);
                for (at, byte) in to.iter().enumerate() {
                    let inside = (to_start..to_start + length).contains(&at);
                    assert_eq!(
                        *byte,
                        if inside { value } else { 0 },
                        "{to_start}, {length}: {at}"
                    );
                }
            }
        }
    }
}

/// Blocks of all sizes, made, grown, shrunk and given back in an arbitrary order: none overlaps another, and what must be zero is.
fn blocks() {
    let mut kept: Vec<(u8, Vec<u8>)> = Vec::new();
    let mut random = 1_u64;
    for _ in 0..4_000 {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        let size = (random >> 8) as usize % (1 << ((random >> 40) % 18));
        let mark = random as u8;
        match (random >> 60, kept.is_empty()) {
            (0..6, _) | (_, true) => {
                let block = alloc::vec![0; size];
                assert!(block.iter().all(|byte| *byte == 0), "{size}");
                kept.push((mark, block));
                fill(kept.last_mut());
            }
            (6..10, false) => {
                let gone = kept.swap_remove(random as usize % kept.len());
                assert!(is_filled(&gone));
            }
            _ => {
                let at = random as usize % kept.len();
                assert!(is_filled(&kept[at]));
                let had = kept[at].1.len().min(size);
                let old = kept[at].0;
                kept[at].1.resize(size, 0);
                kept[at].1.shrink_to_fit();
                assert!(kept[at].1[..had].iter().all(|byte| *byte == old));
                kept[at].0 = mark;
                fill(kept.get_mut(at));
            }
        }
        kept.truncate(300);
    }
    assert!(kept.iter().all(is_filled));
    for count in [1, 2, 25, 125] {
        #[repr(align(64))]
        struct Aligned([u8; 64]);
        let many: Vec<Aligned> = (0..count).map(|i| Aligned([i; 64])).collect();
        assert!(many.as_ptr().addr() % 64 == 0, "{count}");
        assert!((0..count).zip(&many).all(|(i, one)| one.0 == [i; 64]));
    }
}

fn fill(block: Option<&mut (u8, Vec<u8>)>) {
    if let Some((mark, bytes)) = block {
        bytes.fill(*mark);
    }
}

fn is_filled((mark, bytes): &(u8, Vec<u8>)) -> bool {
    bytes.iter().all(|byte| byte == mark)
}

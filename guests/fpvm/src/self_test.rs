//! What can only be tested on the machine itself. With the feature `self-test` the program does this and ends: 0 all is well, 2 it is not.

use crate::{VALID, arch};
use alloc::vec::Vec;
use alloy_primitives::{Keccak256, keccak256};

pub(crate) fn run() -> ! {
    hashes();
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

//! Executes a block of the fixtures over and over, its state being in memory.
//!
//! ```sh
//! cargo run --release -p hoike-benches --example block -- <folder> [pure|native] [times]
//! valgrind --tool=callgrind --toggle-collect='*measured*' <binary> <folder> pure 1
//! ```
//! Prints the least and the median time in microseconds.

use alloy_primitives::B256;
use hoike_benches::{Block, Crypto, execute};
use std::{env, hint::black_box, path::Path, time::Instant};

fn main() {
    let mut args = env::args().skip(1);
    let folder = args.next().expect("a folder of the fixtures");
    let crypto = match args.next().as_deref() {
        None | Some("pure") => Crypto::Pure,
        #[cfg(feature = "native")]
        Some("native") => Crypto::Native,
        Some(other) => panic!("{other}: no such cryptography in this build"),
    };
    let times = args
        .next()
        .map_or(1, |times| times.parse().expect("a number of times"));
    let block = Block::read(Path::new(&folder));
    let mut micros: Vec<_> = (0..times.max(1))
        .map(|_| {
            let start = Instant::now();
            let hash = measured(crypto, &block);
            let took = start.elapsed().as_micros();
            assert_eq!(hash, block.hash());
            took
        })
        .collect();
    micros.sort_unstable();
    println!("{} {}", micros[0], micros[micros.len() / 2]);
}

#[inline(never)]
fn measured(crypto: Crypto, block: &Block) -> B256 {
    black_box(execute(crypto, black_box(block)))
}

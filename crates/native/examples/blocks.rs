//! Executes a block of the fixtures over and over, and says how long it takes.
//!
//! ```sh
//! cargo run --release -p hoike-native --example blocks -- <folder> [pure|native] [times]
//! valgrind --tool=callgrind --toggle-collect='*execute_once*' <binary> <folder> pure 1
//! ```

#[path = "../../executor/tests/common/mod.rs"]
mod common;

use alloy_primitives::B256;
use common::{Block, Missing};
use hoike_executor::{Accelerator, Executor, PureRust};
use hoike_native::Native;
use std::{hint::black_box, path::Path, time::Instant};

fn main() {
    let mut args = std::env::args().skip(1);
    let folder = args.next().expect("a folder of the fixtures");
    let native = args.next().as_deref() == Some("native");
    let times = args
        .next()
        .map_or(50, |times| times.parse().expect("a number"));
    let block = Block::read(Path::new(&folder));
    let micros: Vec<u128> = (0..times)
        .map(|_| {
            let witness = block.witness.clone();
            let start = Instant::now();
            let hash = if native {
                execute_once(&block, witness, &mut Native::new())
            } else {
                execute_once(&block, witness, &mut PureRust)
            };
            let took = start.elapsed().as_micros();
            assert_eq!(hash, block.expected);
            took
        })
        .collect();
    let least = micros.iter().min().expect("at least once");
    println!(
        "{folder} {} min {least} us",
        if native { "native" } else { "pure" }
    );
}

#[inline(never)]
fn execute_once(
    block: &Block,
    witness: common::Witness,
    accelerator: &mut impl Accelerator<Missing>,
) -> B256 {
    let mut executor = Executor::new(block.rules.clone(), witness);
    let executed = executor.execute(&block.parent, &block.attributes, accelerator);
    black_box(
        executed
            .expect("an answer")
            .expect("a valid payload")
            .header
            .hash(),
    )
}

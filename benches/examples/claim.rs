//! Judges the claim in the repository, or that of a folder, over and over, its witness being in memory.
//!
//! ```sh
//! cargo run --release -p hoike-benches --example claim -- <mode> [times] [folder]
//! valgrind --tool=callgrind --toggle-collect='*measured*' <binary> <mode> 1
//! ```
//! Prints the least and the median time in microseconds.

use hoike_benches::{Mode, example, judge};
use hoike_claims::Folder;
use hoike_preimage::Witness;
use hoike_program::Verdict;
use std::{env, hint::black_box, path::Path, time::Instant};

fn main() {
    let mut args = env::args().skip(1);
    let name = args.next().unwrap_or_default();
    let Some(&mode) = Mode::ALL.iter().find(|mode| mode.to_string() == name) else {
        let names: Vec<_> = Mode::ALL.iter().map(Mode::to_string).collect();
        panic!("the mode is one of {}", names.join(", "));
    };
    let times = args
        .next()
        .map_or(1, |times| times.parse().expect("a number of times"));
    let folder = args.next().map_or_else(example, |path| {
        Folder::read(Path::new(&path)).expect("a claim folder")
    });
    let mut micros: Vec<_> = (0..times.max(1))
        .map(|_| {
            let witness = folder.witness.clone();
            let start = Instant::now();
            let verdict = measured(mode, &folder, witness);
            let took = start.elapsed().as_micros();
            assert_eq!(verdict, Verdict::Valid);
            took
        })
        .collect();
    micros.sort_unstable();
    println!("{} {}", micros[0], micros[micros.len() / 2]);
}

#[inline(never)]
fn measured(mode: Mode, folder: &Folder, witness: Witness) -> Verdict {
    black_box(judge(mode, folder, black_box(witness)).verdict)
}

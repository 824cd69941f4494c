//! Random blocks and what the executor makes of them, a line of JSON each, for `conformance/executions` to have op-geth execute as well.
//!
//! ```sh
//! cargo run -p hoike-testkit --example executions -- <first seed> <how many>
//! ```

mod block;
mod code;
mod world;

use std::{env, io::Write, process};

fn main() {
    let mut args = env::args().skip(1).map(|arg| arg.parse::<u64>());
    let (Some(Ok(first)), Some(Ok(count)), None) = (args.next(), args.next(), args.next()) else {
        eprintln!("usage: executions <first seed> <how many>");
        process::exit(64);
    };
    let mut out = std::io::stdout().lock();
    for seed in first..first.saturating_add(count) {
        let line = block::execution(seed);
        if writeln!(out, "{line}").is_err() {
            // Whoever reads has seen enough.
            return;
        }
    }
}

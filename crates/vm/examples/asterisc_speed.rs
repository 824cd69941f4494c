//! Steps a second of asterisc programs: `cargo run --release -p hoike-vm --example asterisc_speed -- <elf or elf.zst>...`
//!
//! Every preimage is the one that the guest `hello` asks for, so that it ends by itself.

use hoike_vm::{Machine, NoAnswer, World, asterisc::load_elf};
use std::time::{Duration, Instant};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    for path in std::env::args().skip(1) {
        let mut elf = std::fs::read(&path)?;
        if path.ends_with(".zst") {
            elf = zstd::decode_all(&elf[..])?;
        }
        let mut best = Duration::MAX;
        let mut steps = 0;
        for _ in 0..5 {
            let mut machine = load_elf(&elf)?.machine;
            let start = Instant::now();
            let outcome = machine.run(u64::MAX, false, &mut Silent);
            best = best.min(start.elapsed());
            steps = machine.steps();
            if let Err(fault) = outcome {
                eprintln!("{path}: step {steps}: {fault}");
            }
        }
        let rate = steps as f64 / best.as_secs_f64() / 1e6;
        println!("{path}: {steps} steps in {best:?}, {rate:.0} M steps/s");
    }
    Ok(())
}

/// Nobody reads what is printed.
struct Silent;

impl World for Silent {
    fn hint(&mut self, _: &[u8]) -> Result<(), NoAnswer> {
        Ok(())
    }

    fn preimage(&mut self, _: alloy_primitives::B256) -> Result<Vec<u8>, NoAnswer> {
        Ok(
            b"a preimage for the Go guest, seed 1, of some length that is not a multiple of eight"
                .to_vec(),
        )
    }

    fn print(&mut self, _: u8, _: &[u8]) {}
}

//! Steps a second of the guests in `vm/asterisc` of the fixtures: `cargo run --release -p hoike-vm --example asterisc_speed -- <folder of a run>...`

use alloy_primitives::{B256, Bytes};
use hoike_vm::{Machine, NoAnswer, World, asterisc::load_elf};
use serde::Deserialize;
use std::collections::HashMap;
use std::path::Path;
use std::time::{Duration, Instant};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    for folder in std::env::args().skip(1) {
        let unzstd = |path: &Path| zstd::decode_all(&std::fs::read(path)?[..]);
        let folder = Path::new(&folder);
        let trace: Trace = serde_json::from_slice(&unzstd(&folder.join("trace.json.zst"))?)?;
        let elf = unzstd(&folder.join("../elf").join(&trace.elf))?;
        let pairs = trace.preimages.into_iter();
        let mut world = Known(pairs.map(|pair| (pair.key, pair.value)).collect());
        let mut best = Duration::MAX;
        let mut steps = 0;
        for _ in 0..10 {
            let mut machine = load_elf(&elf)?.machine;
            let start = Instant::now();
            let outcome = machine.run(u64::MAX, false, &mut world);
            best = best.min(start.elapsed());
            steps = machine.steps();
            if let Err(fault) = outcome {
                eprintln!("step {steps}: {fault}");
            }
        }
        let rate = steps as f64 / best.as_secs_f64() / 1e6;
        println!(
            "{}: {steps} steps in {best:?}, {rate:.0} M steps/s",
            trace.elf
        );
    }
    Ok(())
}

#[derive(Deserialize)]
struct Trace {
    elf: String,
    preimages: Vec<Pair>,
}

#[derive(Deserialize)]
struct Pair {
    key: B256,
    value: Bytes,
}

/// Preimages, and nobody who reads what is printed.
struct Known(HashMap<B256, Bytes>);

impl World for Known {
    fn hint(&mut self, _: &[u8]) -> Result<(), NoAnswer> {
        Ok(())
    }

    fn preimage(&mut self, key: B256) -> Result<Vec<u8>, NoAnswer> {
        let value = self.0.get(&key).map(|value| value.to_vec());
        value.ok_or_else(|| NoAnswer(format!("no preimage {key}")))
    }

    fn print(&mut self, _: u8, _: &[u8]) {}
}

//! Judges a claim as a zkVM guest does: the configuration is a constant, the witness is one buffer, nothing else is read, and every preimage is
//! checked before it is used. What makes it run here (files, zstd) stands in for the guest's input.
//!
//! ```sh
//! cargo run --release -p hoike-examples --bin witness-in-memory [CLAIM FOLDER [CLAIM]]
//! ```

use hoike_claims::Folder;
use hoike_executor::PureRust;
use hoike_kzg::Pure;
use hoike_preimage::{Verified, Witness};
use hoike_program::{Boot, Outcome, Verdict};
use std::{env, error::Error, path::Path, process::ExitCode};

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let mut args = env::args().skip(1);
    let example = concat!(env!("CARGO_MANIFEST_DIR"), "/../bin/hoike/example");
    let folder = args.next().unwrap_or_else(|| example.to_owned());
    let claim: usize = args.next().map_or(Ok(0), |text| text.parse())?;

    let folder = Folder::read(Path::new(&folder))?;
    let claim = folder.claims.get(claim).ok_or("there is no such claim")?;
    let outcome = guest(&claim.boot(&folder.rules), folder.witness.clone())?;
    Ok(match outcome.verdict {
        Verdict::Valid => {
            println!(
                "valid: {} at {}",
                outcome.output_root, outcome.compared.number
            );
            ExitCode::SUCCESS
        }
        Verdict::Invalid { claimed, computed } => {
            println!("invalid: claimed {claimed}, computed {computed}");
            ExitCode::from(1)
        }
    })
}

/// The guest: what it commits to is the boot values and the outcome. On an error it must commit to nothing.
fn guest(boot: &Boot, witness: Witness) -> Result<Outcome, Box<dyn Error>> {
    let mut oracle = Verified::new(witness, Pure);
    let outcome = hoike_program::run(boot, &mut oracle, &mut PureRust, &mut ())?;
    Ok(outcome)
}

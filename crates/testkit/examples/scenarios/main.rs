//! Writes scenarios as JSON, one a line, for whoever derives the same chains in another way (`conformance/scenarios_test.go`).
//!
//! `scenarios FIRST COUNT` writes so many scenarios from the seed FIRST on; a last line has the number of times that each reason was given.

mod json;

use hoike_testkit::scenario::Scenario;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::io::{self, BufWriter, Write};
use std::process::ExitCode;

fn main() -> ExitCode {
    let numbers: Vec<u64> = std::env::args()
        .skip(1)
        .filter_map(|arg| arg.parse().ok())
        .collect();
    let [first, count] = numbers[..] else {
        eprintln!("usage: scenarios FIRST COUNT");
        return ExitCode::from(64);
    };
    match write(first, count) {
        Ok(()) => ExitCode::SUCCESS,
        // Whoever reads has enough.
        Err(cause) if cause.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(cause) => {
            eprintln!("{cause}");
            ExitCode::FAILURE
        }
    }
}

fn write(first: u64, count: u64) -> io::Result<()> {
    let mut out = BufWriter::new(io::stdout().lock());
    let mut reasons: BTreeMap<String, u64> = BTreeMap::new();
    for seed in first..first.saturating_add(count) {
        let scenario = Scenario::of(seed);
        for (reason, times) in scenario.reasons() {
            *reasons.entry(reason).or_default() += times;
        }
        serde_json::to_writer(&mut out, &json::scenario(&scenario))?;
        out.write_all(b"\n")?;
    }
    let reasons: Map<String, Value> = reasons
        .into_iter()
        .map(|(reason, times)| (reason, times.into()))
        .collect();
    serde_json::to_writer(&mut out, &json!({ "reasons": reasons }))?;
    out.write_all(b"\n")?;
    out.flush()
}

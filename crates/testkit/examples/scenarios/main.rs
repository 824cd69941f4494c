//! Writes scenarios as JSON, one a line, for whoever derives the same chains in another way (`conformance/scenarios_test.go`).
//!
//! `scenarios FIRST COUNT` writes so many scenarios from the seed FIRST on; a last line has the number of times that each reason was given.
//! `scenarios bank FIRST COUNT` writes such with a channel bank that is full, or nearly.
//! `scenarios compared FIRST COUNT` writes what hoike derives under the newer rule for overlapping spans, for a newer op-node.
//! `scenarios told SEED RUN` writes the events of one derivation of one scenario instead.

mod json;

use hoike_testkit::scenario::{REASONS, Scenario};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::io::{self, BufWriter, Write};
use std::process::ExitCode;

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let numbers: Vec<u64> = args.iter().filter_map(|arg| arg.parse().ok()).collect();
    let done = match (args.first().map(String::as_str), &numbers[..]) {
        (Some("told"), [seed, run]) => tell(*seed, *run),
        (Some("bank"), [first, count]) => write(*first, *count, Scenario::full_bank),
        (Some("compared"), [first, count]) => {
            write(*first, *count, Scenario::with_overlaps_compared)
        }
        (_, [first, count]) => write(*first, *count, Scenario::of),
        (_, _) => {
            eprintln!("usage: scenarios [bank | compared] FIRST COUNT | scenarios told SEED RUN");
            return ExitCode::from(64);
        }
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        // Whoever reads has enough.
        Err(cause) if cause.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(cause) => {
            eprintln!("{cause}");
            ExitCode::FAILURE
        }
    }
}

fn tell(seed: u64, run: u64) -> io::Result<()> {
    let mut out = BufWriter::new(io::stdout().lock());
    let scenario = Scenario::of(seed);
    let events = scenario.runs.get(run as usize).into_iter();
    for event in events.flat_map(|run| &run.journal.events) {
        writeln!(out, "{event:?}")?;
    }
    out.flush()
}

fn write(first: u64, count: u64, make: fn(u64) -> Scenario) -> io::Result<()> {
    let mut out = BufWriter::new(io::stdout().lock());
    let mut reasons: BTreeMap<String, u64> = BTreeMap::new();
    for seed in first..first.saturating_add(count) {
        let scenario = make(seed);
        for (reason, times) in scenario.reasons() {
            *reasons.entry(reason).or_default() += times;
        }
        serde_json::to_writer(&mut out, &json::scenario(&scenario))?;
        out.write_all(b"\n")?;
    }
    let missing = REASONS
        .iter()
        .filter(|reason| !reasons.contains_key(**reason));
    let missing: Vec<&str> = missing.copied().collect();
    let reasons: Map<String, Value> = reasons
        .into_iter()
        .map(|(reason, times)| (reason, times.into()))
        .collect();
    serde_json::to_writer(&mut out, &json!({ "reasons": reasons, "missing": missing }))?;
    out.write_all(b"\n")?;
    out.flush()
}

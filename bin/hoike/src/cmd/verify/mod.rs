//! `hoike verify`: claims from folders, judged in parallel, reported in order; or one from nodes.

mod nodes;

use crate::{
    args::{EvmOfKarst, Verify},
    exit::Exit,
    journal::Journal,
    output::{no_verdict, print},
    progress,
    report::{self, Judged, Report},
};
use hoike_claims::{Entry, Expected, Folder, FolderError};
use hoike_executor::PureRust;
use hoike_native::Native;
use hoike_preimage::{Checked, Stats, Trusted, Verified};
use hoike_program::{Outcome, Verdict};
use hoike_protocol::{
    Fork, Rules,
    rules::{HoloceneOverlap, KarstEvm, Variants},
};
use std::{
    path::PathBuf,
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
        mpsc,
    },
    thread,
    time::Instant,
};

/// Judges what the arguments name and prints it. A broken pipe changes no exit code.
pub(crate) fn run(args: &Verify) -> Exit {
    if let Some(block) = args.endpoints.block {
        return nodes::run(args, block);
    }
    let sources: Vec<Source> = if args.folders.is_empty() {
        vec![Source::Example]
    } else {
        args.folders.iter().cloned().map(Source::Folder).collect()
    };
    if args.check_expected || sources.len() > 1 {
        many(args, &sources)
    } else {
        one(args, &sources[0])
    }
}

#[derive(Clone, Debug)]
enum Source {
    Example,
    Folder(PathBuf),
}

impl Source {
    /// What errors call it.
    fn name(&self) -> String {
        match self {
            Self::Example => "the built-in example".into(),
            Self::Folder(path) => path.display().to_string(),
        }
    }

    fn load(&self) -> Result<Folder, FolderError> {
        match self {
            Self::Example => Folder::from_bytes(&self.name(), EXAMPLE_CLAIM, EXAMPLE_WITNESS),
            Self::Folder(path) => Folder::read(path),
        }
    }
}

/// One claim: the whole report.
fn one(args: &Verify, source: &Source) -> Exit {
    let begun = Instant::now();
    let folder = match source.load() {
        Ok(folder) => folder,
        Err(error) => return failed(args, &source.name(), None, &error.to_string()),
    };
    let load = begun.elapsed();
    let index = args.claim.unwrap_or(0);
    let Some(entry) = folder.claims.get(index) else {
        let why = no_such_claim(&folder, index);
        failed(args, &folder.name, Some(index), &why);
        return Exit::Usage;
    };
    match judge(args, &folder, entry) {
        Err(why) => failed(args, &folder.name, Some(index), &why),
        Ok(judged) => {
            let report = Report {
                folder: &folder,
                index,
                entry,
                judged: &judged,
                load,
                nodes: None,
            };
            let text = if args.json {
                report.json()
            } else {
                report.text()
            };
            print(&text);
            exit_of(&judged.outcome.verdict)
        }
    }
}

/// Many claims: a line each, and a summary.
fn many(args: &Verify, sources: &[Source]) -> Exit {
    let jobs = args.jobs.map_or_else(
        || thread::available_parallelism().map_or(1, |n| n.get()),
        |n| n.get(),
    );
    let bar = progress::bar(sources.len());
    // Folders are the unit of work: a witness is read once, and dropped when its claims are judged.
    let next = AtomicUsize::new(0);
    let (send, receive) = mpsc::channel::<(usize, FolderLines)>();
    let out = Mutex::new(Tally::default());
    thread::scope(|scope| {
        for _ in 0..jobs.min(sources.len()) {
            let send = send.clone();
            let next = &next;
            let bar = &bar;
            scope.spawn(move || {
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some(source) = sources.get(index) else {
                        break;
                    };
                    let lines = judge_folder(args, source);
                    bar.inc(1);
                    if send.send((index, lines)).is_err() {
                        break;
                    }
                }
            });
        }
        drop(send);
        // Lines come out in the order of the arguments, as soon as all before them are there.
        let mut waiting = std::collections::BTreeMap::new();
        let mut due = 0;
        for (index, lines) in receive {
            waiting.insert(index, lines);
            while let Some(lines) = waiting.remove(&due) {
                due += 1;
                let mut tally = out.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
                for line in &lines.lines {
                    bar.suspend(|| print(&line.text));
                    tally.count(line);
                }
            }
        }
    });
    bar.finish_and_clear();
    let tally = out
        .into_inner()
        .unwrap_or_else(|poisoned| poisoned.into_inner());
    if !args.json {
        print(&tally.summary(args.check_expected));
    }
    tally.exit(args.check_expected)
}

struct FolderLines {
    lines: Vec<Line>,
}

/// One claim's line, and what to count it as.
struct Line {
    text: String,
    result: LineResult,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum LineResult {
    Judged {
        verdict: Exit,
        as_expected: Option<bool>,
    },
    Failed,
    /// The command line asks for a claim that the folder does not have.
    NoSuchClaim,
}

fn judge_folder(args: &Verify, source: &Source) -> FolderLines {
    let begun = Instant::now();
    let folder = match source.load() {
        Ok(folder) => folder,
        Err(error) => {
            let text = if args.json {
                report::error_json(&source.name(), None, &error.to_string())
            } else {
                format!("ERROR    {error}\n")
            };
            return FolderLines {
                lines: vec![Line {
                    text,
                    result: LineResult::Failed,
                }],
            };
        }
    };
    let load = begun.elapsed();
    let chosen: Vec<usize> = match args.claim {
        Some(index) if index >= folder.claims.len() => {
            let why = no_such_claim(&folder, index);
            let text = if args.json {
                report::error_json(&folder.name, Some(index), &why)
            } else {
                format!("ERROR    {why}\n")
            };
            return FolderLines {
                lines: vec![Line {
                    text,
                    result: LineResult::NoSuchClaim,
                }],
            };
        }
        Some(index) => vec![index],
        None if args.check_expected => (0..folder.claims.len()).collect(),
        None => vec![0],
    };
    let lines = chosen
        .into_iter()
        .map(|index| {
            let entry = &folder.claims[index];
            match judge(args, &folder, entry) {
                Err(why) => {
                    let text = if args.json {
                        report::error_json(&folder.name, Some(index), &why)
                    } else {
                        format!("ERROR    {:<26} {index:>3}  {why}\n", folder.name)
                    };
                    Line {
                        text,
                        result: LineResult::Failed,
                    }
                }
                Ok(judged) => {
                    let report = Report {
                        folder: &folder,
                        index,
                        entry,
                        judged: &judged,
                        load,
                        nodes: None,
                    };
                    let as_expected = entry.expected.map(|expected| {
                        matches!(
                            (expected, judged.outcome.verdict),
                            (Expected::Valid, Verdict::Valid)
                                | (Expected::Invalid, Verdict::Invalid { .. })
                        )
                    });
                    let text = if args.json {
                        report.json()
                    } else {
                        report.line(as_expected.filter(|_| args.check_expected))
                    };
                    Line {
                        text,
                        result: LineResult::Judged {
                            verdict: exit_of(&judged.outcome.verdict),
                            as_expected,
                        },
                    }
                }
            }
        })
        .collect();
    FolderLines { lines }
}

#[derive(Default)]
struct Tally {
    valid: usize,
    invalid: usize,
    failed: usize,
    no_such_claim: usize,
    unexpected: usize,
    without_expectation: usize,
}

impl Tally {
    fn count(&mut self, line: &Line) {
        match line.result {
            LineResult::Failed => self.failed += 1,
            LineResult::NoSuchClaim => {
                self.failed += 1;
                self.no_such_claim += 1;
            }
            LineResult::Judged {
                verdict,
                as_expected,
            } => {
                if verdict == Exit::Valid {
                    self.valid += 1;
                } else {
                    self.invalid += 1;
                }
                match as_expected {
                    Some(true) => {}
                    Some(false) => self.unexpected += 1,
                    None => self.without_expectation += 1,
                }
            }
        }
    }

    fn summary(&self, check_expected: bool) -> String {
        let judged = self.valid + self.invalid;
        let mut text = format!(
            "{} claims: {} valid, {} invalid, {} without a verdict",
            judged + self.failed,
            self.valid,
            self.invalid,
            self.failed
        );
        if check_expected {
            let agree = judged - self.unexpected - self.without_expectation;
            text += &format!("; {agree} as expected, {} not", self.unexpected);
            if self.without_expectation > 0 {
                text += &format!(", {} without an expectation", self.without_expectation);
            }
        }
        text + "\n"
    }

    fn exit(&self, check_expected: bool) -> Exit {
        if self.no_such_claim > 0 {
            return Exit::Usage;
        }
        if self.failed > 0 {
            return Exit::Data;
        }
        let invalid = if check_expected {
            self.unexpected + self.without_expectation
        } else {
            self.invalid
        };
        if invalid > 0 {
            Exit::Invalid
        } else {
            Exit::Valid
        }
    }
}

/// Runs the program on one claim.
fn judge(args: &Verify, folder: &Folder, entry: &Entry) -> Result<Judged, String> {
    let witness = folder.witness.clone();
    if args.trust_witness {
        execute(args, folder, entry, Trusted::assume_checked_by_vm(witness))
    } else if args.pure {
        execute(args, folder, entry, Verified::new(witness, hoike_kzg::Pure))
    } else {
        execute(
            args,
            folder,
            entry,
            Verified::new(witness, hoike_kzg::Native),
        )
    }
}

fn execute<O: Checked>(
    args: &Verify,
    folder: &Folder,
    entry: &Entry,
    mut oracle: O,
) -> Result<Judged, String> {
    let mut boot = entry.boot(&folder.rules);
    boot.rules.variants = variants(args, &folder.rules.variants);
    let karst_evm = karst_evm(&boot.rules);
    let mut journal = Journal::new();
    let outcome = if args.pure {
        hoike_program::run(&boot, &mut oracle, &mut PureRust, &mut journal)
    } else {
        hoike_program::run(&boot, &mut oracle, &mut Native::new(), &mut journal)
    };
    journal.stop();
    let outcome: Outcome = outcome.map_err(|error| error.to_string())?;
    entry.check_agreed(&outcome.agreed)?;
    let stats: Stats = oracle.stats();
    Ok(Judged {
        outcome,
        journal,
        stats,
        trusted: args.trust_witness,
        karst_evm,
    })
}

/// What Karst's blocks are executed by, if the chain has Karst.
fn karst_evm(rules: &Rules) -> Option<KarstEvm> {
    let time = rules.rollup.schedule.time_of(Fork::Karst);
    time.map(|_| rules.variants.karst_evm)
}

/// The versions of the rules that the configs say, or else the arguments.
fn variants(args: &Verify, of_configs: &Variants) -> Variants {
    Variants {
        holocene_overlap: if args.compare_overlaps {
            HoloceneOverlap::Compared
        } else {
            HoloceneOverlap::Skipped
        },
        karst_evm: match args.karst_evm {
            Some(EvmOfKarst::Osaka) => KarstEvm::Osaka,
            Some(EvmOfKarst::Prague) => KarstEvm::Prague,
            None => of_configs.karst_evm,
        },
    }
}

const fn exit_of(verdict: &Verdict) -> Exit {
    match verdict {
        Verdict::Valid => Exit::Valid,
        Verdict::Invalid { .. } => Exit::Invalid,
    }
}

fn no_such_claim(folder: &Folder, index: usize) -> String {
    format!(
        "{} has {} claims, there is no number {index}",
        folder.name,
        folder.claims.len()
    )
}

/// Says why there is no verdict: to a person on stderr, to a program on stdout too.
fn failed(args: &Verify, folder: &str, claim: Option<usize>, why: &str) -> Exit {
    no_verdict(why);
    if args.json {
        print(&report::error_json(folder, claim, why));
    }
    Exit::Data
}

/// OP Sepolia block 26,215,604: a real claim, recorded from live endpoints.
pub(crate) const EXAMPLE_CLAIM: &[u8] = include_bytes!("../../../example/claim.json");
pub(crate) const EXAMPLE_WITNESS: &[u8] = include_bytes!("../../../example/witness.kv.zst");

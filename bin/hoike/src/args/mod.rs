//! Every flag, once.

mod endpoints;
mod host;
pub(crate) mod vm;

pub(crate) use endpoints::{Endpoints, Fetching, ProgressForm};
pub(crate) use host::{DataFormat, Host, HostMode, HostOpProgram, HostSingle};

use crate::cmd::explain::Range;
use clap::{Parser, Subcommand, ValueEnum};
use std::{
    ffi::OsString,
    path::{Path, PathBuf},
};

/// Re-derives and re-executes a span of an OP Stack chain from two trusted hashes, and says whether a claimed output root is right.
#[derive(Parser, Debug)]
#[command(name = "hoike", version, after_help = EXIT_CODES, max_term_width = 100)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Subcommand, Debug)]
pub(crate) enum Command {
    /// Judge a claim from a witness, or from nodes.
    Verify(Box<Verify>),
    /// Show what L1 carried, and what became of each piece of it.
    Explain(Explain),
    /// Serve preimages to a fault proof program, in kona-host's or op-program's place.
    Host(Host),
    /// Look at the witness of a claim folder.
    Witness(Witness),
    /// Run and prove programs on the fault proof VM cannon.
    Cannon(vm::Cannon),
    /// Run and prove programs on the fault proof VM asterisc.
    Asterisc(vm::Asterisc),
    /// Run a claim's program on a fault proof VM in this process.
    Trace(vm::Trace),
}

/// Judge a claim from a witness, or from nodes.
///
/// From nodes: --block says which L2 block, --l1, --beacon and --l2 which nodes to ask. None of them is trusted for anything that can be checked; the report
/// says what is left to trust.
///
/// A claim folder holds claim.json, witness.kv.zst and, for chains that are not in the superchain registry, rollup.json, l1-genesis.json
/// and, if the chain is executed by one, l2-chain-config.json.
/// The verdict rests on the claim's L1 head and agreed output root, and on the chain's configuration: those are trusted. Everything else is checked
/// against them.
#[derive(clap::Args, Debug)]
#[command(after_help = EXIT_CODES)]
pub(crate) struct Verify {
    /// Claim folders; none: the real claim of OP Sepolia that is built into this program.
    #[arg(value_name = "DIR")]
    pub(crate) folders: Vec<PathBuf>,
    /// Which claim of the folder, counted from 0 [default: 0; with --check-expected all].
    #[arg(long, value_name = "N")]
    pub(crate) claim: Option<usize>,
    /// Judge all claims and compare each verdict with the one that the folder expects; exit 0 when all agree.
    #[arg(long)]
    pub(crate) check_expected: bool,
    /// Print JSON: an object per claim, one a line.
    ///
    /// folder, claim: which claim it is, counted from 0.
    /// verdict: "valid", "invalid", or null with the reason in error; expected: the verdict that the folder expects, or null.
    /// karst_evm: "osaka" or "prague", by what Karst's blocks are executed; null for a chain without Karst.
    /// l2_chain_id, l1_head, and the blocks agreed, claimed and computed with their number, hash and output_root; computed.number is below
    /// claimed.number where L1 lets derive no further.
    /// derived: l1_first, l1_last, l1_blocks, batcher_transactions, blobs, channels, batches, dropped (what L1 had and no block came of), blocks,
    /// transactions, gas_used, replaced (blocks whose payloads were invalid).
    /// witness: checked (false with --trust-witness), preimages, blobs and bytes read, and the size of the whole.
    /// seconds: read, start, derive, execute, finish.
    /// From nodes also trusted (what of the claim was taken from a node, and l1_newest, l1_finalized) and fetched (requests, retries, bytes, seconds
    /// waited for, calls by role and method).
    #[arg(long, verbatim_doc_comment)]
    pub(crate) json: bool,
    /// Believe the witness instead of checking it: the verdict is then no better than the witness.
    #[arg(long)]
    pub(crate) trust_witness: bool,
    /// Use the pure Rust cryptography of the guests instead of the faster native one.
    #[arg(long)]
    pub(crate) pure: bool,
    /// From Holocene on, drop span batches that contradict blocks which are safe already, as op-node v1.19.6 does. Older versions skip what
    /// overlaps unseen; no production chain is known on which it makes a difference.
    #[arg(long)]
    pub(crate) compare_overlaps: bool,
    /// The EVM of Karst's blocks [default: Osaka, but Prague where the folder's l2-chain-config.json schedules Karst without osakaTime, which
    /// is how op-geth runs such a chain].
    #[arg(long, value_name = "EVM")]
    pub(crate) karst_evm: Option<EvmOfKarst>,
    /// How many claims to judge at a time [default: the number of processors].
    #[arg(long, value_name = "N")]
    pub(crate) jobs: Option<std::num::NonZeroUsize>,
    #[command(flatten)]
    pub(crate) endpoints: Endpoints,
    #[command(flatten)]
    pub(crate) fetching: Fetching,
}

/// As [`hoike_protocol::rules::KarstEvm`].
#[derive(clap::ValueEnum, Clone, Copy, Debug)]
pub(crate) enum EvmOfKarst {
    /// As specified, and as live chains have it.
    Osaka,
    /// As op-geth executes a chain whose config has Karst without Osaka.
    Prague,
}

/// Show what L1 carried, and what became of each piece of it.
///
/// Judges one claim as `verify` does and prints a timeline: each L1 block that was walked, what the batcher sent, frames, channels, batches, config updates
/// and deposits, what was dropped and why, and each L2 block with what it came from. For an invalid claim: what was computed at each height, or where
/// the claimant's chain goes another way.
#[derive(clap::Args, Debug)]
#[command(after_help = EXIT_CODES)]
pub(crate) struct Explain {
    /// A claim folder; none: the real claim of OP Sepolia that is built into this program.
    #[arg(value_name = "DIR")]
    pub(crate) folder: Option<PathBuf>,
    /// Which claim of the folder, counted from 0.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) claim: usize,
    /// Show only these L1 blocks: N..M with both ends, N.., ..M or N. All are derived from in any case.
    #[arg(long, value_name = "N..M")]
    pub(crate) l1: Option<Range>,
    /// Show only these L2 blocks, with the L1 blocks, channels and batches that have to do with them.
    #[arg(long, value_name = "N..M")]
    pub(crate) l2: Option<Range>,
    /// Print one JSON object, see docs/explain.md.
    #[arg(long)]
    pub(crate) json: bool,
    /// The claimant's blocks, to find the first one that differs: a JSON list of objects with number, and hash or output_root or both, or an object
    /// with such a list in its field blocks.
    #[arg(long, value_name = "FILE")]
    pub(crate) claimant: Option<PathBuf>,
    /// Colours; auto: on a terminal, unless NO_COLOR is set.
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    pub(crate) color: Colour,
    /// Believe the witness instead of checking it: the verdict is then no better than the witness.
    #[arg(long)]
    pub(crate) trust_witness: bool,
    /// Use the pure Rust cryptography of the guests instead of the faster native one.
    #[arg(long)]
    pub(crate) pure: bool,
    /// As for verify.
    #[arg(long)]
    pub(crate) compare_overlaps: bool,
    /// As for verify.
    #[arg(long, value_name = "EVM")]
    pub(crate) karst_evm: Option<EvmOfKarst>,
}

/// Look at the witness of a claim folder.
#[derive(clap::Args, Debug)]
pub(crate) struct Witness {
    #[command(subcommand)]
    pub(crate) action: WitnessAction,
}

#[derive(Subcommand, Debug)]
pub(crate) enum WitnessAction {
    /// How many values of each kind there are.
    Inspect {
        /// A claim folder.
        #[arg(value_name = "DIR")]
        folder: PathBuf,
    },
    /// Check every value against its key, whether a claim reads it or not. Exit code 3 if one is wrong.
    ///
    /// keccak-256 and sha-256 by hashing, blobs by KZG, results of precompiles by computing them.
    Check {
        /// A claim folder.
        #[arg(value_name = "DIR")]
        folder: PathBuf,
    },
    /// Write a folder whose witness has only what its claims read, and judge them all on that.
    Prune {
        /// A claim folder.
        #[arg(value_name = "DIR")]
        folder: PathBuf,
        /// The new folder.
        #[arg(value_name = "OUT")]
        out: PathBuf,
    },
}

/// The arguments, where a link is called by another program's name with the command that it stands for: op-challenger puts nothing between name and flags.
pub(crate) fn of_name(mut args: impl Iterator<Item = OsString>) -> Vec<OsString> {
    let name = args.next();
    let file = name.as_ref().and_then(|name| Path::new(name).file_name());
    let command: &[&str] = match file.and_then(|file| file.to_str()) {
        Some("op-program") => &["host", "op-program"],
        Some("kona-host") => &["host"],
        Some("cannon") => &["cannon"],
        Some("asterisc") => &["asterisc"],
        _ => &[],
    };
    let command = command.iter().map(OsString::from);
    name.into_iter().chain(command).chain(args).collect()
}

/// When to use colours.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(crate) enum Colour {
    Auto,
    Always,
    Never,
}

const EXIT_CODES: &str = "\
Exit codes:
   0  valid (with --check-expected: all claims came out as expected)
   1  invalid (with --check-expected: a claim did not)
   3  no verdict: data is missing or corrupt
   4  no verdict: an endpoint failed
  64  the command line is wrong
  70  a bug in hoike";

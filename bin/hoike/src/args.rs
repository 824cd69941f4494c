//! Every flag, once.

use crate::cmd::explain::Range;
use alloy_primitives::B256;
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
    /// Judge a claim from a witness.
    Verify(Verify),
    /// Show what L1 carried, and what became of each piece of it.
    Explain(Explain),
    /// Serve preimages to a fault proof program, in kona-host's or op-program's place.
    Host(Host),
    /// Look at the witness of a claim folder.
    Witness(Witness),
}

/// Judge a claim from a witness.
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

/// Serve preimages to a fault proof program, in kona-host's or op-program's place.
#[derive(clap::Args, Debug)]
pub(crate) struct Host {
    #[command(subcommand)]
    pub(crate) mode: HostMode,
}

#[derive(Subcommand, Debug)]
pub(crate) enum HostMode {
    /// For a program about one chain, with kona-host's arguments.
    Single(Box<HostSingle>),
    /// For op-program, with the arguments of its own host.
    OpProgram(Box<HostOpProgram>),
}

/// For a program about one chain. Serves what the data directory holds, and computes precompiles; nothing is fetched yet, so endpoints are refused.
///
/// Arguments and environment variables are kona-host's.
#[derive(clap::Args, Debug)]
#[command(after_help = HOST_EXIT_CODES)]
pub(crate) struct HostSingle {
    /// Serve on the file descriptors 3 to 6 (hints in and out, preimages in and out) until the program ends.
    #[arg(
        long,
        env = "SERVER",
        conflicts_with = "native",
        required_unless_present = "native"
    )]
    pub(crate) server: bool,
    /// Run the program in this process, and exit with its verdict.
    #[arg(long, env = "NATIVE")]
    pub(crate) native: bool,
    /// Hash of the newest L1 block that counts.
    #[arg(long, env = "L1_HEAD", value_name = "HASH")]
    pub(crate) l1_head: B256,
    /// Hash of the agreed L2 block; what counts is its output root.
    #[arg(
        long,
        visible_alias = "l2-head",
        env = "AGREED_L2_HEAD_HASH",
        value_name = "HASH"
    )]
    pub(crate) agreed_l2_head_hash: Option<B256>,
    /// Output root that both sides agree on.
    #[arg(
        long,
        visible_alias = "l2-output-root",
        env = "AGREED_L2_OUTPUT_ROOT",
        value_name = "ROOT"
    )]
    pub(crate) agreed_l2_output_root: B256,
    /// Output root that is claimed.
    #[arg(
        long,
        visible_alias = "l2-claim",
        env = "CLAIMED_L2_OUTPUT_ROOT",
        value_name = "ROOT"
    )]
    pub(crate) claimed_l2_output_root: B256,
    /// Number of the L2 block that it is claimed for.
    #[arg(
        long,
        visible_alias = "l2-block-number",
        env = "CLAIMED_L2_BLOCK_NUMBER",
        value_name = "N"
    )]
    pub(crate) claimed_l2_block_number: u64,
    /// The preimages, in op-program's format "directory" or "file".
    #[arg(long, visible_alias = "db", env = "DATA_DIR", value_name = "DIR")]
    pub(crate) data_dir: Option<PathBuf>,
    /// Format of a data directory that has none yet; what its kvformat says goes before.
    #[arg(
        long,
        env = "DATA_FORMAT",
        value_name = "FORMAT",
        default_value = "directory"
    )]
    pub(crate) data_format: DataFormat,
    /// A chain of the superchain registry, by its number.
    #[arg(
        long,
        env = "L2_CHAIN_ID",
        value_name = "ID",
        conflicts_with = "rollup_config_path",
        required_unless_present = "rollup_config_path"
    )]
    pub(crate) l2_chain_id: Option<u64>,
    /// rollup.json, for a chain that is not in the registry.
    #[arg(
        long,
        visible_alias = "rollup-cfg",
        env = "ROLLUP_CONFIG_PATH",
        value_name = "FILE"
    )]
    pub(crate) rollup_config_path: Option<PathBuf>,
    /// L1's chain config in geth's form, for an L1 that is not in the registry.
    #[arg(
        long,
        visible_alias = "l1-cfg",
        env = "L1_CONFIG_PATH",
        value_name = "FILE"
    )]
    pub(crate) l1_config_path: Option<PathBuf>,
    /// L1 RPC. Not there yet.
    #[arg(
        long,
        visible_alias = "l1",
        env = "L1_NODE_ADDRESS",
        value_name = "URL"
    )]
    pub(crate) l1_node_address: Option<String>,
    /// L1 beacon API. Not there yet.
    #[arg(
        long,
        visible_alias = "beacon",
        env = "L1_BEACON_ADDRESS",
        value_name = "URL"
    )]
    pub(crate) l1_beacon_address: Option<String>,
    /// L2 RPC. Not there yet.
    #[arg(
        long,
        visible_alias = "l2",
        env = "L2_NODE_ADDRESS",
        value_name = "URL"
    )]
    pub(crate) l2_node_address: Option<String>,
    /// Without effect, since nothing is fetched.
    #[arg(long, env = "ENABLE_EXPERIMENTAL_WITNESS_ENDPOINT")]
    pub(crate) enable_experimental_witness_endpoint: bool,
}

/// For op-program, or another program that reads its local keys. Serves what the data directory holds, and computes precompiles; nothing is fetched
/// yet, so endpoints are refused. Without --server the program is run in this process.
///
/// Flags and environment variables are those of op-program's host. A link to hoike that is called op-program takes them directly.
#[derive(clap::Args, Debug)]
#[command(after_help = HOST_EXIT_CODES)]
pub(crate) struct HostOpProgram {
    /// Serve on the file descriptors 3 to 6 (hints in and out, preimages in and out) until the program ends.
    #[arg(long, env = "OP_PROGRAM_SERVER")]
    pub(crate) server: bool,
    /// The preimages, in op-program's format "directory" or "file".
    #[arg(long, env = "OP_PROGRAM_DATADIR", value_name = "DIR")]
    pub(crate) datadir: Option<PathBuf>,
    /// Format of a data directory that has none yet; what its kvformat says goes before.
    #[arg(
        long = "data.format",
        env = "OP_PROGRAM_DATA_FORMAT",
        value_name = "FORMAT",
        default_value = "directory"
    )]
    pub(crate) data_format: DataFormat,
    /// Hash of the newest L1 block that counts.
    #[arg(long = "l1.head", env = "OP_PROGRAM_L1_HEAD", value_name = "HASH")]
    pub(crate) l1_head: B256,
    /// Hash of the agreed L2 block; what counts is its output root.
    #[arg(long = "l2.head", env = "OP_PROGRAM_L2_HEAD", value_name = "HASH")]
    pub(crate) l2_head: Option<B256>,
    /// Output root that both sides agree on.
    #[arg(
        long = "l2.outputroot",
        env = "OP_PROGRAM_L2_OUTPUT_ROOT",
        value_name = "ROOT"
    )]
    pub(crate) l2_outputroot: Option<B256>,
    /// Output root that is claimed.
    #[arg(long = "l2.claim", env = "OP_PROGRAM_L2_CLAIM", value_name = "ROOT")]
    pub(crate) l2_claim: B256,
    /// Number of the L2 block that it is claimed for.
    #[arg(
        long = "l2.blocknumber",
        visible_alias = "l2.sequencenumber",
        env = "OP_PROGRAM_L2_BLOCK_NUM",
        value_name = "N"
    )]
    pub(crate) l2_blocknumber: u64,
    /// A chain of the superchain registry, by its name or number.
    #[arg(
        long,
        env = "OP_PROGRAM_NETWORK",
        value_name = "CHAIN",
        value_delimiter = ',',
        conflicts_with_all = ["rollup_config", "l2_genesis", "l2_custom"],
        required_unless_present = "rollup_config"
    )]
    pub(crate) network: Vec<String>,
    /// rollup.json, for a chain that is not in the registry.
    #[arg(
        long = "rollup.config",
        env = "OP_PROGRAM_ROLLUP_CONFIG",
        value_name = "FILE",
        value_delimiter = ','
    )]
    pub(crate) rollup_config: Vec<PathBuf>,
    /// The chain's genesis in geth's form, of which its config counts, or that config itself.
    #[arg(
        long = "l2.genesis",
        env = "OP_PROGRAM_L2_GENESIS",
        value_name = "FILE",
        value_delimiter = ','
    )]
    pub(crate) l2_genesis: Vec<PathBuf>,
    /// L1's genesis in geth's form, of which its config counts, or that config itself; for an L1 that is not in the registry.
    #[arg(
        long = "l1.chainconfig",
        env = "OP_PROGRAM_L1_CHAINCONFIG",
        value_name = "FILE"
    )]
    pub(crate) l1_chainconfig: Option<PathBuf>,
    /// Hand the three configs to the program instead of the chain's number. On chain nobody does that.
    #[arg(
        long = "l2.custom",
        requires_all = ["rollup_config", "l2_genesis", "l1_chainconfig"]
    )]
    pub(crate) l2_custom: bool,
    /// L1 RPC. Not there yet.
    #[arg(long, env = "OP_PROGRAM_L1_RPC", value_name = "URL")]
    pub(crate) l1: Option<String>,
    /// L1 beacon API. Not there yet.
    #[arg(
        long = "l1.beacon",
        env = "OP_PROGRAM_L1_BEACON_API",
        value_name = "URL"
    )]
    pub(crate) l1_beacon: Option<String>,
    /// L2 RPC. Not there yet.
    #[arg(long, env = "OP_PROGRAM_L2_RPC", value_name = "URL")]
    pub(crate) l2: Option<String>,
    /// The agreed state of several chains. Not there yet.
    #[arg(
        long = "l2.agreed-prestate",
        env = "OP_PROGRAM_L2_AGREED_PRESTATE",
        value_name = "HEX",
        conflicts_with_all = ["l2_outputroot", "l2_head"]
    )]
    pub(crate) l2_agreed_prestate: Option<String>,
    #[command(flatten)]
    pub(crate) _without_effect: WithoutEffect,
}

/// What op-program's host takes beyond that: about fetching, about several chains, and about its log, which hoike has none of.
#[derive(clap::Args, Debug)]
#[command(next_help_heading = "Without effect")]
pub(crate) struct WithoutEffect {
    /// Would be an L2 RPC for execution witnesses.
    #[arg(long = "l2.experimental", value_name = "URL")]
    l2_experimental: Option<String>,
    /// Would not check L1's answers.
    #[arg(long = "l1.trustrpc")]
    l1_trustrpc: bool,
    /// Would be the kind of L1's provider.
    #[arg(long = "l1.rpckind", value_name = "KIND")]
    l1_rpckind: Option<String>,
    /// Would be which chains depend on each other.
    #[arg(long = "depset.config", value_name = "FILE")]
    depset_config: Option<PathBuf>,
    /// Would be how much is logged.
    #[arg(long = "log.level", value_name = "LEVEL")]
    log_level: Option<String>,
    /// Would be the form of the log.
    #[arg(long = "log.format", value_name = "FORMAT")]
    log_format: Option<String>,
    /// Would colour the log.
    #[arg(long = "log.color")]
    log_color: bool,
    /// Would put the process id into the log.
    #[arg(long = "log.pid")]
    log_pid: bool,
}

/// The arguments, where a link is called op-program with the command that it stands for: op-challenger puts nothing between name and flags.
pub(crate) fn of_name(mut args: impl Iterator<Item = OsString>) -> Vec<OsString> {
    let name = args.next();
    let is_op_program = name
        .as_ref()
        .is_some_and(|name| Path::new(name).file_name() == Some("op-program".as_ref()));
    let command: &[&str] = if is_op_program {
        &["host", "op-program"]
    } else {
        &[]
    };
    let command = command.iter().map(OsString::from);
    name.into_iter().chain(command).chain(args).collect()
}

/// As [`hoike_host::store::Format`].
#[derive(clap::ValueEnum, Clone, Copy, Debug)]
pub(crate) enum DataFormat {
    /// A directory for each first two bytes of keys.
    Directory,
    /// All in one directory.
    File,
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

const HOST_EXIT_CODES: &str = "\
Exit codes:
   0  served to the end; where the program was run: valid
   1  where the program was run: invalid
   3  a preimage is missing or corrupt, or the data directory or a config cannot be used
  64  the command line is wrong
  70  a bug in hoike";

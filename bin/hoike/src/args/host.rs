//! Flags of `hoike host`.

use super::Fetching;
use alloy_primitives::B256;
use clap::Subcommand;
use std::{net::SocketAddr, path::PathBuf};

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
    /// For a program about several chains. Not there yet.
    Super(HostSuper),
}

/// For a program about several chains, with kona-host's arguments. Not there yet: whatever is given ends with an error.
#[derive(clap::Args, Debug)]
pub(crate) struct HostSuper {
    #[arg(
        value_name = "ARGUMENTS",
        trailing_var_arg = true,
        allow_hyphen_values = true
    )]
    pub(crate) _arguments: Vec<std::ffi::OsString>,
}

/// For a program about one chain. Serves what the data directory holds, fetches what it does not, and computes precompiles. Without endpoints nothing is
/// fetched.
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
    /// L1 RPC; several, with commas between, are asked in that order.
    #[arg(
        long,
        visible_alias = "l1",
        env = "L1_NODE_ADDRESS",
        value_name = "URL",
        value_delimiter = ','
    )]
    pub(crate) l1_node_address: Vec<String>,
    /// L1 beacon API; several, with commas between, are asked in that order.
    #[arg(
        long,
        visible_alias = "beacon",
        env = "L1_BEACON_ADDRESS",
        value_name = "URL",
        value_delimiter = ','
    )]
    pub(crate) l1_beacon_address: Vec<String>,
    /// L2 RPC; several, with commas between, are asked in that order.
    #[arg(
        long,
        visible_alias = "l2",
        env = "L2_NODE_ADDRESS",
        value_name = "URL",
        value_delimiter = ','
    )]
    pub(crate) l2_node_address: Vec<String>,
    /// Without effect: execution witnesses are asked for where a node has them.
    #[arg(long, env = "ENABLE_EXPERIMENTAL_WITNESS_ENDPOINT")]
    pub(crate) enable_experimental_witness_endpoint: bool,
    /// Serve Prometheus metrics there.
    #[arg(long, env = "METRICS", value_name = "ADDR")]
    pub(crate) metrics: Option<SocketAddr>,
    #[command(flatten)]
    pub(crate) fetching: Fetching,
}

/// For op-program, or another program that reads its local keys. Serves what the data directory holds, fetches what it does not, and computes
/// precompiles. Without endpoints nothing is fetched, without --server the program is run in this process.
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
    /// L1 RPC; several, with commas between, are asked in that order.
    #[arg(
        long,
        env = "OP_PROGRAM_L1_RPC",
        value_name = "URL",
        value_delimiter = ','
    )]
    pub(crate) l1: Vec<String>,
    /// L1 beacon API; several, with commas between, are asked in that order.
    #[arg(
        long = "l1.beacon",
        env = "OP_PROGRAM_L1_BEACON_API",
        value_name = "URL",
        value_delimiter = ','
    )]
    pub(crate) l1_beacon: Vec<String>,
    /// L2 RPC; several, with commas between, are asked in that order.
    #[arg(
        long,
        env = "OP_PROGRAM_L2_RPC",
        value_name = "URL",
        value_delimiter = ','
    )]
    pub(crate) l2: Vec<String>,
    /// The agreed state of several chains. Not there yet.
    #[arg(
        long = "l2.agreed-prestate",
        env = "OP_PROGRAM_L2_AGREED_PRESTATE",
        value_name = "HEX",
        conflicts_with_all = ["l2_outputroot", "l2_head"]
    )]
    pub(crate) l2_agreed_prestate: Option<String>,
    /// One more L2 RPC, asked last.
    #[arg(
        long = "l2.experimental",
        env = "OP_PROGRAM_L2_EXPERIMENTAL_RPC",
        value_name = "URL"
    )]
    pub(crate) l2_experimental: Option<String>,
    /// Serve Prometheus metrics there.
    #[arg(long, value_name = "ADDR")]
    pub(crate) metrics: Option<SocketAddr>,
    #[command(flatten)]
    pub(crate) fetching: Fetching,
    #[command(flatten)]
    pub(crate) _without_effect: WithoutEffect,
}

/// What op-program's host takes beyond that: about fetching, about several chains, and about its log, which hoike has none of.
#[derive(clap::Args, Debug)]
#[command(next_help_heading = "Without effect")]
pub(crate) struct WithoutEffect {
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

/// As [`hoike_host::store::Format`].
#[derive(clap::ValueEnum, Clone, Copy, Debug)]
pub(crate) enum DataFormat {
    /// A directory for each first two bytes of keys.
    Directory,
    /// All in one directory.
    File,
}

const HOST_EXIT_CODES: &str = "\
Exit codes:
   0  served to the end; where the program was run: valid
   1  where the program was run: invalid
   3  a preimage is missing or corrupt, or the data directory or a config cannot be used
   4  an endpoint failed, or the deadline came
  64  the command line is wrong
  70  a bug in hoike";

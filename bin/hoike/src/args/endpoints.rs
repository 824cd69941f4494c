//! Flags about nodes.

use alloy_primitives::B256;
use clap::ValueEnum;
use std::{path::PathBuf, time::Duration};

/// What is judged from nodes instead of a folder, and which nodes.
#[derive(clap::Args, Debug)]
#[command(next_help_heading = "From nodes")]
pub(crate) struct Endpoints {
    /// The L2 block to judge.
    #[arg(
        long,
        value_name = "N",
        conflicts_with_all = ["folders", "claim", "check_expected", "trust_witness", "pure"],
        requires_all = ["l1", "l2"]
    )]
    pub(crate) block: Option<u64>,
    /// The L2 block that is agreed on [default: the one before].
    #[arg(long, value_name = "M", requires = "block")]
    pub(crate) from: Option<u64>,
    /// A chain of the superchain registry, by name (op-mainnet) or number.
    #[arg(long, value_name = "CHAIN", requires = "block")]
    pub(crate) chain: Option<String>,
    /// rollup.json, for a chain that is not in the registry.
    #[arg(
        long,
        value_name = "FILE",
        requires = "block",
        conflicts_with = "chain"
    )]
    pub(crate) rollup_config: Option<PathBuf>,
    /// L1's chain config or genesis in geth's form, for an L1 that is not in the registry.
    #[arg(long, value_name = "FILE", requires = "block")]
    pub(crate) l1_config: Option<PathBuf>,
    /// The chain's config or genesis in geth's form, for a chain that has Karst without Osaka.
    #[arg(long, value_name = "FILE", requires = "block")]
    pub(crate) l2_config: Option<PathBuf>,
    /// The claimed output root [default: that of the L2 node's block, which is then judged].
    #[arg(long, value_name = "ROOT", requires = "block")]
    pub(crate) claim_root: Option<B256>,
    /// The agreed output root [default: that of the L2 node's block, which is then trusted].
    #[arg(long, value_name = "ROOT", requires = "block")]
    pub(crate) agreed_root: Option<B256>,
    /// Hash of the newest L1 block that counts [default: an L1 block from which the L2 block can be derived, as the L1 node has it, which is then trusted].
    #[arg(long, value_name = "HASH", requires = "block")]
    pub(crate) l1_head: Option<B256>,
    /// L1 RPC, by HTTP or WebSocket; several, with commas between, are asked in that order.
    #[arg(
        long,
        env = "HOIKE_L1",
        hide_env_values = true,
        value_name = "URL",
        value_delimiter = ','
    )]
    pub(crate) l1: Vec<String>,
    /// L1 beacon API; not needed where L1 carries no blobs.
    #[arg(
        long,
        env = "HOIKE_BEACON",
        hide_env_values = true,
        value_name = "URL",
        value_delimiter = ','
    )]
    pub(crate) beacon: Vec<String>,
    /// L2 RPC, by HTTP or WebSocket.
    #[arg(
        long,
        env = "HOIKE_L2",
        hide_env_values = true,
        value_name = "URL",
        value_delimiter = ','
    )]
    pub(crate) l2: Vec<String>,
    /// Keep the claim and all that was read as a folder that `hoike verify DIR` judges without nodes.
    #[arg(long, value_name = "DIR", requires = "block")]
    pub(crate) save: Option<PathBuf>,
    /// Where to keep what was fetched, so that a later run need not fetch it again.
    #[arg(long, value_name = "DIR", requires = "block")]
    pub(crate) data_dir: Option<PathBuf>,
    /// How progress is shown on stderr.
    #[arg(long, value_name = "FORM", default_value = "auto")]
    pub(crate) progress: ProgressForm,
}

/// How progress is shown.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(crate) enum ProgressForm {
    /// A bar on a terminal, elsewhere lines.
    Auto,
    /// A line every few seconds.
    Lines,
    /// The same as JSON objects.
    Json,
    /// Not at all.
    None,
}

/// How nodes are dealt with.
#[derive(clap::Args, Clone, Copy, Debug)]
#[command(next_help_heading = "Fetching")]
pub(crate) struct Fetching {
    /// When to give up, verdict or not: 90, 90s, 5m, 2h [default: never].
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub(crate) deadline: Option<Duration>,
    /// Requests to one endpoint at a time.
    #[arg(long, value_name = "N", default_value_t = 8)]
    pub(crate) rpc_concurrency: u16,
    /// Calls in one JSON-RPC batch; 1: no batches.
    #[arg(long, value_name = "N", default_value_t = 50)]
    pub(crate) rpc_batch: u16,
    /// Longest wait for one answer, like --deadline.
    #[arg(long, value_name = "TIME", default_value = "60s", value_parser = time)]
    pub(crate) rpc_timeout: Duration,
}

impl Fetching {
    pub(crate) fn settings(&self) -> hoike_host::net::Settings {
        hoike_host::net::Settings {
            answer: self.rpc_timeout,
            concurrency: self.rpc_concurrency.into(),
            batch: self.rpc_batch.into(),
            deadline: self.deadline.map(|wait| std::time::Instant::now() + wait),
            ..Default::default()
        }
    }
}

fn time(text: &str) -> Result<Duration, String> {
    let (number, unit) = match text.find(|c: char| !c.is_ascii_digit()) {
        Some(at) => text.split_at(at),
        None => (text, "s"),
    };
    let seconds = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3600,
        _ => return Err("a number of seconds, or one with s, m or h behind it".into()),
    };
    number
        .parse::<u64>()
        .ok()
        .and_then(|number| number.checked_mul(seconds))
        // Above a year clocks begin to overflow.
        .filter(|seconds| (1..=31_536_000).contains(seconds))
        .map(Duration::from_secs)
        .ok_or_else(|| "between one second and a year".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_units() {
        for (text, want) in [("90", 90), ("90s", 90), ("5m", 300), ("2h", 7200)] {
            assert_eq!(time(text), Ok(Duration::from_secs(want)));
        }
        for text in ["", "s", "0", "-1", "5d", "99999999999999999999", "1.5s"] {
            assert!(time(text).is_err(), "{text}");
        }
    }
}

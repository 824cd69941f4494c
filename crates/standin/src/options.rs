//! How the nodes behave.

use crate::faults::Plan;
use std::time::Duration;

/// One of the three nodes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Role {
    /// L1's execution node, JSON-RPC.
    L1,
    /// L1's beacon node, REST.
    Beacon,
    /// L2's execution node, JSON-RPC.
    L2,
}

impl Role {
    /// All of them, in the order of [`Options::ports`].
    pub const ALL: [Self; 3] = [Self::L1, Self::Beacon, Self::L2];

    const fn prefix(self) -> &'static str {
        match self {
            Self::L1 => "l1:",
            Self::Beacon => "beacon:",
            Self::L2 => "l2:",
        }
    }
}

/// Which client the L2 node is, which says what methods it has.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Profile {
    /// op-geth with the hash scheme: everything.
    #[default]
    OpGeth,
    /// op-reth: no `debug_dbGet`.
    OpReth,
    /// Nethermind: neither `debug_dbGet` nor `debug_executePayload`.
    Nethermind,
    /// op-erigon: `debug_executePayload`, but neither `debug_dbGet` nor `debug_executionWitness` nor `debug_getRawTransaction`.
    Erigon,
}

impl Profile {
    pub(crate) fn has(self, method: &str) -> bool {
        match method {
            "debug_dbGet" => self == Self::OpGeth,
            "debug_executePayload" => self != Self::Nethermind,
            "debug_executionWitness" | "debug_getRawTransaction" => self != Self::Erigon,
            _ => true,
        }
    }

    pub(crate) const fn version(self) -> &'static str {
        match self {
            Self::OpGeth => "Geth/v1.101702.3-standin/linux-amd64/go1.24",
            Self::OpReth => "reth/v1.9.0-standin/x86_64-unknown-linux-gnu",
            Self::Nethermind => "Nethermind/v1.35.0-standin/linux-x64/dotnet9",
            Self::Erigon => "erigon/3.0.0-standin/linux-amd64/go1.24",
        }
    }
}

/// How the nodes behave. By default as an archive op-geth and a beacon node with all endpoints, without delay or faults.
#[derive(Clone, Debug)]
pub struct Options {
    /// The L2 node's client.
    pub profile: Profile,
    /// The least time from a request to its answer. What the answer takes to compute is within it, so that a real node's time can be set exactly.
    pub latency: Duration,
    /// Methods that do not exist: a name, or a beginning of names before `*`; after `l1:` or `l2:` on that node only. Public providers: `l1:debug_*`.
    pub without: Vec<String>,
    /// The most calls in one JSON-RPC batch; a larger one is refused as a whole. 0: every batch is refused.
    pub max_batch: usize,
    /// The most bytes of one JSON-RPC result, as providers limit them; larger ones are errors. 0: no limit.
    pub max_result_bytes: usize,
    /// The beacon node has `/eth/v1/beacon/blobs/{slot}`.
    pub beacon_blobs: bool,
    /// The beacon node has `/eth/v1/beacon/blob_sidecars/{slot}`.
    pub beacon_sidecars: bool,
    /// The beacon node has pruned its blobs: lists of them are empty.
    pub pruned_blobs: bool,
    /// One in three state nodes is missing in `debug_executePayload` and `debug_executionWitness`.
    pub incomplete_witness: bool,
    /// The L2 node has pruned its state: what needs it is an error.
    pub pruned: bool,
    /// The L1 node's newest block, if it is behind: there are no later ones.
    pub l1_head: Option<u64>,
    /// The L2 node's newest block, if it is behind: there are no later ones.
    pub l2_head: Option<u64>,
    /// What goes wrong on purpose.
    pub faults: Option<Plan>,
    /// Ports of L1, beacon and L2 on 127.0.0.1; free ones are chosen if `None`.
    pub ports: Option<[u16; 3]>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            profile: Profile::default(),
            latency: Duration::ZERO,
            without: Vec::new(),
            max_batch: 100,
            max_result_bytes: 0,
            beacon_blobs: true,
            beacon_sidecars: true,
            pruned_blobs: false,
            incomplete_witness: false,
            pruned: false,
            l1_head: None,
            l2_head: None,
            faults: None,
            ports: None,
        }
    }
}

impl Options {
    /// Whether a node has a method, as far as it is known at all.
    pub(crate) fn offers(&self, role: Role, method: &str) -> bool {
        let without = self.without.iter().any(|entry| {
            let (there, name) = match entry.split_once(':') {
                Some((prefix, name)) => (role.prefix().strip_suffix(':') == Some(prefix), name),
                None => (true, entry.as_str()),
            };
            there
                && match name.strip_suffix('*') {
                    Some(beginning) => method.starts_with(beginning),
                    None => method == name,
                }
        });
        !without && (role != Role::L2 || self.profile.has(method))
    }
}

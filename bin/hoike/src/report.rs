//! A verdict, as text and as JSON.

use crate::journal::Journal;
use alloy_primitives::B256;
use hoike_claims::{Entry, Folder};
use hoike_preimage::Stats;
use hoike_program::{Outcome, Verdict};
use hoike_protocol::rules::KarstEvm;
use serde_json::json;
use std::{collections::BTreeMap, fmt::Write, time::Duration};

/// A claim that has a verdict.
pub(crate) struct Judged {
    pub(crate) outcome: Outcome,
    pub(crate) journal: Journal,
    pub(crate) stats: Stats,
    pub(crate) trusted: bool,
    /// What Karst's blocks are executed by, if the chain has Karst.
    pub(crate) karst_evm: Option<KarstEvm>,
}

/// All there is to say of it.
pub(crate) struct Report<'a> {
    pub(crate) folder: &'a Folder,
    pub(crate) index: usize,
    pub(crate) entry: &'a Entry,
    pub(crate) judged: &'a Judged,
    /// How long the folder took to read, or the nodes to be asked.
    pub(crate) load: Duration,
    /// Where it was taken from nodes: what is trusted, and what it took.
    pub(crate) nodes: Option<&'a Nodes>,
}

/// What a claim from nodes rests on, and what it took to fetch.
pub(crate) struct Nodes {
    /// What of the claim somebody's word was taken for, a line each: what, and whose.
    pub(crate) trusted: Vec<(&'static str, String)>,
    /// The L1 head's number.
    pub(crate) head: u64,
    pub(crate) l1_newest: u64,
    pub(crate) l1_finalized: Option<u64>,
    pub(crate) requests: u64,
    pub(crate) retries: u64,
    pub(crate) bytes: u64,
    pub(crate) waited: Duration,
    pub(crate) methods: BTreeMap<String, u64>,
}

impl Report<'_> {
    /// The report that a person reads.
    pub(crate) fn text(&self) -> String {
        let Judged {
            outcome,
            journal,
            stats,
            trusted,
            karst_evm,
        } = self.judged;
        let (claimed_block, claimed_root) = self.entry.claimed();
        let mut text = String::new();
        let verdict = match outcome.verdict {
            Verdict::Valid => "VALID",
            Verdict::Invalid { .. } => "INVALID",
        };
        let mut line = |name: &str, value: String| {
            let _infallible = writeln!(text, "{name:<12}{value}");
        };
        line(
            verdict,
            format!("{} block {claimed_block}", self.folder.chain),
        );
        line("  claimed", format!("{claimed_block:<10} {claimed_root}"));
        if let Verdict::Invalid { computed, .. } = outcome.verdict {
            line(
                "  computed",
                format!("{:<10} {computed}", outcome.compared.number),
            );
        }
        if outcome.compared.number < claimed_block {
            line(
                "",
                format!(
                    "L1 lets derive block {} and no further; its root counts for the claimed block",
                    outcome.compared.number
                ),
            );
        }
        line(
            "  agreed",
            format!("{:<10} {}", outcome.agreed.number, self.entry.agreed_root()),
        );
        line(
            "  L1 head",
            match self.nodes {
                Some(nodes) => format!("{:<10} {}", nodes.head, outcome.l1_head),
                None => format!("{}{}", " ".repeat(11), outcome.l1_head),
            },
        );
        if let (Some(first), Some(last)) = (journal.l1_first, journal.l1_last) {
            line(
                "  derived",
                format!(
                    "{} of {} from L1 blocks {first} to {last}: {}, {}, {}, {}",
                    count(journal.blocks, "block"),
                    count(journal.transactions, "transaction"),
                    count(journal.batcher_transactions, "batcher transaction"),
                    count(journal.blobs, "blob"),
                    count(journal.channels, "channel"),
                    count(journal.batches, "batch").replace("batchs", "batches"),
                ),
            );
            line("  executed", format!("{} gas", journal.gas));
        }
        if *karst_evm == Some(KarstEvm::Prague) {
            line(
                "",
                "Karst's blocks are executed on Prague, not Osaka as specified".into(),
            );
        }
        if journal.replaced > 0 {
            line(
                "  replaced",
                format!(
                    "{} by their deposits alone, their payloads being invalid",
                    count(journal.replaced, "block")
                ),
            );
        }
        let read = format!(
            "{} preimages, {} blobs, {:.1} MB",
            stats.preimages,
            stats.blobs,
            stats.bytes as f64 / 1e6
        );
        line(
            if *trusted { "  believed" } else { "  checked" },
            if *trusted {
                format!("{read}: NOT CHECKED")
            } else {
                read
            },
        );
        if let Some(nodes) = self.nodes {
            line(
                "  fetched",
                format!(
                    "{}, {} repeated, {:.1} MB, {} waited for",
                    count(nodes.requests, "request"),
                    nodes.retries,
                    nodes.bytes as f64 / 1e6,
                    seconds(nodes.waited)
                ),
            );
            for (number, (what, whose)) in nodes.trusted.iter().enumerate() {
                let name = if number == 0 { "  trusted" } else { "" };
                line(name, format!("{what}: {whose}"));
            }
        }
        line(
            "  took",
            format!(
                "{} (read {}, start {}, derive {}, execute {}, finish {})",
                seconds(
                    self.load + journal.start + journal.derive + journal.execute + journal.finish
                ),
                seconds(self.load),
                seconds(journal.start),
                seconds(journal.derive),
                seconds(journal.execute),
                seconds(journal.finish),
            ),
        );
        text
    }

    /// One line of a table.
    pub(crate) fn line(&self, as_expected: Option<bool>) -> String {
        let (claimed_block, claimed_root) = self.entry.claimed();
        let verdict = match self.judged.outcome.verdict {
            Verdict::Valid => "VALID",
            Verdict::Invalid { .. } => "INVALID",
        };
        let mark = match as_expected {
            None => "",
            Some(true) => "  ok",
            Some(false) => "  UNEXPECTED",
        };
        let mut line = format!(
            "{verdict:<8} {:<26} {:>3}  block {claimed_block:<10} {}{mark}",
            self.folder.name,
            self.index,
            short(&claimed_root)
        );
        if as_expected == Some(false) {
            let _infallible = write!(
                line,
                "  computed {} at block {}",
                self.judged.outcome.output_root, self.judged.outcome.compared.number
            );
            if let Some(note) = &self.entry.note {
                let _infallible = write!(line, "  ({note})");
            }
        }
        line + "\n"
    }

    /// One JSON object on one line.
    pub(crate) fn json(&self) -> String {
        let Judged {
            outcome,
            journal,
            stats,
            trusted,
            karst_evm,
        } = self.judged;
        let (claimed_block, claimed_root) = self.entry.claimed();
        let mut object = json!({
            "folder": self.folder.name,
            "claim": self.index,
            "verdict": match outcome.verdict { Verdict::Valid => "valid", Verdict::Invalid { .. } => "invalid" },
            "expected": self.entry.expected.map(|expected| format!("{expected:?}").to_lowercase()),
            "l2_chain_id": self.folder.rules.rollup.l2_chain_id,
            "karst_evm": karst_evm.map(|evm| match evm { KarstEvm::Osaka => "osaka", KarstEvm::Prague => "prague" }),
            "l1_head": outcome.l1_head,
            "agreed": { "number": outcome.agreed.number, "hash": outcome.agreed.hash, "output_root": self.entry.agreed_root() },
            "claimed": { "number": claimed_block, "output_root": claimed_root },
            "computed": { "number": outcome.compared.number, "hash": outcome.compared.hash, "output_root": outcome.output_root },
            "derived": {
                "l1_first": journal.l1_first, "l1_last": journal.l1_last, "l1_blocks": journal.l1_blocks,
                "batcher_transactions": journal.batcher_transactions, "blobs": journal.blobs, "channels": journal.channels,
                "batches": journal.batches, "dropped": journal.dropped, "blocks": journal.blocks, "transactions": journal.transactions,
                "gas_used": journal.gas, "replaced": journal.replaced,
            },
            "witness": {
                "checked": !trusted, "preimages": stats.preimages, "blobs": stats.blobs, "bytes": stats.bytes,
                "size": self.folder.witness_bytes,
            },
            "seconds": {
                "read": self.load.as_secs_f64(), "start": journal.start.as_secs_f64(), "derive": journal.derive.as_secs_f64(),
                "execute": journal.execute.as_secs_f64(), "finish": journal.finish.as_secs_f64(),
            },
        });
        if let Some(nodes) = self.nodes {
            object["trusted"] = json!({
                "taken": nodes.trusted.iter().map(|(what, whose)| json!({ "what": what, "from": whose })).collect::<Vec<_>>(),
                "l1_head_number": nodes.head, "l1_newest": nodes.l1_newest, "l1_finalized": nodes.l1_finalized,
            });
            object["fetched"] = json!({
                "requests": nodes.requests, "retries": nodes.retries, "bytes": nodes.bytes,
                "waited_seconds": nodes.waited.as_secs_f64(), "calls": nodes.methods,
            });
        }
        format!("{object}\n")
    }
}

/// A claim or folder without a verdict, as JSON.
pub(crate) fn error_json(folder: &str, claim: Option<usize>, why: &str) -> String {
    format!(
        "{}\n",
        json!({ "folder": folder, "claim": claim, "verdict": null, "error": why })
    )
}

fn count(n: u64, what: &str) -> String {
    format!("{n} {what}{}", if n == 1 { "" } else { "s" })
}

fn seconds(duration: Duration) -> String {
    format!("{:.3} s", duration.as_secs_f64())
}

fn short(hash: &B256) -> String {
    let hex = hash.to_string();
    format!("{}…{}", &hex[..6], &hex[hex.len() - 4..])
}

//! The end of the text: totals, what was computed, and the verdict.

use super::{
    claimant::Comparison,
    codes::Code,
    page::{Page, Tone},
    timeline::{
        BatchOutcome, Carries, ChannelEnd, Fate, ItemOutcome, L2Block, MadeOf, Receipts, Timeline,
    },
    view::batch_of,
    words::{count, kind, utc},
};
use alloy_primitives::B256;
use hoike_program::{Outcome, Verdict};
use std::collections::BTreeMap;

/// Totals of a whole run, whatever part of it is shown.
#[derive(Debug, Default)]
pub(crate) struct Totals {
    pub(crate) receipts_read: u64,
    pub(crate) deposits: u64,
    pub(crate) config_updates: u64,
    pub(crate) config_skipped: u64,
    pub(crate) transactions: u64,
    pub(crate) ignored: BTreeMap<&'static str, u64>,
    pub(crate) blobs: u64,
    pub(crate) blobs_ignored: BTreeMap<&'static str, u64>,
    pub(crate) bytes: u64,
    pub(crate) items_rejected: BTreeMap<&'static str, u64>,
    pub(crate) frames: u64,
    pub(crate) frames_dropped: BTreeMap<&'static str, u64>,
    pub(crate) channels_read: u64,
    pub(crate) channels_open: u64,
    pub(crate) channels_unreadable: BTreeMap<&'static str, u64>,
    pub(crate) channels_dropped: BTreeMap<&'static str, u64>,
    pub(crate) batches: BTreeMap<BatchOutcome, u64>,
    pub(crate) batches_dropped: BTreeMap<&'static str, u64>,
    pub(crate) batches_unreadable: u64,
    pub(crate) from_batches: u64,
    pub(crate) empty: u64,
    pub(crate) deposits_only: u64,
    pub(crate) undone: u64,
    pub(crate) l2_transactions: u64,
    pub(crate) gas_used: u64,
}

impl Totals {
    pub(crate) fn of(timeline: &Timeline) -> Self {
        let mut totals = Self::default();
        for block in &timeline.l1 {
            totals.receipts_read += u64::from(block.receipts == Receipts::Read);
            totals.deposits += block.deposits;
            for entry in &block.log {
                match entry {
                    super::timeline::Entry::ConfigUpdated { .. } => totals.config_updates += 1,
                    super::timeline::Entry::ConfigSkipped { .. } => totals.config_skipped += 1,
                    _ => {}
                }
            }
            for transaction in &block.transactions {
                match transaction.carries {
                    Carries::Nothing(why) => *totals.ignored.entry(why.code()).or_default() += 1,
                    Carries::Calldata => totals.transactions += 1,
                    Carries::Blobs(count) => {
                        totals.transactions += 1;
                        totals.blobs += count;
                    }
                }
            }
            for item in &block.items {
                totals.bytes += item.bytes;
                match item.outcome {
                    ItemOutcome::Unread | ItemOutcome::Frames(_) => {}
                    ItemOutcome::Rejected(why) => {
                        *totals.items_rejected.entry(why.code()).or_default() += 1;
                    }
                    ItemOutcome::BlobIgnored(why) => {
                        *totals.blobs_ignored.entry(why.code()).or_default() += 1;
                    }
                }
                for frame in &item.frames {
                    match frame.fate {
                        Fate::Taken { .. } => totals.frames += 1,
                        Fate::Dropped(why) => {
                            *totals.frames_dropped.entry(why.code()).or_default() += 1;
                        }
                    }
                }
            }
        }
        for channel in &timeline.channels {
            totals.batches_unreadable += channel.unreadable.len() as u64;
            match channel.end {
                ChannelEnd::Open => totals.channels_open += 1,
                ChannelEnd::Read { .. } => totals.channels_read += 1,
                ChannelEnd::Unreadable(why) => {
                    *totals.channels_unreadable.entry(why.code()).or_default() += 1;
                }
                ChannelEnd::Dropped(why) => {
                    *totals.channels_dropped.entry(why.code()).or_default() += 1;
                }
            }
        }
        for batch in &timeline.batches {
            *totals.batches.entry(batch.outcome()).or_default() += 1;
            if let Some(dropped) = batch.dropped {
                *totals
                    .batches_dropped
                    .entry(dropped.why.code())
                    .or_default() += 1;
            }
        }
        for block in &timeline.l2 {
            if block.undone {
                totals.undone += 1;
                continue;
            }
            match block.made_of {
                MadeOf::Batch(_) => totals.from_batches += 1,
                MadeOf::Nothing => totals.empty += 1,
                MadeOf::DepositsOnly(_) => totals.deposits_only += 1,
            }
            totals.l2_transactions += block.transactions;
            totals.gas_used += block.gas_used;
        }
        totals
    }

    pub(crate) fn print(&self, page: &mut Page, timeline: &Timeline, cut: bool) {
        let title = if cut {
            "Summary of the whole run"
        } else {
            "Summary"
        };
        page.line(0, &[(Tone::Strong, title.into())]);
        let walked = timeline.l1.len() as u64;
        let mut l1 = count(walked, "L1 block");
        if let (Some(first), Some(last)) = (timeline.l1.first(), timeline.l1.last()) {
            l1 += &format!(" from {} to {}", first.at.number, last.at.number);
        }
        l1 += &format!(
            ": receipts of {} read; {}, {}",
            self.receipts_read,
            count(self.deposits, "user deposit"),
            count(self.config_updates, "config update"),
        );
        if self.config_skipped > 0 {
            l1 += &format!(", {} skipped", self.config_skipped);
        }
        row(page, "L1", l1, Tone::Plain);
        let mut batcher = format!(
            "{}, {}, {} bytes of data",
            count(self.transactions, "transaction"),
            count(self.blobs, "blob"),
            self.bytes
        );
        batcher += &by_reason("; IGNORED", "transaction", &self.ignored);
        batcher += &by_reason("; IGNORED", "blob", &self.blobs_ignored);
        batcher += &by_reason("; REJECTED", "data item", &self.items_rejected);
        row(page, "batcher", batcher, Tone::Plain);
        let frames = format!("{} taken", self.frames)
            + &by_reason("; DROPPED", "frame", &self.frames_dropped);
        row(page, "frames", frames, Tone::Plain);
        let mut channels = format!(
            "{} opened, {} read",
            timeline.channels.len(),
            self.channels_read
        );
        if self.channels_open > 0 {
            channels += &format!(", {} incomplete", self.channels_open);
        }
        channels += &by_reason("; UNREADABLE", "channel", &self.channels_unreadable);
        channels += &by_reason("; DROPPED", "channel", &self.channels_dropped);
        row(page, "channels", channels, Tone::Plain);
        let mut batches = format!("{} read", timeline.batches.len());
        for (outcome, count) in &self.batches {
            if *outcome != BatchOutcome::Dropped {
                batches += &format!(", {count} {}", outcome.words());
            }
        }
        batches += &by_reason("; DROPPED", "batch", &self.batches_dropped);
        if self.batches_unreadable > 0 {
            batches += &format!("; UNREADABLE: {}", count(self.batches_unreadable, "batch"));
        }
        row(page, "batches", batches, Tone::Plain);
        let built = self.from_batches + self.empty + self.deposits_only;
        let mut l2 = format!(
            "{}, {}, {} gas",
            count(built, "L2 block"),
            count(self.l2_transactions, "transaction"),
            self.gas_used
        );
        let odd = [
            (self.empty, "EMPTY for want of a batch"),
            (
                self.deposits_only,
                "DEPOSITS ONLY in place of an invalid payload",
            ),
            (self.undone, "UNDONE besides"),
        ];
        for (count, what) in odd {
            if count > 0 {
                l2 += &format!("; {count} {what}");
            }
        }
        row(page, "L2", l2, Tone::Plain);
    }
}

/// `; DROPPED 3 frames: duplicate 2, no_channel 1`.
fn by_reason(title: &str, what: &str, reasons: &BTreeMap<&'static str, u64>) -> String {
    if reasons.is_empty() {
        return String::new();
    }
    let list: Vec<String> = reasons
        .iter()
        .map(|(code, count)| format!("{code} {count}"))
        .collect();
    format!(
        "{title} {}: {}",
        count(reasons.values().sum(), what),
        list.join(", ")
    )
}

/// The end of the report of a run that has a verdict.
pub(crate) fn verdict(page: &mut Page, chain: &str, claimed: (u64, B256), outcome: &Outcome) {
    let (number, root) = claimed;
    match outcome.verdict {
        Verdict::Valid => {
            let text = format!("  {chain} block {number}, output root ");
            page.line(
                10,
                &[
                    (Tone::Good, "VALID".into()),
                    (Tone::Plain, text),
                    (Tone::Plain, root.to_string()),
                ],
            );
        }
        Verdict::Invalid { claimed, computed } => {
            page.line(
                10,
                &[
                    (Tone::Bad, "INVALID".into()),
                    (Tone::Plain, format!("  {chain} block {number}")),
                ],
            );
            row(page, "claimed", claimed.to_string(), Tone::Bad);
            row(page, "computed", computed.to_string(), Tone::Good);
        }
    }
    if outcome.compared.number < number {
        let text = format!(
            "L1 lets derive block {} and no further; its root counts for the claimed block",
            outcome.compared.number
        );
        row(page, "", text, Tone::Odd);
    }
}

/// For an invalid claim: what the chain is, height by height.
pub(crate) fn computed<'a>(page: &mut Page, blocks: impl Iterator<Item = &'a L2Block>) {
    page.line(0, &[(Tone::Strong, "Computed".into())]);
    for block in blocks {
        let rows = [
            ("hash", block.hash.to_string()),
            ("state root", block.state_root.to_string()),
            (
                "output root",
                block
                    .output_root
                    .map_or_else(|| "not in the witness".into(), |root| root.to_string()),
            ),
        ];
        for (at, (name, value)) in rows.into_iter().enumerate() {
            let height = if at == 0 {
                format!("block {}", block.number)
            } else {
                String::new()
            };
            page.line(
                0,
                &[(Tone::Plain, format!("  {height:<16}{name:<13}{value}"))],
            );
        }
    }
}

/// How the claimant's chain compares.
pub(crate) fn comparison(page: &mut Page, timeline: &Timeline, comparison: &Comparison<'_>) {
    page.line(0, &[(Tone::Strong, "The claimant's chain".into())]);
    match comparison {
        Comparison::Differ {
            number,
            in_what,
            block,
        } => {
            let fields: Vec<&str> = in_what.iter().map(|difference| difference.field).collect();
            let text = format!(
                "the first block that differs is {number}, in {}",
                fields.join(", ")
            );
            row(page, "DIFFERS", text, Tone::Bad);
            for difference in in_what {
                let name = difference.field.replace('_', " ");
                page.line(
                    0,
                    &[(
                        Tone::Plain,
                        format!("  {name:<12}claimed {}", difference.claimed),
                    )],
                );
                page.line(
                    0,
                    &[(
                        Tone::Plain,
                        format!("  {:<12}derived {}", "", difference.derived),
                    )],
                );
            }
            match block {
                None => row(
                    page,
                    "",
                    "that is the block both sides were to agree on".into(),
                    Tone::Odd,
                ),
                Some(block) => {
                    for line in provenance(timeline, block) {
                        row(page, "", line, Tone::Plain);
                    }
                }
            }
        }
        Comparison::Underivable { number, last } => {
            let text = format!(
                "it has block {number}; L1 up to the head has no data for any block after {last}"
            );
            row(page, "DIFFERS", text, Tone::Bad);
        }
        Comparison::Same { blocks } => {
            let text = format!(
                "{} compared, all of them equal",
                count(*blocks as u64, "block")
            );
            row(page, "same", text, Tone::Plain);
        }
    }
}

/// What L1 data a block came from, in sentences.
fn provenance(timeline: &Timeline, block: &L2Block) -> Vec<String> {
    let mut lines = vec![format!(
        "it was derived with L1 {}; its L1 origin is {} ({}), {} of that epoch",
        block.derived_at,
        block.origin.number,
        block.origin.hash,
        match block.sequence_number {
            0 => "the first block".into(),
            later => format!("block {later} after the first"),
        }
    )];
    if let MadeOf::DepositsOnly(refused) = block.made_of
        && let Some(refused) = timeline.refused.get(refused)
    {
        let why = refused
            .why
            .as_ref()
            .map_or("unknown", |why| why.text.as_str());
        lines.push(format!(
            "it holds only deposits, since the payload that L1 gave is invalid: {why}"
        ));
    }
    match batch_of(timeline, block).and_then(|at| Some((at, timeline.batches.get(at)?))) {
        None => lines.push(
            "no batch for it came within the sequencing window, so it holds only deposits".into(),
        ),
        Some((at, batch)) => {
            let kind = kind(batch);
            let id = timeline
                .channels
                .get(batch.channel)
                .map_or_else(String::new, |channel| channel.id.to_string());
            lines.push(format!(
                "batch {at} ({kind}) of channel #{} ({id}), read in L1 {}",
                batch.channel, batch.read_at
            ));
            for source in timeline.sources(at) {
                let hash = source
                    .hash
                    .map_or_else(String::new, |hash| format!(" ({hash})"));
                lines.push(format!(
                    "data: {} in transaction {} of L1 {}{hash}",
                    count(source.frames, "frame"),
                    source.transaction,
                    source.l1
                ));
            }
        }
    }
    lines
}

/// The head of the text.
pub(crate) fn title(
    page: &mut Page,
    name: &str,
    chain: &str,
    claim: usize,
    claimed: u64,
    timeline: &Timeline,
    channel_timeout: u64,
) {
    let mut text = format!("  {chain}, claim {claim} of {name}: block {claimed}");
    if let Some(agreed) = &timeline.agreed {
        text += &format!(" after block {}", agreed.number);
    }
    page.line(2, &[(Tone::Strong, "explain".into()), (Tone::Plain, text)]);
    let Some(agreed) = &timeline.agreed else {
        page.line(2, &[(Tone::Plain, "  nothing is derived".into())]);
        return;
    };
    page.line(
        12,
        &[(
            Tone::Plain,
            format!(
                "  agreed    {}  {}  {}",
                agreed.number,
                page.hash(&agreed.hash),
                utc(agreed.time.0)
            ),
        )],
    );
    let mut text = format!("  origin    L1 {}", agreed.origin.number);
    if let Some(first) = timeline
        .l1
        .first()
        .filter(|first| first.at.number < agreed.origin.number)
    {
        text += &format!(
            "; data is read from L1 {} on, since a channel may take {channel_timeout} L1 blocks",
            first.at.number
        );
    }
    page.line(12, &[(Tone::Plain, text)]);
}

fn row(page: &mut Page, name: &str, value: String, tone: Tone) {
    page.line(12, &[(Tone::Plain, format!("  {name:<10}")), (tone, value)]);
}

//! The timeline for a person.

use super::{
    codes::Code,
    groups::{Group, fold_frames, group_words},
    page::{Page, Tone},
    reason,
    timeline::{
        Batch, BatchOutcome, Carries, Channel, ChannelEnd, Entry, ItemOutcome, L1Block, L2Block,
        MadeOf, Receipts,
    },
    view::View,
    words::{blocks, count, kind, setting, utc},
};
use hoike_protocol::{L2Time, Rules};

/// Lays out a timeline.
#[derive(Debug)]
pub(crate) struct Text<'a> {
    view: &'a View<'a>,
    rules: &'a Rules,
    /// Digits of the greatest L1 block number.
    l1_width: usize,
    l2_width: usize,
    gas_width: usize,
    tx_width: usize,
}

impl<'a> Text<'a> {
    pub(crate) fn new(view: &'a View<'a>, rules: &'a Rules) -> Self {
        let timeline = view.timeline;
        let digits = |greatest: Option<u64>| greatest.unwrap_or(0).to_string().len();
        Self {
            view,
            rules,
            l1_width: digits(timeline.l1.iter().map(|block| block.at.number).max()),
            l2_width: digits(timeline.l2.iter().map(|block| block.number).max()),
            gas_width: digits(timeline.l2.iter().map(|block| block.gas_used).max()),
            tx_width: digits(timeline.l2.iter().map(|block| block.transactions).max()),
        }
    }

    /// Every L1 block that is shown; those without anything of interest are folded.
    pub(crate) fn timeline(&self, page: &mut Page) {
        let mut quiet: Vec<&L1Block> = Vec::new();
        for block in &self.view.timeline.l1 {
            if !self.view.l1_block(block) {
                self.fold(page, &mut quiet);
            } else if block.deposits == 0 && !block.log.iter().any(|e| self.view.entry(block, e)) {
                quiet.push(block);
            } else {
                self.fold(page, &mut quiet);
                self.l1_block(page, block);
            }
        }
        self.fold(page, &mut quiet);
    }

    /// Consecutive L1 blocks without anything of interest, on one line.
    fn fold(&self, page: &mut Page, quiet: &mut Vec<&L1Block>) {
        let width = self.l1_width;
        match quiet.as_slice() {
            [] => return,
            [block] => {
                let name = format!("L1 {:>width$}", block.at.number);
                let rest = format!("  {}  nothing for this chain", utc(block.at.time));
                page.line(6 + width, &[(Tone::Dim, name), (Tone::Dim, rest)]);
            }
            [first, .., last] => {
                let read = quiet
                    .iter()
                    .filter(|block| block.receipts == Receipts::Read)
                    .count();
                let mut rest = format!(
                    " to {}  {} blocks, nothing for this chain",
                    last.at.number,
                    quiet.len()
                );
                if read > 0 {
                    rest += &format!(" (receipts of {read} read)");
                }
                let name = format!("L1 {:>width$}", first.at.number);
                page.line(6 + width, &[(Tone::Dim, name), (Tone::Dim, rest)]);
            }
        }
        quiet.clear();
    }

    fn l1_block(&self, page: &mut Page, block: &L1Block) {
        let width = self.l1_width;
        let receipts = match block.receipts {
            Receipts::Read => "receipts read",
            Receipts::Skipped => "receipts skipped",
            Receipts::NotNeeded => "receipts not needed",
        };
        page.line(
            6 + width,
            &[
                (Tone::Strong, format!("L1 {:>width$}", block.at.number)),
                (Tone::Plain, format!("  {}", page.hash(&block.at.hash))),
                (Tone::Dim, format!("  {}  {receipts}", utc(block.at.time))),
            ],
        );
        if block.deposits > 0 {
            let deposits = format!(
                "{} for the first L2 block of this origin",
                count(block.deposits, "user deposit")
            );
            entry(page, "deposits", vec![(Tone::Plain, deposits)]);
        }
        let mut at = 0;
        while let Some(one) = block.log.get(at) {
            at += if self.view.entry(block, one) {
                self.entry(page, block, at)
            } else {
                1
            };
        }
    }

    /// Prints what the block's log has at an index; how many entries that were.
    fn entry(&self, page: &mut Page, block: &L1Block, at: usize) -> usize {
        let timeline = self.view.timeline;
        let Some(one) = block.log.get(at) else {
            return 1;
        };
        match *one {
            Entry::DepositUnreadable { log_index, why } => {
                let why = reason::deposit(&why).text;
                let text = format!(
                    "MALFORMED DEPOSIT log {log_index}: {why}; no block can have this L1 block as its origin"
                );
                entry(page, "deposits", vec![(Tone::Bad, text)]);
            }
            Entry::ConfigUpdated { log_index, update } => {
                let text = format!("{} (log {log_index})", setting(&update));
                entry(page, "config", vec![(Tone::Plain, text)]);
            }
            Entry::ConfigSkipped { log_index, why } => {
                let why = reason::update(&why).text;
                let text = format!("SKIPPED log {log_index}: {why}");
                entry(page, "config", vec![(Tone::Odd, text)]);
            }
            Entry::Transaction(at) => Self::transaction(page, block, at),
            Entry::Item(at) => self.item(page, block, at),
            Entry::ChannelOpened(at) => {
                if let Some(channel) = timeline.channels.get(at)
                    && channel.ended_at != Some(block.at.number)
                {
                    let text = format!("#{at} opened: {}", channel.id);
                    entry(page, "channel", vec![(Tone::Plain, text)]);
                }
            }
            Entry::ChannelEnded(at) => {
                if let Some(channel) = timeline.channels.get(at) {
                    entry(page, "channel", Self::channel_end(at, channel));
                }
            }
            Entry::ChannelRestDropped { channel, bytes } => {
                let text = format!("#{channel} FLUSHED: its last {bytes} bytes are not read");
                entry(page, "channel", vec![(Tone::Odd, text)]);
            }
            Entry::BatchUnreadable { channel, fault } => {
                let lost = match fault.scope {
                    hoike_protocol::batch::Scope::ThisBatch => "the next one is read",
                    hoike_protocol::batch::Scope::RestOfChannel => "nothing more is read of it",
                };
                let why = reason::unreadable_batch(&fault.why).text;
                let text = format!("UNREADABLE in #{channel}: {why}; {lost}");
                entry(page, "batch", vec![(Tone::Odd, text)]);
            }
            Entry::BatchRead(id) => {
                if !self.speaks_for_itself(block, id) {
                    return self.batches(page, block, at);
                }
            }
            Entry::BatchAccepted(at) => {
                // Said where it was read, if that was here.
                if let Some(batch) = timeline.batches.get(at)
                    && batch.read_at != block.at.number
                    && !self.speaks_for_itself(block, at)
                {
                    let text = format!(
                        "{at} ({}), read in L1 {}: ",
                        self.blocks(batch),
                        batch.read_at
                    );
                    entry(
                        page,
                        "batch",
                        vec![(Tone::Plain, text), (Tone::Good, "accepted".into())],
                    );
                }
            }
            Entry::BatchDropped {
                batch: at,
                time,
                why,
            } => {
                let why = reason::batch(&why, &self.view.grid).text;
                let text = match timeline.batches.get(at) {
                    // Said where it was read.
                    Some(batch)
                        if batch.read_at == block.at.number
                            && batch.dropped.is_some_and(|d| d.time == time)
                            && batch.blocks.is_empty() =>
                    {
                        return 1;
                    }
                    Some(batch) if batch.span.is_some() && !batch.blocks.is_empty() => {
                        format!(
                            "{at} from {} on: DROPPED: {why}",
                            self.view.grid.block(time)
                        )
                    }
                    Some(batch) => format!(
                        "{at} ({}), read in L1 {}: DROPPED: {why}",
                        self.blocks(batch),
                        batch.read_at
                    ),
                    None => return 1,
                };
                entry(page, "batch", vec![(Tone::Odd, text)]);
            }
            Entry::BatchUndecided(_) => {}
            Entry::Refused(at) => {
                if let Some(refused) = timeline.refused.get(at) {
                    let of = refused
                        .batch
                        .map_or_else(String::new, |batch| format!(" of batch {batch}"));
                    let why = refused
                        .why
                        .as_ref()
                        .map_or("unknown", |why| why.text.as_str());
                    let then = if refused.replaced {
                        "the block is built from its deposits alone"
                    } else {
                        "dropped"
                    };
                    let text = format!(
                        "INVALID PAYLOAD{of} for block {}: {why}; {then}",
                        refused.number
                    );
                    entry(page, "L2", vec![(Tone::Bad, text)]);
                }
            }
            Entry::Built(at) => {
                if let Some(made) = timeline.l2.get(at) {
                    self.l2_block(page, made);
                }
            }
        }
        1
    }

    fn transaction(page: &mut Page, block: &L1Block, at: usize) {
        let Some(tx) = block.transactions.get(at) else {
            return;
        };
        let hash = tx
            .hash
            .map_or_else(String::new, |hash| format!("{}  ", page.hash(&hash)));
        let kind = format!("tx {}", tx.index);
        match tx.carries {
            Carries::Nothing(why) => {
                let why = reason::inbox(&why).text;
                entry(
                    page,
                    &kind,
                    vec![(Tone::Dim, hash), (Tone::Odd, format!("IGNORED: {why}"))],
                );
            }
            Carries::Blobs(0) => {
                entry(
                    page,
                    &kind,
                    vec![
                        (Tone::Dim, hash),
                        (
                            Tone::Odd,
                            "no blobs, and its calldata does not count".into(),
                        ),
                    ],
                );
            }
            // Said with its data.
            Carries::Calldata | Carries::Blobs(_) => {
                let read = block
                    .items
                    .iter()
                    .filter(|item| item.transaction == at)
                    .count() as u64;
                let all = match tx.carries {
                    Carries::Blobs(count) => count,
                    Carries::Calldata | Carries::Nothing(_) => 1,
                };
                if read < all {
                    let text = format!(
                        "{} not read: derivation was done before",
                        count(all - read, "data item")
                    );
                    entry(page, &kind, vec![(Tone::Dim, hash), (Tone::Dim, text)]);
                }
            }
        }
    }

    fn item(&self, page: &mut Page, block: &L1Block, at: usize) {
        let Some(item) = block.items.get(at) else {
            return;
        };
        let Some(tx) = block.transactions.get(item.transaction) else {
            return;
        };
        let hash = tx
            .hash
            .map_or_else(String::new, |hash| format!("{}  ", page.hash(&hash)));
        let what = match item.blob {
            None => format!("{} bytes of calldata: ", item.bytes),
            Some(blob) => format!("blob {}, {} bytes: ", page.hash(&blob), item.bytes),
        };
        let mut pieces = vec![(Tone::Dim, hash), (Tone::Plain, what)];
        match item.outcome {
            ItemOutcome::BlobIgnored(why) => {
                pieces.pop();
                let blob = item
                    .blob
                    .map_or_else(String::new, |blob| format!("blob {}: ", page.hash(&blob)));
                pieces.push((Tone::Plain, blob));
                pieces.push((Tone::Odd, format!("IGNORED: {}", reason::blob(&why).text)));
            }
            ItemOutcome::Rejected(why) => {
                pieces.push((
                    Tone::Odd,
                    format!("REJECTED: {}", reason::frames(&why).text),
                ));
            }
            ItemOutcome::Unread => pieces.push((Tone::Dim, "not read".into())),
            ItemOutcome::Frames(count) => {
                let groups = fold_frames(&item.frames);
                if let [group] = groups.as_slice() {
                    pieces.push(group_words(group));
                } else {
                    pieces.push((Tone::Plain, format!("{count} frames")));
                    entry(page, &format!("tx {}", tx.index), pieces);
                    for group in &groups {
                        entry(page, "", vec![group_words(group)]);
                    }
                    return;
                }
            }
        }
        entry(page, &format!("tx {}", tx.index), pieces);
    }

    fn channel_end(at: usize, channel: &Channel) -> Vec<(Tone, String)> {
        let name = format!("#{at} ({}) ", channel.id);
        let since = if Some(channel.opened_at) == channel.ended_at {
            String::new()
        } else {
            format!(" since L1 {}", channel.opened_at)
        };
        let frames = format!("{}{since}", count(channel.frames, "frame"));
        match channel.end {
            ChannelEnd::Open => vec![(Tone::Plain, name)],
            ChannelEnd::Read {
                algorithm,
                compressed_bytes,
                bytes,
                stream,
            } => {
                let sizes = format!(
                    ": {frames}, {compressed_bytes} bytes of {} hold {bytes}",
                    algorithm.code()
                );
                let mut pieces = vec![
                    (Tone::Plain, name),
                    (Tone::Good, "complete".into()),
                    (Tone::Plain, sizes),
                ];
                if stream != hoike_protocol::compress::StreamEnd::Complete {
                    pieces.push((Tone::Dim, format!(" ({})", reason::end(&stream).text)));
                }
                pieces
            }
            ChannelEnd::Unreadable(why) => {
                let why = reason::unreadable_channel(&why).text;
                vec![
                    (Tone::Plain, name),
                    (Tone::Odd, format!("UNREADABLE: {why}")),
                    (Tone::Plain, format!("; {frames}, {} bytes", channel.bytes)),
                ]
            }
            ChannelEnd::Dropped(why) => {
                let why = reason::channel(why).text;
                vec![
                    (Tone::Plain, name),
                    (Tone::Odd, format!("DROPPED: {why}")),
                    (Tone::Plain, format!("; {frames}, {} bytes", channel.bytes)),
                ]
            }
        }
    }

    /// A batch that was read, or several neighbours that fared alike; how many entries that were.
    fn batches(&self, page: &mut Page, block: &L1Block, at: usize) -> usize {
        let mut group: Option<Group> = None;
        let mut used = 0;
        for one in block.log.get(at..).unwrap_or_default() {
            match *one {
                Entry::BatchRead(id) => {
                    let Some(next) = self
                        .view
                        .timeline
                        .batches
                        .get(id)
                        .filter(|_| self.view.entry(block, one))
                    else {
                        break;
                    };
                    let fate = self.fate(next, block.at.number);
                    match &mut group {
                        None => group = Some(Group::of(id, next, fate)),
                        Some(group) => {
                            if !group.takes(id, next, &fate, self.view) {
                                break;
                            }
                        }
                    }
                }
                // What was decided of them at once is a part of their line.
                Entry::BatchDropped { batch, time, .. }
                    if group.as_ref().is_some_and(|group| group.has(batch))
                        && self.view.timeline.batches.get(batch).is_some_and(|batch| {
                            batch.blocks.is_empty()
                                && batch.dropped.is_some_and(|first| first.time == time)
                        }) => {}
                Entry::BatchUndecided(batch)
                    if group.as_ref().is_some_and(|group| group.has(batch)) => {}
                _ => break,
            }
            used += 1;
        }
        if let Some(group) = group {
            group.print(page, self.view);
        }
        used.max(1)
    }

    /// What became of a batch, as far as it was decided in this L1 block.
    fn fate(&self, batch: &Batch, l1: u64) -> (Tone, String) {
        if batch.accepted_at == Some(l1) {
            return (Tone::Good, "accepted".into());
        }
        if let Some(dropped) = batch
            .dropped
            .filter(|dropped| dropped.l1 == l1 && batch.accepted_at.is_none())
        {
            let why = reason::batch(&dropped.why, &self.view.grid).text;
            let where_ = if batch.span.is_some() && dropped.time != batch.time {
                format!("from {} on: ", self.view.grid.block(dropped.time))
            } else {
                String::new()
            };
            return (Tone::Odd, format!("{where_}DROPPED: {why}"));
        }
        if batch.undecided {
            return (Tone::Odd, "UNDECIDED, used up".into());
        }
        if batch.accepted_at.is_none() && batch.dropped.is_none() {
            return (Tone::Dim, "waits in the queue to the end".into());
        }
        (Tone::Dim, "waits".into())
    }

    /// Whether a batch is a singular one whose block follows at once: that line says it all.
    fn speaks_for_itself(&self, block: &L1Block, id: usize) -> bool {
        let batch = self.view.timeline.batches.get(id);
        batch.is_some_and(|batch| {
            batch.span.is_none()
                && batch.accepted_at == Some(block.at.number)
                && batch.outcome() == BatchOutcome::Accepted
        })
    }

    fn blocks(&self, batch: &Batch) -> String {
        blocks(self.view, batch.time, batch.block_count())
    }

    fn l2_block(&self, page: &mut Page, block: &L2Block) {
        let Self {
            l2_width,
            gas_width,
            tx_width,
            l1_width,
            ..
        } = *self;
        let mut pieces = vec![
            (Tone::Strong, format!("{:>l2_width$}", block.number)),
            (Tone::Plain, format!("  {}", page.hash(&block.hash))),
            (
                Tone::Plain,
                format!(
                    "  origin {:>l1_width$}+{:<2}  {:>tx_width$} {}  {:>gas_width$} gas",
                    block.origin.number,
                    block.sequence_number,
                    block.transactions,
                    if block.transactions == 1 {
                        "tx "
                    } else {
                        "txs"
                    },
                    block.gas_used
                ),
            ),
        ];
        match block.made_of {
            MadeOf::Batch(batch) => {
                if let Some(of) = self.view.timeline.batches.get(batch) {
                    let mut text = format!("  {} batch {batch} of #{}", kind(of), of.channel);
                    if of.read_at != block.derived_at {
                        text += &format!(", read in L1 {}", of.read_at);
                    }
                    pieces.push((Tone::Dim, text));
                }
            }
            MadeOf::Nothing => pieces.push((
                Tone::Bad,
                "  EMPTY: no batch came within the sequencing window".into(),
            )),
            MadeOf::DepositsOnly(refused) => {
                let of = self
                    .view
                    .timeline
                    .refused
                    .get(refused)
                    .and_then(|refused| refused.batch);
                let of = of.map_or_else(String::new, |batch| {
                    format!(" in place of batch {batch}'s payload")
                });
                pieces.push((Tone::Bad, format!("  DEPOSITS ONLY{of}")));
            }
        }
        let activates = self.rules.at_l2(L2Time(block.time)).activates;
        for fork in activates.iter() {
            pieces.push((Tone::Strong, format!("  activates {fork}")));
        }
        if block.undone {
            pieces.push((
                Tone::Bad,
                "  UNDONE: a later payload of its span is invalid".into(),
            ));
        } else if block.safe_at.is_none() {
            pieces.push((
                Tone::Odd,
                "  not safe: the rest of its span is missing".into(),
            ));
        }
        entry(page, "L2", pieces);
    }
}

/// A line below an L1 block.
pub(crate) fn entry(page: &mut Page, kind: &str, mut pieces: Vec<(Tone, String)>) {
    let indent = format!("  {kind:<KIND_WIDTH$}");
    pieces.insert(0, (Tone::Plain, indent));
    page.line(KIND_WIDTH + 4, &pieces);
}

const KIND_WIDTH: usize = 10;

//! What of a timeline is shown. All of it is derived, in any case.

use super::{
    range::Range,
    reason::Grid,
    timeline::{Batch, Channel, Entry, Fate, Item, L1Block, L2Block, MadeOf, Timeline},
};
use std::collections::BTreeSet;

/// A timeline, cut to ranges of L1 and L2 blocks.
#[derive(Debug)]
pub(crate) struct View<'a> {
    pub(crate) timeline: &'a Timeline,
    pub(crate) grid: Grid,
    l1: Option<Range>,
    l2: Option<Range>,
    /// With a range of L2 blocks: the L1 blocks that have to do with them.
    related: BTreeSet<u64>,
}

impl<'a> View<'a> {
    pub(crate) fn new(
        timeline: &'a Timeline,
        grid: Grid,
        l1: Option<Range>,
        l2: Option<Range>,
    ) -> Self {
        let mut view = Self {
            timeline,
            grid,
            l1,
            l2,
            related: BTreeSet::new(),
        };
        if l2.is_some() {
            let mut related = BTreeSet::new();
            for block in timeline.l2.iter().filter(|block| view.of_l2(block.number)) {
                related.extend([block.derived_at, block.origin.number]);
                related.extend(block.safe_at);
            }
            for refused in timeline
                .refused
                .iter()
                .filter(|refused| view.of_l2(refused.number))
            {
                related.insert(refused.l1);
            }
            for (at, batch) in timeline.batches.iter().enumerate() {
                if view.concerns(batch) {
                    related.insert(batch.read_at);
                    related.extend(batch.accepted_at);
                    related.extend(batch.dropped.map(|dropped| dropped.l1));
                    related.extend(timeline.sources(at).iter().map(|source| source.l1));
                }
            }
            view.related = related;
        }
        view
    }

    /// Whether only a part is shown.
    pub(crate) const fn is_cut(&self) -> bool {
        self.l1.is_some() || self.l2.is_some()
    }

    pub(crate) fn l1_block(&self, block: &L1Block) -> bool {
        let number = block.at.number;
        self.of_l1(number) && (self.l2.is_none() || self.related.contains(&number))
    }

    pub(crate) fn l2_block(&self, block: &L2Block) -> bool {
        self.of_l2(block.number) && self.of_l1(block.derived_at)
    }

    pub(crate) fn batch(&self, batch: &Batch) -> bool {
        let at_l1 = [
            Some(batch.read_at),
            batch.accepted_at,
            batch.dropped.map(|dropped| dropped.l1),
        ];
        self.concerns(batch) && at_l1.into_iter().flatten().any(|number| self.of_l1(number))
    }

    pub(crate) fn channel(&self, channel: &Channel) -> bool {
        let mut at_l1 = channel
            .sources
            .iter()
            .map(|source| source.l1)
            .chain([channel.opened_at])
            .chain(channel.ended_at);
        let concerns = |at: &usize| {
            let batch = self.timeline.batches.get(*at);
            batch.is_some_and(|batch| self.concerns(batch))
        };
        at_l1.any(|number| self.of_l1(number))
            && (self.l2.is_none() || channel.batches.iter().any(concerns))
    }

    /// Whether an entry of a block that is shown is shown.
    pub(crate) fn entry(&self, block: &L1Block, entry: &Entry) -> bool {
        if self.l2.is_none() {
            return true;
        }
        let channel = |at: usize| {
            let channel = self.timeline.channels.get(at);
            channel.is_some_and(|channel| self.channel(channel))
        };
        let batch = |at: usize| {
            let batch = self.timeline.batches.get(at);
            batch.is_some_and(|batch| self.concerns(batch))
        };
        match *entry {
            Entry::DepositUnreadable { .. }
            | Entry::ConfigUpdated { .. }
            | Entry::ConfigSkipped { .. } => true,
            Entry::Transaction(_) => false,
            Entry::Item(at) => block.items.get(at).is_some_and(|item: &Item| {
                item.frames.iter().any(|frame| match frame.fate {
                    Fate::Taken { channel: at, .. } => channel(at),
                    Fate::Dropped(_) => false,
                })
            }),
            Entry::ChannelOpened(at)
            | Entry::ChannelEnded(at)
            | Entry::ChannelRestDropped { channel: at, .. }
            | Entry::BatchUnreadable { channel: at, .. } => channel(at),
            Entry::BatchRead(at)
            | Entry::BatchAccepted(at)
            | Entry::BatchUndecided(at)
            | Entry::BatchDropped { batch: at, .. } => batch(at),
            Entry::Refused(at) => {
                let refused = self.timeline.refused.get(at);
                refused.is_some_and(|refused| self.of_l2(refused.number))
            }
            Entry::Built(at) => {
                let block = self.timeline.l2.get(at);
                block.is_some_and(|block| self.of_l2(block.number))
            }
        }
    }

    fn of_l1(&self, number: u64) -> bool {
        self.l1.is_none_or(|range| range.contains(number))
    }

    fn of_l2(&self, number: u64) -> bool {
        self.l2.is_none_or(|range| range.contains(number))
    }

    /// Whether a batch is about a block of the range.
    fn concerns(&self, batch: &Batch) -> bool {
        let Some(range) = self.l2 else {
            return true;
        };
        let first = self.grid.number(batch.time);
        first.is_some_and(|first| {
            range.meets(
                first,
                first.saturating_add(batch.block_count().saturating_sub(1)),
            )
        })
    }
}

/// The batch that a block came from, also if only its deposits are left.
pub(crate) fn batch_of(timeline: &Timeline, block: &L2Block) -> Option<usize> {
    match block.made_of {
        MadeOf::Batch(batch) => Some(batch),
        MadeOf::Nothing => None,
        MadeOf::DepositsOnly(refused) => timeline.refused.get(refused)?.batch,
    }
}

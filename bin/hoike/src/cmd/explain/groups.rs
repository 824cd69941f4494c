//! Neighbours that fared alike, on one line.

use super::{
    page::{Page, Tone},
    reason::{self, Reason},
    text::entry,
    timeline::{Batch, Fate, Frame},
    view::View,
    words::{blocks, count},
};
use hoike_protocol::L2Time;

/// Batches that fared alike.
#[derive(Debug)]
pub(crate) struct Group {
    first: usize,
    last: usize,
    channel: usize,
    span: bool,
    time: L2Time,
    blocks: u64,
    transactions: u64,
    fate: (Tone, String),
}

impl Group {
    pub(crate) fn of(id: usize, batch: &Batch, fate: (Tone, String)) -> Self {
        Self {
            first: id,
            last: id,
            channel: batch.channel,
            span: batch.span.is_some(),
            time: batch.time,
            blocks: batch.block_count(),
            transactions: batch.transactions,
            fate,
        }
    }

    pub(crate) const fn has(&self, id: usize) -> bool {
        self.first <= id && id <= self.last
    }

    /// Takes the next batch in if it goes on where this ends, and fared alike.
    pub(crate) fn takes(
        &mut self,
        id: usize,
        batch: &Batch,
        fate: &(Tone, String),
        view: &View<'_>,
    ) -> bool {
        let end = view
            .grid
            .number(self.time)
            .and_then(|first| first.checked_add(self.blocks));
        let next = view.grid.number(batch.time);
        let fits = id == self.last + 1
            && batch.channel == self.channel
            && !self.span
            && batch.span.is_none()
            && *fate == self.fate
            && fate.0 != Tone::Good
            && end.is_some()
            && end == next;
        if fits {
            self.last = id;
            self.blocks += 1;
            self.transactions += batch.transactions;
        }
        fits
    }

    pub(crate) fn print(&self, page: &mut Page, view: &View<'_>) {
        let ids = if self.first == self.last {
            format!("{}", self.first)
        } else {
            format!("{} to {}", self.first, self.last)
        };
        let kind = if self.span { "span" } else { "singular" };
        let text = format!(
            "{ids} of #{}: {kind}, {}, {}: ",
            self.channel,
            blocks(view, self.time, self.blocks),
            count(self.transactions, "tx"),
        );
        entry(page, "batch", vec![(Tone::Plain, text), self.fate.clone()]);
    }
}

/// Frames that fared alike and follow one another.
#[derive(Debug)]
pub(crate) struct FrameGroup {
    first: u16,
    last: u16,
    frames: u64,
    bytes: u64,
    ends: bool,
    frame: Frame,
}

pub(crate) fn fold_frames(frames: &[Frame]) -> Vec<FrameGroup> {
    let mut groups: Vec<FrameGroup> = Vec::new();
    for frame in frames {
        let (bytes, ends) = match frame.fate {
            Fate::Taken { bytes, last, .. } => (bytes, last),
            Fate::Dropped(_) => (0, false),
        };
        if let Some(group) = groups.last_mut()
            && group.frame.channel == frame.channel
            && group.last.checked_add(1) == Some(frame.number)
            && !group.ends
            && match (group.frame.fate, frame.fate) {
                (Fate::Taken { channel: one, .. }, Fate::Taken { channel: other, .. }) => {
                    one == other
                }
                (Fate::Dropped(one), Fate::Dropped(other)) => one == other,
                (Fate::Taken { .. }, Fate::Dropped(_)) | (Fate::Dropped(_), Fate::Taken { .. }) => {
                    false
                }
            }
        {
            group.last = frame.number;
            group.frames += 1;
            group.bytes += bytes;
            group.ends = ends;
        } else {
            groups.push(FrameGroup {
                first: frame.number,
                last: frame.number,
                frames: 1,
                bytes,
                ends,
                frame: *frame,
            });
        }
    }
    groups
}

pub(crate) fn group_words(group: &FrameGroup) -> (Tone, String) {
    let frames = if group.frames == 1 {
        format!("frame {}", group.first)
    } else {
        format!("frames {} to {}", group.first, group.last)
    };
    match group.frame.fate {
        Fate::Taken { channel, .. } => {
            let last = if group.ends { ", the last" } else { "" };
            (
                Tone::Plain,
                format!("{frames} of #{channel}, {} bytes{last}", group.bytes),
            )
        }
        Fate::Dropped(why) => {
            let Reason { text, .. } = reason::frame(why);
            (
                Tone::Odd,
                format!(
                    "DROPPED {frames} of channel {}: {text}",
                    group.frame.channel
                ),
            )
        }
    }
}

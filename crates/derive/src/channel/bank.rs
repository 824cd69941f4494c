//! The channel stage before Holocene. Spec: `protocol/derivation.md`, "Channel Bank"; `canyon/derivation.md`, "Channel Ordering".

use super::{Complete, concatenate, counted_size, dropped, taken, timed_out};
use crate::event::{ChannelDrop, Event, FrameDrop, Sink};
use alloc::collections::{BTreeMap, BTreeSet};
use alloy_primitives::Bytes;
use hoike_protocol::{
    InclusionRules, L1Ref,
    frame::{ChannelId, Frame},
    rules::Ordering,
};

/// Many channels at once, their frames in any order.
///
/// Channels are kept by a running number, so the smallest is the oldest; the other maps say which number an id has and which channels are
/// complete, so that no frame costs a search through the bank.
#[derive(Clone, Debug, Default)]
pub(crate) struct Bank {
    channels: BTreeMap<u64, Channel>,
    numbers: BTreeMap<ChannelId, u64>,
    ready: BTreeSet<u64>,
    next_number: u64,
    /// Sum of the channels' sizes.
    size: u64,
}

#[derive(Clone, Debug)]
struct Channel {
    id: ChannelId,
    opened_at: u64,
    frames: BTreeMap<u16, Bytes>,
    /// As the reference counts it, see [`Channel::add`].
    size: u64,
    last: Option<u16>,
    highest: u16,
}

impl Bank {
    /// Takes a complete channel out. The oldest ones that have timed out go on the way, whether complete or not.
    pub(crate) fn read(
        &mut self,
        at: &L1Ref,
        rules: &InclusionRules,
        log: &mut impl Sink,
    ) -> Option<Complete> {
        // Channels are opened in the order of L1 blocks, so all that have timed out are at the front.
        while let Some((&number, channel)) = self.channels.first_key_value() {
            if !timed_out(channel.opened_at, at, rules) {
                break;
            }
            let why = ChannelDrop::TimedOut {
                opened_at: channel.opened_at,
                limit: rules.channel_timeout,
            };
            dropped(channel.id, why, log);
            self.remove(number);
        }
        let number = match rules.ordering {
            Ordering::FirstChannel => self
                .channels
                .first_key_value()
                .map(|(number, _)| *number)
                .filter(|number| self.ready.contains(number)),
            Ordering::FirstReady | Ordering::Strict => self.ready.first().copied(),
        }?;
        self.remove(number).map(|channel| Complete {
            id: channel.id,
            opened_at: channel.opened_at,
            frames: channel.frames.len() as u64,
            data: concatenate(channel.frames.values()),
        })
    }

    /// Adds a frame, opening its channel where there is none, then prunes the bank.
    pub(crate) fn ingest(
        &mut self,
        frame: Frame,
        at: &L1Ref,
        rules: &InclusionRules,
        log: &mut impl Sink,
    ) {
        let number = match self.numbers.get(&frame.id) {
            Some(number) => *number,
            None => {
                log.event(Event::ChannelOpened { id: frame.id });
                let number = self.next_number;
                self.next_number = self.next_number.saturating_add(1);
                self.numbers.insert(frame.id, number);
                self.channels
                    .insert(number, Channel::new(frame.id, at.number));
                number
            }
        };
        let Some(channel) = self.channels.get_mut(&number) else {
            return;
        };
        let (id, frame_number, size_before) = (frame.id, frame.number, channel.size);
        let added = if timed_out(channel.opened_at, at, rules) {
            Err(FrameDrop::ChannelTimedOut)
        } else {
            channel.add(frame, log)
        };
        if let Err(why) = added {
            log.event(Event::FrameDropped {
                channel: id,
                number: frame_number,
                why,
            });
            return;
        }
        self.size = self
            .size
            .wrapping_sub(size_before)
            .wrapping_add(channel.size);
        if channel.is_complete() {
            self.ready.insert(number);
        }
        while self.size > rules.max_channel_bank_bytes {
            let Some(oldest) = self.channels.first_key_value().map(|(number, _)| *number) else {
                break;
            };
            if let Some(channel) = self.remove(oldest) {
                dropped(
                    channel.id,
                    ChannelDrop::Pruned {
                        limit: rules.max_channel_bank_bytes,
                    },
                    log,
                );
            }
        }
    }

    pub(crate) fn drop_all(&mut self, why: ChannelDrop, log: &mut impl Sink) {
        for channel in core::mem::take(self).channels.into_values() {
            dropped(channel.id, why, log);
        }
    }

    fn remove(&mut self, number: u64) -> Option<Channel> {
        let channel = self.channels.remove(&number)?;
        self.numbers.remove(&channel.id);
        self.ready.remove(&number);
        self.size = self.size.wrapping_sub(channel.size);
        Some(channel)
    }
}

impl Channel {
    fn new(id: ChannelId, opened_at: u64) -> Self {
        Self {
            id,
            opened_at,
            frames: BTreeMap::new(),
            size: 0,
            last: None,
            highest: 0,
        }
    }

    /// Spec: `protocol/derivation.md`, "Loading frames".
    ///
    /// A last frame below the highest number seen prunes what is above it. The reference then takes the sizes of *all* frames off, kept ones too,
    /// so that the channel counts less than it holds; the bank's pruning depends on that figure, so ours is the same (D169).
    fn add(&mut self, frame: Frame, log: &mut impl Sink) -> Result<(), FrameDrop> {
        if frame.is_last && self.last.is_some() {
            return Err(FrameDrop::SecondLast);
        }
        if self.frames.contains_key(&frame.number) {
            return Err(FrameDrop::Duplicate);
        }
        if self.last.is_some_and(|last| frame.number >= last) {
            return Err(FrameDrop::PastLast);
        }
        if frame.is_last {
            self.last = Some(frame.number);
            if frame.number < self.highest {
                self.size = 0;
                for number in self.frames.split_off(&frame.number).into_keys() {
                    log.event(Event::FrameDropped {
                        channel: self.id,
                        number,
                        why: FrameDrop::PastLast,
                    });
                }
                self.highest = frame.number;
            }
        }
        self.highest = self.highest.max(frame.number);
        self.size = self.size.saturating_add(counted_size(&frame));
        taken(&frame, log);
        self.frames.insert(frame.number, frame.data);
        Ok(())
    }

    /// All frames up to the last one are there. None is above it, so counting is enough; as `usize`, since 65,536 frames are legal (D154).
    fn is_complete(&self) -> bool {
        self.last
            .is_some_and(|last| self.frames.len() == usize::from(last).saturating_add(1))
    }
}

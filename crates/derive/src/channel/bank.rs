//! The channel stage before Holocene. Spec: `protocol/derivation.md`, "Channel Bank"; `canyon/derivation.md`, "Channel Ordering".

use super::{Complete, concatenate, counted_size, dropped, taken, timed_out};
use crate::event::{ChannelDrop, Event, FrameDrop, Sink};
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;
use alloy_primitives::Bytes;
use hoike_protocol::{
    InclusionRules, L1Ref,
    frame::{ChannelId, Frame},
    rules::Ordering,
};

/// Many channels at once, their frames in any order.
///
/// Channels are kept by a running number, so the smallest is the oldest; the other maps say which number an id has and which channels are
/// complete, so that no frame costs a search through the bank. All frames are in one map, since a bank may hold millions of channels of one frame.
#[derive(Clone, Debug, Default)]
pub(crate) struct Bank {
    channels: BTreeMap<u64, Channel>,
    /// Data by the channel's and the frame's number.
    frames: BTreeMap<(u64, u16), Bytes>,
    numbers: BTreeMap<ChannelId, u64>,
    ready: BTreeSet<u64>,
    next_number: u64,
    /// Sum of the channels' sizes.
    size: u64,
}

#[derive(Clone, Copy, Debug)]
struct Channel {
    id: ChannelId,
    opened_at: u64,
    /// As the reference counts it, see [`Bank::add`].
    size: u64,
    /// How many frames it has.
    frames: u32,
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
        let (channel, frames) = self.remove(number)?;
        Some(Complete {
            id: channel.id,
            opened_at: channel.opened_at,
            frames: frames.len() as u64,
            data: concatenate(frames.iter()),
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
        let (id, frame_number) = (frame.id, frame.number);
        if let Err(why) = self.add(number, frame, at, rules, log) {
            log.event(Event::FrameDropped {
                channel: id,
                number: frame_number,
                why,
            });
            return;
        }
        while self.size > rules.max_channel_bank_bytes {
            let Some(oldest) = self.channels.first_key_value().map(|(number, _)| *number) else {
                break;
            };
            if let Some((channel, _)) = self.remove(oldest) {
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

    fn remove(&mut self, number: u64) -> Option<(Channel, Vec<Bytes>)> {
        let channel = self.channels.remove(&number)?;
        self.numbers.remove(&channel.id);
        self.ready.remove(&number);
        self.size = self.size.wrapping_sub(channel.size);
        let frames = self.frames_from(number, 0);
        Some((channel, frames.map(|(_, data)| data).collect()))
    }

    /// Takes a channel's frames out, from frame `first` on, in order.
    fn frames_from(
        &mut self,
        channel: u64,
        first: u16,
    ) -> impl Iterator<Item = ((u64, u16), Bytes)> {
        let range = (channel, first)..=(channel, u16::MAX);
        self.frames.extract_if(range, |_, _| true)
    }

    /// Adds a frame to its channel. Spec: `protocol/derivation.md`, "Loading frames".
    ///
    /// A last frame below the highest number seen prunes what is above it. The reference then takes the sizes of *all* frames off, kept ones too,
    /// so that the channel counts less than it holds; the bank's pruning depends on that figure, so ours is the same (D169).
    fn add(
        &mut self,
        number: u64,
        frame: Frame,
        at: &L1Ref,
        rules: &InclusionRules,
        log: &mut impl Sink,
    ) -> Result<(), FrameDrop> {
        let Some(mut channel) = self.channels.get(&number).copied() else {
            return Ok(());
        };
        if timed_out(channel.opened_at, at, rules) {
            return Err(FrameDrop::ChannelTimedOut);
        }
        if frame.is_last && channel.last.is_some() {
            return Err(FrameDrop::SecondLast);
        }
        if self.frames.contains_key(&(number, frame.number)) {
            return Err(FrameDrop::Duplicate);
        }
        if channel.last.is_some_and(|last| frame.number >= last) {
            return Err(FrameDrop::PastLast);
        }
        let before = channel.size;
        if frame.is_last {
            channel.last = Some(frame.number);
            if frame.number < channel.highest {
                channel.size = 0;
                let mut pruned = 0;
                for ((_, number), _) in self.frames_from(number, frame.number) {
                    pruned = u32::saturating_add(pruned, 1);
                    log.event(Event::FrameDropped {
                        channel: channel.id,
                        number,
                        why: FrameDrop::PastLast,
                    });
                }
                channel.frames = channel.frames.saturating_sub(pruned);
                channel.highest = frame.number;
            }
        }
        channel.highest = channel.highest.max(frame.number);
        channel.size = channel.size.saturating_add(counted_size(&frame));
        channel.frames = channel.frames.saturating_add(1);
        taken(&frame, log);
        self.frames.insert((number, frame.number), frame.data);
        self.size = self.size.wrapping_sub(before).wrapping_add(channel.size);
        if channel.is_complete() {
            self.ready.insert(number);
        }
        self.channels.insert(number, channel);
        Ok(())
    }
}

impl Channel {
    const fn new(id: ChannelId, opened_at: u64) -> Self {
        Self {
            id,
            opened_at,
            size: 0,
            frames: 0,
            last: None,
            highest: 0,
        }
    }

    /// All frames up to the last one are there. None is above it, so counting is enough; not in 16 bits, since 65,536 frames are legal (D154).
    fn is_complete(&self) -> bool {
        self.last
            .is_some_and(|last| self.frames == u32::from(last).saturating_add(1))
    }
}

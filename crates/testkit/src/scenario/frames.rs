//! Channels, frames and batcher transactions of a scenario: what is on its way to L1, and in which order and form it comes there.

use super::Mood;
use crate::adversary;
use crate::batcher::{Channel, item, stream};
use crate::chain::Chain;
use crate::compress::Compression;
use crate::keys::{Call, Key};
use crate::l1::{Blob, L1Tx};
use crate::rng::Rng;
use crate::setup::{INBOX, L1_CHAIN};
use alloy_primitives::{Address, B256, Bytes, keccak256};
use hoike_protocol::{InclusionRules, InclusionTime, blob, frame::ChannelId, frame::Frame};

/// Frames on their way, each with the number of the L1 block from which on it may be taken.
#[derive(Debug, Default)]
pub(super) struct Mempool {
    due: Vec<(u64, Frame)>,
    channels: u8,
    /// A channel that has begun, and where, before anybody knows what it will carry, as one does whose batcher sends frames while it compresses.
    begun: Option<(ChannelId, u64)>,
}

/// Who may be the batcher, in turn; the last one never is.
pub(super) const BATCHERS: [&str; 3] = ["batcher", "batcher b", "somebody else"];

impl Mempool {
    /// Puts a channel of these batches on its way.
    pub(super) fn post(&mut self, chain: &Chain, batches: &[Vec<u8>], mood: &Mood, rng: &mut Rng) {
        let rules = rules(chain);
        let data = contents(batches, &rules, mood, rng);
        if !rng.one_in(15) {
            self.channels = self.channels.wrapping_add(1);
        }
        let next = chain.l1_tip().header.number + 1;
        let timeout = rules.channel_timeout;
        // Often it is completed at the last moment, or just too late.
        let begun = self.begun.take_if(|(_, at)| {
            let due = *at + timeout;
            rng.one_in(if next == due || next == due + 1 { 2 } else { 6 })
        });
        let id = begun.map_or(ChannelId([self.channels; 16]), |(id, _)| id);
        let size = data.len() / (1 + rng.below(5)) + 1;
        let mut frames = Channel { id, data }.frames(size);
        for frame in &mut frames {
            frame.number += u16::from(begun.is_some());
        }
        if rng.one_in(mood.damage) {
            frames = adversary::frames(&frames, rng);
        }
        let style = rng.below(22);
        if style == 0 {
            rng.shuffle(&mut frames);
        }
        let mut at = next;
        for (index, frame) in frames.into_iter().enumerate() {
            match style {
                1 | 2 => at += rng.below(3) as u64,
                // The second frame comes when the channel times out, or about then.
                3 if index == 1 => at = next + timeout.saturating_sub(1) + rng.below(4) as u64,
                4 if rng.one_in(6) => continue,
                5 if rng.one_in(3) => self.due.push((at + rng.below(2) as u64, frame.clone())),
                6 => at = next + rng.below(4) as u64,
                _ => {}
            }
            self.due.push((at, frame));
        }
    }

    /// The batcher transactions of the next L1 block, and such as look like them.
    pub(super) fn transactions(&mut self, chain: &Chain, mood: &Mood, rng: &mut Rng) -> Vec<L1Tx> {
        let next = chain.l1_tip().header.number + 1;
        let (now, later): (Vec<_>, Vec<_>) = std::mem::take(&mut self.due)
            .into_iter()
            .partition(|(at, _)| *at <= next);
        self.due = later;
        let mut frames: Vec<Frame> = now.into_iter().map(|(_, frame)| frame).collect();
        if self.begun.is_none() && rng.one_in(4) {
            self.channels = self.channels.wrapping_add(1);
            let id = ChannelId([self.channels; 16]);
            self.begun = Some((id, next));
            frames.push(Frame {
                id,
                number: 0,
                data: Bytes::new(),
                is_last: false,
            });
        }
        if rng.one_in(20) {
            rng.shuffle(&mut frames);
        }
        let mut items = Vec::new();
        let mut rest = &frames[..];
        while !rest.is_empty() {
            let most = rest.len().min(4);
            let (here, there) = rest.split_at(1 + rng.below(most));
            rest = there;
            let mut bytes = item(here);
            if rng.one_in(2 * mood.damage) {
                bytes = damaged(&bytes, rng);
            }
            items.push(bytes);
        }
        if rng.one_in(mood.damage) {
            let length = rng.below(80);
            let noise = match rng.below(4) {
                0 => Bytes::new(),
                1 => Bytes::from_static(&[0]),
                2 => Bytes::from([&[rng.below(3) as u8], &rng.bytes(length)[..]].concat()),
                _ => rng.bytes(length).into(),
            };
            let at = rng.below(items.len() + 1);
            items.insert(at, noise);
        }
        let mut out = Vec::new();
        let mut rest = &items[..];
        while !rest.is_empty() {
            let blobs = if rules(chain).blobs {
                rng.one_in(3)
            } else {
                rng.one_in(30)
            };
            let count = if blobs {
                1 + rng.below(rest.len().min(3))
            } else {
                1
            };
            let (here, there) = rest.split_at(count);
            rest = there;
            out.push(transaction(chain, here, blobs, mood, rng));
        }
        out
    }
}

/// The rules of the next L1 block, about.
fn rules(chain: &Chain) -> InclusionRules {
    let time = InclusionTime(chain.l1_tip().header.timestamp + chain.setup.l1_block_time);
    chain.rules.at_inclusion(time)
}

/// What a channel of these batches carries.
fn contents(batches: &[Vec<u8>], rules: &InclusionRules, mood: &Mood, rng: &mut Rng) -> Vec<u8> {
    let mut plain = stream(batches);
    if rng.one_in(mood.damage) {
        plain = match rng.below(3) {
            0 => {
                let length = rng.below(20);
                [plain, rng.bytes(length)].concat()
            }
            1 => [plain, vec![0; rng.below(5_000)]].concat(),
            _ => adversary::bytes(&plain, rng),
        };
    }
    let limit = rules.max_rlp_bytes_per_channel as usize;
    if rng.one_in(limit / 25_000) {
        plain = to_the_limit(plain, limit, rng);
    }
    let brotli = rules.brotli || rng.one_in(8);
    let compression = match rng.below(9) {
        0 if brotli => Compression::Brotli,
        // Level 10 is what op-batcher takes.
        1 | 2 if brotli => Compression::Compressed {
            level: *rng.pick(&[0, 1, 2, 4, 5, 6, 9, 10]),
            window: 10 + rng.below(15) as u8,
        },
        3 => Compression::Stored,
        4 if rng.one_in(8) => Compression::None,
        _ => Compression::Zlib(1 + rng.below(9) as u8),
    };
    let mut data = compression.compress(&plain);
    if rng.one_in(mood.damage) {
        match rng.below(4) {
            0 => data.truncate(rng.below(data.len() + 1)),
            1 => {
                let kind = *rng.pick(&[0, 1, 2, 8, 0x0f, 0x18, 0x38, 0x58, 0x68, 0x78, 0x88, 0xff]);
                data.splice(0..data.len().min(1), [kind]);
            }
            _ => data = adversary::bytes(&data, rng),
        }
    }
    data
}

/// The batches, with a string before or behind them that makes the whole about as long as is read of a channel.
fn to_the_limit(plain: Vec<u8>, limit: usize, rng: &mut Rng) -> Vec<u8> {
    let mut filler = Vec::new();
    let length = limit - plain.len() - 4 + rng.below(9) - 4;
    alloy_rlp::Encodable::encode(&vec![0_u8; length].as_slice(), &mut filler);
    if rng.one_in(2) {
        [plain, filler].concat()
    } else {
        [filler, plain].concat()
    }
}

fn damaged(item: &Bytes, rng: &mut Rng) -> Bytes {
    match rng.below(4) {
        0 => {
            let length = rng.below(40);
            [&item[..], &rng.bytes(length)[..]].concat().into()
        }
        1 => [&[rng.below(4) as u8], &item[1..]].concat().into(),
        _ => adversary::bytes(item, rng).into(),
    }
}

/// A transaction of these data items: calldata if it is one, or blobs.
fn transaction(chain: &Chain, items: &[Bytes], blobs: bool, mood: &Mood, rng: &mut Rng) -> L1Tx {
    let current = chain.l1_tip().config.batcher;
    let mut key = BATCHERS
        .iter()
        .map(|name| Key::named(name))
        .find(|key| key.address() == current)
        .unwrap_or_else(|| chain.batcher.clone());
    if rng.one_in(2 * mood.damage) {
        key = Key::named(BATCHERS[rng.below(BATCHERS.len())]);
    }
    let to = match rng.below(4 * mood.damage) {
        0 => None,
        1 => Some(Address::repeat_byte(0xfe)),
        _ => Some(INBOX),
    };
    let tx = if blobs && to.is_some() {
        let blobs: Vec<Blob> = items.iter().map(|item| carrier(item, mood, rng)).collect();
        let data = if rng.one_in(4) {
            items[0].clone()
        } else {
            Bytes::new()
        };
        L1Tx::blobs(&key, L1_CHAIN, to.unwrap_or(INBOX), blobs, data)
    } else {
        let kind = *rng.pick(&[2, 2, 2, 2, 2, 2, 0, 0, 1, 4]);
        let kind = if kind == 4 && !rng.one_in(3) { 2 } else { kind };
        let call = Call {
            chain_id: (kind != 0 || !rng.one_in(3)).then_some(L1_CHAIN),
            to,
            ..Call::with_data(L1_CHAIN, 0, INBOX, items[0].clone())
        };
        L1Tx::raw(key.sign(kind, &call))
    };
    // Whether it failed is of no interest.
    if rng.one_in(12) { tx.failed() } else { tx }
}

/// A blob under a name that commits to it in its own way: nobody here asks for a KZG proof, which would take longer than all else.
fn carrier(item: &Bytes, mood: &Mood, rng: &mut Rng) -> Blob {
    let mut contents =
        blob::encode(item).unwrap_or_else(|| blob::encode(&item[..1_000]).expect("a short item"));
    if rng.one_in(mood.damage) {
        adversary::field_elements(&mut contents, rng);
    }
    let end = contents.iter().rposition(|byte| *byte != 0);
    let mut hash: B256 = keccak256(&contents[..end.map_or(0, |end| end + 1)]);
    hash[0] = 1;
    Blob {
        hash,
        commitment: [0; 48],
        contents,
    }
}

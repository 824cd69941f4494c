//! A channel bank that is full, or nearly: 100,000,000 bytes as the limit counts them, 12,000,000 as L1 carries them, since a frame without data counts
//! for 200.

use super::play::Player;
use super::sequencer::Sequencer;
use super::{Scenario, setup};
use crate::batcher::{BatchBlock, Channel, item};
use crate::chain::Chain;
use crate::compress::Compression;
use crate::rng::Rng;
use crate::setup::Setup;
use alloy_primitives::Bytes;
use hoike_protocol::{Fork, frame::ChannelId, frame::Frame};

impl Scenario {
    /// A scenario before Fjord in which a channel is open while others fill the bank; whether it is still there when its last frame comes is a matter
    /// of a few bytes. Takes seconds.
    pub fn full_bank(seed: u64) -> Self {
        let mut rng = Rng::new(seed);
        let fork = *rng.pick(&[Fork::Bedrock, Fork::Canyon, Fork::Delta]);
        let mut setup = Setup::at(fork);
        (setup.channel_timeout, setup.seq_window_size) = (20, 16);
        let mut chain = setup.begin();
        let mut sequencer = Sequencer::new(&chain);
        mine(&mut chain, Vec::new());
        while sequencer.tip() < 4 {
            sequencer.sequence(&chain, &mut rng);
        }
        let blocks = sequencer.blocks(1, sequencer.tip());
        let batches: Vec<_> = blocks.iter().map(BatchBlock::singular).collect();
        let channel = Channel::of(1, &batches, Compression::Zlib(6));
        let (first, last) = channel.data.split_at(channel.data.len() / 2);
        let half = |number, data: &[u8], is_last| Frame {
            id: channel.id,
            number,
            data: Bytes::copy_from_slice(data),
            is_last,
        };
        mine(&mut chain, vec![item(&[half(0, first, false)])]);
        // The last frame counts as well, before the bank is pruned.
        let rest = LIMIT - (first.len() + last.len()) as u64 - 2 * OVERHEAD;
        let rest = rest + rng.below(9) as u64 - 4;
        for filler in fill(rest, &mut rng) {
            mine(&mut chain, vec![item(&filler)]);
        }
        mine(&mut chain, vec![item(&[half(1, last, true)])]);
        // Blocks again, until the window has ended for all that is not there.
        for _ in 0..chain.setup.seq_window_size + 2 {
            let after = setup::seconds_to_next(&chain, &mut rng);
            chain.l1().after(after).mine();
        }
        let mut player = Player::begin(&chain, Vec::new(), 0, false);
        player.advance(&chain);
        let (run, l2) = player.end();
        let runs = vec![run];
        Self {
            seed,
            chain,
            l2,
            runs,
        }
    }
}

/// Frames of several channels, none of them complete, that count for so many bytes in all.
fn fill(mut bytes: u64, rng: &mut Rng) -> Vec<Vec<Frame>> {
    let mut out = Vec::new();
    for name in 2.. {
        let id = ChannelId([name; 16]);
        let mut frames = Vec::new();
        if name < 4 && rng.one_in(2) {
            // A last frame takes later ones with it, and from the count all others as well (D169): it alone counts from then on.
            let count = 2 + rng.below(300) as u16;
            frames.extend((1..count).map(|number| frame(id, number, rng.below(9), false)));
            let last = 1 + rng.below(count as usize - 1);
            let length = rng.below(9);
            frames.push(frame(id, last as u16, length, true));
            bytes -= OVERHEAD + length as u64;
            // Of the number of the last frame one is there already.
            frames.remove(last - 1);
            out.push(frames);
            continue;
        }
        for number in 1..60_000 {
            if bytes < 2 * OVERHEAD {
                frames.push(frame(id, number, (bytes - OVERHEAD) as usize, false));
                out.push(frames);
                return out;
            }
            frames.push(frame(id, number, 0, false));
            bytes -= OVERHEAD;
        }
        out.push(frames);
    }
    out
}

fn frame(id: ChannelId, number: u16, length: usize, is_last: bool) -> Frame {
    Frame {
        id,
        number,
        data: vec![0; length].into(),
        is_last,
    }
}

fn mine(chain: &mut Chain, items: Vec<Bytes>) {
    let draft = chain.l1();
    items
        .into_iter()
        .fold(draft, |draft, item| draft.calldata(item))
        .mine();
}

/// Of the bank before Fjord.
const LIMIT: u64 = 100_000_000;
/// What a frame counts for besides its data.
const OVERHEAD: u64 = 200;

//! Scenarios: random adversarial L1 chains over every fork from Bedrock to Jovian, and what hoike derives of them.
//!
//! L1 is real in all that derivation reads: signed transactions, receipts, logs, blobs. L2 is a stand-in that executes nothing (`standin.rs`), so
//! that thousands of scenarios take minutes. The sequencer and the batcher of a scenario watch the machine while the chain grows, and go on from its
//! head; without that, nothing would be valid any more after the first thing that went wrong. What has to be derived is nobody's knowledge here: that
//! is for whoever compares, see `conformance/`.

mod bank;
mod batches;
mod frames;
mod logs;
mod play;
mod reasons;
mod sequencer;
mod setup;
mod standin;

pub use play::{Attempt, Outcome, Run};
pub use reasons::REASONS;
pub use standin::StandIn;

use crate::chain::Chain;
use crate::journal::Journal;
use crate::rng::Rng;
use crate::setup::Setup;
use frames::Mempool;
use hoike_derive::Event;
use hoike_protocol::rules::HoloceneOverlap;
use play::Player;
use sequencer::Sequencer;

/// An L1 chain and what became of it.
#[derive(Debug)]
pub struct Scenario {
    /// All there is to it.
    pub seed: u64,
    /// Rules and L1; of its L2 only genesis counts.
    pub chain: Chain,
    /// The safe chain that the first run came to, from genesis on.
    pub l2: Vec<StandIn>,
    /// Derivations of this L1 chain: first from genesis, then from later blocks of it.
    pub runs: Vec<Run>,
}

/// How a scenario goes.
#[derive(Clone, Copy, Debug)]
struct Mood {
    /// One in so many batches is tampered with.
    tamper: usize,
    /// One in so many channels or frames is.
    damage: usize,
    /// Whether logs may be such as end the chain, and blocks of deposits invalid.
    fatal: bool,
    /// How many L1 blocks there will be.
    length: u64,
}

impl Scenario {
    /// The scenario of this seed.
    pub fn of(seed: u64) -> Self {
        Self::under(seed, HoloceneOverlap::Skipped)
    }

    /// The same under the newer rule for spans that overlap the safe chain from Holocene on, which op-node has since v1.19.6.
    pub fn with_overlaps_compared(seed: u64) -> Self {
        Self::under(seed, HoloceneOverlap::Compared)
    }

    fn under(seed: u64, overlap: HoloceneOverlap) -> Self {
        // Other tests begin with small seeds as well.
        let mut rng = Rng::new(seed.wrapping_mul(0x9e37_79b9).wrapping_add(77));
        let mut setup = setup::random(&mut rng);
        setup.variants.holocene_overlap = overlap;
        Self::play(seed, setup, &mut rng)
    }

    fn play(seed: u64, setup: Setup, rng: &mut Rng) -> Self {
        let mood = Mood {
            tamper: *rng.pick(&[4, 10, 25, 1_000]),
            damage: *rng.pick(&[6, 20, 50, 1_000]),
            fatal: rng.one_in(12),
            length: if rng.one_in(6) {
                55 + rng.below(25) as u64
            } else {
                6 + rng.below(26) as u64
            },
        };
        let mut chain = setup.begin();
        let mut player = Player::begin(&chain, Vec::new(), 0, mood.fatal);
        let mut sequencer = Sequencer::new(&chain);
        let mut mempool = Mempool::default();
        let mut pause = 0_u64;
        for _ in 0..mood.length {
            player.advance(&chain);
            if player.halted() {
                break;
            }
            sequencer.follow(&player, rng);
            if pause > 0 {
                pause -= 1;
            } else if rng.one_in(14) {
                pause = 1 + rng.below(chain.setup.seq_window_size as usize + 4) as u64;
            } else {
                sequencer.sequence(&chain, rng);
                for _ in 0..rng.below(4).min(2) {
                    let batches = batches::random(&chain, &player, &mut sequencer, &mood, rng);
                    if !batches.is_empty() || rng.one_in(20) {
                        mempool.post(&chain, &batches, &mood, rng);
                    }
                }
            }
            let after = setup::seconds_to_next(&chain, rng);
            let data = mempool.transactions(&chain, &mood, rng);
            let mut draft = chain.l1().after(after);
            for tx in data.into_iter().chain(logs::random(&mood, rng)) {
                draft = draft.tx(tx);
            }
            draft.mine();
        }
        if rng.one_in(2) {
            // Then nothing, until the window has ended for some blocks at least.
            for _ in 0..chain.setup.seq_window_size + rng.below(4) as u64 {
                let after = setup::seconds_to_next(&chain, rng);
                chain.l1().after(after).mine();
            }
        }
        player.advance(&chain);
        let (first, l2) = player.end();
        let within = within_channels(&first.journal);
        let mut runs = vec![first];
        for _ in 0..rng.below(3) {
            // Where a channel had begun long before its end is where it matters from where on it is read.
            let agreed = match within.len() {
                1.. if rng.one_in(2) => (*rng.pick(&within)).min(l2.len() - 1),
                _ => rng.below(l2.len()),
            };
            if agreed > 0 {
                let below = l2[..=agreed].to_vec();
                let mut again = Player::begin(&chain, below, agreed as u64, mood.fatal);
                again.advance(&chain);
                runs.push(again.end().0);
            }
        }
        Self {
            seed,
            chain,
            l2,
            runs,
        }
    }
}

/// Numbers of blocks that came out of channels of more than one L1 block.
fn within_channels(journal: &Journal) -> Vec<usize> {
    let (mut l1, mut opened_at) = (0, 0);
    let number = journal.events.iter().filter_map(|event| {
        match event {
            Event::L1Block { block, .. } => l1 = block.number,
            Event::ChannelRead { opened_at: at, .. } => opened_at = *at,
            Event::BatchAccepted { number, .. } if opened_at < l1 => {
                return Some(*number as usize);
            }
            _ => {}
        }
        None
    });
    number.collect()
}

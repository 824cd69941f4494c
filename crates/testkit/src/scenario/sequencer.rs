//! The sequencer of a scenario: plans blocks on the head that is derived, as far as it has noticed, and keeps most of the rules.

use super::play::Player;
use super::standin::{self, StandIn};
use crate::batcher::BatchBlock;
use crate::chain::Chain;
use crate::keys::{Call, Key};
use crate::rng::Rng;
use crate::setup::L2_CHAIN;
use alloy_primitives::{Address, B256, Bytes};
use hoike_protocol::{L2Time, OriginTime, attributes::DEPOSIT_TX_TYPE};
use std::sync::OnceLock;

pub(super) struct Sequencer {
    /// Its chain from genesis on: the index is the number.
    plan: Vec<Planned>,
    /// Number of the newest block that was given to the batcher.
    pub(super) sent: usize,
    /// Number of the newest block that is derived, as far as it knows.
    head: usize,
}

#[derive(Clone)]
struct Planned {
    hash: B256,
    block: BatchBlock,
}

impl Sequencer {
    pub(super) fn new(chain: &Chain) -> Self {
        let genesis = chain.block(0);
        let block = BatchBlock {
            parent: B256::ZERO,
            epoch: genesis.origin,
            begins_epoch: true,
            time: genesis.header.timestamp,
            transactions: Vec::new(),
        };
        let hash = genesis.header.hash();
        Self {
            plan: vec![Planned { hash, block }],
            sent: 0,
            head: 0,
        }
    }

    /// Looks at what is derived. Mostly gives up what does not fit to it, and what seems to be lost.
    pub(super) fn follow(&mut self, player: &Player, rng: &mut Rng) {
        let derived = player.blocks();
        let head = derived.len() - 1;
        let agrees = |plan: &[Planned]| {
            plan.get(head)
                .is_some_and(|planned| planned.hash == derived[head].header.hash())
        };
        if !agrees(&self.plan) {
            if rng.one_in(10) {
                return;
            }
            let same = self
                .plan
                .iter()
                .zip(derived)
                .take_while(|(planned, block)| planned.hash == block.header.hash())
                .count();
            self.plan.truncate(same);
            self.plan.extend(derived[same..].iter().map(Planned::from));
            self.sent = head;
        }
        if head == self.head && rng.one_in(3) {
            // Nothing has come of it: perhaps the plan was at fault.
            self.plan.truncate(head + 1);
        }
        self.head = head;
        if self.sent < head || rng.one_in(2) {
            self.sent = head;
        }
    }

    /// Plans some more blocks.
    pub(super) fn sequence(&mut self, chain: &Chain, rng: &mut Rng) {
        let block_time = chain.rules.rollup.block_time;
        let ahead = (self.plan.last()).map_or(0, |planned| planned.block.time);
        let behind = chain.l1_tip().header.timestamp.saturating_sub(ahead) / block_time;
        // Mostly it keeps pace with L1.
        let due = if rng.one_in(4) { 0 } else { behind.min(40) };
        for _ in 0..due as usize + rng.below(6) {
            if self.plan.len() > self.head + 60 {
                return;
            }
            let parent = self.plan.last().expect("genesis at least");
            let time = parent.block.time + block_time;
            let (next, drift) = self.origins(chain, time);
            let origin = match next {
                Some(next) if !rng.one_in(4) || drift => next,
                Some(_) | None => parent.block.epoch,
            };
            let view = chain.rules.at_l2(L2Time(time));
            let empty = drift || view.user_txs_forbidden.is_some() || rng.one_in(2);
            let count = if empty && !rng.one_in(12) {
                0
            } else {
                rng.below(4)
            };
            let block = BatchBlock {
                parent: parent.hash,
                epoch: origin,
                begins_epoch: origin != parent.block.epoch,
                time,
                transactions: (0..count)
                    .map(|_| transaction(view.set_code_txs, rng))
                    .collect(),
            };
            let hash = standin::hash(block.parent, time, origin.hash, &block.transactions);
            self.plan.push(Planned { hash, block });
        }
    }

    /// The origin after the newest block's, if a block of this time may have it; and whether such a block without it is past the drift.
    fn origins(&self, chain: &Chain, time: u64) -> (Option<hoike_protocol::BlockId>, bool) {
        let epoch = self.plan.last().expect("genesis at least").block.epoch;
        let index = (epoch.number - chain.l1[0].header.number) as usize;
        let next = chain.l1.get(index + 1);
        let next = next.filter(|next| next.header.timestamp <= time);
        let since = chain.l1[index].header.timestamp;
        let drift = chain.rules.at_origin(OriginTime(since)).max_sequencer_drift;
        (next.map(|next| next.id()), time > since + drift)
    }

    /// Number of the newest block that is derived.
    pub(super) const fn head(&self) -> usize {
        self.head
    }

    /// Number of the newest block there is.
    pub(super) const fn tip(&self) -> usize {
        self.plan.len() - 1
    }

    /// What batches say of these blocks.
    pub(super) fn blocks(&self, from: usize, to: usize) -> Vec<BatchBlock> {
        let planned = self.plan[from..=to].iter();
        planned.map(|planned| planned.block.clone()).collect()
    }
}

impl From<&StandIn> for Planned {
    fn from(block: &StandIn) -> Self {
        let deposit = |tx: &&Bytes| tx.first() == Some(&DEPOSIT_TX_TYPE);
        let deposits = block.transactions.iter().take_while(deposit).count();
        Self {
            hash: block.header.hash(),
            block: BatchBlock {
                parent: block.header.parent_hash,
                epoch: block.reference.origin,
                begins_epoch: block.reference.sequence_number == 0,
                time: block.header.timestamp,
                transactions: block.transactions[deposits..].to_vec(),
            },
        }
    }
}

/// A signed transaction of L2. Signing takes longer than all else, so there are only so many.
pub(super) fn transaction(set_code: bool, rng: &mut Rng) -> Bytes {
    static POOL: OnceLock<Vec<Bytes>> = OnceLock::new();
    let pool = POOL.get_or_init(pool);
    // The last eighth delegates accounts.
    let common = pool.len() / 8 * 7;
    let end = if set_code || rng.one_in(40) {
        pool.len()
    } else {
        common
    };
    rng.pick(&pool[..end]).clone()
}

fn pool() -> Vec<Bytes> {
    let mut rng = Rng::new(901);
    let keys: Vec<Key> = (0..3).map(|i| Key::named(&format!("user {i}"))).collect();
    (0..96_usize)
        .map(|i| {
            let length = match i % 12 {
                0 => 5_000,
                1 => 300,
                _ => rng.below(40),
            };
            let data = match i % 24 {
                12 => vec![0; 9_000],
                _ => rng.bytes(length),
            };
            let kind = if i >= 84 { 4 } else { [0, 1, 2, 2][i % 4] };
            let call = Call {
                chain_id: (i % 16 != 4 || kind == 4).then_some(L2_CHAIN),
                nonce: rng.next_u64() >> rng.below(64),
                to: (kind == 4 || i % 7 != 3).then(|| Address::from_slice(&rng.bytes(20))),
                value: rng.next_u64() >> rng.below(64),
                gas: rng.next_u64() >> rng.below(64),
                data: data.into(),
                blobs: Vec::new(),
            };
            keys[i % keys.len()].sign(kind, &call)
        })
        .collect()
}

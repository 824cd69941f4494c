//! L1 blocks with what a batcher, an attacker or anybody may put there, built while the chain is derived: batches name the blocks that there are by then.

use super::{Feed, logs, spans};
use alloy_primitives::{B256, Bytes, U256, keccak256};
use hoike_derive::Head;
use hoike_protocol::{
    BlockId, Fork, Rules, blob, deposit::DepositTx, frame::Frame, rules::HoloceneOverlap,
};
use hoike_testkit::{
    BatchBlock, Blob, Channel, Compression, INBOX, Key, L1_CHAIN, L1Block, L1Log, L1Tx, Meaning,
    Rng, Setup, Span, adversary, item, l1::L1Forks,
};
use std::sync::OnceLock;

/// Where a chain begins.
#[derive(Clone, Debug)]
pub struct Genesis {
    /// Its rules.
    pub rules: Rules,
    /// L1's forks.
    pub forks: L1Forks,
    /// The L1 block it begins with.
    pub l1: L1Block,
    /// Header and config of its first block.
    pub head: Head,
    /// That block.
    pub l2: hoike_derive::L2Block,
    /// Who sends batches at first.
    pub batcher: Key,
}

/// One of the chains that there are: each fork from genesis on, and some that activate one a while after it.
pub fn genesis(feed: &mut Feed<'_>) -> &'static Genesis {
    static ALL: OnceLock<Vec<OnceLock<Genesis>>> = OnceLock::new();
    const FORKS: [(Fork, Option<(Fork, u64)>); 16] = [
        (Fork::Bedrock, None),
        (Fork::Canyon, None),
        (Fork::Delta, None),
        (Fork::Ecotone, None),
        (Fork::Fjord, None),
        (Fork::Granite, None),
        (Fork::Holocene, None),
        (Fork::Isthmus, None),
        (Fork::Jovian, None),
        (Fork::Karst, None),
        (Fork::Granite, Some((Fork::Holocene, 26))),
        (Fork::Granite, Some((Fork::Holocene, 60))),
        (Fork::Bedrock, Some((Fork::Regolith, 8))),
        (Fork::Canyon, Some((Fork::Delta, 26))),
        (Fork::Delta, Some((Fork::Ecotone, 26))),
        (Fork::Jovian, Some((Fork::Karst, 14))),
    ];
    let all = ALL.get_or_init(|| (0..2 * FORKS.len()).map(|_| OnceLock::new()).collect());
    let which = feed.below(all.len());
    all[which].get_or_init(|| {
        let (fork, then) = FORKS[which / 2];
        let mut setup = Setup::at(fork).with(|setup| {
            setup.seq_window_size = 6;
            setup.channel_timeout = 3;
            setup.max_sequencer_drift = 20;
            setup.l1_before_genesis = 0;
            setup.variants.holocene_overlap =
                [HoloceneOverlap::Skipped, HoloceneOverlap::Compared][which % 2];
        });
        if let Some((fork, seconds)) = then {
            setup = setup.then(fork, seconds);
        }
        let chain = setup.begin();
        let block = chain.block(0);
        Genesis {
            forks: chain.setup.l1_forks,
            l1: chain.l1_tip().clone(),
            head: Head {
                block: hoike_protocol::L2Ref {
                    hash: block.header.hash(),
                    number: 0,
                    parent: block.header.parent_hash,
                    time: hoike_protocol::L2Time(block.header.timestamp),
                    origin: block.origin,
                    sequence_number: 0,
                },
                config: block.config,
            },
            l2: hoike_derive::L2Block {
                header: block.header.clone(),
                transactions: Vec::new(),
            },
            batcher: chain.batcher.clone(),
            rules: chain.rules,
        }
    })
}

/// What goes on outside of the derivation.
#[derive(Debug)]
pub struct World<'a> {
    feed: Feed<'a>,
    /// The chain's beginning.
    pub genesis: &'static Genesis,
    /// L1 so far.
    pub l1: Vec<L1Block>,
    /// Frames that were not sent yet.
    unsent: Vec<Frame>,
    channels: u8,
}

impl<'a> World<'a> {
    /// Before anything has happened.
    pub fn new(mut feed: Feed<'a>) -> Self {
        let genesis = genesis(&mut feed);
        Self {
            feed,
            genesis,
            l1: vec![genesis.l1.clone()],
            unsent: Vec::new(),
            channels: 0,
        }
    }

    /// The next L1 block, made while `head` is the block to build on and `parent` the one before it; none when the bytes are used up.
    pub fn next_block(&mut self, head: &Head, parent: B256) -> Option<&L1Block> {
        if self.feed.is_empty() || self.l1.len() >= 24 {
            return None;
        }
        let mut feed = self.feed;
        let mut transactions = Vec::new();
        let last = self.l1.last().expect("the first one");
        let time = last.header.timestamp + feed.pick(&[12, 12, 12, 1, 24, 60]);
        let included = self
            .genesis
            .rules
            .at_inclusion(hoike_protocol::InclusionTime(time));
        for _ in 0..feed.below(4) {
            transactions.push(self.transaction(&mut feed, head, parent, included.blobs));
        }
        self.feed = feed;
        let last = self.l1.last().expect("the first one");
        let block = self
            .genesis
            .forks
            .block(last, time, transactions, included.packed_scalars);
        self.l1.push(block);
        self.l1.last()
    }

    fn transaction(&mut self, feed: &mut Feed<'_>, head: &Head, parent: B256, blobs: bool) -> L1Tx {
        let batcher = &self.genesis.batcher;
        let head_byte = feed.byte();
        if head_byte >= 0xd8 {
            let log = L1Log {
                log: logs::log(feed),
                meaning: Meaning::Nothing,
            };
            let tx = L1Tx::raw(Bytes::from_static(&[2, 0xc0])).with_log(log);
            return if head_byte == 0xff { tx.failed() } else { tx };
        }
        if head_byte >= 0xd0 {
            return L1Tx::raw(Bytes::copy_from_slice(feed.bytes()));
        }
        let data = match head_byte & 15 {
            15 => Bytes::copy_from_slice(feed.bytes()),
            how => {
                if how < 10 || self.unsent.is_empty() {
                    let frames = self.channel(feed, head, parent);
                    self.unsent.extend(frames);
                }
                let count = 1 + feed.below(4);
                let rest = self.unsent.split_off(count.min(self.unsent.len()));
                let sent = std::mem::replace(&mut self.unsent, rest);
                let sent = match how {
                    14 => adversary::frames(&sent, &mut Rng::new(feed.u16().into())),
                    _ => sent,
                };
                let data = item(&sent);
                match how {
                    13 => adversary::bytes(&data, &mut Rng::new(feed.u16().into())).into(),
                    _ => data,
                }
            }
        };
        match head_byte >> 4 {
            // Signed, which takes time.
            12 => L1Tx::calldata(batcher, feed.pick(&[0, 1, 2, 4]), L1_CHAIN, INBOX, data),
            11 if blobs => {
                let mut contents = blob::encode(&data).expect("little data");
                if feed.one_in(8) {
                    adversary::field_elements(&mut contents, &mut Rng::new(feed.u16().into()));
                }
                let mut hash = keccak256(&data);
                hash[0] = 1;
                // The machine never looks at what proves a blob.
                let blob = Blob {
                    hash,
                    commitment: [0xc0; 48],
                    contents,
                };
                L1Tx::blobs(
                    batcher,
                    L1_CHAIN,
                    INBOX,
                    vec![blob; 1 + feed.below(2)],
                    data,
                )
            }
            // A deposit, as on an L1 that is a rollup itself: nobody has to sign it.
            kind => {
                let from = if kind == 10 { INBOX } else { batcher.address() };
                let deposit = DepositTx {
                    source_hash: B256::ZERO,
                    from,
                    to: Some(INBOX),
                    mint: U256::ZERO,
                    value: U256::ZERO,
                    gas: 0,
                    is_system: false,
                    data: &data,
                };
                L1Tx::raw(deposit.encode())
            }
        }
    }

    fn channel(&mut self, feed: &mut Feed<'_>, head: &Head, parent: B256) -> Vec<Frame> {
        self.channels = self.channels.wrapping_add(1);
        let id = if feed.one_in(8) {
            feed.byte() & 3
        } else {
            self.channels
        };
        let batches: Vec<Vec<u8>> = (0..1 + feed.below(3))
            .map(|_| self.batch(feed, head, parent))
            .collect();
        let how = feed.pick(&[
            Compression::Stored,
            Compression::Stored,
            Compression::Zlib(1),
            Compression::Brotli,
        ]);
        let mut channel = Channel::of(id, &batches, how);
        if feed.one_in(12) {
            channel.data = adversary::bytes(&channel.data, &mut Rng::new(feed.u16().into()));
        }
        match feed.byte() {
            whole @ 0..0x80 if whole & 7 != 0 => channel.frames(channel.data.len().max(1)),
            parts => channel.frames(
                channel
                    .data
                    .len()
                    .div_ceil(1 + usize::from(parts & 3))
                    .max(1),
            ),
        }
    }

    fn batch(&self, feed: &mut Feed<'_>, head: &Head, parent: B256) -> Vec<u8> {
        let rules = &self.genesis.rules;
        let block_time = rules.rollup.block_time;
        // Mostly on the head, else one of the blocks around it.
        let behind = feed.pick(&[0, 0, 0, 0, 1, 2, 0xff, 0xfe]);
        let parent = match (behind, feed.byte()) {
            (_, 0xf8..) => B256::ZERO,
            (1, _) => parent,
            _ => head.block.hash,
        };
        let time = match behind {
            0xff => head.block.time.0 + 2 * block_time,
            0xfe => head.block.time.0 + u64::from(feed.byte()),
            behind => head.block.time.0.wrapping_sub(behind * block_time) + block_time,
        };
        let origin = |number: u64| {
            let index = number.wrapping_sub(self.l1[0].header.number);
            let known = self.l1.get(index as usize).map(L1Block::id);
            known.unwrap_or(BlockId {
                hash: B256::ZERO,
                number,
            })
        };
        let step = feed.pick(&[0, 0, 0, 1, 1, 2]);
        let epoch = origin(head.block.origin.number + step);
        let batch = if feed.flag() {
            let transactions = |feed: &mut Feed<'_>| match feed.byte() {
                kind @ 0xe0.. => Bytes::copy_from_slice(&[kind & 0x7f, 1, 2]),
                0xdf => Bytes::new(),
                value => Bytes::copy_from_slice(&[0xc1, value & 0x7f]),
            };
            BatchBlock {
                parent,
                epoch,
                begins_epoch: step > 0,
                time,
                transactions: (0..feed.below(3)).map(|_| transactions(feed)).collect(),
            }
            .singular()
        } else {
            let blocks = 1 + feed.below(8);
            let mut bits = vec![step > 0];
            let advances = feed.byte();
            bits.extend((1..blocks).map(|block| advances >> block & 1 != 0 && advances > 0x80));
            let last = head.block.origin.number
                + step
                + bits[1..].iter().filter(|bit| **bit).count() as u64;
            let counts: Vec<u64> = (0..blocks).map(|_| feed.pick(&[0, 0, 0, 1, 2])).collect();
            let rows = (0..counts.iter().sum()).map(|_| spans::row(feed)).collect();
            let check = |hash: B256| *hash.first_chunk().expect("32 bytes");
            Span {
                relative_time: time.wrapping_sub(rules.rollup.genesis.l2_time),
                last_epoch: last,
                parent_check: check(parent),
                origin_check: check(origin(last).hash),
                origin_bits: bits,
                counts,
                rows,
            }
            .encode()
        };
        match feed.byte() {
            0xf8.. => adversary::bytes(&batch, &mut Rng::new(feed.u16().into())),
            _ => batch,
        }
    }
}

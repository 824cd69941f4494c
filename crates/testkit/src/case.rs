//! A row of a table of tests: what is sequenced, what is sent, what has to come out.

use crate::batcher::{BatchBlock, Channel};
use crate::chain::Chain;
use crate::compress::Compression;
use crate::journal::Judged;
use crate::setup::Setup;
use crate::span::Span;
use alloy_primitives::Bytes;
use hoike_derive::BatchDrop;
use hoike_protocol::Fork;

/// How blocks are sent.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Post {
    /// A batch for each.
    Singular,
    /// One batch for all.
    Span,
}

impl Post {
    /// The batches of these blocks.
    pub fn batches(self, blocks: &[BatchBlock], genesis_time: u64) -> Vec<Vec<u8>> {
        match self {
            Self::Singular => blocks.iter().map(BatchBlock::singular).collect(),
            Self::Span => vec![Span::of(blocks, genesis_time).encode()],
        }
    }
}

/// A chain in the making, a method for each thing that happens to it. Channels are named 1, 2 and so on.
#[derive(Debug)]
pub struct Case {
    /// The chain.
    pub chain: Chain,
    channels: u8,
}

impl Case {
    /// A chain with this fork and all before it.
    pub fn at(fork: Fork) -> Self {
        Self::of(Setup::at(fork))
    }

    /// A chain of this setup.
    pub fn of(setup: Setup) -> Self {
        Self {
            chain: setup.begin(),
            channels: 0,
        }
    }

    /// L1 blocks without transactions.
    pub fn l1(mut self, count: u64) -> Self {
        self.chain.mine(count);
        self
    }

    /// L2 blocks of one transaction each, sent in one channel in an L1 block of their own.
    pub fn post(mut self, count: u64, how: Post) -> Self {
        let blocks = self.chain.blocks(count);
        let batches = how.batches(&blocks, self.chain.rules.rollup.genesis.l2_time);
        self.send(&batches)
    }

    /// Sends a channel of any batches in an L1 block of its own.
    pub fn send(mut self, batches: &[Vec<u8>]) -> Self {
        let item = self.channel(batches).item();
        self.chain.l1().calldata(item).mine();
        self
    }

    /// A channel of these batches, under the next name.
    pub fn channel(&mut self, batches: &[Vec<u8>]) -> Channel {
        self.channels += 1;
        Channel::of(self.channels, batches, Compression::Zlib(6))
    }

    /// An L1 block with these data items.
    pub fn items(mut self, items: &[Bytes]) -> Self {
        let draft = self.chain.l1();
        items
            .iter()
            .fold(draft, |draft, item| draft.calldata(item.clone()))
            .mine();
        self
    }

    /// Everything sequenced is derived and nothing else is, while these batches are dropped for these reasons.
    pub fn derives(mut self, drops: &[BatchDrop]) -> Judged {
        let judged = self.chain.check();
        assert_eq!(judged.batch_drops(), drops, "{}", judged.told());
        judged
    }
}

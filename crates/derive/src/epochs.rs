//! The L1 blocks whose epochs the next L2 blocks may belong to.

use crate::extract::receipts::Extracted;
use alloc::collections::VecDeque;
use alloy_consensus::Header;
use alloy_primitives::Sealed;
use hoike_protocol::{L1Ref, L2Ref};

/// What is kept of an L1 block once its data is read.
#[derive(Clone, Debug)]
pub(crate) struct Epoch {
    pub(crate) l1: L1Ref,
    pub(crate) header: Sealed<Header>,
    pub(crate) extracted: Extracted,
}

/// Consecutive L1 blocks: the first is the safe head's origin, or one later where an epoch was advanced without a block (op-node: `l1Blocks`).
#[derive(Clone, Debug, Default)]
pub(crate) struct Epochs {
    blocks: VecDeque<Epoch>,
}

impl Epochs {
    pub(crate) fn first(&self) -> Option<&Epoch> {
        self.blocks.front()
    }

    pub(crate) fn second(&self) -> Option<&Epoch> {
        self.blocks.get(1)
    }

    pub(crate) fn len(&self) -> usize {
        self.blocks.len()
    }

    /// The block of this number. Blocks are consecutive, so this takes no search.
    pub(crate) fn by_number(&self, number: u64) -> Option<&Epoch> {
        let offset = number.checked_sub(self.blocks.front()?.l1.number)?;
        self.blocks.get(usize::try_from(offset).ok()?)
    }

    pub(crate) fn push(&mut self, epoch: Epoch) {
        self.blocks.push_back(epoch);
    }

    pub(crate) fn clear(&mut self) {
        self.blocks.clear();
    }

    /// Forgets the blocks before the origin of `head`, if that origin is among them.
    pub(crate) fn prune(&mut self, head: &L2Ref) {
        if self.by_number(head.origin.number).is_some() {
            while self
                .blocks
                .front()
                .is_some_and(|epoch| epoch.l1.number < head.origin.number)
            {
                self.blocks.pop_front();
            }
        }
    }

    /// Forgets the first block.
    pub(crate) fn advance(&mut self) {
        self.blocks.pop_front();
    }
}

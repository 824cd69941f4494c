//! L2: below the agreed block as seen from it, above it only what this run has built (D117).

use super::{
    ancestors::{Ancestors, Layer},
    hint, list,
};
use crate::error::{Error, Purpose};
use alloc::vec::Vec;
use alloy_consensus::Header;
use alloy_primitives::{B256, Bytes, Sealed};
use core::ops::RangeInclusive;
use hoike_derive::L2Block;
use hoike_preimage::{Checked, Hint};

/// The L2 chain around the agreed block.
#[derive(Debug)]
pub(crate) struct L2Chain {
    /// The agreed block and what is below it.
    agreed: Ancestors,
    /// From the agreed block up, without it.
    built: Vec<L2Block>,
}

impl L2Chain {
    pub(crate) fn new<O: Checked>(oracle: &mut O, agreed: B256) -> Result<Self, Error<O::Error>> {
        Ok(Self {
            agreed: Ancestors::of(oracle, Layer::L2, agreed)?,
            built: Vec::new(),
        })
    }

    /// The agreed block.
    pub(crate) const fn agreed(&self) -> &Sealed<Header> {
        self.agreed.tip()
    }

    /// Adds a block that was built on the one before it; a block built on an older one replaces what came after that (before Holocene).
    pub(crate) fn push(&mut self, block: L2Block) {
        if let Some(index) = self.index(block.header.number) {
            self.built.truncate(index);
            self.built.push(block);
        }
    }

    /// The header of this hash, if it is the agreed block's or that of a block built here.
    pub(crate) fn by_hash(&self, hash: B256) -> Option<&Sealed<Header>> {
        let built = self.built.iter().rev().map(|block| &block.header);
        let mut known = built.chain([self.agreed()]);
        known.find(|header| header.hash() == hash)
    }

    /// The header of this number; `None` above what was built.
    pub(crate) fn header<O: Checked>(
        &mut self,
        oracle: &mut O,
        number: u64,
    ) -> Result<Option<&Sealed<Header>>, Error<O::Error>> {
        match self.index(number) {
            Some(index) => Ok(self.built.get(index).map(|block| &block.header)),
            None => self.agreed.header(oracle, number),
        }
    }

    /// Blocks by number, ascending; those there are.
    pub(crate) fn blocks<O: Checked>(
        &mut self,
        oracle: &mut O,
        numbers: RangeInclusive<u64>,
    ) -> Result<Vec<L2Block>, Error<O::Error>> {
        let mut blocks = Vec::new();
        for number in numbers {
            let built = self.index(number).and_then(|index| self.built.get(index));
            if let Some(block) = built {
                blocks.push(block.clone());
                continue;
            }
            let Some(header) = self.header(oracle, number)?.cloned() else {
                break;
            };
            let transactions = Self::transactions(oracle, &header)?;
            blocks.push(L2Block {
                header,
                transactions,
            });
        }
        Ok(blocks)
    }

    /// Where a block above the agreed one is among those that were built.
    fn index(&self, number: u64) -> Option<usize> {
        let above = number.checked_sub(self.agreed().number)?.checked_sub(1)?;
        usize::try_from(above).ok()
    }

    /// The transactions of a block that was not built here.
    pub(crate) fn transactions<O: Checked>(
        oracle: &mut O,
        header: &Sealed<Header>,
    ) -> Result<Vec<Bytes>, Error<O::Error>> {
        let purpose = Purpose::L2Transactions {
            block: header.number,
        };
        hint(oracle, &Hint::L2Transactions(header.hash()), purpose)?;
        list(oracle, header.transactions_root, purpose)
    }
}

//! L2: below the agreed block as seen from it, above it only what this run has built (D117).

use super::{header, l1::hint, list};
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
    /// From the agreed block down, as far as was asked.
    headers: Vec<Sealed<Header>>,
    /// From the agreed block up, without it.
    built: Vec<L2Block>,
}

impl L2Chain {
    pub(crate) fn new<O: Checked>(oracle: &mut O, agreed: B256) -> Result<Self, Error<O::Error>> {
        Ok(Self {
            headers: alloc::vec![Self::fetch(oracle, agreed, None)?],
            built: Vec::new(),
        })
    }

    /// The agreed block.
    pub(crate) fn agreed(&self) -> Option<&Sealed<Header>> {
        self.headers.first()
    }

    /// Adds a block that was built on the one before it; a block built on an older one replaces what came after that (before Holocene).
    pub(crate) fn push(&mut self, block: L2Block) {
        let agreed = self.agreed().map_or(0, |header| header.number);
        let kept = block.header.number.saturating_sub(agreed).saturating_sub(1);
        self.built
            .truncate(usize::try_from(kept).unwrap_or(usize::MAX));
        self.built.push(block);
    }

    /// The header of this hash, if it is the agreed block's or that of a block built here.
    pub(crate) fn by_hash(&self, hash: B256) -> Option<&Sealed<Header>> {
        let built = self.built.iter().rev().map(|block| &block.header);
        built
            .chain(self.agreed())
            .find(|header| header.hash() == hash)
    }

    /// The header of this number; `None` above what was built.
    pub(crate) fn header<O: Checked>(
        &mut self,
        oracle: &mut O,
        number: u64,
    ) -> Result<Option<Sealed<Header>>, Error<O::Error>> {
        let agreed = self.agreed().map_or(0, |header| header.number);
        if let Some(above) = number
            .checked_sub(agreed)
            .and_then(|above| above.checked_sub(1))
        {
            return Ok(usize::try_from(above)
                .ok()
                .and_then(|above| self.built.get(above))
                .map(|block| block.header.clone()));
        }
        let Some(depth) = agreed
            .checked_sub(number)
            .and_then(|depth| usize::try_from(depth).ok())
        else {
            return Ok(None);
        };
        while self.headers.len() <= depth {
            let Some(last) = self.headers.last() else {
                return Ok(None);
            };
            let parent = Self::fetch(oracle, last.parent_hash, last.number.checked_sub(1))?;
            if last.number != parent.number.saturating_add(1) {
                let purpose = Purpose::L2Header {
                    number: last.number.checked_sub(1),
                };
                return Err(Error::Malformed {
                    purpose,
                    hash: parent.hash(),
                    why: "its number is not one less than its child's".into(),
                });
            }
            self.headers.push(parent);
        }
        Ok(self.headers.get(depth).cloned())
    }

    /// Blocks by number, ascending; those there are.
    pub(crate) fn blocks<O: Checked>(
        &mut self,
        oracle: &mut O,
        numbers: RangeInclusive<u64>,
    ) -> Result<Vec<L2Block>, Error<O::Error>> {
        let mut blocks = Vec::new();
        for number in numbers {
            let agreed = self.agreed().map_or(0, |header| header.number);
            if let Some(block) = number
                .checked_sub(agreed)
                .and_then(|n| n.checked_sub(1))
                .and_then(|n| self.built.get(usize::try_from(n).ok()?))
            {
                blocks.push(block.clone());
                continue;
            }
            let Some(header) = self.header(oracle, number)? else {
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

    fn fetch<O: Checked>(
        oracle: &mut O,
        hash: B256,
        number: Option<u64>,
    ) -> Result<Sealed<Header>, Error<O::Error>> {
        let purpose = Purpose::L2Header { number };
        hint(oracle, &Hint::L2BlockHeader(hash), purpose)?;
        header(oracle, hash, purpose)
    }
}

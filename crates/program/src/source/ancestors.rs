//! A block and what is below it, found by walking parent hashes; each header is read once.

use super::{header, hint};
use crate::error::{Error, Purpose};
use alloc::vec::Vec;
use alloy_consensus::Header;
use alloy_primitives::{B256, Sealed};
use hoike_preimage::{Checked, Hint};

/// Which chain a block is of.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Layer {
    L1,
    L2,
}

/// The chain that ends in a block, as far down as was asked.
#[derive(Debug)]
pub(crate) struct Ancestors {
    layer: Layer,
    tip: Sealed<Header>,
    /// Below the tip, downwards.
    below: Vec<Sealed<Header>>,
}

impl Ancestors {
    pub(crate) fn of<O: Checked>(
        oracle: &mut O,
        layer: Layer,
        tip: B256,
    ) -> Result<Self, Error<O::Error>> {
        Ok(Self {
            layer,
            tip: layer.fetch(oracle, tip, None)?,
            below: Vec::new(),
        })
    }

    pub(crate) const fn tip(&self) -> &Sealed<Header> {
        &self.tip
    }

    /// The header of this number; `None` above the tip.
    pub(crate) fn header<O: Checked>(
        &mut self,
        oracle: &mut O,
        number: u64,
    ) -> Result<Option<&Sealed<Header>>, Error<O::Error>> {
        let Some(depth) = self.tip.number.checked_sub(number) else {
            return Ok(None);
        };
        while (self.below.len() as u64) < depth {
            let child = self.below.last().unwrap_or(&self.tip);
            let (hash, number) = (child.parent_hash, child.number.checked_sub(1));
            let parent = self.layer.fetch(oracle, hash, number)?;
            if number != Some(parent.number) {
                return Err(Error::Malformed {
                    purpose: self.layer.purpose(number),
                    hash,
                    why: "its number is not one less than its child's".into(),
                });
            }
            self.below.push(parent);
        }
        let index = usize::try_from(depth).ok();
        Ok(match index.and_then(|depth| depth.checked_sub(1)) {
            None => Some(&self.tip),
            Some(index) => self.below.get(index),
        })
    }
}

impl Layer {
    fn purpose(self, number: Option<u64>) -> Purpose {
        match self {
            Self::L1 => Purpose::L1Header { number },
            Self::L2 => Purpose::L2Header { number },
        }
    }

    fn fetch<O: Checked>(
        self,
        oracle: &mut O,
        hash: B256,
        number: Option<u64>,
    ) -> Result<Sealed<Header>, Error<O::Error>> {
        let purpose = self.purpose(number);
        let wanted = match self {
            Self::L1 => Hint::L1BlockHeader(hash),
            Self::L2 => Hint::L2BlockHeader(hash),
        };
        hint(oracle, &wanted, purpose)?;
        header(oracle, hash, purpose)
    }
}

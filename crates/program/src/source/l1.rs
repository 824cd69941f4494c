//! L1 as seen from its head: numbers are resolved by walking parent hashes down, once.

use super::{header, list};
use crate::error::{Error, Purpose};
use alloc::{boxed::Box, vec::Vec};
use alloy_consensus::Header;
use alloy_primitives::{B256, Bytes, Sealed};
use hoike_derive::BlobRef;
use hoike_preimage::{Blob, Checked, Hint};
use hoike_protocol::{BlockId, L1Ref};

/// The chain that ends in the L1 head.
#[derive(Debug)]
pub(crate) struct L1Chain {
    /// From the head down, as far as was asked.
    headers: Vec<Sealed<Header>>,
}

impl L1Chain {
    pub(crate) fn new<O: Checked>(oracle: &mut O, head: B256) -> Result<Self, Error<O::Error>> {
        Ok(Self {
            headers: alloc::vec![Self::fetch(oracle, head, None)?],
        })
    }

    /// The header of this number; `None` above the head.
    pub(crate) fn header<O: Checked>(
        &mut self,
        oracle: &mut O,
        number: u64,
    ) -> Result<Option<Sealed<Header>>, Error<O::Error>> {
        let head = self.headers.first().map_or(0, |header| header.number);
        let Some(depth) = head
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
                let purpose = Purpose::L1Header {
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

    pub(crate) fn transactions<O: Checked>(
        &mut self,
        oracle: &mut O,
        block: BlockId,
    ) -> Result<Vec<Bytes>, Error<O::Error>> {
        let purpose = Purpose::L1Transactions {
            block: block.number,
        };
        hint(oracle, &Hint::L1Transactions(block.hash), purpose)?;
        let root = self
            .header(oracle, block.number)?
            .map(|header| header.transactions_root)
            .unwrap_or_default();
        list(oracle, root, purpose)
    }

    pub(crate) fn receipts<O: Checked>(
        &mut self,
        oracle: &mut O,
        block: BlockId,
    ) -> Result<Vec<Bytes>, Error<O::Error>> {
        let purpose = Purpose::L1Receipts {
            block: block.number,
        };
        hint(oracle, &Hint::L1Receipts(block.hash), purpose)?;
        let root = self
            .header(oracle, block.number)?
            .map(|header| header.receipts_root)
            .unwrap_or_default();
        list(oracle, root, purpose)
    }

    pub(crate) fn blobs<O: Checked>(
        &self,
        oracle: &mut O,
        block: L1Ref,
        blobs: &[BlobRef],
    ) -> Result<Vec<Bytes>, Error<O::Error>> {
        let purpose = Purpose::Blobs {
            block: block.number,
        };
        let hashes: Vec<B256> = blobs.iter().map(|blob| blob.hash).collect();
        let blobs = oracle
            .blobs(block.time, &hashes)
            .map_err(|cause| Error::Preimage { purpose, cause })?;
        let bytes = |blob: Blob| Bytes::from((blob as Box<[u8]>).into_vec());
        Ok(blobs.into_iter().map(bytes).collect())
    }

    fn fetch<O: Checked>(
        oracle: &mut O,
        hash: B256,
        number: Option<u64>,
    ) -> Result<Sealed<Header>, Error<O::Error>> {
        let purpose = Purpose::L1Header { number };
        hint(oracle, &Hint::L1BlockHeader(hash), purpose)?;
        header(oracle, hash, purpose)
    }
}

pub(crate) fn hint<O: Checked>(
    oracle: &mut O,
    hint: &Hint<'_>,
    purpose: Purpose,
) -> Result<(), Error<O::Error>> {
    oracle
        .hint(hint)
        .map_err(|cause| Error::Preimage { purpose, cause })
}

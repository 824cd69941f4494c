//! L1 as seen from its head: numbers are resolved by walking parent hashes down, once.

use super::{
    ancestors::{Ancestors, Layer},
    hint, list,
};
use crate::error::{Error, Purpose};
use alloc::{boxed::Box, vec::Vec};
use alloy_consensus::Header;
use alloy_primitives::{B256, Bytes, Sealed};
use hoike_derive::BlobRef;
use hoike_preimage::{Blob, Checked, Hint};
use hoike_protocol::{BlockId, L1Ref};

/// The chain that ends in the L1 head.
#[derive(Debug)]
pub(crate) struct L1Chain(Ancestors);

impl L1Chain {
    pub(crate) fn new<O: Checked>(oracle: &mut O, head: B256) -> Result<Self, Error<O::Error>> {
        Ancestors::of(oracle, Layer::L1, head).map(Self)
    }

    /// The header of this number; `None` above the head.
    pub(crate) fn header<O: Checked>(
        &mut self,
        oracle: &mut O,
        number: u64,
    ) -> Result<Option<&Sealed<Header>>, Error<O::Error>> {
        self.0.header(oracle, number)
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
}

//! Singular batches. Spec: `protocol/derivation.md`, "Batch Format", version 0.

use super::{BatchDecodeFault, BatchFault, RlpFault, SingularField, rlp};
use crate::{BlockId, L2Time};
use alloc::vec::Vec;
use alloy_primitives::{B256, Bytes};

/// A batch of one L2 block.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SingularBatch {
    /// Hash of the L2 block before it.
    pub parent_hash: B256,
    /// Its L1 origin.
    pub epoch: BlockId,
    /// Its timestamp.
    pub time: L2Time,
    /// The sequenced transactions, EIP-2718 encoded if they are well formed; slices of the channel, nothing in them is checked.
    pub transactions: Vec<Bytes>,
}

impl SingularBatch {
    /// Reads a batch out of `body`, the part of `channel` after the type byte. What follows the list is ignored (D182).
    pub(super) fn read(channel: &Bytes, mut body: &[u8]) -> Result<Self, BatchFault> {
        let batch = rlp::list(&mut body).map_err(|why| {
            // An empty body lacks the whole list, not an element of one.
            let why = if why == RlpFault::TooFewElements {
                RlpFault::Overrun
            } else {
                why
            };
            fault(SingularField::List, why)
        })?;
        let mut fields = batch;
        let parent_hash =
            rlp::fixed(&mut fields).map_err(|why| fault(SingularField::ParentHash, why))?;
        let number =
            rlp::uint64(&mut fields).map_err(|why| fault(SingularField::EpochNumber, why))?;
        let hash = rlp::fixed(&mut fields).map_err(|why| fault(SingularField::EpochHash, why))?;
        let time = rlp::uint64(&mut fields).map_err(|why| fault(SingularField::Timestamp, why))?;
        let transactions = rlp::list(&mut fields)
            .and_then(strings)
            .map_err(|why| fault(SingularField::Transactions, why))?;
        rlp::end(fields).map_err(|why| fault(SingularField::List, why))?;
        Ok(Self {
            parent_hash: B256::new(*parent_hash),
            epoch: BlockId {
                hash: B256::new(*hash),
                number,
            },
            time: L2Time(time),
            transactions: transactions.map(|tx| channel.slice_ref(tx)).collect(),
        })
    }
}

/// The strings of a list, all checked before the first is handed out: the count is then known, and a faulty list allocates nothing.
fn strings(list: &[u8]) -> Result<impl ExactSizeIterator<Item = &[u8]>, RlpFault> {
    let mut count = 0usize;
    let mut rest = list;
    while !rest.is_empty() {
        rlp::string(&mut rest)?;
        count = count.saturating_add(1);
    }
    let mut rest = list;
    Ok((0..count).map(move |_| rlp::string(&mut rest).unwrap_or_default()))
}

const fn fault(field: SingularField, why: RlpFault) -> BatchFault {
    BatchFault::rest_of_channel(BatchDecodeFault::Singular { field, why })
}

//! References to blocks.

use crate::{InclusionTime, L2Time, OriginTime};
use alloy_primitives::B256;

/// A block's hash and number.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct BlockId {
    /// Block hash.
    pub hash: B256,
    /// Block number.
    pub number: u64,
}

/// What derivation needs to know of an L1 block to order things by it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct L1Ref {
    /// Block hash.
    pub hash: B256,
    /// Block number.
    pub number: u64,
    /// Parent hash.
    pub parent: B256,
    /// Timestamp in seconds. Ask [`L1Ref::as_inclusion`] or [`L1Ref::as_origin`] when a rule depends on it.
    pub time: u64,
}

impl L1Ref {
    /// Hash and number.
    pub const fn id(&self) -> BlockId {
        BlockId {
            hash: self.hash,
            number: self.number,
        }
    }

    /// This block's time, as of the block that carries data.
    pub const fn as_inclusion(&self) -> InclusionTime {
        InclusionTime(self.time)
    }

    /// This block's time, as of a batch's or L2 block's origin.
    pub const fn as_origin(&self) -> OriginTime {
        OriginTime(self.time)
    }
}

/// What derivation needs to know of an L2 block to build on it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct L2Ref {
    /// Block hash.
    pub hash: B256,
    /// Block number.
    pub number: u64,
    /// Parent hash.
    pub parent: B256,
    /// Timestamp.
    pub time: L2Time,
    /// The L1 block whose epoch this block belongs to.
    pub origin: BlockId,
    /// Distance to the first block of the epoch.
    pub sequence_number: u64,
}

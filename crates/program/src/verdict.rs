//! The verdict, and what it rests on.

use alloy_primitives::B256;
use hoike_protocol::BlockId;

/// Whether the claim is right. There is no default and no way from an error to here.
#[must_use]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// The claimed output root is the computed one.
    Valid,
    /// It is not.
    Invalid {
        /// As claimed.
        claimed: B256,
        /// As computed.
        computed: B256,
    },
}

/// A verdict with what it rests on.
#[must_use]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Outcome {
    /// The verdict.
    pub verdict: Verdict,
    /// The agreed L2 block.
    pub agreed: BlockId,
    /// The L2 block whose output root was compared: the claimed one, or the last that L1 lets derive.
    pub compared: BlockId,
    /// Its output root.
    pub output_root: B256,
    /// The L1 head.
    pub l1_head: B256,
}

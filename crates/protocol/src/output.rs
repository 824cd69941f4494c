//! Output roots: what a claim is about.
//!
//! Spec: `protocol/proposals.md`, "L2 Output Commitment Construction".

use alloy_primitives::{B256, keccak256};

/// The output root of version 0 of an L2 block.
pub fn output_root(state_root: B256, message_passer_root: B256, block_hash: B256) -> B256 {
    OutputV0 {
        state_root,
        message_passer_root,
        block_hash,
    }
    .root()
}

/// What an output root of version 0 commits to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct OutputV0 {
    /// State root of the block.
    pub state_root: B256,
    /// Storage root of the message passer after the block.
    pub message_passer_root: B256,
    /// Hash of the block.
    pub block_hash: B256,
}

impl OutputV0 {
    /// Length of the encoding.
    pub const LEN: usize = 128;

    /// `version ++ state root ++ message passer's root ++ block hash`; the version is 32 zero bytes.
    pub fn encode(&self) -> [u8; Self::LEN] {
        let mut out = [0; Self::LEN];
        let fields = [
            B256::ZERO,
            self.state_root,
            self.message_passer_root,
            self.block_hash,
        ];
        for (word, field) in out.as_chunks_mut::<32>().0.iter_mut().zip(fields) {
            *word = field.0;
        }
        out
    }

    /// Reads the encoding.
    ///
    /// # Errors
    /// Another length than 128, another version than 0 (D120).
    pub fn decode(raw: &[u8]) -> Result<Self, OutputFault> {
        let ([version, state_root, message_passer_root, block_hash], []) = raw.as_chunks::<32>()
        else {
            return Err(OutputFault::Length(raw.len()));
        };
        if *version != [0; 32] {
            return Err(OutputFault::Version(B256::new(*version)));
        }
        let [state_root, message_passer_root, block_hash] =
            [state_root, message_passer_root, block_hash].map(|word| B256::new(*word));
        Ok(Self {
            state_root,
            message_passer_root,
            block_hash,
        })
    }

    /// The output root.
    pub fn root(&self) -> B256 {
        keccak256(self.encode())
    }
}

/// Why bytes are not the preimage of an output root.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum OutputFault {
    /// An output of version 0 has 128 bytes.
    #[error("output root preimage has {0} bytes instead of 128")]
    Length(usize),
    /// Only version 0 is known.
    #[error("unknown output version {0}")]
    Version(B256),
}

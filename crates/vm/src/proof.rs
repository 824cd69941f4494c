//! What proves one step on chain, as op-challenger reads it.

use alloy_primitives::{B256, Bytes};
use serde::{Deserialize, Serialize};

/// The proof of a step. The field names and their order are the originals'.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct StepProof {
    /// Steps before this one.
    pub step: u64,
    /// State hash before.
    pub pre: B256,
    /// State hash after.
    pub post: B256,
    /// The witness of the state before.
    pub state_data: Bytes,
    /// Memory proofs, and what else of the state the step touches.
    pub proof_data: Bytes,
    /// Key of the preimage that was read in this step, if one was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub oracle_key: Option<Bytes>,
    /// The preimage, with its length of 8 bytes before it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub oracle_value: Option<Bytes>,
    /// Where in that it was read.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub oracle_offset: u64,
}

fn is_zero(offset: &u64) -> bool {
    *offset == 0
}

impl StepProof {
    /// As the originals write it: two spaces of indent, and two newlines at the end.
    pub fn to_json(&self) -> Vec<u8> {
        let mut json = serde_json::to_vec_pretty(self).unwrap_or_default();
        json.extend_from_slice(b"\n\n");
        json
    }
}

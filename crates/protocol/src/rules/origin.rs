//! What the time of an L2 block's L1 origin gates.

use super::Rules;
use crate::{Fork, OriginTime};

/// Rules for batches of one epoch.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct OriginRules {
    /// Span batches whose first epoch this is are accepted. Spec: `delta/span-batches.md`, "Activation".
    pub span_batches: bool,
    /// How far a block's time may be past its origin's, in seconds. Spec: `fjord/derivation.md`, "Constant Maximum Sequencer Drift".
    pub max_sequencer_drift: u64,
    /// Update fraction of the blob base fee of this L1 block. Spec: `ecotone/l1-attributes.md`, `pectra-blob-schedule/derivation.md`.
    pub blob_base_fee_update_fraction: u64,
}

pub(super) fn at(time: OriginTime, rules: &Rules) -> OriginRules {
    let bedrock = OriginRules {
        span_batches: false,
        max_sequencer_drift: rules.rollup.max_sequencer_drift,
        blob_base_fee_update_fraction: match rules.rollup.pectra_blob_schedule_time {
            Some(until) if time.0 < until => CANCUN_UPDATE_FRACTION,
            Some(_) | None => rules.l1.update_fraction(time),
        },
    };
    rules
        .rollup
        .schedule
        .active_at(time.0)
        .fold(bedrock, |rules, fork| match fork {
            Fork::Bedrock | Fork::Regolith | Fork::Canyon => rules,
            Fork::Delta => OriginRules {
                span_batches: true,
                ..rules
            },
            Fork::Ecotone => rules,
            Fork::Fjord => OriginRules {
                max_sequencer_drift: FJORD_MAX_SEQUENCER_DRIFT,
                ..rules
            },
            Fork::Granite
            | Fork::Holocene
            | Fork::Isthmus
            | Fork::Jovian
            | Fork::Karst
            | Fork::Lagoon => rules,
        })
}

/// Spec: `fjord/derivation.md`, "Protocol Parameter Changes".
const FJORD_MAX_SEQUENCER_DRIFT: u64 = 1800;
/// `BLOB_BASE_FEE_UPDATE_FRACTION` of EIP-4844.
const CANCUN_UPDATE_FRACTION: u64 = 3_338_477;

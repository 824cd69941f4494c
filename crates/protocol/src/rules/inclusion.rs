//! What the time of the L1 block that carries the data gates (op-node: the time of the pipeline's origin).

use crate::{Fork, InclusionTime, RollupConfig};

/// Rules for reading data out of one L1 block. Spec: `protocol/derivation.md` and the `derivation.md` of Canyon, Delta, Ecotone, Fjord, Granite, Holocene.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct InclusionRules {
    /// Blob transactions give their blobs instead of their calldata.
    pub blobs: bool,
    /// Updates of the fee scalars have the packed form. Spec: `ecotone/l1-attributes.md`.
    pub packed_scalars: bool,
    /// A channel opened at `n` is dead at every L1 block above `n + channel_timeout`.
    pub channel_timeout: u64,
    /// How much of a channel's decompressed RLP counts; from Holocene also how much compressed data a channel may hold.
    pub max_rlp_bytes_per_channel: u64,
    /// Total size of the channel bank, only before Holocene.
    pub max_channel_bank_bytes: u64,
    /// Brotli channels are read.
    pub brotli: bool,
    /// Span batches are decoded.
    pub span_batches: bool,
    /// Which channels are read, in which order.
    pub ordering: Ordering,
    /// Holocene: invalid batches and payloads flush the channel, old batches are past, future ones dropped, payloads replaced by their deposits.
    pub holocene: bool,
}

/// Which of several channels is read first.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ordering {
    /// Bedrock: only the oldest channel.
    FirstChannel,
    /// Canyon: the oldest channel that is complete.
    FirstReady,
    /// Holocene: one channel at a time, its frames strictly in order.
    Strict,
}

pub(super) fn at(time: InclusionTime, config: &RollupConfig) -> InclusionRules {
    config
        .schedule
        .active_at(time.0)
        .fold(bedrock(config), |rules, fork| match fork {
            Fork::Bedrock | Fork::Regolith => rules,
            Fork::Canyon => InclusionRules {
                ordering: Ordering::FirstReady,
                ..rules
            },
            Fork::Delta => InclusionRules {
                span_batches: true,
                ..rules
            },
            Fork::Ecotone => InclusionRules {
                blobs: true,
                packed_scalars: true,
                ..rules
            },
            Fork::Fjord => InclusionRules {
                brotli: true,
                max_rlp_bytes_per_channel: 100_000_000,
                max_channel_bank_bytes: 1_000_000_000,
                ..rules
            },
            Fork::Granite => InclusionRules {
                channel_timeout: GRANITE_CHANNEL_TIMEOUT,
                ..rules
            },
            Fork::Holocene => InclusionRules {
                ordering: Ordering::Strict,
                holocene: true,
                ..rules
            },
            Fork::Isthmus | Fork::Jovian | Fork::Karst | Fork::Lagoon => rules,
        })
}

fn bedrock(config: &RollupConfig) -> InclusionRules {
    InclusionRules {
        blobs: false,
        packed_scalars: false,
        channel_timeout: config.channel_timeout,
        max_rlp_bytes_per_channel: 10_000_000,
        max_channel_bank_bytes: 100_000_000,
        brotli: false,
        span_batches: false,
        ordering: Ordering::FirstChannel,
        holocene: false,
    }
}

/// Spec: `granite/derivation.md`, "Protocol Parameter Changes". Not configurable: op-node's `ChannelTimeoutGranite`.
const GRANITE_CHANNEL_TIMEOUT: u64 = 50;

//! Batches: what a decompressed channel holds. Spec: `protocol/derivation.md`, "Batch Format"; `delta/span-batches.md`.
//!
//! A batch is checked as it is read, so that whatever is wrong with it shows at once and in the right scope (D149), but no transaction is
//! decoded, hashed or rebuilt: singular batches hand out slices of the channel, span batches keep their columns and rebuild the transactions of
//! one block when asked.

mod bits;
mod fault;
mod reader;
mod rlp;
mod singular;
mod span;
mod span_txs;
mod varint;

pub use fault::{
    BatchDecodeFault, BatchFault, RlpFault, Scope, SingularField, SpanColumn, SpanFault,
    SpanTxFault,
};
pub use reader::BatchReader;
pub use singular::SingularBatch;
pub use span::{SpanBatch, SpanCursor, SpanElement};

/// Limit of the number of blocks of a span, of the transactions of each and of all of them, and of the bytes of a transaction's payload.
///
/// Spec: `delta/span-batches.md`, "Span Batch Size Limits"; op-node's `MaxSpanBatchElementCount`.
pub const MAX_SPAN_BATCH_ELEMENT_COUNT: u64 = 10_000_000;

/// A batch as read from a channel.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Batch {
    /// One L2 block.
    Singular(SingularBatch),
    /// A run of L2 blocks, from Delta.
    Span(SpanBatch),
}

/// What of a chain's configuration the blocks of a span batch are computed from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SpanParams {
    /// Chain id of the L2, which the transactions of a span leave out.
    pub l2_chain_id: u64,
    /// Timestamp of the L2 genesis block, in seconds; a span's timestamp counts from it.
    pub genesis_time: u64,
    /// Seconds between two L2 blocks.
    pub block_time: u64,
}

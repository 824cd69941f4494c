//! Two kinds of failure, never confused: the payload is bad, or there was no answer.

use alloc::string::String;
use alloy_primitives::B256;
use hoike_protocol::{Fork, extra_data::ExtraDataFault};
use revm::database_interface::DBErrorMarker;

/// Why attributes make no valid block. From Holocene on a block of their deposits takes its place. Spec: `protocol/exec-engine.md`, "Engine API".
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum InvalidPayload {
    /// A transaction does not decode, or is of a type that no L2 block may hold.
    #[error("transaction {index} does not decode: {why}")]
    Undecodable {
        /// Its index.
        index: usize,
        /// Why.
        why: String,
    },
    /// A signature belongs to nobody.
    #[error("transaction {index} has no signer")]
    Signer {
        /// Its index.
        index: usize,
    },
    /// A transaction is invalid in the state before it.
    #[error("transaction {index}: {why}")]
    Transaction {
        /// Its index.
        index: usize,
        /// Why.
        why: String,
    },
    /// A transaction's gas limit is more than what is left of the block's.
    #[error("transaction {index} has a gas limit of {limit}, {left} are left in the block")]
    BlockGas {
        /// Its index.
        index: usize,
        /// Its gas limit.
        limit: u64,
        /// What is left.
        left: u64,
    },
    /// The block's DA footprint is more than its gas limit.
    #[error("DA footprint of {footprint} is above the gas limit of {limit}")]
    DaFootprint {
        /// The footprint so far.
        footprint: u64,
        /// The gas limit.
        limit: u64,
    },
    /// The gas limit is above 2^63 - 1.
    #[error("gas limit of {0} is above 2^63 - 1")]
    GasLimit(u64),
    /// The time is not after the parent's.
    #[error("time {time} is not after the parent's {parent}")]
    Time {
        /// The new block's time.
        time: u64,
        /// The parent's.
        parent: u64,
    },
    /// The attributes lack EIP-1559 parameters or the least base fee, or have them too early, or they make no extra data.
    #[error("EIP-1559 parameters: {0}")]
    ExtraData(#[from] ExtraDataFault),
    /// The attributes lack a value that blocks of their time carry, or have one too many.
    #[error("attributes and their fork disagree on {0}")]
    Attributes(&'static str),
    /// The base fee of the new block has more than 64 bits.
    #[error("the base fee has more than 64 bits")]
    BaseFee,
    /// The first transaction is no L1 attributes transaction.
    #[error("the first transaction has no L1 attributes: {0}")]
    L1Info(String),
}

/// There is no answer: what is needed to execute could not be had, or cannot be right. Never a verdict.
#[derive(Debug, thiserror::Error)]
pub enum NoAnswer<E> {
    /// The source failed.
    #[error(transparent)]
    Source(E),
    /// Trie node, account, code or header that is not what it should be.
    #[error("{what} {hash}: {why}")]
    Malformed {
        /// What it is.
        what: &'static str,
        /// Its hash.
        hash: B256,
        /// What is wrong.
        why: String,
    },
    /// A precompile's result could not be had.
    #[error("precompile: {0}")]
    Precompile(String),
    /// The fork is not implemented.
    #[error("{0} is not implemented")]
    UnsupportedFork(Fork),
    /// A bug.
    #[error("bug: {0}")]
    Bug(String),
}

impl<E: core::error::Error + Send + Sync + 'static> DBErrorMarker for NoAnswer<E> {}

impl<E> From<hoike_trie::Error<E>> for NoAnswer<E> {
    fn from(error: hoike_trie::Error<E>) -> Self {
        match error {
            hoike_trie::Error::Source { cause, .. } => Self::Source(cause),
            hoike_trie::Error::Malformed { hash, why } => Self::Malformed {
                what: "trie node",
                hash,
                why: alloc::format!("{why}"),
            },
        }
    }
}

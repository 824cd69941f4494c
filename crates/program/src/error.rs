//! Why there is no verdict.

use alloc::string::String;
use alloy_primitives::B256;
use core::fmt;
use hoike_derive::{Halt, Mismatch};
use hoike_preimage::CheckError;
use hoike_registry::ChainError;

/// No verdict: what failed, where, and what it was wanted for. An error is never a verdict, and none is retried in here.
#[derive(Debug, thiserror::Error)]
pub enum Error<E: core::error::Error + Send + Sync + 'static> {
    /// A preimage could not be had, or is not what its key commits to.
    #[error("{purpose}: {cause}")]
    Preimage {
        /// What it was wanted for.
        purpose: Purpose,
        /// The key, and what is wrong.
        #[source]
        cause: CheckError<E>,
    },
    /// A preimage is what its key commits to, but not what it should be.
    #[error("{purpose}: {hash} does not decode: {why}")]
    Malformed {
        /// What it was wanted for.
        purpose: Purpose,
        /// Its hash.
        hash: B256,
        /// What is wrong.
        why: String,
    },
    /// A local value has the wrong length.
    #[error("local value {index} ({name}) has {got} bytes instead of {want}")]
    Local {
        /// Its index.
        index: u64,
        /// What it is.
        name: &'static str,
        /// The length it should have.
        want: u64,
        /// The length it has.
        got: u64,
    },
    /// No config is known for the chain.
    #[error(transparent)]
    UnknownChain(#[from] ChainError),
    /// A configuration document cannot be used.
    #[cfg(feature = "json")]
    #[error("{name}: {why}")]
    Config {
        /// Which.
        name: &'static str,
        /// Why.
        #[source]
        why: hoike_registry::ConfigError,
    },
    /// A configuration document is of another chain.
    #[cfg(feature = "json")]
    #[error("the {name} is of chain {got}, not of {want}")]
    ForeignConfig {
        /// Which.
        name: &'static str,
        /// The chain it must be of.
        want: u64,
        /// The chain it is of.
        got: u64,
    },
    /// Derivation cannot go on.
    #[error("derivation halted: {0}")]
    Halted(#[from] Halt),
    /// Execution cannot go on.
    #[error("execution of L2 block {block}: {why}")]
    Execution {
        /// The block.
        block: u64,
        /// Why.
        why: String,
    },
    /// The program supplied what was not asked for: a bug.
    #[error("bug: {0}")]
    Bug(#[from] Mismatch),
}

/// What a preimage is wanted for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Purpose {
    /// A value of the claim.
    Claim,
    /// The output root that both sides agree on.
    AgreedOutput,
    /// The header of an L1 block.
    L1Header {
        /// Its number, where that is known.
        number: Option<u64>,
    },
    /// A node of an L1 block's transactions trie.
    L1Transactions {
        /// The block's number.
        block: u64,
    },
    /// A node of an L1 block's receipts trie.
    L1Receipts {
        /// The block's number.
        block: u64,
    },
    /// Blobs of an L1 block.
    Blobs {
        /// The block's number.
        block: u64,
    },
    /// The header of an L2 block.
    L2Header {
        /// Its number, where that is known.
        number: Option<u64>,
    },
    /// A node of an L2 block's transactions trie.
    L2Transactions {
        /// The block's number.
        block: u64,
    },
    /// A node of the L2 state, an account's or a storage trie's.
    StateNode {
        /// The block being executed.
        block: u64,
    },
    /// A contract's code.
    Code {
        /// The block being executed.
        block: u64,
    },
    /// The result of a precompile.
    Precompile {
        /// The block being executed.
        block: u64,
    },
}

impl fmt::Display for Purpose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Claim => f.write_str("the claim"),
            Self::AgreedOutput => f.write_str("the agreed output root"),
            Self::L1Header {
                number: Some(number),
            } => write!(f, "header of L1 block {number}"),
            Self::L1Header { number: None } => f.write_str("header of the L1 head"),
            Self::L1Transactions { block } => write!(f, "transactions of L1 block {block}"),
            Self::L1Receipts { block } => write!(f, "receipts of L1 block {block}"),
            Self::Blobs { block } => write!(f, "blobs of L1 block {block}"),
            Self::L2Header {
                number: Some(number),
            } => write!(f, "header of L2 block {number}"),
            Self::L2Header { number: None } => f.write_str("header of the agreed L2 block"),
            Self::L2Transactions { block } => write!(f, "transactions of L2 block {block}"),
            Self::StateNode { block } => write!(f, "state for L2 block {block}"),
            Self::Code { block } => write!(f, "contract code for L2 block {block}"),
            Self::Precompile { block } => write!(f, "precompile result for L2 block {block}"),
        }
    }
}

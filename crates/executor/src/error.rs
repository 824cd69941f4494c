//! Why a block could not be built: either its payload is invalid, or nobody can tell. The two are never confused.

use alloc::boxed::Box;
use alloy_primitives::B256;
use hoike_protocol::Fork;
use revm::context::result::InvalidTransaction;

/// No block and no verdict: something that is needed to execute could not be had, or is not what it must be.
///
/// `E` is the error of the [`State`](crate::State), carried out unharmed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoAnswer<E> {
    /// A node of the account trie or of a storage trie is missing or malformed.
    #[error(transparent)]
    Trie(#[from] hoike_trie::Error<E>),
    /// A contract's code is missing.
    #[error("code {hash} could not be had")]
    Code {
        /// Keccak256 of the code.
        hash: B256,
        /// The source's reason.
        #[source]
        cause: E,
    },
    /// An ancestor's header is missing.
    #[error("header {hash} could not be had")]
    Header {
        /// Block hash.
        hash: B256,
        /// The source's reason.
        #[source]
        cause: E,
    },
    /// The accelerator was asked and could not answer.
    #[error("accelerator could not answer")]
    Accelerator(#[source] E),
    /// A leaf of the account trie is no account, or one of a storage trie no number.
    #[error("the leaf of {path} in the trie {root} is malformed")]
    Leaf {
        /// Root of the trie.
        root: B256,
        /// Hashed address or slot.
        path: B256,
    },
    /// An ancestor's header does not have the number that its place demands.
    #[error("header {hash} has number {number}, not {expected}")]
    Ancestor {
        /// Block hash.
        hash: B256,
        /// Its number.
        number: u64,
        /// The number of its child, less one.
        expected: u64,
    },
    /// The parent is not one that a block can follow.
    #[error("parent {hash}: {why}")]
    Parent {
        /// Hash of the parent.
        hash: B256,
        /// What is wrong with it.
        why: ParentFault,
    },
    /// The EVM gave up for no reason that a block could have.
    #[error("the EVM gave up on transaction {index}")]
    Evm {
        /// Position in the attributes.
        index: usize,
    },
    /// The block is past a fork whose execution this version does not know.
    #[error("execution under {0} is not supported")]
    UnsupportedFork(Fork),
}

/// Why no block can follow a header. A header that was derived or agreed upon never has these.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParentFault {
    /// The attributes name another parent.
    #[error("the attributes are for the parent {0}")]
    Other(B256),
    /// The extra data has not the form of the block's fork, or a zero denominator or elasticity. Spec: `holocene/exec-engine.md`.
    #[error("malformed extra data")]
    ExtraData,
    /// A field of the block's fork is missing.
    #[error("field missing")]
    FieldMissing,
    /// The gas limit is below the elasticity, so that there is no gas target; or a chain constant is zero.
    #[error("no gas target")]
    NoGasTarget,
    /// The next base fee or number does not fit 64 bits.
    #[error("base fee or number beyond 64 bits")]
    Overflow,
}

/// The payload can be no block: with Holocene its deposits-only form is built instead, before it is dropped.
///
/// Spec: `holocene/derivation.md`, "Engine Queue". A deposit that fails is never a reason.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidPayload {
    /// An attribute is missing, or not what the fork allows.
    #[error("attribute {0} is missing or invalid")]
    Attribute(&'static str),
    /// A transaction cannot be in the block.
    #[error("transaction {index}: {why}")]
    Transaction {
        /// Position in the attributes.
        index: usize,
        /// What is wrong with it.
        why: InvalidTx,
    },
    /// More transactions than fit into the block's gas, whatever they do.
    #[error("{count} transactions besides deposits, more than fit into a gas limit of {limit}")]
    TooManyTransactions {
        /// How many transactions are no deposits.
        count: usize,
        /// The block's gas limit.
        limit: u64,
    },
    /// From Jovian: the first transaction is not an L1 attributes transaction that says how to count the footprint.
    /// Spec: `jovian/exec-engine.md`, "DA Footprint Block Limit".
    #[error("no L1 attributes that price the DA footprint")]
    FootprintUnpriced,
    /// From Jovian: the block's DA footprint is above its gas limit.
    #[error("DA footprint {footprint} above the gas limit {limit}")]
    Footprint {
        /// The block's footprint.
        footprint: u64,
        /// The block's gas limit.
        limit: u64,
    },
}

/// Why a transaction makes its block invalid.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidTx {
    /// The bytes are no transaction.
    #[error("does not decode")]
    Malformed,
    /// A type that no L2 block may have at that time (blob transactions, 0x7D, unknown ones).
    #[error("type {0:#04x} is not allowed")]
    Type(u8),
    /// The signature belongs to nobody, or to another chain.
    #[error("signature is not valid")]
    Signature,
    /// More authorizations (EIP-7702) than the block has gas for, whatever else is in it.
    #[error("more authorizations than the {most} that the block could have gas for")]
    TooManyAuthorizations {
        /// How many signatures, those of transactions included, there can be at most.
        most: usize,
    },
    /// More gas than the block has left.
    #[error("gas limit {limit} above the {left} that the block has left")]
    BlockGas {
        /// The transaction's gas limit.
        limit: u64,
        /// What is left of the block's.
        left: u64,
    },
    /// A deposit marked as system transaction, which Regolith abolished. Spec: `protocol/deposits.md`.
    #[error("system deposit after Regolith")]
    SystemDeposit,
    /// A precondition of the state transition: nonce, balance, fee cap, intrinsic gas, type not active.
    #[error("{0}")]
    Refused(Box<InvalidTransaction>),
}

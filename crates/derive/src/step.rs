//! The machine's surface: what it asks, what it is told.

use alloc::{boxed::Box, vec::Vec};
use alloy_consensus::Header;
use alloy_primitives::{B256, Bytes, Sealed};
use core::ops::RangeInclusive;
use hoike_protocol::{
    Attributes, BlockId, L1Ref, L2Ref, SystemConfig,
    config::read_back::ReadBackFault,
    l1_info::L1InfoFault,
    receipt::{Receipt, ReceiptFault},
};

/// What the machine wants next.
#[derive(Clone, PartialEq, Debug)]
pub enum Step {
    /// Answer this with [`supply`](crate::Derivation::supply), or [`end_of_l1`](crate::Derivation::end_of_l1).
    Need(Need),
    /// Build a block of these, then say what became of it with [`built`](crate::Derivation::built).
    Build(Box<Attributes>),
    /// All of L1 is read. Supplying a further header goes on.
    L1Exhausted,
}

/// Data that the machine waits for. The same need is stated until it is answered.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Need {
    /// The header of the L1 block of this number.
    L1Header {
        /// Its number.
        number: u64,
    },
    /// The raw receipts of an L1 block, in order.
    L1Receipts {
        /// The block.
        block: BlockId,
    },
    /// The raw transactions of an L1 block, in order.
    L1Transactions {
        /// The block.
        block: BlockId,
    },
    /// Blobs of an L1 block, in the order of this list.
    Blobs {
        /// The block.
        block: L1Ref,
        /// Which.
        blobs: Vec<BlobRef>,
    },
    /// Blocks of the L2 chain below or at the safe head, in ascending order.
    L2Blocks {
        /// Their numbers.
        numbers: RangeInclusive<u64>,
    },
}

/// Names one blob.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct BlobRef {
    /// Its index among all blobs of its L1 block.
    pub index: u64,
    /// Versioned hash.
    pub hash: B256,
}

/// An answer to a [`Need`]. Whoever supplies it has checked it against the hash that commits to it.
#[derive(Clone, Debug)]
#[expect(
    clippy::large_enum_variant,
    reason = "an answer is handed over once, not kept"
)]
pub enum Answer {
    /// To [`Need::L1Header`].
    L1Header(Sealed<Header>),
    /// To [`Need::L1Receipts`]: each as in the receipts trie.
    L1Receipts(Vec<Bytes>),
    /// To [`Need::L1Transactions`]: each as in the transactions trie.
    L1Transactions(Vec<Bytes>),
    /// To [`Need::Blobs`]: 131,072 bytes each.
    Blobs(Vec<Bytes>),
    /// To [`Need::L2Blocks`].
    L2Blocks(Vec<L2Block>),
}

/// A block of the L2 chain.
#[derive(Clone, Debug)]
pub struct L2Block {
    /// Its header.
    pub header: Sealed<Header>,
    /// Its raw transactions.
    pub transactions: Vec<Bytes>,
}

/// What became of the attributes of [`Step::Build`].
#[derive(Clone, Debug)]
#[expect(
    clippy::large_enum_variant,
    reason = "an outcome is handed over once, not kept"
)]
pub enum Built {
    /// They made this block.
    Block(Sealed<Header>),
    /// They make no valid block.
    Invalid,
}

/// The tip of the chain, and the config that its next block starts from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Head {
    /// The block.
    pub block: L2Ref,
    /// The system config read back from it.
    pub config: SystemConfig,
}

/// An answer that does not fit what was asked. Nothing has changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Mismatch {
    /// Nothing, or something else, was asked.
    #[error("the answer is of another kind than what is needed")]
    Unasked,
    /// The header has another number.
    #[error("L1 header {got} was supplied where {number} is needed")]
    Number {
        /// The number needed.
        number: u64,
        /// The header's.
        got: u64,
    },
    /// The header does not follow the block before it.
    #[error("L1 block {number} does not follow {parent}")]
    Parent {
        /// The header's number.
        number: u64,
        /// The hash that its parent should have.
        parent: B256,
    },
    /// The wrong number of items.
    #[error("{got} items were supplied where {want} are needed")]
    Count {
        /// As needed.
        want: u64,
        /// As supplied.
        got: u64,
    },
    /// What was supplied as a receipt is none.
    #[error("receipt {index}: {why}")]
    Receipt {
        /// Its index.
        index: u64,
        /// Why.
        why: ReceiptFault,
    },
    /// A blob is not 131,072 bytes long.
    #[error("a blob of {got} bytes was supplied")]
    BlobLength {
        /// Its length.
        got: u64,
    },
    /// L2 blocks that do not form the chain that ends in the safe head.
    #[error("L2 block {number} does not belong to the chain of the safe head")]
    L2Chain {
        /// Its number.
        number: u64,
    },
    /// An L2 block that cannot be read.
    #[error("L2 block {number}: {why}")]
    L2Block {
        /// Its number.
        number: u64,
        /// Why.
        why: ReadBackFault,
    },
}

/// Why derivation cannot go on: a chain whose L1 carries this can be proven no further. Never a verdict.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Halt {
    /// A deposit log is malformed; deposits may never be ignored.
    #[error("deposit log {log_index} of L1 block {block} is malformed: {why}")]
    Deposit {
        /// Number of the L1 block.
        block: u64,
        /// Index of the log within the block.
        log_index: u64,
        /// Why.
        why: hoike_protocol::deposit::DepositFault,
    },
    /// No L1 attributes transaction can be made.
    #[error("no L1 attributes can be made for L2 block {number}: {why}")]
    L1Info {
        /// Number of the L2 block.
        number: u64,
        /// Why.
        why: L1InfoFault,
    },
    /// A block of nothing but deposits is invalid.
    #[error("L2 block {number} is invalid although it holds only deposits")]
    DepositsOnlyInvalid {
        /// Number of the L2 block.
        number: u64,
    },
    /// The chain's head does not build on this L1 chain.
    #[error(
        "L2 block {number} has the L1 origin {origin}, which is not in the chain of the L1 head"
    )]
    ForeignOrigin {
        /// Number of the L2 block.
        number: u64,
        /// Its origin's hash.
        origin: B256,
    },
    /// An L2 block's time would be before its origin's.
    #[error("L2 block {number} would have the time {time}, before its L1 origin's {origin_time}")]
    BeforeOrigin {
        /// Number of the L2 block.
        number: u64,
        /// Its time.
        time: u64,
        /// Its origin's time.
        origin_time: u64,
    },
    /// A block was built from which no config can be read back.
    #[error("no system config can be read from L2 block {number}: {why}")]
    ReadBack {
        /// Number of the L2 block.
        number: u64,
        /// Why.
        why: ReadBackFault,
    },
    /// The chain activates a fork that is not implemented.
    #[error("L2 block {number} is past the activation of {fork}, which is not implemented")]
    UnsupportedFork {
        /// Number of the L2 block.
        number: u64,
        /// The fork.
        fork: hoike_protocol::Fork,
    },
    /// The driver started the machine wrongly, or a rule contradicts another.
    #[error("impossible state: {0}")]
    Impossible(&'static str),
}

/// Decodes raw receipts, each or none.
pub(crate) fn decode_receipts(raw: &[Bytes]) -> Result<Vec<Receipt>, Mismatch> {
    (0..)
        .zip(raw)
        .map(|(index, raw)| Receipt::decode(raw).map_err(|why| Mismatch::Receipt { index, why }))
        .collect()
}

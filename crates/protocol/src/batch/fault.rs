//! Why a batch cannot be read, and what is lost with it.

/// A batch that cannot be read.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{why}")]
pub struct BatchFault {
    /// What is lost.
    pub scope: Scope,
    /// What is wrong.
    pub why: BatchDecodeFault,
}

impl BatchFault {
    pub(super) const fn rest_of_channel(why: BatchDecodeFault) -> Self {
        Self {
            scope: Scope::RestOfChannel,
            why,
        }
    }

    pub(super) const fn this_batch(why: BatchDecodeFault) -> Self {
        Self {
            scope: Scope::ThisBatch,
            why,
        }
    }
}

/// How much of a channel a fault costs. Batches read before it stay, in either case (D149).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Scope {
    /// Nothing after this batch is read.
    RestOfChannel,
    /// The next batch of the channel is read as if this one had not been there.
    ThisBatch,
}

/// What is wrong with a batch.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum BatchDecodeFault {
    /// The channel does not continue with a whole, canonical RLP string. Also the end of a channel that was cut.
    #[error("no RLP string: {0}")]
    Envelope(RlpFault),
    /// The string is empty: there is no type byte.
    #[error("empty batch")]
    Empty,
    /// The type byte is neither 0 (singular) nor 1 (span).
    #[error("unknown batch type {0}")]
    UnknownType(u8),
    /// A singular batch does not decode.
    #[error("{field:?} of a singular batch: {why}")]
    Singular {
        /// The field being read.
        field: SingularField,
        /// What is wrong with it.
        why: RlpFault,
    },
    /// A column of a span batch cannot be read.
    #[error("{column:?} of a span batch: {why}")]
    Span {
        /// The column being read.
        column: SpanColumn,
        /// What is wrong with it.
        why: SpanFault,
    },
    /// The columns of a span batch are fine, but Delta is not active in the L1 block that completes the channel.
    #[error("span batch before Delta")]
    BeforeDelta,
    /// The columns of a span batch are fine, but a transaction cannot be made of them.
    #[error("transaction {index} of a span batch: {why}")]
    Transaction {
        /// Position of the first such transaction in the span, from 0.
        index: u64,
        /// What is wrong with it.
        why: SpanTxFault,
    },
}

/// The parts of a singular batch, in the order they are read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[expect(missing_docs, reason = "the names are the fields' own")]
pub enum SingularField {
    List,
    ParentHash,
    EpochNumber,
    EpochHash,
    Timestamp,
    Transactions,
}

/// The parts of a span batch, in the order they are read (D193).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[expect(missing_docs, reason = "the names are the columns' own")]
pub enum SpanColumn {
    RelativeTimestamp,
    OriginNumber,
    ParentCheck,
    OriginCheck,
    BlockCount,
    OriginBits,
    TxCounts,
    CreationBits,
    ParityBits,
    Signatures,
    Tos,
    TxDatas,
    Nonces,
    Gases,
    ProtectedBits,
}

/// What is wrong with a column of a span batch.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum SpanFault {
    /// The batch ends inside the column.
    #[error("the batch ends here")]
    Truncated,
    /// A varint of more than 10 bytes or 64 bits.
    #[error("varint over 64 bits")]
    VarintOverflow,
    /// No blocks.
    #[error("no blocks")]
    NoBlocks,
    /// A count over [`MAX_SPAN_BATCH_ELEMENT_COUNT`](super::MAX_SPAN_BATCH_ELEMENT_COUNT).
    #[error("more than the limit of 10,000,000")]
    TooMany,
    /// A bit is set past the last one of a bitlist.
    #[error("bit set past the end of the bitlist")]
    StrayBit,
    /// A transaction's payload is no RLP list.
    #[error("payload is no list")]
    NotAList,
    /// A transaction's payload is over 10,000,000 bytes with its header (D153).
    #[error("payload of more than 10,000,000 bytes")]
    PayloadTooLong,
    /// A transaction's payload is no RLP item.
    #[error(transparent)]
    Rlp(#[from] RlpFault),
}

/// Why no transaction can be made of a row of a span batch.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum SpanTxFault {
    /// A type that span batches do not have. Legacy transactions have no type byte, so that a literal 0 is one of these (D28).
    #[error("unknown type {0:#04x}")]
    UnknownType(u8),
    /// A set-code transaction marked as contract creation.
    #[error("set-code transaction without recipient")]
    MissingTo,
    /// The payload does not decode.
    #[error(transparent)]
    Rlp(#[from] RlpFault),
}

/// What is wrong with an RLP item.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum RlpFault {
    /// The item is longer than what contains it.
    #[error("longer than what contains it")]
    Overrun,
    /// A size in the long form that is below 56 or has leading zeros.
    #[error("size is not canonical")]
    NonCanonicalSize,
    /// A string of one byte below 0x80 that has a header.
    #[error("single byte is not canonical")]
    NonCanonicalByte,
    /// An integer with leading zeros.
    #[error("integer has leading zeros")]
    LeadingZero,
    /// An integer of too many bytes.
    #[error("integer is too long")]
    IntegerTooLong,
    /// A hash or address of another length.
    #[error("wrong length")]
    WrongLength,
    /// A list in the place of a string.
    #[error("list instead of a string")]
    ExpectedString,
    /// A string in the place of a list.
    #[error("string instead of a list")]
    ExpectedList,
    /// A list that ends before its last field.
    #[error("too few elements")]
    TooFewElements,
    /// A list that goes on after its last field.
    #[error("too many elements")]
    TooManyElements,
}

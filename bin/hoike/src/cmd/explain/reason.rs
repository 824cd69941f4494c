//! Reasons in words, for a person, and as codes, for a program.

use super::codes::Code;
use hoike_derive::{BatchDrop, ChannelDrop, FrameDrop, NotBatcherData};
use hoike_executor::{InvalidPayload, InvalidTx};
use hoike_protocol::{
    L2Time, RollupConfig,
    batch::{BatchDecodeFault, SpanFault, SpanTxFault},
    blob::BlobFault,
    compress::{ChannelFault, StreamEnd},
    config::update::UpdateFault,
    deposit::DepositFault,
    frame::FrameFault,
};
use serde_json::{Value, json};

/// Why something was dropped.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Reason {
    /// What is wrong; see [`Code`].
    pub(crate) code: &'static str,
    /// With which part.
    pub(crate) part: Option<&'static str>,
    /// Why, where there is more to say than the code does.
    pub(crate) cause: Option<&'static str>,
    /// The same in words.
    pub(crate) text: String,
}

impl Reason {
    fn new(code: &impl Code, text: String) -> Self {
        Self {
            code: code.code(),
            part: None,
            cause: None,
            text,
        }
    }

    fn because(self, cause: &impl Code) -> Self {
        Self {
            cause: Some(cause.code()),
            ..self
        }
    }

    fn part(self, part: &impl Code) -> Self {
        Self {
            part: Some(part.code()),
            ..self
        }
    }

    /// As an object; `part` and `cause` are null where there is none.
    pub(crate) fn json(&self) -> Value {
        json!({ "code": self.code, "part": self.part, "cause": self.cause, "text": self.text })
    }
}

/// Which block is due when: blocks are named by their numbers rather than by their times.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Grid {
    first: u64,
    first_time: u64,
    block_time: u64,
}

impl Grid {
    pub(crate) const fn new(rollup: &RollupConfig) -> Self {
        Self {
            first: rollup.genesis.l2.number,
            first_time: rollup.genesis.l2_time,
            block_time: rollup.block_time,
        }
    }

    /// Number of the block at this time, if there is one.
    pub(crate) fn number(&self, time: L2Time) -> Option<u64> {
        let past = time.0.checked_sub(self.first_time)?;
        if past.checked_rem(self.block_time)? != 0 {
            return None;
        }
        self.first.checked_add(past.checked_div(self.block_time)?)
    }

    /// `block 17`, or the time if no block has it.
    pub(crate) fn block(&self, time: L2Time) -> String {
        match self.number(time) {
            Some(number) => format!("block {number}"),
            None => format!("time {}, between blocks", time.0),
        }
    }
}

pub(crate) fn inbox(why: &NotBatcherData) -> Reason {
    let text = match why {
        NotBatcherData::Type(kind) => {
            format!("transactions of type {kind:#04x} are not read")
        }
        NotBatcherData::NoSender => "it has no valid sender on this L1 chain".into(),
        NotBatcherData::OtherSender(sender) => format!("{sender} is not the batcher"),
    };
    Reason::new(why, text)
}

pub(crate) fn blob(why: &BlobFault) -> Reason {
    Reason::new(why, why.to_string())
}

pub(crate) fn frames(why: &FrameFault) -> Reason {
    Reason::new(why, why.to_string())
}

pub(crate) fn frame(why: FrameDrop) -> Reason {
    let text = match why {
        FrameDrop::ChannelTimedOut => "the channel has timed out",
        FrameDrop::SecondLast => "the channel has a last frame already",
        FrameDrop::Duplicate => "the channel has this frame already",
        FrameDrop::PastLast => "it is past the channel's last frame",
        FrameDrop::AfterLast => "it follows the channel's last frame",
        FrameDrop::OutOfOrder => "it is out of order",
        FrameDrop::ChannelLeftOpen => "its channel was left open when the next one began",
        FrameDrop::NotFirst => "it begins in the middle of a channel",
        FrameDrop::NoChannel => "no channel is open that it could continue",
        FrameDrop::OtherChannel => "another channel is open",
    };
    Reason::new(&why, text.into())
}

pub(crate) fn channel(why: ChannelDrop) -> Reason {
    let text = match why {
        ChannelDrop::TimedOut { opened_at, limit } => {
            format!("timed out: opened in L1 {opened_at}, not complete within {limit} blocks")
        }
        ChannelDrop::Pruned { limit } => {
            format!("pruned: the channel bank was above its {limit} bytes")
        }
        ChannelDrop::TooLarge { limit } => format!("larger than {limit} bytes"),
        ChannelDrop::Replaced => "a new channel began before it was complete".into(),
        ChannelDrop::Flushed => "an invalid batch or payload flushed it".into(),
        ChannelDrop::HoloceneActivated => "Holocene was activated while it was open".into(),
    };
    Reason::new(&why, text)
}

pub(crate) fn unreadable_channel(why: &ChannelFault) -> Reason {
    let reason = Reason::new(why, why.to_string());
    match why {
        ChannelFault::Zlib(cause) => reason.because(cause),
        ChannelFault::Empty
        | ChannelFault::UnknownCompression(_)
        | ChannelFault::BrotliNotAllowed => reason,
    }
}

/// Why a channel's data ends where it does: no fault by itself.
pub(crate) fn end(why: &StreamEnd) -> Reason {
    let reason = Reason::new(why, why.to_string());
    match why {
        StreamEnd::Deflate(cause) => reason.because(cause),
        StreamEnd::Brotli(cause) => reason.because(cause),
        StreamEnd::Complete | StreamEnd::Clipped | StreamEnd::Unread | StreamEnd::Checksum => {
            reason
        }
    }
}

pub(crate) fn unreadable_batch(why: &BatchDecodeFault) -> Reason {
    let reason = Reason::new(why, why.to_string());
    match why {
        BatchDecodeFault::Envelope(cause) => reason.because(cause),
        BatchDecodeFault::Singular { field, why } => {
            let text = format!("{} of a singular batch: {why}", words(field));
            Reason { text, ..reason }.part(field).because(why)
        }
        BatchDecodeFault::Span { column, why } => {
            let text = format!("{} of a span batch: {why}", words(column));
            let reason = Reason { text, ..reason }.part(column);
            match why {
                SpanFault::Rlp(cause) => reason.because(cause),
                SpanFault::Truncated
                | SpanFault::VarintOverflow
                | SpanFault::NoBlocks
                | SpanFault::TooMany
                | SpanFault::StrayBit
                | SpanFault::NotAList
                | SpanFault::PayloadTooLong => reason.because(why),
            }
        }
        BatchDecodeFault::Transaction { why, .. } => match why {
            SpanTxFault::Rlp(cause) => reason.because(cause),
            SpanTxFault::UnknownType(_) | SpanTxFault::MissingTo => reason.because(why),
        },
        BatchDecodeFault::Empty
        | BatchDecodeFault::UnknownType(_)
        | BatchDecodeFault::BeforeDelta => reason,
    }
}

/// A code as words.
fn words(code: &impl Code) -> String {
    code.code().replace('_', " ")
}

pub(crate) fn batch(why: &BatchDrop, grid: &Grid) -> Reason {
    let text = match why {
        BatchDrop::Draining => "L1 has not yet come to the origin of the block to build on".into(),
        BatchDrop::Past { next } => format!("too old, {} is next", grid.block(*next)),
        BatchDrop::Future { next } => format!("too early, {} is next", grid.block(*next)),
        BatchDrop::ParentMismatch { expected } => {
            format!("it does not build on {expected}")
        }
        BatchDrop::WindowExpired { last_inclusion } => {
            format!("its sequencing window ended with L1 {last_inclusion}")
        }
        BatchDrop::EpochTooOld { minimum } => {
            format!("its L1 origin is before L1 {minimum}")
        }
        BatchDrop::EpochTooNew { maximum } => {
            format!("its L1 origin is after L1 {maximum}")
        }
        BatchDrop::EpochHashMismatch { expected } => format!(
            "its L1 origin is not {}, L1 {}",
            expected.hash, expected.number
        ),
        BatchDrop::EpochUnknown { number } => {
            format!("L1 {number}, an L1 origin of the span, is not known yet")
        }
        BatchDrop::BeforeOrigin { origin_time } => {
            format!("its time is before its L1 origin's, {origin_time}")
        }
        BatchDrop::DriftExceeded { limit } => {
            format!("sequencer drift: no transactions are allowed after time {limit}")
        }
        BatchDrop::OriginNotAdvanced { next_origin } => format!(
            "sequencer drift: it should have adopted L1 {} as its origin",
            next_origin.number
        ),
        BatchDrop::UserTransactionsInActivationBlock { fork } => {
            format!("user transactions in the activation block of {fork}")
        }
        BatchDrop::EmptyTransaction { index } => format!("transaction {index} is empty"),
        BatchDrop::TransactionType { index, kind } => {
            format!("transaction {index} has type {kind:#04x}, which a batch must not hold")
        }
        BatchDrop::BeforeDelta => "a span batch before Delta".into(),
        BatchDrop::Misaligned => "it begins between blocks".into(),
        BatchDrop::OverlapMismatch { number } => {
            format!("it contradicts block {number}, which is safe already")
        }
        BatchDrop::SpanAbandoned => "the block before it in the span was invalid".into(),
        BatchDrop::HoloceneActivated => "Holocene was activated while it waited".into(),
    };
    Reason::new(why, text)
}

pub(crate) fn payload(why: &InvalidPayload) -> Reason {
    let reason = Reason::new(why, why.to_string());
    match why {
        InvalidPayload::Transaction { why, .. } => {
            let cause: &InvalidTx = why;
            reason.because(cause)
        }
        InvalidPayload::Attribute(_)
        | InvalidPayload::TooManyTransactions { .. }
        | InvalidPayload::FootprintUnpriced
        | InvalidPayload::Footprint { .. } => reason,
    }
}

pub(crate) fn update(why: &UpdateFault) -> Reason {
    let reason = Reason::new(why, why.to_string());
    match why {
        UpdateFault::Eip1559(cause) => reason.because(cause),
        UpdateFault::Scalar(cause) => reason.because(cause),
        UpdateFault::Topics { .. }
        | UpdateFault::Event(_)
        | UpdateFault::Version(_)
        | UpdateFault::Kind(_)
        | UpdateFault::Abi { .. }
        | UpdateFault::AbiHead
        | UpdateFault::Range(_) => reason,
    }
}

pub(crate) fn deposit(why: &DepositFault) -> Reason {
    Reason::new(why, why.to_string())
}

//! How often each reason was given, by name: what shows whether scenarios come where they should.

use super::Scenario;
use hoike_derive::Event;
use std::collections::BTreeMap;

impl Scenario {
    /// How often each reason to drop, ignore, replace or stop something was given in all derivations of this scenario.
    pub fn reasons(&self) -> BTreeMap<String, u64> {
        let mut out = BTreeMap::new();
        for run in &self.runs {
            let told = run.journal.events.iter().filter_map(name);
            let halted = run
                .halt
                .iter()
                .map(|halt| format!("Halt/{}", path(&format!("{halt:?}"))));
            for name in told.chain(halted) {
                *out.entry(name).or_default() += 1;
            }
        }
        out
    }
}

/// What some thousands of scenarios come to. Not here is what no L1 data can cause, or only 87 MB of it: a flushed channel and one that is too large, a
/// frame of a channel that has timed out, an epoch in a span that is not known, a transaction without a signer; and what only `full_bank` causes.
pub const REASONS: &[&str] = &[
    "BatchAccepted",
    "BatchDropped/BeforeDelta",
    "BatchDropped/BeforeOrigin",
    "BatchDropped/Draining",
    "BatchDropped/DriftExceeded",
    "BatchDropped/EmptyTransaction",
    "BatchDropped/EpochHashMismatch",
    "BatchDropped/EpochTooNew",
    "BatchDropped/EpochTooOld",
    "BatchDropped/Future",
    "BatchDropped/HoloceneActivated",
    "BatchDropped/Misaligned",
    "BatchDropped/OriginNotAdvanced",
    "BatchDropped/OverlapMismatch",
    "BatchDropped/ParentMismatch",
    "BatchDropped/Past",
    "BatchDropped/SpanAbandoned",
    "BatchDropped/TransactionType",
    "BatchDropped/UserTransactionsInActivationBlock",
    "BatchDropped/WindowExpired",
    "BatchRead/Singular",
    "BatchRead/Span",
    "BatchUndecided",
    "BatchUnreadable/BeforeDelta",
    "BatchUnreadable/Empty",
    "BatchUnreadable/Envelope",
    "BatchUnreadable/Singular/ExpectedList",
    "BatchUnreadable/Singular/ExpectedString",
    "BatchUnreadable/Singular/IntegerTooLong",
    "BatchUnreadable/Singular/LeadingZero",
    "BatchUnreadable/Singular/NonCanonicalSize",
    "BatchUnreadable/Singular/Overrun",
    "BatchUnreadable/Singular/WrongLength",
    "BatchUnreadable/Span/NoBlocks/BlockCount",
    "BatchUnreadable/Span/NotAList/TxDatas",
    "BatchUnreadable/Span/Rlp/TxDatas",
    "BatchUnreadable/Span/StrayBit/CreationBits",
    "BatchUnreadable/Span/StrayBit/OriginBits",
    "BatchUnreadable/Span/StrayBit/ParityBits",
    "BatchUnreadable/Span/StrayBit/ProtectedBits",
    "BatchUnreadable/Span/TooMany/BlockCount",
    "BatchUnreadable/Span/TooMany/TxCounts",
    "BatchUnreadable/Span/Truncated/BlockCount",
    "BatchUnreadable/Span/Truncated/CreationBits",
    "BatchUnreadable/Span/Truncated/Gases",
    "BatchUnreadable/Span/Truncated/OriginBits",
    "BatchUnreadable/Span/Truncated/OriginCheck",
    "BatchUnreadable/Span/Truncated/ParentCheck",
    "BatchUnreadable/Span/Truncated/RelativeTimestamp",
    "BatchUnreadable/Span/Truncated/Signatures",
    "BatchUnreadable/Span/Truncated/Tos",
    "BatchUnreadable/Span/Truncated/TxCounts",
    "BatchUnreadable/Span/VarintOverflow/Nonces",
    "BatchUnreadable/Transaction/MissingTo",
    "BatchUnreadable/Transaction/Rlp",
    "BatchUnreadable/Transaction/UnknownType",
    "BatchUnreadable/UnknownType",
    "BlobIgnored/HighBits",
    "BlobIgnored/Length",
    "BlobIgnored/Trailing",
    "BlobIgnored/Version",
    "ChannelDropped/HoloceneActivated",
    "ChannelDropped/Replaced",
    "ChannelDropped/TimedOut",
    "ChannelRead/Brotli/Brotli",
    "ChannelRead/Brotli/Complete",
    "ChannelRead/Brotli/Unread",
    "ChannelRead/Zlib/Checksum",
    "ChannelRead/Zlib/Clipped",
    "ChannelRead/Zlib/Complete",
    "ChannelRead/Zlib/Deflate",
    "ChannelRestDropped",
    "ChannelUnreadable/BrotliNotAllowed",
    "ChannelUnreadable/Empty",
    "ChannelUnreadable/UnknownCompression",
    "ChannelUnreadable/Zlib",
    "ConfigUpdateSkipped/Abi",
    "ConfigUpdateSkipped/AbiHead",
    "ConfigUpdateSkipped/Kind",
    "ConfigUpdateSkipped/Range",
    "ConfigUpdateSkipped/Scalar",
    "ConfigUpdateSkipped/Topics",
    "ConfigUpdateSkipped/Version",
    "DepositUnreadable/Abi",
    "DepositUnreadable/Topics",
    "DepositUnreadable/Version",
    "EmptyBatch",
    "FrameDropped/AfterLast",
    "FrameDropped/ChannelLeftOpen",
    "FrameDropped/Duplicate",
    "FrameDropped/NoChannel",
    "FrameDropped/NotFirst",
    "FrameDropped/OtherChannel",
    "FrameDropped/OutOfOrder",
    "FrameDropped/PastLast",
    "FrameDropped/SecondLast",
    "FramesRejected/AltDa",
    "FramesRejected/Empty",
    "FramesRejected/IsLast",
    "FramesRejected/NoFrames",
    "FramesRejected/TooLong",
    "FramesRejected/Truncated",
    "FramesRejected/Version",
    "Halt/Deposit/Abi",
    "Halt/Deposit/Topics",
    "Halt/Deposit/Version",
    "Halt/DepositsOnlyInvalid",
    "Halt/L1Info/Scalar",
    "InboxTransactionIgnored/OtherSender",
    "InboxTransactionIgnored/Type",
    "PayloadInvalid/Dropped",
    "PayloadInvalid/Replaced",
];

fn name(event: &Event) -> Option<String> {
    let text = match event {
        Event::L1Block { .. }
        | Event::Deposits { .. }
        | Event::ConfigUpdated { .. }
        | Event::BatcherTransaction { .. }
        | Event::DataItem { .. }
        | Event::FramesRead { .. }
        | Event::FrameTaken { .. }
        | Event::ChannelOpened { .. }
        | Event::Block { .. } => return None,
        Event::BatchAccepted { .. } => return Some("BatchAccepted".to_owned()),
        Event::BatchRead { span, .. } => {
            let kind = if span.is_some() { "Span" } else { "Singular" };
            return Some(format!("BatchRead/{kind}"));
        }
        Event::ChannelRead { algorithm, end, .. } => {
            return Some(format!(
                "ChannelRead/{algorithm:?}/{}",
                path(&format!("{end:?}"))
            ));
        }
        Event::PayloadInvalid { replaced, .. } => {
            let outcome = if *replaced { "Replaced" } else { "Dropped" };
            return Some(format!("PayloadInvalid/{outcome}"));
        }
        Event::DepositUnreadable { .. }
        | Event::ConfigUpdateSkipped { .. }
        | Event::InboxTransactionIgnored { .. }
        | Event::BlobIgnored { .. }
        | Event::FramesRejected { .. }
        | Event::FrameDropped { .. }
        | Event::ChannelDropped { .. }
        | Event::ChannelRestDropped { .. }
        | Event::ChannelUnreadable { .. }
        | Event::BatchUnreadable(_)
        | Event::BatchDropped { .. }
        | Event::BatchUndecided { .. }
        | Event::EmptyBatch { .. } => format!("{event:?}"),
    };
    Some(path(&text))
}

/// Of a value's debug text the names of its variant and of the reasons within, without what they hold.
fn path(text: &str) -> String {
    let first = |text: &str| {
        let end = text.find(|c: char| !c.is_alphanumeric());
        text[..end.unwrap_or(text.len())].to_owned()
    };
    let inner = text.split("why: ").skip(1).map(first);
    let column = text.split_once("column: ").map(|(_, rest)| first(rest));
    let parts: Vec<String> = std::iter::once(first(text))
        .chain(inner)
        .chain(column)
        .collect();
    parts.join("/")
}

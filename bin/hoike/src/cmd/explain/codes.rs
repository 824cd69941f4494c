//! Codes of reasons: stable names that tools may rely on, in `docs/explain.md` one by one.
//!
//! Each table is matched without a wildcard: a new reason does not compile before it has a code, and the test does not pass before the code is documented.

use hoike_derive::{BatchDrop, ChannelDrop, FrameDrop, NotBatcherData};
use hoike_executor::{InvalidPayload, InvalidTx};
use hoike_protocol::{
    batch::{BatchDecodeFault, RlpFault, SingularField, SpanColumn, SpanFault, SpanTxFault},
    blob::BlobFault,
    compress::{Algorithm, BrotliFault, ChannelFault, DeflateFault, StreamEnd, ZlibFault},
    config::update::{ConfigUpdate, UpdateFault},
    deposit::DepositFault,
    extra_data::ExtraDataFault,
    frame::FrameFault,
    l1_info::ScalarFault,
};

/// Something with a code.
pub(crate) trait Code {
    /// The code: lower case, words joined by underscores.
    fn code(&self) -> &'static str;
}

/// The codes of a type, one per variant, and for the test a list of them under the heading that they have in the documentation.
macro_rules! codes {
    ($(#[doc = $heading:literal] $kind:ident { $($pattern:pat => $code:literal,)+ })+) => {
        $(impl Code for $kind {
            fn code(&self) -> &'static str {
                match self { $($pattern => $code,)+ }
            }
        })+
        /// All codes, by heading.
        #[cfg(test)]
        const CODES: &[(&str, &[&str])] = &[$(($heading, &[$($code),+]),)+];
    };
}

codes! {
    #[doc = "Inbox transactions"]
    NotBatcherData {
        Self::Type(_) => "transaction_type",
        Self::NoSender => "no_sender",
        Self::OtherSender(_) => "other_sender",
    }
    #[doc = "Blobs"]
    BlobFault {
        Self::Version(_) => "version",
        Self::Length(_) => "length",
        Self::HighBits(_) => "high_bits",
        Self::Trailing => "trailing",
    }
    #[doc = "Data items"]
    FrameFault {
        Self::Empty => "empty",
        Self::AltDa => "alt_da",
        Self::Version(_) => "version",
        Self::NoFrames => "no_frames",
        Self::TooLong { .. } => "too_long",
        Self::Truncated { .. } => "truncated",
        Self::IsLast { .. } => "is_last",
    }
    #[doc = "Frames"]
    FrameDrop {
        Self::ChannelTimedOut => "channel_timed_out",
        Self::SecondLast => "second_last",
        Self::Duplicate => "duplicate",
        Self::PastLast => "past_last",
        Self::AfterLast => "after_last",
        Self::OutOfOrder => "out_of_order",
        Self::ChannelLeftOpen => "channel_left_open",
        Self::NotFirst => "not_first",
        Self::NoChannel => "no_channel",
        Self::OtherChannel => "other_channel",
    }
    #[doc = "Channels dropped"]
    ChannelDrop {
        Self::TimedOut { .. } => "timed_out",
        Self::Pruned { .. } => "pruned",
        Self::TooLarge { .. } => "too_large",
        Self::Replaced => "replaced",
        Self::Flushed => "flushed",
        Self::HoloceneActivated => "holocene_activated",
    }
    #[doc = "Channels unreadable"]
    ChannelFault {
        Self::Empty => "empty",
        Self::UnknownCompression(_) => "unknown_compression",
        Self::BrotliNotAllowed => "brotli_not_allowed",
        Self::Zlib(_) => "zlib",
    }
    #[doc = "Compression"]
    Algorithm {
        Self::Zlib => "zlib",
        Self::Brotli => "brotli",
    }
    #[doc = "Ends of compressed streams"]
    StreamEnd {
        Self::Complete => "complete",
        Self::Clipped => "clipped",
        Self::Unread => "unread",
        Self::Deflate(_) => "deflate",
        Self::Checksum => "checksum",
        Self::Brotli(_) => "brotli",
    }
    #[doc = "Causes: zlib"]
    ZlibFault {
        Self::Truncated => "truncated",
        Self::Header => "header",
        Self::Dictionary(_) => "dictionary",
    }
    #[doc = "Causes: deflate"]
    DeflateFault {
        Self::Truncated => "truncated",
        Self::BlockType => "block_type",
        Self::StoredLength => "stored_length",
        Self::CodeLengths => "code_lengths",
        Self::Code => "code",
        Self::Distance => "distance",
    }
    #[doc = "Causes: brotli"]
    BrotliFault {
        Self::Truncated => "truncated",
        Self::Format => "format",
        Self::Excess => "excess",
    }
    #[doc = "Batches unreadable"]
    BatchDecodeFault {
        Self::Envelope(_) => "envelope",
        Self::Empty => "empty",
        Self::UnknownType(_) => "unknown_type",
        Self::Singular { .. } => "singular",
        Self::Span { .. } => "span",
        Self::BeforeDelta => "before_delta",
        Self::Transaction { .. } => "transaction",
    }
    #[doc = "Parts: singular batches"]
    SingularField {
        Self::List => "list",
        Self::ParentHash => "parent_hash",
        Self::EpochNumber => "epoch_number",
        Self::EpochHash => "epoch_hash",
        Self::Timestamp => "timestamp",
        Self::Transactions => "transactions",
    }
    #[doc = "Parts: span batches"]
    SpanColumn {
        Self::RelativeTimestamp => "relative_timestamp",
        Self::OriginNumber => "origin_number",
        Self::ParentCheck => "parent_check",
        Self::OriginCheck => "origin_check",
        Self::BlockCount => "block_count",
        Self::OriginBits => "origin_bits",
        Self::TxCounts => "tx_counts",
        Self::CreationBits => "creation_bits",
        Self::ParityBits => "parity_bits",
        Self::Signatures => "signatures",
        Self::Tos => "tos",
        Self::TxDatas => "tx_datas",
        Self::Nonces => "nonces",
        Self::Gases => "gases",
        Self::ProtectedBits => "protected_bits",
    }
    #[doc = "Causes: span columns"]
    SpanFault {
        Self::Truncated => "truncated",
        Self::VarintOverflow => "varint_overflow",
        Self::NoBlocks => "no_blocks",
        Self::TooMany => "too_many",
        Self::StrayBit => "stray_bit",
        Self::NotAList => "not_a_list",
        Self::PayloadTooLong => "payload_too_long",
        Self::Rlp(_) => "rlp",
    }
    #[doc = "Causes: span transactions"]
    SpanTxFault {
        Self::UnknownType(_) => "unknown_type",
        Self::MissingTo => "missing_to",
        Self::Rlp(_) => "rlp",
    }
    #[doc = "Causes: RLP"]
    RlpFault {
        Self::Overrun => "overrun",
        Self::NonCanonicalSize => "non_canonical_size",
        Self::NonCanonicalByte => "non_canonical_byte",
        Self::LeadingZero => "leading_zero",
        Self::IntegerTooLong => "integer_too_long",
        Self::WrongLength => "wrong_length",
        Self::ExpectedString => "expected_string",
        Self::ExpectedList => "expected_list",
        Self::TooFewElements => "too_few_elements",
        Self::TooManyElements => "too_many_elements",
    }
    #[doc = "Batches dropped"]
    BatchDrop {
        Self::Draining => "draining",
        Self::Past { .. } => "past",
        Self::Future { .. } => "future",
        Self::ParentMismatch { .. } => "parent_mismatch",
        Self::WindowExpired { .. } => "window_expired",
        Self::EpochTooOld { .. } => "epoch_too_old",
        Self::EpochTooNew { .. } => "epoch_too_new",
        Self::EpochHashMismatch { .. } => "epoch_hash_mismatch",
        Self::EpochUnknown { .. } => "epoch_unknown",
        Self::BeforeOrigin { .. } => "before_origin",
        Self::DriftExceeded { .. } => "drift_exceeded",
        Self::OriginNotAdvanced { .. } => "origin_not_advanced",
        Self::UserTransactionsInActivationBlock { .. } => "user_transactions_in_activation_block",
        Self::EmptyTransaction { .. } => "empty_transaction",
        Self::TransactionType { .. } => "transaction_type",
        Self::BeforeDelta => "before_delta",
        Self::Misaligned => "misaligned",
        Self::OverlapMismatch { .. } => "overlap_mismatch",
        Self::SpanAbandoned => "span_abandoned",
        Self::HoloceneActivated => "holocene_activated",
    }
    #[doc = "Invalid payloads"]
    InvalidPayload {
        Self::Attribute(_) => "attribute",
        Self::Transaction { .. } => "transaction",
        Self::TooManyTransactions { .. } => "too_many_transactions",
        Self::FootprintUnpriced => "footprint_unpriced",
        Self::Footprint { .. } => "footprint",
    }
    #[doc = "Causes: invalid transactions"]
    InvalidTx {
        Self::Malformed => "malformed",
        Self::Type(_) => "type",
        Self::Signature => "signature",
        Self::TooManyAuthorizations { .. } => "too_many_authorizations",
        Self::BlockGas { .. } => "block_gas",
        Self::SystemDeposit => "system_deposit",
        Self::Refused(_) => "refused",
    }
    #[doc = "Config updates"]
    ConfigUpdate {
        Self::Batcher(_) => "batcher",
        Self::FeeScalars { .. } => "fee_scalars",
        Self::GasLimit(_) => "gas_limit",
        Self::UnsafeBlockSigner => "unsafe_block_signer",
        Self::Eip1559Params(_) => "eip1559_params",
        Self::OperatorFee(_) => "operator_fee",
        Self::MinBaseFee(_) => "min_base_fee",
        Self::DaFootprintGasScalar(_) => "da_footprint_gas_scalar",
    }
    #[doc = "Config updates skipped"]
    UpdateFault {
        Self::Topics { .. } => "topics",
        Self::Event(_) => "event",
        Self::Version(_) => "version",
        Self::Kind(_) => "kind",
        Self::Abi { .. } => "abi",
        Self::AbiHead => "abi_head",
        Self::Range(_) => "range",
        Self::Eip1559(_) => "eip1559",
        Self::Scalar(_) => "scalar",
    }
    #[doc = "Causes: EIP-1559 parameters"]
    ExtraDataFault {
        Self::Length { .. } => "length",
        Self::Version { .. } => "version",
        Self::ZeroDenominator => "zero_denominator",
        Self::ZeroElasticity => "zero_elasticity",
        Self::Constant(_) => "constant",
    }
    #[doc = "Causes: fee scalars"]
    ScalarFault {
        Self::BedrockPadding => "bedrock_padding",
        Self::EcotonePadding => "ecotone_padding",
        Self::Version(_) => "version",
    }
    #[doc = "Deposits"]
    DepositFault {
        Self::Topics { .. } => "topics",
        Self::Event(_) => "event",
        Self::Version(_) => "version",
        Self::Abi { .. } => "abi",
        Self::Offset => "offset",
        Self::Length => "length",
        Self::OpaqueTooShort { .. } => "opaque_too_short",
    }
}

#[cfg(test)]
mod tests {
    use super::CODES;
    use std::collections::BTreeSet;

    /// The documentation has a section for each type, whose table has exactly its codes, in their order.
    #[test]
    fn every_code_is_documented() {
        let text = include_str!("../../../../../docs/explain.md");
        let mut documented = Vec::new();
        for section in text.split("\n### ").skip(1) {
            let (heading, body) = section.split_once('\n').unwrap_or((section, ""));
            let body = body.split("\n## ").next().unwrap_or(body);
            let codes: Vec<&str> = body
                .lines()
                .filter_map(|line| line.strip_prefix("| `")?.split_once('`'))
                .map(|(code, _)| code)
                .collect();
            documented.push((heading, codes));
        }
        for (heading, codes) in CODES {
            let section = documented.iter().find(|(found, _)| found == heading);
            let (_, found) = section.unwrap_or_else(|| panic!("no section {heading}"));
            assert_eq!(found.as_slice(), *codes, "{heading}");
        }
        assert_eq!(
            documented.len(),
            CODES.len(),
            "a section of codes that are not ours"
        );
    }

    #[test]
    fn no_code_stands_for_two_things() {
        for (heading, codes) in CODES {
            let distinct: BTreeSet<_> = codes.iter().collect();
            assert_eq!(distinct.len(), codes.len(), "{heading}");
            let snake = |code: &&str| {
                code.bytes()
                    .all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_'))
            };
            assert!(codes.iter().all(snake), "{heading}");
        }
    }
}

//! L1 receipts, as far as derivation reads them: did the transaction succeed, and what did it log.
//!
//! A receipt is checked once and kept as a slice of its encoding; logs are read out of it when somebody iterates. Most receipts of a block hold
//! nothing for a given rollup, so that nothing is copied for them.

use alloy_primitives::{Address, B256, Bloom, Bytes, keccak256};
use alloy_rlp::{Decodable, Header};
use core::iter;

/// A transaction's receipt on L1.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Receipt {
    /// Whether the status is 1. False for a receipt from before Byzantium, which has a post-state root in its place.
    pub success: bool,
    /// Payload of the RLP list of logs; every log in it is well formed.
    logs: Bytes,
}

impl Receipt {
    /// Reads `[type byte] ++ rlp([status, cumulative gas, bloom, logs, ..])`, the form a receipt has in the receipts trie.
    ///
    /// Fields after the logs are ignored (deposit receipts have them, on an L1 that is an OP Stack chain itself). A receipt of a type that is not
    /// known yet (0x05 to 0x7d) and that cannot be read in this form counts as unsuccessful and without logs.
    ///
    /// Spec: `protocol/derivation.md`, "On Future-Proof Transaction Log Derivation" (case D57).
    ///
    /// # Errors
    /// The bytes are no receipt: they do not come from a receipts trie.
    pub fn decode(raw: &Bytes) -> Result<Self, ReceiptFault> {
        match raw.split_first() {
            None => Err(ReceiptFault::Empty),
            Some((0xc0.., _)) => Self::decode_fields(raw, raw),
            Some((0x05..=0x7d, fields)) => Ok(Self::decode_fields(raw, fields).unwrap_or_default()),
            Some((0x00..=0x7f, fields)) => Self::decode_fields(raw, fields),
            Some((0x80..=0xbf, _)) => Err(ReceiptFault::NotAnEnvelope),
        }
    }

    /// The logs, in order.
    pub fn logs(&self) -> Logs<'_> {
        Logs { rest: &self.logs }
    }

    fn decode_fields(raw: &Bytes, mut rlp: &[u8]) -> Result<Self, ReceiptFault> {
        let mut fields = Header::decode_bytes(&mut rlp, true)?;
        if !rlp.is_empty() {
            return Err(ReceiptFault::TrailingBytes);
        }
        let success = match Header::decode_bytes(&mut fields, false)? {
            [1] => true,
            [] => false,
            post_state if post_state.len() == B256::len_bytes() => false,
            _ => return Err(ReceiptFault::Status),
        };
        u64::decode(&mut fields)?;
        if Header::decode_bytes(&mut fields, false)?.len() != Bloom::len_bytes() {
            return Err(ReceiptFault::Bloom);
        }
        let logs = Header::decode_bytes(&mut fields, true)?;
        let mut rest = logs;
        while !rest.is_empty() {
            Log::decode_fields(Header::decode_bytes(&mut rest, true)?)?;
        }
        Ok(Self {
            success,
            logs: raw.slice_ref(logs),
        })
    }
}

/// The logs of one event of one contract in a block's successful receipts, in order, with their block-wide indices.
///
/// The logs of failed receipts count for the index (geth counts them; real ones have none).
pub fn events<'a>(
    receipts: &'a [Receipt],
    address: &'a Address,
    event: &'a B256,
) -> impl Iterator<Item = (u64, Log<'a>)> {
    let all = receipts.iter().flat_map(|receipt| {
        let mut logs = receipt.logs();
        iter::from_fn(move || logs.next_fields()).map(|fields| (receipt.success, fields))
    });
    (0_u64..)
        .zip(all)
        .filter_map(move |(index, (success, fields))| {
            // Nearly all logs are of other contracts: no more than their address is looked at.
            if !success || fields.get(1..21) != Some(address.as_slice()) {
                return None;
            }
            Log::decode_fields(fields)
                .ok()
                .filter(|log| log.topics.get(0) == Some(event))
                .map(|log| (index, log))
        })
}

/// Iterator over the logs of one [`Receipt`].
#[derive(Clone, Debug)]
pub struct Logs<'a> {
    rest: &'a [u8],
}

impl<'a> Logs<'a> {
    /// Payload of the next log's RLP list.
    fn next_fields(&mut self) -> Option<&'a [u8]> {
        if self.rest.is_empty() {
            return None;
        }
        // Never an error, here and where the fields are decoded: the receipt was checked with the same functions.
        Header::decode_bytes(&mut self.rest, true).ok()
    }
}

impl<'a> Iterator for Logs<'a> {
    type Item = Log<'a>;

    fn next(&mut self) -> Option<Log<'a>> {
        self.next_fields()
            .and_then(|fields| Log::decode_fields(fields).ok())
    }
}

/// A log entry, borrowed from its receipt.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Log<'a> {
    /// The contract that logged.
    pub address: Address,
    /// Indexed data.
    pub topics: Topics<'a>,
    /// Data that is not indexed.
    pub data: &'a [u8],
}

impl<'a> Log<'a> {
    /// Reads address, topics and data, the payload of the log's RLP list.
    fn decode_fields(mut fields: &'a [u8]) -> Result<Self, ReceiptFault> {
        let address = Header::decode_bytes(&mut fields, false)?;
        let address = <[u8; 20]>::try_from(address).map_err(|_| ReceiptFault::LogAddress)?;
        let topics = Topics::decode(Header::decode_bytes(&mut fields, true)?)?;
        let data = Header::decode_bytes(&mut fields, false)?;
        if !fields.is_empty() {
            return Err(ReceiptFault::LogFields);
        }
        Ok(Self {
            address: Address::new(address),
            topics,
            data,
        })
    }
}

/// The topics of a log, each as in its receipt: 32 bytes after an RLP string header of one byte.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Topics<'a>(&'a [[u8; 33]]);

impl<'a> Topics<'a> {
    /// Number of topics. The EVM writes at most four; nothing here depends on it.
    pub const fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// A topic by its index.
    pub fn get(&self, index: usize) -> Option<&'a B256> {
        self.0.get(index).map(Self::topic)
    }

    /// Exactly `N` topics, or nothing.
    pub fn exactly<const N: usize>(&self) -> Option<[&'a B256; N]> {
        <&[[u8; 33]; N]>::try_from(self.0)
            .ok()
            .map(|topics| topics.each_ref().map(Self::topic))
    }

    fn topic(rlp: &[u8; 33]) -> &B256 {
        let [_, topic @ ..] = rlp;
        topic.into()
    }

    fn decode(rlp: &'a [u8]) -> Result<Self, ReceiptFault> {
        // A string of 32 bytes has one canonical encoding, of 33 bytes.
        let (topics, rest) = rlp.as_chunks();
        if !rest.is_empty() || topics.iter().any(|[header, ..]: &[u8; 33]| *header != 0xa0) {
            return Err(ReceiptFault::LogTopics);
        }
        Ok(Self(topics))
    }
}

/// Asks the logs blooms of many blocks for one event of one contract. Hashing is done once, in [`LogFilter::new`]; a question costs six loads.
///
/// The bloom of a header is committed to by L1 consensus, so a *no* is as good as having read the receipts; a *yes* may be wrong.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LogFilter {
    /// Byte of the bloom, and the bit in it that must be set.
    bits: [(u8, u8); 6],
}

impl LogFilter {
    /// Filter for the logs of `address` with first topic `event`.
    pub fn new(address: &Address, event: &B256) -> Self {
        let [a, b, c] = bloom_bits(address.as_slice());
        let [d, e, f] = bloom_bits(event.as_slice());
        Self {
            bits: [a, b, c, d, e, f],
        }
    }

    /// Whether a block with this logs bloom may have such a log.
    pub fn may_match(&self, bloom: &Bloom) -> bool {
        self.bits.iter().all(|(byte, bit)| {
            bloom
                .get(usize::from(*byte))
                .is_some_and(|bits| bits & bit != 0)
        })
    }
}

/// Whether a header's logs bloom says that its block may have a log of `address` with the given topic; never false if it has one.
pub fn may_contain(bloom: &Bloom, address: &Address, topic: &B256) -> bool {
    LogFilter::new(address, topic).may_match(bloom)
}

/// The three bits that an item sets: the low 11 bits of the first three byte pairs of its hash, counted from the bloom's end. Yellow Paper, 4.3.1.
fn bloom_bits(item: &[u8]) -> [(u8, u8); 3] {
    let hash = keccak256(item);
    let [a, b, c, d, e, f, ..] = hash.0;
    [[a, b], [c, d], [e, f]].map(|pair| {
        let bit = u16::from_be_bytes(pair) & 0x7ff;
        // 11 bits: 8 choose the byte, 3 the bit in it.
        let [_, byte] = (bit >> 3).to_be_bytes();
        (
            u8::MAX.wrapping_sub(byte),
            1_u8.wrapping_shl(u32::from(bit & 7)),
        )
    })
}

/// Why bytes are not a receipt.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ReceiptFault {
    /// There are no bytes.
    #[error("empty receipt")]
    Empty,
    /// The first byte is neither a type nor the header of a list.
    #[error("receipt starts with neither a type byte nor a list")]
    NotAnEnvelope,
    /// The RLP is wrong.
    #[error("malformed receipt: {0}")]
    Rlp(alloy_rlp::Error),
    /// Something follows the receipt.
    #[error("bytes after the receipt")]
    TrailingBytes,
    /// The status is neither 0, 1 nor a post-state root.
    #[error("receipt status is neither 0, 1 nor 32 bytes")]
    Status,
    /// The logs bloom does not have 256 bytes.
    #[error("logs bloom is not 256 bytes")]
    Bloom,
    /// A log's address does not have 20 bytes.
    #[error("log address is not 20 bytes")]
    LogAddress,
    /// A log's topic does not have 32 bytes.
    #[error("log topic is not 32 bytes")]
    LogTopics,
    /// A log has more than its three fields.
    #[error("log has more than three fields")]
    LogFields,
}

impl From<alloy_rlp::Error> for ReceiptFault {
    fn from(error: alloy_rlp::Error) -> Self {
        Self::Rlp(error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::{vec, vec::Vec};
    use alloy_consensus::ReceiptWithBloom;
    use alloy_primitives::LogData;

    /// A receipt by alloy's encoder, without a type byte.
    fn encoded(status: bool, logs: Vec<alloy_primitives::Log>) -> Vec<u8> {
        let receipt = alloy_consensus::Receipt {
            status: status.into(),
            cumulative_gas_used: 21_000,
            logs,
        };
        alloy_rlp::encode(ReceiptWithBloom {
            logs_bloom: Bloom::repeat_byte(7),
            receipt,
        })
    }

    fn log(topics: usize) -> alloy_primitives::Log {
        let topics = (1..=topics).map(|i| B256::repeat_byte(i as u8)).collect();
        alloy_primitives::Log {
            address: Address::repeat_byte(9),
            data: LogData::new_unchecked(topics, Bytes::from_static(b"data")),
        }
    }

    fn typed(kind: u8, fields: &[u8]) -> Bytes {
        [&[kind], fields].concat().into()
    }

    #[test]
    fn logs_are_read_in_place() {
        let raw = Bytes::from(encoded(true, vec![log(0), log(4)]));
        let receipt = Receipt::decode(&raw).unwrap();
        assert!(receipt.success);
        let logs: Vec<_> = receipt.logs().collect();
        assert_eq!(logs.len(), 2);
        assert!(logs[0].topics.is_empty());
        assert_eq!(logs[0].topics.get(0), None);
        assert_eq!(
            logs[1].topics.exactly(),
            Some([1, 2, 3, 4].map(B256::repeat_byte).each_ref())
        );
        assert_eq!(logs[1].topics.exactly::<3>(), None);
        assert_eq!(logs[1].address, Address::repeat_byte(9));
        assert!(raw.as_ptr_range().contains(&logs[1].data.as_ptr()));
    }

    #[test]
    fn d57_unknown_types_are_read_like_known_ones() {
        let fields = encoded(true, vec![log(1)]);
        for kind in 0..=0x7f {
            let receipt = Receipt::decode(&typed(kind, &fields)).unwrap();
            assert!(receipt.success && receipt.logs().count() == 1, "{kind:#x}");
        }
        for kind in 0x80..=0xbf {
            assert_eq!(
                Receipt::decode(&typed(kind, &fields)),
                Err(ReceiptFault::NotAnEnvelope),
                "{kind:#x}"
            );
        }
    }

    #[test]
    fn d57_unreadable_receipts_of_unknown_types_stand_for_nothing() {
        let mut fields = encoded(true, vec![log(1)]);
        fields.pop();
        for kind in 0..=0x7f {
            let got = Receipt::decode(&typed(kind, &fields));
            match kind {
                0x05..=0x7d => assert_eq!(got, Ok(Receipt::default()), "{kind:#x}"),
                _ => assert!(got.is_err(), "{kind:#x}"),
            }
        }
    }

    #[test]
    fn fields_after_the_logs_are_ignored() {
        // As in the deposit receipts of an OP Stack chain: nonce and version.
        let mut fields = Vec::new();
        let plain = encoded(true, vec![log(2)]);
        let mut payload = &plain[..];
        let payload = Header::decode_bytes(&mut payload, true).unwrap();
        let longer = [payload, &[0x05, 0x01]].concat();
        Header {
            list: true,
            payload_length: longer.len(),
        }
        .encode(&mut fields);
        fields.extend_from_slice(&longer);
        assert_eq!(
            Receipt::decode(&typed(0x7e, &fields))
                .unwrap()
                .logs()
                .count(),
            1
        );
    }

    #[test]
    fn status_is_one_only_if_it_says_so() {
        let with_status = |status: &[u8]| {
            let mut payload = Vec::new();
            alloy_rlp::Encodable::encode(status, &mut payload);
            payload.push(0x80);
            alloy_rlp::Encodable::encode(&Bloom::ZERO, &mut payload);
            payload.push(0xc0);
            let mut raw = Vec::new();
            Header {
                list: true,
                payload_length: payload.len(),
            }
            .encode(&mut raw);
            raw.extend_from_slice(&payload);
            Receipt::decode(&raw.into()).map(|receipt| receipt.success)
        };
        assert_eq!(with_status(&[1]), Ok(true));
        assert_eq!(with_status(&[]), Ok(false));
        assert_eq!(with_status(&[1; 32]), Ok(false));
        for wrong in [&[0][..], &[2], &[0, 1], &[1; 31], &[1; 33]] {
            assert_eq!(with_status(wrong), Err(ReceiptFault::Status), "{wrong:?}");
        }
    }

    #[test]
    fn damaged_receipts_never_panic() {
        let raw = encoded(true, vec![log(0), log(3)]);
        for at in 0..raw.len() {
            assert!(
                Receipt::decode(&raw[..at].to_vec().into()).is_err(),
                "cut at {at}"
            );
            for change in [0x01, 0x40, 0x80, 0xff] {
                let mut damaged = raw.clone();
                damaged[at] ^= change;
                if let Ok(receipt) = Receipt::decode(&damaged.into()) {
                    assert!(receipt.logs().count() <= 2 + raw.len() / 24);
                }
            }
        }
    }

    #[test]
    fn bloom_filter_agrees_with_alloy() {
        let mut hits = 0;
        for seed in 0_u8..=255 {
            let (address, topic) = (Address::repeat_byte(seed), B256::repeat_byte(seed));
            let mut bloom = Bloom::ZERO;
            bloom.accrue_raw_log(address, &[topic]);
            assert!(may_contain(&bloom, &address, &topic));
            // A bloom as full as those of real blocks.
            for other in 0_u8..150 {
                bloom.accrue_raw_log(Address::repeat_byte(other), &[keccak256([other])]);
            }
            let (address, topic) = (Address::repeat_byte(seed), keccak256([seed, 0]));
            let want = bloom.contains_raw_log(address, &[topic]);
            assert_eq!(LogFilter::new(&address, &topic).may_match(&bloom), want);
            hits += usize::from(want);
        }
        assert!(hits > 0 && hits < 256, "the sample must have both answers");
        assert!(!may_contain(&Bloom::ZERO, &Address::ZERO, &B256::ZERO));
    }
}

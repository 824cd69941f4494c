//! Receipts: their form in the receipts trie, and log blooms.
//!
//! Spec: EIP-2718; `protocol/deposits.md`, "Deposit Receipt"; `canyon/exec-engine.md`, "Deposit tx receipt hashing".

use crate::hashes::Hashes;
use alloc::vec::Vec;
use alloy_primitives::{B256, Bloom, Log};
use alloy_rlp::{Encodable, Header};

/// What a transaction did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// The transaction's EIP-2718 type, 0 for legacy ones.
    pub tx_type: u8,
    /// Whether it succeeded.
    pub success: bool,
    /// Gas used by the block up to and with it.
    pub cumulative_gas_used: u64,
    /// Its logs.
    pub logs: Vec<Log>,
    /// For deposits from Canyon: the sender's nonce before it. Earlier receipts do not commit to it.
    pub deposit_nonce: Option<u64>,
}

/// Version of the deposit receipt's form, from Canyon.
const DEPOSIT_RECEIPT_VERSION: u8 = 1;

impl Receipt {
    /// The value in the receipts trie.
    pub fn trie_value(&self) -> Vec<u8> {
        self.encode(&self.bloom(&mut Hashes::default()))
    }

    /// The value in the receipts trie, given the bloom of the logs.
    pub(crate) fn encode(&self, bloom: &Bloom) -> Vec<u8> {
        let logs_len = self
            .logs
            .iter()
            .map(Encodable::length)
            .fold(0, usize::saturating_add);
        let logs = Header {
            list: true,
            payload_length: logs_len,
        };
        let deposit_len = self
            .deposit_nonce
            .map_or(0, |nonce| nonce.length().saturating_add(1));
        let payload_length = [
            1,
            self.cumulative_gas_used.length(),
            bloom.length(),
            logs.length_with_payload(),
            deposit_len,
        ]
        .into_iter()
        .fold(0, usize::saturating_add);
        let list = Header {
            list: true,
            payload_length,
        };
        let mut out = Vec::with_capacity(list.length_with_payload().saturating_add(1));
        if self.tx_type != 0 {
            out.push(self.tx_type);
        }
        list.encode(&mut out);
        self.success.encode(&mut out);
        self.cumulative_gas_used.encode(&mut out);
        bloom.encode(&mut out);
        logs.encode(&mut out);
        for log in &self.logs {
            log.encode(&mut out);
        }
        if let Some(nonce) = self.deposit_nonce {
            nonce.encode(&mut out);
            DEPOSIT_RECEIPT_VERSION.encode(&mut out);
        }
        out
    }

    /// The bloom of the logs: three bits each for every address and topic.
    pub(crate) fn bloom(&self, hashes: &mut Hashes) -> Bloom {
        let mut bloom = Bloom::ZERO;
        let mut set = |hash: &[u8; 32]| {
            for pair in hash.as_chunks::<2>().0.iter().take(3) {
                let bit = u16::from_be_bytes(*pair) & 0x7ff;
                let byte = 255_usize.wrapping_sub(usize::from(bit >> 3));
                if let Some(byte) = bloom.0.get_mut(byte) {
                    *byte |= 1_u8.wrapping_shl(u32::from(bit & 7));
                }
            }
        };
        for log in &self.logs {
            set(&hashes.address(&log.address));
            for topic in log.topics() {
                set(&hashes.word(topic));
            }
        }
        bloom
    }
}

/// The root of a block's receipts trie, and its log bloom.
pub fn receipts_root(receipts: &[Receipt]) -> (B256, Bloom) {
    seal(receipts, &mut Hashes::default())
}

/// The same, with hashes that are known already.
pub(crate) fn seal(receipts: &[Receipt], hashes: &mut Hashes) -> (B256, Bloom) {
    let mut all = Bloom::ZERO;
    let encoded: Vec<Vec<u8>> = receipts
        .iter()
        .map(|receipt| {
            let bloom = receipt.bloom(hashes);
            all |= bloom;
            receipt.encode(&bloom)
        })
        .collect();
    (hoike_trie::ordered_root(&encoded), all)
}

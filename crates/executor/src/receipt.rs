//! Receipts of L2 blocks, as their root and bloom need them.

use alloc::vec::Vec;
use alloy_primitives::{Bloom, BloomInput, Log};
use alloy_rlp::{Encodable, Header};

/// The receipt of one transaction.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Receipt {
    /// Type of the transaction.
    pub tx_type: u8,
    /// Whether it succeeded.
    pub success: bool,
    /// Gas used in the block up to and with this transaction.
    pub cumulative_gas_used: u64,
    /// What it logged.
    pub logs: Vec<Log>,
    /// The bloom of the logs.
    pub bloom: Bloom,
    /// Deposits from Canyon on: the sender's nonce before execution, which the receipt then carries together with version 1.
    /// Spec: `protocol/deposits.md`, "Deposit Receipt".
    pub deposit_nonce: Option<u64>,
}

impl Receipt {
    /// The form in the receipts trie.
    pub fn encode(&self) -> Vec<u8> {
        let nonce_length = self.deposit_nonce.map_or(0, |nonce| {
            nonce.length().saturating_add(DEPOSIT_VERSION.length())
        });
        let payload_length = self
            .success
            .length()
            .saturating_add(self.cumulative_gas_used.length())
            .saturating_add(self.bloom.length())
            .saturating_add(self.logs.length())
            .saturating_add(nonce_length);
        let header = Header {
            list: true,
            payload_length,
        };
        let mut out = Vec::with_capacity(header.length_with_payload().saturating_add(1));
        if self.tx_type != 0 {
            out.push(self.tx_type);
        }
        header.encode(&mut out);
        self.success.encode(&mut out);
        self.cumulative_gas_used.encode(&mut out);
        self.bloom.encode(&mut out);
        self.logs.encode(&mut out);
        if let Some(nonce) = self.deposit_nonce {
            nonce.encode(&mut out);
            DEPOSIT_VERSION.encode(&mut out);
        }
        out
    }
}

/// The bloom of logs.
pub(crate) fn bloom(logs: &[Log]) -> Bloom {
    let mut bloom = Bloom::ZERO;
    for log in logs {
        bloom.accrue(BloomInput::Raw(log.address.as_slice()));
        for topic in log.topics() {
            bloom.accrue(BloomInput::Raw(topic.as_slice()));
        }
    }
    bloom
}

/// From Canyon on: the receipt has its nonce in the trie.
const DEPOSIT_VERSION: u64 = 1;

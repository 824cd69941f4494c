//! The header of a block that has been executed.

use crate::execute::Executed;
use crate::hashes::Hashes;
use crate::receipts::{self, Receipt};
use alloc::vec::Vec;
use alloy_consensus::{EMPTY_OMMER_ROOT_HASH, Header, Sealed};
use alloy_primitives::{B256, Bytes, U256, b256};
use hoike_protocol::{Attributes, L2Rules, rules::Withdrawals};
use hoike_trie::{EMPTY_ROOT, ordered_root};

/// Hash of no execution requests: SHA-256 of nothing (EIP-7685, D84).
const NO_REQUESTS: B256 = b256!("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");

/// What execution found out.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) number: u64,
    pub(crate) base_fee: u64,
    pub(crate) extra_data: Bytes,
    pub(crate) state_root: B256,
    /// Storage root of the message passer after the block.
    pub(crate) message_passer_root: B256,
    pub(crate) gas_used: u64,
    pub(crate) footprint: u64,
    pub(crate) receipts: Vec<Receipt>,
}

/// Puts the header together, each field by the fork that brought it, and hashes it.
pub(crate) fn seal(
    attributes: &Attributes,
    rules: &L2Rules,
    outcome: Outcome,
    hashes: &mut Hashes,
) -> Executed {
    let (receipts_root, logs_bloom) = receipts::seal(&outcome.receipts, hashes);
    let header = Header {
        parent_hash: attributes.parent,
        ommers_hash: EMPTY_OMMER_ROOT_HASH,
        beneficiary: attributes.fee_recipient,
        state_root: outcome.state_root,
        transactions_root: ordered_root(&attributes.transactions),
        receipts_root,
        logs_bloom,
        difficulty: U256::ZERO,
        number: outcome.number,
        gas_limit: attributes.gas_limit,
        gas_used: outcome.gas_used,
        timestamp: attributes.time.0,
        extra_data: outcome.extra_data,
        mix_hash: attributes.prev_randao,
        base_fee_per_gas: Some(outcome.base_fee),
        withdrawals_root: match rules.withdrawals {
            Withdrawals::None => None,
            Withdrawals::Empty => Some(EMPTY_ROOT),
            Withdrawals::MessagePasser => Some(outcome.message_passer_root),
        },
        blob_gas_used: rules.blob_gas.then_some(outcome.footprint),
        excess_blob_gas: rules.blob_gas.then_some(0),
        parent_beacon_block_root: attributes.parent_beacon_root,
        requests_hash: rules.requests_hash.then_some(NO_REQUESTS),
        ..Header::default()
    };
    let hash = header.hash_slow();
    Executed {
        header: Sealed::new_unchecked(header, hash),
        receipts: outcome.receipts,
    }
}

//! The header of a block that was executed. Spec: `protocol/exec-engine.md` and those of Canyon, Ecotone, Holocene, Isthmus, Jovian.

use crate::{execute::Block, receipt::Receipt};
use alloc::vec::Vec;
use alloy_consensus::Header;
use alloy_eips::eip7685::EMPTY_REQUESTS_HASH;
use alloy_primitives::{B64, B256, Bloom, Sealed, U256};
use hoike_protocol::{Attributes, L2Rules, rules::Withdrawals};
use hoike_trie::{EMPTY_ROOT, ordered_root};

pub(crate) fn header(
    parent: &Sealed<Header>,
    attributes: &Attributes,
    rules: &L2Rules,
    block: Block,
    receipts: &[Receipt],
    state_root: B256,
    message_passer_root: B256,
) -> Sealed<Header> {
    let encoded: Vec<Vec<u8>> = receipts.iter().map(Receipt::encode).collect();
    let logs_bloom = receipts
        .iter()
        .fold(Bloom::ZERO, |bloom, receipt| bloom | receipt.bloom);
    let header = Header {
        parent_hash: parent.hash(),
        ommers_hash: alloy_consensus::EMPTY_OMMER_ROOT_HASH,
        beneficiary: attributes.fee_recipient,
        state_root,
        transactions_root: ordered_root(&attributes.transactions),
        receipts_root: ordered_root(&encoded),
        logs_bloom,
        difficulty: U256::ZERO,
        number: block.number,
        gas_limit: attributes.gas_limit,
        gas_used: receipts
            .last()
            .map_or(0, |receipt| receipt.cumulative_gas_used),
        timestamp: attributes.time.0,
        extra_data: block.extra_data,
        mix_hash: attributes.prev_randao,
        nonce: B64::ZERO,
        base_fee_per_gas: Some(block.base_fee),
        withdrawals_root: match rules.withdrawals {
            Withdrawals::None => None,
            Withdrawals::Empty => Some(EMPTY_ROOT),
            Withdrawals::MessagePasser => Some(message_passer_root),
        },
        // From Ecotone on zero, from Jovian on the DA footprint.
        blob_gas_used: rules
            .parent_beacon_root
            .then_some(block.da_footprint.unwrap_or(0)),
        excess_blob_gas: rules.parent_beacon_root.then_some(0),
        parent_beacon_block_root: attributes.parent_beacon_root,
        // Isthmus: no requests exist on L2 (D84, D86).
        requests_hash: (rules.withdrawals == Withdrawals::MessagePasser)
            .then_some(EMPTY_REQUESTS_HASH),
        ..Header::default()
    };
    Sealed::new(header)
}

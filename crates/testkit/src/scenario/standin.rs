//! Blocks that nobody has executed: all that derivation reads of an L2 block, under a hash that needs no attributes to be foretold.

use alloy_consensus::{Header, TxEnvelope};
use alloy_eips::Decodable2718;
use alloy_primitives::{B256, Bytes, Keccak256, Sealed, keccak256};
use hoike_protocol::{
    Attributes, BlockId, Rules, SystemConfig, attributes::DEPOSIT_TX_TYPE,
    extra_data::Eip1559Params,
};
use hoike_protocol::{L2Ref, L2Time};

/// A block of the L2 chain.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StandIn {
    /// Its header; the hash is not that of these fields.
    pub header: Sealed<Header>,
    /// Its transactions; genesis has none.
    pub transactions: Vec<Bytes>,
    /// As read back from it.
    pub reference: L2Ref,
    /// The config read back from it.
    pub config: SystemConfig,
}

/// The hash of the block that stands for these. Parent, time, epoch and transactions of a block determine all else.
pub(super) fn hash(parent: B256, time: u64, epoch: B256, user: &[Bytes]) -> B256 {
    let mut hasher = Keccak256::new();
    hasher.update(parent);
    hasher.update(time.to_be_bytes());
    hasher.update(epoch);
    for tx in user {
        hasher.update(keccak256(tx));
    }
    hasher.finalize()
}

/// Whether transactions like this make a payload invalid, by the stand-in's word: what does not decode, types that L2 has not, and one in twenty
/// of the rest.
pub(super) fn spoils(tx: &Bytes) -> bool {
    match TxEnvelope::decode_2718_exact(tx) {
        Ok(tx) if tx.is_eip4844() => true,
        Ok(_) => keccak256(tx)[0] < 12,
        Err(_) => true,
    }
}

impl StandIn {
    /// The block of these attributes; none if they are invalid. In `fatal` scenarios one in 512 blocks is invalid even without what a batch has.
    pub(super) fn build(
        attributes: &Attributes,
        parent: &Self,
        epoch: B256,
        rules: &Rules,
        fatal: bool,
    ) -> Option<Self> {
        let deposit = |tx: &&Bytes| tx.first() == Some(&DEPOSIT_TX_TYPE);
        let deposits = attributes.transactions.iter().take_while(deposit).count();
        let user = &attributes.transactions[deposits..];
        let hash = hash(attributes.parent, attributes.time.0, epoch, user);
        if user.iter().any(spoils) || (fatal && hash[0] == 0 && hash[1] < 128) {
            return None;
        }
        let view = rules.at_l2(attributes.time);
        let params = Eip1559Params::from_attributes(
            attributes.eip1559_params.unwrap_or_default(),
            attributes.min_base_fee.unwrap_or_default(),
            &rules.rollup.eip1559,
        );
        let header = Header {
            parent_hash: attributes.parent,
            beneficiary: attributes.fee_recipient,
            number: parent.header.number + 1,
            gas_limit: attributes.gas_limit,
            timestamp: attributes.time.0,
            extra_data: params
                .expect("a config that was checked")
                .encode(view.extra_data),
            mix_hash: attributes.prev_randao,
            base_fee_per_gas: Some(1),
            parent_beacon_block_root: attributes.parent_beacon_root,
            ..Header::default()
        };
        let header = Sealed::new_unchecked(header, hash);
        let transactions = attributes.transactions.clone();
        let first = transactions.first().map(|tx| &tx[..]);
        let rollup = &rules.rollup;
        let reference = L2Ref::from_block(&header, hash, first, rollup, &view);
        let config = SystemConfig::read_back(&header, hash, first, rollup, &view);
        Some(Self {
            reference: reference.expect("attributes of the machine's own"),
            config: config.expect("attributes of the machine's own"),
            header,
            transactions,
        })
    }

    /// The block that the chain begins with.
    pub(super) fn genesis(header: &Sealed<Header>, origin: BlockId, config: SystemConfig) -> Self {
        Self {
            header: header.clone(),
            transactions: Vec::new(),
            reference: L2Ref {
                hash: header.hash(),
                number: header.number,
                parent: header.parent_hash,
                time: L2Time(header.timestamp),
                origin,
                sequence_number: 0,
            },
            config,
        }
    }
}

//! What a block's transactions see of the block and the chain.

use crate::error::InvalidPayload;
use alloy_primitives::U256;
use hoike_protocol::{Attributes, L2Rules};
use revm::context::{BlockEnv, CfgEnv};
use revm::context_interface::block::BlobExcessGasAndPrice;
use revm::primitives::hardfork::SpecId;

/// Whether attributes are such that a block can have them.
///
/// Spec: `protocol/exec-engine.md`, "Extended PayloadAttributesV1" and on. A gas limit may jump, but not beyond 63 bits; time goes up.
pub(crate) fn check(
    attributes: &Attributes,
    parent_time: u64,
    rules: &L2Rules,
) -> Result<(), InvalidPayload> {
    let invalid = |name| Err(InvalidPayload::Attribute(name));
    if attributes.time.0 <= parent_time {
        return invalid("timestamp");
    }
    if i64::try_from(attributes.gas_limit).is_err() {
        return invalid("gasLimit");
    }
    if attributes.parent_beacon_root.is_some() != rules.parent_beacon_root {
        return invalid("parentBeaconBlockRoot");
    }
    if attributes.eip1559_params.is_some() != rules.eip1559_params() {
        return invalid("eip1559Params");
    }
    if attributes.min_base_fee.is_some() != rules.min_base_fee() {
        return invalid("minBaseFee");
    }
    Ok(())
}

pub(crate) fn block(
    attributes: &Attributes,
    number: u64,
    base_fee: u64,
    rules: &L2Rules,
) -> BlockEnv {
    // L2 blocks have no blobs: the excess stays zero and the price one, also where the header's blob gas used is a DA footprint.
    let blobs = BlobExcessGasAndPrice {
        excess_blob_gas: 0,
        blob_gasprice: 1,
    };
    BlockEnv {
        number: U256::from(number),
        beneficiary: attributes.fee_recipient,
        timestamp: U256::from(attributes.time.0),
        gas_limit: attributes.gas_limit,
        basefee: base_fee,
        difficulty: U256::ZERO,
        prevrandao: Some(attributes.prev_randao),
        blob_excess_gas_and_price: rules.blob_gas.then_some(blobs),
        slot_num: 0,
    }
}

pub(crate) fn cfg(chain_id: u64, spec: SpecId) -> CfgEnv {
    CfgEnv::new_with_spec(spec).with_chain_id(chain_id)
}

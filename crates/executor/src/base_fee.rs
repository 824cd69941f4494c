//! The base fee of a block, from its parent.
//!
//! Spec: EIP-1559; `holocene/exec-engine.md`, "Dynamic EIP-1559 Parameters"; `jovian/exec-engine.md`, "Minimum Base Fee", "DA Footprint Block Limit".

use crate::error::ParentFault;
use alloy_consensus::Header;
use alloy_primitives::U256;
use hoike_protocol::rules::{BaseFeeDenominator, ExtraDataFormat};
use hoike_protocol::{L2Rules, config::Eip1559Constants, extra_data::Eip1559Params};

/// The base fee, in wei, of the block with `rules` that follows `parent`.
///
/// A Holocene parent says by which parameters, else the chain's constants decide: Canyon's denominator by the new block's time, not the parent's.
///
/// # Errors
/// The parent has not the form of its time; no derived block has.
pub fn next(
    parent: &Header,
    parent_rules: &L2Rules,
    rules: &L2Rules,
    constants: &Eip1559Constants,
) -> Result<u64, ParentFault> {
    let parent_fee = parent.base_fee_per_gas.ok_or(ParentFault::FieldMissing)?;
    let of_parent = match parent_rules.extra_data {
        // Nobody looks at what such a parent has.
        ExtraDataFormat::Empty => None,
        form @ (ExtraDataFormat::Holocene | ExtraDataFormat::Jovian) => {
            Eip1559Params::decode(&parent.extra_data, form).map_err(|_| ParentFault::ExtraData)?
        }
    };
    let (denominator, elasticity, floor) = match of_parent {
        Some(params) => (
            params.denominator.into(),
            params.elasticity.into(),
            params.min_base_fee,
        ),
        None => {
            let denominator = match rules.base_fee_denominator {
                BaseFeeDenominator::Bedrock => constants.denominator,
                BaseFeeDenominator::Canyon => constants.denominator_canyon,
            };
            (denominator, constants.elasticity, 0)
        }
    };
    let metered = if parent_rules.da_footprint {
        parent
            .gas_used
            .max(parent.blob_gas_used.ok_or(ParentFault::FieldMissing)?)
    } else {
        parent.gas_used
    };
    let target = parent
        .gas_limit
        .checked_div(elasticity)
        .ok_or(ParentFault::NoGasTarget)?;
    let change = |distance: u64| {
        U256::from(parent_fee)
            .saturating_mul(U256::from(distance))
            .checked_div(U256::from(target))
            .and_then(|share| share.checked_div(U256::from(denominator)))
            .ok_or(ParentFault::NoGasTarget)
    };
    let parent_fee = U256::from(parent_fee);
    let fee = if metered > target {
        parent_fee.saturating_add(change(metered.saturating_sub(target))?.max(U256::ONE))
    } else if metered < target {
        parent_fee.saturating_sub(change(target.saturating_sub(metered))?)
    } else {
        parent_fee
    };
    u64::try_from(fee.max(U256::from(floor))).map_err(|_| ParentFault::Overflow)
}

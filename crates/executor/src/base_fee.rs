//! The base fee of a block. Spec: EIP-1559; `canyon/exec-engine.md`, `holocene/exec-engine.md`, `jovian/exec-engine.md`.

use alloy_consensus::Header;
use hoike_protocol::{
    L2Rules,
    config::Eip1559Constants,
    extra_data::{Eip1559Params, ExtraDataFault},
    rules::{ExtraDataFormat, Withdrawals},
};

/// The base fee after `parent`, in wei; `None` if it has more than 64 bits.
///
/// Parameters come from the parent's extra data if it has any (D66, D67), else from the chain's constants: the denominator's change at Canyon goes by
/// the new block's time, everything else by the parent's. From Jovian on the DA footprint counts like gas, and the parent's least base fee holds.
///
/// # Errors
/// The parent's extra data is not of its fork.
pub(crate) fn after(
    parent: &Header,
    parent_rules: &L2Rules,
    rules: &L2Rules,
    constants: &Eip1559Constants,
) -> Result<Option<u64>, ExtraDataFault> {
    let of_chain = (
        constants.elasticity,
        match rules.withdrawals {
            Withdrawals::None => constants.denominator,
            Withdrawals::Empty | Withdrawals::MessagePasser => constants.denominator_canyon,
        },
    );
    // Before Holocene extra data means nothing; that of a genesis block need not be empty.
    let params = match parent_rules.extra_data {
        ExtraDataFormat::Empty => None,
        format @ (ExtraDataFormat::Holocene | ExtraDataFormat::Jovian) => {
            Eip1559Params::decode(&parent.extra_data, format)?
        }
    };
    let (elasticity, denominator) = params.map_or(of_chain, |params| {
        (u64::from(params.elasticity), u64::from(params.denominator))
    });
    let metered = if parent_rules.da_footprint {
        parent.gas_used.max(parent.blob_gas_used.unwrap_or(0))
    } else {
        parent.gas_used
    };
    let parent_fee = u128::from(parent.base_fee_per_gas.unwrap_or(0));
    let target = parent.gas_limit.checked_div(elasticity).unwrap_or(0);
    // base fee * |metered - target| / target / denominator; below 2^128, since both factors are below 2^64.
    let change = |distance: u64| {
        parent_fee
            .saturating_mul(u128::from(distance))
            .checked_div(u128::from(target))
            .and_then(|change| change.checked_div(u128::from(denominator)))
            .unwrap_or(0)
    };
    let fee = if metered > target {
        parent_fee.saturating_add(change(metered.saturating_sub(target)).max(1))
    } else if metered < target {
        parent_fee.saturating_sub(change(target.saturating_sub(metered)))
    } else {
        parent_fee
    };
    let least = params.map_or(0, |params| u128::from(params.min_base_fee));
    Ok(u64::try_from(fee.max(least)).ok())
}

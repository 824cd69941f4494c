//! `rollup.json`.

use super::{
    ConfigError, Fault,
    document::{
        Json, anything, at_fault, at_least, boolean, bytes, nonzero, number, number16, positive,
    },
};
use alloy_primitives::{Address, B64, B256, U256};
use hoike_protocol::{
    BlockId, Fork, RollupConfig, Schedule, SystemConfig,
    config::{Eip1559Constants, Genesis},
};

/// Reads a rollup config in the JSON form of op-node (`rollup.json`, `optimism_rollupConfig`).
///
/// What op-node refuses to run on is refused; beyond that, all forks must be in order and none may be unknown. Where `chain_op_config` is missing
/// the registry's values are taken, as op-node does, and where `regolith_time` is missing from a config with later forks, Regolith is active at
/// genesis, as in the registry.
///
/// # Errors
/// The first field that cannot be used, and why.
pub fn rollup_config(json: &[u8]) -> Result<RollupConfig, ConfigError> {
    let config = Json::parse(json)?;
    check_keys(&config)?;
    refuse_alt_da(&config)?;
    let genesis = genesis(&config)?;
    refuse_foreign(&config)?;
    let l1_chain_id = config.required("l1_chain_id", positive("no chain has the id 0"))?;
    let l2_chain_id = config.required("l2_chain_id", positive("no chain has the id 0"))?;
    if l1_chain_id == l2_chain_id {
        return Err(at_fault(
            "l2_chain_id",
            Fault::SameAs {
                other: "l1_chain_id",
            },
        ));
    }
    let schedule = schedule(&config)?;
    Ok(RollupConfig {
        block_time: config.required(
            "block_time",
            positive("all blocks would have one timestamp"),
        )?,
        max_sequencer_drift: max_sequencer_drift(&config, &schedule, &genesis)?,
        seq_window_size: config.required(
            "seq_window_size",
            at_least(2, "a batch comes in a later L1 block than its epoch"),
        )?,
        channel_timeout: config.required(
            "channel_timeout",
            positive("a channel could not span two L1 blocks"),
        )?,
        l1_chain_id,
        l2_chain_id,
        schedule,
        pectra_blob_schedule_time: config.optional("pectra_blob_schedule_time", number)?,
        batch_inbox: config.required("batch_inbox_address", nonzero)?.into(),
        deposit_contract: config.required("deposit_contract_address", nonzero)?.into(),
        l1_system_config: config.required("l1_system_config_address", bytes)?.into(),
        eip1559: eip1559(&config, l2_chain_id)?,
        keep_karst_upgrade_gas: config
            .optional("keep_karst_upgrade_gas", boolean)?
            .unwrap_or(false),
        genesis,
    })
}

fn genesis(config: &Json) -> Result<Genesis, ConfigError> {
    let l1 = BlockId {
        hash: config.required("genesis.l1.hash", nonzero)?.into(),
        number: config.required("genesis.l1.number", number)?,
    };
    let l2 = BlockId {
        hash: config.required("genesis.l2.hash", nonzero)?.into(),
        number: config.required("genesis.l2.number", number)?,
    };
    if l1.hash == l2.hash {
        return Err(at_fault(
            "genesis.l2.hash",
            Fault::SameAs {
                other: "genesis.l1.hash",
            },
        ));
    }
    let l2_time = config.required("genesis.l2_time", positive("no rollup started in 1970"))?;
    let system_config = SystemConfig {
        batcher: Address::from(config.required("genesis.system_config.batcherAddr", nonzero)?),
        overhead: U256::from_be_bytes::<32>(
            config.required("genesis.system_config.overhead", bytes)?,
        ),
        scalar: B256::from(config.required("genesis.system_config.scalar", nonzero)?),
        gas_limit: config.required(
            "genesis.system_config.gasLimit",
            positive("no transaction would fit in a block"),
        )?,
        // Written by newer versions only; zero stands for a fork that is not active yet.
        eip1559_params: config
            .optional("genesis.system_config.eip1559Params", bytes)?
            .map_or(B64::ZERO, B64::from),
        operator_fee: config
            .optional("genesis.system_config.operatorFeeParams", bytes)?
            .map_or(B256::ZERO, B256::from),
        min_base_fee: config
            .optional("genesis.system_config.minBaseFee", number)?
            .unwrap_or(0),
        da_footprint_gas_scalar: config
            .optional("genesis.system_config.daFootprintGasScalar", number16)?
            .unwrap_or(0),
    };
    Ok(Genesis {
        l1,
        l2,
        l2_time,
        system_config,
    })
}

fn schedule(config: &Json) -> Result<Schedule, ConfigError> {
    let lagoon = config.optional("lagoon_time", number)?;
    // Lagoon's name until op-node 1.19.
    let interop = config.optional("interop_time", number)?;
    if lagoon.is_some() && interop.is_some() && lagoon != interop {
        return Err(at_fault(
            "interop_time",
            Fault::Contradicts {
                other: "lagoon_time",
            },
        ));
    }
    let mut times = [
        config.optional("regolith_time", number)?,
        config.optional("canyon_time", number)?,
        config.optional("delta_time", number)?,
        config.optional("ecotone_time", number)?,
        config.optional("fjord_time", number)?,
        config.optional("granite_time", number)?,
        config.optional("holocene_time", number)?,
        config.optional("isthmus_time", number)?,
        config.optional("jovian_time", number)?,
        config.optional("karst_time", number)?,
        lagoon.or(interop),
    ];
    let [regolith, later @ ..] = &mut times;
    if regolith.is_none() && later.iter().any(Option::is_some) {
        *regolith = Some(0);
    }
    Ok(Schedule::new(times)?)
}

/// Fjord replaces the value by a constant, so that a chain with Fjord at genesis may do without.
fn max_sequencer_drift(
    config: &Json,
    schedule: &Schedule,
    genesis: &Genesis,
) -> Result<u64, ConfigError> {
    if schedule
        .time_of(Fork::Fjord)
        .is_some_and(|fjord| fjord <= genesis.l2_time)
    {
        return Ok(config.optional("max_sequencer_drift", number)?.unwrap_or(0));
    }
    config.required(
        "max_sequencer_drift",
        positive("no transaction could be included before Fjord"),
    )
}

fn eip1559(config: &Json, l2_chain_id: u64) -> Result<Eip1559Constants, ConfigError> {
    if config.optional("chain_op_config", anything)?.is_none()
        && let Ok(chain) = crate::chain(l2_chain_id)
    {
        return Ok(chain.rollup.eip1559);
    }
    let why = "the base fee is computed by dividing by it";
    Ok(Eip1559Constants {
        elasticity: config.required("chain_op_config.eip1559Elasticity", positive(why))?,
        denominator: config.required("chain_op_config.eip1559Denominator", positive(why))?,
        denominator_canyon: config
            .required("chain_op_config.eip1559DenominatorCanyon", positive(why))?,
    })
}

fn refuse_alt_da(config: &Json) -> Result<(), ConfigError> {
    for key in ["alt_da", "plasma_config"] {
        if config.optional(key, anything)?.is_some() {
            return Err(at_fault(key, Fault::AltDa));
        }
    }
    // Older files: there on every chain, set on those with alt-DA.
    let key = "da_challenge_contract_address";
    if config
        .optional(key, bytes::<20>)?
        .is_some_and(|address| address != [0; 20])
    {
        return Err(at_fault(key, Fault::AltDa));
    }
    for key in ["use_plasma", "use_alt_da"] {
        if config.optional(key, boolean)? == Some(true) {
            return Err(at_fault(key, Fault::AltDa));
        }
    }
    Ok(())
}

/// Keys of other programs' forms of this file, of which only the value is acceptable that says the same as op-node's form without them.
fn refuse_foreign(config: &Json) -> Result<(), ConfigError> {
    if config
        .optional("granite_channel_timeout", number)?
        .is_some_and(|timeout| timeout != 50)
    {
        return Err(at_fault(
            "granite_channel_timeout",
            Fault::Unsupported {
                instead: "the protocol's value is 50",
            },
        ));
    }
    for (key, instead) in [
        (
            "genesis.system_config.baseFeeScalar",
            "it is part of `scalar`",
        ),
        (
            "genesis.system_config.blobBaseFeeScalar",
            "it is part of `scalar`",
        ),
        (
            "genesis.system_config.eip1559Denominator",
            "give `eip1559Params`",
        ),
        (
            "genesis.system_config.eip1559Elasticity",
            "give `eip1559Params`",
        ),
        (
            "genesis.system_config.operatorFeeScalar",
            "give `operatorFeeParams`",
        ),
        (
            "genesis.system_config.operatorFeeConstant",
            "give `operatorFeeParams`",
        ),
    ] {
        if config.optional(key, anything)?.is_some() {
            return Err(at_fault(key, Fault::Unsupported { instead }));
        }
    }
    Ok(())
}

fn check_keys(config: &Json) -> Result<(), ConfigError> {
    config.check_keys(
        "",
        &[
            "genesis",
            "block_time",
            "max_sequencer_drift",
            "seq_window_size",
            "channel_timeout",
            "l1_chain_id",
            "l2_chain_id",
            "regolith_time",
            "canyon_time",
            "delta_time",
            "ecotone_time",
            "fjord_time",
            "granite_time",
            "holocene_time",
            "isthmus_time",
            "jovian_time",
            "karst_time",
            "lagoon_time",
            "interop_time",
            "pectra_blob_schedule_time",
            "keep_karst_upgrade_gas",
            "batch_inbox_address",
            "deposit_contract_address",
            "l1_system_config_address",
            "chain_op_config",
            "alt_da",
        ],
    )?;
    config.check_keys("genesis", &["l1", "l2", "l2_time", "system_config"])?;
    config.check_keys(
        "genesis.system_config",
        &[
            "batcherAddr",
            "overhead",
            "scalar",
            "gasLimit",
            "eip1559Params",
            "operatorFeeParams",
            "minBaseFee",
            "daFootprintGasScalar",
        ],
    )?;
    config.check_keys(
        "chain_op_config",
        &[
            "eip1559Elasticity",
            "eip1559Denominator",
            "eip1559DenominatorCanyon",
        ],
    )
}

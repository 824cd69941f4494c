//! `l2-chain-config.json`.

use super::{
    ConfigError, Fault,
    document::{Json, at_fault, number},
};
use hoike_protocol::{Fork, RollupConfig, rules::KarstEvm};

/// Reads an L2 chain config in geth's form, which is what op-program executes by (local key 6), and checks it against the rollup config, by which
/// the chain is derived. The result is the EVM of Karst's blocks: Osaka where the config schedules Osaka together with Karst, as op-node's tools
/// write it, or has no Karst; Prague where Karst comes without Osaka, since geth gives no other meaning to such a config.
///
/// All that this config could add is the time of a fork, so any time that is not the rollup config's is refused: one of the two files is wrong.
///
/// # Errors
/// The first field that cannot be used, and why.
pub fn l2_config_json(json: &[u8], rollup: &RollupConfig) -> Result<KarstEvm, ConfigError> {
    let config = Json::parse(json)?;
    check_keys(&config)?;
    let same = |path: &'static str, found: Option<u64>, rollup: Option<u64>| {
        if found == rollup {
            Ok(())
        } else {
            Err(at_fault(path, Fault::Disagrees { found, rollup }))
        }
    };
    let chain_id = config.required("chainId", number)?;
    same("chainId", Some(chain_id), Some(rollup.l2_chain_id))?;
    for (path, fork) in FORKS {
        same(
            path,
            config.optional(path, number)?,
            rollup.schedule.time_of(fork),
        )?;
    }
    if let Some(bedrock) = config.optional("bedrockBlock", number)?
        && bedrock > rollup.genesis.l2.number
    {
        return Err(at_fault(
            "bedrockBlock",
            Fault::Unsupported {
                instead: "Bedrock must be active at the rollup's genesis",
            },
        ));
    }
    let lagoon = match config.optional("lagoonTime", number)? {
        Some(time) => Some(time),
        None => config.optional("interopTime", number)?,
    };
    same("lagoonTime", lagoon, rollup.schedule.time_of(Fork::Lagoon))?;
    for (path, constant) in [
        ("optimism.eip1559Elasticity", rollup.eip1559.elasticity),
        ("optimism.eip1559Denominator", rollup.eip1559.denominator),
        (
            "optimism.eip1559DenominatorCanyon",
            rollup.eip1559.denominator_canyon,
        ),
    ] {
        if let Some(found) = config.optional(path, number)? {
            same(path, Some(found), Some(constant))?;
        }
    }
    let karst = rollup.schedule.time_of(Fork::Karst);
    let osaka = config.optional("osakaTime", number)?;
    if osaka.is_some() {
        same("osakaTime", osaka, karst)?;
    }
    Ok(match (karst, osaka) {
        (Some(_), None) => KarstEvm::Prague,
        (Some(_), Some(_)) | (None, _) => KarstEvm::Osaka,
    })
}

fn check_keys(config: &Json) -> Result<(), ConfigError> {
    let mut known = [""; FORKS.len() + OTHERS.len()];
    let names = FORKS.iter().map(|(name, _)| *name).chain(OTHERS);
    for (slot, name) in known.iter_mut().zip(names) {
        *slot = name;
    }
    config.check_keys("", &known)?;
    config.check_keys(
        "optimism",
        &[
            "eip1559Elasticity",
            "eip1559Denominator",
            "eip1559DenominatorCanyon",
        ],
    )
}

/// What each fork time is the time of. An Ethereum fork comes to L2 with the fork that adopts it.
const FORKS: [(&str, Fork); 12] = [
    ("regolithTime", Fork::Regolith),
    ("canyonTime", Fork::Canyon),
    ("shanghaiTime", Fork::Canyon),
    ("ecotoneTime", Fork::Ecotone),
    ("cancunTime", Fork::Ecotone),
    ("fjordTime", Fork::Fjord),
    ("graniteTime", Fork::Granite),
    ("holoceneTime", Fork::Holocene),
    ("isthmusTime", Fork::Isthmus),
    ("pragueTime", Fork::Isthmus),
    ("jovianTime", Fork::Jovian),
    ("karstTime", Fork::Karst),
];
const OTHERS: [&str; 6] = [
    "chainId",
    "bedrockBlock",
    "osakaTime",
    "lagoonTime",
    "interopTime",
    "optimism",
];

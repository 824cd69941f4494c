//! The form of op-program's own host.

use super::{Flags, Job, Mode, endpoints};
use crate::{
    args::HostOpProgram,
    configs::{self, Stopped, data, read, usage},
};
use hoike_host::{Local, LocalChain};
use hoike_protocol::{
    RollupConfig, Rules,
    rules::{KarstEvm, Variants},
};

pub(super) fn job(args: &HostOpProgram) -> Result<Job, Stopped> {
    let mut l2 = args.l2.clone();
    // One more of them; alone it does not make a run that fetches.
    if !l2.is_empty() {
        l2.extend(args.l2_experimental.clone());
    }
    let endpoints = endpoints(("--l1", &args.l1), &args.l1_beacon, ("--l2", &l2))?;
    if args.l2_agreed_prestate.is_some() {
        return Err(usage(
            "--l2.agreed-prestate: programs about several chains are not there yet",
        ));
    }
    let agreed_output_root = args
        .l2_outputroot
        .ok_or_else(|| usage("--l2.outputroot is missing"))?;
    let rollup_file = one(ROLLUP_CONFIG, &args.rollup_config)?;
    let l2_file = one(L2_GENESIS, &args.l2_genesis)?;
    let rollup_json = rollup_file
        .map(|path| read(ROLLUP_CONFIG, path))
        .transpose()?;
    let l2_json = l2_file
        .map(|path| configs::chain_config(L2_GENESIS, &read(L2_GENESIS, path)?))
        .transpose()?;
    let l1_json = args
        .l1_chainconfig
        .as_deref()
        .map(|path| configs::chain_config(L1_CONFIG, &read(L1_CONFIG, path)?))
        .transpose()?;
    let rollup = match &rollup_json {
        Some(json) => configs::rollup(ROLLUP_CONFIG, json)?,
        None => network(args)?,
    };
    let l1 = configs::l1(L1_CONFIG, &rollup, l1_json.as_ref().map(|json| &json[..]))?;
    let karst_evm = match &l2_json {
        Some(json) => hoike_registry::l2_config_json(json, &rollup)
            .map_err(|why| data(format_args!("{L2_GENESIS}: {why}")))?,
        None => KarstEvm::default(),
    };
    Ok(Job {
        mode: if args.server {
            Mode::Server
        } else {
            Mode::Native
        },
        data_dir: args.datadir.clone(),
        endpoints,
        fetching: args.fetching,
        metrics: args.metrics,
        format: args.data_format.into(),
        local: Local {
            l1_head: args.l1_head,
            agreed_output_root,
            claimed_output_root: args.l2_claim,
            claimed_block: args.l2_blocknumber,
            chain: match (args.l2_custom, l2_json, rollup_json, l1_json) {
                (false, ..) => LocalChain::OpProgram {
                    id: rollup.l2_chain_id,
                },
                (true, Some(l2_config), Some(rollup_config), Some(l1_config)) => {
                    LocalChain::OpProgramCustom {
                        l2_config,
                        rollup_config: rollup_config.into(),
                        l1_config,
                    }
                }
                (true, ..) => {
                    return Err(usage(
                        "--l2.custom needs --rollup.config, --l2.genesis and --l1.chainconfig, which the program is to read",
                    ));
                }
            },
        },
        rules: Rules {
            rollup,
            l1,
            variants: Variants {
                karst_evm,
                ..Variants::default()
            },
        },
        agreed_head: args.l2_head,
        flags: &FLAGS,
    })
}

/// The only one, if there is any: op-program takes lists for programs about several chains.
fn one<'a, T>(flag: &str, values: &'a [T]) -> Result<Option<&'a T>, Stopped> {
    match values {
        [] => Ok(None),
        [value] => Ok(Some(value)),
        [..] => Err(usage(format_args!(
            "{flag} has {} values: programs about several chains are not there yet",
            values.len()
        ))),
    }
}

/// A chain of the registry, by number or by name.
fn network(args: &HostOpProgram) -> Result<RollupConfig, Stopped> {
    let network = one("--network", &args.network)?
        .ok_or_else(|| usage("which chain? --network or --rollup.config"))?;
    let chain = configs::registered("--network", network, ROLLUP_CONFIG)?;
    Ok(chain.rollup.clone())
}

const ROLLUP_CONFIG: &str = "--rollup.config";
const L1_CONFIG: &str = "--l1.chainconfig";
const L2_GENESIS: &str = "--l2.genesis";

static FLAGS: Flags = Flags {
    data_dir: "--datadir",
    agreed_head: "--l2.head",
    agreed_root: "--l2.outputroot",
};

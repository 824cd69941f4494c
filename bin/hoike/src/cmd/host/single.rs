//! kona-host's form: one chain.

use super::{Flags, Job, Mode, endpoints};
use crate::{
    args::HostSingle,
    configs::{self, Stopped, read, usage},
};
use alloy_primitives::Bytes;
use hoike_host::{Local, LocalChain};
use hoike_protocol::{RollupConfig, Rules, rules::Variants};

pub(super) fn job(args: &HostSingle) -> Result<Job, Stopped> {
    let endpoints = endpoints(
        ("--l1-node-address", &args.l1_node_address),
        &args.l1_beacon_address,
        ("--l2-node-address", &args.l2_node_address),
    )?;
    let file = |flag, path: &Option<_>| path.as_deref().map(|path| read(flag, path)).transpose();
    let rollup_json = file(ROLLUP_CONFIG, &args.rollup_config_path)?;
    let l1_json = file(L1_CONFIG, &args.l1_config_path)?
        .map(|json| configs::chain_config(L1_CONFIG, &json))
        .transpose()?;
    let rollup = rollup(args, rollup_json.as_deref())?;
    let l1 = configs::l1(L1_CONFIG, &rollup, l1_json.as_ref().map(|json| &json[..]))?;
    Ok(Job {
        mode: if args.native {
            Mode::Native
        } else {
            Mode::Server
        },
        data_dir: args.data_dir.clone(),
        endpoints,
        fetching: args.fetching,
        metrics: args.metrics,
        format: args.data_format.into(),
        local: Local {
            l1_head: args.l1_head,
            agreed_output_root: args.agreed_l2_output_root,
            claimed_output_root: args.claimed_l2_output_root,
            claimed_block: args.claimed_l2_block_number,
            chain: LocalChain::Kona {
                id: rollup.l2_chain_id,
                rollup_config: rollup_json.map(Bytes::from),
                l1_config: l1_json,
            },
        },
        rules: Rules {
            rollup,
            l1,
            variants: Variants::default(),
        },
        agreed_head: args.agreed_l2_head_hash,
        flags: &FLAGS,
    })
}

/// From the file's content, or the registry.
fn rollup(args: &HostSingle, json: Option<&[u8]>) -> Result<RollupConfig, Stopped> {
    match (json, args.l2_chain_id) {
        (Some(json), _) => configs::rollup(ROLLUP_CONFIG, json),
        (None, Some(id)) => {
            let chain = configs::registered("--l2-chain-id", &id.to_string(), ROLLUP_CONFIG)?;
            Ok(chain.rollup.clone())
        }
        (None, None) => Err(usage("which chain? --l2-chain-id or --rollup-config-path")),
    }
}

const ROLLUP_CONFIG: &str = "--rollup-config-path";
const L1_CONFIG: &str = "--l1-config-path";

static FLAGS: Flags = Flags {
    data_dir: "--data-dir",
    agreed_head: "--agreed-l2-head-hash",
    agreed_root: "--agreed-l2-output-root",
};

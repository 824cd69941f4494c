//! `hoike host`: preimages for a fault proof program.

use crate::{
    args::{DataFormat, Host, HostMode, HostSingle},
    exit::Exit,
};
use alloy_primitives::Bytes;
use hoike_host::{
    Local, Offline, Pipes, serve,
    store::{Disk, Format},
};
use hoike_native::Native;
use hoike_preimage::Verified;
use hoike_program::{Boot, Claim, Verdict};
use hoike_protocol::{Rules, rules::Variants};
use std::{
    error::Error,
    fs::{self, File},
    io::{self, Write},
    path::Path,
    sync::Arc,
};

/// Serves, or runs the program, as the arguments say.
pub(crate) fn run(args: &Host) -> Exit {
    let HostMode::Single(args) = &args.mode;
    match single(args) {
        Ok(exit) => exit,
        Err((exit, why)) => {
            // Not `eprintln!`, which panics where nobody listens.
            let _nobody_listens = writeln!(io::stderr(), "hoike host: {why}");
            exit
        }
    }
}

type Stopped = (Exit, String);

fn data(why: impl ToString) -> Stopped {
    (Exit::Data, why.to_string())
}

fn single(args: &HostSingle) -> Result<Exit, Stopped> {
    for (flag, address) in [
        ("--l1-node-address", &args.l1_node_address),
        ("--l1-beacon-address", &args.l1_beacon_address),
        ("--l2-node-address", &args.l2_node_address),
    ] {
        if address.is_some() {
            let why = format!(
                "{flag}: fetching from endpoints is not there yet; without endpoints the data directory is served as it is"
            );
            return Err((Exit::Usage, why));
        }
    }
    let read = |path: &Path| {
        fs::read(path)
            .map_err(|cause| data(format_args!("cannot read {}: {cause}", path.display())))
    };
    let rollup = args.rollup_config_path.as_deref().map(read).transpose()?;
    let l1 = args.l1_config_path.as_deref().map(read).transpose()?;
    let rules = rules(args, rollup.as_deref(), l1.as_deref())?;
    let local = Local {
        l1_head: args.l1_head,
        agreed_output_root: args.agreed_l2_output_root,
        claimed_output_root: args.claimed_l2_output_root,
        claimed_block: args.claimed_l2_block_number,
        chain_id: rules.rollup.l2_chain_id,
        rollup_config: rollup.map(Bytes::from),
        l1_config: l1.map(Bytes::from),
    };
    let format = match args.data_format {
        DataFormat::Directory => Format::Directory,
        DataFormat::File => Format::File,
    };
    let disk = Disk::open(&args.data_dir, format).map_err(data)?;
    if args.native {
        native(&Offline::new(disk, local.clone()), &local, rules, args)
    } else {
        serve(
            descriptors().map_err(|why| (Exit::Usage, why))?,
            Arc::new(Offline::new(disk, local)),
        )
        .map_err(data)?;
        Ok(Exit::Valid)
    }
}

/// An error with its causes, as far as its text does not have theirs already.
fn whole(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(next) = cause {
        let why = next.to_string();
        if !text.contains(&why) {
            text = format!("{text}: {why}");
        }
        cause = next.source();
    }
    text
}

/// The chain's rules, from files or the registry.
fn rules(args: &HostSingle, rollup: Option<&[u8]>, l1: Option<&[u8]>) -> Result<Rules, Stopped> {
    let rollup = match (rollup, args.l2_chain_id) {
        (Some(json), _) => hoike_registry::rollup_config(json)
            .map_err(|why| data(format_args!("--rollup-config-path: {why}")))?,
        (None, Some(id)) => hoike_registry::chain(id)
            .map_err(|why| {
                let why = format!("--l2-chain-id: {why}: give its --rollup-config-path");
                (Exit::Usage, why)
            })?
            .rollup
            .clone(),
        (None, None) => {
            return Err((
                Exit::Usage,
                "which chain? --l2-chain-id or --rollup-config-path".into(),
            ));
        }
    };
    let l1 = match l1 {
        Some(json) => hoike_registry::l1_config_json(json)
            .map_err(|why| data(format_args!("--l1-config-path: {why}")))?,
        None => hoike_registry::l1_config(rollup.l1_chain_id).ok_or_else(|| {
            let id = rollup.l1_chain_id;
            (
                Exit::Usage,
                format!("L1 chain {id} is not in the registry: give its --l1-config-path"),
            )
        })?,
    };
    if l1.chain_id != rollup.l1_chain_id {
        return Err(data(format_args!(
            "--l1-config-path is of chain {}, but the rollup config is of one on chain {}",
            l1.chain_id, rollup.l1_chain_id
        )));
    }
    let variants = Variants::default();
    Ok(Rules {
        rollup,
        l1,
        variants,
    })
}

/// The pipes, as op-challenger's VMs hand them over. Opened anew by name: whose they were before is not for this process to know.
fn descriptors() -> Result<Pipes<File, File>, String> {
    let open = |number: u8, write: bool| {
        let path = format!("/dev/fd/{number}");
        let file = File::options().read(!write).write(write).open(&path);
        file.map_err(|cause| format!("--server: file descriptor {number} cannot be used: {cause}; 3 to 6 have to be pipes, as a VM hands them over"))
    };
    Ok(Pipes {
        hint_read: open(3, false)?,
        hint_write: open(4, true)?,
        preimage_read: open(5, false)?,
        preimage_write: open(6, true)?,
    })
}

/// The program in this process, with everything checked.
fn native(
    offline: &Offline,
    local: &Local,
    rules: Rules,
    args: &HostSingle,
) -> Result<Exit, Stopped> {
    let claim = Claim {
        l1_head: local.l1_head,
        agreed_output_root: local.agreed_output_root,
        claimed_output_root: local.claimed_output_root,
        claimed_block: local.claimed_block,
    };
    let boot = Boot { claim, rules };
    let mut oracle = Verified::new(offline, hoike_kzg::Native);
    let outcome = hoike_program::run(&boot, &mut oracle, &mut Native::new(), &mut ());
    let outcome = outcome.map_err(|error| data(whole(&error)))?;
    if let Some(hash) = args
        .agreed_l2_head_hash
        .filter(|hash| *hash != outcome.agreed.hash)
    {
        return Err(data(format_args!(
            "--agreed-l2-head-hash is {hash}, but --agreed-l2-output-root is the root of {}",
            outcome.agreed.hash
        )));
    }
    let (word, exit) = match outcome.verdict {
        Verdict::Valid => ("VALID", Exit::Valid),
        Verdict::Invalid { .. } => ("INVALID", Exit::Invalid),
    };
    let text = format!(
        "{word} block {} of chain {}: claimed {}, computed {} at block {}\n",
        local.claimed_block,
        local.chain_id,
        local.claimed_output_root,
        outcome.output_root,
        outcome.compared.number
    );
    let _closed_early = io::stdout().write_all(text.as_bytes());
    Ok(exit)
}

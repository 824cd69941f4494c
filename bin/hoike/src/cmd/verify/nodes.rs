//! A claim from nodes: find its ends, fetch, judge, say what it rests on.

use super::{exit_of, karst_evm, variants};
use crate::{
    args::{Endpoints, Verify},
    configs::{self, Stopped, data, read, usage},
    exit::Exit,
    fetching::{self, Shown},
    journal::Journal,
    output::{complain, no_verdict, print},
    report::{self, Judged, Nodes, Report},
};
use hoike_claims::{Configs, Entry, Folder};
use hoike_host::{
    Local, LocalChain, Online, Plan, PlanError, Wish,
    fetch::{Addresses, Fetch, Layer},
    judge,
    net::with_causes,
    store::{Disk, Format},
};
use hoike_preimage::Memory;
use hoike_program::{Boot, Claim, Outcome};
use hoike_protocol::{Rules, rules::Variants};
use std::{fs, path::Path, sync::Arc, time::Instant};

/// Judges the block that the arguments name.
pub(super) fn run(args: &Verify, block: u64) -> Exit {
    match verify(args, block) {
        Ok(exit) => exit,
        Err((exit, why)) => {
            no_verdict(&why);
            if args.json {
                print(&report::error_json(&format!("block {block}"), None, &why));
            }
            exit
        }
    }
}

/// The chain, and the files that say so.
struct Chain {
    rules: Rules,
    name: String,
    configs: Configs,
}

fn verify(args: &Verify, block: u64) -> Result<Exit, Stopped> {
    let begun = Instant::now();
    let flags = &args.endpoints;
    let chain = chain(args)?;
    // What cannot be kept in the end had better be known before anything is fetched.
    if let Some(folder) = &flags.save {
        writable(folder)?;
    }
    let disk = flags
        .data_dir
        .as_deref()
        .map(|path| Disk::open(path, Format::Directory).map_err(data));
    let disk = disk.transpose()?;
    let runtime = fetching::runtime().map_err(data)?;
    let addresses = Addresses {
        l1: flags.l1.clone(),
        beacon: flags.beacon.clone(),
        l2: flags.l2.clone(),
    };
    let fetch = Fetch::new(&addresses, args.fetching.settings()).map_err(usage)?;
    let fetch = Arc::new(fetch);
    let from = flags.from.unwrap_or(block.saturating_sub(1));
    let wish = Wish {
        block,
        from,
        claimed_root: flags.claim_root,
        agreed_root: flags.agreed_root,
        l1_head: flags.l1_head,
    };
    let shown = Shown::start(flags.progress);
    let mut reach = REACH;
    let mut plan = runtime
        .block_on(Plan::make(&fetch, &chain.rules, &wish, reach))
        .map_err(|why| (exit_of_plan(&why), why.to_string()))?;
    let mut claim = Claim {
        l1_head: plan.l1_head.hash(),
        agreed_output_root: plan.agreed_root,
        claimed_output_root: plan.claimed_root,
        claimed_block: block,
    };
    let local = Local {
        l1_head: claim.l1_head,
        agreed_output_root: claim.agreed_output_root,
        claimed_output_root: claim.claimed_output_root,
        claimed_block: block,
        chain: LocalChain::Kona {
            id: chain.rules.rollup.l2_chain_id,
            rollup_config: None,
            l1_config: None,
        },
    };
    let mut online = Arc::new(Online::new(
        runtime.handle().clone(),
        Arc::clone(&fetch),
        disk,
        local,
        chain.rules.clone(),
        Some(plan.agreed),
    ));
    let (outcome, stats, read, journal) = loop {
        shown.watch(&online, from, block);
        let boot = Boot {
            claim,
            rules: chain.rules.clone(),
        };
        let (outcome, stats, read, journal) = one(&runtime, &online, &boot)?;
        // Not derived yet: the data may be further on, as far as the sequencing window goes. A head that was given is not ours to move.
        let short = outcome.compared.number < block && flags.l1_head.is_none();
        if !short || plan.l1_head.number >= plan.l1_newest.number {
            break (outcome, stats, read, journal);
        }
        reach = reach.saturating_mul(4);
        runtime
            .block_on(plan.reach(&fetch, reach))
            .map_err(|why| (exit_of_plan(&why), why.to_string()))?;
        claim.l1_head = plan.l1_head.hash();
        online = Arc::new(online.on_head(claim.l1_head));
    };
    drop(shown);
    if outcome.compared.number < block && flags.l1_head.is_none() {
        return Err((
            Exit::Endpoint,
            format!(
                "the L1 node's chain, up to block {}, lets derive L2 block {} and no further: the data of block {block} is not on L1 yet; wait, or say by --l1-head which L1 block is to count as the last",
                plan.l1_head.number, outcome.compared.number
            ),
        ));
    }
    let load = begun.elapsed();
    let entry = Entry::new(&claim, &outcome.agreed);
    let witness = read
        .to_witness()
        .ok_or_else(|| (Exit::Data, "a value is too long for a witness".to_owned()))?;
    let name = format!("{}-{block}", chain.name.replace(' ', "-"));
    if let Some(folder) = &flags.save {
        let entries = [entry.clone()];
        Folder::write(
            folder,
            &name,
            &chain.rules,
            &chain.configs,
            &entries,
            &witness,
        )
        .map_err(data)?;
    }
    let folder =
        Folder::in_memory(&name, &chain.name, &chain.rules, vec![entry], witness).map_err(data)?;
    let judged = Judged {
        outcome,
        journal,
        stats,
        trusted: false,
        karst_evm: karst_evm(&chain.rules),
    };
    let nodes = nodes(flags, &plan, &fetch);
    let spent = judged.journal.start + judged.journal.derive + judged.journal.execute;
    let report = Report {
        folder: &folder,
        index: 0,
        entry: &folder.claims[0],
        judged: &judged,
        load: load.saturating_sub(spent + judged.journal.finish),
        nodes: Some(&nodes),
    };
    print(&if args.json {
        report.json()
    } else {
        report.text()
    });
    if let Some(folder) = &flags.save {
        complain(format_args!("hoike: kept as {}", folder.display()));
    }
    Ok(exit_of(&judged.outcome.verdict))
}

/// One run, with everything fetched ahead of it.
fn one(
    runtime: &tokio::runtime::Runtime,
    online: &Arc<Online>,
    boot: &Boot,
) -> Result<(Outcome, hoike_preimage::Stats, Memory, Journal), Stopped> {
    let ahead = online.ahead();
    let task = runtime.spawn(ahead);
    let mut journal = Journal::new();
    let mut read = Memory::default();
    let judged = judge(online, boot, &mut journal, Some(&mut read));
    task.abort();
    journal.stop();
    match judged {
        Ok((outcome, stats)) => Ok((outcome, stats, read, journal)),
        Err(error) => Err((fetching::exit_of(&error), with_causes(&error))),
    }
}

/// What the verdict rests on.
fn nodes(flags: &Endpoints, plan: &Plan, fetch: &Fetch) -> Nodes {
    let mut trusted = Vec::new();
    let l1 = fetch.names(Layer::L1).join(", ");
    let l2 = fetch.names(Layer::L2).join(", ");
    let head = plan.l1_head.number;
    let newest = plan.l1_newest.number;
    let depth = match plan.l1_finalized {
        Some(finalized) if head <= finalized => "finalized".to_owned(),
        Some(_) | None => format!(
            "{} below its newest, not finalized",
            newest.saturating_sub(head)
        ),
    };
    trusted.push((
        "L1 head",
        match flags.l1_head {
            Some(_) => "as given by --l1-head".to_owned(),
            None => format!("block {head} of {l1}, {depth}"),
        },
    ));
    trusted.push((
        "agreed output root",
        match flags.agreed_root {
            Some(_) => "as given by --agreed-root".to_owned(),
            None => format!("computed from the header that {l2} has at this number"),
        },
    ));
    if flags.claim_root.is_none() {
        trusted.push((
            "nothing else",
            format!("the claim is the block of {l2}, and is judged"),
        ));
    }
    let meter = fetch.meter();
    Nodes {
        trusted,
        head,
        l1_newest: newest,
        l1_finalized: plan.l1_finalized,
        requests: meter.requests(),
        retries: meter.retries(),
        bytes: meter.received_bytes(),
        waited: meter.waited(),
        methods: meter
            .methods()
            .into_iter()
            .map(|((role, method), count)| (format!("{} {method}", role.name()), count))
            .collect(),
    }
}

fn chain(args: &Verify) -> Result<Chain, Stopped> {
    let flags = &args.endpoints;
    let file = |flag, path: &Option<_>| path.as_deref().map(|path| read(flag, path)).transpose();
    let given = Configs {
        rollup: file(ROLLUP_CONFIG, &flags.rollup_config)?,
        l1: file(L1_CONFIG, &flags.l1_config)?,
        l2: file(L2_CONFIG, &flags.l2_config)?
            .map(|json| configs::chain_config(L2_CONFIG, &json).map(Into::into))
            .transpose()?,
    };
    let (rollup, name) = match (&given.rollup, &flags.chain) {
        (Some(json), _) => {
            let rollup = configs::rollup(ROLLUP_CONFIG, json)?;
            let name = format!("chain {}", rollup.l2_chain_id);
            (rollup, name)
        }
        (None, Some(chain)) => {
            let found = configs::registered("--chain", chain, ROLLUP_CONFIG)?;
            (found.rollup.clone(), found.name.to_owned())
        }
        (None, None) => return Err(usage("which chain? --chain or --rollup-config")),
    };
    let l1 = configs::l1(L1_CONFIG, &rollup, given.l1.as_deref())?;
    let mut of_configs = Variants::default();
    if let Some(json) = &given.l2 {
        of_configs.karst_evm = hoike_registry::l2_config_json(json, &rollup)
            .map_err(|why| data(format_args!("{L2_CONFIG}: {why}")))?;
    }
    Ok(Chain {
        rules: Rules {
            rollup,
            l1,
            variants: variants(args, &of_configs),
        },
        name,
        configs: given,
    })
}

const fn exit_of_plan(why: &PlanError) -> Exit {
    match why {
        PlanError::Order { .. }
        | PlanError::NotDerived { .. }
        | PlanError::BeforeGenesis { .. } => Exit::Usage,
        PlanError::AgreedRoot { .. } | PlanError::OldHead { .. } => Exit::Usage,
        PlanError::Future { .. }
        | PlanError::AgreedInFuture { .. }
        | PlanError::UnknownHead { .. }
        | PlanError::Foreign { .. }
        | PlanError::Endpoint(_) => Exit::Endpoint,
    }
}

/// That a folder can be made there, and has no claim yet.
fn writable(folder: &Path) -> Result<(), Stopped> {
    let fault = |why: String| (Exit::Data, format!("--save: {}: {why}", folder.display()));
    if folder.join("claim.json").exists() {
        return Err(fault("there is a claim already: give a new folder".into()));
    }
    fs::create_dir_all(folder).map_err(|cause| fault(cause.to_string()))?;
    let probe = folder.join(format!(".{}.tmp", std::process::id()));
    fs::write(&probe, [])
        .and_then(|()| fs::remove_file(&probe))
        .map_err(|cause| fault(cause.to_string()))
}

const ROLLUP_CONFIG: &str = "--rollup-config";
const L1_CONFIG: &str = "--l1-config";
const L2_CONFIG: &str = "--l2-config";
/// L1 blocks beyond the claimed block's origin that are taken at first: batchers post within minutes.
const REACH: u64 = 32;

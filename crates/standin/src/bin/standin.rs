//! Serves a claim folder until it is killed.

use clap::{Parser, ValueEnum};
use hoike_claims::Folder;
use hoike_standin::{Data, Options, Plan, Profile, Standin};
use std::{path::PathBuf, process::ExitCode, sync::Arc, thread, time::Duration};

/// Serves a claim folder as the nodes it came from.
#[derive(Parser, Debug)]
struct Args {
    /// The claim folder.
    folder: PathBuf,
    /// Which of its claims, from 0.
    #[arg(long, default_value_t = 0)]
    claim: usize,
    /// The L2 node's client.
    #[arg(long, value_enum, default_value = "op-geth")]
    profile: Client,
    /// The least time from a request to its answer, in milliseconds.
    #[arg(long, default_value_t = 0)]
    latency_ms: u64,
    /// Of a thousand requests so many meet a fault.
    #[arg(long, default_value_t = 0)]
    faults_per_mille: u32,
    /// Chooses the faults.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// A method that does not exist, such as l1:debug_*; may be repeated.
    #[arg(long)]
    without: Vec<String>,
    /// Ports of L1, beacon and L2.
    #[arg(long, value_delimiter = ',')]
    ports: Option<Vec<u16>>,
}

#[derive(ValueEnum, Clone, Copy, Debug)]
enum Client {
    OpGeth,
    OpReth,
    Nethermind,
    Erigon,
}

fn main() -> ExitCode {
    match serve(&Args::parse()) {
        Ok(never) => match never {},
        Err(why) => {
            eprintln!("standin: {why}");
            ExitCode::FAILURE
        }
    }
}

fn serve(args: &Args) -> Result<std::convert::Infallible, String> {
    let ports = match &args.ports {
        None => None,
        Some(ports) => {
            let ports = ports.as_slice().try_into();
            Some(ports.map_err(|_| "--ports takes three: L1, beacon, L2")?)
        }
    };
    let folder = Folder::read(&args.folder).map_err(|why| why.to_string())?;
    let data = Arc::new(Data::build(&folder, args.claim)?);
    let faults = Plan {
        seed: args.seed,
        rate_per_mille: args.faults_per_mille,
        ..Plan::default()
    };
    let options = Options {
        profile: match args.profile {
            Client::OpGeth => Profile::OpGeth,
            Client::OpReth => Profile::OpReth,
            Client::Nethermind => Profile::Nethermind,
            Client::Erigon => Profile::Erigon,
        },
        latency: Duration::from_millis(args.latency_ms),
        without: args.without.clone(),
        faults: (args.faults_per_mille > 0).then_some(faults),
        ports,
        ..Options::default()
    };
    let nodes = Standin::serve(&data, options)?;
    describe(args, &folder, &nodes);
    loop {
        thread::park();
    }
}

fn describe(args: &Args, folder: &Folder, nodes: &Standin) {
    let (claim, agreed) = (nodes.data().claim(), nodes.data().agreed());
    let (lowest, head) = nodes.data().l1_range();
    println!("{}, claim {}", folder.name, args.claim);
    println!(
        "  agreed   {} at {} ({})",
        claim.agreed_output_root, agreed.number, agreed.hash
    );
    println!(
        "  claimed  {} at {}",
        claim.claimed_output_root, claim.claimed_block
    );
    println!("  L1       {lowest} to {head} ({})", claim.l1_head);
    println!("  L2 head  {}", nodes.data().l2_head());
    if let Some(why) = nodes.data().ended() {
        println!("  the run of the claim broke off: {why}");
    }
    let configs = [
        ("--rollup-config", "rollup.json"),
        ("--l1-config", "l1-genesis.json"),
        ("--l2-config", "l2-chain-config.json"),
    ];
    let there = configs.map(|(flag, file)| (flag, args.folder.join(file)));
    let mut chain: String = there
        .iter()
        .filter(|(_, path)| path.is_file())
        .map(|(flag, path)| format!(" {flag} {}", path.display()))
        .collect();
    if chain.is_empty() {
        chain = format!(" --chain {}", folder.rules.rollup.l2_chain_id);
    }
    println!(
        "hoike verify --l1 {} --beacon {} --l2 {} --block {} --from {} --l1-head {} --claim-root {}{chain}",
        nodes.l1(),
        nodes.beacon(),
        nodes.l2(),
        claim.claimed_block,
        agreed.number,
        claim.l1_head,
        claim.claimed_output_root,
    );
}

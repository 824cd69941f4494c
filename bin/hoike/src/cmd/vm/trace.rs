//! `hoike trace`: program and host of a claim in one process.

use super::{Emulator, files, load, outcome};
use crate::{
    args::vm::{Trace as Args, Vm},
    cmd::verify::{EXAMPLE_CLAIM, EXAMPLE_WITNESS},
    configs::{self, Stopped, data, usage},
    exit::Exit,
    output::{complain, print},
};
use alloy_primitives::B256;
use hoike_claims::Folder;
use hoike_host::{Backend, Local, LocalChain, Offline};
use hoike_preimage::PreimageKey;
use hoike_vm::{
    Asterisc, Cannon, Console, Keeper, Machine, NoAnswer, Pattern, Plan, RunError, StepProof,
    World, drive,
};
use std::{convert::Infallible, fmt::Write as _, fs, path::Path, time::Instant};

/// Does what the arguments say.
pub(crate) fn run(args: &Args) -> Exit {
    let done = match (&args.differ, args.vm) {
        (Some(lists), _) => differ(lists),
        (None, Vm::Cannon) => trace::<Cannon>(args),
        (None, Vm::Asterisc) => trace::<Asterisc>(args),
    };
    outcome("trace", done)
}

fn trace<M: Emulator>(args: &Args) -> Result<(), Stopped> {
    let folder = match &args.folder {
        Some(path) => Folder::read(path).map_err(data)?,
        None => Folder::from_bytes("the built-in example", EXAMPLE_CLAIM, EXAMPLE_WITNESS)
            .map_err(data)?,
    };
    let config = |name: &str| {
        let path = args.folder.as_ref()?.join(name);
        path.is_file().then(|| configs::read(name, &path))
    };
    let entry = folder.claims.get(args.claim).ok_or_else(|| {
        usage(format_args!(
            "--claim {}: the folder has {} claims, counted from 0",
            args.claim,
            folder.claims.len()
        ))
    })?;
    let claim = entry.boot(&folder.rules).claim;
    let local = Local {
        l1_head: claim.l1_head,
        agreed_output_root: claim.agreed_output_root,
        claimed_output_root: claim.claimed_output_root,
        claimed_block: claim.claimed_block,
        chain: LocalChain::Kona {
            id: folder.rules.rollup.l2_chain_id,
            rollup_config: config("rollup.json").transpose()?.map(Into::into),
            l1_config: config("l1-genesis.json")
                .transpose()?
                .map(|json| configs::chain_config("l1-genesis.json", &json))
                .transpose()?,
        },
    };
    let mut world = Hosted(Offline::in_memory(folder.witness.iter(), local));
    let path = args.program.as_deref().unwrap_or(Path::new(""));
    let content = files::read(path)?;
    let mut machine: M = if content.starts_with(b"\x7fELF") {
        M::program(&content).map_err(|why| data(format_args!("{}: {why}", path.display())))?
    } else {
        load(path)?
    };
    let plan = Plan {
        info: args
            .every
            .map_or(Pattern::Never, |every| Pattern::Every(every.get())),
        stop: match (args.prove, args.stop) {
            (Some(step), _) => Pattern::At(step.saturating_add(1)),
            (None, Some(step)) => Pattern::At(step),
            (None, None) => Pattern::Never,
        },
        snapshot: args
            .every
            .map_or(Pattern::Never, |every| Pattern::Every(every.get())),
        proof: args.prove.map_or(Pattern::Never, Pattern::At),
        ..Plan::default()
    };
    let (begun, first) = (Instant::now(), machine.steps());
    let ran = drive(&mut machine, &plan, &mut world, &mut Printer);
    let seconds = begun.elapsed().as_secs_f64();
    if let Err(RunError::Step { step, pc, fault }) = ran {
        return Err((
            M::exit_of(&fault),
            format!("failed at step {step} (PC {pc:#x}): {fault}"),
        ));
    }
    let steps = machine.steps();
    if args.prove.is_some_and(|step| step >= steps) {
        return Err(data(format_args!(
            "there is no step {}: the program has exited after {steps}",
            args.prove.unwrap_or_default()
        )));
    }
    let mut said = String::new();
    let _infallible = match machine.exit_code() {
        Some(code) => write!(said, "exited with {code} after {steps} steps"),
        None => write!(said, "stopped before step {steps}"),
    };
    complain(format_args!(
        "hoike trace: {said}, state hash {}, {} pages, {seconds:.2} s, {:.0} M steps/s",
        machine.state_hash(),
        machine.page_count(),
        (steps - first) as f64 / seconds / 1e6,
    ));
    Ok(())
}

/// Prints what a run yields.
struct Printer;

impl<M: Machine> Keeper<M> for Printer {
    type Error = Infallible;

    fn info(&mut self, _: &M) {}

    fn snapshot(&mut self, machine: &mut M) -> Result<(), Infallible> {
        print(&format!("{} {}\n", machine.steps(), machine.state_hash()));
        Ok(())
    }

    fn proof(&mut self, proof: &StepProof) -> Result<(), Infallible> {
        print(&String::from_utf8_lossy(&proof.to_json()));
        Ok(())
    }
}

/// The host in this process.
struct Hosted(Offline);

impl World for Hosted {
    fn hint(&mut self, text: &[u8]) -> Result<(), NoAnswer> {
        self.0.hint(text).map_err(|why| NoAnswer(why.to_string()))
    }

    fn preimage(&mut self, key: B256) -> Result<Vec<u8>, NoAnswer> {
        let no = |why: &dyn std::fmt::Display| NoAnswer(format!("preimage {key}: {why}"));
        let parsed = PreimageKey::from_bytes(key.0).map_err(|why| no(&why))?;
        let value = self.0.preimage(parsed).map_err(|why| no(&why))?;
        Ok(value.to_vec())
    }

    fn print(&mut self, _: u8, text: &[u8]) {
        // Both of the program's streams, piece by piece as it writes: stdout has the hashes.
        Console.print(2, text);
    }
}

/// The first step at which two lists differ.
fn differ(lists: &[std::path::PathBuf]) -> Result<(), Stopped> {
    let [one, other] = lists else {
        return Err(usage("--differ takes two lists"));
    };
    let (a, b) = (list(one)?, list(other)?);
    let steps = |list: &[(u64, B256)]| list.iter().map(|(step, _)| *step).collect::<Vec<_>>();
    let common = a.len().min(b.len());
    if steps(&a)[..common] != steps(&b)[..common] {
        return Err(data(format_args!(
            "{} and {} are of different steps: make them with the same --every",
            one.display(),
            other.display()
        )));
    }
    let first = a.iter().zip(&b).find(|((_, one), (_, other))| one != other);
    let said = match first {
        Some(((step, one), (_, other))) => {
            let before = a
                .iter()
                .map(|(at, _)| *at)
                .take_while(|at| at < step)
                .last();
            format!(
                "the first difference is before step {step}: {one} and {other}{}\n",
                before.map_or(String::new(), |at| format!(
                    "; before step {at} both are alike"
                ))
            )
        }
        None if a.len() == b.len() => format!("all {common} state hashes are alike\n"),
        None => {
            let (longer, list) = if a.len() > b.len() {
                (one, &a)
            } else {
                (other, &b)
            };
            format!(
                "the first {common} state hashes are alike; {} goes on with step {}\n",
                longer.display(),
                list[common].0
            )
        }
    };
    print(&said);
    Ok(())
}

fn list(path: &Path) -> Result<Vec<(u64, B256)>, Stopped> {
    let text = fs::read_to_string(path)
        .map_err(|cause| data(format_args!("cannot read {}: {cause}", path.display())))?;
    text.lines()
        .map(|line| {
            let (step, hash) = line.split_once(' ')?;
            Some((step.parse().ok()?, hash.trim().parse().ok()?))
        })
        .collect::<Option<Vec<_>>>()
        .ok_or_else(|| {
            data(format_args!(
                "{} is no list of steps and state hashes",
                path.display()
            ))
        })
}

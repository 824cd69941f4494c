//! `hoike cannon` and `hoike asterisc`: fault proof VMs with the originals' command lines and files.

mod asterisc;
mod cannon;
mod files;
mod trace;

pub(crate) use asterisc::run as asterisc;
pub(crate) use cannon::run as cannon;
pub(crate) use trace::run as trace;

use crate::{
    args::vm::{Run, Witness},
    configs::{Stopped, data},
    exit::Exit,
    output::{complain, print},
};
use alloy_primitives::hex;
use files::{Target, packed};
use hoike_vm::{Console, Keeper, Machine, Plan, RunError, Server, StepProof, Symbol, World, drive};
use serde::Deserialize;
use std::{fs, path::Path, time::Instant};

/// What the command line needs beyond running.
trait Emulator: Machine + Sized {
    /// The command's name.
    const NAME: &'static str;

    /// Reads a state out of a file's content, not packed any more.
    fn read(name: &Path, content: &[u8]) -> Result<Self, String>;

    /// A program as it begins, out of its ELF file.
    fn program(elf: &[u8]) -> Result<Self, String>;

    /// The content of a state's file of this name; the last one of a run may have more to say.
    fn write(&mut self, name: &Path, last: bool) -> Result<Vec<u8>, String>;

    /// What `witness` prints.
    fn witness_json(&mut self) -> String;

    /// Begins to keep statistics.
    fn keep_statistics(self) -> Self;

    /// The statistics, if there are any.
    fn statistics(&self) -> Option<String>;

    /// What a step that cannot be done ends with.
    fn exit_of(fault: &Self::Fault) -> Exit;
}

/// Does it, and says what went wrong.
fn outcome(name: &str, done: Result<(), Stopped>) -> Exit {
    match done {
        Ok(()) => Exit::Valid,
        Err((exit, why)) => {
            complain(format_args!("hoike {name}: {why}"));
            exit
        }
    }
}

fn load<M: Emulator>(path: &Path) -> Result<M, Stopped> {
    let content = files::read(path)?;
    M::read(path, &content)
        .map_err(|why| data(format_args!("{} is no state: {why}", path.display())))
}

fn witness<M: Emulator>(args: &Witness) -> Result<(), Stopped> {
    let mut machine: M = load(&args.input)?;
    if let Some(path) = &args.output {
        Target::new(path).write(&machine.witness())?;
    }
    print(&machine.witness_json());
    Ok(())
}

fn run<M: Emulator>(args: &Run) -> Result<(), Stopped> {
    let symbols = Symbols::read(&args.meta)?;
    let machine: M = load(&args.input)?;
    let mut machine = match &args.debug_info {
        Some(_) => machine.keep_statistics(),
        None => machine,
    };
    let mut server = match args.server.split_first() {
        Some((program, arguments)) if !program.is_empty() => {
            let started = Server::start(program, arguments);
            let started = started.map_err(|cause| {
                data(format_args!(
                    "the preimage server {} cannot be started: {cause}",
                    program.display()
                ))
            })?;
            Some(started)
        }
        Some(_) | None => None,
    };
    let plan = Plan {
        info: args.info_at,
        stop: args.stop_at,
        snapshot: args.snapshot_at,
        proof: args.proof_at,
        preimage: args.preimage_stop(),
    };
    let mut shelf = Shelf {
        args,
        symbols,
        begun: Instant::now(),
        first: machine.steps(),
    };
    let mut nobody = Console;
    let world: &mut dyn World = match &mut server {
        Some(server) => server,
        None => &mut nobody,
    };
    let ran = drive(&mut machine, &plan, world, &mut shelf);
    // How a server ends that was not needed any more changes nothing.
    let closed = server.map_or(Ok(()), Server::close);
    match ran {
        Ok(()) => {}
        Err(RunError::Step { step, pc, fault }) => {
            let name = shelf.symbols.name(pc);
            return Err((
                M::exit_of(&fault),
                format!("failed at step {step} (PC {pc:#x}{name}): {fault}"),
            ));
        }
        Err(RunError::Keep(NotKept(stopped))) => return Err(stopped),
    }
    if let Err(why) = closed {
        complain(format_args!("hoike {}: {why}", M::NAME));
    }
    let code = machine.exit_code();
    complain(format_args!(
        "hoike {}: stopped before step {}{}",
        M::NAME,
        machine.steps(),
        code.map_or(String::new(), |code| format!(
            ": the program has exited with {code}"
        ))
    ));
    save(&mut machine, &Target::new(&args.output), true)?;
    if let (Some(path), Some(json)) = (&args.debug_info, machine.statistics()) {
        Target::new(path).write(json.as_bytes())?;
    }
    Ok(())
}

fn save<M: Emulator>(machine: &mut M, target: &Target, last: bool) -> Result<(), Stopped> {
    if matches!(target, Target::Nowhere) {
        return Ok(());
    }
    let content = machine.write(target.name(), last).map_err(data)?;
    target.write(&packed(target.name(), content)?)
}

/// Where proofs and snapshots go, and what is said on the way.
struct Shelf<'a> {
    args: &'a Run,
    symbols: Symbols,
    begun: Instant,
    first: u64,
}

#[derive(Debug, thiserror::Error)]
#[error("{}", .0.1)]
struct NotKept(Stopped);

impl<M: Emulator> Keeper<M> for Shelf<'_> {
    type Error = NotKept;

    fn info(&mut self, machine: &M) {
        let (step, pc) = (machine.steps(), machine.pc());
        let seconds = self.begun.elapsed().as_secs_f64();
        let done = step - self.first;
        let rate = if done == 0 {
            0.0
        } else {
            done as f64 / seconds
        };
        let left = match self.args.stop_at {
            hoike_vm::Pattern::At(end) if rate > 0.0 && end > step => {
                format!(", {:.0} s left", (end - step) as f64 / rate)
            }
            _ => String::new(),
        };
        complain(format_args!(
            "hoike {}: step {step}, PC {pc:#x}{}, {:.1} M steps/s, {} pages, {:.1} MiB{left}",
            M::NAME,
            self.symbols.name(pc),
            rate / 1e6,
            machine.page_count(),
            machine.page_count() as f64 / 256.0
        ));
    }

    fn snapshot(&mut self, machine: &mut M) -> Result<(), NotKept> {
        let name = named(&self.args.snapshot_fmt, machine.steps());
        save(machine, &Target::new(name.as_ref()), false).map_err(NotKept)
    }

    fn proof(&mut self, proof: &StepProof) -> Result<(), NotKept> {
        let name = named(&self.args.proof_fmt, proof.step);
        let target = Target::new(name.as_ref());
        packed(target.name(), proof.to_json())
            .and_then(|content| target.write(&content))
            .map_err(NotKept)
    }
}

/// A file's name, for a step.
fn named(format: &str, step: u64) -> String {
    format.replace("%d", &step.to_string())
}

/// What lies where in a program.
#[derive(Deserialize, Default)]
struct Symbols {
    #[serde(default)]
    symbols: Option<Vec<Symbol>>,
}

impl Symbols {
    fn read(path: &std::ffi::OsStr) -> Result<Self, Stopped> {
        if path.is_empty() {
            return Ok(Self::default());
        }
        let content = match fs::read(path) {
            Ok(content) => content,
            // Its name is a default; names are no more than help.
            Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => {
                return Ok(Self::default());
            }
            Err(cause) => return Err(data(format_args!("--meta {}: {cause}", path.display()))),
        };
        serde_json::from_slice(&content)
            .map_err(|why| data(format_args!("--meta {}: {why}", path.display())))
    }

    /// " in" and a name, or nothing.
    fn name(&self, pc: u64) -> String {
        let symbols = self.symbols.as_deref().unwrap_or_default();
        let after = symbols.partition_point(|symbol| symbol.start <= pc);
        symbols[..after]
            .last()
            .filter(|symbol| pc - symbol.start < symbol.size.max(1))
            .map_or(String::new(), |symbol| format!(" in {}", symbol.name))
    }
}

fn prefixed(bytes: &[u8]) -> String {
    hex::encode_prefixed(bytes)
}

//! Flags of `hoike cannon` and `hoike asterisc`: the originals', as op-challenger gives them.

use alloy_primitives::hex;
use clap::{Subcommand, ValueEnum};
use hoike_vm::{Pattern, PreimageStop};
use std::{ffi::OsString, path::PathBuf};

/// Run a program on cannon, the MIPS64 fault proof VM, and prove its steps.
///
/// The originals' arguments and files. A link to hoike that is called cannon takes them directly.
#[derive(clap::Args, Debug)]
#[command(after_help = VM_EXIT_CODES)]
pub(crate) struct Cannon {
    #[command(subcommand)]
    pub(crate) action: CannonAction,
}

#[derive(Subcommand, Debug)]
pub(crate) enum CannonAction {
    /// Make a state of a program's ELF file.
    LoadElf(CannonLoadElf),
    /// Run a program from a state, with snapshots and proofs on the way.
    Run(Box<Run>),
    /// Print the witness and the hash of a state.
    Witness(Witness),
}

/// Make a state of a program's ELF file.
#[derive(clap::Args, Debug)]
pub(crate) struct CannonLoadElf {
    /// Which rules it is to run by.
    #[arg(long = "type", value_name = "VERSION")]
    pub(crate) version: CannonVersion,
    /// The ELF file: 64 bits, big-endian MIPS, with its symbols.
    #[arg(long, value_name = "FILE")]
    pub(crate) path: PathBuf,
    /// Where to write the state: .bin or .bin.gz; nowhere if empty, - is stdout.
    #[arg(long, value_name = "FILE", default_value = "state.bin.gz")]
    pub(crate) out: OsString,
    /// Where to write the symbols; nowhere if empty, - is stdout.
    #[arg(long, value_name = "FILE", default_value = "meta.json")]
    pub(crate) meta: OsString,
}

/// Run a program on asterisc, the RISC-V fault proof VM, and prove its steps.
///
/// The originals' arguments and files. A link to hoike that is called asterisc takes them directly.
#[derive(clap::Args, Debug)]
#[command(after_help = VM_EXIT_CODES)]
pub(crate) struct Asterisc {
    #[command(subcommand)]
    pub(crate) action: AsteriscAction,
}

#[derive(Subcommand, Debug)]
pub(crate) enum AsteriscAction {
    /// Make a state of a program's ELF file.
    LoadElf(AsteriscLoadElf),
    /// Run a program from a state, with snapshots and proofs on the way.
    Run(Box<Run>),
    /// Print the witness and the hash of a state.
    Witness(Witness),
}

/// Make a state of a program's ELF file.
#[derive(clap::Args, Debug)]
pub(crate) struct AsteriscLoadElf {
    /// The ELF file: RV64IMA without compressed instructions, with its symbols.
    #[arg(long, value_name = "FILE")]
    pub(crate) path: PathBuf,
    /// Where to write the state: .bin, .bin.gz, .json or .json.gz; nowhere if empty, - is stdout.
    #[arg(long, value_name = "FILE", default_value = "state.bin.gz")]
    pub(crate) out: OsString,
    /// Where to write the symbols; nowhere if empty, - is stdout.
    #[arg(long, value_name = "FILE", default_value = "meta.json")]
    pub(crate) meta: OsString,
}

/// The state versions that run here.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum CannonVersion {
    /// State version 7.
    #[value(name = "multithreaded64-4")]
    V7,
    /// State version 8.
    #[value(name = "multithreaded64-5")]
    V8,
}

/// Run a program from a state.
///
/// Steps are counted from the program's beginning. Step patterns: never, always, =123 (at exactly this step), %1000 (at every multiple). At each step:
/// info, stop, snapshot, then proof or step, then whether a preimage was read.
#[derive(clap::Args, Debug)]
#[command(after_help = VM_EXIT_CODES)]
pub(crate) struct Run {
    /// The state to start from.
    #[arg(long, value_name = "FILE")]
    pub(crate) input: PathBuf,
    /// Where to write the last state; nowhere if empty, - is stdout.
    #[arg(long, value_name = "FILE", default_value = "out.bin.gz")]
    pub(crate) output: OsString,
    /// Which steps to prove.
    #[arg(long, value_name = "STEPS", default_value = "never", value_parser = pattern)]
    pub(crate) proof_at: Pattern,
    /// Names of proofs: %d is the step; - is stdout.
    #[arg(long, value_name = "NAME", default_value = "proof-%d.json")]
    pub(crate) proof_fmt: String,
    /// Before which steps to keep the state.
    #[arg(long, value_name = "STEPS", default_value = "never", value_parser = pattern)]
    pub(crate) snapshot_at: Pattern,
    /// Names of kept states: %d is the step.
    #[arg(long, value_name = "NAME", default_value = "state-%d.bin.gz")]
    pub(crate) snapshot_fmt: String,
    /// Before which step to stop.
    #[arg(long, value_name = "STEPS", default_value = "never", value_parser = pattern)]
    pub(crate) stop_at: Pattern,
    /// Stop after the first read of a preimage whose key begins so, at this offset, from this step on: KEY, KEY@OFFSET or KEY@OFFSET@STEP.
    #[arg(long, value_name = "KEY", value_parser = stop_at_key)]
    pub(crate) stop_at_preimage: Option<PreimageStop>,
    /// Stop after the first read of a preimage of this type.
    #[arg(long, value_name = "TYPE")]
    pub(crate) stop_at_preimage_type: Option<PreimageType>,
    /// Stop after the first read of a preimage that is longer, in bytes, the 8 of its length counted.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) stop_at_preimage_larger_than: u64,
    /// Symbols, to name where the program is; none if empty.
    #[arg(long, value_name = "FILE", default_value = "meta.json")]
    pub(crate) meta: OsString,
    /// At which steps to say how far it is.
    #[arg(long, value_name = "STEPS", default_value = "%1000000000", value_parser = pattern)]
    pub(crate) info_at: Pattern,
    /// Where to write statistics of the run, which make it slower.
    #[arg(long, value_name = "FILE")]
    pub(crate) debug_info: Option<OsString>,
    /// Without effect.
    #[arg(long)]
    pub(crate) debug: bool,
    /// Without effect.
    #[arg(long = "pprof.cpu")]
    pub(crate) pprof_cpu: bool,
    /// The preimage server and its arguments, behind --.
    #[arg(last = true, value_name = "SERVER")]
    pub(crate) server: Vec<OsString>,
}

/// Print the witness and the hash of a state.
#[derive(clap::Args, Debug)]
pub(crate) struct Witness {
    /// The state.
    #[arg(long, value_name = "FILE")]
    pub(crate) input: PathBuf,
    /// Where to write the witness's bytes.
    #[arg(long, value_name = "FILE")]
    pub(crate) output: Option<OsString>,
}

/// Run the program of a claim on a fault proof VM, with the claim's witness in the same process: no server, no pipes.
///
/// Prints the VM's exit, and state hashes on the way if asked for. --differ compares two such lists instead.
#[derive(clap::Args, Debug)]
#[command(after_help = VM_EXIT_CODES)]
pub(crate) struct Trace {
    /// A claim folder; none: the real claim of OP Sepolia that is built into this program.
    #[arg(value_name = "DIR")]
    pub(crate) folder: Option<PathBuf>,
    /// Which claim of the folder, counted from 0.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) claim: usize,
    /// The VM.
    #[arg(long, value_name = "VM", default_value = "cannon")]
    pub(crate) vm: Vm,
    /// The program, an ELF file, or a state to go on from.
    #[arg(long, value_name = "FILE", required_unless_present = "differ")]
    pub(crate) program: Option<PathBuf>,
    /// Print the state hash before each multiple of this step.
    #[arg(long, value_name = "N")]
    pub(crate) every: Option<std::num::NonZeroU64>,
    /// Prove this step, print the proof, and stop.
    #[arg(long, value_name = "STEP", conflicts_with = "every")]
    pub(crate) prove: Option<u64>,
    /// Stop before this step.
    #[arg(long, value_name = "STEP")]
    pub(crate) stop: Option<u64>,
    /// Print the first step at which two lists of state hashes differ: files as --every prints them.
    #[arg(
        long,
        num_args = 2,
        value_names = ["LIST", "LIST"],
        conflicts_with_all = ["folder", "program", "every", "prove", "stop"]
    )]
    pub(crate) differ: Option<Vec<PathBuf>>,
}

/// The fault proof VMs.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Vm {
    Cannon,
    Asterisc,
}

/// Types of preimages.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum PreimageType {
    Local,
    Keccak,
    Sha256,
    Blob,
    Precompile,
    Any,
}

impl Run {
    /// When to stop for a preimage. A key goes before a type.
    pub(crate) fn preimage_stop(&self) -> PreimageStop {
        let of_key = self.stop_at_preimage.clone();
        let mut stop = of_key.unwrap_or_else(|| {
            let mut stop = PreimageStop::default();
            match self.stop_at_preimage_type {
                Some(PreimageType::Local) => stop.prefix = vec![1],
                Some(PreimageType::Keccak) => stop.prefix = vec![2],
                Some(PreimageType::Sha256) => stop.prefix = vec![4],
                Some(PreimageType::Blob) => stop.prefix = vec![5],
                Some(PreimageType::Precompile) => stop.prefix = vec![6],
                Some(PreimageType::Any) => stop.any = true,
                None => {}
            }
            stop
        });
        stop.larger_than = self.stop_at_preimage_larger_than;
        stop
    }
}

fn pattern(text: &str) -> Result<Pattern, String> {
    text.parse()
}

fn stop_at_key(text: &str) -> Result<PreimageStop, String> {
    let mut parts = text.split('@');
    let key = parts.next().unwrap_or_default();
    let prefix = hex::decode(key).map_err(|why| format!("the key {key:?}: {why}"))?;
    if prefix.len() > 32 {
        return Err(format!("the key {key:?} is longer than 32 bytes"));
    }
    let mut number = |name: &str| match parts.next() {
        None => Ok(0),
        Some(digits) => digits
            .parse::<u64>()
            .map_err(|why| format!("the {name} {digits:?}: {why}")),
    };
    let (offset, step) = (number("offset")?, number("step")?);
    if parts.next().is_some() {
        return Err("more than KEY@OFFSET@STEP".into());
    }
    Ok(PreimageStop {
        prefix,
        offset,
        step,
        ..PreimageStop::default()
    })
}

const VM_EXIT_CODES: &str = "\
Exit codes:
   0  done, whatever code the program has exited with
   1  asterisc: a step cannot be done, or the preimage server has failed
   2  cannon: the same (the original's panic)
   3  a file cannot be read or written, or the preimage server cannot be started
  64  the command line is wrong
  70  a bug in hoike";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_to_stop_at_have_an_offset_and_a_step() {
        let stop = |prefix: &[u8], offset, step| PreimageStop {
            prefix: prefix.to_vec(),
            offset,
            step,
            ..PreimageStop::default()
        };
        assert_eq!(stop_at_key("0x02ab"), Ok(stop(&[2, 0xab], 0, 0)));
        assert_eq!(stop_at_key("02@8"), Ok(stop(&[2], 8, 0)));
        assert_eq!(stop_at_key("0x@8@9"), Ok(stop(&[], 8, 9)));
        for text in ["0x0", "zz", "02@", "02@x", "02@1@2@3", "02@-1"] {
            assert!(stop_at_key(text).is_err(), "{text}");
        }
    }
}

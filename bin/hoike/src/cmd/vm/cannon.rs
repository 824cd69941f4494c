//! `hoike cannon`.

use super::{
    Emulator,
    files::{self, Target},
    outcome, prefixed, save,
};
use crate::{
    args::vm::{Cannon as Args, CannonAction, CannonLoadElf, CannonVersion},
    configs::{Stopped, data, usage},
    exit::Exit,
};
use hoike_vm::{
    Machine,
    cannon::{Cannon, Fault, Version},
    symbols_json,
};
use std::path::Path;

/// Does what the arguments say.
pub(crate) fn run(args: &Args) -> Exit {
    let done = match &args.action {
        CannonAction::LoadElf(args) => load_elf(args),
        CannonAction::Run(args) => super::run::<Cannon>(args),
        CannonAction::Witness(args) => super::witness::<Cannon>(args),
    };
    outcome(Cannon::NAME, done)
}

fn load_elf(args: &CannonLoadElf) -> Result<(), Stopped> {
    let out = Target::new(&args.out);
    // Known before anything is done.
    form(out.name()).map_err(usage)?;
    let version = match args.version {
        CannonVersion::V7 => Version::Multithreaded64V4,
        CannonVersion::V8 => Version::Multithreaded64V5,
    };
    let elf = files::read(&args.path)?;
    let (mut cannon, symbols) = Cannon::load_elf(&elf, version)
        .map_err(|why| data(format_args!("{}: {why}", args.path.display())))?;
    Target::new(&args.meta).write(symbols_json(&symbols).as_bytes())?;
    save(&mut cannon, &out, true)
}

/// Only the binary form has a version.
fn form(name: &Path) -> Result<(), String> {
    let file = name.file_name().unwrap_or_default().to_string_lossy();
    if file.ends_with(".bin") || file.ends_with(".bin.gz") {
        return Ok(());
    }
    Err(format!(
        "{}: states of these versions are binary: name it .bin or .bin.gz",
        name.display()
    ))
}

impl Emulator for Cannon {
    const NAME: &'static str = "cannon";

    fn read(_: &Path, content: &[u8]) -> Result<Self, String> {
        if content.first() == Some(&b'{') {
            return Err(
                "it is JSON, and so of a version before 7: take the cannon that made it".into(),
            );
        }
        Self::decode(content).map_err(|why| why.to_string())
    }

    fn program(elf: &[u8]) -> Result<Self, String> {
        Self::load_elf(elf, Version::Multithreaded64V5)
            .map(|(cannon, _)| cannon)
            .map_err(|why| why.to_string())
    }

    fn write(&mut self, name: &Path, _: bool) -> Result<Vec<u8>, String> {
        form(name)?;
        Ok(self.encode())
    }

    fn witness_json(&mut self) -> String {
        let (witness, hash) = (self.witness(), self.state_hash());
        let state = self.state();
        // The original's fields in its order.
        format!(
            "{{\n  \"stateVersion\": {},\n  \"witnessHash\": \"{hash}\",\n  \"witness\": \"{}\",\n  \"step\": {},\n  \"exited\": {},\n  \"exitCode\": {}\n}}\n\n",
            state.version.byte(),
            prefixed(&witness),
            state.step,
            state.exited,
            state.exit_code
        )
    }

    fn keep_statistics(self) -> Self {
        self.with_statistics()
    }

    fn statistics(&self) -> Option<String> {
        serde_json::to_string_pretty(&self.debug_info())
            .ok()
            .map(|json| json + "\n\n")
    }

    fn exit_of(fault: &Fault) -> Exit {
        match fault {
            // A server that fails too: op-challenger's runner counts both alike, as it does with the original.
            Fault::Server(_)
            | Fault::InvalidInstruction { .. }
            | Fault::UnrecognizedSyscall { .. }
            | Fault::DivideByZero
            | Fault::BranchInDelaySlot
            | Fault::JumpInDelaySlot
            | Fault::UnalignedPc
            | Fault::PreimageOffset { .. }
            | Fault::NoThread => Exit::VmPanic,
        }
    }
}

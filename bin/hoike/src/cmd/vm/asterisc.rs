//! `hoike asterisc`.

use super::{
    Emulator,
    files::{self, Target},
    outcome, save,
};
use crate::{
    args::vm::{Asterisc as Args, AsteriscAction, AsteriscLoadElf},
    configs::{Stopped, data},
    exit::Exit,
    output::complain,
};
use hoike_vm::{
    asterisc::{Asterisc, Fault, State, load_elf},
    symbols_json,
};
use std::path::Path;

/// Does what the arguments say.
pub(crate) fn run(args: &Args) -> Exit {
    let done = match &args.action {
        AsteriscAction::LoadElf(args) => load(args),
        AsteriscAction::Run(args) => super::run::<Asterisc>(args),
        AsteriscAction::Witness(args) => super::witness::<Asterisc>(args),
    };
    outcome(Asterisc::NAME, done)
}

fn load(args: &AsteriscLoadElf) -> Result<(), Stopped> {
    let elf = files::read(&args.path)?;
    let mut loaded =
        load_elf(&elf).map_err(|why| data(format_args!("{}: {why}", args.path.display())))?;
    for symbol in &loaded.patched {
        // What runs is then not what was built.
        complain(format_args!(
            "hoike asterisc: {} at {:#x} is patched, as the original does by name",
            symbol.name, symbol.start
        ));
    }
    Target::new(&args.meta).write(symbols_json(&loaded.symbols).as_bytes())?;
    save(&mut loaded.machine, &Target::new(&args.out), true)
}

/// Whether a file of this name is in the binary form; all others are JSON.
fn is_binary(name: &Path) -> bool {
    let file = name.file_name().unwrap_or_default().to_string_lossy();
    file.ends_with(".bin") || file.ends_with(".bin.gz")
}

impl Emulator for Asterisc {
    const NAME: &'static str = "asterisc";

    fn read(_: &Path, content: &[u8]) -> Result<Self, String> {
        // A binary state begins with the number of pages, which is not as large as that.
        let state = if content.first() == Some(&b'{') {
            State::read_json(content)
        } else {
            State::read_binary(content)
        };
        state.map(Self::new).map_err(|why| why.to_string())
    }

    fn program(elf: &[u8]) -> Result<Self, String> {
        load_elf(elf)
            .map(|loaded| loaded.machine)
            .map_err(|why| why.to_string())
    }

    fn write(&mut self, name: &Path, last: bool) -> Result<Vec<u8>, String> {
        if last {
            self.seal();
        }
        let mut content = Vec::new();
        let written = if is_binary(name) {
            self.state().write_binary(&mut content)
        } else {
            self.state().write_json(&mut content)
        };
        written.map_err(|why| why.to_string())?;
        Ok(content)
    }

    fn witness_json(&mut self) -> String {
        Self::witness_json(self)
    }

    fn keep_statistics(self) -> Self {
        self
    }

    fn statistics(&self) -> Option<String> {
        None
    }

    fn exit_of(fault: &Fault) -> Exit {
        match fault {
            Fault::Server(_)
            | Fault::Trap(_)
            | Fault::FetchAcrossLeaves
            | Fault::UnsupportedCall(_)
            | Fault::UnrecognizedResource(_)
            | Fault::PreimageOffset { .. }
            | Fault::WriteLength(_) => Exit::VmError,
        }
    }
}

//! `hoike host`: preimages for a fault proof program.

mod op_program;
mod single;

use crate::{
    args::{DataFormat, Host, HostMode},
    exit::Exit,
    output::{complain, print},
};
use alloy_primitives::B256;
use hoike_host::{
    Local, Offline, Pipes, serve,
    store::{Disk, Format},
};
use hoike_native::Native;
use hoike_preimage::Verified;
use hoike_program::{Boot, Claim, Verdict};
use hoike_protocol::{RollupConfig, Rules, rules::L1Config};
use std::{
    error::Error,
    fs::{self, File},
    path::{Path, PathBuf},
    sync::Arc,
};

/// Serves, or runs the program, as the arguments say.
pub(crate) fn run(args: &Host) -> Exit {
    let job = match &args.mode {
        HostMode::Single(args) => single::job(args),
        HostMode::OpProgram(args) => op_program::job(args),
    };
    match job.and_then(Job::run) {
        Ok(exit) => exit,
        Err((exit, why)) => {
            complain(format_args!("hoike host: {why}"));
            exit
        }
    }
}

/// What the arguments come to, in whichever form they are.
struct Job {
    mode: Mode,
    data_dir: PathBuf,
    format: Format,
    local: Local,
    rules: Rules,
    /// A remark on the agreed block, which must be true.
    agreed_head: Option<B256>,
    flags: &'static Flags,
}

enum Mode {
    Server,
    Native,
}

/// What a form calls the flags that errors speak of.
struct Flags {
    data_dir: &'static str,
    rollup_config: &'static str,
    l1_config: &'static str,
    agreed_head: &'static str,
    agreed_root: &'static str,
}

type Stopped = (Exit, String);

fn data(why: impl ToString) -> Stopped {
    (Exit::Data, why.to_string())
}

fn usage(why: impl ToString) -> Stopped {
    (Exit::Usage, why.to_string())
}

impl Job {
    fn run(self) -> Result<Exit, Stopped> {
        let disk = Disk::open(&self.data_dir, self.format).map_err(data)?;
        match self.mode {
            Mode::Native => self.native(disk),
            Mode::Server => {
                let pipes = descriptors().map_err(usage)?;
                serve(pipes, Arc::new(Offline::new(disk, self.local))).map_err(data)?;
                Ok(Exit::Valid)
            }
        }
    }

    /// The program in this process, with everything checked.
    fn native(self, disk: Disk) -> Result<Exit, Stopped> {
        let claim = Claim {
            l1_head: self.local.l1_head,
            agreed_output_root: self.local.agreed_output_root,
            claimed_output_root: self.local.claimed_output_root,
            claimed_block: self.local.claimed_block,
        };
        let offline = Offline::new(disk, self.local);
        let chain_id = self.rules.rollup.l2_chain_id;
        let boot = Boot {
            claim,
            rules: self.rules,
        };
        let mut oracle = Verified::new(&offline, hoike_kzg::Native);
        let outcome = hoike_program::run(&boot, &mut oracle, &mut Native::new(), &mut ());
        let outcome = outcome.map_err(|error| data(whole(&error)))?;
        if let Some(hash) = self.agreed_head.filter(|hash| *hash != outcome.agreed.hash) {
            return Err(data(format_args!(
                "{} is {hash}, but {} is the root of {}",
                self.flags.agreed_head, self.flags.agreed_root, outcome.agreed.hash
            )));
        }
        let (word, exit) = match outcome.verdict {
            Verdict::Valid => ("VALID", Exit::Valid),
            Verdict::Invalid { .. } => ("INVALID", Exit::Invalid),
        };
        let text = format!(
            "{word} block {} of chain {chain_id}: claimed {}, computed {} at block {}\n",
            boot.claim.claimed_block,
            boot.claim.claimed_output_root,
            outcome.output_root,
            outcome.compared.number
        );
        print(&text);
        Ok(exit)
    }
}

impl Flags {
    fn data_dir(&self, given: Option<&PathBuf>) -> Result<PathBuf, Stopped> {
        given.cloned().ok_or_else(|| {
            let flag = self.data_dir;
            usage(format_args!(
                "{flag} is missing: there are no endpoints to fetch preimages from"
            ))
        })
    }

    /// From the file's content, or the registry, if it is of the rollup's L1.
    fn l1(&self, rollup: &RollupConfig, json: Option<&[u8]>) -> Result<L1Config, Stopped> {
        let (flag, id) = (self.l1_config, rollup.l1_chain_id);
        let l1 = match json {
            Some(json) => hoike_registry::l1_config_json(json)
                .map_err(|why| data(format_args!("{flag}: {why}")))?,
            None => hoike_registry::l1_config(id).ok_or_else(|| {
                usage(format_args!(
                    "L1 chain {id} is not in the registry: give its {flag}"
                ))
            })?,
        };
        if l1.chain_id == id {
            Ok(l1)
        } else {
            Err(data(format_args!(
                "{flag} is of chain {}, but the rollup config is of one on chain {id}",
                l1.chain_id
            )))
        }
    }

    fn rollup(&self, json: &[u8]) -> Result<RollupConfig, Stopped> {
        hoike_registry::rollup_config(json)
            .map_err(|why| data(format_args!("{}: {why}", self.rollup_config)))
    }
}

fn no_endpoints(flags: &[(&str, &Vec<String>)]) -> Result<(), Stopped> {
    match flags.iter().find(|(_, address)| !address.is_empty()) {
        None => Ok(()),
        Some((flag, _)) => Err(usage(format_args!(
            "{flag}: fetching from endpoints is not there yet; without endpoints the data directory is served as it is"
        ))),
    }
}

fn read(flag: &str, path: &Path) -> Result<Vec<u8>, Stopped> {
    fs::read(path).map_err(|cause| {
        data(format_args!(
            "{flag}: cannot read {}: {cause}",
            path.display()
        ))
    })
}

impl From<DataFormat> for Format {
    fn from(format: DataFormat) -> Self {
        match format {
            DataFormat::Directory => Self::Directory,
            DataFormat::File => Self::File,
        }
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

//! `hoike host`: preimages for a fault proof program.

mod op_program;
mod single;

use crate::{
    args::{DataFormat, Fetching, Host, HostMode},
    configs::{Stopped, data, usage},
    exit::Exit,
    fetching,
    output::{complain, print},
};
use alloy_primitives::B256;
use hoike_host::{
    Eager, Local, Offline, Online, OnlineError, Pipes, ServeError,
    fetch::{Addresses, Fetch},
    judge,
    net::with_causes,
    serve,
    store::{Disk, Format},
};
use hoike_native::Native;
use hoike_preimage::Verified;
use hoike_program::{Boot, Claim, Outcome, Verdict};
use hoike_protocol::Rules;
use std::{fs::File, net::SocketAddr, path::PathBuf, sync::Arc};

/// Serves, or runs the program, as the arguments say.
pub(crate) fn run(args: &Host) -> Exit {
    let job = match &args.mode {
        HostMode::Single(args) => single::job(args),
        HostMode::OpProgram(args) => op_program::job(args),
        HostMode::Super(_) => Err(usage(
            "super: programs about several chains (interop) are not there yet; `hoike host single` is for one chain",
        )),
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
    /// Needed where there are no endpoints.
    data_dir: Option<PathBuf>,
    endpoints: Option<Addresses>,
    fetching: Fetching,
    metrics: Option<SocketAddr>,
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
    agreed_head: &'static str,
    agreed_root: &'static str,
}

impl Job {
    fn run(self) -> Result<Exit, Stopped> {
        if let Some(address) = self.metrics {
            metrics_exporter_prometheus::PrometheusBuilder::new()
                .with_http_listener(address)
                .install()
                .map_err(|why| usage(format_args!("--metrics {address}: {why}")))?;
        }
        let disk = match &self.data_dir {
            Some(path) => Some(Disk::open(path, self.format).map_err(data)?),
            None => None,
        };
        match (&self.endpoints, disk) {
            (None, Some(disk)) => self.offline(disk),
            (Some(addresses), disk) => {
                let addresses = addresses.clone();
                self.online(&addresses, disk)
            }
            (None, None) => {
                let flag = self.flags.data_dir;
                Err(usage(format_args!(
                    "{flag} is missing: there are no endpoints to fetch preimages from"
                )))
            }
        }
    }

    fn offline(self, disk: Disk) -> Result<Exit, Stopped> {
        let offline = Offline::new(disk, self.local.clone());
        match self.mode {
            Mode::Native => {
                let boot = self.boot();
                let mut oracle = Verified::new(&offline, hoike_kzg::Native);
                let outcome = hoike_program::run(&boot, &mut oracle, &mut Native::new(), &mut ());
                let outcome = outcome.map_err(|error| data(with_causes(&error)))?;
                self.report(&boot, &outcome)
            }
            Mode::Server => {
                let pipes = descriptors().map_err(usage)?;
                let (offline, boot) = (Arc::new(offline), self.boot());
                // The machine predicts the machine: what this run has read is in memory when the program asks.
                let scout = Arc::clone(&offline);
                std::thread::spawn(move || scout.ahead(&boot));
                serve(pipes, offline).map_err(data)?;
                Ok(Exit::Valid)
            }
        }
    }

    fn online(self, addresses: &Addresses, disk: Option<Disk>) -> Result<Exit, Stopped> {
        let runtime = fetching::runtime().map_err(data)?;
        let fetch = Fetch::new(addresses, self.fetching.settings()).map_err(usage)?;
        let online = Arc::new(Online::new(
            runtime.handle().clone(),
            Arc::new(fetch),
            disk,
            self.local.clone(),
            self.rules.clone(),
            self.agreed_head,
        ));
        let boot = self.boot();
        match self.mode {
            Mode::Native => {
                runtime.spawn(online.ahead());
                let outcome = judge(&online, &boot, &mut (), None);
                let (outcome, _) =
                    outcome.map_err(|error| (fetching::exit_of(&error), with_causes(&error)))?;
                self.report(&boot, &outcome)
            }
            Mode::Server => {
                let pipes = descriptors().map_err(usage)?;
                watch_over(&pipes);
                runtime.spawn(online.ahead());
                // The machine predicts the machine: what this run has read is there when the program asks.
                let scout = Arc::clone(&online);
                std::thread::spawn(move || match judge(&scout, &boot, &mut (), None) {
                    Ok((outcome, _)) => tracing::info!(?outcome.verdict, "run ahead to the end"),
                    Err(why) => tracing::info!(%why, "no run ahead"),
                });
                match serve(pipes, online) {
                    Ok(()) => Ok(Exit::Valid),
                    Err(why) => Err((exit_of_serving(&why), why.to_string())),
                }
            }
        }
    }

    fn boot(&self) -> Boot {
        Boot {
            claim: Claim {
                l1_head: self.local.l1_head,
                agreed_output_root: self.local.agreed_output_root,
                claimed_output_root: self.local.claimed_output_root,
                claimed_block: self.local.claimed_block,
            },
            rules: self.rules.clone(),
        }
    }

    /// The verdict of a run in this process.
    fn report(&self, boot: &Boot, outcome: &Outcome) -> Result<Exit, Stopped> {
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
            "{word} block {} of chain {}: claimed {}, computed {} at block {}\n",
            boot.claim.claimed_block,
            self.rules.rollup.l2_chain_id,
            boot.claim.claimed_output_root,
            outcome.output_root,
            outcome.compared.number
        );
        print(&text);
        Ok(exit)
    }
}

fn exit_of_serving(why: &ServeError<OnlineError>) -> Exit {
    match why {
        ServeError::Preimage { cause, .. } | ServeError::Hint { cause, .. }
            if cause.is_endpoints() =>
        {
            Exit::Endpoint
        }
        ServeError::Preimage { .. }
        | ServeError::Hint { .. }
        | ServeError::Key { .. }
        | ServeError::Message { .. }
        | ServeError::Pipe { .. }
        | ServeError::Died => Exit::Data,
    }
}

/// Ends the process a second after its program has gone, though an endpoint is being waited for.
fn watch_over(pipes: &Pipes<Eager<File>, File>) {
    use rustix::event::{PollFd, PollFlags, poll};
    let Ok(values) = pipes.preimage_write.try_clone() else {
        return;
    };
    std::thread::spawn(move || {
        loop {
            // Without anything to wait for, the end of the other side is reported all the same.
            let mut ends = [PollFd::new(&values, PollFlags::empty())];
            let gone = poll(&mut ends, None).is_ok()
                && ends[0]
                    .revents()
                    .intersects(PollFlags::ERR | PollFlags::HUP | PollFlags::NVAL);
            if gone {
                // The server notices by itself unless it waits for an endpoint.
                std::thread::sleep(std::time::Duration::from_millis(500));
                complain("hoike host: the program has gone while it waited for an answer");
                std::process::exit(0);
            }
        }
    });
}

/// What there is of endpoints: none, or all that are needed.
fn endpoints(
    l1: (&str, &[String]),
    beacon: &[String],
    l2: (&str, &[String]),
) -> Result<Option<Addresses>, Stopped> {
    match (l1.1, l2.1) {
        ([], []) if beacon.is_empty() => Ok(None),
        ([], _) => Err(usage(format_args!(
            "{} is missing: give an L1 RPC as well, or no endpoints at all to serve the data directory as it is",
            l1.0
        ))),
        (_, []) => Err(usage(format_args!(
            "{} is missing: give an L2 RPC as well, or no endpoints at all to serve the data directory as it is",
            l2.0
        ))),
        (l1, l2) => Ok(Some(Addresses {
            l1: l1.to_vec(),
            beacon: beacon.to_vec(),
            l2: l2.to_vec(),
        })),
    }
}

impl From<DataFormat> for Format {
    fn from(format: DataFormat) -> Self {
        match format {
            DataFormat::Directory => Self::Directory,
            DataFormat::File => Self::File,
        }
    }
}

/// The pipes, as op-challenger's VMs hand them over. Opened anew by name: whose they were before is not for this process to know.
fn descriptors() -> Result<Pipes<Eager<File>, File>, String> {
    let open = |number: u8, write: bool| {
        // Opened anew a pipe would take either direction, and each side would wait for the other (D172).
        if is_open_the_other_way(number, write) {
            let [is, should] = if write {
                ["reading", "writing"]
            } else {
                ["writing", "reading"]
            };
            return Err(format!(
                "--server: file descriptor {number} is open for {is} only, and has to be for {should}: a VM hands over hints in and out as 3 and 4, preimages in and out as 5 and 6"
            ));
        }
        let path = format!("/dev/fd/{number}");
        let file = File::options().read(!write).write(write).open(&path);
        file.map_err(|cause| format!("--server: file descriptor {number} cannot be used: {cause}; 3 to 6 have to be pipes, as a VM hands them over"))
    };
    Ok(Pipes {
        hint_read: Eager(open(3, false)?),
        hint_write: open(4, true)?,
        preimage_read: Eager(open(5, false)?),
        preimage_write: open(6, true)?,
    })
}

/// Whether a descriptor is for the other direction only, as far as the system says it.
fn is_open_the_other_way(number: u8, write: bool) -> bool {
    let info = std::fs::read_to_string(format!("/proc/self/fdinfo/{number}")).unwrap_or_default();
    let flags = info.lines().find_map(|line| line.strip_prefix("flags:"));
    let flags = flags.and_then(|digits| u32::from_str_radix(digits.trim(), 8).ok());
    // The lowest two bits: 0 for reading, 1 for writing, 2 for both.
    flags.is_some_and(|flags| flags & 3 == u32::from(!write))
}

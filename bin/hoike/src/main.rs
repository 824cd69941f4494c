//! The command line of hoike: one command, one verdict.
#![forbid(unsafe_code)]

mod args;
mod cmd;
mod configs;
mod exit;
mod fetching;
mod journal;
mod output;
mod progress;
mod report;

use args::{Args, Command};
use clap::Parser;
use std::process::ExitCode;

fn main() -> ExitCode {
    let args = match Args::try_parse_from(args::of_name(std::env::args_os())) {
        Ok(args) => args,
        Err(error) => {
            // Help and version are answers, not faults; clap's own code for a fault is 2, which op-challenger reads as a panic of the VM.
            let exit = if error.use_stderr() {
                exit::Exit::Usage
            } else {
                exit::Exit::Valid
            };
            let _unreportable = error.print();
            return exit.into();
        }
    };
    // A bug must not look like a verdict, whichever thread it is on.
    std::panic::set_hook(Box::new(|panic| {
        output::complain(format_args!("hoike: bug: {panic}"));
        std::process::exit(70);
    }));
    fetching::log();
    match args.command {
        Command::Verify(args) => cmd::verify::run(&args),
        Command::Explain(args) => cmd::explain::run(&args),
        Command::Host(args) => cmd::host::run(&args),
        Command::Witness(args) => cmd::witness::run(&args),
        Command::Cannon(args) => cmd::vm::cannon(&args),
        Command::Asterisc(args) => cmd::vm::asterisc(&args),
        Command::Trace(args) => cmd::vm::trace(&args),
    }
    .into()
}

//! hoike's program as a guest of a fault proof VM: cannon (MIPS64, big endian) or asterisc (RISC-V, 64 bits).
//!
//! Preimages come over the file descriptors 3 to 6, and the VM sees to it that each is what its key commits to. Exit codes: 0 the claim is valid,
//! 1 it is not, 2 there is no verdict; why not is on standard error.
#![no_std]
#![no_main]
#![cfg_attr(target_arch = "mips64", feature(asm_experimental_arch))]

extern crate alloc;

mod accelerate;
mod arch;
mod heap;
mod keccak;
mod pipes;
#[cfg(feature = "self-test")]
mod self_test;

use accelerate::OracleAccelerator;
use alloy_consensus::Header;
use alloy_primitives::Sealed;
use arch::{Stderr, exit};
use core::{cell::Cell, fmt::Write};
use hoike_derive::{Event, Sink};
use hoike_preimage::Trusted;
use hoike_program::{Boot, Configs, Error, Verdict, Watch, run};
use hoike_protocol::Attributes;
use pipes::{PipeError, Pipes};

/// What the entry point of [`arch`] calls, once, with a stack.
fn main() -> ! {
    #[cfg(feature = "self-test")]
    self_test::run();
    match judge() {
        Ok(Verdict::Valid) => exit(VALID),
        Ok(Verdict::Invalid { claimed, computed }) => {
            let _ = writeln!(
                Stderr,
                "invalid: the output root is {computed}, {claimed} is claimed"
            );
            exit(INVALID)
        }
        Err(error) => fail(&error),
    }
}

/// Ends the program with an error and what caused it.
fn fail(error: &dyn core::error::Error) -> ! {
    let _ = write!(Stderr, "no verdict: {error}");
    // The first cause is in the text of what it caused.
    let mut cause = error.source().and_then(|first| first.source());
    while let Some(why) = cause {
        let _ = write!(Stderr, ": {why}");
        cause = why.source();
    }
    let _ = writeln!(Stderr);
    exit(NO_VERDICT)
}

fn judge() -> Result<Verdict, Error<PipeError>> {
    let mut oracle = Trusted::assume_checked_by_vm(Pipes::default());
    let boot = Boot::from_oracle_or_configs(&mut oracle, CONFIGS.as_ref())?;
    accelerate::install();
    let block = Cell::new(0);
    let mut accelerator = OracleAccelerator::new(&block);
    run(&boot, &mut oracle, &mut accelerator, &mut Building(&block)).map(|outcome| outcome.verdict)
}

/// Notes which block is being built.
struct Building<'a>(&'a Cell<u64>);

impl Sink for Building<'_> {
    fn event(&mut self, _: Event) {}
}

impl Watch for Building<'_> {
    fn building(&mut self, parent: &Sealed<Header>, _: &Attributes) {
        self.0.set(parent.number.saturating_add(1));
    }
}

#[panic_handler]
fn panic(info: &core::panic::PanicInfo<'_>) -> ! {
    let _ = writeln!(Stderr, "no verdict: bug: {info}");
    exit(NO_VERDICT)
}

/// Configs that this program was built for, see `build.rs`.
static CONFIGS: Option<Configs<'static>> = include!(concat!(env!("OUT_DIR"), "/configs.rs"));

const VALID: u8 = 0;
const INVALID: u8 = 1;
const NO_VERDICT: u8 = 2;

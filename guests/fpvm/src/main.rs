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
mod memory;
mod pipes;
#[cfg(feature = "self-test")]
mod self_test;

use accelerate::OracleAccelerator;
use arch::{Stderr, exit};
use core::error::Error as _;
use core::fmt::Write;
use hoike_preimage::Trusted;
use hoike_program::{Boot, Error, Verdict, run};
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
        Err(error) => {
            let _ = write!(Stderr, "no verdict: {error}");
            // The first cause is in the text of what it caused.
            let mut cause = error.source();
            while let Some(why) = cause {
                let _ = write!(Stderr, ": {why}");
                cause = why.source();
            }
            let _ = writeln!(Stderr);
            exit(NO_VERDICT)
        }
    }
}

fn judge() -> Result<Verdict, Error<PipeError>> {
    let mut oracle = Trusted::assume_checked_by_vm(Pipes::default());
    let boot = Boot::from_oracle(&mut oracle)?;
    let mut accelerator = OracleAccelerator::default();
    run(&boot, &mut oracle, &mut accelerator, &mut ()).map(|outcome| outcome.verdict)
}

#[panic_handler]
fn panic(info: &core::panic::PanicInfo<'_>) -> ! {
    let _ = writeln!(Stderr, "no verdict: bug: {info}");
    exit(NO_VERDICT)
}

const VALID: u8 = 0;
const INVALID: u8 = 1;
const NO_VERDICT: u8 = 2;

//! Stateless execution of L2 blocks on revm: a parent header, payload attributes and a source of state in, a sealed header out.
//!
//! [`Executor::execute`] keeps two kinds of failure apart: [`InvalidPayload`] is the fault of the attributes, and from Holocene on a block of their
//! deposits takes its place; [`NoAnswer`] means that something that is needed could not be had, and is never a verdict.
//!
//! Implements the execution engine specification of the OP Stack, Bedrock to Karst.
#![no_std]
#![forbid(unsafe_code)]
#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects,
        clippy::wildcard_enum_match_arm
    )
)]

extern crate alloc;

mod accelerator;
mod base_fee;
mod error;
mod execute;
mod handler;
mod precompiles;
mod receipt;
mod seal;
mod senders;
mod spec_id;
mod state;
mod system_calls;
mod transactions;
mod tries;

pub use accelerator::{Accelerator, PureRust, SignedHash};
pub use error::{InvalidPayload, NoAnswer};
pub use execute::{Executed, Executor};
pub use receipt::Receipt;
pub use state::State;

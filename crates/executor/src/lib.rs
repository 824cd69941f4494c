//! Stateless execution: payload attributes and a parent in, a block out.
//!
//! An [`Executor`] runs blocks on a state of which only trie nodes and code by hash can be had ([`State`]), and keeps what it resolved and made. It
//! answers with a block, with why the payload is none ([`InvalidPayload`]), or that it cannot tell ([`NoAnswer`]); the three are never confused.
//! Signatures and precompiles may be computed elsewhere ([`Accelerator`]); gas and the forks' limits are checked here.
//!
//! The EVM is revm's. What the OP Stack changes (deposits, fees, system calls, header fields, precompiles by fork) is here, one file each, and all
//! of it asks [`hoike_protocol::Rules`] what holds when.
//!
//! Implements the OP Stack specification's execution engine, Bedrock to Karst.
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

pub mod base_fee;
mod commit;
mod env;
pub mod error;
mod execute;
mod fastlz;
pub mod fees;
mod handler;
mod hashes;
mod opcodes;
pub mod precompiles;
mod receipts;
mod seal;
mod senders;
mod spec_id;
mod state;
mod system_calls;
mod transaction;

pub use error::{InvalidPayload, InvalidTx, NoAnswer};
pub use execute::{Executed, Executor};
pub use precompiles::{Accelerator, Precompile, PureRust};
pub use receipts::{Receipt, receipts_root};
pub use senders::{SignedHash, address_of};
pub use state::State;

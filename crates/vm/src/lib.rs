//! Fault proof VM emulators: cannon (MIPS64) and asterisc (RISC-V), with the originals' state hashes, step proofs and files.
//!
//! - [`Memory`]: pages and the tree over them, the same for both.
//! - [`cannon`], [`asterisc`]: the machines.
//! - [`World`]: what is outside of them. [`Server`]: a preimage server in a process of its own.
//! - [`drive`]: a run with proofs and snapshots on the way.

pub mod asterisc;
pub mod cannon;
mod drive;
mod keccak;
mod machine;
mod memory;
mod pattern;
mod proof;
mod server;
mod symbols;
mod world;

pub use asterisc::Asterisc;
pub use cannon::Cannon;
pub use drive::{Keeper, Plan, PreimageStop, RunError, drive};
pub use machine::Machine;
pub use memory::{Memory, PAGE_BYTES, PROOF_BYTES, Page};
pub use pattern::Pattern;
pub use proof::StepProof;
pub use server::Server;
pub use symbols::{MEMORY_LIMIT, Symbol, symbols_json};
pub use world::{Console, NoAnswer, Void, World};

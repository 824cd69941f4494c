//! Fault proof VM emulators: cannon (MIPS64) and asterisc (RISC-V), with the originals' state hashes, step proofs and files.
//!
//! - [`Memory`]: pages and the tree over them, the same for both.
//! - [`cannon`], [`asterisc`]: the machines.
//! - [`World`]: what is outside of them.

pub mod asterisc;
mod keccak;
mod machine;
mod memory;
mod pattern;
mod proof;
mod world;

pub use asterisc::Asterisc;
pub use machine::Machine;
pub use memory::{Memory, PAGE_BYTES, PROOF_BYTES, Page};
pub use pattern::Pattern;
pub use proof::StepProof;
pub use world::{NoAnswer, Void, World};

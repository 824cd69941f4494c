//! The fault proof program: given a trusted L1 block hash, a trusted L2 output root and a claimed output root at a later L2 block, says whether the
//! claim is valid.
//!
//! [`run`] reads everything through a [`hoike_preimage::Checked`] oracle, so what it reads is what the trusted hashes commit to. It drives
//! `hoike-derive` and `hoike-executor`; those know nothing of oracles. A verdict is never an accident: whatever goes wrong is an [`Error`].
//!
//! Spec: `fault-proof/index.md`, "Fault Proof Program".
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

mod boot;
mod error;
mod run;
mod source;
mod state;
mod verdict;

#[cfg(feature = "json")]
pub use boot::Configs;
pub use boot::{Boot, Claim};
pub use error::{Error, Purpose};
pub use run::{Phase, Route, Watch, run, run_by};
pub use verdict::{Outcome, Verdict};

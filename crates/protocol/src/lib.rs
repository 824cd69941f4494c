//! Types, rules and codecs of the OP Stack: this crate encodes and tabulates, it decides nothing.
//!
//! Every fork rule is keyed on one particular time, and that time has a type ([`InclusionTime`], [`OriginTime`], [`L2Time`]); [`Rules`] takes a
//! time and hands out a view. No function here takes the safe head: what is accepted and what is dropped is the business of `hoike-derive`.
//!
//! Implements the OP Stack specification, Bedrock to Karst.
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

pub mod attributes;
pub mod batch;
pub mod blob;
pub mod block;
pub mod compress;
pub mod config;
pub mod deposit;
pub mod extra_data;
pub mod fork;
pub mod frame;
pub mod l1_info;
pub mod output;
pub mod predeploys;
pub mod receipt;
pub mod rules;
pub mod time;
pub mod upgrade;

pub use attributes::Attributes;
pub use block::{BlockId, L1Ref, L2Ref};
pub use config::{RollupConfig, SystemConfig};
pub use fork::{Fork, Schedule};
pub use rules::{InclusionRules, L2Rules, OriginRules, Rules};
pub use time::{InclusionTime, L2Time, OriginTime};

//! The known chains' configurations, as constants.
#![no_std]
#![forbid(unsafe_code)]
#![cfg_attr(not(test), deny(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::wildcard_enum_match_arm
))]

extern crate alloc;

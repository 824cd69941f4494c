//! Do blobs belong to their commitments? [`Pure`] says so anywhere, [`Native`] (feature `native`, blst) fast; both decide alike.
//!
//! All blobs of a call are checked at once. Where every blob comes with its proof, by EIP-4844's batch verification: one evaluation for each blob and
//! two pairings. Otherwise, or if that fails, a random combination of the blobs is committed to and compared with the same combination of the
//! commitments: one multiplication over the 4,096 points of the setup. If that fails too, the blobs are looked at singly to name the first bad one.
#![no_std]
#![cfg_attr(not(feature = "native"), forbid(unsafe_code))]
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

mod check;
mod field;
#[cfg(feature = "native")]
mod native;
mod prove;
mod pure;
mod setup;

#[cfg(feature = "native")]
pub use native::Native;
pub use pure::Pure;

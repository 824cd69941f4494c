//! Checks blobs against their KZG commitments, without proofs: all blobs of a call are combined with powers of a challenge, and the combination is
//! committed to by one multi-scalar multiplication over the Lagrange form of the trusted setup.
//!
//! [`PureKzg`] is pure Rust and needs nothing of its surroundings; `NativeKzg` (feature `native`) has assembly and threads. They say the same of every
//! input. Neither has any state: the setup is embedded in a form that needs no decoding.
//!
//! A polynomial of 4,096 evaluations has one commitment, so a blob matches exactly if the commitment computed from it is the one given. For blobs `b_i` with
//! commitments `C_i` it is checked that `commit(sum r^i b_i) = sum r^i C_i`, where `r` is the hash of all blobs and commitments: a false combination holds
//! for at most as many `r` as there are blobs, out of 2^255.
//!
//! Spec: EIP-4844 and its consensus part, `deneb/polynomial-commitments.md`, `blob_to_kzg_commitment`.
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

mod combine;
#[cfg(feature = "native")]
mod native;
mod pure;
mod setup;

#[cfg(feature = "native")]
pub use native::NativeKzg;
pub use pure::PureKzg;

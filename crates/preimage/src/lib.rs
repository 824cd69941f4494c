//! Preimage oracle: keys, hints, checked reading, wire protocol, witness files.
//!
//! The program asks a [`Checked`] oracle. There are two: [`Verified`] checks every value against its key before it is used (keccak256, sha256, KZG),
//! [`Trusted`] takes the word of a fault proof VM that has done so. A bare store is an [`Oracle`] and does not fit where a [`Checked`] is asked for.
//!
//! Nothing here does I/O: [`wire`] turns bytes that somebody read into messages, [`Witness`] reads a buffer that somebody filled.
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

mod blob;
mod checked;
mod hint;
mod key;
mod oracle;
mod store;
mod trusted;
mod verified;
pub mod wire;
mod witness;

pub use blob::{
    BLOB_BYTES, Blob, BlobFault, BlobItem, BlobWhy, Commitment, FIELD_ELEMENTS, Kzg, roots_of_unity,
};
pub use checked::{CheckError, Checked, Corruption, PrecompileResult, Stats};
pub use hint::{BlockRef, Dialect, Hint, HintError, HintRequest, HintText};
pub use key::{KeyKind, PreimageKey, UnknownKind};
pub use oracle::Oracle;
pub use store::{Memory, Overlay, StoreError};
pub use trusted::Trusted;
pub use verified::Verified;
pub use witness::{NotFound, Witness, WitnessError};

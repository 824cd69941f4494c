//! The preimage oracle of the fault proof specification: keys, hints, the pipe protocol, witness files, and the check that an answer is what its key
//! commits to.
//!
//! An [`Oracle`] answers with bytes that nobody has looked at. The program takes a [`Checked`] one instead, and there are two: [`Verified`] checks every
//! answer before handing it on, [`Trusted`] believes that a fault proof VM has done so. There is no I/O in here.
//!
//! ```
//! # use alloy_primitives::{Bytes, keccak256};
//! # use hoike_preimage::*;
//! # struct NoBlobs;
//! # impl Kzg for NoBlobs {
//! #     fn check(&self, _: &[(&[u8; BLOB_BYTES], &[u8; 48])]) -> Result<(), BlobMismatch> { Ok(()) }
//! # }
//! let key = PreimageKey::keccak256(keccak256("aloha"));
//! let file = [key.as_bytes().as_slice(), &[5, 0, 0, 0], b"aloha"].concat();
//! let witness = Witness::parse(Bytes::from(file))?;
//! let mut oracle = Verified::new(witness, NoBlobs);
//! assert_eq!(oracle.keccak256(keccak256("aloha"))?, Bytes::from_static(b"aloha"));
//! assert!(oracle.keccak256(keccak256("aloha!")).is_err());
//! # Ok::<(), Box<dyn core::error::Error>>(())
//! ```
//!
//! Implements `fault-proof/index.md` ("Pre-image Oracle") of ethereum-optimism/specs.
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

mod checked;
mod error;
mod hint;
mod key;
mod oracle;
mod reader;
mod trusted;
mod verified;
pub mod wire;
mod witness;

pub use checked::{Checked, PrecompileResult, Stats};
pub use error::{CheckError, Corruption};
pub use hint::Hint;
pub use key::{KeyKind, PreimageKey};
pub use oracle::{BLOB_BYTES, BlobFault, BlobMismatch, COMMITMENT_BYTES, Kzg, Oracle};
pub use reader::roots_of_unity;
pub use trusted::Trusted;
pub use verified::Verified;
pub use witness::{NotFound, Witness, WitnessError, WitnessFault};

//! What may be computed elsewhere: natively by C libraries and on several threads, on a fault proof VM by its precompile oracle.

use crate::senders;
use alloc::{string::String, vec::Vec};
use alloy_primitives::{Address, B256, Bytes};

/// Computes what is expensive. Everything has a pure Rust default, and every implementation gives the same results.
pub trait Accelerator {
    /// The signers of hashes, in order; `None` where a signature belongs to nobody.
    fn signers(&mut self, signatures: &[SignedHash]) -> Vec<Option<Address>> {
        signatures.iter().map(senders::recover).collect()
    }

    /// The result of a precompile whose gas was found to suffice, if this accelerator knows it; `None`: compute it in pure Rust.
    ///
    /// The input is as the contract gave it. `Some(Ok(None))` says that the precompile fails on this input.
    ///
    /// # Errors
    /// The result cannot be had; execution ends without an answer.
    fn precompile(
        &mut self,
        _address: &Address,
        _input: &[u8],
        _gas: u64,
    ) -> Option<Result<Option<Bytes>, String>> {
        None
    }
}

/// Computes everything in pure Rust, as the guests do.
#[derive(Clone, Copy, Default, Debug)]
pub struct PureRust;

impl Accelerator for PureRust {}

/// A hash and a signature of it over secp256k1.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SignedHash {
    /// What was signed.
    pub hash: B256,
    /// The signature's `r`, big-endian.
    pub r: [u8; 32],
    /// The signature's `s`, big-endian.
    pub s: [u8; 32],
    /// Whether the `y` coordinate of the point behind `r` is odd.
    pub odd_y: bool,
}

//! Fuzzing: what is fed to the core crates ([`generators`]), what must hold of the result ([`oracles`]), and the targets, one function of bytes each.
//!
//! A target runs under libFuzzer (`fuzz_targets/`, `scripts/fuzz.sh`) and over files (`tests/replay.rs`). It panics if something does not hold.

pub mod generators;
pub mod memory;
pub mod oracles;

pub use oracles::{
    batches::{batch_streams, span_batches},
    channels::{brotli, zlib},
    items::{blobs, frames},
    logs::config_updates,
    machine::intake,
    pipes::wire,
    stores::witness,
    tries::trie,
    vms::vms,
};

/// A target: bytes in, a panic if something does not hold.
pub type Target = fn(&[u8]);

/// All targets by their names.
pub const TARGETS: [(&str, Target); 12] = [
    ("frames", frames),
    ("blobs", blobs),
    ("zlib", zlib),
    ("brotli", brotli),
    ("span_batches", span_batches),
    ("batch_streams", batch_streams),
    ("config_updates", config_updates),
    ("intake", intake),
    ("trie", trie),
    ("witness", witness),
    ("wire", wire),
    ("vms", vms),
];

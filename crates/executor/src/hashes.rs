//! Keccak of addresses and words, once: state paths and log blooms ask for the same ones over and over.

use alloy_primitives::map::{AddressMap, B256Map};
use alloy_primitives::{Address, B256, keccak256};

/// Remembers hashes over blocks.
#[derive(Debug, Default)]
pub(crate) struct Hashes {
    addresses: AddressMap<B256>,
    words: B256Map<B256>,
}

impl Hashes {
    pub(crate) fn address(&mut self, address: &Address) -> B256 {
        *self
            .addresses
            .entry(*address)
            .or_insert_with(|| keccak256(address))
    }

    pub(crate) fn word(&mut self, word: &B256) -> B256 {
        *self.words.entry(*word).or_insert_with(|| keccak256(word))
    }
}

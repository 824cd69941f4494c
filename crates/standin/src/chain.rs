//! Blocks of one chain as far as they are known, by hash and by number.

use alloy_consensus::Header;
use alloy_primitives::{B256, Bytes, Sealed, keccak256, map::HashMap};
use std::sync::{Arc, OnceLock};

/// A block, with as much of its contents as the claim's data has.
#[derive(Debug)]
pub(crate) struct Block {
    pub(crate) header: Sealed<Header>,
    /// The header's RLP, as it was found.
    pub(crate) raw_header: Bytes,
    /// EIP-2718 encodings in order; `None` if the data does not have all of them.
    pub(crate) transactions: Option<Vec<Bytes>>,
    /// Values of the receipts trie in order; `None` if the data does not have all of them.
    pub(crate) receipts: Option<Vec<Bytes>>,
    pub(crate) json: Rendered,
}

/// A block's JSON, made when first asked for; an error where the data lacks something or has what no node would.
#[derive(Debug, Default)]
pub(crate) struct Rendered {
    /// With hashes of transactions.
    pub(crate) short: OnceLock<Result<Arc<str>, String>>,
    /// With whole transactions, one by one.
    pub(crate) transactions: OnceLock<Result<Vec<Arc<str>>, String>>,
    /// With whole transactions.
    pub(crate) full: OnceLock<Result<Arc<str>, String>>,
    /// Of each transaction.
    pub(crate) receipts: OnceLock<Result<Vec<Arc<str>>, String>>,
}

impl Block {
    pub(crate) fn new(
        header: Sealed<Header>,
        raw_header: Bytes,
        transactions: Option<Vec<Bytes>>,
        receipts: Option<Vec<Bytes>>,
    ) -> Self {
        Self {
            header,
            raw_header,
            transactions,
            receipts,
            json: Rendered::default(),
        }
    }

    pub(crate) fn number(&self) -> u64 {
        self.header.number
    }

    pub(crate) fn hash(&self) -> B256 {
        self.header.hash()
    }
}

/// The known part of a chain.
#[derive(Debug)]
pub(crate) struct Chain {
    id: u64,
    /// Without gaps, ascending. Never empty.
    canonical: Vec<Arc<Block>>,
    /// The canonical blocks and those that were replaced.
    by_hash: HashMap<B256, Arc<Block>>,
    /// Block and position of each transaction of the canonical blocks.
    by_transaction: HashMap<B256, (u64, usize)>,
}

impl Chain {
    /// A chain out of canonical blocks, ascending by number without gaps, and others that are known by hash only.
    ///
    /// # Panics
    /// If there is no canonical block.
    pub(crate) fn new(id: u64, canonical: Vec<Block>, others: Vec<Block>) -> Self {
        assert!(!canonical.is_empty(), "a chain has a block");
        let canonical: Vec<_> = canonical.into_iter().map(Arc::new).collect();
        let others = others.into_iter().map(Arc::new);
        let by_hash = others
            .chain(canonical.iter().cloned())
            .map(|block| (block.hash(), block))
            .collect();
        let mut by_transaction = HashMap::default();
        for block in &canonical {
            for (index, raw) in block.transactions.iter().flatten().enumerate() {
                by_transaction.insert(keccak256(raw), (block.number(), index));
            }
        }
        Self {
            id,
            canonical,
            by_hash,
            by_transaction,
        }
    }

    pub(crate) const fn id(&self) -> u64 {
        self.id
    }

    pub(crate) fn blocks(&self) -> &[Arc<Block>] {
        &self.canonical
    }

    pub(crate) fn lowest(&self) -> &Arc<Block> {
        &self.canonical[0]
    }

    pub(crate) fn head(&self) -> &Arc<Block> {
        &self.canonical[self.canonical.len() - 1]
    }

    pub(crate) fn by_number(&self, number: u64) -> Option<&Arc<Block>> {
        let index = number.checked_sub(self.lowest().number())?;
        self.canonical.get(usize::try_from(index).ok()?)
    }

    pub(crate) fn by_hash(&self, hash: B256) -> Option<&Arc<Block>> {
        self.by_hash.get(&hash)
    }

    pub(crate) fn by_transaction(&self, hash: B256) -> Option<(&Arc<Block>, usize)> {
        let (number, index) = *self.by_transaction.get(&hash)?;
        Some((self.by_number(number)?, index))
    }
}

//! What derivation takes out of an L1 block: plain functions over transactions and receipts.

pub(crate) mod batcher;
pub(crate) mod receipts;

//! Deterministic L1 and L2 chains for tests: blocks, receipts, blobs, a sequencer, a batcher with every encoding, and adversaries. Chains yield claims
//! with complete witnesses.
//!
//! L2 blocks are built by the project's own executor. So what is proven with these chains is derivation, robustness and the program around them, and
//! nothing about execution: that is what the reference's fixtures are for. What has to be derived is always the testkit's own knowledge of what it
//! sequenced.
//!
//! ```
//! use hoike_testkit::{Channel, Compression, Setup};
//! use hoike_protocol::Fork;
//!
//! let mut chain = Setup::at(Fork::Granite).begin();
//! chain.mine(1);
//! let blocks = chain.fill_epochs();
//! let batches: Vec<_> = blocks.iter().map(|block| block.singular()).collect();
//! let channel = Channel::of(1, &batches, Compression::Zlib(6));
//! chain.l1().calldata(channel.item()).mine();
//! let judged = chain.check(); // derived as sequenced, valid, on both routes
//! assert!(judged.batch_drops().is_empty());
//! ```
#![forbid(unsafe_code)]

pub mod adversary;
pub mod batcher;
mod case;
mod chain;
mod compress;
mod drive;
mod journal;
pub mod keys;
pub mod l1;
pub mod l2;
mod rng;
pub mod scenario;
mod setup;
pub mod span;
pub mod store;

pub use batcher::{BatchBlock, Channel, interleave, item};
pub use case::{Case, Post};
pub use chain::{Chain, Draft, judge};
pub use compress::Compression;
pub use drive::{Derived, Pace, derive};
pub use journal::{Journal, Judged};
pub use keys::{Call, Key};
pub use l1::{Blob, Deposit, L1Block, L1Log, L1Tx, Meaning};
pub use l2::{COUNTER, L2, L2Block};
pub use rng::Rng;
pub use setup::{
    GENESIS_L1, GENESIS_TIME, INBOX, L1_CHAIN, L2_CHAIN, PORTAL, SYSTEM_CONFIG, Setup,
};
pub use span::Span;
pub use store::Store;

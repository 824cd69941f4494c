//! Derivation: L1 blocks in, payload attributes out. Pure and synchronous: no I/O, clock, logging or globals; input cannot make it panic.
//!
//! [`StartSearch`] finds where to begin, [`Derivation`] does the rest. Both are driven in the same way: call `step`, do what it asks, tell it the
//! answer. What L1 carries is never an error: whatever is dropped yields an [`Event`] with its reason. A [`Mismatch`] is the driver's fault, a
//! [`Halt`] means that no further block of this chain can be derived from this L1.
//!
//! Implements the derivation specification of the OP Stack, Bedrock to Karst; the stages' modules name their sections.
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

mod attributes;
mod batch;
mod channel;
mod epochs;
mod event;
mod extract;
mod frames;
mod intake;
mod machine;
mod start;
mod step;

pub use event::{BatchDrop, BatchId, ChannelDrop, Event, FrameDrop, Sink};
pub use extract::{batcher::NotBatcherData, receipts::may_matter};
pub use machine::Derivation;
pub use start::{Start, StartSearch, StartStep};
pub use step::{Answer, BlobRef, Built, Halt, Head, L2Block, Mismatch, Need, Step};

#[cfg(test)]
extern crate std;
#[cfg(test)]
mod tests;

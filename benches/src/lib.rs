//! What benches and counts are made of: the data, loaded before anything is measured, and the measured runs themselves.

mod block;
mod claim;
mod data;

pub use block::{Block, Crypto, block_folders, execute};
pub use claim::{Mode, judge};
pub use data::{Recorded, blobs, channels, example, fixture, fixtures, record};

//! What benches and counts are made of: the data, loaded before anything is measured, and the measured runs themselves.

mod claim;
mod data;

pub use claim::{Mode, judge};
pub use data::{Recorded, blobs, channels, example, fixture, fixtures, record};

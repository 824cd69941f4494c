//! Configuration of a chain: the rollup config, and the system config that L1 changes as it goes.

pub mod read_back;
pub mod rollup;
pub mod system;
pub mod update;

pub use rollup::{Eip1559Constants, Genesis, RollupConfig};
pub use system::SystemConfig;

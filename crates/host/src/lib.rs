//! The preimage host: where preimages are kept, and the server that hands them to a fault proof program.
//!
//! A value that cannot be had ends the server with an error that names it, so that the program fails instead of waiting.
//!
//! - [`store`]: data directories in op-program's formats, so that op-challenger reads what a run leaves behind.
//! - [`Local`]: the values that say what is to be proven, numbered for kona-client or for op-program.
//! - [`Offline`]: both together, and precompiles, which the host computes itself.
//! - [`Online`]: the same with nodes behind it ([`fetch`], [`net`]): what is not there is fetched, checked and kept, mostly before it is asked for.
//! - [`Plan`]: a block's claim out of nodes. [`judge`]: its verdict.
//! - [`serve`]: the four pipes. [`PipeOracle`]: their other end, for programs that run as processes of their own.
#![forbid(unsafe_code)]

mod client;
mod eager;
pub mod fetch;
mod kept;
mod local;
pub mod net;
mod offline;
mod online;
mod plan;
mod serve;
pub mod store;

pub use client::{PipeError, PipeOracle};
pub use eager::Eager;
pub use local::{Local, LocalChain};
pub use offline::{Offline, OfflineError, precompile_result};
pub use online::{Fetched, Online, OnlineError, judge};
pub use plan::{Plan, PlanError, Wish};
pub use serve::{Backend, Pipes, ServeError, serve};

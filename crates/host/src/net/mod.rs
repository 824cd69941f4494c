//! Asking nodes: several endpoints for each role, none of them trusted.
//!
//! A [`Pool`] hands every answer to a check of the caller's. What fails it is a fault of that endpoint, and the next one is asked. Transient faults
//! are retried without bound, each request with its own growing pause; what no retry helps against is remembered, and when nobody is left to ask the
//! request fails with what each said. Nothing here gives up silently, and nothing asks without a pause.

mod endpoint;
mod fault;
mod http;
mod meter;
mod pool;
mod ws;

pub use fault::{Class, Fault, with_causes};
pub use meter::Meter;
pub use pool::{Answerer, Call, Failure, Patience, Pool, Way};

use std::time::{Duration, Instant};

/// What endpoints are asked for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Role {
    /// L1's execution layer, JSON-RPC.
    L1,
    /// L1's beacon API.
    Beacon,
    /// L2's execution layer, JSON-RPC.
    L2,
}

impl Role {
    /// In messages and metrics.
    pub const fn name(self) -> &'static str {
        match self {
            Self::L1 => "L1",
            Self::Beacon => "beacon",
            Self::L2 => "L2",
        }
    }
}

/// How endpoints are dealt with.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// Longest wait for a connection.
    pub connect: Duration,
    /// Longest wait for a whole answer.
    pub answer: Duration,
    /// Requests to one endpoint at a time.
    pub concurrency: usize,
    /// Calls in one JSON-RPC batch; 1: no batches.
    pub batch: usize,
    /// First pause before a request is repeated; it doubles from time to time.
    pub first_pause: Duration,
    /// Longest such pause.
    pub longest_pause: Duration,
    /// When everything ends, done or not.
    pub deadline: Option<Instant>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            answer: Duration::from_secs(60),
            concurrency: 8,
            batch: 50,
            first_pause: Duration::from_millis(250),
            longest_pause: Duration::from_secs(10),
            deadline: None,
        }
    }
}

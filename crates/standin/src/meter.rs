//! Counters.

use crate::options::Role;
use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard},
    time::{Duration, Instant},
};

/// What was asked so far.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Counters {
    /// HTTP requests, by node. Those that met a fault count.
    pub requests: BTreeMap<Role, u64>,
    /// JSON-RPC calls by node and method, members of batches one by one, and paths of the beacon node without parameters.
    pub calls: BTreeMap<(Role, String), u64>,
    /// What was asked, in order: a method with its parameters as JSON, or a path with its query; of long ones the first 200 bytes.
    pub questions: Vec<(Role, String)>,
    /// Bytes of the answers' bodies.
    pub bytes_out: u64,
    /// Time during which at least one request was open, at whichever node. Over the latency, it is the number of round trips one after another.
    pub busy: Duration,
    /// The most requests that were open at once.
    pub most_open: u64,
}

impl Counters {
    /// HTTP requests to all nodes.
    pub fn total(&self) -> u64 {
        self.requests.values().sum()
    }

    /// HTTP requests to a node.
    pub fn requests(&self, role: Role) -> u64 {
        self.requests.get(&role).copied().unwrap_or_default()
    }

    /// Calls of a method at a node.
    pub fn calls(&self, role: Role, method: &str) -> u64 {
        let key = (role, method.to_string());
        self.calls.get(&key).copied().unwrap_or_default()
    }

    /// How many round trips one after another fit into the busy time. Zero without latency.
    pub fn serial_trips(&self, latency: Duration) -> f64 {
        match latency.is_zero() {
            true => 0.0,
            false => self.busy.as_secs_f64() / latency.as_secs_f64(),
        }
    }
}

/// Counts.
#[derive(Debug, Default)]
pub(crate) struct Meter(Mutex<Reading>);

#[derive(Debug, Default)]
struct Reading {
    counters: Counters,
    open: u64,
    since: Option<Instant>,
}

/// A request that is open, until it is dropped.
#[derive(Debug)]
pub(crate) struct Open<'a>(&'a Meter);

impl Meter {
    pub(crate) fn enter(&self, role: Role) -> Open<'_> {
        let mut reading = self.lock();
        *reading.counters.requests.entry(role).or_default() += 1;
        reading.open += 1;
        reading.counters.most_open = reading.counters.most_open.max(reading.open);
        reading.since.get_or_insert_with(Instant::now);
        Open(self)
    }

    pub(crate) fn call(&self, role: Role, method: &str) {
        let key = (role, method.to_string());
        *self.lock().counters.calls.entry(key).or_default() += 1;
    }

    pub(crate) fn question(&self, role: Role, question: &str) {
        let question = question.chars().take(200).collect();
        self.lock().counters.questions.push((role, question));
    }

    pub(crate) fn sent(&self, bytes: usize) {
        self.lock().counters.bytes_out += bytes as u64;
    }

    pub(crate) fn read(&self) -> Counters {
        let reading = self.lock();
        let mut counters = reading.counters.clone();
        if let Some(since) = reading.since {
            counters.busy += since.elapsed();
        }
        counters
    }

    pub(crate) fn reset(&self) {
        let mut reading = self.lock();
        reading.counters = Counters::default();
        reading.counters.most_open = reading.open;
        if reading.since.is_some() {
            reading.since = Some(Instant::now());
        }
    }

    fn lock(&self) -> MutexGuard<'_, Reading> {
        self.0
            .lock()
            .expect("nothing panics while it holds the lock")
    }
}

impl Drop for Open<'_> {
    fn drop(&mut self) {
        let mut reading = self.0.lock();
        reading.open -= 1;
        if reading.open == 0
            && let Some(since) = reading.since.take()
        {
            reading.counters.busy += since.elapsed();
        }
    }
}

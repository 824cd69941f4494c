//! What has been asked of whom, for reports, metrics and measurements.

use super::{Role, fault::Class};
use std::{
    collections::BTreeMap,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

/// Counts of one run. Cheap to share.
#[derive(Debug, Default)]
pub struct Meter {
    requests: AtomicU64,
    bytes: AtomicU64,
    retries: AtomicU64,
    busy: Mutex<Busy>,
    methods: Mutex<BTreeMap<(Role, String), u64>>,
}

/// When requests were under way.
#[derive(Debug, Default)]
struct Busy {
    open: u64,
    since: Option<Instant>,
    total: Duration,
}

impl Meter {
    /// HTTP requests (WebSocket calls are not counted).
    pub fn requests(&self) -> u64 {
        self.requests.load(Ordering::Relaxed)
    }

    /// Bytes of answers.
    pub fn received_bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }

    /// Requests that were repeated.
    pub fn retries(&self) -> u64 {
        self.retries.load(Ordering::Relaxed)
    }

    /// How long at least one request was under way: with a fixed latency, that many times it is the number of serial round trips.
    pub fn waited(&self) -> Duration {
        let busy = self.busy.lock().unwrap_or_else(PoisonError::into_inner);
        busy.total + busy.since.map_or(Duration::ZERO, |since| since.elapsed())
    }

    /// Calls by role and method, answered or not.
    pub fn methods(&self) -> BTreeMap<(Role, String), u64> {
        self.methods
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    pub(super) fn request(&self) {
        self.requests.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn bytes(&self, count: usize) {
        self.bytes.fetch_add(count as u64, Ordering::Relaxed);
    }

    pub(super) fn call(&self, role: Role, endpoint: &str, method: &str, count: u64) {
        *self
            .methods
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .entry((role, method.to_owned()))
            .or_default() += count;
        metrics::counter!("hoike_requests_total", "role" => role.name(), "endpoint" => endpoint.to_owned(), "method" => method.to_owned())
            .increment(count);
    }

    pub(super) fn answered(&self, role: Role, endpoint: &str, method: &str, took: Duration) {
        metrics::histogram!("hoike_request_seconds", "role" => role.name(), "endpoint" => endpoint.to_owned(), "method" => method.to_owned())
            .record(took.as_secs_f64());
    }

    pub(super) fn retry(&self, role: Role, endpoint: &str, class: Class) {
        self.retries.fetch_add(1, Ordering::Relaxed);
        metrics::counter!("hoike_faults_total", "role" => role.name(), "endpoint" => endpoint.to_owned(), "class" => class.name())
            .increment(1);
    }

    pub(super) fn enter(&self) -> Underway<'_> {
        let mut busy = self.busy.lock().unwrap_or_else(PoisonError::into_inner);
        busy.open += 1;
        busy.since.get_or_insert_with(Instant::now);
        Underway(self)
    }
}

/// A request is under way as long as this lives.
pub(super) struct Underway<'a>(&'a Meter);

impl Drop for Underway<'_> {
    fn drop(&mut self) {
        let mut busy = self.0.busy.lock().unwrap_or_else(PoisonError::into_inner);
        busy.open -= 1;
        if busy.open == 0
            && let Some(since) = busy.since.take()
        {
            busy.total += since.elapsed();
        }
    }
}

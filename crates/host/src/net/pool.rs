//! Failover, retries and patience.

use super::{
    Role, Settings,
    endpoint::{Endpoint, Next},
    fault::{Class, Fault},
    meter::Meter,
};
use futures_util::future::join_all;
use serde_json::value::RawValue;
use std::{
    collections::HashMap,
    fmt,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

/// A question to a node.
#[derive(Clone, Debug)]
pub enum Call {
    /// JSON-RPC.
    Rpc {
        /// The method.
        method: &'static str,
        /// Its parameters.
        params: serde_json::Value,
    },
    /// `GET` of a beacon API.
    Get {
        /// What stands for the method in messages and in what is remembered.
        name: &'static str,
        /// The path and query, without a slash before it.
        path: String,
    },
}

impl Call {
    /// A JSON-RPC call.
    pub const fn rpc(method: &'static str, params: serde_json::Value) -> Self {
        Self::Rpc { method, params }
    }

    /// The method.
    pub const fn method(&self) -> &'static str {
        match self {
            Self::Rpc { method, .. } => method,
            Self::Get { name, .. } => name,
        }
    }
}

type Check<'a, T> = Box<dyn Fn(&RawValue) -> Result<T, Fault> + Send + Sync + 'a>;

/// A way to an answer: a question, and the check of what comes.
pub struct Way<'a, T> {
    call: Call,
    check: Check<'a, T>,
}

impl<'a, T> Way<'a, T> {
    /// A question and the check of its answer.
    pub fn new(
        call: Call,
        check: impl Fn(&RawValue) -> Result<T, Fault> + Send + Sync + 'a,
    ) -> Self {
        let check = Box::new(check);
        Self { call, check }
    }
}

impl<T> fmt::Debug for Way<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.call, f)
    }
}

/// An endpoint of a pool, as the one whose answer it was.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Answerer(usize);

/// How long to insist.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Patience {
    /// Until there is an answer, or nobody is left who could give one.
    Endless,
    /// The same, but an endpoint that says so many times in a row that it is not there is believed: what is old does not come any more.
    UntilAbsent(u32),
    /// So many times round all endpoints: there are other ways to the same end.
    Rounds(u32),
}

/// The endpoints of one role.
#[derive(Debug)]
pub struct Pool {
    role: Role,
    endpoints: Vec<Endpoint>,
    /// The one that answered last.
    first: AtomicUsize,
    settings: Settings,
}

impl Pool {
    /// Endpoints for a role, in order of preference.
    ///
    /// # Errors
    /// None is given, or an address is none; says which.
    pub fn new(
        role: Role,
        addresses: &[String],
        settings: Settings,
        meter: &Arc<Meter>,
    ) -> Result<Self, String> {
        let endpoints: Vec<_> = addresses
            .iter()
            .map(|address| Endpoint::new(role, address, settings, meter))
            .collect::<Result<_, _>>()?;
        if endpoints.is_empty() {
            return Err(format!("there is no {} endpoint", role.name()));
        }
        Ok(Self {
            role,
            endpoints,
            first: AtomicUsize::new(0),
            settings,
        })
    }

    /// Asks until an answer passes its check, by the first of these ways that an endpoint has.
    ///
    /// # Errors
    /// Nobody is left who could answer, or the deadline has come, or patience is at its end.
    pub async fn ask<T>(&self, ways: &[Way<'_, T>], patience: Patience) -> Result<T, Failure> {
        self.ask_whom(ways, patience)
            .await
            .map(|(_, answer)| answer)
    }

    /// The same, and whose answer it is.
    ///
    /// # Errors
    /// As [`Self::ask`].
    pub async fn ask_whom<T>(
        &self,
        ways: &[Way<'_, T>],
        patience: Patience,
    ) -> Result<(Answerer, T), Failure> {
        let mut standing = Standing::new(patience);
        let mut pause = self.settings.first_pause;
        for round in 1.. {
            for index in self.order() {
                let tried = self.try_one(index, ways, &mut standing, (round, patience));
                if let Some(answer) = tried.await? {
                    return Ok((Answerer(index), answer));
                }
            }
            let open = (0..self.endpoints.len()).any(|endpoint| {
                ways.iter()
                    .enumerate()
                    .any(|(way, at)| self.is_open(endpoint, way, at.call.method(), &standing))
            });
            let spent = matches!(patience, Patience::Rounds(most) if round >= most);
            if !open || spent {
                return Err(self.failure(ways, standing));
            }
            // Half of it by chance, so that requests that failed together do not come back together.
            let method = ways.first().map_or("", |way| way.call.method());
            self.sleep(
                pause.mul_f64(0.5 + fastrand::f64() / 2.0),
                method,
                &standing,
            )
            .await?;
            pause = (pause * 2).min(self.settings.longest_pause);
        }
        Err(self.failure(ways, standing))
    }

    /// An answer that had passed its check has turned out to be wrong. Another endpoint is asked first from now on, after a pause, which grows with the
    /// number of such answers so far.
    ///
    /// # Errors
    /// The deadline comes before.
    pub async fn doubt(
        &self,
        answerer: Answerer,
        method: &'static str,
        why: impl fmt::Display,
        answers: u32,
    ) -> Result<(), Failure> {
        let Answerer(index) = answerer;
        let fault = Fault::wrong(why);
        let mut standing = Standing::default();
        if let Some(endpoint) = self.endpoints.get(index) {
            endpoint.note(method, &fault, answers, Next::Nothing);
            standing.newest = Some(endpoint.said(method, fault));
        }
        let other = (index + 1) % self.endpoints.len();
        let _somebody_else_was_first =
            self.first
                .compare_exchange(index, other, Ordering::Relaxed, Ordering::Relaxed);
        let doubled = 1_u32
            .checked_shl(answers.saturating_sub(1))
            .unwrap_or(u32::MAX);
        let pause = self.settings.first_pause.saturating_mul(doubled);
        self.sleep(pause.min(self.settings.longest_pause), method, &standing)
            .await
    }

    /// Asks many questions at once, in batches, or side by side where batches are not taken; `None` for those that have no good answer at the first attempt.
    pub async fn ask_together<T>(&self, ways: &[Way<'_, T>], batch: usize) -> Vec<Option<T>> {
        let size = batch.min(self.settings.batch).max(1);
        let mut answers: Vec<Option<T>> = ways.iter().map(|_| None).collect();
        let index = self.first.load(Ordering::Relaxed) % self.endpoints.len();
        let endpoint = &self.endpoints[index];
        let chunks = ways.chunks(size).map(|chunk| async move {
            let Some(method) = chunk.first().map(|way| way.call.method()) else {
                return Vec::new();
            };
            if endpoint.lacks(method) {
                return chunk.iter().map(|_| None).collect();
            }
            if size == 1 || endpoint.lacks(BATCH) {
                return self.side_by_side(chunk).await;
            }
            let calls: Vec<&Call> = chunk.iter().map(|way| &way.call).collect();
            let sent = self.within(Box::pin(endpoint.send_batch(&calls))).await;
            let results = match sent {
                Ok(Ok(results)) => results,
                Ok(Err(fault)) => {
                    endpoint.note(batch_fault_of(method, &fault), &fault, 1, Next::OtherWay);
                    if endpoint.lacks(BATCH) {
                        return self.side_by_side(chunk).await;
                    }
                    Vec::new()
                }
                Err(_) => Vec::new(),
            };
            let mut results = results.into_iter();
            let mut checked = Vec::new();
            for way in chunk {
                let outcome = results
                    .next()
                    .map(|result| result.and_then(|raw| (way.check)(&raw)));
                checked.push(match outcome {
                    Some(Ok(value)) => Some(value),
                    Some(Err(fault)) => {
                        endpoint.note(method, &fault, 1, Next::OtherWay);
                        None
                    }
                    None => None,
                });
            }
            checked
        });
        let done = join_all(chunks).await;
        for (slot, value) in answers.iter_mut().zip(done.into_iter().flatten()) {
            *slot = value;
        }
        answers
    }

    /// Each question once, by its one way.
    async fn side_by_side<T>(&self, ways: &[Way<'_, T>]) -> Vec<Option<T>> {
        let asked = ways
            .iter()
            .map(|way| self.ask(std::slice::from_ref(way), Patience::Rounds(1)));
        join_all(asked).await.into_iter().map(Result::ok).collect()
    }

    /// Whether any endpoint may have a method.
    pub fn may_have(&self, method: &str) -> bool {
        self.endpoints
            .iter()
            .any(|endpoint| !endpoint.lacks(method))
    }

    /// All endpoints' names.
    pub fn names(&self) -> Vec<&str> {
        self.endpoints.iter().map(|e| e.name.as_str()).collect()
    }

    /// The one that answered last first; those that want to be left alone at the end.
    fn order(&self) -> Vec<usize> {
        let count = self.endpoints.len();
        let first = self.first.load(Ordering::Relaxed);
        let mut order: Vec<usize> = (0..count).map(|n| (first + n) % count).collect();
        order.sort_by_key(|index| self.endpoints[*index].resumes().is_some());
        order
    }

    fn is_open(&self, endpoint: usize, way: usize, method: &str, standing: &Standing) -> bool {
        !self.endpoints[endpoint].lacks(method) && !standing.is_lost(endpoint, way)
    }

    /// One endpoint, by each way that is open; `None`: no good answer.
    async fn try_one<T>(
        &self,
        index: usize,
        ways: &[Way<'_, T>],
        standing: &mut Standing,
        (round, patience): (u32, Patience),
    ) -> Result<Option<T>, Failure> {
        let endpoint = &self.endpoints[index];
        for (number, way) in ways.iter().enumerate() {
            let method = way.call.method();
            if !self.is_open(index, number, method, standing) {
                continue;
            }
            // In boxes, so that the whole does not become too deep a type.
            let send = Box::pin(endpoint.send(&way.call));
            let sent = match self.within(send).await {
                Ok(sent) => sent,
                Err(()) => {
                    let waits = Fault::new(Class::Slow, "no answer until then");
                    let newest = &mut standing.newest;
                    newest.get_or_insert_with(|| endpoint.said(method, waits));
                    return Err(self.late(method, standing));
                }
            };
            match sent.and_then(|raw| (way.check)(&raw)) {
                Ok(answer) => {
                    self.first.store(index, Ordering::Relaxed);
                    return Ok(Some(answer));
                }
                Err(fault) => {
                    let another = patience != Patience::Endless
                        || ways
                            .iter()
                            .enumerate()
                            .skip(number + 1)
                            .any(|(later, way)| {
                                self.is_open(index, later, way.call.method(), standing)
                            });
                    let next = if another {
                        Next::OtherWay
                    } else {
                        Next::Nothing
                    };
                    endpoint.note(method, &fault, round, next);
                    // What is wrong with the connection is wrong with it by any method.
                    let next_way = match fault.class {
                        Class::Wrong
                        | Class::Refused
                        | Class::MethodMissing
                        | Class::Pruned
                        | Class::TooLarge
                        | Class::NotThere => true,
                        Class::Unreachable
                        | Class::Broken
                        | Class::Slow
                        | Class::RateLimited
                        | Class::ServerError
                        | Class::Garbage
                        | Class::WrongChain
                        | Class::Unauthorized => false,
                    };
                    standing.newest = Some(endpoint.said(method, fault.clone()));
                    standing.add(index, number, fault);
                    if !next_way {
                        break;
                    }
                }
            }
        }
        Ok(None)
    }

    async fn within<T>(&self, work: impl Future<Output = T>) -> Result<T, ()> {
        match self.settings.deadline {
            Some(at) => tokio::time::timeout_at(at.into(), work)
                .await
                .map_err(|_| ()),
            None => Ok(work.await),
        }
    }

    async fn sleep(
        &self,
        pause: Duration,
        method: &'static str,
        standing: &Standing,
    ) -> Result<(), Failure> {
        let until = Instant::now() + pause;
        if self.settings.deadline.is_some_and(|at| at < until) {
            return Err(self.late(method, standing));
        }
        tokio::time::sleep_until(until.into()).await;
        Ok(())
    }

    fn late(&self, method: &'static str, standing: &Standing) -> Failure {
        Failure::Deadline {
            role: self.role,
            method,
            last: standing.newest.clone().map(Box::new),
        }
    }

    fn failure<T>(&self, ways: &[Way<'_, T>], standing: Standing) -> Failure {
        let mut said = Vec::new();
        for (index, endpoint) in self.endpoints.iter().enumerate() {
            for (number, way) in ways.iter().enumerate() {
                let method = way.call.method();
                let fault = match standing.faults.get(&(index, number)) {
                    Some((fault, _)) => fault.clone(),
                    None if endpoint.lacks(method) => {
                        Fault::new(Class::MethodMissing, "as it has said before")
                    }
                    None => continue,
                };
                said.push(endpoint.said(method, fault));
            }
        }
        Failure::Nobody {
            role: self.role,
            said,
        }
    }
}

/// What a batch's fault is remembered as: an endpoint that does not take batches may take single calls.
fn batch_fault_of<'a>(method: &'a str, fault: &Fault) -> &'a str {
    match fault.class {
        Class::MethodMissing | Class::Refused | Class::TooLarge => BATCH,
        Class::Unreachable
        | Class::Broken
        | Class::Slow
        | Class::RateLimited
        | Class::ServerError
        | Class::Garbage
        | Class::NotThere
        | Class::Wrong
        | Class::WrongChain
        | Class::Pruned
        | Class::Unauthorized => method,
    }
}

/// How one request fares, by endpoint and way.
#[derive(Debug, Default)]
struct Standing {
    /// How often in a row an endpoint may say that it is not there.
    absences: Option<u32>,
    /// The newest fault, and how many of its class came in a row.
    faults: HashMap<(usize, usize), (Fault, u32)>,
    newest: Option<Said>,
}

impl Standing {
    fn new(patience: Patience) -> Self {
        let absences = match patience {
            Patience::UntilAbsent(most) => Some(most),
            Patience::Endless | Patience::Rounds(_) => None,
        };
        Self {
            absences,
            ..Self::default()
        }
    }

    fn add(&mut self, endpoint: usize, way: usize, fault: Fault) {
        let entry = self.faults.entry((endpoint, way));
        entry
            .and_modify(|(last, count)| {
                *count = if last.class == fault.class {
                    *count + 1
                } else {
                    1
                };
                *last = fault.clone();
            })
            .or_insert((fault, 1));
    }

    fn is_lost(&self, endpoint: usize, way: usize) -> bool {
        let Some((fault, count)) = self.faults.get(&(endpoint, way)) else {
            return false;
        };
        let most = match fault.class {
            Class::NotThere => self.absences,
            class => class.patience(),
        };
        most.is_some_and(|most| *count >= most)
    }
}

/// Why there is no answer.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Failure {
    /// Nobody is left to ask.
    #[error("no {} endpoint has it: {}", role.name(), list(said))]
    Nobody {
        /// What they are endpoints of.
        role: Role,
        /// What each said last.
        said: Vec<Said>,
    },
    /// The deadline has come.
    #[error("the deadline came while {method} was asked of {} endpoints{}", role.name(), last.as_ref().map(|said| format!("; at last {}", list(std::slice::from_ref(said)))).unwrap_or_default())]
    Deadline {
        /// What they are endpoints of.
        role: Role,
        /// The method.
        method: &'static str,
        /// The newest fault, if there was any.
        last: Option<Box<Said>>,
    },
    /// What was fetched is not what is needed.
    #[error("{0}")]
    Other(String),
    /// What was fetched cannot be kept.
    #[error(transparent)]
    Store(#[from] Arc<crate::store::StoreError>),
}

impl Failure {
    /// Whether all who were asked say that there is no such thing.
    pub(crate) fn is_not_there(&self) -> bool {
        match self {
            Self::Nobody { said, .. } => {
                let mut classes = said.iter().map(|said| said.fault.class);
                classes.all(|class| matches!(class, Class::NotThere | Class::MethodMissing))
            }
            Self::Deadline { .. } | Self::Other(_) | Self::Store(_) => false,
        }
    }

    /// Whether it may be gone when the same is asked again later.
    pub(crate) fn is_transient(&self) -> bool {
        match self {
            Self::Nobody { said, .. } => said
                .iter()
                .any(|said| said.fault.class.patience().is_none()),
            Self::Deadline { .. } | Self::Other(_) | Self::Store(_) => false,
        }
    }
}

/// What an endpoint said last.
#[derive(Clone, Debug)]
pub struct Said {
    /// Its address.
    pub endpoint: String,
    /// What was asked.
    pub method: &'static str,
    /// What came.
    pub fault: Fault,
}

fn list(said: &[Said]) -> String {
    let mut text = said
        .iter()
        .map(|said| format!("{} of {}: {}", said.method, said.endpoint, said.fault))
        .collect::<Vec<_>>()
        .join("; ");
    // The newest advice is for the last way, which is the plainest.
    let remedy = said
        .iter()
        .rev()
        .find(|said| said.fault.class != Class::MethodMissing)
        .or(said.last())
        .map(|said| said.fault.class.remedy());
    if let Some(remedy) = remedy {
        text = format!("{text}. What helps: {remedy}");
    }
    text
}

/// Stands among an endpoint's methods for taking batches at all.
const BATCH: &str = "(batch)";

//! One endpoint: its connection, and what is remembered about it.

use super::{
    Role, Settings,
    fault::{Class, Fault},
    http::Http,
    meter::Meter,
    pool::{Call, Said},
    ws::{Connected, Ws},
};
use alloy_rpc_client::RpcClient;
use alloy_transport::TransportError;
use reqwest::Url;
use serde_json::value::RawValue;
use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};
use tokio::sync::Semaphore;

/// An address of a node. Answers come back unchecked.
#[derive(Debug)]
pub(super) struct Endpoint {
    role: Role,
    /// The address without its secrets, for messages.
    pub(super) name: String,
    wire: Wire,
    slots: Semaphore,
    /// Methods that it does not have.
    lacks: Mutex<HashSet<String>>,
    /// It wants to be left alone until then.
    resume: Mutex<Option<Instant>>,
    /// When each class was last complained about, and how many were not.
    complained: Mutex<HashMap<Class, (Instant, u64)>>,
    settings: Settings,
    meter: Arc<Meter>,
}

#[derive(Debug)]
enum Wire {
    Rpc(RpcClient),
    Ws(Ws),
    Rest(Http),
}

impl Endpoint {
    pub(super) fn new(
        role: Role,
        address: &str,
        settings: Settings,
        meter: &Arc<Meter>,
    ) -> Result<Self, String> {
        let url: Url = address
            .parse()
            .map_err(|why| format!("{} endpoint {address:?} is no URL: {why}", role.name()))?;
        let name = shown(&url);
        let http = || {
            Http::new(
                url.clone(),
                settings.connect,
                settings.answer,
                Arc::clone(meter),
            )
        };
        let wire = match (role, url.scheme()) {
            (Role::Beacon, "http" | "https") => Wire::Rest(http()?),
            (Role::L1 | Role::L2, "http" | "https") => Wire::Rpc(RpcClient::new(http()?, false)),
            (Role::L1 | Role::L2, "ws" | "wss") => Wire::Ws(Ws::new(url.clone())),
            (_, scheme) => {
                return Err(format!(
                    "{} endpoint {name} has the scheme {scheme}: http and https are taken{}",
                    role.name(),
                    if role == Role::Beacon {
                        ""
                    } else {
                        ", ws and wss too"
                    }
                ));
            }
        };
        Ok(Self {
            role,
            name,
            wire,
            slots: Semaphore::new(settings.concurrency.max(1)),
            lacks: Mutex::default(),
            resume: Mutex::default(),
            complained: Mutex::default(),
            settings,
            meter: Arc::clone(meter),
        })
    }

    /// Sends a call as soon as the endpoint may be asked, and waits for the answer.
    pub(super) async fn send(&self, call: &Call) -> Result<Box<RawValue>, Fault> {
        let method = call.method();
        self.guarded(method, 1, async {
            match (&self.wire, call) {
                (Wire::Rest(http), Call::Get { path, .. }) => {
                    let body = http.get(path).await?;
                    serde_json::from_slice(&body).map_err(|why| Fault::new(Class::Garbage, why))
                }
                (Wire::Rpc(_) | Wire::Ws(_), Call::Rpc { params, .. }) => {
                    let connected = self.connected().await?;
                    let answer = connected
                        .client
                        .request::<_, Box<RawValue>>(method.to_owned(), params)
                        .await;
                    self.received(&connected, answer, method).await
                }
                _ => Err(Fault::new(
                    Class::MethodMissing,
                    "the endpoint is of another kind",
                )),
            }
        })
        .await
    }

    /// Sends calls of one method together. The outer error is one of all of them.
    pub(super) async fn send_batch(
        &self,
        calls: &[&Call],
    ) -> Result<Vec<Result<Box<RawValue>, Fault>>, Fault> {
        let Some(method) = calls.first().map(|call| call.method()) else {
            return Ok(Vec::new());
        };
        self.guarded(method, calls.len() as u64, async {
            let connected = self.connected().await?;
            let mut batch = connected.client.new_batch();
            let mut waiters = Vec::new();
            for call in calls {
                let Call::Rpc { params, .. } = call else {
                    return Err(Fault::new(
                        Class::MethodMissing,
                        "the endpoint is of another kind",
                    ));
                };
                let waiter = batch
                    .add_call::<_, Box<RawValue>>(method.to_owned(), params)
                    .map_err(|why| Fault::of_rpc(why, method))?;
                waiters.push(waiter);
            }
            let sent = batch.send().await;
            if let Err(why) = sent {
                return Err(self.failed(&connected, why, method).await);
            }
            let mut answers = Vec::new();
            for waiter in waiters {
                let answer = waiter.await;
                answers.push(self.received(&connected, answer, method).await);
            }
            Ok(answers)
        })
        .await
    }

    /// A fault as what this endpoint said.
    pub(super) fn said(&self, method: &'static str, fault: Fault) -> Said {
        Said {
            endpoint: self.name.clone(),
            method,
            fault,
        }
    }

    /// Whether the endpoint is known not to have a method.
    pub(super) fn lacks(&self, method: &str) -> bool {
        self.lacks
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .contains(method)
    }

    /// Until when it wants to be left alone, if that is to come.
    pub(super) fn resumes(&self) -> Option<Instant> {
        self.resume
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .filter(|at| *at > Instant::now())
    }

    /// Remembers a fault, and says it once for each class, then rarely. What only one question suffers from is no news to a person as long as there is
    /// another way; and if there is none, the error says it.
    pub(super) fn note(&self, method: &str, fault: &Fault, attempt: u32, next: Next) {
        let of_the_question = fault.class.is_of_the_question();
        let is_lost = fault.class.patience() == Some(1);
        let quiet = of_the_question && (is_lost || next == Next::OtherWay);
        // What was only tried is not repeated.
        if is_lost || !quiet {
            self.meter.retry(self.role, &self.name, fault.class);
        }
        match fault.class {
            Class::MethodMissing => {
                let mut lacks = self.lacks.lock().unwrap_or_else(PoisonError::into_inner);
                lacks.insert(method.to_owned());
            }
            Class::RateLimited => {
                let pause = fault.retry_after.unwrap_or(self.settings.first_pause);
                let mut resume = self.resume.lock().unwrap_or_else(PoisonError::into_inner);
                *resume = Some(Instant::now() + pause);
            }
            Class::Unreachable
            | Class::Broken
            | Class::Slow
            | Class::ServerError
            | Class::Garbage
            | Class::NotThere
            | Class::Wrong
            | Class::Refused
            | Class::WrongChain
            | Class::Pruned
            | Class::Unauthorized
            | Class::TooLarge => {}
        }
        if quiet {
            tracing::debug!(endpoint = %self.name, method, %fault, "another way is tried");
            return;
        }
        let now = Instant::now();
        let mut complained = self
            .complained
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let held_back = match complained.get_mut(&fault.class) {
            Some((last, held_back)) if now.duration_since(*last) < COMPLAIN_EVERY => {
                *held_back += 1;
                return;
            }
            Some((last, held_back)) => {
                *last = now;
                std::mem::take(held_back)
            }
            None => {
                complained.insert(fault.class, (now, 0));
                0
            }
        };
        drop(complained);
        tracing::warn!(endpoint = %self.name, role = self.role.name(), method, attempt, held_back, "{fault}");
    }

    async fn connected(&self) -> Result<Connected, Fault> {
        match &self.wire {
            Wire::Rpc(client) => Ok(Connected {
                client: client.clone(),
                number: 0,
            }),
            Wire::Ws(ws) => {
                self.meter.request();
                ws.connected(self.settings.connect).await
            }
            Wire::Rest(_) => Err(Fault::new(
                Class::MethodMissing,
                "the endpoint is of another kind",
            )),
        }
    }

    async fn received(
        &self,
        connected: &Connected,
        answer: Result<Box<RawValue>, TransportError>,
        method: &str,
    ) -> Result<Box<RawValue>, Fault> {
        match answer {
            Ok(raw) => {
                if let Wire::Ws(_) = &self.wire {
                    self.meter.bytes(raw.get().len());
                }
                Ok(raw)
            }
            Err(why) => Err(self.failed(connected, why, method).await),
        }
    }

    async fn failed(&self, connected: &Connected, why: TransportError, method: &str) -> Fault {
        let fault = Fault::of_rpc(why, method);
        if let (Wire::Ws(ws), Class::Broken) = (&self.wire, fault.class) {
            ws.broke(connected).await;
        }
        fault
    }

    /// Within the endpoint's limits: one of its slots, its wish to be left alone, and the longest wait.
    async fn guarded<T>(
        &self,
        method: &str,
        calls: u64,
        work: impl Future<Output = Result<T, Fault>>,
    ) -> Result<T, Fault> {
        let slot = self.slots.acquire().await;
        if let Some(at) = self.resumes() {
            tokio::time::sleep_until(at.into()).await;
        }
        let _underway = self.meter.enter();
        self.meter.call(self.role, &self.name, method, calls);
        let begun = Instant::now();
        let outcome = tokio::time::timeout(self.settings.answer, work)
            .await
            .unwrap_or_else(|_| {
                let whole = self.settings.answer.as_secs_f64();
                Err(Fault::new(
                    Class::Slow,
                    format_args!("no whole answer in {whole} s"),
                ))
            });
        self.meter
            .answered(self.role, &self.name, method, begun.elapsed());
        drop(slot);
        outcome
    }
}

/// What comes after a fault.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Next {
    /// There is another way to the same end: another method, or whoever needs it asks again and insists.
    OtherWay,
    /// The same question again, or none.
    Nothing,
}

/// Scheme, host and port; what follows may be an API key.
fn shown(url: &Url) -> String {
    let host = url.host_str().unwrap_or("?");
    let port = url
        .port()
        .map(|port| format!(":{port}"))
        .unwrap_or_default();
    let secret = url.path().len() > 1 || url.query().is_some();
    let rest = if secret { "/..." } else { "" };
    format!("{}://{host}{port}{rest}", url.scheme())
}

const COMPLAIN_EVERY: Duration = Duration::from_secs(30);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_in_addresses_are_not_shown() {
        for (address, want) in [
            (
                "https://user:pass@node.example/v2/KEY",
                "https://node.example/...",
            ),
            ("http://127.0.0.1:8545", "http://127.0.0.1:8545"),
            ("https://node.example/?key=K", "https://node.example/..."),
        ] {
            assert_eq!(shown(&address.parse().unwrap()), want);
        }
    }
}

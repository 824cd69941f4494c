//! One endpoint: its connection, and what is remembered about it.

use super::{
    Role, Settings,
    fault::{Class, Fault},
    http::Http,
    meter::Meter,
    pool::Call,
};
use alloy_rpc_client::{RpcClient, WsConnect};
use reqwest::Url;
use serde_json::value::RawValue;
use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};
use tokio::sync::{OnceCell, Semaphore};

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
    /// Connected when it is first needed.
    Ws(Url, OnceCell<RpcClient>),
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
            (Role::L1 | Role::L2, "ws" | "wss") => Wire::Ws(url.clone(), OnceCell::new()),
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
                (Wire::Rpc(_) | Wire::Ws(..), Call::Rpc { params, .. }) => self
                    .client()
                    .await?
                    .request::<_, Box<RawValue>>(method.to_owned(), params)
                    .await
                    .map_err(|why| Fault::of_rpc(why, method)),
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
            let client = self.client().await?;
            let mut batch = client.new_batch();
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
            batch
                .send()
                .await
                .map_err(|why| Fault::of_rpc(why, method))?;
            let mut answers = Vec::new();
            for waiter in waiters {
                answers.push(waiter.await.map_err(|why| Fault::of_rpc(why, method)));
            }
            Ok(answers)
        })
        .await
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

    /// Remembers a fault, and says it once for each class, then rarely.
    pub(super) fn note(&self, method: &str, fault: &Fault, attempt: u32) {
        self.meter.retry(self.role, &self.name, fault.class);
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
        // A method that a node does not have is no news to a person: there is another way.
        if fault.class == Class::MethodMissing {
            tracing::debug!(endpoint = %self.name, method, %fault, "another way is tried");
        } else {
            tracing::warn!(endpoint = %self.name, role = self.role.name(), method, attempt, held_back, "{fault}");
        }
    }

    async fn client(&self) -> Result<&RpcClient, Fault> {
        match &self.wire {
            Wire::Rpc(client) => Ok(client),
            Wire::Ws(url, connected) => connected
                .get_or_try_init(|| RpcClient::connect_pubsub(WsConnect::new(url.as_str())))
                .await
                .map_err(|why| Fault::new(Class::Unreachable, why)),
            Wire::Rest(_) => Err(Fault::new(
                Class::MethodMissing,
                "the endpoint is of another kind",
            )),
        }
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

//! What goes wrong on purpose: chosen by a seed and by what is asked, not by when, so that a run can be repeated.

use crate::options::Role;
use alloy_primitives::{B256, keccak256, map::B256Map};
use std::{
    collections::BTreeMap,
    sync::{
        Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

/// A kind of fault.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Fault {
    /// The connection is closed without an answer.
    Drop,
    /// The connection is reset (TCP RST) in the middle of the body.
    Reset,
    /// The connection is closed in the middle of the body, whose length was announced.
    Truncate,
    /// The answer comes late, by [`Plan::delay`].
    Delay,
    /// The body comes in 16 pieces over [`Plan::delay`].
    Drip,
    /// 429 with `Retry-After`.
    RateLimit,
    /// 500.
    ServerError,
    /// 502, with HTML.
    BadGateway,
    /// 503.
    Unavailable,
    /// 200, and a body that is no JSON.
    Garbage,
    /// One hex digit of a result is another one.
    WrongDigit,
    /// The answer is that for the block before, or what has the asked block's place there; blobs come in reverse order.
    OtherBlock,
    /// The result is null, as if there were no such block.
    Null,
    /// The node answers as one some blocks behind.
    OldHead,
    /// A header is that of another fork: its extra data differs, and the hash fits it.
    Fork,
}

impl Fault {
    /// All kinds.
    pub const ALL: [Self; 15] = [
        Self::Drop,
        Self::Reset,
        Self::Truncate,
        Self::Delay,
        Self::Drip,
        Self::RateLimit,
        Self::ServerError,
        Self::BadGateway,
        Self::Unavailable,
        Self::Garbage,
        Self::WrongDigit,
        Self::OtherBlock,
        Self::Null,
        Self::OldHead,
        Self::Fork,
    ];

    /// Those that say something that is not so, in an answer of the right form.
    pub const LIES: [Self; 5] = [
        Self::WrongDigit,
        Self::OtherBlock,
        Self::Null,
        Self::OldHead,
        Self::Fork,
    ];

    pub(crate) fn is_lie(self) -> bool {
        Self::LIES.contains(&self)
    }
}

/// What goes wrong, and how often.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Plan {
    /// Another seed, other faults.
    pub seed: u64,
    /// Of a thousand requests so many get a fault. The nth request for the same thing always fares alike, whatever came in between.
    pub rate_per_mille: u32,
    /// Chosen from with equal chances. None if empty.
    pub kinds: Vec<Fault>,
    /// The most faults; after those all goes well.
    pub max: Option<u64>,
    /// How long [`Fault::Delay`] and [`Fault::Drip`] take.
    pub delay: Duration,
    /// `Retry-After` of [`Fault::RateLimit`], in seconds.
    pub retry_after: u32,
    /// Only this node's requests.
    pub only: Option<Role>,
}

impl Default for Plan {
    /// One request in ten, all kinds, delays of 300 ms.
    fn default() -> Self {
        Self {
            seed: 0,
            rate_per_mille: 100,
            kinds: Fault::ALL.to_vec(),
            max: None,
            delay: Duration::from_millis(300),
            retry_after: 0,
            only: None,
        }
    }
}

/// How many faults there were. A lie that would not have changed the answer is none and is not counted.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct FaultCounts(pub BTreeMap<Fault, u64>);

impl FaultCounts {
    /// Of one kind.
    pub fn of(&self, kind: Fault) -> u64 {
        self.0.get(&kind).copied().unwrap_or_default()
    }

    /// Of all kinds.
    pub fn total(&self) -> u64 {
        self.0.values().sum()
    }
}

/// A plan at work.
#[derive(Debug)]
pub(crate) struct Faults {
    plan: Option<Plan>,
    off: AtomicBool,
    state: Mutex<Progress>,
}

#[derive(Debug, Default)]
struct Progress {
    /// How often the same was asked.
    asked: B256Map<u64>,
    counts: FaultCounts,
}

/// A fault that is to happen, with a number for whatever it has to choose.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Chosen {
    pub(crate) kind: Fault,
    pub(crate) draw: u64,
}

impl Faults {
    pub(crate) fn new(plan: Option<Plan>) -> Self {
        Self {
            plan,
            off: AtomicBool::new(false),
            state: Mutex::default(),
        }
    }

    pub(crate) fn set(&self, on: bool) {
        self.off.store(!on, Ordering::Relaxed);
    }

    pub(crate) fn delay(&self) -> Duration {
        self.plan.as_ref().map_or(Duration::ZERO, |plan| plan.delay)
    }

    pub(crate) fn retry_after(&self) -> u32 {
        self.plan.as_ref().map_or(0, |plan| plan.retry_after)
    }

    pub(crate) fn counts(&self) -> FaultCounts {
        self.lock().counts.clone()
    }

    /// What happens to a request. `asked` is the request without what differs from run to run. The fault is counted: see [`Self::had_no_effect`].
    pub(crate) fn choose(&self, role: Role, asked: &[u8]) -> Option<Chosen> {
        let plan = self.plan.as_ref()?;
        let count = plan.kinds.len() as u64;
        if self.off.load(Ordering::Relaxed)
            || plan.only.is_some_and(|only| only != role)
            || count == 0
        {
            return None;
        }
        let mut state = self.lock();
        let key = keccak256([&[role as u8], asked].concat());
        let nth = state.asked.entry(key).or_default();
        *nth += 1;
        let seed = [
            &plan.seed.to_be_bytes()[..],
            key.as_slice(),
            &nth.to_be_bytes(),
        ]
        .concat();
        let [chance, which, draw, _] = words(keccak256(seed));
        let kind = plan.kinds[(which % count) as usize];
        let spent = plan.max.is_some_and(|max| state.counts.total() >= max);
        if chance % 1_000 >= u64::from(plan.rate_per_mille) || spent {
            return None;
        }
        *state.counts.0.entry(kind).or_default() += 1;
        Some(Chosen { kind, draw })
    }

    /// The fault has not changed anything, so it was none.
    pub(crate) fn had_no_effect(&self, kind: Fault) {
        if let Some(count) = self.lock().counts.0.get_mut(&kind) {
            *count = count.saturating_sub(1);
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Progress> {
        self.state
            .lock()
            .expect("nothing panics while it holds the lock")
    }
}

/// Four independent numbers out of a hash.
fn words(hash: B256) -> [u64; 4] {
    let (words, _) = hash.as_chunks::<8>();
    std::array::from_fn(|index| u64::from_be_bytes(words[index]))
}

//! What debug-info.json tells about a run.

use super::exec::Note;
use serde::Serialize;

/// debug-info.json, with the original's names in its order.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct DebugInfo {
    /// Pages that were ever written.
    pub pages: usize,
    /// Their bytes, in hex.
    #[serde(serialize_with = "hex")]
    pub memory_used: u64,
    /// Changes of the preimage key that was read.
    pub num_preimage_requests: u64,
    /// Bytes of those preimages without their lengths.
    pub total_preimage_size: u64,
    /// Steps, from the program's beginning.
    pub total_steps: u64,
    /// Steps with an instruction beyond what the original decodes when it starts.
    pub instruction_cache_miss_count: u64,
    /// The highest of those addresses, in hex.
    #[serde(serialize_with = "hex")]
    pub highest_icache_miss_pc: u64,
    /// sc and scd that wrote.
    pub rmw_success_count: u64,
    /// sc and scd that did not.
    pub rmw_fail_count: u64,
    /// Between an ll and the next sc of its thread.
    pub max_steps_between_ll_and_sc: u64,
    /// Writes to the word of a reservation, or to word 0 while there is none.
    pub reservation_invalidation_count: u64,
    /// Ends of time slices.
    pub forced_preemption_count: u64,
    /// Steps of others between thread 0 being put aside and running again.
    pub idle_step_count_thread_0: u64,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Stats {
    step: u64,
    cache_misses: u64,
    highest_miss: u64,
    successes: u64,
    failures: u64,
    longest: u64,
    invalidated: u64,
    forced: u64,
    idle: u64,
    active: u64,
    left_at: u64,
    /// Thread and step of the last ll of the five threads that had one most recently, newest last.
    linked: Vec<(u64, u64)>,
}

impl Stats {
    /// Of a run that begins after this step.
    pub(super) fn from_step(step: u64) -> Self {
        Self {
            step,
            ..Self::default()
        }
    }

    pub(super) fn tick(&mut self, pc: u64) {
        self.step += 1;
        if pc >= CACHED_BYTES {
            self.cache_misses += 1;
            self.highest_miss = self.highest_miss.max(pc);
        }
    }

    pub(super) fn note(&mut self, what: Note) {
        match what {
            Note::Linked(thread) => {
                self.linked.retain(|(other, _)| *other != thread);
                if self.linked.len() == REMEMBERED {
                    self.linked.remove(0);
                }
                self.linked.push((thread, self.step));
            }
            Note::Stored(thread) => {
                self.successes += 1;
                self.unlink(thread);
            }
            Note::Refused(thread) => {
                self.failures += 1;
                self.unlink(thread);
            }
            Note::Invalidated => self.invalidated += 1,
            Note::Forced => self.forced += 1,
            Note::Activated(thread) => {
                if self.active == 0 && thread != 0 {
                    self.left_at = self.step;
                } else if self.active != 0 && thread == 0 {
                    self.idle += self.step - self.left_at;
                }
                self.active = thread;
            }
        }
    }

    fn unlink(&mut self, thread: u64) {
        if let Some(at) = self.linked.iter().position(|(other, _)| *other == thread) {
            let (_, step) = self.linked.remove(at);
            self.longest = self.longest.max(self.step - step);
        }
    }

    pub(super) fn info(self, pages: usize, steps: u64, requests: u64, bytes: u64) -> DebugInfo {
        DebugInfo {
            pages,
            memory_used: pages as u64 * crate::PAGE_BYTES as u64,
            num_preimage_requests: requests,
            total_preimage_size: bytes,
            total_steps: steps,
            instruction_cache_miss_count: self.cache_misses,
            highest_icache_miss_pc: self.highest_miss,
            rmw_success_count: self.successes,
            rmw_fail_count: self.failures,
            max_steps_between_ll_and_sc: self.longest,
            reservation_invalidation_count: self.invalidated,
            forced_preemption_count: self.forced,
            idle_step_count_thread_0: self.idle,
        }
    }
}

fn hex<S: serde::Serializer>(value: &u64, to: S) -> Result<S::Ok, S::Error> {
    to.collect_str(&format_args!("{value:#x}"))
}

const CACHED_BYTES: u64 = 128 << 20;
const REMEMBERED: usize = 5;

//! The forks of the OP Stack and when a chain activates them.

use core::fmt;

/// A fork of the OP Stack, in canonical order. The optional Pectra blob schedule is no fork: it is a field of the rollup config.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[expect(missing_docs, reason = "the names are the forks' own")]
pub enum Fork {
    Bedrock,
    Regolith,
    Canyon,
    Delta,
    Ecotone,
    Fjord,
    Granite,
    Holocene,
    Isthmus,
    Jovian,
    Karst,
    Lagoon,
}

impl Fork {
    /// Every fork, oldest first.
    pub const ALL: [Self; 12] = [
        Self::Bedrock,
        Self::Regolith,
        Self::Canyon,
        Self::Delta,
        Self::Ecotone,
        Self::Fjord,
        Self::Granite,
        Self::Holocene,
        Self::Isthmus,
        Self::Jovian,
        Self::Karst,
        Self::Lagoon,
    ];

    /// The fork's name in lower case, as in the `<name>_time` keys of a rollup config.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Bedrock => "bedrock",
            Self::Regolith => "regolith",
            Self::Canyon => "canyon",
            Self::Delta => "delta",
            Self::Ecotone => "ecotone",
            Self::Fjord => "fjord",
            Self::Granite => "granite",
            Self::Holocene => "holocene",
            Self::Isthmus => "isthmus",
            Self::Jovian => "jovian",
            Self::Karst => "karst",
            Self::Lagoon => "lagoon",
        }
    }
}

impl fmt::Display for Fork {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Activation times of a chain's forks after Bedrock: ordered, and without a gap before the last scheduled fork.
///
/// Spec: `protocol/superchain-upgrades.md`, "Activation Rules"; op-node's `Config.Check` demands the order up to Isthmus, this type for all.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Schedule {
    /// Regolith to Lagoon, Unix seconds.
    times: [Option<u64>; 11],
}

impl Schedule {
    /// Takes the times of Regolith to Lagoon, in the order of [`Fork`].
    ///
    /// # Errors
    /// A fork that comes before its predecessor, or that has a time where its predecessor has none.
    pub const fn new(times: [Option<u64>; 11]) -> Result<Self, ScheduleError> {
        // A const fn has neither iterators nor `get`; the bounds are the array's own.
        #[expect(
            clippy::indexing_slicing,
            clippy::arithmetic_side_effects,
            reason = "const loop below the array's length"
        )]
        {
            let mut i = 1;
            while i < times.len() {
                match (times[i - 1], times[i]) {
                    (Some(before), Some(time)) if time < before => {
                        return Err(ScheduleError::OutOfOrder {
                            fork: Fork::ALL[i + 1],
                            time,
                            predecessor: before,
                        });
                    }
                    (None, Some(_)) => {
                        return Err(ScheduleError::Gap {
                            fork: Fork::ALL[i + 1],
                            missing: Fork::ALL[i],
                        });
                    }
                    (Some(_), Some(_)) | (_, None) => {}
                }
                i += 1;
            }
        }
        Ok(Self { times })
    }

    /// Takes times as they are. No chain has forks out of order; the reference looks at each fork's flag alone, and so do the rules here, which test
    /// vectors make use of. Everything else takes [`Schedule::new`].
    pub const fn unchecked(times: [Option<u64>; 11]) -> Self {
        Self { times }
    }

    /// When `fork` activates; `None` where it is not scheduled. Bedrock counts as active since 0.
    pub fn time_of(&self, fork: Fork) -> Option<u64> {
        Fork::ALL
            .iter()
            .position(|f| *f == fork)
            .and_then(|i| i.checked_sub(1))
            .map_or(Some(0), |i| self.times.get(i).copied().flatten())
    }

    /// The forks active at `time`, oldest first. Private to the rules: everything else asks a view for a rule, not the schedule for a fork.
    pub(crate) fn active_at(&self, time: u64) -> impl DoubleEndedIterator<Item = Fork> {
        Fork::ALL
            .into_iter()
            .filter(move |fork| self.is_active(*fork, time))
    }

    /// Whether `fork` is active at `time`.
    pub(crate) fn is_active(&self, fork: Fork, time: u64) -> bool {
        self.time_of(fork).is_some_and(|t| t <= time)
    }
}

/// Why a fork schedule is refused.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ScheduleError {
    /// A fork activates before its predecessor.
    #[error("{fork} activates at {time}, before its predecessor at {predecessor}")]
    OutOfOrder {
        /// The fork that is too early.
        fork: Fork,
        /// Its time.
        time: u64,
        /// Its predecessor's time.
        predecessor: u64,
    },
    /// A fork has a time and its predecessor has none.
    #[error("{fork} has an activation time, but {missing} before it has none")]
    Gap {
        /// The fork with a time.
        fork: Fork,
        /// The fork without.
        missing: Fork,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    fn schedule(times: &[u64]) -> Result<Schedule, ScheduleError> {
        let mut all = [None; 11];
        for (slot, time) in all.iter_mut().zip(times) {
            *slot = Some(*time);
        }
        Schedule::new(all)
    }

    #[test]
    fn newest_active_fork() {
        let s = schedule(&[0, 10, 10, 20]).unwrap();
        for (time, fork) in [
            (0, Fork::Regolith),
            (9, Fork::Regolith),
            (10, Fork::Delta),
            (19, Fork::Delta),
            (20, Fork::Ecotone),
            (u64::MAX, Fork::Ecotone),
        ] {
            assert_eq!(s.active_at(time).next_back(), Some(fork), "at {time}");
        }
        assert_eq!(s.time_of(Fork::Fjord), None);
        assert_eq!(s.time_of(Fork::Bedrock), Some(0));
        assert!(
            s.is_active(Fork::Delta, 10)
                && !s.is_active(Fork::Delta, 9)
                && !s.is_active(Fork::Karst, u64::MAX)
        );
    }

    #[test]
    fn order_and_gaps_are_refused() {
        assert_eq!(
            schedule(&[5, 4]),
            Err(ScheduleError::OutOfOrder {
                fork: Fork::Canyon,
                time: 4,
                predecessor: 5
            })
        );
        let mut gap = [None; 11];
        gap[2] = Some(1);
        assert_eq!(
            Schedule::new(gap),
            Err(ScheduleError::Gap {
                fork: Fork::Delta,
                missing: Fork::Canyon
            })
        );
    }
}

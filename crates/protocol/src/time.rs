//! The three times that gate fork rules, each a type of its own, so that a rule cannot be asked with the wrong one.
//!
//! All are seconds of the Unix epoch. Which rule is gated by which: `docs/spec-map.md` and the fields of the views in [`crate::rules`].

use core::fmt;

/// Timestamp of the L1 block that carries the data being read (op-node: the pipeline's origin).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct InclusionTime(pub u64);

/// Timestamp of the L1 origin (epoch) of a batch or an L2 block.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct OriginTime(pub u64);

/// Timestamp of an L2 block itself.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct L2Time(pub u64);

impl L2Time {
    /// This time plus `seconds`; wraps, as the reference's arithmetic on an attacker's numbers does (D191).
    pub const fn wrapping_add(self, seconds: u64) -> Self {
        Self(self.0.wrapping_add(seconds))
    }
}

macro_rules! display_as_number {
    ($($time:ty),*) => {$(
        impl fmt::Display for $time {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }
    )*};
}
display_as_number!(InclusionTime, OriginTime, L2Time);

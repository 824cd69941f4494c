//! Configurations of chains that are not in the registry, from the files that op-node takes.
//!
//! A field that is missing, malformed or impossible is refused by name; so is a fork time that is not known, a known key in another spelling, and a
//! key that is there twice, since each means that the file's author expected another chain. Other unknown keys are ignored.

mod document;
mod l1;
mod l2;
mod rollup;

pub use l1::l1_config_json;
pub use l2::l2_config_json;
pub use rollup::rollup_config;

use alloc::string::String;
use core::fmt;
use hoike_protocol::fork::ScheduleError;

/// Why a configuration file is refused.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file is not a JSON object, or an object in it has a key twice.
    #[error("not a usable JSON document: {0}")]
    Syntax(String),
    /// A field cannot be used.
    #[error("`{field}` {fault}")]
    Field {
        /// Path of the field, its parts joined by dots.
        field: String,
        /// What is wrong with it.
        fault: Fault,
    },
    /// The L2 forks are out of order.
    #[error(transparent)]
    Schedule(#[from] ScheduleError),
}

/// What is wrong with a field of a configuration file.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Fault {
    /// It must be there, and is not, or is null.
    #[error("is missing")]
    Missing,
    /// It is another kind of value.
    #[error("is {found}, not {expected}")]
    Type {
        /// The kind it must be.
        expected: &'static str,
        /// The kind it is.
        found: &'static str,
    },
    /// What should hold the field is not an object.
    #[error("cannot be looked up: what should hold it is {found}, not an object")]
    NoObject {
        /// The kind of value found instead of an object.
        found: &'static str,
    },
    /// A number that is negative, has a fraction or does not fit.
    #[error("is not a whole number from 0 to {max}")]
    Number {
        /// The greatest allowed.
        max: u64,
    },
    /// A number below what makes sense.
    #[error("is {value}, and must be at least {min}: {why}")]
    TooSmall {
        /// The number.
        value: u64,
        /// The least allowed.
        min: u64,
        /// What a smaller one would mean.
        why: &'static str,
    },
    /// Bytes without their `0x`.
    #[error("does not start with 0x")]
    NoPrefix,
    /// Half a byte too much or too little.
    #[error("has {digits} hexadecimal digits, an odd number")]
    OddHex {
        /// How many digits there are.
        digits: usize,
    },
    /// Too many or too few bytes.
    #[error("has {found} bytes, not {expected}")]
    Length {
        /// How many there must be.
        expected: usize,
        /// How many there are.
        found: usize,
    },
    /// A character that is no hexadecimal digit.
    #[error("has a character that is no hexadecimal digit")]
    NoHex,
    /// All bytes are zero.
    #[error("must not be zero")]
    Zero,
    /// Two fields that must differ are equal.
    #[error("must not be the same as `{other}`")]
    SameAs {
        /// The other field.
        other: &'static str,
    },
    /// Two names of one field have different values.
    #[error("contradicts `{other}`")]
    Contradicts {
        /// The other field.
        other: &'static str,
    },
    /// The rollup config says otherwise.
    #[error(
        "is {}, but the rollup config says {}",
        Written(found),
        Written(rollup)
    )]
    Disagrees {
        /// The value here, if there is one.
        found: Option<u64>,
        /// The rollup config's, if it has one.
        rollup: Option<u64>,
    },
    /// A fork activates before an earlier one.
    #[error("is {time}, before `{predecessor}` at {predecessor_time}")]
    OutOfOrder {
        /// The fork's time.
        time: u64,
        /// The earlier fork.
        predecessor: &'static str,
        /// Its time.
        predecessor_time: u64,
    },
    /// A time of a fork that may change rules in a way not known here.
    #[error("is the time of a fork that is not known here")]
    UnknownFork,
    /// A known key, written in other letters.
    #[error("must be written `{known}`")]
    Spelling {
        /// The right key.
        known: &'static str,
    },
    /// Alternative data availability.
    #[error("is set: batches on an alternative data availability layer are not supported")]
    AltDa,
    /// A value that only other programs know, in place of one that is read here.
    #[error("is not supported: {instead}")]
    Unsupported {
        /// What to do about it.
        instead: &'static str,
    },
}

/// A number that may not be there.
struct Written<'a>(&'a Option<u64>);

impl fmt::Display for Written<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(value) => value.fmt(f),
            None => f.write_str("not set"),
        }
    }
}

//! Exit codes: the one place that makes them.

use std::process::ExitCode;

/// What the process says by its exit code. 2 is left to guests, where it means panic; a bug exits with 70, from the panic hook.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Exit {
    /// The claim is valid, or all claims came out as expected.
    Valid,
    /// The claim is invalid, or a claim did not come out as expected.
    Invalid,
    /// Data is missing or corrupt: no verdict.
    Data,
    /// An endpoint failed, or the deadline came: no verdict.
    Endpoint,
    /// The command line is wrong.
    Usage,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Valid => 0,
            Exit::Invalid => 1,
            Exit::Data => 3,
            Exit::Endpoint => 4,
            Exit::Usage => 64,
        })
    }
}

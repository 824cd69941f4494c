//! Exit codes: the one place that makes them.

use std::process::ExitCode;

/// What the process says by its exit code. A bug exits with 70, from the panic hook.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Exit {
    /// The claim is valid, or all claims came out as expected.
    Valid,
    /// The claim is invalid, or a claim did not come out as expected.
    Invalid,
    /// asterisc cannot do a step; the original's code for it.
    VmError,
    /// cannon cannot do a step: what is a panic of the original cannon, by which op-challenger knows it.
    VmPanic,
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
            Exit::VmError => 1,
            Exit::VmPanic => 2,
            Exit::Data => 3,
            Exit::Endpoint => 4,
            Exit::Usage => 64,
        })
    }
}

//! What goes to stdout and stderr. Neither can fail: whoever closes it early wants no more, and the exit code says what there is to say.

use std::{
    fmt::Display,
    io::{self, Write},
};

/// Prints to stdout.
pub(crate) fn print(text: &str) {
    let mut out = io::stdout().lock();
    let _closed_early = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

/// Says on stderr why there is no verdict.
pub(crate) fn no_verdict(why: &str) {
    complain(format_args!("hoike: no verdict: {why}"));
}

/// Says a line on stderr. Not by `eprintln!`, which panics where nobody listens.
pub(crate) fn complain(line: impl Display) {
    let _nobody_listens = writeln!(io::stderr(), "{line}");
}

//! Runs the binary.
#![allow(dead_code, reason = "not every test uses everything")]

use std::{fs, process::Command};

/// The binary with arguments.
pub(crate) fn hoike(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hoike"));
    command.args(args);
    command
}

/// Runs it: exit code, stdout, stderr.
pub(crate) fn run(args: &[&str]) -> (i32, String, String) {
    let output = hoike(args).output().unwrap();
    let [out, err] = [output.stdout, output.stderr].map(|text| String::from_utf8(text).unwrap());
    let code = output.status.code();
    (
        code.unwrap_or_else(|| panic!("{args:?}: killed: {err}")),
        out,
        err,
    )
}

/// The example's `claim.json`.
pub(crate) fn example_claim() -> Vec<u8> {
    fs::read(hoike_tests::example().join("claim.json")).unwrap()
}

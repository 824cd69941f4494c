//! Runs the binary.
#![allow(dead_code, reason = "not every test uses everything")]

use serde_json::Value;
use std::{
    fs,
    io::Read,
    path::{Path, PathBuf},
    process::Command,
};

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

/// All runs of the fixtures' programs on a fault proof VM, with their traces; none where there are no fixtures.
pub(crate) fn vm_runs(machine: &str) -> Vec<(PathBuf, Value)> {
    let Some(folder) = hoike_tests::fixtures(&format!("vm/{machine}")) else {
        return Vec::new();
    };
    let mut runs: Vec<PathBuf> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.join("trace.json.zst").is_file())
        .collect();
    runs.sort();
    let trace = |run: &PathBuf| serde_json::from_slice(&unpacked(&run.join("trace.json.zst")));
    runs.into_iter()
        .map(|run| (run.clone(), trace(&run).unwrap()))
        .collect()
}

/// A file's content, unpacked if it is packed.
pub(crate) fn unpacked(path: &Path) -> Vec<u8> {
    let file = fs::read(path).unwrap_or_else(|why| panic!("{}: {why}", path.display()));
    let mut out = Vec::new();
    match file.first_chunk() {
        Some([0x1f, 0x8b, _, _]) => {
            let read = flate2::read::GzDecoder::new(&file[..]).read_to_end(&mut out);
            read.unwrap_or_else(|why| panic!("{}: {why}", path.display()));
            out
        }
        Some([0x28, 0xb5, 0x2f, 0xfd]) => zstd::decode_all(&file[..]).unwrap(),
        Some(_) | None => file,
    }
}

/// The program of a run, unpacked into a folder. Several runs may share one, under one of their names: then there is none.
pub(crate) fn program(run: &Path, trace: &Value, to: &Path) -> Option<String> {
    let elf = trace["elf"].as_str().unwrap();
    let packed = run.parent().unwrap().join("elf").join(elf);
    let path = to.join("program.elf");
    packed
        .is_file()
        .then(|| fs::write(&path, unpacked(&packed)).unwrap())?;
    Some(path.display().to_string())
}

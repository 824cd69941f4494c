#![allow(
    unreachable_pub,
    dead_code,
    reason = "shared by test crates, none of which uses all of it"
)]
//! The fixtures, by format: whole runs, single steps and walks of the original VMs.

use alloy_primitives::{B256, Bytes, keccak256};
use hoike_vm::{NoAnswer, World};
use serde::Deserialize;
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::{
    collections::BTreeMap,
    env, fs,
    path::{Path, PathBuf},
};

/// What the original did: see the fixtures' README.
#[derive(Deserialize, Debug)]
#[serde(rename_all = "camelCase")]
pub struct Trace {
    pub elf: String,
    pub elf_sha256: B256,
    pub prestate: Milestone,
    #[serde(rename = "final")]
    pub end: Milestone,
    pub preimages: Option<Vec<Preimage>>,
    pub hints: Option<Vec<Asked>>,
    pub preimage_requests: Option<Vec<Asked>>,
    pub stdout: String,
    pub stderr: String,
    pub checkpoints: Vec<Checkpoint>,
    pub error: Option<Failure>,
    pub snapshot: Option<Milestone>,
    pub debug_info: Option<Value>,
}

#[derive(Deserialize, Debug)]
#[serde(rename_all = "camelCase")]
pub struct Milestone {
    pub step: u64,
    pub hash: B256,
    pub witness: Bytes,
    pub exited: bool,
    pub exit_code: u8,
    pub bin_keccak256: B256,
    pub bin_length: usize,
    pub pages: usize,
}

#[derive(Deserialize, Clone, Debug)]
pub struct Preimage {
    pub key: B256,
    pub value: Bytes,
}

#[derive(Deserialize, Debug)]
pub struct Asked {
    pub step: u64,
    #[serde(alias = "key")]
    pub hint: Bytes,
}

#[derive(Deserialize, Debug)]
pub struct Checkpoint {
    pub step: u64,
    pub hash: B256,
    #[serde(deserialize_with = "number")]
    pub pc: u64,
}

#[derive(Deserialize, Debug)]
pub struct Failure {
    pub class: String,
}

/// A server that has what a case says, and remembers what happens.
#[derive(Default, Debug)]
pub struct Script {
    pub preimages: BTreeMap<B256, Bytes>,
    pub hints: Vec<Bytes>,
    pub requests: Vec<B256>,
    pub stdout: Vec<u8>,
    pub stderr: Vec<u8>,
}

impl Script {
    pub fn new(preimages: Option<&Vec<Preimage>>) -> Self {
        let pairs = preimages.into_iter().flatten();
        Self {
            preimages: pairs.map(|p| (p.key, p.value.clone())).collect(),
            ..Self::default()
        }
    }
}

impl World for Script {
    fn hint(&mut self, text: &[u8]) -> Result<(), NoAnswer> {
        self.hints.push(Bytes::copy_from_slice(text));
        Ok(())
    }

    fn preimage(&mut self, key: B256) -> Result<Vec<u8>, NoAnswer> {
        self.requests.push(key);
        let value = self.preimages.get(&key);
        value
            .map(|value| value.to_vec())
            .ok_or_else(|| NoAnswer(format!("no {key}")))
    }

    fn print(&mut self, fd: u8, text: &[u8]) {
        match fd {
            1 => self.stdout.extend_from_slice(text),
            _ => self.stderr.extend_from_slice(text),
        }
    }
}

/// `vm/<machine>` of the fixtures; none, with a message, where they are not there.
pub fn fixtures(machine: &str) -> Option<PathBuf> {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/fixtures");
    let root = env::var_os("HOIKE_FIXTURES").map_or_else(beside, PathBuf::from);
    // Cargo runs tests in the crate's folder; a relative path is meant from the project's.
    let root = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .join(root);
    let folder = root.join("vm").join(machine);
    if folder.is_dir() {
        return Some(folder);
    }
    eprintln!("skipped: no {}", folder.display());
    None
}

/// All folders with a trace, in order.
pub fn runs(fixtures: &Path) -> Vec<PathBuf> {
    let mut runs: Vec<PathBuf> = fs::read_dir(fixtures)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.join("trace.json.zst").is_file())
        .collect();
    runs.sort();
    assert!(!runs.is_empty(), "no runs in {}", fixtures.display());
    runs
}

pub fn trace(run: &Path) -> Trace {
    serde_json::from_slice(&unpack(&run.join("trace.json.zst"))).unwrap()
}

pub fn program(run: &Path, trace: &Trace) -> Vec<u8> {
    // Several runs may share a program, under one of their names.
    let files = fs::read_dir(run.parent().unwrap().join("elf")).unwrap();
    let mut programs = files.map(|file| unpack(&file.unwrap().path()));
    let program =
        programs.find(|program| B256::from_slice(&Sha256::digest(program)) == trace.elf_sha256);
    program.unwrap_or_else(|| panic!("no {} of {}", trace.elf, run.display()))
}

pub fn unpack(path: &Path) -> Vec<u8> {
    let file = fs::read(path).unwrap_or_else(|why| panic!("{}: {why}", path.display()));
    zstd::decode_all(&file[..]).unwrap()
}

pub fn gunzip(path: &Path) -> Vec<u8> {
    use std::io::Read;
    let mut out = Vec::new();
    let file = fs::File::open(path).unwrap();
    flate2::read::GzDecoder::new(file)
        .read_to_end(&mut out)
        .unwrap();
    out
}

/// The objects of a file with one in each line.
pub fn lines(path: &Path) -> Vec<Value> {
    let text = unpack(path);
    let lines: Vec<Value> = text
        .split(|byte| *byte == b'\n')
        .filter(|line| !line.is_empty())
        .map(|line| serde_json::from_slice(line).unwrap())
        .collect();
    assert!(!lines.is_empty(), "{}", path.display());
    lines
}

/// Of the proof data's parts: keccak-256, or "zero".
pub fn is_digest(part: &[u8], digest: &Value) -> bool {
    match digest.as_str().unwrap() {
        "zero" => part.iter().all(|byte| *byte == 0),
        hash => keccak256(part) == hash.parse::<B256>().unwrap(),
    }
}

pub fn word(value: &Value) -> u64 {
    match value {
        Value::Number(number) => number.as_u64().unwrap(),
        other => {
            let text = other.as_str().unwrap();
            u64::from_str_radix(text.trim_start_matches("0x"), 16).unwrap()
        }
    }
}

pub fn bytes(value: &Value) -> Bytes {
    value.as_str().unwrap().parse().unwrap()
}

fn number<'de, D: serde::Deserializer<'de>>(from: D) -> Result<u64, D::Error> {
    Value::deserialize(from).map(|value| word(&value))
}

//! asterisc against the vectors of `vm/asterisc` in the fixtures: all that is there, by its format.

use alloy_primitives::{B256, Bytes, U64, keccak256, map::HashMap};
use hoike_vm::asterisc::{Cpu, Fault, Sealed, State, load_elf};
use hoike_vm::symbols_json;
use hoike_vm::{Asterisc, Machine, Memory, NoAnswer, PROOF_BYTES, StepProof, World};
use serde::Deserialize;
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

#[test]
fn whole_runs() {
    let Some(root) = fixtures() else { return };
    let mut count = 0;
    for folder in folders(&root) {
        if let Ok(trace) = fs::read(folder.join("trace.json.zst")) {
            let trace: Trace = serde_json::from_slice(&unzstd(&trace)).expect("a trace");
            let name = folder.display().to_string();
            println!("{name}");
            whole_run(&root, &folder, &trace, &name);
            count += 1;
        }
    }
    assert!(count > 0, "no runs");
    println!("{count} runs");
}

fn whole_run(root: &Path, folder: &Path, trace: &Trace, name: &str) {
    let loaded = load_elf(&program(root, trace)).expect(name);
    let patched: BTreeSet<String> = loaded
        .patched
        .iter()
        .map(|symbol| format!("{}@{:#x}", symbol.name, symbol.start))
        .collect();
    assert_eq!(patched, trace.patched.iter().cloned().collect(), "{name}");
    let mut machine = loaded.machine;
    same(&mut machine, &trace.prestate, name);

    // All steps before which there is something to look at.
    let mut stops: BTreeSet<u64> = trace.checkpoints.iter().map(|point| point.step).collect();
    stops.extend(trace.proof_steps.values());
    stops.extend(trace.snapshot.iter().map(|snapshot| snapshot.step));
    stops.insert(trace.last.step);
    for said in trace.hints.iter().chain(&trace.preimage_requests) {
        stops.extend([said.step, said.step + 1]);
    }
    let proofs: Vec<Value> = serde_json::from_slice(&unzstd(
        &fs::read(folder.join("proofs.json.zst")).expect("the proofs"),
    ))
    .expect("proofs");
    let proofs: HashMap<u64, Value> = proofs
        .into_iter()
        .map(|proof| (proof["step"].as_u64().expect("a step"), proof))
        .collect();
    let checkpoints: HashMap<u64, &Checkpoint> = trace
        .checkpoints
        .iter()
        .map(|point| (point.step, point))
        .collect();

    let mut world = Known::new(&trace.preimages);
    for stop in stops {
        machine.run(stop, false, &mut world).expect(name);
        assert_eq!(machine.steps(), stop, "{name}");
        let so_far = |said: &[Said]| said.iter().filter(|said| said.step < stop).count();
        assert_eq!(world.hints.len(), so_far(&trace.hints), "{name} {stop}");
        assert_eq!(
            world.requests.len(),
            so_far(&trace.preimage_requests),
            "{name} {stop}"
        );
        if let Some(point) = checkpoints.get(&stop) {
            assert_eq!(machine.state_hash(), point.hash, "{name} {stop}");
            assert_eq!(machine.pc(), point.pc.to::<u64>(), "{name} {stop}");
        }
        if let Some(proof) = proofs.get(&stop) {
            let mut world = Known::new(&trace.preimages);
            let proven = machine.clone().prove(&mut world).expect(name);
            assert_eq!(serde_json::to_value(proven).expect("JSON"), *proof);
        }
        if let Some(snapshot) = trace.snapshot.as_ref().filter(|it| it.step == stop) {
            same(&mut machine, snapshot, name);
            snapshot_goes_on(folder, trace, snapshot, name);
        }
    }
    match &trace.error {
        None => {
            machine.run(u64::MAX, false, &mut world).expect(name);
            same(&mut machine, &trace.last, name);
            // An exited program does nothing more, and that is what its proof says.
            let proof = machine.prove(&mut world).expect(name);
            assert_eq!((proof.pre, &proof.proof_data[..]), (proof.post, &[][..]));
            assert_eq!(machine.steps(), trace.last.step);
        }
        Some(error) => {
            same(&mut machine, &trace.last, name);
            for prove in [false, true] {
                let mut machine = machine.clone();
                let fault = if prove {
                    machine.prove(&mut world).expect_err(name)
                } else {
                    machine.run(u64::MAX, false, &mut world).expect_err(name)
                };
                error.is(&fault, name);
                assert_eq!(machine.steps(), trace.last.step);
            }
        }
    }
    assert_eq!(world.hints, texts(&trace.hints), "{name}");
    assert_eq!(world.requests, texts(&trace.preimage_requests), "{name}");
    assert_eq!(
        String::from_utf8_lossy(&world.printed[0]),
        trace.stdout,
        "{name}"
    );
    assert_eq!(
        String::from_utf8_lossy(&world.printed[1]),
        trace.stderr,
        "{name}"
    );
}

/// The program of a run: several runs can be of one, so its hash says which it is.
fn program(root: &Path, trace: &Trace) -> Vec<u8> {
    fs::read_dir(root.join("elf"))
        .expect("the programs")
        .map(|entry| unzstd(&fs::read(entry.expect("an entry").path()).expect("a program")))
        .find(|elf| B256::from_slice(&Sha256::digest(elf)) == trace.elf_sha256)
        .expect("the program")
}

/// The original's snapshots are read, written again, and run on from.
fn snapshot_goes_on(folder: &Path, trace: &Trace, snapshot: &Summary, name: &str) {
    let binary = gunzip(&folder.join(format!("{}.bin.gz", snapshot.step)));
    let json = gunzip(&folder.join(format!("{}.json.gz", snapshot.step)));
    let states = [State::read_binary(&binary[..]), State::read_json(&json[..])];
    for state in states {
        let mut machine = Asterisc::new(state.expect(name));
        same(&mut machine, snapshot, name);
        let mut written = Vec::new();
        machine.state().write_json(&mut written).expect(name);
        assert_eq!(written, json, "{name}");
        let mut world = Known::new(&trace.preimages);
        machine.run(u64::MAX, false, &mut world).expect(name);
        same(&mut machine, &trace.last, name);
    }
}

/// A state, and both of its files.
fn same(machine: &mut Asterisc, expected: &Summary, name: &str) {
    assert_eq!(machine.steps(), expected.step, "{name}");
    assert_eq!(Bytes::from(machine.witness()), expected.witness, "{name}");
    assert_eq!(machine.state_hash(), expected.hash, "{name}");
    assert_eq!(machine.page_count(), expected.pages, "{name}");
    let exit_code = expected.exited.then_some(expected.exit_code);
    assert_eq!(machine.exit_code(), exit_code, "{name}");
    let mut binary = Vec::new();
    machine.state().write_binary(&mut binary).expect(name);
    assert_eq!(binary.len(), expected.bin_length, "{name}");
    assert_eq!(keccak256(&binary), expected.bin_keccak256, "{name}");
    let mut json = Vec::new();
    machine.state().write_json(&mut json).expect(name);
    assert_eq!(json.len(), expected.json_length, "{name}");
    assert_eq!(keccak256(&json), expected.json_keccak256, "{name}");
}

#[test]
fn files_of_the_original_command() {
    let Some(root) = fixtures() else { return };
    let mut count = 0;
    for folder in folders(&root) {
        let Ok(entries) = fs::read_dir(folder.join("cli")) else {
            continue;
        };
        let trace: Trace = serde_json::from_slice(&unzstd(
            &fs::read(folder.join("trace.json.zst")).expect("a trace"),
        ))
        .expect("a trace");
        let mut loaded = load_elf(&program(&root, &trace)).expect("a program");
        let mut witnesses = vec![loaded.machine.witness_json()];
        let mut expected_witnesses = Vec::new();
        for entry in entries {
            let path = entry.expect("an entry").path();
            let file = path.file_name().and_then(|name| name.to_str());
            let file = file.expect("a name");
            if file == "meta.json" {
                let ours: Value =
                    serde_json::from_str(&symbols_json(&loaded.symbols)).expect("JSON");
                let theirs = fs::read(&path).expect("meta");
                assert!(theirs.ends_with(b"  ]\n}\n\n"));
                let theirs: Value = serde_json::from_slice(&theirs).expect("JSON");
                // Their sort leaves symbols of one address in no order.
                let sorted = |meta: Value| {
                    let mut symbols = meta["symbols"].as_array().expect("symbols").clone();
                    symbols.sort_by_key(|symbol| {
                        (symbol["start"].as_u64(), symbol["name"].to_string())
                    });
                    symbols
                };
                assert_eq!(sorted(ours), sorted(theirs));
            } else if file.ends_with("witness.json") {
                expected_witnesses.push(fs::read(&path).expect("a witness"));
            } else if let Some(step) = file
                .strip_suffix(".json.gz")
                .and_then(|stem| stem.parse().ok())
            {
                let mut machine = loaded.machine.clone();
                let mut world = Known::new(&trace.preimages);
                machine.run(step, false, &mut world).expect("a run");
                let proof = machine.prove(&mut world).expect("a proof");
                let theirs = gunzip(&path);
                assert_eq!(
                    String::from_utf8_lossy(&proof.to_json()),
                    String::from_utf8_lossy(&theirs)
                );
                let read: StepProof = serde_json::from_slice(&theirs).expect("a proof");
                assert_eq!(read, proof);
            } else {
                let bytes = gunzip(&path);
                let state = if file.ends_with(".json.gz") {
                    let state = State::read_json(&bytes[..]).expect(file);
                    let mut written = Vec::new();
                    state.write_json(&mut written).expect(file);
                    assert_eq!(written, bytes, "{file}");
                    state
                } else {
                    State::read_binary(&bytes[..]).expect(file)
                };
                let mut again = Vec::new();
                state.write_binary(&mut again).expect(file);
                assert_eq!(again.len(), bytes.len().min(again.len()), "{file}");
                let mut machine = Asterisc::new(state);
                let mut ours = loaded.machine.clone();
                let mut world = Known::new(&trace.preimages);
                ours.run(machine.steps(), false, &mut world).expect(file);
                assert_eq!(ours.state_hash(), machine.state_hash(), "{file}");
                if !file.contains("snapshot") {
                    ours.seal();
                }
                assert_eq!(ours.state().sealed, machine.state().sealed, "{file}");
                witnesses.push(machine.witness_json());
            }
            count += 1;
        }
        for expected in expected_witnesses {
            assert!(
                witnesses
                    .iter()
                    .any(|witness| witness.as_bytes() == expected),
                "{}",
                String::from_utf8_lossy(&expected)
            );
        }
    }
    assert!(count > 0, "no files");
    println!("{count} files");
}

#[test]
fn single_steps() {
    let Some(root) = fixtures() else { return };
    let lines = unzstd(&fs::read(root.join("steps.jsonl.zst")).expect("the steps"));
    let mut count = 0;
    for line in lines
        .split(|byte| *byte == b'\n')
        .filter(|line| !line.is_empty())
    {
        let case: Step = serde_json::from_slice(line).expect("a step");
        single_step(&case);
        count += 1;
    }
    assert!(count > 0, "no steps");
    println!("{count} steps");
}

fn single_step(case: &Step) {
    let name = &case.name;
    let mut proving = Asterisc::new(case.pre.state());
    assert_eq!(
        Bytes::from(proving.witness()),
        case.pre_witness,
        "{name} {:?}",
        case.pre
    );
    assert_eq!(proving.state_hash(), case.pre_hash, "{name}");
    let mut running = Asterisc::new(case.pre.state());
    let mut world = Known::new(&case.preimages);
    let mut other_world = Known::new(&case.preimages);
    let until = case.pre.step.wrapping_add(1);
    let proof = proving.prove(&mut world);
    let run = running.run(until, true, &mut other_world);
    if let Some(error) = &case.error {
        let fault = proof.expect_err(name);
        error.is(&fault, name);
        assert_eq!(run.expect_err(name), fault, "{name}");
        for machine in [&proving, &running] {
            assert_eq!(
                (machine.steps(), machine.pc()),
                (case.pre.step, case.pre.pc.to())
            );
        }
        return;
    }
    run.expect(name);
    let proof = proof.expect(name);
    assert_eq!(proof.state_data, case.pre_witness, "{name}");
    assert_eq!((proof.pre, proof.step), (case.pre_hash, case.pre.step));
    let post = case.post.as_ref().expect("a state after it");
    for machine in [&mut proving, &mut running] {
        assert_eq!(
            Some(Bytes::from(machine.witness())),
            case.post_witness,
            "{name} {:?}",
            case.pre
        );
        assert_eq!(Some(machine.state_hash()), case.post_hash, "{name}");
        assert_eq!(
            Bytes::from(machine.state().cpu.last_hint.clone()),
            post.last_hint
        );
        for (address, leaf) in &post.mem {
            let memory = &machine.state().memory;
            let page = memory.page(address.to::<u64>() >> 12).expect(name);
            let at = address.to::<u64>() as usize % 4096;
            assert_eq!(page[at..at + 32], leaf[..], "{name}");
        }
    }
    let mut hashes = vec![keccak256(&proof.proof_data)];
    hashes.extend(proof.proof_data.chunks(PROOF_BYTES).map(keccak256));
    if case.proof_length.unwrap_or(0) == 0 {
        hashes.truncate(case.proof_keccak.len());
        assert!(proof.proof_data.is_empty(), "{name}");
    }
    assert_eq!(hashes, case.proof_keccak, "{name} {:?}", case.pre);
    if let Some(data) = &case.proof_data {
        assert_eq!(proof.proof_data, *data, "{name}");
    }
    assert_eq!(proof.oracle_key, case.oracle_key, "{name}");
    assert_eq!(proof.oracle_value, case.oracle_value, "{name}");
    assert_eq!(
        proof.oracle_offset,
        case.oracle_offset.unwrap_or(0),
        "{name}"
    );
    let read = case
        .oracle_key
        .as_ref()
        .map(|key| (B256::from_slice(key), case.oracle_offset.unwrap_or(0)));
    let last_read = running.last_read().filter(|(key, ..)| !key.is_zero());
    let last_read = last_read.map(|(key, offset, _)| (key, offset));
    assert_eq!(last_read, read, "{name}");
    for world in [world, other_world] {
        assert_eq!(world.hints, case.hints, "{name}");
        let [stdout, stderr] = world.printed.map(Bytes::from);
        assert_eq!((stdout, stderr), (case.stdout.clone(), case.stderr.clone()));
    }
}

#[test]
fn walks() {
    let Some(root) = fixtures() else { return };
    let lines = unzstd(&fs::read(root.join("walks.jsonl.zst")).expect("the walks"));
    let mut count = 0;
    for line in lines
        .split(|byte| *byte == b'\n')
        .filter(|line| !line.is_empty())
    {
        let case: Walk = serde_json::from_slice(line).expect("a walk");
        walk(&case);
        count += 1;
    }
    assert!(count > 0, "no walks");
    println!("{count} walks");
}

fn walk(case: &Walk) {
    let name = &case.name;
    let worlds = || Known::new(&case.preimages);
    let (mut hashing, mut world) = (Asterisc::new(case.pre.state()), worlds());
    let (mut running, mut running_world) = (Asterisc::new(case.pre.state()), worlds());
    let (mut proving, mut proving_world) = (Asterisc::new(case.pre.state()), worlds());
    assert_eq!(hashing.state_hash(), case.pre_hash, "{name}");
    let until = case.pre.step + case.hashes.len() as u64;
    for (number, (hash, proof_keccak)) in case.hashes.iter().zip(&case.proof_keccak).enumerate() {
        let step = case.pre.step + number as u64;
        hashing.run(step + 1, false, &mut world).expect(name);
        assert_eq!(hashing.state_hash(), *hash, "{name} {number}");
        let proof = proving.prove(&mut proving_world).expect(name);
        assert_eq!(
            keccak256(&proof.proof_data),
            *proof_keccak,
            "{name} {number}"
        );
        assert_eq!((proof.step, proof.post), (step, *hash), "{name}");
    }
    running.run(until, false, &mut running_world).expect(name);
    assert_eq!(running.steps(), until.min(running.steps()), "{name}");
    let post = case.post.state();
    for machine in [&mut hashing, &mut running, &mut proving] {
        assert_eq!(Some(&machine.state_hash()), case.hashes.last(), "{name}");
        assert_eq!(
            machine.state().cpu.registers.named(),
            post.cpu.registers.named()
        );
        assert_eq!(machine.state().cpu.last_hint, post.cpu.last_hint);
        let fault = machine.run(u64::MAX, true, &mut Known::new(&case.preimages));
        if let Some(error) = &case.error {
            error.is(&fault.expect_err(name), name);
            assert_eq!(machine.steps(), until, "{name}");
        }
    }
}

/// The world of a case.
#[derive(Default)]
struct Known {
    preimages: HashMap<B256, Bytes>,
    hints: Vec<Bytes>,
    requests: Vec<Bytes>,
    printed: [Vec<u8>; 2],
}

impl Known {
    fn new(preimages: &[Pair]) -> Self {
        Self {
            preimages: preimages
                .iter()
                .map(|pair| (pair.key, pair.value.clone()))
                .collect(),
            ..Self::default()
        }
    }
}

impl World for Known {
    fn hint(&mut self, text: &[u8]) -> Result<(), NoAnswer> {
        self.hints.push(text.to_vec().into());
        Ok(())
    }

    fn preimage(&mut self, key: B256) -> Result<Vec<u8>, NoAnswer> {
        self.requests.push(key.into());
        match self.preimages.get(&key) {
            Some(value) => Ok(value.to_vec()),
            None => Err(NoAnswer(format!("no preimage {key}"))),
        }
    }

    fn print(&mut self, fd: u8, text: &[u8]) {
        self.printed[fd as usize - 1].extend_from_slice(text);
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Trace {
    elf_sha256: B256,
    prestate: Summary,
    #[serde(rename = "final")]
    last: Summary,
    snapshot: Option<Summary>,
    #[serde(default)]
    patched: Vec<String>,
    preimages: Vec<Pair>,
    hints: Vec<Said>,
    preimage_requests: Vec<Said>,
    stdout: String,
    stderr: String,
    error: Option<Failure>,
    proof_steps: BTreeMap<String, u64>,
    checkpoints: Vec<Checkpoint>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Summary {
    step: u64,
    hash: B256,
    witness: Bytes,
    exited: bool,
    exit_code: u8,
    bin_keccak256: B256,
    bin_length: usize,
    json_keccak256: B256,
    json_length: usize,
    pages: usize,
}

#[derive(Deserialize)]
struct Checkpoint {
    step: u64,
    hash: B256,
    pc: U64,
}

#[derive(Deserialize)]
struct Said {
    step: u64,
    #[serde(alias = "key")]
    hint: Bytes,
}

fn texts(said: &[Said]) -> Vec<Bytes> {
    said.iter().map(|said| said.hint.clone()).collect()
}

#[derive(Deserialize)]
struct Pair {
    key: B256,
    value: Bytes,
}

#[derive(Deserialize)]
struct Failure {
    class: String,
    code: Option<U64>,
}

impl Failure {
    fn is(&self, fault: &Fault, name: &str) {
        let (class, code) = fault.class();
        assert_eq!(class, self.class, "{name} {fault}");
        assert_eq!(code, self.code.map(|code| code.to()), "{name} {fault}");
    }
}

#[derive(Deserialize, Debug)]
#[serde(rename_all = "camelCase")]
struct Pre {
    preimage_key: B256,
    preimage_offset: U64,
    pc: U64,
    exit_code: u8,
    exited: bool,
    step: u64,
    heap: U64,
    load_reservation: U64,
    regs: BTreeMap<String, U64>,
    last_hint: Bytes,
    mem: BTreeMap<U64, Bytes>,
}

impl Pre {
    fn state(&self) -> State {
        let mut memory = Memory::default();
        for (address, bytes) in &self.mem {
            memory.write_all(address.to(), bytes);
        }
        let mut registers = [0; 32];
        for (number, value) in &self.regs {
            registers[number.parse::<usize>().expect("a register")] = value.to();
        }
        State {
            memory,
            cpu: Cpu {
                preimage_key: self.preimage_key,
                preimage_offset: self.preimage_offset.to(),
                pc: self.pc.to(),
                exit_code: self.exit_code,
                exited: self.exited,
                step: self.step,
                heap: self.heap.to(),
                load_reservation: self.load_reservation.to(),
                registers: registers.into(),
                last_hint: self.last_hint.to_vec(),
            },
            sealed: Sealed::default(),
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Step {
    name: String,
    pre: Pre,
    pre_witness: Bytes,
    pre_hash: B256,
    post_witness: Option<Bytes>,
    post_hash: Option<B256>,
    post: Option<Pre>,
    #[serde(default)]
    proof_keccak: Vec<B256>,
    proof_length: Option<usize>,
    proof_data: Option<Bytes>,
    oracle_key: Option<Bytes>,
    oracle_value: Option<Bytes>,
    oracle_offset: Option<u64>,
    #[serde(default)]
    preimages: Vec<Pair>,
    #[serde(default)]
    hints: Vec<Bytes>,
    #[serde(default)]
    stdout: Bytes,
    #[serde(default)]
    stderr: Bytes,
    error: Option<Failure>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Walk {
    name: String,
    pre: Pre,
    pre_hash: B256,
    preimages: Vec<Pair>,
    hashes: Vec<B256>,
    proof_keccak: Vec<B256>,
    post: Pre,
    error: Option<Failure>,
}

fn fixtures() -> Option<PathBuf> {
    let root = match std::env::var_os("HOIKE_FIXTURES") {
        Some(root) => PathBuf::from(root),
        None => Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/fixtures"),
    };
    let folder = root.join("vm/asterisc");
    if !folder.is_dir() {
        println!("skipped: no {} (HOIKE_FIXTURES)", folder.display());
        return None;
    }
    Some(folder)
}

fn folders(root: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(root).expect("the fixtures");
    let mut folders: Vec<PathBuf> = entries
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.is_dir())
        .collect();
    folders.sort();
    folders
}

fn unzstd(bytes: &[u8]) -> Vec<u8> {
    zstd::decode_all(bytes).expect("zstd")
}

fn gunzip(path: &Path) -> Vec<u8> {
    let mut bytes = Vec::new();
    let file = fs::File::open(path).expect("a file");
    flate2::read::MultiGzDecoder::new(file)
        .read_to_end(&mut bytes)
        .expect("gzip");
    bytes
}

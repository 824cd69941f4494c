//! cannon against what the original did: every file of the fixtures, by format.

mod common;

use alloy_primitives::{B256, Bytes, keccak256};
use common::*;
use hoike_vm::{
    Machine, Memory, PROOF_BYTES, StepProof,
    cannon::{Cannon, Fault, Reservation, State, Thread, Version},
};
use serde_json::Value;

/// The original's class of a fault.
fn class(fault: &Fault) -> &'static str {
    match fault {
        Fault::InvalidInstruction { .. } => "invalid-instruction",
        Fault::UnrecognizedSyscall { .. } => "unrecognized-syscall",
        Fault::DivideByZero => "divide-by-zero",
        Fault::BranchInDelaySlot => "branch-in-delay-slot",
        Fault::JumpInDelaySlot => "jump-in-delay-slot",
        Fault::UnalignedPc => "unaligned-pc",
        Fault::PreimageOffset { .. } => "preimage-offset",
        Fault::NoThread => "no-thread",
        Fault::Server(_) => "no-preimage",
    }
}

fn is_at(cannon: &mut Cannon, milestone: &Milestone) {
    assert_eq!(cannon.witness(), milestone.witness);
    assert_eq!(cannon.state_hash(), milestone.hash);
    assert_eq!(cannon.steps(), milestone.step);
    let code = milestone.exited.then_some(milestone.exit_code);
    assert_eq!(cannon.exit_code(), code);
    assert_eq!(cannon.page_count(), milestone.pages);
    let file = cannon.encode();
    assert_eq!(file.len(), milestone.bin_length);
    assert_eq!(keccak256(&file), milestone.bin_keccak256);
}

#[test]
fn whole_runs_go_as_the_original_went() {
    let Some(fixtures) = fixtures("cannon") else {
        return;
    };
    for run in runs(&fixtures) {
        let trace = trace(&run);
        let (mut cannon, _) =
            Cannon::load_elf(&program(&run, &trace), Version::Multithreaded64V5).unwrap();
        is_at(&mut cannon, &trace.prestate);
        let mut world = Script::new(trace.preimages.as_ref());
        let proofs: Vec<StepProof> =
            serde_json::from_slice(&unpack(&run.join("proofs.json.zst"))).unwrap();
        // Steps at which something is compared, in order.
        let mut stops: Vec<u64> = proofs.iter().map(|proof| proof.step).collect();
        stops.extend(trace.checkpoints.iter().map(|point| point.step));
        stops.sort_unstable();
        stops.dedup();
        let last = trace.end.step;
        let mut checked = 0;
        for stop in stops {
            cannon.run(stop, false, &mut world).unwrap();
            assert_eq!(cannon.steps(), stop, "{}", run.display());
            for point in trace.checkpoints.iter().filter(|p| p.step == stop) {
                assert_eq!(cannon.state_hash(), point.hash, "{} {stop}", run.display());
                assert_eq!(cannon.pc(), point.pc);
                checked += 1;
            }
            for proof in proofs.iter().filter(|proof| proof.step == stop) {
                let made = cannon.clone().prove(&mut clone_of(&world)).unwrap();
                assert_eq!(made, *proof, "{} {stop}", run.display());
                checked += 1;
            }
        }
        assert!(checked > 0);
        let outcome = cannon.run(u64::MAX, false, &mut world);
        match &trace.error {
            None => outcome.unwrap(),
            Some(error) => {
                assert_eq!(class(&outcome.unwrap_err()), error.class);
                assert_eq!(cannon.steps(), last);
            }
        }
        is_at(&mut cannon, &trace.end);
        assert_eq!(String::from_utf8_lossy(&world.stdout), trace.stdout);
        assert_eq!(String::from_utf8_lossy(&world.stderr), trace.stderr);
        let asked = |list: &Option<Vec<Asked>>| -> Vec<Bytes> {
            list.iter().flatten().map(|a| a.hint.clone()).collect()
        };
        assert_eq!(world.hints, asked(&trace.hints));
        let requests: Vec<Bytes> = world
            .requests
            .iter()
            .map(|key| Bytes::from(key.0))
            .collect();
        assert_eq!(requests, asked(&trace.preimage_requests));
        if let Some(snapshot) = &trace.snapshot {
            let file = gunzip(&run.join(format!("{}.bin.gz", snapshot.step)));
            let mut resumed = Cannon::decode(&file).unwrap();
            assert_eq!(resumed.encode(), file);
            is_at(&mut resumed, snapshot);
            let mut world = Script::new(trace.preimages.as_ref());
            resumed.run(u64::MAX, false, &mut world).unwrap();
            is_at(&mut resumed, &trace.end);
        }
    }
}

/// The same with statistics, which is another way through the code.
#[test]
fn statistics_are_the_originals() {
    let Some(fixtures) = fixtures("cannon") else {
        return;
    };
    for run in runs(&fixtures) {
        let trace = trace(&run);
        let Some(expected) = &trace.debug_info else {
            continue;
        };
        let (cannon, _) =
            Cannon::load_elf(&program(&run, &trace), Version::Multithreaded64V5).unwrap();
        let mut cannon = cannon.with_statistics();
        let mut world = Script::new(trace.preimages.as_ref());
        cannon.run(u64::MAX, false, &mut world).unwrap();
        is_at(&mut cannon, &trace.end);
        let info = serde_json::to_value(cannon.debug_info()).unwrap();
        assert_eq!(info, *expected, "{}", run.display());
    }
}

/// A server like this one, that remembers nothing.
fn clone_of(world: &Script) -> Script {
    Script {
        preimages: world.preimages.clone(),
        ..Script::default()
    }
}

fn machine(state: &Value) -> Cannon {
    let mut memory = Memory::default();
    for (address, value) in state["mem"].as_object().unwrap() {
        let address = u64::from_str_radix(address.trim_start_matches("0x"), 16).unwrap();
        memory.set_word(address, bytes(value)[..].try_into().unwrap());
    }
    Cannon::new(state_of(state), memory)
}

fn state_of(from: &Value) -> State {
    let threads = |stack: &Value| stack.as_array().unwrap().iter().map(thread).collect();
    let mut state = State::empty(Version::Multithreaded64V5);
    state.preimage_key = from["preimageKey"].as_str().unwrap().parse().unwrap();
    state.preimage_offset = word(&from["preimageOffset"]);
    state.heap = word(&from["heap"]);
    state.reservation = Reservation {
        status: word(&from["llStatus"]) as u8,
        address: word(&from["llAddress"]),
        owner: word(&from["llOwner"]),
    };
    state.exit_code = word(&from["exitCode"]) as u8;
    state.exited = from["exited"].as_bool().unwrap();
    state.step = word(&from["step"]);
    state.steps_since_switch = word(&from["stepsSinceContextSwitch"]);
    state.traverse_right = from["traverseRight"].as_bool().unwrap();
    state.left = threads(&from["left"]);
    state.right = threads(&from["right"]);
    state.next_thread = word(&from["nextThreadId"]);
    state.last_hint = bytes(&from["lastHint"]).to_vec();
    state
}

fn thread(from: &Value) -> Thread {
    let mut thread = Thread {
        id: word(&from["id"]),
        exit_code: word(&from["exit"]) as u8,
        exited: from["exited"].as_bool().unwrap(),
        pc: word(&from["pc"]),
        next_pc: word(&from["nextPC"]),
        lo: word(&from["lo"]),
        hi: word(&from["hi"]),
        registers: [0; 32],
    };
    for (register, value) in from["regs"].as_object().unwrap() {
        thread.registers[register.parse::<usize>().unwrap()] = word(value);
    }
    thread
}

fn script(case: &Value) -> Script {
    let preimages = serde_json::from_value(case["preimages"].clone()).unwrap();
    Script::new(Option::as_ref(&preimages))
}

/// Whether memory is as before but for these words.
fn has_changed_to(cannon: &Cannon, before: &Value, changes: &Value) {
    let mut expected = machine(before);
    let _root = expected.witness();
    let mut memory = expected.memory().clone();
    for (address, value) in changes.as_object().unwrap() {
        let address = u64::from_str_radix(address.trim_start_matches("0x"), 16).unwrap();
        memory.set_word(address, bytes(value)[..].try_into().unwrap());
    }
    assert_eq!(cannon.memory().clone().root(), memory.root());
}

fn compare(cannon: &Cannon, expected: &Value, name: &str) {
    let mut want = Cannon::new(state_of(expected), cannon.memory().clone());
    assert_eq!(want.witness(), cannon.clone().witness(), "{name}");
    assert_eq!(want.state().last_hint, cannon.state().last_hint, "{name}");
}

#[test]
fn single_steps_are_the_originals() {
    let Some(fixtures) = fixtures("cannon") else {
        return;
    };
    for case in lines(&fixtures.join("steps.jsonl.zst")) {
        let name = case["name"].as_str().unwrap();
        let mut cannon = machine(&case["pre"]);
        assert_eq!(cannon.witness(), bytes(&case["preWitness"]), "{name}");
        let hash = |field: &str| case[field].as_str().unwrap().parse::<B256>().unwrap();
        assert_eq!(cannon.state_hash(), hash("preHash"), "{name}");
        let mut fast = cannon.clone();
        let (mut world, mut other) = (script(&case), script(&case));
        let proof = cannon.prove(&mut world);
        let until = fast.steps() + 1;
        let ran = fast.run(until, false, &mut other);
        if let Some(error) = case.get("error") {
            let expected = error["class"].as_str().unwrap();
            assert_eq!(class(&proof.unwrap_err()), expected, "{name}");
            assert_eq!(class(&ran.unwrap_err()), expected, "{name}");
            continue;
        }
        let proof = proof.unwrap_or_else(|why| panic!("{name}: {why}"));
        ran.unwrap();
        for after in [&mut cannon, &mut fast] {
            assert_eq!(after.witness(), bytes(&case["postWitness"]), "{name}");
            assert_eq!(after.state_hash(), hash("postHash"), "{name}");
            compare(after, &case["post"], name);
            has_changed_to(after, &case["pre"], &case["post"]["mem"]);
        }
        assert_eq!(proof.pre, hash("preHash"));
        assert_eq!(proof.post, hash("postHash"));
        let digests = case["proofKeccak"].as_array().unwrap();
        assert!(is_digest(&proof.proof_data, &digests[0]), "{name}");
        let (thread, memory) = proof.proof_data.split_at(330);
        let parts = std::iter::once(thread).chain(memory.chunks(PROOF_BYTES));
        for (part, digest) in parts.zip(&digests[1..]) {
            assert!(is_digest(part, digest), "{name}");
        }
        if let Some(data) = case.get("proofData") {
            assert_eq!(proof.proof_data, bytes(data), "{name}");
        }
        let field = |name: &str| case.get(name).filter(|v| !v.is_null()).map(bytes);
        assert_eq!(proof.oracle_key, field("oracleKey"), "{name}");
        assert_eq!(proof.oracle_value, field("oracleValue"), "{name}");
        let offset = case.get("oracleOffset").map_or(0, word);
        assert_eq!(proof.oracle_offset, offset, "{name}");
        for world in [&world, &other] {
            assert_eq!(world.stdout, text(&case, "stdout"), "{name}");
            assert_eq!(world.stderr, text(&case, "stderr"), "{name}");
            let hints = case.get("hints").and_then(Value::as_array);
            let hints: Vec<Bytes> = hints.into_iter().flatten().map(hint).collect();
            assert_eq!(world.hints, hints, "{name}");
        }
    }
}

fn hint(value: &Value) -> Bytes {
    match value.as_str() {
        Some(text) => text.parse().unwrap(),
        None => bytes(&value["hint"]),
    }
}

fn text(case: &Value, field: &str) -> Vec<u8> {
    match case.get(field).and_then(Value::as_str) {
        None => Vec::new(),
        Some(hex) if hex.starts_with("0x") => bytes(&case[field]).to_vec(),
        Some(text) => text.as_bytes().to_vec(),
    }
}

#[test]
fn walks_go_as_the_original_went_however_they_are_driven() {
    let Some(fixtures) = fixtures("cannon") else {
        return;
    };
    for case in lines(&fixtures.join("walks.jsonl.zst")) {
        let name = case["name"].as_str().unwrap();
        let start = machine(&case["pre"]);
        let hashes: Option<Vec<B256>> = serde_json::from_value(case["hashes"].clone()).unwrap();
        let hashes = hashes.unwrap_or_default();
        let digests = case["proofKeccak"].as_array().cloned().unwrap_or_default();
        let first = start.steps();

        let mut hashed = start.clone();
        let mut world = script(&case);
        for (step, hash) in (first + 1..).zip(&hashes) {
            hashed.run(step, false, &mut world).unwrap();
            assert_eq!(hashed.state_hash(), *hash, "{name} {step}");
        }
        let mut proven = start.clone();
        let mut world = script(&case);
        for (hash, digest) in hashes.iter().zip(&digests) {
            let proof = proven.prove(&mut world).unwrap();
            assert_eq!(proof.post, *hash, "{name}");
            assert!(
                is_digest(&proof.proof_data, digest),
                "{name} {}",
                proof.step
            );
        }
        let mut at_once = start.clone();
        let end = first + hashes.len() as u64;
        at_once.run(end, false, &mut script(&case)).unwrap();
        for after in [&mut hashed, &mut proven, &mut at_once] {
            if let Some(last) = hashes.last() {
                assert_eq!(after.state_hash(), *last, "{name}");
            }
            compare(after, &case["post"], name);
            let error = case.get("error").filter(|error| !error.is_null());
            let next = after.run(end + 1, false, &mut script(&case));
            match error {
                Some(error) => assert_eq!(class(&next.unwrap_err()), error["class"], "{name}"),
                None => next.unwrap(),
            }
        }
    }
}

/// Files that the original's command line wrote.
#[test]
fn files_of_the_command_line_are_read_and_written_alike() {
    let Some(fixtures) = fixtures("cannon") else {
        return;
    };
    let mut states = 0;
    for run in runs(&fixtures) {
        let folder = run.join("cli");
        let Ok(files) = std::fs::read_dir(&folder) else {
            continue;
        };
        for file in files {
            let path = file.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap();
            if name.ends_with(".bin.gz") {
                let file = gunzip(&path);
                assert_eq!(Cannon::decode(&file).unwrap().encode(), file, "{name}");
                states += 1;
            } else if name == "meta.json" {
                let (_, symbols) =
                    Cannon::load_elf(&program(&run, &trace(&run)), Version::Multithreaded64V5)
                        .unwrap();
                let meta: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
                let ours = serde_json::to_value(&symbols).unwrap();
                // The order of equal addresses is not fixed in the original.
                let sorted = |list: &Value| {
                    let mut list = list.as_array().unwrap().clone();
                    list.sort_by_key(|s| (word(&s["start"]), s.to_string()));
                    list
                };
                assert_eq!(sorted(&ours), sorted(&meta["symbols"]));
                let starts = |list: &Value| -> Vec<u64> {
                    list.as_array()
                        .unwrap()
                        .iter()
                        .map(|s| word(&s["start"]))
                        .collect()
                };
                assert_eq!(starts(&ours), starts(&meta["symbols"]));
            }
        }
    }
    assert!(states > 0);
}

/// Version 7 knows getrandom only as a call that does nothing.
#[test]
fn versions_differ_in_getrandom_alone() {
    let run = |version, number: u64| {
        let mut state = State::empty(version);
        let mut thread = Thread {
            pc: 0x1000,
            next_pc: 0x1004,
            ..Thread::default()
        };
        thread.registers[2] = number;
        (thread.registers[4], thread.registers[5]) = (0x2003, 100);
        state.left.push(thread);
        let mut memory = Memory::default();
        memory.write(0x1000, 0x0000_000c_u32.to_be_bytes());
        memory.write(0x2000, [0xaa; 8]);
        let mut cannon = Cannon::new(state, memory);
        let file = cannon.encode();
        assert_eq!(file[0], version.byte());
        assert_eq!(Cannon::decode(&file).unwrap().state().version, version);
        cannon.run(1, false, &mut Script::default()).unwrap();
        let registers = cannon.state().thread().unwrap().registers;
        let page = *cannon.memory().page(2).unwrap();
        (registers[2], registers[7], page)
    };
    let (count, error, page) = run(Version::Multithreaded64V4, 5313);
    assert_eq!((count, error, page[..8].to_vec()), (0, 0, vec![0xaa; 8]));
    let (count, error, page) = run(Version::Multithreaded64V5, 5313);
    assert_eq!((count, error, &page[..3]), (5, 0, &[0xaa; 3][..]));
    assert_ne!(page[3..8], [0xaa; 5]);
    // gettid, as any other call.
    assert_eq!(
        run(Version::Multithreaded64V4, 5178),
        run(Version::Multithreaded64V5, 5178)
    );
}

/// Nothing but whole states is taken, and nothing panics.
#[test]
fn broken_states_are_refused() {
    let mut state = State::empty(Version::Multithreaded64V5);
    state.left.push(Thread::default());
    state.last_hint = b"hint".to_vec();
    let mut memory = Memory::default();
    memory.set_word(0x1000, [1; 8]);
    memory.set_word(0x5000, [1; 8]);
    let file = Cannon::new(state, memory).encode();
    assert!(Cannon::decode(&file).is_ok());
    for cut in 0..file.len() {
        let error = Cannon::decode(&file[..cut]).unwrap_err();
        assert!(!error.to_string().is_empty());
    }
    assert!(Cannon::decode(&[&file[..], &[0]].concat()).is_err());
    for version in [0, 6, 9, 255] {
        let mut other = file.clone();
        other[0] = version;
        let error = Cannon::decode(&other).unwrap_err().to_string();
        assert!(error.contains(&format!("version {version}")), "{error}");
    }
    // The second page's number: the first one's again, and one beyond memory.
    for number in [1_u64, 0, 1 << 52] {
        let mut other = file.clone();
        other[9 + 8 + 4096..][..8].copy_from_slice(&number.to_be_bytes());
        assert!(Cannon::decode(&other).is_err());
    }
    let mut other = file.clone();
    other[1..9].copy_from_slice(&u64::MAX.to_be_bytes());
    assert!(Cannon::decode(&other).is_err());
}

//! Fault proof VMs: however a program is run, it comes to the same.

use crate::generators::Feed;
use alloy_primitives::{B256, keccak256};
use hoike_vm::{
    Asterisc, Cannon, Machine, Memory, NoAnswer, World,
    asterisc::{Cpu, Sealed, State as AsteriscState},
    cannon::{State, Thread, Version},
};

/// A program out of bytes, on cannon or on asterisc: step by step with proofs, at once, and in pieces with hashes in between it asks and says the same,
/// and ends in the same state or with the same fault at the same step.
pub fn vms(data: &[u8]) {
    let mut feed = Feed::new(data);
    if feed.flag() {
        let machine = cannon(&mut feed);
        compare(machine, &mut Feed::new(data));
    } else {
        let machine = asterisc(&mut feed);
        compare(machine, &mut Feed::new(data));
    }
}

fn compare<M: Machine + Clone>(start: M, feed: &mut Feed<'_>) {
    let end = start.steps().saturating_add(1 + feed.below(STEPS) as u64);
    let mut proven = start.clone();
    let mut proving = Echo::default();
    let mut result = Ok(());
    while proven.steps() < end && proven.exit_code().is_none() && result.is_ok() {
        result = proven.prove(&mut proving).map(|proof| {
            assert_eq!(proof.post, proven.state_hash());
        });
    }
    let expected = outcome(&mut proven, result);

    let mut fast = start.clone();
    let mut running = Echo::default();
    let result = fast.run(end, false, &mut running);
    assert_eq!(outcome(&mut fast, result), expected);
    assert_eq!(running, proving);

    let mut pieces = start;
    let mut asking = Echo::default();
    let mut result = Ok(());
    while pieces.steps() < end && pieces.exit_code().is_none() && result.is_ok() {
        let until = pieces.steps() + 1 + feed.below(9) as u64;
        result = pieces.run(until.min(end), feed.flag(), &mut asking);
        if result.is_ok() && feed.flag() {
            pieces.state_hash();
        }
    }
    assert_eq!(outcome(&mut pieces, result), expected);
    assert_eq!(asking, proving);
}

/// Steps, exit code, fault, and the state hash, which is not defined after a fault.
type Outcome = (u64, Option<u8>, Option<String>, Option<B256>);

fn outcome<M: Machine>(machine: &mut M, result: Result<(), M::Fault>) -> Outcome {
    let fault = result.err().map(|fault| fault.to_string());
    let hash = fault.is_none().then(|| machine.state_hash());
    (machine.steps(), machine.exit_code(), fault, hash)
}

fn cannon(feed: &mut Feed<'_>) -> Cannon {
    let mut state = State::empty(if feed.flag() {
        Version::Multithreaded64V5
    } else {
        Version::Multithreaded64V4
    });
    state.step = feed.number() >> 1;
    state.steps_since_switch = feed.pick(&[0, 7, 99_990, 100_000]);
    state.heap = 0x1000_0000_0000;
    let threads = 1 + feed.below(3) as u64;
    state.next_thread = threads;
    for id in 0..threads {
        let pc = CODE + 4 * feed.below(64) as u64;
        let mut thread = Thread {
            id,
            pc,
            next_pc: pc + 4,
            ..Thread::default()
        };
        for register in &mut thread.registers[1..] {
            *register = register_value(feed);
        }
        if feed.flag() {
            state.right.push(thread);
        } else {
            state.left.push(thread);
        }
    }
    state.traverse_right = state.left.is_empty();
    let mut memory = Memory::default();
    memory.write_all(CODE, feed.rest());
    Cannon::new(state, memory)
}

fn asterisc(feed: &mut Feed<'_>) -> Asterisc {
    let mut registers = [0; 32];
    for register in &mut registers[1..] {
        *register = register_value(feed);
    }
    let cpu = Cpu {
        preimage_key: B256::ZERO,
        preimage_offset: 0,
        pc: CODE + 4 * feed.below(64) as u64,
        exit_code: 0,
        exited: false,
        step: feed.number() >> 1,
        heap: 0x7f00_0000_0000,
        load_reservation: feed.number(),
        registers: registers.into(),
        last_hint: Vec::new(),
    };
    let mut memory = Memory::default();
    memory.write_all(CODE, feed.rest());
    Asterisc::new(AsteriscState {
        memory,
        cpu,
        sealed: Sealed::default(),
    })
}

/// A small number, a place near the program or a border of pages, or anything that is no long text's length.
fn register_value(feed: &mut Feed<'_>) -> u64 {
    match feed.below(4) {
        0 => feed.byte().into(),
        1 => CODE + u64::from(feed.byte()),
        2 => (CODE & !0xfff) + 0xff0 + u64::from(feed.byte() % 32),
        _ => feed.pick(&[
            u64::MAX,
            1 << 63,
            u64::MAX - 7,
            1 << 31,
            5000,
            5001,
            93,
            64,
            63,
        ]),
    }
}

/// Answers with what depends on the key alone.
#[derive(Default, PartialEq, Debug)]
struct Echo {
    hints: Vec<Vec<u8>>,
    printed: Vec<(u8, usize)>,
}

impl World for Echo {
    fn hint(&mut self, text: &[u8]) -> Result<(), NoAnswer> {
        self.hints.push(text.to_vec());
        Ok(())
    }

    fn preimage(&mut self, key: B256) -> Result<Vec<u8>, NoAnswer> {
        let hash = keccak256(key);
        if hash[1] == 0 {
            return Err(NoAnswer(format!("no {key}")));
        }
        Ok(hash[..usize::from(hash[0] % 33)].to_vec())
    }

    fn print(&mut self, fd: u8, text: &[u8]) {
        self.printed.push((fd, text.len()));
    }
}

const CODE: u64 = 0x10_0e00;
const STEPS: usize = 150;

//! Random programs on cannon: step by step with proofs, at once, and in pieces come to the same state.

use alloy_primitives::{B256, keccak256};
use hoike_vm::{
    Machine, Memory, NoAnswer, World,
    cannon::{Cannon, Fault, State, Thread, Version},
};

/// splitmix64.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ z >> 31
    }

    fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    fn one_of(&mut self, from: &[u64]) -> u64 {
        from[self.below(from.len() as u64) as usize]
    }
}

/// Answers with something that depends on the key alone.
#[derive(Default, PartialEq, Debug)]
struct Echo {
    hints: Vec<Vec<u8>>,
    printed: Vec<u8>,
}

impl World for Echo {
    fn hint(&mut self, text: &[u8]) -> Result<(), NoAnswer> {
        self.hints.push(text.to_vec());
        Ok(())
    }

    fn preimage(&mut self, key: B256) -> Result<Vec<u8>, NoAnswer> {
        let hash = keccak256(key);
        Ok(hash[..usize::from(hash[0] % 33)].to_vec())
    }

    fn print(&mut self, fd: u8, text: &[u8]) {
        self.printed.push(fd);
        self.printed.extend_from_slice(text);
    }
}

const CODE: u64 = 0x10_0000;
const DATA: u64 = 0x20_0000;
/// Registers that point to code and data, and are not written by what is generated.
const POINTERS: [u64; 4] = [24, 25, 26, 27];

/// An instruction: mostly one that does something.
fn instruction(random: &mut Random) -> u32 {
    // Not $6, the length of what is read and written: a text may be as long as it says.
    let register =
        |random: &mut Random| random.one_of(&[0, 1, 2, 3, 4, 5, 7, 8, 9, 10, 16, 17, 23]);
    let (rs, rt, rd) = (register(random), register(random), register(random));
    let immediate = random.below(0x1_0000);
    let word = |op: u64, rs: u64, rt: u64, low: u64| op << 26 | rs << 21 | rt << 16 | low;
    let word = match random.below(20) {
        0..6 => {
            let function = random.one_of(&[
                0x00, 0x02, 0x03, 0x04, 0x06, 0x07, 0x0a, 0x0b, 0x0f, 0x10, 0x11, 0x12, 0x13, 0x14,
                0x16, 0x17, 0x18, 0x19, 0x1c, 0x1d, 0x20, 0x21, 0x22, 0x24, 0x25, 0x26, 0x27, 0x2a,
                0x2b, 0x2c, 0x2d, 0x2e, 0x2f, 0x38, 0x3a, 0x3b, 0x3c, 0x3e, 0x3f,
            ]);
            word(0, rs, rt, rd << 11 | random.below(32) << 6 | function)
        }
        6 => word(
            0x1c,
            rs,
            rt,
            rd << 11 | random.one_of(&[2, 0x20, 0x21, 0x24, 0x25]),
        ),
        7..10 => {
            let op = random.one_of(&[8, 9, 0xa, 0xb, 0xc, 0xd, 0xe, 0xf, 0x18, 0x19]);
            word(op, rs, rt, immediate)
        }
        10..15 => {
            let op = random.one_of(&[
                0x1a, 0x1b, 0x20, 0x21, 0x22, 0x23, 0x24, 0x25, 0x26, 0x27, 0x28, 0x29, 0x2a, 0x2b,
                0x2c, 0x2d, 0x2e, 0x30, 0x34, 0x37, 0x38, 0x3c, 0x3f,
            ]);
            // Around the pointers, of which two lie at borders of pages.
            let near = random.below(32).wrapping_sub(16) & 0xffff;
            word(op, random.one_of(&POINTERS), rt, near)
        }
        15 | 16 => {
            // A few instructions forth or back.
            let by = random.below(12).wrapping_sub(4) & 0xffff;
            match random.below(3) {
                0 => word(random.one_of(&[4, 5]), rs, rt, by),
                1 => word(random.one_of(&[6, 7]), rs, 0, by),
                _ => word(1, rs, random.one_of(&[0, 1, 0x10, 0x11, 9]), by),
            }
        }
        17 => 0x0000_000c,
        // The call's number, or an argument.
        18 => {
            let number = random.one_of(&[
                5000, 5001, 5009, 5012, 5023, 5038, 5055, 5058, 5070, 5178, 5194, 5222, 5284, 5313,
                5003,
            ]);
            word(0x0d, 0, 2, number)
        }
        _ => word(0x0d, 0, random.one_of(&[4, 5, 6]), random.below(10)),
    };
    word as u32
}

fn machine(random: &mut Random) -> Cannon {
    let mut memory = Memory::default();
    // Up to the border of a page and over it.
    let start = CODE + 0xf00;
    for at in 0..160_u64 {
        let insn = instruction(random);
        memory.write(start + 4 * at, insn.to_be_bytes());
    }
    for at in 0..64 {
        memory.write(DATA - 128 + 8 * at, random.next().to_be_bytes());
    }
    let mut state = State::empty(Version::Multithreaded64V5);
    state.step = random.below(1 << 40);
    state.steps_since_switch = random.one_of(&[0, 1, 99_900, 99_999, 100_000]);
    state.heap = 0x1000_0000_0000;
    state.traverse_right = random.below(2) == 1;
    let threads = 1 + random.below(3);
    state.next_thread = threads;
    for id in 0..threads {
        let pc = start + 4 * random.below(40);
        let mut thread = Thread {
            id,
            pc,
            next_pc: pc + 4,
            lo: random.next(),
            hi: random.next(),
            ..Thread::default()
        };
        for register in &mut thread.registers {
            *register = match random.below(4) {
                0 => random.below(16),
                1 => DATA + random.below(256),
                2 => random.next() >> 32,
                _ => random.next(),
            };
        }
        (thread.registers[0], thread.registers[6]) = (0, random.below(40));
        for (register, value) in
            POINTERS
                .iter()
                .zip([DATA, DATA + 0x1000, start + 0x100, DATA + random.below(64)])
        {
            thread.registers[*register as usize] = value;
        }
        let here = state.traverse_right == (id + 1 == threads || random.below(2) == 0);
        if here == state.traverse_right && here {
            state.right.push(thread);
        } else {
            state.left.push(thread);
        }
    }
    if state.thread().is_none() {
        state.traverse_right = !state.traverse_right;
    }
    Cannon::new(state, memory)
}

/// What became of it: how many steps, and the fault, if there was one.
fn outcome(
    cannon: &mut Cannon,
    result: Result<(), Fault>,
) -> (u64, Option<u8>, Option<String>, Option<B256>) {
    let fault = result.err().map(|fault| fault.to_string());
    // The state after a fault is not defined.
    let hash = fault.is_none().then(|| cannon.state_hash());
    (cannon.steps(), cannon.exit_code(), fault, hash)
}

#[test]
fn all_ways_of_running_come_to_the_same() {
    let seeds: u64 = std::env::var("HOIKE_SEEDS").map_or(400, |n| n.parse().expect("a number"));
    let (mut steps, mut clean) = (0, 0);
    for seed in 0..seeds {
        let mut random = Random(seed);
        let start = machine(&mut random);
        let end = start.steps() + 1 + random.below(300);

        let mut proven = start.clone();
        let mut proving = Echo::default();
        let mut result = Ok(());
        while proven.steps() < end && proven.exit_code().is_none() && result.is_ok() {
            result = proven.prove(&mut proving).map(|_| ());
        }
        let expected = outcome(&mut proven, result);

        let mut fast = start.clone();
        let mut running = Echo::default();
        let result = fast.run(end, false, &mut running);
        assert_eq!(outcome(&mut fast, result), expected, "seed {seed}");
        assert_eq!(running, proving, "seed {seed}");

        let mut counted = start.clone().with_statistics();
        let mut counting = Echo::default();
        let mut result = Ok(());
        while counted.steps() < end && counted.exit_code().is_none() && result.is_ok() {
            let until = counted.steps() + 1 + random.below(7);
            result = counted.run(until.min(end), random.below(2) == 0, &mut counting);
            if random.below(3) == 0 {
                counted.state_hash();
            }
        }
        assert_eq!(outcome(&mut counted, result), expected, "seed {seed}");
        assert_eq!(counting, proving, "seed {seed}");

        let (at, _, fault, _) = expected;
        steps += at - start.steps();
        clean += u64::from(fault.is_none());
    }
    println!("{steps} steps, {clean} of {seeds} programs without a fault");
    // They do run, and not all of them into a fault.
    assert!(steps > 20 * seeds && clean > seeds / 10);
}

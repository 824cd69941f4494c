//! asterisc's fast path against its proving one on random programs, and its files and programs against damage.

use alloy_primitives::{B256, U256, keccak256};
use hoike_vm::asterisc::{Cpu, ElfError, FileError, Sealed, State, load_elf};
use hoike_vm::{Asterisc, Machine, Memory, NoAnswer, PAGE_BYTES, World};
use std::path::Path;

#[test]
fn fast_and_proving_paths_agree_on_random_programs() {
    let (mut all_steps, mut faults) = (0, 0);
    for seed in 0..600 {
        let mut random = Random(seed);
        let state = program(&mut random);
        let name = format!("seed {seed}");
        let mut proving = Asterisc::new(state.clone());
        let mut worlds = [Echo(B256::ZERO), Echo(B256::ZERO), Echo(B256::ZERO)];
        let steps = 200;
        let until = state.cpu.step + steps;
        let mut fault = None;
        let mut last = proving.state_hash();
        while proving.steps() < until && proving.exit_code().is_none() {
            match proving.prove(&mut worlds[0]) {
                Ok(proof) => {
                    assert_eq!((proof.pre, proof.post), (last, proving.state_hash()));
                    last = proof.post;
                }
                Err(why) => {
                    fault = Some(why);
                    break;
                }
            }
        }
        // In one go, and in pieces between which the state is hashed.
        let mut at_once = Asterisc::new(state.clone());
        let outcome = at_once.run(until, false, &mut worlds[1]);
        assert_eq!(outcome.err(), fault, "{name}");
        let mut in_pieces = Asterisc::new(state);
        let mut other = None;
        while other.is_none() && in_pieces.steps() < until && in_pieces.exit_code().is_none() {
            let next = (in_pieces.steps() + 1 + random.below(9)).min(until);
            let watch = random.below(2) == 0;
            other = in_pieces.run(next, watch, &mut worlds[2]).err();
            in_pieces.state_hash();
        }
        assert_eq!(other, fault, "{name}");
        for machine in [&mut at_once, &mut in_pieces] {
            assert_eq!(machine.steps(), proving.steps(), "{name}");
            assert_eq!(machine.pc(), proving.pc(), "{name}");
            // After a fault the rest of the state is not defined.
            if fault.is_none() {
                assert_eq!(machine.state_hash(), proving.state_hash(), "{name}");
                let binary = |machine: &Asterisc| {
                    let mut file = Vec::new();
                    machine.state().write_binary(&mut file).expect("a file");
                    file
                };
                assert_eq!(binary(machine), binary(&proving), "{name}");
            }
        }
        assert!(worlds.iter().all(|world| world.0 == worlds[0].0), "{name}");
        all_steps += proving.steps() % (1 << 40);
        faults += u64::from(fault.is_some());
    }
    println!("{all_steps} steps, {faults} programs with a fault");
    assert!(all_steps > 40_000, "programs end too early: {all_steps}");
}

/// Two pages of code with an end in sight, data on both sides of page borders, and registers that point to all of them.
fn program(random: &mut Random) -> State {
    const CODE: u64 = 0x1_0000;
    let mut memory = Memory::default();
    for at in (CODE..CODE + 2 * PAGE_BYTES as u64).step_by(4) {
        memory.write_all(at, &instruction(random).to_le_bytes());
    }
    let mut registers = [0; 32];
    for register in &mut registers[1..] {
        *register = match random.below(8) {
            0 => random.next(),
            1 => random.below(64),
            2 => CODE + (random.below(2 * PAGE_BYTES as u64) & !7),
            3 => 0x7f00_0000_0ff8_u64.wrapping_sub(random.below(4) * 8),
            4 => u64::MAX - 7,
            5 => i64::MIN.cast_unsigned() >> random.below(33),
            _ => 0x2_0000 + random.below(600) * 8,
        };
    }
    registers[BASE as usize] &= !7;
    State {
        memory,
        cpu: Cpu {
            preimage_key: U256::from(random.below(2)).into(),
            preimage_offset: random.below(60),
            pc: CODE + PAGE_BYTES as u64 - 4 * random.below(40),
            exit_code: 0,
            exited: false,
            step: 1 << 40,
            heap: 0x7f00_0000_0000,
            load_reservation: 0,
            registers: registers.into(),
            last_hint: Vec::new(),
        },
        sealed: Sealed::default(),
    }
}

/// An instruction that is mostly valid, and mostly leaves register 5 alone.
fn instruction(random: &mut Random) -> u32 {
    let word = any_instruction(random);
    let rd = word >> 7 & 31;
    if rd == BASE && random.below(8) != 0 {
        return word ^ 2 << 7;
    }
    word
}

/// The register of the addresses of atomic operations, which have to be aligned.
const BASE: u32 = 5;

fn any_instruction(random: &mut Random) -> u32 {
    let word = random.next() as u32;
    let field = |value: u32, at: u32, bits: u32| {
        let mask = ((1 << bits) - 1) << at;
        (word & !mask | value << at) & !0x7f
    };
    match random.below(40) {
        0..10 => field((word >> 12 & 7).min(6), 12, 3) & 0x3fff_ffff | 0x03,
        10..17 => field(word >> 12 & 3, 12, 3) | 0x23,
        17..20 => field(0, 25, 6) & !(1 << 8) | 0x63,
        20..24 => field(word >> 12 & 6, 12, 3) | 0x13,
        24 => field(0, 26, 6) & !0x7000 | 5 << 12 | 0x13,
        25 => field(0, 12, 3) | 0x1b,
        26 => field(0, 25, 7) & !0x7000 | 5 << 12 | 0x1b,
        27..29 => field(word >> 25 & 1, 25, 7) | 0x33,
        29 => field(1, 25, 7) | 0x33,
        30 => field(1, 25, 7) | 1 << 14 | 0x3b,
        31 => field(0, 25, 7) & !0x7000 | (word & 1) << 12 | 0x3b,
        32 => word & !0x7f | 0x37,
        33 => word & !0x7f | 0x17,
        34 => field(0, 12, 8) & !(1 << 21) & !0xe000_0000 | 0x6f,
        35..38 => {
            const ATOMICS: [u32; 11] = [0, 1, 2, 3, 4, 8, 12, 16, 20, 24, 28];
            let which = ATOMICS[random.below(11) as usize];
            let word = field(which, 27, 5);
            let word = match random.below(50) {
                0 => word,
                _ => word & !(31 << 15) | BASE << 15,
            };
            word & !0x7000 | (2 | word >> 7 & 1) << 12 | 0x2f
        }
        // A number for a call, or a call.
        38 => {
            const CALLS: [u32; 12] = [63, 63, 64, 64, 222, 25, 56, 113, 220, 163, 214, 124];
            let number = CALLS[random.below(12) as usize];
            match random.below(4) {
                0 => number << 20 | 17 << 7 | 0x13,
                1 => (random.below(7) as u32) << 20 | 10 << 7 | 0x13,
                2 => (random.below(70) as u32) << 20 | 12 << 7 | 0x13,
                _ => 0x73,
            }
        }
        _ if random.below(20) == 0 => word,
        _ if random.below(10) == 0 => word & !0xf_f07f & !(3 << 20) | BASE << 15 | 0x67,
        _ => 0x73 | 1 << 20,
    }
}

/// A world that remembers all that it hears, and knows every preimage.
struct Echo(B256);

impl Echo {
    fn hear(&mut self, kind: u8, text: &[u8]) {
        self.0 = keccak256([self.0.as_slice(), &[kind], text].concat());
    }
}

impl World for Echo {
    fn hint(&mut self, text: &[u8]) -> Result<(), NoAnswer> {
        self.hear(0, text);
        Ok(())
    }

    fn preimage(&mut self, key: B256) -> Result<Vec<u8>, NoAnswer> {
        Ok(key.repeat(3))
    }

    fn print(&mut self, fd: u8, text: &[u8]) {
        self.hear(fd, text);
    }
}

#[test]
fn damaged_files_are_refused() {
    let mut machine = Asterisc::new(program(&mut Random(1)));
    machine.seal();
    let mut state = machine.into_state();
    state.cpu.last_hint = vec![0, 0, 1];
    let (mut binary, mut json) = (Vec::new(), Vec::new());
    state.write_binary(&mut binary).expect("a file");
    state.write_json(&mut json).expect("a file");
    for read in [
        State::read_binary(&binary[..]).expect("a state"),
        State::read_json(&json[..]).expect("a state"),
    ] {
        let (mut binary_again, mut json_again) = (Vec::new(), Vec::new());
        read.write_binary(&mut binary_again).expect("a file");
        read.write_json(&mut json_again).expect("a file");
        assert!(binary_again == binary && json_again == json);
    }

    let refused = |file: &[u8]| State::read_binary(file).expect_err("damaged").to_string();
    let cases = [
        (0, "state file ends within its number of pages"),
        (8, "state file ends within its memory, after 0 of 2 pages"),
        (
            8 + 4104,
            "state file ends within its memory, after 1 of 2 pages",
        ),
        (
            8 + 2 * 4104 + 31,
            "state file ends within its counters and registers",
        ),
        (
            binary.len() - 32 - 363,
            "state file ends within its witness",
        ),
        (binary.len() - 1, "state file ends within its state hash"),
    ];
    for (length, message) in cases {
        assert_eq!(refused(&binary[..length]), message);
    }
    for length in (0..binary.len()).filter(|length| length % 61 == 0 || *length > 8216) {
        assert!(matches!(
            State::read_binary(&binary[..length]),
            Err(FileError::Truncated(_))
        ));
    }
    let changed = |at: usize, bytes: &[u8]| {
        let mut file = binary.clone();
        file[at..at + bytes.len()].copy_from_slice(bytes);
        refused(&file)
    };
    let second = 8 + 4104;
    assert_eq!(
        changed(second, &0x10_u64.to_be_bytes()),
        "state file has page 0x10 twice"
    );
    assert!(changed(second, &[0, 0x10]).contains("0x10000000000011"));
    assert!(changed(8 + 2 * 4104 + 32 + 8 + 8 + 1, &[7]).contains("7 where 0 or 1"));
    // Numbers that are not believed further than there are bytes.
    assert!(changed(0, &u64::MAX.to_be_bytes()).contains("after 2 of 18446744073709551615 pages"));
    assert!(changed(binary.len() - 32 - 366, &[255; 4]).contains("its witness"));
    assert_eq!(
        refused(&[&binary[..], &[0]].concat()),
        "state file goes on after its state hash"
    );

    for length in (0..json.len() - 3).filter(|length| length % 61 == 0) {
        assert!(State::read_json(&json[..length]).is_err());
    }
    let json = String::from_utf8(json).expect("text");
    for (from, to, message) in [
        ("\"index\": 17", "\"index\": 16", "page 0x10 twice"),
        ("\"pc\": ", "\"pz\": ", "unknown field `pz`"),
        ("\"exited\": false", "\"exited\": 0", "expected a boolean"),
        ("\"witness\": \"", "\"witness\": \"?", "not base64"),
        ("\"data\": \"", "\"data\": \"0x", "a page's data"),
        ("\n\n", "\n{", "trailing characters"),
    ] {
        assert!(json.contains(from), "{from}");
        let error = State::read_json(json.replacen(from, to, 1).as_bytes()).expect_err(to);
        assert!(error.to_string().contains(message), "{error}");
    }
}

#[test]
fn damaged_programs_are_refused() {
    let root = std::env::var_os("HOIKE_FIXTURES").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/fixtures"),
        Into::into,
    );
    let Ok(entries) = std::fs::read_dir(root.join("vm/asterisc/elf")) else {
        println!(
            "skipped: no programs under {} (HOIKE_FIXTURES)",
            root.display()
        );
        return;
    };
    let mut random = Random(7);
    let mut count = 0;
    for entry in entries {
        let file = std::fs::read(entry.expect("an entry").path()).expect("a program");
        let elf = zstd::decode_all(&file[..]).expect("zstd");
        if elf.len() > 100_000 {
            continue;
        }
        let changed = |at: usize, bytes: &[u8]| {
            let mut file = elf.clone();
            file[at..at + bytes.len()].copy_from_slice(bytes);
            load_elf(&file).expect_err("damaged")
        };
        assert_eq!(changed(0, b"x"), ElfError::NotElf);
        assert_eq!(changed(4, &[1]), ElfError::Class(1));
        assert_eq!(changed(5, &[2]), ElfError::Endianness(2));
        assert_eq!(changed(18, &[8, 0]), ElfError::Machine(8));
        assert_eq!(changed(48, &[5]), ElfError::Compressed(5));
        // No section headers: what is left of a file without any.
        let mut stripped = elf.clone();
        stripped[40..48].fill(0);
        stripped[60..64].fill(0);
        assert_eq!(load_elf(&stripped).map(|_| ()), Err(ElfError::Stripped));
        // Where it is cut off, and with changed bytes anywhere but in sizes of memory, which are only expensive.
        for length in (0..elf.len()).step_by(elf.len() / 50) {
            assert!(load_elf(&elf[..length]).is_err(), "{length}");
        }
        let headers = 64..64 + 56 * usize::from(elf[56]);
        for _ in 0..300 {
            let mut file = elf.clone();
            for _ in 0..=random.below(3) {
                let at = random.below(elf.len() as u64) as usize;
                let is_size = headers.contains(&at) && (at - 64) % 56 >= 40;
                if !is_size && !(32..40).contains(&at) {
                    file[at] = random.next() as u8;
                }
            }
            if let Ok(loaded) = load_elf(&file) {
                let mut machine = loaded.machine;
                let _ = machine.run(10_000, false, &mut Echo(B256::ZERO));
            }
        }
        count += 1;
    }
    assert!(count > 0, "no programs");
}

/// splitmix64.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ z >> 31
    }

    fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }
}

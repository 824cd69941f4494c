//! cannon: MIPS64, big endian, with threads. State versions 7 and 8.
//!
//! Facts: the project's sheet on VMs; the original is `cannon/mipsevm` of the optimism monorepo. Where hoike differs on purpose: `docs/decisions/0012`.

mod code;
mod elf;
mod exec;
mod fault;
mod file;
mod insn;
mod preimage;
mod state;
mod stats;
mod syscall;

pub use elf::ElfError;
pub use fault::Fault;
pub use file::StateError;
pub use state::{Reservation, State, THREAD_BYTES, Thread, Version, WITNESS_BYTES};
pub use stats::DebugInfo;

use crate::{Machine, Memory, PROOF_BYTES, StepProof, World};
use alloy_primitives::{B256, Bytes};
use code::Code;
use exec::{After, Bus, Context, Note, Registers, execute};
use preimage::Preimage;
use stats::Stats;
use syscall::{preempt, syscall};

/// A cannon with its state.
#[derive(Clone, Debug)]
pub struct Cannon {
    memory: Memory,
    state: State,
    preimage: Preimage,
    code: Code,
    stats: Option<Box<Stats>>,
}

impl Cannon {
    /// A machine in this state.
    pub fn new(state: State, memory: Memory) -> Self {
        Self {
            memory,
            state,
            preimage: Preimage::default(),
            code: Code::default(),
            stats: None,
        }
    }

    /// The same, keeping statistics, which makes it slower.
    pub fn with_statistics(mut self) -> Self {
        self.stats = Some(Box::new(Stats::from_step(self.state.step)));
        self
    }

    /// The state without the memory.
    pub const fn state(&self) -> &State {
        &self.state
    }

    /// The memory.
    pub const fn memory(&self) -> &Memory {
        &self.memory
    }

    /// Statistics of the run so far; zeros where none are kept.
    pub fn debug_info(&self) -> DebugInfo {
        let stats = self.stats.as_deref().cloned().unwrap_or_default();
        stats.info(
            self.memory.page_count(),
            self.state.step,
            self.preimage.requests,
            self.preimage.bytes,
        )
    }
}

impl Machine for Cannon {
    type Fault = Fault;

    fn steps(&self) -> u64 {
        self.state.step
    }

    fn pc(&self) -> u64 {
        self.state.thread().map_or(0, |thread| thread.pc)
    }

    fn exit_code(&self) -> Option<u8> {
        self.state.exited.then_some(self.state.exit_code)
    }

    fn page_count(&self) -> usize {
        self.memory.page_count()
    }

    fn run(&mut self, until: u64, watch: bool, world: &mut dyn World) -> Result<(), Fault> {
        let Self {
            memory,
            state,
            preimage,
            code,
            stats,
        } = self;
        let wanted = Wanted { until, watch };
        match stats {
            None => run(state, preimage, code, &mut Plain(memory), wanted, world),
            Some(stats) => {
                let bus = &mut Metered { memory, stats };
                run(state, preimage, code, bus, wanted, world)
            }
        }
    }

    fn prove(&mut self, world: &mut dyn World) -> Result<StepProof, Fault> {
        let step = self.state.step;
        let state_data = self.witness();
        let pre = self.state_hash();
        let thread = self.state.thread_proof().ok_or(Fault::NoThread)?;
        let pc = self.pc();
        let instruction = self.memory.proof(pc);
        let mut bus = Recording {
            memory: &mut self.memory,
            stats: self.stats.as_deref_mut(),
            first: None,
            second: None,
        };
        let wanted = Wanted {
            until: step.saturating_add(1),
            watch: false,
        };
        self.preimage.read_at = None;
        run(
            &mut self.state,
            &mut self.preimage,
            &mut self.code,
            &mut bus,
            wanted,
            world,
        )?;
        let accesses = [bus.first, bus.second];
        let mut proof_data = [&thread[..], &instruction].concat();
        for access in accesses {
            match access {
                Some((_, proof)) => proof_data.extend_from_slice(&*proof),
                None => proof_data.extend_from_slice(&[0; PROOF_BYTES]),
            }
        }
        let read = self.preimage.read_at;
        Ok(StepProof {
            step,
            pre,
            post: self.state_hash(),
            state_data: state_data.into(),
            proof_data: proof_data.into(),
            oracle_key: read.map(|_| Bytes::copy_from_slice(self.preimage.key().as_slice())),
            oracle_value: read.map(|_| Bytes::copy_from_slice(self.preimage.data())),
            oracle_offset: read.unwrap_or_default(),
        })
    }

    fn last_read(&self) -> Option<(B256, u64, u64)> {
        let offset = self.preimage.read_at?;
        let length = self.preimage.data().len() as u64;
        Some((self.preimage.key(), offset, length))
    }

    fn witness(&mut self) -> Vec<u8> {
        let root = self.memory.root();
        self.state.witness(root)
    }
}

/// How far to run.
#[derive(Clone, Copy)]
struct Wanted {
    until: u64,
    /// Stop also after a preimage was read.
    watch: bool,
}

fn run<B: Bus>(
    state: &mut State,
    preimage: &mut Preimage,
    code: &mut Code,
    bus: &mut B,
    wanted: Wanted,
    world: &mut dyn World,
) -> Result<(), Fault> {
    while !state.exited && state.step < wanted.until {
        preimage.read_at = None;
        let thread = state.thread().ok_or(Fault::NoThread)?;
        if thread.exited {
            bus.tick(0);
            let others = state.left.len() + state.right.len() > 1;
            if !others {
                return Err(Fault::NoThread);
            }
            state.step += 1;
            state.active().pop();
            if state.active().is_empty() {
                state.traverse_right = !state.traverse_right;
            }
            state.steps_since_switch = 0;
        } else if state.steps_since_switch >= TIME_SLICE {
            bus.tick(0);
            bus.note(Note::Forced);
            state.step += 1;
            preempt(state, bus)?;
        } else {
            let most = wanted.until - state.step;
            let most = most.min(TIME_SLICE - state.steps_since_switch);
            if slice(state, code, bus, most)? == After::Syscall {
                state.step += 1;
                state.steps_since_switch += 1;
                if let Err(fault) = syscall(state, bus, preimage, world) {
                    state.step -= 1;
                    state.steps_since_switch -= 1;
                    return Err(fault);
                }
                if wanted.watch && preimage.read_at.is_some() {
                    return Ok(());
                }
            }
        }
    }
    Ok(())
}

/// Runs a thread for so many steps, at least one, or up to a system call.
fn slice<B: Bus>(
    state: &mut State,
    code: &mut Code,
    bus: &mut B,
    most: u64,
) -> Result<After, Fault> {
    let reservation = state.reservation;
    let Some(thread) = state.active().last_mut() else {
        return Err(Fault::NoThread);
    };
    let mut registers: Registers = [0; 64];
    registers[..32].copy_from_slice(&thread.registers);
    let mut context = Context {
        pc: thread.pc,
        next_pc: thread.next_pc,
        lo: thread.lo,
        hi: thread.hi,
        reservation,
        thread: thread.id,
    };
    let mut left = most;
    let outcome = 'pages: loop {
        if context.pc & 3 != 0 {
            break Err(Fault::UnalignedPc);
        }
        let base = context.pc & !0xfff;
        let page = code.page(bus.memory(), base >> 12);
        loop {
            let insn = page[(context.pc as usize >> 2) % INSTRUCTIONS];
            bus.tick(context.pc);
            let after = match execute(insn, &mut registers, &mut context, bus) {
                Ok(After::Syscall) => break 'pages Ok(After::Syscall),
                Ok(after) => after,
                Err(fault) => break 'pages Err(fault),
            };
            left -= 1;
            if left == 0 {
                break 'pages Ok(After::Nothing);
            }
            // Another page, or no multiple of four.
            if after == After::Decode || context.pc & !0xffc != base {
                continue 'pages;
            }
        }
    };
    thread.registers.copy_from_slice(&registers[..32]);
    thread.pc = context.pc;
    thread.next_pc = context.next_pc;
    thread.lo = context.lo;
    thread.hi = context.hi;
    state.reservation = context.reservation;
    state.step += most - left;
    state.steps_since_switch += most - left;
    outcome
}

/// Memory alone.
struct Plain<'a>(&'a mut Memory);

impl Bus for Plain<'_> {
    #[inline(always)]
    fn word(&mut self, address: u64) -> [u8; 8] {
        self.0.word(address)
    }

    #[inline(always)]
    fn set_word(&mut self, address: u64, word: [u8; 8]) -> bool {
        self.0.set_word(address, word)
    }

    #[inline(always)]
    fn note(&mut self, _: Note) {}

    #[inline(always)]
    fn tick(&mut self, _: u64) {}

    fn memory(&mut self) -> &mut Memory {
        self.0
    }
}

/// Memory, and somebody who counts.
struct Metered<'a> {
    memory: &'a mut Memory,
    stats: &'a mut Stats,
}

impl Bus for Metered<'_> {
    fn word(&mut self, address: u64) -> [u8; 8] {
        self.memory.word(address)
    }

    fn set_word(&mut self, address: u64, word: [u8; 8]) -> bool {
        self.memory.set_word(address, word)
    }

    fn note(&mut self, what: Note) {
        self.stats.note(what);
    }

    fn tick(&mut self, pc: u64) {
        self.stats.tick(pc);
    }

    fn memory(&mut self) -> &mut Memory {
        self.memory
    }
}

/// Memory whose accesses are proven: of each of the first two words that are touched the leaf, as it is before that.
struct Recording<'a> {
    memory: &'a mut Memory,
    stats: Option<&'a mut Stats>,
    first: Option<(u64, Box<[u8; PROOF_BYTES]>)>,
    second: Option<(u64, Box<[u8; PROOF_BYTES]>)>,
}

impl Recording<'_> {
    fn touch(&mut self, address: u64) {
        let word = address & !7;
        let slot = match &self.first {
            None => &mut self.first,
            Some((first, _)) if *first == word => return,
            Some(_) if self.second.is_none() => &mut self.second,
            Some(_) => return,
        };
        *slot = Some((word, Box::new(self.memory.proof(address))));
    }
}

impl Bus for Recording<'_> {
    fn word(&mut self, address: u64) -> [u8; 8] {
        self.touch(address);
        self.memory.word(address)
    }

    fn set_word(&mut self, address: u64, word: [u8; 8]) -> bool {
        self.touch(address);
        self.memory.set_word(address, word)
    }

    fn note(&mut self, what: Note) {
        if let Some(stats) = &mut self.stats {
            stats.note(what);
        }
    }

    fn tick(&mut self, pc: u64) {
        if let Some(stats) = &mut self.stats {
            stats.tick(pc);
        }
    }

    fn memory(&mut self) -> &mut Memory {
        self.memory
    }
}

/// Steps after which another thread gets its turn.
const TIME_SLICE: u64 = 100_000;
/// Instructions of a page.
const INSTRUCTIONS: usize = 1024;

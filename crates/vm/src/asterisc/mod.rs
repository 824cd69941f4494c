//! asterisc: RV64IMA, one thread, as the original's `rvgo/fast` of May 2025 runs and proves it.
//!
//! Both ways through a step share what instructions and system calls do: the fast one runs decoded pages over bare memory,
//! the slow one goes through a recorder that proves each access.

mod calls;
mod code;
mod decode;
mod elf;
mod execute;
mod fault;
mod files;
mod json;
mod recorder;
mod state;

pub use calls::WRITE_LIMIT;
pub use elf::{ElfError, Loaded, load_elf};
pub use execute::Registers;
pub use fault::{Fault, Trap};
pub use files::{FileError, Part};
pub use state::{Cpu, Sealed, State};

use crate::{Machine, Memory, StepProof, World};
use alloy_primitives::B256;
use calls::{Preimage, call};
use code::Code;
use decode::decode;
use execute::{Bus, Flow, execute};
use recorder::Recorder;

/// A machine with its state.
#[derive(Clone, Debug)]
pub struct Asterisc {
    state: State,
    code: Code,
    preimage: Preimage,
    /// The steps that were done after the last read of a preimage, and what was read.
    read: Option<(u64, (B256, u64))>,
}

impl Asterisc {
    /// A machine in a state.
    pub fn new(state: State) -> Self {
        Self {
            state,
            code: Code::default(),
            preimage: None,
            read: None,
        }
    }

    /// Its state.
    pub const fn state(&self) -> &State {
        &self.state
    }

    /// Its state, without the machine.
    pub fn into_state(self) -> State {
        self.state
    }

    /// Notes witness and state hash for the state's file, as the original does after `load-elf` and at the end of `run`, not for a snapshot.
    pub fn seal(&mut self) {
        self.state.sealed = Sealed {
            witness: self.witness(),
            state_hash: self.state_hash(),
        };
    }

    /// As many steps as go without leaving decoded pages. Stops before what is not an ordinary step: [`step`] does it, or says why it cannot be done.
    fn burst(&mut self, until: u64) {
        let State { memory, cpu, .. } = &mut self.state;
        let mut steps = cpu.step;
        let mut pc = cpu.pc;
        let registers = cpu.registers.all();
        self.code.forget(memory.take_stale());
        'pages: while steps < until {
            let Some(page) = self.code.page(pc, memory) else {
                break;
            };
            let base = pc & !0xfff;
            // In instructions from the page's start. It wraps, so what lies before the page is far behind its end.
            let mut at = (pc & 0xfff) >> 2;
            loop {
                let here = base.wrapping_add(at << 2);
                let Some(insn) = page.get(at as usize) else {
                    pc = here;
                    break;
                };
                if steps == until {
                    pc = here;
                    break 'pages;
                }
                let flow = execute(*insn, here, registers, &mut cpu.load_reservation, memory);
                match flow {
                    Flow::Next => at += 1,
                    Flow::Jump(to) => at = to.wrapping_sub(base) >> 2,
                    Flow::Rewritten => {
                        self.code.forget(memory.take_stale());
                        steps += 1;
                        pc = here.wrapping_add(4);
                        break;
                    }
                    Flow::Undecoded => {
                        self.code.fill(here, memory);
                        pc = here;
                        break;
                    }
                    Flow::Call | Flow::Trap(_) => {
                        pc = here;
                        break 'pages;
                    }
                }
                steps += 1;
            }
        }
        cpu.step = steps;
        cpu.pc = pc;
    }

    fn finish(&mut self, read: Option<(B256, u64)>) {
        self.read = read.map(|read| (self.state.cpu.step, read));
    }
}

impl Machine for Asterisc {
    type Fault = Fault;

    fn steps(&self) -> u64 {
        self.state.cpu.step
    }

    fn pc(&self) -> u64 {
        self.state.cpu.pc
    }

    fn exit_code(&self) -> Option<u8> {
        let cpu = &self.state.cpu;
        cpu.exited.then_some(cpu.exit_code)
    }

    fn page_count(&self) -> usize {
        self.state.memory.page_count()
    }

    fn run(&mut self, until: u64, watch: bool, world: &mut dyn World) -> Result<(), Fault> {
        while !self.state.cpu.exited {
            self.burst(until);
            let State { memory, cpu, .. } = &mut self.state;
            if cpu.step >= until {
                break;
            }
            let read = step(cpu, memory, &mut self.preimage, world)?;
            if read.is_some() {
                self.finish(read);
                if watch {
                    break;
                }
            }
        }
        Ok(())
    }

    fn prove(&mut self, world: &mut dyn World) -> Result<StepProof, Fault> {
        let state_data = self.witness();
        let pre = self.state_hash();
        let before = self.steps();
        let mut proof_data = Vec::new();
        let mut read = None;
        let State { memory, cpu, .. } = &mut self.state;
        if !cpu.exited {
            let mut recorder = Recorder::new(memory);
            read = step(cpu, &mut recorder, &mut self.preimage, world)?;
            proof_data = recorder.into_proof();
            self.finish(read);
        }
        // As the original, which takes the key of zeros for none.
        let read = read.filter(|(key, _)| !key.is_zero());
        let value = match (&read, &self.preimage) {
            (Some(_), Some((_, data))) => Some(data.clone().into()),
            (_, _) => None,
        };
        Ok(StepProof {
            step: before,
            pre,
            post: self.state_hash(),
            state_data: state_data.into(),
            proof_data: proof_data.into(),
            oracle_key: read.map(|(key, _)| key.into()),
            oracle_value: value,
            oracle_offset: read.map_or(0, |(_, offset)| offset),
        })
    }

    fn last_read(&self) -> Option<(B256, u64, u64)> {
        let (step, (key, offset)) = self.read?;
        let (_, data) = self.preimage.as_ref()?;
        (step == self.state.cpu.step).then_some((key, offset, data.len() as u64))
    }

    fn witness(&mut self) -> Vec<u8> {
        self.state.witness()
    }
}

/// One step of a program that has not exited. What was read of a preimage.
///
/// # Errors
/// A step that cannot be done; counter and program counter are then as before.
fn step<B: Bus>(
    cpu: &mut Cpu,
    bus: &mut B,
    preimage: &mut Preimage,
    world: &mut dyn World,
) -> Result<Option<(B256, u64)>, Fault> {
    let pc = cpu.pc;
    if pc % 32 > 28 {
        return Err(Fault::FetchAcrossLeaves);
    }
    let word = u32::from_le_bytes(bus.read(pc));
    let insn = decode(word);
    let registers = cpu.registers.all();
    let mut read = None;
    cpu.pc = match execute(insn, pc, registers, &mut cpu.load_reservation, bus) {
        Flow::Next | Flow::Rewritten => pc.wrapping_add(4),
        Flow::Jump(to) => to,
        Flow::Call => {
            read = call(cpu, bus, preimage, world)?;
            pc.wrapping_add(4)
        }
        Flow::Trap(trap) => return Err(trap.into()),
        // It has just been decoded.
        Flow::Undecoded => return Err(Trap::UnknownOpcode { word }.into()),
    };
    // A counter at its end has to come from a file; it goes on at zero as the original's does.
    cpu.step = cpu.step.wrapping_add(1);
    Ok(read)
}

impl Bus for Memory {
    #[inline(always)]
    fn read<const N: usize>(&mut self, address: u64) -> [u8; N] {
        self.read(address)
    }

    #[inline(always)]
    fn write<const N: usize>(&mut self, address: u64, bytes: [u8; N]) -> bool {
        self.write(address, bytes)
    }

    #[inline(always)]
    fn rewrite<const N: usize>(&mut self, address: u64, bytes: [u8; N]) -> bool {
        self.write(address, bytes)
    }

    fn read_part(&mut self, address: u64, bytes: &mut [u8]) {
        self.peek(address, bytes);
    }

    fn write_part(&mut self, address: u64, bytes: &[u8]) {
        self.write_all(address, bytes);
    }

    fn peek(&mut self, address: u64, bytes: &mut [u8]) {
        self.copy_to(address, bytes);
    }
}

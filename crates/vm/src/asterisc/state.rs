//! The state, and the witness that stands for it.

use super::Registers;
use crate::Memory;
use alloy_primitives::B256;

/// All that a state file holds.
#[derive(Clone, Debug)]
pub struct State {
    /// Memory.
    pub memory: Memory,
    /// The rest of what steps change.
    pub cpu: Cpu,
    /// What steps do not change.
    pub sealed: Sealed,
}

/// The state without the memory.
#[derive(Clone, Debug)]
pub struct Cpu {
    /// Which preimage is read.
    pub preimage_key: B256,
    /// Where, counted from the first of the 8 bytes of its length.
    pub preimage_offset: u64,
    /// Address of the next instruction.
    pub pc: u64,
    /// What the program has exited with.
    pub exit_code: u8,
    /// Whether it has.
    pub exited: bool,
    /// Steps done.
    pub step: u64,
    /// Where the next mapping begins.
    pub heap: u64,
    /// The address of the last load-reserved; 0 for none.
    pub load_reservation: u64,
    /// x0 to x31.
    pub registers: Registers,
    /// Hints of which the end is still to be written. Not part of the witness.
    pub last_hint: Vec<u8>,
}

/// Witness and hash of an earlier state, which a file holds beside the state: of the one that load-elf or a whole run ended with.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Sealed {
    /// The witness; empty if there was no earlier state.
    pub witness: Vec<u8>,
    /// The state hash.
    pub state_hash: B256,
}

impl State {
    /// What the state hash is the hash of: 362 bytes, numbers big endian.
    pub fn witness(&mut self) -> Vec<u8> {
        let root = self.memory.root();
        let mut witness = Vec::with_capacity(WITNESS_BYTES);
        witness.extend_from_slice(root.as_slice());
        self.cpu.encode(&mut witness);
        witness
    }
}

/// Bytes of a witness.
const WITNESS_BYTES: usize = 362;

impl Cpu {
    /// The fields as witness and binary file have them, from the preimage key to the registers.
    pub(super) fn encode(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.preimage_key.as_slice());
        out.extend_from_slice(&self.preimage_offset.to_be_bytes());
        out.extend_from_slice(&self.pc.to_be_bytes());
        out.extend_from_slice(&[self.exit_code, u8::from(self.exited)]);
        for number in [self.step, self.heap, self.load_reservation] {
            out.extend_from_slice(&number.to_be_bytes());
        }
        for register in self.registers.named() {
            out.extend_from_slice(&register.to_be_bytes());
        }
    }
}

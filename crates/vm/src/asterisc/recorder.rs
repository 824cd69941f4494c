//! Memory that proves what is done to it.

use super::execute::Bus;
use crate::{Memory, PROOF_BYTES};

/// Memory, and the proofs of the accesses of a step so far, in order.
#[derive(Debug)]
pub(super) struct Recorder<'a> {
    memory: &'a mut Memory,
    proof: Vec<u8>,
}

impl<'a> Recorder<'a> {
    pub(super) fn new(memory: &'a mut Memory) -> Self {
        let proof = Vec::with_capacity(3 * PROOF_BYTES);
        Self { memory, proof }
    }

    pub(super) fn into_proof(self) -> Vec<u8> {
        self.proof
    }

    fn prove(&mut self, address: u64) {
        self.proof.extend_from_slice(&self.memory.proof(address));
    }
}

/// How many bytes of a leaf there are from an address on.
const fn to_the_border(address: u64) -> usize {
    32 - address as usize % 32
}

impl Bus for Recorder<'_> {
    fn read<const N: usize>(&mut self, address: u64) -> [u8; N] {
        self.prove(address);
        let border = to_the_border(address);
        if N > border {
            self.prove(address.wrapping_add(border as u64));
        }
        self.memory.read(address)
    }

    fn write<const N: usize>(&mut self, address: u64, bytes: [u8; N]) -> bool {
        self.prove(address);
        match bytes.split_at_checked(to_the_border(address)) {
            // The second leaf is proven in the memory that has the first half already.
            Some((first, second)) if !second.is_empty() => {
                self.memory.write_all(address, first);
                let next = address.wrapping_add(first.len() as u64);
                self.prove(next);
                self.memory.write_all(next, second)
            }
            Some(_) | None => self.memory.write(address, bytes),
        }
    }

    fn rewrite<const N: usize>(&mut self, address: u64, bytes: [u8; N]) -> bool {
        self.memory.write(address, bytes)
    }

    fn read_part(&mut self, address: u64, bytes: &mut [u8]) {
        self.prove(address);
        Bus::read_part(self.memory, address, bytes);
    }

    fn write_part(&mut self, address: u64, bytes: &[u8]) {
        self.prove(address);
        self.memory.write_all(address, bytes);
    }

    fn peek(&mut self, address: u64, bytes: &mut [u8]) {
        self.memory.peek(address, bytes);
    }
}

//! The state, and what is hashed of it.

use alloy_primitives::{B256, keccak256};

/// All that a program's future depends on, but its memory.
#[derive(Clone, Debug)]
pub struct State {
    /// Which rules it runs by.
    pub version: Version,
    /// The preimage that is being read.
    pub preimage_key: B256,
    /// How far; the length before it counts.
    pub preimage_offset: u64,
    /// Where the next mapping without a wish goes.
    pub heap: u64,
    /// What ll has reserved.
    pub reservation: Reservation,
    /// Set when it exits.
    pub exit_code: u8,
    /// Whether it has.
    pub exited: bool,
    /// Steps done.
    pub step: u64,
    /// Since another thread was last switched to.
    pub steps_since_switch: u64,
    /// Which stack is active.
    pub traverse_right: bool,
    /// Threads; the top is last.
    pub left: Vec<Thread>,
    /// Threads; the top is last.
    pub right: Vec<Thread>,
    /// The id of the next one.
    pub next_thread: u64,
    /// What was written of a hint that is not complete. No part of the witness.
    pub last_hint: Vec<u8>,
}

/// The state versions that run here.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Version {
    /// 7, multithreaded64-4: getrandom does nothing.
    Multithreaded64V4,
    /// 8, multithreaded64-5.
    Multithreaded64V5,
}

/// A reservation; all zero is none.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Reservation {
    /// 0 none, 1 of 32 bits, 2 of 64.
    pub status: u8,
    /// Exactly as ll had it, aligned or not.
    pub address: u64,
    /// The thread's id.
    pub owner: u64,
}

/// A thread.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Thread {
    /// Its id.
    pub id: u64,
    /// Set when it exits.
    pub exit_code: u8,
    /// Whether it has.
    pub exited: bool,
    /// Program counter.
    pub pc: u64,
    /// What comes after; differs from pc + 4 in a delay slot.
    pub next_pc: u64,
    /// Low half of products, quotients.
    pub lo: u64,
    /// High half of products, remainders.
    pub hi: u64,
    /// 0 to 31.
    pub registers: [u64; 32],
}

impl Version {
    /// The byte that state files begin with.
    pub const fn byte(self) -> u8 {
        match self {
            Self::Multithreaded64V4 => 7,
            Self::Multithreaded64V5 => 8,
        }
    }

    /// By that byte.
    pub const fn of(byte: u8) -> Option<Self> {
        match byte {
            7 => Some(Self::Multithreaded64V4),
            8 => Some(Self::Multithreaded64V5),
            _ => None,
        }
    }

    /// As the original's flags and messages have it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Multithreaded64V4 => "multithreaded64-4",
            Self::Multithreaded64V5 => "multithreaded64-5",
        }
    }
}

impl Thread {
    /// Its bytes, big endian.
    pub fn encode(&self) -> [u8; THREAD_BYTES] {
        let mut out = [0; THREAD_BYTES];
        out[..8].copy_from_slice(&self.id.to_be_bytes());
        out[8] = self.exit_code;
        out[9] = self.exited.into();
        let words = [self.pc, self.next_pc, self.lo, self.hi];
        let words = words.iter().chain(&self.registers);
        for (to, word) in out[10..].chunks_exact_mut(8).zip(words) {
            to.copy_from_slice(&word.to_be_bytes());
        }
        out
    }

    pub(super) fn decode(bytes: &[u8; THREAD_BYTES]) -> Option<Self> {
        let (words, _) = bytes[10..].as_chunks::<8>();
        let word = |at: usize| u64::from_be_bytes(words[at]);
        Some(Self {
            id: u64::from_be_bytes(*bytes.first_chunk()?),
            exit_code: bytes[8],
            exited: match bytes[9] {
                0 => false,
                1 => true,
                _ => return None,
            },
            pc: word(0),
            next_pc: word(1),
            lo: word(2),
            hi: word(3),
            registers: std::array::from_fn(|at| word(4 + at)),
        })
    }
}

impl State {
    /// No thread, which no program has.
    pub fn empty(version: Version) -> Self {
        Self {
            version,
            preimage_key: B256::ZERO,
            preimage_offset: 0,
            heap: 0,
            reservation: Reservation::default(),
            exit_code: 0,
            exited: false,
            step: 0,
            steps_since_switch: 0,
            traverse_right: false,
            left: Vec::new(),
            right: Vec::new(),
            next_thread: 0,
            last_hint: Vec::new(),
        }
    }

    /// The active stack.
    pub(super) fn active(&mut self) -> &mut Vec<Thread> {
        if self.traverse_right {
            &mut self.right
        } else {
            &mut self.left
        }
    }

    /// The thread that runs.
    pub fn thread(&self) -> Option<&Thread> {
        if self.traverse_right {
            self.right.last()
        } else {
            self.left.last()
        }
    }

    /// The bytes that the state hash is of, with this root of the memory.
    pub fn witness(&self, memory: B256) -> Vec<u8> {
        let mut out = Vec::with_capacity(WITNESS_BYTES);
        out.extend_from_slice(memory.as_slice());
        out.extend_from_slice(self.preimage_key.as_slice());
        out.extend_from_slice(&self.preimage_offset.to_be_bytes());
        out.extend_from_slice(&self.heap.to_be_bytes());
        out.push(self.reservation.status);
        out.extend_from_slice(&self.reservation.address.to_be_bytes());
        out.extend_from_slice(&self.reservation.owner.to_be_bytes());
        out.extend_from_slice(&[self.exit_code, self.exited.into()]);
        out.extend_from_slice(&self.step.to_be_bytes());
        out.extend_from_slice(&self.steps_since_switch.to_be_bytes());
        out.push(self.traverse_right.into());
        out.extend_from_slice(stack_root(&self.left).as_slice());
        out.extend_from_slice(stack_root(&self.right).as_slice());
        out.extend_from_slice(&self.next_thread.to_be_bytes());
        out
    }

    /// The running thread, and the root of its stack without it: the first part of a step's proof.
    pub(super) fn thread_proof(&self) -> Option<[u8; THREAD_BYTES + 32]> {
        let stack = if self.traverse_right {
            &self.right
        } else {
            &self.left
        };
        let (top, below) = stack.split_last()?;
        let mut out = [0; THREAD_BYTES + 32];
        out[..THREAD_BYTES].copy_from_slice(&top.encode());
        out[THREAD_BYTES..].copy_from_slice(stack_root(below).as_slice());
        Some(out)
    }
}

/// From the bottom up; of none it is the hash of 64 zero bytes.
fn stack_root(threads: &[Thread]) -> B256 {
    let empty = keccak256([0; 64]);
    threads.iter().fold(empty, |root, thread| {
        let thread = keccak256(thread.encode());
        keccak256([root.as_slice(), thread.as_slice()].concat())
    })
}

/// Bytes of a witness.
pub const WITNESS_BYTES: usize = 188;
/// Bytes of a thread.
pub const THREAD_BYTES: usize = 298;

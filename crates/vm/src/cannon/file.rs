//! State files: the original's binary form.

use super::{
    Cannon,
    state::{Reservation, State, THREAD_BYTES, Thread, Version},
};
use crate::{Memory, PAGE_BYTES};
use alloy_primitives::B256;

/// Why a file is no state that runs here.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum StateError {
    /// Nothing in it.
    #[error("it is empty")]
    Empty,
    /// A version that does not run here.
    #[error(
        "it is of state version {version}, and 7 (multithreaded64-4) and 8 (multithreaded64-5) run here: take the cannon that made it"
    )]
    Version {
        /// The first byte.
        version: u8,
    },
    /// The file ends too early.
    #[error("it ends at byte {length}, within {field}")]
    Truncated {
        /// Its length.
        length: usize,
        /// What is cut off.
        field: &'static str,
    },
    /// Something that no state has.
    #[error("{field} is {value}, which no state has")]
    Value {
        /// Which field.
        field: &'static str,
        /// What it is.
        value: u64,
    },
    /// More than a state.
    #[error("{bytes} bytes come after the state's end")]
    Trailing {
        /// How many.
        bytes: usize,
    },
}

impl Cannon {
    /// The binary form: the same state has the same bytes.
    pub fn encode(&self) -> Vec<u8> {
        let state = &self.state;
        let pages = self.memory.page_count();
        let mut out = Vec::with_capacity(pages * (PAGE_BYTES + 8) + 1024);
        out.push(state.version.byte());
        let word = |value: u64, out: &mut Vec<u8>| out.extend_from_slice(&value.to_be_bytes());
        word(pages as u64, &mut out);
        for (number, page) in self.memory.pages() {
            word(number, &mut out);
            out.extend_from_slice(page);
        }
        out.extend_from_slice(state.preimage_key.as_slice());
        word(state.preimage_offset, &mut out);
        word(state.heap, &mut out);
        out.push(state.reservation.status);
        word(state.reservation.address, &mut out);
        word(state.reservation.owner, &mut out);
        out.extend_from_slice(&[state.exit_code, state.exited.into()]);
        word(state.step, &mut out);
        word(state.steps_since_switch, &mut out);
        out.push(state.traverse_right.into());
        word(state.next_thread, &mut out);
        for stack in [&state.left, &state.right] {
            word(stack.len() as u64, &mut out);
            for thread in stack {
                out.extend_from_slice(&thread.encode());
            }
        }
        let hint = u32::try_from(state.last_hint.len()).unwrap_or(u32::MAX);
        out.extend_from_slice(&hint.to_be_bytes());
        out.extend_from_slice(&state.last_hint);
        out
    }

    /// Reads the binary form.
    ///
    /// # Errors
    /// Whatever is not one, with what is wrong.
    pub fn decode(file: &[u8]) -> Result<Self, StateError> {
        let Some((version, rest)) = file.split_first() else {
            return Err(StateError::Empty);
        };
        let version = Version::of(*version).ok_or(StateError::Version { version: *version })?;
        let mut from = Reader {
            length: file.len(),
            rest,
        };
        let mut memory = Memory::default();
        let pages = from.count("the number of pages", PAGE_BYTES + 8)?;
        let mut last = None;
        for _ in 0..pages {
            let number = from.word("a page's number")?;
            if number > LAST_PAGE || last.is_some_and(|last| last >= number) {
                let field = "a page's number";
                let value = number;
                return Err(StateError::Value { field, value });
            }
            last = Some(number);
            memory.set_page(number, from.take::<PAGE_BYTES>("a page")?);
        }
        let mut state = State::empty(version);
        state.preimage_key = B256::from(from.take("the preimage key")?);
        state.preimage_offset = from.word("the preimage offset")?;
        state.heap = from.word("the heap")?;
        state.reservation = Reservation {
            status: from.small("the reservation's status", 2)?,
            address: from.word("the reservation's address")?,
            owner: from.word("the reservation's owner")?,
        };
        state.exit_code = from.small("the exit code", u8::MAX)?;
        state.exited = from.small("exited", 1)? == 1;
        state.step = from.word("the step")?;
        state.steps_since_switch = from.word("the steps since a switch")?;
        state.traverse_right = from.small("traverse-right", 1)? == 1;
        state.next_thread = from.word("the next thread's id")?;
        state.left = from.threads()?;
        state.right = from.threads()?;
        let hint = u32::from_be_bytes(*from.take("the hint's length")?) as usize;
        let Some(hint) = from.rest.split_at_checked(hint) else {
            return Err(from.truncated("the hint"));
        };
        state.last_hint = hint.0.to_vec();
        if !hint.1.is_empty() {
            let bytes = hint.1.len();
            return Err(StateError::Trailing { bytes });
        }
        Ok(Self::new(state, memory))
    }
}

struct Reader<'a> {
    length: usize,
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    fn take<const N: usize>(&mut self, field: &'static str) -> Result<&'a [u8; N], StateError> {
        let Some((bytes, rest)) = self.rest.split_first_chunk() else {
            return Err(self.truncated(field));
        };
        self.rest = rest;
        Ok(bytes)
    }

    fn word(&mut self, field: &'static str) -> Result<u64, StateError> {
        self.take(field).copied().map(u64::from_be_bytes)
    }

    fn small(&mut self, field: &'static str, most: u8) -> Result<u8, StateError> {
        let [value] = *self.take(field)?;
        if value > most {
            let value = value.into();
            return Err(StateError::Value { field, value });
        }
        Ok(value)
    }

    /// A number of things of so many bytes, which must be there.
    fn count(&mut self, field: &'static str, each: usize) -> Result<u64, StateError> {
        let count = self.word(field)?;
        if count > (self.rest.len() / each) as u64 {
            return Err(self.truncated(field));
        }
        Ok(count)
    }

    fn threads(&mut self) -> Result<Vec<Thread>, StateError> {
        let count = self.count("the number of threads", THREAD_BYTES)?;
        (0..count)
            .map(|_| {
                let bytes = self.take("a thread")?;
                let exited = bytes[9].into();
                Thread::decode(bytes).ok_or(StateError::Value {
                    field: "a thread's exited",
                    value: exited,
                })
            })
            .collect()
    }

    fn truncated(&self, field: &'static str) -> StateError {
        let length = self.length;
        StateError::Truncated { length, field }
    }
}

/// Of 2^64 bytes.
const LAST_PAGE: u64 = (1 << 52) - 1;

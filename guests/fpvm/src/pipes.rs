//! The oracle on the file descriptors that a VM hands over, one request after the other.

use crate::arch::{self, Stop};
use alloc::vec::Vec;
use alloy_primitives::Bytes;
use hoike_preimage::{
    Dialect, Hint, Oracle, PreimageKey,
    wire::{WireError, encode_hint},
};

/// The pipes. They are the process's, so any number of these may be made as long as each finishes a request before another begins one.
#[derive(Debug, Default)]
pub(crate) struct Pipes {
    /// The hint that is being sent; kept for its memory.
    hint: Vec<u8>,
}

/// A pipe that does not do what the protocol says.
#[derive(Clone, Copy, Debug, thiserror::Error)]
pub(crate) enum PipeError {
    /// The host has closed it.
    #[error("file descriptor {fd} was closed by the host")]
    Closed {
        /// Which.
        fd: usize,
    },
    /// The machine refuses to read or write.
    #[error("file descriptor {fd}: error {number}")]
    Refused {
        /// Which.
        fd: usize,
        /// The error's number.
        number: usize,
    },
    /// A value that cannot be in memory as a whole.
    #[error("a value of {length} bytes is announced")]
    TooLong {
        /// Its announced length.
        length: u64,
    },
    /// A hint that the protocol has no form for.
    #[error(transparent)]
    Hint(#[from] WireError),
}

impl Oracle for Pipes {
    type Error = PipeError;

    fn hint(&mut self, hint: &Hint<'_>) -> Result<(), PipeError> {
        encode_hint(hint, Dialect::Kona, None, &mut self.hint)?;
        write_all(HINT_WRITE, &self.hint)?;
        read_exact(HINT_READ, &mut [0])
    }

    fn get(&mut self, key: PreimageKey) -> Result<Bytes, PipeError> {
        let length = ask(key)?;
        match arch::read_new(PREIMAGE_READ, length) {
            Ok(value) => Ok(value.into()),
            Err(stop) => Err(stopped(PREIMAGE_READ, stop)),
        }
    }

    fn read(&mut self, key: PreimageKey, out: &mut [u8]) -> Result<usize, PipeError> {
        let length = ask(key)?;
        // What is not read is forgotten with the next key.
        let wanted = length.min(out.len());
        read_exact(PREIMAGE_READ, &mut out[..wanted])?;
        Ok(length)
    }
}

/// Sends a key; the length of its value, whose bytes come next.
fn ask(key: PreimageKey) -> Result<usize, PipeError> {
    let key = Leaf(*key.as_bytes());
    write_all(PREIMAGE_WRITE, &key.0)?;
    let mut head = Leaf([0; 8]);
    read_exact(PREIMAGE_READ, &mut head.0)?;
    let length = u64::from_be_bytes(head.0);
    match isize::try_from(length) {
        Ok(length) => Ok(length.unsigned_abs()),
        Err(_) => Err(PipeError::TooLong { length }),
    }
}

/// Aligned so that it takes the fewest calls.
#[repr(align(32))]
struct Leaf<T>(T);

#[inline]
fn write_all(fd: usize, bytes: &[u8]) -> Result<(), PipeError> {
    arch::write(fd, bytes).map_err(|stop| stopped(fd, stop))
}

#[inline]
fn read_exact(fd: usize, space: &mut [u8]) -> Result<(), PipeError> {
    arch::read(fd, space).map_err(|stop| stopped(fd, stop))
}

fn stopped(fd: usize, stop: Stop) -> PipeError {
    match stop {
        Stop::End => PipeError::Closed { fd },
        Stop::Refused { number } => PipeError::Refused { fd, number },
    }
}

const HINT_READ: usize = 3;
const HINT_WRITE: usize = 4;
const PREIMAGE_READ: usize = 5;
const PREIMAGE_WRITE: usize = 6;

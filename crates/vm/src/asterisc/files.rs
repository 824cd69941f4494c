//! The binary state file. Numbers are big endian; there is no version byte.

use super::{Cpu, Sealed, State};
use crate::{Memory, PAGE_BYTES};
use alloy_primitives::B256;
use std::io::{self, Read, Write};

/// Why a state file cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// The file cannot be read from.
    #[error("state file: {0}")]
    Io(#[from] io::Error),
    /// It ends too early.
    #[error("state file ends within {0}")]
    Truncated(Part),
    /// It does not end where it should.
    #[error("state file goes on after its state hash")]
    Trailing,
    /// A page that memory does not have.
    #[error("state file has a page {0:#x}, and the last one is 0xfffffffffffff")]
    PageNumber(u64),
    /// A page that is there already.
    #[error("state file has page {0:#x} twice")]
    PageTwice(u64),
    /// A flag that is neither 0 nor 1.
    #[error("state file has {0} where 0 or 1 says whether the program has exited")]
    Exited(u8),
    /// Not the JSON of a state.
    #[error("state file: {0}")]
    Json(#[from] serde_json::Error),
}

/// A part of a state file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Part {
    /// The number of pages.
    PageCount,
    /// A page with its number.
    Page {
        /// Pages before it in the file.
        after: u64,
        /// Pages in all.
        of: u64,
    },
    /// Counters and registers.
    Registers,
    /// The last hint with its length.
    LastHint,
    /// The witness with its length.
    Witness,
    /// The state hash.
    StateHash,
}

impl std::fmt::Display for Part {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::PageCount => f.write_str("its number of pages"),
            Self::Page { after, of } => write!(f, "its memory, after {after} of {of} pages"),
            Self::Registers => f.write_str("its counters and registers"),
            Self::LastHint => f.write_str("its last hint"),
            Self::Witness => f.write_str("its witness"),
            Self::StateHash => f.write_str("its state hash"),
        }
    }
}

impl State {
    /// Reads a binary file, whatever the order of its pages: the original's is random.
    ///
    /// # Errors
    /// What is wrong with the file.
    pub fn read_binary(mut file: impl Read) -> Result<Self, FileError> {
        let file = &mut file;
        let count = u64::from_be_bytes(take(file, Part::PageCount)?);
        let mut memory = Memory::default();
        for after in 0..count {
            let part = Part::Page { after, of: count };
            let number = u64::from_be_bytes(take(file, part)?);
            let page = take::<PAGE_BYTES>(file, part)?;
            put_page(&mut memory, number, &page)?;
        }
        let part = Part::Registers;
        let preimage_key = B256::from(take(file, part)?);
        let [preimage_offset, pc] = numbers(file)?;
        let [exit_code, exited] = take(file, part)?;
        let exited = match exited {
            0 => false,
            1 => true,
            other => return Err(FileError::Exited(other)),
        };
        let [step, heap, load_reservation] = numbers(file)?;
        let registers = numbers::<32>(file)?.into();
        let last_hint = take_counted(file, Part::LastHint)?;
        let witness = take_counted(file, Part::Witness)?;
        let state_hash = B256::from(take(file, Part::StateHash)?);
        match take::<1>(file, Part::StateHash) {
            Err(FileError::Truncated(_)) => {}
            Err(other) => return Err(other),
            Ok(_) => return Err(FileError::Trailing),
        }
        Ok(Self {
            memory,
            cpu: Cpu {
                preimage_key,
                preimage_offset,
                pc,
                exit_code,
                exited,
                step,
                heap,
                load_reservation,
                registers,
                last_hint,
            },
            sealed: Sealed {
                witness,
                state_hash,
            },
        })
    }

    /// Writes a binary file, its pages by ascending number.
    ///
    /// # Errors
    /// The file cannot be written to.
    pub fn write_binary(&self, mut file: impl Write) -> io::Result<()> {
        file.write_all(&(self.memory.page_count() as u64).to_be_bytes())?;
        for (number, page) in self.memory.pages() {
            file.write_all(&number.to_be_bytes())?;
            file.write_all(page)?;
        }
        let mut rest = Vec::new();
        self.cpu.encode(&mut rest);
        for bytes in [&self.cpu.last_hint, &self.sealed.witness] {
            let length = u32::try_from(bytes.len()).map_err(io::Error::other)?;
            rest.extend_from_slice(&length.to_be_bytes());
            rest.extend_from_slice(bytes);
        }
        rest.extend_from_slice(self.sealed.state_hash.as_slice());
        file.write_all(&rest)?;
        file.flush()
    }
}

/// Puts a page of a file into memory.
pub(super) fn put_page(
    memory: &mut Memory,
    number: u64,
    page: &[u8; PAGE_BYTES],
) -> Result<(), FileError> {
    if number >= 1 << 52 {
        return Err(FileError::PageNumber(number));
    }
    if memory.page(number).is_some() {
        return Err(FileError::PageTwice(number));
    }
    memory.set_page(number, page);
    Ok(())
}

fn take<const N: usize>(file: &mut impl Read, part: Part) -> Result<[u8; N], FileError> {
    let mut bytes = [0; N];
    match file.read_exact(&mut bytes) {
        Ok(()) => Ok(bytes),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
            Err(FileError::Truncated(part))
        }
        Err(error) => Err(error.into()),
    }
}

fn numbers<const N: usize>(file: &mut impl Read) -> Result<[u64; N], FileError> {
    let mut numbers = [0; N];
    for number in &mut numbers {
        *number = u64::from_be_bytes(take(file, Part::Registers)?);
    }
    Ok(numbers)
}

/// Bytes with their number before them. Does not believe the number further than there are bytes.
fn take_counted(file: &mut impl Read, part: Part) -> Result<Vec<u8>, FileError> {
    let length = u32::from_be_bytes(take(file, part)?);
    let mut bytes = Vec::new();
    file.take(length.into()).read_to_end(&mut bytes)?;
    if bytes.len() < length as usize {
        return Err(FileError::Truncated(part));
    }
    Ok(bytes)
}

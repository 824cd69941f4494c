//! A program out of its ELF file.

use super::{
    Cannon,
    state::{State, Thread, Version},
};
use crate::{MEMORY_LIMIT, Memory, PAGE_BYTES, Symbol, symbols::symbols};
use object::{
    Endianness, FileKind,
    elf::{self, FileHeader64},
    read::elf::{FileHeader, ProgramHeader},
};

/// Why a file is no program for cannon.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ElfError {
    /// Not 64-bit ELF, or broken.
    #[error("it is no 64-bit ELF file: {0}")]
    Format(String),
    /// Little endian.
    #[error("it is little endian, and cannon is big endian")]
    Endianness,
    /// Of another processor.
    #[error(
        "it is of machine {machine}, and cannon takes MIPS ({}) only",
        elf::EM_MIPS
    )]
    Machine {
        /// e_machine.
        machine: u16,
    },
    /// A segment that cannot be loaded.
    #[error("segment {index}: {why}")]
    Segment {
        /// Its index.
        index: usize,
        /// What is wrong with it.
        why: String,
    },
    /// No symbols.
    #[error("it has no symbols: build it without stripping them")]
    Stripped,
}

impl Cannon {
    /// Loads a program as the original does: what its segments say, an entry, and a stack with an argument and an environment. Nothing is patched.
    ///
    /// Gives its symbols by address too.
    ///
    /// # Errors
    /// A file that is no such program.
    pub fn load_elf(file: &[u8], version: Version) -> Result<(Self, Vec<Symbol>), ElfError> {
        let format = |why: object::Error| ElfError::Format(why.to_string());
        if FileKind::parse(file).map_err(format)? != FileKind::Elf64 {
            return Err(ElfError::Format("of another kind".into()));
        }
        let header = FileHeader64::<Endianness>::parse(file).map_err(format)?;
        let endian = header.endian().map_err(format)?;
        if endian != Endianness::Big {
            return Err(ElfError::Endianness);
        }
        let machine = header.e_machine(endian);
        if machine != elf::EM_MIPS {
            return Err(ElfError::Machine { machine });
        }
        let mut memory = Memory::default();
        let segments = header.program_headers(endian, file).map_err(format)?;
        let mut total = 0_u64;
        for (index, segment) in segments.iter().enumerate() {
            total = total.saturating_add(segment.p_memsz(endian));
            if total > MEMORY_LIMIT {
                let why = format!("it makes it more than {MEMORY_LIMIT} bytes");
                return Err(ElfError::Segment { index, why });
            }
            load(&mut memory, segment, endian, file)
                .map_err(|why| ElfError::Segment { index, why })?;
        }
        let symbols = symbols(header, endian, file).map_err(format)?;
        let mut symbols = symbols.ok_or(ElfError::Stripped)?;
        symbols.sort_by_key(|symbol| symbol.start);

        let entry = header.e_entry(endian);
        let mut thread = Thread {
            pc: entry,
            next_pc: entry.wrapping_add(4),
            ..Thread::default()
        };
        thread.registers[29] = STACK;
        stack(&mut memory);
        let mut state = State::empty(version);
        state.heap = HEAP;
        state.left.push(thread);
        state.next_thread = 1;
        Ok((Self::new(state, memory), symbols))
    }
}

fn load(
    memory: &mut Memory,
    segment: &elf::ProgramHeader64<Endianness>,
    endian: Endianness,
    file: &[u8],
) -> Result<(), String> {
    let kind = segment.p_type(endian);
    let size = segment.p_memsz(endian);
    if kind == MIPS_ABIFLAGS || size == 0 {
        return Ok(());
    }
    let in_file = segment.p_filesz(endian);
    if kind == elf::PT_LOAD && in_file > size || kind != elf::PT_LOAD && in_file != size {
        return Err(format!("{in_file} bytes in the file for {size} in memory"));
    }
    let start = segment.p_vaddr(endian);
    let last = start.checked_add(size - 1);
    if last.is_none_or(|last| last >= PROGRAM_END) {
        return Err(format!(
            "{size} bytes at {start:#x} reach beyond {PROGRAM_END:#x}"
        ));
    }
    let contents = segment
        .data(endian, file)
        .map_err(|()| "its contents lie beyond the file's end".to_owned())?;
    memory.write_all(start, contents);
    // What is not in the file is zero; the original writes it, so the pages are there.
    memory.clear(start + in_file, size - in_file);
    Ok(())
}

/// Argument count and pointers, environment, auxiliary vector, and what they point to.
fn stack(memory: &mut Memory) {
    for page in ((STACK - 0x4000) >> 12)..((STACK + 0x1000) >> 12) {
        memory.allocate(page);
    }
    let words = [
        1,
        STACK + PROGRAM_NAME,
        0,
        STACK + ENVIRONMENT,
        0,
        AT_PAGESZ,
        PAGE_BYTES as u64,
        AT_RANDOM,
        STACK + RANDOM,
        0,
    ];
    for (at, word) in words.into_iter().enumerate() {
        memory.set_word(STACK + 8 * at as u64, word.to_be_bytes());
    }
    memory.write_all(STACK + RANDOM, b"4;byfairdiceroll");
    memory.write_all(STACK + ENVIRONMENT, b"GODEBUG=memprofilerate=0");
    memory.write_all(STACK + PROGRAM_NAME, b"op-program");
}

const MIPS_ABIFLAGS: u32 = 0x7000_0003;
/// No program lies beyond.
const PROGRAM_END: u64 = 0x1000_0000_0000;
const HEAP: u64 = 0x1000_0000_0000;
const STACK: u64 = 0x7fff_ffff_f000;
/// Above the stack pointer.
const RANDOM: u64 = 80;
const ENVIRONMENT: u64 = 96;
const PROGRAM_NAME: u64 = 128;
const AT_PAGESZ: u64 = 6;
const AT_RANDOM: u64 = 25;

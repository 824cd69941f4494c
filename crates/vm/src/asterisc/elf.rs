//! load-elf: a program becomes the state before its first step.

use super::{Asterisc, Cpu, Sealed, State};
use crate::{MEMORY_LIMIT, Memory, Symbol, symbols::symbols};
use alloy_primitives::B256;
use object::LittleEndian;
use object::elf;
use object::read::elf::{FileHeader, ProgramHeader};

/// Why a file cannot be loaded.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ElfError {
    /// No ELF at all.
    #[error("not an ELF: it does not begin with 7f 45 4c 46")]
    NotElf,
    /// For 32-bit machines.
    #[error("an ELF of class {0}; asterisc runs 64-bit programs only (class 2)")]
    Class(u8),
    /// For big-endian machines.
    #[error("an ELF of data encoding {0}; asterisc is little-endian (encoding 1)")]
    Endianness(u8),
    /// For another machine.
    #[error("an ELF for machine {0}; asterisc runs RISC-V (machine 243)")]
    Machine(u16),
    /// With compressed instructions, none of which the VM knows.
    #[error(
        "an ELF with compressed instructions (flags {0:#x}); build it for a target without the C extension, such as riscv64ima"
    )]
    Compressed(u32),
    /// Its tables are not where it says that they are.
    #[error("damaged ELF: {0}")]
    Damaged(#[from] object::read::Error),
    /// Without symbols, by which a Go program is patched.
    #[error("the ELF has no symbol table: it has been stripped")]
    Stripped,
    /// A segment that is larger in the file than in memory, or smaller without being loadable.
    #[error(
        "segment {number} of type {kind:#x} has {in_file:#x} bytes in the file and {in_memory:#x} in memory"
    )]
    SegmentSizes {
        /// Which segment.
        number: usize,
        /// Its type.
        kind: u32,
        /// Bytes in the file.
        in_file: u64,
        /// Bytes in memory.
        in_memory: u64,
    },
    /// Segments of more bytes than [`MEMORY_LIMIT`].
    #[error("segment {number} makes it more than {MEMORY_LIMIT} bytes")]
    TooLarge {
        /// Which segment.
        number: usize,
    },
    /// A segment whose bytes are not in the file.
    #[error("segment {number} lies outside of the file")]
    SegmentOutside {
        /// Which segment.
        number: usize,
    },
}

/// A loaded program.
#[derive(Debug)]
pub struct Loaded {
    /// The machine before the first step, its witness and hash noted.
    pub machine: Asterisc,
    /// All symbols by ascending address.
    pub symbols: Vec<Symbol>,
    /// The symbols whose memory was overwritten. By name alone, so whatever language they are of.
    pub patched: Vec<Symbol>,
}

/// Loads a program.
///
/// # Errors
/// What of the file is not for this machine.
pub fn load_elf(file: &[u8]) -> Result<Loaded, ElfError> {
    let header = header(file)?;
    let endian = LittleEndian;
    let mut memory = Memory::default();
    load_segments(&mut memory, header.program_headers(endian, file)?, file)?;
    let mut symbols = symbols(header, endian, file)?.ok_or(ElfError::Stripped)?;
    let mut patched = Vec::new();
    for symbol in &symbols {
        if let Some((_, bytes)) = PATCHES.iter().find(|(name, _)| *name == symbol.name) {
            memory.write_all(symbol.start, bytes);
            patched.push(symbol.clone());
        }
    }
    symbols.sort_by_key(|symbol| symbol.start);
    memory.write_all(STACK + 8, STACK_WORDS.map(u64::to_le_bytes).as_flattened());
    let mut registers = [0; 32];
    registers[2] = STACK;
    let mut machine = Asterisc::new(State {
        memory,
        cpu: Cpu {
            preimage_key: B256::ZERO,
            preimage_offset: 0,
            pc: header.e_entry(endian),
            exit_code: 0,
            exited: false,
            step: 0,
            heap: 0x7f00_0000_0000,
            load_reservation: 0,
            registers: registers.into(),
            last_hint: Vec::new(),
        },
        sealed: Sealed::default(),
    });
    machine.seal();
    Ok(Loaded {
        machine,
        symbols,
        patched,
    })
}

type Header = elf::FileHeader64<LittleEndian>;

/// The header of a file that is for this machine.
fn header(file: &[u8]) -> Result<&Header, ElfError> {
    match file {
        [0x7f, b'E', b'L', b'F', 2, 1, ..] => {}
        [0x7f, b'E', b'L', b'F', 2, encoding, ..] => return Err(ElfError::Endianness(*encoding)),
        [0x7f, b'E', b'L', b'F', class, ..] => return Err(ElfError::Class(*class)),
        _ => return Err(ElfError::NotElf),
    }
    let header = Header::parse(file)?;
    let endian = LittleEndian;
    match header.e_machine(endian) {
        elf::EM_RISCV => {}
        other => return Err(ElfError::Machine(other)),
    }
    match header.e_flags(endian) {
        flags if flags & elf::EF_RISCV_RVC != 0 => Err(ElfError::Compressed(flags)),
        _ => Ok(header),
    }
}

/// Writes all segments into memory, whatever their type. A page is made even where a segment is empty or ends on its border, as the original does;
/// that changes the state's file, not its hash.
fn load_segments(
    memory: &mut Memory,
    segments: &[elf::ProgramHeader64<LittleEndian>],
    file: &[u8],
) -> Result<(), ElfError> {
    let endian = LittleEndian;
    let mut total = 0_u64;
    for (number, segment) in segments.iter().enumerate() {
        let kind = segment.p_type(endian);
        if kind == PT_RISCV_ATTRIBUTES {
            continue;
        }
        let in_file = segment.p_filesz(endian);
        let in_memory = segment.p_memsz(endian);
        if in_file > in_memory || (in_file < in_memory && kind != elf::PT_LOAD) {
            return Err(ElfError::SegmentSizes {
                number,
                kind,
                in_file,
                in_memory,
            });
        }
        total = total.saturating_add(in_memory);
        if total > MEMORY_LIMIT {
            return Err(ElfError::TooLarge { number });
        }
        let bytes = segment
            .data(endian, file)
            .map_err(|()| ElfError::SegmentOutside { number })?;
        let start = segment.p_vaddr(endian);
        memory.write_all(start, bytes);
        memory.clear(start.wrapping_add(in_file), in_memory - in_file);
        memory.allocate(start.wrapping_add(in_memory) >> 12);
    }
    Ok(())
}

/// The only type of segment that is not loaded.
const PT_RISCV_ATTRIBUTES: u32 = 0x7000_0003;

const RETURN: &[u8] = &0x0000_8067_u32.to_le_bytes();

/// What is written over a symbol of a name: the start of parts of Go's runtime that such a machine has no use for, and the rate of memory profiles.
const PATCHES: [(&str, &[u8]); 15] = [
    ("runtime.gcenable", RETURN),
    ("runtime.init.5", RETURN),
    ("runtime.main.func1", RETURN),
    ("runtime.deductSweepCredit", RETURN),
    ("runtime.(*gcControllerState).commit", RETURN),
    ("runtime.check", RETURN),
    ("flag.init", RETURN),
    (
        "github.com/prometheus/client_golang/prometheus.init",
        RETURN,
    ),
    (
        "github.com/prometheus/client_golang/prometheus.init.0",
        RETURN,
    ),
    ("github.com/prometheus/procfs.init", RETURN),
    ("github.com/prometheus/common/model.init", RETURN),
    ("github.com/prometheus/client_model/go.init", RETURN),
    ("github.com/prometheus/client_model/go.init.0", RETURN),
    ("github.com/prometheus/client_model/go.init.1", RETURN),
    ("runtime.MemProfileRate", &[0; 8]),
];

/// The stack pointer. What lies there, the number of arguments, is never written and so is 0.
const STACK: u64 = 0x1000_0000_0000_0000;

/// From 8 bytes above the stack pointer on.
const STACK_WORDS: [u64; 10] = [
    0x42,
    0x35,
    0,
    // The page size.
    6,
    4096,
    // Random bytes, and where they are.
    25,
    STACK + 72,
    0,
    u64::from_le_bytes(*b"rand pro"),
    u64::from_le_bytes(*b"tolambda"),
];

//! Why a step cannot be done.

use crate::NoAnswer;
use alloy_primitives::B256;

/// An instruction that cannot be run.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Trap {
    /// A known opcode with bits that nothing is defined for.
    #[error("illegal instruction {word:#010x}")]
    IllegalInstruction {
        /// The instruction.
        word: u32,
    },
    /// No such opcode. Compressed instructions are among these.
    #[error("unknown opcode {:#04x} of instruction {word:#010x}", word & 0x7f)]
    UnknownOpcode {
        /// The instruction.
        word: u32,
    },
    /// A store of more than 8 bytes.
    #[error("store of more than 8 bytes: instruction {word:#010x}")]
    StoreSize {
        /// The instruction.
        word: u32,
    },
    /// An atomic operation of neither 4 nor 8 bytes.
    #[error("atomic operation of neither 4 nor 8 bytes: instruction {word:#010x}")]
    AmoSize {
        /// The instruction.
        word: u32,
    },
    /// No such atomic operation.
    #[error("unknown atomic operation {:#04x} of instruction {word:#010x}", word >> 27)]
    UnknownAtomic {
        /// The instruction.
        word: u32,
    },
    /// A jump to, or an atomic operation at, an address that is no multiple of what it has to be.
    #[error("address {address:#x} is no multiple of {of}")]
    Unaligned {
        /// Where to.
        address: u64,
        /// The size in bytes.
        of: u64,
    },
}

/// Why a step cannot be done.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Fault {
    /// An instruction that cannot be run.
    #[error(transparent)]
    Trap(#[from] Trap),
    /// The instruction lies in two leaves of memory.
    #[error("the instruction lies in two leaves of memory")]
    FetchAcrossLeaves,
    /// A system call that the VM refuses.
    #[error("unsupported system call {0}")]
    UnsupportedCall(u64),
    /// A limit that the VM does not know.
    #[error("unrecognized resource limit {0}")]
    UnrecognizedResource(u64),
    /// A preimage read from behind its end.
    #[error("preimage {key} has {length} bytes with its length, and was read at {offset}")]
    PreimageOffset {
        /// Which preimage.
        key: B256,
        /// Where it was read.
        offset: u64,
        /// Bytes of the preimage and of the length before it.
        length: usize,
    },
    /// No preimage, or no server.
    #[error(transparent)]
    Server(#[from] NoAnswer),
    /// A write of more than [`super::WRITE_LIMIT`] bytes.
    #[error("write of {0} bytes at once")]
    WriteLength(u64),
}

impl Fault {
    /// The original's class of this fault, and its revert code if it has one. What it has none for is a panic there.
    pub const fn class(&self) -> (&'static str, Option<u64>) {
        match self {
            Self::Trap(Trap::IllegalInstruction { .. }) => {
                ("illegal-instruction", Some(0xbad_c0de))
            }
            Self::Trap(Trap::UnknownOpcode { .. }) => ("unknown-opcode", Some(0xf00_1c0de)),
            Self::Trap(Trap::StoreSize { .. }) => ("store-size", Some(0xbad5_12e8)),
            Self::Trap(Trap::AmoSize { .. }) => ("amo-size", Some(0xba_da70)),
            Self::Trap(Trap::UnknownAtomic { .. }) => ("unknown-atomic", Some(0xf00_1a70)),
            Self::Trap(Trap::Unaligned { .. }) => ("unaligned", Some(0xbad1_0ad0)),
            Self::FetchAcrossLeaves => ("right-proof-load", Some(0xbad2_2220)),
            Self::UnsupportedCall(_) => ("unsupported-syscall", Some(0xf00_1ca11)),
            Self::UnrecognizedResource(_) => ("unrecognized-resource", Some(0xf_0012)),
            Self::PreimageOffset { .. } | Self::Server(_) | Self::WriteLength(_) => ("panic", None),
        }
    }
}

//! Steps that cannot be done.

use crate::NoAnswer;

/// Why a step cannot be done: where the original panics. A program that was built for cannon does none of these but ask for preimages that are not there.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Fault {
    /// Not in the tables.
    #[error("invalid instruction {word:#010x}")]
    InvalidInstruction {
        /// The instruction.
        word: u32,
    },
    /// The number in $2 is no system call.
    #[error("unrecognized system call {number}")]
    UnrecognizedSyscall {
        /// All 64 bits.
        number: u64,
    },
    /// div, divu, ddiv, ddivu.
    #[error("a division by zero")]
    DivideByZero,
    /// A branch after a branch.
    #[error("a branch in a delay slot")]
    BranchInDelaySlot,
    /// A jump after a branch.
    #[error("a jump in a delay slot")]
    JumpInDelaySlot,
    /// The program counter is no multiple of 4.
    #[error("the program counter is no multiple of 4")]
    UnalignedPc,
    /// A read beyond a preimage's end.
    #[error("preimage {key} of {length} bytes with its length was read at {offset}")]
    PreimageOffset {
        /// The key.
        key: alloy_primitives::B256,
        /// Where.
        offset: u64,
        /// How long it is.
        length: u64,
    },
    /// The active stack is empty.
    #[error("no thread is there to run")]
    NoThread,
    /// The server has no answer.
    #[error(transparent)]
    Server(#[from] NoAnswer),
}

//! asterisc: the calls of Linux for 64-bit RISC-V.

use super::Errno;
use core::arch::{asm, global_asm};

pub(super) const READ: usize = 63;
pub(super) const WRITE: usize = 64;
pub(super) const EXIT_GROUP: usize = 94;
pub(super) const MMAP: usize = 222;
/// MAP_PRIVATE | MAP_ANONYMOUS
pub(super) const PRIVATE_ANONYMOUS: usize = 0x22;

// The stack pointer is set by whoever loads the program; functions want it 16-byte aligned.
global_asm!(
    ".globl _start",
    "_start:",
    "andi sp, sp, -16",
    "li ra, 0",
    "tail {main}",
    main = sym start,
);

extern "C" fn start() -> ! {
    crate::main()
}

/// # Safety
/// The call must be sound with these arguments.
#[inline(always)]
pub(super) unsafe fn syscall(
    number: usize,
    a: usize,
    b: usize,
    c: usize,
    d: usize,
    e: usize,
    f: usize,
) -> Result<usize, Errno> {
    let result: usize;
    // SAFETY: what the call does is the caller's to judge. asterisc changes a1 as well, Linux does not.
    unsafe {
        asm!(
            "ecall",
            in("a7") number,
            inlateout("a0") a => result,
            inlateout("a1") b => _,
            in("a2") c,
            in("a3") d,
            in("a4") e,
            in("a5") f,
            options(nostack),
        );
    }
    judged(result)
}

/// As [`syscall`] with three arguments.
///
/// # Safety
/// As for [`syscall`].
#[inline(always)]
pub(super) unsafe fn syscall3(number: usize, a: usize, b: usize, c: usize) -> Result<usize, Errno> {
    let result: usize;
    // SAFETY: as in `syscall`.
    unsafe {
        asm!(
            "ecall",
            in("a7") number,
            inlateout("a0") a => result,
            inlateout("a1") b => _,
            in("a2") c,
            options(nostack),
        );
    }
    judged(result)
}

/// Linux returns the error's number negated, asterisc -1 with the number in a1; no count or address is that large.
#[inline(always)]
fn judged(result: usize) -> Result<usize, Errno> {
    const LOWEST_ERROR: usize = usize::MAX - 4094;
    if result < LOWEST_ERROR {
        Ok(result)
    } else {
        Err(Errno(result.wrapping_neg()))
    }
}

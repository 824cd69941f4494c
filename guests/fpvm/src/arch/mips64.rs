//! cannon: the n64 calls of Linux.

use super::Errno;
use core::arch::{asm, global_asm};

pub(super) const READ: usize = 5000;
pub(super) const WRITE: usize = 5001;
pub(super) const MMAP: usize = 5009;
pub(super) const EXIT_GROUP: usize = 5205;
/// MAP_PRIVATE | MAP_ANONYMOUS
pub(super) const PRIVATE_ANONYMOUS: usize = 0x802;

// The stack pointer is set by whoever loads the program; the caller of a function leaves it 16-byte aligned. A function finds its own address in $25.
global_asm!(
    ".set push",
    ".set noreorder",
    ".set noat",
    ".globl _start",
    ".ent _start",
    "_start:",
    "lui $25, %highest({main})",
    "daddiu $25, $25, %higher({main})",
    "dsll $25, $25, 16",
    "daddiu $25, $25, %hi({main})",
    "dsll $25, $25, 16",
    "daddiu $25, $25, %lo({main})",
    "daddiu $8, $0, -16",
    "and $29, $29, $8",
    "jr $25",
    "move $31, $0",
    ".end _start",
    ".set pop",
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
    let (result, failed): (usize, usize);
    // SAFETY: what the call does is the caller's to judge. A kernel may clobber the temporary registers that are named; the VM changes $2 and $7 alone.
    unsafe {
        asm!(
            "syscall",
            inlateout("$2") number => result,
            in("$4") a,
            in("$5") b,
            in("$6") c,
            inlateout("$7") d => failed,
            inlateout("$8") e => _,
            inlateout("$9") f => _,
            lateout("$3") _,
            lateout("$10") _,
            lateout("$11") _,
            lateout("$12") _,
            lateout("$13") _,
            lateout("$14") _,
            lateout("$15") _,
            lateout("$24") _,
            lateout("$25") _,
            options(nostack),
        );
    }
    if failed == 0 {
        Ok(result)
    } else {
        Err(Errno(result))
    }
}

/// As [`syscall`] with three arguments.
///
/// # Safety
/// As for [`syscall`].
#[inline(always)]
pub(super) unsafe fn syscall3(number: usize, a: usize, b: usize, c: usize) -> Result<usize, Errno> {
    let (result, failed): (usize, usize);
    // SAFETY: as in `syscall`.
    unsafe {
        asm!(
            "syscall",
            inlateout("$2") number => result,
            in("$4") a,
            in("$5") b,
            in("$6") c,
            lateout("$7") failed,
            lateout("$3") _,
            lateout("$8") _,
            lateout("$9") _,
            lateout("$10") _,
            lateout("$11") _,
            lateout("$12") _,
            lateout("$13") _,
            lateout("$14") _,
            lateout("$15") _,
            lateout("$24") _,
            lateout("$25") _,
            options(nostack),
        );
    }
    if failed == 0 {
        Ok(result)
    } else {
        Err(Errno(result))
    }
}

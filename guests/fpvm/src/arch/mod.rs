//! The machine: its system calls, and what starts the program.
//!
//! Both VMs have the same calls under other numbers, and give at most 8 (cannon) or 32 (asterisc) bytes of a preimage at a time, those of the aligned
//! word or leaf that the address is in.
#![expect(unsafe_code, reason = "system calls, and memory that they fill")]

#[cfg(target_arch = "mips64")]
mod mips64;
#[cfg(target_arch = "riscv64")]
mod riscv64;

#[cfg(target_arch = "mips64")]
use mips64 as machine;
#[cfg(target_arch = "riscv64")]
use riscv64 as machine;

use alloc::vec::Vec;
use core::{arch::global_asm, fmt, mem::MaybeUninit};

#[cfg(target_arch = "mips64")]
global_asm!(
    include_str!("keccak-mips64.s"),
    include_str!("memory-mips64.s"),
    options(raw)
);
#[cfg(target_arch = "riscv64")]
global_asm!(
    include_str!("keccak-riscv64.s"),
    include_str!("memory-riscv64.s"),
    options(raw)
);

mod foreign {
    unsafe extern "C" {
        /// Keccak-f[1600] in place.
        pub(super) safe fn keccak_permute(state: &mut [u64; 25]);
        /// The same, of which only the first four lanes are written.
        pub(super) safe fn keccak_squeeze(state: &mut [u64; 25]);
    }
}

/// Keccak-f[1600].
#[inline]
pub(crate) fn keccak_permute(state: &mut [u64; 25]) {
    foreign::keccak_permute(state);
}

/// The first four lanes of what Keccak-f[1600] makes of a state.
#[inline]
pub(crate) fn keccak_squeeze(mut state: [u64; 25]) -> [u64; 4] {
    foreign::keccak_squeeze(&mut state);
    let [a, b, c, d, ..] = state;
    [a, b, c, d]
}

/// Ends the program.
pub(crate) fn exit(code: u8) -> ! {
    loop {
        // SAFETY: the call takes no pointer. It does not return on any VM; the loop is for the type.
        let _ = unsafe { machine::syscall(machine::EXIT_GROUP, code.into(), 0, 0, 0, 0, 0) };
    }
}

/// New zeroed memory of `length` bytes; `None` if the VM refuses.
pub(crate) fn map(length: usize) -> Option<*mut u8> {
    const READ_WRITE: usize = 3;
    const NO_FILE: usize = usize::MAX;
    // SAFETY: with address 0 the call maps memory that nothing uses yet.
    let mapped = unsafe {
        machine::syscall(
            machine::MMAP,
            0,
            length,
            READ_WRITE,
            machine::PRIVATE_ANONYMOUS,
            NO_FILE,
            0,
        )
    };
    mapped.ok().map(core::ptr::with_exposed_provenance_mut)
}

/// Writes some of the bytes and says how many.
pub(crate) fn write(fd: usize, bytes: &[u8]) -> Result<usize, Errno> {
    // SAFETY: the call reads at most `len` bytes from the pointer, which are the slice's.
    unsafe {
        machine::syscall(
            machine::WRITE,
            fd,
            bytes.as_ptr().expose_provenance(),
            bytes.len(),
            0,
            0,
            0,
        )
    }
}

/// Fills a prefix of the space and says how long it is; 0 is the end of the file.
pub(crate) fn read(fd: usize, space: &mut [u8]) -> Result<usize, Errno> {
    // SAFETY: initialised bytes may be overwritten by initialised bytes.
    read_raw(fd, unsafe {
        &mut *(core::ptr::from_mut(space) as *mut [MaybeUninit<u8>])
    })
}

/// Appends some of the `missing` bytes to a vector that has room for them, and says how many.
pub(crate) fn append(fd: usize, to: &mut Vec<u8>, missing: usize) -> Result<usize, Errno> {
    let room = to.spare_capacity_mut();
    let limit = room.len().min(missing);
    let count = read_raw(fd, &mut room[..limit])?.min(limit);
    let length = to.len() + count;
    // SAFETY: `count` bytes after the old length were written, and they are within the capacity.
    unsafe { to.set_len(length) };
    Ok(count)
}

fn read_raw(fd: usize, space: &mut [MaybeUninit<u8>]) -> Result<usize, Errno> {
    // SAFETY: the call writes at most `len` bytes to the pointer, which are the slice's, and no uninitialised ones.
    unsafe {
        machine::syscall(
            machine::READ,
            fd,
            space.as_mut_ptr().expose_provenance(),
            space.len(),
            0,
            0,
            0,
        )
    }
}

/// The number of an operating system's error.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Errno(pub(crate) usize);

/// Standard error. What cannot be written is lost.
#[derive(Debug)]
pub(crate) struct Stderr;

impl fmt::Write for Stderr {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let mut rest = text.as_bytes();
        while !rest.is_empty() {
            match write(2, rest) {
                Ok(count) if count > 0 => rest = rest.get(count..).unwrap_or_default(),
                _ => return Err(fmt::Error),
            }
        }
        Ok(())
    }
}

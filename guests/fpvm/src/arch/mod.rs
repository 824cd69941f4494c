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
use core::{arch::global_asm, fmt};

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

/// The first four lanes of what Keccak-f[1600] makes of a state, which is of no use afterwards.
#[inline]
pub(crate) fn keccak_squeeze(state: &mut [u64; 25]) -> [u64; 4] {
    foreign::keccak_squeeze(state);
    let [a, b, c, d, ..] = *state;
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

/// Writes all of the bytes.
#[inline]
pub(crate) fn write(fd: usize, bytes: &[u8]) -> Result<(), Stop> {
    // SAFETY: the call reads the slice's bytes and changes none.
    unsafe {
        all(
            machine::WRITE,
            fd,
            bytes.as_ptr().expose_provenance(),
            bytes.len(),
        )
    }
}

/// Fills the space.
#[inline]
pub(crate) fn read(fd: usize, space: &mut [u8]) -> Result<(), Stop> {
    // SAFETY: the call writes to the slice's bytes alone.
    unsafe {
        all(
            machine::READ,
            fd,
            space.as_mut_ptr().expose_provenance(),
            space.len(),
        )
    }
}

/// The next `length` bytes, in memory that nobody has to make zero first.
#[inline]
pub(crate) fn read_new(fd: usize, length: usize) -> Result<Vec<u8>, Stop> {
    let mut bytes = Vec::<u8>::with_capacity(length);
    // SAFETY: the call writes to the first `length` bytes of the vector's memory, which has room for as many.
    unsafe {
        all(
            machine::READ,
            fd,
            bytes.as_mut_ptr().expose_provenance(),
            length,
        )?;
    }
    // SAFETY: the call has succeeded, so all of them have been written.
    unsafe { bytes.set_len(length) };
    Ok(bytes)
}

/// Calls READ or WRITE until all has gone through: the VMs move a word or a leaf at a time, so this loop is short.
///
/// # Safety
/// `length` bytes from the address on must be the caller's to read, or to write.
#[inline]
unsafe fn all(call: usize, fd: usize, mut address: usize, mut length: usize) -> Result<(), Stop> {
    while length > 0 {
        // SAFETY: address and length are what is left of the caller's memory.
        let moved = unsafe { machine::syscall3(call, fd, address, length) };
        match moved {
            // From 1 to `length`: anything else is the end of the file, or no kernel.
            Ok(count) if count.wrapping_sub(1) < length => {
                address += count;
                length -= count;
            }
            Ok(_) => return Err(Stop::End),
            Err(Errno(number)) => return Err(Stop::Refused { number }),
        }
    }
    Ok(())
}

/// The number of an operating system's error.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Errno(usize);

/// Why not all bytes have gone through.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Stop {
    /// The other side has closed its end.
    End,
    /// The call has failed.
    Refused {
        /// The error's number.
        number: usize,
    },
}

/// Standard error. What cannot be written is lost.
#[derive(Debug)]
pub(crate) struct Stderr;

impl fmt::Write for Stderr {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        write(2, text.as_bytes()).map_err(|_| fmt::Error)
    }
}

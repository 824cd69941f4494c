//! System calls: number in a7, arguments from a0 on; result in a0, error in a1.

use super::Cpu;
use super::execute::Bus;
use super::fault::Fault;
use crate::World;
use crate::world::send_hints;
use alloy_primitives::B256;

/// The last preimage that was asked for, with its length of 8 bytes before it.
pub(super) type Preimage = Option<(B256, Vec<u8>)>;

/// So many bytes are written by one call at most. More than any guest has; the original would try, and end for lack of memory.
pub const WRITE_LIMIT: u64 = 256 << 20;

/// Does a system call, and says which preimage was read, and where. The counter and the program counter are the caller's.
///
/// # Errors
/// A call that is refused, or the server's silence.
pub(super) fn call<B: Bus>(
    cpu: &mut Cpu,
    bus: &mut B,
    preimage: &mut Preimage,
    world: &mut dyn World,
) -> Result<Option<(B256, u64)>, Fault> {
    let [a0, a1, a2, a3, a4] = [10, 11, 12, 13, 14].map(|index| cpu.registers.get(index));
    let mut read = None;
    let answer = match cpu.registers.get(17) {
        EXIT | EXIT_GROUP => {
            cpu.exited = true;
            cpu.exit_code = a0 as u8;
            return Ok(read);
        }
        BRK => Ok(1 << 30),
        MMAP => {
            const ANONYMOUS: u64 = 0x20;
            if a3 & ANONYMOUS == 0 || a4 != u64::MAX {
                Err(EBADF)
            } else if a0 == 0 {
                let start = cpu.heap;
                // Rounded up to pages, and wrapping as the original does.
                let length = a1.wrapping_add(4095) & !4095;
                cpu.heap = start.wrapping_add(length);
                Ok(start)
            } else {
                Ok(a0)
            }
        }
        READ => match a0 {
            STDIN => Ok(0),
            HINT_READ => Ok(a2),
            PREIMAGE_READ => {
                read = Some((cpu.preimage_key, cpu.preimage_offset));
                read_preimage(cpu, bus, preimage, world, a1, a2).map(Ok)?
            }
            _ => Err(EBADF),
        },
        WRITE => match a0 {
            STDOUT | STDERR => {
                world.print(a0 as u8, &said(bus, a1, a2)?);
                Ok(a2)
            }
            HINT_WRITE => {
                let text = said(bus, a1, a2)?;
                cpu.last_hint.extend_from_slice(&text);
                send_hints(&mut cpu.last_hint, world)?;
                Ok(a2)
            }
            PREIMAGE_WRITE => Ok(write_key(cpu, bus, a1, a2)),
            _ => Err(EBADF),
        },
        FCNTL => fcntl(a0, a1),
        OPENAT => Err(EACCES),
        CLOCK_GETTIME => {
            bus.write::<16>(a1, two_words(1337, 42));
            Ok(0)
        }
        CLONE => Ok(1),
        GETRLIMIT => match a0 {
            RLIMIT_NOFILE => {
                bus.write::<16>(a1, two_words(1024, 1024));
                Ok(0)
            }
            other => return Err(Fault::UnrecognizedResource(other)),
        },
        number @ (PRLIMIT64 | FUTEX | NANOSLEEP) => return Err(Fault::UnsupportedCall(number)),
        // All else succeeds, and does nothing.
        _ => Ok(0),
    };
    let (result, error) = match answer {
        Ok(result) => (result, 0),
        Err(error) => (u64::MAX, error),
    };
    cpu.registers.set(10, result);
    cpu.registers.set(11, error);
    Ok(read)
}

const EXIT: u64 = 93;
const EXIT_GROUP: u64 = 94;
const BRK: u64 = 214;
const MMAP: u64 = 222;
const READ: u64 = 63;
const WRITE: u64 = 64;
const FCNTL: u64 = 25;
const OPENAT: u64 = 56;
const CLOCK_GETTIME: u64 = 113;
const CLONE: u64 = 220;
const GETRLIMIT: u64 = 163;
const PRLIMIT64: u64 = 261;
const FUTEX: u64 = 422;
const NANOSLEEP: u64 = 101;

const STDIN: u64 = 0;
const STDOUT: u64 = 1;
const STDERR: u64 = 2;
const HINT_READ: u64 = 3;
const HINT_WRITE: u64 = 4;
const PREIMAGE_READ: u64 = 5;
const PREIMAGE_WRITE: u64 = 6;

const RLIMIT_NOFILE: u64 = 7;

/// The original's number for it, which is not the one of Linux (9).
const EBADF: u64 = 0x4d;
const EINVAL: u64 = 0x16;
const EACCES: u64 = 0xd;

fn fcntl(fd: u64, command: u64) -> Result<u64, u64> {
    const GET_FLAGS_OF_FD: u64 = 1;
    const GET_FLAGS: u64 = 3;
    const WRITE_ONLY: u64 = 1;
    match (command, fd) {
        (GET_FLAGS_OF_FD, STDIN..=PREIMAGE_WRITE) => Ok(0),
        (GET_FLAGS, STDIN | HINT_READ | PREIMAGE_READ) => Ok(0),
        (GET_FLAGS, STDOUT | STDERR | HINT_WRITE | PREIMAGE_WRITE) => Ok(WRITE_ONLY),
        (GET_FLAGS_OF_FD | GET_FLAGS, _) => Err(EBADF),
        (_, _) => Err(EINVAL),
    }
}

fn two_words(first: u64, second: u64) -> [u8; 16] {
    (u128::from(second) << 64 | u128::from(first)).to_le_bytes()
}

/// What a program says: to the console or as a hint.
fn said<B: Bus>(bus: &mut B, address: u64, length: u64) -> Result<Vec<u8>, Fault> {
    if length > WRITE_LIMIT {
        return Err(Fault::WriteLength(length));
    }
    let mut text = vec![0; length as usize];
    bus.peek(address, &mut text);
    Ok(text)
}

/// How many of so many bytes lie in the leaf of an address.
fn in_leaf(address: u64, length: u64) -> usize {
    length.min(32 - address % 32) as usize
}

/// Reads the next bytes of the preimage into the leaf of an address, and says how many.
fn read_preimage<B: Bus>(
    cpu: &mut Cpu,
    bus: &mut B,
    preimage: &mut Preimage,
    world: &mut dyn World,
    address: u64,
    length: u64,
) -> Result<u64, Fault> {
    let key = cpu.preimage_key;
    let data = match preimage {
        Some((known, data)) if *known == key => data,
        _ => {
            let value = world.preimage(key)?;
            let mut data = Vec::with_capacity(8 + value.len());
            data.extend_from_slice(&(value.len() as u64).to_be_bytes());
            data.extend_from_slice(&value);
            &mut preimage.insert((key, data)).1
        }
    };
    let offset = cpu.preimage_offset;
    let rest = usize::try_from(offset).ok().and_then(|at| data.get(at..));
    let Some(rest) = rest.filter(|rest| !rest.is_empty()) else {
        return Err(Fault::PreimageOffset {
            key,
            offset,
            length: data.len(),
        });
    };
    let now = &rest[..in_leaf(address, length).min(rest.len())];
    bus.write_part(address, now);
    cpu.preimage_offset += now.len() as u64;
    Ok(now.len() as u64)
}

/// Shifts the bytes from an address to the end of its leaf into the preimage key, and says how many.
fn write_key<B: Bus>(cpu: &mut Cpu, bus: &mut B, address: u64, length: u64) -> u64 {
    let count = in_leaf(address, length);
    let mut key = [0; 64];
    key[..32].copy_from_slice(cpu.preimage_key.as_slice());
    bus.read_part(address, &mut key[32..32 + count]);
    cpu.preimage_key = B256::from_slice(&key[count..count + 32]);
    cpu.preimage_offset = 0;
    count as u64
}

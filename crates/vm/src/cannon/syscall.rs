//! System calls, by their n64 numbers.

use super::{
    exec::{Bus, Note, load32},
    fault::Fault,
    preimage::Preimage,
    state::{State, Thread, Version},
};
use crate::{Memory, World, world::send_hints};
use alloy_primitives::B256;

/// Does the running thread's system call, whose registers and program counter are those in the state.
///
/// What is special about threads happens here too; the program counter moves except where a thread or the program ends.
pub(super) fn syscall<B: Bus>(
    state: &mut State,
    bus: &mut B,
    preimage: &mut Preimage,
    world: &mut dyn World,
) -> Result<(), Fault> {
    let thread = state.thread().ok_or(Fault::NoThread)?;
    let r = &thread.registers;
    let (number, a, b, n) = (r[2], r[4], r[5], r[6]);
    let id = thread.id;
    let done = match number {
        READ => match a {
            STDIN => Ok(0),
            // Acknowledgements: their bytes are of no matter, so memory is left alone.
            HINT_READ => Ok(n),
            PREIMAGE_READ => Ok(preimage.read(state, bus, world, b, n)?),
            EVENT => Err(EAGAIN),
            _ => Err(EBADF),
        },
        WRITE => match a {
            STDOUT | STDERR => {
                let text = bytes(bus.memory(), b, n);
                world.print(if a == STDOUT { 1 } else { 2 }, &text);
                Ok(n)
            }
            HINT_WRITE => {
                let text = bytes(bus.memory(), b, n);
                state.last_hint.extend_from_slice(&text);
                send_hints(&mut state.last_hint, world)?;
                Ok(n)
            }
            PREIMAGE_WRITE => Ok(write_key(state, bus, b, n)),
            EVENT => Err(EAGAIN),
            _ => Err(EBADF),
        },
        OPEN => Err(EBADF),
        MMAP => map(state, a, b),
        BRK => Ok(PROGRAM_BREAK),
        GETPID => Ok(0),
        GETTID => Ok(id),
        SCHED_YIELD | NANOSLEEP => {
            finish(state, Ok(0));
            return preempt(state, bus);
        }
        CLONE => return clone(state, a, b),
        EXIT => {
            let code = (a & 0xff) as u8;
            let only = state.left.len() + state.right.len() == 1;
            let thread = state.active().last_mut().ok_or(Fault::NoThread)?;
            (thread.exited, thread.exit_code) = (true, code);
            if only {
                (state.exited, state.exit_code) = (true, code);
            }
            return Ok(());
        }
        EXIT_GROUP => {
            (state.exited, state.exit_code) = (true, (a & 0xff) as u8);
            return Ok(());
        }
        FCNTL => control(a, b),
        FUTEX => match b {
            FUTEX_WAIT_PRIVATE => {
                #[expect(clippy::cast_possible_truncation, reason = "values are of 32 bits")]
                let expected = n as u32;
                if load32(bus, a & !3) != expected {
                    Err(EAGAIN)
                } else {
                    finish(state, Ok(0));
                    return preempt(state, bus);
                }
            }
            FUTEX_WAKE_PRIVATE => {
                finish(state, Ok(0));
                return preempt(state, bus);
            }
            _ => Err(EINVAL),
        },
        CLOCK_GETTIME => {
            let time = match a {
                CLOCK_REALTIME => Some((0, 0)),
                CLOCK_MONOTONIC => Some((
                    state.step / STEPS_PER_SECOND,
                    state.step % STEPS_PER_SECOND * NANOSECONDS_PER_STEP,
                )),
                _ => None,
            };
            match time {
                Some((seconds, nanoseconds)) => {
                    let at = b & !7;
                    for (at, value) in [(at, seconds), (at.wrapping_add(8), nanoseconds)] {
                        bus.set_word(at, value.to_be_bytes());
                        state.reservation.written(at, bus);
                    }
                    Ok(0)
                }
                None => Err(EINVAL),
            }
        }
        EVENTFD2 if b & EFD_NONBLOCK != 0 => Ok(EVENT),
        EVENTFD2 => Err(EINVAL),
        GETRANDOM => match state.version {
            Version::Multithreaded64V4 => Ok(0),
            Version::Multithreaded64V5 => Ok(random(state, bus, a, b)),
        },
        _ if NOTHING.contains(&number) => Ok(0),
        _ => return Err(Fault::UnrecognizedSyscall { number }),
    };
    finish(state, done);
    Ok(())
}

/// Puts a result or an error number into the registers, and goes on behind the call.
fn finish(state: &mut State, done: Result<u64, u64>) {
    let Some(thread) = state.active().last_mut() else {
        return;
    };
    (thread.registers[2], thread.registers[7]) = match done {
        Ok(value) => (value, 0),
        Err(number) => (number, u64::MAX),
    };
    advance(thread);
}

fn advance(thread: &mut Thread) {
    thread.pc = thread.next_pc;
    thread.next_pc = thread.next_pc.wrapping_add(4);
}

/// Puts the running thread on the other stack; when this one is empty, the other becomes the active one.
pub(super) fn preempt<B: Bus>(state: &mut State, bus: &mut B) -> Result<(), Fault> {
    let thread = state.active().pop().ok_or(Fault::NoThread)?;
    if state.traverse_right {
        state.left.push(thread);
    } else {
        state.right.push(thread);
    }
    if state.active().is_empty() {
        state.traverse_right = !state.traverse_right;
    }
    state.steps_since_switch = 0;
    let now = state.thread().ok_or(Fault::NoThread)?;
    bus.note(Note::Activated(now.id));
    Ok(())
}

/// Anonymous or not, at a wished place or at the next free one of the heap.
fn map(state: &mut State, address: u64, length: u64) -> Result<u64, u64> {
    if address != 0 {
        return Ok(address);
    }
    let rounded = length.checked_next_multiple_of(4096);
    let end = rounded.and_then(|length| state.heap.checked_add(length));
    match end {
        Some(end) if end <= HEAP_END => {
            let start = state.heap;
            state.heap = end;
            Ok(start)
        }
        Some(_) | None => Err(EINVAL),
    }
}

/// A thread that shares all but its stack; it runs next. Other flags end the program.
fn clone(state: &mut State, flags: u64, stack: u64) -> Result<(), Fault> {
    if flags != THREAD_FLAGS {
        (state.exited, state.exit_code) = (true, 2);
        return Ok(());
    }
    let id = state.next_thread;
    state.next_thread = id.wrapping_add(1);
    let parent = state.active().last().ok_or(Fault::NoThread)?;
    let mut child = Thread {
        id,
        exit_code: 0,
        exited: false,
        pc: parent.next_pc,
        next_pc: parent.next_pc.wrapping_add(4),
        ..parent.clone()
    };
    child.registers[29] = stack;
    (child.registers[2], child.registers[7]) = (0, 0);
    finish(state, Ok(id));
    state.active().push(child);
    state.steps_since_switch = 0;
    Ok(())
}

fn control(fd: u64, command: u64) -> Result<u64, u64> {
    match (command, fd) {
        (F_GETFD, 0..=6) => Ok(0),
        (F_GETFL, STDIN | HINT_READ | PREIMAGE_READ) => Ok(0),
        (F_GETFL, STDOUT | STDERR | HINT_WRITE | PREIMAGE_WRITE) => Ok(1),
        (F_GETFD | F_GETFL, _) => Err(EBADF),
        (_, _) => Err(EINVAL),
    }
}

/// Shifts bytes into the key, at most as many as there are up to the next word.
fn write_key<B: Bus>(state: &mut State, bus: &mut B, address: u64, count: u64) -> u64 {
    let begin = (address & 7) as usize;
    let count = count.min(8 - begin as u64) as usize;
    let word = bus.word(address);
    let mut key: B256 = state.preimage_key;
    key.0.copy_within(count.., 0);
    key.0[32 - count..].copy_from_slice(&word[begin..begin + count]);
    state.preimage_key = key;
    state.preimage_offset = 0;
    count as u64
}

/// Bytes of one word out of a generator that the step is the seed of.
fn random<B: Bus>(state: &mut State, bus: &mut B, address: u64, count: u64) -> u64 {
    let begin = (address & 7) as usize;
    let count = count.min(8 - begin as u64) as usize;
    let random = splitmix64(state.step).to_be_bytes();
    let mut word = bus.word(address);
    word[begin..begin + count].copy_from_slice(&random[begin..begin + count]);
    bus.set_word(address, word);
    state.reservation.written(address, bus);
    count as u64
}

/// The first output of Steele, Lea and Flood's SplitMix from a seed (OOPSLA 2014).
fn splitmix64(seed: u64) -> u64 {
    let z = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ z >> 31
}

/// A text that lies in memory; it is no part of a proof. What no page was made for is zero and may be as long as it likes, so a length is taken up to a limit.
fn bytes(memory: &Memory, address: u64, count: u64) -> Vec<u8> {
    let mut text = vec![0; count.min(LONGEST_TEXT) as usize];
    memory.copy_to(address, &mut text);
    text
}

/// No program says more at once, and no hint is longer.
const LONGEST_TEXT: u64 = 64 << 20;

const READ: u64 = 5000;
const WRITE: u64 = 5001;
const OPEN: u64 = 5002;
const MMAP: u64 = 5009;
const BRK: u64 = 5012;
const SCHED_YIELD: u64 = 5023;
const NANOSLEEP: u64 = 5034;
const GETPID: u64 = 5038;
const CLONE: u64 = 5055;
const EXIT: u64 = 5058;
const FCNTL: u64 = 5070;
const GETTID: u64 = 5178;
const FUTEX: u64 = 5194;
const EXIT_GROUP: u64 = 5205;
const CLOCK_GETTIME: u64 = 5222;
const EVENTFD2: u64 = 5284;
const GETRANDOM: u64 = 5313;
/// Calls that succeed and do nothing: close, stat, fstat, lseek, mprotect, munmap, rt_sigaction, rt_sigprocmask, ioctl, pread64, mincore, madvise,
/// setitimer, uname, readlink, getrlimit, getuid, getgid, sigaltstack, sched_getaffinity, epoll_ctl, timer_create, timer_settime, timer_delete, tgkill,
/// openat, readlinkat, epoll_pwait, epoll_create1, pipe2, prlimit64.
const NOTHING: [u64; 31] = [
    5003, 5004, 5005, 5008, 5010, 5011, 5013, 5014, 5015, 5016, 5026, 5027, 5036, 5061, 5087, 5095,
    5100, 5102, 5129, 5196, 5208, 5216, 5217, 5220, 5225, 5247, 5257, 5272, 5285, 5287, 5297,
];

const STDIN: u64 = 0;
const STDOUT: u64 = 1;
const STDERR: u64 = 2;
const HINT_READ: u64 = 3;
const HINT_WRITE: u64 = 4;
const PREIMAGE_READ: u64 = 5;
const PREIMAGE_WRITE: u64 = 6;
/// What eventfd2 returns.
const EVENT: u64 = 100;

const EBADF: u64 = 9;
const EAGAIN: u64 = 11;
const EINVAL: u64 = 22;

const HEAP_END: u64 = 0x6000_0000_0000;
const PROGRAM_BREAK: u64 = 0x4000_0000_0000;
/// CLONE_VM, FS, FILES, SIGHAND, SYSVSEM, THREAD.
const THREAD_FLAGS: u64 = 0x50f00;
const F_GETFD: u64 = 1;
const F_GETFL: u64 = 3;
const FUTEX_WAIT_PRIVATE: u64 = 128;
const FUTEX_WAKE_PRIVATE: u64 = 129;
const CLOCK_REALTIME: u64 = 0;
const CLOCK_MONOTONIC: u64 = 1;
const STEPS_PER_SECOND: u64 = 10_000_000;
const NANOSECONDS_PER_STEP: u64 = 100;
const EFD_NONBLOCK: u64 = 0x80;

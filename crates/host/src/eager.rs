//! Waiting awake for the next request.

use std::{
    io::{self, Read},
    time::Duration,
};

/// A pipe whose reader waits awake for a moment before it goes to sleep.
///
/// A program often asks for the next value right after it has got one. To sleep in between and be woken takes a virtual machine tens of microseconds,
/// which is longer than to answer. Each request costs at most 50 us of a processor that nobody else wants: others are let through at every turn.
#[derive(Debug)]
pub struct Eager<R>(pub R);

/// About as long as being woken takes.
#[cfg_attr(not(target_os = "linux"), allow(dead_code))]
const MOMENT: Duration = Duration::from_micros(50);

#[cfg(target_os = "linux")]
impl<R: Read + std::os::fd::AsFd> Read for Eager<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        use rustix::io::{Errno, ReadWriteFlags, preadv2};
        let begun = std::time::Instant::now();
        loop {
            let mut buffers = [io::IoSliceMut::new(buffer)];
            match preadv2(&self.0, &mut buffers, u64::MAX, ReadWriteFlags::NOWAIT) {
                Ok(count) => return Ok(count),
                Err(Errno::AGAIN) if begun.elapsed() < MOMENT => std::thread::yield_now(),
                // What cannot be asked without waiting (an older kernel, another kind of file) is waited for.
                Err(_) => return self.0.read(buffer),
            }
        }
    }
}

#[cfg(not(target_os = "linux"))]
impl<R: Read> Read for Eager<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.read(buffer)
    }
}

//! A preimage server in a process of its own, on four pipes, as the originals start it.

use crate::{Console, NoAnswer, World};
use alloy_primitives::B256;
use command_fds::{CommandFdExt, FdMapping};
use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    io::{Errno, ReadWriteFlags, preadv2},
};
use std::{
    ffi::OsString,
    io::{self, IoSliceMut, PipeReader, PipeWriter, Write, pipe},
    process::{Child, Command, ExitStatus},
    thread,
    time::{Duration, Instant},
};

/// The process and its pipes. Dropped, it closes the pipes, and ends the process if it does not end by itself.
#[derive(Debug)]
pub struct Server {
    name: String,
    child: Child,
    /// None when they are closed.
    pipes: Option<Pipes>,
}

#[derive(Debug)]
struct Pipes {
    hints: PipeWriter,
    acknowledgements: PipeReader,
    keys: PipeWriter,
    values: PipeReader,
}

impl Server {
    /// Starts it. It finds hints, acknowledgements, keys and values at the file descriptors 3 to 6.
    ///
    /// # Errors
    /// It cannot be started.
    pub fn start(program: &OsString, arguments: &[OsString]) -> io::Result<Self> {
        let (hint_read, hints) = pipe()?;
        let (acknowledgements, acknowledge) = pipe()?;
        let (key_read, keys) = pipe()?;
        let (values, value_write) = pipe()?;
        let mut command = Command::new(program);
        command.args(arguments);
        if std::env::var_os("NO_COLOR").is_none() {
            // Its messages may go into a log.
            command.env("NO_COLOR", "1");
        }
        let ends = [
            hint_read.into(),
            acknowledge.into(),
            key_read.into(),
            value_write.into(),
        ];
        let mappings = (FIRST_DESCRIPTOR..)
            .zip(ends)
            .map(|(child_fd, parent_fd)| FdMapping {
                parent_fd,
                child_fd,
            });
        command
            .fd_mappings(mappings.collect())
            .map_err(io::Error::other)?;
        let child = command.spawn()?;
        // With the command its ends of the pipes are closed here: when the process dies, nobody has them any more.
        drop(command);
        Ok(Self {
            name: program.to_string_lossy().into_owned(),
            child,
            pipes: Some(Pipes {
                hints,
                acknowledgements,
                keys,
                values,
            }),
        })
    }

    fn ask(&mut self, what: &dyn Fn() -> String, exchange: Exchange<'_>) -> Result<(), NoAnswer> {
        let Self { name, child, pipes } = self;
        let Some(pipes) = pipes else {
            return Err(NoAnswer(format!("{}: its pipes are closed", what())));
        };
        let outcome = match exchange {
            Exchange::Hint(message) => pipes
                .hints
                .write_all(message)
                .and_then(|()| fill(&pipes.acknowledgements, &mut [0], child, what)),
            Exchange::Key(key, length) => pipes
                .keys
                .write_all(key.as_slice())
                .and_then(|()| fill(&pipes.values, length, child, what)),
            Exchange::Value(value) => fill(&pipes.values, value, child, what),
        };
        outcome.map_err(|cause| {
            // Its end is a better reason than that of a pipe, and may take a moment to be known.
            let begun = Instant::now();
            let mut ended = child.try_wait().ok().flatten();
            while ended.is_none() && begun.elapsed() < MOMENT {
                thread::sleep(Duration::from_millis(5));
                ended = child.try_wait().ok().flatten();
            }
            let why = match ended {
                Some(status) => format!("the preimage server {name} has ended with {status}"),
                None => format!("the preimage server {name}: {cause}"),
            };
            NoAnswer(format!("{}: {why}", what()))
        })
    }

    /// Closes the pipes and waits for the process to end; gives it some time before it is ended.
    ///
    /// # Errors
    /// It has ended with another code than 0.
    pub fn close(mut self) -> Result<(), String> {
        let status = self.end();
        match status {
            Ok(status) if status.success() => Ok(()),
            Ok(status) => Err(format!(
                "the preimage server {} ended with {status}",
                self.name
            )),
            Err(cause) => Err(format!("the preimage server {}: {cause}", self.name)),
        }
    }

    fn end(&mut self) -> io::Result<ExitStatus> {
        self.pipes = None;
        let begun = Instant::now();
        while begun.elapsed() < PATIENCE {
            if let Some(status) = self.child.try_wait()? {
                return Ok(status);
            }
            thread::sleep(Duration::from_millis(5));
        }
        self.child.kill()?;
        self.child.wait()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if self.pipes.is_some() {
            let _nobody_is_left_to_hear_it = self.end();
        }
    }
}

enum Exchange<'a> {
    Hint(&'a [u8]),
    Key(B256, &'a mut [u8; 8]),
    Value(&'a mut [u8]),
}

impl World for Server {
    fn hint(&mut self, text: &[u8]) -> Result<(), NoAnswer> {
        let what = || {
            let text = String::from_utf8_lossy(text.get(..200).unwrap_or(text)).into_owned();
            format!("hint {text:?}")
        };
        let length = u32::try_from(text.len())
            .map_err(|_| NoAnswer(format!("{} is too long to be sent", what())))?;
        let message = [&length.to_be_bytes()[..], text].concat();
        self.ask(&what, Exchange::Hint(&message))
    }

    fn preimage(&mut self, key: B256) -> Result<Vec<u8>, NoAnswer> {
        let what = || format!("preimage {key}");
        let mut length = [0; 8];
        self.ask(&what, Exchange::Key(key, &mut length))?;
        let length = u64::from_be_bytes(length);
        if length > LONGEST {
            return Err(NoAnswer(format!(
                "{}: the preimage server announces {length} bytes, and no preimage is longer than {LONGEST}",
                what()
            )));
        }
        let mut value = vec![0; length as usize];
        self.ask(&what, Exchange::Value(&mut value))?;
        Ok(value)
    }

    fn print(&mut self, fd: u8, text: &[u8]) {
        Console.print(fd, text);
    }
}

/// Fills a buffer. First awake for a moment, since answers mostly come at once; then asleep, looking every now and then whether the server is alive:
/// its own children may hold its end of a pipe open.
fn fill(
    from: &PipeReader,
    mut buffer: &mut [u8],
    child: &mut Child,
    what: &dyn Fn() -> String,
) -> io::Result<()> {
    let begun = Instant::now();
    let mut complained = false;
    while !buffer.is_empty() {
        let mut slices = [IoSliceMut::new(buffer)];
        match preadv2(from, &mut slices, u64::MAX, ReadWriteFlags::NOWAIT) {
            Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(count) => buffer = &mut buffer[count..],
            Err(Errno::INTR) => {}
            Err(Errno::AGAIN) if begun.elapsed() < AWAKE => thread::yield_now(),
            Err(Errno::AGAIN) => {
                let mut ends = [PollFd::new(from, PollFlags::IN)];
                let most = Timespec {
                    tv_sec: 0,
                    tv_nsec: 500_000_000,
                };
                if poll(&mut ends, Some(&most))? == 0 && child.try_wait()?.is_some() {
                    return Err(io::ErrorKind::UnexpectedEof.into());
                }
                if !complained && begun.elapsed() > LONG {
                    complained = true;
                    eprintln!(
                        "{}: the preimage server has not answered for {} s; waiting",
                        what(),
                        LONG.as_secs()
                    );
                }
            }
            Err(cause) => return Err(cause.into()),
        }
    }
    Ok(())
}

/// Where the server finds its ends of the pipes: hints, acknowledgements, keys, values.
const FIRST_DESCRIPTOR: i32 = 3;
const AWAKE: Duration = Duration::from_micros(50);
const LONG: Duration = Duration::from_secs(60);
/// A server may have something to write before it ends.
const PATIENCE: Duration = Duration::from_secs(30);
/// Between a pipe's end and its process's.
const MOMENT: Duration = Duration::from_millis(500);
/// Bytes. Memory is made for a value when its length is announced.
const LONGEST: u64 = 1 << 30;

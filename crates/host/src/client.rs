//! The program's side of the four pipes, for programs that are ordinary processes. Guests on bare metal have their own.

use alloy_primitives::Bytes;
use hoike_preimage::{
    Dialect, Hint, Oracle, PreimageKey,
    wire::{self, AckReader, ReplyReader, WireError},
};
use std::io::{self, BufReader, Read, Write};

/// An oracle behind pipes. What it hands out is unchecked.
#[derive(Debug)]
pub struct PipeOracle<R, W> {
    /// Acknowledgements come from here.
    pub hint_read: R,
    /// Hints go there.
    pub hint_write: W,
    /// Values come from here. With room for a length and a value of most sizes, so that both come in one read.
    pub preimage_read: BufReader<R>,
    /// Keys go there.
    pub preimage_write: W,
}

impl<R: Read, W> PipeOracle<R, W> {
    /// Acknowledgements come from `hint_read`, hints go to `hint_write`; values come from `preimage_read`, keys go to `preimage_write`.
    pub fn new(hint_read: R, hint_write: W, preimage_read: R, preimage_write: W) -> Self {
        Self {
            hint_read,
            hint_write,
            preimage_read: BufReader::new(preimage_read),
            preimage_write,
        }
    }
}

impl<R: Read, W: Write> Oracle for PipeOracle<R, W> {
    type Error = PipeError;

    fn hint(&mut self, hint: &Hint<'_>) -> Result<(), PipeError> {
        let mut message = Vec::new();
        wire::encode_hint(hint, Dialect::Kona, None, &mut message)?;
        self.hint_write.write_all(&message)?;
        self.hint_write.flush()?;
        let mut reader = AckReader::default();
        while reader.take().is_none() {
            let count = self.hint_read.read(reader.space())?;
            reader.advance(count)?;
        }
        Ok(())
    }

    fn get(&mut self, key: PreimageKey) -> Result<Bytes, PipeError> {
        self.preimage_write.write_all(key.as_bytes())?;
        self.preimage_write.flush()?;
        let mut reader = ReplyReader::new(LONGEST);
        while !reader.is_complete() {
            let count = self.preimage_read.read(reader.space())?;
            reader.advance(count)?;
        }
        Ok(reader.take().unwrap_or_default().into())
    }
}

/// Why the host did not answer.
#[derive(Debug, thiserror::Error)]
pub enum PipeError {
    /// What it sent is no message, or it went away.
    #[error("the host: {0}")]
    Message(#[from] WireError),
    /// A pipe failed.
    #[error("the pipe to the host: {0}")]
    Pipe(#[from] io::Error),
}

/// Longest value in bytes.
const LONGEST: u64 = 4 << 30;

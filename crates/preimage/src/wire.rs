//! The pipe protocol between program and host, as codecs without I/O.
//!
//! A key request is the 32 bytes of the key; the reply is the value's length as u64 big endian, then the value. A hint is its text's length as u32 big
//! endian, then the text; it is acknowledged by one byte. Pipes deliver and take any number of bytes at a time, so everything here can be cut anywhere
//! (D123). Spec: `fault-proof/index.md`, "Pre-image communication" and "Hinting".

use crate::{Hint, PreimageKey};
use alloc::{format, vec::Vec};

/// Collects the 32 bytes of a key request.
#[derive(Clone, Default, Debug)]
pub struct KeyReader {
    bytes: Vec<u8>,
}

impl KeyReader {
    /// How many bytes may be read without reading beyond the request.
    pub const fn wanted(&self) -> usize {
        KEY_BYTES.saturating_sub(self.bytes.len())
    }

    /// Takes bytes off the front of what was read, and returns the key once it is whole; then the reader is ready for the next one.
    pub fn push(&mut self, input: &mut &[u8]) -> Option<PreimageKey> {
        move_bytes(input, self.wanted(), &mut self.bytes);
        let key = PreimageKey::from_bytes(*self.bytes.first_chunk()?);
        self.bytes.clear();
        Some(key)
    }
}

/// Collects a value or text that comes after its length, big endian in `PREFIX` bytes (at most 8). It allocates by what has come, never by what was
/// announced.
#[derive(Clone, Debug)]
pub struct FrameReader<const PREFIX: usize> {
    limit: u64,
    prefix: Vec<u8>,
    body: Vec<u8>,
}

/// Reads the reply to a key request.
pub type ReplyReader = FrameReader<8>;
/// Reads a hint's text.
pub type HintReader = FrameReader<4>;

impl<const PREFIX: usize> FrameReader<PREFIX> {
    /// Refuses what is announced to be longer than `limit` bytes.
    pub const fn new(limit: u64) -> Self {
        Self {
            limit,
            prefix: Vec::new(),
            body: Vec::new(),
        }
    }

    /// How many bytes may be read without reading beyond the frame.
    pub fn wanted(&self) -> usize {
        match PREFIX.saturating_sub(self.prefix.len()) {
            0 => self.left(),
            prefix => prefix,
        }
    }

    /// Takes bytes off the front of what was read, and returns the frame's content once it is whole; then the reader is ready for the next one. An empty
    /// input is legal, and completes nothing.
    ///
    /// # Errors
    /// The announced length is above the limit. The stream is of no use from there on.
    pub fn push(&mut self, input: &mut &[u8]) -> Result<Option<Vec<u8>>, TooLong> {
        let missing = PREFIX.saturating_sub(self.prefix.len());
        move_bytes(input, missing, &mut self.prefix);
        if self.prefix.len() < PREFIX {
            return Ok(None);
        }
        let announced = self.announced();
        if announced > self.limit {
            return Err(TooLong {
                announced,
                limit: self.limit,
            });
        }
        move_bytes(input, self.left(), &mut self.body);
        if self.left() > 0 {
            return Ok(None);
        }
        self.prefix.clear();
        Ok(Some(core::mem::take(&mut self.body)))
    }

    fn announced(&self) -> u64 {
        self.prefix
            .iter()
            .fold(0, |sum, byte| (sum << 8) | u64::from(*byte))
    }

    fn left(&self) -> usize {
        let left = self.announced().saturating_sub(self.body.len() as u64);
        usize::try_from(left).unwrap_or(usize::MAX)
    }
}

/// Bytes on their way out, and how many of them are.
#[derive(Clone, Debug)]
pub struct Outgoing {
    bytes: Vec<u8>,
    sent: usize,
}

impl Outgoing {
    /// A key request.
    pub fn request(key: &PreimageKey) -> Self {
        Self::from(key.as_bytes().to_vec())
    }

    /// The reply to one.
    pub fn reply(value: &[u8]) -> Self {
        Self::from([&(value.len() as u64).to_be_bytes(), value].concat())
    }

    /// A hint.
    ///
    /// # Errors
    /// Its text has more than 2^32 - 1 bytes.
    pub fn hint(hint: &Hint<'_>) -> Result<Self, TooLong> {
        let text = format!("{hint}");
        let length = u32::try_from(text.len()).map_err(|_| TooLong {
            announced: text.len() as u64,
            limit: u64::from(u32::MAX),
        })?;
        Ok(Self::from(
            [&length.to_be_bytes(), text.as_bytes()].concat(),
        ))
    }

    /// What is still to be written; empty when all is out.
    pub fn rest(&self) -> &[u8] {
        self.bytes.get(self.sent..).unwrap_or_default()
    }

    /// Notes that so many bytes of the rest were written.
    ///
    /// # Errors
    /// None were, though there was something to write: the other side does not take any more. That is not the same as being finished.
    pub fn advance(&mut self, written: usize) -> Result<(), Stalled> {
        if written == 0 && !self.rest().is_empty() {
            return Err(Stalled {
                unsent: self.rest().len(),
            });
        }
        self.sent = self.sent.saturating_add(written);
        Ok(())
    }
}

impl From<Vec<u8>> for Outgoing {
    fn from(bytes: Vec<u8>) -> Self {
        Self { bytes, sent: 0 }
    }
}

/// The other side announces more than there may be.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{announced} bytes are announced, at most {limit} are allowed")]
pub struct TooLong {
    /// The announced length, in bytes.
    pub announced: u64,
    /// The greatest that is allowed.
    pub limit: u64,
}

/// The other side took nothing.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("nothing more is taken, with {unsent} bytes still to be written")]
pub struct Stalled {
    /// Bytes that were not written.
    pub unsent: usize,
}

/// The acknowledgement of a hint, when this side gives it. Whatever byte arrives is one.
pub const ACK: u8 = 0;

fn move_bytes(input: &mut &[u8], most: usize, to: &mut Vec<u8>) {
    let (taken, rest) = input.split_at_checked(most).unwrap_or((*input, &[]));
    to.extend_from_slice(taken);
    *input = rest;
}

const KEY_BYTES: usize = 32;

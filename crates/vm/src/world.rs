//! What is outside of a VM: the preimage server, and the console.

use alloy_primitives::B256;
use std::io::{self, Write};

/// What a VM asks for and says.
pub trait World {
    /// Takes a complete hint, and returns when it has been acknowledged.
    ///
    /// # Errors
    /// There is no server, or it is gone.
    fn hint(&mut self, text: &[u8]) -> Result<(), NoAnswer>;

    /// The value under a key, without its length before it.
    ///
    /// # Errors
    /// There is none, or the server is gone.
    fn preimage(&mut self, key: B256) -> Result<Vec<u8>, NoAnswer>;

    /// What the program writes to its standard output (1) or error (2).
    fn print(&mut self, fd: u8, text: &[u8]);
}

/// No preimage, or nobody to give one.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{0}")]
pub struct NoAnswer(pub String);

/// A world without a server, whose console is nobody's.
#[derive(Clone, Copy, Debug)]
pub struct Void;

impl World for Void {
    fn hint(&mut self, _: &[u8]) -> Result<(), NoAnswer> {
        Ok(())
    }

    fn preimage(&mut self, key: B256) -> Result<Vec<u8>, NoAnswer> {
        Err(NoAnswer(format!(
            "preimage {key} was asked for, and there is no preimage server"
        )))
    }

    fn print(&mut self, _: u8, _: &[u8]) {}
}

/// A world without a server, whose console is that of this process.
#[derive(Clone, Copy, Debug)]
pub struct Console;

impl World for Console {
    fn hint(&mut self, text: &[u8]) -> Result<(), NoAnswer> {
        Void.hint(text)
    }

    fn preimage(&mut self, key: B256) -> Result<Vec<u8>, NoAnswer> {
        Void.preimage(key)
    }

    fn print(&mut self, fd: u8, text: &[u8]) {
        // Where the program's words go is no reason to end.
        let _lost = match fd {
            1 => io::stdout().write_all(text),
            _ => io::stderr().write_all(text),
        };
    }
}

/// Takes complete hints out of what a program has written so far, as both VMs do: a length of four bytes, big endian, and so much text.
///
/// # Errors
/// As [`World::hint`].
pub(crate) fn send_hints(pending: &mut Vec<u8>, world: &mut dyn World) -> Result<(), NoAnswer> {
    let mut sent = 0;
    while let Some((length, rest)) = pending[sent..].split_first_chunk::<4>() {
        let length = u32::from_be_bytes(*length) as usize;
        let Some(text) = rest.get(..length) else {
            break;
        };
        world.hint(text)?;
        sent += 4 + length;
    }
    pending.drain(..sent);
    Ok(())
}

//! The server's side of the four pipes. Spec: `fault-proof/index.md`, "Pre-image communication"; op-challenger's part is in `docs/backends/host.md`.

use alloy_primitives::{B256, Bytes};
use hoike_preimage::{
    PreimageKey, UnknownKind,
    wire::{self, HintReader, RequestReader, WireError},
};
use std::{
    error::Error,
    io::{self, Read, Write},
    sync::{Arc, mpsc},
    thread,
};

/// What a server serves. Both pipes ask at the same time.
pub trait Backend: Send + Sync + 'static {
    /// Why it cannot go on.
    type Error: Error + Send + Sync + 'static;

    /// Takes a hint, whatever its text is. It is acknowledged when this returns: what it promises, or the hint itself, must be kept by then, since a VM
    /// that is started again from a snapshot does not send it again.
    ///
    /// # Errors
    /// It could not be kept. The server ends.
    fn hint(&self, text: &[u8]) -> Result<(), Self::Error>;

    /// The value under a key. Waits as long as it takes.
    ///
    /// # Errors
    /// It cannot be had. The server ends, so that the program fails.
    fn preimage(&self, key: PreimageKey) -> Result<Bytes, Self::Error>;
}

/// The ends of the pipes that a server holds. Which end is which is a matter of types where they tell (D172): the writing end of a pipe cannot be read.
///
/// ```compile_fail,E0277
/// # fn with<B: hoike_host::Backend>(backend: std::sync::Arc<B>) -> std::io::Result<()> {
/// let (hint_read, _) = std::io::pipe()?;
/// let (_, hint_write) = std::io::pipe()?;
/// let (preimage_read, _) = std::io::pipe()?;
/// let (_, preimage_write) = std::io::pipe()?;
/// let pipes = hoike_host::Pipes {
///     hint_read: hint_write,
///     hint_write: hint_read,
///     preimage_read: preimage_write,
///     preimage_write: preimage_read,
/// };
/// let _served = hoike_host::serve(pipes, backend);
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Pipes<R, W> {
    /// Hints come from here.
    pub hint_read: R,
    /// Acknowledgements go there.
    pub hint_write: W,
    /// Keys come from here.
    pub preimage_read: R,
    /// Values go there.
    pub preimage_write: W,
}

/// Serves until the program closes its preimage pipe.
///
/// An error of either pipe is returned at once, while the other may still wait in a thread of its own: the process is then to end, which closes all
/// pipes, so that neither side waits for the other.
///
/// # Errors
/// The backend's, or a message that is none, or a pipe that breaks in the middle of one.
pub fn serve<R, W, B>(pipes: Pipes<R, W>, backend: Arc<B>) -> Result<(), ServeError<B::Error>>
where
    R: Read + Send + 'static,
    W: Write + Send + 'static,
    B: Backend,
{
    let Pipes {
        hint_read,
        hint_write,
        preimage_read,
        preimage_write,
    } = pipes;
    let (ended, first) = mpsc::channel();
    let (hints, hints_ended) = (Arc::clone(&backend), ended.clone());
    thread::spawn(move || {
        let outcome = take_hints(hint_read, hint_write, &*hints);
        // That no more hints come is no reason to stop answering.
        if outcome.is_err() {
            let _the_other_was_first = hints_ended.send(outcome);
        }
    });
    thread::spawn(move || {
        let outcome = answer(preimage_read, preimage_write, &*backend);
        let _the_other_was_first = ended.send(outcome);
    });
    // Without a sender left a thread has died of a bug, whose message is out already.
    first.recv().unwrap_or(Err(ServeError::Died))
}

fn take_hints<B: Backend>(
    mut from: impl Read,
    mut to: impl Write,
    backend: &B,
) -> Result<(), ServeError<B::Error>> {
    let pipe = |cause| ServeError::Pipe {
        name: "hint",
        cause,
    };
    let mut reader = HintReader::new(LONGEST_HINT);
    loop {
        while !reader.is_complete() {
            let count = read(&mut from, reader.space()).map_err(pipe)?;
            if count == 0 && reader.is_fresh() {
                return Ok(());
            }
            let advanced = reader.advance(count);
            advanced.map_err(|why| ServeError::Message { name: "hint", why })?;
        }
        let text = reader.take().unwrap_or_default();
        backend.hint(&text).map_err(|cause| ServeError::Hint {
            hint: beginning(&text),
            cause,
        })?;
        to.write_all(&[wire::ACK]).map_err(pipe)?;
        to.flush().map_err(pipe)?;
    }
}

fn answer<B: Backend>(
    mut from: impl Read,
    mut to: impl Write,
    backend: &B,
) -> Result<(), ServeError<B::Error>> {
    let name = "preimage";
    let pipe = |cause| ServeError::Pipe { name, cause };
    let mut reader = RequestReader::default();
    let mut reply = Vec::new();
    loop {
        let request = loop {
            if let Some(request) = reader.take() {
                break request;
            }
            let count = read(&mut from, reader.space()).map_err(pipe)?;
            if count == 0 && reader.is_fresh() {
                return Ok(());
            }
            let advanced = reader.advance(count);
            advanced.map_err(|why| ServeError::Message { name, why })?;
        };
        let key = wire::decode_request(request).map_err(|why| ServeError::Key {
            key: request.into(),
            why,
        })?;
        let value = backend
            .preimage(key)
            .map_err(|cause| ServeError::Preimage { key, cause })?;
        // One write for both: a reader that gets the length alone has to be woken twice.
        reply.clear();
        reply.extend_from_slice(&wire::reply_head(value.len()));
        reply.extend_from_slice(&value);
        to.write_all(&reply).map_err(pipe)?;
        to.flush().map_err(pipe)?;
    }
}

fn read(from: &mut impl Read, space: &mut [u8]) -> io::Result<usize> {
    loop {
        match from.read(space) {
            Err(cause) if cause.kind() == io::ErrorKind::Interrupted => {}
            result => return result,
        }
    }
}

/// Why a server ended before its program did.
#[derive(Debug, thiserror::Error)]
pub enum ServeError<E: Error + Send + Sync + 'static> {
    /// A value cannot be had.
    #[error("preimage {key}: {cause}")]
    Preimage {
        /// Its key.
        key: PreimageKey,
        /// Why.
        #[source]
        cause: E,
    },
    /// A hint could not be kept.
    #[error("hint {hint:?}: {cause}")]
    Hint {
        /// The beginning of its text.
        hint: String,
        /// Why.
        #[source]
        cause: E,
    },
    /// What was asked for is no key.
    #[error("the program asked for {key}: {why}")]
    Key {
        /// The 32 bytes.
        key: B256,
        /// What is wrong.
        why: UnknownKind,
    },
    /// What came over a pipe is no message.
    #[error("the {name} pipe: {why}")]
    Message {
        /// Which pipe.
        name: &'static str,
        /// What is wrong.
        why: WireError,
    },
    /// A pipe failed.
    #[error("the {name} pipe: {cause}")]
    Pipe {
        /// Which pipe.
        name: &'static str,
        /// What the operating system says.
        cause: io::Error,
    },
    /// A thread of the server is gone.
    #[error("a thread of the server died")]
    Died,
}

/// The beginning of a hint's text, for errors: its first bytes are enough, and the rest may be megabytes.
pub(crate) fn beginning(text: &[u8]) -> String {
    let bytes = text.get(..BEGINNING_BYTES).unwrap_or(text);
    String::from_utf8_lossy(bytes).chars().take(200).collect()
}

/// 200 characters take at most so many bytes.
pub(crate) const BEGINNING_BYTES: usize = 800;

/// Longest hint in bytes: payload attributes with all transactions of a block, as JSON in hex.
const LONGEST_HINT: u64 = 1 << 30;

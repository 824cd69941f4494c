//! brotli, with the partial output of `andybalholm/brotli`. Spec: RFC 7932.
//!
//! The decoder hands out what it has decoded when it has used up a chunk of input, when its ring buffer is full, and at the end, but not at a fault. So
//! what survives a fault depends on the chunks, and they are the reference's: what its buffer holds after the version byte, then 32 KiB at a time
//! (D144). Since output is also handed out when the reader's buffer is full, and decoding may go on in the same call, the sizes of the reads have to be
//! the reference's as well; [`Cursor`] says what they are.
//!
//! `brotli-decompressor` 6.3 descends from the same C code and keeps these habits. Where it differs from the reference:
//! - It accepts large windows (over 16 MiB) unless told otherwise; the reference does not.
//! - It begins with a ring buffer of as little as 32 bytes where the reference takes 1,024. A smaller one is full earlier, so output appears that the
//!   reference would still hold back at a fault. [`Decoder::new`] prevents that.
//! - Before 6.3 it missed two checks of the end of a metablock (D19). They are there now, and tested here.
//! - After 2^24 commands in one metablock, which take words of no length, the reference never ends; here that is a fault.
//!   Likewise 2^24 distances with only one type of distance block, where the reference goes on (both take more than 20 MB of compressed input).

use alloc::{vec, vec::Vec};

use brotli_decompressor::{
    Allocator, BrotliDecoderHasMoreOutput, BrotliDecoderIsFinished, BrotliDecoderParameter,
    BrotliDecompressStream, BrotliResult, BrotliState, SliceWrapper, SliceWrapperMut,
};

use super::{
    BUFFER, StreamEnd,
    strings::{Ahead, Cursor},
};

/// Why a brotli stream ends early.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum BrotliFault {
    /// The stream is cut off.
    #[error("truncated")]
    Truncated,
    /// The stream does not follow the format.
    #[error("ill-formed")]
    Format,
    /// Bytes follow the end of the stream, in the same chunk.
    #[error("bytes follow the end")]
    Excess,
}

/// Decompresses a channel as the reader of its strings would have it done.
pub(super) fn decompress(channel: &[u8], limit: u64) -> (Vec<u8>, StreamEnd) {
    let mut cursor = Cursor::new(limit);
    decode(channel, limit, |data| match cursor.ahead(data) {
        Ahead::Nothing => None,
        Ahead::String(lacking) if lacking >= BUFFER as u64 => Some(Read {
            size: usize::try_from(lacking).unwrap_or(usize::MAX),
            direct: true,
        }),
        Ahead::Header | Ahead::String(_) => Some(Read {
            size: BUFFER,
            direct: false,
        }),
    })
}

/// Decompresses a channel for a reader that takes whatever there is.
pub(super) fn handed_out(channel: &[u8], limit: u64) -> (Vec<u8>, StreamEnd) {
    decode(channel, limit, |_| {
        Some(Read {
            size: BUFFER,
            direct: false,
        })
    })
}

/// One read of the decoder.
struct Read {
    size: usize,
    /// Whether what is read is lost if an error comes with it, since the reader takes it for the failure of the string.
    direct: bool,
}

/// Reads until the end, a fault, the limit, or until `ask`, given what was read so far, has nothing more to read.
fn decode(
    channel: &[u8],
    limit: u64,
    mut ask: impl FnMut(&[u8]) -> Option<Read>,
) -> (Vec<u8>, StreamEnd) {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let mut decoder = Decoder::new(channel);
    let mut out = Output {
        bytes: vec![],
        len: 0,
        limit,
    };
    let end = loop {
        let before = out.len;
        if before > limit {
            break StreamEnd::Clipped;
        }
        let Some(read) = ask(out.written()) else {
            break if before >= limit {
                StreamEnd::Clipped
            } else {
                StreamEnd::Unread
            };
        };
        if let Err(end) = decoder.read(&mut out, read.size) {
            if read.direct {
                out.len = before;
            }
            break end;
        }
    };
    out.bytes.truncate(out.len.min(limit));
    (out.bytes, end)
}

/// The decoder and its input.
struct Decoder<'a> {
    state: BrotliState<Heap, Heap, Heap>,
    /// What has not been handed to the decoder yet.
    ahead: &'a [u8],
    chunk: &'a [u8],
    /// How long the next chunk is, in bytes.
    next_chunk: usize,
}

impl<'a> Decoder<'a> {
    fn new(channel: &'a [u8]) -> Self {
        let ahead = channel.get(1..).unwrap_or_default();
        let mut state = BrotliState::new_strict(Heap, Heap, Heap);
        // The seven bits that declare the smallest window, of 1,024 bytes: it is the ring buffer then. Else the ring buffer grows from there.
        if ahead.first().is_some_and(|first| first & 0x7f == 0x21) {
            let at_once =
                BrotliDecoderParameter::BROTLI_DECODER_PARAM_DISABLE_RING_BUFFER_REALLOCATION;
            state.set_parameter(at_once, 1);
        } else {
            state.ringbuffer_size = 1024;
        }
        Self {
            state,
            ahead,
            chunk: &[],
            next_chunk: BUFFER.saturating_sub(1),
        }
    }

    /// One read of up to `size` bytes, as the reference's `Reader` makes it of its decoder. What is in `out` on an error has been handed out with it.
    fn read(&mut self, out: &mut Output, size: usize) -> Result<(), StreamEnd> {
        let before = out.len;
        if self.chunk.is_empty() && !BrotliDecoderHasMoreOutput(&self.state) {
            self.refill()?;
        }
        loop {
            let (mut available_in, mut used) = (self.chunk.len(), 0);
            let lacking = size.saturating_sub(out.len.saturating_sub(before));
            let mut available_out = out.make_room(lacking);
            let mut total = 0;
            let result = BrotliDecompressStream(
                &mut available_in,
                &mut used,
                self.chunk,
                &mut available_out,
                &mut out.len,
                &mut out.bytes,
                &mut total,
                &mut self.state,
            );
            self.chunk = self.chunk.get(used..).unwrap_or_default();
            let is_full = out.len.saturating_sub(before) >= size;
            match result {
                BrotliResult::ResultSuccess if self.chunk.is_empty() => return Ok(()),
                BrotliResult::ResultSuccess => return Err(BrotliFault::Excess.into()),
                BrotliResult::ResultFailure => return Err(BrotliFault::Format.into()),
                BrotliResult::NeedsMoreOutput if is_full => return Ok(()),
                // Had the room been there, the decoder would have gone on.
                BrotliResult::NeedsMoreOutput => {}
                BrotliResult::NeedsMoreInput
                    if !is_full && BrotliDecoderHasMoreOutput(&self.state) => {}
                BrotliResult::NeedsMoreInput if out.len > before => return Ok(()),
                BrotliResult::NeedsMoreInput => self.refill()?,
            }
        }
    }

    /// Takes the next chunk of input.
    fn refill(&mut self) -> Result<(), StreamEnd> {
        (self.chunk, self.ahead) = self
            .ahead
            .split_at_checked(self.next_chunk)
            .unwrap_or((self.ahead, &[]));
        self.next_chunk = CHUNK;
        if !self.chunk.is_empty() {
            return Ok(());
        }
        let finished = BrotliDecoderIsFinished(&self.state);
        Err(if finished {
            StreamEnd::Complete
        } else {
            BrotliFault::Truncated.into()
        })
    }
}

/// What has been decompressed.
struct Output {
    /// The output, and zeros to write over.
    bytes: Vec<u8>,
    /// How much of `bytes` is output.
    len: usize,
    limit: usize,
}

impl Output {
    fn written(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or_default()
    }

    /// Ensures that there is room for `want` bytes, or for a good part of them, and returns for how many.
    fn make_room(&mut self, want: usize) -> usize {
        let have = self.bytes.len().saturating_sub(self.len);
        if have < want.min(BUFFER) {
            let most = self.limit.saturating_add(BUFFER);
            let size = self
                .bytes
                .len()
                .saturating_mul(2)
                .max(FIRST_OUTPUT)
                .min(most);
            let size = size.max(self.len.saturating_add(BUFFER));
            self.bytes
                .reserve_exact(size.saturating_sub(self.bytes.len()));
            self.bytes.resize(size, 0);
        }
        want.min(self.bytes.len().saturating_sub(self.len))
    }
}

impl From<BrotliFault> for StreamEnd {
    fn from(fault: BrotliFault) -> Self {
        Self::Brotli(fault)
    }
}

/// The decoder's memory comes from the global allocator.
#[derive(Clone, Copy, Debug, Default)]
struct Heap;

/// Memory for the decoder.
#[derive(Debug)]
struct Memory<T>(Vec<T>);

impl<T: Clone + Default> Allocator<T> for Heap {
    type AllocatedMemory = Memory<T>;

    fn alloc_cell(&mut self, len: usize) -> Memory<T> {
        Memory(vec![T::default(); len])
    }

    fn free_cell(&mut self, _: Memory<T>) {}
}

impl<T> Default for Memory<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> SliceWrapper<T> for Memory<T> {
    fn slice(&self) -> &[T] {
        &self.0
    }
}

impl<T> SliceWrapperMut<T> for Memory<T> {
    fn slice_mut(&mut self) -> &mut [T] {
        &mut self.0
    }
}

/// How much the reference's decoder reads at a time, in bytes.
const CHUNK: usize = 32 * 1024;
/// Room for output to begin with, in bytes.
const FIRST_OUTPUT: usize = 64 * 1024;

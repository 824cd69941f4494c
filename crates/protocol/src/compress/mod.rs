//! Channel decompression: exactly those bytes that the reference's lazy reader gets, for every input.
//!
//! Spec: `protocol/derivation.md`, "Channel Format", and `fjord/derivation.md`, "Brotli Channel Compression". A channel is read through the end or the
//! first fault of its compressed stream, and what was read until then counts. So how much a decoder hands out before a fault is consensus, and it is
//! defined by the reference's decoders (Go's `compress/zlib`, `andybalholm/brotli`) and by the sizes of the reads it makes of them. The modules below
//! each name their part of it.

mod brotli;
mod huffman;
mod inflate;
mod strings;
mod zlib;

use alloc::vec::Vec;

pub use self::{
    brotli::BrotliFault,
    inflate::DeflateFault,
    strings::{StringFault, Strings},
    zlib::ZlibFault,
};

/// How a channel is compressed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Algorithm {
    /// RFC 1950, since the start.
    Zlib,
    /// RFC 7932 behind a version byte of 1, since Fjord.
    Brotli,
}

/// What came out of a channel.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Decompressed {
    /// How the channel was compressed.
    pub algorithm: Algorithm,
    /// A sequence of RLP byte strings, each a batch, up to where the reader gets: read them with [`Decompressed::strings`]. Never longer than the limit.
    pub data: Vec<u8>,
    /// Why there is no more.
    pub end: StreamEnd,
}

impl Decompressed {
    /// The contents of the RLP byte strings, in order, until one is incomplete or ill-formed.
    pub fn strings(&self) -> Strings<'_> {
        Strings::new(&self.data)
    }
}

/// Why decompression ended. For explanations: which of these it is makes no difference to what is derived.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum StreamEnd {
    /// The stream came to its end. (A zlib checksum is compared only where that can matter, see [`decompress`].)
    #[error("the stream is complete")]
    Complete,
    /// The stream goes on beyond the limit.
    #[error("the stream was clipped at the limit")]
    Clipped,
    /// The reader has no use for the rest, since a string is ill-formed or would pass the limit.
    #[error("the rest of the stream is not read")]
    Unread,
    /// The deflate stream within zlib is broken or incomplete.
    #[error("deflate: {0}")]
    Deflate(DeflateFault),
    /// The zlib checksum is wrong or missing.
    #[error("zlib: the checksum is wrong or missing")]
    Checksum,
    /// The brotli stream is broken or incomplete.
    #[error("brotli: {0}")]
    Brotli(BrotliFault),
}

/// Why a channel as a whole yields nothing.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ChannelFault {
    /// The channel has no bytes.
    #[error("the channel is empty")]
    Empty,
    /// The first byte stands for no algorithm.
    #[error("compression type byte {0:#04x} is unknown")]
    UnknownCompression(u8),
    /// Brotli, in a channel that is read before Fjord (D20).
    #[error("brotli is not allowed before Fjord")]
    BrotliNotAllowed,
    /// The zlib header is not acceptable.
    #[error("zlib header: {0}")]
    Zlib(ZlibFault),
}

/// Decompresses a channel as far as the reference's reader gets.
///
/// `brotli_allowed` and `limit`, the most bytes of RLP that are read from one channel, follow from the time of the L1 block at which the channel is read.
/// Output over the limit is clipped, for both algorithms (D143). Memory stays below twice the limit and 32 MiB, whatever the input (D17).
///
/// Beyond what the decoder hands out, one more thing decides whether the last string is there: the reference buffers 4,096 bytes, but reads the rest of a
/// longer string directly, and takes an error that comes *with* the string's last byte as the string's failure. It comes with it when the stream is faulty
/// right after (for zlib: also when its checksum is wrong or missing). The string is then cut off in [`Decompressed::data`].
///
/// # Errors
///
/// The whole channel yields nothing: it is empty, of unknown compression, or has a bad zlib header.
pub fn decompress(
    channel: &[u8],
    brotli_allowed: bool,
    limit: u64,
) -> Result<Decompressed, ChannelFault> {
    let algorithm = algorithm(channel, brotli_allowed)?;
    let (data, end) = match algorithm {
        Algorithm::Zlib => {
            let mut inflated = zlib::inflate(channel, limit).map_err(ChannelFault::Zlib)?;
            inflated.cut_unread(channel, limit);
            (inflated.data, inflated.end)
        }
        Algorithm::Brotli => brotli::decompress(channel, limit),
    };
    Ok(Decompressed {
        algorithm,
        data,
        end,
    })
}

/// Everything the decoder hands out, whether the reader of strings would come to use it or not; clipped at `limit`. For inspection.
///
/// # Errors
///
/// As [`decompress`].
pub fn handed_out(
    channel: &[u8],
    brotli_allowed: bool,
    limit: u64,
) -> Result<Decompressed, ChannelFault> {
    let algorithm = algorithm(channel, brotli_allowed)?;
    let (data, end) = match algorithm {
        Algorithm::Zlib => {
            let inflated = zlib::inflate(channel, limit).map_err(ChannelFault::Zlib)?;
            (inflated.data, inflated.end)
        }
        Algorithm::Brotli => brotli::handed_out(channel, limit),
    };
    Ok(Decompressed {
        algorithm,
        data,
        end,
    })
}

/// What the channel's first byte says: a zlib header's low four bits, or 1 for brotli.
fn algorithm(channel: &[u8], brotli_allowed: bool) -> Result<Algorithm, ChannelFault> {
    let &first = channel.first().ok_or(ChannelFault::Empty)?;
    match first & 0x0f {
        // 15 gets this far, but no zlib header begins with it (D146).
        8 | 15 => Ok(Algorithm::Zlib),
        _ if first != BROTLI_VERSION => Err(ChannelFault::UnknownCompression(first)),
        _ if brotli_allowed => Ok(Algorithm::Brotli),
        _ => Err(ChannelFault::BrotliNotAllowed),
    }
}

/// Stands before a brotli stream, and is no part of it (D21).
const BROTLI_VERSION: u8 = 1;

/// The reference's buffers, in front of and behind the decoders, in bytes.
const BUFFER: usize = 4096;

//! zlib: a header of two bytes, deflate, a checksum. Spec: RFC 1950.

use alloc::vec::Vec;

use super::{
    BUFFER, StreamEnd,
    inflate::{self, Inflated},
    strings::{Ahead, Cursor},
};

/// Why a zlib header is refused, and the channel with it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ZlibFault {
    /// The channel ends within the header.
    #[error("incomplete")]
    Truncated,
    /// The method is not deflate, the window is over 32 KiB, or the check bits are wrong (D15, D146).
    #[error("not deflate, or damaged")]
    Header,
    /// The header asks for a dictionary; only the empty one would do (D145).
    #[error("asks for dictionary {0:#010x}")]
    Dictionary(u32),
}

/// What a zlib stream hands out.
#[derive(Debug)]
pub(super) struct Stream {
    pub(super) data: Vec<u8>,
    pub(super) end: StreamEnd,
    /// Where in the data the reference's last read of the decoder can begin.
    last_flush: usize,
    /// Where in the channel the checksum is.
    checksum_at: usize,
}

/// Inflates what follows the header, to at most `limit` bytes. The declared window is not enforced (D146).
pub(super) fn inflate(channel: &[u8], limit: u64) -> Result<Stream, ZlibFault> {
    let deflate = skip_header(channel)?;
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let Inflated {
        data,
        end,
        consumed,
        last_flush,
    } = inflate::inflate(deflate, limit);
    let before = channel.len().saturating_sub(deflate.len());
    Ok(Stream {
        data,
        end,
        last_flush,
        checksum_at: before.saturating_add(consumed),
    })
}

impl Stream {
    /// Cuts off the last string if the error behind it reaches the reader together with its last byte; see [`super::decompress`].
    pub(super) fn cut_unread(&mut self, channel: &[u8], limit: u64) {
        let at_end = match self.end {
            // More output follows, so no error is near.
            StreamEnd::Clipped | StreamEnd::Unread => return,
            StreamEnd::Complete => false,
            StreamEnd::Deflate(_) | StreamEnd::Checksum | StreamEnd::Brotli(_) => true,
        };
        let Some(start) = last_direct_read(&self.data, self.last_flush, limit) else {
            return;
        };
        // Only now is it worth summing up the data.
        if at_end || !self.checksum_holds(channel) {
            if !at_end {
                self.end = StreamEnd::Checksum;
            }
            self.data.truncate(start);
        }
    }

    fn checksum_holds(&self, channel: &[u8]) -> bool {
        let stored = channel
            .get(self.checksum_at..)
            .and_then(|rest| rest.first_chunk::<4>());
        stored.is_some_and(|stored| u32::from_be_bytes(*stored) == adler32(&self.data))
    }
}

/// Checks the header, and returns what follows it.
fn skip_header(channel: &[u8]) -> Result<&[u8], ZlibFault> {
    let (header, rest) = channel
        .split_first_chunk::<2>()
        .ok_or(ZlibFault::Truncated)?;
    let [method, flags] = *header;
    if method & 0x0f != 8 || method >> 4 > 7 || u16::from_be_bytes(*header) % 31 != 0 {
        return Err(ZlibFault::Header);
    }
    if flags & 0x20 == 0 {
        return Ok(rest);
    }
    let (id, rest) = rest.split_first_chunk::<4>().ok_or(ZlibFault::Truncated)?;
    let id = u32::from_be_bytes(*id);
    // The checksum of the empty dictionary.
    if id == 1 {
        Ok(rest)
    } else {
        Err(ZlibFault::Dictionary(id))
    }
}

/// Where the reference's last read of the decoder begins, if that read goes directly into a string and completes it with the last byte of `data`.
///
/// The decoder hands out no more per read than it has gathered since its last flush, so only the reads after that matter.
fn last_direct_read(data: &[u8], last_flush: usize, limit: u64) -> Option<usize> {
    let mut cursor = Cursor::new(limit);
    let mut read = last_flush;
    while read < data.len() {
        let left = data.len().saturating_sub(read);
        let size = match cursor.ahead(data.get(..read)?) {
            Ahead::Nothing => return None,
            Ahead::String(lacking) if lacking >= BUFFER as u64 => {
                if lacking == left as u64 {
                    return Some(read);
                }
                usize::try_from(lacking).unwrap_or(left)
            }
            Ahead::Header | Ahead::String(_) => BUFFER,
        };
        read = read.saturating_add(size.min(left));
    }
    None
}

/// RFC 1950's checksum.
///
/// Sums columns of sixteen bytes, which the compiler does in vector registers, and weighs the columns afterwards.
#[expect(
    clippy::arithmetic_side_effects,
    reason = "hot; no sum over a block can overflow"
)]
fn adler32(data: &[u8]) -> u32 {
    // Short enough for the sums of sums, 255 * 347 * 348 / 2, and long enough for the rest not to count.
    const BLOCK: usize = 347 * 16;
    const MODULUS: u64 = 65_521;
    let (mut a, mut b) = (1u64, 0u64);
    for block in data.chunks(BLOCK) {
        let (rows, rest) = block.as_chunks::<16>();
        let (mut sums, mut sums_of_sums) = ([0u32; 16], [0u32; 16]);
        for row in rows {
            for ((byte, sum), of_sums) in row.iter().zip(&mut sums).zip(&mut sums_of_sums) {
                *sum += u32::from(*byte);
                *of_sums += *sum;
            }
        }
        // A byte counts as often as there are bytes from it to the end: 16 times its rows from the end, less its column.
        b += rows.as_flattened().len() as u64 * a;
        for (column, (sum, of_sums)) in (0u64..).zip(sums.into_iter().zip(sums_of_sums)) {
            a += u64::from(sum);
            b += 16 * u64::from(of_sums) - column * u64::from(sum);
        }
        for byte in rest {
            a += u64::from(*byte);
            b += a;
        }
        a %= MODULUS;
        b %= MODULUS;
    }
    (b << 16 | a) as u32
}

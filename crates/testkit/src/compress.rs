//! Channel compression: deflate by miniz, brotli by its Rust port or without compression.

use brotli::enc::{BrotliCompress, BrotliEncoderParams};
use miniz_oxide::deflate::compress_to_vec_zlib;

/// How a channel's bytes are compressed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Compression {
    /// zlib at this level, 1 to 9.
    Zlib(u8),
    /// zlib, stored.
    Stored,
    /// Brotli of uncompressed meta-blocks, behind the channel version byte 1.
    Brotli,
    /// Brotli at this level, 0 to 11, with a window of so many bits, 10 to 24; behind the same version byte.
    Compressed {
        /// The level.
        level: u8,
        /// The window's bits.
        window: u8,
    },
    /// Not at all: no channel can be read like that.
    None,
}

impl Compression {
    /// The channel's data.
    pub fn compress(self, data: &[u8]) -> Vec<u8> {
        match self {
            Self::Zlib(level) => compress_to_vec_zlib(data, level),
            Self::Stored => compress_to_vec_zlib(data, 0),
            Self::Brotli => brotli(data),
            Self::Compressed { level, window } => compressed(data, level, window),
            Self::None => data.to_vec(),
        }
    }
}

fn compressed(mut data: &[u8], level: u8, window: u8) -> Vec<u8> {
    let params = BrotliEncoderParams {
        quality: level.into(),
        lgwin: window.into(),
        ..BrotliEncoderParams::default()
    };
    let mut out = vec![1];
    BrotliCompress(&mut data, &mut out, &params).expect("memory can be written");
    out
}

/// RFC 7932: a window of 4 MB, meta-blocks with ISUNCOMPRESSED, an empty last one.
fn brotli(data: &[u8]) -> Vec<u8> {
    let mut out = vec![1];
    // WBITS 22 takes four bits: 1, then 5 in three.
    let (mut bits, mut count) = (0b1011_u32, 4_usize);
    for chunk in data.chunks(1 << 16) {
        // ISLAST 0, MNIBBLES 0 (four nibbles), MLEN - 1, ISUNCOMPRESSED 1.
        bits |= (chunk.len() as u32 - 1) << (count + 3) | 1 << (count + 19);
        count += 20;
        out.extend_from_slice(&bits.to_le_bytes()[..count.div_ceil(8)]);
        out.extend_from_slice(chunk);
        (bits, count) = (0, 0);
    }
    // ISLAST 1, ISLASTEMPTY 1.
    out.push((bits | 0b11 << count) as u8);
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Rng;
    use hoike_protocol::compress::decompress;

    #[test]
    fn what_is_compressed_is_decompressed() {
        let mut rng = Rng::new(1);
        for length in [0, 1, 100, 65_535, 65_536, 65_537, 200_000] {
            // No more is decompressed than the reader of the strings in it has a use for.
            let data = crate::batcher::stream(&[rng.bytes(length)]);
            for compression in [
                Compression::Zlib(1),
                Compression::Zlib(9),
                Compression::Stored,
                Compression::Brotli,
                Compression::Compressed {
                    level: 4,
                    window: 16,
                },
            ] {
                let read = decompress(&compression.compress(&data), true, 10_000_000).unwrap();
                let lengths = (read.data.len(), length);
                assert!(
                    read.data == data,
                    "{compression:?}: {lengths:?}, {:?}",
                    read.end
                );
            }
        }
    }
}

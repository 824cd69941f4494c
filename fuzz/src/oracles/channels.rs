//! Channels: what decompression hands out.

use super::agree;
use crate::{generators::Feed, memory};
use hoike_protocol::compress::{
    Algorithm, ChannelFault, Decompressed, StreamEnd, StringFault, decompress, handed_out,
};
use hoike_testkit::{Compression, Rng, adversary, batcher::stream};
use miniz_oxide::inflate::TINFLStatus;
use std::io::Write;

/// zlib: any stream's output against miniz's, its prefixes, limits and memory; intact streams come out whole.
pub fn zlib(data: &[u8]) {
    let mut feed = Feed::new(data);
    let (control, limit) = (feed.byte(), limit(&mut feed));
    let mut channel = feed.rest().to_vec();
    if control & 1 == 0 {
        // Deflate right away, behind a header that is fine.
        channel.splice(0..0, [0x78, 0x9c]);
    }
    if let Some((read, out)) = check(&channel, limit)
        && out.algorithm == Algorithm::Zlib
        && channel[1] & 0x20 == 0
    {
        let theirs = miniz_oxide::inflate::decompress_to_vec_with_limit(&channel[2..], limit);
        match &theirs {
            Ok(whole) => {
                assert_eq!(out.end, StreamEnd::Complete, "{} bytes", whole.len());
                assert!(*whole == out.data);
            }
            Err(part) => {
                // After a fault what miniz returns has a tail of zeros.
                let clipped = part.status == TINFLStatus::HasMoreOutput;
                assert!(!clipped || agree(&part.output, &out.data));
                assert_ne!(out.end, StreamEnd::Complete, "{part}");
            }
        }
        let sum = miniz_oxide::inflate::decompress_to_vec_zlib_with_limit(&channel, limit);
        if sum.is_ok() {
            assert_eq!((&read.data, read.end), (&out.data, StreamEnd::Complete));
        }
    }
    // A cut changes nothing of what comes before it.
    let cut = channel.len() * usize::from(control >> 1) / 128;
    if let (Some((read, out)), Some((less, part))) =
        (check(&channel, limit), check(&channel[..cut], limit))
    {
        // Of what brotli loses by a fault a cut before it hands out more.
        assert!(out.algorithm == Algorithm::Brotli || out.data.starts_with(&part.data));
        assert!(
            out.algorithm == Algorithm::Brotli
                || read.data.len() >= less.data.len()
                || read.end == StreamEnd::Checksum
        );
        assert!(agree(&read.data, &less.data));
    }
    intact(
        data,
        &[
            Compression::Zlib(1),
            Compression::Zlib(9),
            Compression::Stored,
        ],
    );
}

/// brotli: the same, with brotli-decompressor's own reader for comparison.
pub fn brotli(data: &[u8]) {
    let mut feed = Feed::new(data);
    let (control, limit) = (feed.byte(), limit(&mut feed));
    let mut channel = feed.rest().to_vec();
    channel.insert(0, 1);
    assert_eq!(
        decompress(&channel, false, limit as u64),
        Err(ChannelFault::BrotliNotAllowed)
    );
    if let Some((_, out)) = check(&channel, limit) {
        let mut theirs = Limited {
            bytes: Vec::new(),
            limit,
        };
        let whole = brotli_decompressor::BrotliDecompress(&mut &channel[1..], &mut theirs);
        assert!(agree(&theirs.bytes, &out.data));
        let fits = theirs.bytes.len() <= limit;
        match whole {
            // Large windows are an extension that the reference does not have.
            Ok(()) if channel.get(1).is_some_and(|first| first & 0x7f == 0x11) => {}
            Ok(()) if fits && out.end != TRAILING => {
                assert_eq!(out.end, StreamEnd::Complete);
                assert!(theirs.bytes == out.data);
            }
            Ok(()) => {}
            Err(_) => assert_ne!(out.end, StreamEnd::Complete),
        }
    }
    // Of what is lost by a fault a cut before it hands out more, so that neither need be the longer one.
    let cut = 1 + (channel.len() - 1) * usize::from(control) / 256;
    if let (Some((_, out)), Some((_, part))) =
        (check(&channel, limit), check(&channel[..cut], limit))
    {
        assert!(agree(&out.data, &part.data));
        if out.end == StreamEnd::Complete {
            assert!(out.data.starts_with(&part.data));
        }
    }
    intact(data, &[Compression::Brotli]);
}

const TRAILING: StreamEnd = StreamEnd::Brotli(hoike_protocol::compress::BrotliFault::Excess);

/// Memory, limits, and what the reader uses of what is handed out. Both outputs: the reader's, and all.
fn check(channel: &[u8], limit: usize) -> Option<(Decompressed, Decompressed)> {
    let most = 2 * limit + (32 << 20);
    let (read, peak) = memory::peak(|| decompress(channel, true, limit as u64));
    assert!(peak <= most, "{peak} bytes for a limit of {limit}");
    let (out, peak) = memory::peak(|| handed_out(channel, true, limit as u64));
    assert!(peak <= most, "{peak} bytes for a limit of {limit}");
    let (read, out) = match (read, out) {
        (Ok(read), Ok(out)) => (read, out),
        (read, out) => {
            assert_eq!(read, out);
            return None;
        }
    };
    assert!(read.data.len() <= limit && out.data.len() <= limit);
    assert!(agree(&read.data, &out.data));
    assert!(out.end != StreamEnd::Clipped || out.data.len() == limit);

    let less = handed_out(channel, true, limit as u64 / 2).expect("as before");
    assert!(less.data.len() <= limit / 2 && agree(&less.data, &out.data));
    if less.end == StreamEnd::Clipped {
        assert!(less.data.len() == limit / 2);
    }

    let (mine, all) = (strings(&read), plain_strings(&out.data));
    assert_eq!(mine, plain_strings(&read.data));
    let missing = all.0.len().checked_sub(mine.0.len());
    let faulty = !matches!(
        read.end,
        StreamEnd::Complete | StreamEnd::Clipped | StreamEnd::Unread
    );
    if faulty {
        // At most the last string, and a long one, is lost with the fault behind it; brotli's reads may have been of other sizes.
        assert!(missing.is_none_or(|count| count <= 1) || channel[0] == 1);
        let common = mine.0.len().min(all.0.len());
        assert_eq!(mine.0[..common], all.0[..common]);
        if let (Some(1), true) = (missing, channel[0] != 1) {
            assert!(all.0[common].len() >= 4096);
        }
    } else {
        assert_eq!(mine.0, all.0);
    }
    Some((read, out))
}

fn strings(data: &Decompressed) -> (Vec<&[u8]>, bool) {
    let mut strings = data.strings();
    let found: Vec<_> = strings.by_ref().collect();
    assert_eq!(strings.next(), None, "an end stays one");
    let fault: Option<StringFault> = strings.fault();
    (found, fault.is_none())
}

/// By alloy's RLP; the strings, and whether they are all of the data.
fn plain_strings(mut data: &[u8]) -> (Vec<&[u8]>, bool) {
    let mut found = Vec::new();
    while !data.is_empty() {
        match alloy_rlp::Header::decode_bytes(&mut data, false) {
            Ok(string) => found.push(string),
            Err(_) => return (found, false),
        }
    }
    (found, true)
}

/// A stream of strings, compressed, comes out as it was, and up to the fault if the channel is damaged.
fn intact(data: &[u8], how: &[Compression]) {
    let mut feed = Feed::new(data);
    let seed = feed.u64();
    let mut payloads = Vec::new();
    while !feed.is_empty() && payloads.len() < 16 {
        // Long ones too: they are read in another way.
        let times = feed.pick(&[1, 1, 1, 40]);
        payloads.push(feed.bytes().repeat(times));
    }
    let plain = stream(&payloads);
    let mut rng = Rng::new(seed);
    {
        let channel = rng.pick(how).compress(&plain);
        // Room for all of it: what a limit cuts off does not come out whole.
        let limit = plain.len().max(1 << 20) + 1;
        let (read, _) = check(&channel, limit).expect("a channel");
        assert_eq!(read.end, StreamEnd::Complete);
        assert!(read.data == plain);
        let damaged = adversary::bytes(&channel, &mut rng);
        check(&damaged, limit);
    }
}

fn limit(feed: &mut Feed<'_>) -> usize {
    feed.pick(&[1 << 20, 100, 4096, 5000, 32_768, 65_537, 200_000, 4 << 20])
}

/// Takes no more than a limit and one write beyond it.
struct Limited {
    bytes: Vec<u8>,
    limit: usize,
}

impl Write for Limited {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        if self.bytes.len() > self.limit {
            return Err(std::io::ErrorKind::FileTooLarge.into());
        }
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

//! Data items: blobs, and the frames in them.

use crate::generators::{self, Feed};
use alloy_primitives::Bytes;
use hoike_protocol::{
    blob::{self, BLOB_SIZE, MAX_BLOB_DATA},
    frame::{ChannelId, Frame, MAX_FRAME_DATA, parse_frames},
};
use hoike_testkit::{Rng, adversary, item};

/// Frames: what is read is what a plain reader reads, and writes back to the same bytes; what is written is read.
pub fn frames(data: &[u8]) {
    check_item(&Bytes::copy_from_slice(data));

    let mut feed = Feed::new(data);
    let seed = feed.u64();
    let frames = generators::frames(&mut feed);
    let written = item(&frames);
    if frames.is_empty() {
        assert!(parse_frames(&written).is_err(), "no frames");
    } else {
        assert_eq!(parse_frames(&written).as_ref(), Ok(&frames));
    }
    let mut rng = Rng::new(seed);
    check_item(&adversary::bytes(&written, &mut rng).into());
    check_item(&item(&adversary::frames(&frames, &mut rng)));
}

fn check_item(data: &Bytes) {
    let read = parse_frames(data).ok();
    assert_eq!(read, plain_frames(data), "{data}");
    let Some(frames) = read else { return };
    assert_eq!(item(&frames), *data, "every accepted item has one encoding");
    for frame in &frames {
        let (outer, inner) = (data.as_ptr_range(), frame.data.as_ptr_range());
        assert!(
            frame.data.is_empty() || outer.start <= inner.start && inner.end <= outer.end,
            "a frame's data is copied"
        );
    }
}

/// By positions, one frame after the other.
fn plain_frames(data: &[u8]) -> Option<Vec<Frame>> {
    let number = |range: std::ops::Range<usize>| {
        data.get(range).map(|bytes| {
            bytes
                .iter()
                .fold(0usize, |sum, byte| sum << 8 | usize::from(*byte))
        })
    };
    let mut frames = Vec::new();
    let mut at = 1;
    if data.first() != Some(&0) {
        return None;
    }
    while at < data.len() {
        let length = number(at + 18..at + 22)?;
        let (start, end) = (at + 22, at + 22 + length);
        let last = *data.get(end)?;
        if last > 1 || length > MAX_FRAME_DATA as usize {
            return None;
        }
        frames.push(Frame {
            id: ChannelId(data[at..at + 16].try_into().expect("16 bytes")),
            number: number(at + 16..at + 18)? as u16,
            data: Bytes::copy_from_slice(&data[start..end]),
            is_last: last == 1,
        });
        at = end + 1;
    }
    (!frames.is_empty()).then_some(frames)
}

/// Blobs: what is put in comes out, in canonical field elements; of a blob with changes comes out what a plain decoder finds, or nothing.
pub fn blobs(data: &[u8]) {
    let mut feed = Feed::new(data);
    // The payload: a few bytes of the input over and over, up to any length; what is left are changes.
    let length = match feed.byte() {
        0 => 0,
        1 => MAX_BLOB_DATA,
        2 => MAX_BLOB_DATA - feed.below(256),
        3 => feed.u16().into(),
        short => short.into(),
    };
    let pattern = match feed.bytes() {
        [] => &[0],
        some => some,
    };
    let payload: Vec<u8> = pattern.iter().copied().cycle().take(length).collect();
    let mut blob = blob::encode(&payload).expect("it fits");
    assert_eq!(blob::decode(&blob), Ok(Bytes::from(payload)));
    assert!(blob.chunks(32).all(|element| element[0] < 0x40));

    let mut changes = 0;
    while !feed.is_empty() && changes < 32 {
        let at = match feed.byte() {
            near @ 0..0xa0 => near.into(),
            0xa0..0xd0 => feed.below(BLOB_SIZE / 32) * 32,
            0xd0..0xe8 => feed.below(BLOB_SIZE / 2) * 2 + feed.below(2),
            // About where the data ends.
            _ => (length * 128 / 127 + feed.below(256)).min(BLOB_SIZE - 1),
        };
        blob[at] = match feed.byte() {
            0x40..0x80 => blob[at] ^ 1 << feed.below(8),
            value => value,
        };
        changes += 1;
    }
    let read = blob::decode(&blob).ok();
    assert_eq!(read, plain_blob(&blob).map(Bytes::from));
    if let Some(read) = read {
        // Any encoding of it is at most the masked bits of the first element away from the only other one.
        let mut again = blob::encode(&read).expect("it fits");
        again[0] |= blob[0] & 0xc0;
        assert!(again == blob, "every accepted blob has one encoding");
    }
}

/// All 130,048 bytes of a blob, whatever they are; then version, length, and whether the rest is zero.
fn plain_blob(blob: &[u8; BLOB_SIZE]) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    for group in blob.chunks(128) {
        let [a, b, c, d] = [0, 1, 2, 3].map(|i| u32::from(group[32 * i]) & 0x3f);
        // 24 bits of the four heads, in the order in which the encoding spreads them.
        let heads = [
            a | (b & 0x30) << 2,
            (b & 0x0f) | (d & 0x0f) << 4,
            c | (d & 0x30) << 2,
        ];
        for i in 0..4 {
            bytes.extend(&group[32 * i + 1..32 * i + 32]);
            bytes.extend(heads.get(i).map(|head| *head as u8));
        }
    }
    let length = usize::from(bytes[1]) << 16 | usize::from(bytes[2]) << 8 | usize::from(bytes[3]);
    let end = length + 4;
    if bytes[0] != 0 || length > MAX_BLOB_DATA || bytes[end..].iter().any(|byte| *byte != 0) {
        return None;
    }
    // High bits: nowhere, but for the first element of the blob.
    let high = |(i, element): (usize, &[u8])| i > 0 && element[0] & 0xc0 != 0;
    if blob.chunks(32).enumerate().any(high) {
        return None;
    }
    bytes.truncate(end);
    bytes.drain(..4);
    Some(bytes)
}

//! What a batcher makes of L2 blocks: singular batches, channels, frames, data items. Span batches are in [`crate::span`].

use crate::compress::Compression;
use alloy_primitives::{B256, Bytes};
use alloy_rlp::{Encodable, Header};
use hoike_protocol::{BlockId, frame::ChannelId, frame::Frame};

/// What a batch says of one block; any of it may be changed before it is encoded.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BatchBlock {
    /// Hash of the block before it.
    pub parent: B256,
    /// Its L1 origin.
    pub epoch: BlockId,
    /// Whether it is the first of its epoch: what a span's first origin bit says.
    pub begins_epoch: bool,
    /// Its timestamp.
    pub time: u64,
    /// The sequenced transactions.
    pub transactions: Vec<Bytes>,
}

impl BatchBlock {
    /// A singular batch, its type byte before it.
    pub fn singular(&self) -> Vec<u8> {
        let mut payload = Vec::new();
        self.parent.encode(&mut payload);
        self.epoch.number.encode(&mut payload);
        self.epoch.hash.encode(&mut payload);
        self.time.encode(&mut payload);
        self.transactions.encode(&mut payload);
        let mut out = vec![0];
        list(payload.len()).encode(&mut out);
        out.extend(payload);
        out
    }
}

/// A channel: compressed batches, and the name under which they are sent.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Channel {
    /// Its name.
    pub id: ChannelId,
    /// What its frames carry.
    pub data: Vec<u8>,
}

impl Channel {
    /// A channel of these batches, each as [`BatchBlock::singular`] or [`Span::encode`](crate::Span::encode) gives it.
    pub fn of(id: u8, batches: &[Vec<u8>], compression: Compression) -> Self {
        Self {
            id: ChannelId([id; 16]),
            data: compression.compress(&stream(batches)),
        }
    }

    /// A channel of any bytes.
    pub fn raw(id: u8, data: Vec<u8>) -> Self {
        let id = ChannelId([id; 16]);
        Self { id, data }
    }

    /// Its frames, at most `size` bytes of data each; at least one, and the last one says so.
    pub fn frames(&self, size: usize) -> Vec<Frame> {
        let data = Bytes::from(self.data.clone());
        let count = data.len().div_ceil(size).max(1);
        (0..count)
            .map(|number| Frame {
                id: self.id,
                number: number as u16,
                data: data.slice(number * size..data.len().min((number + 1) * size)),
                is_last: number + 1 == count,
            })
            .collect()
    }

    /// All of it in `count` frames of about the same size.
    pub fn in_frames(&self, count: usize) -> Vec<Frame> {
        let frames = self.frames(self.data.len().div_ceil(count).max(1));
        assert_eq!(frames.len(), count, "too little data for so many frames");
        frames
    }

    /// A data item that holds all of it in one frame.
    pub fn item(&self) -> Bytes {
        item(&self.frames(self.data.len().max(1)))
    }
}

/// The bytes that are compressed: each batch as an RLP string.
pub fn stream(batches: &[Vec<u8>]) -> Vec<u8> {
    let mut out = Vec::new();
    for batch in batches {
        batch.as_slice().encode(&mut out);
    }
    out
}

/// A data item, the contents of calldata or a blob: version 0, then the frames.
pub fn item(frames: &[Frame]) -> Bytes {
    let mut out = vec![0];
    for frame in frames {
        put_frame(frame, &mut out);
    }
    out.into()
}

/// One frame's bytes.
pub fn put_frame(frame: &Frame, out: &mut Vec<u8>) {
    out.extend_from_slice(&frame.id.0);
    out.extend_from_slice(&frame.number.to_be_bytes());
    out.extend_from_slice(&(frame.data.len() as u32).to_be_bytes());
    out.extend_from_slice(&frame.data);
    out.push(frame.is_last.into());
}

/// Frames of several channels in turn, each channel's in their order.
pub fn interleave(channels: &[Vec<Frame>]) -> Vec<Frame> {
    let longest = channels.iter().map(Vec::len).max().unwrap_or_default();
    (0..longest)
        .flat_map(|i| channels.iter().filter_map(move |frames| frames.get(i)))
        .cloned()
        .collect()
}

const fn list(payload_length: usize) -> Header {
    Header {
        list: true,
        payload_length,
    }
}

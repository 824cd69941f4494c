//! Frames: the pieces of channels that one data item carries.
//!
//! Spec: `protocol/derivation.md`, "Batcher Transaction Format" and "Frame Format".

use alloc::vec::Vec;
use core::fmt;

use alloy_primitives::Bytes;

/// What a frame counts against the channel bank's size limit beyond its data, in bytes.
pub const FRAME_OVERHEAD: u64 = 200;

/// The longest data a frame may carry, in bytes.
pub const MAX_FRAME_DATA: u32 = 1_000_000;

/// Identifies a channel; chosen by the batcher, 16 opaque bytes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ChannelId(pub [u8; 16]);

impl fmt::Display for ChannelId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for ChannelId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// One piece of a channel.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Frame {
    /// The channel this is a piece of.
    pub id: ChannelId,
    /// Position within the channel, from 0.
    pub number: u16,
    /// The piece: a slice of the data item, not a copy. May be empty.
    pub data: Bytes,
    /// Whether the channel ends with this frame.
    pub is_last: bool,
}

impl Frame {
    /// What this frame counts against the channel bank's size limit, in bytes.
    pub fn size(&self) -> u64 {
        FRAME_OVERHEAD.saturating_add(self.data.len() as u64)
    }
}

/// Why a data item yields no frames. One bad frame spoils the whole item (D01).
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum FrameFault {
    /// The item has no bytes.
    #[error("the data item is empty")]
    Empty,
    /// The version byte announces an alt-DA commitment, which only an alt-DA chain reads.
    #[error("the data item is an alt-DA commitment")]
    AltDa,
    /// The version byte is neither 0 nor 1.
    #[error("data item version {0} is unknown")]
    Version(u8),
    /// Nothing follows the version byte.
    #[error("the data item has no frames")]
    NoFrames,
    /// A frame announces more than [`MAX_FRAME_DATA`] bytes.
    #[error("frame {index} announces {length} bytes, more than {MAX_FRAME_DATA}")]
    TooLong {
        /// Which frame of the item, from 0.
        index: usize,
        /// The announced length of its data, in bytes.
        length: u32,
    },
    /// The item ends within a frame.
    #[error("the data item ends within frame {index}")]
    Truncated {
        /// Which frame of the item, from 0.
        index: usize,
    },
    /// A frame's last byte is neither 0 nor 1.
    #[error("frame {index} has is_last byte {value}")]
    IsLast {
        /// Which frame of the item, from 0.
        index: usize,
        /// The byte found.
        value: u8,
    },
}

/// Splits a data item, the calldata of one transaction or the contents of one blob, into its frames: all of them or none.
///
/// Encoding: `0 ++ (channel_id: 16 ++ frame_number: u16 ++ frame_data_length: u32 ++ frame_data ++ is_last: 1)+`, integers big endian.
pub fn parse_frames(item: &Bytes) -> Result<Vec<Frame>, FrameFault> {
    let (&version, mut rest) = item.split_first().ok_or(FrameFault::Empty)?;
    match version {
        0 => {}
        1 => return Err(FrameFault::AltDa),
        other => return Err(FrameFault::Version(other)),
    }
    let mut frames = Vec::new();
    while !rest.is_empty() {
        let (frame, after) = parse_frame(item, rest, frames.len())?;
        frames.push(frame);
        rest = after;
    }
    if frames.is_empty() {
        Err(FrameFault::NoFrames)
    } else {
        Ok(frames)
    }
}

/// Parses the frame at the front of `rest`, a slice of `item`, and returns it with what follows.
fn parse_frame<'a>(
    item: &Bytes,
    rest: &'a [u8],
    index: usize,
) -> Result<(Frame, &'a [u8]), FrameFault> {
    let truncated = FrameFault::Truncated { index };
    let (id, rest) = rest.split_first_chunk::<16>().ok_or(truncated)?;
    let (number, rest) = rest.split_first_chunk::<2>().ok_or(truncated)?;
    let (length, rest) = rest.split_first_chunk::<4>().ok_or(truncated)?;
    let length = u32::from_be_bytes(*length);
    if length > MAX_FRAME_DATA {
        return Err(FrameFault::TooLong { index, length });
    }
    let (data, rest) = rest.split_at_checked(length as usize).ok_or(truncated)?;
    let (&last, rest) = rest.split_first().ok_or(truncated)?;
    let is_last = match last {
        0 => false,
        1 => true,
        value => return Err(FrameFault::IsLast { index, value }),
    };
    let frame = Frame {
        id: ChannelId(*id),
        number: u16::from_be_bytes(*number),
        data: item.slice_ref(data),
        is_last,
    };
    Ok((frame, rest))
}

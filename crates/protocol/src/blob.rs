//! Blob contents: 130,044 bytes of data spread over 4,096 field elements.
//!
//! Spec: `protocol/ecotone/derivation.md`, "Blob Encoding". Four elements of 32 bytes carry 127 bytes: 31 bytes in each element's tail, and three
//! bytes in the low six bits of the four heads. The first four of all those bytes are a version and the length of the data.

use alloc::{boxed::Box, vec, vec::Vec};

use alloy_primitives::Bytes;

/// Bytes of a blob.
pub const BLOB_SIZE: usize = 131_072;

/// The most data a blob can carry, in bytes.
pub const MAX_BLOB_DATA: usize = BLOB_SIZE / GROUP * PACKED - HEADER;

/// Why a blob carries nothing. It is then ignored, and derivation goes on with the next data item (D53).
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum BlobFault {
    /// The encoding version is not 0.
    #[error("blob encoding version {0} is unknown")]
    Version(u8),
    /// The announced length is more than a blob can hold.
    #[error("the blob announces {0} bytes, more than {MAX_BLOB_DATA}")]
    Length(u32),
    /// A field element that carries data has one of its two high bits set.
    #[error("a field element in bytes {0} to {0} + 127 of the blob has a high bit set")]
    HighBits(usize),
    /// Something other than zero follows the data.
    #[error("the blob has bytes other than zero after its data")]
    Trailing,
}

/// The data that a blob carries. The blob of zeros is legal and carries the empty string (D49).
///
/// The two high bits of element 0 are masked rather than checked, and those of the elements after the data must be zero like everything else there
/// (D181). Nothing here asks whether the elements are canonical or match a commitment.
pub fn decode(blob: &[u8; BLOB_SIZE]) -> Result<Bytes, BlobFault> {
    let [_, version, high, mid, low, ..] = *blob;
    if version != VERSION {
        return Err(BlobFault::Version(version));
    }
    let announced = u32::from_be_bytes([0, high, mid, low]);
    let length = announced as usize;
    if length > MAX_BLOB_DATA {
        return Err(BlobFault::Length(announced));
    }
    // At most 1,024 groups, since the length was checked. The first is always decoded: the header is in it.
    let end = length.saturating_add(HEADER);
    let (used, unused) = blob.as_chunks::<GROUP>().0.split_at(end.div_ceil(PACKED));
    let mut packed: Vec<u8> = Vec::with_capacity(used.len().saturating_mul(PACKED));
    for (index, group) in used.iter().enumerate() {
        let checked = if index == 0 { 0 } else { group[0] } | group[32] | group[64] | group[96];
        if checked & HIGH_BITS != 0 {
            return Err(BlobFault::HighBits(index.saturating_mul(GROUP)));
        }
        packed.extend_from_slice(&unpack(group));
    }
    let after_data = packed.get(end..).unwrap_or_default();
    if !is_zero(after_data) || !is_zero(unused.as_flattened()) {
        return Err(BlobFault::Trailing);
    }
    Ok(Bytes::from(packed).slice(HEADER..end))
}

/// The blob that carries `data`, or nothing if it is longer than [`MAX_BLOB_DATA`].
pub fn encode(data: &[u8]) -> Option<Box<[u8; BLOB_SIZE]>> {
    if data.len() > MAX_BLOB_DATA {
        return None;
    }
    let [_, _, _, _, _, high, mid, low] = (data.len() as u64).to_be_bytes();
    let mut packed = Vec::with_capacity(data.len().saturating_add(HEADER));
    packed.extend_from_slice(&[VERSION, high, mid, low]);
    packed.extend_from_slice(data);
    let mut blob = vec![0; BLOB_SIZE];
    for (group, bytes) in blob
        .as_chunks_mut::<GROUP>()
        .0
        .iter_mut()
        .zip(packed.chunks(PACKED))
    {
        let mut padded = [0; PACKED];
        padded
            .iter_mut()
            .zip(bytes)
            .for_each(|(to, from)| *to = *from);
        *group = pack(&padded);
    }
    blob.into_boxed_slice().try_into().ok()
}

/// Four field elements to the 127 bytes they carry.
fn unpack(group: &[u8; GROUP]) -> [u8; PACKED] {
    let mut bytes = [0; PACKED];
    let [a, b, c, d] = [group[0], group[32], group[64], group[96]];
    bytes[..31].copy_from_slice(&group[1..32]);
    bytes[31] = a & 0x3f | (b & 0x30) << 2;
    bytes[32..63].copy_from_slice(&group[33..64]);
    bytes[63] = b & 0x0f | (d & 0x0f) << 4;
    bytes[64..95].copy_from_slice(&group[65..96]);
    bytes[95] = c & 0x3f | (d & 0x30) << 2;
    bytes[96..].copy_from_slice(&group[97..]);
    bytes
}

/// The inverse of [`unpack`].
fn pack(bytes: &[u8; PACKED]) -> [u8; GROUP] {
    let mut group = [0; GROUP];
    let [x, y, z] = [bytes[31], bytes[63], bytes[95]];
    group[0] = x & 0x3f;
    group[1..32].copy_from_slice(&bytes[..31]);
    group[32] = y & 0x0f | (x & 0xc0) >> 2;
    group[33..64].copy_from_slice(&bytes[32..63]);
    group[64] = z & 0x3f;
    group[65..96].copy_from_slice(&bytes[64..95]);
    group[96] = (z & 0xc0) >> 2 | y >> 4;
    group[97..].copy_from_slice(&bytes[96..]);
    group
}

/// Whether all bytes are zero; looks at every byte, which the compiler turns into wide loads.
fn is_zero(bytes: &[u8]) -> bool {
    bytes.iter().fold(0, |seen, byte| seen | byte) == 0
}

/// The only encoding version.
const VERSION: u8 = 0;
/// Version and length, in bytes.
const HEADER: usize = 4;
/// Bytes of four field elements.
const GROUP: usize = 128;
/// Bytes that four field elements carry.
const PACKED: usize = 127;
/// What a field element's first byte never uses.
const HIGH_BITS: u8 = 0xc0;

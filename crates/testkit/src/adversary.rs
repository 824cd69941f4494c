//! Adversaries: changes at each layer, chosen by a seed. What comes out can always be put on L1; what it is worth is derivation's business.

use crate::l1::L1Log;
use crate::rng::Rng;
use crate::span::{Row, Span};
use alloy_primitives::{B256, Bytes, Log};
use hoike_protocol::blob::BLOB_SIZE;
use hoike_protocol::frame::{ChannelId, Frame};

/// A layer of what L1 carries.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Layer {
    /// A blob's field elements.
    FieldElements,
    /// A data item's bytes: version, frame headers.
    Item,
    /// Frames: order, numbers, names, ends.
    Frames,
    /// A channel's compressed bytes.
    Channel,
    /// What is compressed: batches and their RLP.
    Stream,
    /// A batch's bytes.
    Batch,
    /// A span's columns.
    Span,
    /// Logs of the portal and the SystemConfig contract.
    Logs,
}

impl Layer {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::FieldElements,
        Self::Item,
        Self::Frames,
        Self::Channel,
        Self::Stream,
        Self::Batch,
        Self::Span,
        Self::Logs,
    ];
}

/// Changes bytes: flips, overwrites, cuts, repeats, inserts. The result may be empty.
pub fn bytes(of: &[u8], rng: &mut Rng) -> Vec<u8> {
    let mut out = of.to_vec();
    for _ in 0..=rng.below(3) {
        let at = rng.below(out.len());
        match rng.below(7) {
            _ if out.is_empty() => out.push(rng.next_u64() as u8),
            0 => out[at] ^= 1 << rng.below(8),
            1 => out[at] = *rng.pick(&[0, 1, 0x7e, 0x7f, 0x80, 0xb8, 0xbf, 0xc0, 0xf8, 0xff]),
            2 => out.truncate(at),
            3 => {
                let end = (at + rng.below(32)).min(out.len());
                out.drain(at..end);
            }
            4 => {
                let end = (at + rng.below(32)).min(out.len());
                let piece = out[at..end].to_vec();
                out.splice(at..at, piece);
            }
            5 => {
                let count = rng.below(16);
                let piece = rng.bytes(count);
                out.splice(at..at, piece);
            }
            _ => {
                let other = rng.below(out.len());
                out.swap(at, other);
            }
        }
    }
    out
}

/// Changes a blob's field elements, which stay canonical.
pub fn field_elements(blob: &mut [u8; BLOB_SIZE], rng: &mut Rng) {
    for _ in 0..=rng.below(3) {
        // Mostly where there is data.
        let element = if rng.one_in(4) {
            rng.below(BLOB_SIZE / 32)
        } else {
            rng.below(8)
        };
        let byte = rng.below(32);
        let value = &mut blob[element * 32 + byte];
        *value = match rng.below(3) {
            0 => *value ^ 1 << rng.below(8),
            1 => 0,
            _ => rng.next_u64() as u8,
        };
        // The modulus begins with 0x73.
        blob[element * 32] = blob[element * 32].min(0x72);
    }
}

/// Changes frames: drops, repeats, moves, renames, renumbers, ends.
pub fn frames(of: &[Frame], rng: &mut Rng) -> Vec<Frame> {
    let mut out = of.to_vec();
    for _ in 0..=rng.below(3) {
        if out.is_empty() {
            return out;
        }
        let at = rng.below(out.len());
        match rng.below(8) {
            0 => drop(out.remove(at)),
            1 => out.insert(at, out[at].clone()),
            2 => {
                let other = rng.below(out.len());
                out.swap(at, other);
            }
            3 => out[at].id = ChannelId([rng.below(4) as u8; 16]),
            4 => out[at].number = *rng.pick(&[0, 1, 2, out[at].number.wrapping_add(1), u16::MAX]),
            5 => out[at].is_last ^= true,
            6 => {
                let end = rng.below(out[at].data.len() + 1);
                out[at].data.truncate(end);
            }
            _ => rng.shuffle(&mut out),
        }
    }
    out
}

/// Changes a span's columns, each within what can be encoded.
pub fn span(of: &Span, rng: &mut Rng) -> Span {
    let mut out = of.clone();
    for _ in 0..=rng.below(2) {
        match rng.below(11) {
            0 => out.relative_time = number(out.relative_time, rng),
            1 => out.last_epoch = number(out.last_epoch, rng),
            2 => out.parent_check[rng.below(20)] ^= 1,
            3 => out.origin_check[rng.below(20)] ^= 1,
            4 => {
                if let Some(bit) = pick(&mut out.origin_bits, rng) {
                    *bit ^= true;
                }
            }
            5 => {
                let count = rng.below(12);
                out.origin_bits.resize(count, false);
            }
            6 => {
                if let Some(count) = pick(&mut out.counts, rng) {
                    *count = number(*count, rng);
                }
            }
            7 => {
                let at = rng.below(out.rows.len() + 1);
                out.rows.truncate(at);
            }
            _ => {
                if let Some(row) = pick(&mut out.rows, rng) {
                    change_row(row, rng);
                }
            }
        }
    }
    out
}

fn change_row(row: &mut Row, rng: &mut Rng) {
    match rng.below(7) {
        0 => row.to = None,
        1 => row.signature = [0; 64],
        2 => row.parity ^= true,
        3 => row.data = bytes(&row.data, rng),
        4 => row.nonce = number(row.nonce, rng),
        5 => row.gas = number(row.gas, rng),
        _ => row.protected = row.protected.map(|protected| !protected),
    }
}

/// Changes a log: topics, data, meaning as it comes. What a changed log means is not known here, so it means nothing.
pub fn log(of: &L1Log, rng: &mut Rng) -> Log {
    let mut topics = of.log.data.topics().to_vec();
    let mut data = of.log.data.data.to_vec();
    match rng.below(4) {
        0 => {
            if let Some(topic) = pick(&mut topics, rng) {
                topic.0[rng.below(32)] ^= 1;
            }
        }
        1 => topics.truncate(rng.below(4)),
        2 if topics.len() < 4 => topics.push(B256::ZERO),
        _ => data = bytes(&data, rng),
    }
    Log::new_unchecked(of.log.address, topics, Bytes::from(data))
}

/// Another number: one next to it, or one at an edge.
fn number(of: u64, rng: &mut Rng) -> u64 {
    match rng.below(4) {
        0 => of.wrapping_add(1),
        1 => of.wrapping_sub(1),
        2 => *rng.pick(&[0, 1, 10_000_000, 10_000_001, u64::MAX]),
        _ => rng.next_u64() >> rng.below(64),
    }
}

fn pick<'a, T>(of: &'a mut [T], rng: &mut Rng) -> Option<&'a mut T> {
    let at = rng.below(of.len());
    of.get_mut(at)
}

//! L1's blobs, by slot.

use crate::chain::{Block, Chain};
use alloy_consensus::{Transaction, TxEnvelope};
use alloy_eips::Decodable2718;
use alloy_primitives::{B256, Bytes, map::HashMap};
use hoike_preimage::{BLOB_BYTES, Commitment, Oracle, PreimageKey, Witness, roots_of_unity};
use std::sync::OnceLock;

/// A blob of a block.
#[derive(Clone, Debug)]
pub(crate) struct Blob {
    /// Its position among all of the block's.
    pub(crate) index: u64,
    pub(crate) hash: B256,
    pub(crate) commitment: Commitment,
    pub(crate) contents: Bytes,
    /// As recorded, or computed when first asked for.
    proof: OnceLock<[u8; 48]>,
}

impl Blob {
    /// The proof of EIP-4844; the point at infinity, which proves nothing, for a blob that has none.
    pub(crate) fn proof(&self) -> [u8; 48] {
        *self.proof.get_or_init(|| {
            let contents: Option<&[u8; BLOB_BYTES]> = self.contents.as_ref().try_into().ok();
            contents
                .and_then(|blob| hoike_kzg::Native.proof(blob, &self.commitment).ok())
                .unwrap_or(INFINITY)
        })
    }
}

/// L1's slots, and the blobs that the witness has.
#[derive(Debug)]
pub(crate) struct Slots {
    pub(crate) genesis_time: u64,
    pub(crate) seconds_per_slot: u64,
    /// For each slot with a known block.
    slots: HashMap<u64, Vec<Blob>>,
}

impl Slots {
    /// Times of L1's blocks become slots: as long as divides all differences, and the oldest block is at slot 1,000 if time allows.
    pub(crate) fn new(l1: &Chain, witness: &mut Witness) -> Self {
        let times: Vec<u64> = l1
            .blocks()
            .iter()
            .map(|block| block.header.timestamp)
            .collect();
        let gaps = times.windows(2).map(|pair| pair[1].saturating_sub(pair[0]));
        let seconds_per_slot = match gaps.fold(0, greatest_common_divisor) {
            0 => DEFAULT_SECONDS_PER_SLOT,
            gcd => gcd,
        };
        let oldest = times[0];
        let before = (oldest / seconds_per_slot).min(1_000);
        let genesis_time = oldest - before * seconds_per_slot;
        let slots = l1
            .blocks()
            .iter()
            .map(|block| {
                let slot = (block.header.timestamp - genesis_time) / seconds_per_slot;
                (slot, blobs(block, witness))
            })
            .collect();
        Self {
            genesis_time,
            seconds_per_slot,
            slots,
        }
    }

    /// The blobs of a slot's block; `None` if there is no known block.
    pub(crate) fn at(&self, slot: u64) -> Option<&[Blob]> {
        self.slots.get(&slot).map(Vec::as_slice)
    }

    /// All blobs there are.
    pub(crate) fn all(&self) -> impl Iterator<Item = &Blob> {
        self.slots.values().flatten()
    }

    pub(crate) fn head(&self) -> u64 {
        self.slots.keys().copied().max().unwrap_or_default()
    }
}

fn blobs(block: &Block, witness: &mut Witness) -> Vec<Blob> {
    let hashes = block.transactions.iter().flatten().flat_map(|raw| {
        let tx = TxEnvelope::decode_2718(&mut &raw[..]).ok();
        let hashes = tx.and_then(|tx| tx.blob_versioned_hashes().map(<[B256]>::to_vec));
        hashes.unwrap_or_default()
    });
    (0..)
        .zip(hashes)
        .filter_map(|(index, hash)| {
            let commitment = witness.value(&PreimageKey::sha256(hash))?;
            let commitment: Commitment = commitment.as_ref().try_into().ok()?;
            // kona's hosts record it.
            let proof = witness.blob_proof(&commitment).ok().flatten();
            Some(Blob {
                index,
                hash,
                commitment,
                proof: proof.map_or_else(OnceLock::new, OnceLock::from),
                contents: contents(witness, &commitment)?,
            })
        })
        .collect()
}

/// A blob's 131,072 bytes, in one piece or by its elements; `None` if the witness lacks any.
fn contents(witness: &mut Witness, commitment: &Commitment) -> Option<Bytes> {
    if let Ok(Some(blob)) = witness.blob(commitment) {
        return Some(Bytes::from(blob.to_vec()));
    }
    let mut contents = Vec::new();
    for root in roots_of_unity() {
        let element = witness.value(&PreimageKey::blob(commitment, root))?;
        contents.extend_from_slice(&element);
    }
    Some(contents.into())
}

const fn greatest_common_divisor(mut a: u64, mut b: u64) -> u64 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}

const DEFAULT_SECONDS_PER_SLOT: u64 = 12;
const INFINITY: [u8; 48] = {
    let mut point = [0; 48];
    point[0] = 0xc0;
    point
};

//! Opens the channels that a claim's blobs carry, by the codecs of `hoike-protocol` alone: frames, decompression, batches, transactions. It
//! decides nothing: which of it counts is derivation's business (`hoike explain`).
//!
//! ```sh
//! cargo run --release -p hoike-examples --bin explain-a-channel [CLAIM FOLDER]
//! ```

use alloy_primitives::{B256, Bytes};
use hoike_claims::Folder;
use hoike_kzg::Pure;
use hoike_preimage::{Checked, KeyKind, Verified};
use hoike_protocol::{
    RollupConfig,
    batch::{Batch, BatchReader, SpanParams},
    blob,
    compress::decompress,
    frame::{ChannelId, Frame, parse_frames},
};
use sha2::{Digest, Sha256};
use std::{collections::BTreeMap, env, error::Error, path::Path};

fn main() -> Result<(), Box<dyn Error>> {
    let example = concat!(env!("CARGO_MANIFEST_DIR"), "/../bin/hoike/example");
    let folder = env::args().nth(1).unwrap_or_else(|| example.to_owned());
    let folder = Folder::read(Path::new(&folder))?;

    // A versioned hash's preimage in the witness is the commitment, from which the hash is made again.
    let commitments = folder
        .witness
        .iter()
        .filter(|(key, _)| key.kind() == KeyKind::Sha256);
    let hashes: Vec<B256> = commitments
        .map(|(_, commitment)| {
            let mut hash = B256::from_slice(&Sha256::digest(&commitment));
            hash.0[0] = 1;
            hash
        })
        .collect();
    let blobs = Verified::new(folder.witness.clone(), Pure).blobs(0, &hashes)?;

    let mut channels: BTreeMap<ChannelId, BTreeMap<u16, Frame>> = BTreeMap::new();
    for (hash, data) in hashes.iter().zip(&blobs) {
        let frames = blob::decode(data).map(|item| parse_frames(&item));
        let frames = match frames {
            Ok(Ok(frames)) => frames,
            Ok(Err(why)) => {
                println!("blob {hash}: {why}");
                continue;
            }
            Err(why) => {
                println!("blob {hash}: {why}");
                continue;
            }
        };
        for frame in frames {
            channels
                .entry(frame.id)
                .or_default()
                .insert(frame.number, frame);
        }
    }
    for (id, frames) in channels {
        explain(id, &frames, &folder.rules.rollup);
    }
    Ok(())
}

fn explain(id: ChannelId, frames: &BTreeMap<u16, Frame>, rollup: &RollupConfig) {
    let compressed: Vec<u8> = frames
        .values()
        .flat_map(|frame| frame.data.iter().copied())
        .collect();
    println!(
        "channel {id}: {} frames, {} bytes",
        frames.len(),
        compressed.len()
    );
    let last = frames.values().next_back();
    let complete =
        last.is_some_and(|last| last.is_last && usize::from(last.number) + 1 == frames.len());
    if !complete {
        println!("  not all of its frames are here");
        return;
    }
    let channel = match decompress(&compressed, true, MAX_RLP_BYTES) {
        Ok(channel) => channel,
        Err(why) => {
            println!("  unreadable: {why}");
            return;
        }
    };
    println!(
        "  {:?}, {} bytes; {}",
        channel.algorithm,
        channel.data.len(),
        channel.end
    );
    let params = SpanParams {
        l2_chain_id: rollup.l2_chain_id,
        genesis_time: rollup.genesis.l2_time,
        block_time: rollup.block_time,
    };
    let mut batches = BatchReader::new(Bytes::from(channel.data));
    while let Some(batch) = batches.next_batch(&params, true) {
        match batch {
            Ok(Batch::Singular(batch)) => println!(
                "  singular batch: time {}, {} transactions",
                batch.time.0,
                batch.transactions.len()
            ),
            Ok(Batch::Span(span)) => {
                println!(
                    "  span batch: {} blocks to time {}, {} transactions",
                    span.block_count(),
                    span.last_time().0,
                    span.tx_count()
                );
                let mut cursor = span.cursor();
                if let Some(first) = span.next_element(&mut cursor) {
                    let bytes: usize = span.transactions(&first).iter().map(|tx| tx.len()).sum();
                    println!("    its first block's transactions have {bytes} bytes");
                }
            }
            Err(why) => println!("  batch lost: {why}"),
        }
    }
}

/// Fjord's limit of a channel's data, in bytes.
const MAX_RLP_BYTES: u64 = 100_000_000;

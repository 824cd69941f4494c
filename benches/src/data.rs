//! The data: the claim in the repository, and the fixtures.

use crate::claim;
use alloy_primitives::Bytes;
use hoike_claims::Folder;
use hoike_preimage::{BLOB_BYTES, Hint, KeyKind, NotFound, Oracle, PreimageKey, Trusted, Witness};
use hoike_protocol::{
    blob,
    frame::{ChannelId, parse_frames},
};
use std::{
    env, fs,
    path::{Path, PathBuf},
};

/// The folder of the fixtures.
pub fn fixtures() -> PathBuf {
    env::var_os("HOIKE_FIXTURES")
        .map_or_else(|| project().join("../shared/fixtures"), PathBuf::from)
}

/// A file of the fixtures; none, with a message, where there is no such file.
pub fn fixture(path: &str) -> Option<Vec<u8>> {
    let path = fixtures().join(path);
    let file = fs::read(&path);
    if file.is_err() {
        eprintln!("skipped: no {}", path.display());
    }
    file.ok()
}

/// The real claim in the repository.
///
/// # Panics
/// It cannot be read.
pub fn example() -> Folder {
    Folder::read(&project().join("bin/hoike/example")).expect("the example")
}

fn project() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// A witness that remembers what it was asked for.
#[derive(Debug)]
pub struct Recorded {
    witness: Witness,
    /// The keys, in order, repetitions included.
    pub keys: Vec<PreimageKey>,
    /// All field elements, one after the other.
    elements: Vec<u8>,
}

impl Oracle for Recorded {
    type Error = NotFound;

    fn hint(&mut self, _: &Hint<'_>) -> Result<(), NotFound> {
        Ok(())
    }

    fn get(&mut self, key: PreimageKey) -> Result<Bytes, NotFound> {
        let value = self.witness.get(key)?;
        if key.kind() == KeyKind::Blob {
            self.elements.extend_from_slice(&value);
        }
        self.keys.push(key);
        Ok(value)
    }
}

/// Judges a folder's first claim, and records what is read.
pub fn record(folder: &Folder) -> Recorded {
    let mut recorded = Recorded {
        witness: folder.witness.clone(),
        keys: Vec::new(),
        elements: Vec::new(),
    };
    let _verdict = claim::pure(folder, Trusted::assume_checked_by_vm(&mut recorded));
    recorded
}

/// The blobs that judging a claim reads, in order.
pub fn blobs(recorded: &Recorded) -> Vec<[u8; BLOB_BYTES]> {
    recorded.elements.as_chunks().0.to_vec()
}

/// The channels in blobs, in the order of their last frames. Whose blobs they are, and whether a channel has timed out, is not asked.
pub fn channels(blobs: &[[u8; BLOB_BYTES]]) -> Vec<Bytes> {
    let mut open: Vec<(ChannelId, Vec<u8>)> = Vec::new();
    let mut complete = Vec::new();
    for frame in blobs
        .iter()
        .filter_map(|blob| parse_frames(&blob::decode(blob).ok()?).ok())
        .flatten()
    {
        let index = open
            .iter()
            .position(|(id, _)| *id == frame.id)
            .unwrap_or_else(|| {
                open.push((frame.id, Vec::new()));
                open.len() - 1
            });
        open[index].1.extend_from_slice(&frame.data);
        if frame.is_last {
            complete.push(open.swap_remove(index).1.into());
        }
    }
    complete
}

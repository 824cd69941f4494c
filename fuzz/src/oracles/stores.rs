//! Witness files.

use crate::{generators::Feed, memory};
use alloy_primitives::Bytes;
use hoike_preimage::{KeyKind, Memory, Oracle, PreimageKey, Witness};
use hoike_testkit::{Rng, adversary};
use std::collections::BTreeMap;

/// Witness files: read as by a plain reader, every entry found, no other; what a map writes is read back; memory in proportion to the file.
pub fn witness(data: &[u8]) {
    check(&Bytes::copy_from_slice(data));

    let mut feed = Feed::new(data);
    let seed = feed.u64();
    let mut entries = BTreeMap::new();
    while !feed.is_empty() && entries.len() < 200 {
        let head = feed.byte();
        // Few different beginnings, so that keys meet in the index.
        let mut key = [0x11 * (head & 7); 32];
        key[0] = [2, 2, 4, 5, 6, 2, 2, 5][usize::from(head >> 3 & 7)];
        let at = 1 + feed.below(31);
        key[at] = feed.byte();
        let value = match key[0] {
            4 => [head; 48].to_vec(),
            5 => vec![head; if head & 0x40 == 0 { 32 } else { 48 }],
            6 => [&[head], feed.bytes()].concat(),
            _ if head & 0x40 != 0 => vec![head; 80],
            _ => feed.bytes().to_vec(),
        };
        let key = PreimageKey::from_bytes(key).expect("a known kind");
        entries.insert(key, Bytes::from(value));
    }
    let memory: Memory = entries
        .iter()
        .map(|(key, value)| (*key, value.clone()))
        .collect();
    let file = memory.to_witness().expect("small values");
    let read = check(&file.clone().into()).expect("a witness");
    assert!(
        read.iter()
            .eq(entries.iter().map(|(key, value)| (*key, value.clone())))
    );
    check(&adversary::bytes(&file, &mut Rng::new(seed)).into());
}

fn check(file: &Bytes) -> Option<Witness> {
    let (read, peak) = memory::peak(|| Witness::parse(file.clone()));
    // 8 bytes an entry for the index, which doubles as it grows, as many for its tables and for what may be points of blobs.
    assert!(
        peak <= file.len() * 2 + 4096,
        "{peak} bytes for a file of {}",
        file.len()
    );
    let plain = plain_witness(file);
    let mut read = match (read, plain.is_some()) {
        (Ok(read), true) => read,
        (Err(_), false) => return None,
        (read, plain) => panic!("{read:?}, but plainly {plain}"),
    };
    let entries = plain.unwrap_or_default();
    assert_eq!(read.len(), entries.len());
    assert_eq!(read.is_empty(), entries.is_empty());
    assert!(read.keys().eq(entries.iter().map(|(key, _)| *key)));
    let mut again = Vec::new();
    for (key, value) in read.iter() {
        again.extend_from_slice(key.as_bytes());
        again.extend_from_slice(&(value.len() as u32).to_le_bytes());
        again.extend_from_slice(&value);
    }
    assert!(again == file[..], "written as it was read");
    for (key, value) in &entries {
        assert_eq!(
            read.value(key).as_deref().map(|found| &found[..]),
            Some(*value)
        );
        assert!(read.get(*key).is_ok_and(|found| found[..] == **value));
        let mut out = [0xa5; 40];
        let length = value.len().min(40);
        assert_eq!(read.read(*key, &mut out), Ok(value.len()));
        assert!(out[..length] == value[..length] && out[length..].iter().all(|byte| *byte == 0xa5));
        // The neighbours of a key are there or not, as a search through all says.
        for (at, change) in [(0, 4), (0, 6), (1, 1), (4, 1), (5, 0x80), (31, 1)] {
            let mut bytes = *key.as_bytes();
            bytes[at] ^= change;
            let Ok(other) = PreimageKey::from_bytes(bytes) else {
                continue;
            };
            let found = entries.binary_search_by(|(key, _)| key.cmp(&other));
            let value = found.ok().map(|index| entries[index].1);
            assert_eq!(read.value(&other).as_deref().map(|found| &found[..]), value);
        }
    }
    Some(read)
}

/// Entry by entry, by positions.
fn plain_witness(file: &[u8]) -> Option<Vec<(PreimageKey, &[u8])>> {
    let mut entries: Vec<(PreimageKey, &[u8])> = Vec::new();
    let mut at = 0;
    while at < file.len() {
        let key = PreimageKey::from_bytes(file.get(at..at + 32)?.try_into().ok()?).ok()?;
        let length = u32::from_le_bytes(file.get(at + 32..at + 36)?.try_into().ok()?) as usize;
        let value = file.get(at + 36..at + 36 + length)?;
        let fits = match key.kind() {
            KeyKind::Local | KeyKind::Global => false,
            KeyKind::Keccak256 => true,
            KeyKind::Sha256 => length == 48,
            KeyKind::Blob => length == 32 || length == 48,
            KeyKind::Precompile => length > 0,
        };
        if !fits || entries.last().is_some_and(|(last, _)| *last >= key) {
            return None;
        }
        entries.push((key, value));
        at += 36 + length;
    }
    Some(entries)
}

//! Claim folders' witnesses.
#![allow(dead_code, reason = "not every test uses everything")]

use hoike_preimage::{KeyKind, PreimageKey, Witness};
use std::{env, fs, path::PathBuf};

/// The fixtures' folder, or nothing, with a message, if it is not there.
pub(crate) fn fixtures() -> Option<PathBuf> {
    let folder = env::var_os("HOIKE_FIXTURES").map_or_else(
        || {
            PathBuf::from(concat!(
                env!("CARGO_MANIFEST_DIR"),
                "/../../../shared/fixtures"
            ))
        },
        PathBuf::from,
    );
    if !folder.is_dir() {
        println!("skipped: {} is not there", folder.display());
        return None;
    }
    Some(folder)
}

/// Folders with claims, by name; `only`: one of them must be in the name, unless there is none.
pub(crate) fn claims(only: &[&str]) -> Vec<(String, PathBuf)> {
    let Some(folder) = fixtures().map(|folder| folder.join("claims")) else {
        return Vec::new();
    };
    let mut claims: Vec<_> = fs::read_dir(folder)
        .expect("a folder of claims")
        .map(|entry| entry.expect("an entry").path().join("witness.kv.zst"))
        .filter(|path| path.is_file())
        .map(|path| {
            let name = path.parent().and_then(|folder| folder.file_name());
            (name.expect("a name").to_string_lossy().into_owned(), path)
        })
        .filter(|(name, _)| only.is_empty() || only.iter().any(|only| name.contains(only)))
        .collect();
    claims.sort();
    assert!(!claims.is_empty(), "the folder has no such claims");
    claims
}

/// The witness of a folder.
pub(crate) fn witness(path: &PathBuf) -> Witness {
    let raw = zstd::decode_all(fs::File::open(path).expect("a witness")).expect("zstd");
    Witness::parse(raw.into()).expect("a witness")
}

/// The witness's keys of a type.
pub(crate) fn keys(witness: &Witness, kind: KeyKind) -> Vec<PreimageKey> {
    let keys = witness.keys().filter(|key| key.kind() == Some(kind));
    keys.collect()
}

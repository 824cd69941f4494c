//! Reads golden vectors.

use std::{fs, path::PathBuf};

use alloy_primitives::{Bytes, hex, keccak256};
use serde_json::Value;

/// The folder of fixtures: `HOIKE_FIXTURES`, else beside the workspace.
pub(crate) fn fixtures() -> PathBuf {
    std::env::var_os("HOIKE_FIXTURES").map_or_else(
        || {
            PathBuf::from(concat!(
                env!("CARGO_MANIFEST_DIR"),
                "/../../../shared/fixtures"
            ))
        },
        PathBuf::from,
    )
}

/// A fixture's contents, or nothing, with a message, if it is not there.
pub(crate) fn fixture(name: &str) -> Option<Vec<u8>> {
    let path = fixtures().join(name);
    let read = fs::read(&path).ok();
    if read.is_none() {
        println!("skipped: {} is not there", path.display());
    }
    read
}

/// A vector file, or nothing, with a message, if it is not there.
pub(crate) fn vectors(name: &str) -> Option<Value> {
    let text = fixture(&format!("vectors/{name}.json"))?;
    Some(serde_json::from_slice(&text).expect("vector files are JSON"))
}

/// A byte string: hex, or a pattern `{seed, len}`.
pub(crate) fn bytes(value: &Value) -> Vec<u8> {
    if let Some(text) = value.as_str() {
        return hex::decode(text).expect("hex");
    }
    let seed = value["seed"].as_u64().expect("seed").to_be_bytes();
    let len = value["len"].as_u64().expect("len") as usize;
    let words = (0u64..).map(|k| keccak256([seed, k.to_be_bytes()].concat()));
    words.flat_map(|word| word.0).take(len).collect()
}

/// A byte string given as parts to be concatenated.
#[allow(dead_code, reason = "not every test has parts")]
pub(crate) fn parts(value: &Value) -> Bytes {
    value
        .as_array()
        .expect("parts")
        .iter()
        .flat_map(bytes)
        .collect::<Vec<_>>()
        .into()
}

//! The beacon node's REST API.

use crate::{
    blobs::{Blob, Slots},
    json::{array, hex_text},
    options::Options,
};
use alloy_primitives::{B256, hex};
use serde_json::json;

/// A status and a body of JSON.
pub(crate) type Response = (u16, String);

/// Answers a request by its path and query.
pub(crate) fn answer(slots: &Slots, options: &Options, path: &str, query: &str) -> Response {
    match path {
        "/eth/v1/node/version" => data(json!({ "version": "Lighthouse/v8.0.0-standin/x86_64" })),
        "/eth/v1/node/syncing" => data(json!({
            "head_slot": slots.head().to_string(),
            "sync_distance": "0",
            "is_syncing": false,
            "is_optimistic": false,
            "el_offline": false,
        })),
        "/eth/v1/beacon/genesis" => data(json!({
            "genesis_time": slots.genesis_time.to_string(),
            "genesis_validators_root": B256::repeat_byte(0x9a),
            "genesis_fork_version": "0x00000000",
        })),
        "/eth/v1/config/spec" => data(json!({
            "SECONDS_PER_SLOT": slots.seconds_per_slot.to_string(),
            "SLOTS_PER_EPOCH": "32",
        })),
        _ => {
            let at = |prefix| {
                path.strip_prefix(prefix)
                    .filter(|slot: &&str| !slot.contains('/'))
            };
            if let Some(slot) = at("/eth/v1/beacon/blobs/").filter(|_| options.beacon_blobs) {
                return blobs(slots, options, slot, query);
            }
            let sidecars = at("/eth/v1/beacon/blob_sidecars/");
            if let Some(slot) = sidecars.filter(|_| options.beacon_sidecars) {
                return blob_sidecars(slots, options, slot, query);
            }
            error(404, "NOT_FOUND")
        }
    }
}

fn blobs(slots: &Slots, options: &Options, slot: &str, query: &str) -> Response {
    let Ok(hashes) = values(query, "versioned_hashes", |text| text.parse::<B256>().ok()) else {
        return error(400, "BAD_REQUEST: versioned_hashes");
    };
    let chosen =
        |blob: &&Blob| !options.pruned_blobs && (hashes.is_empty() || hashes.contains(&blob.hash));
    list(slots, slot, chosen, |blob| {
        hex_text(&blob.contents).to_string()
    })
}

fn blob_sidecars(slots: &Slots, options: &Options, slot: &str, query: &str) -> Response {
    let Ok(indices) = values(query, "indices", |text| text.parse::<u64>().ok()) else {
        return error(400, "BAD_REQUEST: indices");
    };
    let chosen = |blob: &&Blob| {
        !options.pruned_blobs && (indices.is_empty() || indices.contains(&blob.index))
    };
    list(slots, slot, chosen, |blob| {
        format!(
            "{{\"index\":\"{}\",\"blob\":{},\"kzg_commitment\":\"{}\",\"kzg_proof\":\"{}\"}}",
            blob.index,
            hex_text(&blob.contents),
            hex::encode_prefixed(blob.commitment),
            hex::encode_prefixed(blob.proof())
        )
    })
}

fn list(
    slots: &Slots,
    slot: &str,
    chosen: impl Fn(&&Blob) -> bool,
    show: impl Fn(&Blob) -> String,
) -> Response {
    let slot = match slot {
        "head" | "finalized" => Ok(slots.head()),
        slot => slot.parse(),
    };
    let Ok(slot) = slot else {
        return error(400, "BAD_REQUEST: Invalid block ID");
    };
    let Some(blobs) = slots.at(slot) else {
        return error(404, "NOT_FOUND: beacon block not found");
    };
    let shown: Vec<String> = blobs.iter().filter(chosen).map(show).collect();
    let data = array(&shown);
    (
        200,
        format!("{{\"execution_optimistic\":false,\"finalized\":true,\"data\":{data}}}"),
    )
}

/// The values of a parameter: repeated, separated by commas, or both.
fn values<T>(query: &str, name: &str, read: impl Fn(&str) -> Option<T>) -> Result<Vec<T>, ()> {
    let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    pairs
        .filter(|(key, _)| *key == name)
        .flat_map(|(_, value)| value.split([',']).flat_map(|value| value.split("%2C")))
        .map(|value| read(value).ok_or(()))
        .collect()
}

fn data(value: serde_json::Value) -> Response {
    (200, json!({ "data": value }).to_string())
}

pub(crate) fn error(code: u16, message: &str) -> Response {
    (
        code,
        json!({ "code": code, "message": message }).to_string(),
    )
}

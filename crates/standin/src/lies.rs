//! Wrong answers of the right form.

use alloy_consensus::Header;
use alloy_primitives::{Bytes, hex};
use alloy_rlp::Decodable;
use alloy_rpc_types_eth as rpc;
use serde_json::Value;

/// Changes one hex digit of a result's JSON; `None` if it has none.
pub(crate) fn wrong_digit(text: &str, draw: u64) -> Option<String> {
    let mut bytes = text.as_bytes().to_vec();
    let mut places = Vec::new();
    let mut from = 0;
    while let Some(found) = text[from..].find("\"0x") {
        let start = from + found + 3;
        let length = text[start..].find('"')?;
        places.extend(start..start + length);
        from = start + length + 1;
    }
    let place = *places.get((draw % places.len().max(1) as u64) as usize)?;
    let digit = (bytes[place] as char).to_digit(16)?;
    // Not zero, so that a number keeps its form.
    let other = (1..16)
        .filter(|other| *other != digit)
        .nth((draw >> 32) as usize % 14)?;
    bytes[place] = char::from_digit(other, 16)? as u8;
    String::from_utf8(bytes).ok()
}

/// A block's JSON, or a header's RLP, with other extra data and the hash that belongs to it; `None` if it is neither.
pub(crate) fn fork(text: &str) -> Option<String> {
    let mut value: Value = serde_json::from_str(text).ok()?;
    if let Value::String(raw) = &value {
        let raw = hex::decode(raw).ok()?;
        let mut rest = &raw[..];
        let header = Header::decode(&mut rest).ok().filter(|_| rest.is_empty())?;
        let raw = alloy_rlp::encode(with_other_extra_data(header));
        return serde_json::to_string(&hex::encode_prefixed(raw)).ok();
    }
    value.get("extraData")?;
    let header: rpc::Header = serde_json::from_value(value.clone()).ok()?;
    let header = with_other_extra_data(header.inner);
    value["extraData"] = serde_json::to_value(&header.extra_data).ok()?;
    value["hash"] = serde_json::to_value(header.hash_slow()).ok()?;
    serde_json::to_string(&value).ok()
}

fn with_other_extra_data(mut header: Header) -> Header {
    let mut extra_data = header.extra_data.to_vec();
    match extra_data.last_mut() {
        Some(last) => *last ^= 1,
        None => extra_data.push(1),
    }
    header.extra_data = Bytes::from(extra_data);
    header
}

//! What lies where in a program: meta.json.

use serde::{Deserialize, Serialize};

/// A symbol of a program, as `meta.json` lists it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Symbol {
    /// Its name.
    pub name: String,
    /// Its address.
    pub start: u64,
    /// Its bytes.
    pub size: u64,
}

/// `meta.json`, as the originals write it: two spaces of indent, and two newlines at the end.
pub fn symbols_json(symbols: &[Symbol]) -> String {
    #[derive(Serialize)]
    struct Meta<'a> {
        symbols: &'a [Symbol],
    }
    let json = serde_json::to_string_pretty(&Meta { symbols }).unwrap_or_default();
    // Go writes these so; outside of strings JSON has none of them.
    let mut json = json
        .replace('&', "\\u0026")
        .replace('<', "\\u003c")
        .replace('>', "\\u003e")
        .replace('\u{2028}', "\\u2028")
        .replace('\u{2029}', "\\u2029");
    json.push_str("\n\n");
    json
}

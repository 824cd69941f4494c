//! What lies where in a program: meta.json.

use object::{
    elf::{FileHeader64, SHT_SYMTAB},
    endian::Endian,
    read::{
        Error,
        elf::{FileHeader, Sym},
    },
};
use serde::{Deserialize, Serialize};

/// Bytes that all segments of a program have together, at most. The originals have no limit and end for lack of memory.
pub const MEMORY_LIMIT: u64 = 2 << 30;

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

/// A program's symbols in the file's order; `None` if it has been stripped.
pub(crate) fn symbols<E: Endian>(
    header: &FileHeader64<E>,
    endian: E,
    file: &[u8],
) -> Result<Option<Vec<Symbol>>, Error> {
    let table = header
        .sections(endian, file)?
        .symbols(endian, file, SHT_SYMTAB)?;
    if table.is_empty() {
        return Ok(None);
    }
    // The first one stands for none.
    let named = table.iter().skip(1).map(|symbol| {
        let name = symbol.name(endian, table.strings())?;
        Ok(Symbol {
            name: String::from_utf8_lossy(name).into_owned(),
            start: symbol.st_value(endian),
            size: symbol.st_size(endian),
        })
    });
    named.collect::<Result<_, _>>().map(Some)
}

//! A chain's configs, from files that flags name or from the registry; and why a command stops before it has begun.

use crate::exit::Exit;
use alloy_primitives::Bytes;
use hoike_protocol::{RollupConfig, rules::L1Config};
use serde_json::value::RawValue;
use std::{collections::BTreeMap, fs, path::Path};

/// The exit code, and why.
pub(crate) type Stopped = (Exit, String);

pub(crate) fn data(why: impl ToString) -> Stopped {
    (Exit::Data, why.to_string())
}

pub(crate) fn usage(why: impl ToString) -> Stopped {
    (Exit::Usage, why.to_string())
}

/// The content of the file that a flag names.
pub(crate) fn read(flag: &str, path: &Path) -> Result<Vec<u8>, Stopped> {
    fs::read(path).map_err(|cause| {
        data(format_args!(
            "{flag}: cannot read {}: {cause}",
            path.display()
        ))
    })
}

/// A rollup config out of the content of the file that a flag names.
pub(crate) fn rollup(flag: &str, json: &[u8]) -> Result<RollupConfig, Stopped> {
    hoike_registry::rollup_config(json).map_err(|why| data(format_args!("{flag}: {why}")))
}

/// L1's config out of the content of the file that a flag names, or the registry, if it is of the rollup's L1.
pub(crate) fn l1(
    flag: &str,
    rollup: &RollupConfig,
    json: Option<&[u8]>,
) -> Result<L1Config, Stopped> {
    let id = rollup.l1_chain_id;
    let l1 = match json {
        Some(json) => hoike_registry::l1_config_json(json)
            .map_err(|why| data(format_args!("{flag}: {why}")))?,
        None => hoike_registry::l1_config(id).ok_or_else(|| {
            usage(format_args!(
                "L1 chain {id} is not in the registry: give its {flag}"
            ))
        })?,
    };
    if l1.chain_id == id {
        Ok(l1)
    } else {
        Err(data(format_args!(
            "{flag} is of chain {}, but the rollup config is of one on chain {id}",
            l1.chain_id
        )))
    }
}

/// A chain of the registry, by number or by name; else its config has to be given by another flag.
pub(crate) fn registered(
    flag: &str,
    chain: &str,
    config_flag: &str,
) -> Result<&'static hoike_registry::Chain, Stopped> {
    let found = match chain.parse() {
        Ok(id) => hoike_registry::chain(id),
        Err(_) => hoike_registry::by_name(chain),
    };
    found.map_err(|why| usage(format_args!("{flag}: {why} ({config_flag})")))
}

/// A chain config in geth's form, byte for byte: what has `chainId` is one itself, anything else is a genesis that has one under `config`.
///
/// Not parsed into numbers and written again, since a total difficulty is larger than those hold.
pub(crate) fn chain_config(flag: &str, json: &[u8]) -> Result<Bytes, Stopped> {
    let fault = |why: &dyn std::fmt::Display| data(format_args!("{flag}: {why}"));
    let fields: BTreeMap<String, &RawValue> =
        serde_json::from_slice(json).map_err(|why| fault(&why))?;
    if fields.contains_key("chainId") {
        return Ok(Bytes::copy_from_slice(json));
    }
    let config = fields.get("config").ok_or_else(|| {
        fault(&"neither a chain config with `chainId` nor a genesis with `config`")
    })?;
    Ok(Bytes::copy_from_slice(config.get().as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chain_config_is_taken_out_of_a_genesis_unchanged() {
        let config = r#"{ "chainId":7, "terminalTotalDifficulty":58750000000000000000000 }"#;
        let genesis = format!(r#"{{"nonce":"0x0", "config": {config}, "alloc":{{"00":{{}}}}}}"#);
        for json in [config, &genesis] {
            assert_eq!(
                chain_config("--f", json.as_bytes()).unwrap()[..],
                *config.as_bytes()
            );
        }
        for json in ["{}", "[]", "7", r#"{"config":"#, ""] {
            let (exit, why) = chain_config("--f", json.as_bytes()).unwrap_err();
            assert_eq!(exit, Exit::Data);
            assert!(why.starts_with("--f: "), "{why}");
        }
    }
}

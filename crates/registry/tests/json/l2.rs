//! L2 chain configs in geth's form.

use crate::{common, edited, field, without_reason};
use hoike_protocol::{Fork, rules::KarstEvm};
use hoike_registry::{
    ConfigError,
    json::Fault::{self, *},
    l2_config_json, rollup_config,
};
use serde_json::{Value, json};
use std::fs;

#[test]
fn every_l2_config_of_the_fixtures() {
    for file in common::files("claims", "l2-chain-config.json") {
        let rollup = fs::read(file.with_file_name("rollup.json")).unwrap();
        let rollup = rollup_config(&rollup).unwrap();
        let json = fs::read(&file).unwrap();
        let evm = l2_config_json(&json, &rollup)
            .unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        let document: Value = serde_json::from_slice(&json).unwrap();
        let without_osaka = document.get("karstTime").is_some_and(Value::is_number)
            && document.get("osakaTime").is_none_or(Value::is_null);
        assert_eq!(evm == KarstEvm::Prague, without_osaka, "{}", file.display());
    }
}

#[test]
fn the_evm_of_karst_is_what_the_config_says() {
    assert_eq!(read(&[]), Ok(KarstEvm::Osaka));
    assert_eq!(read(&[("/osakaTime", None)]), Ok(KarstEvm::Prague));
    // Without Karst there is nothing to choose.
    let mut rollup = rollup();
    rollup["karst_time"] = Value::Null;
    let rollup = rollup_config(rollup.to_string().as_bytes()).unwrap();
    assert_eq!(rollup.schedule.time_of(Fork::Karst), None);
    let no_karst = edited(l2(), &[("/karstTime", None), ("/osakaTime", None)]);
    let evm = l2_config_json(no_karst.as_bytes(), &rollup);
    assert_eq!(evm, Ok(KarstEvm::Osaka));
}

#[test]
fn every_time_must_be_the_rollup_configs() {
    let times: Vec<String> = l2()
        .as_object()
        .unwrap()
        .keys()
        .filter(|key| key.ends_with("Time"))
        .cloned()
        .collect();
    assert_eq!(times.len(), 13);
    for key in times {
        let was = l2()[&key].as_u64();
        let path = format!("/{key}");
        let disagrees = |found| field(&key, Disagrees { found, rollup: was });
        let other = was.map(|time| time + 1);
        assert_eq!(read(&[(&path, Some(json!(other)))]), disagrees(other));
        if key != "osakaTime" {
            assert_eq!(read(&[(&path, None)]), disagrees(None));
        }
    }
    let lagoon = Disagrees {
        found: Some(2000),
        rollup: None,
    };
    for key in ["/lagoonTime", "/interopTime"] {
        assert_eq!(
            read(&[(key, Some(json!(2000)))]),
            field("lagoonTime", lagoon)
        );
    }
}

#[test]
fn a_disagreement_says_both_sides() {
    let error = read(&[("/karstTime", None)]).unwrap_err().to_string();
    let karst = l2()["karstTime"].as_u64().unwrap();
    let said = format!("is not set, but the rollup config says {karst}");
    assert!(error.contains(&said), "{error}");
}

#[test]
fn other_fields() {
    let disagrees = |found: u64, rollup: u64| Disagrees {
        found: Some(found),
        rollup: Some(rollup),
    };
    let rows: [(&str, Value, Fault); 9] = [
        ("/chainId", json!(902), disagrees(902, 901)),
        ("/chainId", Value::Null, Missing),
        (
            "/chainId",
            json!("901"),
            Type {
                expected: "a number",
                found: "a string",
            },
        ),
        ("/bedrockBlock", json!(1), Unsupported { instead: "" }),
        ("/optimism/eip1559Elasticity", json!(7), disagrees(7, 6)),
        ("/optimism/eip1559Denominator", json!(7), disagrees(7, 50)),
        (
            "/optimism/eip1559DenominatorCanyon",
            json!(7),
            disagrees(7, 250),
        ),
        ("/amsterdamTime", json!(0), UnknownFork),
        (
            "/CanyonTime",
            json!(0),
            Spelling {
                known: "canyonTime",
            },
        ),
    ];
    for (path, value, fault) in rows {
        let name = path.trim_start_matches('/').replace('/', ".");
        assert_eq!(
            without_reason(read(&[(path, Some(value))])),
            field(&name, fault)
        );
    }
    assert_eq!(
        read(&[("/optimism", Some(json!(1)))]),
        field("optimism.eip1559Elasticity", NoObject { found: "a number" })
    );
    // What a chain does not say is not checked.
    assert_eq!(
        read(&[("/optimism", None), ("/bedrockBlock", None)]),
        Ok(KarstEvm::Osaka)
    );
    for broken in ["", "[]", "{", r#"{"chainId": 901, "chainId": 901}"#] {
        let rollup = rollup_config(rollup().to_string().as_bytes()).unwrap();
        let error = l2_config_json(broken.as_bytes(), &rollup).unwrap_err();
        assert!(matches!(error, ConfigError::Syntax(_)), "{error}");
    }
}

fn read(edits: &[(&str, Option<Value>)]) -> Result<KarstEvm, ConfigError> {
    let rollup = rollup_config(rollup().to_string().as_bytes()).unwrap();
    l2_config_json(edited(l2(), edits).as_bytes(), &rollup)
}

fn l2() -> Value {
    json!({
        "chainId": 901, "homesteadBlock": 0, "londonBlock": 0, "bedrockBlock": 0, "terminalTotalDifficulty": 0,
        "regolithTime": 0, "canyonTime": 1000, "shanghaiTime": 1000, "ecotoneTime": 1100, "cancunTime": 1100,
        "fjordTime": 1200, "graniteTime": 1300, "holoceneTime": 1400, "isthmusTime": 1500, "pragueTime": 1500,
        "jovianTime": 1600, "karstTime": 1700, "osakaTime": 1700,
        "optimism": { "eip1559Elasticity": 6, "eip1559Denominator": 50, "eip1559DenominatorCanyon": 250 },
    })
}

fn rollup() -> Value {
    json!({
        "genesis": {
            "l1": { "hash": format!("0x{:064x}", 1), "number": 0 },
            "l2": { "hash": format!("0x{:064x}", 2), "number": 0 },
            "l2_time": 1000,
            "system_config": {
                "batcherAddr": format!("0x{:040x}", 3), "overhead": format!("0x{:064x}", 0),
                "scalar": format!("0x{:064x}", 1), "gasLimit": 30_000_000,
            },
        },
        "block_time": 2, "max_sequencer_drift": 600, "seq_window_size": 3600, "channel_timeout": 300,
        "l1_chain_id": 900, "l2_chain_id": 901,
        "regolith_time": 0, "canyon_time": 1000, "delta_time": 1050, "ecotone_time": 1100, "fjord_time": 1200,
        "granite_time": 1300, "holocene_time": 1400, "isthmus_time": 1500, "jovian_time": 1600, "karst_time": 1700,
        "batch_inbox_address": format!("0x{:040x}", 4), "deposit_contract_address": format!("0x{:040x}", 5),
        "l1_system_config_address": format!("0x{:040x}", 6),
        "chain_op_config": { "eip1559Elasticity": 6, "eip1559Denominator": 50, "eip1559DenominatorCanyon": 250 },
    })
}

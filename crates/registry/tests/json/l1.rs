//! L1 chain configs.

use crate::{common, edited, field, without_reason};
use hoike_protocol::rules::BlobSchedule;
use hoike_registry::{
    ConfigError,
    json::Fault::{self, *},
    l1_config_json,
};
use serde_json::{Value, json};
use std::fs;

#[test]
fn every_l1_config_of_the_fixtures() {
    for file in common::files("claims", "l1-genesis.json") {
        let bytes = fs::read(&file).unwrap();
        let config =
            l1_config_json(&bytes).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        let document: Value = serde_json::from_slice(&bytes).unwrap();
        assert_eq!(document["chainId"], config.chain_id);
        let times = document
            .as_object()
            .unwrap()
            .keys()
            .filter(|key| key.ends_with("Time") && *key != "shanghaiTime");
        assert_eq!(
            config.blob_schedule.len(),
            times.count(),
            "{}",
            file.display()
        );
    }
}

#[test]
fn d64_l1_configs() {
    let read =
        |edits: &[(&str, Option<Value>)]| l1_config_json(edited(l1(), edits).as_bytes()).unwrap();
    let all = read(&[]);
    assert_eq!(all.chain_id, 900);
    let want = [
        (0, 11),
        (10, 12),
        (20, 13),
        (20, 14),
        (40, 15),
        (50, 16),
        (60, 17),
        (70, 18),
        (80, 19),
    ];
    assert_eq!(
        *all.blob_schedule,
        want.map(|(time, update_fraction)| BlobSchedule {
            time,
            update_fraction
        })
    );
    // Optional forks may be left out; an entry without a time means nothing.
    let some = read(&[
        ("/osakaTime", None),
        ("/bpo1Time", Some(Value::Null)),
        ("/bpo3Time", None),
        ("/shanghaiTime", Some(json!(0))),
    ]);
    assert_eq!(
        some.blob_schedule
            .iter()
            .map(|entry| entry.update_fraction)
            .collect::<Vec<_>>(),
        [11, 12, 15, 17, 18, 19]
    );
    // A genesis file, and a total difficulty beyond 64 bits.
    let genesis = json!({"config": l1(), "timestamp": "0x0", "alloc": {}}).to_string();
    assert_eq!(l1_config_json(genesis.as_bytes()), Ok(all));
    let document = l1().to_string().replacen(
        '{',
        r#"{"terminalTotalDifficulty":58750000000000000000000,"#,
        1,
    );
    assert!(l1_config_json(document.as_bytes()).is_ok());
    // Before Cancun there is no schedule.
    assert!(
        l1_config_json(br#"{"chainId":1,"shanghaiTime":5}"#)
            .unwrap()
            .blob_schedule
            .is_empty()
    );
}

#[test]
fn bad_l1_configs() {
    let bad = |path: &str, value: Option<Value>, fault: Fault| {
        let document = edited(l1(), &[(&format!("/{}", path.replace('.', "/")), value)]);
        assert_eq!(
            without_reason(l1_config_json(document.as_bytes())),
            field(path, fault)
        );
    };
    bad("chainId", None, Missing);
    bad(
        "chainId",
        Some(json!(0)),
        TooSmall {
            value: 0,
            min: 1,
            why: "",
        },
    );
    bad(
        "chainId",
        Some(json!("0x1")),
        Type {
            expected: "a number",
            found: "a string",
        },
    );
    let mut predecessor = None;
    for fork in [
        "cancun",
        "prague",
        "osaka",
        "bpo1",
        "bpo2",
        "bpo3",
        "bpo4",
        "bpo5",
        "amsterdam",
    ] {
        let time: &'static str = format!("{fork}Time").leak();
        let entry = format!("blobSchedule.{fork}");
        let fraction = format!("{entry}.baseFeeUpdateFraction");
        bad(
            time,
            Some(json!("0")),
            Type {
                expected: "a number",
                found: "a string",
            },
        );
        bad(&entry, None, Missing);
        bad(&entry, Some(Value::Null), Missing);
        let document = edited(l1(), &[(&format!("/blobSchedule/{fork}"), Some(json!(5)))]);
        assert_eq!(
            l1_config_json(document.as_bytes()),
            field(&fraction, NoObject { found: "a number" })
        );
        bad(&fraction, None, Missing);
        bad(
            &fraction,
            Some(json!(0)),
            TooSmall {
                value: 0,
                min: 1,
                why: "",
            },
        );
        bad(&fraction, Some(json!(0.5)), Number { max: u64::MAX });
        if let Some((predecessor, predecessor_time)) = predecessor
            && predecessor_time > 0
        {
            bad(
                time,
                Some(json!(1)),
                OutOfOrder {
                    time: 1,
                    predecessor,
                    predecessor_time,
                },
            );
        }
        predecessor = Some((time, l1()[time].as_u64().unwrap()));
    }
    bad("bpo6Time", Some(json!(90)), UnknownFork);
    bad(
        "PragueTime",
        Some(json!(90)),
        Spelling {
            known: "pragueTime",
        },
    );
    bad(
        "blobSchedule.Prague",
        Some(json!({})),
        Spelling { known: "prague" },
    );
    assert!(matches!(l1_config_json(b"[]"), Err(ConfigError::Syntax(_))));
    assert!(matches!(
        l1_config_json(br#"{"chainId":1,"chainId":1}"#),
        Err(ConfigError::Syntax(_))
    ));
}

fn l1() -> Value {
    json!({
        "chainId": 900,
        "londonBlock": 0,
        "cancunTime": 0,
        "pragueTime": 10,
        "osakaTime": 20,
        "bpo1Time": 20,
        "bpo2Time": 40,
        "bpo3Time": 50,
        "bpo4Time": 60,
        "bpo5Time": 70,
        "amsterdamTime": 80,
        "blobSchedule": {
            "cancun": { "target": 3, "max": 6, "baseFeeUpdateFraction": 11 },
            "prague": { "target": 3, "max": 6, "baseFeeUpdateFraction": 12 },
            "osaka": { "target": 3, "max": 6, "baseFeeUpdateFraction": 13 },
            "bpo1": { "target": 3, "max": 6, "baseFeeUpdateFraction": 14 },
            "bpo2": { "target": 3, "max": 6, "baseFeeUpdateFraction": 15 },
            "bpo3": { "target": 3, "max": 6, "baseFeeUpdateFraction": 16 },
            "bpo4": { "target": 3, "max": 6, "baseFeeUpdateFraction": 17 },
            "bpo5": { "target": 3, "max": 6, "baseFeeUpdateFraction": 18 },
            "amsterdam": { "target": 3, "max": 6, "baseFeeUpdateFraction": 19 }
        }
    })
}

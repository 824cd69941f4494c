//! Rollup configs.

use crate::{common, edited, field, without_reason};
use alloy_primitives::{Address, B64, B256, U256, address, b64, b256};
use hoike_protocol::{
    BlockId, Fork, RollupConfig, Schedule, SystemConfig,
    config::{Eip1559Constants, Genesis},
    fork::ScheduleError,
};
use hoike_registry::{
    ConfigError,
    json::Fault::{self, *},
    rollup_config,
};
use serde_json::{Value, json};
use std::fs;

#[test]
fn every_rollup_config_of_the_fixtures() {
    for file in common::files("claims", "rollup.json") {
        let bytes = fs::read(&file).unwrap();
        let config =
            rollup_config(&bytes).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        // The claim repeats ids and forks in its own form.
        let claim: Value =
            serde_json::from_slice(&fs::read(file.with_file_name("claim.json")).unwrap()).unwrap();
        assert_eq!(claim["l2_chain_id"], config.l2_chain_id);
        assert_eq!(claim["l1_chain_id"], config.l1_chain_id);
        for fork in Fork::ALL.into_iter().skip(1) {
            assert_eq!(
                claim["forks"][fork.name()].as_u64(),
                config.schedule.time_of(fork),
                "{fork} in {}",
                file.display()
            );
        }
    }
}

#[test]
fn d121_a_rollup_config_with_everything() {
    let want = RollupConfig {
        genesis: Genesis {
            l1: BlockId {
                hash: b256!("0000000000000000000000000000000000000000000000000000000000000a11"),
                number: 7,
            },
            l2: BlockId {
                hash: b256!("0000000000000000000000000000000000000000000000000000000000000a22"),
                number: 8,
            },
            l2_time: 1_000,
            system_config: SystemConfig {
                batcher: address!("00000000000000000000000000000000000000b1"),
                overhead: U256::from(0xbc),
                scalar: b256!("0100000000000000000000000000000000000000000000000000000000000001"),
                gas_limit: 30_000_000,
                eip1559_params: b64!("000000fa00000006"),
                operator_fee: b256!(
                    "0000000000000000000000000000000000000000000000000000000000000009"
                ),
                min_base_fee: 5,
                da_footprint_gas_scalar: 400,
            },
        },
        block_time: 2,
        max_sequencer_drift: 600,
        seq_window_size: 3600,
        channel_timeout: 300,
        l1_chain_id: 900,
        l2_chain_id: 901,
        schedule: Schedule::new([
            Some(0),
            Some(1),
            Some(2),
            Some(3),
            Some(2_000),
            Some(2_000),
            Some(2_001),
            Some(2_002),
            Some(2_003),
            Some(2_004),
            Some(2_005),
        ])
        .unwrap(),
        pectra_blob_schedule_time: Some(2_002),
        batch_inbox: address!("ff00000000000000000000000000000000000901"),
        deposit_contract: address!("00000000000000000000000000000000000000d1"),
        l1_system_config: address!("00000000000000000000000000000000000000c1"),
        eip1559: Eip1559Constants {
            elasticity: 6,
            denominator: 50,
            denominator_canyon: 250,
        },
        keep_karst_upgrade_gas: true,
    };
    assert_eq!(rollup_config(rollup().to_string().as_bytes()), Ok(want));
}

#[test]
fn d121_rollup_configs_that_say_less() {
    let read = |edits: &[(&str, Option<Value>)]| {
        rollup_config(edited(rollup(), edits).as_bytes()).unwrap()
    };

    let system = read(&[
        ("/genesis/system_config/eip1559Params", None),
        (
            "/genesis/system_config/operatorFeeParams",
            Some(Value::Null),
        ),
        ("/genesis/system_config/minBaseFee", None),
        (
            "/genesis/system_config/daFootprintGasScalar",
            Some(Value::Null),
        ),
    ])
    .genesis
    .system_config;
    assert_eq!(
        (system.eip1559_params, system.operator_fee),
        (B64::ZERO, B256::ZERO)
    );
    assert_eq!(
        (system.min_base_fee, system.da_footprint_gas_scalar),
        (0, 0)
    );

    assert!(!read(&[("/keep_karst_upgrade_gas", None)]).keep_karst_upgrade_gas);
    assert_eq!(
        read(&[("/pectra_blob_schedule_time", None)]).pectra_blob_schedule_time,
        None
    );
    assert_eq!(
        read(&[(
            "/l1_system_config_address",
            Some(json!(format!("{}", Address::ZERO)))
        )])
        .l1_system_config,
        Address::ZERO
    );
    // The registry has no Regolith.
    assert_eq!(
        read(&[("/regolith_time", None)])
            .schedule
            .time_of(Fork::Regolith),
        Some(0)
    );
    // Lagoon had another name, and both may be given.
    assert_eq!(
        read(&[
            ("/lagoon_time", None),
            ("/interop_time", Some(json!(2_006)))
        ])
        .schedule
        .time_of(Fork::Lagoon),
        Some(2_006)
    );
    assert_eq!(
        read(&[("/interop_time", Some(json!(2_005)))])
            .schedule
            .time_of(Fork::Lagoon),
        Some(2_005)
    );
    // No drift is needed with Fjord at genesis.
    assert_eq!(
        read(&[
            ("/max_sequencer_drift", None),
            ("/fjord_time", Some(json!(3)))
        ])
        .max_sequencer_drift,
        0
    );
    // A registered chain's EIP-1559 constants are known.
    let ethernity = read(&[
        ("/chain_op_config", None),
        ("/l2_chain_id", Some(json!(183))),
    ]);
    assert_eq!(
        ethernity.eip1559,
        Eip1559Constants {
            elasticity: 20,
            denominator: 1000,
            denominator_canyon: 1000
        }
    );
    // Unknown keys, unset forks of the future, and what says the same as their absence.
    read(&[
        ("/protocol_versions_address", Some(json!("0x00"))),
        ("/matcha_time", Some(Value::Null)),
        ("/alt_da", Some(Value::Null)),
        ("/use_plasma", Some(json!(false))),
        (
            "/da_challenge_contract_address",
            Some(json!(format!("{}", Address::ZERO))),
        ),
        ("/granite_channel_timeout", Some(json!(50))),
        ("/genesis/system_config/baseFeeScalar", Some(Value::Null)),
    ]);
    // A chain at Bedrock has no fork at all.
    let forks: Vec<_> = Fork::ALL[1..]
        .iter()
        .map(|fork| (format!("/{fork}_time"), None))
        .collect();
    let forks: Vec<_> = forks
        .iter()
        .map(|(path, value)| (path.as_str(), value.clone()))
        .collect();
    assert_eq!(read(&forks).schedule, Schedule::new([None; 11]).unwrap());
}

#[test]
fn d121_bad_rollup_configs() {
    // A message of which the reason is not part: it is enough that there is one.
    let too_small = |value, min| TooSmall {
        value,
        min,
        why: "",
    };
    let a_number = |found| Type {
        expected: "a number",
        found,
    };
    let a_hex_string = |found| Type {
        expected: "a string of hexadecimal digits",
        found,
    };

    for path in [
        "block_time",
        "channel_timeout",
        "l1_chain_id",
        "l2_chain_id",
        "max_sequencer_drift",
        "genesis.l2_time",
        "genesis.system_config.gasLimit",
    ]
    .into_iter()
    .chain([
        "chain_op_config.eip1559Elasticity",
        "chain_op_config.eip1559Denominator",
        "chain_op_config.eip1559DenominatorCanyon",
    ]) {
        bad_rollup(path, None, Missing);
        bad_rollup(path, Some(Value::Null), Missing);
        bad_rollup(path, Some(json!(0)), too_small(0, 1));
        bad_rollup(path, Some(json!("0x2")), a_number("a string"));
        bad_rollup(path, Some(json!([2])), a_number("an array"));
        bad_rollup(path, Some(json!(-2)), Number { max: u64::MAX });
        bad_rollup(path, Some(json!(2.5)), Number { max: u64::MAX });
        bad_rollup(path, Some(json!(1e30)), Number { max: u64::MAX });
    }
    for value in [0, 1] {
        bad_rollup("seq_window_size", Some(json!(value)), too_small(value, 2));
    }
    bad_rollup("seq_window_size", None, Missing);
    for path in ["genesis.l1.number", "genesis.l2.number"] {
        bad_rollup(path, None, Missing);
        bad_rollup(path, Some(json!("8")), a_number("a string"));
    }
    bad_rollup(
        "genesis.system_config.minBaseFee",
        Some(json!(-1)),
        Number { max: u64::MAX },
    );
    bad_rollup(
        "genesis.system_config.daFootprintGasScalar",
        Some(json!(65_536)),
        Number { max: 65_535 },
    );

    for (path, size, zero) in [
        ("genesis.l1.hash", 32, false),
        ("genesis.l2.hash", 32, false),
        ("genesis.system_config.batcherAddr", 20, false),
        ("genesis.system_config.overhead", 32, true),
        ("genesis.system_config.scalar", 32, false),
        ("batch_inbox_address", 20, false),
        ("deposit_contract_address", 20, false),
        ("l1_system_config_address", 20, true),
    ] {
        bad_rollup(path, None, Missing);
        bad_bytes(path, size);
        bad_rollup(path, Some(json!(7)), a_hex_string("a number"));
        if !zero {
            bad_rollup(path, Some(json!(format!("0x{}", "00".repeat(size)))), Zero);
        }
    }
    bad_bytes("genesis.system_config.eip1559Params", 8);
    bad_bytes("genesis.system_config.operatorFeeParams", 32);

    for fork in &Fork::ALL[1..] {
        let path: &'static str = format!("{fork}_time").leak();
        bad_rollup(path, Some(json!("0")), a_number("a string"));
        bad_rollup(path, Some(json!(-1)), Number { max: u64::MAX });
    }
    bad_rollup(
        "pectra_blob_schedule_time",
        Some(json!(true)),
        a_number("true or false"),
    );
    bad_rollup(
        "keep_karst_upgrade_gas",
        Some(json!(1)),
        Type {
            expected: "true or false",
            found: "a number",
        },
    );
    bad_rollup(
        "interop_time",
        Some(json!(2_006)),
        Contradicts {
            other: "lagoon_time",
        },
    );

    bad_rollup(
        "l2_chain_id",
        Some(json!(900)),
        SameAs {
            other: "l1_chain_id",
        },
    );
    bad_rollup(
        "genesis.l2.hash",
        Some(rollup()["genesis"]["l1"]["hash"].clone()),
        SameAs {
            other: "genesis.l1.hash",
        },
    );

    // A fork that is not known could change any rule; a known key in another spelling is one that op-node would read.
    for path in [
        "matcha_time",
        "Matcha_Time",
        "karstTime",
        "genesis.granite_time",
    ] {
        bad_rollup(path, Some(json!(5_000)), UnknownFork);
    }
    bad_rollup(
        "Canyon_Time",
        Some(json!(1)),
        Spelling {
            known: "canyon_time",
        },
    );
    bad_rollup(
        "KEEP_KARST_UPGRADE_GAS",
        Some(json!(false)),
        Spelling {
            known: "keep_karst_upgrade_gas",
        },
    );
    bad_rollup(
        "genesis.system_config.eip1559params",
        Some(json!("0x")),
        Spelling {
            known: "eip1559Params",
        },
    );
    bad_rollup(
        "chain_op_config.eip1559elasticity",
        Some(json!(6)),
        Spelling {
            known: "eip1559Elasticity",
        },
    );

    bad_rollup(
        "alt_da",
        Some(json!({"da_commitment_type": "KeccakCommitment"})),
        AltDa,
    );
    bad_rollup("use_plasma", Some(json!(true)), AltDa);
    bad_rollup(
        "da_challenge_contract_address",
        Some(json!("0x00000000000000000000000000000000000000da")),
        AltDa,
    );
    bad_rollup(
        "granite_channel_timeout",
        Some(json!(60)),
        Unsupported { instead: "" },
    );
    for key in [
        "baseFeeScalar",
        "blobBaseFeeScalar",
        "eip1559Denominator",
        "eip1559Elasticity",
        "operatorFeeScalar",
        "operatorFeeConstant",
    ] {
        bad_rollup(
            format!("genesis.system_config.{key}").leak(),
            Some(json!(1)),
            Unsupported { instead: "" },
        );
    }
}

#[test]
fn whole_objects_missing() {
    let read = |path: &str, value: Option<Value>| {
        rollup_config(edited(rollup(), &[(path, value)]).as_bytes())
    };
    for value in [None, Some(Value::Null), Some(json!({}))] {
        assert_eq!(
            read("/genesis", value.clone()),
            field("genesis.l1.hash", Missing)
        );
        assert_eq!(
            read("/genesis/system_config", value),
            field("genesis.system_config.batcherAddr", Missing)
        );
    }
    assert_eq!(
        read("/genesis", Some(json!("x"))),
        field("genesis.l1.hash", NoObject { found: "a string" })
    );
    assert_eq!(
        read("/genesis/l2", Some(json!([]))),
        field("genesis.l2.hash", NoObject { found: "an array" })
    );
    // Not a chain of the registry, so the constants must be given.
    assert_eq!(
        read("/chain_op_config", None),
        field("chain_op_config.eip1559Elasticity", Missing)
    );
}

#[test]
fn d121_forks_out_of_order() {
    for (earlier, fork) in Fork::ALL[1..].iter().zip(&Fork::ALL[2..]) {
        let gap = edited(rollup(), &[(&format!("/{earlier}_time"), None)]);
        if *earlier != Fork::Regolith {
            assert_eq!(
                rollup_config(gap.as_bytes()),
                Err(ScheduleError::Gap {
                    fork: *fork,
                    missing: *earlier
                }
                .into())
            );
        }
        let time = rollup()[format!("{fork}_time")].as_u64().unwrap();
        let late = edited(
            rollup(),
            &[(&format!("/{earlier}_time"), Some(json!(9_000)))],
        );
        assert_eq!(
            rollup_config(late.as_bytes()),
            Err(ScheduleError::OutOfOrder {
                fork: *fork,
                time,
                predecessor: 9_000
            }
            .into())
        );
    }
}

#[test]
fn not_json() {
    let good = rollup().to_string();
    let twice = |key: &str, entry: &str| {
        good.replacen(&format!("\"{key}\""), &format!("{entry},\"{key}\""), 1)
    };
    for (document, message) in [
        (String::new(), "EOF"),
        ("3".into(), "it is a number, not an object"),
        (format!("[{good}]"), "it is an array, not an object"),
        ("{".into(), "EOF"),
        (format!("{good}}}"), "trailing characters"),
        (format!("\u{feff}{good}"), "expected value"),
        ("[".repeat(100_000), "EOF"),
        (r#"{"x":"#.repeat(100_000), "recursion limit"),
        (
            twice("block_time", r#""block_time":1"#),
            "`block_time` is there twice",
        ),
        (
            twice("l2_time", r#""l2_time":1"#),
            "`l2_time` is there twice",
        ),
        // Also where nobody looks.
        (
            twice("block_time", r#""x":{"y":1,"y":1}"#),
            "`y` is there twice",
        ),
        // The same key by its escape.
        (
            twice("block_time", r#""\u0062lock_time":1"#),
            "`block_time` is there twice",
        ),
    ] {
        match rollup_config(document.as_bytes()) {
            Err(ConfigError::Syntax(why)) => assert!(why.contains(message), "{why}"),
            other => panic!("{other:?}, not {message}"),
        }
    }
    assert!(rollup_config(&[b'"', 0xff, b'"']).is_err());
}

fn bad_bytes(path: &str, size: usize) {
    let digits = "ab".repeat(size);
    for (text, fault) in [
        (digits.clone(), NoPrefix),
        (format!("0X{digits}"), NoPrefix),
        (String::new(), NoPrefix),
        (
            "0x".into(),
            Length {
                expected: size,
                found: 0,
            },
        ),
        (
            format!("0x{digits}ab"),
            Length {
                expected: size,
                found: size + 1,
            },
        ),
        (
            format!("0x{}", &digits[2..]),
            Length {
                expected: size,
                found: size - 1,
            },
        ),
        (
            format!("0x{}", &digits[1..]),
            OddHex {
                digits: 2 * size - 1,
            },
        ),
        (format!("0x{}zz", &digits[2..]), NoHex),
        (format!("0x{}é", &digits[2..]), NoHex),
    ] {
        bad_rollup(path, Some(json!(text)), fault);
    }
}

fn bad_rollup(path: &str, value: Option<Value>, fault: Fault) {
    let document = edited(
        rollup(),
        &[(&format!("/{}", path.replace('.', "/")), value.clone())],
    );
    assert_eq!(
        without_reason(rollup_config(document.as_bytes())),
        field(path, fault),
        "{value:?}"
    );
}

fn rollup() -> Value {
    json!({
        "genesis": {
            "l1": { "hash": "0x0000000000000000000000000000000000000000000000000000000000000a11", "number": 7 },
            "l2": { "hash": "0x0000000000000000000000000000000000000000000000000000000000000a22", "number": 8 },
            "l2_time": 1_000,
            "system_config": {
                "batcherAddr": "0x00000000000000000000000000000000000000B1",
                "overhead": "0x00000000000000000000000000000000000000000000000000000000000000bc",
                "scalar": "0x0100000000000000000000000000000000000000000000000000000000000001",
                "gasLimit": 30_000_000,
                "eip1559Params": "0x000000fa00000006",
                "operatorFeeParams": "0x0000000000000000000000000000000000000000000000000000000000000009",
                "minBaseFee": 5,
                "daFootprintGasScalar": 400
            }
        },
        "block_time": 2,
        "max_sequencer_drift": 600,
        "seq_window_size": 3600,
        "channel_timeout": 300,
        "l1_chain_id": 900,
        "l2_chain_id": 901,
        "regolith_time": 0,
        "canyon_time": 1,
        "delta_time": 2,
        "ecotone_time": 3,
        "fjord_time": 2_000,
        "granite_time": 2_000,
        "holocene_time": 2_001,
        "isthmus_time": 2_002,
        "jovian_time": 2_003,
        "karst_time": 2_004,
        "lagoon_time": 2_005,
        "keep_karst_upgrade_gas": true,
        "pectra_blob_schedule_time": 2_002,
        "batch_inbox_address": "0xff00000000000000000000000000000000000901",
        "deposit_contract_address": "0x00000000000000000000000000000000000000d1",
        "l1_system_config_address": "0x00000000000000000000000000000000000000c1",
        "chain_op_config": { "eip1559Elasticity": 6, "eip1559Denominator": 50, "eip1559DenominatorCanyon": 250 }
    })
}

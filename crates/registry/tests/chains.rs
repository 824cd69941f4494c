//! The tables against data that they were not made from.

mod common;

use alloy_eips::eip4844::fake_exponential;
use alloy_primitives::hex;
use hoike_protocol::{Fork, OriginTime, Rules};
use hoike_registry::{
    ChainError, Unsupported, by_name, chain, chains, l1_config, rollup_config, rules,
};
use serde_json::Value;
use std::fs;

#[test]
fn op_sepolia_is_what_other_programs_have() {
    for file in common::files("executor", "fixture.json") {
        let fixture: Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
        let Some(config) = fixture.get("rollup_config") else {
            continue;
        };
        let read = rollup_config(config.to_string().as_bytes()).unwrap();
        let mut known = chain(11_155_420).unwrap().rollup.clone();
        for fork in Fork::ALL {
            // The fixtures are from before Jovian was scheduled.
            if fork <= Fork::Isthmus {
                assert_eq!(
                    read.schedule.time_of(fork),
                    known.schedule.time_of(fork),
                    "{fork}"
                );
                assert!(read.schedule.time_of(fork).is_some());
            }
        }
        known.schedule = read.schedule.clone();
        known.keep_karst_upgrade_gas = read.keep_karst_upgrade_gas;
        assert_eq!(read, known, "{}", file.display());
    }
}

#[test]
fn op_mainnet_has_the_forks_of_its_real_blocks() {
    for file in common::files("executor", "fixture.json") {
        let fixture: Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
        let Some(active) = fixture.get("forksActive") else {
            continue;
        };
        let rollup = &chain(fixture["chainId"].as_u64().unwrap()).unwrap().rollup;
        let time = fixture["payloadAttributes"]["timestamp"].as_str().unwrap();
        let time = u64::from_str_radix(time.strip_prefix("0x").unwrap(), 16).unwrap();
        for fork in Fork::ALL.into_iter().skip(1) {
            let listed = active
                .as_array()
                .unwrap()
                .iter()
                .any(|name| name == fork.name());
            assert_eq!(
                rollup.schedule.time_of(fork).is_some_and(|t| t <= time),
                listed,
                "{fork} in {}",
                file.display()
            );
        }
        // The block's number follows from its time.
        let blocks = (time - rollup.genesis.l2_time) / rollup.block_time;
        assert_eq!(
            rollup.genesis.l2.number + blocks,
            fixture["blockNumber"].as_u64().unwrap()
        );
    }
}

#[test]
fn forks_are_when_they_were_announced() {
    const MAINNET: [u64; 9] = [
        1704992401, 1708560000, 1710374401, 1720627201, 1726070401, 1736445601, 1746806401,
        1764691201, 1783526401,
    ];
    const SEPOLIA: [u64; 9] = [
        1699981200, 1703203200, 1708534800, 1716998400, 1723478400, 1732633200, 1744905600,
        1763568001, 1781712001,
    ];
    for (name, times, pectra) in [
        ("op-mainnet", MAINNET, None),
        ("op-sepolia", SEPOLIA, Some(1742486400)),
    ] {
        let rollup = &by_name(name).unwrap().rollup;
        for (fork, time) in Fork::ALL.into_iter().skip(2).zip(times) {
            assert_eq!(
                rollup.schedule.time_of(fork),
                Some(time),
                "{fork} on {name}"
            );
        }
        assert_eq!(rollup.schedule.time_of(Fork::Regolith), Some(0));
        assert_eq!(rollup.schedule.time_of(Fork::Lagoon), None);
        assert_eq!(rollup.pectra_blob_schedule_time, pectra);
    }
}

#[test]
fn d73_op_chains_keep_the_upgrade_gas() {
    for name in ["op-mainnet", "op-sepolia"] {
        assert!(
            by_name(name).unwrap().rollup.keep_karst_upgrade_gas,
            "{name}"
        );
    }
}

#[test]
fn d64_d65_blob_base_fee_on_each_l1() {
    let Some(folder) = common::fixtures("vectors") else {
        return;
    };
    let vectors: Value =
        serde_json::from_slice(&fs::read(folder.join("l1-info.json")).unwrap()).unwrap();
    let mut checked = 0;
    for case in vectors["cases"].as_array().unwrap() {
        let Some(calldata) = case["calldata"]
            .as_str()
            .map(|text| hex::decode(text).unwrap())
        else {
            continue;
        };
        let Some(excess) = case["l1"]["excess_blob_gas"].as_u64() else {
            continue;
        };
        // Bedrock's format has no blob base fee; in the later ones it follows 36 bytes of numbers and the base fee.
        if calldata.starts_with(&[0x01, 0x5d, 0x8e, 0xb9]) {
            continue;
        }
        let fee = u128::from_be_bytes(calldata[84..100].try_into().unwrap());
        let l1 = match case["l1_chain"].as_str().unwrap() {
            "mainnet" => 1,
            "sepolia" => 11_155_111,
            "holesky" => 17_000,
            "hoodi" => 560_048,
            other => panic!("no L1 chain {other}"),
        };
        let mut rollup = chain(10).unwrap().rollup.clone();
        rollup.pectra_blob_schedule_time = case["fork_times"]["pectrablobschedule"].as_u64();
        let rules = Rules {
            rollup,
            l1: l1_config(l1).unwrap(),
            variants: Default::default(),
        };
        let time = OriginTime(case["l1"]["time"].as_u64().unwrap());
        let fraction = rules.at_origin(time).blob_base_fee_update_fraction;
        assert_eq!(
            fake_exponential(1, excess.into(), fraction.into()),
            fee,
            "{}",
            case["name"]
        );
        checked += 1;
    }
    println!("{checked} blob base fees");
    assert!(checked > 0);
}

#[test]
fn every_chain_is_found_and_has_rules() {
    assert!(chains().len() > 0);
    assert!(
        chains()
            .map(|chain| chain.rollup.l2_chain_id)
            .is_sorted_by(|a, b| a < b)
    );
    for known in chains() {
        let id = known.rollup.l2_chain_id;
        assert_eq!(chain(id), Ok(known));
        assert_eq!(by_name(&known.name.to_uppercase()), Ok(known));
        let rules = rules(id).unwrap();
        assert_eq!(
            (&rules.rollup, rules.l1.chain_id),
            (&known.rollup, known.rollup.l1_chain_id)
        );
        assert!(rules.l1.blob_schedule.is_sorted_by_key(|entry| entry.time));
    }
}

#[test]
fn d59_d121_chains_that_cannot_be_had() {
    let alt_da = |id, name| ChainError::UnsupportedChain {
        id,
        name,
        why: Unsupported::AltDa,
    };
    for (id, error) in [
        (0, ChainError::UnknownChain { id: 0 }),
        (u64::MAX, ChainError::UnknownChain { id: u64::MAX }),
        (690, alt_da(690, "redstone-mainnet")),
    ] {
        assert_eq!(chain(id), Err(error.clone()));
        assert_eq!(rules(id), Err(error));
    }
    // Celo's file names alt-DA without its parameters.
    assert_eq!(by_name("celo-mainnet"), Err(alt_da(42_220, "celo-mainnet")));
    assert_eq!(
        by_name("op"),
        Err(ChainError::UnknownName { name: "op".into() })
    );
    assert_eq!(l1_config(10), None);
}

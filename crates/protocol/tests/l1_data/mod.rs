//! What the tests of L1 data share: golden vectors, and values of their JSON forms.
#![allow(dead_code, reason = "every test file uses its own part")]

use alloy_primitives::{Address, B256, Bytes, U256};
use alloy_rlp::{Encodable, Header};
use hoike_protocol::{
    BlockId, RollupConfig, Rules, Schedule, SystemConfig,
    config::{Eip1559Constants, Genesis},
    receipt::Receipt,
    rules::{BlobSchedule, L1Config},
};
use serde_json::Value;
use std::{borrow::Cow, env, fs, path::PathBuf, str::FromStr};

/// A vectors file, or nothing (and a message) where there are no fixtures.
pub(crate) fn vectors(name: &str) -> Option<Value> {
    let fixtures = env::var_os("HOIKE_FIXTURES").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/fixtures"),
        PathBuf::from,
    );
    let path = fixtures.join("vectors").join(name);
    if !path.exists() {
        println!("skipped: no {} in the fixtures", name);
        return None;
    }
    Some(serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap())
}

/// The cases of a vectors file; never an empty list.
pub(crate) fn cases(file: &Value) -> &[Value] {
    let cases = file["cases"].as_array().unwrap();
    assert!(!cases.is_empty());
    cases
}

pub(crate) fn parse<T: FromStr<Err: std::fmt::Debug>>(value: &Value) -> T {
    value
        .as_str()
        .unwrap_or_else(|| panic!("{value} is no string"))
        .parse()
        .unwrap()
}

pub(crate) fn number(value: &Value) -> u64 {
    value
        .as_u64()
        .unwrap_or_else(|| panic!("{value} is no u64"))
}

pub(crate) fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

/// A log's RLP.
pub(crate) fn log(address: Address, topics: &[B256], data: &[u8]) -> Vec<u8> {
    let topics: Vec<u8> = topics.iter().flat_map(alloy_rlp::encode).collect();
    let mut fields = alloy_rlp::encode(address);
    fields.extend(rlp_list(&topics));
    data.encode(&mut fields);
    rlp_list(&fields)
}

/// A receipt of type 2 with these logs.
pub(crate) fn receipt(success: bool, logs: &[Vec<u8>]) -> Receipt {
    let mut fields = alloy_rlp::encode(success);
    21_000_u64.encode(&mut fields);
    [0_u8; 256].encode(&mut fields);
    fields.extend(rlp_list(&logs.concat()));
    let raw: Bytes = [&[2][..], &rlp_list(&fields)].concat().into();
    Receipt::decode(&raw).unwrap()
}

/// A receipt of `{status, logs}`, or what holds one log.
pub(crate) fn receipt_of(json: &Value) -> Receipt {
    let logs: Vec<_> = list(&json["logs"]).iter().map(log_of).collect();
    receipt(json["status"] == 1, &logs)
}

/// A log's RLP, of `{address, topics, data}`.
pub(crate) fn log_of(json: &Value) -> Vec<u8> {
    let topics: Vec<B256> = list(&json["topics"]).iter().map(parse).collect();
    log(
        parse(&json["address"]),
        &topics,
        &parse::<Bytes>(&json["data"]),
    )
}

pub(crate) fn system_config(json: &Value) -> SystemConfig {
    SystemConfig {
        batcher: parse(&json["batcher"]),
        overhead: parse(&json["overhead"]),
        scalar: parse(&json["scalar"]),
        gas_limit: number(&json["gas_limit"]),
        eip1559_params: parse(&json["eip1559_params"]),
        operator_fee: parse(&json["operator_fee_params"]),
        min_base_fee: number(&json["min_base_fee"]),
        da_footprint_gas_scalar: number(&json["da_footprint_gas_scalar"]).try_into().unwrap(),
    }
}

/// Rules with this schedule (Regolith to Lagoon), blocks every two seconds since 0, mainnet's blob schedule.
pub(crate) fn rules(times: [Option<u64>; 11]) -> Rules {
    let system_config = SystemConfig {
        batcher: Address::repeat_byte(0xba),
        overhead: U256::from(1),
        scalar: B256::repeat_byte(2),
        gas_limit: 3,
        eip1559_params: Default::default(),
        operator_fee: B256::ZERO,
        min_base_fee: 0,
        da_footprint_gas_scalar: 0,
    };
    let genesis = Genesis {
        l1: BlockId {
            hash: B256::repeat_byte(1),
            number: 100,
        },
        l2: BlockId {
            hash: B256::repeat_byte(2),
            number: 7,
        },
        l2_time: 0,
        system_config,
    };
    Rules {
        variants: Default::default(),
        rollup: RollupConfig {
            genesis,
            block_time: 2,
            max_sequencer_drift: 600,
            seq_window_size: 3600,
            channel_timeout: 300,
            l1_chain_id: 1,
            l2_chain_id: 10,
            schedule: Schedule::new(times).unwrap(),
            pectra_blob_schedule_time: None,
            batch_inbox: Address::ZERO,
            deposit_contract: Address::ZERO,
            l1_system_config: Address::ZERO,
            eip1559: Eip1559Constants {
                elasticity: 6,
                denominator: 50,
                denominator_canyon: 250,
            },
            keep_karst_upgrade_gas: false,
        },
        l1: l1_chain("mainnet"),
    }
}

/// Times of the first `count` forks after Bedrock at `time`, the others never.
pub(crate) fn first_forks(count: usize, time: u64) -> [Option<u64>; 11] {
    std::array::from_fn(|i| (i < count).then_some(time))
}

/// Blob schedules as in go-ethereum's `params/config.go`: Cancun, Prague, Osaka, BPO1, BPO2.
pub(crate) fn l1_chain(name: &str) -> L1Config {
    let (chain_id, times) = match name {
        "mainnet" => (
            1,
            [1710338135, 1746612311, 1764798551, 1765290071, 1767747671],
        ),
        "sepolia" => (
            11155111,
            [1706655072, 1741159776, 1760427360, 1761017184, 1761607008],
        ),
        "holesky" => (
            17000,
            [1707305664, 1740434112, 1759308480, 1759800000, 1760389824],
        ),
        "hoodi" => (560048, [0, 1742999832, 1761677592, 1762365720, 1762955544]),
        _ => panic!("unknown L1 chain {name}"),
    };
    let fractions = [3_338_477, 5_007_716, 5_007_716, 8_346_193, 11_684_671];
    let schedule = times
        .into_iter()
        .zip(fractions)
        .map(|(time, update_fraction)| BlobSchedule {
            time,
            update_fraction,
        });
    L1Config {
        chain_id,
        blob_schedule: Cow::Owned(schedule.collect()),
    }
}

fn rlp_list(payload: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    Header {
        list: true,
        payload_length: payload.len(),
    }
    .encode(&mut out);
    out.extend_from_slice(payload);
    out
}

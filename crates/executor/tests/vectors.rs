//! Vectors of the reference: base fees, L1 and operator fees, precompiles.

mod common;

use alloy_consensus::Header;
use alloy_primitives::{Address, Log, U256, hex};
use common::{bytes, quantity, vector};
use hoike_executor::fees::{EstimatedSize, Fees};
use hoike_executor::{Precompile, Receipt, base_fee, precompiles, receipts_root};
use hoike_protocol::config::Eip1559Constants;
use hoike_protocol::rules::L2Rules;
use hoike_protocol::{Fork, L2Time, Rules};
use serde_json::Value;

fn decimal(value: &Value) -> U256 {
    match value.as_u64() {
        Some(number) => U256::from(number),
        None => value.as_str().unwrap().parse().unwrap(),
    }
}

/// The rules of a chain that has had a fork for long.
fn under(fork: Fork) -> L2Rules {
    let mut times = [None; 11];
    for (time, other) in times.iter_mut().zip(&Fork::ALL[1..]) {
        *time = (*other <= fork).then_some(0);
    }
    let mut rules: Rules = hoike_registry::rules(10).unwrap();
    rules.rollup.schedule = hoike_protocol::Schedule::new(times).unwrap();
    rules.at_l2(L2Time(1_000_000))
}

#[test]
fn l1_cost() {
    let Some(cases) = vector("l1-cost.json") else {
        return;
    };
    assert!(!cases.is_empty());
    for case in cases {
        let tx = bytes(&case["tx"]);
        let gas = case["gas"].as_u64().unwrap();
        let number = |name: &str| decimal(&case[name]);
        let slots = |slot: U256| -> Result<U256, ()> {
            Ok(match slot.to::<u64>() {
                1 => number("l1_base_fee"),
                3 => (number("base_fee_scalar") << 96) | (number("blob_fee_scalar") << 64),
                5 => number("overhead"),
                6 => number("scalar"),
                7 => number("l1_blob_base_fee"),
                8 => (number("operator_scalar") << 64) | number("operator_constant"),
                other => panic!("slot {other}"),
            })
        };
        let fees = |fork| Fees::read(&under(fork), slots).unwrap();
        assert_eq!(
            fees(Fork::Regolith).l1_fee(&tx).0,
            number("bedrock_regolith"),
            "{case}"
        );
        let (zero_signature, _) = fees(Fork::Bedrock).l1_fee(&tx);
        assert!(zero_signature >= number("bedrock_regolith"));
        assert_eq!(
            fees(Fork::Ecotone).l1_fee(&tx).0,
            number("ecotone"),
            "{case}"
        );
        let (fjord, size) = fees(Fork::Fjord).l1_fee(&tx);
        assert_eq!(fjord, number("fjord"), "{case}");
        assert_eq!(size, Some(EstimatedSize::of(&tx)));
        assert_eq!(
            U256::from(EstimatedSize::of(&tx).bytes()),
            number("estimated_da_size")
        );
        assert_eq!(fees(Fork::Holocene).operator_fee(gas), U256::ZERO);
        assert_eq!(
            fees(Fork::Isthmus).operator_fee(gas),
            number("operator_isthmus"),
            "{case}"
        );
        assert_eq!(
            fees(Fork::Jovian).operator_fee(gas),
            number("operator_jovian"),
            "{case}"
        );
    }
}

/// The first Ecotone block is recognised by all of scalars and blob base fee being zero, not by the scalars alone, and also when Fjord comes with it.
#[test]
fn d94_bedrock_cost_until_ecotone_values_are_set() {
    let tx = [1; 100];
    for fork in [Fork::Ecotone, Fork::Fjord, Fork::Jovian] {
        for (scalars, blob_base_fee, bedrock) in
            [(0, 0, true), (0, 1, false), (1_u64 << 32, 0, false)]
        {
            let fees = Fees::read(&under(fork), |slot| -> Result<U256, ()> {
                Ok(match slot.to::<u64>() {
                    1 => U256::from(1_000_000),
                    3 => U256::from(scalars) << 64,
                    5 => U256::from(4_000),
                    6 => U256::from(7_000_000),
                    7 => U256::from(blob_base_fee),
                    _ => U256::ZERO,
                })
            })
            .unwrap();
            // (100 * 16 + 4000) * 1e6 * 7e6 / 1e6
            let expected = U256::from(39_200_000_000_u64);
            assert_eq!(
                fees.l1_fee(&tx).0 == expected,
                bedrock,
                "{fork} {scalars} {blob_base_fee}"
            );
        }
    }
}

#[test]
fn base_fees() {
    let Some(cases) = vector("base-fee.json") else {
        return;
    };
    assert!(!cases.is_empty());
    for case in cases {
        check_base_fee(&case);
    }
}

/// The chain that the vector file describes in its head.
fn base_fee_chain() -> Rules {
    let mut rules: Rules = hoike_registry::rules(10).unwrap();
    let at = |time| Some(time);
    rules.rollup.schedule = hoike_protocol::Schedule::new([
        at(0),
        at(100),
        at(100),
        at(200),
        at(200),
        at(200),
        at(300),
        at(400),
        at(500),
        None,
        None,
    ])
    .unwrap();
    rules.rollup.eip1559 = Eip1559Constants {
        elasticity: 6,
        denominator: 50,
        denominator_canyon: 250,
    };
    rules
}

fn check_base_fee(case: &Value) {
    let rules = base_fee_chain();
    let parent = &case["parent"];
    let time = |value: &Value| rules.at_l2(L2Time(quantity(value).unwrap()));
    let header = Header {
        base_fee_per_gas: Some(decimal(&parent["base_fee"]).to()),
        blob_gas_used: parent["blob_gas_used"].as_u64(),
        extra_data: bytes(&parent["extra_data"]),
        gas_limit: parent["gas_limit"].as_u64().unwrap(),
        gas_used: parent["gas_used"].as_u64().unwrap(),
        ..Header::default()
    };
    let (parent, block) = (time(&parent["time"]), time(&case["time"]));
    let fee = base_fee::next(&header, &parent, &block, &rules.rollup.eip1559).unwrap();
    assert_eq!(U256::from(fee), decimal(&case["base_fee"]), "{case}");
}

#[test]
fn receipts() {
    let Some(cases) = vector("receipts.json") else {
        return;
    };
    assert!(!cases.is_empty());
    for case in cases {
        let mut receipts = Vec::new();
        for receipt in case["receipts"].as_array().unwrap() {
            let logs = receipt["logs"].as_array().into_iter().flatten().map(|log| {
                let topics = log["topics"].as_array().into_iter().flatten();
                let topics = topics.map(common::hash).collect();
                let address = log["address"].as_str().unwrap().parse().unwrap();
                Log::new_unchecked(address, topics, bytes(&log["data"]))
            });
            let versioned = !receipt["deposit_version"].is_null();
            receipts.push(Receipt {
                tx_type: receipt["type"].as_u64().unwrap().try_into().unwrap(),
                success: receipt["status"] == 1,
                cumulative_gas_used: receipt["cumulative_gas"].as_u64().unwrap(),
                logs: logs.collect(),
                deposit_nonce: receipt["deposit_nonce"].as_u64().filter(|_| versioned),
            });
            let value = hex::encode_prefixed(receipts.last().unwrap().trie_value());
            if let Some(expected) = receipt["trie_value"].as_str() {
                assert_eq!(value, expected);
            }
        }
        let (root, _) = receipts_root(&receipts);
        assert_eq!(root, common::hash(&case["receipts_root"]));
    }
}

/// Ethereum's own rules are those of Isthmus and Karst, but for limits and the price of P256VERIFY.
#[test]
fn precompile_gas_and_output() {
    let Some(cases) = vector("precompiles.json") else {
        return;
    };
    assert!(!cases.is_empty());
    for case in cases {
        let rules = precompiles::of(match case["fork"].as_str().unwrap() {
            "prague" => Fork::Isthmus,
            "osaka" => Fork::Karst,
            other => panic!("{other}"),
        });
        let address = Address::left_padding_from(&case["address"].as_u64().unwrap().to_be_bytes());
        let input = bytes(&case["input"]);
        let Some(precompile) = rules.find(&address) else {
            panic!("{address}")
        };
        let gas = rules.required_gas(precompile, &input);
        let run = gas
            .filter(|gas| *gas <= 1_000_000_000)
            .and_then(|gas| precompiles::run(precompile, &input).map(|output| (gas, output)));
        match (case.get("output").filter(|output| !output.is_null()), run) {
            (None, None) => {}
            (Some(output), Some((gas, ours))) => {
                assert_eq!(ours, bytes(output), "{precompile:?} {case}");
                if precompile == Precompile::P256Verify {
                    assert_eq!(gas, if rules.modexp_osaka { 6_900 } else { 3_450 });
                } else {
                    assert_eq!(gas, case["gas"].as_u64().unwrap(), "{precompile:?} {case}");
                }
            }
            (expected, ours) => panic!("{precompile:?} {expected:?} {ours:?} {case}"),
        }
    }
}

//! The L1 attributes transaction.

mod l1_data;

use alloy_consensus::Header;
use alloy_primitives::{B256, Bytes, U256, keccak256};
use hoike_protocol::{
    Fork, L2Time, OriginTime, Rules,
    deposit::DepositTx,
    l1_info::{self, L1Fees, L1Info, L1InfoDecodeFault},
    rules::L1InfoFormat,
};
use l1_data::*;
use serde_json::Value;

fn rules_of(case: &Value) -> Rules {
    let times = &case["fork_times"];
    let mut rules = rules(std::array::from_fn(|i| {
        times[Fork::ALL[i + 1].name()].as_u64()
    }));
    rules.rollup.block_time = number(&case["block_time"]);
    rules.rollup.pectra_blob_schedule_time = times["pectrablobschedule"].as_u64();
    rules.l1 = l1_chain(case["l1_chain"].as_str().unwrap());
    rules
}

#[test]
fn d63_d64_d65_d177_golden_transactions() {
    let Some(file) = vectors("l1-info.json") else {
        return;
    };
    for (i, case) in cases(&file).iter().enumerate() {
        let name = format!("case {i}, {}", case["name"]);
        let rules = rules_of(case);
        let l2 = rules.at_l2(L2Time(number(&case["l2_time"])));
        let json = &case["l1"];
        let l1 = Header {
            number: number(&json["number"]),
            timestamp: number(&json["time"]),
            base_fee_per_gas: Some(parse(&json["base_fee"])),
            excess_blob_gas: json["excess_blob_gas"].as_u64(),
            ..Default::default()
        };
        let origin = rules.at_origin(OriginTime(l1.timestamp));
        let config = system_config(&case["system_config"]);
        let got = l1_info::transaction(
            &config,
            number(&case["seq_number"]),
            &l1,
            parse(&json["hash"]),
            &l2,
            &origin,
        );
        if case["error"].is_string() {
            assert!(got.is_err(), "{name}: op-node says {}", case["error"]);
            continue;
        }
        let got = got.unwrap_or_else(|fault| panic!("{name}: {fault}"));
        assert_eq!(got, parse::<Bytes>(&case["tx"]), "{name}");
        assert_eq!(keccak256(&got), parse::<B256>(&case["tx_hash"]), "{name}");
        let tx = DepositTx::decode(&got).unwrap();
        assert_eq!(
            tx.source_hash,
            parse::<B256>(&case["source_hash"]),
            "{name}"
        );
        assert_eq!(
            (tx.gas, tx.is_system),
            (number(&case["gas"]), case["is_system_tx"] == true),
            "{name}"
        );
        assert_eq!(tx.data, &parse::<Bytes>(&case["calldata"])[..], "{name}");
        check_parsed(
            &L1Info::decode(&got, l2.l1_info).unwrap(),
            &case["parsed"],
            &name,
        );
        for other in [
            L1InfoFormat::Bedrock,
            L1InfoFormat::Ecotone,
            L1InfoFormat::Isthmus,
            L1InfoFormat::Jovian,
        ] {
            assert_eq!(
                L1Info::decode(&got, other).is_ok(),
                other == l2.l1_info,
                "{name} as {other:?}"
            );
        }
    }
}

fn check_parsed(info: &L1Info, want: &Value, name: &str) {
    assert_eq!(
        (info.number, info.time),
        (number(&want["number"]), number(&want["time"])),
        "{name}"
    );
    assert_eq!(info.sequence_number, number(&want["seq_number"]), "{name}");
    let blob_fees = match info.fees {
        L1Fees::Bedrock { .. } => None,
        L1Fees::Ecotone(fees) | L1Fees::Isthmus(fees, _) | L1Fees::Jovian(fees, _, _) => Some(fees),
    };
    let scalars = blob_fees.map(|fees| fees.scalars);
    assert_eq!(
        scalars.map_or(0, |s| s.base_fee),
        number(&want["base_fee_scalar"]) as u32,
        "{name}"
    );
    assert_eq!(
        scalars.map_or(0, |s| s.blob_base_fee),
        number(&want["blob_base_fee_scalar"]) as u32,
        "{name}"
    );
    let blob_base_fee = want["blob_base_fee"]
        .is_string()
        .then(|| parse::<U256>(&want["blob_base_fee"]));
    assert_eq!(
        blob_fees.map(|fees| fees.blob_base_fee),
        blob_base_fee,
        "{name}"
    );
    let operator_fee = info.fees.operator_fee();
    assert_eq!(
        operator_fee.map_or(0, |fee| fee.scalar),
        number(&want["operator_fee_scalar"]) as u32,
        "{name}"
    );
    assert_eq!(
        operator_fee.map_or(0, |fee| fee.constant),
        number(&want["operator_fee_constant"]),
        "{name}"
    );
    let da_scalar = u64::from(info.fees.da_footprint_gas_scalar().unwrap_or(0));
    assert_eq!(
        da_scalar,
        number(&want["da_footprint_gas_scalar"]),
        "{name}"
    );
}

#[test]
fn an_origin_without_fees_has_no_l1_info() {
    let rules = rules(first_forks(4, 0));
    let (l2, origin) = (rules.at_l2(L2Time(100)), rules.at_origin(OriginTime(0)));
    let config = hoike_protocol::SystemConfig {
        scalar: B256::ZERO,
        ..rules.rollup.genesis.system_config
    };
    let of = |l1: Header| l1_info::transaction(&config, 0, &l1, B256::ZERO, &l2, &origin);
    assert_eq!(of(Header::default()), Err(l1_info::L1InfoFault::NoBaseFee));
    let endless = Header {
        base_fee_per_gas: Some(1),
        excess_blob_gas: Some(u64::MAX),
        ..Default::default()
    };
    assert_eq!(
        of(endless),
        Err(l1_info::L1InfoFault::BlobBaseFee { excess: u64::MAX })
    );
}

#[test]
fn damaged_l1_info_never_panics() {
    for (forks, dirty) in [
        (0, vec![4, 4 + 32, 4 + 4 * 32, 4 + 5 * 32]),
        (4, vec![4 + 32 + 3 * 32]),
        (9, vec![4 + 32 + 3 * 32]),
    ] {
        let rules = rules(first_forks(forks, 0));
        let l2 = rules.at_l2(L2Time(100));
        let config = hoike_protocol::SystemConfig {
            scalar: B256::ZERO,
            ..rules.rollup.genesis.system_config
        };
        let l1 = Header {
            base_fee_per_gas: Some(1),
            ..Default::default()
        };
        let tx = l1_info::transaction(
            &config,
            0,
            &l1,
            B256::ZERO,
            &l2,
            &rules.at_origin(OriginTime(0)),
        )
        .unwrap();
        let deposit = DepositTx::decode(&tx).unwrap();
        let with =
            |data: &[u8]| L1Info::decode(&DepositTx { data, ..deposit }.encode(), l2.l1_info);
        assert!(with(deposit.data).is_ok());
        for len in 0..deposit.data.len() {
            assert!(
                matches!(
                    with(&deposit.data[..len]),
                    Err(L1InfoDecodeFault::Length { .. })
                ),
                "{len}"
            );
        }
        let changed = |at: usize| {
            let mut data = deposit.data.to_vec();
            data[at] ^= 1;
            with(&data)
        };
        assert_eq!(changed(0), Err(L1InfoDecodeFault::Selector));
        // First bytes of words that hold a number or an address.
        for at in dirty {
            assert_eq!(changed(at), Err(L1InfoDecodeFault::Range), "{at}");
        }
    }
}

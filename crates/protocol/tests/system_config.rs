//! System config updates, and the config that an L2 block carries.

mod l1_data;

use alloy_consensus::Header;
use alloy_primitives::{Address, B64, B256, Bytes, U256, keccak256};
use hoike_protocol::{
    BlockId, Fork, InclusionTime, L2Ref, L2Time, OriginTime, Rules, SystemConfig,
    config::{
        read_back::ReadBackFault,
        update::{CONFIG_UPDATE_EVENT, UpdateFault},
    },
    extra_data::Eip1559Params,
    l1_info::{self, ScalarFault},
    receipt::Receipt,
};
use l1_data::*;

/// Ecotone at the given time, and everything before at 0.
fn ecotone_at(time: u64) -> Rules {
    let mut times = first_forks(3, 0);
    times[3] = Some(time);
    rules(times)
}

#[test]
fn event_topic_is_the_hash_of_its_signature() {
    assert_eq!(
        CONFIG_UPDATE_EVENT,
        keccak256("ConfigUpdate(uint256,uint8,bytes)")
    );
}

#[test]
fn d60_d75_d177_golden_logs() {
    let Some(file) = vectors("system-config-logs.json") else {
        return;
    };
    let rules = ecotone_at(number(&file["ecotone_time"]));
    for case in cases(&file) {
        let name = &case["name"];
        let receipt = receipt(true, &[log_of(&case["log"])]);
        let log = receipt.logs().next().unwrap();
        let before = system_config(&case["before"]);
        let mut config = before;
        let result = config.apply_log(
            &log,
            &rules.at_inclusion(InclusionTime(number(&case["l1_time"]))),
        );
        if case["error"].is_string() {
            assert!(result.is_err(), "{name}: op-node says {}", case["error"]);
            assert_eq!(config, before, "{name}");
        } else {
            // op-node does not speak of a scalar that has no meaning from Ecotone on; we do. Neither changes anything.
            assert!(
                matches!(result, Ok(()) | Err(UpdateFault::Scalar(_))),
                "{name}: {result:?}"
            );
            assert_eq!(config, system_config(&case["after"]), "{name}");
        }
    }
}

#[test]
fn d60_golden_receipts() {
    let Some(file) = vectors("system-config-receipts.json") else {
        return;
    };
    let rules = ecotone_at(number(&file["ecotone_time"]));
    let contract: Address = parse(&file["system_config_address"]);
    for (i, case) in cases(&file).iter().enumerate() {
        let receipts: Vec<Receipt> = list(&case["receipts"]).iter().map(receipt_of).collect();
        let mut config = system_config(&case["before"]);
        let mut skipped = 0;
        config.apply_receipts(
            &receipts,
            contract,
            &rules.at_inclusion(InclusionTime(number(&case["l1_time"]))),
            |_, why| {
                skipped += usize::from(!matches!(why, UpdateFault::Scalar(_)));
            },
        );
        assert_eq!(config, system_config(&case["after"]), "case {i}");
        assert_eq!(skipped > 0, case["some_skipped"] == true, "case {i}");
    }
}

#[test]
fn d60_a_bad_update_is_skipped_and_named() {
    let contract = Address::repeat_byte(0x5c);
    let update = |kind: u8, value: U256| {
        let data = [U256::from(32), U256::from(32), value]
            .map(|word| word.to_be_bytes::<32>())
            .concat();
        log(
            contract,
            &[CONFIG_UPDATE_EVENT, B256::ZERO, B256::with_last_byte(kind)],
            &data,
        )
    };
    let receipts = [
        receipt(
            true,
            &[update(2, U256::MAX), update(2, U256::from(30_000_000))],
        ),
        receipt(false, &[update(2, U256::from(1))]),
        receipt(
            true,
            &[
                log(Address::ZERO, &[CONFIG_UPDATE_EVENT], &[]),
                update(8, U256::ZERO),
                update(7, U256::from(9)),
            ],
        ),
    ];
    let rules = ecotone_at(0);
    let mut config = rules.rollup.genesis.system_config;
    let mut skipped = Vec::new();
    config.apply_receipts(
        &receipts,
        contract,
        &rules.at_inclusion(InclusionTime(0)),
        |index, why| skipped.push((index, why)),
    );
    assert_eq!(
        (config.gas_limit, config.da_footprint_gas_scalar),
        (30_000_000, 9)
    );
    assert_eq!(
        skipped,
        [
            (0, UpdateFault::Range(B256::repeat_byte(0xff))),
            (4, UpdateFault::Kind(B256::with_last_byte(8)))
        ]
    );
}

#[test]
fn d177_scalar_forms_in_update_logs() {
    let rules = ecotone_at(10);
    let update = |scalar: B256| {
        let words = [
            B256::with_last_byte(32),
            B256::with_last_byte(64),
            B256::with_last_byte(77),
            scalar,
        ];
        receipt(
            true,
            &[log(
                Address::ZERO,
                &[CONFIG_UPDATE_EVENT, B256::ZERO, B256::with_last_byte(1)],
                &words.concat(),
            )],
        )
    };
    let first = |byte: u8| {
        let mut scalar = B256::with_last_byte(5);
        scalar[0] = byte;
        scalar
    };
    let dirty = |version: u8, at: usize| {
        let mut scalar = first(version);
        scalar[at] = 1;
        scalar
    };
    for (scalar, want) in [
        (first(0), Ok(())),
        (first(1), Ok(())),
        (first(2), Err(ScalarFault::Version(2))),
        (dirty(0, 1), Err(ScalarFault::BedrockPadding)),
        (dirty(0, 27), Err(ScalarFault::BedrockPadding)),
        (dirty(0, 28), Ok(())),
        (dirty(1, 1), Err(ScalarFault::EcotonePadding)),
        (dirty(1, 23), Err(ScalarFault::EcotonePadding)),
        (dirty(1, 24), Ok(())),
    ] {
        let receipt = update(scalar);
        let log = receipt.logs().next().unwrap();
        let old = rules.rollup.genesis.system_config;
        let mut config = old;
        assert_eq!(
            config.apply_log(&log, &rules.at_inclusion(InclusionTime(10))),
            want.map_err(UpdateFault::Scalar),
            "{scalar}"
        );
        let after = if want.is_ok() {
            SystemConfig {
                overhead: U256::ZERO,
                scalar,
                ..old
            }
        } else {
            old
        };
        assert_eq!(config, after, "{scalar}");
        // Before Ecotone every scalar counts, with its overhead.
        let mut config = old;
        assert_eq!(
            config.apply_log(&log, &rules.at_inclusion(InclusionTime(9))),
            Ok(())
        );
        assert_eq!(
            config,
            SystemConfig {
                overhead: U256::from(77),
                scalar,
                ..old
            }
        );
    }
}

/// A config in which every value is set.
fn full_config() -> SystemConfig {
    let mut scalar = B256::ZERO;
    scalar[0] = 1;
    scalar[27] = 8;
    scalar[31] = 9;
    SystemConfig {
        batcher: Address::repeat_byte(0xaa),
        overhead: U256::from(188),
        scalar,
        gas_limit: 90_000_000,
        eip1559_params: B64::new([0, 0, 0, 250, 0, 0, 0, 6]),
        operator_fee: U256::from_limbs([44, 55, 0, 0]).into(),
        min_base_fee: 66,
        da_footprint_gas_scalar: 77,
    }
}

/// The block that derivation makes of a config at a time: header and first transaction.
fn block(config: &SystemConfig, rules: &Rules, time: u64) -> (Header, Bytes) {
    let l2 = rules.at_l2(L2Time(time));
    let l1 = Header {
        number: 5,
        timestamp: 50,
        base_fee_per_gas: Some(1),
        ..Default::default()
    };
    let tx = l1_info::transaction(
        config,
        3,
        &l1,
        B256::repeat_byte(0x11),
        &l2,
        &rules.at_origin(OriginTime(50)),
    )
    .unwrap();
    let params = Eip1559Params::from_attributes(
        config.eip1559_params,
        config.min_base_fee,
        &rules.rollup.eip1559,
    )
    .unwrap();
    let header = Header {
        number: 1000,
        timestamp: time,
        parent_hash: B256::repeat_byte(0x22),
        gas_limit: config.gas_limit + l2.upgrade_gas,
        extra_data: params.encode(l2.extra_data),
        ..Default::default()
    };
    (header, tx)
}

fn read_back(rules: &Rules, (header, tx): &(Header, Bytes)) -> Result<SystemConfig, ReadBackFault> {
    let l2 = rules.at_l2(L2Time(header.timestamp));
    SystemConfig::read_back(
        header,
        B256::repeat_byte(0x33),
        Some(tx),
        &rules.rollup,
        &l2,
    )
}

#[test]
fn d183_d189_values_of_forks_to_come_are_lost() {
    let full = full_config();
    for fork in Fork::ALL {
        // Only this fork activates, at 1000: the block in which it does, and the next one.
        let mut times = first_forks(fork as usize, 0);
        if let Some(time) = (fork as usize).checked_sub(1) {
            times[time] = Some(1000);
        }
        let rules = rules(times);
        for (time, active) in [(998, false), (1000, true), (1002, true)] {
            // Whether a fork's L1 info format, or its extra data, is in this block.
            let now = |of: Fork| of < fork || of == fork && active;
            let settled = |of: Fork| of < fork || of == fork && time > 1000;
            let want = SystemConfig {
                batcher: full.batcher,
                overhead: if settled(Fork::Ecotone) {
                    U256::ZERO
                } else {
                    full.overhead
                },
                scalar: full.scalar,
                gas_limit: full.gas_limit,
                eip1559_params: if now(Fork::Holocene) {
                    full.eip1559_params
                } else {
                    B64::ZERO
                },
                operator_fee: if settled(Fork::Isthmus) {
                    full.operator_fee
                } else {
                    B256::ZERO
                },
                min_base_fee: if now(Fork::Jovian) {
                    full.min_base_fee
                } else {
                    0
                },
                da_footprint_gas_scalar: if settled(Fork::Jovian) {
                    full.da_footprint_gas_scalar
                } else {
                    0
                },
            };
            assert_eq!(
                read_back(&rules, &block(&full, &rules, time)),
                Ok(want),
                "{fork} at {time}"
            );
        }
    }
}

#[test]
fn d66_d75_defaults_are_written_and_come_back_as_values() {
    let rules = rules(first_forks(9, 0));
    let zero = SystemConfig {
        eip1559_params: B64::ZERO,
        da_footprint_gas_scalar: 0,
        ..full_config()
    };
    let got = read_back(&rules, &block(&zero, &rules, 1000)).unwrap();
    assert_eq!(got.eip1559_params, B64::new([0, 0, 0, 250, 0, 0, 0, 6]));
    assert_eq!(got.da_footprint_gas_scalar, 400);
}

#[test]
fn d177_scalars_come_back_in_version_1() {
    let rules = rules(first_forks(4, 0));
    let mut dirty = B256::with_last_byte(5);
    dirty[1] = 1;
    for (scalar, want) in [
        (
            B256::with_last_byte(5),
            "0x0100000000000000000000000000000000000000000000000000000000000005",
        ),
        (
            dirty,
            "0x01000000000000000000000000000000000000000000000000000000ffffffff",
        ),
    ] {
        let config = SystemConfig {
            scalar,
            ..full_config()
        };
        assert_eq!(
            read_back(&rules, &block(&config, &rules, 1000))
                .unwrap()
                .scalar,
            want.parse::<B256>().unwrap()
        );
    }
}

#[test]
fn d73_upgrade_gas_does_not_stay() {
    let mut times = first_forks(9, 0);
    times[9] = Some(1000);
    let mut rules = rules(times);
    let full = full_config();
    let activation = block(&full, &rules, 1000);
    assert_eq!(activation.0.gas_limit, full.gas_limit + 55_370_657);
    assert_eq!(
        read_back(&rules, &activation).unwrap().gas_limit,
        full.gas_limit
    );
    assert_eq!(
        read_back(&rules, &block(&full, &rules, 1002))
            .unwrap()
            .gas_limit,
        full.gas_limit
    );
    let (header, tx) = activation.clone();
    let low = (
        Header {
            gas_limit: 55_370_656,
            ..header
        },
        tx,
    );
    assert_eq!(
        read_back(&rules, &low),
        Err(ReadBackFault::GasLimit {
            limit: 55_370_656,
            upgrade_gas: 55_370_657
        })
    );
    rules.rollup.keep_karst_upgrade_gas = true;
    assert_eq!(
        read_back(&rules, &activation).unwrap().gas_limit,
        full.gas_limit + 55_370_657
    );
}

#[test]
fn genesis_has_the_config_of_the_rollup() {
    let rules = rules(first_forks(9, 0));
    let genesis = rules.rollup.genesis.clone();
    let header = Header {
        number: genesis.l2.number,
        ..Default::default()
    };
    let l2 = rules.at_l2(L2Time(0));
    let read = |hash| SystemConfig::read_back(&header, hash, None, &rules.rollup, &l2);
    assert_eq!(read(genesis.l2.hash), Ok(genesis.system_config));
    let other = B256::repeat_byte(9);
    assert_eq!(
        read(other),
        Err(ReadBackFault::NotGenesis {
            hash: other,
            genesis: genesis.l2.hash
        })
    );
    let at_genesis = L2Ref::from_block(&header, genesis.l2.hash, None, &rules.rollup, &l2).unwrap();
    assert_eq!(
        (at_genesis.origin, at_genesis.sequence_number),
        (genesis.l1, 0)
    );
    assert!(L2Ref::from_block(&header, other, None, &rules.rollup, &l2).is_err());
}

#[test]
fn reference_to_a_block() {
    for forks in [0, 4, 8, 9] {
        let rules = rules(first_forks(forks, 0));
        let (header, tx) = block(&full_config(), &rules, 1000);
        let l2 = rules.at_l2(L2Time(1000));
        let hash = B256::repeat_byte(0x33);
        let want = L2Ref {
            hash,
            number: 1000,
            parent: B256::repeat_byte(0x22),
            time: L2Time(1000),
            origin: BlockId {
                hash: B256::repeat_byte(0x11),
                number: 5,
            },
            sequence_number: 3,
        };
        assert_eq!(
            L2Ref::from_block(&header, hash, Some(&tx), &rules.rollup, &l2),
            Ok(want),
            "{forks} forks"
        );
        assert_eq!(
            L2Ref::from_block(&header, hash, None, &rules.rollup, &l2),
            Err(ReadBackFault::NoTransactions)
        );
    }
}

use super::*;
use crate::{BlockId, Fork, Schedule, SystemConfig, config::*};
use alloc::borrow::Cow;
use alloy_primitives::{Address, B64, B256, U256};

/// Forks ten seconds apart from Regolith at 10 to Lagoon at 110, blocks every two seconds.
fn rules() -> Rules {
    let mut times = [None; 11];
    for (i, time) in times.iter_mut().enumerate() {
        *time = Some(10 * (i as u64 + 1));
    }
    let system_config = SystemConfig {
        batcher: Address::ZERO,
        overhead: U256::ZERO,
        scalar: B256::ZERO,
        gas_limit: 0,
        eip1559_params: B64::ZERO,
        operator_fee: B256::ZERO,
        min_base_fee: 0,
        da_footprint_gas_scalar: 0,
    };
    Rules {
        rollup: RollupConfig {
            genesis: Genesis {
                l1: BlockId::default(),
                l2: BlockId::default(),
                l2_time: 0,
                system_config,
            },
            block_time: 2,
            max_sequencer_drift: 600,
            seq_window_size: 3600,
            channel_timeout: 300,
            l1_chain_id: 1,
            l2_chain_id: 10,
            schedule: Schedule::new(times).unwrap(),
            pectra_blob_schedule_time: Some(85),
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
        variants: Variants::default(),
        l1: L1Config {
            chain_id: 1,
            blob_schedule: Cow::Borrowed(&[
                BlobSchedule {
                    time: 0,
                    update_fraction: 3_338_477,
                },
                BlobSchedule {
                    time: 80,
                    update_fraction: 5_007_716,
                },
            ]),
        },
    }
}

fn time_of(fork: Fork) -> u64 {
    10 * fork as u64
}

#[test]
fn d07_d20_d46_inclusion_rules_change_at_their_forks() {
    let r = rules();
    for fork in Fork::ALL {
        let at = r.at_inclusion(InclusionTime(time_of(fork)));
        assert_eq!(at.blobs, fork >= Fork::Ecotone, "{fork}");
        assert_eq!(at.brotli, fork >= Fork::Fjord, "{fork}");
        assert_eq!(at.span_batches, fork >= Fork::Delta, "{fork}");
        assert_eq!(at.holocene, fork >= Fork::Holocene, "{fork}");
        assert_eq!(
            at.channel_timeout,
            if fork >= Fork::Granite { 50 } else { 300 },
            "{fork}"
        );
        assert_eq!(
            at.max_rlp_bytes_per_channel,
            if fork >= Fork::Fjord {
                100_000_000
            } else {
                10_000_000
            },
            "{fork}"
        );
        let one_before = r.at_inclusion(InclusionTime(time_of(fork).saturating_sub(1)));
        if fork == Fork::Granite {
            assert_eq!(one_before.channel_timeout, 300);
        }
    }
}

#[test]
fn d64_d65_blob_base_fee_fraction_follows_the_origin() {
    let r = rules();
    for (time, want) in [
        (0, 3_338_477),
        (80, 3_338_477),
        (84, 3_338_477),
        (85, 5_007_716),
    ] {
        assert_eq!(
            r.at_origin(OriginTime(time)).blob_base_fee_update_fraction,
            want,
            "at {time}"
        );
    }
    let mut plain = rules();
    plain.rollup.pectra_blob_schedule_time = None;
    assert_eq!(
        plain
            .at_origin(OriginTime(80))
            .blob_base_fee_update_fraction,
        5_007_716
    );
    // D65: the field activates no fork.
    assert!(!r.at_inclusion(InclusionTime(69)).holocene);
}

#[test]
fn d63_l1_info_keeps_its_form_in_the_activation_block() {
    let r = rules();
    for (time, want) in [
        (40, L1InfoFormat::Bedrock),
        (41, L1InfoFormat::Bedrock),
        (42, L1InfoFormat::Ecotone),
        (80, L1InfoFormat::Ecotone),
        (82, L1InfoFormat::Isthmus),
        (90, L1InfoFormat::Isthmus),
        (92, L1InfoFormat::Jovian),
        (100, L1InfoFormat::Jovian),
    ] {
        assert_eq!(r.at_l2(L2Time(time)).l1_info, want, "at {time}");
    }
    // All forks in one block: the form of before all of them.
    let mut at_once = rules();
    at_once.rollup.schedule = Schedule::new([Some(10); 11]).unwrap();
    assert_eq!(at_once.at_l2(L2Time(10)).l1_info, L1InfoFormat::Bedrock);
    assert_eq!(at_once.at_l2(L2Time(12)).l1_info, L1InfoFormat::Jovian);
    assert_eq!(at_once.at_l2(L2Time(10)).activates.iter().count(), 11);
    // Isthmus long before, Jovian in this block.
    at_once.rollup.schedule = Schedule::new([
        Some(0),
        Some(0),
        Some(0),
        Some(0),
        Some(0),
        Some(0),
        Some(0),
        Some(0),
        Some(10),
        None,
        None,
    ])
    .unwrap();
    assert_eq!(at_once.at_l2(L2Time(10)).l1_info, L1InfoFormat::Isthmus);
}

#[test]
fn d42_user_transactions_are_forbidden_in_three_activation_blocks() {
    let r = rules();
    for fork in Fork::ALL {
        let want = matches!(fork, Fork::Jovian | Fork::Karst | Fork::Lagoon).then_some(fork);
        assert_eq!(r.at_l2(L2Time(time_of(fork))).user_txs_forbidden, want);
        assert_eq!(r.at_l2(L2Time(time_of(fork) + 2)).user_txs_forbidden, None);
    }
}

#[test]
fn d73_upgrade_gas_is_taken_back_unless_kept() {
    let mut r = rules();
    let at = |r: &Rules, t| {
        (
            r.at_l2(L2Time(t)).upgrade_gas,
            r.at_l2(L2Time(t)).upgrade_gas_to_strip,
        )
    };
    assert_eq!(at(&r, 98), (0, 0));
    assert_eq!(at(&r, 100), (55_370_657, 55_370_657));
    assert_eq!(at(&r, 102), (0, 0));
    assert_eq!(at(&r, 110), (60_653_172, 60_653_172));
    r.rollup.keep_karst_upgrade_gas = true;
    assert_eq!(at(&r, 100), (55_370_657, 0));
    assert_eq!(at(&r, 110), (60_653_172, 60_653_172));
}

#[test]
fn a_fork_at_genesis_has_no_activation_block() {
    let mut r = rules();
    r.rollup.schedule = Schedule::new([Some(0); 11]).unwrap();
    r.rollup.genesis.l2_time = 1000;
    assert!(r.at_l2(L2Time(1000)).activates.is_empty());
    assert_eq!(r.at_l2(L2Time(1002)).l1_info, L1InfoFormat::Jovian);
}

/// Fields of what execution asks, at each fork: `fork-matrix.md`, 7. In the activation block and after it.
#[test]
fn execution_asks_what_changes_at_its_fork() {
    let r = rules();
    for fork in Fork::ALL {
        for time in [time_of(fork), time_of(fork) + 2] {
            let at = r.at_l2(L2Time(time));
            assert_eq!(at.fork, fork);
            let (canyon, ecotone) = (fork >= Fork::Canyon, fork >= Fork::Ecotone);
            let isthmus = fork >= Fork::Isthmus;
            assert_eq!(at.deposit_receipt_nonce, canyon, "{fork}");
            assert_eq!(at.parent_beacon_root, ecotone, "{fork}");
            assert_eq!(at.blob_gas, ecotone, "{fork}");
            assert_eq!(at.block_hash_history, isthmus, "{fork}");
            assert_eq!(at.requests_hash, isthmus, "{fork}");
            let denominator = if canyon {
                BaseFeeDenominator::Canyon
            } else {
                BaseFeeDenominator::Bedrock
            };
            assert_eq!(at.base_fee_denominator, denominator, "{fork}");
            let l1_fee = match fork {
                Fork::Bedrock => L1Fee::Bedrock,
                Fork::Regolith | Fork::Canyon | Fork::Delta => L1Fee::Regolith,
                Fork::Ecotone => L1Fee::Ecotone,
                _ => L1Fee::Fjord,
            };
            assert_eq!(at.l1_fee, l1_fee, "{fork}");
            let unsupported = (fork == Fork::Lagoon).then_some(fork);
            assert_eq!(at.unsupported, unsupported, "{fork}");
            let activates = fork == Fork::Canyon && time == time_of(fork);
            assert_eq!(at.create2_deployer, activates, "{fork}");
        }
        // The second before a fork is still of the one before it.
        let before = r.at_l2(L2Time(time_of(fork).saturating_sub(1)));
        assert_eq!(before.blob_gas, fork > Fork::Ecotone, "{fork}");
        assert_eq!(before.requests_hash, fork > Fork::Isthmus, "{fork}");
        assert_eq!(before.deposit_receipt_nonce, fork > Fork::Canyon, "{fork}");
    }
}

/// Canyon at genesis never activates: its code must be in the genesis state, and is put nowhere.
#[test]
fn d97_no_create2_deployer_where_canyon_is_genesis() {
    let mut r = rules();
    r.rollup.schedule = Schedule::new([Some(0); 11]).unwrap();
    for time in [0, 2, 4] {
        assert!(!r.at_l2(L2Time(time)).create2_deployer, "at {time}");
    }
}

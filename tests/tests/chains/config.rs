//! The system config on its way from L1 into blocks, and what forks do to it.

use crate::basics::{FORKS, channel_item, singular};
use alloy_primitives::{Address, B64, B256, Bytes, U256};
use hoike_derive::{Event, Halt};
use hoike_program::{Boot, Error, Verdict};
use hoike_protocol::{
    Fork, L2Time,
    config::update::{ConfigUpdate, UpdateFault},
    l1_info::{L1Fees, L1Info},
    rules::BlobSchedule,
};
use hoike_testkit::{
    BatchBlock, Case, Chain, GENESIS_L1, GENESIS_TIME, L1Log, Meaning, Post, SYSTEM_CONFIG, Setup,
    l1::update_log,
};

/// Mines an L1 block with this update, and one without; sends all L2 blocks up to there, derives them.
fn with_update(setup: Setup, updates: &[ConfigUpdate]) -> Chain {
    let mut chain = setup.begin();
    let logs = updates.iter().map(|u| update_log(SYSTEM_CONFIG, u));
    chain.l1().logs(logs.collect()).mine();
    chain.mine(2);
    let blocks = chain.fill_epochs();
    chain
        .l1()
        .calldata(channel_item(1, &singular(&blocks)))
        .mine();
    chain.check();
    chain
}

fn info(chain: &Chain, number: u64) -> L1Info {
    let block = chain.block(number);
    let rules = chain.rules.at_l2(L2Time(block.header.timestamp));
    L1Info::decode(&block.attributes.transactions[0], rules.l1_info).unwrap()
}

/// Updates reach L2 with the first block of their epoch, which is block 6, and stay.
#[test]
fn d184_updates_count_from_the_first_block_of_their_epoch() {
    let batcher = Address::repeat_byte(0xbb);
    let mut chain = Setup::at(Fork::Jovian).begin();
    let updates = [
        ConfigUpdate::GasLimit(40_000_000),
        ConfigUpdate::Eip1559Params(B64::new([0, 0, 0, 9, 0, 0, 0, 4])),
        ConfigUpdate::MinBaseFee(77),
        ConfigUpdate::DaFootprintGasScalar(123),
        ConfigUpdate::UnsafeBlockSigner,
    ];
    let logs = updates.iter().map(|u| update_log(SYSTEM_CONFIG, u));
    chain.l1().logs(logs.collect()).mine();
    chain.mine(1);
    let blocks = chain.fill_epochs();
    chain
        .l1()
        .calldata(channel_item(1, &singular(&blocks)))
        .mine();
    chain.l1().update(&ConfigUpdate::Batcher(batcher)).mine();
    chain.check();
    for (number, limit, extra) in [
        (5, 30_000_000, "01000000fa000000060000000000000000"),
        (6, 40_000_000, "010000000900000004000000000000004d"),
        (17, 40_000_000, "010000000900000004000000000000004d"),
    ] {
        let header = &chain.block(number).header;
        assert_eq!(header.gas_limit, limit, "{number}");
        assert_eq!(
            header.extra_data,
            extra.parse::<Bytes>().unwrap(),
            "{number}"
        );
    }
    let scalar = |number| match info(&chain, number).fees {
        L1Fees::Jovian(_, _, scalar) => scalar,
        other => panic!("{other:?}"),
    };
    assert_eq!((scalar(5), scalar(6), scalar(17)), (400, 123, 123));
    assert_ne!(info(&chain, 17).batcher, batcher);
}

/// What an update sets before its fork is not in the block, so it is not there any more when the fork comes.
#[test]
fn d183_updates_before_their_fork_are_lost() {
    // The update is in the epoch of block 6. The fork comes with block 6, in its epoch, in the next one.
    for (seconds, kept) in [(12, true), (14, false), (24, false)] {
        let params = ConfigUpdate::Eip1559Params(B64::new([0, 0, 0, 9, 0, 0, 0, 4]));
        let setup = Setup::at(Fork::Granite).then(Fork::Holocene, seconds);
        let chain = with_update(setup, &[params]);
        let last = chain.tip();
        let want = if kept {
            "000000000900000004"
        } else {
            "00000000fa00000006"
        };
        let extra = &chain.block(last).header.extra_data;
        assert_eq!(*extra, want.parse::<Bytes>().unwrap(), "{seconds}");
    }
    let mut word = [0; 32];
    word[31] = 5;
    for (seconds, kept) in [(0, true), (14, false), (24, false)] {
        let fee = ConfigUpdate::OperatorFee(B256::new(word));
        let setup = Setup::at(Fork::Holocene).then(Fork::Isthmus, seconds);
        let chain = with_update(setup, &[fee]);
        let L1Fees::Isthmus(_, fee) = info(&chain, chain.tip()).fees else {
            panic!("Isthmus' form");
        };
        assert_eq!(fee.encode() == B256::new(word), kept, "{seconds}");
    }
}

/// One bad update is skipped and named, those around it count.
#[test]
fn d60_a_bad_update_between_good_ones() {
    let mut chain = Setup::at(Fork::Granite).begin();
    let good = |limit| update_log(SYSTEM_CONFIG, &ConfigUpdate::GasLimit(limit));
    let mut bad = good(50_000_000);
    bad.log.data = alloy_primitives::LogData::new_unchecked(
        bad.log.data.topics().to_vec(),
        Bytes::from_static(&[1; 40]),
    );
    let bad = L1Log {
        meaning: Meaning::Nothing,
        ..bad
    };
    let number = chain
        .l1()
        .noise()
        .logs(vec![good(31_000_000), bad, good(32_000_000)])
        .mine();
    chain.mine(1);
    let blocks = chain.fill_epochs();
    chain
        .l1()
        .calldata(channel_item(1, &singular(&blocks)))
        .mine();
    let judged = chain.check();
    assert_eq!(chain.l2.tip().header.gas_limit, 32_000_000);
    let block = chain.l1_block(number).id();
    let skipped = Event::ConfigUpdateSkipped {
        block,
        log_index: 2,
        why: UpdateFault::Abi { len: 40 },
    };
    assert_eq!(judged.count(|event| *event == skipped), 1);
}

/// The optional field for Pectra's blob schedule is no fork: it switches nothing but the fraction.
#[test]
fn d65_pectra_blob_schedule_is_no_holocene() {
    let schedule = vec![
        BlobSchedule {
            time: 0,
            update_fraction: 3_338_477,
        },
        BlobSchedule {
            time: GENESIS_TIME + 12,
            update_fraction: 5_007_716,
        },
    ];
    let mut fees = Vec::new();
    for pectra in [None, Some(GENESIS_TIME + 24)] {
        let mut chain = Setup::at(Fork::Granite)
            .with(|setup| {
                setup.blob_schedule = schedule.clone();
                setup.pectra_blob_schedule_time = pectra;
            })
            .begin();
        chain.mine(3);
        let blocks = chain.blocks(14);
        // In the wrong order: before Holocene batches wait for their turn.
        let mut batches = singular(&blocks);
        batches.swap(3, 4);
        chain.l1().calldata(channel_item(1, &batches)).mine();
        let judged = chain.check();
        assert!(judged.batch_drops().is_empty());
        assert!(chain.l2.tip().header.extra_data.is_empty());
        let fee = |number| match info(&chain, number).fees {
            L1Fees::Ecotone(fees) => fees.blob_base_fee,
            other => panic!("{other:?}"),
        };
        // Epochs of seconds 0, 12 and 24.
        fees.push([fee(1), fee(6), fee(12)]);
    }
    assert_eq!(fees[0][0], fees[1][0]);
    assert!(fees[1][1] > fees[0][1], "the old fraction gives more");
    assert_eq!(fees[0][2], fees[1][2]);
}

/// Scalars set before Ecotone, and after it: the block of the activation still has them in the old form, the next one packed.
#[test]
fn d70_scalars_through_ecotone() {
    let mut scalar = B256::ZERO;
    (scalar[0], scalar[27], scalar[31]) = (1, 8, 9);
    let update = ConfigUpdate::FeeScalars {
        overhead: U256::from(188),
        scalar,
    };
    // Ecotone with block 15; the update is of block 6's epoch, or of block 18's, which has it packed.
    let mut chain = Setup::at(Fork::Delta).then(Fork::Ecotone, 30).begin();
    chain.l1().update(&update).mine();
    chain.mine(1);
    let mut word = B256::ZERO;
    (word[0], word[27], word[31]) = (1, 3, 4);
    let again = ConfigUpdate::FeeScalars {
        overhead: U256::from(5),
        scalar: word,
    };
    chain.l1().update(&again).mine();
    let blocks = chain.fill_epochs();
    chain
        .l1()
        .calldata(channel_item(1, &singular(&blocks)))
        .mine();
    chain.check();
    for number in [6, 14, 15] {
        let fees = L1Fees::Bedrock {
            overhead: U256::from(188),
            scalar,
        };
        assert_eq!(info(&chain, number).fees, fees);
    }
    for (number, base, blob) in [(16, 9, 8), (17, 9, 8), (18, 4, 3), (23, 4, 3)] {
        let L1Fees::Ecotone(fees) = info(&chain, number).fees else {
            panic!("Ecotone's form");
        };
        assert_eq!(
            (fees.scalars.base_fee, fees.scalars.blob_base_fee),
            (base, blob)
        );
    }
}

/// An L1 before Dencun has no beacon root: an Ecotone block then has zero.
#[test]
fn d71_no_beacon_root_on_l1() {
    for cancun in [None, Some(GENESIS_TIME + 12)] {
        let mut chain = Setup::at(Fork::Ecotone)
            .with(|setup| setup.l1_forks.cancun = cancun)
            .begin();
        chain.mine(1);
        let blocks = chain.fill_epochs();
        chain
            .l1()
            .calldata(channel_item(1, &singular(&blocks)))
            .mine();
        chain.check();
        let root = |number| chain.block(number).header.parent_beacon_block_root;
        assert_eq!(root(5), Some(B256::ZERO));
        assert_eq!(root(6) == Some(B256::ZERO), cancun.is_none());
        assert!(root(6).is_some());
    }
}

/// A chain that activates Lagoon gets an error that says so, not a verdict; up to there it is judged.
#[test]
fn d72_lagoon_is_refused() {
    let mut chain = Setup::at(Fork::Karst).then(Fork::Lagoon, 10).begin();
    let mut blocks = chain.blocks(4);
    blocks.push(BatchBlock {
        parent: chain.l2.tip().header.hash(),
        epoch: chain.l2.tip().origin,
        begins_epoch: false,
        time: GENESIS_TIME + 10,
        transactions: Vec::new(),
    });
    chain
        .l1()
        .calldata(channel_item(1, &singular(&blocks)))
        .mine();
    assert_eq!(blocks[0].epoch.number, GENESIS_L1);
    let root = chain.block(4).output_root();
    let boot = chain.claim(0, 4, root);
    assert_eq!(chain.judge(&boot).unwrap().outcome.output_root, root);
    let boot = chain.claim(0, 5, root);
    let fork = Fork::Lagoon;
    match chain.judge(&boot) {
        Err(Error::Halted(why)) => assert_eq!(why, Halt::UnsupportedFork { number: 5, fork }),
        other => panic!("{other:?}"),
    }
}

/// Karst's upgrade gas is for its activation block; it stays only where the config says so.
#[test]
fn d73_upgrade_gas_on_a_chain() {
    for keep in [false, true] {
        let mut chain = Setup::at(Fork::Jovian)
            .then(Fork::Karst, 4)
            .with(|setup| setup.keep_karst_upgrade_gas = keep)
            .begin();
        let blocks = chain.blocks(4);
        chain
            .l1()
            .calldata(channel_item(1, &singular(&blocks)))
            .mine();
        chain.check();
        let limits: Vec<_> = (1..=4).map(|n| chain.block(n).header.gas_limit).collect();
        let raised = 30_000_000 + 55_370_657;
        let after = if keep { raised } else { 30_000_000 };
        assert_eq!(limits, [30_000_000, raised, after, after]);
    }
}

/// Until a fork's time nothing knows of it: with all the forks to come scheduled for the first second after the chain, blocks and verdicts are those of
/// the chain that will never have them, and a claim of one is judged the same by the rules of the other.
#[test]
fn d122_forks_to_come_change_nothing() {
    for fork in FORKS {
        let how = if fork < Fork::Delta {
            Post::Singular
        } else {
            Post::Span
        };
        let later = || Fork::ALL.into_iter().filter(|later| *later > fork);
        let sequenced = |setup| Case::of(setup).l1(1).post(8, how).l1(1).post(5, how).chain;
        let mut plain = sequenced(Setup::at(fork));
        let judged = plain.check();
        let hashes = |chain: &Chain| -> Vec<_> {
            let blocks = chain.l2.blocks.iter();
            blocks.map(|block| block.header.hash()).collect()
        };

        let ends = plain.l1_tip().header.timestamp;
        assert!(ends > plain.l2.tip().header.timestamp);
        let first_second = ends + 1 - GENESIS_TIME;
        let setup = later().fold(Setup::at(fork), |setup, later| {
            setup.then(later, first_second)
        });
        let mut prepared = sequenced(setup);
        assert_eq!(hashes(&prepared), hashes(&plain), "{fork}");
        let also = prepared.check();
        assert_eq!(also.outcome, judged.outcome, "{fork}");
        assert_eq!(also.events, judged.events, "{fork}");

        let root = plain.l2.tip().output_root();
        let boot = Boot {
            rules: prepared.rules.clone(),
            ..plain.claim(0, plain.tip(), root)
        };
        let outcome = plain.judge(&boot).unwrap().outcome;
        assert_eq!(outcome.verdict, Verdict::Valid, "{fork}");

        // What would show: a fork that changes blocks, at the time of the last one.
        let last = plain.l2.tip().header.timestamp - GENESIS_TIME;
        let next = later().next().filter(|next| {
            // Delta and Granite change what is read and what is executed, but not these blocks; Lagoon cannot be built.
            !matches!(next, Fork::Delta | Fork::Granite | Fork::Lagoon)
        });
        if let Some(next) = next {
            let active = sequenced(Setup::at(fork).then(next, last));
            let (old, new) = (hashes(&plain), hashes(&active));
            assert_eq!(old[..13], new[..13], "{fork}");
            assert_ne!(old[13], new[13], "{fork}");
        }
    }
}

//! What the receipts of an L1 block change, and when: over real transactions and receipts.

use super::{
    Chain, Events,
    l1::{Account, config_update, receipt},
    script::{TX, and_then, chain, item, up_to, users, zlib},
    system_config,
};
use crate::{
    Answer, BlobRef, Built, Derivation, Event, Halt, Head, Mismatch, Need, NotBatcherData, Start,
    Step,
};
use alloc::{vec, vec::Vec};
use alloy_consensus::Header;
use alloy_primitives::{Address, B256, Bloom, BloomInput, Bytes, Sealed, U256};
use hoike_protocol::{
    Attributes, Fork, SystemConfig,
    blob::BlobFault,
    config::update::CONFIG_UPDATE_EVENT,
    deposit::{DEPOSIT_EVENT, DepositFault},
    frame::FrameFault,
    l1_info::L1Info,
};

/// By L1 block: its transactions and its receipts.
type L1Data = Vec<(u64, Vec<Bytes>, Vec<Bytes>)>;

/// Runs to the end of L1. Receipts that hold something are announced by the header's bloom.
fn run(
    chain: &mut Chain,
    data: &L1Data,
    config: SystemConfig,
    plain: bool,
    log: &mut Events,
) -> Result<Vec<Attributes>, Halt> {
    let rollup = chain.rules.rollup.clone();
    for header in &mut chain.l1 {
        let full = |(number, _, receipts): &(u64, _, Vec<_>)| {
            *number == header.number && !receipts.is_empty()
        };
        if data.iter().any(full) {
            let mut bloom = Bloom::ZERO;
            bloom.accrue(BloomInput::Raw(rollup.l1_system_config.as_slice()));
            bloom.accrue(BloomInput::Raw(CONFIG_UPDATE_EVENT.as_slice()));
            bloom.accrue(BloomInput::Raw(rollup.deposit_contract.as_slice()));
            bloom.accrue(BloomInput::Raw(DEPOSIT_EVENT.as_slice()));
            let hash = header.hash();
            let inner = Header {
                logs_bloom: bloom,
                ..header.inner().clone()
            };
            *header = Sealed::new_unchecked(inner, hash);
        }
    }
    let block = chain.head();
    let start = Start {
        l1: chain.l1[0].clone(),
        config,
        head: Head { block, config },
    };
    let mut machine = Derivation::new(chain.rules.clone(), start);
    if plain {
        machine = machine.without_shortcuts();
    }
    let of = |number: u64| data.iter().find(|(at, ..)| *at == number);
    let mut made = Vec::new();
    loop {
        match machine.step(log)? {
            Step::L1Exhausted => return Ok(made),
            Step::Need(Need::L1Header { number }) => {
                match chain.l1.iter().find(|header| header.number == number) {
                    Some(header) => machine.supply(Answer::L1Header(header.clone())).unwrap(),
                    None => machine.end_of_l1().unwrap(),
                }
            }
            Step::Need(Need::L1Transactions { block }) => {
                let txs = of(block.number).map(|(_, txs, _)| txs.clone());
                machine
                    .supply(Answer::L1Transactions(txs.unwrap_or_default()))
                    .unwrap();
            }
            Step::Need(Need::L1Receipts { block }) => {
                let receipts = of(block.number).map(|(_, _, receipts)| receipts.clone());
                machine
                    .supply(Answer::L1Receipts(receipts.unwrap_or_default()))
                    .unwrap();
            }
            Step::Need(other) => panic!("{other:?}"),
            Step::Build(attributes) => {
                let info = info(chain, &attributes);
                let header = chain.header(
                    &machine.head().block,
                    attributes.time,
                    info.number,
                    &users(&attributes),
                );
                machine.built(Built::Block(header), log).unwrap();
                made.push(*attributes);
            }
        }
    }
}

fn info(chain: &Chain, attributes: &Attributes) -> L1Info {
    let format = chain.rules.at_l2(attributes.time).l1_info;
    L1Info::decode(&attributes.transactions[0], format).unwrap()
}

/// Six L1 blocks, twelve seconds apart.
fn small() -> Chain {
    let times: Vec<u64> = (0..6).map(|i| 1000 + 12 * i).collect();
    chain(up_to(Fork::Holocene), &times, 3600)
}

fn channel(batches: &[Vec<u8>]) -> Bytes {
    let strings: Vec<u8> = batches
        .iter()
        .flat_map(|batch| alloy_rlp::encode(&batch[..]))
        .collect();
    item(0, &zlib(&strings))
}

fn batcher_update(contract: Address, batcher: Address) -> Bytes {
    config_update(contract, 0, U256::from_be_slice(batcher.as_slice()))
}

#[test]
fn d56_d184_a_new_batcher_counts_for_its_own_l1_block_and_epoch() {
    let (old, new) = (Account::new(1), Account::new(2));
    let config = SystemConfig {
        batcher: old.address(),
        ..system_config()
    };
    for plain in [true, false] {
        let mut chain = small();
        let inbox = chain.rules.rollup.batch_inbox;
        let contract = chain.rules.rollup.l1_system_config;
        let mut plan = chain.clone();
        let mut batches: Vec<_> = (0..5).map(|_| plan.next(100, &[])).collect();
        batches.push(plan.next(101, &[TX]));
        batches.push(plan.next(101, &[]));
        // The first batch alone from the old batcher, all from the new one.
        let from_old = old.send(2, inbox, &channel(&batches[..1]), &[]);
        let from_new = new.send(2, inbox, &channel(&batches), &[]);
        let data: L1Data = vec![(
            101,
            vec![from_old, from_new],
            vec![batcher_update(contract, new.address())],
        )];
        let mut log = Events::default();
        let made = run(&mut chain, &data, config, plain, &mut log).unwrap();
        let ignored = Event::InboxTransactionIgnored {
            index: 0,
            why: NotBatcherData::OtherSender(old.address()),
        };
        assert!(log.0.contains(&ignored));
        let read = Event::BatcherTransaction {
            index: 1,
            blobs: None,
        };
        assert!(log.0.contains(&read));
        let batchers: Vec<(u64, Address)> = made
            .iter()
            .map(|attributes| info(&chain, attributes))
            .map(|info| (info.number, info.batcher))
            .collect();
        let mut want = vec![(100, old.address()); 5];
        want.push((101, new.address()));
        // The seventh batch is read while the head's origin is that L1 block itself: thrown away, see D187.
        assert_eq!(batchers, want, "plain: {plain}");
    }
}

#[test]
fn d184_the_start_blocks_own_receipts_are_in_its_config_already() {
    // An update in the first block that is read counts for a block that is safe: nothing of it is applied again.
    let (old, new) = (Account::new(1), Account::new(2));
    let config = SystemConfig {
        batcher: old.address(),
        ..system_config()
    };
    let mut chain = small();
    let (inbox, contract) = (
        chain.rules.rollup.batch_inbox,
        chain.rules.rollup.l1_system_config,
    );
    let batch = chain.clone().next(100, &[TX]);
    let data: L1Data = vec![
        (100, vec![], vec![batcher_update(contract, new.address())]),
        (
            101,
            vec![old.send(2, inbox, &channel(&[batch]), &[])],
            vec![],
        ),
    ];
    let made = run(&mut chain, &data, config, false, &mut Events::default()).unwrap();
    assert_eq!(made.len(), 1);
}

#[test]
fn d60_a_bad_update_is_said_once_and_changes_nothing() {
    let old = Account::new(1);
    let config = SystemConfig {
        batcher: old.address(),
        ..system_config()
    };
    let mut chain = small();
    let contract = chain.rules.rollup.l1_system_config;
    let mut plan = chain.clone();
    let batches: Vec<_> = [100, 100, 100, 100, 100, 101]
        .iter()
        .map(|epoch| plan.next(*epoch, &[]))
        .collect();
    let inbox = chain.rules.rollup.batch_inbox;
    let data: L1Data = vec![
        // Type 9 does not exist; the gas limit does.
        (
            101,
            vec![],
            vec![
                config_update(contract, 9, U256::from(1)),
                config_update(contract, 2, U256::from(50_000_000)),
            ],
        ),
        (
            102,
            vec![old.send(2, inbox, &channel(&batches), &[])],
            vec![],
        ),
    ];
    let mut log = Events::default();
    let made = run(&mut chain, &data, config, false, &mut log).unwrap();
    let limits: Vec<u64> = made.iter().map(|attributes| attributes.gas_limit).collect();
    assert_eq!(
        limits,
        [
            30_000_000, 30_000_000, 30_000_000, 30_000_000, 30_000_000, 50_000_000
        ]
    );
    let skipped = log.0.iter();
    let skipped: Vec<_> = skipped
        .filter_map(|event| match event {
            Event::ConfigUpdateSkipped {
                block, log_index, ..
            } => Some((block.number, *log_index)),
            _ => None,
        })
        .collect();
    assert_eq!(skipped, [(101, 0)]);
}

#[test]
fn d61_a_malformed_deposit_halts_with_the_first_block_of_its_epoch() {
    let batcher = Account::new(1);
    let config = SystemConfig {
        batcher: batcher.address(),
        ..system_config()
    };
    let mut chain = small();
    let (inbox, portal) = (
        chain.rules.rollup.batch_inbox,
        chain.rules.rollup.deposit_contract,
    );
    let mut plan = chain.clone();
    let batches: Vec<_> = [100, 100, 100, 100, 100, 101]
        .iter()
        .map(|epoch| plan.next(*epoch, &[]))
        .collect();
    let send = |batches: &[Vec<u8>]| batcher.send(2, inbox, &channel(batches), &[]);
    let bad = receipt(true, portal, &[DEPOSIT_EVENT], &[]);
    let failed = receipt(false, portal, &[DEPOSIT_EVENT], &[]);
    // A log of a transaction that failed counts for nothing, not even for its number.
    let data: L1Data = vec![
        (101, vec![], vec![failed, bad]),
        (102, vec![send(&batches[..5])], vec![]),
        (103, vec![send(&batches[5..])], vec![]),
    ];
    let mut log = Events::default();
    let halt = run(&mut chain, &data, config, false, &mut log);
    assert_eq!(
        halt,
        Err(Halt::Deposit {
            block: 101,
            log_index: 1,
            why: DepositFault::Topics { count: 1 }
        })
    );
    let built = log.0.iter();
    let built = built.filter(|event| matches!(event, Event::Block { .. }));
    assert_eq!(built.count(), 5);
}

#[test]
fn receipts_are_read_only_where_the_bloom_admits_something() {
    let mut chain = small();
    let contract = chain.rules.rollup.l1_system_config;
    let data: L1Data = vec![(
        102,
        vec![],
        vec![config_update(contract, 2, U256::from(50_000_000))],
    )];
    for (plain, want) in [(false, &[102][..]), (true, &[101, 102, 103, 104, 105])] {
        let mut log = Events::default();
        run(&mut chain, &data, system_config(), plain, &mut log).unwrap();
        let read: Vec<u64> = log
            .0
            .iter()
            .filter_map(|event| match event {
                Event::L1Block {
                    block,
                    receipts: true,
                } => Some(block.number),
                _ => None,
            })
            .collect();
        assert_eq!(read, want);
    }
}

#[test]
fn d49_d50_d53_d54_d159_blobs_are_asked_for_from_the_l1_block_of_ecotone_on() {
    let batcher = Account::new(1);
    let config = SystemConfig {
        batcher: batcher.address(),
        ..system_config()
    };
    // L1 block 102 is the first at Ecotone's time; L2's clock is behind that.
    let times: Vec<u64> = (0..3).map(|i| 1000 + 12 * i).collect();
    let chain = chain(and_then(Fork::Delta, Fork::Ecotone, 1024), &times, 3600);
    let inbox = chain.rules.rollup.batch_inbox;
    let hashes = [8, 9].map(B256::with_last_byte);
    let tx = batcher.send(3, inbox, b"x", &hashes);
    let block = chain.head();
    let mut machine = Derivation::new(
        chain.rules.clone(),
        Start {
            l1: chain.l1[0].clone(),
            config,
            head: Head { block, config },
        },
    );
    let (mut asked, mut log) = (Vec::new(), Events::default());
    loop {
        match machine.step(&mut log).unwrap() {
            Step::L1Exhausted => break,
            Step::Need(Need::L1Header { number }) => {
                match chain.l1.iter().find(|header| header.number == number) {
                    Some(header) => machine.supply(Answer::L1Header(header.clone())).unwrap(),
                    None => machine.end_of_l1().unwrap(),
                }
            }
            Step::Need(Need::L1Transactions { .. }) => {
                let answer = Answer::L1Transactions(vec![tx.clone()]);
                machine.supply(answer).unwrap();
            }
            Step::Need(need @ Need::Blobs { .. }) => {
                // None at all, too few, one that is too short: nothing has changed.
                let blob = || Bytes::from(vec![0; 131_072]);
                for (blobs, why) in [
                    (vec![], Mismatch::Count { want: 2, got: 0 }),
                    (vec![blob()], Mismatch::Count { want: 2, got: 1 }),
                    (
                        vec![blob(), blob().slice(1..)],
                        Mismatch::BlobLength { got: 131_071 },
                    ),
                ] {
                    assert_eq!(machine.supply(Answer::Blobs(blobs)), Err(why));
                    assert_eq!(machine.step(&mut log), Ok(Step::Need(need.clone())));
                }
                // One of all zeros holds an empty data item, one of another version nothing.
                let mut odd = vec![0; 131_072];
                odd[1] = 1;
                let blobs = vec![blob(), odd.into()];
                machine.supply(Answer::Blobs(blobs)).unwrap();
                asked.push(need);
            }
            other => panic!("{other:?}"),
        }
    }
    let blobs = (0..)
        .zip(hashes)
        .map(|(index, hash)| BlobRef { index, hash });
    let (block, blobs) = (chain.l1_ref(102), blobs.collect());
    assert_eq!(asked, [Need::Blobs { block, blobs }]);
    let ends = log.0.split_off(log.0.len() - 2);
    let (hash, why) = (hashes[1], BlobFault::Version(1));
    assert_eq!(
        ends,
        [
            Event::FramesRejected {
                why: FrameFault::Empty
            },
            Event::BlobIgnored { hash, why }
        ]
    );
}

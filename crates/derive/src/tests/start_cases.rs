//! Where derivation begins: the walks back, and what does not belong to them.

use super::{Chain, l1::config_update, script::chain as chain_over, script::up_to, system_config};
use crate::{
    Answer, Derivation, Halt, Head, L2Block, Mismatch, Need, Start, StartSearch, StartStep, Step,
};
use alloc::{vec, vec::Vec};
use alloy_consensus::Header;
use alloy_primitives::{Address, B256, Bloom, BloomInput, Bytes, Sealed, U256};
use hoike_protocol::{Fork, SystemConfig, config::update::CONFIG_UPDATE_EVENT};

/// One L2 block in each epoch from 101 to 108; a channel timeout of three blocks, so that derivation starts at L1 block 105.
fn chain() -> Chain {
    let times: Vec<u64> = (0..9).map(|i| 1000 + 12 * i).collect();
    let mut chain = chain_over(up_to(Fork::Fjord), &times, 3600);
    chain.rules.rollup.channel_timeout = 3;
    (101..=108).for_each(|epoch| chain.push(epoch, vec![]));
    chain
}

/// The head's config differs from that of the blocks before it, so that it shows which one was taken.
fn head(chain: &Chain) -> Head {
    let config = SystemConfig {
        batcher: Address::repeat_byte(0x0e),
        ..system_config()
    };
    let block = chain.head();
    Head { block, config }
}

fn search(chain: &Chain) -> StartSearch {
    StartSearch::new(chain.rules.clone(), head(chain))
}

/// An L1 header; the bloom of those in `updates` admits a config update.
fn header(chain: &Chain, number: u64, updates: &[u64]) -> Answer {
    let header = chain.l1_block(number).clone();
    if !updates.contains(&number) {
        return Answer::L1Header(header);
    }
    let mut logs_bloom = Bloom::ZERO;
    let contract = chain.rules.rollup.l1_system_config;
    logs_bloom.accrue(BloomInput::Raw(contract.as_slice()));
    logs_bloom.accrue(BloomInput::Raw(CONFIG_UPDATE_EVENT.as_slice()));
    let (inner, hash) = header.into_parts();
    Answer::L1Header(Sealed::new_unchecked(
        Header {
            logs_bloom,
            ..inner
        },
        hash,
    ))
}

fn l2_block(chain: &Chain, number: u64) -> L2Block {
    chain.l2[number as usize].clone()
}

/// Runs to the start; `receipts` are those of every block whose receipts are asked for. Returns the start and all needs but L1 headers.
fn run(
    chain: &Chain,
    mut search: StartSearch,
    updates: &[u64],
    receipts: &[Bytes],
) -> (Start, Vec<Need>) {
    let mut needs = Vec::new();
    loop {
        let answer = match search.step() {
            StartStep::Found(start) => return (*start, needs),
            StartStep::Need(Need::L1Header { number }) => header(chain, number, updates),
            StartStep::Need(need @ Need::L1Receipts { .. }) => {
                needs.push(need);
                Answer::L1Receipts(receipts.to_vec())
            }
            StartStep::Need(Need::L2Blocks { numbers }) => {
                needs.push(Need::L2Blocks {
                    numbers: numbers.clone(),
                });
                Answer::L2Blocks(numbers.map(|number| l2_block(chain, number)).collect())
            }
            StartStep::Need(other) => panic!("{other:?}"),
        };
        search.supply(answer).unwrap().unwrap();
    }
}

#[test]
fn d09_d151_the_config_is_that_of_the_block_where_the_walk_ends() {
    let chain = chain();
    let contract = chain.rules.rollup.l1_system_config;
    let (of_head, before) = (head(&chain).config, system_config());
    let batcher = config_update(contract, 0, U256::from(0x0e));
    let gas_limit = config_update(contract, 2, U256::from(50_000_000));
    let walk = |numbers: core::ops::RangeInclusive<u64>| -> Vec<Need> {
        let needs = numbers.rev().map(|n| Need::L2Blocks { numbers: n..=n });
        needs.collect()
    };
    let block = chain.l1_ref(107).id();
    let asked = vec![Need::L1Receipts { block }];

    // Nothing changed after L1 block 105: no L2 block is read, and the config is the head's.
    let (start, needs) = run(&chain, search(&chain), &[105], &[]);
    assert_eq!(
        (start.l1.number, start.config, needs),
        (105, of_head, vec![])
    );
    // Something did, but not the batcher.
    let (start, needs) = run(
        &chain,
        search(&chain),
        &[107],
        std::slice::from_ref(&gas_limit),
    );
    assert_eq!((start.l1.number, start.config), (105, of_head));
    assert_eq!(needs, asked);
    // The batcher did: down to the block of epoch 105, whose config it is.
    let (start, needs) = run(&chain, search(&chain), &[107], &[gas_limit, batcher]);
    assert_eq!((start.l1.number, start.config), (105, before));
    assert_eq!(needs, [asked, walk(5..=7)].concat());
    assert_eq!(start.head, head(&chain));
    // As the specification has it.
    let plain = search(&chain).without_shortcuts();
    let (start, needs) = run(&chain, plain, &[], &[]);
    assert_eq!((start.l1.number, start.config), (105, before));
    assert_eq!(needs, walk(5..=7));
}

#[test]
fn d09_genesis_is_where_every_walk_ends() {
    let mut chain = chain();
    chain.rules.rollup.channel_timeout = 300;
    let plain = search(&chain).without_shortcuts();
    let (start, needs) = run(&chain, plain, &[], &[]);
    assert_eq!(start.l1.number, 100);
    assert_eq!(start.config, chain.rules.rollup.genesis.system_config);
    assert_eq!(needs.last(), Some(&Need::L2Blocks { numbers: 0..=0 }));
    // At genesis itself there is nowhere to go, whatever the timeout.
    chain.l2.truncate(1);
    for search in [search(&chain), search(&chain).without_shortcuts()] {
        let (start, needs) = run(&chain, search, &[], &[]);
        assert_eq!((start.l1.number, needs), (100, vec![]));
    }
}

#[test]
fn d178_headers_that_do_not_belong_to_the_walk() {
    let chain = chain();
    let mut search = search(&chain);
    assert_eq!(
        search.supply(Answer::L2Blocks(vec![])),
        Err(Mismatch::Unasked)
    );
    let wrong = Mismatch::Number {
        number: 108,
        got: 107,
    };
    assert_eq!(search.supply(header(&chain, 107, &[])), Err(wrong));
    let foreign = Sealed::new_unchecked(chain.l1_block(108).inner().clone(), B256::ZERO);
    let halt = Halt::ForeignOrigin {
        number: 8,
        origin: chain.l1_block(108).hash(),
    };
    assert_eq!(search.supply(Answer::L1Header(foreign)), Ok(Err(halt)));
    search.supply(header(&chain, 108, &[])).unwrap().unwrap();
    let wrong = Mismatch::Parent {
        number: 108,
        parent: chain.l1_block(106).hash(),
    };
    assert_eq!(search.supply(header(&chain, 106, &[])), Err(wrong));
    assert!(matches!(
        search.step(),
        StartStep::Need(Need::L1Header { number: 107 })
    ));
}

#[test]
fn d178_receipts_and_l2_blocks_that_do_not_belong_to_the_walk() {
    let chain = chain();
    let mut search = search(&chain);
    for number in (105..=108).rev() {
        search
            .supply(header(&chain, number, &[107]))
            .unwrap()
            .unwrap();
    }
    let none = Answer::L1Receipts(vec![Bytes::new()]);
    assert!(matches!(
        search.supply(none),
        Err(Mismatch::Receipt { index: 0, .. })
    ));
    let contract = chain.rules.rollup.l1_system_config;
    let batcher = config_update(contract, 0, U256::from(0x0e));
    search
        .supply(Answer::L1Receipts(vec![batcher]))
        .unwrap()
        .unwrap();

    let two = vec![l2_block(&chain, 7), l2_block(&chain, 6)];
    for (blocks, why) in [
        (vec![], Mismatch::Count { want: 1, got: 0 }),
        (two, Mismatch::Count { want: 1, got: 2 }),
        (vec![l2_block(&chain, 6)], Mismatch::L2Chain { number: 7 }),
    ] {
        assert_eq!(search.supply(Answer::L2Blocks(blocks)), Err(why));
    }
    let mut unreadable = l2_block(&chain, 7);
    unreadable.transactions.clear();
    assert!(matches!(
        search.supply(Answer::L2Blocks(vec![unreadable])),
        Err(Mismatch::L2Block { number: 7, .. })
    ));
    // An L2 block of another L1.
    let mut other = chain.clone();
    let (inner, _) = other.l1[5].clone().into_parts();
    other.l1[5] = Sealed::new_unchecked(inner, B256::ZERO);
    other.l2.truncate(1);
    (101..=108).for_each(|epoch| other.push(epoch, vec![]));
    for number in [7, 6] {
        let block = Answer::L2Blocks(vec![l2_block(&chain, number)]);
        search.supply(block).unwrap().unwrap();
    }
    let halt = Halt::ForeignOrigin {
        number: 5,
        origin: B256::ZERO,
    };
    let foreign = Answer::L2Blocks(vec![l2_block(&other, 5)]);
    assert_eq!(search.supply(foreign), Ok(Err(halt)));
    let last = Answer::L2Blocks(vec![l2_block(&chain, 5)]);
    search.supply(last).unwrap().unwrap();
    let StartStep::Found(start) = search.step() else {
        panic!("no start")
    };
    assert_eq!(start.l1.number, 105);
    assert_eq!(
        search.supply(Answer::L2Blocks(vec![])),
        Err(Mismatch::Unasked)
    );
}

/// Decision 4: a head whose origin is not in this L1 chain makes no verdict.
#[test]
fn d178_a_head_of_another_l1_ends_derivation() {
    for fork in [Fork::Granite, Fork::Holocene] {
        let times: Vec<u64> = (0..4).map(|i| 1000 + 12 * i).collect();
        let chain = chain_over(up_to(fork), &times, 3600);
        let mut block = chain.head();
        block.origin.hash = B256::ZERO;
        let config = system_config();
        let start = Start {
            l1: chain.l1[0].clone(),
            config,
            head: Head { block, config },
        };
        let mut machine = Derivation::new(chain.rules.clone(), start);
        let halt = loop {
            match machine.step(&mut ()) {
                Err(halt) => break halt,
                Ok(Step::Need(Need::L1Transactions { .. })) => {
                    machine.supply(Answer::L1Transactions(Vec::new())).unwrap()
                }
                Ok(Step::Need(Need::L1Header { number })) => machine
                    .supply(Answer::L1Header(chain.l1_block(number).clone()))
                    .unwrap(),
                Ok(other) => panic!("{other:?}"),
            }
        };
        let (number, origin) = (0, B256::ZERO);
        assert_eq!(halt, Halt::ForeignOrigin { number, origin }, "{fork}");
    }
}

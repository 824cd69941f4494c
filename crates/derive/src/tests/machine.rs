//! The machine's manners: it waits, refuses what does not fit, and never moves because of either.

use super::{Chain, system_config};
use crate::{
    Answer, Built, Derivation, Halt, Head, Mismatch, Need, Start, StartSearch, StartStep, Step,
};
use alloc::{string::ToString, vec::Vec};
use alloy_consensus::Header;
use alloy_primitives::{B256, Bloom, BloomInput, Sealed, keccak256};
use hoike_protocol::config::update::CONFIG_UPDATE_EVENT;
use serde_json::json;

/// Genesis and eight L1 blocks without any data; the sequencing window is two blocks long, so empty L2 blocks are forced.
fn chain() -> Chain {
    let (seed, first) = (7_u64, 100_u64);
    let genesis = keccak256([seed.to_be_bytes(), 0_u64.to_be_bytes()].concat());
    let times: Vec<u64> = (0..9).map(|i| 1000 + 12 * i).collect();
    Chain::read(&json!({
        "config": {
            "block_time": 2, "chain_id": 901, "genesis_l2_time": 1000, "max_sequencer_drift": 600, "seq_window_size": 2,
            "fork_times": { "regolith": 0, "canyon": 0, "delta": 0, "ecotone": 0, "fjord": 0, "granite": 0, "holocene": 0 },
        },
        "l1": { "first": first, "seed": seed, "times": times },
        "l2": { "blocks": [[first, []]], "txs": [], "head": genesis.to_string() },
    }))
}

fn machine(chain: &Chain) -> Derivation {
    let head = Head {
        block: chain.head(),
        config: system_config(),
    };
    let start = Start {
        l1: chain.l1[0].clone(),
        config: system_config(),
        head,
    };
    Derivation::new(chain.rules.clone(), start)
}

#[test]
fn a_step_is_repeated_until_it_is_answered() {
    let chain = chain();
    let mut machine = machine(&chain);
    let first = machine.step(&mut ()).unwrap();
    let id = chain.l1_ref(100).id();
    assert_eq!(first, Step::Need(Need::L1Transactions { block: id }));
    assert_eq!(machine.step(&mut ()).unwrap(), first);
    assert_eq!(
        machine.supply(Answer::L1Receipts(Vec::new())),
        Err(Mismatch::Unasked)
    );
    assert_eq!(machine.end_of_l1(), Err(Mismatch::Unasked));
    assert_eq!(
        machine.built(Built::Invalid, &mut ()),
        Err(Mismatch::Unasked)
    );
    assert_eq!(machine.step(&mut ()).unwrap(), first);
}

#[test]
fn d178_only_the_next_header_of_the_same_chain_is_taken() {
    let chain = chain();
    let mut machine = machine(&chain);
    machine.step(&mut ()).unwrap();
    machine.supply(Answer::L1Transactions(Vec::new())).unwrap();
    let need = Step::Need(Need::L1Header { number: 101 });
    assert_eq!(machine.step(&mut ()).unwrap(), need);
    assert_eq!(
        machine.supply(Answer::L1Header(chain.l1[2].clone())),
        Err(Mismatch::Number {
            number: 101,
            got: 102
        })
    );
    let foreign = Header {
        parent_hash: B256::repeat_byte(9),
        ..chain.l1[1].inner().clone()
    };
    assert_eq!(
        machine.supply(Answer::L1Header(Sealed::new(foreign))),
        Err(Mismatch::Parent {
            number: 101,
            parent: chain.l1[0].hash()
        })
    );
    assert_eq!(machine.step(&mut ()).unwrap(), need);
    // The end of L1 is a fact that may change.
    machine.end_of_l1().unwrap();
    assert_eq!(machine.step(&mut ()).unwrap(), Step::L1Exhausted);
    assert_eq!(machine.step(&mut ()).unwrap(), Step::L1Exhausted);
    machine
        .supply(Answer::L1Header(chain.l1[1].clone()))
        .unwrap();
    assert_eq!(machine.l1().number, 100);
    let id = chain.l1_ref(101).id();
    assert_eq!(
        machine.step(&mut ()).unwrap(),
        Step::Need(Need::L1Transactions { block: id })
    );
    assert_eq!(machine.l1().number, 101);
}

/// Runs without data until attributes are out.
fn run_to_build(machine: &mut Derivation, chain: &Chain) -> hoike_protocol::Attributes {
    loop {
        match machine.step(&mut ()).unwrap() {
            Step::Build(attributes) => return *attributes,
            Step::Need(Need::L1Header { number }) => {
                let header = chain.l1_block(number).clone();
                machine.supply(Answer::L1Header(header)).unwrap();
            }
            Step::Need(Need::L1Transactions { .. }) => {
                machine.supply(Answer::L1Transactions(Vec::new())).unwrap();
            }
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn d38_d39_empty_blocks_are_forced_when_the_window_has_passed() {
    let mut chain = chain();
    let mut machine = machine(&chain);
    let mut epochs = Vec::new();
    for _ in 0..8 {
        let attributes = run_to_build(&mut machine, &chain);
        let head = chain.head();
        assert_eq!(attributes.parent, head.hash);
        assert!(attributes.is_deposits_only());
        // The window of epoch n ends with L1 block n + 2.
        let info = hoike_protocol::l1_info::L1Info::decode(
            &attributes.transactions[0],
            chain.rules.at_l2(attributes.time).l1_info,
        )
        .unwrap();
        assert_eq!(machine.l1().number, info.number + 2);
        epochs.push(info.number);
        chain.push(info.number, Vec::new());
        let header = chain.l2.last().unwrap().header.clone();
        machine.built(Built::Block(header), &mut ()).unwrap();
        assert_eq!(machine.safe(), machine.head());
    }
    // Genesis is at 1000 and block 101 at 1012: five more blocks of epoch 100, then the next.
    assert_eq!(epochs, [100, 100, 100, 100, 100, 101, 101, 101]);
}

#[test]
fn a_block_of_deposits_that_is_invalid_ends_everything() {
    let chain = chain();
    let mut machine = machine(&chain);
    run_to_build(&mut machine, &chain);
    let other = Header {
        number: 1,
        ..Header::default()
    };
    assert_eq!(
        machine.built(Built::Block(Sealed::new(other)), &mut ()),
        Err(Mismatch::L2Chain { number: 1 })
    );
    machine.built(Built::Invalid, &mut ()).unwrap();
    let halt = Halt::DepositsOnlyInvalid { number: 1 };
    assert_eq!(machine.step(&mut ()), Err(halt.clone()));
    assert_eq!(machine.step(&mut ()), Err(halt));
}

/// D08, D151: as far back as the timeout of the candidate's own time, but not below the rollup's genesis. Without an update in between, no L2 block is read.
#[test]
fn d08_d09_d151_the_start_is_a_channel_timeout_back() {
    let mut chain = chain();
    for n in 0..8 {
        chain.push(101 + n, Vec::new());
    }
    let search = |timeout: u64, update_at: Option<u64>| {
        let mut rules = chain.rules.clone();
        rules.rollup.channel_timeout = timeout;
        // Granite's timeout of 50 blocks would reach genesis at once.
        rules.rollup.schedule = hoike_protocol::Schedule::new([
            Some(0),
            Some(0),
            Some(0),
            Some(0),
            Some(0),
            None,
            None,
            None,
            None,
            None,
            None,
        ])
        .unwrap();
        let config = system_config();
        let block = chain.head();
        let mut search = StartSearch::new(rules.clone(), Head { block, config });
        let mut wants = Vec::new();
        loop {
            match search.step() {
                StartStep::Found(start) => return (start.l1.number, wants),
                StartStep::Need(Need::L1Header { number }) => {
                    let mut header = chain.l1_block(number).clone();
                    if update_at == Some(number) {
                        let hash = header.hash();
                        let mut bloom = Bloom::ZERO;
                        bloom.accrue(BloomInput::Raw(rules.rollup.l1_system_config.as_slice()));
                        bloom.accrue(BloomInput::Raw(CONFIG_UPDATE_EVENT.as_slice()));
                        let inner = Header {
                            logs_bloom: bloom,
                            ..header.into_inner()
                        };
                        header = Sealed::new_unchecked(inner, hash);
                    }
                    search.supply(Answer::L1Header(header)).unwrap().unwrap();
                }
                StartStep::Need(need) => {
                    wants.push(need);
                    // A bloom may say yes where there is nothing.
                    search
                        .supply(Answer::L1Receipts(Vec::new()))
                        .unwrap()
                        .unwrap();
                }
            }
        }
    };
    assert_eq!(chain.head().origin.number, 108);
    assert_eq!(search(3, None), (105, Vec::new()));
    assert_eq!(search(300, None), (100, Vec::new()));
    // An update in the start's own block is in its L2 block's config already; one after it must be looked at.
    assert_eq!(search(3, Some(105)), (105, Vec::new()));
    let block = chain.l1_ref(107).id();
    assert_eq!(
        search(3, Some(107)),
        (105, alloc::vec![Need::L1Receipts { block }])
    );
}

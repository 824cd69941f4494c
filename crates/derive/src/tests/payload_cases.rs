//! What batches may hold, and what becomes of payloads that are refused.

use super::script::{LEGACY, SET_CODE, Script, TX, and_then, up_to};
use crate::{BatchDrop, Event, Halt};
use alloc::vec;
use hoike_protocol::Fork;

#[test]
fn d42_user_transactions_in_an_activation_block() {
    for (last, fork) in [(Fork::Isthmus, Fork::Jovian), (Fork::Jovian, Fork::Karst)] {
        let why = BatchDrop::UserTransactionsInActivationBlock { fork };
        // Block 2 activates the fork.
        let mut script = Script::new(and_then(last, fork, 1003));
        let mut plan = script.chain.clone();
        let first = plan.next(100, &[TX]);
        let second = plan.next(100, &[TX]);
        script.channel(101, &[first.clone(), second]).run().unwrap();
        assert_eq!(
            (script.times(), script.drops()),
            (vec![1002], vec![(1004, why)])
        );

        let mut script = Script::new(and_then(last, fork, 1003));
        let parent = script.chain.head().hash;
        let span = |second: &[&[u8]]| {
            let chain = &script.chain;
            chain.span(
                parent,
                1002,
                &[(100, &[LEGACY]), (100, second), (100, &[LEGACY])],
            )
        };
        let (full, empty) = (span(&[LEGACY]), span(&[]));
        script.channel(101, &[full]).run().unwrap();
        let drops = vec![(1004, why), (1006, BatchDrop::SpanAbandoned)];
        assert_eq!((script.times(), script.drops()), (vec![1002], drops));
        let mut script = Script::new(and_then(last, fork, 1003));
        script.channel(101, &[empty]).run().unwrap();
        assert_eq!(script.times(), [1002, 1004, 1006], "{fork}");
    }
}

#[test]
fn d43_d44_d45_d196_transactions_that_batches_must_not_hold() {
    let kind = |index, kind| Some(BatchDrop::TransactionType { index, kind });
    type Row<'a> = (Fork, &'a [&'a [u8]], Option<BatchDrop>);
    let cases: [Row<'_>; 9] = [
        (Fork::Holocene, &[TX, &[0x04, 0xc0]], kind(1, 4)),
        (Fork::Isthmus, &[TX, &[0x04, 0xc0]], None),
        (Fork::Karst, &[&[0x7d, 0xc0]], kind(0, 0x7d)),
        (Fork::Karst, &[TX, &[0x7e, 0xc0]], kind(1, 0x7e)),
        (
            Fork::Karst,
            &[TX, &[]],
            Some(BatchDrop::EmptyTransaction { index: 1 }),
        ),
        // Left to execution, whatever the specification says: decision 2.
        (Fork::Holocene, &[&[0x03, 0xc0]], None),
        (Fork::Karst, &[&[0x05, 0xc0]], None),
        (Fork::Karst, &[&[0x7f]], None),
        (Fork::Karst, &[&[0xff]], None),
    ];
    for (fork, txs, why) in cases {
        let mut script = Script::new(up_to(fork));
        let batch = script.chain.clone().next(100, txs);
        script.channel(101, &[batch]).run().unwrap();
        let (made, drops) = match why {
            None => (vec![(101, 100, 1002, txs.len())], vec![]),
            Some(why) => (vec![], vec![(1002, why)]),
        };
        assert_eq!(
            (script.blocks(), script.drops()),
            (made, drops),
            "{fork}: {txs:?}"
        );
    }
}

#[test]
fn d43_set_code_in_a_span_across_isthmus() {
    let why = BatchDrop::TransactionType { index: 0, kind: 4 };
    let none: &[&[u8]] = &[];
    let forks = || and_then(Fork::Holocene, Fork::Isthmus, 1006);
    for (blocks, times, drops) in [
        ([none, none, &[SET_CODE]], vec![1002, 1004, 1006], vec![]),
        (
            [none, &[SET_CODE], none],
            vec![1002],
            vec![(1004, why), (1006, BatchDrop::SpanAbandoned)],
        ),
    ] {
        let mut script = Script::new(forks());
        let parent = script.chain.head().hash;
        let span = script
            .chain
            .span(parent, 1002, &blocks.map(|txs| (100, txs)));
        script.channel(101, &[span]).run().unwrap();
        assert_eq!((script.times(), script.drops()), (times, drops));
    }
    // Before Holocene the whole span goes.
    let mut script = Script::new(up_to(Fork::Granite));
    let parent = script.chain.head().hash;
    let span = script
        .chain
        .span(parent, 1002, &[(100, &[]), (100, &[SET_CODE])]);
    script.channel(101, &[span]).run().unwrap();
    assert_eq!(
        (script.times(), script.drops()),
        (vec![], vec![(1002, why)])
    );
}

#[test]
fn d44_a_chain_that_activates_lagoon_is_refused() {
    let mut script = Script::new(and_then(Fork::Karst, Fork::Lagoon, 1004));
    let mut plan = script.chain.clone();
    let batches = [plan.next(100, &[TX]), plan.next(100, &[])];
    script.channel(101, &batches);
    let (number, fork) = (2, Fork::Lagoon);
    assert_eq!(script.run(), Err(Halt::UnsupportedFork { number, fork }));
    assert_eq!(script.times(), [1002]);
}

#[test]
fn d76_d188_an_invalid_payload_takes_the_rest_of_its_span_with_it() {
    let mut script = Script::new(up_to(Fork::Holocene));
    script.refused = vec![1];
    let parent = script.chain.head().hash;
    let span = script.chain.span(
        parent,
        1002,
        &[(100, &[LEGACY]), (100, &[LEGACY]), (100, &[LEGACY])],
    );
    // What comes after the replacement, a block without user transactions.
    let mut plan = script.chain.clone();
    plan.push(100, vec![]);
    let second = plan.next(100, &[TX]);
    script.channel(101, &[span, second.clone()]);
    script.channel(101, &[second]);
    script.run().unwrap();
    assert_eq!(script.blocks(), [(101, 100, 1002, 0), (101, 100, 1004, 1)]);
    assert_eq!(script.drops(), [(1004, BatchDrop::SpanAbandoned)]);
    let (number, replaced) = (1, true);
    assert!(script.said(&Event::PayloadInvalid { number, replaced }));
    let accepted = script.events.0.iter();
    let accepted = accepted.filter(|event| matches!(event, Event::BatchAccepted { .. }));
    assert_eq!(accepted.count(), 2);
}

#[test]
fn d77_before_holocene_an_invalid_payload_is_gone_with_its_span() {
    let mut script = Script::new(up_to(Fork::Granite));
    script.refused = vec![2];
    let parent = script.chain.head().hash;
    let span = script.chain.span(
        parent,
        1002,
        &[(100, &[LEGACY]), (100, &[LEGACY]), (100, &[LEGACY])],
    );
    let first = script.chain.clone().next(100, &[TX]);
    script.channel(101, &[span]);
    script.channel(102, &[first]);
    script.run().unwrap();
    let (number, replaced) = (2, false);
    assert!(script.said(&Event::PayloadInvalid { number, replaced }));
    // Block 1 of the span was never safe: another one takes its place.
    assert_eq!(script.blocks(), [(101, 100, 1002, 1), (102, 100, 1002, 1)]);
    assert_eq!(script.drops(), [(1006, BatchDrop::SpanAbandoned)]);
}

#[test]
fn d196_a_type_that_execution_refuses_costs_the_rest_of_the_channel() {
    for kind in [3, 5] {
        let mut script = Script::new(up_to(Fork::Karst));
        script.refused = vec![1];
        let odd = script.chain.clone().next(100, &[&[kind, 0xc0]]);
        let mut plan = script.chain.clone();
        plan.push(100, vec![]);
        let good = plan.next(100, &[TX]);
        script.channel(101, &[odd, good.clone()]);
        script.channel(102, &[good]);
        script.run().unwrap();
        assert_eq!(script.blocks(), [(101, 100, 1002, 0), (102, 100, 1004, 1)]);
    }
}

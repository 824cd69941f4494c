//! The derivation machine, driven in every order.

use crate::generators::{
    Feed,
    l1::{Genesis, World},
};
use alloy_consensus::Header;
use alloy_primitives::{Bytes, Sealed, keccak256};
use hoike_derive::{
    Answer, Built, Derivation, Event, Halt, Head, L2Block, Mismatch, Need, Start, Step,
};
use hoike_protocol::{Attributes, extra_data::Eip1559Params};
use hoike_testkit::{Journal, L1Block};

/// The machine: whatever L1 carries it ends, in a bounded number of steps, and how it is driven changes nothing: steps that are repeated, answers that
/// come late or not at all first, copies, answers that are wrong. Those are refused, and nothing of the machine changes.
pub fn intake(data: &[u8]) {
    let mut world = World::new(Feed::new(data));
    let plain = derive(&mut world, Pace::Plain);
    let l1 = std::mem::take(&mut world.l1);
    check_bounds(&plain, &l1);

    let seed = keccak256(data);
    let paced = derive(
        &mut Recorded {
            genesis: world.genesis,
            l1: &l1,
        },
        Pace::Odd(Feed::new(&seed.0)),
    );
    assert_eq!(paced, plain);

    let all = derive(
        &mut Recorded {
            genesis: world.genesis,
            l1: &l1,
        },
        Pace::NoShortcuts,
    );
    assert_eq!((&all.blocks, &all.halt), (&plain.blocks, &plain.halt));
    assert_eq!((all.head, all.safe), (plain.head, plain.safe));
}

/// What came out.
#[derive(PartialEq, Debug)]
struct Outcome {
    /// Headers of all that was built, whether it stayed or not.
    blocks: Vec<Sealed<Header>>,
    journal: Journal,
    halt: Option<Halt>,
    head: Head,
    safe: Head,
    steps: usize,
}

fn check_bounds(outcome: &Outcome, l1: &[L1Block]) {
    let count =
        |which: fn(&Event) -> bool| outcome.journal.events.iter().filter(|e| which(e)).count();
    let built = count(|event| {
        matches!(
            event,
            Event::BatchAccepted { .. } | Event::EmptyBatch { .. }
        )
    });
    let dropped = count(|event| matches!(event, Event::BatchDropped { .. }));
    let most = 8 * l1.len() + 4 * built + 4 * dropped + 64;
    assert!(
        outcome.steps <= most,
        "{} steps, {built} blocks, {} of L1",
        outcome.steps,
        l1.len()
    );
    // A chain whose genesis is on this L1, with no fork that is not known.
    let impossible = matches!(
        outcome.halt,
        Some(Halt::Impossible(_) | Halt::ForeignOrigin { .. } | Halt::UnsupportedFork { .. })
    );
    assert!(!impossible, "{:?}", outcome.halt);
    assert!(outcome.safe.block.number <= outcome.head.block.number);
}

/// Where L1 blocks come from.
trait L1 {
    fn genesis(&self) -> &'static Genesis;
    fn next(&mut self, number: u64, head: &Head, parent: alloy_primitives::B256)
    -> Option<L1Block>;
    fn get(&self, number: u64) -> &L1Block;
}

impl L1 for World<'_> {
    fn genesis(&self) -> &'static Genesis {
        self.genesis
    }

    fn next(&mut self, _: u64, head: &Head, parent: alloy_primitives::B256) -> Option<L1Block> {
        self.next_block(head, parent).cloned()
    }

    fn get(&self, number: u64) -> &L1Block {
        &self.l1[(number - self.l1[0].header.number) as usize]
    }
}

/// L1 as it was the first time.
struct Recorded<'a> {
    genesis: &'static Genesis,
    l1: &'a [L1Block],
}

impl L1 for Recorded<'_> {
    fn genesis(&self) -> &'static Genesis {
        self.genesis
    }

    fn next(&mut self, number: u64, _: &Head, _: alloy_primitives::B256) -> Option<L1Block> {
        self.l1
            .get((number - self.l1[0].header.number) as usize)
            .cloned()
    }

    fn get(&self, number: u64) -> &L1Block {
        &self.l1[(number - self.l1[0].header.number) as usize]
    }
}

/// How the machine is driven.
enum Pace<'a> {
    Plain,
    NoShortcuts,
    /// By choices that begin anew when they are used up.
    Odd(Feed<'a>),
}

fn derive(l1: &mut impl L1, pace: Pace<'_>) -> Outcome {
    let genesis = l1.genesis();
    let start = Start {
        l1: genesis.l1.header.clone(),
        config: genesis.head.config,
        head: genesis.head,
    };
    let mut machine = Derivation::new(genesis.rules.clone(), start);
    if matches!(pace, Pace::NoShortcuts) {
        machine = machine.without_shortcuts();
    }
    let (choices, mut odd) = match pace {
        Pace::Odd(feed) => (feed, Some(feed)),
        Pace::Plain | Pace::NoShortcuts => (Feed::new(&[]), None),
    };
    // From genesis up, what is built on one another.
    let mut chain = vec![genesis.l2.clone()];
    let (mut blocks, mut journal, mut steps) = (Vec::new(), Journal::default(), 0);
    let halt = loop {
        steps += 1;
        assert!(steps < 100_000, "no end");
        let step = match machine.step(&mut journal) {
            Ok(step) => step,
            Err(halt) => {
                assert_eq!(machine.step(&mut journal), Err(halt.clone()));
                break Some(halt);
            }
        };
        if let Some(choice) = &mut odd {
            if choice.is_empty() {
                *choice = choices;
            }
            let bits = choice.byte();
            if bits & 1 != 0 {
                assert_eq!(machine.step(&mut journal), Ok(step.clone()));
            }
            if bits & 2 != 0 {
                machine = machine.clone();
            }
            if bits & 4 != 0 {
                pester(&mut machine, &step, bits & 0x38 == 0);
            }
            if bits & 0x40 != 0 && matches!(step, Step::Need(Need::L1Header { .. })) {
                machine.end_of_l1().expect("a header is needed");
                assert_eq!(machine.step(&mut journal), Ok(Step::L1Exhausted));
            }
        }
        match step {
            Step::L1Exhausted => break None,
            Step::Build(attributes) => {
                check_attributes(&machine, &attributes, genesis);
                let number = machine.head().block.number + 1;
                let outcome = build(&attributes, number, genesis);
                if let Built::Block(header) = &outcome {
                    let transactions = attributes.transactions.clone();
                    chain.truncate(number as usize);
                    chain.push(L2Block {
                        header: header.clone(),
                        transactions,
                    });
                    blocks.push(header.clone());
                }
                machine.built(outcome, &mut journal).expect("its own block");
            }
            Step::Need(need) => {
                let answer = match &need {
                    Need::L1Header { number } => {
                        let head = *machine.head();
                        let next = l1.next(*number, &head, head.block.parent);
                        next.map(|block| Answer::L1Header(block.header))
                    }
                    Need::L1Receipts { block } => {
                        Some(Answer::L1Receipts(l1.get(block.number).receipts.clone()))
                    }
                    Need::L1Transactions { block } => Some(Answer::L1Transactions(
                        l1.get(block.number).transactions.clone(),
                    )),
                    Need::Blobs { block, blobs } => {
                        let there = &l1.get(block.number).blobs;
                        let contents = blobs.iter().map(|blob| {
                            let found = &there[blob.index as usize];
                            assert_eq!(found.hash, blob.hash, "blob {}", blob.index);
                            Bytes::from(found.contents.to_vec())
                        });
                        Some(Answer::Blobs(contents.collect()))
                    }
                    Need::L2Blocks { numbers } => {
                        assert!(*numbers.end() <= machine.head().block.number);
                        let numbers = *numbers.start() as usize..=*numbers.end() as usize;
                        Some(Answer::L2Blocks(chain[numbers].to_vec()))
                    }
                };
                match answer {
                    None => machine.end_of_l1().expect("a header is needed"),
                    Some(answer) => {
                        let again = answer.clone();
                        machine.supply(answer).expect("the right answer");
                        assert_eq!(machine.supply(again), Err(Mismatch::Unasked));
                    }
                }
            }
        }
    };
    let (head, safe) = (*machine.head(), *machine.safe());
    Outcome {
        blocks,
        journal,
        halt,
        head,
        safe,
        steps,
    }
}

fn check_attributes(machine: &Derivation, attributes: &Attributes, genesis: &Genesis) {
    let head = machine.head().block;
    assert_eq!(attributes.parent, head.hash);
    assert_eq!(
        attributes.time.0,
        head.time.0 + genesis.rules.rollup.block_time
    );
    assert_eq!(attributes.transactions[0][0], 0x7e);
    let user = attributes
        .transactions
        .iter()
        .skip_while(|tx| tx.first() == Some(&0x7e));
    assert!(
        user.clone().all(|tx| !tx.is_empty() && tx[0] != 0x7e),
        "a deposit from a batch"
    );
}

/// A header of what has to be in one, with no execution behind it; some payloads are invalid.
fn build(attributes: &Attributes, number: u64, genesis: &Genesis) -> Built {
    let all = keccak256(attributes.transactions.concat());
    if !attributes.is_deposits_only() && all[0] < 0x30 {
        return Built::Invalid;
    }
    let params = Eip1559Params::from_attributes(
        attributes.eip1559_params.unwrap_or_default(),
        attributes.min_base_fee.unwrap_or_default(),
        &genesis.rules.rollup.eip1559,
    );
    let Ok(params) = params else {
        return Built::Invalid;
    };
    let rules = genesis.rules.at_l2(attributes.time);
    Built::Block(Sealed::new(Header {
        parent_hash: attributes.parent,
        number,
        timestamp: attributes.time.0,
        gas_limit: attributes.gas_limit,
        mix_hash: attributes.prev_randao,
        transactions_root: all,
        extra_data: params.encode(rules.extra_data),
        ..Header::default()
    }))
}

/// What is no answer to this step is refused, and nothing changes.
fn pester(machine: &mut Derivation, step: &Step, look_closely: bool) {
    let before = look_closely.then(|| format!("{machine:?}"));
    let nothing = || {
        [
            Answer::L1Header(Sealed::new(Header::default())),
            Answer::L1Receipts(Vec::new()),
            Answer::L1Transactions(Vec::new()),
            Answer::Blobs(Vec::new()),
            Answer::L2Blocks(Vec::new()),
        ]
    };
    let mut wrong: Vec<Answer> = match step {
        Step::Build(_) => nothing().into(),
        Step::L1Exhausted => nothing().into(),
        Step::Need(need) => {
            let empty_is_right = |answer: &Answer| {
                matches!(
                    (need, answer),
                    (Need::L1Receipts { .. }, Answer::L1Receipts(_))
                        | (Need::L1Transactions { .. }, Answer::L1Transactions(_))
                )
            };
            nothing()
                .into_iter()
                .filter(|answer| !empty_is_right(answer))
                .collect()
        }
    };
    let mut header = Header {
        number: machine.l1().number + 1,
        ..Header::default()
    };
    wrong.push(Answer::L1Header(Sealed::new(header.clone())));
    header.parent_hash = machine.l1().hash;
    header.number += 1;
    wrong.push(Answer::L1Header(Sealed::new(header.clone())));
    wrong.push(Answer::L1Receipts(vec![Bytes::from_static(&[0xc0])]));
    if let Step::Need(Need::Blobs { blobs, .. }) = step {
        wrong.push(Answer::Blobs(vec![
            Bytes::from_static(&[0; 31]);
            blobs.len()
        ]));
    }
    if let Step::Need(Need::L2Blocks { numbers }) = step {
        let block = L2Block {
            header: Sealed::new(header),
            transactions: Vec::new(),
        };
        let count = numbers.clone().count();
        wrong.push(Answer::L2Blocks(vec![block; count]));
    }
    for answer in wrong {
        assert!(machine.supply(answer.clone()).is_err(), "{answer:?}");
    }
    let mut log = Journal::default();
    if matches!(step, Step::Build(_)) {
        let stranger = Built::Block(Sealed::new(Header::default()));
        assert!(machine.built(stranger, &mut log).is_err());
    } else {
        assert_eq!(
            machine.built(Built::Invalid, &mut log),
            Err(Mismatch::Unasked)
        );
    }
    if !matches!(step, Step::Need(Need::L1Header { .. }) | Step::L1Exhausted) {
        assert_eq!(machine.end_of_l1(), Err(Mismatch::Unasked));
    }
    assert!(log.events.is_empty());
    if let Some(before) = before {
        assert!(
            before == format!("{machine:?}"),
            "a refused answer has left a trace"
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hoike_testkit::Rng;

    /// That the inputs reach what is to be looked at: chains that grow, by batches of both kinds, and are refused in many ways.
    #[test]
    fn chains_come_about() {
        let (mut accepted, mut invalid, mut overlaps, mut blobs, mut forced, mut spans) =
            (0, 0, 0, 0, 0, 0);
        let (mut halted, mut drops) = (0, std::collections::BTreeSet::new());
        for seed in 0..400 {
            let bytes = Rng::new(seed).bytes(600);
            let mut world = World::new(Feed::new(&bytes));
            let outcome = derive(&mut world, Pace::Plain);
            halted += usize::from(outcome.halt.is_some());
            blobs += world
                .l1
                .iter()
                .map(|block| block.blobs.len())
                .sum::<usize>();
            for event in &outcome.journal.events {
                match event {
                    Event::BatchAccepted { .. } => accepted += 1,
                    Event::PayloadInvalid { .. } => invalid += 1,
                    Event::EmptyBatch { .. } => forced += 1,
                    Event::Block { safe: false, .. } => spans += 1,
                    Event::BatchDropped { why, .. } => {
                        let name = format!("{why:?}");
                        overlaps += usize::from(name.contains("Overlap"));
                        drops.insert(name.split([' ', '(']).next().unwrap_or_default().to_owned());
                    }
                    _ => {}
                }
            }
        }
        let told = format!(
            "{accepted} accepted, {invalid} invalid, {overlaps} overlaps, {blobs} blobs, {forced} forced, {spans} in spans, {halted} halted, {drops:?}"
        );
        println!("{told}");
        assert!(
            accepted > 300 && invalid > 10 && blobs > 50 && forced > 400,
            "{told}"
        );
        assert!(drops.len() > 12 && halted < 100, "{told}");
    }
}

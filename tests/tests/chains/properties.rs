//! What must not matter: how the machine is driven, where it starts, which shortcut is taken.

use crate::random;
use hoike_derive::{Event, Sink};
use hoike_executor::PureRust;
use hoike_kzg as kzg;
use hoike_native::Native;
use hoike_preimage::{Trusted, Verified};
use hoike_program::{Outcome, Route, Verdict, run, run_by};
use hoike_testkit::{Derived, Journal, Pace, derive, judge};

/// Few enough to be quick, enough for every fork.
const SEEDS: std::ops::Range<u64> = 100..122;

/// Answers late, steps repeated, wrong answers before the right ones, an end of L1 that was none, copies of the machine: all the same (D36).
#[test]
fn d36_d178_how_the_machine_is_driven_does_not_matter() {
    let mut overlaps = 0;
    for seed in SEEDS {
        let mut chain = random::chain(seed);
        let store = chain.store();
        let expected: Vec<_> = chain.l2.blocks[1..]
            .iter()
            .map(|b| b.header.hash())
            .collect();
        let plain = derive(&chain, &store, 0, Pace::default());
        assert_eq!(plain.halt, None);
        assert_eq!(plain.blocks, expected, "seed {seed}");
        overlaps += plain.overlaps;
        for pace in [
            Pace {
                repeat: true,
                ..Pace::default()
            },
            Pace {
                pester: true,
                ..Pace::default()
            },
            Pace {
                stall: true,
                ..Pace::default()
            },
            Pace {
                copy: true,
                ..Pace::default()
            },
            Pace {
                repeat: true,
                pester: true,
                stall: true,
                copy: true,
                plain: false,
            },
        ] {
            let other = derive(&chain, &store, 0, pace);
            assert_eq!(other, plain, "seed {seed}, {pace:?}");
        }
    }
    assert!(
        overlaps > 5,
        "L2 blocks were hardly ever needed: {overlaps}"
    );
}

/// All receipts and the L2 chain below the start, or only what blooms let matter: the same blocks, and the same told apart from what was read.
#[test]
fn shortcuts_change_nothing() {
    let told = |derived: &Derived| {
        let told = |event: &Event| match event {
            Event::L1Block { block, .. } => Event::L1Block {
                block: *block,
                receipts: false,
            },
            event => event.clone(),
        };
        // That a block has none is only said of blocks whose receipts were read.
        let matters = |event: &&Event| **event != Event::Deposits { count: 0 };
        let events = derived.journal.events.iter().filter(matters);
        events.map(told).collect::<Vec<_>>()
    };
    let mut skipped = 0;
    for seed in SEEDS {
        let mut chain = random::chain(seed);
        let store = chain.store();
        for agreed in [0, chain.tip() / 2, chain.tip() - 1] {
            let short = derive(&chain, &store, agreed, Pace::default());
            let pace = Pace {
                plain: true,
                ..Pace::default()
            };
            let plain = derive(&chain, &store, agreed, pace);
            assert_eq!(short.blocks, plain.blocks, "seed {seed} from {agreed}");
            assert_eq!(told(&short), told(&plain), "seed {seed} from {agreed}");
            skipped += plain.steps - short.steps;
        }
    }
    assert!(skipped > 100, "no shortcut was taken");
}

/// A fresh machine at every safe block, in the middle of an L1 block's data or not, comes to the same chain (D48, D150); and each block derived by a
/// process of its own out of the witness is what one process made of all of them, which also compares tries that were kept with tries read anew.
#[test]
fn d48_d150_start_anew_at_every_block() {
    for seed in SEEDS.take(8) {
        let mut chain = random::chain(seed);
        let witness = chain.witness();
        let tip = chain.tip();
        for agreed in 0..tip {
            for claimed in [agreed + 1, tip] {
                let boot = chain.claim(agreed, claimed, chain.block(claimed).output_root());
                let mut oracle = Trusted::assume_checked_by_vm(witness.clone());
                let outcome = run(&boot, &mut oracle, &mut Native::new(), &mut ()).unwrap();
                assert_eq!(
                    outcome.verdict,
                    Verdict::Valid,
                    "seed {seed}: {agreed} {claimed}"
                );
            }
        }
    }
}

/// What counts nothing of what is told.
struct Deaf;

impl Sink for Deaf {
    fn event(&mut self, _: Event) {}
}

impl hoike_program::Watch for Deaf {}

/// Signers and blob checks in pure Rust and natively, one thread or many, watched or not.
#[test]
fn whose_cryptography_it_is_does_not_matter() {
    for seed in SEEDS.take(6) {
        let mut chain = random::chain(seed);
        let witness = chain.witness();
        let boot = chain.claim(0, chain.tip() + 1, chain.l2.tip().output_root());
        let judged = judge(&boot, &witness).unwrap();
        let one = std::num::NonZero::<usize>::MIN;
        let verified = || Verified::new(witness.clone(), kzg::Native);
        let outcomes: Vec<Outcome> = vec![
            run(&boot, &mut verified(), &mut PureRust, &mut ()).unwrap(),
            run(
                &boot,
                &mut verified(),
                &mut Native::with_threads(one),
                &mut Deaf,
            )
            .unwrap(),
            run_by(
                Route::Plain,
                &boot,
                &mut Trusted::assume_checked_by_vm(witness.clone()),
                &mut PureRust,
                &mut Journal::default(),
            )
            .unwrap(),
        ];
        for outcome in outcomes {
            assert_eq!(outcome, judged.outcome, "seed {seed}");
        }
    }
    // The pure check of a blob takes its time: one chain that has some.
    let with_blobs = (0..).map(random::chain).find(|chain| {
        let blobs: usize = chain.l1.iter().map(|block| block.blobs.len()).sum();
        blobs == 1
    });
    let mut chain = with_blobs.expect("endless");
    let witness = chain.witness();
    let boot = chain.claim(0, chain.tip(), chain.l2.tip().output_root());
    let mut pure = Verified::new(witness, kzg::Pure);
    let outcome = run(&boot, &mut pure, &mut PureRust, &mut ()).unwrap();
    assert_eq!(outcome.verdict, Verdict::Valid);
}

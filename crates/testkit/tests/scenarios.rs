//! Scenarios are the same in every run, and come where they should.

use hoike_testkit::scenario::Scenario;
use std::collections::BTreeMap;

/// Few enough to be quick. `conformance/` runs more.
const SEEDS: std::ops::Range<u64> = 0..120;

/// What comes up in so few scenarios.
const REASONS: &[&str] = &[
    "BatchAccepted",
];

#[test]
fn a_seed_says_all() {
    for seed in SEEDS.take(6) {
        let (one, other) = (Scenario::of(seed), Scenario::of(seed));
        let tips = [&one, &other].map(|scenario| scenario.chain.l1_tip().header.hash());
        assert_eq!(tips[0], tips[1], "seed {seed}");
        assert_eq!(one.l2, other.l2, "seed {seed}");
        for (one, other) in one.runs.iter().zip(&other.runs) {
            assert_eq!(one.journal, other.journal, "seed {seed}");
        }
    }
}

/// A run that starts later comes to the same blocks, unless there was an end before L1's.
#[test]
fn later_starts_come_to_the_same_chain() {
    let mut later = 0;
    for seed in SEEDS {
        let scenario = Scenario::of(seed);
        let (first, others) = scenario.runs.split_first().expect("a run");
        for run in others.iter().filter(|_| first.halt.is_none()) {
            later += 1;
            assert_eq!((run.safe, &run.halt), (first.safe, &None), "seed {seed} from {}", run.agreed);
        }
    }
    assert!(later > 50, "{later} later starts");
}

#[test]
fn reasons_come_up() {
    let mut all: BTreeMap<String, u64> = BTreeMap::new();
    for seed in SEEDS {
        for (reason, times) in Scenario::of(seed).reasons() {
            *all.entry(reason).or_default() += times;
        }
    }
    let missing: Vec<_> = REASONS.iter().filter(|reason| !all.contains_key(**reason)).collect();
    assert!(missing.is_empty(), "{missing:?} of {all:#?}");
}

//! Scenarios are the same in every run, and come where they should.

use hoike_testkit::scenario::{REASONS, Scenario};
use std::collections::BTreeMap;

/// Few enough to be quick. `conformance/` runs more.
const SEEDS: std::ops::Range<u64> = 0..60;

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

#[test]
fn reasons_come_up() {
    let mut all: BTreeMap<String, u64> = BTreeMap::new();
    for seed in SEEDS {
        for (reason, times) in Scenario::of(seed).reasons() {
            *all.entry(reason).or_default() += times;
        }
    }
    let missing = REASONS.iter().filter(|reason| !all.contains_key(**reason));
    let missing: Vec<_> = missing.collect();
    // The rest takes thousands.
    assert!(missing.len() < REASONS.len() / 2, "{missing:#?}");
}

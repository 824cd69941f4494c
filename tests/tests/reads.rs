//! How often things are read, counted below an oracle that remembers nothing.

use hoike_claims::Folder;
use hoike_executor::PureRust;
use hoike_preimage::{PreimageKey, Trusted};
use hoike_program::run;
use hoike_tests::{Probe, claim_folders};
use std::collections::BTreeSet;

/// A lookup by number that walks from the head again each time would make the walk quadratic: kona reads 3,192 headers for the real claim's 81.
#[test]
fn every_l1_header_is_read_once() {
    for path in claim_folders() {
        let folder = Folder::read(&path).expect("a claim folder");
        let mut probe = Probe::recording(&folder.witness, |_, value| value);
        let mut oracle = Trusted::assume_checked_by_vm(&mut probe);
        let boot = folder.claims[0].boot(&folder.rules);
        let outcome = run(&boot, &mut oracle, &mut PureRust, &mut ()).expect("a verdict");
        assert_eq!(outcome.l1_head, boot.claim.l1_head);
        let reads = probe.into_reads();
        let headers: Vec<PreimageKey> = reads
            .iter()
            .filter(|read| read.hint == "l1-block-header")
            .map(|read| read.key)
            .collect();
        let different: BTreeSet<_> = headers.iter().collect();
        assert!(!headers.is_empty(), "{}", folder.name);
        assert_eq!(headers.len(), different.len(), "{}", folder.name);
        println!(
            "{}: {} L1 headers, each once; {} reads in all",
            folder.name,
            headers.len(),
            reads.len()
        );
    }
}

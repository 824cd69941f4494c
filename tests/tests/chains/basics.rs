//! Every fork, every encoding: what is sequenced and sent honestly is derived.

use hoike_protocol::Fork;
use hoike_testkit::{Case, Post};

/// Bedrock to Karst.
pub(crate) const FORKS: [Fork; 11] = [
    Fork::Bedrock,
    Fork::Regolith,
    Fork::Canyon,
    Fork::Delta,
    Fork::Ecotone,
    Fork::Fjord,
    Fork::Granite,
    Fork::Holocene,
    Fork::Isthmus,
    Fork::Jovian,
    Fork::Karst,
];

#[test]
fn what_is_sequenced_is_derived_on_every_fork() {
    for fork in FORKS {
        let how: &[Post] = if fork < Fork::Delta {
            &[Post::Singular]
        } else {
            &[Post::Singular, Post::Span]
        };
        for how in how {
            let mut case = Case::at(fork).l1(1).post(8, *how).l1(1).post(5, *how);
            assert_eq!(case.chain.tip(), 13);
            let judged = case.chain.check();
            assert!(judged.batch_drops().is_empty(), "{fork}\n{}", judged.told());
            assert_eq!(judged.executed.len(), 13);
        }
    }
}

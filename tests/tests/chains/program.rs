//! Claims: which block is compared with what, what is asked, and what becomes of data that is missing or wrong.

use crate::basics::{channel_item, singular};
use alloy_primitives::{B256, Bytes};
use hoike_kzg as kzg;
use hoike_native::Native;
use hoike_preimage::{Hint, KeyKind, NotFound, Oracle, PreimageKey, Verified, Witness};
use hoike_program::{Boot, Error, Purpose, Verdict, run};
use hoike_protocol::Fork;
use hoike_testkit::{Chain, GENESIS_TIME, Post, Setup, judge};
use std::collections::BTreeSet;

/// Twelve blocks in two spans and two L1 blocks after them.
fn chain(fork: Fork) -> Chain {
    chain_sent(fork, false)
}

/// The same, in blobs or as calldata.
fn chain_sent(fork: Fork, blobs: bool) -> Chain {
    let mut chain = Setup::at(fork).begin();
    for id in 1..=2 {
        let blocks = chain.blocks(6);
        let batches = Post::Span.batches(&blocks, GENESIS_TIME);
        let item = channel_item(id, &batches);
        if blobs {
            chain.l1().blobs(&[item]).mine();
        } else {
            chain.l1().calldata(item).mine();
        }
    }
    chain.mine(2);
    chain
}

fn valid(verdict: Verdict) -> bool {
    match verdict {
        Verdict::Valid => true,
        Verdict::Invalid { .. } => false,
    }
}

/// For every pair of heights and every root that could be meant: valid is the root of the claimed block, or of the last one if there are not so many.
/// That the agreed root is claimed makes nothing valid (D111), nor does zero (D112); a claim below the agreed block is compared with its ancestor (D155).
#[test]
fn d111_d112_d113_d114_d115_d155_which_root_is_right() {
    for fork in [Fork::Granite, Fork::Holocene] {
        let mut chain = chain(fork);
        let witness = chain.witness();
        let root = |number: u64| chain.block(number).output_root();
        for agreed in [0, 1, 5, 6, 11, 12] {
            for claimed in [0, 1, 4, 5, 6, 7, 11, 12, 13, 22, 1_000, u64::MAX] {
                let right = claimed.min(12);
                let wrong = [agreed, right.saturating_sub(1), right + 1, 12, 0];
                let wrong = wrong
                    .into_iter()
                    .filter(|n| *n != right && *n <= 12)
                    .map(root);
                let roots = wrong.chain([B256::ZERO, B256::repeat_byte(1)]);
                for (claim, expected) in roots.map(|r| (r, false)).chain([(root(right), true)]) {
                    let boot = chain.claim(agreed, claimed, claim);
                    let judged = judge(&boot, &witness).unwrap().outcome;
                    assert_eq!(
                        valid(judged.verdict),
                        expected,
                        "{agreed} {claimed} {claim}"
                    );
                    assert_eq!(judged.compared.number, right);
                    assert_eq!(judged.output_root, root(right));
                }
            }
        }
    }
}

/// Nothing can be derived at all: the agreed root it is, and no zero.
#[test]
fn d112_nothing_to_derive() {
    let mut chain = Setup::at(Fork::Holocene).begin();
    chain.mine(3);
    let witness = chain.witness();
    let agreed = chain.block(0).output_root();
    for (claim, expected) in [(agreed, true), (B256::ZERO, false)] {
        let judged = judge(&chain.claim(0, 5, claim), &witness).unwrap().outcome;
        assert_eq!(valid(judged.verdict), expected);
        assert_eq!(judged.compared.number, 0);
    }
}

/// What is safe depends on the L1 head of the claim.
#[test]
fn d115_an_earlier_l1_head() {
    for fork in [Fork::Delta, Fork::Jovian] {
        let mut chain = chain(fork);
        let witness = chain.witness();
        let from = chain.l1.len() - 5;
        for (index, safe) in [(0, 0), (1, 6), (2, 12), (3, 12)] {
            let mut boot = chain.claim(0, 12, chain.block(safe).output_root());
            boot.claim.l1_head = chain.l1[from + index].header.hash();
            let judged = judge(&boot, &witness).unwrap().outcome;
            assert_eq!(
                (valid(judged.verdict), judged.compared.number),
                (true, safe)
            );
        }
    }
}

/// An oracle that notes what is asked and may answer otherwise.
struct Watched<F> {
    witness: Witness,
    asked: Vec<PreimageKey>,
    hints: Vec<(&'static str, B256)>,
    alter: F,
}

impl<F: FnMut(&PreimageKey, Bytes) -> Option<Bytes>> Oracle for Watched<F> {
    type Error = NotFound;

    fn hint(&mut self, hint: &Hint<'_>) -> Result<(), NotFound> {
        match hint {
            Hint::L2BlockHeader(hash) => self.hints.push(("header", *hash)),
            Hint::L2Transactions(hash) => self.hints.push(("transactions", *hash)),
            Hint::L2Output(hash) => self.hints.push(("output", *hash)),
            _ => {}
        }
        Ok(())
    }

    fn get(&mut self, key: PreimageKey) -> Result<Bytes, NotFound> {
        self.asked.push(key);
        let value = self.witness.value(&key).ok_or(NotFound { key })?;
        (self.alter)(&key, value).ok_or(NotFound { key })
    }
}

impl<F> Watched<F> {
    fn new(witness: &Witness, alter: F) -> Self {
        Self {
            witness: witness.clone(),
            asked: Vec::new(),
            hints: Vec::new(),
            alter,
        }
    }
}

/// The claimed block may lie within a span: the run ends with it.
#[test]
fn d116_the_run_ends_with_the_claimed_block() {
    for fork in [Fork::Granite, Fork::Holocene] {
        let mut chain = chain(fork);
        let witness = chain.witness();
        let boot = chain.claim(0, 2, chain.block(2).output_root());
        let judged = judge(&boot, &witness).unwrap();
        assert!(valid(judged.outcome.verdict));
        // Before Holocene the blocks of a span are safe with its last one.
        let executed = if fork == Fork::Granite { 6 } else { 2 };
        assert_eq!(judged.executed.len(), executed);
    }
}

/// Of L2, only what is at or below the agreed block is ever asked for; its chain above that is this run's own.
#[test]
fn d117_no_l2_block_after_the_agreed_one_is_asked_for() {
    for fork in [Fork::Granite, Fork::Holocene] {
        let mut chain = chain(fork);
        // A span that overlaps, so that L2 blocks are needed.
        let mut blocks: Vec<_> = (4..=12).map(|number| chain.block(number).batch()).collect();
        blocks.extend(chain.blocks(2));
        let batches = Post::Span.batches(&blocks, GENESIS_TIME);
        chain.l1().calldata(channel_item(3, &batches)).mine();
        let witness = chain.witness();
        let agreed = 5;
        let boot = chain.claim(agreed, 14, chain.block(14).output_root());
        let mut watched = Watched::new(&witness, |_: &PreimageKey, value| Some(value));
        let mut oracle = Verified::new(&mut watched, kzg::Native);
        let outcome = run(&boot, &mut oracle, &mut Native::new(), &mut ()).unwrap();
        assert!(valid(outcome.verdict));
        assert!(watched.hints.iter().any(|(what, _)| *what == "header"));
        for block in &chain.l2.blocks[agreed as usize + 1..] {
            let hash = block.header.hash();
            let roots = [hash, block.output_root(), block.header.transactions_root];
            for hash in roots {
                assert!(watched.hints.iter().all(|(_, hinted)| *hinted != hash));
                assert!(!watched.asked.contains(&PreimageKey::keccak256(hash)));
            }
        }
    }
}

/// Empty L1 blocks, a channel that times out, one without a batch: derivation goes on until there is something.
#[test]
fn d118_nothing_to_read_for_a_long_time() {
    for fork in [Fork::Bedrock, Fork::Granite, Fork::Holocene] {
        let mut chain = Setup::at(fork)
            .with(|setup| setup.seq_window_size = 400)
            .begin();
        let item = hoike_testkit::Channel::raw(1, vec![0x78; 10]).in_frames(2);
        chain.l1().calldata(hoike_testkit::item(&item[..1])).mine();
        chain.mine(30);
        chain.l1().calldata(channel_item(2, &[])).mine();
        chain.mine(60);
        let blocks = chain.blocks(3);
        chain
            .l1()
            .calldata(channel_item(3, &singular(&blocks)))
            .mine();
        chain.mine(30);
        chain.check();
    }
}

/// Each preimage that is read, in turn, is missing or has a flipped bit: always an error that tells which, never a verdict.
#[test]
fn d119_d126_missing_or_wrong_data_is_no_verdict() {
    let mut chain = chain_sent(Fork::Isthmus, true);
    let witness = chain.witness();
    let judge = |boot: &Boot, alter: &mut dyn FnMut(&PreimageKey, Bytes) -> Option<Bytes>| {
        let mut watched = Watched::new(&witness, alter);
        let mut oracle = Verified::new(&mut watched, kzg::Native);
        let outcome = run(boot, &mut oracle, &mut Native::new(), &mut ());
        (outcome, watched.asked)
    };
    for root in [chain.block(12).output_root(), B256::ZERO] {
        let boot = chain.claim(3, 12, root);
        let (outcome, asked) = judge(&boot, &mut |_, value| Some(value));
        assert_eq!(valid(outcome.unwrap().verdict), root != B256::ZERO);
        // Of a blob's 4,096 elements a few are enough.
        let mut elements = 0;
        let keys: BTreeSet<PreimageKey> = asked.into_iter().collect();
        for target in keys {
            if target.kind() == KeyKind::Blob {
                elements += 1;
                if elements % 1_500 != 0 {
                    continue;
                }
            }
            for missing in [true, false] {
                let mut alter = |key: &PreimageKey, value: Bytes| {
                    if *key != target {
                        return Some(value);
                    }
                    let mut wrong = value.to_vec();
                    if let Some(last) = wrong.last_mut() {
                        *last ^= 1;
                    }
                    (!missing).then(|| wrong.into())
                };
                match judge(&boot, &mut alter).0 {
                    Err(Error::Preimage { .. }) => {}
                    other => panic!("{target} {missing}: {other:?}"),
                }
            }
        }
    }
}

/// A blob of which something is missing is missing: no empty data, no other blob in its place.
#[test]
fn d50_a_missing_blob_is_an_error() {
    let mut chain = chain_sent(Fork::Holocene, true);
    let witness = chain.witness();
    let boot = chain.claim(0, 12, chain.block(12).output_root());
    let blobs: Vec<_> = chain.l1.iter().flat_map(|block| &block.blobs).collect();
    let blob = blobs[1];
    let roots = hoike_preimage::roots_of_unity();
    for hidden in [
        PreimageKey::sha256(blob.hash),
        PreimageKey::blob(&blob.commitment, &roots[0]),
        PreimageKey::blob(&blob.commitment, &roots[4_095]),
    ] {
        let mut watched = Watched::new(&witness, |key: &PreimageKey, value| {
            (*key != hidden).then_some(value)
        });
        let mut oracle = Verified::new(&mut watched, kzg::Native);
        let outcome = run(&boot, &mut oracle, &mut Native::new(), &mut ());
        match outcome {
            Err(Error::Preimage {
                purpose: Purpose::Blobs { block },
                ..
            }) => assert_eq!(block, chain.l1[4].header.number),
            other => panic!("{other:?}"),
        }
    }
}

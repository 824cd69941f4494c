//! The trie against a map whose root alloy's hash builder finds, also where nodes are missing or damaged.

use crate::generators::Feed;
use alloy_primitives::{
    B256, Bytes, keccak256,
    map::{B256HashMap, B256HashSet},
};
use alloy_trie::{HashBuilder, Nibbles, proof::ProofRetainer};
use hoike_testkit::{Rng, Store, adversary};
use hoike_trie::{EMPTY_ROOT, Error, Nodes, Trie, ordered_items, ordered_root};
use std::collections::BTreeMap;

/// Sequences of operations on tries; lists and their tries.
pub fn trie(data: &[u8]) {
    let mut feed = Feed::new(data);
    match feed.below(4) {
        0 => operations(&mut feed, Harm::None),
        1 => operations(&mut feed, Harm::Missing),
        2 => operations(&mut feed, Harm::Damaged),
        _ => lists(&mut feed),
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Harm {
    None,
    Missing,
    Damaged,
}

#[derive(Clone, Default)]
struct Source {
    nodes: B256HashMap<Bytes>,
    hidden: B256HashSet,
}

impl Nodes for Source {
    type Error = ();

    fn node(&mut self, hash: B256) -> Result<Bytes, ()> {
        if self.hidden.contains(&hash) {
            return Err(());
        }
        self.nodes.get(&hash).cloned().ok_or(())
    }
}

impl Source {
    fn commit(&mut self, trie: &mut Trie) -> B256 {
        trie.commit(&mut |hash, rlp| {
            assert_eq!(keccak256(&rlp), hash);
            self.nodes.insert(hash, rlp);
        })
    }
}

type Model = BTreeMap<B256, Bytes>;

fn operations(feed: &mut Feed<'_>, harm: Harm) {
    let mut model = Model::new();
    for _ in 0..feed.below(24) {
        let (key, value) = (key(feed), value(feed));
        model.insert(
            key,
            if value.is_empty() {
                Bytes::from_static(&[1])
            } else {
                value
            },
        );
    }
    let (root, mut source) = built(&model);
    let mut rng = Rng::new(feed.u16().into());
    match harm {
        Harm::None => {}
        Harm::Missing => {
            let hidden = source.nodes.keys().filter(|hash| hash[31] & 3 == 0);
            source.hidden = hidden.copied().collect();
        }
        Harm::Damaged => {
            let mut hashes: Vec<B256> = source.nodes.keys().copied().collect();
            hashes.sort();
            for hash in hashes {
                if rng.one_in(3) {
                    let damaged = adversary::bytes(&source.nodes[&hash], &mut rng);
                    source.nodes.insert(hash, damaged.into());
                }
            }
        }
    }
    let mut trie = Trie::new(root);
    let mut steps = 0;
    while !feed.is_empty() && steps < 64 {
        steps += 1;
        let before = (harm != Harm::None).then(|| trie.clone());
        let key = key(feed);
        let failed = match feed.below(6) {
            0 => {
                let got = trie.get(&mut source, &key);
                if let (Ok(got), true) = (&got, harm != Harm::Damaged) {
                    assert_eq!(got.as_ref(), model.get(&key));
                }
                got.err()
            }
            1 | 2 => {
                let value = value(feed);
                let done = trie.insert(&mut source, &key, value.clone());
                if done.is_ok() {
                    set(&mut model, key, value);
                }
                done.err()
            }
            3 | 4 => {
                let removed = trie.remove(&mut source, &key);
                if let Ok(removed) = removed {
                    let was = model.remove(&key).is_some();
                    assert!(removed == was || harm == Harm::Damaged);
                }
                removed.err()
            }
            _ => {
                let root = source.commit(&mut trie);
                assert!(!trie.is_changed() && root == trie.committed_root());
                if harm != Harm::Damaged {
                    assert_eq!(root, root_of(&model));
                }
                if feed.flag() {
                    trie = Trie::new(root);
                }
                continue;
            }
        };
        let Some(failed) = failed else { continue };
        match failed {
            Error::Source { hash, .. } => {
                assert!(harm != Harm::None, "{hash} is there");
                assert!(source.node(hash).is_err());
                if harm == Harm::Missing {
                    assert!(
                        source.hidden.remove(&hash),
                        "{hash} is no node of this trie"
                    );
                }
            }
            Error::Malformed { hash, why } => assert!(harm == Harm::Damaged, "{hash}: {why}"),
        }
        // The contents are as they were: nothing that was not changed is, and the root is the same.
        let (mut before, mut after) = (before.expect("kept"), trie.clone());
        assert_eq!(before.is_changed(), after.is_changed());
        assert_eq!(
            source.clone().commit(&mut before),
            source.clone().commit(&mut after)
        );
    }
    let got = source.commit(&mut trie);
    if harm != Harm::Damaged {
        assert_eq!(got, root_of(&model));
        source.hidden.clear();
        let mut anew = Trie::new(got);
        for (key, value) in &model {
            assert_eq!(trie.get(&mut source, key), Ok(Some(value.clone())));
            assert_eq!(anew.get(&mut source, key), Ok(Some(value.clone())));
            assert_eq!(anew.remove(&mut source, key), Ok(true));
        }
        assert_eq!(source.commit(&mut anew), EMPTY_ROOT);
    }
}

fn set(model: &mut Model, key: B256, value: Bytes) {
    if value.is_empty() {
        model.remove(&key);
    } else {
        model.insert(key, value);
    }
}

/// Keys that share long beginnings and ends, so that they meet.
fn key(feed: &mut Feed<'_>) -> B256 {
    let head = feed.byte();
    let mut key = B256::repeat_byte((head & 3) * 0x11);
    if head & 0x80 != 0 {
        let at = usize::from(feed.byte() & 31);
        key[at] = feed.byte();
    }
    key[31] ^= head >> 2 & 7;
    key
}

fn value(feed: &mut Feed<'_>) -> Bytes {
    let byte = feed.byte();
    let length = [1, 1, 0, 2, 9, 31, 33, 70][usize::from(byte & 7)];
    vec![byte | 1; length].into()
}

fn root_of(model: &Model) -> B256 {
    let mut builder = HashBuilder::default();
    model
        .iter()
        .for_each(|(key, value)| builder.add_leaf(Nibbles::unpack(key), value));
    builder.root()
}

fn built(model: &Model) -> (B256, Source) {
    let keys = model.keys().map(Nibbles::unpack).collect();
    let mut builder = HashBuilder::default().with_proof_retainer(ProofRetainer::new(keys));
    model
        .iter()
        .for_each(|(key, value)| builder.add_leaf(Nibbles::unpack(key), value));
    let root = builder.root();
    let mut source = Source::default();
    for (_, node) in builder.take_proof_nodes().into_inner() {
        source.nodes.insert(keccak256(&node), node);
    }
    (root, source)
}

/// A list's root is alloy's; the list is read back from its nodes; of damaged nodes comes an error, or a list that these nodes are the trie of.
fn lists(feed: &mut Feed<'_>) {
    let mut items: Vec<Bytes> = Vec::new();
    let fill = feed.pick(&[0, 0, 0, 1, 126, 127, 128, 129, 255, 256, 260]);
    items.resize(fill, Bytes::from_static(&[0x2a; 3]));
    let seed = feed.u16();
    while !feed.is_empty() && items.len() < fill + 20 {
        match feed.bytes() {
            [] => {}
            item => items.push(Bytes::copy_from_slice(item)),
        }
    }
    let mut store = Store::default();
    let root = store.put_list(&items);
    assert_eq!(ordered_root(&items), root);
    assert_eq!(ordered_items(root, &mut &store), Ok(items.clone()));

    // The top node damaged, under the hash that it then has.
    let Ok(top) = store.get(root) else { return };
    let damaged = Bytes::from(adversary::bytes(&top, &mut Rng::new(seed.into())));
    let hash = store.put(damaged.clone());
    if let Ok(read) = ordered_items(hash, &mut &store) {
        assert_eq!(ordered_root(&read), hash, "{damaged}");
    }
}

//! The cases of consensus-cases.md that are about one trie operation.
mod common;

use alloy_primitives::map::B256HashSet;
use alloy_primitives::{B256, Bytes, keccak256};
use common::{Absent, Model, Random, Witness, key, model_root, witness_of};
use hoike_trie::{EMPTY_ROOT, Error, Malformed, Trie};

fn model(keys: &[B256], length: usize) -> Model {
    keys.iter()
        .zip(1u8..)
        .map(|(key, n)| (*key, Bytes::from(vec![n; length])))
        .collect()
}

/// What is left when a branch collapses: keys, the one that is removed, and with which value lengths.
fn collapses() -> Vec<(&'static str, Vec<B256>, B256)> {
    let gone = key(&[1, 2, 3, 4], &[]);
    vec![
        ("leaf, under the root", vec![gone, key(&[2], &[])], gone),
        (
            "leaf, under a branch",
            vec![gone, key(&[1, 3], &[]), key(&[2], &[])],
            gone,
        ),
        (
            "leaf, under an extension",
            vec![gone, key(&[1, 2, 5], &[])],
            gone,
        ),
        (
            "leaf, under a branch and an extension",
            vec![gone, key(&[1, 2, 5], &[]), key(&[3], &[])],
            gone,
        ),
        (
            "extension, under the root",
            vec![gone, key(&[2, 2, 1], &[]), key(&[2, 2, 2], &[])],
            gone,
        ),
        (
            "extension, under a branch",
            vec![
                gone,
                key(&[1, 3, 1, 1], &[]),
                key(&[1, 3, 1, 2], &[]),
                key(&[2], &[]),
            ],
            gone,
        ),
        (
            "extension, under an extension",
            vec![gone, key(&[1, 3, 1, 1], &[]), key(&[1, 3, 1, 2], &[])],
            gone,
        ),
        (
            "branch, under the root",
            vec![gone, key(&[2, 1], &[]), key(&[2, 2], &[])],
            gone,
        ),
        (
            "branch, under a branch",
            vec![
                gone,
                key(&[1, 3, 1], &[]),
                key(&[1, 3, 2], &[]),
                key(&[2], &[]),
            ],
            gone,
        ),
        (
            "branch, under an extension",
            vec![gone, key(&[1, 3, 1], &[]), key(&[1, 3, 2], &[])],
            gone,
        ),
        (
            "branch, odd under an extension",
            vec![gone, key(&[1, 2, 5, 1], &[]), key(&[1, 2, 5, 2], &[])],
            gone,
        ),
        (
            "inline leaf",
            vec![key(&[1], &[1]), key(&[1], &[2])],
            key(&[1], &[1]),
        ),
        (
            "inline branch",
            vec![key(&[1], &[1, 1]), key(&[1], &[2, 1]), key(&[1], &[2, 2])],
            key(&[1], &[1, 1]),
        ),
        (
            "inline extension",
            vec![
                key(&[1], &[1, 1, 1]),
                key(&[1], &[2, 1, 1]),
                key(&[1], &[2, 1, 2]),
            ],
            key(&[1], &[1, 1, 1]),
        ),
    ]
}

#[test]
fn d101_a_branch_collapses_into_whatever_is_left() {
    for (name, keys, gone) in collapses() {
        for length in [1, 2, 33] {
            let model = model(&keys, length);
            let (root, mut witness) = witness_of(&model);
            // Once with nothing resolved but the path, once with all of it, once with all of it changed.
            for known in 0..3 {
                let mut trie = Trie::new(root);
                let mut expected = model.clone();
                for (n, key) in keys.iter().enumerate().filter(|_| known > 0) {
                    trie.get(&mut witness, key).unwrap().unwrap();
                    if known == 2 {
                        let value = Bytes::from(vec![0x70 + n as u8; length]);
                        trie.insert(&mut witness, key, value.clone()).unwrap();
                        expected.insert(*key, value);
                    }
                }
                assert!(trie.remove(&mut witness, &gone).unwrap());
                expected.remove(&gone);
                assert_eq!(
                    trie.commit(&mut |_, _| {}),
                    model_root(&expected),
                    "{name}, values of {length}"
                );
            }
        }
    }
}

#[test]
fn d102_a_collapse_without_the_sibling_fails_and_removes_nothing() {
    let mut failures = 0;
    for (name, keys, gone) in collapses() {
        let model = model(&keys, 33);
        let (root, full) = witness_of(&model);
        let mut path_only = full.clone();
        assert!(
            Trie::new(root)
                .get(&mut path_only, &gone)
                .unwrap()
                .is_some()
        );
        let mut path_only = path_only.asked_only();
        let mut trie = Trie::new(root);
        let Err(Error::Source {
            hash,
            cause: Absent,
        }) = trie.remove(&mut path_only, &gone)
        else {
            continue;
        };
        failures += 1;
        assert!(
            full.nodes.contains_key(&hash) && !trie.is_changed(),
            "{name}"
        );
        assert_eq!(
            trie.get(&mut path_only, &gone).unwrap(),
            model.get(&gone).cloned()
        );
        assert_eq!(trie.commit(&mut |_, _| panic!("nothing changed")), root);
        // The host finds it after all.
        path_only.nodes.insert(hash, full.nodes[&hash].clone());
        assert!(trie.remove(&mut path_only, &gone).unwrap());
        let left = model.into_iter().filter(|(key, _)| *key != gone).collect();
        assert_eq!(trie.commit(&mut |_, _| {}), model_root(&left));
    }
    // All but those whose siblings are inlined.
    assert!(failures >= 11);
}

#[test]
fn d103_two_children_of_one_branch_are_removed() {
    let keys: Vec<B256> = (0..4).map(|n| key(&[7, n, 1], &[n])).collect();
    for length in [1, 40] {
        for first in 0..4 {
            for second in (0..4).filter(|second| *second != first) {
                for third in 0..4 {
                    let (root, mut witness) = witness_of(&model(&keys, length));
                    let mut left = model(&keys, length);
                    let mut trie = Trie::new(root);
                    for gone in [first, second, third] {
                        let there = left.remove(&keys[gone]).is_some();
                        assert_eq!(trie.remove(&mut witness, &keys[gone]).unwrap(), there);
                    }
                    assert_eq!(trie.commit(&mut |_, _| {}), model_root(&left));
                }
            }
        }
    }
}

#[test]
fn d104_a_trie_becomes_empty_and_filled_again() {
    let keys = [key(&[1], &[1]), key(&[1], &[2])];
    let (root, mut witness) = witness_of(&model(&keys, 1));
    let mut trie = Trie::new(root);
    for key in &keys {
        assert!(trie.remove(&mut witness, key).unwrap());
        assert!(!trie.remove(&mut witness, key).unwrap());
    }
    let mut made = vec![];
    assert_eq!(
        trie.commit(&mut |hash, rlp| made.push((hash, rlp))),
        EMPTY_ROOT
    );
    assert_eq!(made, [(EMPTY_ROOT, Bytes::from_static(&[0x80]))]);

    // The empty trie asks for nothing.
    let mut trie = Trie::new(EMPTY_ROOT);
    let mut nothing = Witness::default();
    assert_eq!(trie.get(&mut nothing, &keys[0]).unwrap(), None);
    assert!(!trie.remove(&mut nothing, &keys[0]).unwrap() && !trie.is_changed());
    for (key, value) in model(&keys, 1) {
        trie.insert(&mut nothing, &key, value).unwrap();
    }
    assert_eq!(trie.commit(&mut |_, _| {}), root);
}

#[test]
fn d106_writing_what_is_there_changes_nothing() {
    let (root, mut witness, model) = thousand();
    let mut trie = Trie::new(root);
    for (key, value) in model.iter().take(20) {
        trie.insert(&mut witness, key, Bytes::copy_from_slice(value))
            .unwrap();
        trie.get(&mut witness, key).unwrap();
    }
    assert!(!trie.is_changed());
    assert_eq!(trie.commit(&mut |_, _| panic!("nothing changed")), root);
}

#[test]
fn d106_removing_what_is_not_there_resolves_the_path_and_changes_nothing() {
    let (root, mut witness, model) = thousand();
    for n in 0..200u64 {
        let absent = keccak256(n.to_le_bytes());
        witness.asked.clear();
        assert_eq!(Trie::new(root).get(&mut witness, &absent).unwrap(), None);
        let path = std::mem::take(&mut witness.asked);
        let mut trie = Trie::new(root);
        assert!(!model.contains_key(&absent) && !trie.remove(&mut witness, &absent).unwrap());
        assert_eq!((path, trie.is_changed()), (witness.asked.clone(), false));
    }
}

#[test]
fn d107_an_empty_value_removes() {
    let keys = [key(&[1], &[]), key(&[2], &[]), key(&[3], &[])];
    let (root, mut witness) = witness_of(&model(&keys, 33));
    let mut trie = Trie::new(root);
    trie.insert(&mut witness, &keys[1], Bytes::new()).unwrap();
    trie.insert(&mut witness, &key(&[4], &[]), Bytes::new())
        .unwrap();
    let mut left = model(&keys, 33);
    left.remove(&keys[1]);
    assert_eq!(trie.commit(&mut |_, _| {}), model_root(&left));
}

/// Two blocks on one parent, then one on each: a commit is no decision for a branch of the chain, and nothing is fetched that was made here.
#[test]
fn d108_what_was_committed_is_read_without_the_source() {
    let (root, mut witness, mut model) = thousand();
    let mut trie = Trie::new(root);
    let key = *model.keys().next().unwrap();
    trie.insert(&mut witness, &key, Bytes::from_static(&[1; 40]))
        .unwrap();
    let mut other = trie.clone();
    other
        .insert(&mut witness, &key, Bytes::from_static(&[2; 40]))
        .unwrap();
    let mut nothing = Witness::default();
    for (trie, byte) in [(&mut trie, 1), (&mut other, 2)] {
        for round in 0..3 {
            let value = Bytes::from(vec![byte + round; 40]);
            trie.insert(&mut nothing, &key, value.clone()).unwrap();
            model.insert(key, value.clone());
            assert_eq!(trie.commit(&mut |_, _| {}), model_root(&model));
            assert_eq!(trie.get(&mut nothing, &key).unwrap(), Some(value));
        }
    }
}

/// Of a commit come exactly the nodes that the new trie has and the old one has not.
#[test]
fn d108_a_commit_makes_what_is_new_and_nothing_else() {
    let (root, mut witness, mut model) = thousand();
    let before = witness.clone();
    let mut trie = Trie::new(root);
    let mut random = Random(9);
    for n in 0..60 {
        let key = match n % 3 {
            0 => random.hash(),
            _ => *model
                .keys()
                .nth(random.below(model.len() as u64) as usize)
                .unwrap(),
        };
        if n % 3 == 1 {
            trie.remove(&mut witness, &key).unwrap();
            model.remove(&key);
        } else {
            let value = Bytes::from(random.bytes(40));
            trie.insert(&mut witness, &key, value.clone()).unwrap();
            model.insert(key, value);
        }
    }
    let mut made = B256HashSet::default();
    let root = trie.commit(&mut |hash, _| assert!(made.insert(hash)));
    let (expected, after) = witness_of(&model);
    assert_eq!(root, expected);
    assert_eq!(
        made,
        after
            .nodes
            .keys()
            .filter(|hash| !before.nodes.contains_key(*hash))
            .copied()
            .collect::<B256HashSet>()
    );
}

#[test]
fn d110_inline_nodes_at_every_depth() {
    for from in 0..64 {
        for length in [1, 2, 20, 32] {
            // Three keys that part at nibble `from`, two of them again at the last.
            let mut keys = vec![key(&[], &[1])];
            let start: Vec<u8> = vec![0; from];
            keys.push(key(&[&start[..], &[5]].concat(), &[]));
            if from < 63 {
                keys.push(key(&[&start[..], &[5]].concat(), &[9]));
            }
            let full = model(&keys, length);
            let (root, mut witness) = witness_of(&full);
            let (mut built, mut none) = (Trie::new(EMPTY_ROOT), Witness::default());
            for (key, value) in &full {
                built.insert(&mut none, key, value.clone()).unwrap();
            }
            assert_eq!(none.commit(&mut built).0, root, "{from} {length}");
            for witness in [&mut witness, &mut none] {
                for (key, value) in &full {
                    let mut trie = Trie::new(root);
                    assert_eq!(trie.get(witness, key).unwrap().as_ref(), Some(value));
                    assert!(trie.remove(witness, key).unwrap());
                    let left = full
                        .iter()
                        .filter(|(other, _)| *other != key)
                        .map(|(k, v)| (*k, v.clone()))
                        .collect();
                    assert_eq!(
                        trie.commit(&mut |_, _| {}),
                        model_root(&left),
                        "{from} {length}"
                    );
                    trie.insert(witness, key, value.clone()).unwrap();
                    assert_eq!(trie.commit(&mut |_, _| {}), root);
                }
            }
        }
    }
}

/// Values are slices of what the source gave.
#[test]
fn values_are_not_copied() {
    let (root, mut witness, model) = thousand();
    let mut trie = Trie::new(root);
    for key in model.keys().take(10) {
        let value = trie.get(&mut witness, key).unwrap().unwrap();
        assert!(
            witness
                .nodes
                .values()
                .any(|rlp| rlp.as_ptr_range().contains(&value.as_ptr()))
        );
    }
}

#[test]
fn d109_an_absent_root_is_an_error() {
    let root = B256::repeat_byte(1);
    let mut trie = Trie::new(root);
    let error = Error::Source {
        hash: root,
        cause: Absent,
    };
    assert_eq!(
        trie.get(&mut Witness::default(), &key(&[], &[])),
        Err(error)
    );
    assert_eq!(
        trie.insert(
            &mut Witness::default(),
            &key(&[], &[]),
            Bytes::from_static(&[1])
        ),
        Err(error)
    );
    assert_eq!(
        trie.remove(&mut Witness::default(), &key(&[], &[])),
        Err(error)
    );
    assert_eq!(trie.commit(&mut |_, _| panic!("nothing changed")), root);
}

fn list(items: &[&[u8]]) -> Vec<u8> {
    let payload = items.concat();
    let mut out = Vec::new();
    alloy_rlp::Header {
        list: true,
        payload_length: payload.len(),
    }
    .encode(&mut out);
    [out, payload].concat()
}

fn string(bytes: &[u8]) -> Vec<u8> {
    alloy_rlp::encode(bytes)
}

fn branch_of(children: &[(usize, &[u8])], value: &[u8]) -> Vec<u8> {
    let mut items = [&[0x80][..]; 17];
    for (at, child) in children {
        items[*at] = child;
    }
    items[16] = value;
    list(&items)
}

/// A root that is malformed itself, or has a malformed child under nibbles 0 and on.
#[test]
fn d171_malformed_nodes_are_named_and_never_read_out_of_range() {
    let hash = string(&[0x11; 32]);
    let path = |flag: u8, bytes: usize| string(&[&[flag][..], &vec![0; bytes]].concat());
    let value = string(&[1; 40]);
    let pair = branch_of(&[(0, &hash), (1, &hash)], &[0x80]);
    let leaf_in = |depth: usize| {
        let nibbles = 64 - depth;
        path(if nibbles % 2 == 1 { 0x30 } else { 0x20 }, nibbles / 2)
    };
    let roots: Vec<(Vec<u8>, Malformed)> = vec![
        (vec![], Malformed::Rlp),
        (vec![0x81], Malformed::Rlp),
        (string(&[7; 40]), Malformed::Rlp),
        ([&pair[..], &[0]].concat(), Malformed::Rlp),
        (pair[..pair.len() - 1].to_vec(), Malformed::Rlp),
        (list(&[]), Malformed::ItemCount),
        (list(&[&hash]), Malformed::ItemCount),
        (list(&[&hash, &hash, &hash]), Malformed::ItemCount),
        (list(&[&hash[..]; 16]), Malformed::ItemCount),
        (list(&[&[0x80][..]; 18]), Malformed::ItemCount),
        (list(&[&path(0x20, 33), &value]), Malformed::PathTooLong),
        (list(&[&path(0x30, 32), &value]), Malformed::PathTooLong),
        (list(&[&path(0x20, 300), &value]), Malformed::PathTooLong),
        (list(&[&path(0x20, 31), &value]), Malformed::PathTooShort),
        (list(&[&path(0x30, 31), &value]), Malformed::PathTooShort),
        (list(&[&path(0x00, 0), &hash]), Malformed::PathTooShort),
        (list(&[&path(0x00, 32), &hash]), Malformed::PathTooLong),
        (list(&[&path(0x10, 32), &hash]), Malformed::PathTooLong),
        (list(&[&path(0x00, 70_000), &hash]), Malformed::PathTooLong),
        (list(&[&path(0x40, 1), &hash]), Malformed::HexPrefix),
        (list(&[&path(0x01, 1), &hash]), Malformed::HexPrefix),
        (list(&[&[0x80], &hash]), Malformed::HexPrefix),
        (list(&[&[0xc1, 0x20], &hash]), Malformed::HexPrefix),
        (list(&[&leaf_in(0), &[0x80]]), Malformed::LeafValue),
        (list(&[&leaf_in(0), &[0xc1, 1]]), Malformed::LeafValue),
        (list(&[&path(0x00, 1), &[0x80]]), Malformed::Child),
        (list(&[&path(0x00, 1), &string(&[1; 31])]), Malformed::Child),
        (list(&[&path(0x00, 1), &string(&[1; 33])]), Malformed::Child),
        (
            list(&[&path(0x00, 1), &list(&[&leaf_in(2), &value])]),
            Malformed::Child,
        ),
        (
            list(&[&path(0x00, 20), &list(&[&leaf_in(40), &[1]])]),
            Malformed::NotABranch,
        ),
        (branch_of(&[], &[0x80]), Malformed::LonelyBranch),
        (branch_of(&[(3, &hash)], &[0x80]), Malformed::LonelyBranch),
        (
            branch_of(&[(3, &hash), (4, &hash)], &[1]),
            Malformed::BranchValue,
        ),
        (
            branch_of(&[(3, &hash), (4, &[1])], &[0x80]),
            Malformed::Child,
        ),
        (
            branch_of(&[(3, &hash), (4, &list(&[&hash]))], &[0x80]),
            Malformed::Child,
        ),
        (
            branch_of(&[(0, &hash), (4, &list(&[&path(0x20, 3), &[1]]))], &[0x80]),
            Malformed::PathTooShort,
        ),
    ];
    for (rlp, why) in &roots {
        let mut witness = Witness::default();
        let root = witness.add(rlp.clone());
        refused(
            root,
            &mut witness,
            Error::Malformed {
                hash: root,
                why: *why,
            },
        );
    }
    let children: Vec<(Vec<u8>, usize, Malformed)> = vec![
        (list(&[&leaf_in(0), &value]), 1, Malformed::PathTooLong),
        (list(&[&leaf_in(2), &value]), 1, Malformed::PathTooShort),
        (list(&[&path(0x00, 32), &hash]), 1, Malformed::PathTooLong),
        (list(&[&leaf_in(62), &[1]]), 62, Malformed::NotInlined),
        // 31 bytes.
        (
            list(&[&leaf_in(62), &string(&[1; 26])]),
            62,
            Malformed::NotInlined,
        ),
        (pair.clone(), 64, Malformed::PathTooLong),
        (list(&[&path(0x10, 0), &hash]), 63, Malformed::PathTooLong),
    ];
    for (rlp, depth, why) in children {
        let mut witness = Witness::default();
        let child = witness.add(rlp);
        let mut root = witness.add(branch_of(
            &[(0, &string(child.as_slice())), (1, &hash)],
            &[0x80],
        ));
        for _ in 1..depth {
            root = witness.add(branch_of(
                &[(0, &string(root.as_slice())), (1, &hash)],
                &[0x80],
            ));
        }
        refused(root, &mut witness, Error::Malformed { hash: child, why });
    }
    for below in [list(&[&leaf_in(2), &value]), list(&[&path(0x00, 1), &hash])] {
        let mut witness = Witness::default();
        let child = witness.add(below);
        let root = witness.add(list(&[&path(0x00, 1), &string(child.as_slice())]));
        refused(
            root,
            &mut witness,
            Error::Malformed {
                hash: child,
                why: Malformed::NotABranch,
            },
        );
    }
}

fn refused(root: B256, witness: &mut Witness, error: Error<Absent>) {
    let zero = B256::ZERO;
    let mut trie = Trie::new(root);
    assert_eq!(trie.get(witness, &zero), Err(error));
    assert_eq!(trie.remove(witness, &zero), Err(error));
    assert_eq!(
        trie.insert(witness, &zero, Bytes::from_static(&[1])),
        Err(error)
    );
    assert_eq!(trie.commit(&mut |_, _| panic!("nothing changed")), root);
}

/// A path may end or part anywhere relative to an extension; both are "not found".
#[test]
fn d171_keys_that_part_from_an_extension_are_absent() {
    let keys = [
        key(&[1, 2, 3, 4, 5, 6], &[1]),
        key(&[1, 2, 3, 4, 5, 6], &[2]),
    ];
    let (root, mut witness) = witness_of(&model(&keys, 33));
    for at in 0..64 {
        let mut absent = keys[0];
        absent.0[at / 2] ^= if at % 2 == 0 { 0x80 } else { 0x08 };
        let mut trie = Trie::new(root);
        assert_eq!(trie.get(&mut witness, &absent).unwrap(), None, "{at}");
        assert!(!trie.remove(&mut witness, &absent).unwrap());
        trie.insert(&mut witness, &absent, Bytes::from_static(&[9; 33]))
            .unwrap();
        let mut more = model(&keys, 33);
        more.insert(absent, Bytes::from_static(&[9; 33]));
        assert_eq!(trie.commit(&mut |_, _| {}), model_root(&more), "{at}");
    }
}

fn thousand() -> (B256, Witness, Model) {
    let mut random = Random(7);
    let model: Model = (0..1000)
        .map(|_| (random.hash(), Bytes::from(random.bytes(70))))
        .collect();
    let (root, witness) = witness_of(&model);
    (root, witness, model)
}

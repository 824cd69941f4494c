//! Random sequences of operations against alloy's hash builder and a map.
mod common;

use alloy_primitives::{B256, Bytes};
use common::{Absent, Model, Random, Witness, model_root, witness_of};
use hoike_trie::{EMPTY_ROOT, Error, Trie};

#[derive(Clone, Debug)]
enum Change {
    Insert(B256, Bytes),
    Remove(B256),
}

fn apply(trie: &mut Trie, nodes: &mut Witness, change: &Change) -> Result<(), Error<Absent>> {
    match change {
        Change::Insert(key, value) => trie.insert(nodes, key, value.clone()),
        Change::Remove(key) => trie.remove(nodes, key).map(drop),
    }
}

fn apply_to_model(model: &mut Model, change: &Change) {
    match change {
        Change::Insert(key, value) => drop(model.insert(*key, value.clone())),
        Change::Remove(key) => drop(model.remove(key)),
    }
}

/// Keys that share long beginnings, so that extensions and nodes below 32 bytes are frequent, and removals hit.
fn any_key(random: &mut Random, model: &Model) -> B256 {
    if !model.is_empty() && random.below(3) == 0 {
        let nth = random.below(model.len() as u64) as usize;
        return *model.keys().nth(nth).unwrap();
    }
    let mut nibbles: Vec<u8> = vec![random.below(3) as u8; 64];
    let from = [0, 1, 2, 7, 30, 31, 32, 58, 61, 62, 63][random.below(11) as usize];
    for nibble in &mut nibbles[from..] {
        *nibble = random.below(16) as u8;
    }
    if random.below(2) == 0 {
        let at = random.below(64) as usize;
        nibbles[at] ^= 1;
    }
    B256::new(core::array::from_fn(|i| {
        nibbles[2 * i] << 4 | nibbles[2 * i + 1]
    }))
}

fn any_changes(random: &mut Random, model: &Model, count: u64) -> Vec<Change> {
    let mut model = model.clone();
    let mut changes = Vec::new();
    for _ in 0..count {
        let key = any_key(random, &model);
        let change = if random.below(5) < 3 {
            let length = [1, 1, 2, 9, 30, 33, 56, 70][random.below(8) as usize];
            let mut value = random.bytes(length);
            value[0] |= 1;
            Change::Insert(key, value.into())
        } else {
            Change::Remove(key)
        };
        apply_to_model(&mut model, &change);
        changes.push(change);
    }
    changes
}

#[test]
fn d101_d103_d107_d110_random_changes_give_the_models_root() {
    for seed in 0..150 {
        let mut random = Random(seed);
        let (mut model, mut witness, mut trie) =
            (Model::new(), Witness::default(), Trie::new(EMPTY_ROOT));
        for round in 0..12 {
            let count = 1 + random.below(if round < 3 { 40 } else { 12 });
            for change in any_changes(&mut random, &model, count) {
                apply(&mut trie, &mut witness, &change).unwrap();
                apply_to_model(&mut model, &change);
                let key = any_key(&mut random, &model);
                assert_eq!(
                    trie.get(&mut witness, &key).unwrap(),
                    model.get(&key).cloned(),
                    "seed {seed}"
                );
            }
            if random.below(3) != 0 {
                let (root, _) = witness.commit(&mut trie);
                assert_eq!(root, model_root(&model), "seed {seed} round {round}");
                assert!(!trie.is_changed());
            }
            if random.below(3) == 0 {
                let (root, _) = witness.commit(&mut trie);
                trie = Trie::new(root);
            }
            for (key, value) in &model {
                assert_eq!(
                    trie.get(&mut witness, key).unwrap().as_ref(),
                    Some(value),
                    "seed {seed}"
                );
            }
        }
        for key in model.keys() {
            assert!(trie.remove(&mut witness, key).unwrap());
        }
        assert_eq!(witness.commit(&mut trie).0, EMPTY_ROOT);
    }
}

/// What the changes ask for is a witness for them; without any one node of it they stop at that node and go on when it is there.
#[test]
fn d102_d109_a_missing_node_is_an_error_and_changes_nothing() {
    for seed in 1000..1060 {
        let mut random = Random(seed);
        let mut model = Model::new();
        for change in any_changes(&mut random, &Model::new(), 60) {
            apply_to_model(&mut model, &change);
        }
        let (root, mut full) = witness_of(&model);
        let changes = any_changes(&mut random, &model, 12);
        let mut trie = Trie::new(root);
        for change in &changes {
            apply(&mut trie, &mut full, change).unwrap();
            apply_to_model(&mut model, change);
        }
        let expected = model_root(&model);
        let partial = full.asked_only();
        assert_eq!(full.commit(&mut trie).0, expected, "seed {seed}");

        for missing in partial.nodes.keys() {
            let mut without = partial.clone();
            without.nodes.remove(missing);
            let mut trie = Trie::new(root);
            let mut failed = false;
            for change in &changes {
                if let Err(error) = apply(&mut trie, &mut without, change) {
                    assert_eq!(
                        error,
                        Error::Source {
                            hash: *missing,
                            cause: Absent
                        }
                    );
                    assert_eq!(apply(&mut trie, &mut without, change), Err(error));
                    without = partial.clone();
                    apply(&mut trie, &mut without, change).unwrap();
                    failed = true;
                }
            }
            assert!(failed, "seed {seed}");
            assert_eq!(without.commit(&mut trie).0, expected, "seed {seed}");
        }
    }
}

/// Bytes that no source should give: errors at most, and the trie is still usable.
#[test]
fn damaged_nodes_do_not_panic_and_do_not_change_the_trie() {
    let mut refused = 0;
    for seed in 2000..2200 {
        let mut random = Random(seed);
        let mut model = Model::new();
        for change in any_changes(&mut random, &Model::new(), 30) {
            apply_to_model(&mut model, &change);
        }
        let (root, full) = witness_of(&model);
        let mut damaged = full.clone();
        for rlp in damaged.nodes.values_mut() {
            let mut bytes = rlp.to_vec();
            let at = random.below(bytes.len().min(80) as u64) as usize;
            match random.below(6) {
                0 => bytes[at] = random.next() as u8,
                1 => bytes[at] ^= 1 << random.below(8),
                2 => bytes.truncate(at),
                3 => drop(bytes.remove(at)),
                _ => {}
            }
            *rlp = bytes.into();
        }
        let mut trie = Trie::new(root);
        for change in any_changes(&mut random, &model, 20) {
            // Only what went through is a change.
            match apply(&mut trie, &mut damaged, &change) {
                Ok(()) => {}
                Err(Error::Malformed { hash, .. }) => {
                    assert!(
                        full.nodes.contains_key(&hash)
                            || damaged
                                .nodes
                                .values()
                                .any(|rlp| rlp.windows(32).any(|w| w == hash))
                    );
                    refused += 1;
                }
                Err(Error::Source { hash, .. }) => assert!(!damaged.nodes.contains_key(&hash)),
            }
        }
        damaged.commit(&mut trie);
    }
    assert!(refused > 100);
}

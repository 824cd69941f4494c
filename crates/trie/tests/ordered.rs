//! List tries against alloy's, and by the receipts vectors.
mod common;

use alloy_primitives::{B256, Bytes, hex, keccak256};
use alloy_trie::root::ordered_trie_root_encoded;
use common::{Absent, Random, Witness, nodes_of};
use hoike_trie::{EMPTY_ROOT, Error, Malformed, ordered_items, ordered_root};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Every number of items around the changes of the index's RLP, with items from one byte to several hundred.
#[test]
fn d110_list_roots_and_items_at_every_length() {
    let mut random = Random(1);
    let lengths = (0..=300).chain([
        511, 512, 513, 4095, 4096, 4097, 65_535, 65_536, 65_537, 70_000,
    ]);
    for count in lengths {
        for sizes in [&[1][..], &[2, 25, 33], &[1, 31, 56, 300]] {
            let items: Vec<Bytes> = (0..count)
                .map(|_| {
                    let size = sizes[random.below(sizes.len() as u64) as usize];
                    random.bytes(size).into()
                })
                .collect();
            let root = ordered_root(&items);
            assert_eq!(
                root,
                ordered_trie_root_encoded(&items),
                "{count} items of {sizes:?} bytes"
            );
            if count > 300 && sizes.len() > 1 {
                continue;
            }
            let (same, mut witness) = nodes_of(&leaves(&items));
            assert_eq!(root, same);
            assert_eq!(ordered_items(root, &mut witness).unwrap(), items);
        }
    }
}

#[test]
fn d104_the_empty_list() {
    assert_eq!(ordered_root::<Bytes>(&[]), EMPTY_ROOT);
    assert_eq!(keccak256([0x80]), EMPTY_ROOT);
    assert_eq!(
        ordered_items(EMPTY_ROOT, &mut Witness::default()),
        Ok(vec![])
    );
}

#[test]
fn d109_a_list_without_one_of_its_nodes_is_an_error() {
    let items: Vec<Bytes> = (0..140u8).map(|i| vec![i; 40].into()).collect();
    let (root, witness) = nodes_of(&leaves(&items));
    for missing in witness.nodes.keys() {
        let mut without = witness.clone();
        without.nodes.remove(missing);
        assert_eq!(
            ordered_items(root, &mut without),
            Err(Error::Source {
                hash: *missing,
                cause: Absent
            })
        );
    }
}

/// Keys of a list that is none: gaps, no index 0, keys that are no canonical index.
#[test]
fn lists_with_other_keys_are_refused() {
    let long: &[u8] = &[0x86, 1, 0, 0, 0, 0, 0];
    for (keys, why) in [
        (&[&[0x01][..]][..], Malformed::ListKey),
        (&[&[0x80], &[0x02]], Malformed::ListKey),
        (&[&[0x01], &[0x02]], Malformed::ListKey),
        (&[&[0x80], &[0x81, 0x80]], Malformed::ListKey),
        (&[&[0x80], &[0x00]], Malformed::ListKey),
        (&[&[0x80], &[0x01], &[0x81, 0x02]], Malformed::ListKey),
        (&[&[0x80], &[0x01], &[0x82, 0x00, 0x02]], Malformed::ListKey),
        (&[&[0x80], &[0x01], long], Malformed::PathTooLong),
        (&[&[0x80], &[0x01, 0x00]], Malformed::ListKey),
    ] {
        for size in [1, 40] {
            let leaves = keys
                .iter()
                .map(|key| (key.to_vec(), vec![7; size]))
                .collect();
            let (root, mut witness) = nodes_of(&leaves);
            let Err(Error::Malformed { why: found, .. }) = ordered_items(root, &mut witness) else {
                panic!("{keys:?}")
            };
            assert_eq!(found, why, "{keys:?}");
        }
    }
}

/// A node that refers to itself must come to an end.
#[test]
fn d171_endless_lists_end() {
    let mut witness = Witness::default();
    let hash = B256::repeat_byte(7);
    let mut branch = vec![0xf8, 17 + 64];
    for _ in 0..2 {
        branch.push(0xa0);
        branch.extend_from_slice(hash.as_slice());
    }
    branch.extend_from_slice(&[0x80; 15]);
    witness.nodes.insert(hash, branch.into());
    assert_eq!(
        ordered_items(hash, &mut witness),
        Err(Error::Malformed {
            hash,
            why: Malformed::PathTooLong
        })
    );
}

/// Nodes that no list has, each right below the root or the root itself.
#[test]
fn d171_malformed_lists_are_named() {
    let (root, below) = (B256::repeat_byte(7), B256::repeat_byte(8));
    let node = |path: &[u8], rest: &[u8]| -> Bytes {
        let mut payload = alloy_rlp::encode(path);
        payload.extend(alloy_rlp::encode(rest));
        let mut out = alloy_rlp::encode(payload.as_slice());
        // A list in the place of the string: short and long headers differ from it by 0x40.
        out[0] += 0x40;
        out.into()
    };
    let long: &[u8] = &[9; 40];
    let extension = |path: &[u8]| node(path, below.as_slice());
    for (top, child, at, want) in [
        (extension(&[0x00]), None, root, Malformed::PathTooShort),
        (
            extension(&[0x18]),
            Some(node(&[0x30], long)),
            below,
            Malformed::NotABranch,
        ),
        (
            extension(&[0x18]),
            Some(extension(&[0x10])),
            below,
            Malformed::NotABranch,
        ),
        (
            extension(&[0x18]),
            Some(node(&[0x30], &[9])),
            below,
            Malformed::NotInlined,
        ),
        (
            node(&[0x20, 1, 2, 3, 4, 5, 6], long),
            None,
            root,
            Malformed::PathTooLong,
        ),
        (
            extension(&[0x00, 1, 2, 3, 4, 5, 6]),
            None,
            root,
            Malformed::PathTooLong,
        ),
        (vec![0xc1, 0x80].into(), None, root, Malformed::ItemCount),
    ] {
        let mut witness = Witness::default();
        witness.nodes.insert(root, top.clone());
        if let Some(child) = child {
            witness.nodes.insert(below, child);
        }
        assert_eq!(
            ordered_items(root, &mut witness),
            Err(Error::Malformed {
                hash: at,
                why: want
            }),
            "{top}"
        );
    }
}

#[test]
fn items_are_slices_of_the_nodes() {
    let items: Vec<Bytes> = (0..3u8).map(|i| vec![i; 40].into()).collect();
    let (root, mut witness) = nodes_of(&leaves(&items));
    for item in ordered_items(root, &mut witness).unwrap() {
        assert!(
            witness
                .nodes
                .values()
                .any(|rlp| rlp.as_ptr_range().contains(&item.as_ptr()))
        );
    }
}

#[test]
fn receipts_vectors() {
    let folder = std::env::var_os("HOIKE_FIXTURES").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/fixtures"),
        PathBuf::from,
    );
    let Ok(text) = std::fs::read_to_string(folder.join("vectors/receipts.json")) else {
        println!("skipped: no vectors/receipts.json in the fixtures");
        return;
    };
    let vectors: serde_json::Value = serde_json::from_str(&text).unwrap();
    let cases = vectors["cases"].as_array().unwrap();
    assert!(!cases.is_empty());
    let mut checked = 0;
    for case in cases {
        let values = case["receipts"]
            .as_array()
            .unwrap()
            .iter()
            .map(|receipt| receipt["trie_value"].as_str());
        // Some cases leave the values to be encoded, which is not this crate's business.
        let Some(values) = values.collect::<Option<Vec<_>>>() else {
            continue;
        };
        let values: Vec<Bytes> = values
            .into_iter()
            .map(|value| hex::decode(value).unwrap().into())
            .collect();
        let root: B256 = case["receipts_root"].as_str().unwrap().parse().unwrap();
        assert_eq!(ordered_root(&values), root);
        let (_, mut witness) = nodes_of(&leaves(&values));
        assert_eq!(ordered_items(root, &mut witness).unwrap(), values);
        checked += 1;
    }
    println!("{checked} of {} cases give their values", cases.len());
    assert!(checked > 0);
}

fn leaves(items: &[Bytes]) -> BTreeMap<Vec<u8>, Vec<u8>> {
    items
        .iter()
        .enumerate()
        .map(|(index, item)| (alloy_rlp::encode(index), item.to_vec()))
        .collect()
}

//! What the trie costs: opens a trie of 100,000 accounts, changes some, commits; then hashes and reads a list of receipts.
//!
//! Run it under callgrind with `--toggle-collect='costs::update*'` (or `commit`, `read`, `list_root`, `list_items`) to count one of them.
#[path = "../tests/common/mod.rs"]
mod common;

use alloy_primitives::map::B256HashMap;
use alloy_primitives::{B256, Bytes, keccak256};
use hoike_trie::{EMPTY_ROOT, Error, Nodes, Trie, ordered_items, ordered_root};
use std::hint::black_box;
use std::time::Instant;

struct Witness(B256HashMap<Bytes>);

impl Nodes for Witness {
    type Error = B256;

    fn node(&mut self, hash: B256) -> Result<Bytes, B256> {
        self.0.get(&hash).cloned().ok_or(hash)
    }
}

#[inline(never)]
fn read(trie: &mut Trie, witness: &mut Witness, keys: &[B256]) -> usize {
    keys.iter()
        .filter(|key| matches!(trie.get(witness, key), Ok(Some(_))))
        .count()
}

#[inline(never)]
fn update(trie: &mut Trie, witness: &mut Witness, changes: &[(B256, Bytes)]) -> bool {
    changes
        .iter()
        .all(|(key, value)| trie.insert(witness, key, value.clone()).is_ok())
}

#[inline(never)]
fn commit(trie: &mut Trie, made: &mut usize) -> B256 {
    trie.commit(&mut |_, _| *made += 1)
}

#[inline(never)]
fn list_root(items: &[Bytes]) -> B256 {
    ordered_root(items)
}

#[inline(never)]
fn list_items(root: B256, witness: &mut Witness) -> usize {
    ordered_items(root, witness).map_or(0, |items| items.len())
}

fn timed<T>(what: &str, run: impl FnOnce() -> T) -> T {
    let start = Instant::now();
    let result = black_box(run());
    println!("{what}: {:?}", start.elapsed());
    result
}

fn account(n: u64, nonce: u8) -> Bytes {
    let mut value = vec![0xf8, 0x4e, nonce | 1, 0x88];
    value.extend_from_slice(&n.to_be_bytes());
    value.extend_from_slice(&[0xa0; 1]);
    value.extend_from_slice(EMPTY_ROOT.as_slice());
    value.extend_from_slice(&[0xa0; 1]);
    value.extend_from_slice(keccak256([]).as_slice());
    value.into()
}

fn main() -> Result<(), Error<B256>> {
    let mut witness = Witness(B256HashMap::default());
    let mut trie = Trie::new(EMPTY_ROOT);
    let keys: Vec<B256> = (0..100_000u64)
        .map(|n| keccak256(n.to_be_bytes()))
        .collect();
    for (key, n) in keys.iter().zip(0..) {
        trie.insert(&mut witness, key, account(n, 1))?;
    }
    let mut nodes = B256HashMap::default();
    let root = timed("commit of 100,000 accounts", || {
        trie.commit(&mut |hash, rlp| drop(nodes.insert(hash, rlp)))
    });
    println!("{} nodes", nodes.len());
    witness.0 = nodes;

    let some: Vec<B256> = keys.iter().copied().step_by(331).collect();
    let changes: Vec<(B256, Bytes)> = some
        .iter()
        .zip(0..)
        .map(|(key, n)| (*key, account(n, 2)))
        .collect();
    let mut trie = Trie::new(root);
    println!(
        "{}",
        timed("read of 303 accounts", || read(
            &mut trie,
            &mut witness,
            &some
        ))
    );
    println!(
        "{}",
        timed("update of 303 accounts", || update(
            &mut trie,
            &mut witness,
            &changes
        ))
    );
    let mut made = 0;
    timed("commit of 303 accounts", || commit(&mut trie, &mut made));
    println!("{made} nodes made");

    let receipts: Vec<Bytes> = (0..200u8).map(|n| vec![n; 290].into()).collect();
    let root = timed("root of 200 receipts of 290 bytes", || list_root(&receipts));
    println!("{root}");
    let leaves = receipts
        .iter()
        .enumerate()
        .map(|(index, item)| (alloy_rlp::encode(index), item.to_vec()))
        .collect();
    let mut witness = Witness(common::nodes_of(&leaves).1.nodes);
    println!(
        "{}",
        timed("reading them", || list_items(root, &mut witness))
    );
    Ok(())
}

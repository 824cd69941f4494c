//! The nodes' own verdict on claims: the output root of the block that counts, from what a rollup node would ask. It has to be the reference's.

use crate::{
    blocks::bytes,
    client::{call, reply},
    fixture,
};
use alloy_primitives::{B256, U64, address, hex, keccak256};
use hoike_claims::{Expected, Folder};
use hoike_standin::{Options, Standin};
use serde_json::{from_value, json};
use std::{fs, path::PathBuf};

#[test]
fn output_roots_are_the_claimed_ones_where_claims_are_valid() {
    let mut folders = vec![crate::project().join("bin/hoike/example")];
    if let Some(basic) = fixture("canyon-basic") {
        let claims = fs::read_dir(basic.parent().expect("a folder")).expect("folders");
        let all = claims.map(|entry| entry.expect("a folder").path());
        folders.extend(all.filter(|path: &PathBuf| path.join("claim.json").is_file()));
    }
    folders.sort();
    let mut verdicts = [0; 2];
    for path in &folders {
        let folder = Folder::read(path).expect("a claim folder");
        // The whole chain, and two that begin somewhere within.
        let count = folder.claims.len();
        for index in [0, count / 3, count * 2 / 3] {
            let Some(expected) = folder.claims[index].expected else {
                continue;
            };
            let context = format!("{} claim {index}", path.display());
            let nodes = Standin::start(&folder, index, Options::default())
                .unwrap_or_else(|why| panic!("{context}: {why}"));
            assert_eq!(nodes.data().ended(), None, "{context}");
            let claim = *nodes.data().claim();
            let number = claim.claimed_block.min(nodes.data().l2_head());
            let root = output_root(nodes.l2(), number);
            // Which is never served as such, but has to be the agreed block's.
            let agreed = nodes.data().agreed().number;
            let agreed_root = match number == agreed {
                true => root,
                false => output_root(nodes.l2(), agreed),
            };
            if let Some(agreed_root) = agreed_root {
                assert_eq!(agreed_root, claim.agreed_output_root, "{context}");
            }
            let Some(root) = root else {
                assert!(path.ends_with("example") || path.ends_with("op-sepolia-26215604"));
                continue;
            };
            let is_valid = root == claim.claimed_output_root;
            assert_eq!(is_valid, expected == Expected::Valid, "{context}");
            verdicts[usize::from(is_valid)] += 1;
            if index == 0 {
                let (lowest, head) = nodes.data().l1_range();
                let lacking = lacking(nodes.l1(), lowest, head);
                let recorded = path.ends_with("example") || path.ends_with("op-sepolia-26215604");
                assert!(lacking.is_empty() || recorded, "{context}: {lacking:?}");
                eprintln!(
                    "{context}: L1 {lowest} to {head}, {} blocks not whole",
                    lacking.len()
                );
            }
        }
    }
    eprintln!("{} invalid claims, {} valid ones", verdicts[0], verdicts[1]);
    assert!(verdicts[1] > 0);
}

/// L1 blocks of which the claim's data lacks transactions or receipts.
fn lacking(url: &str, lowest: u64, head: u64) -> Vec<u64> {
    let is_lacking = |number: &u64| {
        let number = U64::from(*number);
        let block = reply(url, "eth_getBlockByNumber", json!([number, true]));
        let receipts = reply(url, "debug_getRawReceipts", json!([number]));
        block
            .get("error")
            .or_else(|| receipts.get("error"))
            .is_some()
    };
    (lowest..=head).filter(is_lacking).collect()
}

/// The output root of a block; none if the witness lacks the message passer's account.
fn output_root(url: &str, number: u64) -> Option<B256> {
    const MESSAGE_PASSER: alloy_primitives::Address =
        address!("4200000000000000000000000000000000000016");
    let number = json!(U64::from(number));
    let block = call(url, "eth_getBlockByNumber", json!([number, false]));
    let hash = bytes(&block["hash"]);
    let mut proof = reply(url, "eth_getProof", json!([MESSAGE_PASSER, [], number]));
    let found = proof.get_mut("result")?;
    let passer: B256 = from_value(found["storageHash"].take()).expect("a hash");
    let version = hex!("0000000000000000000000000000000000000000000000000000000000000000");
    let parts = [
        &version[..],
        &bytes(&block["stateRoot"]),
        passer.as_slice(),
        &hash,
    ];
    Some(keccak256(parts.concat()))
}

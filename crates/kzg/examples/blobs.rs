//! Measures reading a witness: `blobs <witness.kv, decompressed> [parse|read|pure|native|pure-bare|native-bare] [repetitions]`.
//!
//! `read` takes the blobs unchecked; the others check the blobs, five at a time, with or without their proofs.

use std::{env, fs, hint::black_box, time::Instant};

use alloy_primitives::{B256, Bytes};
use hoike_kzg::Pure;
use hoike_preimage::{BlobFault, BlobItem, Checked, KeyKind, Kzg, Trusted, Verified, Witness};

fn main() {
    let mut arguments = env::args().skip(1);
    let path = arguments.next().expect("a witness");
    let what = arguments.next().unwrap_or_else(|| "parse".into());
    let times = arguments
        .next()
        .map_or(1, |times| times.parse().expect("a number"));
    let data: Bytes = fs::read(path).expect("readable").into();
    for _ in 0..times {
        let start = Instant::now();
        let witness = Witness::parse(data.clone()).expect("well formed");
        let parsed = start.elapsed();
        println!("parse {parsed:?}, {} entries", witness.len());
        let blobs: Vec<B256> = witness
            .iter()
            .filter(|(key, _)| key.kind() == KeyKind::Sha256)
            .map(|(key, _)| {
                let mut hash = B256::from(key.as_bytes());
                hash.0[0] = 1;
                hash
            })
            .collect();
        let start = Instant::now();
        match what.as_str() {
            "parse" => {}
            "read" => read(Trusted::assume_checked_by_vm(witness), &blobs),
            "pure" => read(Verified::new(witness, Pure), &blobs),
            "pure-bare" => read(Verified::new(witness, Bare(Pure)), &blobs),
            #[cfg(feature = "native")]
            "native" => read(Verified::new(witness, hoike_kzg::Native), &blobs),
            #[cfg(feature = "native")]
            "native-bare" => read(Verified::new(witness, Bare(hoike_kzg::Native)), &blobs),
            other => panic!("what is {other}?"),
        }
        println!("{what} {:?}", start.elapsed());
    }
}

fn read(mut oracle: impl Checked, hashes: &[B256]) {
    for hashes in hashes.chunks(5) {
        black_box(oracle.blobs(0, hashes).expect("right"));
    }
}

/// Without the proofs.
struct Bare<K>(K);

impl<K: Kzg> Kzg for Bare<K> {
    fn check(&self, blobs: &[BlobItem<'_>]) -> Result<(), BlobFault> {
        let blobs: Vec<_> = blobs
            .iter()
            .map(|item| BlobItem {
                proof: None,
                ..*item
            })
            .collect();
        self.0.check(&blobs)
    }
}

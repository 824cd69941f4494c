//! Times the checking of all blobs of a witness, five per call:
//! `cargo run --release -p hoike-kzg --features native --example measure -- <witness.kv.zst> pure|native|none [rounds]`.

use alloy_primitives::B256;
#[cfg(feature = "native")]
use hoike_kzg::NativeKzg;
use hoike_kzg::PureKzg;
use hoike_preimage::{Checked, KeyKind, Trusted, Verified, Witness};
use std::{env, fs::File, time::Instant};

fn main() {
    let mut arguments = env::args().skip(1);
    let path = arguments.next().expect("a witness");
    let which = arguments.next().unwrap_or_default();
    let rounds = arguments.next().map_or(1, |n| n.parse().expect("a number"));
    let raw = zstd::decode_all(File::open(path).expect("a file")).expect("zstd");
    let start = Instant::now();
    let witness = Witness::parse(raw.into()).expect("a witness");
    println!("{} entries indexed in {:?}", witness.len(), start.elapsed());
    for _ in 0..rounds {
        match which.as_str() {
            "pure" => read(&witness, Verified::new(witness.clone(), PureKzg::new())),
            #[cfg(feature = "native")]
            "native" => read(&witness, Verified::new(witness.clone(), NativeKzg::new())),
            _ => read(&witness, Trusted::assume_checked_by_vm(witness.clone())),
        }
    }
}

#[inline(never)]
fn read(witness: &Witness, mut oracle: impl Checked) {
    let commitments = witness
        .keys()
        .filter(|key| key.kind() == Some(KeyKind::Sha256));
    let hashes: Vec<B256> = commitments
        .map(|key| {
            let mut hash = B256::new(*key.as_bytes());
            hash[0] = 1;
            hash
        })
        .collect();
    let start = Instant::now();
    for hashes in hashes.chunks(5) {
        oracle.blobs(hashes).expect("they match");
    }
    println!("{} blobs in {:?}", hashes.len(), start.elapsed());
}

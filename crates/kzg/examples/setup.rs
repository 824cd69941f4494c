//! Writes `src/setup.bin` from the text of the public trusted setup (c-kzg-4844's `src/trusted_setup.txt`, in crate c-kzg 2.1.8, sha256
//! d39b9f2d047cc9dca2de58f264b6a09448ccd34db967881a6713eacacf0f26b7):
//! `cargo run -p hoike-kzg --example setup -- trusted_setup.txt crates/kzg/src/setup.bin`. `tests/setup.rs` holds the file against that text.

use ark_bls12_381::G1Affine;
use ark_serialize::CanonicalDeserialize;
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let mut paths = env::args().skip(1);
    let text = fs::read_to_string(paths.next().expect("the text's path"))?;
    let mut points = text.split_whitespace().skip(2).map(|hex| {
        let bytes = alloy_primitives::hex::decode(hex).expect("hex");
        G1Affine::deserialize_compressed(bytes.as_slice()).expect("a point of the group")
    });
    let mut file = vec![0; 4096 * 96];
    for index in 0..4096_u16 {
        let point = points.next().expect("4,096 points");
        let place = usize::from(index.reverse_bits() >> 4) * 96;
        let limbs = point.x.0.0.into_iter().chain(point.y.0.0);
        for (bytes, limb) in file[place..place + 96].chunks_mut(8).zip(limbs) {
            bytes.copy_from_slice(&limb.to_le_bytes());
        }
    }
    fs::write(paths.next().expect("the binary's path"), file)
}

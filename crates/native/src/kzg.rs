//! EIP-4844, "Point evaluation precompile", by blst.

use alloy_primitives::{Bytes, hex};
use hoike_kzg::Native;
use sha2::{Digest, Sha256};

/// `versioned_hash | z | y | commitment | proof` in; the constants of blobs out.
pub(crate) fn point_evaluation(input: &[u8]) -> Option<Bytes> {
    let input: &[u8; 192] = input.try_into().ok()?;
    let (hash, rest) = input.split_first_chunk::<32>()?;
    let (z, rest) = rest.split_first_chunk::<32>()?;
    let (y, rest) = rest.split_first_chunk::<32>()?;
    let (commitment, rest) = rest.split_first_chunk::<48>()?;
    let (proof, _) = rest.split_first_chunk::<48>()?;
    (*hash == versioned_hash(commitment) && Native.opens(commitment, z, y, proof))
        .then_some(Bytes::from_static(&OUTPUT))
}

/// EIP-4844, "Helpers", `kzg_to_versioned_hash`.
fn versioned_hash(commitment: &[u8; 48]) -> [u8; 32] {
    let mut hash: [u8; 32] = Sha256::digest(commitment).into();
    hash[0] = 0x01;
    hash
}

/// `FIELD_ELEMENTS_PER_BLOB` and `BLS_MODULUS`, a word each.
const OUTPUT: [u8; 64] = hex!(
    "0000000000000000000000000000000000000000000000000000000000001000"
    "73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000001"
);

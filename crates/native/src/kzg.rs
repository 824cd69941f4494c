//! The point evaluation precompile by blst. Spec: EIP-4844, "Point evaluation precompile".

use alloy_primitives::{Bytes, U256, uint};
use hoike_kzg::Native;
use sha2::{Digest, Sha256};

/// Input: versioned hash 32, z 32, y 32, commitment 48, proof 48. Output: the number of a blob's elements and the modulus; `None` if the call fails.
pub(crate) fn point_evaluation(input: &[u8]) -> Option<Bytes> {
    let (versioned_hash, rest) = input.split_first_chunk::<32>()?;
    let (z, rest) = rest.split_first_chunk::<32>()?;
    let (y, rest) = rest.split_first_chunk::<32>()?;
    let (commitment, rest) = rest.split_first_chunk::<48>()?;
    let proof = rest.try_into().ok()?;
    let mut hash: [u8; 32] = Sha256::digest(commitment).into();
    hash[0] = 1;
    (hash == *versioned_hash && Native.opens(commitment, z, y, proof)).then(|| {
        let words = [uint!(4096_U256), MODULUS].map(|word| word.to_be_bytes::<32>());
        words.concat().into()
    })
}

/// Order of the scalar field, `BLS_MODULUS`.
const MODULUS: U256 =
    uint!(0x73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000001_U256);

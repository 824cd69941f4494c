//! What may be computed elsewhere: signatures and precompiles.

use super::Precompile;
use crate::SignedHash;
use alloc::vec::Vec;
use alloy_primitives::{Address, B256, Bytes, U256};
use revm::precompile::{
    EthPrecompileResult, blake2, bls12_381 as bls, bn254, hash, kzg_point_evaluation, modexp,
    secp256r1,
};

/// Computes signers and precompiles. Every method has a pure Rust default, so an implementation answers only for what it does better.
///
/// `E` is why an answer could not be had: where answers come from an oracle that may fail, that must not become a result
/// ([`NoAnswer::Accelerator`](crate::NoAnswer::Accelerator)).
pub trait Accelerator<E> {
    /// The signers of all of a block's transactions, in order; `None` where no key can have signed so.
    ///
    /// # Errors
    /// The answer could not be had.
    fn signers(&mut self, signatures: &[Option<SignedHash>]) -> Result<Vec<Option<Address>>, E> {
        Ok(signatures
            .iter()
            .map(|signed| signed.as_ref().and_then(SignedHash::recover))
            .collect())
    }

    /// The output of a precompile; `None` if the call fails. Gas has been checked (`gas` is what the call costs) and so have the fork's limits.
    ///
    /// # Errors
    /// The answer could not be had.
    fn precompile(
        &mut self,
        precompile: Precompile,
        input: &[u8],
        gas: u64,
    ) -> Result<Option<Bytes>, E> {
        let _ = gas;
        Ok(run(precompile, input))
    }
}

/// Everything in pure Rust: what the guests have.
#[derive(Clone, Copy, Debug, Default)]
pub struct PureRust;

impl<E> Accelerator<E> for PureRust {}

impl<E, A: Accelerator<E> + ?Sized> Accelerator<E> for &mut A {
    fn signers(&mut self, signatures: &[Option<SignedHash>]) -> Result<Vec<Option<Address>>, E> {
        (**self).signers(signatures)
    }

    fn precompile(
        &mut self,
        precompile: Precompile,
        input: &[u8],
        gas: u64,
    ) -> Result<Option<Bytes>, E> {
        (**self).precompile(precompile, input, gas)
    }
}

/// A precompile in pure Rust, at any price.
pub fn run(precompile: Precompile, input: &[u8]) -> Option<Bytes> {
    let output = |result: EthPrecompileResult| result.ok().map(|output| output.bytes);
    const ANY: u64 = u64::MAX;
    match precompile {
        Precompile::Ecrecover => Some(ecrecover(input, SignedHash::recover)),
        Precompile::Sha256 => output(hash::sha256_run(input, ANY)),
        Precompile::Ripemd160 => output(hash::ripemd160_run(input, ANY)),
        Precompile::Identity => Some(Bytes::copy_from_slice(input)),
        Precompile::Modexp => output(modexp::berlin_run(input, ANY)),
        Precompile::Bn254Add => output(bn254::run_add(input, 0, ANY)),
        Precompile::Bn254Mul => output(bn254::run_mul(input, 0, ANY)),
        Precompile::Bn254Pairing => output(bn254::run_pair(input, 0, 0, ANY)),
        Precompile::Blake2f => output(blake2::run(input, ANY)),
        Precompile::KzgPointEvaluation => output(kzg_point_evaluation::run(input, ANY)),
        Precompile::BlsG1Add => output(bls::g1_add::g1_add(input, ANY)),
        Precompile::BlsG1Msm => output(bls::g1_msm::g1_msm(input, ANY)),
        Precompile::BlsG2Add => output(bls::g2_add::g2_add(input, ANY)),
        Precompile::BlsG2Msm => output(bls::g2_msm::g2_msm(input, ANY)),
        Precompile::BlsPairing => output(bls::pairing::pairing(input, ANY)),
        Precompile::BlsMapFpToG1 => output(bls::map_fp_to_g1::map_fp_to_g1(input, ANY)),
        Precompile::BlsMapFp2ToG2 => output(bls::map_fp2_to_g2::map_fp2_to_g2(input, ANY)),
        Precompile::P256Verify => output(secp256r1::p256_verify(input, ANY)),
    }
}

/// ECRECOVER, with a given way to recover: the address as a word, or nothing where there is none. Input past 128 bytes is ignored (D82).
pub fn ecrecover(input: &[u8], recover: impl FnOnce(&SignedHash) -> Option<Address>) -> Bytes {
    let mut padded = [0; 128];
    for (byte, from) in padded.iter_mut().zip(input) {
        *byte = *from;
    }
    let ([hash, v, r, s], []) = padded.as_chunks::<32>() else {
        return Bytes::new();
    };
    let odd_y = match U256::from_be_bytes(*v).try_into() {
        Ok(27_u64) => false,
        Ok(28) => true,
        Ok(_) | Err(_) => return Bytes::new(),
    };
    let (r, s) = (U256::from_be_bytes(*r), U256::from_be_bytes(*s));
    let signed = SignedHash::any_s(B256::new(*hash), r, s, odd_y);
    match signed.as_ref().and_then(recover) {
        Some(address) => address.into_word().0.to_vec().into(),
        None => Bytes::new(),
    }
}

//! Fast cryptography for native builds: the same results as in pure Rust, from C and assembly, on several threads.
//!
//! libsecp256k1 recovers signers, blst computes on BLS12-381; bn254 stays with arkworks: nothing portable that was measured beats it. Tests run both on the
//! same inputs, malformed ones included, and demand equal results.

mod bls12_381;
mod kzg;
mod points;
mod secp256k1;

use alloy_primitives::{Address, Bytes};
use hoike_executor::SignedHash;
use hoike_executor::precompiles::{Accelerator, Precompile, ecrecover, run};
use points::{G1, G2};
use std::{num::NonZero, thread};

/// Computes signers with libsecp256k1, a block's in parallel, and precompiles with it and blst.
#[derive(Clone, Copy, Debug)]
pub struct Native {
    threads: NonZero<usize>,
}

impl Native {
    /// Uses as many threads as the machine runs at once.
    pub fn new() -> Self {
        Self::with_threads(thread::available_parallelism().unwrap_or(NonZero::<usize>::MIN))
    }

    /// Recovers signers with at most so many threads. Sums and pairings of several points use blst's own, one a processor.
    pub const fn with_threads(threads: NonZero<usize>) -> Self {
        Self { threads }
    }
}

impl Default for Native {
    fn default() -> Self {
        Self::new()
    }
}

impl<E> Accelerator<E> for Native {
    fn signers(&mut self, signatures: &[Option<SignedHash>]) -> Result<Vec<Option<Address>>, E> {
        /// Recovering fewer takes less time than starting a thread.
        const LEAST: usize = 4;
        let each = signatures.len().div_ceil(self.threads.get()).max(LEAST);
        let recover = |chunk: &[Option<SignedHash>]| -> Vec<Option<Address>> {
            chunk
                .iter()
                .map(|signed| signed.as_ref().and_then(secp256k1::recover))
                .collect()
        };
        let (own, others) = signatures.split_at(each.min(signatures.len()));
        Ok(thread::scope(|scope| {
            let others: Vec<_> = others
                .chunks(each)
                .map(|chunk| (chunk, scope.spawn(move || recover(chunk))))
                .collect();
            let mut signers = recover(own);
            for (chunk, other) in others {
                // A thread that died has recovered nobody; do its work again rather than lose it.
                signers.extend(other.join().unwrap_or_else(|_| recover(chunk)));
            }
            signers
        }))
    }

    fn precompile(
        &mut self,
        precompile: Precompile,
        input: &[u8],
        _gas: u64,
    ) -> Result<Option<Bytes>, E> {
        Ok(compute(precompile, input))
    }
}

/// A precompile, at any price; `None` if the call fails.
pub fn compute(precompile: Precompile, input: &[u8]) -> Option<Bytes> {
    match precompile {
        Precompile::Ecrecover => Some(ecrecover(input, secp256k1::recover)),
        Precompile::KzgPointEvaluation => kzg::point_evaluation(input),
        Precompile::BlsG1Add => bls12_381::add::<G1>(input),
        Precompile::BlsG1Msm => bls12_381::msm::<G1>(input),
        Precompile::BlsG2Add => bls12_381::add::<G2>(input),
        Precompile::BlsG2Msm => bls12_381::msm::<G2>(input),
        Precompile::BlsPairing => bls12_381::pairing(input),
        Precompile::BlsMapFpToG1 => bls12_381::map_fp_to_g1(input),
        Precompile::BlsMapFp2ToG2 => bls12_381::map_fp2_to_g2(input),
        Precompile::Sha256
        | Precompile::Ripemd160
        | Precompile::Identity
        | Precompile::Modexp
        | Precompile::Bn254Add
        | Precompile::Bn254Mul
        | Precompile::Bn254Pairing
        | Precompile::Blake2f
        | Precompile::P256Verify => run(precompile, input),
    }
}

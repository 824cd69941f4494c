//! Fast cryptography for native builds: the same results as in pure Rust, from C and assembly, on several threads.
//!
//! A test runs both on the same inputs, malformed ones included, and demands equal results.
#![forbid(unsafe_code)]

mod kzg;
mod secp256k1;

use alloy_primitives::{Address, Bytes};
use hoike_executor::SignedHash;
use hoike_executor::precompiles::{Accelerator, Precompile, ecrecover, run};
use std::{num::NonZero, thread};

/// Computes signers with libsecp256k1, a block's in parallel, and what precompiles profit from it.
#[derive(Clone, Copy, Debug)]
pub struct Native {
    threads: NonZero<usize>,
}

impl Native {
    /// Uses as many threads as the machine runs at once.
    pub fn new() -> Self {
        Self::with_threads(thread::available_parallelism().unwrap_or(NonZero::<usize>::MIN))
    }

    /// Uses at most so many threads.
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
        Precompile::Sha256
        | Precompile::Ripemd160
        | Precompile::Identity
        | Precompile::Modexp
        | Precompile::Bn254Add
        | Precompile::Bn254Mul
        | Precompile::Bn254Pairing
        | Precompile::Blake2f
        | Precompile::BlsG1Add
        | Precompile::BlsG1Msm
        | Precompile::BlsG2Add
        | Precompile::BlsG2Msm
        | Precompile::BlsPairing
        | Precompile::BlsMapFpToG1
        | Precompile::BlsMapFp2ToG2
        | Precompile::P256Verify => run(precompile, input),
    }
}

//! Precompiles and signers by the oracle: the host computes them, and L1's own precompiles judge the result of a disputed step.

use crate::{
    fail,
    pipes::{PipeError, Pipes},
};
use alloc::{sync::Arc, vec::Vec};
use alloy_consensus::crypto::{
    RecoveryError,
    backend::{CryptoProvider, install_default_provider},
};
use alloy_primitives::{Address, Bytes};
use core::cell::Cell;
use hoike_executor::{Accelerator, Precompile, PureRust, SignedHash};
use hoike_preimage::{Checked, PrecompileResult, Trusted};
use hoike_program::{Error, Purpose};

/// Asks for what L1 has a precompile for that hosts serve, and computes the rest.
#[derive(Debug)]
pub(crate) struct OracleAccelerator<'a> {
    oracle: Trusted<Pipes>,
    /// The block that is being executed, for errors.
    block: &'a Cell<u64>,
}

impl<'a> OracleAccelerator<'a> {
    pub(crate) fn new(block: &'a Cell<u64>) -> Self {
        Self {
            oracle: Trusted::assume_checked_by_vm(Pipes::default()),
            block,
        }
    }

    /// What the oracle says of a call; `None`: it does not serve this precompile.
    fn ask(
        &mut self,
        precompile: Precompile,
        input: &[u8],
        gas: u64,
    ) -> Result<Option<PrecompileResult>, Error<PipeError>> {
        self.oracle
            .precompile(precompile.address(), gas, input)
            .map_err(|cause| Error::Preimage {
                purpose: Purpose::Precompile {
                    block: self.block.get(),
                },
                cause,
            })
    }

    fn signer(&mut self, signed: &SignedHash) -> Result<Option<Address>, Error<PipeError>> {
        let [hash, r, s] = [signed.hash, signed.r, signed.s];
        let mut input = [0; 128];
        let v = 27 + u8::from(signed.odd_y);
        for (to, from) in
            input
                .chunks_exact_mut(32)
                .zip([hash, alloy_primitives::B256::with_last_byte(v), r, s])
        {
            to.copy_from_slice(from.as_slice());
        }
        Ok(
            match self.ask(Precompile::Ecrecover, &input, ECRECOVER_GAS)? {
                Some(PrecompileResult::Success(output)) => address_in(&output),
                Some(PrecompileResult::Failure) | None => signed.recover(),
            },
        )
    }
}

/// ECRECOVER's output: an address as a word, or nothing.
fn address_in(output: &Bytes) -> Option<Address> {
    let word: [u8; 32] = output.as_ref().try_into().ok()?;
    Some(Address::from_word(word.into()))
}

impl Accelerator<Error<PipeError>> for OracleAccelerator<'_> {
    /// By ECRECOVER, which recovers the same key: what the two could differ in, the ranges of r, s and v and the height of s, [`SignedHash`] has settled.
    fn signers(
        &mut self,
        signatures: &[Option<SignedHash>],
    ) -> Result<Vec<Option<Address>>, Error<PipeError>> {
        signatures
            .iter()
            .map(|signed| match signed {
                Some(signed) => self.signer(signed),
                None => Ok(None),
            })
            .collect()
    }

    fn precompile(
        &mut self,
        precompile: Precompile,
        input: &[u8],
        gas: u64,
    ) -> Result<Option<Bytes>, Error<PipeError>> {
        match self.ask(precompile, input, gas)? {
            Some(PrecompileResult::Success(output)) => Ok(Some(output)),
            Some(PrecompileResult::Failure) => Ok(None),
            None => PureRust.precompile(precompile, input, gas),
        }
    }
}

/// Lets derivation recover batchers' signatures in the same way.
pub(crate) fn install() {
    // The first of a run, so there is no other to be in its way.
    let _ = install_default_provider(Arc::new(Signatures));
}

struct Signatures;

impl CryptoProvider for Signatures {
    /// As [`OracleAccelerator::signers`]. There is no error here for an oracle that fails, and no signature is bad because of it: the program ends.
    fn recover_signer_unchecked(
        &self,
        signature: &[u8; 65],
        hash: &[u8; 32],
    ) -> Result<Address, RecoveryError> {
        let [rs @ .., odd_y] = signature;
        let ([r, s], []) = rs.as_chunks::<32>() else {
            return Err(RecoveryError::new());
        };
        let signed = SignedHash::any_s(
            hash.into(),
            alloy_primitives::U256::from_be_bytes(*r),
            alloy_primitives::U256::from_be_bytes(*s),
            *odd_y != 0,
        )
        .ok_or_else(RecoveryError::new)?;
        let block = Cell::new(0);
        match OracleAccelerator::new(&block).signer(&signed) {
            Ok(signer) => signer.ok_or_else(RecoveryError::new),
            Err(error) => fail(&error),
        }
    }

    /// Nothing here has keys to compare with.
    fn verify_and_compute_signer_unchecked(
        &self,
        _key: &[u8; 65],
        _signature: &[u8; 64],
        _hash: &[u8; 32],
    ) -> Result<Address, RecoveryError> {
        Err(RecoveryError::new())
    }
}

/// What a call costs, which is part of the key.
const ECRECOVER_GAS: u64 = 3_000;

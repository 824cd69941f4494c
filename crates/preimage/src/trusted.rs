//! The oracle for fault proof VMs.

use alloc::vec::Vec;
use alloy_primitives::{Address, B256, Bytes};

use crate::{
    Blob, CheckError, Checked, Corruption, Hint, Oracle, PrecompileResult, PreimageKey, Stats,
    blob,
    checked::{
        ECRECOVER, commitment_key, is_accelerated, read_elements, read_exact, sealed::Sealed,
        well_known,
    },
};

/// Takes every value as right, because somebody else sees to it: on a fault proof VM, a wrong preimage loses the dispute on chain.
///
/// There is no other way to make one than [`Self::assume_checked_by_vm`]; using it on anything that is not a fault proof VM's oracle proves nothing.
#[derive(Debug)]
pub struct Trusted<O> {
    oracle: O,
    stats: Stats,
}

impl<O: Oracle> Trusted<O> {
    /// Wraps an oracle whose answers the virtual machine checks against their keys.
    pub fn assume_checked_by_vm(inner: O) -> Self {
        Self {
            oracle: inner,
            stats: Stats::default(),
        }
    }

    fn get(&mut self, key: PreimageKey) -> Result<Bytes, CheckError<O::Error>> {
        let value = self
            .oracle
            .get(key)
            .map_err(|cause| CheckError::Oracle { key, cause })?;
        self.stats.preimage(value.len());
        Ok(value)
    }
}

impl<O> Sealed for Trusted<O> {}

impl<O: Oracle> Checked for Trusted<O> {
    type Error = O::Error;

    fn hint(&mut self, hint: &Hint<'_>) -> Result<(), CheckError<O::Error>> {
        self.oracle
            .hint(hint)
            .map_err(|cause| CheckError::Hint { cause })
    }

    fn local(&mut self, index: u64) -> Result<Bytes, CheckError<O::Error>> {
        self.get(PreimageKey::local(index))
    }

    fn keccak256(&mut self, hash: B256) -> Result<Bytes, CheckError<O::Error>> {
        match well_known(&hash) {
            Some(value) => Ok(value),
            None => self.get(PreimageKey::keccak256(hash)),
        }
    }

    /// Reads element by element only: the VM checks those, not whole blobs.
    fn blobs(
        &mut self,
        time: u64,
        versioned_hashes: &[B256],
    ) -> Result<Vec<Blob>, CheckError<O::Error>> {
        let mut blobs = Vec::with_capacity(versioned_hashes.len());
        for hash in versioned_hashes {
            self.hint(&Hint::L1Blob { hash: *hash, time })?;
            let mut commitment = [0; 48];
            read_exact(&mut self.oracle, commitment_key(hash)?, &mut commitment)?;
            self.stats.preimage(commitment.len());
            let mut blob = blob::zeroed();
            read_elements(&mut self.oracle, &commitment, &mut blob)?;
            blobs.push(blob);
        }
        self.stats.blobs(blobs.len());
        Ok(blobs)
    }

    /// ecrecover is asked with exactly 128 bytes, cut or padded with zeros, as its result depends on no others (D82).
    fn precompile(
        &mut self,
        address: Address,
        gas: u64,
        input: &[u8],
    ) -> Result<Option<PrecompileResult>, CheckError<O::Error>> {
        if !is_accelerated(&address) {
            return Ok(None);
        }
        let mut padded = [0; 128];
        let input = if address == ECRECOVER {
            for (to, from) in padded.iter_mut().zip(input) {
                *to = *from;
            }
            padded.as_slice()
        } else {
            input
        };
        self.hint(&Hint::L1Precompile {
            address,
            gas,
            input,
        })?;
        let key = PreimageKey::precompile(address, gas, input);
        let mut value = self.get(key)?.0;
        // D83: the status says whether the call succeeded; an output may follow either.
        match value.first() {
            Some(1) => Ok(Some(PrecompileResult::Success(value.split_off(1).into()))),
            Some(0) => Ok(Some(PrecompileResult::Failure)),
            got => {
                let got = got.copied();
                Err(CheckError::Corrupt {
                    key,
                    why: Corruption::Status { got },
                })
            }
        }
    }

    fn stats(&self) -> Stats {
        self.stats
    }
}

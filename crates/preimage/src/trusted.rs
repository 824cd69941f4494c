//! An oracle that somebody else has checked.

use crate::{
    CheckError, Checked, Corruption, Hint, Oracle, PrecompileResult, PreimageKey, Stats,
    checked::sealed::Sealed, reader::Reader,
};
use alloc::vec::Vec;
use alloy_primitives::{Address, B256, Bytes};

/// Hands on what the oracle says. Right on a fault proof VM, where the on-chain oracle accepts nothing but right preimages; unsound everywhere else.
#[derive(Debug)]
pub struct Trusted<O> {
    reader: Reader<O>,
}

impl<O: Oracle> Trusted<O> {
    /// Believes an oracle because the VM that this program runs on has checked its answers.
    pub fn assume_checked_by_vm(inner: O) -> Self {
        Self {
            reader: Reader::new(inner),
        }
    }
}

impl<O> Sealed for Trusted<O> {}

impl<O: Oracle> Checked for Trusted<O> {
    type Error = O::Error;

    fn hint(&mut self, hint: &Hint<'_>) -> Result<(), CheckError<O::Error>> {
        self.reader.hint(hint)
    }

    fn local(&mut self, index: u64) -> Result<Bytes, CheckError<O::Error>> {
        self.reader.get(PreimageKey::local(index))
    }

    fn keccak256(&mut self, hash: B256) -> Result<Bytes, CheckError<O::Error>> {
        self.reader.get(PreimageKey::keccak256(hash))
    }

    fn blobs(&mut self, versioned_hashes: &[B256]) -> Result<Vec<Bytes>, CheckError<O::Error>> {
        let mut blobs = Vec::with_capacity(versioned_hashes.len());
        for &hash in versioned_hashes {
            self.reader.repeat_blob_hint(hash)?;
            let commitment = self.reader.commitment(hash)?;
            blobs.push(self.reader.blob(commitment)?.data.into());
        }
        Ok(blobs)
    }

    fn precompile(
        &mut self,
        address: Address,
        gas: u64,
        input: &[u8],
    ) -> Result<Option<PrecompileResult>, CheckError<O::Error>> {
        let key = PreimageKey::precompile(address, gas, input);
        self.reader.hint(&Hint::L1Precompile {
            address,
            gas,
            input,
        })?;
        let value = self.reader.get(key)?;
        match value.first() {
            Some(status @ (0 | 1)) => Ok(Some(PrecompileResult {
                success: *status == 1,
                output: value.slice(1..),
            })),
            Some(_) | None => Err(CheckError::Corrupt {
                key,
                why: Corruption::Status,
            }),
        }
    }

    fn stats(&self) -> Stats {
        self.reader.stats
    }
}

//! The L2 state through the oracle.

use crate::{
    error::{Error, Purpose},
    source::{header, hint},
};
use alloy_consensus::Header;
use alloy_primitives::{B256, Bytes};
use core::fmt;
use hoike_executor::State;
use hoike_preimage::{Checked, Hint};
use hoike_trie::Nodes;

/// State nodes, codes and ancestors out of an oracle.
pub(crate) struct OracleState<'a, O> {
    pub(crate) oracle: &'a mut O,
    /// The block that is being executed, for errors.
    pub(crate) block: u64,
}

impl<O> fmt::Debug for OracleState<'_, O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OracleState")
            .field("block", &self.block)
            .finish_non_exhaustive()
    }
}

impl<'a, O> OracleState<'a, O> {
    pub(crate) const fn new(oracle: &'a mut O) -> Self {
        Self { oracle, block: 0 }
    }
}

impl<O: Checked> Nodes for OracleState<'_, O> {
    type Error = Error<O::Error>;

    fn node(&mut self, hash: B256) -> Result<Bytes, Self::Error> {
        let purpose = Purpose::StateNode { block: self.block };
        hint(self.oracle, &Hint::L2StateNode(hash), purpose)?;
        self.oracle
            .keccak256(hash)
            .map_err(|cause| Error::Preimage { purpose, cause })
    }
}

impl<O: Checked> State for OracleState<'_, O> {
    fn code(&mut self, hash: B256) -> Result<Bytes, Self::Error> {
        let purpose = Purpose::Code { block: self.block };
        hint(self.oracle, &Hint::L2Code(hash), purpose)?;
        self.oracle
            .keccak256(hash)
            .map_err(|cause| Error::Preimage { purpose, cause })
    }

    fn header(&mut self, hash: B256) -> Result<Header, Self::Error> {
        let purpose = Purpose::L2Header { number: None };
        hint(self.oracle, &Hint::L2BlockHeader(hash), purpose)?;
        header(self.oracle, hash, purpose).map(alloy_primitives::Sealed::into_inner)
    }
}

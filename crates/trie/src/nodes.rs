use alloy_primitives::{B256, Bytes};

/// Where trie nodes come from.
pub trait Nodes {
    /// Why a node could not be had.
    type Error;

    /// RLP of the node with this keccak256. Absence is an error; the implementation answers for the bytes hashing to `hash`.
    fn node(&mut self, hash: B256) -> Result<Bytes, Self::Error>;
}

impl<N: Nodes + ?Sized> Nodes for &mut N {
    type Error = N::Error;

    fn node(&mut self, hash: B256) -> Result<Bytes, Self::Error> {
        (**self).node(hash)
    }
}

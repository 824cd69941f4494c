//! Where the data comes from: everything is found by hash, from the two trusted ones.

pub(crate) mod ancestors;
pub(crate) mod l1;
pub(crate) mod l2;

use crate::error::{Error, Purpose};
use alloc::{string::ToString, vec::Vec};
use alloy_consensus::Header;
use alloy_primitives::{B256, Bytes, Sealed};
use alloy_rlp::Decodable;
use hoike_preimage::{CheckError, Checked, Hint};
use hoike_trie::{Nodes, ordered_items};

/// Passes a hint on.
pub(crate) fn hint<O: Checked>(
    oracle: &mut O,
    hint: &Hint<'_>,
    purpose: Purpose,
) -> Result<(), Error<O::Error>> {
    oracle
        .hint(hint)
        .map_err(|cause| Error::Preimage { purpose, cause })
}

/// A header by its hash.
pub(crate) fn header<O: Checked>(
    oracle: &mut O,
    hash: B256,
    purpose: Purpose,
) -> Result<Sealed<Header>, Error<O::Error>> {
    let raw = oracle
        .keccak256(hash)
        .map_err(|cause| Error::Preimage { purpose, cause })?;
    let malformed = |why: alloc::string::String| Error::Malformed { purpose, hash, why };
    let mut rest = raw.as_ref();
    let header = Header::decode(&mut rest).map_err(|why| malformed(why.to_string()))?;
    if !rest.is_empty() {
        return Err(malformed("bytes follow the header".to_string()));
    }
    Ok(Sealed::new_unchecked(header, hash))
}

/// All items of a transactions or receipts trie, in order.
pub(crate) fn list<O: Checked>(
    oracle: &mut O,
    root: B256,
    purpose: Purpose,
) -> Result<Vec<Bytes>, Error<O::Error>> {
    ordered_items(root, &mut ListNodes(oracle)).map_err(|error| match error {
        hoike_trie::Error::Source { cause, .. } => Error::Preimage { purpose, cause },
        hoike_trie::Error::Malformed { hash, why } => Error::Malformed {
            purpose,
            hash,
            why: why.to_string(),
        },
    })
}

struct ListNodes<'a, O>(&'a mut O);

impl<O: Checked> Nodes for ListNodes<'_, O> {
    type Error = CheckError<O::Error>;

    fn node(&mut self, hash: B256) -> Result<Bytes, Self::Error> {
        self.0.keccak256(hash)
    }
}

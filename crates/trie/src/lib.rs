//! Partial Merkle-Patricia trie over a witness: state is read and changed through it, transaction and receipt lists are read and hashed by it.
//!
//! A [`Trie`] starts as a bare root hash. Nodes come from a [`Nodes`] source on the way to a key and are kept; what does not change is never
//! encoded or hashed again. A node that the source does not have is an error that names it, never an empty subtree, and a failed operation
//! leaves the trie as it was. The source answers for the bytes: nothing here checks that a node hashes to what was asked for.
//!
//! ```
//! # use hoike_trie::{Nodes, Trie, EMPTY_ROOT};
//! # use alloy_primitives::{B256, Bytes, keccak256, map::B256HashMap};
//! struct Witness(B256HashMap<Bytes>);
//! impl Nodes for Witness {
//!     type Error = &'static str;
//!     fn node(&mut self, hash: B256) -> Result<Bytes, Self::Error> {
//!         self.0.get(&hash).cloned().ok_or("not in the witness")
//!     }
//! }
//! let mut witness = Witness(Default::default());
//! let mut trie = Trie::new(EMPTY_ROOT);
//! trie.insert(&mut witness, &keccak256("key"), Bytes::from_static(&[1]))?;
//! let root = trie.commit(&mut |hash, rlp| { witness.0.insert(hash, rlp); });
//!
//! let mut again = Trie::new(root);
//! assert_eq!(again.get(&mut witness, &keccak256("key"))?, Some(Bytes::from_static(&[1])));
//! assert_eq!(again.get(&mut witness, &keccak256("other"))?, None);
//! # Ok::<(), hoike_trie::Error<&'static str>>(())
//! ```
//!
//! Order of changes: where a branch loses all children but one, that child must be had, since it merges with its parent. A caller that inserts
//! before it removes needs no node that the resulting trie does not need.
//!
//! Implements Ethereum's modified Merkle-Patricia trie (Yellow Paper, appendix D) for 32-byte keys and for lists keyed by `rlp(index)`.
#![no_std]
#![forbid(unsafe_code)]
#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects,
        clippy::wildcard_enum_match_arm
    )
)]

extern crate alloc;

mod commit;
mod error;
mod insert;
mod node;
mod nodes;
mod ordered;
mod path;
mod remove;
mod slots;
mod trie;

pub use error::{Error, Malformed};
pub use nodes::Nodes;
pub use ordered::{ordered_items, ordered_root};
pub use trie::{EMPTY_ROOT, Trie};

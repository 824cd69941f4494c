use alloy_primitives::B256;

/// Why a trie could not be read or changed; the trie is as it was before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error<E> {
    /// The source did not give a node (D109: never the same as an absent key).
    #[error("trie node {hash} could not be had")]
    Source {
        /// The node that was asked for.
        hash: B256,
        /// The source's reason.
        #[source]
        cause: E,
    },
    /// A node is no node that this trie can have at that place.
    #[error("trie node {hash}: {why}")]
    Malformed {
        /// The node, or the nearest one above it that has a hash.
        hash: B256,
        /// What is wrong with it.
        why: Malformed,
    },
}

/// What is wrong with a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    /// The node's bytes are not one canonical RLP list.
    #[error("not one RLP list")]
    Rlp,
    /// The list has neither 2 nor 17 items.
    #[error("neither 2 nor 17 items")]
    ItemCount,
    /// The hex-prefix encoding of a path has an unknown flag or no flag.
    #[error("path is not hex-prefix encoded")]
    HexPrefix,
    /// The path is longer than what is left of any key (D171).
    #[error("path goes beyond the key")]
    PathTooLong,
    /// A leaf's path ends before the key does, or an extension's is empty.
    #[error("path is too short")]
    PathTooShort,
    /// A child is neither a 32-byte hash nor a node below 32 bytes.
    #[error("child is neither a hash nor an inline node")]
    Child,
    /// A node below 32 bytes was referred to by its hash.
    #[error("node below 32 bytes is not inlined")]
    NotInlined,
    /// What follows an extension is not a branch.
    #[error("extension without a branch below it")]
    NotABranch,
    /// A branch has fewer than two children.
    #[error("branch with fewer than two children")]
    LonelyBranch,
    /// A branch has a value, though no key is the beginning of another.
    #[error("branch with a value")]
    BranchValue,
    /// A leaf's value is no RLP string, or empty.
    #[error("leaf without a value")]
    LeafValue,
    /// A list's keys are not the RLP of 0, 1, 2 and so on without a gap.
    #[error("list key out of sequence")]
    ListKey,
}

//! Hints: what the program is going to ask for.

use alloy_primitives::{Address, B256, hex};
use core::fmt;

/// Tells the host what will be asked for next. Only advice: a host may ignore it, and no answer depends on it.
///
/// Its text form, by [`fmt::Display`], is the type, a space, and the payload as `0x` and hex. Payloads are those of a single chain, without chain id.
/// Spec: `fault-proof/index.md`, "Hinting"; D163 for the layouts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Hint<'a> {
    /// An L1 header, by block hash.
    L1BlockHeader(B256),
    /// The transactions trie of an L1 block, by block hash.
    L1Transactions(B256),
    /// The receipts trie of an L1 block, by block hash.
    L1Receipts(B256),
    /// A blob: its commitment and all its field elements.
    L1Blob {
        /// Its versioned hash.
        hash: B256,
        /// Time of its L1 block, in seconds.
        time: u64,
    },
    /// The result of a precompile.
    L1Precompile {
        /// Its address.
        address: Address,
        /// What the call costs.
        gas: u64,
        /// Its input.
        input: &'a [u8],
    },
    /// An L2 header, by block hash.
    L2BlockHeader(B256),
    /// The transactions trie of an L2 block, by block hash.
    L2Transactions(B256),
    /// A contract's code, by its hash.
    L2Code(B256),
    /// A node of the L2 state, by its hash.
    L2StateNode(B256),
    /// The output root preimage that a run starts from.
    StartingL2Output(B256),
    /// Any output root preimage.
    L2Output(B256),
    /// An account and its storage root, with the proof.
    L2AccountProof {
        /// Hash of the L2 block.
        block: B256,
        /// The account.
        address: Address,
    },
    /// All that executing a payload reads.
    L2PayloadWitness {
        /// Hash of the parent block.
        parent: B256,
        /// The payload attributes as JSON, in the engine API's form.
        attributes: &'a str,
    },
}

impl Hint<'_> {
    /// The hint's type, the first word of its text.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::L1BlockHeader(_) => "l1-block-header",
            Self::L1Transactions(_) => "l1-transactions",
            Self::L1Receipts(_) => "l1-receipts",
            Self::L1Blob { .. } => "l1-blob",
            Self::L1Precompile { .. } => "l1-precompile",
            Self::L2BlockHeader(_) => "l2-block-header",
            Self::L2Transactions(_) => "l2-transactions",
            Self::L2Code(_) => "l2-code",
            Self::L2StateNode(_) => "l2-state-node",
            Self::StartingL2Output(_) => "starting-l2-output",
            Self::L2Output(_) => "l2-output",
            Self::L2AccountProof { .. } => "l2-account-proof",
            Self::L2PayloadWitness { .. } => "l2-payload-witness",
        }
    }
}

impl fmt::Display for Hint<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} 0x", self.name())?;
        match self {
            Self::L1BlockHeader(hash)
            | Self::L1Transactions(hash)
            | Self::L1Receipts(hash)
            | Self::L2BlockHeader(hash)
            | Self::L2Transactions(hash)
            | Self::L2Code(hash)
            | Self::L2StateNode(hash)
            | Self::StartingL2Output(hash)
            | Self::L2Output(hash) => write_hex(f, hash.as_slice()),
            Self::L1Blob { hash, time } => {
                write_hex(f, hash.as_slice())?;
                write_hex(f, &time.to_be_bytes())
            }
            Self::L1Precompile {
                address,
                gas,
                input,
            } => {
                write_hex(f, address.as_slice())?;
                write_hex(f, &gas.to_be_bytes())?;
                write_hex(f, input)
            }
            Self::L2AccountProof { block, address } => {
                write_hex(f, block.as_slice())?;
                write_hex(f, address.as_slice())
            }
            Self::L2PayloadWitness { parent, attributes } => {
                write_hex(f, parent.as_slice())?;
                write_hex(f, attributes.as_bytes())
            }
        }
    }
}

fn write_hex(f: &mut fmt::Formatter<'_>, bytes: &[u8]) -> fmt::Result {
    let (chunks, rest) = bytes.as_chunks();
    let mut text = hex::Buffer::<32>::new();
    for chunk in chunks {
        f.write_str(text.format(chunk))?;
    }
    rest.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
}

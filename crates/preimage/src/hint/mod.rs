//! Hints: what the program will ask for next, as text `<type> 0x<hex>`. Spec: fault-proof/index.md, "Hinting"; program-semantics 6.

mod parse;

use alloc::vec::Vec;
use alloy_primitives::{Address, B256};
use core::fmt;

pub use parse::{HintError, HintRequest};

/// Advice to a host. Preimages alone count: a hint may be repeated, left out or not understood without harm.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Hint<'a> {
    /// Header of an L1 block, by its hash.
    L1BlockHeader(B256),
    /// Transactions of an L1 block, by its hash.
    L1Transactions(B256),
    /// Receipts of an L1 block, by its hash.
    L1Receipts(B256),
    /// A blob.
    L1Blob {
        /// Its versioned hash.
        hash: B256,
        /// Timestamp of its L1 block, seconds.
        time: u64,
    },
    /// A precompile call to be run on L1.
    L1Precompile {
        /// The precompile.
        address: Address,
        /// Gas it requires.
        gas: u64,
        /// Its input.
        input: &'a [u8],
    },
    /// The form without gas that op-program's hosts still take; its result has another key, so only hosts meet it.
    L1PrecompileWithoutGas {
        /// The precompile.
        address: Address,
        /// Its input.
        input: &'a [u8],
    },
    /// Header of an L2 block, by its hash.
    L2BlockHeader(B256),
    /// Transactions of an L2 block, by its hash.
    L2Transactions(B256),
    /// Receipts of an L2 block, by its hash.
    L2Receipts(B256),
    /// Contract code, by its hash.
    L2Code(B256),
    /// Node of a state or storage trie, by its hash.
    L2StateNode(B256),
    /// The agreed output root.
    L2Output(B256),
    /// Proof of an account.
    L2AccountProof {
        /// Block after which the account is looked at.
        block: BlockRef,
        /// The account.
        address: Address,
    },
    /// Proof of a storage slot.
    L2StorageProof {
        /// Block after which the slot is looked at.
        block: BlockRef,
        /// The account.
        address: Address,
        /// The slot.
        slot: B256,
    },
    /// Everything that executing a block will read.
    L2PayloadWitness {
        /// Hash of the parent block.
        parent: B256,
        /// Payload attributes, JSON.
        attributes: &'a [u8],
    },
    /// The same as op-program says it: a JSON object with `parentBlockHash` and `payloadAttributes`, here as found in the hint.
    L2PayloadWitnessObject(&'a [u8]),
    /// What an interop program reads of a block that it does not execute itself.
    L2BlockData {
        /// The agreed block before it.
        agreed: B256,
        /// The block.
        block: B256,
    },
    /// Hash of an ancestor by number.
    L2BlockHashLookup {
        /// Number of the ancestor.
        number: u64,
        /// Hash of the block whose ancestor it is.
        head: B256,
    },
    /// The agreed state of an interop game.
    AgreedPrestate(B256),
}

/// A block in a proof hint. Programs name it by hash; kona's hosts take a number as well.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum BlockRef {
    /// By hash.
    Hash(B256),
    /// By number.
    Number(u64),
}

/// Who is spoken to: kona and op-program give some hints different names and payloads.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Dialect {
    /// kona v1.19.6.
    Kona,
    /// op-program v1.17.0.
    OpProgram,
}

impl<'a> Hint<'a> {
    /// The hint's text for a certain host. `chain_id` names the L2 chain: op-program's hosts want it in some hints, interop ones in all.
    pub const fn text(&'a self, dialect: Dialect, chain_id: Option<u64>) -> HintText<'a> {
        HintText {
            hint: self,
            dialect,
            chain_id,
        }
    }

    /// The name before the blank.
    pub const fn name(&self, dialect: Dialect) -> &'static str {
        match self {
            Self::L1BlockHeader(_) => "l1-block-header",
            Self::L1Transactions(_) => "l1-transactions",
            Self::L1Receipts(_) => "l1-receipts",
            Self::L1Blob { .. } => "l1-blob",
            Self::L1Precompile { .. } => match dialect {
                Dialect::Kona => "l1-precompile",
                Dialect::OpProgram => "l1-precompile-v2",
            },
            Self::L1PrecompileWithoutGas { .. } => "l1-precompile",
            Self::L2BlockHeader(_) => "l2-block-header",
            Self::L2Transactions(_) => "l2-transactions",
            Self::L2Receipts(_) => "l2-receipts",
            Self::L2Code(_) => "l2-code",
            Self::L2StateNode(_) => "l2-state-node",
            Self::L2Output(_) => match dialect {
                Dialect::Kona => "starting-l2-output",
                Dialect::OpProgram => "l2-output",
            },
            Self::L2AccountProof { .. } => "l2-account-proof",
            Self::L2StorageProof { .. } => "l2-account-storage-proof",
            Self::L2PayloadWitness { .. } | Self::L2PayloadWitnessObject(_) => "l2-payload-witness",
            Self::L2BlockData { .. } => "l2-block-data",
            Self::L2BlockHashLookup { .. } => "l2-block-hash-lookup",
            Self::AgreedPrestate(_) => "agreed-pre-state",
        }
    }

    /// Hands the payload's bytes to `sink`, piece by piece.
    fn payload<E>(
        &self,
        dialect: Dialect,
        chain_id: Option<u64>,
        sink: &mut impl FnMut(&[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        match self {
            Self::L1BlockHeader(hash) | Self::L1Transactions(hash) | Self::L1Receipts(hash) => {
                return sink(hash.as_slice());
            }
            Self::L1Blob { hash, time } => {
                sink(hash.as_slice())?;
                return sink(&time.to_be_bytes());
            }
            Self::L1Precompile {
                address,
                gas,
                input,
            } => {
                sink(address.as_slice())?;
                sink(&gas.to_be_bytes())?;
                return sink(input);
            }
            Self::L1PrecompileWithoutGas { address, input } => {
                sink(address.as_slice())?;
                return sink(input);
            }
            Self::AgreedPrestate(hash) => return sink(hash.as_slice()),
            Self::L2PayloadWitnessObject(json) => return sink(json),
            Self::L2PayloadWitness { parent, attributes } => match dialect {
                Dialect::Kona => {
                    sink(parent.as_slice())?;
                    sink(attributes)?;
                }
                Dialect::OpProgram => {
                    return payload_object(parent, attributes, chain_id, sink);
                }
            },
            Self::L2BlockHeader(hash)
            | Self::L2Transactions(hash)
            | Self::L2Receipts(hash)
            | Self::L2Code(hash)
            | Self::L2StateNode(hash)
            | Self::L2Output(hash) => sink(hash.as_slice())?,
            Self::L2AccountProof { block, address } => {
                block.payload(sink)?;
                sink(address.as_slice())?;
            }
            Self::L2StorageProof {
                block,
                address,
                slot,
            } => {
                block.payload(sink)?;
                sink(address.as_slice())?;
                sink(slot.as_slice())?;
            }
            Self::L2BlockData { agreed, block } => {
                sink(agreed.as_slice())?;
                sink(block.as_slice())?;
            }
            Self::L2BlockHashLookup { number, head } => {
                sink(&number.to_be_bytes())?;
                sink(head.as_slice())?;
            }
        }
        match chain_id {
            Some(id) => sink(&id.to_be_bytes()),
            None => Ok(()),
        }
    }
}

impl BlockRef {
    fn payload<E>(&self, sink: &mut impl FnMut(&[u8]) -> Result<(), E>) -> Result<(), E> {
        match self {
            Self::Hash(hash) => sink(hash.as_slice()),
            Self::Number(number) => sink(&number.to_be_bytes()),
        }
    }
}

/// A hint as one host understands it; displays as its text.
#[derive(Clone, Copy, Debug)]
pub struct HintText<'a> {
    hint: &'a Hint<'a>,
    dialect: Dialect,
    chain_id: Option<u64>,
}

impl HintText<'_> {
    /// Appends the text to a buffer.
    pub fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.hint.name(self.dialect).as_bytes());
        out.extend_from_slice(b" 0x");
        let done: Result<(), core::convert::Infallible> =
            self.hint
                .payload(self.dialect, self.chain_id, &mut |bytes| {
                    out.extend(bytes.iter().flat_map(|byte| hex_digits(*byte)));
                    Ok(())
                });
        match done {
            Ok(()) => {}
        }
    }
}

impl fmt::Display for HintText<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.hint.name(self.dialect))?;
        f.write_str(" 0x")?;
        self.hint
            .payload(self.dialect, self.chain_id, &mut |bytes| {
                bytes.iter().try_for_each(|byte| {
                    let digits = hex_digits(*byte);
                    f.write_str(core::str::from_utf8(&digits).map_err(|_| fmt::Error)?)
                })
            })
    }
}

/// op-program's JSON object; the chain id is a decimal string in it.
fn payload_object<E>(
    parent: &B256,
    attributes: &[u8],
    chain_id: Option<u64>,
    sink: &mut impl FnMut(&[u8]) -> Result<(), E>,
) -> Result<(), E> {
    sink(br#"{"parentBlockHash":"0x"#)?;
    for byte in parent {
        sink(&hex_digits(*byte))?;
    }
    sink(br#"","payloadAttributes":"#)?;
    sink(attributes)?;
    if let Some(id) = chain_id {
        sink(br#","chainID":""#)?;
        let mut decimal = Decimal {
            digits: [0; 20],
            length: 0,
        };
        let _ = fmt::write(&mut decimal, format_args!("{id}"));
        sink(decimal.digits.get(..decimal.length).unwrap_or_default())?;
        sink(b"\"")?;
    }
    sink(b"}")
}

/// The decimal digits of a u64, 20 at most.
struct Decimal {
    digits: [u8; 20],
    length: usize,
}

impl fmt::Write for Decimal {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let end = self.length.saturating_add(text.len());
        let place = self.digits.get_mut(self.length..end).ok_or(fmt::Error)?;
        place.copy_from_slice(text.as_bytes());
        self.length = end;
        Ok(())
    }
}

const fn hex_digits(byte: u8) -> [u8; 2] {
    const fn digit(nibble: u8) -> u8 {
        match nibble {
            0..=9 => b'0'.wrapping_add(nibble),
            _ => b'a'.wrapping_add(nibble).wrapping_sub(10),
        }
    }
    [digit(byte >> 4), digit(byte & 15)]
}

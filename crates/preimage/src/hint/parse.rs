//! Hints as a host reads them: all names and lengths in use.

use alloc::vec::Vec;
use alloy_primitives::{B256, hex};

use super::{BlockRef, Dialect, Hint};

/// A hint as a host received it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct HintRequest<'a> {
    /// What is going to be asked for.
    pub hint: Hint<'a>,
    /// The L2 chain, where the hint names one.
    pub chain_id: Option<u64>,
}

/// A text that is no hint this crate knows. To be acknowledged all the same (D124).
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum HintError {
    /// Not `<type> 0x<hex>`.
    #[error("a hint is not of the form `<type> 0x<hex>`")]
    Form,
    /// No such type.
    #[error("unknown hint type")]
    UnknownType,
    /// The type is known, the payload's length is not one it can have.
    #[error("hint {name} has a payload of {got} bytes")]
    Length {
        /// The type.
        name: &'static str,
        /// Bytes of its payload.
        got: usize,
    },
}

impl<'a> HintRequest<'a> {
    /// Reads a hint's text, not necessarily UTF-8. The payload is decoded into `buffer`, which the hint borrows from.
    ///
    /// All payload lengths in use are taken, in particular both of blob hints (D163). `dialect` decides what cannot be told by length: whether
    /// `l1-precompile` carries the gas, and which form `l2-payload-witness` has.
    pub fn parse(
        text: &[u8],
        dialect: Dialect,
        buffer: &'a mut Vec<u8>,
    ) -> Result<Self, HintError> {
        let blank = text
            .iter()
            .position(|byte| *byte == b' ')
            .ok_or(HintError::Form)?;
        let (name, rest) = text.split_at_checked(blank).ok_or(HintError::Form)?;
        let digits = rest.strip_prefix(b" 0x").ok_or(HintError::Form)?;
        buffer.clear();
        buffer.resize(digits.len() / 2, 0);
        hex::decode_to_slice(digits, buffer).map_err(|_| HintError::Form)?;
        Self::from_payload(name, dialect, buffer)
    }

    fn from_payload(name: &[u8], dialect: Dialect, payload: &'a [u8]) -> Result<Self, HintError> {
        let mut fields = Fields(payload);
        let of_l1 = |name, make: fn(B256) -> Hint<'a>| {
            let hint = whole_hash(payload).map(make);
            Ok(Self {
                hint: hint.ok_or(bad(name, payload))?,
                chain_id: None,
            })
        };
        let of_l2 = |name, make: fn(B256) -> Hint<'a>| {
            let (hash, rest) = payload.split_at_checked(32).ok_or(bad(name, payload))?;
            let hint = make(B256::from_slice(hash));
            Ok(Self {
                hint,
                chain_id: chain_id(rest).ok_or(bad(name, payload))?,
            })
        };
        match name {
            b"l1-block-header" => of_l1("l1-block-header", Hint::L1BlockHeader),
            b"l1-transactions" => of_l1("l1-transactions", Hint::L1Transactions),
            b"l1-receipts" => of_l1("l1-receipts", Hint::L1Receipts),
            b"agreed-pre-state" => of_l1("agreed-pre-state", Hint::AgreedPrestate),
            b"l2-block-header" => of_l2("l2-block-header", Hint::L2BlockHeader),
            b"l2-transactions" => of_l2("l2-transactions", Hint::L2Transactions),
            b"l2-receipts" => of_l2("l2-receipts", Hint::L2Receipts),
            b"l2-code" => of_l2("l2-code", Hint::L2Code),
            b"l2-state-node" => of_l2("l2-state-node", Hint::L2StateNode),
            b"l2-output" => of_l2("l2-output", Hint::L2Output),
            b"starting-l2-output" => of_l2("starting-l2-output", Hint::L2Output),
            b"l1-blob" => fields.blob().ok_or(bad("l1-blob", payload)),
            b"l1-precompile" => match dialect {
                Dialect::Kona => fields.precompile(),
                Dialect::OpProgram => fields.precompile_without_gas(),
            }
            .ok_or(bad("l1-precompile", payload)),
            b"l1-precompile-v2" => fields.precompile().ok_or(bad("l1-precompile-v2", payload)),
            b"l2-account-proof" => fields.account().ok_or(bad("l2-account-proof", payload)),
            b"l2-account-storage-proof" => fields
                .storage()
                .ok_or(bad("l2-account-storage-proof", payload)),
            b"l2-payload-witness" => match dialect {
                Dialect::Kona => fields.payload_witness(),
                Dialect::OpProgram => Some(Hint::L2PayloadWitnessObject(payload).on(None)),
            }
            .ok_or(bad("l2-payload-witness", payload)),
            b"l2-block-data" => fields.block_data().ok_or(bad("l2-block-data", payload)),
            b"l2-block-hash-lookup" => fields.lookup().ok_or(bad("l2-block-hash-lookup", payload)),
            _ => Err(HintError::UnknownType),
        }
    }
}

impl<'a> Hint<'a> {
    const fn on(self, chain_id: Option<u64>) -> HintRequest<'a> {
        HintRequest {
            hint: self,
            chain_id,
        }
    }
}

/// What is left of a payload.
struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (head, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*head)
    }

    fn number(&mut self) -> Option<u64> {
        self.take().map(u64::from_be_bytes)
    }

    /// hash 32 ++ time 8, or the old hash 32 ++ index 8 ++ time 8.
    fn blob(&mut self) -> Option<HintRequest<'a>> {
        let hash = self.take()?.into();
        let first = self.number()?;
        let time = if self.0.is_empty() {
            first
        } else {
            self.number()?
        };
        self.0
            .is_empty()
            .then_some(Hint::L1Blob { hash, time }.on(None))
    }

    fn precompile(&mut self) -> Option<HintRequest<'a>> {
        let address = self.take::<20>()?.into();
        let gas = self.number()?;
        Some(
            Hint::L1Precompile {
                address,
                gas,
                input: self.0,
            }
            .on(None),
        )
    }

    fn precompile_without_gas(&mut self) -> Option<HintRequest<'a>> {
        let address = self.take::<20>()?.into();
        Some(
            Hint::L1PrecompileWithoutGas {
                address,
                input: self.0,
            }
            .on(None),
        )
    }

    fn account(&mut self) -> Option<HintRequest<'a>> {
        let block = match self.0.len() {
            28 | 36 => BlockRef::Number(self.number()?),
            _ => BlockRef::Hash(self.take()?.into()),
        };
        let address = self.take::<20>()?.into();
        Some(Hint::L2AccountProof { block, address }.on(chain_id(self.0)?))
    }

    fn storage(&mut self) -> Option<HintRequest<'a>> {
        let block = match self.0.len() {
            60 | 68 => BlockRef::Number(self.number()?),
            _ => BlockRef::Hash(self.take()?.into()),
        };
        let address = self.take::<20>()?.into();
        let slot = self.take()?.into();
        Some(
            Hint::L2StorageProof {
                block,
                address,
                slot,
            }
            .on(chain_id(self.0)?),
        )
    }

    /// The JSON object ends with its last brace; what follows is a chain id.
    fn payload_witness(&mut self) -> Option<HintRequest<'a>> {
        let parent = self.take()?.into();
        let plain = Hint::L2PayloadWitness {
            parent,
            attributes: self.0,
        }
        .on(None);
        if self.0.last() == Some(&b'}') {
            return Some(plain);
        }
        let (attributes, id) = self.0.split_last_chunk::<8>()?;
        let ends = attributes.last() == Some(&b'}');
        let interop = Hint::L2PayloadWitness { parent, attributes };
        ends.then_some(interop.on(Some(u64::from_be_bytes(*id))))
    }

    fn block_data(&mut self) -> Option<HintRequest<'a>> {
        let agreed = self.take()?.into();
        let block = self.take()?.into();
        Some(Hint::L2BlockData { agreed, block }.on(chain_id(self.0)?))
    }

    fn lookup(&mut self) -> Option<HintRequest<'a>> {
        let number = self.number()?;
        let head = self.take()?.into();
        Some(Hint::L2BlockHashLookup { number, head }.on(chain_id(self.0)?))
    }
}

/// Nothing, or eight bytes of chain id; else the length is wrong.
fn chain_id(rest: &[u8]) -> Option<Option<u64>> {
    match <[u8; 8]>::try_from(rest) {
        Ok(id) => Some(Some(u64::from_be_bytes(id))),
        Err(_) => rest.is_empty().then_some(None),
    }
}

fn whole_hash(payload: &[u8]) -> Option<B256> {
    B256::try_from(payload).ok()
}

const fn bad(name: &'static str, payload: &[u8]) -> HintError {
    HintError::Length {
        name,
        got: payload.len(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::{format, string::ToString};
    use alloy_primitives::{Address, address, b256};

    const HASH: B256 = b256!("0101010101010101010101010101010101010101010101010101010101010102");
    const H: &str = "0101010101010101010101010101010101010101010101010101010101010102";
    const ADDRESS: Address = address!("4200000000000000000000000000000000000016");
    const A: &str = "4200000000000000000000000000000000000016";
    const ID: &str = "0000000000aa37dc";

    /// Layouts by the table of the specification: every hint, both dialects, with and without a chain id.
    #[test]
    fn d163_hints_have_the_layout_of_their_host() {
        use Dialect::{Kona, OpProgram};
        let id = Some(11_155_420);
        let block = BlockRef::Hash(HASH);
        let precompile = Hint::L1Precompile {
            address: ADDRESS,
            gas: 3_000,
            input: b"\x01\xff",
        };
        let witness = Hint::L2PayloadWitness {
            parent: HASH,
            attributes: b"{}",
        };
        let object = format!("{{\"parentBlockHash\":\"0x{H}\",\"payloadAttributes\":{{}}");
        let with_id = format!("{object},\"chainID\":\"11155420\"}}");
        let without = format!("{object}}}");
        let proof = Hint::L2AccountProof {
            block,
            address: ADDRESS,
        };
        let by_number = Hint::L2AccountProof {
            block: BlockRef::Number(16),
            address: ADDRESS,
        };
        let slot = Hint::L2StorageProof {
            block,
            address: ADDRESS,
            slot: HASH,
        };
        let lookup = Hint::L2BlockHashLookup {
            number: 5,
            head: HASH,
        };
        let blob = Hint::L1Blob {
            hash: HASH,
            time: 0x65_00,
        };
        for (hint, dialect, chain_id, want) in [
            (
                Hint::L1BlockHeader(HASH),
                Kona,
                None,
                format!("l1-block-header 0x{H}"),
            ),
            (
                Hint::L1BlockHeader(HASH),
                Kona,
                id,
                format!("l1-block-header 0x{H}"),
            ),
            (
                Hint::L1Transactions(HASH),
                OpProgram,
                id,
                format!("l1-transactions 0x{H}"),
            ),
            (
                Hint::L1Receipts(HASH),
                Kona,
                None,
                format!("l1-receipts 0x{H}"),
            ),
            (blob, Kona, id, format!("l1-blob 0x{H}0000000000006500")),
            (
                precompile,
                Kona,
                id,
                format!("l1-precompile 0x{A}0000000000000bb801ff"),
            ),
            (
                precompile,
                OpProgram,
                id,
                format!("l1-precompile-v2 0x{A}0000000000000bb801ff"),
            ),
            (
                Hint::L2BlockHeader(HASH),
                Kona,
                None,
                format!("l2-block-header 0x{H}"),
            ),
            (
                Hint::L2BlockHeader(HASH),
                OpProgram,
                id,
                format!("l2-block-header 0x{H}{ID}"),
            ),
            (
                Hint::L2Transactions(HASH),
                Kona,
                None,
                format!("l2-transactions 0x{H}"),
            ),
            (
                Hint::L2Receipts(HASH),
                OpProgram,
                id,
                format!("l2-receipts 0x{H}{ID}"),
            ),
            (Hint::L2Code(HASH), Kona, id, format!("l2-code 0x{H}{ID}")),
            (
                Hint::L2StateNode(HASH),
                Kona,
                None,
                format!("l2-state-node 0x{H}"),
            ),
            (
                Hint::L2Output(HASH),
                Kona,
                None,
                format!("starting-l2-output 0x{H}"),
            ),
            (
                Hint::L2Output(HASH),
                OpProgram,
                None,
                format!("l2-output 0x{H}"),
            ),
            (proof, Kona, None, format!("l2-account-proof 0x{H}{A}")),
            (
                proof,
                OpProgram,
                id,
                format!("l2-account-proof 0x{H}{A}{ID}"),
            ),
            (
                by_number,
                Kona,
                None,
                format!("l2-account-proof 0x0000000000000010{A}"),
            ),
            (
                slot,
                Kona,
                None,
                format!("l2-account-storage-proof 0x{H}{A}{H}"),
            ),
            (witness, Kona, None, format!("l2-payload-witness 0x{H}7b7d")),
            (
                witness,
                Kona,
                id,
                format!("l2-payload-witness 0x{H}7b7d{ID}"),
            ),
            (
                witness,
                OpProgram,
                id,
                format!("l2-payload-witness 0x{}", hex::encode(with_id)),
            ),
            (
                witness,
                OpProgram,
                None,
                format!("l2-payload-witness 0x{}", hex::encode(without)),
            ),
            (
                Hint::L2BlockData {
                    agreed: HASH,
                    block: HASH,
                },
                OpProgram,
                id,
                format!("l2-block-data 0x{H}{H}{ID}"),
            ),
            (
                lookup,
                OpProgram,
                id,
                format!("l2-block-hash-lookup 0x0000000000000005{H}{ID}"),
            ),
            (
                Hint::AgreedPrestate(HASH),
                OpProgram,
                id,
                format!("agreed-pre-state 0x{H}"),
            ),
        ] {
            assert_eq!(hint.text(dialect, chain_id).to_string(), want);
            let mut written = Vec::new();
            hint.text(dialect, chain_id).write(&mut written);
            assert_eq!(written, want.as_bytes());

            // And back: what a host reads is what was said, but for op-program's JSON, which is left to it.
            let mut buffer = Vec::new();
            let read = HintRequest::parse(&written, dialect, &mut buffer).unwrap();
            if let Hint::L2PayloadWitnessObject(json) = read.hint {
                assert!(json.starts_with(b"{\"parentBlockHash\"") && json.ends_with(b"}"));
            } else {
                assert_eq!(read.hint, hint, "{want}");
                let l1 = hint.name(dialect).starts_with("l1")
                    || hint.name(dialect).starts_with("agreed");
                assert_eq!(read.chain_id, if l1 { None } else { chain_id }, "{want}");
            }
        }
    }

    #[test]
    fn d163_both_blob_payloads_are_read() {
        let want = Hint::L1Blob {
            hash: HASH,
            time: 9,
        }
        .on(None);
        for payload in [
            format!("{H}0000000000000009"),
            format!("{H}00000000000000030000000000000009"),
        ] {
            let text = format!("l1-blob 0x{payload}");
            let mut buffer = Vec::new();
            let read = HintRequest::parse(text.as_bytes(), Dialect::Kona, &mut buffer);
            assert_eq!(read, Ok(want));
        }
    }

    #[test]
    fn the_old_precompile_hint_has_no_gas() {
        let text = format!("l1-precompile 0x{A}0000000000000bb8");
        let mut buffer = Vec::new();
        let read = HintRequest::parse(text.as_bytes(), Dialect::OpProgram, &mut buffer).unwrap();
        let input = &3_000u64.to_be_bytes();
        assert_eq!(
            read.hint,
            Hint::L1PrecompileWithoutGas {
                address: ADDRESS,
                input
            }
        );
    }

    /// D124: whatever a client sends gets a typed answer, also what is not UTF-8.
    #[test]
    fn d124_texts_that_are_no_hints_are_refused() {
        let length = |name, got| HintError::Length { name, got };
        for (text, want) in [
            (&b"\xff\xfe\x00"[..], HintError::Form),
            (b"", HintError::Form),
            (b"l1-blob", HintError::Form),
            (b"l1-blob 0102", HintError::Form),
            (b"l1-blob 0x0", HintError::Form),
            (b"l1-blob 0xzz", HintError::Form),
            (b"l1-blob 0x\xc3\x28", HintError::Form),
            (b"\xff 0x00", HintError::UnknownType),
            (b"l3-blob 0x00", HintError::UnknownType),
            (b"l1-blob 0x00", length("l1-blob", 1)),
            (b"l1-block-header 0x", length("l1-block-header", 0)),
            (b"l2-code 0x00", length("l2-code", 1)),
            (b"l1-precompile-v2 0x00", length("l1-precompile-v2", 1)),
            (b"l2-account-proof 0x00", length("l2-account-proof", 1)),
            (b"l2-payload-witness 0x00", length("l2-payload-witness", 1)),
        ] {
            for dialect in [Dialect::Kona, Dialect::OpProgram] {
                if dialect == Dialect::OpProgram && text.starts_with(b"l2-payload") {
                    continue;
                }
                let mut buffer = Vec::new();
                assert_eq!(HintRequest::parse(text, dialect, &mut buffer), Err(want));
            }
        }
    }
}

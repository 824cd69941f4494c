//! Which of an L1 block's transactions carry batcher data, and where. Spec: `protocol/derivation.md`, "L1 Retrieval"; `ecotone/derivation.md`.

use crate::{
    event::{Event, Sink},
    step::BlobRef,
};
use alloc::vec::Vec;
use alloy_consensus::{Transaction, TxEnvelope, transaction::SignerRecoverable};
use alloy_eips::Decodable2718;
use alloy_primitives::{Address, B256, Bytes};
use alloy_rlp::Header;

/// One piece of batcher data, in the order of the block's transactions.
#[derive(Clone, Debug)]
pub(crate) enum Source {
    Calldata(Bytes),
    Blob(BlobRef),
}

/// Why a transaction to the inbox does not count.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum NotBatcherData {
    /// Its type is none of 0, 1, 2, 3 and 0x7E (D56).
    Type(u8),
    /// It does not decode, is of another chain, or its signature has no signer.
    NoSender,
    /// Somebody else sent it.
    OtherSender(Address),
}

/// Who may send batcher data where.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Inbox {
    pub(crate) address: Address,
    pub(crate) batcher: Address,
    pub(crate) l1_chain_id: u64,
    /// Ecotone, by the block's own time (D159): blob transactions give blobs, their calldata is ignored.
    pub(crate) blobs: bool,
}

/// The batcher data of a block. No transaction is decoded beyond its recipient unless that is the inbox.
pub(crate) fn extract(transactions: &[Bytes], inbox: &Inbox, log: &mut impl Sink) -> Vec<Source> {
    let mut sources = Vec::new();
    let mut next_blob = 0_u64;
    for (index, raw) in (0_u64..).zip(transactions) {
        let Some(outline) = Outline::read(raw) else {
            continue;
        };
        // Blob indices count every blob of the block, not the batcher's alone (D54).
        let first_blob = next_blob;
        next_blob = next_blob.saturating_add(outline.blobs);
        if outline.to != Some(inbox.address) {
            continue;
        }
        match read(raw, &outline, inbox) {
            Err(why) => log.event(Event::InboxTransactionIgnored { index, why }),
            Ok(Data::Calldata(data)) => {
                log.event(Event::BatcherTransaction { index, blobs: None });
                sources.push(Source::Calldata(data));
            }
            Ok(Data::Blobs(hashes)) => {
                log.event(Event::BatcherTransaction {
                    index,
                    blobs: Some(hashes.len() as u64),
                });
                sources.extend(
                    (first_blob..)
                        .zip(hashes)
                        .map(|(index, hash)| Source::Blob(BlobRef { index, hash })),
                );
            }
        }
    }
    sources
}

enum Data {
    Calldata(Bytes),
    Blobs(Vec<B256>),
}

fn read(raw: &Bytes, outline: &Outline, inbox: &Inbox) -> Result<Data, NotBatcherData> {
    match outline.kind {
        // A deposit, on an L1 that is itself an OP Stack chain: it has no signature, its sender is a field.
        DEPOSIT => {
            let mut fields =
                Fields::of(raw.get(1..).unwrap_or_default()).ok_or(NotBatcherData::NoSender)?;
            let from = fields
                .nth(1)
                .and_then(|from| Address::try_from(from).ok())
                .ok_or(NotBatcherData::NoSender)?;
            // What lies between sender and data: to, mint, value, gas, system flag.
            let data = fields.nth(5).ok_or(NotBatcherData::NoSender)?;
            authorised(from, inbox)?;
            Ok(Data::Calldata(raw.slice_ref(data)))
        }
        kind @ (0 | 1 | 2 | BLOB) => {
            let tx = TxEnvelope::decode_2718_exact(raw).map_err(|_| NotBatcherData::NoSender)?;
            // An unprotected legacy transaction has no chain id and counts on every chain.
            if tx.chain_id().is_some_and(|id| id != inbox.l1_chain_id) {
                return Err(NotBatcherData::NoSender);
            }
            authorised(
                tx.recover_signer().map_err(|_| NotBatcherData::NoSender)?,
                inbox,
            )?;
            if inbox.blobs && kind == BLOB {
                return Ok(Data::Blobs(
                    tx.blob_versioned_hashes().unwrap_or_default().to_vec(),
                ));
            }
            Ok(Data::Calldata(tx.input().clone()))
        }
        other => Err(NotBatcherData::Type(other)),
    }
}

fn authorised(sender: Address, inbox: &Inbox) -> Result<(), NotBatcherData> {
    if sender == inbox.batcher {
        Ok(())
    } else {
        Err(NotBatcherData::OtherSender(sender))
    }
}

/// A transaction's type, recipient and number of blobs: all that most transactions of a block need to be asked.
struct Outline {
    kind: u8,
    to: Option<Address>,
    blobs: u64,
}

impl Outline {
    /// `None` where the bytes are no transaction that has a recipient field we know the place of.
    fn read(raw: &[u8]) -> Option<Self> {
        let (kind, list) = match *raw.first()? {
            0xc0.. => (0, raw),
            kind => (kind, raw.get(1..)?),
        };
        // Fields before the recipient: legacy nonce, gas price, gas; the others also a chain id, two fees from type 2; deposits source and sender.
        let before_to = match kind {
            0 => 3,
            1 => 4,
            2 | BLOB | SET_CODE => 5,
            DEPOSIT => 2,
            _unknown_to_us => return None,
        };
        let mut fields = Fields::of(list)?;
        let to = Address::try_from(fields.nth(before_to)?).ok();
        let blobs = if kind == BLOB {
            // Behind the recipient: value, input, access list, blob fee cap, hashes.
            fields.nth(4).map_or(0, |hashes| {
                (hashes.len() as u64).checked_div(33).unwrap_or(0)
            })
        } else {
            0
        };
        Some(Self { kind, to, blobs })
    }
}

/// The payloads of an RLP list's items, nested lists included.
struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    fn of(mut list: &'a [u8]) -> Option<Self> {
        Header::decode_bytes(&mut list, true).ok().map(Self)
    }
}

impl<'a> Iterator for Fields<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        let header = Header::decode(&mut self.0).ok()?;
        let (payload, rest) = self.0.split_at_checked(header.payload_length)?;
        self.0 = rest;
        Some(payload)
    }
}

const BLOB: u8 = 3;
const SET_CODE: u8 = 4;
const DEPOSIT: u8 = hoike_protocol::attributes::DEPOSIT_TX_TYPE;

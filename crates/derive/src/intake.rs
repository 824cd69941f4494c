//! The data of one L1 block, piece by piece: transactions, then the blobs of the batcher's, then one data item at a time.

use crate::{
    event::{Event, Sink},
    extract::batcher::{self, Inbox, Source},
    step::{BlobRef, Need},
};
use alloc::{collections::VecDeque, vec::Vec};
use alloy_primitives::{B256, Bytes};
use hoike_protocol::{L1Ref, blob};

/// Where reading of the current block stands.
#[derive(Clone, Debug)]
pub(crate) enum Intake {
    /// Nothing is known of it yet.
    Transactions,
    /// Transactions are here, the batcher's are still to be picked.
    Picking(Vec<Bytes>),
    /// The batcher's blobs are needed.
    Blobs {
        sources: Vec<Source>,
        blobs: Vec<BlobRef>,
    },
    /// All is here; what is left of it.
    Items(VecDeque<Item>),
}

#[derive(Clone, Debug)]
pub(crate) enum Item {
    Calldata(Bytes),
    Blob { hash: B256, bytes: Bytes },
}

/// What pulling on a stage gives.
#[derive(Clone, Debug)]
pub(crate) enum Pull<T> {
    Item(T),
    /// There is nothing more in this L1 block.
    Eof,
    Need(Need),
}

impl Intake {
    /// The next data item of the block `at`.
    pub(crate) fn next_item(
        &mut self,
        at: &L1Ref,
        inbox: &Inbox,
        log: &mut impl Sink,
    ) -> Pull<Bytes> {
        loop {
            match self {
                Self::Transactions => return Pull::Need(Need::L1Transactions { block: at.id() }),
                Self::Picking(transactions) => {
                    let sources = batcher::extract(transactions, inbox, log);
                    let blobs: Vec<BlobRef> = sources
                        .iter()
                        .filter_map(|source| match source {
                            Source::Calldata(_) => None,
                            Source::Blob(blob) => Some(*blob),
                        })
                        .collect();
                    *self = if blobs.is_empty() {
                        items(sources, Vec::new())
                    } else {
                        Self::Blobs { sources, blobs }
                    };
                }
                Self::Blobs { blobs, .. } => {
                    return Pull::Need(Need::Blobs {
                        block: *at,
                        blobs: blobs.clone(),
                    });
                }
                Self::Items(items) => match items.pop_front() {
                    None => return Pull::Eof,
                    Some(Item::Calldata(data)) => {
                        log.event(Event::DataItem {
                            blob: None,
                            bytes: data.len() as u64,
                        });
                        return Pull::Item(data);
                    }
                    // A blob is decoded when its turn comes; one that does not decode is skipped, the next item follows (D53).
                    Some(Item::Blob { hash, bytes }) => {
                        match <&[u8; blob::BLOB_SIZE]>::try_from(bytes.as_ref()).map(blob::decode) {
                            Ok(Ok(data)) => {
                                log.event(Event::DataItem {
                                    blob: Some(hash),
                                    bytes: data.len() as u64,
                                });
                                return Pull::Item(data);
                            }
                            Ok(Err(why)) => log.event(Event::BlobIgnored { hash, why }),
                            // `supply` lets only blobs of the right length in.
                            Err(_) => {}
                        }
                    }
                },
            }
        }
    }

    /// Takes the block's transactions.
    pub(crate) fn supply_transactions(&mut self, transactions: Vec<Bytes>) {
        *self = Self::Picking(transactions);
    }

    /// Takes the blobs, as many as were asked for.
    pub(crate) fn supply_blobs(&mut self, blobs: Vec<Bytes>) {
        if let Self::Blobs { sources, .. } = self {
            *self = items(core::mem::take(sources), blobs);
        }
    }
}

fn items(sources: Vec<Source>, blobs: Vec<Bytes>) -> Intake {
    let mut blobs = blobs.into_iter();
    Intake::Items(
        sources
            .into_iter()
            .filter_map(|source| match source {
                Source::Calldata(data) => Some(Item::Calldata(data)),
                Source::Blob(blob) => blobs.next().map(|bytes| Item::Blob {
                    hash: blob.hash,
                    bytes,
                }),
            })
            .collect(),
    )
}

//! Headers and blocks of either layer.

use super::{Fetch, Layer, parse};
use crate::net::{Answerer, Call, Failure, Fault, Patience, Way};
use alloy_consensus::Header;
use alloy_eips::eip2718::Encodable2718;
use alloy_primitives::{B256, Bytes, Sealed, U64, keccak256};
use alloy_rlp::{Decodable, Encodable, Header as RlpHeader};
use alloy_rpc_types_eth as l1;
use hoike_trie::ordered_root;
use op_alloy_rpc_types as l2;
use serde_json::{Value, json, value::RawValue};

/// A header and its block's transactions, which belong together.
#[derive(Clone, Debug)]
pub struct Block {
    /// The header; its hash is computed from it.
    pub header: Sealed<Header>,
    /// The transactions, EIP-2718.
    pub transactions: Vec<Bytes>,
}

/// Which block.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum At {
    /// By its hash, which the answer has to have.
    Hash(B256),
    /// By its number, on whatever chain the node follows; the answer has to have it.
    Number(u64),
    /// The newest one.
    Latest,
    /// The newest finalized one.
    Finalized,
}

impl At {
    fn param(&self) -> Value {
        match self {
            Self::Hash(hash) => json!(hash),
            Self::Number(number) => json!(U64::from(*number)),
            Self::Latest => json!("latest"),
            Self::Finalized => json!("finalized"),
        }
    }

    const fn method(&self) -> &'static str {
        match self {
            Self::Hash(_) => "eth_getBlockByHash",
            Self::Number(_) | Self::Latest | Self::Finalized => "eth_getBlockByNumber",
        }
    }

    fn check(&self, header: Header) -> Result<Sealed<Header>, Fault> {
        let header = Sealed::new(header);
        match self {
            Self::Hash(hash) if *hash != header.hash() => {
                let got = header.hash();
                Err(Fault::wrong(format_args!("block {hash} hashes to {got}")))
            }
            Self::Number(number) if *number != header.number => {
                let got = header.number;
                Err(Fault::wrong(format_args!(
                    "block {number} has number {got}"
                )))
            }
            Self::Hash(_) | Self::Number(_) | Self::Latest | Self::Finalized => Ok(header),
        }
    }
}

impl Fetch {
    /// A header.
    ///
    /// # Errors
    /// It cannot be had.
    pub async fn header(&self, layer: Layer, at: At) -> Result<Sealed<Header>, Failure> {
        self.header_within(layer, at, Patience::Endless).await
    }

    /// The same, with so much patience.
    pub(crate) async fn header_within(
        &self,
        layer: Layer,
        at: At,
        most: Patience,
    ) -> Result<Sealed<Header>, Failure> {
        let ways = [raw_header(at), json_header(at)];
        // Tags are not taken everywhere by the raw method.
        let ways = match at {
            At::Hash(_) | At::Number(_) => &ways[..],
            At::Latest | At::Finalized => &ways[1..],
        };
        self.pool(layer).ask(ways, most).await
    }

    /// A header that may not be there.
    pub async fn header_once(&self, layer: Layer, at: At) -> Option<Sealed<Header>> {
        let ways = [json_header(at)];
        self.pool(layer).ask(&ways, Patience::Rounds(1)).await.ok()
    }

    /// Headers by number in as few requests as can be; `None` where there is no good answer at once.
    pub async fn headers(&self, layer: Layer, numbers: &[u64]) -> Vec<Option<Sealed<Header>>> {
        let raw: Vec<_> = numbers.iter().map(|n| raw_header(At::Number(*n))).collect();
        let found = self.pool(layer).ask_together(&raw, HEADERS_IN_BATCH).await;
        if self.pool(layer).may_have("debug_getRawHeader") {
            return found;
        }
        let json: Vec<_> = numbers
            .iter()
            .map(|n| json_header(At::Number(*n)))
            .collect();
        self.pool(layer).ask_together(&json, HEADERS_IN_BATCH).await
    }

    /// A whole block.
    ///
    /// # Errors
    /// It cannot be had.
    pub async fn block(&self, layer: Layer, at: At) -> Result<Block, Failure> {
        let ways = [raw_block(at), json_block(layer, at)];
        self.pool(layer).ask(&ways, Patience::Endless).await
    }

    /// A whole block, and whose answer it is.
    pub(crate) async fn block_of(
        &self,
        layer: Layer,
        at: At,
    ) -> Result<(Answerer, Block), Failure> {
        let ways = [raw_block(at), json_block(layer, at)];
        self.pool(layer).ask_whom(&ways, Patience::Endless).await
    }

    /// A block that was got by [`Self::block_of`] has turned out to be wrong, as so many before it. Waits before it may be asked for again.
    pub(crate) async fn doubt(
        &self,
        layer: Layer,
        at: At,
        answerer: Answerer,
        why: impl std::fmt::Display,
        answers: u32,
    ) -> Result<(), Failure> {
        let pool = self.pool(layer);
        pool.doubt(answerer, at.method(), why, answers).await
    }

    /// A whole block that may not be there.
    pub async fn block_once(&self, layer: Layer, at: At) -> Option<Block> {
        let ways = [raw_block(at), json_block(layer, at)];
        self.pool(layer).ask(&ways, Patience::Rounds(1)).await.ok()
    }

    /// Blocks in as few requests as can be; `None` where there is no good answer at once.
    pub async fn blocks(&self, layer: Layer, at: &[At]) -> Vec<Option<Block>> {
        let raw: Vec<_> = at.iter().map(|at| raw_block(*at)).collect();
        let found = self.pool(layer).ask_together(&raw, BLOCKS_IN_BATCH).await;
        if self.pool(layer).may_have("debug_getRawBlock") {
            return found;
        }
        let json: Vec<_> = at.iter().map(|at| json_block(layer, *at)).collect();
        self.pool(layer).ask_together(&json, BLOCKS_IN_BATCH).await
    }
}

fn raw_header<'a>(at: At) -> Way<'a, Sealed<Header>> {
    let call = Call::rpc("debug_getRawHeader", json!([at.param()]));
    Way::new(call, move |raw| {
        let bytes: Bytes = parse(raw)?;
        let header = decode_header(&bytes)?;
        at.check(header)
    })
}

fn json_header<'a>(at: At) -> Way<'a, Sealed<Header>> {
    let call = Call::rpc(at.method(), json!([at.param(), false]));
    Way::new(call, move |raw| {
        let header: l1::Header = parse(raw)?;
        at.check(header.inner)
    })
}

fn raw_block<'a>(at: At) -> Way<'a, Block> {
    let call = Call::rpc("debug_getRawBlock", json!([at.param()]));
    Way::new(call, move |raw| {
        let bytes: Bytes = parse(raw)?;
        let (header, transactions) = split_block(&bytes)?;
        whole(at, header, transactions)
    })
}

fn json_block<'a>(layer: Layer, at: At) -> Way<'a, Block> {
    let call = Call::rpc(at.method(), json!([at.param(), true]));
    Way::new(call, move |raw| {
        let (header, transactions) = match layer {
            Layer::L1 => json_parts::<l1::Transaction>(raw, |tx| tx.inner.encoded_2718())?,
            Layer::L2 => json_parts::<l2::Transaction>(raw, |tx| tx.inner.inner.encoded_2718())?,
        };
        whole(at, header, transactions)
    })
}

fn json_parts<T: serde::de::DeserializeOwned>(
    raw: &RawValue,
    encode: impl Fn(&T) -> Vec<u8>,
) -> Result<(Header, Vec<Bytes>), Fault> {
    let block: l1::Block<T> = parse(raw)?;
    let transactions = match &block.transactions {
        l1::BlockTransactions::Full(all) => all.iter().map(|tx| encode(tx).into()).collect(),
        // An empty list may be read as one of hashes.
        l1::BlockTransactions::Hashes(hashes) if hashes.is_empty() => Vec::new(),
        l1::BlockTransactions::Hashes(_) | l1::BlockTransactions::Uncle => {
            return Err(Fault::wrong("hashes instead of transactions"));
        }
    };
    Ok((block.header.inner, transactions))
}

/// The header has the hash, and the transactions are the header's.
fn whole(at: At, header: Header, transactions: Vec<Bytes>) -> Result<Block, Fault> {
    let header = at.check(header)?;
    let root = ordered_root(&transactions);
    if root != header.transactions_root {
        let hash = header.hash();
        return Err(Fault::wrong(format_args!(
            "the transactions of block {hash} make another root than its header has"
        )));
    }
    Ok(Block {
        header,
        transactions,
    })
}

/// A header whose encoding is the given one: other bytes would have another hash.
pub(crate) fn decode_header(bytes: &[u8]) -> Result<Header, Fault> {
    let mut rest = bytes;
    let header = Header::decode(&mut rest).map_err(Fault::wrong)?;
    if !rest.is_empty() || alloy_rlp::encode(&header) != bytes {
        return Err(Fault::wrong("bytes that are not the encoding of a header"));
    }
    Ok(header)
}

/// Header and transactions of a block's RLP; ommers and withdrawals are not looked at, since the header commits to what matters.
fn split_block(bytes: &[u8]) -> Result<(Header, Vec<Bytes>), Fault> {
    let list = |bytes: &mut &[u8]| {
        RlpHeader::decode_bytes(bytes, true)
            .map(<[u8]>::to_vec)
            .map_err(Fault::wrong)
    };
    let body = list(&mut &bytes[..])?;
    let mut rest = &body[..];
    let header = Header::decode(&mut rest).map_err(Fault::wrong)?;
    let items = list(&mut rest)?;
    let mut items = &items[..];
    let mut transactions = Vec::new();
    while !items.is_empty() {
        let all = items;
        let head = RlpHeader::decode(&mut items).map_err(Fault::wrong)?;
        let (payload, after) = items
            .split_at_checked(head.payload_length)
            .ok_or_else(|| Fault::wrong("a transaction that is cut off"))?;
        // A legacy transaction is the list itself, a typed one the content of a string.
        let raw = if head.list {
            &all[..all.len() - after.len()]
        } else {
            payload
        };
        transactions.push(Bytes::copy_from_slice(raw));
        items = after;
    }
    Ok((header, transactions))
}

/// The encoding of a header, whose hash is the block's.
pub(crate) fn encode_header(header: &Sealed<Header>) -> Bytes {
    let mut bytes = Vec::with_capacity(header.length());
    header.encode(&mut bytes);
    debug_assert_eq!(keccak256(&bytes), header.hash());
    bytes.into()
}

const HEADERS_IN_BATCH: usize = 100;
/// A block of L1 may have a megabyte, and providers cut answers at ten.
const BLOCKS_IN_BATCH: usize = 10;

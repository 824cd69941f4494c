//! JSON-RPC methods of the two execution nodes.

use crate::{
    chain::{Block, Chain},
    data::Data,
    json::{self, Layer, array, hex_text},
    options::{Options, Role},
    state::PayloadReads,
    tries::Gap,
};
use alloy_primitives::{Address, B64, B256, Bytes, U64, U256, hex};
use hoike_protocol::{Attributes, L2Time};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, json};
use std::sync::Arc;

/// An error object.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct RpcError {
    pub(crate) code: i64,
    pub(crate) message: String,
}

/// A result's JSON, or an error.
pub(crate) type Answer = Result<Arc<str>, RpcError>;

/// An execution node.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Node<'a> {
    /// L1 or L2.
    pub(crate) role: Role,
    pub(crate) data: &'a Data,
    pub(crate) options: &'a Options,
    /// Number of the newest block that the node has.
    pub(crate) head: u64,
}

impl<'a> Node<'a> {
    pub(crate) fn new(role: Role, data: &'a Data, options: &'a Options) -> Self {
        let (chain, limit) = match role {
            Role::L1 | Role::Beacon => (&data.l1, options.l1_head),
            Role::L2 => (&data.l2, options.l2_head),
        };
        let head = chain.head().number();
        Self {
            role,
            data,
            options,
            head: limit.unwrap_or(head).min(head),
        }
    }

    /// Answers a call.
    pub(crate) fn call(&self, method: &str, params: &[Value]) -> Answer {
        let missing = || RpcError {
            code: -32601,
            message: format!("the method {method} does not exist/is not available"),
        };
        if !self.options.offers(self.role, method) {
            return Err(missing());
        }
        let first = params.first().unwrap_or(&Value::Null);
        let second = params.get(1).unwrap_or(&Value::Null);
        let answer = match method {
            "web3_clientVersion" => text(&json!(self.options.profile.version())),
            "eth_chainId" => text(&json!(U64::from(self.chain().id()))),
            "net_version" => text(&json!(self.chain().id().to_string())),
            "eth_blockNumber" => text(&json!(U64::from(self.head))),
            "eth_syncing" => text(&json!(false)),
            "eth_getBlockByHash" | "eth_getBlockByNumber" => {
                let full: bool = argument(second, "the second argument")?;
                match self.block(first)? {
                    None => null(),
                    Some(block) if full => json::full(block, self.layer()).map_err(lacking),
                    Some(block) => json::short(block).map_err(lacking),
                }
            }
            "eth_getBlockReceipts" => match self.block(first)? {
                None => null(),
                Some(block) => {
                    let all = json::receipts(block, self.layer()).map_err(lacking)?;
                    Ok(array(all))
                }
            },
            "eth_getTransactionReceipt" | "eth_getTransactionByHash" => {
                let Some((block, index)) = self.transaction(first)? else {
                    return null();
                };
                let all = match method {
                    "eth_getTransactionReceipt" => json::receipts(block, self.layer()),
                    _ => json::transactions(block, self.layer()),
                };
                Ok(all.map_err(lacking)?[index].clone())
            }
            "debug_getRawHeader" => Ok(hex_text(&self.raw(first)?.raw_header)),
            "debug_getRawBlock" => {
                let raw = json::raw_block(self.raw(first)?).map_err(lacking)?;
                Ok(hex_text(&raw))
            }
            "debug_getRawReceipts" => {
                let block = self.raw(first)?;
                let receipts = block
                    .receipts
                    .as_ref()
                    .ok_or_else(|| lacking(format!("no receipts of block {}", block.number())))?;
                Ok(hex_array(receipts))
            }
            // geth has no error for an unknown transaction.
            "debug_getRawTransaction" => match self.transaction(first)? {
                None => Ok(hex_text(&[])),
                Some((block, index)) => {
                    let raw = block.transactions.iter().flatten().nth(index);
                    Ok(hex_text(raw.map_or(&[], |raw| raw)))
                }
            },
            _ if self.role == Role::L2 => match method {
                "debug_executePayload" => self.execute_payload(first, second),
                "debug_executionWitness" => self.execution_witness(first),
                "debug_dbGet" => self.database(first),
                "eth_getProof" => {
                    let block = params.get(2).unwrap_or(&Value::Null);
                    self.proof(first, second, block)
                }
                "eth_getCode" => self.code(first, second),
                _ => Err(missing()),
            },
            _ => Err(missing()),
        }?;
        let limit = self.options.max_result_bytes;
        if limit > 0 && answer.len() > limit {
            return Err(RpcError {
                code: -32008,
                message: format!("response is too big: exceeded max limit of {limit}"),
            });
        }
        Ok(answer)
    }

    /// The newest block of a node that is at most so many behind, and as whole.
    pub(crate) fn behind(&self, blocks: u64) -> u64 {
        let mut below = (self.head.saturating_sub(blocks)..self.head).rev();
        let is_lacking = |number: &u64| {
            let block = self.chain().by_number(*number);
            block.is_none_or(|block| block.transactions.is_none())
        };
        match below.find(is_lacking) {
            Some(number) => number + 1,
            None => self.head.saturating_sub(blocks),
        }
    }

    fn chain(&self) -> &'a Chain {
        match self.role {
            Role::L1 | Role::Beacon => &self.data.l1,
            Role::L2 => &self.data.l2,
        }
    }

    fn layer(&self) -> Layer<'a> {
        match self.role {
            Role::L1 | Role::Beacon => Layer::L1(&self.data.l1_config),
            Role::L2 => Layer::L2(self.data),
        }
    }

    /// The block that a parameter names: a hash, a number, a tag, or an object with one of the first two.
    pub(crate) fn block(&self, id: &Value) -> Result<Option<&'a Arc<Block>>, RpcError> {
        let invalid = || RpcError {
            code: -32602,
            message: format!("invalid argument: {id} names no block"),
        };
        let chain = self.chain();
        let found = match id {
            Value::Object(fields) => {
                let id = fields
                    .get("blockHash")
                    .or_else(|| fields.get("blockNumber"));
                return self.block(id.filter(|id| id.is_string()).ok_or_else(invalid)?);
            }
            Value::String(text) => match text.as_str() {
                "latest" | "pending" | "safe" | "finalized" => chain.by_number(self.head),
                "earliest" => chain.by_number(0),
                text if text.len() == 66 => chain.by_hash(text.parse().map_err(|_| invalid())?),
                text => {
                    let digits = text.strip_prefix("0x").ok_or_else(invalid)?;
                    let number = u64::from_str_radix(digits, 16).map_err(|_| invalid())?;
                    chain.by_number(number)
                }
            },
            _ => return Err(invalid()),
        };
        Ok(found.filter(|block| block.number() <= self.head))
    }

    /// A block that has to be there.
    fn raw(&self, id: &Value) -> Result<&'a Arc<Block>, RpcError> {
        self.block(id)?.ok_or_else(|| failed("header not found"))
    }

    fn transaction(&self, hash: &Value) -> Result<Option<(&'a Arc<Block>, usize)>, RpcError> {
        let hash: B256 = argument(hash, "the transaction hash")?;
        let found = self.chain().by_transaction(hash);
        Ok(found.filter(|(block, _)| block.number() <= self.head))
    }

    fn execute_payload(&self, parent: &Value, attributes: &Value) -> Answer {
        let hash: B256 = argument(parent, "the parent hash")?;
        let attributes: PayloadAttributes = argument(attributes, "the payload attributes")?;
        let parent = self
            .block(&json!(hash))?
            .ok_or_else(|| failed(format!("block {hash} not found")))?;
        self.not_pruned(parent)?;
        let attributes = attributes.on(hash)?;
        if let Some(known) = self.data.payload(&attributes) {
            return Ok(self.reads(known, parent));
        }
        match self.data.state.execute(&parent.header, &attributes) {
            Ok(Ok((_, reads))) => Ok(self.reads(&reads, parent)),
            Ok(Err(why)) => Err(failed(format!("failed to execute payload: {why}"))),
            Err(why) => Err(lacking(why)),
        }
    }

    fn execution_witness(&self, id: &Value) -> Answer {
        let block = self.raw(id)?;
        let parent = self.data.l2.by_hash(block.header.parent_hash);
        let parent = parent.ok_or_else(|| failed("parent not found"))?;
        self.not_pruned(parent)?;
        let reads = self.data.reads(block.hash(), block.header.parent_hash);
        let reads = reads.ok_or_else(|| {
            let number = block.number();
            lacking(format!("block {number} is not above the agreed one"))
        })?;
        Ok(self.reads(reads, parent))
    }

    /// What was read, as `{state, codes, keys, headers}`, the last header being the parent's. Nobody needs keys, so there are none.
    fn reads(&self, reads: &PayloadReads, parent: &Block) -> Arc<str> {
        let incomplete = self.options.incomplete_witness;
        let state = reads.state.iter().enumerate();
        let state = state.filter(|(index, _)| !incomplete || index % 3 != 2);
        let state: Vec<&Bytes> = state.map(|(_, node)| node).collect();
        let headers = reads.headers.iter().rev().chain([&parent.raw_header]);
        let headers: Vec<&Bytes> = headers.collect();
        let (state, headers) = (hex_array(&state), hex_array(&headers));
        let codes = hex_array(&reads.codes);
        format!("{{\"state\":{state},\"codes\":{codes},\"keys\":[],\"headers\":{headers}}}").into()
    }

    fn database(&self, key: &Value) -> Answer {
        let text: String = argument(key, "the key")?;
        let key = hex::decode(&text).map_err(|why| invalid(format!("the key: {why}")))?;
        let not_found = || failed("pebble: not found");
        let (hash, prefixed) = match (key.len(), key.first()) {
            (32, _) => (B256::from_slice(&key), false),
            (33, Some(b'c')) => (B256::from_slice(&key[1..]), true),
            _ => return Err(not_found()),
        };
        if self.options.pruned && !prefixed {
            return Err(not_found());
        }
        let value = self.data.state.preimages().state(hash);
        Ok(hex_text(&value.map_err(|_| not_found())?))
    }

    fn proof(&self, address: &Value, slots: &Value, block: &Value) -> Answer {
        let address: Address = argument(address, "the address")?;
        let keys: Vec<String> = argument(slots, "the slots")?;
        let slots: Vec<B256> = keys.iter().map(|key| slot(key)).collect::<Result<_, _>>()?;
        let block = self.raw(block)?;
        self.not_pruned(block)?;
        let root = block.header.state_root;
        let found = self.data.state.account(root, address, &slots);
        let found = found.map_err(|gap| trie_gap(root, &gap))?;
        let storage = keys
            .iter()
            .zip(&found.slots)
            .map(|(key, (value, proof))| json!({ "key": key, "value": value, "proof": proof }));
        text(&json!({
            "address": address,
            "accountProof": found.proof,
            "balance": found.account.balance,
            "codeHash": found.account.code_hash,
            "nonce": U64::from(found.account.nonce),
            "storageHash": found.account.storage_root,
            "storageProof": storage.collect::<Vec<_>>(),
        }))
    }

    fn code(&self, address: &Value, block: &Value) -> Answer {
        let address: Address = argument(address, "the address")?;
        let block = self.raw(block)?;
        self.not_pruned(block)?;
        let root = block.header.state_root;
        let found = self.data.state.account(root, address, &[]);
        let hash = found.map_err(|gap| trie_gap(root, &gap))?.account.code_hash;
        if hash == alloy_primitives::KECCAK256_EMPTY {
            return Ok(hex_text(&[]));
        }
        let code = self.data.state.preimages().get(hash);
        Ok(hex_text(
            &code.map_err(|missing| lacking(missing.to_string()))?,
        ))
    }

    fn not_pruned(&self, block: &Block) -> Result<(), RpcError> {
        let root = block.header.state_root;
        let gap = Gap {
            node: root,
            path: Vec::new(),
        };
        match self.options.pruned {
            true => Err(trie_gap(root, &gap)),
            false => Ok(()),
        }
    }
}

/// Payload attributes in the form of the engine API, with the OP Stack's extensions.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct PayloadAttributes {
    timestamp: U64,
    prev_randao: B256,
    suggested_fee_recipient: Address,
    withdrawals: Option<Vec<Value>>,
    parent_beacon_block_root: Option<B256>,
    transactions: Option<Vec<Bytes>>,
    no_tx_pool: Option<bool>,
    gas_limit: Option<U64>,
    #[serde(rename = "eip1559Params")]
    eip1559_params: Option<B64>,
    min_base_fee: Option<U64>,
}

impl PayloadAttributes {
    fn on(self, parent: B256) -> Result<Attributes, RpcError> {
        if self.no_tx_pool != Some(true) {
            return Err(failed("noTxPool is not set: there is no pool here"));
        }
        if self.withdrawals.is_some_and(|all| !all.is_empty()) {
            return Err(failed("withdrawals on L2"));
        }
        let gas_limit = self.gas_limit.ok_or_else(|| failed("no gasLimit"))?;
        Ok(Attributes {
            parent,
            time: L2Time(self.timestamp.to()),
            prev_randao: self.prev_randao,
            fee_recipient: self.suggested_fee_recipient,
            gas_limit: gas_limit.to(),
            parent_beacon_root: self.parent_beacon_block_root,
            eip1559_params: self.eip1559_params,
            min_base_fee: self.min_base_fee.map(|fee| fee.to()),
            transactions: self.transactions.unwrap_or_default(),
        })
    }
}

/// A slot's key: 32 bytes, or a number in hex.
fn slot(key: &str) -> Result<B256, RpcError> {
    let number = U256::from_str_radix(key.trim_start_matches("0x"), 16);
    let number = number.map_err(|why| invalid(format!("the slot {key}: {why}")))?;
    Ok(number.into())
}

fn argument<T: DeserializeOwned>(value: &Value, name: &str) -> Result<T, RpcError> {
    T::deserialize(value).map_err(|why| invalid(format!("{name}: {why}")))
}

fn invalid(why: String) -> RpcError {
    RpcError {
        code: -32602,
        message: format!("invalid argument: {why}"),
    }
}

fn failed(message: impl Into<String>) -> RpcError {
    RpcError {
        code: -32000,
        message: message.into(),
    }
}

/// A real node would have it.
fn lacking(why: String) -> RpcError {
    failed(format!("stand-in: {why}"))
}

/// geth's words.
fn trie_gap(root: B256, gap: &Gap) -> RpcError {
    let path: String = gap
        .path
        .iter()
        .map(|nibble| format!("{nibble:02x}"))
        .collect();
    let node = hex::encode(gap.node);
    failed(format!(
        "missing trie node {node} (path {path}) state {root} is not available, not found"
    ))
}

fn null() -> Answer {
    Ok("null".into())
}

fn text(value: &Value) -> Answer {
    Ok(value.to_string().into())
}

fn hex_array<T: AsRef<[u8]>>(items: &[T]) -> Arc<str> {
    let items: Vec<_> = items.iter().map(|item| hex_text(item.as_ref())).collect();
    array(&items)
}

//! Blocks and witnesses out of the fixtures.
#![allow(dead_code, unreachable_pub, reason = "each test uses its part")]

use alloy_consensus::Header;
use alloy_primitives::{B64, B256, Bytes, Sealed, hex, keccak256, map::HashMap};
use alloy_rlp::Decodable;
use hoike_executor::State;
use hoike_protocol::extra_data::Eip1559Params;
use hoike_protocol::{Attributes, L2Time, Rules};
use hoike_trie::{Nodes, ordered_items};
use serde_json::Value;
use std::{
    env, fs,
    path::{Path, PathBuf},
};

/// A real block to execute.
pub struct Block {
    pub rules: Rules,
    pub parent: Sealed<Header>,
    pub attributes: Attributes,
    pub expected: B256,
    pub witness: Witness,
}

impl Block {
    pub fn read(folder: &Path) -> Self {
        let json: Value =
            serde_json::from_slice(&fs::read(folder.join("fixture.json")).unwrap()).unwrap();
        let (chain, parent, payload, expected) = if let Some(config) = json.get("rollup_config") {
            let parent = header(&json["parent_header"]);
            (
                config["l2_chain_id"].as_u64().unwrap(),
                parent,
                &json["executing_payload"],
                hash(&json["expected_block_hash"]),
            )
        } else {
            let parent =
                Sealed::new(Header::decode(&mut &bytes(&json["parentHeaderRlp"])[..]).unwrap());
            let expected = keccak256(bytes(&json["expectedHeaderRlp"]));
            (
                json["chainId"].as_u64().unwrap(),
                parent,
                &json["payloadAttributes"],
                expected,
            )
        };
        let attributes = Attributes {
            parent: parent.hash(),
            time: L2Time(quantity(&payload["timestamp"]).unwrap()),
            prev_randao: hash(&payload["prevRandao"]),
            fee_recipient: payload["suggestedFeeRecipient"]
                .as_str()
                .unwrap()
                .parse()
                .unwrap(),
            gas_limit: quantity(&payload["gasLimit"]).unwrap(),
            parent_beacon_root: payload["parentBeaconBlockRoot"]
                .as_str()
                .map(|root| root.parse().unwrap()),
            eip1559_params: payload["eip1559Params"]
                .as_str()
                .map(|params| params.parse::<B64>().unwrap()),
            min_base_fee: payload["minBaseFee"].as_u64(),
            transactions: payload["transactions"]
                .as_array()
                .unwrap()
                .iter()
                .map(bytes)
                .collect(),
        };
        let witness = Witness::read(&folder.join("witness.kv.zst"));
        Self {
            rules: hoike_registry::rules(chain).unwrap(),
            parent,
            attributes,
            expected,
            witness,
        }
    }
}

/// Nodes, code and headers by hash.
#[derive(Clone, Debug, Default)]
pub struct Witness(pub HashMap<B256, Bytes>);

impl Witness {
    pub fn read(path: &Path) -> Self {
        let raw = Bytes::from(zstd::decode_all(fs::File::open(path).unwrap()).unwrap());
        let mut entries = HashMap::default();
        let mut rest = 0;
        while rest < raw.len() {
            let key = B256::from_slice(&raw[rest..rest + 32]);
            let length = u32::from_le_bytes(raw[rest + 32..rest + 36].try_into().unwrap()) as usize;
            entries.insert(key, raw.slice(rest + 36..rest + 36 + length));
            rest += 36 + length;
        }
        Self(entries)
    }

    fn get(&self, hash: B256) -> Result<Bytes, Missing> {
        self.0.get(&hash).cloned().ok_or(Missing(hash))
    }
}

/// What a witness does not have.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Missing(pub B256);

impl std::fmt::Display for Missing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} is missing", self.0)
    }
}

impl std::error::Error for Missing {}

impl Nodes for Witness {
    type Error = Missing;

    fn node(&mut self, hash: B256) -> Result<Bytes, Missing> {
        self.get(hash)
    }
}

impl State for Witness {
    fn code(&mut self, hash: B256) -> Result<Bytes, Missing> {
        self.get(hash)
    }

    fn header(&mut self, hash: B256) -> Result<Header, Missing> {
        Ok(Header::decode(&mut &self.get(hash)?[..]).unwrap())
    }
}

/// The folder of the fixtures.
pub fn fixtures() -> PathBuf {
    let project = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    env::var_os("HOIKE_FIXTURES").map_or_else(|| project.join("../shared/fixtures"), PathBuf::from)
}

/// Folders of real blocks.
pub fn folders() -> Vec<PathBuf> {
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data");
    let mut folders = subfolders(&fixtures().join("executor"));
    folders.extend(subfolders(&own));
    folders
}

/// Folders inside a folder; none, with a message, where it does not exist.
pub fn subfolders(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else {
        eprintln!("skipped: no {}", folder.display());
        return Vec::new();
    };
    let mut folders: Vec<_> = entries
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir())
        .collect();
    folders.sort();
    folders
}

/// The cases of a vector file; `None`, with a message, where it does not exist.
pub fn vector(name: &str) -> Option<Vec<Value>> {
    let path = fixtures().join("vectors").join(name);
    let Ok(json) = fs::read(&path) else {
        eprintln!("skipped: no {}", path.display());
        return None;
    };
    let file: Value = serde_json::from_slice(&json).unwrap();
    Some(file["cases"].as_array().unwrap().clone())
}

/// A whole chain out of a claim folder, and all of its state.
pub struct Chain {
    pub name: String,
    pub rules: Rules,
    /// Genesis and what follows, with the attributes that make each.
    pub blocks: Vec<(Sealed<Header>, Attributes)>,
    /// Preimages by the last 31 bytes of their hashes.
    pub witness: Preimages,
}

impl Chain {
    /// `None` for folders that hold no whole chain.
    pub fn read(folder: &Path) -> Option<Self> {
        let truth = fs::read(folder.join("truth.json")).ok()?;
        let truth: Value = serde_json::from_slice(&truth).unwrap();
        let read = |name: &str| fs::read(folder.join(name)).unwrap();
        let rollup = hoike_registry::json::rollup_config(&read("rollup.json")).unwrap();
        let l1 = hoike_registry::json::l1_config_json(&read("l1-genesis.json")).unwrap();
        let rules = Rules {
            rollup,
            l1,
            variants: Default::default(),
        };
        let mut witness = Preimages::default();
        for (key, value) in Witness::read(&folder.join("witness.kv.zst")).0 {
            if key[0] == 2 {
                witness.0.insert(tail(key), value);
            }
        }
        let mut blocks = Vec::new();
        for block in truth["blocks"].as_array().unwrap() {
            let block_hash = hash(&block["hash"]);
            let header = witness.header(block_hash).unwrap();
            let transactions = ordered_items(header.transactions_root, &mut witness).unwrap();
            let view = rules.at_l2(L2Time(header.timestamp));
            let params = Eip1559Params::decode(&header.extra_data, view.extra_data);
            let params = if header.number == 0 {
                None
            } else {
                params.unwrap()
            };
            let attributes = Attributes {
                parent: header.parent_hash,
                time: L2Time(header.timestamp),
                prev_randao: header.mix_hash,
                fee_recipient: header.beneficiary,
                gas_limit: header.gas_limit,
                parent_beacon_root: header.parent_beacon_block_root,
                eip1559_params: params.map(|params| params.attribute_params()),
                min_base_fee: params
                    .filter(|_| view.min_base_fee())
                    .map(|p| p.min_base_fee),
                transactions,
            };
            blocks.push((Sealed::new_unchecked(header, block_hash), attributes));
        }
        let name = folder.file_name().unwrap().to_string_lossy().into_owned();
        Some(Self {
            name,
            rules,
            blocks,
            witness,
        })
    }
}

/// Preimages as a fault proof program has them: the first byte of a key is not the hash's.
#[derive(Clone, Debug, Default)]
pub struct Preimages(HashMap<B256, Bytes>);

fn tail(mut hash: B256) -> B256 {
    hash.0[0] = 0;
    hash
}

impl Nodes for Preimages {
    type Error = Missing;

    fn node(&mut self, hash: B256) -> Result<Bytes, Missing> {
        self.0.get(&tail(hash)).cloned().ok_or(Missing(hash))
    }
}

impl State for Preimages {
    fn code(&mut self, hash: B256) -> Result<Bytes, Missing> {
        self.node(hash)
    }

    fn header(&mut self, hash: B256) -> Result<Header, Missing> {
        Ok(Header::decode(&mut &self.node(hash)?[..]).unwrap())
    }
}

pub fn bytes(value: &Value) -> Bytes {
    hex::decode(value.as_str().unwrap()).unwrap().into()
}

pub fn hash(value: &Value) -> B256 {
    value.as_str().unwrap().parse().unwrap()
}

pub fn quantity(value: &Value) -> Option<u64> {
    value
        .as_u64()
        .or_else(|| u64::from_str_radix(value.as_str()?.trim_start_matches("0x"), 16).ok())
}

/// A header in its JSON-RPC form.
fn header(json: &Value) -> Sealed<Header> {
    let field = |name: &str| json.get(name).filter(|value| !value.is_null());
    let number = |name: &str| field(name).and_then(quantity);
    let hash_of = |name: &str| field(name).map(hash);
    Sealed::new(Header {
        parent_hash: hash_of("parentHash").unwrap(),
        ommers_hash: hash_of("sha3Uncles").unwrap(),
        beneficiary: json["miner"].as_str().unwrap().parse().unwrap(),
        state_root: hash_of("stateRoot").unwrap(),
        transactions_root: hash_of("transactionsRoot").unwrap(),
        receipts_root: hash_of("receiptsRoot").unwrap(),
        logs_bloom: json["logsBloom"].as_str().unwrap().parse().unwrap(),
        number: number("number").unwrap(),
        gas_limit: number("gasLimit").unwrap(),
        gas_used: number("gasUsed").unwrap(),
        timestamp: number("timestamp").unwrap(),
        extra_data: bytes(&json["extraData"]),
        mix_hash: hash_of("mixHash").unwrap(),
        nonce: json["nonce"].as_str().unwrap().parse().unwrap(),
        base_fee_per_gas: number("baseFeePerGas"),
        withdrawals_root: hash_of("withdrawalsRoot"),
        blob_gas_used: number("blobGasUsed"),
        excess_blob_gas: number("excessBlobGas"),
        parent_beacon_block_root: hash_of("parentBeaconBlockRoot"),
        requests_hash: hash_of("requestsHash"),
        ..Header::default()
    })
}

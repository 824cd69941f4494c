//! Real blocks: every folder of the fixtures' `executor/`, and the one in the repository.

use alloy_consensus::Header;
use alloy_primitives::{B64, B256, Bytes, Sealed, hex, keccak256, map::HashMap};
use alloy_rlp::Decodable;
use hoike_executor::{Executor, PureRust, State};
use hoike_protocol::{Attributes, L2Time};
use hoike_trie::Nodes;
use serde_json::Value;
use std::{
    env, fs,
    path::{Path, PathBuf},
};

#[test]
fn every_block_has_its_hash() {
    let folders = folders();
    assert!(!folders.is_empty());
    for folder in folders {
        let block = Block::read(&folder);
        let mut executor = Executor::new(block.rules.clone(), block.witness.clone());
        let executed = executor
            .execute(&block.parent, &block.attributes, &mut PureRust)
            .unwrap()
            .unwrap();
        assert_eq!(
            executed.header.hash(),
            block.expected,
            "{}: {:#?}",
            folder.display(),
            executed.header
        );
    }
}

struct Block {
    rules: hoike_protocol::Rules,
    parent: Sealed<Header>,
    attributes: Attributes,
    expected: B256,
    witness: Witness,
}

impl Block {
    fn read(folder: &Path) -> Self {
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

#[derive(Clone, Debug)]
struct Witness(HashMap<B256, Bytes>);

impl Witness {
    fn read(path: &Path) -> Self {
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

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Missing(B256);

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

fn folders() -> Vec<PathBuf> {
    let project = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let root = env::var_os("HOIKE_FIXTURES")
        .map_or_else(|| project.join("../shared/fixtures"), PathBuf::from);
    let mut folders: Vec<PathBuf> = [
        root.join("executor"),
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data"),
    ]
    .iter()
    .filter_map(|folder| {
        fs::read_dir(folder)
            .inspect_err(|_| eprintln!("skipped: no {}", folder.display()))
            .ok()
    })
    .flatten()
    .map(|entry| entry.unwrap().path())
    .filter(|path| path.join("fixture.json").is_file())
    .collect();
    folders.sort();
    folders
}

fn bytes(value: &Value) -> Bytes {
    hex::decode(value.as_str().unwrap()).unwrap().into()
}

fn hash(value: &Value) -> B256 {
    value.as_str().unwrap().parse().unwrap()
}

fn quantity(value: &Value) -> Option<u64> {
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

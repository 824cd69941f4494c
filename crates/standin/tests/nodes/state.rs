//! State: payloads can be executed with what they are said to read, and proofs hold.

use crate::{
    blocks::bytes,
    chains,
    client::{call, error},
};
use alloy_consensus::Header;
use alloy_primitives::{
    Address, B64, B256, Bytes, Sealed, U64, U256, address, keccak256, map::B256Map,
};
use alloy_rlp::Decodable;
use alloy_rpc_types_eth::{self as rpc, EIP1186AccountProofResponse};
use alloy_trie::{EMPTY_ROOT_HASH, Nibbles, TrieAccount, proof::verify_proof};
use hoike_executor::{Executor, NoAnswer, PureRust, State};
use hoike_protocol::{Attributes, L2Time, Rules};
use hoike_standin::{Data, Options, Profile, Standin};
use hoike_trie::Nodes;
use serde_json::{Value, from_value, json};

#[test]
fn payloads_execute_on_what_they_are_said_to_read() {
    for (name, data) in chains() {
        let nodes = Standin::serve(&data, Options::default()).expect("nodes");
        let url = nodes.l2();
        for number in data.agreed().number + 1..=data.l2_head() {
            let (header, attributes) = built(url, &data, number);
            let parent = header_of(url, number - 1);
            let params = json!([attributes.parent, payload(&attributes)]);
            let reads = call(url, "debug_executePayload", params);
            assert_eq!(
                execute(&data, &parent, &attributes, &reads),
                Ok(header.hash())
            );

            let witness = call(url, "debug_executionWitness", json!([U64::from(number)]));
            assert_eq!(
                execute(&data, &parent, &attributes, &witness),
                Ok(header.hash())
            );
            let headers: Vec<Bytes> = from_value(witness["headers"].clone()).expect("headers");
            assert_eq!(
                headers.last().map(keccak256),
                Some(parent.hash()),
                "{name} {number}"
            );
        }
    }
}

/// The same block without its user transactions is another block, which nobody has executed before.
#[test]
fn other_attributes_are_executed_as_well() {
    let data = crate::example();
    let nodes = Standin::serve(data, Options::default()).expect("nodes");
    let (header, attributes) = built(nodes.l2(), data, data.l2_head());
    let parent = header_of(nodes.l2(), data.agreed().number);
    let other = attributes.deposits_only();
    assert!(other.transactions.len() < attributes.transactions.len());
    let params = json!([other.parent, payload(&other)]);
    let reads = call(nodes.l2(), "debug_executePayload", params);
    let hash = execute(data, &parent, &other, &reads).expect("a block");
    assert_ne!(hash, header.hash());
    let invalid = Attributes {
        gas_limit: 0,
        ..attributes
    };
    let params = json!([invalid.parent, payload(&invalid)]);
    let (code, why) = error(nodes.l2(), "debug_executePayload", params);
    assert!(code == -32000 && why.contains("failed to execute"), "{why}");
}

#[test]
fn an_incomplete_witness_is_not_enough_and_single_nodes_are() {
    let data = crate::example();
    let options = Options {
        incomplete_witness: true,
        ..Options::default()
    };
    let nodes = Standin::serve(data, options).expect("nodes");
    let (header, attributes) = built(nodes.l2(), data, data.l2_head());
    let parent = header_of(nodes.l2(), data.agreed().number);
    let params = json!([attributes.parent, payload(&attributes)]);
    let mut reads = call(nodes.l2(), "debug_executePayload", params);
    let mut fetched = 0;
    loop {
        match execute(data, &parent, &attributes, &reads) {
            Ok(hash) => {
                assert_eq!(hash, header.hash());
                break;
            }
            Err(missing) => {
                let node = call(nodes.l2(), "debug_dbGet", json!([missing]));
                let state = reads["state"].as_array_mut().expect("nodes");
                state.push(node);
                fetched += 1;
            }
        }
    }
    assert!(fetched > 0);
}

#[test]
fn proofs_hold_at_the_agreed_block_and_above() {
    for (name, data) in chains() {
        let nodes = Standin::serve(&data, Options::default()).expect("nodes");
        let number = U64::from(data.l2_head());
        let block = json!({ "blockHash": header_of(nodes.l2(), data.l2_head()).hash() });
        let agreed = json!(data.agreed().hash);
        let (mut code, mut value) = (0, 0);
        for (address, slots) in [
            (
                L1_BLOCK,
                json!(["0x0", B256::with_last_byte(1), B256::with_last_byte(3)]),
            ),
            (MESSAGE_PASSER, json!([])),
        ] {
            for block in [&json!(number), &block, &agreed] {
                let header = call(nodes.l2(), "debug_getRawHeader", json!([by_hash(block)]));
                let header = Header::decode(&mut &bytes(&header)[..]).expect("a header");
                let params = json!([address, slots, block]);
                let found = call(nodes.l2(), "eth_getProof", params);
                let found: EIP1186AccountProofResponse = from_value(found).expect("a proof");
                check(&name, header.state_root, &found);
                value += found
                    .storage_proof
                    .iter()
                    .filter(|slot| !slot.value.is_zero())
                    .count();
                if found.code_hash != keccak256([]) {
                    let params = json!([address, block]);
                    let reply = crate::client::reply(nodes.l2(), "eth_getCode", params);
                    // The example's witness has only what was run.
                    if let Some(found_code) = reply.get("result") {
                        assert_eq!(keccak256(bytes(found_code)), found.code_hash);
                        let key = [b"c", &found.code_hash[..]].concat();
                        let params = json!([Bytes::from(key)]);
                        assert_eq!(call(nodes.l2(), "debug_dbGet", params), *found_code);
                        code += 1;
                    }
                }
            }
        }
        assert!(code > 0 && value > 0, "{name}: {code} codes, {value} slots");
    }
}

/// What does not exist is proven to be absent.
#[test]
fn absence_is_proven() {
    let Some(folder) = crate::fixture("isthmus-fees") else {
        return;
    };
    let data = crate::data(&folder, 0);
    let nodes = Standin::serve(&data, Options::default()).expect("nodes");
    let nobody = address!("00000000000000000000000000000000deadbeef");
    let root = header_of(nodes.l2(), data.l2_head()).state_root;
    let found = call(
        nodes.l2(),
        "eth_getProof",
        json!([nobody, ["0x1"], "latest"]),
    );
    let found: EIP1186AccountProofResponse = from_value(found).expect("a proof");
    assert!(!found.account_proof.is_empty());
    let key = Nibbles::unpack(keccak256(nobody));
    verify_proof(root, key, None, &found.account_proof).expect("a proof of absence");
    assert_eq!(
        (found.storage_hash, found.balance),
        (EMPTY_ROOT_HASH, U256::ZERO)
    );
}

#[test]
fn headers_and_lists_are_in_no_state_database() {
    let data = crate::example();
    let nodes = Standin::serve(data, Options::default()).expect("nodes");
    let header = header_of(nodes.l2(), data.agreed().number);
    for hash in [
        header.hash(),
        header.transactions_root,
        data.claim().l1_head,
    ] {
        let (code, _) = error(nodes.l2(), "debug_dbGet", json!([hash]));
        assert_eq!(code, -32000);
    }
    let root = bytes(&call(nodes.l2(), "debug_dbGet", json!([header.state_root])));
    assert_eq!(keccak256(root), header.state_root);
}

#[test]
fn a_pruned_node_has_blocks_and_no_state() {
    let data = crate::example();
    let options = Options {
        pruned: true,
        ..Options::default()
    };
    let nodes = Standin::serve(data, options).expect("nodes");
    let (_, attributes) = built(nodes.l2(), data, data.l2_head());
    for (method, params) in [
        ("eth_getProof", json!([L1_BLOCK, [], "latest"])),
        ("eth_getCode", json!([L1_BLOCK, "latest"])),
        ("debug_executionWitness", json!(["latest"])),
        (
            "debug_executePayload",
            json!([attributes.parent, payload(&attributes)]),
        ),
    ] {
        let (code, why) = error(nodes.l2(), method, params);
        assert_eq!(code, -32000);
        assert!(why.starts_with("missing trie node"), "{method}: {why}");
        assert!(why.contains("is not available"), "{method}: {why}");
    }
}

#[test]
fn clients_lack_what_they_lack() {
    let methods = [
        "debug_executePayload",
        "debug_executionWitness",
        "debug_dbGet",
        "debug_getRawTransaction",
    ];
    for (profile, has) in [
        (Profile::OpGeth, [true, true, true, true]),
        (Profile::OpReth, [true, true, false, true]),
        (Profile::Nethermind, [false, true, false, true]),
        (Profile::Erigon, [true, false, false, false]),
    ] {
        let options = Options {
            profile,
            ..Options::default()
        };
        let nodes = Standin::serve(crate::example(), options).expect("nodes");
        for (method, has) in methods.into_iter().zip(has) {
            // Without parameters: the one is an invalid argument, the other no method.
            let (code, why) = error(nodes.l2(), method, json!([]));
            assert_eq!(code == -32601, !has, "{profile:?} {method}: {why}");
            assert!(has || why == format!("the method {method} does not exist/is not available"));
        }
        for method in [
            "debug_getRawHeader",
            "debug_getRawBlock",
            "debug_getRawReceipts",
        ] {
            assert!(call(nodes.l2(), method, json!(["latest"])) != Value::Null);
        }
    }
}

fn check(name: &str, root: B256, found: &EIP1186AccountProofResponse) {
    let account = TrieAccount {
        nonce: found.nonce,
        balance: found.balance,
        storage_root: found.storage_hash,
        code_hash: found.code_hash,
    };
    let key = Nibbles::unpack(keccak256(found.address));
    let leaf = Some(alloy_rlp::encode(account));
    verify_proof(root, key, leaf, &found.account_proof)
        .unwrap_or_else(|why| panic!("{name} {}: {why}", found.address));
    for slot in &found.storage_proof {
        let key = Nibbles::unpack(keccak256(slot.key.as_b256()));
        let leaf = (!slot.value.is_zero()).then(|| alloy_rlp::encode(slot.value));
        verify_proof(found.storage_hash, key, leaf, &slot.proof)
            .unwrap_or_else(|why| panic!("{name} {} {:?}: {why}", found.address, slot.key));
    }
}

fn by_hash(block: &Value) -> &Value {
    block.get("blockHash").unwrap_or(block)
}

fn header_of(url: &str, number: u64) -> Sealed<Header> {
    let raw = bytes(&call(url, "debug_getRawHeader", json!([U64::from(number)])));
    Sealed::new(Header::decode(&mut &raw[..]).expect("a header"))
}

/// A block's header, and attributes of which it is built, read from its JSON.
fn built(url: &str, data: &Data, number: u64) -> (Sealed<Header>, Attributes) {
    let block = call(
        url,
        "eth_getBlockByNumber",
        json!([U64::from(number), true]),
    );
    let header: rpc::Header = from_value(block.clone()).expect("a header");
    let header = Sealed::new(header.inner);
    let all = block["transactions"].as_array().expect("transactions");
    let raw = all.iter().map(|tx| {
        let raw = call(url, "debug_getRawTransaction", json!([tx["hash"]]));
        Bytes::from(bytes(&raw))
    });
    let view = data.rules().at_l2(L2Time(header.timestamp));
    let extra = &header.extra_data;
    let attributes = Attributes {
        parent: header.parent_hash,
        time: L2Time(header.timestamp),
        prev_randao: header.mix_hash,
        fee_recipient: header.beneficiary,
        gas_limit: header.gas_limit,
        parent_beacon_root: header.parent_beacon_block_root,
        eip1559_params: view.eip1559_params().then(|| B64::from_slice(&extra[1..9])),
        min_base_fee: view
            .min_base_fee()
            .then(|| u64::from_be_bytes(extra[9..17].try_into().expect("eight bytes"))),
        transactions: raw.collect(),
    };
    (header, attributes)
}

fn payload(attributes: &Attributes) -> Value {
    let hex = |number: u64| json!(U64::from(number));
    json!({
        "timestamp": hex(attributes.time.0),
        "prevRandao": attributes.prev_randao,
        "suggestedFeeRecipient": attributes.fee_recipient,
        "withdrawals": [],
        "parentBeaconBlockRoot": attributes.parent_beacon_root,
        "transactions": attributes.transactions,
        "noTxPool": true,
        "gasLimit": hex(attributes.gas_limit),
        "eip1559Params": attributes.eip1559_params,
        "minBaseFee": attributes.min_base_fee,
    })
}

/// Executes a payload on nothing but what was served; the block's hash, or the hash of what is missing.
fn execute(
    data: &Data,
    parent: &Sealed<Header>,
    attributes: &Attributes,
    reads: &Value,
) -> Result<B256, B256> {
    let mut preimages = B256Map::default();
    for list in ["state", "codes", "headers"] {
        let all: Option<Vec<Bytes>> = from_value(reads[list].clone()).expect("a list of bytes");
        let all = all.into_iter().flatten();
        preimages.extend(all.map(|value| (keccak256(&value), value)));
    }
    let rules: Rules = data.rules().clone();
    let mut executor = Executor::new(rules, Served(preimages));
    match executor.execute(parent, attributes, &mut PureRust) {
        Ok(outcome) => Ok(outcome.expect("a valid payload").header.hash()),
        Err(
            NoAnswer::Trie(hoike_trie::Error::Source { hash, .. })
            | NoAnswer::Code { hash, .. }
            | NoAnswer::Header { hash, .. },
        ) => Err(hash),
        Err(why) => panic!("{why}"),
    }
}

struct Served(B256Map<Bytes>);

#[derive(Debug)]
struct Missing;

impl std::fmt::Display for Missing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("it was not served")
    }
}

impl std::error::Error for Missing {}

impl Nodes for Served {
    type Error = Missing;

    fn node(&mut self, hash: B256) -> Result<Bytes, Missing> {
        self.0.get(&hash).cloned().ok_or(Missing)
    }
}

impl State for Served {
    fn code(&mut self, hash: B256) -> Result<Bytes, Missing> {
        self.node(hash)
    }

    fn header(&mut self, hash: B256) -> Result<Header, Missing> {
        Header::decode(&mut &self.node(hash)?[..]).map_err(|_| Missing)
    }
}

const L1_BLOCK: Address = address!("4200000000000000000000000000000000000015");
const MESSAGE_PASSER: Address = address!("4200000000000000000000000000000000000016");

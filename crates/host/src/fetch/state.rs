//! L2's state: in bulk for a whole block, by proofs, node by node. Whatever comes is kept under its own hash, so it can lack something and never lie.

use super::{Fetch, Nodes, parse};
use crate::net::{Call, Failure, Fault, Patience, Way};
use alloy_consensus::Header;
use alloy_primitives::{Address, B256, Bytes, Sealed, U64, U256, address, hex, keccak256};
use alloy_rlp::Decodable;
use alloy_trie::TrieAccount;
use hoike_protocol::{Attributes, L2Time, Rules, output::OutputV0, rules::Withdrawals};
use hoike_trie::Trie;
use serde::Deserialize;
use serde_json::{Value, json, value::RawValue};
use std::collections::HashMap;

/// What of the state is read.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct StateRead {
    /// The account.
    pub address: Address,
    /// A slot of it, if not the account alone.
    pub slot: Option<U256>,
}

#[derive(Deserialize)]
struct Witness {
    state: Vec<Bytes>,
    #[serde(default)]
    codes: Vec<Bytes>,
    #[serde(default)]
    headers: Vec<Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Proof {
    account_proof: Vec<Bytes>,
    #[serde(default)]
    storage_proof: Vec<SlotProof>,
}

#[derive(Deserialize)]
struct SlotProof {
    proof: Vec<Bytes>,
}

impl Fetch {
    /// What executing these attributes reads, if a node says it; `number` is that of the block as the node's own chain has it, if it does.
    ///
    /// # Errors
    /// No node does, within a few attempts.
    pub async fn execution_witness(
        &self,
        parent: &Sealed<Header>,
        attributes: &Value,
        number: Option<u64>,
    ) -> Result<Nodes, Failure> {
        let root = parent.state_root;
        let mut ways = vec![Way::new(
            Call::rpc("debug_executePayload", json!([parent.hash(), attributes])),
            move |raw| witness(raw, root),
        )];
        if let Some(number) = number {
            let call = Call::rpc("debug_executionWitness", json!([U64::from(number)]));
            ways.push(Way::new(call, move |raw| witness(raw, root)));
        }
        self.l2.ask(&ways, Patience::Rounds(3)).await
    }

    /// Proofs of accounts and slots in the state of a block.
    ///
    /// # Errors
    /// They cannot be had.
    pub async fn proofs(
        &self,
        block: &Sealed<Header>,
        reads: &[StateRead],
        patience: Patience,
    ) -> Result<Nodes, Failure> {
        let mut by_account: Vec<(Address, Vec<U256>)> = Vec::new();
        for read in reads {
            let index = match by_account.iter().position(|(a, _)| *a == read.address) {
                Some(index) => index,
                None => {
                    by_account.push((read.address, Vec::new()));
                    by_account.len() - 1
                }
            };
            by_account[index].1.extend(read.slot);
        }
        let way = |account: &(Address, Vec<U256>)| {
            let (address, slots) = account.clone();
            let keys: Vec<B256> = slots.iter().map(|slot| (*slot).into()).collect();
            let call = Call::rpc("eth_getProof", json!([address, keys, block.hash()]));
            let root = block.state_root;
            Way::new(call, move |raw| proof(raw, root, address, &slots))
        };
        let ways: Vec<_> = by_account.iter().map(way).collect();
        let found = self.l2.ask_together(&ways, PROOFS_IN_BATCH).await;
        let mut nodes = Vec::new();
        for (way, found) in ways.into_iter().zip(found) {
            nodes.extend(match found {
                Some(proof) => proof.0,
                None => self.l2.ask(&[way], patience).await?.0,
            });
        }
        Ok(nodes)
    }

    /// A node of a state or storage trie.
    ///
    /// # Errors
    /// No node hands out single ones, or has this one.
    pub async fn node(&self, hash: B256) -> Result<Bytes, Failure> {
        self.l2.ask(&[db_get(&hash, &[])], Patience::Endless).await
    }

    /// Whether single nodes may be had.
    pub fn has_nodes(&self) -> bool {
        self.l2.may_have("debug_dbGet")
    }

    /// Code by its hash, out of a node's database.
    ///
    /// # Errors
    /// It cannot be had.
    pub async fn code(&self, hash: B256) -> Result<Bytes, Failure> {
        // geth keeps code under a prefix, older versions did not.
        let ways = [db_get(&hash, b"c"), db_get(&hash, &[])];
        self.l2.ask(&ways, Patience::Endless).await
    }

    /// Code by its account, which every node has.
    ///
    /// # Errors
    /// It cannot be had.
    pub async fn code_of(
        &self,
        address: Address,
        block: B256,
        hash: B256,
    ) -> Result<Bytes, Failure> {
        // Not all nodes take a hash in the place of a number.
        let at = json!({ "blockHash": block });
        let call = Call::rpc("eth_getCode", json!([address, at]));
        let way = [Way::new(call, |raw| of_hash(parse(raw)?, &hash))];
        self.l2.ask(&way, Patience::Endless).await
    }

    /// The preimage of the output root of a block, and the nodes that it was read from: none where the block's own header has it all. Spec: `protocol/proposals.md`, "L2 Output Commitment Construction".
    ///
    /// # Errors
    /// The message passer's storage root cannot be had.
    pub async fn output(
        &self,
        block: &Sealed<Header>,
        rules: &Rules,
        most: Patience,
    ) -> Result<(OutputV0, Nodes), Failure> {
        let rules = rules.at_l2(L2Time(block.timestamp));
        let in_header = rules.withdrawals == Withdrawals::MessagePasser;
        let (message_passer_root, nodes) = match (in_header, block.withdrawals_root) {
            (true, Some(root)) => (root, Vec::new()),
            (true, None) => {
                let hash = block.hash();
                return Err(Failure::Other(format!(
                    "block {hash} has no withdrawals root, which its fork demands"
                )));
            }
            (false, _) => {
                let root = block.state_root;
                let call = Call::rpc(
                    "eth_getProof",
                    json!([MESSAGE_PASSER, Vec::<B256>::new(), block.hash()]),
                );
                let way = [Way::new(call, |raw| proof(raw, root, MESSAGE_PASSER, &[]))];
                let (nodes, storage_root) = self.l2.ask(&way, most).await?;
                (storage_root, nodes)
            }
        };
        let output = OutputV0 {
            state_root: block.state_root,
            message_passer_root,
            block_hash: block.hash(),
        };
        Ok((output, nodes))
    }
}

/// Payload attributes as the engine API writes them. Spec: `protocol/exec-engine.md`, "Extended PayloadAttributesV3" and later ones.
pub(crate) fn attributes_json(attributes: &Attributes, rules: &Rules) -> Value {
    let mut json = json!({
        "timestamp": U64::from(attributes.time.0),
        "prevRandao": attributes.prev_randao,
        "suggestedFeeRecipient": attributes.fee_recipient,
        "transactions": attributes.transactions,
        "noTxPool": true,
        "gasLimit": U64::from(attributes.gas_limit),
    });
    if rules.at_l2(attributes.time).withdrawals != Withdrawals::None {
        json["withdrawals"] = json!([]);
    }
    if let Some(root) = attributes.parent_beacon_root {
        json["parentBeaconBlockRoot"] = json!(root);
    }
    if let Some(params) = attributes.eip1559_params {
        json["eip1559Params"] = json!(params);
    }
    if let Some(fee) = attributes.min_base_fee {
        json["minBaseFee"] = json!(U64::from(fee));
    }
    json
}

fn witness(raw: &RawValue, root: B256) -> Result<Nodes, Fault> {
    let witness: Witness = parse(raw)?;
    // Older nodes give headers as RLP, newer ones as objects; those are not needed as preimages.
    let headers = witness.headers.iter().filter_map(|header| {
        let text = header.as_str()?;
        hex::decode(text).ok().map(Bytes::from)
    });
    let nodes: Nodes = witness
        .state
        .into_iter()
        .chain(witness.codes)
        .chain(headers)
        .map(|value| (keccak256(&value), value))
        .collect();
    if nodes.iter().any(|(hash, _)| *hash == root) {
        return Ok(nodes);
    }
    Err(Fault::wrong(format_args!(
        "a witness without the state root {root}"
    )))
}

/// The nodes of a proof that leads from the root to everything it is about, and the account's storage root.
fn proof(
    raw: &RawValue,
    root: B256,
    address: Address,
    slots: &[U256],
) -> Result<(Nodes, B256), Fault> {
    let proof: Proof = parse(raw)?;
    let nodes: HashMap<B256, Bytes> = proof
        .account_proof
        .into_iter()
        .chain(proof.storage_proof.into_iter().flat_map(|slot| slot.proof))
        .map(|node| (keccak256(&node), node))
        .collect();
    let mut source = ProofNodes(&nodes);
    let gap =
        |why: hoike_trie::Error<Gap>| Fault::wrong(format_args!("a proof of {address}: {why}"));
    let account = Trie::new(root)
        .get(&mut source, &keccak256(address))
        .map_err(gap)?;
    let storage_root = match account {
        Some(account) => {
            let account = TrieAccount::decode(&mut &account[..]).map_err(Fault::wrong)?;
            account.storage_root
        }
        None => hoike_trie::EMPTY_ROOT,
    };
    let mut storage = Trie::new(storage_root);
    for slot in slots {
        let path = keccak256(B256::from(*slot));
        storage.get(&mut source, &path).map_err(gap)?;
    }
    Ok((nodes.into_iter().collect(), storage_root))
}

struct ProofNodes<'a>(&'a HashMap<B256, Bytes>);

#[derive(Debug, thiserror::Error)]
#[error("it does not have node {0}")]
struct Gap(B256);

impl hoike_trie::Nodes for ProofNodes<'_> {
    type Error = Gap;

    fn node(&mut self, hash: B256) -> Result<Bytes, Gap> {
        self.0.get(&hash).cloned().ok_or(Gap(hash))
    }
}

fn db_get<'a>(hash: &B256, prefix: &[u8]) -> Way<'a, Bytes> {
    let key = Bytes::from([prefix, hash.as_slice()].concat());
    let hash = *hash;
    let call = Call::rpc("debug_dbGet", json!([key]));
    Way::new(call, move |raw| of_hash(parse(raw)?, &hash))
}

fn of_hash(value: Bytes, hash: &B256) -> Result<Bytes, Fault> {
    let got = keccak256(&value);
    if got == *hash {
        return Ok(value);
    }
    Err(Fault::wrong(format_args!("it hashes to {got}, not {hash}")))
}

/// Account whose storage holds the withdrawals. Spec: `protocol/predeploys.md`.
const MESSAGE_PASSER: Address = address!("4200000000000000000000000000000000000016");
const PROOFS_IN_BATCH: usize = 50;

//! The L2 state: of the agreed block out of the witness, of later blocks by executing them.

use crate::{
    preimages::{Missing, Preimages},
    tries::{Gap, leaves, prove},
};
use alloy_consensus::Header;
use alloy_primitives::{
    Address, B256, Bytes, KECCAK256_EMPTY, Sealed, U256, keccak256,
    map::{B256Map, B256Set},
};
use alloy_rlp::Decodable;
use alloy_trie::{EMPTY_ROOT_HASH, TrieAccount};
use hoike_executor::{Executed, Executor, InvalidPayload};
use hoike_native::Native;
use hoike_protocol::{Attributes, Rules};
use hoike_trie::Nodes;

/// Everything that building a block has read.
#[derive(Clone, Debug, Default)]
pub(crate) struct PayloadReads {
    /// Nodes of the state's tries, in the order of reading.
    pub(crate) state: Vec<Bytes>,
    pub(crate) codes: Vec<Bytes>,
    /// RLP of headers below the parent, for BLOCKHASH.
    pub(crate) headers: Vec<Bytes>,
}

/// An account at a block, with proofs.
#[derive(Clone, Debug)]
pub(crate) struct AccountProof {
    pub(crate) account: TrieAccount,
    pub(crate) proof: Vec<Bytes>,
    /// Value and proof of each slot that was asked for.
    pub(crate) slots: Vec<(U256, Vec<Bytes>)>,
}

/// Executes, and proves.
#[derive(Debug)]
pub(crate) struct State {
    rules: Rules,
    preimages: Preimages,
    /// Nodes below which everything was looked at while new state was collected.
    visited: B256Set,
}

impl State {
    pub(crate) fn new(rules: Rules, preimages: Preimages) -> Self {
        Self {
            rules,
            preimages,
            visited: B256Set::default(),
        }
    }

    pub(crate) const fn rules(&self) -> &Rules {
        &self.rules
    }

    pub(crate) const fn preimages(&self) -> &Preimages {
        &self.preimages
    }

    /// Executes attributes on a parent whose state is at hand, and says what that has read.
    ///
    /// # Errors
    /// The outer one: something that is needed is not there. The inner one: the payload is invalid.
    pub(crate) fn execute(
        &self,
        parent: &Sealed<Header>,
        attributes: &Attributes,
    ) -> Result<Result<(Executed, PayloadReads), InvalidPayload>, String> {
        let mut executor = Executor::new(self.rules.clone(), Recorder::new(&self.preimages));
        let outcome = executor
            .execute(parent, attributes, &mut Native::new())
            .map_err(|why| why.to_string())?;
        let reads = executor.state_mut().take();
        Ok(outcome.map(|executed| (executed, reads)))
    }

    /// Executes a block of the claim again, by itself, and keeps the state it makes.
    pub(crate) fn extend(
        &mut self,
        parent: &Sealed<Header>,
        attributes: &Attributes,
        expected: &Executed,
    ) -> Result<PayloadReads, String> {
        let mut executor = Executor::new(self.rules.clone(), Recorder::new(&self.preimages));
        let number = expected.header.number;
        let executed = executor
            .execute(parent, attributes, &mut Native::new())
            .map_err(|why| format!("block {number} does not execute by itself: {why}"))?
            .map_err(|why| format!("block {number} is invalid by itself: {why}"))?;
        if executed.header.hash() != expected.header.hash() {
            return Err(format!("block {number} is another one by itself"));
        }
        let reads = executor.state_mut().take();

        let mut made = B256Map::default();
        let visited = &mut self.visited;
        let mut node = |hash, executor: &mut Executor<Recorder<'_>>| {
            if visited.contains(&hash) {
                return None;
            }
            let raw = executor.nodes().node(hash).ok()?;
            visited.insert(hash);
            made.insert(hash, raw.clone());
            Some(raw)
        };
        let mut codes = Vec::new();
        for leaf in leaves(executed.header.state_root, |hash| node(hash, &mut executor)) {
            let Ok(account) = TrieAccount::decode(&mut &leaf[..]) else {
                continue;
            };
            leaves(account.storage_root, |hash| node(hash, &mut executor));
            codes.push(account.code_hash);
        }
        for hash in codes {
            if hash != KECCAK256_EMPTY
                && let Ok(code) = executor.code(hash)
            {
                made.insert(hash, code);
            }
        }
        drop(executor);
        for (hash, value) in made {
            if self.preimages.get(hash).is_err() {
                self.preimages.keep(hash, value);
            }
        }
        Ok(reads)
    }

    /// An account of a state, with proofs of it and of slots. What does not exist is proven to be empty.
    pub(crate) fn account(
        &self,
        state_root: B256,
        address: Address,
        slots: &[B256],
    ) -> Result<AccountProof, Gap> {
        let node = |hash| self.preimages.get(hash).ok();
        let (proof, leaf) = prove(state_root, keccak256(address), node)?;
        let account = leaf
            .and_then(|leaf| TrieAccount::decode(&mut &leaf[..]).ok())
            .unwrap_or(TrieAccount {
                nonce: 0,
                balance: U256::ZERO,
                storage_root: EMPTY_ROOT_HASH,
                code_hash: KECCAK256_EMPTY,
            });
        let slots = slots.iter().map(|slot| {
            let (proof, leaf) = prove(account.storage_root, keccak256(slot), node)?;
            let value = leaf.and_then(|leaf| U256::decode(&mut &leaf[..]).ok());
            Ok((value.unwrap_or_default(), proof))
        });
        Ok(AccountProof {
            proof,
            slots: slots.collect::<Result<_, _>>()?,
            account,
        })
    }
}

/// Notes what is read.
#[derive(Debug)]
struct Recorder<'a> {
    preimages: &'a Preimages,
    reads: PayloadReads,
}

impl<'a> Recorder<'a> {
    fn new(preimages: &'a Preimages) -> Self {
        Self {
            preimages,
            reads: PayloadReads::default(),
        }
    }

    fn take(&mut self) -> PayloadReads {
        std::mem::take(&mut self.reads)
    }
}

impl Nodes for Recorder<'_> {
    type Error = Missing;

    fn node(&mut self, hash: B256) -> Result<Bytes, Missing> {
        let node = self.preimages.get(hash)?;
        self.reads.state.push(node.clone());
        Ok(node)
    }
}

impl hoike_executor::State for Recorder<'_> {
    fn code(&mut self, hash: B256) -> Result<Bytes, Missing> {
        let code = self.preimages.get(hash)?;
        self.reads.codes.push(code.clone());
        Ok(code)
    }

    fn header(&mut self, hash: B256) -> Result<Header, Missing> {
        let raw = self.preimages.get(hash)?;
        let header = Header::decode(&mut &raw[..]).map_err(|_| Missing(hash))?;
        self.reads.headers.push(raw);
        Ok(header)
    }
}

//! Where no node gives state in bulk: blocks are executed here, ahead of whoever will, and every account and slot that is read is fetched with its
//! proof. All proofs are of the agreed block's state: what a later block reads and the agreed one does not have was made by a block in between.

use super::{Online, OnlineError, items::Item};
use crate::{
    fetch::{Layer, StateRead, decode_header},
    kept::Kept,
    net::Patience,
    store::StoreError,
};
use alloy_consensus::{Header, Transaction, TxEnvelope, transaction::SignerRecoverable};
use alloy_eips::eip2718::Decodable2718;
use alloy_primitives::{Address, B256, Bytes, Sealed, TxKind, U256, address, map::HashSet};
use hoike_executor::{Executor, State};
use hoike_native::Native;
use hoike_preimage::PreimageKey;
use hoike_protocol::{Attributes, Rules, attributes::DEPOSIT_TX_TYPE};
use hoike_trie::Nodes;
use op_alloy_consensus::OpTxEnvelope;
use std::sync::{Arc, PoisonError};

/// What is executed ahead.
#[derive(Debug)]
pub(super) struct Discovery {
    /// The blocks that the program builds, in its order.
    steps: Vec<(Sealed<Header>, Attributes)>,
    /// So many of them are executed here.
    done: usize,
    rules: Rules,
    /// Keeps what the blocks so far have made.
    executor: Option<Executor<Source>>,
    asked: HashSet<StateRead>,
}

impl Discovery {
    pub(super) fn new(rules: &Rules) -> Self {
        Self {
            steps: Vec::new(),
            done: 0,
            rules: rules.clone(),
            executor: None,
            asked: HashSet::default(),
        }
    }
}

impl Online {
    /// The program is about to execute these attributes.
    pub(super) fn expect(&self, parent: &Sealed<Header>, attributes: &Attributes) {
        let mut discovery = self
            .discovery
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        discovery.steps.push((parent.clone(), attributes.clone()));
    }

    /// Executes what the program has come to, and keeps all that is read.
    pub(super) fn discover(&self) -> Result<(), OnlineError> {
        let mut discovery = self
            .discovery
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let Discovery {
            steps,
            done,
            rules,
            executor,
            asked,
        } = &mut *discovery;
        let Some((agreed, _)) = steps.first() else {
            return Ok(());
        };
        let executor = executor.get_or_insert_with(|| {
            let source = Source {
                kept: Arc::clone(&self.kept),
                reading: None,
                wanted: None,
            };
            Executor::new(rules.clone(), source)
        });
        while let Some((parent, attributes)) = steps.get(*done) {
            self.prove(agreed, predicted(attributes), asked)?;
            loop {
                executor.state_mut().wanted = None;
                let outcome = executor.execute(parent, attributes, &mut Native::new());
                let Err(why) = outcome else {
                    break;
                };
                let Some(wanted) = executor.state_mut().wanted.take() else {
                    tracing::debug!(%why, "executing ahead");
                    return Ok(());
                };
                if !self.find(agreed, wanted, asked)? {
                    return Ok(());
                }
            }
            *done += 1;
        }
        Ok(())
    }

    /// Gets what execution has stopped at; whether it is there now.
    fn find(
        &self,
        agreed: &Sealed<Header>,
        wanted: Wanted,
        asked: &mut HashSet<StateRead>,
    ) -> Result<bool, OnlineError> {
        let key = PreimageKey::keccak256(wanted.hash);
        if wanted.what == What::Header {
            self.bring(Item::Header(Layer::L2, wanted.hash))?;
        }
        if let (What::Code, Some(read)) = (wanted.what, wanted.read) {
            let code = self.fetch.code_of(read.address, agreed.hash(), wanted.hash);
            if let Ok(code) = self.runtime.block_on(code) {
                self.keep_nodes([(wanted.hash, code)])?;
            }
        }
        if let (What::Node, Some(read)) = (wanted.what, wanted.read) {
            self.prove(agreed, vec![read], asked)?;
        }
        if self.kept.get(key)?.is_some() {
            return Ok(true);
        }
        if self.fetch.has_nodes() {
            let item = match wanted.what {
                What::Code => Item::Code(wanted.hash),
                What::Node | What::Header => Item::Node(wanted.hash),
            };
            self.runtime.block_on(self.ensure(item))?;
        }
        Ok(self.kept.get(key)?.is_some())
    }

    /// Fetches proofs of those reads that have none yet.
    fn prove(
        &self,
        agreed: &Sealed<Header>,
        mut reads: Vec<StateRead>,
        asked: &mut HashSet<StateRead>,
    ) -> Result<(), OnlineError> {
        reads.retain(|read| asked.insert(*read));
        if reads.is_empty() {
            return Ok(());
        }
        let proofs = self.fetch.proofs(agreed, &reads, Patience::Endless);
        let nodes = self.runtime.block_on(proofs)?;
        Ok(self.keep_nodes(nodes)?)
    }
}

/// What a block is likely to read: what its transactions name, and what every block does.
fn predicted(attributes: &Attributes) -> Vec<StateRead> {
    let mut reads = Vec::new();
    let mut add = |address, slot| reads.push(StateRead { address, slot });
    for address in EVERY_BLOCK {
        add(address, None);
    }
    // The L1 attributes, as far as any fork keeps them in storage.
    for slot in 0..9 {
        add(L1_BLOCK, Some(U256::from(slot)));
    }
    for raw in &attributes.transactions {
        if raw.first() == Some(&DEPOSIT_TX_TYPE) {
            if let Ok(OpTxEnvelope::Deposit(deposit)) = OpTxEnvelope::decode_2718(&mut &raw[..]) {
                add(deposit.from, None);
                if let TxKind::Call(to) = deposit.to {
                    add(to, None);
                }
            }
            continue;
        }
        let Ok(transaction) = TxEnvelope::decode_2718(&mut &raw[..]) else {
            continue;
        };
        if let Ok(sender) = transaction.recover_signer() {
            add(sender, None);
        }
        if let Some(to) = transaction.to() {
            add(to, None);
        }
        for item in transaction.access_list().into_iter().flat_map(|l| &l.0) {
            add(item.address, None);
            for key in &item.storage_keys {
                add(item.address, Some((*key).into()));
            }
        }
    }
    reads
}

/// What execution has stopped at.
#[derive(Clone, Copy, Debug)]
struct Wanted {
    hash: B256,
    what: What,
    read: Option<StateRead>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum What {
    Node,
    Code,
    Header,
}

/// State out of what is kept; says what is missing, and whose it is.
#[derive(Debug)]
struct Source {
    kept: Arc<Kept>,
    reading: Option<StateRead>,
    wanted: Option<Wanted>,
}

#[derive(Debug, thiserror::Error)]
enum Stopped {
    #[error("it is not kept")]
    Missing,
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Source {
    fn find(&mut self, hash: B256, what: What) -> Result<Bytes, Stopped> {
        if let Some(value) = self.kept.get(PreimageKey::keccak256(hash))? {
            return Ok(value);
        }
        self.wanted = Some(Wanted {
            hash,
            what,
            read: self.reading,
        });
        Err(Stopped::Missing)
    }
}

impl Nodes for Source {
    type Error = Stopped;

    fn node(&mut self, hash: B256) -> Result<Bytes, Stopped> {
        self.find(hash, What::Node)
    }
}

impl State for Source {
    fn code(&mut self, hash: B256) -> Result<Bytes, Stopped> {
        self.find(hash, What::Code)
    }

    fn header(&mut self, hash: B256) -> Result<Header, Stopped> {
        let raw = self.find(hash, What::Header)?;
        decode_header(&raw).map_err(|_| Stopped::Missing)
    }

    fn reading(&mut self, address: &Address, slot: Option<&U256>) {
        self.reading = Some(StateRead {
            address: *address,
            slot: slot.copied(),
        });
    }
}

const L1_BLOCK: Address = address!("4200000000000000000000000000000000000015");
/// Predeploys and system contracts that executing any block touches, by fork. Spec: `protocol/predeploys.md`; EIP-4788, EIP-2935.
const EVERY_BLOCK: [Address; 9] = [
    L1_BLOCK,
    address!("DeaDDEaDDeAdDeAdDEAdDEaddeAddEAdDEAd0001"),
    address!("4200000000000000000000000000000000000011"),
    address!("4200000000000000000000000000000000000016"),
    address!("4200000000000000000000000000000000000019"),
    address!("420000000000000000000000000000000000001A"),
    address!("420000000000000000000000000000000000001B"),
    address!("000F3df6D732807Ef1319fB7B8bB8522d0Beac02"),
    address!("0000F90827F1C53a10cb7A02335B175320002935"),
];

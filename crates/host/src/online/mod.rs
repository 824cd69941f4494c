//! The host with endpoints behind it: whatever is asked for is fetched, checked and kept, once.
//!
//! Three things ask: the program in this process, a program behind pipes, and [`Online::ahead`], which knows from the claim alone what will be
//! asked for and gets it in few requests before anybody does. All of them share what is kept, and nobody fetches what another one is fetching.

mod ahead;
mod discover;
mod items;
mod judge;
mod walk;

pub use judge::judge;

use crate::{
    Backend, Local,
    fetch::{Fetch, Layer},
    kept::Kept,
    net::Failure,
    offline::precompile_entries,
    serve::{BEGINNING_BYTES, beginning},
    store::{Disk, StoreError},
};
use alloy_consensus::Header;
use alloy_primitives::{B256, Bytes, Sealed, map::HashMap};
use discover::Discovery;
use hoike_preimage::{Hint, HintRequest, KeyKind, PreimageKey};
use hoike_protocol::Rules;
use items::Item;
use std::sync::{
    Arc, Mutex, PoisonError,
    atomic::{AtomicU64, Ordering},
};
use tokio::{
    runtime::Handle,
    sync::{OnceCell, watch},
};

/// A claim's data, from endpoints.
#[derive(Debug)]
pub struct Online {
    runtime: Handle,
    fetch: Arc<Fetch>,
    kept: Arc<Kept>,
    local: Local,
    rules: Rules,
    /// Hash of the agreed block, of which the agreed output root is said to be.
    agreed: Option<B256>,
    /// What is being fetched, and what has been.
    flights: Mutex<HashMap<Item, Arc<OnceCell<()>>>>,
    /// Decoded headers.
    headers: Mutex<HashMap<B256, Sealed<Header>>>,
    walks: Mutex<walk::Walks>,
    ahead: watch::Sender<Ahead>,
    discovery: Mutex<Discovery>,
    /// State that an earlier run has kept in bulk, and that is asked for again if a piece of it is missing.
    skipped: Mutex<Vec<items::Bulk>>,
    last_hint: Mutex<Vec<u8>>,
    progress: Progress,
}

/// How far fetching ahead has come.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Ahead {
    /// Not begun, or given up: nothing to wait for.
    Idle,
    /// Under way; the number grows with whatever has come.
    Busy(u64),
}

/// How far a run has come, for whoever wants to show it.
#[derive(Debug, Default)]
pub(crate) struct Progress {
    l1_headers: AtomicU64,
    l1_blocks: AtomicU64,
    blobs: AtomicU64,
    witnesses: AtomicU64,
    l1_planned: AtomicU64,
}

/// How much has been fetched, at one moment.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Fetched {
    /// L1 headers.
    pub l1_headers: u64,
    /// L1 blocks with their transactions.
    pub l1_blocks: u64,
    /// Blobs.
    pub blobs: u64,
    /// L2 blocks whose state has come in bulk.
    pub witnesses: u64,
    /// L1 headers that are foreseen.
    pub l1_planned: u64,
}

impl Online {
    /// A host for a claim. `agreed` is the block that the agreed output root is of; without it that root's preimage has to be kept already.
    pub fn new(
        runtime: Handle,
        fetch: Arc<Fetch>,
        disk: Option<Disk>,
        local: Local,
        rules: Rules,
        agreed: Option<B256>,
    ) -> Self {
        let discovery = Mutex::new(Discovery::new(&rules));
        Self {
            runtime,
            fetch,
            kept: Arc::new(Kept::new(disk)),
            local,
            rules,
            agreed,
            flights: Mutex::default(),
            headers: Mutex::default(),
            walks: Mutex::default(),
            ahead: watch::Sender::new(Ahead::Idle),
            discovery,
            skipped: Mutex::default(),
            last_hint: Mutex::default(),
            progress: Progress::default(),
        }
    }

    /// The same for another L1 head; what was fetched is there.
    pub fn on_head(&self, l1_head: B256) -> Self {
        let local = Local {
            l1_head,
            ..self.local.clone()
        };
        Self {
            runtime: self.runtime.clone(),
            fetch: Arc::clone(&self.fetch),
            kept: Arc::clone(&self.kept),
            local,
            rules: self.rules.clone(),
            agreed: self.agreed,
            flights: Mutex::default(),
            headers: Mutex::default(),
            walks: Mutex::default(),
            ahead: watch::Sender::new(Ahead::Idle),
            discovery: Mutex::new(Discovery::new(&self.rules)),
            skipped: Mutex::default(),
            last_hint: Mutex::default(),
            progress: Progress::default(),
        }
    }

    /// The nodes behind it.
    pub fn fetch(&self) -> &Fetch {
        &self.fetch
    }

    /// The chain's rules.
    pub const fn rules(&self) -> &Rules {
        &self.rules
    }

    /// How much has been fetched.
    pub fn fetched(&self) -> Fetched {
        let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Fetched {
            l1_headers: count(&self.progress.l1_headers),
            l1_blocks: count(&self.progress.l1_blocks),
            blobs: count(&self.progress.blobs),
            witnesses: count(&self.progress.witnesses),
            l1_planned: count(&self.progress.l1_planned),
        }
    }

    /// Gets what a hint promises. Whoever calls is no task of the runtime.
    fn follow(&self, hint: &Hint<'_>) -> Result<(), OnlineError> {
        let item = match *hint {
            Hint::L1BlockHeader(hash) => Item::Header(Layer::L1, hash),
            Hint::L1Transactions(hash) => Item::Block(Layer::L1, hash),
            Hint::L1Receipts(hash) => Item::Receipts(Layer::L1, hash),
            Hint::L1Blob { hash, time } => Item::Blob(hash, time),
            Hint::L2BlockHeader(hash) => Item::Header(Layer::L2, hash),
            Hint::L2Transactions(hash) => Item::Block(Layer::L2, hash),
            Hint::L2Receipts(hash) => Item::Receipts(Layer::L2, hash),
            Hint::L2Output(root) => Item::Output(root),
            Hint::L2StateNode(hash) => return self.state(hash, false),
            Hint::L2Code(hash) => return self.state(hash, true),
            Hint::L1Precompile {
                address,
                gas,
                input,
            } => {
                let call = [address.as_slice(), &gas.to_be_bytes(), input].concat();
                return self.precompile(address, call, input);
            }
            Hint::L1PrecompileWithoutGas { address, input } => {
                let call = [address.as_slice(), input].concat();
                return self.precompile(address, call, input);
            }
            // Bulk state is help, and nothing is lost without it: each node is hinted by itself.
            Hint::L2PayloadWitness { parent, attributes } => {
                if let Some(json) = json(attributes) {
                    self.try_witness(parent, json);
                }
                return Ok(());
            }
            Hint::L2PayloadWitnessObject(object) => {
                if let Some((parent, json)) = payload_object(object) {
                    self.try_witness(parent, json);
                }
                return Ok(());
            }
            Hint::L2AccountProof { block, address } => {
                self.try_proof(block, address, None);
                return Ok(());
            }
            Hint::L2StorageProof {
                block,
                address,
                slot,
            } => {
                self.try_proof(block, address, Some(slot.into()));
                return Ok(());
            }
            // Whoever sends these executes other chains' blocks, or walks headers if there is no answer.
            Hint::L2BlockData { .. } | Hint::L2BlockHashLookup { .. } | Hint::AgreedPrestate(_) => {
                return Ok(());
            }
        };
        self.bring(item)
    }

    /// Blocks until an item is kept.
    fn bring(&self, item: Item) -> Result<(), OnlineError> {
        if self.is_kept(item)? {
            return Ok(());
        }
        self.runtime.block_on(async {
            self.wait_for_ahead(|| self.is_kept(item)).await?;
            self.ensure(item).await.map_err(OnlineError::from)
        })
    }

    /// While something is fetched ahead, what is wanted may come with it.
    async fn wait_for_ahead(
        &self,
        is_there: impl Fn() -> Result<bool, StoreError>,
    ) -> Result<(), OnlineError> {
        let mut ahead = self.ahead.subscribe();
        loop {
            if *ahead.borrow_and_update() == Ahead::Idle || is_there()? {
                return Ok(());
            }
            if ahead.changed().await.is_err() {
                return Ok(());
            }
        }
    }

    fn precompile(
        &self,
        address: alloy_primitives::Address,
        call: Vec<u8>,
        input: &[u8],
    ) -> Result<(), OnlineError> {
        for (key, value) in precompile_entries(address, &call, input) {
            self.kept.put(key, value)?;
        }
        Ok(())
    }

    /// A node of a trie, or code: as it is kept; else single, or by executing with proofs, whichever is shorter.
    fn state(&self, hash: B256, code: bool) -> Result<(), OnlineError> {
        let key = PreimageKey::keccak256(hash);
        let is_there = || Ok(self.kept.get(key)?.is_some());
        if is_there()? {
            return Ok(());
        }
        self.runtime.block_on(self.wait_for_ahead(is_there))?;
        if is_there()? {
            return Ok(());
        }
        self.runtime.block_on(self.skipped_witnesses());
        if is_there()? {
            return Ok(());
        }
        let item = if code {
            Item::Code(hash)
        } else {
            Item::Node(hash)
        };
        let single = if self.fetch.has_nodes() {
            let outcome = self.runtime.block_on(self.ensure(item));
            match outcome {
                Ok(()) => return Ok(()),
                Err(failure @ Failure::Deadline { .. }) => return Err(failure.into()),
                Err(failure) => Some(failure),
            }
        } else {
            None
        };
        let discovered = self.discover();
        if is_there()? {
            return Ok(());
        }
        match (discovered, single) {
            (Err(why), _) => Err(why),
            (Ok(()), Some(failure)) => Err(failure.into()),
            (Ok(()), None) => Err(OnlineError::State { hash, code }),
        }
    }

    /// The value under a key; waits as long as it takes.
    fn value(&self, key: PreimageKey) -> Result<Bytes, OnlineError> {
        if key.kind() == KeyKind::Local {
            return self.local.get(key).ok_or(OnlineError::NoSuchLocal);
        }
        if let Some(value) = self.kept.get(key)? {
            return Ok(value);
        }
        // A hint that was answered before may have lost what it had brought.
        if key.kind() == KeyKind::Keccak256 {
            let text = self
                .last_hint
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .clone();
            let mut buffer = Vec::new();
            if let Ok(request) = HintRequest::parse(&text, self.local.chain.dialect(), &mut buffer)
            {
                self.follow(&request.hint)?;
                if let Some(value) = self.kept.get(key)? {
                    return Ok(value);
                }
            }
        }
        let last = self
            .last_hint
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        Err(OnlineError::Missing {
            hint: beginning(&last),
        })
    }
}

/// A hint's JSON. What is longer than any block's transactions is not even parsed (D174): it would become many times as large in memory.
fn json(text: &[u8]) -> Option<serde_json::Value> {
    if text.len() > LONGEST_JSON {
        return None;
    }
    serde_json::from_slice(text).ok()
}

/// Parent and attributes out of op-program's form.
fn payload_object(object: &[u8]) -> Option<(B256, serde_json::Value)> {
    let mut object = json(object)?;
    let parent = object.get_mut("parentBlockHash")?.take();
    let attributes = object.get_mut("payloadAttributes")?.take();
    let parent = serde_json::from_value(parent).ok()?;
    (!attributes.is_null()).then_some((parent, attributes))
}

impl Backend for Online {
    type Error = OnlineError;

    fn hint(&self, text: &[u8]) -> Result<(), OnlineError> {
        {
            let mut last = self
                .last_hint
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            last.clear();
            last.extend(text.iter().take(BEGINNING_BYTES));
        }
        let mut buffer = Vec::new();
        // A text that is no hint promises nothing, and is acknowledged like any other (D124).
        let Ok(request) = HintRequest::parse(text, self.local.chain.dialect(), &mut buffer) else {
            return Ok(());
        };
        if let Hint::L1Blob { hash, .. } = request.hint {
            self.follow(&request.hint)?;
            if let Some(blob) = self.kept.blob(&hash)? {
                self.kept.spread(&blob)?;
            }
            return Ok(());
        }
        match self.follow(&request.hint) {
            // What cannot be had of a state may not be needed; whoever needs it asks, and gets the error then.
            Err(OnlineError::State { .. }) => Ok(()),
            outcome => outcome,
        }
    }

    fn preimage(&self, key: PreimageKey) -> Result<Bytes, OnlineError> {
        self.value(key)
    }
}

/// Why a value cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum OnlineError {
    /// The endpoints do not give it.
    #[error(transparent)]
    Endpoint(#[from] Failure),
    /// The data directory cannot be used.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// No such local key, or none for a chain of the registry.
    #[error("there is no such local value for this claim")]
    NoSuchLocal,
    /// Nothing that was hinted brings it.
    #[error("no hint was for it (the last one was {hint:?})")]
    Missing {
        /// The beginning of the newest hint's text.
        hint: String,
    },
    /// No endpoint gives it, by any way.
    #[error(
        "no endpoint gives it, neither in bulk nor by proofs. What helps: an L2 endpoint with debug_executePayload or debug_dbGet"
    )]
    NotGiven,
    /// No L2 endpoint gives a piece of the state.
    #[error(
        "no L2 endpoint gives {} {hash}: neither debug_executePayload nor debug_executionWitness nor eth_getProof had it, and debug_dbGet is not there. What helps: an endpoint with debug_dbGet (op-geth with --state.scheme hash)",
        if *code { "the code" } else { "the state node" }
    )]
    State {
        /// Its hash.
        hash: B256,
        /// Whether it is code.
        code: bool,
    },
}

impl OnlineError {
    /// Whether it is for the endpoints to mend, rather than for the data at hand.
    pub const fn is_endpoints(&self) -> bool {
        match self {
            Self::Endpoint(Failure::Store(_)) | Self::Store(_) | Self::NoSuchLocal => false,
            Self::Endpoint(_) | Self::Missing { .. } | Self::NotGiven | Self::State { .. } => true,
        }
    }
}

/// Longest JSON in a hint, in bytes: 32 MiB of transactions, of which a block of 400 million gas has at most 25.
const LONGEST_JSON: usize = 64 << 20;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn d174_json_in_hints_is_bounded_before_it_is_parsed() {
        let padded = |length: usize| {
            let mut text = br#"{"a":1}"#.to_vec();
            text.resize(length, b' ');
            text
        };
        assert!(json(&padded(LONGEST_JSON)).is_some());
        assert_eq!(json(&padded(LONGEST_JSON + 1)), None);
        // Nor does depth take the stack.
        assert_eq!(json(&b"[".repeat(1 << 20)), None);
        let (opened, closed) = ("[".repeat(1 << 20), "]".repeat(1 << 20));
        assert_eq!(json(format!("{opened}{closed}").as_bytes()), None);
    }

    #[test]
    fn op_programs_object_is_read_if_it_is_one() {
        let parent = B256::repeat_byte(7);
        let text = format!(
            r#"{{"parentBlockHash":"{parent}","payloadAttributes":{{"gasLimit":"0x1"}},"chainID":10}}"#
        );
        let (hash, attributes) = payload_object(text.as_bytes()).expect("an object");
        assert_eq!(hash, parent);
        assert_eq!(attributes["gasLimit"], "0x1");
        for text in [
            "",
            "7",
            "[]",
            "null",
            "{}",
            r#"{"parentBlockHash":7,"payloadAttributes":{}}"#,
            r#"{"parentBlockHash":null,"payloadAttributes":null}"#,
        ] {
            assert_eq!(payload_object(text.as_bytes()), None, "{text}");
        }
    }
}

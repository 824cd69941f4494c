//! What is fetched as one piece, once.

use super::{Online, Progress};
use crate::{
    fetch::{At, Layer, StateRead, decode_header, encode_header},
    net::{Failure, Patience},
    store::StoreError,
};
use alloy_consensus::Header;
use alloy_primitives::{Address, B256, Bytes, Sealed, U256, keccak256};
use hoike_preimage::{BlockRef, PreimageKey};
use serde_json::Value;
use std::sync::{Arc, PoisonError, atomic::Ordering};

/// A piece.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) enum Item {
    /// A header by its hash.
    Header(Layer, B256),
    /// A block's transactions, and its header.
    Block(Layer, B256),
    /// A block's receipts.
    Receipts(Layer, B256),
    /// A blob by its versioned hash, with its block's time.
    Blob(B256, u64),
    /// The preimage of the agreed output root.
    Output(B256),
    /// A node of the state.
    Node(B256),
    /// Code.
    Code(B256),
    /// What executing a block reads: its parent, and the hash of its transactions' JSON.
    Witness(B256, B256),
    /// The proof of a read.
    Proof(BlockRef, StateRead),
}

/// What executing a block reads, as it is asked for in one piece.
#[derive(Debug)]
pub(super) struct Bulk {
    parent: B256,
    attributes: Value,
    number: Option<u64>,
    mark: B256,
}

impl Online {
    /// Whether all of an item is kept, from this run or an earlier one.
    pub(super) fn is_kept(&self, item: Item) -> Result<bool, StoreError> {
        let has = |hash| Ok(self.kept.get(PreimageKey::keccak256(hash))?.is_some());
        Ok(match item {
            Item::Header(_, hash) | Item::Output(hash) | Item::Node(hash) | Item::Code(hash) => {
                has(hash)?
            }
            Item::Block(_, hash) => match self.kept_header(hash)? {
                Some(header) => self.kept.list(header.transactions_root).is_some(),
                None => false,
            },
            Item::Receipts(_, hash) => match self.kept_header(hash)? {
                Some(header) => self.kept.list(header.receipts_root).is_some(),
                None => false,
            },
            Item::Blob(hash, _) => self.kept.blob(&hash)?.is_some(),
            Item::Witness(..) | Item::Proof(..) => false,
        })
    }

    /// A header, if it is kept.
    pub(super) fn kept_header(&self, hash: B256) -> Result<Option<Sealed<Header>>, StoreError> {
        let known = self
            .headers
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(&hash)
            .cloned();
        if known.is_some() {
            return Ok(known);
        }
        let Some(raw) = self.kept.get(PreimageKey::keccak256(hash))? else {
            return Ok(None);
        };
        // A value under a hash that is said to be a header's may be anything.
        let header = decode_header(&raw)
            .ok()
            .map(|h| Sealed::new_unchecked(h, hash));
        if let Some(header) = &header {
            self.headers
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .insert(hash, header.clone());
        }
        Ok(header)
    }

    fn know(&self, layer: Layer, header: &Sealed<Header>) {
        self.headers
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(header.hash(), header.clone());
        self.walks
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .know(layer, header);
    }

    pub(super) fn keep_header(
        &self,
        layer: Layer,
        header: &Sealed<Header>,
    ) -> Result<(), StoreError> {
        if layer == Layer::L1 {
            count(&self.progress, |progress| &progress.l1_headers);
        }
        self.know(layer, header);
        self.kept
            .put(PreimageKey::keccak256(header.hash()), encode_header(header))
    }

    pub(super) fn keep_block(
        &self,
        layer: Layer,
        block: &crate::fetch::Block,
    ) -> Result<(), StoreError> {
        if layer == Layer::L1 {
            count(&self.progress, |progress| &progress.l1_blocks);
        }
        self.keep_header(layer, &block.header)?;
        self.kept.put_list(&block.transactions)
    }

    pub(super) fn keep_nodes(
        &self,
        nodes: impl IntoIterator<Item = (B256, Bytes)>,
    ) -> Result<(), StoreError> {
        for (hash, value) in nodes {
            self.kept.put(PreimageKey::keccak256(hash), value)?;
        }
        Ok(())
    }

    /// Fetches an item unless it is kept, or somebody is fetching it already.
    pub(super) async fn ensure(&self, item: Item) -> Result<(), Failure> {
        let cell = {
            let mut flights = self.flights.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(flights.entry(item).or_default())
        };
        let outcome = cell
            .get_or_try_init(|| async {
                if self.is_kept(item).map_err(store)? {
                    return Ok(());
                }
                Box::pin(self.get(item)).await
            })
            .await
            .copied();
        // Of single nodes there are too many to remember; that they are kept is enough.
        if matches!(item, Item::Node(_) | Item::Code(_)) {
            let mut flights = self.flights.lock().unwrap_or_else(PoisonError::into_inner);
            flights.remove(&item);
        }
        outcome
    }

    /// A header, fetched if it is not kept.
    pub(super) async fn header(&self, layer: Layer, hash: B256) -> Result<Sealed<Header>, Failure> {
        self.ensure(Item::Header(layer, hash)).await?;
        let header = self.kept_header(hash).map_err(store)?;
        header.ok_or_else(|| Failure::Other(format!("{hash} is not the hash of a header")))
    }

    async fn get(&self, item: Item) -> Result<(), Failure> {
        match item {
            Item::Header(layer, hash) => {
                self.walk_headers(layer, hash).await?;
                if self.is_kept(item).map_err(store)? {
                    return Ok(());
                }
                let header = self.fetch.header(layer, At::Hash(hash)).await?;
                self.keep_header(layer, &header).map_err(store)
            }
            Item::Block(layer, hash) => {
                self.walk_blocks(layer, hash).await?;
                if self.is_kept(item).map_err(store)? {
                    return Ok(());
                }
                let block = self.fetch.block(layer, At::Hash(hash)).await?;
                self.keep_block(layer, &block).map_err(store)
            }
            Item::Receipts(layer, hash) => {
                let header = self.header(layer, hash).await?;
                self.ensure(Item::Block(layer, hash)).await?;
                if layer == Layer::L1 {
                    self.walk_receipts(&header).await?;
                    if self.is_kept(item).map_err(store)? {
                        return Ok(());
                    }
                }
                let transactions = self.kept.list(header.transactions_root).unwrap_or_default();
                let receipts = self.fetch.receipts(layer, &header, &transactions).await?;
                self.kept.put_list(&receipts).map_err(store)
            }
            Item::Blob(hash, time) => {
                let blobs = self.fetch.blobs(time, &[hash], Patience::Endless).await?;
                for blob in blobs {
                    count(&self.progress, |progress| &progress.blobs);
                    self.kept.put_blob(blob).map_err(store)?;
                }
                Ok(())
            }
            Item::Output(root) => self.output(root).await,
            Item::Node(hash) => {
                let node = self.fetch.node(hash).await?;
                self.keep_nodes([(hash, node)]).map_err(store)
            }
            Item::Code(hash) => {
                let code = self.fetch.code(hash).await?;
                self.keep_nodes([(hash, code)]).map_err(store)
            }
            // Fetched by those who have the rest of what these need.
            Item::Witness(..) | Item::Proof(..) => Ok(()),
        }
    }

    async fn output(&self, root: B256) -> Result<(), Failure> {
        let agreed = self.agreed.ok_or_else(|| {
            Failure::Other(format!(
                "which block is output root {root} of? Give the agreed block's hash"
            ))
        })?;
        let header = self.header(Layer::L2, agreed).await?;
        let (output, nodes) = self
            .fetch
            .output(&header, &self.rules, Patience::Endless)
            .await?;
        if output.root() != root {
            return Err(Failure::Other(format!(
                "the agreed block {agreed} has the output root {}, not {root}",
                output.root()
            )));
        }
        self.keep_nodes(nodes).map_err(store)?;
        self.kept
            .put_keccak(Bytes::copy_from_slice(&output.encode()))
            .map_err(store)?;
        Ok(())
    }

    /// Everything that executing attributes on a block reads, if a node says so. What does not come is fetched piece by piece when it is needed.
    pub(super) async fn witness(
        &self,
        parent: B256,
        attributes: &Value,
        number: Option<u64>,
    ) -> Result<(), Failure> {
        // Attributes that differ in what is derived of the chain's configuration read the same state.
        let digest = keccak256(attributes["transactions"].to_string());
        let cell = {
            let mut flights = self.flights.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(flights.entry(Item::Witness(parent, digest)).or_default())
        };
        let bulk = Bulk {
            parent,
            attributes: attributes.clone(),
            number,
            mark: keccak256([parent, digest].concat()),
        };
        cell.get_or_try_init(|| async {
            if self.kept.is_marked(bulk.mark) {
                let mut skipped = self.skipped.lock().unwrap_or_else(PoisonError::into_inner);
                skipped.push(bulk);
                return Ok(());
            }
            self.get_witness(&bulk).await
        })
        .await
        .copied()
    }

    async fn get_witness(&self, bulk: &Bulk) -> Result<(), Failure> {
        let header = self.header(Layer::L2, bulk.parent).await?;
        let witness = self
            .fetch
            .execution_witness(&header, &bulk.attributes, bulk.number);
        self.keep_nodes(witness.await?).map_err(store)?;
        count(&self.progress, |progress| &progress.witnesses);
        self.kept.mark(bulk.mark).map_err(store)
    }

    /// Somebody has taken a file away: what was not asked for because all of it was said to be there, is asked for.
    pub(super) async fn skipped_witnesses(&self) {
        let skipped =
            std::mem::take(&mut *self.skipped.lock().unwrap_or_else(PoisonError::into_inner));
        for bulk in &skipped {
            if let Err(why) = self.get_witness(bulk).await {
                tracing::debug!(%why, "no state in bulk for a block on {}", bulk.parent);
            }
        }
    }

    /// The same for a program behind pipes, which goes on in any case.
    pub(super) fn try_witness(&self, parent: B256, attributes: Value) {
        let outcome = self
            .runtime
            .block_on(self.witness(parent, &attributes, None));
        if let Err(why) = outcome {
            tracing::debug!(%why, "no state in bulk for a block on {parent}");
        }
    }

    pub(super) fn try_proof(&self, block: BlockRef, address: Address, slot: Option<U256>) {
        let read = StateRead { address, slot };
        let cell = {
            let mut flights = self.flights.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(flights.entry(Item::Proof(block, read)).or_default())
        };
        let outcome: Result<(), Failure> = self.runtime.block_on(async {
            cell.get_or_try_init(|| async {
                let header = match block {
                    BlockRef::Hash(hash) => self.header(Layer::L2, hash).await?,
                    BlockRef::Number(number) => {
                        self.fetch.header(Layer::L2, At::Number(number)).await?
                    }
                };
                let nodes = self
                    .fetch
                    .proofs(&header, &[read], Patience::Rounds(2))
                    .await?;
                self.keep_nodes(nodes).map_err(store)
            })
            .await
            .copied()
        });
        if let Err(why) = outcome {
            tracing::debug!(%why, %address, "no proof");
        }
    }
}

pub(super) fn store(error: StoreError) -> Failure {
    Failure::Store(Arc::new(error))
}

pub(super) fn count(
    progress: &Progress,
    which: impl Fn(&Progress) -> &std::sync::atomic::AtomicU64,
) {
    which(progress).fetch_add(1, Ordering::Relaxed);
}

//! From the claim alone it is known which L1 blocks will be walked, and the L2 node says which blocks it has: all of it is fetched in few requests
//! before anybody asks. Nothing here is trusted or needed: what comes is kept under its own hash, and what does not come is fetched when it is asked for.

use super::{
    Ahead, Online,
    items::{Item, count},
};
use crate::{
    fetch::{At, Block, Layer, attributes_json},
    net::{Failure, Patience},
};
use alloy_consensus::{Header, Transaction, transaction::SignerRecoverable};
use alloy_eips::eip2718::Decodable2718;
use alloy_primitives::{Address, B256, Bytes, Sealed, keccak256};
use futures_util::future::{join, join_all, join3};
use hoike_protocol::{
    Attributes, InclusionTime, L2Ref, L2Time, SystemConfig, extra_data::Eip1559Params,
};
use std::{
    ops::RangeInclusive,
    sync::{Arc, atomic::Ordering},
};

/// What is known of a claim before anything is derived.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Span {
    /// L1 blocks that may be walked.
    l1: (u64, u64),
    /// Those of them that the data is likely to be in.
    likely: (u64, u64),
    batcher: Address,
}

impl Online {
    /// Fetches what judging the claim will read, as far as it can be foreseen. Ends when all of it has come, or has not. Whoever asks for anything from now
    /// on waits for it to come.
    pub fn ahead(self: &Arc<Self>) -> impl Future<Output = ()> + Send + use<> {
        self.tell(true);
        let done = Done(Arc::clone(self));
        async move { done.0.fetch_ahead().await }
    }

    async fn fetch_ahead(&self) {
        if let Err(why) = self.foresee().await {
            tracing::debug!(%why, "nothing more is fetched ahead");
        }
    }

    /// Whoever waits looks again whether what is wanted has come.
    fn tell(&self, busy: bool) {
        self.ahead.send_modify(|ahead| {
            *ahead = match (*ahead, busy) {
                (_, false) => Ahead::Idle,
                (Ahead::Idle, true) => Ahead::Busy(0),
                (Ahead::Busy(steps), true) => Ahead::Busy(steps + 1),
            };
        });
    }

    async fn foresee(&self) -> Result<(), Failure> {
        let Some(agreed) = self.agreed else {
            return Ok(());
        };
        // An earlier run has read all of it.
        if self.kept.is_marked(self.mark()) {
            return Ok(());
        }
        let slots = async {
            if let Err(why) = self.fetch.learn_slots().await {
                tracing::debug!(%why, "the beacon chain's slots");
            }
        };
        let ((head, first), _, ()) = join3(
            join(
                self.header(Layer::L1, self.local.l1_head),
                self.ensure(Item::Block(Layer::L2, agreed)),
            ),
            self.ensure(Item::Output(self.local.agreed_output_root)),
            slots,
        )
        .await;
        self.tell(true);
        let (head, ()) = (head?, first?);
        let Some(agreed) = self.kept_block(agreed) else {
            return Ok(());
        };
        let Some((l1_start, origin, batcher)) = self.start(&agreed) else {
            return Ok(());
        };
        let last = self
            .local
            .claimed_block
            .min(agreed.header.number + MOST_L2_BLOCKS);
        let numbers = agreed.header.number + 1..=last;
        let span = |until: u64| Span {
            l1: (l1_start, head.number),
            likely: (l1_start, until.min(head.number)),
            batcher,
        };
        // How far L1 goes for these blocks is known from the last one's origin; until it has come it is estimated.
        let l2_seconds = self
            .rules
            .rollup
            .block_time
            .saturating_mul(last - agreed.header.number);
        let guess = origin + l2_seconds / L1_SECONDS + INCLUSION;
        join(self.l1_ahead(span(guess)), self.l2_ahead(agreed, numbers)).await;
        Ok(())
    }

    /// What a run to the end is marked by. What is read does not depend on what is claimed.
    pub(super) fn mark(&self) -> B256 {
        let local = &self.local;
        let parts = [
            &local.l1_head[..],
            &local.agreed_output_root[..],
            &local.claimed_block.to_be_bytes(),
        ];
        keccak256(parts.concat())
    }

    /// Where derivation starts, the agreed block's origin, and the batcher then.
    fn start(&self, agreed: &Block) -> Option<(u64, u64, Address)> {
        let rules = self.rules.at_l2(L2Time(agreed.header.timestamp));
        let rollup = &self.rules.rollup;
        let first = agreed.transactions.first().map(AsRef::as_ref);
        let (header, hash) = (&agreed.header, agreed.header.hash());
        let reference = L2Ref::from_block(header, hash, first, rollup, &rules).ok()?;
        let config = SystemConfig::read_back(header, hash, first, rollup, &rules).ok()?;
        let origin = reference.origin.number;
        let inclusion = self
            .rules
            .at_inclusion(InclusionTime(agreed.header.timestamp));
        let start = origin
            .saturating_sub(inclusion.channel_timeout)
            .max(rollup.genesis.l1.number);
        Some((start, origin, config.batcher))
    }

    fn kept_block(&self, hash: B256) -> Option<Block> {
        let header = self.kept_header(hash).ok().flatten()?;
        let transactions = self.kept.list(header.transactions_root)?;
        Some(Block {
            header,
            transactions,
        })
    }

    async fn l1_ahead(&self, span: Span) {
        let planned = span.l1.1.saturating_sub(span.l1.0).saturating_add(1);
        self.progress.l1_planned.store(planned, Ordering::Relaxed);
        // By hash downwards as far as an earlier run has come; the rest by number.
        let mut top = span.l1.1;
        let mut hash = self.local.l1_head;
        let mut known = std::collections::BTreeMap::new();
        while let Ok(Some(header)) = self.kept_header(hash) {
            known.insert(header.number, hash);
            if header.number <= span.l1.0 {
                break;
            }
            top = header.number - 1;
            hash = header.parent_hash;
        }
        let likely = span.likely.0..=span.likely.1;
        let mut wanted = Vec::new();
        for number in likely.clone() {
            match known.get(&number) {
                Some(hash) if matches!(self.is_kept(Item::Block(Layer::L1, *hash)), Ok(true)) => {
                    if let Some(block) = self.kept_block(*hash) {
                        self.data_of(&[block], span.batcher).await;
                    }
                }
                Some(hash) => wanted.push(At::Hash(*hash)),
                None => wanted.push(At::Number(number)),
            }
        }
        let above: Vec<u64> = (span.l1.0..=top)
            .filter(|number| !likely.contains(number) && !known.contains_key(number))
            .collect();
        let blocks = join_all(wanted.chunks(CHUNK).map(|chunk| async {
            let found = self.fetch.blocks(Layer::L1, chunk).await;
            // Of a block that is not to be had the header is still needed.
            let lost = chunk
                .iter()
                .zip(&found)
                .filter(|(_, block)| block.is_none());
            let lost = lost.filter_map(|(at, _)| match at {
                At::Number(number) => Some(*number),
                At::Hash(_) | At::Latest | At::Finalized => None,
            });
            let lost: Vec<u64> = lost.collect();
            let blocks: Vec<Block> = found.into_iter().flatten().collect();
            for block in &blocks {
                if let Err(why) = self.keep_block(Layer::L1, block) {
                    tracing::debug!(%why, "a block");
                }
            }
            self.tell(true);
            join(
                self.headers_ahead(&lost),
                self.data_of(&blocks, span.batcher),
            )
            .await;
        }));
        join(self.headers_ahead(&above), blocks).await;
    }

    async fn headers_ahead(&self, numbers: &[u64]) {
        let found = self.fetch.headers(Layer::L1, numbers).await;
        for header in found.iter().flatten() {
            if let Err(why) = self.keep_header(Layer::L1, header) {
                tracing::debug!(%why, "a header");
            }
        }
        self.tell(true);
    }

    /// Receipts where the bloom says that they matter, and the batcher's blobs.
    async fn data_of(&self, blocks: &[Block], batcher: Address) {
        let matters =
            |block: &&Block| hoike_derive::may_matter(&block.header.logs_bloom, &self.rules.rollup);
        let headers: Vec<Sealed<Header>> = blocks
            .iter()
            .filter(matters)
            .map(|block| block.header.clone())
            .filter(|header| {
                !matches!(
                    self.is_kept(Item::Receipts(Layer::L1, header.hash())),
                    Ok(true)
                )
            })
            .collect();
        let receipts = async {
            for receipts in self
                .fetch
                .receipts_together(&headers)
                .await
                .iter()
                .flatten()
            {
                if let Err(why) = self.kept.put_list(receipts) {
                    tracing::debug!(%why, "receipts");
                }
            }
        };
        let blobs = join_all(blocks.iter().map(|block| self.blobs_ahead(block, batcher)));
        join(receipts, blobs).await;
        self.tell(true);
    }

    async fn blobs_ahead(&self, block: &Block, batcher: Address) {
        let mut hashes = blob_hashes(&block.transactions, self.rules.rollup.batch_inbox, batcher);
        hashes.retain(|hash| !matches!(self.kept.blob(hash), Ok(Some(_))));
        if hashes.is_empty() {
            return;
        }
        match self
            .fetch
            .blobs(block.header.timestamp, &hashes, Patience::Rounds(1))
            .await
        {
            Ok(blobs) => {
                for blob in blobs {
                    count(&self.progress, |progress| &progress.blobs);
                    if let Err(why) = self.kept.put_blob(blob) {
                        tracing::debug!(%why, "a blob");
                    }
                }
            }
            Err(why) => tracing::debug!(%why, "blobs"),
        }
        self.tell(true);
    }

    /// The node's own blocks say which attributes are likely to be derived, and so which state to ask for.
    async fn l2_ahead(&self, agreed: Block, numbers: RangeInclusive<u64>) {
        let at: Vec<At> = numbers.map(At::Number).collect();
        let mut parent = agreed;
        for chunk in at.chunks(CHUNK * 4) {
            let mut found = self.fetch.blocks(Layer::L2, chunk).await;
            for (slot, at) in found.iter_mut().zip(chunk) {
                if slot.is_none() {
                    *slot = self.fetch.block_once(Layer::L2, *at).await;
                }
            }
            let mut pairs = Vec::new();
            for block in found.into_iter().map_while(|block| block) {
                if block.header.parent_hash != parent.header.hash() {
                    break;
                }
                if let Err(why) = self.keep_block(Layer::L2, &parent) {
                    tracing::debug!(%why, "a block");
                }
                pairs.push((std::mem::replace(&mut parent, block.clone()), block));
            }
            join_all(pairs.iter().map(|(parent, block)| async {
                let attributes = self.attributes_of(block);
                let json = attributes_json(&attributes, &self.rules);
                let number = block.header.number;
                if let Err(why) = self
                    .witness(parent.header.hash(), &json, Some(number))
                    .await
                {
                    tracing::debug!(%why, number, "no state in bulk");
                }
                self.tell(true);
            }))
            .await;
            if pairs.len() < chunk.len() {
                break;
            }
        }
    }

    /// The attributes that a block was built from.
    fn attributes_of(&self, block: &Block) -> Attributes {
        let header = &block.header;
        let rules = self.rules.at_l2(L2Time(header.timestamp));
        let params = Eip1559Params::decode(&header.extra_data, rules.extra_data);
        let params = params.ok().flatten();
        let least = params.filter(|_| rules.min_base_fee());
        Attributes {
            parent: header.parent_hash,
            time: L2Time(header.timestamp),
            prev_randao: header.mix_hash,
            fee_recipient: header.beneficiary,
            gas_limit: header.gas_limit,
            parent_beacon_root: header.parent_beacon_block_root,
            eip1559_params: params.map(|params| params.attribute_params()),
            min_base_fee: least.map(|params| params.min_base_fee),
            transactions: block.transactions.clone(),
        }
    }
}

/// Ends the waiting, also where fetching ahead is given up in the middle.
struct Done(Arc<Online>);

impl Drop for Done {
    fn drop(&mut self) {
        self.0.tell(false);
    }
}

/// The blobs of the batcher's transactions, in order.
fn blob_hashes(transactions: &[Bytes], inbox: Address, batcher: Address) -> Vec<B256> {
    transactions
        .iter()
        .filter(|raw| raw.first() == Some(&BLOB_TX_TYPE))
        .filter_map(|raw| alloy_consensus::TxEnvelope::decode_2718(&mut &raw[..]).ok())
        .filter(|tx| tx.to() == Some(inbox) && tx.recover_signer().ok() == Some(batcher))
        .flat_map(|tx| tx.blob_versioned_hashes().unwrap_or_default().to_vec())
        .collect()
}

const BLOB_TX_TYPE: u8 = 3;
/// Seconds of an L1 slot; a guess is good enough here.
const L1_SECONDS: u64 = 12;
/// How many L1 blocks after its origin a block's data is looked for at first.
const INCLUSION: u64 = 40;
const CHUNK: usize = 10;
/// Blocks of one claim that are fetched ahead: beyond that the program asks by itself.
const MOST_L2_BLOCKS: u64 = 5_000;

//! What a claim's nodes know, out of its witness and by running it.

use crate::{
    blobs::Slots,
    chain::{Block, Chain},
    preimages::Preimages,
    state::{PayloadReads, State},
};
use alloy_primitives::{B256, Bytes, map::HashMap};
use hoike_claims::Folder;
use hoike_derive::{Event, Sink};
use hoike_executor::{Executed, InvalidPayload};
use hoike_native::Native;
use hoike_preimage::Verified;
use hoike_program::{Claim, Watch};
use hoike_protocol::{Attributes, BlockId, Rules, output::OutputV0, rules::L1Config};

/// All that the nodes of one claim know. Built once, it may be served many times.
#[derive(Debug)]
pub struct Data {
    pub(crate) claim: Claim,
    pub(crate) agreed: BlockId,
    pub(crate) l1: Chain,
    pub(crate) l2: Chain,
    pub(crate) slots: Slots,
    pub(crate) state: State,
    pub(crate) l1_config: L1Config,
    /// The blocks that the run has built, by their parents.
    payloads: HashMap<B256, Vec<Payload>>,
    /// Why the run ended early, if it did.
    pub(crate) ended: Option<String>,
}

impl Data {
    /// Reads a folder's witness from a claim's two ends, and runs the claim for the L2 blocks above the agreed one.
    ///
    /// # Errors
    /// There is no such claim, or the witness lacks its L1 head, agreed output or agreed block. A run that breaks off is no error: the L2 node then
    /// knows no more blocks, see [`Self::ended`].
    pub fn build(folder: &Folder, claim: usize) -> Result<Self, String> {
        let entry = folder.claims.get(claim).ok_or_else(|| {
            let count = folder.claims.len();
            format!("{}: no claim {claim}, there are {count}", folder.name)
        })?;
        let boot = entry.boot(&folder.rules);
        let mut preimages = Preimages::new(folder.witness.clone());

        let l1 = ancestors(&mut preimages, boot.claim.l1_head)?;
        if l1.is_empty() {
            return Err(format!(
                "the witness lacks the L1 head {}",
                boot.claim.l1_head
            ));
        }
        let l1 = Chain::new(folder.rules.l1.chain_id, l1, Vec::new());
        let slots = Slots::new(&l1, &mut folder.witness.clone());

        let root = boot.claim.agreed_output_root;
        let output = preimages
            .get(root)
            .ok()
            .and_then(|raw| OutputV0::decode(&raw).ok())
            .ok_or_else(|| format!("the witness lacks the agreed output {root}"))?;
        preimages.is_foreign(root);
        let mut canonical = ancestors(&mut preimages, output.block_hash)?;
        let agreed = canonical
            .last()
            .ok_or_else(|| format!("the witness lacks the agreed block {}", output.block_hash))?;
        let agreed = BlockId {
            hash: agreed.hash(),
            number: agreed.number(),
        };

        let mut oracle = Verified::new(folder.witness.clone(), hoike_kzg::Native);
        let mut collected = Collected::default();
        let run = hoike_program::run(&boot, &mut oracle, &mut Native::new(), &mut collected);
        let ended = run.err().map(|why| why.to_string());

        let mut state = State::new(folder.rules.clone(), preimages);
        let mut payloads = HashMap::<B256, Vec<Payload>>::default();
        let mut others = Vec::new();
        for (attributes, executed) in collected.0 {
            let parent = canonical
                .iter()
                .rev()
                .chain(&others)
                .find(|block| block.hash() == attributes.parent)
                .map(|block| block.header.clone())
                .ok_or("the run built a block on none of its own")?;
            let reads = state.extend(&parent, &attributes, &executed)?;
            payloads
                .entry(attributes.parent)
                .or_default()
                .push(Payload {
                    block: executed.header.hash(),
                    attributes: attributes.clone(),
                    reads,
                });
            let height = executed.header.number - canonical[0].number();
            // A block built on an older one replaces what came after that (before Holocene).
            others.extend(canonical.drain(height as usize..));
            canonical.push(block(attributes, executed));
        }
        let l2 = Chain::new(folder.rules.rollup.l2_chain_id, canonical, others);
        Ok(Self {
            claim: boot.claim,
            agreed,
            l1,
            l2,
            slots,
            state,
            l1_config: folder.rules.l1.clone(),
            payloads,
            ended,
        })
    }

    /// The claim.
    pub const fn claim(&self) -> &Claim {
        &self.claim
    }

    /// The agreed block.
    pub const fn agreed(&self) -> BlockId {
        self.agreed
    }

    /// The chain's rules.
    pub const fn rules(&self) -> &Rules {
        self.state.rules()
    }

    /// Number of the newest L2 block: the claimed one, or the last that L1 lets derive if that is lower.
    pub fn l2_head(&self) -> u64 {
        self.l2.head().number()
    }

    /// Numbers of the oldest and the newest L1 block.
    pub fn l1_range(&self) -> (u64, u64) {
        (self.l1.lowest().number(), self.l1.head().number())
    }

    /// Hash of an L1 block.
    pub fn l1_hash(&self, number: u64) -> Option<B256> {
        self.l1.by_number(number).map(|block| block.hash())
    }

    /// Why the run of the claim broke off before its verdict, if it did.
    pub fn ended(&self) -> Option<&str> {
        self.ended.as_deref()
    }

    /// What building these very attributes has read, if the run has built them.
    pub(crate) fn payload(&self, attributes: &Attributes) -> Option<&PayloadReads> {
        let mut built = self.payloads.get(&attributes.parent)?.iter();
        let same = built.find(|payload| payload.attributes == *attributes)?;
        Some(&same.reads)
    }

    /// What building this block on that parent has read, if the run has built it.
    pub(crate) fn reads(&self, block: B256, parent: B256) -> Option<&PayloadReads> {
        let mut built = self.payloads.get(&parent)?.iter();
        let same = built.find(|payload| payload.block == block)?;
        Some(&same.reads)
    }

    /// Versioned hashes of the blobs that are served.
    pub fn blob_hashes(&self) -> Vec<B256> {
        self.slots.all().map(|blob| blob.hash).collect()
    }
}

/// A block that the run has built.
#[derive(Debug)]
struct Payload {
    block: B256,
    attributes: Attributes,
    reads: PayloadReads,
}

/// A block and its ancestors as far as the witness has their headers, ascending.
fn ancestors(preimages: &mut Preimages, mut hash: B256) -> Result<Vec<Block>, String> {
    let mut blocks = Vec::new();
    while let Some((header, raw_header)) = preimages.header(hash)? {
        hash = header.parent_hash;
        let number = header.number;
        let transactions = preimages.list(header.transactions_root);
        let receipts = preimages.list(header.receipts_root);
        blocks.push(Block::new(header, raw_header, transactions, receipts));
        if number == 0 {
            break;
        }
    }
    blocks.reverse();
    Ok(blocks)
}

fn block(attributes: Attributes, executed: Executed) -> Block {
    let receipts = executed.receipts.iter();
    let receipts = receipts.map(|receipt| Bytes::from(receipt.trie_value()));
    let raw_header = alloy_rlp::encode(executed.header.inner()).into();
    Block::new(
        executed.header,
        raw_header,
        Some(attributes.transactions),
        Some(receipts.collect()),
    )
}

/// Blocks that a run has built, in order.
#[derive(Default)]
struct Collected(Vec<(Attributes, Executed)>);

impl Sink for Collected {
    fn event(&mut self, _: Event) {}
}

impl Watch for Collected {
    fn executed(&mut self, attributes: &Attributes, outcome: &Result<Executed, InvalidPayload>) {
        if let Ok(executed) = outcome {
            self.0.push((attributes.clone(), executed.clone()));
        }
    }
}

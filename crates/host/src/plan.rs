//! What is to be judged, found out from endpoints: the claim's ends. What is taken from whom is said, since the verdict rests on it.

use crate::{
    fetch::{At, Block, Fetch, Layer},
    net::Failure,
};
use alloy_consensus::Header;
use alloy_primitives::{B256, Sealed};
use futures_util::future::{join, join4};
use hoike_protocol::{L2Ref, L2Time, Rules};

/// What is wanted to be judged.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Wish {
    /// The claimed block's number.
    pub block: u64,
    /// The agreed block's number.
    pub from: u64,
    /// The claimed root; else the L2 node's block is the claim.
    pub claimed_root: Option<B256>,
    /// The agreed output root, which then need not be believed of the node.
    pub agreed_root: Option<B256>,
    /// The L1 head, which then need not be believed of the node.
    pub l1_head: Option<B256>,
}

/// The ends of a claim.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Hash of the agreed block.
    pub agreed: B256,
    /// Its output root.
    pub agreed_root: B256,
    /// The claimed root.
    pub claimed_root: B256,
    /// The L1 head.
    pub l1_head: Sealed<Header>,
    /// The newest L1 block that the node knows.
    pub l1_newest: Sealed<Header>,
    /// Number of the newest finalized L1 block, if the node says so.
    pub l1_finalized: Option<u64>,
    /// Number of the claimed block's L1 origin, or that of the newest block there is.
    origin: u64,
}

/// Why there is no claim to judge.
#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    /// The claimed block is not after the agreed one.
    #[error(
        "block {block} is not after the agreed block {from}: --block must be larger than --from"
    )]
    Order {
        /// The claimed block.
        block: u64,
        /// The agreed block.
        from: u64,
    },
    /// The chain begins later.
    #[error("the chain's first block is {genesis}; block {from} cannot be agreed on")]
    BeforeGenesis {
        /// The agreed block.
        from: u64,
        /// Number of the genesis block.
        genesis: u64,
    },
    /// The L2 node does not have a block.
    #[error(
        "the L2 node's newest block is {newest}, it has no block {block} yet: wait, or give --claim-root for a claim about it"
    )]
    Future {
        /// The block.
        block: u64,
        /// The newest one.
        newest: u64,
    },
    /// The agreed root that was given is not the root of the agreed block.
    #[error(
        "the L2 node's block {from} has the output root {computed}, not {given} as given by --agreed-root: one of them is of another chain or block"
    )]
    AgreedRoot {
        /// The agreed block.
        from: u64,
        /// The node's.
        computed: B256,
        /// The given one.
        given: B256,
    },
    /// The given L1 head is too old.
    #[error(
        "the L1 head {given} is block {number}, before the agreed block's L1 origin {origin}: nothing can be derived from it; give a later --l1-head"
    )]
    OldHead {
        /// The head.
        given: B256,
        /// Its number.
        number: u64,
        /// Number of the origin.
        origin: u64,
    },
    /// A block of the L2 node is none of this chain.
    #[error("block {number} of the L2 node cannot be read as a block of this chain: {why}")]
    Foreign {
        /// Its number.
        number: u64,
        /// What is wrong.
        why: String,
    },
    /// The endpoints do not answer.
    #[error(transparent)]
    Endpoint(#[from] Failure),
}

impl Plan {
    /// Finds the claim's ends. `reach` is how many L1 blocks beyond the claimed block's origin are taken, where no head is given.
    ///
    /// # Errors
    /// See [`PlanError`].
    pub async fn make(
        fetch: &Fetch,
        rules: &Rules,
        wish: &Wish,
        reach: u64,
    ) -> Result<Self, PlanError> {
        let Wish { block, from, .. } = *wish;
        if block <= from {
            return Err(PlanError::Order { block, from });
        }
        let genesis = rules.rollup.genesis.l2.number;
        if from < genesis {
            return Err(PlanError::BeforeGenesis { from, genesis });
        }
        let ids = fetch.check_chains(rules.rollup.l1_chain_id, rules.rollup.l2_chain_id);
        let (chains, newest_l2, newest_l1, finalized) = join4(
            ids,
            fetch.header(Layer::L2, At::Latest),
            fetch.header(Layer::L1, At::Latest),
            fetch.header_once(Layer::L1, At::Finalized),
        )
        .await;
        chains?;
        let (newest_l2, newest_l1) = (newest_l2?.number, newest_l1?);
        let needs_claimed = wish.claimed_root.is_none() || wish.l1_head.is_none();
        if from > newest_l2 {
            let (block, newest) = (from, newest_l2);
            return Err(PlanError::Future { block, newest });
        }
        if wish.claimed_root.is_none() && block > newest_l2 {
            let newest = newest_l2;
            return Err(PlanError::Future { block, newest });
        }
        // The claimed block only says where to look, so an older one will do.
        let guide = block.min(newest_l2);
        let guide = async {
            match needs_claimed && guide > from {
                true => fetch.block(Layer::L2, At::Number(guide)).await.map(Some),
                false => Ok(None),
            }
        };
        let (agreed, guide) = join(fetch.block(Layer::L2, At::Number(from)), guide).await;
        let (agreed, guide) = (agreed?, guide?);
        let agreed_origin = origin(&agreed, rules)?;
        let guide_origin = match &guide {
            Some(guide) => origin(guide, rules)?,
            None => agreed_origin,
        };

        let head = async {
            match wish.l1_head {
                Some(hash) => fetch.header(Layer::L1, At::Hash(hash)).await,
                None => head_at(fetch, guide_origin.saturating_add(reach), &newest_l1).await,
            }
        };
        let claimed = async {
            match (wish.claimed_root, &guide) {
                (Some(root), _) => Ok::<_, Failure>(root),
                (None, Some(guide)) => Ok(fetch.output(&guide.header, rules).await?.0.root()),
                (None, None) => Ok(B256::ZERO),
            }
        };
        let (head, (agreed_output, claimed_root)) =
            join(head, join(fetch.output(&agreed.header, rules), claimed)).await;
        let (l1_head, agreed_root) = (head?, agreed_output?.0.root());
        if let Some(given) = wish.agreed_root.filter(|given| *given != agreed_root) {
            let computed = agreed_root;
            return Err(PlanError::AgreedRoot {
                from,
                computed,
                given,
            });
        }
        if l1_head.number < agreed_origin {
            return Err(PlanError::OldHead {
                given: l1_head.hash(),
                number: l1_head.number,
                origin: agreed_origin,
            });
        }
        Ok(Self {
            agreed: agreed.header.hash(),
            agreed_root,
            claimed_root: claimed_root?,
            l1_head,
            l1_newest: newest_l1,
            l1_finalized: finalized.map(|header| header.number),
            origin: guide_origin,
        })
    }

    /// Takes an L1 head so many blocks beyond the claimed block's origin; the newest one if there are not so many.
    ///
    /// # Errors
    /// It cannot be had.
    pub async fn reach(&mut self, fetch: &Fetch, reach: u64) -> Result<(), PlanError> {
        let wanted = self.origin.saturating_add(reach);
        self.l1_head = head_at(fetch, wanted, &self.l1_newest).await?;
        Ok(())
    }
}

async fn head_at(
    fetch: &Fetch,
    wanted: u64,
    newest: &Sealed<Header>,
) -> Result<Sealed<Header>, Failure> {
    if wanted >= newest.number {
        return Ok(newest.clone());
    }
    fetch.header(Layer::L1, At::Number(wanted)).await
}

/// Number of a block's L1 origin.
fn origin(block: &Block, rules: &Rules) -> Result<u64, PlanError> {
    let header = &block.header;
    let l2_rules = rules.at_l2(L2Time(header.timestamp));
    let first = block.transactions.first().map(AsRef::as_ref);
    L2Ref::from_block(header, header.hash(), first, &rules.rollup, &l2_rules)
        .map(|block| block.origin.number)
        .map_err(|why| PlanError::Foreign {
            number: header.number,
            why: why.to_string(),
        })
}

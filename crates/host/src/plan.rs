//! What is to be judged, found out from endpoints: the claim's ends. What is taken from whom is said, since the verdict rests on it.

use crate::{
    fetch::{At, Block, Fetch, Layer},
    net::{Failure, Patience},
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
    /// The claimed block is not after the chain's first one.
    #[error(
        "the chain's first block is {genesis}, which everybody agrees on; block {block} is not derived from L1: give a later --block"
    )]
    NotDerived {
        /// The claimed block.
        block: u64,
        /// Number of the genesis block.
        genesis: u64,
    },
    /// The chain begins later.
    #[error(
        "the chain's first block is {genesis}; block {from} cannot be agreed on: give a later --from"
    )]
    BeforeGenesis {
        /// The agreed block.
        from: u64,
        /// Number of the genesis block.
        genesis: u64,
    },
    /// The L2 node does not have the claimed block, of which the claim would be.
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
    /// The L2 node does not have the agreed block.
    #[error(
        "block {block} is beyond the L2 node's newest block {newest}, which is before the agreed block {from}: wait, or give an earlier --block"
    )]
    AgreedInFuture {
        /// The claimed block.
        block: u64,
        /// The agreed block.
        from: u64,
        /// The newest one.
        newest: u64,
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
    /// Nobody knows the given L1 head.
    #[error("--l1-head: {failure}; or check the hash")]
    UnknownHead {
        /// What the endpoints say.
        failure: Failure,
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
        let genesis = rules.rollup.genesis.l2.number;
        if block <= genesis {
            return Err(PlanError::NotDerived { block, genesis });
        }
        if block <= from {
            return Err(PlanError::Order { block, from });
        }
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
            let newest = newest_l2;
            return Err(PlanError::AgreedInFuture {
                block,
                from,
                newest,
            });
        }
        if wish.claimed_root.is_none() && block > newest_l2 {
            let newest = newest_l2;
            return Err(PlanError::Future { block, newest });
        }
        // The claimed block only says where to look, so an older one will do.
        let guide = block.min(newest_l2);
        let ends = async {
            if !needs_claimed || guide <= from {
                return Ok::<_, PlanError>(None);
            }
            let (guide, claimed_root) = match wish.claimed_root {
                Some(root) => (fetch.block(Layer::L2, At::Number(guide)).await?, root),
                None => with_root(fetch, rules, guide, None).await?,
            };
            let origin = origin(&guide, rules)?;
            let head = head(fetch, wish, origin.saturating_add(reach), &newest_l1);
            Ok(Some((origin, claimed_root, head.await?)))
        };
        let agreed = with_root(fetch, rules, from, wish.agreed_root);
        let (agreed, ends) = join(agreed, ends).await;
        let ((agreed, agreed_root), ends) = (agreed?, ends?);
        let agreed_origin = origin(&agreed, rules)?;
        let (guide_origin, claimed_root, l1_head) = match ends {
            Some(ends) => ends,
            None => {
                let reach = agreed_origin.saturating_add(reach);
                let head = head(fetch, wish, reach, &newest_l1).await?;
                // Without a claimed root there would be a guide.
                (agreed_origin, wish.claimed_root.unwrap_or_default(), head)
            }
        };
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
            claimed_root,
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

/// The given L1 head, or that number's block.
async fn head(
    fetch: &Fetch,
    wish: &Wish,
    number: u64,
    newest: &Sealed<Header>,
) -> Result<Sealed<Header>, PlanError> {
    let Some(hash) = wish.l1_head else {
        return Ok(head_at(fetch, number, newest).await?);
    };
    loop {
        let header = fetch.header_within(Layer::L1, At::Hash(hash), HEAD_ROUNDS);
        match header.await {
            Ok(header) => return Ok(header),
            // Other blocks come from nodes, and are there or will be; this one is somebody's word.
            Err(failure) if failure.is_not_there() => {
                return Err(PlanError::UnknownHead { failure });
            }
            Err(failure) if failure.is_transient() => {}
            Err(failure) => return Err(failure.into()),
        }
    }
}

/// An L2 block, and its output root, which has to be the given one if there is one.
///
/// By number a node gives a block of whatever chain it follows at that moment. So a block with another root, or one that is gone when its proof is asked
/// for, is a wrong answer, and the block is asked for anew.
async fn with_root(
    fetch: &Fetch,
    rules: &Rules,
    number: u64,
    given: Option<B256>,
) -> Result<(Block, B256), PlanError> {
    let at = At::Number(number);
    let mut wrong = 0;
    loop {
        let (answerer, block) = fetch.block_of(Layer::L2, at).await?;
        let hash = block.header.hash();
        let outcome = fetch.output(&block.header, rules, PROOF_ROUNDS).await;
        let (why, error) = match outcome {
            Ok((output, _)) => {
                let computed = output.root();
                let Some(given) = given.filter(|given| *given != computed) else {
                    return Ok((block, computed));
                };
                let error = PlanError::AgreedRoot {
                    from: number,
                    computed,
                    given,
                };
                let why = format!("block {number}, {hash}, has not the output root {given}");
                (why, error)
            }
            Err(failure) if failure.is_not_there() => {
                let why = format!("block {number}, {hash}, is not there when it is asked for");
                (why, failure.into())
            }
            Err(failure) if failure.is_transient() => continue,
            Err(failure) => return Err(failure.into()),
        };
        wrong += 1;
        if wrong == WRONG_BLOCKS {
            return Err(error);
        }
        fetch.doubt(Layer::L2, at, answerer, why, wrong).await?;
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

/// How often a block's proof is asked for before the block is asked for anew.
const PROOF_ROUNDS: Patience = Patience::Rounds(3);
/// How often a given L1 head is asked for before it counts as unknown: some seconds.
const HEAD_ROUNDS: Patience = Patience::Rounds(6);
/// How many wrong blocks are taken for a node's bad moment: for some seconds, since it may as well be the given root that is wrong.
const WRONG_BLOCKS: u32 = 5;

//! Where derivation begins: far enough back on L1 that no channel is missed that may hold the next batch.
//!
//! Spec: `protocol/derivation.md`, "Resetting the Pipeline" (D08, D09, D151): from the safe head back to an L2 block whose L1 origin is a channel
//! timeout before the safe head's; data is read from that origin on, with that block's system config.
//!
//! The L1 origins of consecutive L2 blocks are equal or consecutive, so the origin to stop at follows from L1 headers alone. Of that block's config
//! derivation uses only the batcher address; if no L1 block after that origin and up to the safe head's has changed it, it is the safe head's. So
//! the L2 chain is walked only where an update of the batcher lies in between.

use crate::{
    extract::receipts,
    step::{Answer, Halt, Head, L2Block, Mismatch, Need, decode_receipts},
};
use alloc::{boxed::Box, vec::Vec};
use alloy_consensus::Header;
use alloy_primitives::{B256, Sealed};
use hoike_protocol::{BlockId, InclusionTime, L2Ref, L2Time, Rules, SystemConfig};

/// Where a [`Derivation`](crate::Derivation) begins.
#[derive(Clone, Debug)]
pub struct Start {
    /// The first L1 block whose data is read.
    pub l1: Sealed<Header>,
    /// The config whose batcher counts there.
    pub config: SystemConfig,
    /// The safe head to build on.
    pub head: Head,
}

/// Finds the [`Start`] for a safe head. Driven like the derivation: do what [`StartSearch::step`] asks.
#[derive(Clone, Debug)]
pub struct StartSearch {
    rules: Rules,
    head: Head,
    always_walk_l2: bool,
    state: State,
}

/// What the search wants next.
#[derive(Clone, Debug)]
pub enum StartStep {
    /// Answer this with [`StartSearch::supply`].
    Need(Need),
    /// Found.
    Found(Box<Start>),
}

#[derive(Clone, Debug)]
enum State {
    /// Down the L1 chain; `above` is the block above the one that is needed.
    L1 {
        above: Option<Sealed<Header>>,
        suspects: Vec<BlockId>,
    },
    /// Looking whether a block really changed the batcher.
    Receipts {
        start: Sealed<Header>,
        suspects: Vec<BlockId>,
    },
    /// Down the L2 chain to the last block of the start's epoch.
    L2 {
        start: Sealed<Header>,
        number: u64,
        hash: B256,
    },
    Found(Box<Start>),
}

impl StartSearch {
    /// Begins at the safe head.
    pub const fn new(rules: Rules, head: Head) -> Self {
        Self {
            rules,
            head,
            always_walk_l2: false,
            state: State::L1 {
                above: None,
                suspects: Vec::new(),
            },
        }
    }

    /// Walks the L2 chain in any case, as the specification describes it. The result is the same.
    pub fn without_shortcuts(mut self) -> Self {
        self.always_walk_l2 = true;
        self
    }

    /// What is needed next, or the start.
    pub fn step(&self) -> StartStep {
        match &self.state {
            State::L1 { above: None, .. } => StartStep::Need(Need::L1Header {
                number: self.head.block.origin.number,
            }),
            State::L1 {
                above: Some(above), ..
            } => StartStep::Need(Need::L1Header {
                number: above.number.saturating_sub(1),
            }),
            State::Receipts { start, suspects } => match suspects.last() {
                Some(block) => StartStep::Need(Need::L1Receipts { block: *block }),
                None => StartStep::Found(Box::new(self.found(start.clone(), self.head.config))),
            },
            State::L2 { number, .. } => StartStep::Need(Need::L2Blocks {
                numbers: *number..=*number,
            }),
            State::Found(start) => StartStep::Found(start.clone()),
        }
    }

    /// Answers the open need.
    ///
    /// # Errors
    /// An answer that does not fit; the search is as before. The inner error: the safe head does not build on this L1 chain.
    pub fn supply(&mut self, answer: Answer) -> Result<Result<(), Halt>, Mismatch> {
        match (&mut self.state, answer) {
            (State::L1 { .. }, Answer::L1Header(header)) => self.l1_header(header),
            (State::Receipts { start, suspects }, Answer::L1Receipts(raw)) => {
                let decoded = decode_receipts(&raw)?;
                if receipts::may_change_batcher(&decoded, &self.rules.rollup) {
                    let start = start.clone();
                    self.state = self.l2_walk(start);
                } else {
                    suspects.pop();
                }
                Ok(Ok(()))
            }
            (State::L2 { .. }, Answer::L2Blocks(blocks)) => self.l2_block(blocks),
            _ => Err(Mismatch::Unasked),
        }
    }

    fn l1_header(&mut self, header: Sealed<Header>) -> Result<Result<(), Halt>, Mismatch> {
        let State::L1 { above, suspects } = &mut self.state else {
            return Err(Mismatch::Unasked);
        };
        let origin = self.head.block.origin;
        match above {
            None => {
                if header.number != origin.number {
                    return Err(Mismatch::Number {
                        number: origin.number,
                        got: header.number,
                    });
                }
                if header.hash() != origin.hash {
                    return Ok(Err(Halt::ForeignOrigin {
                        number: self.head.block.number,
                        origin: origin.hash,
                    }));
                }
            }
            Some(above) if header.hash() != above.parent_hash => {
                return Err(Mismatch::Parent {
                    number: above.number,
                    parent: header.hash(),
                });
            }
            Some(_) => {}
        }
        let genesis = &self.rules.rollup.genesis;
        // The timeout is that of the candidate's own time (D151).
        let timeout = self
            .rules
            .at_inclusion(InclusionTime(header.timestamp))
            .channel_timeout;
        let go_on = self.head.block.number > genesis.l2.number
            && header.number > genesis.l1.number
            && header.number.saturating_add(timeout) > origin.number;
        if go_on {
            if receipts::may_update_config(&header.logs_bloom, &self.rules.rollup) {
                suspects.push(BlockId {
                    hash: header.hash(),
                    number: header.number,
                });
            }
            *above = Some(header);
        } else {
            let suspects = core::mem::take(suspects);
            self.state = if self.always_walk_l2 {
                self.l2_walk(header)
            } else {
                State::Receipts {
                    start: header,
                    suspects,
                }
            };
        }
        Ok(Ok(()))
    }

    fn l2_walk(&self, start: Sealed<Header>) -> State {
        if self.head.block.origin.number == start.number {
            return State::Found(Box::new(self.found(start, self.head.config)));
        }
        State::L2 {
            start,
            number: self.head.block.number.saturating_sub(1),
            hash: self.head.block.parent,
        }
    }

    fn l2_block(&mut self, blocks: Vec<L2Block>) -> Result<Result<(), Halt>, Mismatch> {
        let State::L2 {
            start,
            number,
            hash,
        } = &mut self.state
        else {
            return Err(Mismatch::Unasked);
        };
        let count = blocks.len() as u64;
        let (Some(block), 1) = (blocks.into_iter().next(), count) else {
            return Err(Mismatch::Count {
                want: 1,
                got: count,
            });
        };
        if block.header.hash() != *hash || block.header.number != *number {
            return Err(Mismatch::L2Chain { number: *number });
        }
        let first_tx = block.transactions.first().map(|tx| tx.as_ref());
        let unreadable = |why| Mismatch::L2Block {
            number: block.header.number,
            why,
        };
        let (rollup, rules) = (
            &self.rules.rollup,
            self.rules.at_l2(L2Time(block.header.timestamp)),
        );
        let reference =
            L2Ref::from_block(&block.header, block.header.hash(), first_tx, rollup, &rules)
                .map_err(unreadable)?;
        if reference.origin.number > start.number {
            *number = number.saturating_sub(1);
            *hash = reference.parent;
            return Ok(Ok(()));
        }
        if reference.origin.hash != start.hash() {
            return Ok(Err(Halt::ForeignOrigin {
                number: reference.number,
                origin: reference.origin.hash,
            }));
        }
        let config =
            SystemConfig::read_back(&block.header, block.header.hash(), first_tx, rollup, &rules)
                .map_err(unreadable)?;
        let start = start.clone();
        self.state = State::Found(Box::new(self.found(start, config)));
        Ok(Ok(()))
    }

    const fn found(&self, l1: Sealed<Header>, config: SystemConfig) -> Start {
        Start {
            l1,
            config,
            head: self.head,
        }
    }
}

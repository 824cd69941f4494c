//! Prologue, drive, epilogue.

use crate::{
    boot::{Boot, Claim},
    error::{Error, Purpose},
    source::{l1::L1Chain, l2::L2Chain},
    state::OracleState,
    verdict::{Outcome, Verdict},
};
use alloc::{format, string::ToString};
use alloy_consensus::Header;
use alloy_primitives::{B256, Bytes, Sealed};
use hoike_derive::{
    Answer, Built, Derivation, Head, L2Block, Mismatch, Need, Sink, StartSearch, StartStep, Step,
};
use hoike_executor::{Accelerator, Executed, Executor, InvalidPayload, NoAnswer};
use hoike_preimage::{Checked, Hint};
use hoike_protocol::{Attributes, BlockId, L2Ref, L2Time, SystemConfig, output::OutputV0};

/// Watches a run: derivation's events, and what is executed. `()` watches nothing, at no cost.
pub trait Watch: Sink {
    /// The run enters this phase.
    fn phase(&mut self, _phase: Phase) {}
    /// Attributes are about to be executed on this block.
    fn building(&mut self, _parent: &Sealed<Header>, _attributes: &Attributes) {}
    /// Attributes were executed.
    fn executed(&mut self, _attributes: &Attributes, _outcome: &Result<Executed, InvalidPayload>) {}
    /// Derivation begins, at this L1 block and on this head.
    fn begins(&mut self, _derivation: &Derivation) {}
    /// The transactions of an L1 block, as derivation gets them.
    fn l1_transactions(&mut self, _block: BlockId, _transactions: &[Bytes]) {}
    /// Whether [`Watch::output_root`] is to be called. It costs a proof of the message passer before Isthmus.
    fn wants_output_roots(&self) -> bool {
        false
    }
    /// The output root of a block just built; `None` where the oracle lacks what it is computed from, which is no fault before the claimed block.
    fn output_root(&mut self, _block: &Sealed<Header>, _root: Option<B256>) {}
}

impl Watch for () {}

/// What a run is busy with.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Phase {
    /// Reading the claim's two ends and where to begin.
    Start,
    /// Deriving attributes.
    Derive,
    /// Building a block.
    Execute,
    /// Computing the output root.
    Finish,
}

/// Judges a claim.
///
/// Derives from the agreed block until the claimed number is safe or L1 ends, then compares the claimed root with the output root of block
/// `min(claimed number, safe number)`: a claim beyond what L1 lets derive is valid with the root of the last derivable block, and only with that
/// one (D111, D112, D115, D155). Spec: `fault-proof/index.md`, "Main content" and "Epilogue".
///
/// # Errors
/// Whatever stands in the way of a verdict, see [`Error`].
pub fn run<O: Checked, W: Watch>(
    boot: &Boot,
    oracle: &mut O,
    accelerator: &mut impl Accelerator<Error<O::Error>>,
    watch: &mut W,
) -> Result<Outcome, Error<O::Error>> {
    run_by(Route::Short, boot, oracle, accelerator, watch)
}

/// Which data a run asks for. The verdict is the same.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Route {
    /// What is needed, given what L1 consensus has committed to.
    Short,
    /// What the specification reads: every block's receipts, and the L2 chain back to where derivation starts.
    Plain,
}

/// Judges a claim by the given route, see [`run`].
///
/// # Errors
/// As [`run`].
pub fn run_by<O: Checked, W: Watch>(
    route: Route,
    boot: &Boot,
    oracle: &mut O,
    accelerator: &mut impl Accelerator<Error<O::Error>>,
    watch: &mut W,
) -> Result<Outcome, Error<O::Error>> {
    watch.phase(Phase::Start);
    let Claim {
        l1_head,
        agreed_output_root,
        claimed_output_root,
        claimed_block,
    } = boot.claim;
    let agreed_output = agreed_output(oracle, agreed_output_root)?;
    let l2 = L2Chain::new(oracle, agreed_output.block_hash)?;
    let agreed = l2.agreed().number;

    let mut program = Program {
        route,
        boot,
        executor: Executor::new(boot.rules.clone(), OracleState::new(oracle)),
        l2,
    };
    let compared = if claimed_block > agreed {
        program.drive(accelerator, watch)?
    } else {
        claimed_block
    };

    watch.phase(Phase::Finish);
    let (block, output_root) = program.output(compared, agreed_output_root)?;
    let verdict = if output_root == claimed_output_root {
        Verdict::Valid
    } else {
        Verdict::Invalid {
            claimed: claimed_output_root,
            computed: output_root,
        }
    };
    let agreed = BlockId {
        hash: agreed_output.block_hash,
        number: agreed,
    };
    Ok(Outcome {
        verdict,
        agreed,
        compared: block,
        output_root,
        l1_head,
    })
}

fn agreed_output<O: Checked>(oracle: &mut O, root: B256) -> Result<OutputV0, Error<O::Error>> {
    let purpose = Purpose::AgreedOutput;
    oracle
        .hint(&Hint::L2Output(root))
        .map_err(|cause| Error::Preimage { purpose, cause })?;
    let raw = oracle
        .keccak256(root)
        .map_err(|cause| Error::Preimage { purpose, cause })?;
    OutputV0::decode(&raw).map_err(|why| Error::Malformed {
        purpose,
        hash: root,
        why: why.to_string(),
    })
}

struct Program<'a, O> {
    route: Route,
    boot: &'a Boot,
    executor: Executor<OracleState<'a, O>>,
    l2: L2Chain,
}

impl<O: Checked> Program<'_, O> {
    /// Extends the chain until the claimed number is safe or L1 ends; the number of the last safe block, at most the claimed one.
    fn drive<W: Watch>(
        &mut self,
        accelerator: &mut impl Accelerator<Error<O::Error>>,
        watch: &mut W,
    ) -> Result<u64, Error<O::Error>> {
        let rules = &self.boot.rules;
        let l1_head = self.boot.claim.l1_head;
        let mut l1 = L1Chain::new(self.oracle(), l1_head)?;
        let head = self.head()?;
        let mut search = StartSearch::new(rules.clone(), head);
        if self.route == Route::Plain {
            search = search.without_shortcuts();
        }
        let start = loop {
            match search.step() {
                StartStep::Found(start) => break *start,
                StartStep::Need(need) => match self.answer(&mut l1, &need)? {
                    Some(answer) => search.supply(answer)??,
                    None => {
                        return Err(hoike_derive::Halt::ForeignOrigin {
                            number: head.block.number,
                            origin: head.block.origin.hash,
                        }
                        .into());
                    }
                },
            }
        };

        watch.phase(Phase::Derive);
        let mut derivation = Derivation::new(rules.clone(), start);
        if self.route == Route::Plain {
            derivation = derivation.without_shortcuts();
        }
        watch.begins(&derivation);
        while derivation.safe().block.number < self.boot.claim.claimed_block {
            match derivation.step(watch)? {
                Step::Need(need) => match self.answer(&mut l1, &need)? {
                    Some(answer) => {
                        if let (Need::L1Transactions { block }, Answer::L1Transactions(all)) =
                            (&need, &answer)
                        {
                            watch.l1_transactions(*block, all);
                        }
                        derivation.supply(answer)?;
                    }
                    None => derivation.end_of_l1()?,
                },
                Step::Build(attributes) => {
                    watch.phase(Phase::Execute);
                    let built = self.build(&attributes, accelerator, watch)?;
                    derivation.built(built, watch)?;
                    watch.phase(Phase::Derive);
                }
                Step::L1Exhausted => break,
            }
        }
        Ok(derivation
            .safe()
            .block
            .number
            .min(self.boot.claim.claimed_block))
    }

    /// Answers derivation; `None`: there is no such L1 block.
    fn answer(&mut self, l1: &mut L1Chain, need: &Need) -> Result<Option<Answer>, Error<O::Error>> {
        let oracle = &mut *self.executor.state_mut().oracle;
        Ok(Some(match need {
            Need::L1Header { number } => match l1.header(oracle, *number)? {
                Some(header) => Answer::L1Header(header.clone()),
                None => return Ok(None),
            },
            Need::L1Receipts { block } => Answer::L1Receipts(l1.receipts(oracle, *block)?),
            Need::L1Transactions { block } => {
                Answer::L1Transactions(l1.transactions(oracle, *block)?)
            }
            Need::Blobs { block, blobs } => Answer::Blobs(l1.blobs(oracle, *block, blobs)?),
            Need::L2Blocks { numbers } => {
                Answer::L2Blocks(self.l2.blocks(oracle, numbers.clone())?)
            }
        }))
    }

    fn build<W: Watch>(
        &mut self,
        attributes: &Attributes,
        accelerator: &mut impl Accelerator<Error<O::Error>>,
        watch: &mut W,
    ) -> Result<Built, Error<O::Error>> {
        let parent = self.parent(attributes.parent)?;
        let block = parent.number.saturating_add(1);
        self.executor.state_mut().block = block;
        watch.building(&parent, attributes);
        let outcome = self
            .executor
            .execute(&parent, attributes, accelerator)
            .map_err(|why| no_answer(block, why))?;
        watch.executed(attributes, &outcome);
        Ok(match outcome {
            Ok(executed) => {
                if watch.wants_output_roots() {
                    let root = self.executor.output_root(&executed.header).ok();
                    watch.output_root(&executed.header, root);
                }
                self.l2.push(L2Block {
                    header: executed.header.clone(),
                    transactions: attributes.transactions.clone(),
                });
                Built::Block(executed.header)
            }
            Err(_) => Built::Invalid,
        })
    }

    /// The block of this hash: the agreed one or one of those built.
    fn parent(
        &self,
        hash: B256,
    ) -> Result<alloy_primitives::Sealed<alloy_consensus::Header>, Error<O::Error>> {
        self.l2
            .by_hash(hash)
            .cloned()
            .ok_or(Error::Bug(Mismatch::L2Chain { number: 0 }))
    }

    /// The agreed block as derivation sees it.
    fn head(&mut self) -> Result<Head, Error<O::Error>> {
        let header = self.l2.agreed().clone();
        let transactions = L2Chain::transactions(self.oracle(), &header)?;
        let first_tx = transactions.first().map(|tx| tx.as_ref());
        let unreadable = |why: hoike_protocol::config::read_back::ReadBackFault| Error::Malformed {
            purpose: Purpose::L2Header {
                number: Some(header.number),
            },
            hash: header.hash(),
            why: format!("no system config can be read from it: {why}"),
        };
        let rollup = &self.boot.rules.rollup;
        let rules = self.boot.rules.at_l2(L2Time(header.timestamp));
        let block = L2Ref::from_block(&header, header.hash(), first_tx, rollup, &rules)
            .map_err(unreadable)?;
        let config = SystemConfig::read_back(&header, header.hash(), first_tx, rollup, &rules)
            .map_err(unreadable)?;
        Ok(Head { block, config })
    }

    /// The output root of a block of the chain, at or below its head.
    fn output(
        &mut self,
        number: u64,
        agreed_root: B256,
    ) -> Result<(BlockId, B256), Error<O::Error>> {
        let oracle = &mut *self.executor.state_mut().oracle;
        let header = self
            .l2
            .header(oracle, number)?
            .cloned()
            .ok_or(Error::Bug(Mismatch::L2Chain { number }))?;
        let block = BlockId {
            hash: header.hash(),
            number,
        };
        if self.l2.agreed().number == number {
            return Ok((block, agreed_root));
        }
        self.executor.state_mut().block = number;
        let root = self
            .executor
            .output_root(&header)
            .map_err(|why| no_answer(number, why))?;
        Ok((block, root))
    }

    fn oracle(&mut self) -> &mut O {
        self.executor.state_mut().oracle
    }
}

/// Execution's error as the program's: the source's own error already is one.
fn no_answer<E: core::error::Error + Send + Sync + 'static>(
    block: u64,
    why: NoAnswer<Error<E>>,
) -> Error<E> {
    match why {
        NoAnswer::Trie(hoike_trie::Error::Source { cause, .. })
        | NoAnswer::Code { cause, .. }
        | NoAnswer::Header { cause, .. }
        | NoAnswer::Accelerator(cause) => cause,
        NoAnswer::Trie(hoike_trie::Error::Malformed { hash, why }) => Error::Malformed {
            purpose: Purpose::StateNode { block },
            hash,
            why: why.to_string(),
        },
        NoAnswer::Leaf { .. }
        | NoAnswer::Ancestor { .. }
        | NoAnswer::Parent { .. }
        | NoAnswer::Evm { .. }
        | NoAnswer::UnsupportedFork(_) => Error::Execution {
            block,
            why: why.to_string(),
        },
    }
}

//! The machine driven by hand, without an oracle, in any manner that its surface allows.

use crate::chain::Chain;
use crate::journal::Journal;
use crate::store::Store;
use alloy_primitives::{B256, Bytes, Sealed};
use hoike_derive::{
    Answer, Built, Derivation, Halt, Head, L2Block, Mismatch, Need, Start, StartSearch, StartStep,
    Step,
};
use hoike_executor::Executor;
use hoike_native::Native;
use hoike_protocol::{Attributes, L2Ref};

/// How the machine is driven.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Pace {
    /// Each step is asked for several times before it is answered.
    pub repeat: bool,
    /// Answers that nobody asked for, and wrong ones, come before the right one. All must be refused.
    pub pester: bool,
    /// L1 is said to have ended before each header, which then comes all the same.
    pub stall: bool,
    /// Without the machine's shortcuts.
    pub plain: bool,
    /// The machine is cloned at each step, and the copy goes on.
    pub copy: bool,
}

/// What came out.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Derived {
    /// Hashes of the blocks built that are safe, in order.
    pub blocks: Vec<B256>,
    /// What was told.
    pub journal: Journal,
    /// Why it could not go on, if so.
    pub halt: Option<Halt>,
    /// How many steps were answered.
    pub steps: u64,
    /// How many times it asked for L2 blocks.
    pub overlaps: u64,
}

/// Derives from an L2 block on until all of L1 is read. `store` has the chain's preimages.
///
/// # Panics
/// If the machine takes what it has to refuse, asks for what does not exist, or takes more than a million steps.
pub fn derive(chain: &Chain, store: &Store, agreed: u64, pace: Pace) -> Derived {
    let head = head(chain, agreed);
    let start = start(chain, head, pace.plain);
    let mut machine = Derivation::new(chain.rules.clone(), start);
    if pace.plain {
        machine = machine.without_shortcuts();
    }
    let mut driver = Driver {
        chain,
        executor: Executor::new(chain.rules.clone(), store),
        built: Vec::new(),
        agreed,
    };
    let mut journal = Journal::default();
    let (mut steps, mut overlaps) = (0, 0);
    let halt = loop {
        steps += 1;
        assert!(steps < 1_000_000, "no end");
        let step = match machine.step(&mut journal) {
            Ok(step) => step,
            Err(halt) => break Some(halt),
        };
        if pace.repeat {
            for _ in 0..3 {
                assert_eq!(machine.step(&mut journal), Ok(step.clone()));
            }
        }
        if pace.copy {
            machine = machine.clone();
        }
        if pace.pester {
            pester(&mut machine, &step);
        }
        match step {
            Step::L1Exhausted => break None,
            Step::Build(attributes) => {
                let built = driver.build(&attributes);
                machine.built(built, &mut journal).expect("its own block");
            }
            Step::Need(need) => {
                overlaps += u64::from(matches!(need, Need::L2Blocks { .. }));
                match driver.answer(&need) {
                    None => machine.end_of_l1().expect("a header is needed"),
                    Some(answer) => {
                        if pace.stall && matches!(need, Need::L1Header { .. }) {
                            machine.end_of_l1().expect("a header is needed");
                            assert_eq!(machine.step(&mut journal), Ok(Step::L1Exhausted));
                        }
                        machine.supply(answer).expect("the right answer");
                    }
                }
            }
        }
    };
    let safe = machine.safe().block.number - agreed;
    let blocks = driver.built.iter().map(|block| block.header.hash());
    Derived {
        blocks: blocks.take(safe as usize).collect(),
        journal,
        halt,
        steps,
        overlaps,
    }
}

fn head(chain: &Chain, number: u64) -> Head {
    let block = chain.block(number);
    Head {
        block: L2Ref {
            hash: block.header.hash(),
            number,
            parent: block.header.parent_hash,
            time: hoike_protocol::L2Time(block.header.timestamp),
            origin: block.origin,
            sequence_number: block.sequence_number,
        },
        config: block.config,
    }
}

/// Where derivation from a block begins.
fn start(chain: &Chain, head: Head, plain: bool) -> Start {
    let mut search = StartSearch::new(chain.rules.clone(), head);
    if plain {
        search = search.without_shortcuts();
    }
    loop {
        let need = match search.step() {
            StartStep::Found(start) => return *start,
            StartStep::Need(need) => need,
        };
        let answer = answer(chain, &need, |number| l2_block(chain, number));
        let answer = answer.expect("an L1 block below the head");
        search
            .supply(answer)
            .expect("the right answer")
            .expect("a head on this L1");
    }
}

struct Driver<'a> {
    chain: &'a Chain,
    executor: Executor<&'a Store>,
    /// From the agreed block up, without it.
    built: Vec<L2Block>,
    agreed: u64,
}

impl Driver<'_> {
    fn answer(&self, need: &Need) -> Option<Answer> {
        answer(self.chain, need, |number| self.l2_block(number))
    }

    fn l2_block(&self, number: u64) -> L2Block {
        match number.checked_sub(self.agreed + 1) {
            Some(index) => self.built[index as usize].clone(),
            None => l2_block(self.chain, number),
        }
    }

    fn build(&mut self, attributes: &Attributes) -> Built {
        let is_parent = |block: &&L2Block| block.header.hash() == attributes.parent;
        let agreed = l2_block(self.chain, self.agreed);
        let parent: Sealed<_> = self
            .built
            .iter()
            .rev()
            .find(is_parent)
            .unwrap_or(&agreed)
            .header
            .clone();
        let executed = self
            .executor
            .execute(&parent, attributes, &mut Native::new());
        match executed.unwrap_or_else(|why| panic!("{why}")) {
            Err(_) => Built::Invalid,
            Ok(executed) => {
                let height = (executed.header.number - self.agreed - 1) as usize;
                self.built.truncate(height);
                self.built.push(L2Block {
                    header: executed.header.clone(),
                    transactions: attributes.transactions.clone(),
                });
                Built::Block(executed.header)
            }
        }
    }
}

fn l2_block(chain: &Chain, number: u64) -> L2Block {
    let block = chain.block(number);
    L2Block {
        header: block.header.clone(),
        transactions: block.attributes.transactions.clone(),
    }
}

/// The answer to a need; `None` for an L1 block that does not exist.
pub(crate) fn answer(chain: &Chain, need: &Need, l2: impl Fn(u64) -> L2Block) -> Option<Answer> {
    Some(match need {
        Need::L1Header { number } => {
            let index = number.checked_sub(chain.l1[0].header.number)?;
            let block = chain.l1.get(index as usize)?;
            Answer::L1Header(block.header.clone())
        }
        Need::L1Receipts { block } => {
            Answer::L1Receipts(chain.l1_block(block.number).receipts.clone())
        }
        Need::L1Transactions { block } => {
            Answer::L1Transactions(chain.l1_block(block.number).transactions.clone())
        }
        Need::Blobs { block, blobs } => {
            let all = &chain.l1_block(block.number).blobs;
            let named = blobs.iter().map(|blob| {
                // The index is what a beacon node is asked by, so it has to be right as well.
                let found = &all[blob.index as usize];
                assert_eq!(found.hash, blob.hash, "blob {}", blob.index);
                Bytes::from(found.contents.to_vec())
            });
            Answer::Blobs(named.collect())
        }
        Need::L2Blocks { numbers } => Answer::L2Blocks(numbers.clone().map(l2).collect()),
    })
}

/// Whatever is not an answer to this step has to be refused.
fn pester(machine: &mut Derivation, step: &Step) {
    let unasked: &[Answer] = match step {
        Step::Need(Need::L1Transactions { .. }) => {
            &[Answer::L1Receipts(Vec::new()), Answer::Blobs(Vec::new())]
        }
        Step::Need(Need::Blobs { .. }) => &[
            Answer::L1Transactions(Vec::new()),
            Answer::Blobs(Vec::new()),
            Answer::Blobs(vec![Bytes::new()]),
        ],
        Step::Need(Need::L1Receipts { .. }) => &[
            Answer::L1Transactions(Vec::new()),
            Answer::L1Receipts(vec![Bytes::from_static(&[1, 2, 3])]),
        ],
        Step::Need(Need::L2Blocks { .. }) => &[
            Answer::L2Blocks(Vec::new()),
            Answer::L1Transactions(Vec::new()),
        ],
        Step::Need(Need::L1Header { .. }) | Step::Build(_) | Step::L1Exhausted => &[
            Answer::L1Header(Sealed::new(Default::default())),
            Answer::L1Transactions(Vec::new()),
        ],
    };
    for answer in unasked {
        assert!(machine.supply(answer.clone()).is_err(), "{answer:?}");
    }
    if !matches!(step, Step::Build(_)) {
        let built = machine.built(Built::Invalid, &mut ());
        assert_eq!(built, Err(Mismatch::Unasked));
    }
}

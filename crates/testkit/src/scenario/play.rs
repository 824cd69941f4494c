//! The machine, driven over the L1 chain of a scenario while that grows.

use super::standin::StandIn;
use crate::chain::Chain;
use crate::drive;
use crate::journal::Journal;
use hoike_derive::{
    Built, Derivation, Event, Halt, Head, L2Block, Need, StartSearch, StartStep, Step,
};
use hoike_protocol::{Attributes, Rules};

/// A derivation from an agreed block to the end of L1.
#[derive(Clone, Debug)]
pub struct Run {
    /// Number of the agreed block.
    pub agreed: u64,
    /// All attributes that came out, in order.
    pub attempts: Vec<Attempt>,
    /// Why it could not go on, if so.
    pub halt: Option<Halt>,
    /// Number of the newest safe block in the end.
    pub safe: u64,
    /// What was told.
    pub journal: Journal,
}

/// Attributes, and what became of them.
#[derive(Clone, Debug)]
pub struct Attempt {
    /// The attributes.
    pub attributes: Attributes,
    /// Number of the L1 block that was being read.
    pub l1: u64,
    /// Number of the newest safe block when they came.
    pub safe: u64,
    /// What became of them.
    pub outcome: Outcome,
}

/// What became of attributes.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// They made no block.
    Invalid,
    /// They made this one.
    Block(Box<StandIn>),
}

pub(super) struct Player {
    rules: Rules,
    machine: Derivation,
    journal: Journal,
    /// From genesis to the head.
    blocks: Vec<StandIn>,
    agreed: u64,
    attempts: Vec<Attempt>,
    halt: Option<Halt>,
    fatal: bool,
}

impl Player {
    /// Begins at an agreed block, to which `blocks` reach; those are made where there are none.
    pub(super) fn begin(chain: &Chain, mut blocks: Vec<StandIn>, agreed: u64, fatal: bool) -> Self {
        if blocks.is_empty() {
            let genesis = chain.block(0);
            let config = chain.rules.rollup.genesis.system_config;
            blocks = vec![StandIn::genesis(&genesis.header, genesis.origin, config)];
        }
        let tip = blocks.last().expect("genesis at least");
        let head = Head {
            block: tip.reference,
            config: tip.config,
        };
        let mut search = StartSearch::new(chain.rules.clone(), head);
        let start = loop {
            let need = match search.step() {
                StartStep::Found(start) => break *start,
                StartStep::Need(need) => need,
            };
            let answer = drive::answer(chain, &need, |number| l2_block(&blocks, number));
            let answer = answer.expect("an L1 block below the head");
            let found = search.supply(answer).expect("the right answer");
            found.expect("a head on this L1");
        };
        Self {
            rules: chain.rules.clone(),
            machine: Derivation::new(chain.rules.clone(), start),
            journal: Journal::default(),
            blocks,
            agreed,
            attempts: Vec::new(),
            halt: None,
            fatal,
        }
    }

    /// Derives all that L1 has up to now.
    pub(super) fn advance(&mut self, chain: &Chain) {
        while self.halt.is_none() {
            match self.machine.step(&mut self.journal) {
                Err(halt) => self.halt = Some(halt),
                Ok(Step::Build(attributes)) => self.build(*attributes),
                Ok(Step::L1Exhausted) => {
                    let number = self.machine.l1().number + 1;
                    let need = Need::L1Header { number };
                    match self.answer(chain, &need) {
                        Some(answer) => self.machine.supply(answer).expect("the right answer"),
                        None => return,
                    }
                }
                Ok(Step::Need(need)) => match self.answer(chain, &need) {
                    Some(answer) => self.machine.supply(answer).expect("the right answer"),
                    None => self.machine.end_of_l1().expect("a header is needed"),
                },
            }
        }
    }

    fn answer(&self, chain: &Chain, need: &Need) -> Option<hoike_derive::Answer> {
        drive::answer(chain, need, |number| l2_block(&self.blocks, number))
    }

    fn build(&mut self, attributes: Attributes) {
        let (head, safe) = (self.machine.head().block, self.machine.safe().block.number);
        self.blocks.truncate(head.number as usize + 1);
        let parent = self.blocks.last().expect("the head");
        let epoch = self.epoch();
        let block = StandIn::build(&attributes, parent, epoch, &self.rules, self.fatal);
        let l1 = self.machine.l1().number;
        let (built, outcome) = match block {
            None => (Built::Invalid, Outcome::Invalid),
            Some(block) => {
                self.blocks.push(block.clone());
                let header = block.header.clone();
                (Built::Block(header), Outcome::Block(Box::new(block)))
            }
        };
        self.attempts.push(Attempt {
            attributes,
            l1,
            safe,
            outcome,
        });
        let taken = self.machine.built(built, &mut self.journal);
        taken.expect("its own block");
    }

    /// The L1 origin of the attributes that are out.
    fn epoch(&self) -> alloy_primitives::B256 {
        let accepted = self
            .journal
            .events
            .iter()
            .rev()
            .find_map(|event| match event {
                Event::BatchAccepted { origin, .. } | Event::EmptyBatch { origin, .. } => {
                    Some(origin.hash)
                }
                _ => None,
            });
        accepted.expect("attributes are announced")
    }

    pub(super) const fn halted(&self) -> bool {
        self.halt.is_some()
    }

    /// The chain as it is derived so far, blocks of an unfinished span included.
    pub(super) fn blocks(&self) -> &[StandIn] {
        &self.blocks[..=self.machine.head().block.number as usize]
    }

    /// What came of it, and the safe chain.
    pub(super) fn end(mut self) -> (Run, Vec<StandIn>) {
        let safe = self.machine.safe().block.number;
        self.blocks.truncate(safe as usize + 1);
        let run = Run {
            agreed: self.agreed,
            attempts: self.attempts,
            halt: self.halt,
            safe,
            journal: self.journal,
        };
        (run, self.blocks)
    }
}

fn l2_block(blocks: &[StandIn], number: u64) -> L2Block {
    let block = &blocks[number as usize];
    L2Block {
        header: block.header.clone(),
        transactions: block.transactions.clone(),
    }
}

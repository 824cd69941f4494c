//! Drives the derivation from async code, as a rollup node does: its own endpoints, its own engine, nothing of `hoike-program` but the claim.
//!
//! The machine is plain data: it never waits, so it needs no async traits, and whoever drives it may await wherever it likes. [`Endpoints`] stands in
//! for RPC; it answers out of a claim's witness, and yields to the runtime before each answer as a socket would.
//!
//! ```sh
//! cargo run --release -p hoike-examples --bin async-driver [CLAIM FOLDER]
//! ```

use alloy_consensus::Header;
use alloy_primitives::{B256, Bytes, Sealed};
use alloy_rlp::Decodable;
use hoike_claims::Folder;
use hoike_derive::{
    Answer, Built, Derivation, Event, Head, L2Block, Need, Sink, StartSearch, StartStep, Step,
};
use hoike_executor::{Executor, NoAnswer, PureRust, State};
use hoike_kzg::Pure;
use hoike_preimage::{CheckError, Checked, NotFound, Verified, Witness};
use hoike_program::Claim;
use hoike_protocol::{Attributes, L2Ref, L2Time, Rules, SystemConfig, output::OutputV0};
use hoike_trie::{Nodes, ordered_items};
use std::{env, error::Error, path::Path};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let example = concat!(env!("CARGO_MANIFEST_DIR"), "/../bin/hoike/example");
    let folder = env::args().nth(1).unwrap_or_else(|| example.to_owned());
    let folder = Folder::read(Path::new(&folder))?;
    let claim = folder.claims[0].boot(&folder.rules).claim;

    let mut endpoints = Endpoints::new(folder.witness.clone(), &claim)?;
    let head = endpoints.safe_head(&folder.rules).await?;
    let mut engine = Engine::new(folder.rules.clone(), folder.witness.clone(), &head)?;

    // Where to begin, then the loop: two machines with one way to drive them.
    let mut search = StartSearch::new(folder.rules.clone(), head);
    let start = loop {
        match search.step() {
            StartStep::Found(start) => break *start,
            StartStep::Need(need) => {
                let answer = endpoints.answer(&need).await?;
                search.supply(answer.ok_or("L1 ends before the safe head's origin")?)??;
            }
        }
    };
    println!("reading L1 from block {}", start.l1.number);
    let mut derivation = Derivation::new(folder.rules, start);
    let mut log = Log;
    while derivation.safe().block.number < claim.claimed_block {
        match derivation.step(&mut log)? {
            Step::Need(need) => match endpoints.answer(&need).await? {
                Some(answer) => derivation.supply(answer)?,
                None => derivation.end_of_l1()?,
            },
            Step::Build(attributes) => {
                let built = engine.build(&attributes).await?;
                derivation.built(built, &mut log)?;
            }
            // A node would wait for the next L1 block here, then supply its header.
            Step::L1Exhausted => break,
        }
    }
    let safe = derivation.safe().block;
    println!("safe head {} {}", safe.number, safe.hash);
    Ok(())
}

/// A node's log: takes what it finds worth saying.
struct Log;

impl Sink for Log {
    fn event(&mut self, event: Event) {
        match event {
            Event::BatchDropped { time, why, .. } => {
                println!("batch of time {} dropped: {why:?}", time.0)
            }
            Event::Block { number, origin, .. } => {
                println!("block {number} with origin {}", origin.number);
            }
            _ => {}
        }
    }
}

/// L1 and L2 data on request.
struct Endpoints {
    store: Store,
    /// L1 from its head downwards.
    l1: Vec<Sealed<Header>>,
    /// The agreed L2 block.
    agreed: Sealed<Header>,
}

impl Endpoints {
    fn new(witness: Witness, claim: &Claim) -> Result<Self, Box<dyn Error>> {
        let mut store = Store::new(witness);
        let head = store.sealed(claim.l1_head)?;
        let output = OutputV0::decode(&store.node(claim.agreed_output_root)?)?;
        Ok(Self {
            agreed: store.sealed(output.block_hash)?,
            store,
            l1: vec![head],
        })
    }

    /// `None`: there is no such L1 block yet.
    async fn answer(&mut self, need: &Need) -> Result<Option<Answer>, Box<dyn Error>> {
        tokio::task::yield_now().await;
        Ok(Some(match need {
            Need::L1Header { number } => match self.l1_header(*number)? {
                Some(header) => Answer::L1Header(header),
                None => return Ok(None),
            },
            Need::L1Receipts { block } => {
                let root = self.known(block.number)?.receipts_root;
                Answer::L1Receipts(ordered_items(root, &mut self.store)?)
            }
            Need::L1Transactions { block } => {
                let root = self.known(block.number)?.transactions_root;
                Answer::L1Transactions(ordered_items(root, &mut self.store)?)
            }
            Need::Blobs { block, blobs } => {
                let hashes: Vec<B256> = blobs.iter().map(|blob| blob.hash).collect();
                let blobs = self.store.0.blobs(block.time, &hashes)?;
                Answer::Blobs(
                    blobs
                        .into_iter()
                        .map(|blob| Bytes::copy_from_slice(&blob[..]))
                        .collect(),
                )
            }
            // A node asks its engine. Here they lie below the agreed block, since nothing spans what was built after it.
            Need::L2Blocks { numbers } => {
                let mut header = self.agreed.clone();
                let mut blocks = Vec::new();
                loop {
                    if numbers.contains(&header.number) {
                        let transactions =
                            ordered_items(header.transactions_root, &mut self.store)?;
                        blocks.push(L2Block {
                            header: header.clone(),
                            transactions,
                        });
                    }
                    if header.number <= *numbers.start() {
                        break;
                    }
                    header = self.store.sealed(header.parent_hash)?;
                }
                blocks.reverse();
                Answer::L2Blocks(blocks)
            }
        }))
    }

    fn l1_header(&mut self, number: u64) -> Result<Option<Sealed<Header>>, Box<dyn Error>> {
        while let Some(lowest) = self.l1.last()
            && lowest.number > number
        {
            let parent = self.store.sealed(lowest.parent_hash)?;
            self.l1.push(parent);
        }
        let head = self.l1[0].number;
        let depth = head.checked_sub(number).map(usize::try_from).transpose()?;
        Ok(depth.and_then(|depth| self.l1.get(depth)).cloned())
    }

    fn known(&mut self, number: u64) -> Result<Sealed<Header>, Box<dyn Error>> {
        Ok(self
            .l1_header(number)?
            .ok_or("a block was asked for whose header was not given")?)
    }

    /// The agreed block, and the system config that the next one starts from.
    async fn safe_head(&mut self, rules: &Rules) -> Result<Head, Box<dyn Error>> {
        tokio::task::yield_now().await;
        let header = self.agreed.clone();
        let transactions = ordered_items(header.transactions_root, &mut self.store)?;
        let first = transactions.first().map(|transaction| transaction.as_ref());
        let at = rules.at_l2(L2Time(header.timestamp));
        let hash = header.hash();
        Ok(Head {
            block: L2Ref::from_block(&header, hash, first, &rules.rollup, &at)?,
            config: SystemConfig::read_back(&header, hash, first, &rules.rollup, &at)?,
        })
    }
}

/// An execution engine. This one is stateless; a node would send the attributes to its own.
struct Engine {
    executor: Executor<Store>,
    head: Sealed<Header>,
}

impl Engine {
    fn new(rules: Rules, witness: Witness, head: &Head) -> Result<Self, Box<dyn Error>> {
        let mut store = Store::new(witness);
        let head = store.sealed(head.block.hash)?;
        Ok(Self {
            executor: Executor::new(rules, store),
            head,
        })
    }

    async fn build(&mut self, attributes: &Attributes) -> Result<Built, Box<dyn Error>> {
        tokio::task::yield_now().await;
        let outcome: Result<_, NoAnswer<StoreError>> =
            self.executor.execute(&self.head, attributes, &mut PureRust);
        Ok(match outcome? {
            Ok(executed) => {
                self.head = executed.header.clone();
                Built::Block(executed.header)
            }
            Err(why) => {
                println!("block {} is invalid: {why}", self.head.number + 1);
                Built::Invalid
            }
        })
    }
}

/// What is named by its hash: nodes, code, headers, each checked against it.
struct Store(Verified<Witness, Pure>);

impl Store {
    fn new(witness: Witness) -> Self {
        Self(Verified::new(witness, Pure))
    }

    fn sealed(&mut self, hash: B256) -> Result<Sealed<Header>, Box<dyn Error>> {
        let header = self.header(hash)?;
        Ok(Sealed::new_unchecked(header, hash))
    }
}

impl Nodes for Store {
    type Error = StoreError;

    fn node(&mut self, hash: B256) -> Result<Bytes, StoreError> {
        Ok(self.0.keccak256(hash)?)
    }
}

impl State for Store {
    fn code(&mut self, hash: B256) -> Result<Bytes, StoreError> {
        self.node(hash)
    }

    fn header(&mut self, hash: B256) -> Result<Header, StoreError> {
        Ok(Header::decode(&mut self.node(hash)?.as_ref())?)
    }
}

/// Why the store has no answer.
#[derive(Debug, thiserror::Error)]
enum StoreError {
    #[error(transparent)]
    Oracle(#[from] CheckError<NotFound>),
    #[error("no header: {0}")]
    Header(#[from] alloy_rlp::Error),
}

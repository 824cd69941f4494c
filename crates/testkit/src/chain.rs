//! Both chains together, and the claims about them.

use crate::batcher::BatchBlock;
use crate::journal::{Journal, Judged};
use crate::keys::{Call, Key};
use crate::l1::{Blob, Deposit, L1Block, L1Log, L1Tx, Meaning, update_log};
use crate::l2::{COUNTER, L2, L2Block};
use crate::setup::{INBOX, L1_CHAIN, L2_CHAIN, PORTAL, SYSTEM_CONFIG, Setup};
use crate::store::Store;
use alloy_primitives::{Address, B256, Bytes, Log};
use hoike_executor::InvalidPayload;
use hoike_kzg::Native as Kzg;
use hoike_native::Native;
use hoike_preimage::{NotFound, Trusted, Verified, Witness};
use hoike_program::{Boot, Claim, Error, Outcome, Route, Verdict, run_by};
use hoike_protocol::{L2Time, Rules, config::update::ConfigUpdate};

/// An L1 chain, the L2 chain that its sequencer has made on it, and what the batcher has sent.
///
/// What has to be derived is what [`Chain::sequence`] and its like have built: the testkit's own knowledge, never a result of derivation.
#[derive(Debug)]
pub struct Chain {
    /// What it began with.
    pub setup: Setup,
    /// Its rules.
    pub rules: Rules,
    /// L1, from before the rollup's genesis on.
    pub l1: Vec<L1Block>,
    /// L2, from genesis on.
    pub l2: L2,
    /// Whose wei moves.
    pub users: Vec<Key>,
    /// Who sends batches.
    pub batcher: Key,
}

impl Chain {
    /// The newest L1 block.
    pub fn l1_tip(&self) -> &L1Block {
        self.l1.last().expect("there is a first one")
    }

    /// The L1 block of this number.
    pub fn l1_block(&self, number: u64) -> &L1Block {
        &self.l1[(number - self.l1[0].header.number) as usize]
    }

    /// The L2 block of this number.
    pub fn block(&self, number: u64) -> &L2Block {
        &self.l2.blocks[number as usize]
    }

    /// Number of the newest L2 block.
    pub fn tip(&self) -> u64 {
        self.l2.tip().header.number
    }

    /// Begins an L1 block.
    pub fn l1(&mut self) -> Draft<'_> {
        let time = self.l1_tip().header.timestamp + self.setup.l1_block_time;
        Draft {
            chain: self,
            time,
            transactions: Vec::new(),
        }
    }

    /// Adds so many L1 blocks without transactions.
    pub fn mine(&mut self, count: u64) -> &mut Self {
        for _ in 0..count {
            self.l1().mine();
        }
        self
    }

    /// The origin that a sequencer takes for the next L2 block: the one after the parent's, if it is there and not later than the block.
    pub fn next_origin(&self) -> u64 {
        let parent = self.l2.tip().origin.number;
        let next = self
            .l1
            .get((parent + 1 - self.l1[0].header.number) as usize);
        match next {
            Some(next) if next.header.timestamp <= self.l2.next_time().0 => parent + 1,
            Some(_) | None => parent,
        }
    }

    /// Adds a block of these transactions to L2; panics if they make none.
    pub fn sequence(&mut self, user: Vec<Bytes>) -> &L2Block {
        let origin = self.next_origin();
        self.sequence_on(origin, user).expect("a valid payload")
    }

    /// Adds a block of this origin and these transactions to L2.
    ///
    /// # Errors
    /// They make no block.
    pub fn sequence_on(
        &mut self,
        origin: u64,
        user: Vec<Bytes>,
    ) -> Result<&L2Block, InvalidPayload> {
        let origin = self.l1_block(origin).clone();
        self.l2.build(&origin, user, &self.users)
    }

    /// Adds so many L2 blocks of one transaction each, as long as none needs an origin that is not there. Returns their batch blocks.
    pub fn blocks(&mut self, count: u64) -> Vec<BatchBlock> {
        (0..count)
            .map(|_| {
                let user = if self.l2.next_rules().user_txs_forbidden.is_some() {
                    Vec::new()
                } else {
                    vec![self.transfer()]
                };
                self.sequence(user).batch()
            })
            .collect()
    }

    /// Adds so many L2 blocks without transactions. Returns their batch blocks.
    pub fn empty_blocks(&mut self, count: u64) -> Vec<BatchBlock> {
        (0..count)
            .map(|_| self.sequence(Vec::new()).batch())
            .collect()
    }

    /// Adds L2 blocks of one transaction each until the next one would have to have the origin after the newest L1 block. Returns their batch blocks.
    pub fn fill_epochs(&mut self) -> Vec<BatchBlock> {
        let end = self.l1_tip().header.timestamp + self.setup.l1_block_time;
        let mut all = Vec::new();
        while self.l2.next_time().0 < end {
            all.extend(self.blocks(1));
        }
        all
    }

    /// Forgets the L2 blocks above this one, which the sequencer then has never made. Their preimages stay in the witness.
    pub fn rewind(&mut self, number: u64) -> &mut Self {
        self.l2.rewind(number);
        self
    }

    /// A transaction that fits the next L2 block: of the block's own user, a call of the counter.
    pub fn transfer(&self) -> Bytes {
        let number = self.tip() + 1;
        self.user_tx(number as usize % self.users.len(), 0, 2)
    }

    /// A transaction of a user that fits the next L2 block if `ahead` of the same user are before it there. Types 0, 1, 2 and 4.
    pub fn user_tx(&self, user: usize, ahead: u64, kind: u8) -> Bytes {
        let nonce = self.l2.tip().nonces[user] + ahead;
        let word = B256::with_last_byte(nonce as u8 + 1);
        let call = Call::with_data(L2_CHAIN, nonce, COUNTER, word.to_vec().into());
        self.users[user].sign(kind, &call)
    }

    /// A transaction that makes any payload invalid: its nonce is a long way off.
    pub fn invalid_tx(&self) -> Bytes {
        self.user_tx(0, 1_000, 2)
    }

    /// Preimages of everything, as a claim's witness has them.
    pub fn store(&mut self) -> Store {
        let mut store = Store::default();
        self.l1.iter().for_each(|block| block.put(&mut store));
        self.l2.put(&mut store);
        store
    }

    /// The same in the form of a file.
    pub fn witness(&mut self) -> Witness {
        self.store().to_witness()
    }

    /// A claim: from block `agreed` on, with all of L1.
    pub fn claim(&self, agreed: u64, number: u64, root: B256) -> Boot {
        Boot {
            claim: Claim {
                l1_head: self.l1_tip().header.hash(),
                agreed_output_root: self.block(agreed).output_root(),
                claimed_output_root: root,
                claimed_block: number,
            },
            rules: self.rules.clone(),
        }
    }

    /// Judges a claim, with everything checked, on both routes, which have to agree.
    ///
    /// # Errors
    /// As the program has it.
    pub fn judge(&mut self, boot: &Boot) -> Result<Judged, Error<NotFound>> {
        judge(boot, &self.witness())
    }

    /// Derives all of L1 from genesis on, and panics unless what comes out is what was sequenced: no block more, no block less.
    pub fn check(&mut self) -> Judged {
        self.check_from(0)
    }

    /// The same from a later agreed block on.
    pub fn check_from(&mut self, agreed: u64) -> Judged {
        let tip = self.tip();
        // Beyond what there is: valid with the last root, and only with that one.
        let boot = self.claim(agreed, tip + 1_000, self.l2.tip().output_root());
        let judged = self.judge(&boot).unwrap_or_else(|why| panic!("{why}"));
        let Outcome {
            verdict, compared, ..
        } = judged.outcome;
        assert!(
            verdict == Verdict::Valid && compared.number == tip,
            "block {} was derived instead of {tip}: {verdict:?}\n{}",
            compared.number,
            judged.told(),
        );
        judged
    }

    /// The rules of an L2 block's time.
    pub fn l2_time(&self, number: u64) -> L2Time {
        L2Time(self.rules.rollup.genesis.l2_time + number * self.rules.rollup.block_time)
    }
}

/// Judges a claim on a witness, with everything checked, on both routes, which have to agree.
///
/// # Errors
/// As the program has it.
pub fn judge(boot: &Boot, witness: &Witness) -> Result<Judged, Error<NotFound>> {
    let mut journal = Journal::default();
    let mut oracle = Verified::new(witness.clone(), Kzg);
    let short = run_by(
        Route::Short,
        boot,
        &mut oracle,
        &mut Native::new(),
        &mut journal,
    );
    let mut oracle = Trusted::assume_checked_by_vm(witness.clone());
    let plain = run_by(Route::Plain, boot, &mut oracle, &mut Native::new(), &mut ());
    match (short, plain) {
        (Ok(outcome), plain) => {
            assert_eq!(Some(outcome), plain.ok(), "the plain route");
            Ok(Judged { outcome, journal })
        }
        (Err(why), Err(plain)) => {
            assert_eq!(why.to_string(), plain.to_string(), "the plain route");
            Err(why)
        }
        (Err(why), Ok(plain)) => panic!("{why}, but on the plain route {plain:?}"),
    }
}

/// The next L1 block, as far as it is known.
#[derive(Debug)]
pub struct Draft<'a> {
    chain: &'a mut Chain,
    time: u64,
    transactions: Vec<L1Tx>,
}

impl Draft<'_> {
    /// So many seconds after the block before it.
    pub fn after(mut self, seconds: u64) -> Self {
        self.time = self.chain.l1_tip().header.timestamp + seconds;
        self
    }

    /// Adds a transaction.
    pub fn tx(mut self, tx: L1Tx) -> Self {
        self.transactions.push(tx);
        self
    }

    /// Adds a data item as the batcher's calldata.
    pub fn calldata(self, item: Bytes) -> Self {
        let tx = L1Tx::calldata(&self.chain.batcher, 2, L1_CHAIN, INBOX, item);
        self.tx(tx)
    }

    /// Adds data items as blobs of one transaction of the batcher.
    pub fn blobs(self, items: &[Bytes]) -> Self {
        let blobs = items.iter().map(|item| Blob::carrying(item)).collect();
        let tx = L1Tx::blobs(&self.chain.batcher, L1_CHAIN, INBOX, blobs, Bytes::new());
        self.tx(tx)
    }

    /// Adds somebody's transaction that made these logs.
    pub fn logs(self, logs: Vec<L1Log>) -> Self {
        let someone = Key::named("someone");
        let to = Address::repeat_byte(0x0a);
        let tx = L1Tx::calldata(&someone, 2, L1_CHAIN, to, Bytes::new());
        self.tx(L1Tx { logs, ..tx })
    }

    /// Adds a log that means nothing, of a contract that does not matter.
    pub fn noise(self) -> Self {
        let log = Log::new_unchecked(Address::repeat_byte(1), vec![B256::ZERO], Bytes::new());
        let meaning = Meaning::Nothing;
        self.logs(vec![L1Log { log, meaning }])
    }

    /// Adds a deposit.
    pub fn deposit(self, deposit: &Deposit) -> Self {
        self.logs(vec![deposit.log(PORTAL)])
    }

    /// Adds a config update.
    pub fn update(self, update: &ConfigUpdate) -> Self {
        self.logs(vec![update_log(SYSTEM_CONFIG, update)])
    }

    /// Makes the block; its number.
    pub fn mine(self) -> u64 {
        let Self {
            chain,
            time,
            transactions,
        } = self;
        let parent = chain.l1_tip();
        let included = chain
            .rules
            .at_inclusion(hoike_protocol::InclusionTime(time));
        let forks = chain.setup.l1_forks;
        let block = forks.block(parent, time, transactions, included.packed_scalars);
        let number = block.header.number;
        chain.l1.push(block);
        number
    }
}

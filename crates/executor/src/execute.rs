//! Building a block: all of it, or nothing.

use crate::commit::{apply, end_transaction};
use crate::error::{InvalidPayload, InvalidTx, NoAnswer, ParentFault};
use crate::fees::{EstimatedSize, Fees, footprint_scalar};
use crate::handler::{BlockEvm, Charges, Fault, OpHandler};
use crate::opcodes::instructions;
use crate::precompiles::{self, Accelerator, Provider};
use crate::receipts::Receipt;
use crate::seal::{Outcome, seal};
use crate::spec_id::{evm_of, executed_as};
use crate::state::{Db, State, World};
use crate::transaction::{Deposit, Signatures, Tx};
use crate::{base_fee, env, system_calls};
use alloc::vec::Vec;
use alloy_consensus::{Header, Sealed};
use alloy_primitives::map::AddressSet;
use alloy_primitives::{B256, Bytes, Log, U256};
use hoike_protocol::attributes::DEPOSIT_TX_TYPE;
use hoike_protocol::extra_data::Eip1559Params;
use hoike_protocol::output::output_root;
use hoike_protocol::predeploys::{L1_BLOCK, MESSAGE_PASSER};
use hoike_protocol::rules::Withdrawals;
use hoike_protocol::{Attributes, L2Rules, L2Time, Rules};
use hoike_trie::{EMPTY_ROOT, Nodes};
use revm::context::journaled_state::JournalCheckpoint;
use revm::context::journaled_state::account::JournaledAccountTr;
use revm::context::result::{ExecutionResult, HaltReason};
use revm::context::{Context, Evm, Journal, JournalInner};
use revm::context_interface::JournalTr;
use revm::database_interface::Database;
use revm::handler::Handler;
use revm::primitives::hardfork::SpecId;

/// Builds blocks, one on top of another, out of a state of which only the needed parts can be had.
///
/// What was resolved or made is kept from block to block. A block may be built on any block that was built here or whose state the source has.
#[derive(Debug)]
pub struct Executor<S> {
    rules: Rules,
    world: World<S>,
}

/// A block that was built.
#[derive(Clone, Debug)]
pub struct Executed {
    /// Its header.
    pub header: Sealed<Header>,
    /// What its transactions did.
    pub receipts: Vec<Receipt>,
}

impl<S: State> Executor<S> {
    /// An executor for a chain, with `state` as where its state comes from.
    pub fn new(rules: Rules, state: S) -> Self {
        Self {
            rules,
            world: World::new(state),
        }
    }

    /// The source of the state.
    pub const fn state_mut(&mut self) -> &mut S {
        &mut self.world.source
    }

    /// Trie nodes of every state that can be had here: what blocks have made, else the source's.
    pub fn nodes(&mut self) -> impl Nodes<Error = S::Error> {
        self.world.accounts_mut().1
    }

    /// The code with this hash: what blocks have created, else the source's.
    ///
    /// # Errors
    /// The source does not have it.
    pub fn code(&mut self, hash: B256) -> Result<Bytes, NoAnswer<S::Error>> {
        Ok(self.world.code(hash)?.original_bytes())
    }

    /// Builds the block that `attributes` describe on `parent`. Unless it returns a block, everything is as it was before.
    ///
    /// # Errors
    /// The outer one: something could not be had or is not what it must be, so that there is no telling. The inner one: the payload is invalid.
    pub fn execute(
        &mut self,
        parent: &Sealed<Header>,
        attributes: &Attributes,
        accelerator: &mut impl Accelerator<S::Error>,
    ) -> Result<Result<Executed, InvalidPayload>, NoAnswer<S::Error>> {
        match self.build(parent, attributes, accelerator) {
            Ok(executed) => {
                self.world.remember(&executed.header);
                Ok(Ok(executed))
            }
            Err(Stop::Invalid(why)) => Ok(Err(why)),
            Err(Stop::NoAnswer(why)) => Err(why),
        }
    }

    /// The output root of a block: from Isthmus its header has all of it, before the message passer is read from its state.
    ///
    /// # Errors
    /// A node that is needed could not be had or is malformed.
    pub fn output_root(&mut self, block: &Sealed<Header>) -> Result<B256, NoAnswer<S::Error>> {
        let passer = match self.rules.at_l2(L2Time(block.timestamp)).withdrawals {
            Withdrawals::MessagePasser => {
                let fault = NoAnswer::Parent {
                    hash: block.seal(),
                    why: ParentFault::FieldMissing,
                };
                block.withdrawals_root.ok_or(fault)?
            }
            Withdrawals::None | Withdrawals::Empty => {
                self.world.open(block.state_root);
                let (_, account) = self.world.account(&MESSAGE_PASSER)?;
                account.map_or(EMPTY_ROOT, |account| account.storage_root)
            }
        };
        Ok(output_root(block.state_root, passer, block.seal()))
    }

    fn build(
        &mut self,
        parent: &Sealed<Header>,
        attributes: &Attributes,
        accelerator: &mut impl Accelerator<S::Error>,
    ) -> Result<Executed, Stop<S::Error>> {
        let fault = |why| {
            Stop::NoAnswer(NoAnswer::Parent {
                hash: parent.seal(),
                why,
            })
        };
        if attributes.parent != parent.seal() {
            return Err(fault(ParentFault::Other(attributes.parent)));
        }
        let rules = self.rules.at_l2(attributes.time);
        let parent_rules = self.rules.at_l2(L2Time(parent.timestamp));
        let config = &self.rules.rollup;
        let fork = executed_as(rules.fork, self.rules.variants.karst_evm);
        let spec = evm_of(fork).ok_or(Stop::NoAnswer(NoAnswer::UnsupportedFork(fork)))?;
        env::check(attributes, parent.timestamp, &rules)?;
        let extra_data = extra_data(attributes, &rules, &config.eip1559)?;
        let number = parent
            .number
            .checked_add(1)
            .ok_or_else(|| fault(ParentFault::Overflow))?;
        let base_fee =
            base_fee::next(parent, &parent_rules, &rules, &config.eip1559).map_err(fault)?;
        let transactions = decode(attributes, config.l2_chain_id, accelerator)?;

        let evm = self.evm(
            parent,
            attributes,
            &rules,
            spec,
            number,
            base_fee,
            accelerator,
        );
        let mut block = Block {
            evm,
            rules,
            gas_limit: attributes.gas_limit,
            gas_used: 0,
            footprint: 0,
            footprint_scalar: None,
            touched: AddressSet::default(),
            receipts: Vec::with_capacity(transactions.len()),
        };
        block.run(attributes, transactions)?;
        let Block {
            evm,
            gas_used,
            footprint,
            touched,
            receipts,
            ..
        } = block;
        let Journal {
            database: db,
            inner: JournalInner { state, .. },
        } = evm.ctx.journaled_state;

        let Db { world, loaded, .. } = db;
        let applied = apply(world, &loaded, &state, &touched);
        let state_root = applied.inspect_err(|_| world.forget(parent.state_root))?;
        let message_passer_root = match rules.withdrawals {
            Withdrawals::None | Withdrawals::Empty => EMPTY_ROOT,
            Withdrawals::MessagePasser => world
                .account(&MESSAGE_PASSER)?
                .1
                .map_or(B256::ZERO, |passer| passer.storage_root),
        };
        let outcome = Outcome {
            number,
            base_fee,
            extra_data,
            state_root,
            message_passer_root,
            gas_used,
            footprint,
            receipts,
        };
        Ok(seal(attributes, &rules, outcome, &mut world.hashes))
    }

    #[expect(
        clippy::too_many_arguments,
        reason = "everything that a block's EVM is made of"
    )]
    fn evm<'a, A: Accelerator<S::Error>>(
        &'a mut self,
        parent: &Sealed<Header>,
        attributes: &Attributes,
        rules: &L2Rules,
        spec: SpecId,
        number: u64,
        base_fee: u64,
        accelerator: &'a mut A,
    ) -> BlockEvm<'a, S, A, S::Error> {
        let chain_id = self.rules.rollup.l2_chain_id;
        let mut journal = Journal::new(Db::new(&mut self.world, parent, spec));
        journal.set_spec_id(spec);
        let ctx = Context {
            block: env::block(attributes, number, base_fee, rules),
            tx: Tx::default(),
            cfg: env::cfg(chain_id, spec),
            journaled_state: journal,
            chain: Charges::default(),
            local: Default::default(),
            error: Ok(()),
        };
        let fork = executed_as(rules.fork, self.rules.variants.karst_evm);
        let precompiles = Provider::new(precompiles::of(fork), accelerator);
        Evm::new(ctx, instructions(spec), precompiles)
    }
}

/// Why a block was not built.
enum Stop<E> {
    Invalid(InvalidPayload),
    NoAnswer(NoAnswer<E>),
}

impl<E> From<InvalidPayload> for Stop<E> {
    fn from(why: InvalidPayload) -> Self {
        Self::Invalid(why)
    }
}

impl<E> From<NoAnswer<E>> for Stop<E> {
    fn from(why: NoAnswer<E>) -> Self {
        Self::NoAnswer(why)
    }
}

/// The header's extra data, which tells the next block how to compute its base fee.
fn extra_data(
    attributes: &Attributes,
    rules: &L2Rules,
    constants: &hoike_protocol::config::Eip1559Constants,
) -> Result<Bytes, InvalidPayload> {
    let Some(params) = attributes.eip1559_params else {
        return Ok(Bytes::new());
    };
    let min_base_fee = attributes.min_base_fee.unwrap_or_default();
    let params = Eip1559Params::from_attributes(params, min_base_fee, constants)
        .map_err(|_| InvalidPayload::Attribute("eip1559Params"))?;
    Ok(params.encode(rules.extra_data))
}

/// Decodes all transactions and recovers all signers, in one go so that an accelerator can do so in parallel.
fn decode<E>(
    attributes: &Attributes,
    chain_id: u64,
    accelerator: &mut impl Accelerator<E>,
) -> Result<Vec<Tx>, Stop<E>> {
    let invalid = |index, why| InvalidPayload::Transaction { index, why };
    let is_user = |raw: &&Bytes| raw.first() != Some(&DEPOSIT_TX_TYPE);
    let count = attributes.transactions.iter().filter(is_user).count();
    // A span may hold ten million transactions, and recovering their signers first would take minutes.
    if (count as u64).saturating_mul(LEAST_GAS) > attributes.gas_limit {
        let limit = attributes.gas_limit;
        return Err(InvalidPayload::TooManyTransactions { count, limit }.into());
    }
    let mut signatures = Signatures {
        found: Vec::new(),
        // An authorization costs more than a transaction does at least (EIP-7702: 25,000, of which a fifth may come back).
        most: usize::try_from(attributes.gas_limit / LEAST_GAS).unwrap_or(usize::MAX),
    };
    let mut transactions = Vec::with_capacity(attributes.transactions.len());
    for (index, raw) in attributes.transactions.iter().enumerate() {
        let tx = Tx::decode(raw, chain_id, &mut signatures).map_err(|why| invalid(index, why))?;
        transactions.push(tx);
    }
    let signers = accelerator
        .signers(&signatures.found)
        .map_err(NoAnswer::Accelerator)?;
    let mut signers = signers.into_iter();
    for (index, tx) in transactions.iter_mut().enumerate() {
        tx.take_signers(&mut signers)
            .map_err(|why| invalid(index, why))?;
    }
    Ok(transactions)
}

/// What a transaction uses at least: 21,000 gas, of which at most a fifth is refunded (EIP-3529, older than any L2 block here).
const LEAST_GAS: u64 = 16_800;

/// A block in the making.
struct Block<'a, S: State, A> {
    evm: BlockEvm<'a, S, A, S::Error>,
    rules: L2Rules,
    gas_limit: u64,
    gas_used: u64,
    footprint: u64,
    /// From Jovian.
    footprint_scalar: Option<u64>,
    /// Accounts that may have changed.
    touched: AddressSet,
    receipts: Vec<Receipt>,
}

impl<S: State, A: Accelerator<S::Error>> Block<'_, S, A> {
    fn run(
        &mut self,
        attributes: &Attributes,
        transactions: Vec<Tx>,
    ) -> Result<(), Stop<S::Error>> {
        if self.rules.da_footprint {
            let l1_info = transactions
                .first()
                .filter(|tx| tx.tx_type == DEPOSIT_TX_TYPE);
            let has_user_txs = transactions.iter().any(|tx| tx.tx_type != DEPOSIT_TX_TYPE);
            let scalar = l1_info.and_then(|tx| footprint_scalar(&tx.input, has_user_txs));
            self.footprint_scalar = Some(scalar.ok_or(InvalidPayload::FootprintUnpriced)?);
        }
        let began = system_calls::before_transactions(
            &mut self.evm,
            attributes,
            &self.rules,
            &mut self.touched,
        );
        began.map_err(|fault| self.stop(fault, 0))?;
        for (index, (tx, raw)) in transactions
            .into_iter()
            .zip(&attributes.transactions)
            .enumerate()
        {
            let invalid = |why| InvalidPayload::Transaction { index, why };
            let left = self.gas_limit.saturating_sub(self.gas_used);
            let unmetered = self.rules.system_deposits && tx.deposit.is_some_and(|d| d.is_system);
            if tx.gas_limit > left && !unmetered {
                return Err(invalid(InvalidTx::BlockGas {
                    limit: tx.gas_limit,
                    left,
                })
                .into());
            }
            let outcome = match tx.deposit {
                Some(Deposit {
                    is_system: true, ..
                }) if !self.rules.system_deposits => {
                    return Err(invalid(InvalidTx::SystemDeposit).into());
                }
                Some(deposit) => self.deposit(tx, deposit),
                None => self.user(tx, raw),
            };
            let receipt = outcome.map_err(|fault| self.stop(fault, index))?;
            self.receipts.push(receipt);
            // Belt and braces: whatever the EVM made of it, a question without answer leaves no block.
            if self.evm.ctx.journaled_state.database.failure.is_some() {
                return Err(self.stop(Fault::Unanswered, index));
            }
        }
        if self.footprint > self.gas_limit {
            let (footprint, limit) = (self.footprint, self.gas_limit);
            return Err(InvalidPayload::Footprint { footprint, limit }.into());
        }
        Ok(())
    }

    fn user(&mut self, tx: Tx, raw: &[u8]) -> Result<Receipt, Fault> {
        let ctx = &mut self.evm.ctx;
        let fees = match ctx.chain.fees {
            Some(fees) => fees,
            None => {
                // What the block's deposits have written so far, not what the state had before.
                let journal = &mut ctx.journaled_state;
                let fees = Fees::read(&self.rules, |slot| l1_block(journal, slot))?;
                ctx.chain.fees = Some(fees);
                fees
            }
        };
        let (l1_fee, size) = fees.l1_fee(raw);
        ctx.chain.l1_fee = l1_fee;
        if let Some(scalar) = self.footprint_scalar {
            // The fee may be by a formula that needs no size; the footprint always counts it.
            let size = size.unwrap_or_else(|| EstimatedSize::of(raw));
            self.footprint = self
                .footprint
                .saturating_add(size.bytes().saturating_mul(scalar));
        }
        let tx_type = tx.tx_type;
        // Osaka's limit of a transaction's gas (EIP-7825) is the EVM's default.
        ctx.cfg.tx_gas_limit_cap = None;
        ctx.tx = tx;
        let result = OpHandler::new().run(&mut self.evm)?;
        let gas_used = self.evm.ctx.chain.gas_used;
        Ok(self.receipt(tx_type, result, gas_used, None))
    }

    /// A deposit cannot be refused. If it may not run, it has failed: the mint stays, the nonce goes up, all gas is used.
    fn deposit(&mut self, tx: Tx, deposit: Deposit) -> Result<Receipt, Fault> {
        let (caller, gas_limit) = (tx.caller, tx.gas_limit);
        let ctx = &mut self.evm.ctx;
        // Karst's limit of a transaction's gas is not for deposits, which are paid for on L1 (D95).
        ctx.cfg.tx_gas_limit_cap = Some(u64::MAX);
        ctx.tx = tx;
        let mut sender = ctx.journaled_state.load_account_mut(caller)?.data;
        let nonce = sender.nonce();
        if !deposit.mint.is_zero() {
            let balance = sender.balance().wrapping_add(deposit.mint);
            sender.set_balance(balance);
        }
        let minted = JournalCheckpoint {
            log_i: 0,
            journal_i: ctx.journaled_state.inner.journal.len(),
            selfdestructed_i: 0,
        };

        let (result, mut gas_used) = match OpHandler::new().run(&mut self.evm) {
            Ok(result) => (Some(result), self.evm.ctx.chain.gas_used),
            Err(Fault::Unanswered) => return Err(Fault::Unanswered),
            Err(Fault::Refused(_)) => {
                let journal = &mut self.evm.ctx.journaled_state;
                journal.checkpoint_revert(minted);
                journal.load_account_mut(caller)?.data.bump_nonce();
                (None, gas_limit)
            }
        };
        if self.rules.system_deposits {
            // Before Regolith deposits report all of their gas, system deposits none.
            gas_used = if deposit.is_system { 0 } else { gas_limit };
        }
        let nonce = self.rules.deposit_receipt_nonce.then_some(nonce);
        let result = result.unwrap_or(ExecutionResult::Revert {
            gas: Default::default(),
            logs: Vec::new(),
            output: Bytes::new(),
        });
        Ok(self.receipt(DEPOSIT_TX_TYPE, result, gas_used, nonce))
    }

    fn receipt(
        &mut self,
        tx_type: u8,
        result: ExecutionResult<HaltReason>,
        gas_used: u64,
        deposit_nonce: Option<u64>,
    ) -> Receipt {
        end_transaction(&mut self.evm.ctx.journaled_state, &mut self.touched);
        self.gas_used = self.gas_used.saturating_add(gas_used);
        Receipt {
            tx_type,
            success: result.is_success(),
            cumulative_gas_used: self.gas_used,
            logs: logs(result),
            deposit_nonce,
        }
    }

    /// What a fault at a transaction means for the block.
    fn stop(&mut self, fault: Fault, index: usize) -> Stop<S::Error> {
        let db = &mut self.evm.ctx.journaled_state.database;
        match (
            db.failure.take(),
            self.evm.precompiles.failure.take(),
            fault,
        ) {
            (Some(why), _, _) => Stop::NoAnswer(why),
            (None, Some(why), _) => Stop::NoAnswer(NoAnswer::Accelerator(why)),
            (None, None, Fault::Refused(why)) => Stop::Invalid(InvalidPayload::Transaction {
                index,
                why: InvalidTx::Refused(why),
            }),
            (None, None, Fault::Unanswered) => Stop::NoAnswer(NoAnswer::Evm { index }),
        }
    }
}

fn logs(result: ExecutionResult<HaltReason>) -> Vec<Log> {
    match result {
        ExecutionResult::Success { logs, .. } => logs,
        // A failed transaction's logs are reverted with it.
        ExecutionResult::Revert { .. } | ExecutionResult::Halt { .. } => Vec::new(),
    }
}

/// A slot of the L1Block contract as it is in the middle of a block, without making it warm.
fn l1_block<DB: Database>(journal: &mut Journal<DB>, slot: U256) -> Result<U256, DB::Error> {
    let account = journal.inner.state.get(&L1_BLOCK);
    match account.and_then(|account| account.storage.get(&slot)) {
        Some(value) => Ok(value.present_value),
        None if account.is_some_and(|account| account.is_created()) => Ok(U256::ZERO),
        None => journal.database.storage(L1_BLOCK, slot),
    }
}

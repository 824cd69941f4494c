//! Building a block: from a parent and attributes to a sealed header.

use crate::{
    Accelerator, InvalidPayload, NoAnswer, State, base_fee,
    handler::OpHandlerWithoutIdleVault,
    precompiles::BlockPrecompiles,
    receipt::{self, Receipt},
    seal,
    spec_id::spec_id,
    state::{BlockState, Fresh, Source},
    system_calls,
    transactions::{self, Prepared},
    tries::Tries,
};
use alloc::{string::ToString, vec::Vec};
use alloy_consensus::Header;
use alloy_primitives::{B256, Sealed, U256, keccak256, map::HashMap};
use hoike_protocol::{
    Attributes, L2Rules, L2Time, Rules,
    attributes::DEPOSIT_TX_TYPE,
    extra_data::Eip1559Params,
    l1_info::L1Info,
    output::output_root,
    predeploys,
    rules::{ExtraDataFormat, Withdrawals},
};
use hoike_trie::EMPTY_ROOT;
use op_revm::{
    L1BlockInfo, OpEvm, OpSpecId, OpTransaction, transaction::estimate_tx_compressed_size,
};
use revm::{
    Context, MainContext,
    context::{BlockEnv, CfgEnv, ContextSetters, Evm, FrameStack, TxEnv},
    context_interface::{JournalTr, block::BlobExcessGasAndPrice, result::EVMError},
    handler::{Handler, instructions::EthInstructions},
};

/// Executes blocks of one chain, statelessly: whatever it needs of the state it asks its source for.
///
/// What blocks have made (nodes, codes, headers) is kept, so that later blocks find it, also where a block is built on an older one again.
#[derive(Debug)]
pub struct Executor<S> {
    rules: Rules,
    state: S,
    fresh: Fresh,
    tries: Tries,
}

/// A block that was built.
#[derive(Clone, Debug)]
pub struct Executed {
    /// Its header.
    pub header: Sealed<Header>,
    /// The receipts of its transactions.
    pub receipts: Vec<Receipt>,
}

impl<S: State> Executor<S> {
    /// For a chain of these rules.
    pub fn new(rules: Rules, state: S) -> Self {
        Self {
            rules,
            state,
            fresh: Fresh::default(),
            tries: Tries::new(EMPTY_ROOT),
        }
    }

    /// The source of state.
    pub const fn state_mut(&mut self) -> &mut S {
        &mut self.state
    }

    /// Builds the block that `attributes` determine on `parent`: any block whose state the source has, or one that was built here.
    ///
    /// Spec: `protocol/exec-engine.md` and those of the forks.
    ///
    /// # Errors
    /// Outer: what is needed could not be had. Inner: the attributes make no valid block. Either way everything is as before.
    pub fn execute(
        &mut self,
        parent: &Sealed<Header>,
        attributes: &Attributes,
        accelerator: &mut impl Accelerator,
    ) -> Result<Result<Executed, InvalidPayload>, NoAnswer<S::Error>> {
        let rules = self.rules.at_l2(attributes.time);
        let spec = spec_id(rules.fork, self.rules.variants.karst_evm)
            .ok_or(NoAnswer::UnsupportedFork(rules.fork))?;
        let block = match self.prepare(parent, attributes, &rules) {
            Ok(block) => block,
            Err(why) => return Ok(Err(why)),
        };
        let transactions = match transactions::prepare(&attributes.transactions, accelerator) {
            Ok(transactions) => transactions,
            Err(why) => return Ok(Err(why)),
        };
        if self.tries.root() != parent.state_root {
            self.tries = Tries::new(parent.state_root);
        }
        let mut state = BlockState {
            state: &mut self.state,
            fresh: &mut self.fresh,
            tries: &mut self.tries,
            accounts: HashMap::default(),
            parent: (parent.hash(), parent.number),
            ancestors: Vec::new(),
        };
        let chain_id = self.rules.rollup.l2_chain_id;
        let run = Run {
            chain_id,
            spec,
            rules: &rules,
            block: &block,
            attributes,
        };
        let receipts = match run.transactions(&mut state, transactions, accelerator)? {
            Ok(receipts) => receipts,
            Err(why) => return Ok(Err(why)),
        };
        let accounts = state.accounts;
        let header = self
            .seal(parent, attributes, &rules, block, &receipts, &accounts)
            .inspect_err(|_| {
                // They may be half changed.
                self.tries = Tries::new(EMPTY_ROOT);
            })?;
        self.fresh
            .headers
            .insert(header.hash(), header.inner().clone());
        Ok(Ok(Executed { header, receipts }))
    }

    /// The output root of a block, version 0. Spec: `protocol/proposals.md`, "L2 Output Commitment Construction"; `isthmus/exec-engine.md`.
    ///
    /// # Errors
    /// The message passer's account could not be had.
    pub fn output_root(&mut self, block: &Sealed<Header>) -> Result<B256, NoAnswer<S::Error>> {
        let rules = self.rules.at_l2(L2Time(block.timestamp));
        let storage_root = match (rules.withdrawals, block.withdrawals_root) {
            (Withdrawals::MessagePasser, Some(root)) => root,
            (Withdrawals::MessagePasser | Withdrawals::None | Withdrawals::Empty, _) => {
                if self.tries.root() != block.state_root {
                    self.tries = Tries::new(block.state_root);
                }
                self.message_passer_root()?
            }
        };
        Ok(output_root(block.state_root, storage_root, block.hash()))
    }

    fn message_passer_root(&mut self) -> Result<B256, NoAnswer<S::Error>> {
        let mut source = Source {
            fresh: &self.fresh.nodes,
            state: &mut self.state,
        };
        let account = self
            .tries
            .account(&mut source, &keccak256(predeploys::MESSAGE_PASSER))?;
        Ok(account.map_or(EMPTY_ROOT, |account| account.storage_root))
    }

    /// What can be said of the block before anything is executed.
    fn prepare(
        &self,
        parent: &Sealed<Header>,
        attributes: &Attributes,
        rules: &L2Rules,
    ) -> Result<Block, InvalidPayload> {
        if attributes.time.0 <= parent.timestamp {
            return Err(InvalidPayload::Time {
                time: attributes.time.0,
                parent: parent.timestamp,
            });
        }
        if attributes.gas_limit > i64::MAX as u64 {
            return Err(InvalidPayload::GasLimit(attributes.gas_limit));
        }
        if attributes.parent_beacon_root.is_some() != rules.parent_beacon_root {
            return Err(InvalidPayload::Attributes("the parent beacon block root"));
        }
        if attributes.eip1559_params.is_some() != rules.eip1559_params() {
            return Err(InvalidPayload::Attributes("EIP-1559 parameters"));
        }
        if attributes.min_base_fee.is_some() != rules.min_base_fee() {
            return Err(InvalidPayload::Attributes("the least base fee"));
        }
        let constants = &self.rules.rollup.eip1559;
        let extra_data = match (rules.extra_data, attributes.eip1559_params) {
            (ExtraDataFormat::Empty, _) | (_, None) => alloy_primitives::Bytes::new(),
            (format @ (ExtraDataFormat::Holocene | ExtraDataFormat::Jovian), Some(params)) => {
                Eip1559Params::from_attributes(
                    params,
                    attributes.min_base_fee.unwrap_or(0),
                    constants,
                )?
                .encode(format)
            }
        };
        let parent_rules = self.rules.at_l2(L2Time(parent.timestamp));
        let base_fee = base_fee::after(parent, &parent_rules, rules, constants)?
            .ok_or(InvalidPayload::BaseFee)?;
        let da_footprint = match rules.da_footprint {
            false => None,
            true => Some(da_footprint(attributes, rules)?),
        };
        Ok(Block {
            number: parent.number.saturating_add(1),
            base_fee,
            extra_data,
            da_footprint,
        })
    }

    /// Writes the state and makes the header.
    fn seal(
        &mut self,
        parent: &Sealed<Header>,
        attributes: &Attributes,
        rules: &L2Rules,
        block: Block,
        receipts: &[Receipt],
        accounts: &HashMap<alloy_primitives::Address, crate::state::Account>,
    ) -> Result<Sealed<Header>, NoAnswer<S::Error>> {
        let state_root = self
            .tries
            .apply(&mut self.state, &mut self.fresh.nodes, accounts)?;
        let message_passer_root = match rules.withdrawals {
            Withdrawals::None | Withdrawals::Empty => EMPTY_ROOT,
            Withdrawals::MessagePasser => self.message_passer_root()?,
        };
        Ok(seal::header(
            parent,
            attributes,
            rules,
            block,
            receipts,
            state_root,
            message_passer_root,
        ))
    }
}

/// What is known of a block before its transactions are executed.
pub(crate) struct Block {
    pub(crate) number: u64,
    pub(crate) base_fee: u64,
    pub(crate) extra_data: alloy_primitives::Bytes,
    pub(crate) da_footprint: Option<u64>,
}

/// The DA footprint: the transactions' estimated sizes times the scalar of the block's own L1 attributes. Deposits have none.
/// Spec: `jovian/exec-engine.md`, "DA Footprint Block Limit" (D78, D189).
fn da_footprint(attributes: &Attributes, rules: &L2Rules) -> Result<u64, InvalidPayload> {
    let first = attributes
        .transactions
        .first()
        .ok_or_else(|| InvalidPayload::L1Info("there is none".to_string()))?;
    let info = L1Info::decode(first, rules.l1_info)
        .map_err(|why| InvalidPayload::L1Info(why.to_string()))?;
    // None in the activation block, which holds no user transactions.
    let scalar = u64::from(info.fees.da_footprint_gas_scalar().unwrap_or(0));
    let footprint = attributes
        .transactions
        .iter()
        .filter(|tx| tx.first() != Some(&DEPOSIT_TX_TYPE))
        .fold(0_u64, |sum, tx| {
            let size = estimate_tx_compressed_size(tx)
                .checked_div(1_000_000)
                .unwrap_or(0);
            sum.saturating_add(size.saturating_mul(scalar))
        });
    if footprint > attributes.gas_limit {
        return Err(InvalidPayload::DaFootprint {
            footprint,
            limit: attributes.gas_limit,
        });
    }
    Ok(footprint)
}

/// One block's execution.
struct Run<'a> {
    chain_id: u64,
    spec: OpSpecId,
    rules: &'a L2Rules,
    block: &'a Block,
    attributes: &'a Attributes,
}

impl Run<'_> {
    fn transactions<S: State, A: Accelerator>(
        &self,
        state: &mut BlockState<'_, S>,
        transactions: Vec<Prepared>,
        accelerator: &mut A,
    ) -> Result<Result<Vec<Receipt>, InvalidPayload>, NoAnswer<S::Error>> {
        system_calls::force_deploy(state, self.rules)?;
        let context = Context::mainnet()
            .with_tx(OpTransaction::<TxEnv>::default())
            .with_cfg(
                CfgEnv::new()
                    .with_chain_id(self.chain_id)
                    .with_spec_and_mainnet_gas_params(self.spec),
            )
            .with_chain(L1BlockInfo::default())
            .with_block(self.block_env())
            .with_db(&mut *state);
        let mut evm = OpEvm(Evm {
            ctx: context,
            inspector: (),
            instruction: EthInstructions::new_mainnet_with_spec(self.spec.into_eth_spec()),
            precompiles: BlockPrecompiles::new(self.rules.fork, self.spec, accelerator),
            frame_stack: FrameStack::new_prealloc(8),
        });
        for (address, data) in system_calls::of(self.rules, self.attributes) {
            let outcome = revm::SystemCallEvm::system_call_with_caller(
                &mut evm,
                system_calls::CALLER,
                address,
                data,
            );
            let mut changes = match outcome {
                Ok(outcome) => outcome.state,
                Err(error) => match no_answer(error)? {
                    InvalidTransaction(why) => return Err(NoAnswer::Bug(why)),
                },
            };
            changes.remove(&system_calls::CALLER);
            changes.remove(&self.attributes.fee_recipient);
            evm.0.ctx.journaled_state.database.commit(changes)?;
        }

        let mut receipts: Vec<Receipt> = Vec::with_capacity(transactions.len());
        let mut gas_used = 0_u64;
        for (index, prepared) in transactions.into_iter().enumerate() {
            let is_deposit = prepared.is_deposit();
            let limit = prepared.tx.base.gas_limit;
            let left = self.attributes.gas_limit.saturating_sub(gas_used);
            // System transactions, before Regolith, are outside the block's gas.
            if limit > left
                && !(prepared.tx.deposit.is_system_transaction && self.rules.system_deposits)
            {
                return Ok(Err(InvalidPayload::BlockGas { index, limit, left }));
            }
            let database = &mut *evm.0.ctx.journaled_state.database;
            let mut deposit_nonce = None;
            if is_deposit {
                let account = database.account(prepared.tx.base.caller)?;
                deposit_nonce = Some(account.info.as_ref().map_or(0, |info| info.nonce));
                if !prepared.mint_above_u128.is_zero() {
                    let info = account.info.get_or_insert_default();
                    info.balance = info.balance.wrapping_add(prepared.mint_above_u128);
                }
            }
            // EIP-7825 caps the gas of user transactions, not of deposits (D95).
            evm.0.ctx.cfg.tx_gas_limit_cap = is_deposit.then_some(u64::MAX);
            let tx_type = prepared.tx.base.tx_type;
            evm.0.ctx.set_tx(prepared.tx);
            let result = match OpHandlerWithoutIdleVault::default().run(&mut evm) {
                Ok(result) => result,
                Err(error) => match no_answer(error)? {
                    InvalidTransaction(why) => {
                        return Ok(Err(InvalidPayload::Transaction { index, why }));
                    }
                },
            };
            gas_used = gas_used.saturating_add(result.tx_gas_used());
            let success = result.is_success();
            let logs = result.into_logs();
            receipts.push(Receipt {
                tx_type,
                success,
                cumulative_gas_used: gas_used,
                bloom: receipt::bloom(&logs),
                logs,
                deposit_nonce: deposit_nonce
                    .filter(|_| self.rules.withdrawals != Withdrawals::None),
            });
            let changes = evm.0.ctx.journaled_state.finalize();
            evm.0.ctx.journaled_state.database.commit(changes)?;
        }
        Ok(Ok(receipts))
    }

    fn block_env(&self) -> BlockEnv {
        BlockEnv {
            number: U256::from(self.block.number),
            beneficiary: self.attributes.fee_recipient,
            timestamp: U256::from(self.attributes.time.0),
            gas_limit: self.attributes.gas_limit,
            basefee: self.block.base_fee,
            difficulty: U256::ZERO,
            prevrandao: Some(self.attributes.prev_randao),
            // From Ecotone on: no blobs on L2, and the least blob base fee.
            blob_excess_gas_and_price: self.rules.parent_beacon_root.then_some(
                BlobExcessGasAndPrice {
                    excess_blob_gas: 0,
                    blob_gasprice: 1,
                },
            ),
            slot_num: 0,
        }
    }
}

/// A transaction that is invalid in its state, and why.
struct InvalidTransaction(alloc::string::String);

/// Tells what the transaction is to blame for from everything else.
fn no_answer<E>(
    error: EVMError<NoAnswer<E>, op_revm::OpTransactionError>,
) -> Result<InvalidTransaction, NoAnswer<E>> {
    match error {
        EVMError::Transaction(why) => Ok(InvalidTransaction(why.to_string())),
        EVMError::Header(why) => Err(NoAnswer::Bug(why.to_string())),
        EVMError::Database(error) => Err(error),
        EVMError::Custom(why) => Err(NoAnswer::Precompile(why)),
        EVMError::CustomAny(why) => Err(NoAnswer::Precompile(why.to_string())),
    }
}

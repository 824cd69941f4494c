//! The state transition of one transaction, where the OP Stack's differs from Ethereum's: deposits are free and cannot be refused, others pay
//! for L1 data and to the operator, and no fee is burned.
//!
//! Spec: `protocol/deposits.md`, "Execution"; `protocol/exec-engine.md`, "Fees".

use crate::fees::Fees;
use crate::opcodes::Pairs;
use crate::precompiles::{Accelerator, Provider};
use crate::state::{Db, State, Unanswered};
use crate::transaction::Tx;
use alloc::{boxed::Box, string::String};
use alloy_primitives::{Address, U256};
use hoike_protocol::predeploys::{BASE_FEE_VAULT, L1_FEE_VAULT, OPERATOR_FEE_VAULT};
use revm::context::journaled_state::account::JournaledAccountTr;
use revm::context::result::{
    ExecutionResult, FromStringError, HaltReason, InvalidHeader, InvalidTransaction, ResultGas,
};
use revm::context::{BlockEnv, CfgEnv, Context, Evm, Journal, LocalContextTr};
use revm::context_interface::context::{ContextError, take_error};
use revm::context_interface::{Block, Cfg, ContextTr, JournalTr, Transaction};
use revm::handler::instructions::EthInstructions;
use revm::handler::pre_execution::validate_account_nonce_and_code_with_components;
use revm::handler::{EthFrame, EvmTr, FrameResult, Handler, post_execution, validation};
use revm::interpreter::InitialAndFloorGas;
use revm::interpreter::interpreter::EthInterpreter;
use revm::primitives::hardfork::SpecId;

/// All that a transaction runs in.
pub(crate) type Ctx<'a, S> = Context<BlockEnv, Tx, CfgEnv, Db<'a, S>, Journal<Db<'a, S>>, Charges>;

/// The EVM of one block.
pub(crate) type BlockEvm<'a, S, A, E> = Evm<
    Ctx<'a, S>,
    (),
    EthInstructions<EthInterpreter, Ctx<'a, S>>,
    Provider<'a, A, E>,
    EthFrame<EthInterpreter>,
>;

/// What the transaction at hand is charged beyond its gas, and what it used.
#[derive(Clone, Debug, Default)]
pub(crate) struct Charges {
    /// The block's fees; there are none before its first user transaction.
    pub(crate) fees: Option<Fees>,
    /// L1 fee of the transaction.
    pub(crate) l1_fee: U256,
    /// Gas the transaction used, refunds subtracted, the calldata floor applied.
    pub(crate) gas_used: u64,
    /// What KECCAK256 has hashed in this block.
    pub(crate) pairs: Pairs,
}

impl Charges {
    fn operator_fee(&self, gas: u64) -> U256 {
        self.fees.map_or(U256::ZERO, |fees| fees.operator_fee(gas))
    }
}

/// Why a transaction did not run to its end.
#[derive(Debug)]
pub(crate) enum Fault {
    /// It cannot be in the block; as a deposit it has failed.
    Refused(Box<InvalidTransaction>),
    /// State or precompile did not answer; the reason is with them.
    Unanswered,
}

impl From<InvalidTransaction> for Fault {
    fn from(why: InvalidTransaction) -> Self {
        Self::Refused(Box::new(why))
    }
}

impl From<InvalidHeader> for Fault {
    fn from(_: InvalidHeader) -> Self {
        Self::Unanswered
    }
}

impl From<Unanswered> for Fault {
    fn from(_: Unanswered) -> Self {
        Self::Unanswered
    }
}

impl From<ContextError<Unanswered>> for Fault {
    fn from(_: ContextError<Unanswered>) -> Self {
        Self::Unanswered
    }
}

impl FromStringError for Fault {
    fn from_string(_: String) -> Self {
        Self::Unanswered
    }
}

/// The handler; what it does not say is as on Ethereum.
#[derive(Debug)]
pub(crate) struct OpHandler<EVM>(core::marker::PhantomData<EVM>);

impl<EVM> OpHandler<EVM> {
    pub(crate) const fn new() -> Self {
        Self(core::marker::PhantomData)
    }
}

impl<'a, S: State, A: Accelerator<E>, E> Handler for OpHandler<BlockEvm<'a, S, A, E>> {
    type Evm = BlockEvm<'a, S, A, E>;
    type Error = Fault;
    type HaltReason = HaltReason;

    fn validate_env(&self, evm: &mut Self::Evm) -> Result<(), Fault> {
        let tx = evm.ctx.tx();
        if tx.deposit.is_none() {
            return validation::validate_env::<_, Fault>(&mut evm.ctx);
        }
        // Of all that is checked beforehand, only the size of init code counts for deposits (EIP-3860), and that only for as long as there is
        // op-geth; from Karst nobody checks it (decision 13).
        let spec = evm.ctx.cfg.spec;
        let is_limited = spec.is_enabled_in(SpecId::SHANGHAI) && !spec.is_enabled_in(SpecId::OSAKA);
        let too_long = is_limited
            && tx.kind().is_create()
            && tx.input().len() > evm.ctx.cfg.max_initcode_size();
        if too_long {
            Err(InvalidTransaction::CreateInitCodeSizeLimit.into())
        } else {
            Ok(())
        }
    }

    fn validate_against_state_and_deduct_caller(
        &self,
        evm: &mut Self::Evm,
        _: &mut InitialAndFloorGas,
    ) -> Result<(), Fault> {
        let (block, tx, cfg, journal, charges, _) = evm.ctx.all_mut();
        if tx.deposit.is_some() {
            let mut caller = journal.load_account_mut(tx.caller)?.data;
            if tx.value > *caller.balance() {
                return Err(lack_of_funds(tx.value, *caller.balance()));
            }
            if tx.to.is_call() {
                caller.bump_nonce();
            }
            return Ok(());
        }
        let mut caller = journal.load_account_with_code_mut(tx.caller)?.data;
        validate_account_nonce_and_code_with_components(&caller.account().info, tx, cfg)?;
        let balance = *caller.balance();
        let extra = charges
            .l1_fee
            .saturating_add(charges.operator_fee(tx.gas_limit));
        let most = tx.max_balance_spending()?;
        match most.checked_add(extra) {
            Some(needed) if needed <= balance => {}
            Some(_) | None => return Err(lack_of_funds(most.saturating_add(extra), balance)),
        }
        let gas = tx.gas_balance_spending(u128::from(block.basefee()), 0)?;
        caller.set_balance(balance.saturating_sub(gas).saturating_sub(extra));
        if tx.to.is_call() {
            caller.bump_nonce();
        }
        Ok(())
    }

    fn reimburse_caller(&self, evm: &mut Self::Evm, result: &mut FrameResult) -> Result<(), Fault> {
        let (block, tx, _, journal, charges, _) = evm.ctx.all_mut();
        let used = result.gas().used();
        charges.gas_used = used;
        if tx.deposit.is_some() {
            // Nothing was paid (D89).
            return Ok(());
        }
        let unused = tx.gas_limit.saturating_sub(used);
        let price = U256::from(tx.effective_gas_price(u128::from(block.basefee())));
        let operator = charges
            .operator_fee(tx.gas_limit)
            .saturating_sub(charges.operator_fee(used));
        let refund = U256::from(unused)
            .saturating_mul(price)
            .saturating_add(operator);
        credit(journal, tx.caller, refund)
    }

    fn reward_beneficiary(
        &self,
        evm: &mut Self::Evm,
        result: &mut FrameResult,
    ) -> Result<(), Fault> {
        let (block, tx, cfg, journal, charges, _) = evm.ctx.all_mut();
        if tx.deposit.is_some() {
            return Ok(());
        }
        let used = U256::from(result.gas().used());
        let base_fee = u128::from(block.basefee());
        let tip = tx.effective_gas_price(base_fee).saturating_sub(base_fee);
        credit(
            journal,
            block.beneficiary(),
            used.saturating_mul(U256::from(tip)),
        )?;
        credit(
            journal,
            BASE_FEE_VAULT,
            used.saturating_mul(U256::from(base_fee)),
        )?;
        credit(journal, L1_FEE_VAULT, charges.l1_fee)?;
        if cfg.spec.is_enabled_in(SpecId::PRAGUE) {
            let operator = charges.operator_fee(result.gas().used());
            credit(journal, OPERATOR_FEE_VAULT, operator)?;
        }
        Ok(())
    }

    fn execution_result(
        &mut self,
        evm: &mut Self::Evm,
        result: FrameResult,
        gas: ResultGas,
    ) -> Result<ExecutionResult<HaltReason>, Fault> {
        take_error::<Fault, _>(evm.ctx.error())?;
        let result = post_execution::output(&mut evm.ctx, result, gas);
        // The journal is ended by whoever called, who must first see what was touched.
        evm.ctx.local.clear();
        evm.frame_stack().clear();
        Ok(result)
    }

    fn catch_error(
        &self,
        evm: &mut Self::Evm,
        fault: Fault,
    ) -> Result<ExecutionResult<HaltReason>, Fault> {
        evm.ctx.local.clear();
        evm.frame_stack().clear();
        Err(fault)
    }
}

/// Adds to a balance. Sums beyond 256 bits wrap, as the reference's do; only chains that mint at will could get there.
fn credit<S: State>(
    journal: &mut Journal<Db<'_, S>>,
    address: Address,
    amount: U256,
) -> Result<(), Fault> {
    let mut account = journal.load_account_mut(address)?.data;
    let balance = account.balance().wrapping_add(amount);
    account.set_balance(balance);
    Ok(())
}

fn lack_of_funds(fee: U256, balance: U256) -> Fault {
    let (fee, balance) = (Box::new(fee), Box::new(balance));
    InvalidTransaction::LackOfFundForMaxFee { fee, balance }.into()
}

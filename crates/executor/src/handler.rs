//! How a transaction is handled: as op-revm does, but for one thing.
//!
//! op-revm credits the operator fee vault with every transaction, also before Isthmus, when there is no operator fee: with nothing. That reads an
//! account which no rule of those forks mentions, so a witness need not have it. Here the vault is left alone until it is due something.

use op_revm::{
    L1BlockInfo, OpSpecId,
    api::exec::OpContextTr,
    constants::{BASE_FEE_RECIPIENT, L1_FEE_RECIPIENT, OPERATOR_FEE_RECIPIENT},
    handler::{IsTxError, OpHandler},
    transaction::{OpTransactionError, OpTxTr, deposit::DEPOSIT_TRANSACTION_TYPE},
};
use revm::{
    context_interface::{
        Block, Cfg, ContextTr, JournalTr, Transaction,
        result::{ExecutionResult, FromStringError, ResultGas},
    },
    handler::{EvmTr, FrameResult, Handler, evm::FrameTr, handler::EvmTrError},
    interpreter::{InitialAndFloorGas, interpreter_action::FrameInit},
    primitives::U256,
};

/// See the module.
#[derive(Debug)]
pub(crate) struct OpHandlerWithoutIdleVault<EVM, ERROR, FRAME> {
    op: OpHandler<EVM, ERROR, FRAME>,
}

impl<EVM, ERROR, FRAME> Default for OpHandlerWithoutIdleVault<EVM, ERROR, FRAME> {
    fn default() -> Self {
        Self {
            op: OpHandler::new(),
        }
    }
}

impl<EVM, ERROR, FRAME> Handler for OpHandlerWithoutIdleVault<EVM, ERROR, FRAME>
where
    EVM: EvmTr<Context: OpContextTr, Frame = FRAME>,
    ERROR: EvmTrError<EVM> + From<OpTransactionError> + FromStringError + IsTxError,
    FRAME: FrameTr<FrameResult = FrameResult, FrameInit = FrameInit>,
{
    type Evm = EVM;
    type Error = ERROR;
    type HaltReason = <OpHandler<EVM, ERROR, FRAME> as Handler>::HaltReason;

    /// Fees of a user transaction, to their vaults. Spec: `protocol/exec-engine.md`, "Fee Vaults"; `isthmus/exec-engine.md`, "Operator Fee".
    fn reward_beneficiary(
        &self,
        evm: &mut EVM,
        frame_result: &mut FrameResult,
    ) -> Result<(), ERROR> {
        if evm.ctx().tx().tx_type() == DEPOSIT_TRANSACTION_TYPE {
            return Ok(());
        }
        self.op.mainnet.reward_beneficiary(evm, frame_result)?;
        let gas_used = frame_result
            .gas()
            .used()
            .saturating_sub(frame_result.gas().reservoir());
        let (block, tx, cfg, journal, l1, _) = evm.ctx().all_mut();
        let spec: OpSpecId = cfg.spec();
        let l1: &mut L1BlockInfo = l1;
        let raw = tx
            .enveloped_tx()
            .ok_or(OpTransactionError::MissingEnvelopedTx)?;
        let l1_fee = l1.calculate_tx_l1_cost(raw, spec);
        let base_fee = U256::from(u128::from(block.basefee()).saturating_mul(u128::from(gas_used)));
        journal.balance_incr(L1_FEE_RECIPIENT, l1_fee)?;
        journal.balance_incr(BASE_FEE_RECIPIENT, base_fee)?;
        if spec.is_enabled_in(OpSpecId::ISTHMUS) {
            let operator_fee = l1.operator_fee_charge(raw, U256::from(gas_used), spec);
            journal.balance_incr(OPERATOR_FEE_RECIPIENT, operator_fee)?;
        }
        Ok(())
    }

    fn validate_env(&self, evm: &mut EVM) -> Result<(), ERROR> {
        self.op.validate_env(evm)
    }

    fn validate_against_state_and_deduct_caller(
        &self,
        evm: &mut EVM,
        gas: &mut InitialAndFloorGas,
    ) -> Result<(), ERROR> {
        self.op.validate_against_state_and_deduct_caller(evm, gas)
    }

    fn last_frame_result(
        &mut self,
        evm: &mut EVM,
        frame_result: &mut FrameResult,
    ) -> Result<(), ERROR> {
        self.op.last_frame_result(evm, frame_result)
    }

    fn reimburse_caller(&self, evm: &mut EVM, frame_result: &mut FrameResult) -> Result<(), ERROR> {
        self.op.reimburse_caller(evm, frame_result)
    }

    fn refund(&self, evm: &mut EVM, frame_result: &mut FrameResult, eip7702_refund: i64) {
        self.op.refund(evm, frame_result, eip7702_refund);
    }

    fn execution_result(
        &mut self,
        evm: &mut EVM,
        frame_result: FrameResult,
        gas: ResultGas,
    ) -> Result<ExecutionResult<Self::HaltReason>, ERROR> {
        self.op.execution_result(evm, frame_result, gas)
    }

    fn catch_error(
        &self,
        evm: &mut EVM,
        error: ERROR,
    ) -> Result<ExecutionResult<Self::HaltReason>, ERROR> {
        self.op.catch_error(evm, error)
    }
}

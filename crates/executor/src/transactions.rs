//! From a payload's raw transactions to what the EVM runs.

use crate::{Accelerator, InvalidPayload, SignedHash};
use alloc::{string::ToString, vec::Vec};
use alloy_consensus::{SignableTransaction, Signed, Transaction, TxEnvelope};
use alloy_eips::Decodable2718;
use alloy_primitives::{Address, Bytes, Signature, TxKind, U256};
use hoike_protocol::{attributes::DEPOSIT_TX_TYPE, deposit::DepositTx};
use op_revm::{OpTransaction, transaction::deposit::DepositTransactionParts};
use revm::{context::TxEnv, context_interface::either::Either};

/// A transaction, ready to be executed.
pub(crate) struct Prepared {
    pub(crate) tx: OpTransaction<TxEnv>,
    /// What a deposit mints beyond 128 bits, in wei (D158); zero but for deposits that no real portal can emit.
    pub(crate) mint_above_u128: U256,
}

impl Prepared {
    pub(crate) fn is_deposit(&self) -> bool {
        self.tx.base.tx_type == DEPOSIT_TX_TYPE
    }
}

/// Decodes all transactions and recovers their senders.
pub(crate) fn prepare(
    raw: &[Bytes],
    accelerator: &mut impl Accelerator,
) -> Result<Vec<Prepared>, InvalidPayload> {
    let mut prepared = Vec::with_capacity(raw.len());
    let mut signatures = Vec::new();
    let mut signed = Vec::new();
    for (index, raw) in raw.iter().enumerate() {
        if raw.first() == Some(&DEPOSIT_TX_TYPE) {
            prepared.push(deposit(raw, index)?);
            continue;
        }
        let undecodable = |why: alloc::string::String| InvalidPayload::Undecodable { index, why };
        let envelope =
            TxEnvelope::decode_2718_exact(raw).map_err(|why| undecodable(why.to_string()))?;
        let (tx, signature) = match envelope {
            TxEnvelope::Legacy(tx) => env(&tx),
            TxEnvelope::Eip2930(tx) => env(&tx),
            TxEnvelope::Eip1559(tx) => env(&tx),
            TxEnvelope::Eip7702(tx) => env(&tx),
            TxEnvelope::Eip4844(_) => {
                return Err(undecodable(
                    "blob transactions do not exist on L2".to_string(),
                ));
            }
        };
        let signature = signature.ok_or(InvalidPayload::Signer { index })?;
        signatures.push(signature);
        signed.push(prepared.len());
        let tx = OpTransaction {
            base: tx,
            enveloped_tx: Some(raw.clone()),
            deposit: DepositTransactionParts::default(),
        };
        prepared.push(Prepared {
            tx,
            mint_above_u128: U256::ZERO,
        });
    }
    let signers = accelerator.signers(&signatures);
    for (index, signer) in signed.into_iter().zip(signers) {
        let caller: Address = signer.ok_or(InvalidPayload::Signer { index })?;
        if let Some(prepared) = prepared.get_mut(index) {
            prepared.tx.base.caller = caller;
        }
    }
    Ok(prepared)
}

fn deposit(raw: &Bytes, index: usize) -> Result<Prepared, InvalidPayload> {
    let deposit = DepositTx::decode(raw).map_err(|why| InvalidPayload::Undecodable {
        index,
        why: why.to_string(),
    })?;
    let base = TxEnv {
        tx_type: DEPOSIT_TX_TYPE,
        caller: deposit.from,
        gas_limit: deposit.gas,
        gas_price: 0,
        kind: deposit.to.map_or(TxKind::Create, TxKind::Call),
        value: deposit.value,
        data: raw.slice_ref(deposit.data),
        chain_id: None,
        ..TxEnv::default()
    };
    // op-revm counts mints in 128 bits; the rest is credited separately.
    let mint = deposit.mint.saturating_to::<u128>();
    let mint_above_u128 = deposit.mint.saturating_sub(U256::from(mint));
    let parts = DepositTransactionParts {
        source_hash: deposit.source_hash,
        mint: (mint != 0).then_some(mint),
        is_system_transaction: deposit.is_system,
    };
    Ok(Prepared {
        tx: OpTransaction {
            base,
            enveloped_tx: Some(raw.clone()),
            deposit: parts,
        },
        mint_above_u128,
    })
}

/// A signed transaction without its sender, and what to recover that from; `None` where no homestead signature can be.
fn env<T: Transaction + SignableTransaction<Signature>>(
    signed: &Signed<T>,
) -> (TxEnv, Option<SignedHash>) {
    let tx = signed.tx();
    let signature = signed.signature();
    let env = TxEnv {
        tx_type: alloy_consensus::Typed2718::ty(tx),
        caller: Address::ZERO,
        gas_limit: tx.gas_limit(),
        gas_price: tx.max_fee_per_gas(),
        kind: tx.kind(),
        value: tx.value(),
        data: tx.input().clone(),
        nonce: tx.nonce(),
        chain_id: tx.chain_id(),
        access_list: tx.access_list().cloned().unwrap_or_default(),
        gas_priority_fee: tx.max_priority_fee_per_gas(),
        blob_hashes: Vec::new(),
        max_fee_per_blob_gas: 0,
        authorization_list: tx
            .authorization_list()
            .unwrap_or_default()
            .iter()
            .cloned()
            .map(Either::Left)
            .collect(),
    };
    // EIP-2: the upper half of the possible values of s is not valid in transactions.
    let low_s = signature.s() <= SECP256K1_HALF_ORDER;
    let hash = low_s.then(|| SignedHash {
        hash: signed.signature_hash(),
        r: signature.r().to_be_bytes(),
        s: signature.s().to_be_bytes(),
        odd_y: signature.v(),
    });
    (env, hash)
}

/// Half the order of secp256k1.
const SECP256K1_HALF_ORDER: U256 = alloy_primitives::uint!(
    0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0_U256
);

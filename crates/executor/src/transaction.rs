//! Transactions: from EIP-2718 bytes to what the EVM asks of them, without copying calldata or encoding anything again.

use crate::InvalidTx;
use crate::senders::SignedHash;
use alloc::vec::Vec;
use alloy_primitives::{Address, B256, Bytes, Keccak256, TxKind, U256};
use alloy_rlp::{Decodable, Encodable, Header};
use hoike_protocol::attributes::DEPOSIT_TX_TYPE;
use hoike_protocol::deposit::DepositTx;
use revm::context_interface::transaction::{AccessListItemTr, AuthorizationTr, Transaction};

/// A decoded transaction. Its sender, and those of its authorizations, are filled in when they have been recovered.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tx {
    pub(crate) tx_type: u8,
    pub(crate) caller: Address,
    pub(crate) chain_id: Option<u64>,
    pub(crate) nonce: u64,
    pub(crate) gas_limit: u64,
    /// Gas price, or from EIP-1559 the fee cap.
    pub(crate) gas_price: u128,
    /// From EIP-1559: the priority fee cap.
    pub(crate) tip: Option<u128>,
    pub(crate) to: TxKind,
    pub(crate) value: U256,
    pub(crate) input: Bytes,
    pub(crate) access_list: Vec<AccessItem>,
    pub(crate) authorizations: Vec<Authorization>,
    /// What only deposits have.
    pub(crate) deposit: Option<Deposit>,
}

/// What only deposits have.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Deposit {
    pub(crate) mint: U256,
    pub(crate) is_system: bool,
}

/// An address of an access list and its slots.
#[derive(Clone, Debug)]
pub(crate) struct AccessItem {
    address: Address,
    slots: Vec<B256>,
}

/// An authorization to delegate (EIP-7702).
#[derive(Clone, Copy, Debug)]
pub(crate) struct Authorization {
    pub(crate) authority: Option<Address>,
    chain_id: U256,
    address: Address,
    nonce: u64,
}

/// Signatures whose signers are wanted: each transaction's own, then those of its authorizations.
#[derive(Debug)]
pub(crate) struct Signatures {
    pub(crate) found: Vec<Option<SignedHash>>,
    /// More than a block has gas for. A transaction of some bytes may name millions of authorizations, and recovering them before the gas is counted
    /// would take minutes.
    pub(crate) most: usize,
}

const LEGACY: u8 = 0;
const ACCESS_LIST: u8 = 1;
const DYNAMIC_FEE: u8 = 2;
const SET_CODE: u8 = 4;

impl Tx {
    /// Decodes a transaction. Its signature, if it is no deposit, and then those of its authorizations are added to `signatures`.
    pub(crate) fn decode(
        raw: &Bytes,
        chain_id: u64,
        signatures: &mut Signatures,
    ) -> Result<Self, InvalidTx> {
        match raw.first() {
            None => Err(InvalidTx::Malformed),
            Some(&DEPOSIT_TX_TYPE) => Self::decode_deposit(raw),
            Some(&tx_type @ (ACCESS_LIST | DYNAMIC_FEE | SET_CODE)) => {
                Self::decode_typed(raw, tx_type, chain_id, signatures)
            }
            Some(0xc0..) => Self::decode_legacy(raw, chain_id, signatures),
            Some(&other) => Err(InvalidTx::Type(other)),
        }
    }

    fn decode_deposit(raw: &Bytes) -> Result<Self, InvalidTx> {
        let deposit = DepositTx::decode(raw).map_err(|_| InvalidTx::Malformed)?;
        Ok(Self {
            tx_type: DEPOSIT_TX_TYPE,
            caller: deposit.from,
            gas_limit: deposit.gas,
            to: deposit.to.map_or(TxKind::Create, TxKind::Call),
            value: deposit.value,
            input: raw.slice_ref(deposit.data),
            deposit: Some(Deposit {
                mint: deposit.mint,
                is_system: deposit.is_system,
            }),
            ..Self::default()
        })
    }

    fn decode_legacy(
        raw: &Bytes,
        chain_id: u64,
        signatures: &mut Signatures,
    ) -> Result<Self, InvalidTx> {
        let mut fields = whole_list(raw)?;
        let all = fields;
        let mut tx = Self {
            tx_type: LEGACY,
            nonce: field(&mut fields)?,
            gas_price: field(&mut fields)?,
            gas_limit: field(&mut fields)?,
            to: recipient(&mut fields)?,
            value: field(&mut fields)?,
            input: bytes(raw, &mut fields)?,
            ..Self::default()
        };
        let signed = before(all, fields)?;
        // Twice a chain id of 64 bits needs 65.
        let v: u128 = field(&mut fields).map_err(|_| InvalidTx::Signature)?;
        let (hash, odd_y) = match v {
            27 | 28 => (list_hash(None, signed, &[]), v == 28),
            // EIP-155: the chain id is in v, and signed with two empty fields after it.
            35.. => {
                if v.wrapping_sub(35) / 2 != u128::from(chain_id) {
                    return Err(InvalidTx::Signature);
                }
                tx.chain_id = Some(chain_id);
                let mut suffix = Vec::with_capacity(11);
                chain_id.encode(&mut suffix);
                suffix.extend_from_slice(&[0x80, 0x80]);
                (list_hash(None, signed, &suffix), v.is_multiple_of(2))
            }
            0..=26 | 29..=34 => return Err(InvalidTx::Signature),
        };
        signatures.found.push(signature(hash, odd_y, &mut fields)?);
        end(fields)?;
        Ok(tx)
    }

    fn decode_typed(
        raw: &Bytes,
        tx_type: u8,
        chain_id: u64,
        signatures: &mut Signatures,
    ) -> Result<Self, InvalidTx> {
        let mut fields = whole_list(raw.get(1..).unwrap_or_default())?;
        let all = fields;
        let id: U256 = field(&mut fields)?;
        if id != U256::from(chain_id) {
            return Err(InvalidTx::Signature);
        }
        let nonce = field(&mut fields)?;
        let tip = if tx_type == ACCESS_LIST {
            None
        } else {
            Some(field(&mut fields)?)
        };
        let mut tx = Self {
            tx_type,
            chain_id: Some(chain_id),
            nonce,
            tip,
            gas_price: field(&mut fields)?,
            gas_limit: field(&mut fields)?,
            to: recipient(&mut fields)?,
            value: field(&mut fields)?,
            input: bytes(raw, &mut fields)?,
            access_list: access_list(&mut fields)?,
            ..Self::default()
        };
        let own = signatures.found.len();
        signatures.found.push(None);
        if tx_type == SET_CODE {
            if tx.to.is_create() {
                return Err(InvalidTx::Malformed);
            }
            tx.authorizations = authorizations(&mut fields, signatures)?;
        }
        let hash = list_hash(Some(tx_type), before(all, fields)?, &[]);
        let odd_y = field(&mut fields)?;
        let signed = signature(hash, odd_y, &mut fields)?;
        if let Some(own) = signatures.found.get_mut(own) {
            *own = signed;
        }
        end(fields)?;
        Ok(tx)
    }

    /// Takes the addresses that [`decode`](Self::decode) asked for, from the front.
    ///
    /// # Errors
    /// The transaction's own signature is nobody's. Authorizations without a signer are merely skipped.
    pub(crate) fn take_signers(
        &mut self,
        signers: &mut impl Iterator<Item = Option<Address>>,
    ) -> Result<(), InvalidTx> {
        if self.deposit.is_none() {
            let sender = signers.next().flatten();
            for authorization in &mut self.authorizations {
                authorization.authority = signers.next().flatten();
            }
            self.caller = sender.ok_or(InvalidTx::Signature)?;
        }
        Ok(())
    }
}

/// The payload of the one list that `rlp` is.
fn whole_list(mut rlp: &[u8]) -> Result<&[u8], InvalidTx> {
    let fields = Header::decode_bytes(&mut rlp, true).map_err(|_| InvalidTx::Malformed)?;
    end(rlp)?;
    Ok(fields)
}

fn end(rest: &[u8]) -> Result<(), InvalidTx> {
    if rest.is_empty() {
        Ok(())
    } else {
        Err(InvalidTx::Malformed)
    }
}

fn field<T: Decodable>(fields: &mut &[u8]) -> Result<T, InvalidTx> {
    T::decode(fields).map_err(|_| InvalidTx::Malformed)
}

fn recipient(fields: &mut &[u8]) -> Result<TxKind, InvalidTx> {
    match Header::decode_bytes(fields, false).map_err(|_| InvalidTx::Malformed)? {
        [] => Ok(TxKind::Create),
        to => Address::try_from(to)
            .map(TxKind::Call)
            .map_err(|_| InvalidTx::Malformed),
    }
}

fn bytes(raw: &Bytes, fields: &mut &[u8]) -> Result<Bytes, InvalidTx> {
    let data = Header::decode_bytes(fields, false).map_err(|_| InvalidTx::Malformed)?;
    Ok(raw.slice_ref(data))
}

fn list<'a>(fields: &mut &'a [u8]) -> Result<&'a [u8], InvalidTx> {
    Header::decode_bytes(fields, true).map_err(|_| InvalidTx::Malformed)
}

fn access_list(fields: &mut &[u8]) -> Result<Vec<AccessItem>, InvalidTx> {
    let mut items = list(fields)?;
    let mut out = Vec::new();
    while !items.is_empty() {
        let mut item = list(&mut items)?;
        let address = field(&mut item)?;
        let mut words = list(&mut item)?;
        end(item)?;
        let mut slots = Vec::new();
        while !words.is_empty() {
            slots.push(field(&mut words)?);
        }
        out.push(AccessItem { address, slots });
    }
    Ok(out)
}

fn authorizations(
    fields: &mut &[u8],
    signatures: &mut Signatures,
) -> Result<Vec<Authorization>, InvalidTx> {
    /// What is signed before the list, to keep authorizations apart from transactions.
    const MAGIC: u8 = 5;
    let mut items = list(fields)?;
    let mut out = Vec::new();
    while !items.is_empty() {
        if signatures.found.len() >= signatures.most {
            let most = signatures.most;
            return Err(InvalidTx::TooManyAuthorizations { most });
        }
        let mut item = list(&mut items)?;
        let all = item;
        let chain_id = field(&mut item)?;
        let address = field(&mut item)?;
        let nonce = field(&mut item)?;
        let hash = list_hash(Some(MAGIC), before(all, item)?, &[]);
        // A parity that is none does not spoil the transaction, only the authorization.
        let y_parity: u8 = field(&mut item)?;
        let signed = signature(hash, y_parity == 1, &mut item)?;
        end(item)?;
        signatures.found.push(signed.filter(|_| y_parity <= 1));
        out.push(Authorization {
            authority: None,
            chain_id,
            address,
            nonce,
        });
    }
    Ok(out)
}

/// Reads r and s; `None` if no key can have signed so (EIP-2 demands the lower s).
fn signature(hash: B256, odd_y: bool, fields: &mut &[u8]) -> Result<Option<SignedHash>, InvalidTx> {
    let (r, s) = (field(fields)?, field(fields)?);
    Ok(SignedHash::new(hash, r, s, odd_y))
}

/// What of `all` lies before `rest`, its end.
fn before<'a>(all: &'a [u8], rest: &[u8]) -> Result<&'a [u8], InvalidTx> {
    all.len()
        .checked_sub(rest.len())
        .and_then(|n| all.get(..n))
        .ok_or(InvalidTx::Malformed)
}

/// Keccak of `prefix ++ rlp list of (fields ++ suffix)`, the fields being encoded already.
fn list_hash(prefix: Option<u8>, fields: &[u8], suffix: &[u8]) -> B256 {
    let mut head = Vec::with_capacity(10);
    head.extend(prefix);
    let payload_length = fields.len().saturating_add(suffix.len());
    Header {
        list: true,
        payload_length,
    }
    .encode(&mut head);
    let mut hasher = Keccak256::new();
    hasher.update(&head);
    hasher.update(fields);
    hasher.update(suffix);
    hasher.finalize()
}

impl Transaction for Tx {
    type AccessListItem<'a> = &'a AccessItem;
    type Authorization<'a> = &'a Authorization;

    fn tx_type(&self) -> u8 {
        self.tx_type
    }

    fn caller(&self) -> Address {
        self.caller
    }

    fn gas_limit(&self) -> u64 {
        self.gas_limit
    }

    fn value(&self) -> U256 {
        self.value
    }

    fn input(&self) -> &Bytes {
        &self.input
    }

    fn nonce(&self) -> u64 {
        self.nonce
    }

    fn kind(&self) -> TxKind {
        self.to
    }

    fn chain_id(&self) -> Option<u64> {
        self.chain_id
    }

    fn gas_price(&self) -> u128 {
        self.gas_price
    }

    fn access_list(&self) -> Option<impl Iterator<Item = &AccessItem>> {
        (!self.access_list.is_empty()).then(|| self.access_list.iter())
    }

    fn blob_versioned_hashes(&self) -> &[B256] {
        &[]
    }

    fn max_fee_per_blob_gas(&self) -> u128 {
        0
    }

    fn authorization_list_len(&self) -> usize {
        self.authorizations.len()
    }

    fn authorization_list(&self) -> impl Iterator<Item = &Authorization> {
        self.authorizations.iter()
    }

    fn max_priority_fee_per_gas(&self) -> Option<u128> {
        self.tip
    }
}

impl AccessListItemTr for AccessItem {
    fn address(&self) -> &Address {
        &self.address
    }

    fn storage_slots(&self) -> impl Iterator<Item = &B256> {
        self.slots.iter()
    }
}

impl AuthorizationTr for Authorization {
    fn authority(&self) -> Option<Address> {
        self.authority
    }

    fn chain_id(&self) -> U256 {
        self.chain_id
    }

    fn nonce(&self) -> u64 {
        self.nonce
    }

    fn address(&self) -> Address {
        self.address
    }
}

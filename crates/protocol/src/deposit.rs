//! Deposits: the transactions of type 0x7E, and how L1 logs become such.
//!
//! Spec: `protocol/deposits.md`.

use crate::{
    attributes::DEPOSIT_TX_TYPE,
    receipt::{Log, Receipt, events},
};
use alloc::vec::Vec;
use alloy_primitives::{Address, B256, Bytes, Keccak256, U256, b256, keccak256};
use alloy_rlp::{Decodable, Encodable, Header};

/// First topic of a deposit: keccak of `TransactionDeposited(address,address,uint256,bytes)`.
pub const DEPOSIT_EVENT: B256 =
    b256!("b3813568d9991fc951961fcb4c784893574240a28925604d09fc577c55bb7c32");

/// All user deposits of an L1 block as EIP-2718 bytes, in the order of their logs.
///
/// Counted are logs of `portal` with first topic [`DEPOSIT_EVENT`] in receipts with status 1 (D58); their index is block-wide (D62).
///
/// # Errors
/// The first such log that is not a deposit. A deposit may never be ignored: no L2 block can be built on this epoch (D61).
pub fn user_deposits(
    receipts: &[Receipt],
    portal: Address,
    l1_block_hash: B256,
) -> Result<Vec<Bytes>, BlockDepositFault> {
    events(receipts, &portal, &DEPOSIT_EVENT)
        .map(|(log_index, log)| {
            from_log(&log, l1_block_hash, log_index)
                .map_err(|why| BlockDepositFault { log_index, why })
        })
        .collect()
}

/// The EIP-2718 bytes of the deposit that a portal's log stands for; `log_index` is block-wide.
///
/// The log's data is `abi.encode(bytes)` of mint (32 bytes), value (32), gas limit (8), creation flag (1) and calldata. As in op-node, the high bytes of
/// sender and recipient and the padding after the data are not looked at, and any creation flag but 0 means creation (D185).
///
/// # Errors
/// What does not have this form, or another version than 0.
pub fn from_log(log: &Log<'_>, l1_block_hash: B256, log_index: u64) -> Result<Bytes, DepositFault> {
    let [event, from, to, version] = log.topics.exactly().ok_or(DepositFault::Topics {
        count: log.topics.len(),
    })?;
    if *event != DEPOSIT_EVENT {
        return Err(DepositFault::Event(*event));
    }
    if !version.is_zero() {
        return Err(DepositFault::Version(*version));
    }
    let opaque = opaque_data(log.data)?;
    let fields = || -> Option<_> {
        let (mint, rest) = opaque.split_first_chunk()?;
        let (value, rest) = rest.split_first_chunk()?;
        let (gas, rest) = rest.split_first_chunk()?;
        let (creation, data) = rest.split_first()?;
        Some((
            U256::from_be_bytes::<32>(*mint),
            U256::from_be_bytes::<32>(*value),
            u64::from_be_bytes(*gas),
            *creation != 0,
            data,
        ))
    };
    let (mint, value, gas, creation, data) =
        fields().ok_or(DepositFault::OpaqueTooShort { len: opaque.len() })?;
    let deposit = DepositTx {
        source_hash: DepositSource::User {
            l1_block_hash,
            log_index,
        }
        .hash(),
        from: Address::from_word(*from),
        to: (!creation).then(|| Address::from_word(*to)),
        mint,
        value,
        gas,
        is_system: false,
        data,
    };
    Ok(deposit.encode())
}

/// Strips the ABI encoding of a lone `bytes` argument.
fn opaque_data(data: &[u8]) -> Result<&[u8], DepositFault> {
    let fault = DepositFault::Abi { len: data.len() };
    let ([offset, len, content @ ..], []) = data.as_chunks::<32>() else {
        return Err(fault);
    };
    let content = content.as_flattened();
    if U256::from_be_bytes(*offset) != U256::from(32) {
        return Err(DepositFault::Offset);
    }
    let len = usize::try_from(U256::from_be_bytes(*len)).map_err(|_| DepositFault::Length)?;
    // No more padding than fills the last word.
    match content.split_at_checked(len) {
        Some((opaque, padding)) if padding.len() < 32 => Ok(opaque),
        Some(_) | None => Err(DepositFault::Length),
    }
}

/// A deposit transaction. Spec: `protocol/deposits.md`, "The Deposited Transaction Type".
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct DepositTx<'a> {
    /// What makes it unique: see [`DepositSource`].
    pub source_hash: B256,
    /// Sender.
    pub from: Address,
    /// Recipient; `None` creates a contract.
    pub to: Option<Address>,
    /// Wei to mint; zero is the same as absent, also in the encoding (D158).
    pub mint: U256,
    /// Wei to transfer.
    pub value: U256,
    /// Gas limit.
    pub gas: u64,
    /// Exempt from the block's gas limit; only before Regolith.
    pub is_system: bool,
    /// Calldata or init code.
    pub data: &'a [u8],
}

impl<'a> DepositTx<'a> {
    /// The EIP-2718 encoding.
    pub fn encode(&self) -> Bytes {
        let to = self.to.as_ref().map_or(&[][..], |to| to.as_slice());
        let payload_length = [
            self.source_hash.length(),
            self.from.length(),
            to.length(),
            self.mint.length(),
            self.value.length(),
            self.gas.length(),
            self.is_system.length(),
            self.data.length(),
        ]
        .into_iter()
        .fold(0, usize::saturating_add);
        let header = Header {
            list: true,
            payload_length,
        };
        let mut out = Vec::with_capacity(header.length_with_payload().saturating_add(1));
        out.push(DEPOSIT_TX_TYPE);
        header.encode(&mut out);
        self.source_hash.encode(&mut out);
        self.from.encode(&mut out);
        to.encode(&mut out);
        self.mint.encode(&mut out);
        self.value.encode(&mut out);
        self.gas.encode(&mut out);
        self.is_system.encode(&mut out);
        self.data.encode(&mut out);
        out.into()
    }

    /// Reads the EIP-2718 encoding.
    ///
    /// # Errors
    /// Another type, RLP that is not canonical, a wrong number of fields, bytes that follow.
    pub fn decode(raw: &'a [u8]) -> Result<Self, DepositTxFault> {
        let Some((&DEPOSIT_TX_TYPE, mut rlp)) = raw.split_first() else {
            return Err(DepositTxFault::Type(raw.first().copied()));
        };
        let mut fields = Header::decode_bytes(&mut rlp, true)?;
        if !rlp.is_empty() {
            return Err(DepositTxFault::TrailingBytes);
        }
        let deposit = Self {
            source_hash: B256::decode(&mut fields)?,
            from: Address::decode(&mut fields)?,
            to: match Header::decode_bytes(&mut fields, false)? {
                [] => None,
                to => Some(Address::try_from(to).map_err(|_| DepositTxFault::Recipient)?),
            },
            mint: U256::decode(&mut fields)?,
            value: U256::decode(&mut fields)?,
            gas: u64::decode(&mut fields)?,
            is_system: bool::decode(&mut fields)?,
            data: Header::decode_bytes(&mut fields, false)?,
        };
        if !fields.is_empty() {
            return Err(DepositTxFault::TrailingBytes);
        }
        Ok(deposit)
    }
}

/// Where a deposit comes from. Spec: `protocol/deposits.md`, "Source hash computation", and `ecotone/derivation.md` for upgrades.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum DepositSource<'a> {
    /// A user's log on L1.
    User {
        /// Block of the log.
        l1_block_hash: B256,
        /// Its block-wide index.
        log_index: u64,
    },
    /// The L1 attributes of an L2 block.
    L1Info {
        /// The L1 origin.
        l1_block_hash: B256,
        /// Distance to the first block of the epoch.
        sequence_number: u64,
    },
    /// A fork.
    Upgrade {
        /// What the transaction is for, in the fork's exact words.
        intent: &'a str,
    },
}

impl DepositSource<'_> {
    /// The source hash: `keccak(domain ++ keccak(what identifies the deposit in its domain))`.
    pub fn hash(&self) -> B256 {
        let (domain, id) = match *self {
            Self::User {
                l1_block_hash,
                log_index,
            } => (0, in_block(l1_block_hash, log_index)),
            Self::L1Info {
                l1_block_hash,
                sequence_number,
            } => (1, in_block(l1_block_hash, sequence_number)),
            Self::Upgrade { intent } => (2, keccak256(intent)),
        };
        hash_pair(B256::with_last_byte(domain), id)
    }
}

fn in_block(l1_block_hash: B256, number: u64) -> B256 {
    hash_pair(l1_block_hash, U256::from(number).into())
}

fn hash_pair(left: B256, right: B256) -> B256 {
    let mut hasher = Keccak256::new();
    hasher.update(left);
    hasher.update(right);
    hasher.finalize()
}

/// A deposit that cannot be read, and where it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("malformed deposit in log {log_index} of the block: {why}")]
pub struct BlockDepositFault {
    /// Block-wide index of the log.
    pub log_index: u64,
    /// What is wrong with it.
    pub why: DepositFault,
}

/// Why a portal's log is not a deposit.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum DepositFault {
    /// There are not four topics.
    #[error("{count} topics instead of 4")]
    Topics {
        /// How many there are.
        count: usize,
    },
    /// The first topic is another event's.
    #[error("event {0} is not a deposit")]
    Event(B256),
    /// Only version 0 is known.
    #[error("unknown deposit version {0}")]
    Version(B256),
    /// The data is not a number of whole words, at least two.
    #[error("{len} bytes of data are not ABI-encoded bytes")]
    Abi {
        /// Length of the data.
        len: usize,
    },
    /// The ABI offset is not 32.
    #[error("opaque data does not start at offset 32")]
    Offset,
    /// The ABI length does not fit the data, or leaves a whole word unused.
    #[error("length of the opaque data does not fit the log's data")]
    Length,
    /// The fixed fields take 73 bytes.
    #[error("{len} bytes of opaque data, at least 73 expected")]
    OpaqueTooShort {
        /// Length of the opaque data.
        len: usize,
    },
}

/// Why bytes are not a deposit transaction.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum DepositTxFault {
    /// The type byte is another one, or missing.
    #[error("transaction type {0:?} is not a deposit")]
    Type(Option<u8>),
    /// The RLP is wrong.
    #[error("malformed deposit transaction: {0}")]
    Rlp(alloy_rlp::Error),
    /// The recipient is neither empty nor an address.
    #[error("recipient is neither empty nor 20 bytes")]
    Recipient,
    /// Something follows the last field or the transaction.
    #[error("bytes after the deposit transaction")]
    TrailingBytes,
}

impl From<alloy_rlp::Error> for DepositTxFault {
    fn from(error: alloy_rlp::Error) -> Self {
        Self::Rlp(error)
    }
}

//! The L1 chain: blocks of any transactions, receipts, logs and blobs, with headers that commit to them.

use crate::keys::{Call, Key};
use crate::store::Store;
use alloy_consensus::{EMPTY_OMMER_ROOT_HASH, Header, Receipt, ReceiptWithBloom};
use alloy_eips::eip7685::EMPTY_REQUESTS_HASH;
use alloy_primitives::{Address, B256, Bloom, Bytes, Log, Sealed, U256, keccak256};
use alloy_trie::EMPTY_ROOT_HASH;
use hoike_kzg::Native;
use hoike_preimage::Commitment;
use hoike_protocol::{
    BlockId, L1Ref, SystemConfig,
    blob::{self, BLOB_SIZE},
    config::update::{CONFIG_UPDATE_EVENT, ConfigUpdate},
    deposit::{DEPOSIT_EVENT, DepositSource, DepositTx},
};
use sha2::{Digest, Sha256};

/// A blob, what it is named by and what it is proven by.
#[derive(Clone, Debug)]
pub struct Blob {
    /// Versioned hash.
    pub hash: B256,
    /// KZG commitment.
    pub commitment: Commitment,
    /// The field elements.
    pub contents: Box<[u8; BLOB_SIZE]>,
}

impl Blob {
    /// A blob that carries a data item.
    ///
    /// # Panics
    /// If the item is too long.
    pub fn carrying(data: &[u8]) -> Self {
        Self::of(blob::encode(data).expect("data that fits a blob"))
    }

    /// A blob of any field elements.
    ///
    /// # Panics
    /// If one is not canonical.
    pub fn of(contents: Box<[u8; BLOB_SIZE]>) -> Self {
        let commitment = Native.commitment(&contents).expect("canonical elements");
        let mut hash: [u8; 32] = Sha256::digest(commitment).into();
        hash[0] = 1;
        let hash = hash.into();
        Self {
            hash,
            commitment,
            contents,
        }
    }
}

/// A transaction of an L1 block and what became of it.
#[derive(Clone, Debug)]
pub struct L1Tx {
    /// As in the transactions trie.
    pub raw: Bytes,
    /// Its blobs, which the block comes with.
    pub blobs: Vec<Blob>,
    /// What it logged.
    pub logs: Vec<L1Log>,
    /// Whether its receipt has status 1.
    pub success: bool,
    /// The receipt's bytes, if they are not to be made of the above.
    pub receipt: Option<Bytes>,
}

/// A log, and what it means.
#[derive(Clone, Debug)]
pub struct L1Log {
    /// The log itself.
    pub log: Log,
    /// What derivation has to take from it if its receipt has status 1.
    pub meaning: Meaning,
}

/// What a log means to L2.
#[derive(Clone, Debug)]
pub enum Meaning {
    /// Nothing.
    Nothing,
    /// A deposit.
    Deposit(Deposit),
    /// An update of the system config.
    Update(ConfigUpdate),
}

/// A deposit.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Deposit {
    /// Sender on L2.
    pub from: Address,
    /// Recipient; `None` creates a contract.
    pub to: Option<Address>,
    /// Wei to mint.
    pub mint: U256,
    /// Wei to transfer.
    pub value: U256,
    /// Gas limit.
    pub gas: u64,
    /// Calldata or init code.
    pub data: Bytes,
}

impl Deposit {
    /// A deposit of some wei.
    pub fn of(from: Address, to: Address, wei: u64) -> Self {
        Self {
            from,
            to: Some(to),
            mint: U256::from(wei),
            value: U256::from(wei),
            gas: 100_000,
            data: Bytes::new(),
        }
    }

    /// The portal's log.
    pub fn log(&self, portal: Address) -> L1Log {
        let mut opaque = Vec::new();
        opaque.extend(self.mint.to_be_bytes::<32>());
        opaque.extend(self.value.to_be_bytes::<32>());
        opaque.extend(self.gas.to_be_bytes());
        opaque.push(self.to.is_none().into());
        opaque.extend(&self.data);
        let topics = vec![
            DEPOSIT_EVENT,
            self.from.into_word(),
            self.to.unwrap_or_default().into_word(),
            B256::ZERO,
        ];
        L1Log {
            log: Log::new_unchecked(portal, topics, abi(&opaque)),
            meaning: Meaning::Deposit(self.clone()),
        }
    }

    fn encode(&self, l1_block_hash: B256, log_index: u64) -> Bytes {
        let source_hash = DepositSource::User {
            l1_block_hash,
            log_index,
        }
        .hash();
        DepositTx {
            source_hash,
            from: self.from,
            to: self.to,
            mint: self.mint,
            value: self.value,
            gas: self.gas,
            is_system: false,
            data: &self.data,
        }
        .encode()
    }
}

/// The log of an update of the system config.
pub fn update_log(contract: Address, update: &ConfigUpdate) -> L1Log {
    let (kind, words): (u8, Vec<B256>) = match update {
        ConfigUpdate::Batcher(batcher) => (0, vec![batcher.into_word()]),
        ConfigUpdate::FeeScalars { overhead, scalar } => (1, vec![(*overhead).into(), *scalar]),
        ConfigUpdate::GasLimit(limit) => (2, vec![U256::from(*limit).into()]),
        ConfigUpdate::UnsafeBlockSigner => (3, vec![B256::repeat_byte(3)]),
        ConfigUpdate::Eip1559Params(params) => (4, vec![B256::left_padding_from(&params.0)]),
        ConfigUpdate::OperatorFee(fee) => (5, vec![*fee]),
        ConfigUpdate::MinBaseFee(fee) => (6, vec![U256::from(*fee).into()]),
        ConfigUpdate::DaFootprintGasScalar(scalar) => (7, vec![U256::from(*scalar).into()]),
    };
    let words: Vec<u8> = words.iter().flat_map(|word| word.0).collect();
    let topics = vec![CONFIG_UPDATE_EVENT, B256::ZERO, B256::with_last_byte(kind)];
    L1Log {
        log: Log::new_unchecked(contract, topics, abi(&words)),
        meaning: Meaning::Update(*update),
    }
}

/// What an update makes of a config; from Ecotone, by the L1 block's time, scalars are packed.
pub fn apply(update: &ConfigUpdate, config: &mut SystemConfig, ecotone: bool) {
    match *update {
        ConfigUpdate::Batcher(batcher) => config.batcher = batcher,
        ConfigUpdate::FeeScalars { overhead, scalar } => {
            config.overhead = if ecotone { U256::ZERO } else { overhead };
            config.scalar = scalar;
        }
        ConfigUpdate::GasLimit(limit) => config.gas_limit = limit,
        ConfigUpdate::UnsafeBlockSigner => {}
        ConfigUpdate::Eip1559Params(params) => config.eip1559_params = params,
        ConfigUpdate::OperatorFee(fee) => config.operator_fee = fee,
        ConfigUpdate::MinBaseFee(fee) => config.min_base_fee = fee,
        ConfigUpdate::DaFootprintGasScalar(scalar) => config.da_footprint_gas_scalar = scalar,
    }
}

/// `abi.encode(bytes)`.
pub fn abi(data: &[u8]) -> Bytes {
    let mut out = Vec::new();
    out.extend(B256::with_last_byte(32));
    out.extend(U256::from(data.len()).to_be_bytes::<32>());
    out.extend(data);
    out.resize(out.len().next_multiple_of(32), 0);
    out.into()
}

impl L1Tx {
    /// A transaction of type 0, 1, 2 or 4 with data.
    pub fn calldata(from: &Key, kind: u8, chain: u64, to: Address, data: Bytes) -> Self {
        Self::raw(from.sign(kind, &Call::with_data(chain, 0, to, data)))
    }

    /// A blob transaction, which may have calldata as well.
    pub fn blobs(from: &Key, chain: u64, to: Address, blobs: Vec<Blob>, data: Bytes) -> Self {
        let call = Call {
            blobs: blobs.iter().map(|blob| blob.hash).collect(),
            ..Call::with_data(chain, 0, to, data)
        };
        Self {
            blobs,
            ..Self::raw(from.sign(3, &call))
        }
    }

    /// Any bytes in the place of a transaction.
    pub const fn raw(raw: Bytes) -> Self {
        Self {
            raw,
            blobs: Vec::new(),
            logs: Vec::new(),
            success: true,
            receipt: None,
        }
    }

    /// The same with one more log.
    pub fn with_log(mut self, log: L1Log) -> Self {
        self.logs.push(log);
        self
    }

    /// The same with a failed receipt; its logs stay, for whoever wants to see that they do not count.
    pub fn failed(self) -> Self {
        Self {
            success: false,
            ..self
        }
    }

    fn receipt(&self, bloom: &mut Bloom) -> Bytes {
        let receipt = Receipt {
            status: self.success.into(),
            cumulative_gas_used: 21_000,
            logs: self.logs.iter().map(|log| log.log.clone()).collect(),
        };
        let receipt = ReceiptWithBloom::from(receipt);
        *bloom |= receipt.logs_bloom;
        if let Some(raw) = &self.receipt {
            return raw.clone();
        }
        let mut out = Vec::new();
        if let Some(kind @ ..0x80) = self.raw.first() {
            out.push(*kind);
        }
        out.extend(alloy_rlp::encode(&receipt));
        out.into()
    }
}

/// A block of the L1 chain.
#[derive(Clone, Debug)]
pub struct L1Block {
    /// Its header.
    pub header: Sealed<Header>,
    /// Its transactions.
    pub transactions: Vec<Bytes>,
    /// Its receipts.
    pub receipts: Vec<Bytes>,
    /// Its blobs, in order.
    pub blobs: Vec<Blob>,
    /// The deposits in it, as L2 has to have them.
    pub deposits: Vec<Bytes>,
    /// The config updates in it.
    pub updates: Vec<ConfigUpdate>,
    /// The system config after it.
    pub config: SystemConfig,
}

impl L1Block {
    /// Its hash and number.
    pub fn id(&self) -> BlockId {
        self.reference().id()
    }

    /// What derivation needs to know of it.
    pub fn reference(&self) -> L1Ref {
        L1Ref {
            hash: self.header.hash(),
            number: self.header.number,
            parent: self.header.parent_hash,
            time: self.header.timestamp,
        }
    }

    /// Keeps all preimages of it.
    pub fn put(&self, store: &mut Store) {
        store.put(alloy_rlp::encode(self.header.inner()));
        store.put_list(&self.transactions);
        store.put_list(&self.receipts);
        self.blobs.iter().for_each(|b| store.put_blob(b.clone()));
    }
}

/// When L1's own forks bring new header fields.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct L1Forks {
    /// Withdrawals.
    pub shanghai: Option<u64>,
    /// Blob gas and the parent beacon block root.
    pub cancun: Option<u64>,
    /// Requests.
    pub prague: Option<u64>,
}

impl L1Forks {
    /// A block on top of `parent`. Ecotone says how the scalars of its updates are to be read.
    pub fn block(
        &self,
        parent: &L1Block,
        time: u64,
        transactions: Vec<L1Tx>,
        ecotone: bool,
    ) -> L1Block {
        self.seal(Some(parent), parent.config, time, transactions, ecotone)
    }

    /// The first block there is.
    pub(crate) fn first(&self, number: u64, time: u64, config: SystemConfig) -> L1Block {
        let mut block = self.seal(None, config, time, Vec::new(), false);
        let header = Header {
            number,
            ..block.header.into_inner()
        };
        block.header = Sealed::new(header);
        block
    }

    fn seal(
        &self,
        parent: Option<&L1Block>,
        mut config: SystemConfig,
        time: u64,
        transactions: Vec<L1Tx>,
        ecotone: bool,
    ) -> L1Block {
        let mut bloom = Bloom::ZERO;
        let receipts: Vec<Bytes> = transactions
            .iter()
            .map(|tx| tx.receipt(&mut bloom))
            .collect();
        let raw: Vec<Bytes> = transactions.iter().map(|tx| tx.raw.clone()).collect();
        let number = parent.map_or(0, |parent| parent.header.number + 1);
        let blobs: Vec<Blob> = transactions
            .iter()
            .flat_map(|tx| tx.blobs.clone())
            .collect();
        let since = |fork: Option<u64>| fork.is_some_and(|since| since <= time);
        let mut lists = Store::default();
        let header = Header {
            parent_hash: parent.map_or(B256::ZERO, |parent| parent.header.hash()),
            ommers_hash: EMPTY_OMMER_ROOT_HASH,
            transactions_root: lists.put_list(&raw),
            receipts_root: lists.put_list(&receipts),
            logs_bloom: bloom,
            number,
            gas_limit: 30_000_000,
            gas_used: 21_000 * raw.len() as u64,
            timestamp: time,
            // Different in each block, so that a mistaken origin shows.
            mix_hash: keccak256(number.to_be_bytes()),
            base_fee_per_gas: Some(7 + number),
            withdrawals_root: since(self.shanghai).then_some(EMPTY_ROOT_HASH),
            blob_gas_used: since(self.cancun).then_some(131_072 * blobs.len() as u64),
            excess_blob_gas: since(self.cancun).then_some(number * 131_072),
            parent_beacon_block_root: since(self.cancun)
                .then(|| keccak256((!number).to_be_bytes())),
            requests_hash: since(self.prague).then_some(EMPTY_REQUESTS_HASH),
            ..Header::default()
        };
        let header = Sealed::new(header);
        let (mut deposits, mut updates) = (Vec::new(), Vec::new());
        let logs = transactions
            .iter()
            .flat_map(|tx| tx.logs.iter().map(move |log| (tx.success, log)));
        for (index, (success, log)) in (0..).zip(logs) {
            match &log.meaning {
                Meaning::Deposit(deposit) if success => {
                    deposits.push(deposit.encode(header.hash(), index));
                }
                Meaning::Update(update) if success => {
                    apply(update, &mut config, ecotone);
                    updates.push(*update);
                }
                Meaning::Nothing | Meaning::Deposit(_) | Meaning::Update(_) => {}
            }
        }
        L1Block {
            header,
            transactions: raw,
            receipts,
            blobs,
            deposits,
            updates,
            config,
        }
    }
}

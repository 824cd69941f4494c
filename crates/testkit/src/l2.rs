//! The L2 chain as its sequencer makes it. Attributes are put together here, from what the testkit knows of its own L1 blocks; the blocks are built by
//! the project's executor, so a chain that is derived as it was sequenced says nothing about execution.

use crate::batcher::BatchBlock;
use crate::keys::Key;
use crate::l1::{L1Block, apply};
use crate::store::{Missing, Store};
use alloy_consensus::{EMPTY_OMMER_ROOT_HASH, Header};
use alloy_eips::eip7685::EMPTY_REQUESTS_HASH;
use alloy_primitives::{Address, B256, Bytes, KECCAK256_EMPTY, Sealed, U256, hex, keccak256};
use alloy_rlp::Decodable;
use alloy_trie::{EMPTY_ROOT_HASH, TrieAccount};
use hoike_executor::{Executor, InvalidPayload, NoAnswer};
use hoike_native::Native;
use hoike_protocol::{
    Attributes, BlockId, L2Rules, L2Time, Rules, SystemConfig,
    extra_data::Eip1559Params,
    l1_info,
    output::OutputV0,
    predeploys::{MESSAGE_PASSER, SEQUENCER_FEE_VAULT},
    rules::{ExtraDataFormat, Withdrawals},
    upgrade,
};
use hoike_trie::Trie;

/// A block of the L2 chain.
#[derive(Clone, Debug)]
pub struct L2Block {
    /// Its header.
    pub header: Sealed<Header>,
    /// What it was built of.
    pub attributes: Attributes,
    /// Its L1 origin.
    pub origin: BlockId,
    /// Distance to the first block of its epoch.
    pub sequence_number: u64,
    /// The transactions that its batch has.
    pub user: Vec<Bytes>,
    /// Its output root, with what that commits to.
    pub output: OutputV0,
    /// The config that its child starts from.
    pub config: SystemConfig,
    /// Each user's nonce after it.
    pub(crate) nonces: Vec<u64>,
}

impl L2Block {
    /// Its output root.
    pub fn output_root(&self) -> B256 {
        self.output.root()
    }

    /// What a batch says of it.
    pub fn batch(&self) -> BatchBlock {
        BatchBlock {
            parent: self.header.parent_hash,
            epoch: self.origin,
            begins_epoch: self.sequence_number == 0,
            time: self.header.timestamp,
            transactions: self.user.clone(),
        }
    }
}

/// The chain and the sequencer's executor.
#[derive(Debug)]
pub struct L2 {
    rules: Rules,
    executor: Executor<Store>,
    /// Genesis and what follows.
    pub blocks: Vec<L2Block>,
    /// Blocks that the chain left behind; a claim about them needs preimages too.
    abandoned: Vec<L2Block>,
}

impl L2 {
    /// A state with these rich accounts, and its genesis block. Its time is that of `origin`, the config that of `rules`, whose genesis ids are not read.
    pub(crate) fn genesis(mut rules: Rules, origin: &L1Block, rich: &[Address]) -> (Self, BlockId) {
        let mut store = Store::default();
        let state_root = genesis_state(&mut store, rich);
        let time = rules.rollup.genesis.l2_time;
        let view = rules.at_l2(L2Time(time));
        let config = rules.rollup.genesis.system_config;
        let constants = &rules.rollup.eip1559;
        let params = Eip1559Params {
            denominator: constants.denominator_canyon as u32,
            elasticity: constants.elasticity as u32,
            min_base_fee: config.min_base_fee,
        };
        let ecotone = view.parent_beacon_root;
        let isthmus = view.set_code_txs;
        let header = Sealed::new(Header {
            ommers_hash: EMPTY_OMMER_ROOT_HASH,
            beneficiary: SEQUENCER_FEE_VAULT,
            state_root,
            transactions_root: EMPTY_ROOT_HASH,
            receipts_root: EMPTY_ROOT_HASH,
            gas_limit: config.gas_limit,
            timestamp: time,
            extra_data: match view.extra_data {
                ExtraDataFormat::Empty => Bytes::new(),
                form => params.encode(form),
            },
            base_fee_per_gas: Some(1_000_000_000),
            withdrawals_root: match view.withdrawals {
                Withdrawals::None => None,
                Withdrawals::Empty => Some(EMPTY_ROOT_HASH),
                Withdrawals::MessagePasser => Some(passer_root(&mut &store, state_root)),
            },
            blob_gas_used: ecotone.then_some(0),
            excess_blob_gas: ecotone.then_some(0),
            parent_beacon_block_root: ecotone.then_some(B256::ZERO),
            requests_hash: isthmus.then_some(EMPTY_REQUESTS_HASH),
            ..Header::default()
        });
        let id = BlockId {
            hash: header.hash(),
            number: 0,
        };
        rules.rollup.genesis.l2 = id;
        let block = L2Block {
            attributes: Attributes {
                parent: B256::ZERO,
                time: L2Time(time),
                prev_randao: B256::ZERO,
                fee_recipient: SEQUENCER_FEE_VAULT,
                gas_limit: config.gas_limit,
                parent_beacon_root: None,
                eip1559_params: None,
                min_base_fee: None,
                transactions: Vec::new(),
            },
            origin: origin.id(),
            sequence_number: 0,
            user: Vec::new(),
            output: OutputV0 {
                state_root,
                message_passer_root: passer_root(&mut &store, state_root),
                block_hash: header.hash(),
            },
            config,
            nonces: vec![0; rich.len()],
            header,
        };
        let executor = Executor::new(rules.clone(), store);
        let blocks = vec![block];
        let abandoned = Vec::new();
        let chain = Self {
            rules,
            executor,
            blocks,
            abandoned,
        };
        (chain, id)
    }

    /// Takes the rules whose genesis ids are known.
    pub(crate) fn settle(&mut self, rules: &Rules) {
        self.rules = rules.clone();
    }

    /// The newest block.
    pub fn tip(&self) -> &L2Block {
        self.blocks.last().expect("there is a genesis")
    }

    /// The rules of the block after the newest.
    pub fn next_rules(&self) -> L2Rules {
        self.rules.at_l2(self.next_time())
    }

    /// The time of the block after the newest.
    pub fn next_time(&self) -> L2Time {
        L2Time(self.tip().header.timestamp + self.rules.rollup.block_time)
    }

    /// Adds a block of this origin and these transactions.
    ///
    /// # Errors
    /// They make no block.
    pub(crate) fn build(
        &mut self,
        origin: &L1Block,
        user: Vec<Bytes>,
        users: &[Key],
    ) -> Result<&L2Block, InvalidPayload> {
        let (attributes, sequence_number) = self.attributes(origin, &user);
        let parent = self.tip().header.clone();
        let mut native = Native::new();
        let executed = self
            .executor
            .execute(&parent, &attributes, &mut native)
            .unwrap_or_else(|why: NoAnswer<Missing>| panic!("the sequencer's state: {why}"))?;
        let header = executed.header;
        let view = self.rules.at_l2(attributes.time);
        let first = attributes.transactions.first().map(|tx| &tx[..]);
        let hash = header.hash();
        let config = SystemConfig::read_back(&header, hash, first, &self.rules.rollup, &view)
            .expect("a block of ours can be read");
        let mut nodes = self.executor.nodes();
        let nonces = users
            .iter()
            .map(|user| account(&mut nodes, header.state_root, user.address()))
            .map(|account| account.map_or(0, |account| account.nonce))
            .collect();
        let output = OutputV0 {
            state_root: header.state_root,
            message_passer_root: passer_root(&mut nodes, header.state_root),
            block_hash: hash,
        };
        drop(nodes);
        self.blocks.push(L2Block {
            header,
            attributes,
            origin: origin.id(),
            sequence_number,
            user,
            output,
            config,
            nonces,
        });
        Ok(self.tip())
    }

    /// What the block after the newest is built of, and its sequence number.
    pub fn attributes(&self, origin: &L1Block, user: &[Bytes]) -> (Attributes, u64) {
        let parent = self.tip();
        let time = self.next_time();
        let view = self.rules.at_l2(time);
        let l1 = origin.reference();
        let mut config = parent.config;
        let mut deposits: &[Bytes] = &[];
        let mut sequence_number = parent.sequence_number + 1;
        if parent.origin != origin.id() {
            assert_eq!(parent.origin.hash, l1.parent, "an epoch after the parent's");
            let ecotone = self.rules.at_inclusion(l1.as_inclusion()).packed_scalars;
            for update in &origin.updates {
                apply(update, &mut config, ecotone);
            }
            deposits = &origin.deposits;
            sequence_number = 0;
        }
        let info = l1_info::transaction(
            &config,
            sequence_number,
            &origin.header,
            l1.hash,
            &view,
            &self.rules.at_origin(l1.as_origin()),
        );
        let mut transactions = vec![info.expect("L1 attributes")];
        transactions.extend_from_slice(deposits);
        transactions.extend(view.activates.iter().flat_map(upgrade::transactions));
        transactions.extend_from_slice(user);
        let attributes = Attributes {
            parent: parent.header.hash(),
            time,
            prev_randao: origin.header.mix_hash,
            fee_recipient: SEQUENCER_FEE_VAULT,
            gas_limit: config.gas_limit + view.upgrade_gas,
            parent_beacon_root: view
                .parent_beacon_root
                .then(|| origin.header.parent_beacon_block_root.unwrap_or_default()),
            eip1559_params: view.eip1559_params().then_some(config.eip1559_params),
            min_base_fee: view.min_base_fee().then_some(config.min_base_fee),
            transactions,
        };
        (attributes, sequence_number)
    }

    /// Goes back: this block is the newest again.
    pub(crate) fn rewind(&mut self, number: u64) {
        let gone = self.blocks.split_off(number as usize + 1);
        self.abandoned.extend(gone);
    }

    /// Keeps all preimages of the chain.
    pub(crate) fn put(&mut self, store: &mut Store) {
        for block in self.blocks.iter().chain(&self.abandoned) {
            store.put(alloy_rlp::encode(block.header.inner()));
            store.put_list(&block.attributes.transactions);
            store.put(block.output.encode().to_vec());
            store.put_state(block.header.state_root, &mut Whole(&mut self.executor));
        }
    }
}

/// Everything that the executor knows.
struct Whole<'a>(&'a mut Executor<Store>);

impl hoike_trie::Nodes for Whole<'_> {
    type Error = Missing;

    fn node(&mut self, hash: B256) -> Result<Bytes, Missing> {
        self.0.nodes().node(hash)
    }
}

impl hoike_executor::State for Whole<'_> {
    fn code(&mut self, hash: B256) -> Result<Bytes, Missing> {
        self.0.code(hash).map_err(|_| Missing(hash))
    }

    fn header(&mut self, hash: B256) -> Result<Header, Missing> {
        Err(Missing(hash))
    }
}

fn passer_root<N: hoike_trie::Nodes>(nodes: &mut N, state_root: B256) -> B256
where
    N::Error: std::fmt::Debug,
{
    account(nodes, state_root, MESSAGE_PASSER)
        .map_or(EMPTY_ROOT_HASH, |account| account.storage_root)
}

fn account<N: hoike_trie::Nodes>(
    nodes: &mut N,
    state_root: B256,
    address: Address,
) -> Option<TrieAccount>
where
    N::Error: std::fmt::Debug,
{
    let leaf = Trie::new(state_root)
        .get(nodes, &keccak256(address))
        .unwrap_or_else(|_| panic!("the account trie is not whole"));
    leaf.map(|leaf| TrieAccount::decode(&mut &leaf[..]).expect("an account"))
}

/// A contract that counts its calls in slot 0, writes its calldata's first word to the slot of the count, and logs it.
pub const COUNTER: Address = Address::repeat_byte(0xc0);

/// The genesis state: rich users, the counter, the message passer with a slot.
fn genesis_state(store: &mut Store, rich: &[Address]) -> B256 {
    let word = |value: u64| Bytes::from(alloy_rlp::encode(value));
    let slot = keccak256(B256::with_last_byte(1));
    let passer = put_trie(store, [(slot, word(7))]);
    let counter = put_trie(store, [(keccak256(B256::ZERO), word(1))]);
    // n = sload(0) + 1; sstore(0, n); sstore(n, calldata[0]); log0(n)
    let code = hex!("60005460010180600055600035815560005260206000a000");
    let code_hash = store.put(code.to_vec());
    let account = |nonce, balance: u128, storage_root, code_hash| {
        let balance = U256::from(balance);
        let account = TrieAccount {
            nonce,
            balance,
            storage_root,
            code_hash,
        };
        Bytes::from(alloy_rlp::encode(account))
    };
    let fixed = [
        (MESSAGE_PASSER, account(1, 0, passer, KECCAK256_EMPTY)),
        (COUNTER, account(1, 0, counter, code_hash)),
    ];
    let users = rich.iter().map(|user| {
        let balance = 1_000_000_000_000_000_000_000_000;
        (*user, account(0, balance, EMPTY_ROOT_HASH, KECCAK256_EMPTY))
    });
    let accounts: Vec<_> = fixed
        .into_iter()
        .chain(users)
        .map(|(address, leaf)| (keccak256(address), leaf))
        .collect();
    put_trie(store, accounts)
}

fn put_trie(store: &mut Store, leaves: impl IntoIterator<Item = (B256, Bytes)>) -> B256 {
    let mut trie = Trie::new(EMPTY_ROOT_HASH);
    for (key, leaf) in leaves {
        trie.insert(store, &key, leaf).expect("a whole trie");
    }
    trie.commit(&mut |_, node| {
        store.put(node);
    })
}

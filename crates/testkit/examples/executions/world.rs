//! A random state, and the block whose state it is.

use crate::block::hex;
use crate::code;
use alloy_consensus::{Header, Sealed};
use alloy_primitives::{Address, B256, Bytes, U256, address, keccak256};
use alloy_trie::{EMPTY_ROOT_HASH, TrieAccount};
use hoike_protocol::predeploys::{L1_BLOCK, MESSAGE_PASSER};
use hoike_protocol::{
    Fork, L2Time, Rules, Schedule, extra_data::Eip1559Params, rules::Withdrawals,
};
use hoike_testkit::{Key, Rng, Store};
use hoike_trie::Trie;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Time of the parent.
const PARENT_TIME: u64 = 1_700_000_000;
pub(crate) const CHAIN: u64 = 901;

#[derive(Default)]
pub(crate) struct Account {
    pub(crate) nonce: u64,
    pub(crate) balance: U256,
    code: Vec<u8>,
    slots: BTreeMap<B256, U256>,
}

pub(crate) struct World {
    pub(crate) rules: Rules,
    /// The newest active fork, and whether the block is its first.
    pub(crate) fork: Fork,
    pub(crate) activates: bool,
    pub(crate) accounts: BTreeMap<Address, Account>,
    pub(crate) users: Vec<Key>,
    /// Whatever code and transactions may turn to.
    pub(crate) known: Vec<Address>,
    pub(crate) parent: Sealed<Header>,
    pub(crate) store: Store,
}

impl World {
    pub(crate) fn random(rng: &mut Rng) -> Self {
        let forks = [
            Fork::Bedrock,
            Fork::Regolith,
            Fork::Canyon,
            Fork::Delta,
            Fork::Ecotone,
            Fork::Fjord,
            Fork::Granite,
            Fork::Holocene,
            Fork::Isthmus,
            Fork::Jovian,
            Fork::Karst,
        ];
        let fork = *rng.pick(&forks);
        // op-program's builder does not deploy the Create2Deployer, which Canyon's first block does.
        let activates = !matches!(fork, Fork::Bedrock | Fork::Canyon) && rng.one_in(5);
        let rules = rules(fork, activates);
        let users: Vec<Key> = (0..4).map(|n| Key::named(&format!("user {n}"))).collect();
        let contracts: Vec<Address> = (0..6).map(|n| Address::repeat_byte(0xc0 + n)).collect();
        let mut known = contracts.clone();
        known.extend(users.iter().map(Key::address));
        // Precompiles, and where there are none; nobody; the predeploys that the chain itself uses.
        known.extend((0..=0x12).map(|n: u8| Address::with_last_byte(n)));
        known.push(Address::left_padding_from(&[1, 0]));
        // op-geth prices MODEXP and P256VERIFY as in Jovian, though all else of Osaka is there.
        known.retain(|address| fork != Fork::Karst || !DIFFERENT_UNDER_KARST.contains(address));
        known.extend([Address::repeat_byte(0xee), L1_BLOCK, MESSAGE_PASSER]);
        known.extend([VAULTS[0], VAULTS[1], BEACON_ROOTS, HISTORY]);
        let mut accounts = BTreeMap::new();
        for user in &users {
            let rich = U256::from(10_u128.pow(24));
            let account = Account {
                nonce: *rng.pick(&[0, 0, 1, 7]),
                balance: if rng.one_in(20) {
                    U256::from(rng.next_u64())
                } else {
                    rich
                },
                ..Account::default()
            };
            accounts.insert(user.address(), account);
        }
        for address in &contracts {
            let account = Account {
                nonce: 1,
                balance: U256::from(rng.below(100)),
                code: code::random(rng, &known),
                slots: slots(rng),
            };
            accounts.insert(*address, account);
        }
        // A delegated account, and accounts of nothing.
        if rng.one_in(3) {
            let mut code = vec![0xef, 0x01, 0x00];
            code.extend(rng.pick(&known).0);
            let account = Account {
                nonce: 1,
                code,
                ..Account::default()
            };
            accounts.insert(Address::repeat_byte(0xee), account);
        }
        // Not 0x03, which stays touched when a call fails: revm touches what SELFDESTRUCT pays before it charges for that, op-geth after.
        for empty in [2, 4, 9] {
            if rng.one_in(4) {
                accounts.insert(Address::with_last_byte(empty), Account::default());
            }
        }
        for vault in VAULTS {
            if rng.one_in(2) {
                let balance = U256::from(rng.below(10));
                let account = Account {
                    balance,
                    ..Account::default()
                };
                accounts.insert(vault, account);
            }
        }
        let account = Account {
            nonce: 1,
            code: if rng.one_in(2) { vec![0x00] } else { vec![] },
            slots: l1_block(rng),
            ..Account::default()
        };
        accounts.insert(L1_BLOCK, account);
        let account = Account {
            nonce: 1,
            // SSTORE of the calldata's first word, and its second word as the value.
            code: vec![0x60, 0x20, 0x35, 0x60, 0, 0x35, 0x55],
            slots: slots(rng),
            ..Account::default()
        };
        accounts.insert(MESSAGE_PASSER, account);
        for (address, code) in [
            (BEACON_ROOTS, &alloy_eips::eip4788::BEACON_ROOTS_CODE),
            (HISTORY, &alloy_eips::eip2935::HISTORY_STORAGE_CODE),
        ] {
            if !rng.one_in(4) {
                let account = Account {
                    nonce: 1,
                    code: code.to_vec(),
                    ..Account::default()
                };
                accounts.insert(address, account);
            }
        }
        let mut store = Store::default();
        let state_root = put(&mut store, &accounts);
        let parent = parent(rng, &rules, state_root);
        store.put(alloy_rlp::encode(parent.inner()));
        Self {
            rules,
            fork,
            activates,
            accounts,
            users,
            known,
            parent,
            store,
        }
    }

    /// As a genesis of geth has accounts.
    pub(crate) fn alloc(&self) -> Value {
        let account = |account: &Account| {
            json!({
                "nonce": format!("{:#x}", account.nonce),
                "balance": format!("{:#x}", account.balance),
                "code": hex(&account.code),
                "storage": account.slots.iter()
                    .map(|(slot, value)| (hex(slot), json!(hex(B256::from(*value)))))
                    .collect::<serde_json::Map<_, _>>(),
            })
        };
        self.accounts
            .iter()
            .map(|(address, of)| (hex(address), account(of)))
            .collect::<serde_json::Map<_, _>>()
            .into()
    }
}

fn rules(fork: Fork, activates: bool) -> Rules {
    let mut times = [None; 11];
    for (slot, other) in times.iter_mut().zip(Fork::ALL.into_iter().skip(1)) {
        let time = if other == fork && activates {
            PARENT_TIME + 2
        } else {
            0
        };
        *slot = (other <= fork).then_some(time);
    }
    let mut rules = hoike_testkit::Setup::at(fork).begin().rules;
    rules.rollup.schedule = Schedule::new(times).expect("forks in order");
    rules.rollup.l2_chain_id = CHAIN;
    rules
}

fn parent(rng: &mut Rng, rules: &Rules, state_root: B256) -> Sealed<Header> {
    let view = rules.at_l2(L2Time(PARENT_TIME));
    let params = Eip1559Params {
        denominator: *rng.pick(&[1, 8, 50, 250]),
        elasticity: *rng.pick(&[1, 2, 6, 10]),
        min_base_fee: *rng.pick(&[0, 0, 1, 1_000_000_000]),
    };
    let gas_limit = 30_000_000;
    Sealed::new(Header {
        // Blocks of then cannot be had, so code that asks for them is told of none.
        number: 0,
        timestamp: PARENT_TIME,
        gas_limit,
        gas_used: *rng.pick(&[0, 1, 5_000_000, 15_000_000, gas_limit]),
        base_fee_per_gas: Some(*rng.pick(&[0, 1, 7, 1_000_000, 1_000_000_000])),
        blob_gas_used: view.blob_gas.then(|| {
            if view.da_footprint {
                *rng.pick(&[0, 6_000_000, gas_limit])
            } else {
                0
            }
        }),
        excess_blob_gas: view.blob_gas.then_some(0),
        parent_beacon_block_root: view.parent_beacon_root.then_some(B256::ZERO),
        withdrawals_root: match view.withdrawals {
            Withdrawals::None => None,
            Withdrawals::Empty | Withdrawals::MessagePasser => Some(EMPTY_ROOT_HASH),
        },
        requests_hash: view
            .requests_hash
            .then_some(alloy_eips::eip7685::EMPTY_REQUESTS_HASH),
        extra_data: params.encode(view.extra_data),
        state_root,
        ..Header::default()
    })
}

fn slots(rng: &mut Rng) -> BTreeMap<B256, U256> {
    (0..rng.below(5))
        .map(|_| {
            let slot = B256::with_last_byte(rng.below(6) as u8);
            (slot, U256::from(1 + rng.below(9)))
        })
        .collect()
}

/// What the L1Block contract has stored: of every form that fees are read in, none, some or all of it.
fn l1_block(rng: &mut Rng) -> BTreeMap<B256, U256> {
    let mut slots = BTreeMap::new();
    for slot in [1, 3, 5, 6, 7, 8] {
        let value = match (rng.below(40), slot) {
            (0..=4, _) => continue,
            (5, _) => U256::try_from_be_slice(&rng.bytes(32)).unwrap_or_default(),
            (_, 3 | 8) => U256::try_from_be_slice(&rng.bytes(32)).unwrap_or_default() >> 80,
            (_, _) => U256::from(rng.next_u64() >> (24 + rng.below(40))),
        };
        if !value.is_zero() {
            slots.insert(B256::with_last_byte(slot), value);
        }
    }
    slots
}

fn put(store: &mut Store, accounts: &BTreeMap<Address, Account>) -> B256 {
    let leaves: Vec<_> = accounts
        .iter()
        .map(|(address, account)| {
            let slots = account.slots.iter();
            let slots =
                slots.map(|(slot, value)| (keccak256(slot), Bytes::from(alloy_rlp::encode(value))));
            let slots: Vec<_> = slots.collect();
            let leaf = TrieAccount {
                nonce: account.nonce,
                balance: account.balance,
                storage_root: put_trie(store, slots),
                code_hash: store.put(account.code.clone()),
            };
            (keccak256(address), Bytes::from(alloy_rlp::encode(leaf)))
        })
        .collect();
    put_trie(store, leaves)
}

fn put_trie(store: &mut Store, leaves: Vec<(B256, Bytes)>) -> B256 {
    let mut trie = Trie::new(EMPTY_ROOT_HASH);
    for (key, leaf) in leaves {
        trie.insert(store, &key, leaf).expect("a whole trie");
    }
    trie.commit(&mut |_, node| {
        store.put(node);
    })
}

const DIFFERENT_UNDER_KARST: [Address; 2] = [
    Address::with_last_byte(5),
    address!("0000000000000000000000000000000000000100"),
];
const VAULTS: [Address; 4] = [
    hoike_protocol::predeploys::BASE_FEE_VAULT,
    hoike_protocol::predeploys::L1_FEE_VAULT,
    hoike_protocol::predeploys::SEQUENCER_FEE_VAULT,
    hoike_protocol::predeploys::OPERATOR_FEE_VAULT,
];
/// Spec: EIP-4788.
const BEACON_ROOTS: Address = alloy_eips::eip4788::BEACON_ROOTS_ADDRESS;
/// Spec: EIP-2935.
const HISTORY: Address = alloy_eips::eip2935::HISTORY_STORAGE_ADDRESS;

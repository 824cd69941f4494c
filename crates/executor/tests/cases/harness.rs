//! A chain under a fork, a made-up state, a block of a few transactions on it, and what came of it.

use crate::common::{Missing, Witness};
use alloy_consensus::{Header, Sealed};
use alloy_primitives::{Address, B64, B256, Bytes, TxKind, U256, address, bytes, keccak256};
use alloy_rlp::{Decodable, Encodable};
use hoike_executor::{
    Accelerator, Executed, Executor, InvalidPayload, InvalidTx, NoAnswer, SignedHash,
};
use hoike_protocol::deposit::DepositTx;
use hoike_protocol::predeploys::{L1_BLOCK, MESSAGE_PASSER, SEQUENCER_FEE_VAULT};
use hoike_protocol::{Attributes, Fork, L2Time, Rules, Schedule};
use hoike_trie::{EMPTY_ROOT, Trie};

pub(crate) const ALICE: Address = address!("00000000000000000000000000000000000a11ce");
pub(crate) const BOB: Address = address!("0000000000000000000000000000000000000b0b");
pub(crate) const CONTRACT: Address = address!("00000000000000000000000000000000000c0de0");
pub(crate) const ETHER: u128 = 1_000_000_000_000_000_000;
pub(crate) const CHAIN: u64 = 901;
/// Time of the parent; blocks come every 2 seconds.
pub(crate) const PARENT_TIME: u64 = 1_000_000;

/// Address, nonce, balance, code and storage.
pub(crate) type Account = (Address, u64, U256, Bytes, Vec<(u64, U256)>);

/// A chain under a fork, and a state to execute on.
pub(crate) struct Case {
    pub(crate) rules: Rules,
    pub(crate) fork: Fork,
    pub(crate) accounts: Vec<Account>,
    pub(crate) gas_limit: u64,
    /// Number of the block to build on.
    pub(crate) parent: u64,
}

/// Under `fork` since long ago.
pub(crate) fn under(fork: Fork) -> Case {
    with_schedule(fork, |other| (other <= fork).then_some(0))
}

/// `fork` activates in the block that is built.
pub(crate) fn activating(fork: Fork) -> Case {
    with_schedule(fork, |other| {
        (other <= fork).then_some(if other == fork { PARENT_TIME + 2 } else { 0 })
    })
}

pub(crate) fn with_schedule(fork: Fork, time: impl Fn(Fork) -> Option<u64>) -> Case {
    let mut times = [None; 11];
    for (slot, other) in times.iter_mut().zip(&Fork::ALL[1..]) {
        *slot = time(*other);
    }
    let mut rules: Rules = hoike_registry::rules(10).unwrap();
    rules.rollup.schedule = Schedule::new(times).unwrap();
    rules.rollup.l2_chain_id = CHAIN;
    rules.rollup.block_time = 2;
    let accounts = vec![
        (ALICE, 0, U256::from(ETHER), Bytes::new(), vec![]),
        (MESSAGE_PASSER, 1, U256::ZERO, bytes!("00"), vec![]),
    ];
    Case {
        rules,
        fork,
        accounts,
        gas_limit: 60_000_000,
        parent: 100,
    }
}

impl Case {
    pub(crate) fn contract(mut self, address: Address, code: &[u8]) -> Self {
        self.accounts.retain(|(other, ..)| *other != address);
        self.accounts
            .push((address, 1, U256::ZERO, Bytes::copy_from_slice(code), vec![]));
        self
    }

    pub(crate) fn account(mut self, address: Address, nonce: u64, balance: u128) -> Self {
        self.accounts.retain(|(other, ..)| *other != address);
        self.accounts
            .push((address, nonce, U256::from(balance), Bytes::new(), vec![]));
        self
    }

    pub(crate) fn with_slots(self, address: Address, slots: &[(u64, u64)]) -> Self {
        slots.iter().fold(self, |case, (slot, value)| {
            case.with_word(address, *slot, U256::from(*value))
        })
    }

    pub(crate) fn with_word(mut self, address: Address, slot: u64, value: U256) -> Self {
        let account = self
            .accounts
            .iter_mut()
            .find(|(other, ..)| *other == address)
            .unwrap();
        account.4.push((slot, value));
        self
    }

    pub(crate) fn gas_limit(mut self, gas_limit: u64) -> Self {
        self.gas_limit = gas_limit;
        self
    }

    pub(crate) fn world(&self) -> (Sealed<Header>, Witness) {
        let mut witness = Witness::default();
        let mut trie = Trie::new(EMPTY_ROOT);
        for (address, nonce, balance, code, slots) in &self.accounts {
            let mut storage = Trie::new(EMPTY_ROOT);
            for (slot, value) in slots {
                let path = keccak256(B256::from(U256::from(*slot)));
                storage
                    .insert(&mut witness, &path, alloy_rlp::encode(value).into())
                    .unwrap();
            }
            let storage_root = storage.commit(&mut |hash, node| {
                witness.0.insert(hash, node);
            });
            witness.0.insert(keccak256(code), code.clone());
            let leaf = account_leaf(*nonce, *balance, storage_root, keccak256(code));
            trie.insert(&mut witness, &keccak256(address), leaf)
                .unwrap();
        }
        let state_root = trie.commit(&mut |hash, node| {
            witness.0.insert(hash, node);
        });
        let view = self.rules.at_l2(L2Time(PARENT_TIME));
        let params = hoike_protocol::extra_data::Eip1559Params {
            denominator: 250,
            elasticity: 6,
            min_base_fee: 0,
        };
        let parent = Sealed::new(Header {
            number: self.parent,
            timestamp: PARENT_TIME,
            gas_limit: 60_000_000,
            gas_used: 10_000_000,
            base_fee_per_gas: Some(1_000),
            blob_gas_used: view.blob_gas.then_some(0),
            extra_data: params.encode(view.extra_data),
            state_root,
            ..Header::default()
        });
        (parent, witness)
    }

    pub(crate) fn attributes(
        &self,
        parent: &Sealed<Header>,
        transactions: Vec<Bytes>,
    ) -> Attributes {
        let time = L2Time(parent.timestamp + 2);
        let view = self.rules.at_l2(time);
        Attributes {
            parent: parent.hash(),
            time,
            prev_randao: B256::ZERO,
            fee_recipient: SEQUENCER_FEE_VAULT,
            gas_limit: self.gas_limit,
            parent_beacon_root: view.parent_beacon_root.then_some(B256::ZERO),
            eip1559_params: view.eip1559_params().then_some(B64::ZERO),
            min_base_fee: view.min_base_fee().then_some(0),
            transactions,
        }
    }

    /// Runs a block of an L1 attributes transaction, as far as the fork needs one, and these.
    pub(crate) fn run(&self, transactions: Vec<Bytes>) -> Outcome {
        self.run_by(transactions, &mut Named)
    }

    pub(crate) fn run_by(
        &self,
        transactions: Vec<Bytes>,
        accelerator: &mut impl Accelerator<Missing>,
    ) -> Outcome {
        let (parent, witness) = self.world();
        let (first, attributes) = self.block(&parent, transactions);
        let mut executor = Executor::new(self.rules.clone(), witness);
        let result = executor.execute(&parent, &attributes, accelerator);
        Outcome {
            result,
            executor,
            first,
            state_root: B256::ZERO,
        }
        .settled()
    }

    /// How many transactions come before these, and the block that all of them make.
    fn block(&self, parent: &Sealed<Header>, transactions: Vec<Bytes>) -> (usize, Attributes) {
        let mut all = Vec::new();
        if self.fork >= Fork::Jovian {
            let view = self.rules.at_l2(L2Time(parent.timestamp + 2));
            all.push(l1_info(view.da_footprint, 400));
        }
        let first = all.len();
        all.extend(transactions);
        (first, self.attributes(parent, all))
    }
}

pub(crate) struct Outcome {
    pub(crate) result: Result<Result<Executed, InvalidPayload>, NoAnswer<Missing>>,
    pub(crate) executor: Executor<Witness>,
    /// Position of the first of the case's own transactions.
    pub(crate) first: usize,
    pub(crate) state_root: B256,
}

impl Outcome {
    pub(crate) fn settled(mut self) -> Self {
        if let Ok(Ok(executed)) = &self.result {
            self.state_root = executed.header.state_root;
        }
        self
    }

    /// Builds another block with the same executor.
    pub(crate) fn build(
        self,
        case: &Case,
        parent: &Sealed<Header>,
        transactions: Vec<Bytes>,
    ) -> Self {
        let (first, attributes) = case.block(parent, transactions);
        let mut executor = self.executor;
        let result = executor.execute(parent, &attributes, &mut Named);
        Self {
            result,
            executor,
            first,
            state_root: B256::ZERO,
        }
        .settled()
    }

    pub(crate) fn header(&self) -> Sealed<Header> {
        self.executed().header.clone()
    }

    pub(crate) fn executed(&self) -> &Executed {
        self.result.as_ref().unwrap().as_ref().unwrap()
    }

    pub(crate) fn invalid(&self) -> &InvalidPayload {
        self.result.as_ref().unwrap().as_ref().unwrap_err()
    }

    pub(crate) fn why(&self) -> &InvalidTx {
        match self.invalid() {
            InvalidPayload::Transaction { why, .. } => why,
            other => panic!("{other}"),
        }
    }

    /// Success and gas of the nth transaction.
    pub(crate) fn receipt(&self, n: usize) -> (bool, u64) {
        let receipts = &self.executed().receipts;
        let n = n + self.first;
        let before = n
            .checked_sub(1)
            .map_or(0, |n| receipts[n].cumulative_gas_used);
        (
            receipts[n].success,
            receipts[n].cumulative_gas_used - before,
        )
    }

    /// Nonce, balance and whether there is any storage; `None` if there is no such account.
    pub(crate) fn account(&mut self, address: Address) -> Option<(u64, U256, bool)> {
        let [nonce, balance, root, _] = self.fields(address)?;
        Some((nonce.to(), balance, B256::from(root) != EMPTY_ROOT))
    }

    /// Wei of an account; none if there is no such account.
    pub(crate) fn balance(&mut self, address: Address) -> U256 {
        self.account(address)
            .map_or(U256::ZERO, |(_, balance, _)| balance)
    }

    pub(crate) fn code_hash(&mut self, address: Address) -> B256 {
        self.fields(address).unwrap()[3].into()
    }

    pub(crate) fn slot(&mut self, address: Address, slot: u64) -> U256 {
        let Some([.., root, _]) = self.fields(address) else {
            return U256::ZERO;
        };
        let path = keccak256(B256::from(U256::from(slot)));
        let leaf = Trie::new(root.into())
            .get(&mut self.executor.nodes(), &path)
            .unwrap();
        leaf.map_or(U256::ZERO, |leaf| U256::decode(&mut &leaf[..]).unwrap())
    }

    /// Nonce, balance, storage root and code hash.
    pub(crate) fn fields(&mut self, address: Address) -> Option<[U256; 4]> {
        let mut trie = Trie::new(self.state_root);
        let leaf = trie
            .get(&mut self.executor.nodes(), &keccak256(address))
            .unwrap()?;
        let mut rlp = alloy_rlp::Header::decode_bytes(&mut &leaf[..], true).unwrap();
        let mut word =
            || U256::from_be_slice(alloy_rlp::Header::decode_bytes(&mut rlp, false).unwrap());
        Some([word(), word(), word(), word()])
    }
}

/// Takes a signature's s for the signer's address.
pub(crate) struct Named;

impl<E> Accelerator<E> for Named {
    fn signers(&mut self, signatures: &[Option<SignedHash>]) -> Result<Vec<Option<Address>>, E> {
        Ok(signatures
            .iter()
            .map(|s| s.as_ref().map(|s| Address::from_word(s.s)))
            .collect())
    }
}

pub(crate) fn account_leaf(
    nonce: u64,
    balance: U256,
    storage_root: B256,
    code_hash: B256,
) -> Bytes {
    list(&[&nonce, &balance, &storage_root, &code_hash]).into()
}

pub(crate) fn list(fields: &[&dyn Encodable]) -> Vec<u8> {
    let payload_length = fields.iter().map(|field| field.length()).sum();
    let mut out = Vec::new();
    alloy_rlp::Header {
        list: true,
        payload_length,
    }
    .encode(&mut out);
    for field in fields {
        field.encode(&mut out);
    }
    out
}

/// A user transaction that pays 10,000 wei per gas.
#[derive(Clone)]
pub(crate) struct Call {
    pub(crate) from: Address,
    pub(crate) nonce: u64,
    pub(crate) gas: u64,
    pub(crate) to: TxKind,
    pub(crate) value: u128,
    pub(crate) data: Bytes,
}

pub(crate) fn call(from: Address, nonce: u64, to: Address) -> Call {
    Call {
        from,
        nonce,
        gas: 1_000_000,
        to: TxKind::Call(to),
        value: 0,
        data: Bytes::new(),
    }
}

impl Call {
    pub(crate) fn gas(mut self, gas: u64) -> Self {
        self.gas = gas;
        self
    }

    pub(crate) fn value(mut self, value: u128) -> Self {
        self.value = value;
        self
    }

    pub(crate) fn data(mut self, data: impl Into<Bytes>) -> Self {
        self.data = data.into();
        self
    }

    pub(crate) fn encode(&self) -> Bytes {
        let mut out = vec![2];
        let s = U256::from_be_bytes(self.from.into_word().0);
        let access_list: Vec<u8> = Vec::new();
        out.extend(list(&[
            &CHAIN,
            &self.nonce,
            &0_u8,
            &10_000_u64,
            &self.gas,
            &self.to,
            &self.value,
            &self.data,
            &AccessList(access_list),
            &false,
            &U256::ONE,
            &s,
        ]));
        out.into()
    }
}

/// An RLP list whose payload is encoded already.
pub(crate) struct AccessList(Vec<u8>);

impl Encodable for AccessList {
    fn encode(&self, out: &mut dyn alloy_rlp::BufMut) {
        alloy_rlp::Header {
            list: true,
            payload_length: self.0.len(),
        }
        .encode(out);
        out.put_slice(&self.0);
    }
}

pub(crate) fn deposit(from: Address, to: Option<Address>) -> DepositTx<'static> {
    DepositTx {
        source_hash: B256::repeat_byte(1),
        from,
        to,
        mint: U256::ZERO,
        value: U256::ZERO,
        gas: 1_000_000,
        is_system: false,
        data: &[],
    }
}

pub(crate) fn l1_info(jovian: bool, footprint_scalar: u16) -> Bytes {
    let mut data = vec![0_u8; if jovian { 178 } else { 176 }];
    data[..4].copy_from_slice(&[0x3d, 0xb6, 0xbe, 0x2b]);
    if jovian {
        data[176..].copy_from_slice(&footprint_scalar.to_be_bytes());
    }
    let depositor = address!("deaddeaddeaddeaddeaddeaddeaddeaddead0001");
    DepositTx {
        data: &data,
        ..deposit(depositor, Some(L1_BLOCK))
    }
    .encode()
}

/// Code that stores GAS in slot 0.
pub(crate) const STORE_GAS: &[u8] = &[0x5a, 0x5f, 0x55];

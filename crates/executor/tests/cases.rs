//! Cases of consensus that one or two transactions show, on states made up for them.

mod common;

use alloy_consensus::{Header, Sealed};
use alloy_primitives::{Address, B64, B256, Bytes, TxKind, U256, address, b256, bytes, keccak256};
use alloy_rlp::{Decodable, Encodable};
use common::{Missing, Witness};
use hoike_executor::{
    Accelerator, Executed, Executor, InvalidPayload, InvalidTx, NoAnswer, Precompile, SignedHash,
    precompiles,
};
use hoike_protocol::deposit::DepositTx;
use hoike_protocol::predeploys::{L1_BLOCK, MESSAGE_PASSER, SEQUENCER_FEE_VAULT};
use hoike_protocol::{Attributes, Fork, L2Time, Rules, Schedule};
use hoike_trie::{EMPTY_ROOT, Trie};

const ALICE: Address = address!("00000000000000000000000000000000000a11ce");
const BOB: Address = address!("0000000000000000000000000000000000000b0b");
const CONTRACT: Address = address!("00000000000000000000000000000000000c0de0");
const ETHER: u128 = 1_000_000_000_000_000_000;
const CHAIN: u64 = 901;
/// Time of the parent; blocks come every 2 seconds.
const PARENT_TIME: u64 = 1_000_000;

/// A chain under a fork, and a state to execute on.
struct Case {
    rules: Rules,
    fork: Fork,
    accounts: Vec<(Address, u64, U256, Bytes, Vec<(u64, U256)>)>,
    gas_limit: u64,
}

/// Under `fork` since long ago.
fn under(fork: Fork) -> Case {
    with_schedule(fork, |other| (other <= fork).then_some(0))
}

/// `fork` activates in the block that is built.
fn activating(fork: Fork) -> Case {
    with_schedule(fork, |other| {
        (other <= fork).then_some(if other == fork { PARENT_TIME + 2 } else { 0 })
    })
}

fn with_schedule(fork: Fork, time: impl Fn(Fork) -> Option<u64>) -> Case {
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
    }
}

impl Case {
    fn contract(mut self, address: Address, code: &[u8]) -> Self {
        self.accounts
            .push((address, 1, U256::ZERO, Bytes::copy_from_slice(code), vec![]));
        self
    }

    fn account(mut self, address: Address, nonce: u64, balance: u128) -> Self {
        self.accounts.retain(|(other, ..)| *other != address);
        self.accounts
            .push((address, nonce, U256::from(balance), Bytes::new(), vec![]));
        self
    }

    fn with_slots(mut self, address: Address, slots: &[(u64, u64)]) -> Self {
        let account = self
            .accounts
            .iter_mut()
            .find(|(other, ..)| *other == address)
            .unwrap();
        account.4 = slots
            .iter()
            .map(|(slot, value)| (*slot, U256::from(*value)))
            .collect();
        self
    }

    fn gas_limit(mut self, gas_limit: u64) -> Self {
        self.gas_limit = gas_limit;
        self
    }

    fn world(&self) -> (Sealed<Header>, Witness) {
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
            number: 100,
            timestamp: PARENT_TIME,
            gas_limit: 60_000_000,
            gas_used: 10_000_000,
            base_fee_per_gas: Some(1_000),
            blob_gas_used: view.parent_beacon_root.then_some(0),
            extra_data: params.encode(view.extra_data),
            state_root,
            ..Header::default()
        });
        (parent, witness)
    }

    fn attributes(&self, parent: &Sealed<Header>, transactions: Vec<Bytes>) -> Attributes {
        let view = self.rules.at_l2(L2Time(PARENT_TIME + 2));
        Attributes {
            parent: parent.hash(),
            time: L2Time(PARENT_TIME + 2),
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
    fn run(&self, transactions: Vec<Bytes>) -> Outcome {
        let (parent, witness) = self.world();
        let mut all = Vec::new();
        if self.fork >= Fork::Jovian {
            all.push(l1_info(
                self.rules.at_l2(L2Time(PARENT_TIME + 2)).da_footprint,
                400,
            ));
        }
        let first = all.len();
        all.extend(transactions);
        let attributes = self.attributes(&parent, all);
        let mut executor = Executor::new(self.rules.clone(), witness);
        let result = executor.execute(&parent, &attributes, &mut Named);
        Outcome {
            result,
            executor,
            first,
            state_root: B256::ZERO,
        }
        .settled()
    }
}

struct Outcome {
    result: Result<Result<Executed, InvalidPayload>, NoAnswer<Missing>>,
    executor: Executor<Witness>,
    /// Position of the first of the case's own transactions.
    first: usize,
    state_root: B256,
}

impl Outcome {
    fn settled(mut self) -> Self {
        if let Ok(Ok(executed)) = &self.result {
            self.state_root = executed.header.state_root;
        }
        self
    }

    fn executed(&self) -> &Executed {
        self.result.as_ref().unwrap().as_ref().unwrap()
    }

    fn invalid(&self) -> &InvalidPayload {
        self.result.as_ref().unwrap().as_ref().unwrap_err()
    }

    fn why(&self) -> &InvalidTx {
        match self.invalid() {
            InvalidPayload::Transaction { why, .. } => why,
            other => panic!("{other}"),
        }
    }

    /// Success and gas of the nth transaction.
    fn receipt(&self, n: usize) -> (bool, u64) {
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
    fn account(&mut self, address: Address) -> Option<(u64, U256, bool)> {
        let [nonce, balance, root, _] = self.fields(address)?;
        Some((nonce.to(), balance, B256::from(root) != EMPTY_ROOT))
    }

    fn code_hash(&mut self, address: Address) -> B256 {
        self.fields(address).unwrap()[3].into()
    }

    fn slot(&mut self, address: Address, slot: u64) -> U256 {
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
    fn fields(&mut self, address: Address) -> Option<[U256; 4]> {
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
struct Named;

impl<E> Accelerator<E> for Named {
    fn signers(&mut self, signatures: &[Option<SignedHash>]) -> Result<Vec<Option<Address>>, E> {
        Ok(signatures
            .iter()
            .map(|s| s.as_ref().map(|s| Address::from_word(s.s)))
            .collect())
    }
}

fn account_leaf(nonce: u64, balance: U256, storage_root: B256, code_hash: B256) -> Bytes {
    list(&[&nonce, &balance, &storage_root, &code_hash]).into()
}

fn list(fields: &[&dyn Encodable]) -> Vec<u8> {
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
struct Call {
    from: Address,
    nonce: u64,
    gas: u64,
    to: TxKind,
    value: u128,
    data: Bytes,
}

fn call(from: Address, nonce: u64, to: Address) -> Call {
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
    fn gas(mut self, gas: u64) -> Self {
        self.gas = gas;
        self
    }

    fn value(mut self, value: u128) -> Self {
        self.value = value;
        self
    }

    fn encode(&self) -> Bytes {
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
struct AccessList(Vec<u8>);

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

fn deposit(from: Address, to: Option<Address>) -> DepositTx<'static> {
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

fn l1_info(jovian: bool, footprint_scalar: u16) -> Bytes {
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
const STORE_GAS: &[u8] = &[0x5a, 0x5f, 0x55];

/// Defect 1 of the published crates: Karst's limit of a transaction's gas must not touch deposits, neither refuse nor cap them.
#[test]
fn d95_gas_cap_is_not_for_deposits() {
    const CAP: u64 = 1 << 24;
    // PUSH0 is there from Canyon.
    let case = under(Fork::Karst).contract(CONTRACT, STORE_GAS);
    let mut outcome = case.run(vec![
        DepositTx {
            gas: 30_000_000,
            ..deposit(ALICE, Some(CONTRACT))
        }
        .encode(),
    ]);
    assert!(outcome.receipt(0).0);
    assert_eq!(
        outcome.slot(CONTRACT, 0),
        U256::from(30_000_000 - 21_000 - 2)
    );

    let outcome = case.run(vec![call(ALICE, 0, CONTRACT).gas(CAP).encode()]);
    assert!(outcome.receipt(0).0);
    let outcome = case.run(vec![call(ALICE, 0, CONTRACT).gas(CAP + 1).encode()]);
    assert!(
        matches!(outcome.why(), InvalidTx::Refused(_)),
        "{:?}",
        outcome.invalid()
    );
    // There was none before.
    let outcome = under(Fork::Jovian)
        .contract(CONTRACT, STORE_GAS)
        .run(vec![call(ALICE, 0, CONTRACT).gas(CAP + 1).encode()]);
    assert!(outcome.receipt(0).0);
}

/// Defect 3: an unknown fork's execution is no other fork's.
#[test]
fn lagoon_is_not_supported() {
    let outcome = under(Fork::Lagoon).run(vec![]);
    assert_eq!(
        outcome.result.unwrap_err(),
        NoAnswer::UnsupportedFork(Fork::Lagoon)
    );
}

/// Defect 5, and what else cannot be in a block.
#[test]
fn d192_types_that_no_block_may_have() {
    for (raw, why) in [
        (bytes!("7dc0"), InvalidTx::Type(0x7d)),
        (bytes!("03c0"), InvalidTx::Type(3)),
        (bytes!("05c0"), InvalidTx::Type(5)),
        (bytes!("00c0"), InvalidTx::Type(0)),
        (Bytes::new(), InvalidTx::Malformed),
        (bytes!("c0"), InvalidTx::Malformed),
        (bytes!("02c0"), InvalidTx::Malformed),
        (bytes!("7ec0"), InvalidTx::Malformed),
    ] {
        assert_eq!(*under(Fork::Karst).run(vec![raw]).why(), why);
    }
    // Cut and extended.
    let whole = call(ALICE, 0, BOB).encode();
    for raw in [
        whole.slice(..whole.len() - 1),
        [&whole[..], &[0]].concat().into(),
    ] {
        assert_eq!(
            *under(Fork::Karst).run(vec![raw]).why(),
            InvalidTx::Malformed
        );
    }
}

/// Defects 2 and 4, D81, D80, D170: the limits by fork, at and above each.
#[test]
fn d81_precompile_limits() {
    use Precompile::{BlsG1Msm, BlsG2Msm, BlsPairing, Bn254Pairing};
    let none = [None; 4];
    let limits = |fork| match fork {
        Fork::Bedrock
        | Fork::Regolith
        | Fork::Canyon
        | Fork::Delta
        | Fork::Ecotone
        | Fork::Fjord => none,
        Fork::Granite | Fork::Holocene => [Some(112_687), None, None, None],
        Fork::Isthmus => [Some(112_687), Some(513_760), Some(488_448), Some(235_008)],
        Fork::Jovian => [Some(81_984), Some(288_960), Some(278_784), Some(156_672)],
        Fork::Karst | Fork::Lagoon => [Some(57_600), Some(288_960), Some(278_784), Some(156_672)],
    };
    for fork in Fork::ALL {
        let rules = precompiles::of(fork);
        let units = [
            (Bn254Pairing, 192),
            (BlsG1Msm, 160),
            (BlsG2Msm, 288),
            (BlsPairing, 384),
        ];
        for ((precompile, unit), limit) in units.into_iter().zip(limits(fork)) {
            let gas = |len: usize| rules.required_gas(precompile, &vec![0; len]);
            match limit {
                Some(limit) => {
                    assert!(gas(limit / unit * unit).is_some(), "{fork} {precompile:?}");
                    assert!(
                        gas((limit / unit + 1) * unit).is_none(),
                        "{fork} {precompile:?}"
                    );
                }
                None if rules.has(precompile) => assert!(gas(2000 * unit).is_some()),
                None => assert!(fork < Fork::Isthmus && precompile != Bn254Pairing),
            }
        }
        let price = |p: Precompile| {
            rules
                .has(p)
                .then(|| rules.required_gas(p, &[0; 160]).unwrap())
        };
        let p256 = match fork {
            _ if fork < Fork::Fjord => None,
            _ if fork < Fork::Karst => Some(3_450),
            _ => Some(6_900),
        };
        assert_eq!(price(Precompile::P256Verify), p256, "{fork}");
        assert_eq!(
            price(Precompile::KzgPointEvaluation).is_some(),
            fork >= Fork::Ecotone
        );
        assert_eq!(rules.has(Precompile::BlsMapFp2ToG2), fork >= Fork::Isthmus);
    }
}

/// D79: whoever calls, and how, the precompile is found by the address of the code.
#[test]
fn d79_every_kind_of_call_finds_precompiles() {
    // CALL, CALLCODE, DELEGATECALL, STATICCALL of SHA-256 with no input; store the first word of what it returned in slot 0.
    for (opcode, has_value) in [(0xf1, true), (0xf2, true), (0xf4, false), (0xfa, false)] {
        let mut code = vec![0x60, 32, 0x5f, 0x5f, 0x5f];
        if has_value {
            code.push(0x5f);
        }
        code.extend([
            0x60, 2, 0x61, 0xff, 0xff, opcode, 0x50, 0x5f, 0x51, 0x5f, 0x55,
        ]);
        let case = under(Fork::Karst).contract(CONTRACT, &code);
        let mut outcome = case.run(vec![call(ALICE, 0, CONTRACT).encode()]);
        let empty = b256!("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
        assert_eq!(B256::from(outcome.slot(CONTRACT, 0)), empty, "{opcode:x}");
    }
}

/// D89, D92: what a failed deposit leaves: the mint, a nonce, all of its gas.
#[test]
fn d92_failed_deposits() {
    let forks = [
        Fork::Bedrock,
        Fork::Regolith,
        Fork::Canyon,
        Fork::Isthmus,
        Fork::Karst,
    ];
    for fork in forks {
        // INVALID; REVERT(0, 0) with pre-Canyon opcodes.
        let case = under(fork)
            .contract(CONTRACT, &[0xfe])
            .contract(BOB, &[0x60, 0, 0x60, 0, 0xfd]);
        let mint = U256::from(7);
        let bare = |to| DepositTx {
            mint,
            gas: 100_000,
            ..deposit(ALICE, to)
        };
        let invalid = &[0xfe];
        for (deposit, gas) in [
            // Halts.
            (bare(Some(CONTRACT)), 100_000),
            // Cannot pay its value.
            (
                DepositTx {
                    value: U256::MAX,
                    ..bare(Some(CONTRACT))
                },
                100_000,
            ),
            (
                DepositTx {
                    value: U256::MAX,
                    ..bare(None)
                },
                100_000,
            ),
            // Not even the intrinsic gas.
            (
                DepositTx {
                    gas: 20_999,
                    ..bare(Some(BOB))
                },
                20_999,
            ),
            // Init code that halts.
            (
                DepositTx {
                    data: invalid,
                    ..bare(None)
                },
                100_000,
            ),
            // Reverts: only what was used, from Regolith.
            (
                bare(Some(BOB)),
                if fork < Fork::Regolith {
                    100_000
                } else {
                    21_006
                },
            ),
        ] {
            let mut outcome = case.run(vec![deposit.encode()]);
            assert_eq!(outcome.receipt(0), (false, gas), "{fork} {deposit:?}");
            let expected = (1, U256::from(ETHER) + mint, false);
            assert_eq!(outcome.account(ALICE), Some(expected), "{fork} {deposit:?}");
        }
    }
}

/// Deposits before Regolith report all of their gas, system deposits none and may exceed the block; after it a system deposit is no deposit.
#[test]
fn system_deposits() {
    let system = DepositTx {
        is_system: true,
        gas: 150_000_000,
        ..deposit(ALICE, Some(BOB))
    };
    let outcome =
        under(Fork::Bedrock).run(vec![system.encode(), deposit(ALICE, Some(BOB)).encode()]);
    assert_eq!(outcome.receipt(0), (true, 0));
    assert_eq!(outcome.receipt(1), (true, 1_000_000));
    let outcome = under(Fork::Regolith)
        .gas_limit(200_000_000)
        .run(vec![system.encode()]);
    assert_eq!(*outcome.why(), InvalidTx::SystemDeposit);
}

/// Also a deposit must fit in what the block has left.
#[test]
fn d96_invalid_transactions_make_an_invalid_payload() {
    let case = under(Fork::Karst)
        .contract(CONTRACT, STORE_GAS)
        .gas_limit(2_000_000);
    let big = DepositTx {
        gas: 2_000_001,
        ..deposit(ALICE, Some(BOB))
    };
    assert!(matches!(
        case.run(vec![big.encode()]).why(),
        InvalidTx::BlockGas { .. }
    ));
    for tx in [
        call(ALICE, 1, BOB),
        call(CONTRACT, 1, BOB),
        call(ALICE, 0, BOB).gas(20_999),
        call(ALICE, 0, BOB).value(ETHER),
        call(BOB, 0, ALICE),
        // D93: no nonce makes a user transaction a deposit.
        call(ALICE, 0xffff_ffff_ffff_fffd, BOB),
        call(ALICE, u64::MAX, BOB),
    ] {
        let outcome = case.run(vec![tx.encode()]);
        assert!(
            matches!(outcome.why(), InvalidTx::Refused(_)),
            "{:?}",
            outcome.result
        );
    }
    // Nothing of it was written: the same executor still builds on the parent.
    let mut outcome = case.run(vec![
        call(ALICE, 0, CONTRACT).encode(),
        call(ALICE, 0, BOB).encode(),
    ]);
    assert!(matches!(outcome.why(), InvalidTx::Refused(_)));
    let (parent, _) = case.world();
    let attributes = case.attributes(
        &parent,
        vec![l1_info(true, 0), call(ALICE, 0, BOB).encode()],
    );
    let again = outcome
        .executor
        .execute(&parent, &attributes, &mut Named)
        .unwrap()
        .unwrap();
    let fresh = case
        .run(vec![])
        .executor
        .execute(&parent, &attributes, &mut Named)
        .unwrap()
        .unwrap();
    assert_eq!(again.header.hash(), fresh.header.hash());
}

/// D105: destroyed and paid again in one block; D107, D180: what is empty does not stay.
#[test]
fn d105_destroyed_then_paid_again() {
    // Before Cancun any contract can destroy itself: SELFDESTRUCT(caller).
    let case = under(Fork::Canyon)
        .contract(CONTRACT, &[0x33, 0xff])
        .with_slots(CONTRACT, &[(1, 5), (2, 6)]);
    let mut gone = case.run(vec![call(ALICE, 0, CONTRACT).value(3).encode()]);
    assert_eq!(gone.account(CONTRACT), None);
    let mut back = case.run(vec![
        call(ALICE, 0, CONTRACT).encode(),
        call(ALICE, 1, CONTRACT).value(1).encode(),
    ]);
    assert_eq!(back.account(CONTRACT), Some((0, U256::ONE, false)));
    // From Cancun only what was created in the same transaction: here by a deposit, whose init code destroys at once.
    let fresh = ALICE.create(0);
    let case = under(Fork::Karst);
    let init = DepositTx {
        data: &[0x33, 0xff],
        ..deposit(ALICE, None)
    };
    let mut gone = case.run(vec![init.encode()]);
    assert_eq!(gone.account(fresh), None);
    let mut back = case.run(vec![init.encode(), call(ALICE, 1, fresh).value(1).encode()]);
    assert_eq!(back.account(fresh), Some((0, U256::ONE, false)));
}

#[test]
fn d107_touched_empty_accounts_do_not_exist() {
    let mut outcome = under(Fork::Karst).run(vec![call(ALICE, 0, BOB).encode()]);
    assert_eq!(outcome.account(BOB), None);
    // One that is in the state goes when it is touched.
    let empty = under(Fork::Karst).account(BOB, 0, 0);
    let mut outcome = empty.run(vec![call(ALICE, 0, BOB).encode()]);
    assert_eq!(outcome.account(BOB), None);
    // A slot that becomes zero is deleted: SSTORE(1, 0).
    let case = under(Fork::Karst)
        .contract(CONTRACT, &[0x5f, 0x60, 1, 0x55])
        .with_slots(CONTRACT, &[(1, 5)]);
    let mut outcome = case.run(vec![call(ALICE, 0, CONTRACT).encode()]);
    assert_eq!(outcome.account(CONTRACT), Some((1, U256::ZERO, false)));
}

/// D106: what is read, or written back as it was, is not written to the trie.
#[test]
fn d106_unchanged_is_not_written() {
    // SLOAD(1); SSTORE(1, 6); SSTORE(1, 5).
    let code = [
        0x60, 1, 0x54, 0x60, 6, 0x60, 1, 0x55, 0x60, 5, 0x60, 1, 0x55,
    ];
    let case = under(Fork::Karst)
        .contract(CONTRACT, &code)
        .with_slots(CONTRACT, &[(1, 5), (2, 6)]);
    let (parent, mut witness) = case.world();
    let mut outcome = case.run(vec![call(ALICE, 0, CONTRACT).encode()]);
    assert_eq!(outcome.slot(CONTRACT, 1), U256::from(5));
    assert_eq!(outcome.account(CONTRACT), Some((1, U256::ZERO, true)));
    let mut before = Trie::new(parent.state_root);
    let old = before.get(&mut witness, &keccak256(CONTRACT)).unwrap();
    let mut after = Trie::new(outcome.state_root);
    let new = after
        .get(&mut outcome.executor.nodes(), &keccak256(CONTRACT))
        .unwrap();
    assert_eq!(new, old);
}

/// D97: code only, and only in the block that activates Canyon.
#[test]
fn d97_create2_deployer() {
    const DEPLOYER: Address = address!("13b0d85ccb8bf860b6b79af3029fca081ae9bef2");
    let mut outcome = activating(Fork::Canyon).account(DEPLOYER, 3, 9).run(vec![]);
    assert_eq!(outcome.account(DEPLOYER), Some((3, U256::from(9), false)));
    let hash = b256!("b0550b5b431e30d38000efb7107aaa0ade03d48a7198a140edda9d27134468b2");
    assert_eq!(outcome.code_hash(DEPLOYER), hash);
    for case in [
        under(Fork::Canyon),
        under(Fork::Regolith),
        activating(Fork::Delta),
    ] {
        assert_eq!(case.run(vec![]).account(DEPLOYER), None);
    }
}

/// D78, D189: the DA footprint is the header's blob gas, may reach the gas limit, and is unpriced in the block that activates Jovian.
#[test]
fn d78_da_footprint() {
    // The least estimate is 100 bytes.
    let tx = call(ALICE, 0, BOB).gas(30_000).encode();
    for (gas_limit, fits) in [(1_040_000, true), (1_039_999, false)] {
        let case = under(Fork::Jovian).gas_limit(gas_limit);
        let (parent, witness) = case.world();
        let attributes = case.attributes(
            &parent,
            vec![
                DepositTx {
                    gas: 100_000,
                    ..deposit(ALICE, Some(L1_BLOCK))
                }
                .encode(),
            ],
        );
        // Without L1 attributes there is no price.
        let mut executor = Executor::new(case.rules.clone(), witness);
        let unpriced = executor.execute(&parent, &attributes, &mut Named).unwrap();
        assert_eq!(unpriced.unwrap_err(), InvalidPayload::FootprintUnpriced);
        let scalar = 10_400;
        let info = DepositTx::decode(&l1_info(true, scalar)).map(|info| {
            DepositTx {
                gas: 100_000,
                ..info
            }
            .encode()
        });
        let attributes = case.attributes(&parent, vec![info.unwrap(), tx.clone()]);
        let executed = executor.execute(&parent, &attributes, &mut Named).unwrap();
        if fits {
            assert_eq!(executed.unwrap().header.blob_gas_used, Some(1_040_000));
        } else {
            let limit = gas_limit;
            let expected = InvalidPayload::Footprint {
                footprint: 1_040_000,
                limit,
            };
            assert_eq!(executed.unwrap_err(), expected);
        }
    }
    let case = activating(Fork::Jovian);
    let (parent, witness) = case.world();
    let mut executor = Executor::new(case.rules.clone(), witness);
    let mut run = |transactions| {
        let attributes = case.attributes(&parent, transactions);
        executor.execute(&parent, &attributes, &mut Named).unwrap()
    };
    assert_eq!(
        run(vec![l1_info(false, 0)]).unwrap().header.blob_gas_used,
        Some(0)
    );
    let refused = run(vec![l1_info(false, 0), tx]).unwrap_err();
    assert_eq!(refused, InvalidPayload::FootprintUnpriced);
}

/// D87, D86: the history contract gets the parent's hash; contracts of L1-only system calls are not called.
#[test]
fn d86_system_calls() {
    const HISTORY: Address = address!("0000f90827f1c53a10cb7a02335b175320002935");
    const BEACON: Address = address!("000f3df6d732807ef1319fb7b8bb8522d0beac02");
    const WITHDRAWALS: Address = address!("00000961ef480eb55e80d19ad83579a64c007002");
    const CONSOLIDATIONS: Address = address!("0000bbddc7ce488642fb579f8b00f3a590007251");
    // SSTORE(CALLDATALOAD(0) + 1, 1): what was called is changed.
    let code = [0x60, 1, 0x60, 0, 0x35, 0x60, 1, 0x01, 0x55];
    for fork in [Fork::Delta, Fork::Ecotone, Fork::Isthmus, Fork::Karst] {
        let contracts = [HISTORY, BEACON, WITHDRAWALS, CONSOLIDATIONS];
        let case = contracts
            .into_iter()
            .fold(under(fork), |case, c| case.contract(c, &code));
        let mut outcome = case.run(vec![]);
        let called = contracts.map(|contract| outcome.account(contract).unwrap().2);
        assert_eq!(
            called,
            [fork >= Fork::Isthmus, fork >= Fork::Ecotone, false, false],
            "{fork}"
        );
    }
}

/// Attributes that are not of their time, or of no block.
#[test]
fn attributes_that_no_block_has() {
    let case = under(Fork::Karst);
    let (parent, witness) = case.world();
    let good = case.attributes(&parent, vec![l1_info(true, 400)]);
    let bad = [
        Attributes {
            time: L2Time(PARENT_TIME),
            ..good.clone()
        },
        Attributes {
            gas_limit: 1 << 63,
            ..good.clone()
        },
        Attributes {
            parent_beacon_root: None,
            ..good.clone()
        },
        Attributes {
            eip1559_params: None,
            ..good.clone()
        },
        Attributes {
            min_base_fee: None,
            ..good.clone()
        },
        Attributes {
            eip1559_params: Some(B64::with_last_byte(1)),
            ..good.clone()
        },
    ];
    let mut executor = Executor::new(case.rules.clone(), witness);
    for attributes in bad {
        let refused = executor
            .execute(&parent, &attributes, &mut Named)
            .unwrap()
            .unwrap_err();
        assert!(matches!(refused, InvalidPayload::Attribute(_)), "{refused}");
    }
    assert!(
        executor
            .execute(&parent, &good, &mut Named)
            .unwrap()
            .is_ok()
    );
    let other = Attributes {
        parent: B256::ZERO,
        ..good
    };
    assert!(matches!(
        executor.execute(&parent, &other, &mut Named),
        Err(NoAnswer::Parent { .. })
    ));
}

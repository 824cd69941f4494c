//! Payloads that are no block, and what cannot be told.

use crate::common::Missing;
use crate::harness::*;
use alloy_primitives::{Address, B64, B256, Bytes, TxKind, U256, bytes};
use alloy_rlp::{BufMut, Encodable};
use hoike_executor::{
    Accelerator, Executor, InvalidPayload, InvalidTx, NoAnswer, Precompile, SignedHash,
};
use hoike_protocol::deposit::DepositTx;
use hoike_protocol::{Attributes, Fork, L2Time};
use revm::context::result::InvalidTransaction;

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

/// What cannot fit is refused before anything is decoded; 21,000 gas less a fifth is the least that anything uses.
#[test]
fn d156_more_transactions_than_gas_are_refused_unread() {
    let case = under(Fork::Karst).gas_limit(2_000_000);
    let garbage = |count| vec![Bytes::from_static(&[0x02]); count];
    let too_many = InvalidPayload::TooManyTransactions {
        count: 120,
        limit: 2_000_000,
    };
    assert_eq!(*case.run(garbage(120)).invalid(), too_many);
    assert_eq!(*case.run(garbage(119)).why(), InvalidTx::Malformed);
    // Deposits do not count: they may use none of the gas.
    let mut with_deposits = vec![deposit(ALICE, Some(BOB)).encode()];
    with_deposits.extend(garbage(119));
    assert_eq!(*case.run(with_deposits).why(), InvalidTx::Malformed);
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

/// An accelerator that has no answer: neither a verdict nor a failed call.
#[test]
fn d83_accelerator_without_answer() {
    struct Broken {
        signers: bool,
    }
    impl Accelerator<Missing> for Broken {
        fn signers(
            &mut self,
            signatures: &[Option<SignedHash>],
        ) -> Result<Vec<Option<Address>>, Missing> {
            if self.signers {
                Err(Missing(B256::ZERO))
            } else {
                Named.signers(signatures)
            }
        }

        fn precompile(
            &mut self,
            _: Precompile,
            _: &[u8],
            _: u64,
        ) -> Result<Option<Bytes>, Missing> {
            Err(Missing(B256::ZERO))
        }
    }
    // STATICCALL of SHA-256 with no input, and then nothing.
    let code = [
        0x5f, 0x5f, 0x5f, 0x5f, 0x60, 2, 0x61, 0xff, 0xff, 0xfa, 0x00,
    ];
    let case = under(Fork::Karst).contract(CONTRACT, &code);
    let (parent, witness) = case.world();
    let call = call(ALICE, 0, CONTRACT).encode();
    let attributes = case.attributes(&parent, vec![l1_info(true, 400), call]);
    let mut executor = Executor::new(case.rules.clone(), witness);
    for signers in [true, false] {
        let answer = executor.execute(&parent, &attributes, &mut Broken { signers });
        assert_eq!(
            answer.unwrap_err(),
            NoAnswer::Accelerator(Missing(B256::ZERO))
        );
    }
    assert!(
        executor
            .execute(&parent, &attributes, &mut Named)
            .unwrap()
            .is_ok()
    );
}

/// A legacy transaction is signed for no chain (27, 28) or for this one (35 and 36 with twice its id, EIP-155); every other v is nobody's signature.
#[test]
fn legacy_signatures_of_other_chains() {
    let s = U256::from_be_bytes(ALICE.into_word().0);
    let legacy = |v: U256| -> Bytes {
        let to = TxKind::Call(BOB);
        let fields: [&dyn Encodable; 9] = [
            &0_u64,
            &10_000_u64,
            &21_000_u64,
            &to,
            &1_u64,
            &Bytes::new(),
            &v,
            &U256::ONE,
            &s,
        ];
        list(&fields).into()
    };
    let case = under(Fork::Karst);
    // 2 * 901 + 35 and + 36.
    for v in [27, 28, 1_837, 1_838_u64] {
        let outcome = case.run(vec![legacy(U256::from(v))]);
        assert_eq!(outcome.receipt(0), (true, 21_000), "{v}");
    }
    for v in [0, 1, 26, 29, 34, 35, 36, 1_836, 1_839, u64::MAX] {
        let outcome = case.run(vec![legacy(U256::from(v))]);
        assert_eq!(*outcome.why(), InvalidTx::Signature, "{v}");
    }
    let outcome = case.run(vec![legacy(U256::from(1) << 64)]);
    assert_eq!(*outcome.why(), InvalidTx::Signature);
}

/// EIP-7702: a set-code transaction creates nothing, and sets some code.
#[test]
fn set_code_transactions_that_are_none() {
    let case = under(Fork::Karst);
    let outcome = case.run(vec![set_code(TxKind::Create, 0)]);
    assert_eq!(*outcome.why(), InvalidTx::Malformed);
    let outcome = case.run(vec![set_code(TxKind::Call(BOB), 0)]);
    let refused = InvalidTx::Refused(Box::new(InvalidTransaction::EmptyAuthorizationList));
    assert_eq!(*outcome.why(), refused);
}

/// Authorizations are refused before they are recovered where the block has no gas for so many: ten megabytes of them would take minutes.
#[test]
fn d156_more_authorizations_than_gas_are_not_recovered() {
    #[derive(Debug)]
    struct Nobody;
    impl Accelerator<Missing> for Nobody {
        fn signers(
            &mut self,
            signatures: &[Option<SignedHash>],
        ) -> Result<Vec<Option<Address>>, Missing> {
            panic!("{} signatures to recover", signatures.len())
        }
    }
    // 2,000,000 / 16,800 = 119, of which one is the transaction's own.
    let case = under(Fork::Karst).gas_limit(2_000_000);
    let many = vec![set_code(TxKind::Call(BOB), 119)];
    let refused = InvalidTx::TooManyAuthorizations { most: 119 };
    let outcome = case.run_by(many, &mut Nobody);
    assert_eq!(*outcome.why(), refused);
    // Several transactions count together.
    let several = vec![set_code(TxKind::Call(BOB), 59); 2];
    let outcome = case.run_by(several, &mut Nobody);
    assert_eq!(*outcome.why(), refused);
    // As many as that are recovered, and then refused for their gas.
    let outcome = case.run(vec![set_code(TxKind::Call(BOB), 118)]);
    assert!(matches!(outcome.why(), InvalidTx::Refused(_)));
}

/// A set-code transaction with so many authorizations, all of them the same.
fn set_code(to: TxKind, authorizations: usize) -> Bytes {
    let s = U256::from_be_bytes(ALICE.into_word().0);
    let authorization = Raw(list(&[&CHAIN, &BOB, &0_u64, &false, &U256::ONE, &s]));
    let authorizations = vec![&authorization as &dyn Encodable; authorizations];
    let fields: [&dyn Encodable; 13] = [
        &CHAIN,
        &0_u64,
        &0_u64,
        &10_000_u64,
        &100_000_u64,
        &to,
        &0_u64,
        &Bytes::new(),
        &Raw(vec![0xc0]),
        &Raw(list(&authorizations)),
        &false,
        &U256::ONE,
        &s,
    ];
    [&[4], &list(&fields)[..]].concat().into()
}

/// What is encoded already.
struct Raw(Vec<u8>);

impl Encodable for Raw {
    fn length(&self) -> usize {
        self.0.len()
    }

    fn encode(&self, out: &mut dyn BufMut) {
        out.put_slice(&self.0);
    }
}

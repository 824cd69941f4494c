//! Deposit logs and transactions, receipts they are in.

mod l1_data;

use alloy_primitives::{Address, B256, Bytes, U256, keccak256};
use hoike_protocol::{
    deposit::{DEPOSIT_EVENT, DepositFault, DepositTx, DepositTxFault, from_log, user_deposits},
    receipt::{Receipt, events},
};
use l1_data::*;

const PORTAL: Address = Address::repeat_byte(0xde);

#[test]
fn event_topic_is_the_hash_of_its_signature() {
    assert_eq!(
        DEPOSIT_EVENT,
        keccak256("TransactionDeposited(address,address,uint256,bytes)")
    );
}

#[test]
fn d61_d185_golden_logs() {
    let Some(file) = vectors("deposits.json") else {
        return;
    };
    let portal: Address = parse(&file["portal"]);
    for case in cases(&file) {
        let name = &case["name"];
        let json = &case["log"];
        let receipt = receipt(true, &[log_of(json)]);
        let log = receipt.logs().next().unwrap();
        assert_eq!(log.address, portal, "{name}");
        let got = from_log(&log, parse(&json["block_hash"]), number(&json["log_index"]));
        if case["error"].is_string() {
            assert!(got.is_err(), "{name}: op-node says {}", case["error"]);
            continue;
        }
        let got = got.unwrap_or_else(|fault| panic!("{name}: {fault}"));
        assert_eq!(got, parse::<Bytes>(&case["tx"]), "{name}");
        assert_eq!(keccak256(&got), parse::<B256>(&case["tx_hash"]), "{name}");
        let tx = DepositTx::decode(&got).unwrap();
        assert_eq!(
            tx.source_hash,
            parse::<B256>(&case["source_hash"]),
            "{name}"
        );
        assert_eq!(tx.encode(), got, "{name}");
    }
}

#[test]
fn d58_d62_golden_receipts() {
    let Some(file) = vectors("deposits-receipts.json") else {
        return;
    };
    let portal: Address = parse(&file["portal"]);
    for (i, case) in cases(&file).iter().enumerate() {
        let receipts: Vec<Receipt> = list(&case["receipts"]).iter().map(receipt_of).collect();
        let block = list(&case["receipts"])
            .iter()
            .flat_map(|receipt| list(&receipt["logs"]))
            .next();
        let block = block.map_or(B256::ZERO, |log| parse(&log["block_hash"]));
        let got: Vec<B256> = user_deposits(&receipts, portal, block)
            .unwrap()
            .iter()
            .map(keccak256)
            .collect();
        let want: Vec<B256> = list(&case["tx_hashes"]).iter().map(parse).collect();
        assert_eq!(got, want, "case {i}");
    }
}

#[test]
fn golden_receipts_are_read() {
    let Some(file) = vectors("receipts.json") else {
        return;
    };
    let mut read = 0;
    for (i, case) in cases(&file).iter().enumerate() {
        for json in list(&case["receipts"])
            .iter()
            .filter(|receipt| receipt["trie_value"].is_string())
        {
            let receipt = Receipt::decode(&parse(&json["trie_value"])).unwrap();
            assert_eq!(receipt.success, json["status"] == 1, "case {i}");
            let logs = list(&json["logs"]);
            assert_eq!(receipt.logs().count(), logs.len(), "case {i}");
            for (log, json) in receipt.logs().zip(logs) {
                assert_eq!(log.address, parse::<Address>(&json["address"]), "case {i}");
                assert_eq!(log.data, &parse::<Bytes>(&json["data"])[..], "case {i}");
                let topics: Vec<B256> = list(&json["topics"]).iter().map(parse).collect();
                let got: Vec<B256> = (0..log.topics.len())
                    .map(|i| *log.topics.get(i).unwrap())
                    .collect();
                assert_eq!(got, topics, "case {i}");
            }
            read += 1;
        }
    }
    assert!(read > 0);
}

/// A portal's log of a deposit with this mint.
fn deposit_log(mint: U256) -> Vec<u8> {
    let mut data = Vec::new();
    data.extend(U256::from(32).to_be_bytes::<32>());
    data.extend(U256::from(73).to_be_bytes::<32>());
    data.extend(mint.to_be_bytes::<32>());
    data.resize(data.len() + 32 + 9 + 23, 0);
    log(
        PORTAL,
        &[
            DEPOSIT_EVENT,
            B256::with_last_byte(1),
            B256::with_last_byte(2),
            B256::ZERO,
        ],
        &data,
    )
}

#[test]
fn d57_d58_d62_what_counts_and_how_it_is_numbered() {
    let good = deposit_log(U256::ZERO);
    let elsewhere = log(Address::ZERO, &[DEPOSIT_EVENT], &[]);
    let other_event = log(PORTAL, &[B256::ZERO], &[]);
    let anonymous = log(PORTAL, &[], &[]);
    let receipts = [
        receipt(true, &[elsewhere, other_event, anonymous]),
        receipt(false, &[good.clone(), good.clone()]),
        receipt(true, std::slice::from_ref(&good)),
        receipt(true, &[]),
        receipt(true, &[good]),
    ];
    let indices = |address, event| {
        events(&receipts, &address, &event)
            .map(|(index, _)| index)
            .collect::<Vec<_>>()
    };
    assert_eq!(indices(PORTAL, DEPOSIT_EVENT), [5, 6]);
    assert_eq!(indices(PORTAL, B256::ZERO), [1]);
    assert_eq!(indices(Address::ZERO, DEPOSIT_EVENT), [0]);
    let block = B256::repeat_byte(7);
    let got = user_deposits(&receipts, PORTAL, block).unwrap();
    // Spec: source hash = keccak(be256(0) ++ keccak(block hash ++ be256(log index))).
    for (tx, index) in got.iter().zip([5_u64, 6]) {
        let id = keccak256([block, U256::from(index).into()].concat());
        assert_eq!(
            DepositTx::decode(tx).unwrap().source_hash,
            keccak256([B256::ZERO, id].concat())
        );
    }
    assert_eq!(got.len(), 2);
}

#[test]
fn d61_one_bad_deposit_is_critical_and_is_named() {
    let bad = log(PORTAL, &[DEPOSIT_EVENT], &[]);
    let good = deposit_log(U256::ZERO);
    let fault = user_deposits(
        &[
            receipt(true, std::slice::from_ref(&good)),
            receipt(true, &[good, bad]),
        ],
        PORTAL,
        B256::ZERO,
    )
    .unwrap_err();
    assert_eq!(
        (fault.log_index, fault.why),
        (2, DepositFault::Topics { count: 1 })
    );
}

#[test]
fn d158_mint_keeps_256_bits_and_zero_is_absent() {
    for mint in [
        U256::ZERO,
        U256::ONE,
        U256::from(u128::MAX),
        U256::from(u128::MAX) + U256::ONE,
        U256::MAX,
    ] {
        let txs =
            user_deposits(&[receipt(true, &[deposit_log(mint)])], PORTAL, B256::ZERO).unwrap();
        assert_eq!(DepositTx::decode(&txs[0]).unwrap().mint, mint);
    }
    let zero = user_deposits(
        &[receipt(true, &[deposit_log(U256::ZERO)])],
        PORTAL,
        B256::ZERO,
    )
    .unwrap();
    // Type, list header of 2, source, from, to; then mint and value.
    assert_eq!(zero[0][3 + 33 + 21 + 21..][..2], [0x80, 0x80]);
}

#[test]
fn damaged_deposit_transactions_never_panic() {
    let receipts = [receipt(true, &[deposit_log(U256::from(5))])];
    let tx = user_deposits(&receipts, PORTAL, B256::ZERO)
        .unwrap()
        .remove(0);
    assert_eq!(DepositTx::decode(&[]), Err(DepositTxFault::Type(None)));
    assert_eq!(DepositTx::decode(&[2]), Err(DepositTxFault::Type(Some(2))));
    let longer = [&tx[..], &[0]].concat();
    assert_eq!(
        DepositTx::decode(&longer),
        Err(DepositTxFault::TrailingBytes)
    );
    for at in 0..tx.len() {
        assert!(DepositTx::decode(&tx[..at]).is_err(), "cut at {at}");
        for change in 1..=255 {
            let mut damaged = tx.to_vec();
            damaged[at] ^= change;
            // What is read is canonical: it encodes to the same bytes.
            if let Ok(read) = DepositTx::decode(&damaged) {
                assert_eq!(read.encode(), damaged, "byte {at}");
            }
        }
    }
}

//! The upgrade transactions of the forks.

mod l1_data;

use alloy_primitives::{Address, B256, Bytes, U256, keccak256};
use hoike_protocol::{
    Fork, L2Time,
    deposit::DepositTx,
    upgrade::{self, UpgradeTransactions},
};
use l1_data::*;
use serde_json::Value;

fn table_of(name: &str) -> Option<UpgradeTransactions> {
    if name.starts_with("lagoon") {
        return Some(upgrade::lagoon());
    }
    Fork::ALL
        .into_iter()
        .find(|fork| fork.name() == name)
        .map(upgrade::transactions)
}

#[test]
fn d68_d69_d70_d72_d194_golden_transactions() {
    let Some(file) = vectors("upgrade-transactions.json") else {
        return;
    };
    for case in cases(&file) {
        let name = case["name"].as_str().unwrap();
        let want = list(&case["txs"]);
        assert_eq!(want.len() as u64, number(&case["count"]), "{name}");
        if name.contains("first and last") {
            // What chains with others in their dependency set add: not in a table, but deposits like the others.
            for tx in want {
                let raw: Bytes = parse(&tx["tx"]);
                let deposit = DepositTx::decode(&raw).unwrap();
                check(&deposit, tx, name);
                assert_eq!(deposit.encode(), raw, "{name}");
            }
            continue;
        }
        let got: Vec<Bytes> = table_of(name).unwrap().collect();
        assert_eq!(got.len(), want.len(), "{name}");
        for (got, want) in got.iter().zip(want) {
            assert_eq!(*got, parse::<Bytes>(&want["tx"]), "{name}");
            assert_eq!(keccak256(got), parse::<B256>(&want["tx_hash"]), "{name}");
            check(&DepositTx::decode(got).unwrap(), want, name);
        }
        let hashes: Vec<u8> = got.iter().flat_map(keccak256).collect();
        assert_eq!(
            keccak256(hashes),
            parse::<B256>(&case["hash_of_hashes"]),
            "{name}"
        );
    }
}

fn check(got: &DepositTx<'_>, want: &Value, name: &str) {
    assert_eq!(
        got.source_hash,
        parse::<B256>(&want["source_hash"]),
        "{name}"
    );
    assert_eq!(got.from, parse::<Address>(&want["from"]), "{name}");
    assert_eq!(
        got.to,
        want["to"]
            .is_string()
            .then(|| parse::<Address>(&want["to"])),
        "{name}"
    );
    assert_eq!(got.mint, parse::<U256>(&want["mint"]), "{name}");
    assert_eq!(got.value, parse::<U256>(&want["value"]), "{name}");
    assert_eq!(
        (got.gas, got.is_system),
        (number(&want["gas"]), false),
        "{name}"
    );
    assert_eq!(
        keccak256(got.data),
        parse::<B256>(&want["data_keccak"]),
        "{name}"
    );
}

/// D74: for Lagoon also where the wrappers are absent.
#[test]
fn d73_d74_golden_upgrade_gas() {
    let Some(file) = vectors("upgrade-transactions.json") else {
        return;
    };
    for case in cases(&file) {
        let name = case["name"].as_str().unwrap();
        let fork = Fork::ALL
            .into_iter()
            .find(|fork| name.starts_with(fork.name()))
            .unwrap();
        let mut times = first_forks(fork as usize, 0);
        times[fork as usize - 1] = Some(1000);
        assert_eq!(
            rules(times).at_l2(L2Time(1000)).upgrade_gas,
            number(&case["upgrade_gas"]),
            "{name}"
        );
    }
}

#[test]
fn tables_hold_whole_transactions() {
    let gas = |txs: UpgradeTransactions| {
        txs.map(|tx| DepositTx::decode(&tx).unwrap().gas)
            .sum::<u64>()
    };
    for fork in Fork::ALL {
        let mut times = first_forks(fork as usize, 0);
        if let Some(i) = (fork as usize).checked_sub(1) {
            times[i] = Some(1000);
        }
        let upgrade_gas = rules(times).at_l2(L2Time(1000)).upgrade_gas;
        match fork {
            Fork::Karst => assert_eq!(gas(upgrade::transactions(fork)), upgrade_gas),
            Fork::Lagoon => assert_eq!(gas(upgrade::lagoon()) + 150_000, upgrade_gas),
            _ => assert_eq!(upgrade_gas, 0),
        }
        // Whatever is in a table is a canonical deposit, and none is lost to a wrong length.
        let txs: Vec<Bytes> = upgrade::transactions(fork).collect();
        assert!(
            txs.iter()
                .all(|tx| DepositTx::decode(tx).unwrap().encode() == *tx),
            "{fork}"
        );
        // Counts: the derivation specifications.
        let want = match fork {
            Fork::Ecotone => 6,
            Fork::Fjord => 3,
            Fork::Isthmus => 8,
            Fork::Jovian => 5,
            Fork::Karst => 31,
            _ => 0,
        };
        assert_eq!(txs.len(), want, "{fork}");
    }
    assert_eq!(upgrade::lagoon().count(), 28);
}

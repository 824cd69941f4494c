//! Which transactions of an L1 block carry batcher data.

use super::{
    Events,
    l1::{Account, L1_CHAIN_ID, N, deposit},
    rules,
};
use crate::{
    Event, NotBatcherData,
    extract::batcher::{Inbox, Source, extract},
};
use alloc::{vec, vec::Vec};
use alloy_primitives::{Address, B256, Bytes, Signature};
use hoike_protocol::{Fork, InclusionTime};

const INBOX: Address = Address::repeat_byte(0xff);

/// What a block's transactions give: calldata, or a blob's index and hash; and what was ignored.
fn read(
    transactions: &[Bytes],
    batcher: &Account,
    blobs: bool,
) -> (Vec<Piece>, Vec<(u64, NotBatcherData)>) {
    let inbox = Inbox {
        address: INBOX,
        batcher: batcher.address(),
        l1_chain_id: L1_CHAIN_ID,
        blobs,
    };
    let mut log = Events::default();
    let pieces = extract(transactions, &inbox, &mut log)
        .into_iter()
        .map(|source| match source {
            Source::Calldata(data) => Piece::Calldata(data.to_vec()),
            Source::Blob(blob) => Piece::Blob(blob.index, blob.hash[31]),
        })
        .collect();
    let ignored = log.0.into_iter().filter_map(|event| match event {
        Event::InboxTransactionIgnored { index, why } => Some((index, why)),
        _ => None,
    });
    (pieces, ignored.collect())
}

#[derive(PartialEq, Eq, Debug)]
enum Piece {
    Calldata(Vec<u8>),
    /// Index in the block, and the hash's last byte.
    Blob(u64, u8),
}

fn calldata(data: &[u8]) -> Piece {
    Piece::Calldata(data.to_vec())
}

fn hashes(last: &[u8]) -> Vec<B256> {
    last.iter().copied().map(B256::with_last_byte).collect()
}

#[test]
fn d54_blobs_and_calldata_come_in_the_order_of_transactions() {
    let (batcher, other) = (Account::new(1), Account::new(2));
    let elsewhere = Address::repeat_byte(0xee);
    let block = [
        other.send(3, elsewhere, b"", &hashes(&[1, 2])),
        batcher.send(2, INBOX, b"first", &[]),
        batcher.send(3, INBOX, b"not read", &hashes(&[3, 4])),
        // Somebody else's blobs to the inbox count as well, and so do the batcher's to somebody else.
        other.send(3, INBOX, b"", &hashes(&[5])),
        batcher.send(3, elsewhere, b"", &hashes(&[6])),
        other.send(2, elsewhere, b"", &[]),
        batcher.send(3, INBOX, b"", &hashes(&[7])),
        batcher.send(0, INBOX, b"last", &[]),
    ];
    let (pieces, ignored) = read(&block, &batcher, true);
    assert_eq!(
        pieces,
        [
            calldata(b"first"),
            Piece::Blob(2, 3),
            Piece::Blob(3, 4),
            Piece::Blob(6, 7),
            calldata(b"last")
        ]
    );
    let stranger = NotBatcherData::OtherSender(other.address());
    assert_eq!(ignored, [(3, stranger)]);
}

#[test]
fn d55_d159_calldata_of_blob_transactions_counts_until_l1_is_past_ecotone() {
    let batcher = Account::new(1);
    let block = [batcher.send(3, INBOX, b"data", &hashes(&[9]))];
    // By the L1 block's time, whatever the L2 chain's is: it started long before.
    let mut rules = rules(|fork| match fork {
        Fork::Bedrock | Fork::Regolith | Fork::Canyon | Fork::Delta => Some(0),
        Fork::Ecotone => Some(5000),
        _ => None,
    });
    rules.rollup.genesis.l2_time = 1000;
    for (time, want) in [
        (4999, calldata(b"data")),
        (5000, Piece::Blob(0, 9)),
        (5001, Piece::Blob(0, 9)),
    ] {
        let blobs = rules.at_inclusion(InclusionTime(time)).blobs;
        let (pieces, ignored) = read(&block, &batcher, blobs);
        assert_eq!((pieces, ignored), (vec![want], vec![]), "at {time}");
    }
}

#[test]
fn d56_types_and_senders_of_batcher_transactions() {
    let (batcher, other) = (Account::new(1), Account::new(2));
    let unknown = |kind: u8| {
        let mut raw = batcher.send(2, INBOX, b"x", &[]).to_vec();
        raw[0] = kind;
        Bytes::from(raw)
    };
    // (transaction, calldata if it counts, event if it is ignored)
    let cases: Vec<(Bytes, bool, Option<NotBatcherData>)> = vec![
        (batcher.send(0, INBOX, b"x", &[]), true, None),
        (batcher.send(1, INBOX, b"x", &[]), true, None),
        (batcher.send(2, INBOX, b"x", &[]), true, None),
        (batcher.send(3, INBOX, b"x", &hashes(&[1])), true, None),
        (batcher.send_unprotected(INBOX, b"x"), true, None),
        (deposit(batcher.address(), INBOX, b"x"), true, None),
        (
            batcher.send(4, INBOX, b"x", &[]),
            false,
            Some(NotBatcherData::Type(4)),
        ),
        // Where an unknown type has its recipient nobody knows.
        (unknown(5), false, None),
        (unknown(0x7d), false, None),
        (unknown(0x7f), false, None),
        (Bytes::new(), false, None),
        (batcher.send(2, Address::ZERO, b"x", &[]), false, None),
        (
            batcher.send_elsewhere(INBOX, b"x"),
            false,
            Some(NotBatcherData::NoSender),
        ),
        (
            deposit(other.address(), INBOX, b"x"),
            false,
            Some(NotBatcherData::OtherSender(other.address())),
        ),
        (
            other.send(2, INBOX, b"x", &[]),
            false,
            Some(NotBatcherData::OtherSender(other.address())),
        ),
        // EIP-2: the same signature with the other s.
        (
            batcher.send_altered(2, INBOX, b"x", &[], |signature| {
                Signature::new(signature.r(), N - signature.s(), !signature.v())
            }),
            false,
            Some(NotBatcherData::NoSender),
        ),
        (
            batcher.send_altered(2, INBOX, b"x", &[], |signature| {
                Signature::new(N, signature.s(), signature.v())
            }),
            false,
            Some(NotBatcherData::NoSender),
        ),
    ];
    for (i, (tx, counts, why)) in cases.into_iter().enumerate() {
        let (pieces, ignored) = read(&[tx], &batcher, false);
        let want = if counts { vec![calldata(b"x")] } else { vec![] };
        assert_eq!(pieces, want, "case {i}");
        let why: Vec<_> = why.map(|why| (0, why)).into_iter().collect();
        assert_eq!(ignored, why, "case {i}");
    }
}

#[test]
fn d56_no_truncated_transaction_counts() {
    let batcher = Account::new(1);
    for tx in [
        batcher.send(0, INBOX, b"x", &[]),
        batcher.send(2, INBOX, b"x", &[]),
        batcher.send(3, INBOX, b"x", &hashes(&[1])),
        deposit(batcher.address(), INBOX, b"x"),
    ] {
        for cut in 0..tx.len() {
            let (pieces, _) = read(&[tx.slice(..cut)], &batcher, true);
            assert_eq!(pieces, [], "{tx} cut to {cut}");
        }
        let longer: Bytes = [&tx[..], &[0]].concat().into();
        let (pieces, _) = read(&[longer], &batcher, true);
        // A deposit has no signature to cover it; L1 lets none be longer.
        assert_eq!(pieces.len(), usize::from(tx[0] == 0x7e));
    }
}

//! Who may send data, in which transactions, and where deposits come from.

use crate::basics::{channel_item, singular};
use alloy_primitives::{Address, Bytes};
use hoike_derive::{Event, NotBatcherData};
use hoike_protocol::{Fork, blob::BlobFault, config::update::ConfigUpdate, deposit::DepositTx};
use hoike_testkit::{
    Blob, Chain, Deposit, INBOX, Judged, Key, L1_CHAIN, L1Log, L1Tx, Meaning, PORTAL, Pace, Setup,
    derive,
};

/// A chain whose next three blocks are to be sent, and the item.
fn chain_and_item(fork: Fork) -> (Chain, Bytes) {
    let mut chain = Setup::at(fork).begin();
    let blocks = chain.blocks(3);
    (chain, channel_item(1, &singular(&blocks)))
}

fn ignored(judged: &Judged) -> Vec<(u64, NotBatcherData)> {
    judged.pick(|event| match event {
        Event::InboxTransactionIgnored { index, why } => Some((*index, *why)),
        _ => None,
    })
}

/// Blobs and calldata count in the order of the transactions; foreign blobs before, between and after shift the indices only.
#[test]
fn d54_d53_blobs_among_others() {
    let mut chain = Setup::at(Fork::Holocene).begin();
    let items: Vec<Bytes> = (1..=4)
        .map(|id| channel_item(id, &singular(&chain.blocks(2))))
        .collect();
    let foreign = |n: u8| {
        let blob = Blob::carrying(&[n; 40]);
        let someone = Key::named("someone");
        let to = Address::repeat_byte(n);
        L1Tx::blobs(
            &someone,
            L1_CHAIN,
            to,
            vec![blob.clone(), blob],
            Bytes::new(),
        )
    };
    let (stranger, mine) = (Key::named("stranger"), chain.batcher.clone());
    let carry = |item: &Bytes| Blob::carrying(item);
    let mut broken = Blob::carrying(&items[0]).contents;
    // The encoding version.
    broken[1] = 1;
    let second = L1Tx::blobs(
        &mine,
        L1_CHAIN,
        INBOX,
        vec![Blob::of(broken), carry(&items[1])],
        // From Ecotone on a blob transaction's calldata does not count.
        items[3].clone(),
    );
    let by_stranger = L1Tx::blobs(
        &stranger,
        L1_CHAIN,
        INBOX,
        vec![carry(&items[3])],
        Bytes::new(),
    );
    chain
        .l1()
        .tx(foreign(1))
        .blobs(&items[..1])
        .tx(foreign(2))
        .tx(second)
        .tx(by_stranger)
        .calldata(items[2].clone())
        .blobs(&items[3..])
        .tx(foreign(3))
        .mine();
    let judged = chain.check();
    let broken = judged.pick(|event| match event {
        Event::BlobIgnored { why, .. } => Some(*why),
        _ => None,
    });
    assert_eq!(broken, [BlobFault::Version(1)]);
    assert_eq!(
        ignored(&judged),
        [(4, NotBatcherData::OtherSender(stranger.address()))]
    );
    assert!(judged.batch_drops().is_empty(), "{}", judged.told());
    // The driver holds each blob's index against the block's list.
    let store = chain.store();
    assert_eq!(derive(&chain, &store, 0, Pace::default()).blocks.len(), 8);
}

#[test]
fn d55_blob_transactions_have_calldata_before_ecotone() {
    let (mut chain, item) = chain_and_item(Fork::Delta);
    let blob = Blob::carrying(b"no frames");
    let tx = L1Tx::blobs(&chain.batcher, L1_CHAIN, INBOX, vec![blob], item);
    chain.l1().tx(tx).mine();
    chain.check();
}

#[test]
fn d56_transactions_that_carry_batches() {
    let batcher = Key::named("batcher");
    let deposit = |data: &Bytes, from: Address| {
        let tx = DepositTx {
            source_hash: Default::default(),
            from,
            to: Some(INBOX),
            mint: Default::default(),
            value: Default::default(),
            gas: 1,
            is_system: false,
            data,
        };
        L1Tx::raw(tx.encode())
    };
    let signed = |key: &Key, kind, chain| {
        let key = key.clone();
        move |item: &Bytes| L1Tx::calldata(&key, kind, chain, INBOX, item.clone())
    };
    let stranger = Key::named("stranger");
    type Make<'a> = Box<dyn Fn(&Bytes) -> L1Tx + 'a>;
    let rows: Vec<(Make<'_>, Option<NotBatcherData>)> = vec![
        (Box::new(signed(&batcher, 0, L1_CHAIN)), None),
        (Box::new(signed(&batcher, 1, L1_CHAIN)), None),
        (Box::new(signed(&batcher, 2, L1_CHAIN)), None),
        (Box::new(|item| deposit(item, batcher.address())), None),
        (
            Box::new(signed(&batcher, 4, L1_CHAIN)),
            Some(NotBatcherData::Type(4)),
        ),
        (
            Box::new(signed(&stranger, 2, L1_CHAIN)),
            Some(NotBatcherData::OtherSender(stranger.address())),
        ),
        (
            Box::new(|item| deposit(item, stranger.address())),
            Some(NotBatcherData::OtherSender(stranger.address())),
        ),
        (
            Box::new(signed(&batcher, 2, L1_CHAIN + 1)),
            Some(NotBatcherData::NoSender),
        ),
    ];
    for (make, refused) in rows {
        let (mut chain, item) = chain_and_item(Fork::Holocene);
        let tx = make(&item);
        chain.l1().tx(tx).mine();
        if refused.is_some() {
            chain.rewind(0);
        }
        let judged = chain.check();
        let want: Vec<_> = refused.map(|why| (0, why)).into_iter().collect();
        assert_eq!(ignored(&judged), want);
    }
}

/// An update counts for its own block's data already.
#[test]
fn d56_d184_the_new_batcher_counts_in_the_block_of_its_update() {
    for (new, derived) in [(true, 3), (false, 0)] {
        let (mut chain, item) = chain_and_item(Fork::Granite);
        let second = Key::named("second");
        let old = chain.batcher.clone();
        let by = if new { &second } else { &old };
        let tx = L1Tx::calldata(by, 2, L1_CHAIN, INBOX, item);
        chain
            .l1()
            .tx(tx)
            .update(&ConfigUpdate::Batcher(second.address()))
            .mine();
        chain.rewind(derived);
        let judged = chain.check();
        assert_eq!(ignored(&judged).len(), usize::from(!new));
    }
}

/// The index in the source hash counts all logs of the block, also those of failed receipts and of contracts that do not matter.
#[test]
fn d62_deposits_are_numbered_by_block() {
    let mut chain = Setup::at(Fork::Isthmus).begin();
    let (a, b) = (chain.users[0].address(), chain.users[1].address());
    let deposit = Deposit::of(a, b, 5);
    let failed = L1Tx::calldata(&Key::named("someone"), 2, L1_CHAIN, PORTAL, Bytes::new())
        .with_log(Deposit::of(b, a, 6).log(PORTAL))
        .failed();
    let creation = Deposit {
        to: None,
        data: vec![0x60, 1, 0x60, 0, 0xf3].into(),
        ..deposit.clone()
    };
    let number = chain
        .l1()
        .noise()
        .tx(failed)
        .logs(vec![deposit.log(PORTAL), creation.log(PORTAL)])
        .noise()
        .deposit(&deposit)
        .mine();
    // The same event of another contract is none.
    let elsewhere = L1Log {
        meaning: Meaning::Nothing,
        ..deposit.log(Address::repeat_byte(0xdf))
    };
    let other = chain.l1().logs(vec![elsewhere]).mine();
    let blocks = chain.fill_epochs();
    chain
        .l1()
        .calldata(channel_item(1, &singular(&blocks)))
        .mine();
    assert_eq!(chain.l1_block(number).deposits.len(), 3);
    assert_eq!(chain.block(6).origin.number, number);
    assert_eq!(chain.block(6).attributes.transactions.len(), 5);
    assert_eq!(chain.block(12).origin.number, other);
    chain.check();
}

/// The L1 block's own time decides whether a blob transaction gives its blobs.
#[test]
fn d159_blobs_by_the_time_of_the_l1_block() {
    // Seconds until Ecotone; the data is in the block of second 12.
    for (ecotone, blobs) in [(12, true), (13, false), (24, false)] {
        let mut chain = Setup::at(Fork::Delta).then(Fork::Ecotone, ecotone).begin();
        let in_blob = channel_item(1, &singular(&chain.blocks(2)));
        chain.rewind(0);
        let in_calldata = channel_item(2, &singular(&chain.empty_blocks(3)));
        if blobs {
            chain.rewind(0).blocks(2);
        }
        let tx = L1Tx::blobs(
            &chain.batcher,
            L1_CHAIN,
            INBOX,
            vec![Blob::carrying(&in_blob)],
            in_calldata,
        );
        chain.l1().tx(tx).mine();
        chain.check();
    }
}

/// Each L1 block's data is its own.
#[test]
fn d173_no_data_of_the_block_before() {
    let mut chain = Setup::at(Fork::Holocene).begin();
    for id in 1..=3 {
        let item = channel_item(id, &singular(&chain.blocks(2)));
        chain.l1().blobs(&[item]).mine();
        chain.mine(1);
    }
    let judged = chain.check();
    let frames = judged.pick(|event| match event {
        Event::FramesRead { count } => Some(*count),
        _ => None,
    });
    assert_eq!(frames, [1, 1, 1]);
    assert!(judged.batch_drops().is_empty());
}

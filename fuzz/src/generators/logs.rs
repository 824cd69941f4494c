//! Receipts with logs of the portal and the SystemConfig contract, and of others.

use super::Feed;
use alloy_consensus::{Receipt, ReceiptWithBloom};
use alloy_primitives::{Address, B64, B256, Bytes, Log, U256};
use hoike_protocol::{
    config::update::{CONFIG_UPDATE_EVENT, ConfigUpdate},
    deposit::DEPOSIT_EVENT,
};
use hoike_testkit::{
    Deposit, L1Log, Meaning, PORTAL, Rng, SYSTEM_CONFIG, adversary,
    l1::{abi, update_log},
};

/// A block's receipts, and the type byte of each.
pub fn receipts(feed: &mut Feed<'_>) -> Vec<(u8, ReceiptWithBloom<Receipt>)> {
    let mut receipts = Vec::new();
    for _ in 0..1 + feed.below(4) {
        let head = feed.byte();
        let logs = (0..head >> 4 & 3).map(|_| log(feed)).collect();
        let receipt = Receipt {
            status: (head & 1 == 0).into(),
            cumulative_gas_used: feed.number(),
            logs,
        };
        let kind = feed.pick(&[0, 1, 2, 3, 4, 0x7e, 0x30, 0x7f]);
        receipts.push((kind, ReceiptWithBloom::from(receipt)));
    }
    receipts
}

/// A log: as it should be, damaged, or any.
pub fn log(feed: &mut Feed<'_>) -> Log {
    let honest = match feed.below(4) {
        0 => Deposit {
            from: Address::repeat_byte(feed.byte()),
            to: feed.flag().then(|| Address::repeat_byte(feed.byte())),
            mint: U256::from(feed.number()),
            value: U256::from(feed.number()),
            gas: feed.number(),
            data: Bytes::copy_from_slice(feed.bytes()),
        }
        .log(PORTAL),
        1 => update_log(SYSTEM_CONFIG, &update(feed)),
        2 => raw(feed, PORTAL, DEPOSIT_EVENT),
        _ => raw(feed, SYSTEM_CONFIG, CONFIG_UPDATE_EVENT),
    };
    match feed.byte() {
        0..0xa0 => honest.log,
        0xa0..0xf0 => adversary::log(&honest, &mut Rng::new(feed.u16().into())),
        _ => Log {
            address: Address::repeat_byte(1),
            ..honest.log
        },
    }
}

/// A log of an event with any topics and data.
fn raw(feed: &mut Feed<'_>, address: Address, event: B256) -> L1Log {
    let mut topics = vec![event];
    for _ in 0..feed.pick(&[2, 3, 0, 1]) {
        topics.push(match feed.byte() {
            small @ 0..16 => B256::with_last_byte(small),
            _ => B256::left_padding_from(feed.take(32)),
        });
    }
    let data = match feed.byte() {
        // The words as they are.
        0..0x80 => abi(feed.bytes()),
        _ => Bytes::copy_from_slice(feed.bytes()),
    };
    L1Log {
        log: Log::new_unchecked(address, topics, data),
        meaning: Meaning::Nothing,
    }
}

/// An update of any type.
pub fn update(feed: &mut Feed<'_>) -> ConfigUpdate {
    match feed.below(8) {
        0 => ConfigUpdate::Batcher(Address::repeat_byte(feed.byte())),
        1 => ConfigUpdate::FeeScalars {
            overhead: U256::from(feed.number()),
            scalar: {
                let (version, padding, low) =
                    (feed.pick(&[0, 1, 2]), feed.pick(&[0, 0, 1]), feed.number());
                let mut scalar = B256::from(U256::from(low));
                scalar[0] = version;
                scalar[1 + feed.below(23)] = padding;
                scalar
            },
        },
        2 => ConfigUpdate::GasLimit(feed.number()),
        3 => ConfigUpdate::UnsafeBlockSigner,
        4 => ConfigUpdate::Eip1559Params(B64::from(
            feed.number() << 32 | feed.number() & 0xffff_ffff,
        )),
        5 => ConfigUpdate::OperatorFee(B256::from(U256::from(feed.number()) << 40)),
        6 => ConfigUpdate::MinBaseFee(feed.number()),
        _ => ConfigUpdate::DaFootprintGasScalar(feed.u16()),
    }
}

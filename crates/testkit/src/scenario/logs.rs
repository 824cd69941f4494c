//! Deposits and config updates of a scenario, and what looks like them.

use super::Mood;
use super::frames::BATCHERS;
use crate::adversary;
use crate::keys::Key;
use crate::l1::{Deposit, L1Log, L1Tx, Meaning, update_log};
use crate::rng::Rng;
use crate::setup::{L1_CHAIN, PORTAL, SYSTEM_CONFIG};
use alloy_primitives::{Address, B64, B256, Bytes, U256};
use hoike_protocol::config::update::ConfigUpdate;
use std::sync::OnceLock;

/// Somebody's transactions with the logs of one L1 block.
pub(super) fn random(mood: &Mood, rng: &mut Rng) -> Vec<L1Tx> {
    let mut out = Vec::new();
    while rng.one_in(3) {
        let logs = (0..=rng.below(3)).map(|_| log(mood, rng)).collect();
        let tx = L1Tx { logs, ..bearer() };
        // Logs of a failed transaction are none.
        out.push(if rng.one_in(10) { tx.failed() } else { tx });
    }
    out
}

/// A transaction that logs; signed once, since nobody looks at it.
fn bearer() -> L1Tx {
    static RAW: OnceLock<Bytes> = OnceLock::new();
    let raw = RAW.get_or_init(|| {
        let to = Address::repeat_byte(0x0a);
        L1Tx::calldata(&Key::named("someone"), 2, L1_CHAIN, to, Bytes::new()).raw
    });
    L1Tx::raw(raw.clone())
}

fn log(mood: &Mood, rng: &mut Rng) -> L1Log {
    let is_deposit = rng.one_in(2);
    let mut honest = if is_deposit {
        deposit(rng).log(PORTAL)
    } else {
        update_log(SYSTEM_CONFIG, &update(mood.fatal, rng))
    };
    if rng.one_in(12) {
        honest.log.address = Address::repeat_byte(0x11);
        honest.meaning = Meaning::Nothing;
    } else if rng.one_in(mood.damage) && (!is_deposit || mood.fatal) {
        // A deposit that cannot be read ends the chain.
        let log = adversary::log(&honest, rng);
        let meaning = Meaning::Nothing;
        return L1Log { log, meaning };
    }
    honest
}

fn deposit(rng: &mut Rng) -> Deposit {
    let address = |rng: &mut Rng| Address::from_slice(&rng.bytes(20));
    let wei = |rng: &mut Rng| match rng.below(3) {
        0 => U256::ZERO,
        1 => U256::from(rng.next_u64()),
        _ => U256::from_be_slice(&rng.bytes(16)),
    };
    let length = *rng.pick(&[0, 1, 31, 32, 33, 100]);
    Deposit {
        from: address(rng),
        to: (!rng.one_in(4)).then(|| address(rng)),
        mint: wei(rng),
        value: wei(rng),
        gas: rng.next_u64() >> rng.below(64),
        data: rng.bytes(length).into(),
    }
}

pub(super) fn update(fatal: bool, rng: &mut Rng) -> ConfigUpdate {
    match rng.below(10) {
        0 | 1 => {
            let name = BATCHERS[rng.below(2)];
            ConfigUpdate::Batcher(Key::named(name).address())
        }
        2 | 3 => ConfigUpdate::FeeScalars {
            overhead: U256::from(rng.next_u64()),
            scalar: scalar(fatal, rng),
        },
        4 => ConfigUpdate::GasLimit(rng.next_u64() >> (2 + rng.below(40))),
        5 => {
            let mut params = [0; 8];
            if rng.one_in(2) {
                params.copy_from_slice(&rng.bytes(8));
                // Neither half may be zero.
                (params[3], params[7]) = (params[3] | 1, params[7] | 1);
            }
            ConfigUpdate::Eip1559Params(B64::new(params))
        }
        6 => ConfigUpdate::OperatorFee(B256::from_slice(&rng.bytes(32))),
        7 => ConfigUpdate::MinBaseFee(rng.next_u64()),
        8 => ConfigUpdate::DaFootprintGasScalar(rng.next_u64() as u16 >> rng.below(17).min(15)),
        _ => ConfigUpdate::UnsafeBlockSigner,
    }
}

/// Scalars of version 1, of version 0, of version 0 with something in its padding; in fatal scenarios, of no version.
fn scalar(fatal: bool, rng: &mut Rng) -> B256 {
    let mut scalar = B256::ZERO;
    scalar[24..].copy_from_slice(&rng.bytes(8));
    match rng.below(8) {
        0 => scalar[..28].fill(0),
        1 => {}
        2 if fatal => scalar[0] = 2,
        3 => {
            scalar[0] = 1;
            scalar[20] = 3;
        }
        _ => scalar[0] = 1,
    }
    scalar
}

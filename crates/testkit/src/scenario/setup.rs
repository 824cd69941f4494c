//! What a scenario's chain is like before it begins: forks, windows, times.

use super::logs;
use crate::chain::Chain;
use crate::l1::{self, L1Forks};
use crate::rng::Rng;
use crate::setup::{GENESIS_TIME, Setup};
use hoike_protocol::Fork;
use hoike_protocol::config::update::ConfigUpdate;
use hoike_protocol::rules::BlobSchedule;

/// Bedrock to Jovian. Karst's upgrade transactions differ between versions of the reference.
const FORKS: [Fork; 10] = [
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
];

pub(super) fn random(rng: &mut Rng) -> Setup {
    let first = rng.below(FORKS.len());
    let mut setup = Setup::at(FORKS[first]);
    setup.block_time = *rng.pick(&[1, 2, 3, 4, 4, 6, 6, 12, 300, 700]);
    // With blocks as long as these, a few of them are past any drift.
    setup.l1_block_time = if setup.block_time >= 300 && rng.one_in(2) {
        setup.block_time
    } else {
        12
    };
    let stride = setup.l1_block_time as usize;
    let mut seconds = 0_u64;
    for fork in FORKS.into_iter().skip(first + 1).take(rng.below(6)) {
        // Often together with the fork before, or within the same L1 block.
        seconds += match rng.below(4) {
            0 if seconds > 0 => 0,
            1 => 1 + rng.below(stride) as u64,
            _ => 1 + rng.below(12 * stride) as u64,
        };
        // op-node makes no stages of Holocene's where another fork is activated before it in the same L1 block (decision 1). One scenario in a
        // hundred may show that; the others are of use for all that comes after.
        if fork == Fork::Holocene && seconds > 0 && !rng.one_in(100) {
            seconds += 4 * setup.l1_block_time + 30;
        }
        setup = setup.then(fork, seconds);
    }
    setup.seq_window_size = *rng.pick(&[2, 3, 4, 6, 8, 12, 20, 40]);
    setup.channel_timeout = *rng.pick(&[1, 2, 3, 5, 8, 20]);
    setup.max_sequencer_drift = *rng.pick(&[4, 12, 20, 40, 100, 600]);
    setup.l1_before_genesis = rng.below(3) as u64;
    let at = |rng: &mut Rng| GENESIS_TIME + rng.below(20 * stride) as u64;
    let cancun = match rng.below(4) {
        0 => Some(at(rng)),
        1 if first < 4 => None,
        _ => Some(0),
    };
    let prague = cancun
        .filter(|_| rng.one_in(2))
        .map(|from| from.max(at(rng)));
    setup.l1_forks = L1Forks {
        shanghai: cancun.map(|_| 0),
        cancun,
        prague,
    };
    let mut schedule = Vec::new();
    let mut time = cancun;
    for update_fraction in [3_338_477, 5_007_716, 5_007_716, 8_346_193, 11_684_671] {
        let Some(from) = time else { break };
        schedule.push(BlobSchedule {
            time: from,
            update_fraction,
        });
        time = match schedule.len() {
            1 => prague,
            _ => (!rng.one_in(3)).then(|| from + 1 + rng.below(5 * stride) as u64),
        };
    }
    setup.blob_schedule = schedule;
    if rng.one_in(3) {
        for _ in 0..4 {
            let update = logs::update(false, rng);
            // Who the batcher is stays, or nothing would be read.
            if !matches!(update, ConfigUpdate::Batcher(_)) {
                l1::apply(&update, &mut setup.system_config, rng.one_in(2));
            }
        }
    }
    setup.pectra_blob_schedule_time = rng.one_in(4).then(|| at(rng));
    setup
}

/// Seconds to the next L1 block: mostly as usual, at times next to nothing or a long while.
pub(super) fn seconds_to_next(chain: &Chain, rng: &mut Rng) -> u64 {
    let usual = chain.setup.l1_block_time;
    match rng.below(12) {
        0 => 1,
        1 => 1 + rng.below(2 * usual as usize) as u64,
        2 => usual * (2 + rng.below(3) as u64),
        3 if rng.one_in(8) => 150 * chain.setup.block_time.min(14),
        _ => usual,
    }
}

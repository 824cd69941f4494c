//! The L1 chains that rollups of the registry settle on.

use alloc::borrow::Cow;
use hoike_protocol::rules::{BlobSchedule, L1Config};

/// The configuration of Ethereum mainnet, Sepolia, Holesky or Hoodi; `None` for any other chain id.
///
/// Parameters: EIP-4844, EIP-7691, EIP-7892; times: EIP-7569 (Dencun), EIP-7600 (Pectra), EIP-7607 (Fusaka and its two parameter forks).
pub const fn l1_config(chain_id: u64) -> Option<L1Config> {
    let blob_schedule: &'static [BlobSchedule] = match chain_id {
        1 => &MAINNET,
        17_000 => &HOLESKY,
        560_048 => &HOODI,
        11_155_111 => &SEPOLIA,
        _ => return None,
    };
    Some(L1Config {
        chain_id,
        blob_schedule: Cow::Borrowed(blob_schedule),
    })
}

static MAINNET: [BlobSchedule; 5] = schedule(Times {
    cancun: 1_710_338_135,
    prague: 1_746_612_311,
    osaka: 1_764_798_551,
    bpo1: 1_765_290_071,
    bpo2: 1_767_747_671,
});

static HOLESKY: [BlobSchedule; 5] = schedule(Times {
    cancun: 1_707_305_664,
    prague: 1_740_434_112,
    osaka: 1_759_308_480,
    bpo1: 1_759_800_000,
    bpo2: 1_760_389_824,
});

static HOODI: [BlobSchedule; 5] = schedule(Times {
    cancun: 0,
    prague: 1_742_999_832,
    osaka: 1_761_677_592,
    bpo1: 1_762_365_720,
    bpo2: 1_762_955_544,
});

static SEPOLIA: [BlobSchedule; 5] = schedule(Times {
    cancun: 1_706_655_072,
    prague: 1_741_159_776,
    osaka: 1_760_427_360,
    bpo1: 1_761_017_184,
    bpo2: 1_761_607_008,
});

struct Times {
    cancun: u64,
    prague: u64,
    osaka: u64,
    bpo1: u64,
    bpo2: u64,
}

/// All four chains have the same parameters, at different times.
const fn schedule(times: Times) -> [BlobSchedule; 5] {
    [
        entry(times.cancun, 3_338_477),
        entry(times.prague, 5_007_716),
        entry(times.osaka, 5_007_716),
        entry(times.bpo1, 8_346_193),
        entry(times.bpo2, 11_684_671),
    ]
}

const fn entry(time: u64, update_fraction: u64) -> BlobSchedule {
    BlobSchedule {
        time,
        update_fraction,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// EIP-4844; EIP-7691, which Osaka keeps; the two parameter forks of EIP-7607.
    #[test]
    fn d64_update_fractions_of_the_five_steps() {
        let steps = schedule(Times {
            cancun: 1,
            prague: 2,
            osaka: 3,
            bpo1: 4,
            bpo2: 5,
        });
        let steps = steps.map(|step| (step.time, step.update_fraction));
        let expected = [
            (1, 3_338_477),
            (2, 5_007_716),
            (3, 5_007_716),
            (4, 8_346_193),
            (5, 11_684_671),
        ];
        assert_eq!(steps, expected);
    }
}

//! The L1 chains that rollups of the registry settle on.

use alloc::borrow::Cow;
use hoike_protocol::rules::{BlobSchedule, L1Config};

/// The configuration of Ethereum mainnet, Sepolia, Holesky or Hoodi; `None` for any other chain id.
///
/// Blob parameters: EIP-4844 (Cancun), EIP-7691 (Prague), EIP-7892 (the forks after Osaka); times: EIP-7607 and each network's configuration.
pub const fn l1_config(chain_id: u64) -> Option<L1Config> {
    let blob_schedule: &'static [BlobSchedule] = match chain_id {
        MAINNET => {
            &const {
                schedule([
                    1_710_338_135,
                    1_746_612_311,
                    1_764_798_551,
                    1_765_290_071,
                    1_767_747_671,
                ])
            }
        }
        SEPOLIA => {
            &const {
                schedule([
                    1_706_655_072,
                    1_741_159_776,
                    1_760_427_360,
                    1_761_017_184,
                    1_761_607_008,
                ])
            }
        }
        HOLESKY => {
            &const {
                schedule([
                    1_707_305_664,
                    1_740_434_112,
                    1_759_308_480,
                    1_759_800_000,
                    1_760_389_824,
                ])
            }
        }
        HOODI => {
            &const {
                schedule([
                    0,
                    1_742_999_832,
                    1_761_677_592,
                    1_762_365_720,
                    1_762_955_544,
                ])
            }
        }
        _ => return None,
    };
    Some(L1Config {
        chain_id,
        blob_schedule: Cow::Borrowed(blob_schedule),
    })
}

/// Cancun, Prague, Osaka, BPO1, BPO2: all four chains have the same parameters at different times.
const fn schedule([cancun, prague, osaka, bpo1, bpo2]: [u64; 5]) -> [BlobSchedule; 5] {
    [
        BlobSchedule {
            time: cancun,
            update_fraction: 3_338_477,
        },
        BlobSchedule {
            time: prague,
            update_fraction: 5_007_716,
        },
        BlobSchedule {
            time: osaka,
            update_fraction: 5_007_716,
        },
        BlobSchedule {
            time: bpo1,
            update_fraction: 8_346_193,
        },
        BlobSchedule {
            time: bpo2,
            update_fraction: 11_684_671,
        },
    ]
}

const MAINNET: u64 = 1;
const SEPOLIA: u64 = 11_155_111;
const HOLESKY: u64 = 17_000;
const HOODI: u64 = 560_048;

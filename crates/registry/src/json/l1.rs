//! The L1 chain's configuration.

use super::{
    ConfigError, Fault,
    document::{Json, anything, at_fault, number, positive},
};
use alloc::{borrow::Cow, vec::Vec};
use hoike_protocol::rules::{BlobSchedule, L1Config};

/// Reads an L1 chain config in the JSON form of geth (`ChainConfig`), or of a genesis file that has one under `config`.
///
/// Of its forks only those with blob parameters matter (EIP-7840, EIP-7892): each that has a time must have its entry in `blobSchedule`.
///
/// # Errors
/// The first field that cannot be used, and why; paths are those inside the chain config.
pub fn l1_config_json(json: &[u8]) -> Result<L1Config, ConfigError> {
    let mut config = Json::parse(json)?;
    if let Json::Object(members) = &mut config
        && !members.contains_key("chainId")
        && let Some(inner) = members.remove("config")
    {
        config = inner;
    }
    check_keys(&config)?;
    Ok(L1Config {
        chain_id: config.required("chainId", positive("no chain has the id 0"))?,
        blob_schedule: Cow::Owned(blob_schedule(&config)?),
    })
}

fn blob_schedule(config: &Json) -> Result<Vec<BlobSchedule>, ConfigError> {
    let mut schedule = Vec::new();
    let mut newest: Option<(&'static str, u64)> = None;
    for (key, entry, fraction) in BLOB_FORKS {
        let Some(time) = config.optional(key, number)? else {
            continue;
        };
        if let Some((predecessor, predecessor_time)) = newest
            && time < predecessor_time
        {
            return Err(at_fault(
                key,
                Fault::OutOfOrder {
                    time,
                    predecessor,
                    predecessor_time,
                },
            ));
        }
        config.required(entry, anything)?;
        let update_fraction = config.required(
            fraction,
            positive("the blob base fee is computed by dividing by it"),
        )?;
        schedule.push(BlobSchedule {
            time,
            update_fraction,
        });
        newest = Some((key, time));
    }
    Ok(schedule)
}

/// Time, entry and update fraction of each fork with blob parameters, oldest first. D64: the schedule's keys are lower case.
const BLOB_FORKS: [(&str, &str, &str); 9] = [
    (
        "cancunTime",
        "blobSchedule.cancun",
        "blobSchedule.cancun.baseFeeUpdateFraction",
    ),
    (
        "pragueTime",
        "blobSchedule.prague",
        "blobSchedule.prague.baseFeeUpdateFraction",
    ),
    (
        "osakaTime",
        "blobSchedule.osaka",
        "blobSchedule.osaka.baseFeeUpdateFraction",
    ),
    (
        "bpo1Time",
        "blobSchedule.bpo1",
        "blobSchedule.bpo1.baseFeeUpdateFraction",
    ),
    (
        "bpo2Time",
        "blobSchedule.bpo2",
        "blobSchedule.bpo2.baseFeeUpdateFraction",
    ),
    (
        "bpo3Time",
        "blobSchedule.bpo3",
        "blobSchedule.bpo3.baseFeeUpdateFraction",
    ),
    (
        "bpo4Time",
        "blobSchedule.bpo4",
        "blobSchedule.bpo4.baseFeeUpdateFraction",
    ),
    (
        "bpo5Time",
        "blobSchedule.bpo5",
        "blobSchedule.bpo5.baseFeeUpdateFraction",
    ),
    (
        "amsterdamTime",
        "blobSchedule.amsterdam",
        "blobSchedule.amsterdam.baseFeeUpdateFraction",
    ),
];

fn check_keys(config: &Json) -> Result<(), ConfigError> {
    config.check_keys(
        "",
        &[
            "chainId",
            "shanghaiTime",
            "cancunTime",
            "pragueTime",
            "osakaTime",
            "bpo1Time",
            "bpo2Time",
            "bpo3Time",
            "bpo4Time",
            "bpo5Time",
            "amsterdamTime",
            "blobSchedule",
        ],
    )?;
    config.check_keys(
        "blobSchedule",
        &[
            "cancun",
            "prague",
            "osaka",
            "bpo1",
            "bpo2",
            "bpo3",
            "bpo4",
            "bpo5",
            "amsterdam",
        ],
    )
}

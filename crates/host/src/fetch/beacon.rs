//! Blobs, from beacon nodes, checked by computing their commitments.

use super::{Fetch, parse};
use crate::net::{Call, Class, Failure, Fault, Patience, Way};
use alloy_eips::eip4844::kzg_to_versioned_hash;
use alloy_primitives::{B256, Bytes};
use hoike_kzg::Native;
use hoike_preimage::{BLOB_BYTES, Commitment};
use serde::Deserialize;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// A blob and what it commits to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FetchedBlob {
    /// Its versioned hash.
    pub hash: B256,
    /// Its commitment.
    pub commitment: Commitment,
    /// Its contents, 131,072 bytes.
    pub contents: Bytes,
}

/// How times become slots.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Slots {
    genesis: u64,
    seconds: u64,
}

#[derive(Deserialize)]
struct Data<T> {
    data: T,
}

#[derive(Deserialize)]
struct Genesis {
    genesis_time: String,
}

#[derive(Deserialize)]
struct Spec {
    #[serde(rename = "SECONDS_PER_SLOT")]
    seconds_per_slot: String,
}

#[derive(Deserialize)]
struct Sidecar {
    blob: Bytes,
}

impl Fetch {
    /// The blobs of these versioned hashes, of one L1 block.
    ///
    /// # Errors
    /// They cannot be had.
    pub async fn blobs(
        &self,
        time: u64,
        hashes: &[B256],
        most: Patience,
    ) -> Result<Vec<FetchedBlob>, Failure> {
        let pool = self.beacon.as_ref().ok_or_else(|| {
            Failure::Other("L1 carries blobs, and there is no beacon endpoint: give one".into())
        })?;
        let slot = self.slot(time).await?;
        // The key is repeated, as op-node does it: not every beacon node takes a list.
        let list = hashes
            .iter()
            .map(|hash| format!("versioned_hashes={hash}"))
            .collect::<Vec<_>>()
            .join("&");
        let call = |name, path| Call::Get { name, path };
        let blobs = Way::new(
            call("beacon/blobs", format!("eth/v1/beacon/blobs/{slot}?{list}")),
            |raw| {
                let blobs: Data<Vec<Bytes>> = parse(raw)?;
                choose(hashes, blobs.data)
            },
        );
        let sidecars = Way::new(
            call(
                "beacon/blob_sidecars",
                format!("eth/v1/beacon/blob_sidecars/{slot}"),
            ),
            |raw| {
                let sidecars: Data<Vec<Sidecar>> = parse(raw)?;
                choose(hashes, sidecars.data.into_iter().map(|s| s.blob))
            },
        );
        // Beacon nodes drop blobs after 4,096 epochs; what an old slot lacks does not come back.
        let now = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        let old = now.saturating_sub(Duration::from_secs(time)) > KEPT;
        let patience = match most {
            Patience::Endless if old => Patience::UntilAbsent(10),
            Patience::Endless | Patience::UntilAbsent(_) | Patience::Rounds(_) => most,
        };
        let outcome = pool.ask(&[blobs, sidecars], patience).await;
        outcome.map_err(|failure| match failure {
            Failure::Nobody { role, mut said } if old => {
                for said in &mut said {
                    if said.fault.class == Class::NotThere {
                        said.fault.class = Class::Pruned;
                    }
                }
                Failure::Nobody { role, said }
            }
            other => other,
        })
    }

    /// Asks how times become slots, so that it is known when it is needed.
    ///
    /// # Errors
    /// The beacon endpoints do not say.
    pub async fn learn_slots(&self) -> Result<(), Failure> {
        if self.beacon.is_some() {
            self.slots().await?;
        }
        Ok(())
    }

    async fn slot(&self, time: u64) -> Result<u64, Failure> {
        let Slots { genesis, seconds } = *self.slots().await?;
        time.checked_sub(genesis)
            .map(|since| since / seconds)
            .ok_or_else(|| {
                Failure::Other(format!(
                    "the beacon chain began at {genesis}, after the L1 block of time {time}: it is of another chain"
                ))
            })
    }

    async fn slots(&self) -> Result<&Slots, Failure> {
        self.slots
            .get_or_try_init(|| async {
                let pool = self
                    .beacon
                    .as_ref()
                    .ok_or_else(|| Failure::Other("there is no beacon endpoint".into()))?;
                let genesis = [Way::new(
                    Call::Get {
                        name: "beacon/genesis",
                        path: "eth/v1/beacon/genesis".into(),
                    },
                    |raw| {
                        let genesis: Data<Genesis> = parse(raw)?;
                        number(&genesis.data.genesis_time)
                    },
                )];
                let seconds = [Way::new(
                    Call::Get {
                        name: "config/spec",
                        path: "eth/v1/config/spec".into(),
                    },
                    |raw| {
                        let spec: Data<Spec> = parse(raw)?;
                        match number(&spec.data.seconds_per_slot)? {
                            0 => Err(Fault::wrong("slots of 0 seconds")),
                            seconds => Ok(seconds),
                        }
                    },
                )];
                let (genesis, seconds) = futures_util::future::join(
                    pool.ask(&genesis, Patience::Endless),
                    pool.ask(&seconds, Patience::Endless),
                )
                .await;
                Ok(Slots {
                    genesis: genesis?,
                    seconds: seconds?,
                })
            })
            .await
    }
}

fn number(text: &str) -> Result<u64, Fault> {
    text.parse()
        .map_err(|_| Fault::wrong(format_args!("{text:?} is no number")))
}

/// The wanted ones among those that came, in the order that was wanted.
fn choose(
    hashes: &[B256],
    came: impl IntoIterator<Item = Bytes>,
) -> Result<Vec<FetchedBlob>, Fault> {
    let mut found: Vec<Option<FetchedBlob>> = hashes.iter().map(|_| None).collect();
    for contents in came {
        let blob: &[u8; BLOB_BYTES] = contents[..].try_into().map_err(|_| {
            let got = contents.len();
            Fault::wrong(format_args!("a blob of {got} bytes"))
        })?;
        let commitment = Native
            .commitment(blob)
            .map_err(|why| Fault::wrong(format_args!("a blob: {why}")))?;
        let of = kzg_to_versioned_hash(&commitment);
        for (hash, found) in hashes.iter().zip(&mut found) {
            if found.is_none() && *hash == of {
                *found = Some(FetchedBlob {
                    hash: *hash,
                    commitment,
                    contents: contents.clone(),
                });
            }
        }
        if found.iter().all(Option::is_some) {
            break;
        }
    }
    let missing = hashes.iter().zip(&found).find(|(_, found)| found.is_none());
    if let Some((hash, _)) = missing {
        let why = format_args!("the slot has no blob {hash}");
        return Err(Fault::new(Class::NotThere, why));
    }
    Ok(found.into_iter().flatten().collect())
}

/// 4,096 epochs of 32 slots of 12 seconds.
const KEPT: Duration = Duration::from_secs(4096 * 32 * 12);

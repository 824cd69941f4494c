//! What is fetched, each by the ways that nodes offer, and checked before anybody sees it.
//!
//! By hash everywhere that counts: endpoints behind one address may follow different chains. What is fetched by number is a prediction, and is kept
//! only under the hash that it has.

mod beacon;
mod blocks;
mod receipts;
mod state;

pub use beacon::FetchedBlob;
pub use blocks::{At, Block};
pub(crate) use blocks::{decode_header, encode_header};
pub use state::StateRead;
pub(crate) use state::attributes_json;

use crate::net::{Failure, Fault, Meter, Pool, Role, Settings};
use alloy_primitives::{B256, Bytes};
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;
use std::sync::Arc;
use tokio::sync::OnceCell;

/// Where to ask: addresses in order of preference.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Addresses {
    /// L1 RPC.
    pub l1: Vec<String>,
    /// L1 beacon API; may be empty where L1 carries no blobs.
    pub beacon: Vec<String>,
    /// L2 RPC.
    pub l2: Vec<String>,
}

/// Nodes of one chain.
#[derive(Debug)]
pub struct Fetch {
    l1: Pool,
    beacon: Option<Pool>,
    l2: Pool,
    slots: OnceCell<beacon::Slots>,
    meter: Arc<Meter>,
}

impl Fetch {
    /// Asks nobody yet.
    ///
    /// # Errors
    /// An address that is none, or a role without one.
    pub fn new(addresses: &Addresses, settings: Settings) -> Result<Self, String> {
        let meter = Arc::new(Meter::default());
        let pool = |role, addresses: &[String]| Pool::new(role, addresses, settings, &meter);
        Ok(Self {
            l1: pool(Role::L1, &addresses.l1)?,
            beacon: match &addresses.beacon[..] {
                [] => None,
                some => Some(pool(Role::Beacon, some)?),
            },
            l2: pool(Role::L2, &addresses.l2)?,
            slots: OnceCell::new(),
            meter,
        })
    }

    /// What has been asked so far.
    pub fn meter(&self) -> &Meter {
        &self.meter
    }

    /// The endpoints of a layer, as messages name them.
    pub fn names(&self, layer: Layer) -> Vec<&str> {
        self.pool(layer).names()
    }

    const fn pool(&self, layer: Layer) -> &Pool {
        match layer {
            Layer::L1 => &self.l1,
            Layer::L2 => &self.l2,
        }
    }

    /// That the endpoints serve these chains.
    ///
    /// # Errors
    /// One serves another chain, or cannot be asked.
    pub async fn check_chains(&self, l1: u64, l2: u64) -> Result<(), Failure> {
        let check = |layer, want| async move {
            let way = [crate::net::Way::new(
                crate::net::Call::rpc("eth_chainId", serde_json::json!([])),
                move |raw| {
                    let got: alloy_primitives::U64 = parse(raw)?;
                    if got.to::<u64>() == want {
                        return Ok(());
                    }
                    let why = format_args!("chain {got}, not {want}");
                    Err(Fault::new(crate::net::Class::WrongChain, why))
                },
            )];
            self.pool(layer)
                .ask(&way, crate::net::Patience::Endless)
                .await
        };
        let (one, two) =
            futures_util::future::join(check(Layer::L1, l1), check(Layer::L2, l2)).await;
        one.and(two)
    }
}

/// Which chain a block is of.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Layer {
    /// The layer that carries the data.
    L1,
    /// The layer that is derived.
    L2,
}

/// Of an answer that has to be there: `null` says that it is not there yet.
fn parse<T: DeserializeOwned>(raw: &RawValue) -> Result<T, Fault> {
    if raw.get() == "null" {
        return Err(Fault::new(crate::net::Class::NotThere, "null"));
    }
    serde_json::from_str(raw.get()).map_err(|why| {
        Fault::new(
            crate::net::Class::Wrong,
            format_args!("of another form: {why}"),
        )
    })
}

/// Values by their keccak-256, as they are to be kept.
pub type Nodes = Vec<(B256, Bytes)>;

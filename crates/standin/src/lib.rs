//! Serves a claim folder as the nodes it came from: L1's execution node and beacon node, and L2's execution node, on loopback. For tests and
//! benchmarks of whatever fetches from nodes.
//!
//! L1 and the L2 blocks up to the agreed one are read out of the witness by walking down from the claim's L1 head and agreed output root. Later L2 blocks
//! are in no witness: the claim is run, and each block that derivation builds is executed once more by itself, so that what it reads is known and the
//! state it makes can be served. Where the witness has less than a node would, as one recorded from a single run, an error says "stand-in: …".
//!
//! ```no_run
//! use hoike_standin::{Options, Profile, Standin};
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let folder = hoike_claims::Folder::read("bin/hoike/example".as_ref())?;
//! let options = Options {
//!     profile: Profile::OpReth,
//!     latency: std::time::Duration::from_millis(50),
//!     ..Options::default()
//! };
//! let nodes = Standin::start(&folder, 0, options)?;
//! println!("{} {} {}", nodes.l1(), nodes.beacon(), nodes.l2());
//! # Ok(())
//! # }
//! ```
//!
//! What differs from real nodes: L1's withdrawals are not in any witness, so lists of them are empty whatever the header says; uncles are empty; L2
//! receipts lack the L1 fee's fields; where the witness has a header and no transactions, the block without whole transactions names none.
#![forbid(unsafe_code)]

mod beacon;
mod blobs;
mod chain;
mod data;
mod deposits;
mod faults;
mod json;
mod jsonrpc;
mod lies;
mod meter;
mod methods;
mod options;
mod preimages;
mod server;
mod state;
mod tries;

pub use data::Data;
pub use faults::{Fault, FaultCounts, Plan};
pub use meter::Counters;
pub use options::{Options, Profile, Role};

use crate::{faults::Faults, meter::Meter, server::Shared};
use hoike_claims::Folder;
use std::{
    net::{Ipv4Addr, TcpListener},
    sync::Arc,
    thread::{self, JoinHandle},
};
use tokio::sync::oneshot;

/// Three nodes that know a claim. They run on a thread of their own until this is dropped.
#[derive(Debug)]
pub struct Standin {
    shared: Arc<Shared>,
    urls: [String; 3],
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Standin {
    /// Runs a claim of a folder for what its nodes know, and serves it.
    ///
    /// # Errors
    /// As [`Data::build`] and [`Self::serve`].
    pub fn start(folder: &Folder, claim: usize, options: Options) -> Result<Self, String> {
        Self::serve(&Arc::new(Data::build(folder, claim)?), options)
    }

    /// Serves what was built before. Several may serve the same, as endpoints of one chain.
    ///
    /// # Errors
    /// A port cannot be had, or the runtime does not start.
    pub fn serve(data: &Arc<Data>, options: Options) -> Result<Self, String> {
        let ports = options.ports.unwrap_or_default();
        let mut listeners = Vec::new();
        let mut urls: [String; 3] = Default::default();
        for ((role, port), url) in Role::ALL.into_iter().zip(ports).zip(&mut urls) {
            let failed = |why: std::io::Error| format!("port {port} for {role:?}: {why}");
            let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).map_err(failed)?;
            listener.set_nonblocking(true).map_err(failed)?;
            let address = listener.local_addr().map_err(failed)?;
            *url = format!("http://{address}");
            listeners.push((role, listener));
        }
        let shared = Arc::new(Shared {
            data: data.clone(),
            faults: Faults::new(options.faults.clone()),
            options,
            meter: Meter::default(),
        });
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|why| format!("runtime: {why}"))?;
        let (stop, stopped) = oneshot::channel();
        let served = shared.clone();
        let run = move || {
            runtime.block_on(async {
                for (role, listener) in listeners {
                    let listener = tokio::net::TcpListener::from_std(listener)
                        .expect("within a runtime, a socket that does not block");
                    tokio::spawn(server::serve(listener, role, served.clone()));
                }
                // Being dropped stops it as well.
                let _ = stopped.await;
            });
            runtime.shutdown_background();
        };
        let thread = thread::Builder::new()
            .name("standin".into())
            .spawn(run)
            .map_err(|why| format!("thread: {why}"))?;
        Ok(Self {
            shared,
            urls,
            stop: Some(stop),
            thread: Some(thread),
        })
    }

    /// URL of L1's execution node.
    pub fn l1(&self) -> &str {
        &self.urls[0]
    }

    /// URL of L1's beacon node.
    pub fn beacon(&self) -> &str {
        &self.urls[1]
    }

    /// URL of L2's execution node.
    pub fn l2(&self) -> &str {
        &self.urls[2]
    }

    /// What the nodes know.
    pub fn data(&self) -> &Arc<Data> {
        &self.shared.data
    }

    /// What was asked since the start or the last reset.
    pub fn counters(&self) -> Counters {
        self.shared.meter.read()
    }

    /// Starts counting anew. Faults are not counted anew.
    pub fn reset_counters(&self) {
        self.shared.meter.reset();
    }

    /// The faults there were.
    pub fn faults(&self) -> FaultCounts {
        self.shared.faults.counts()
    }

    /// Turns faults off or on again.
    pub fn set_faults(&self, on: bool) {
        self.shared.faults.set(on);
    }
}

impl Drop for Standin {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // If it has panicked, whoever asks has noticed.
            let _ = thread.join();
        }
    }
}

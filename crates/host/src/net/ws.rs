//! WebSocket: one connection, made when it is first needed, and anew when it has broken.

use super::{
    fault::{Class, Fault},
    http::{LARGEST, provide_cryptography},
};
use alloy_rpc_client::{RpcClient, WsConnect};
use alloy_transport_ws::WebSocketConfig;
use reqwest::Url;
use std::time::Duration;
use tokio::sync::Mutex;

#[derive(Debug)]
pub(super) struct Ws {
    url: Url,
    newest: Mutex<Newest>,
}

/// The newest connection, and how many there have been.
#[derive(Debug, Default)]
struct Newest {
    client: Option<RpcClient>,
    number: u64,
}

/// A client, and which connection it is of.
#[derive(Clone, Debug)]
pub(super) struct Connected {
    pub(super) client: RpcClient,
    pub(super) number: u64,
}

impl Ws {
    pub(super) fn new(url: Url) -> Self {
        let newest = Mutex::default();
        Self { url, newest }
    }

    pub(super) async fn connected(&self, longest: Duration) -> Result<Connected, Fault> {
        let mut newest = self.newest.lock().await;
        let client = match &newest.client {
            Some(client) => client.clone(),
            None => {
                let client = tokio::time::timeout(longest, self.connect()).await;
                let client = client.map_err(|_| {
                    let seconds = longest.as_secs_f64();
                    let why = format_args!("no connection in {seconds} s");
                    Fault::new(Class::Unreachable, why)
                })??;
                newest.number += 1;
                newest.client.insert(client).clone()
            }
        };
        let number = newest.number;
        Ok(Connected { client, number })
    }

    async fn connect(&self) -> Result<RpcClient, Fault> {
        provide_cryptography();
        let config = WebSocketConfig::default()
            .max_message_size(Some(LARGEST))
            .max_frame_size(Some(LARGEST));
        // The pauses between attempts are the pool's, which knows other endpoints and the deadline.
        let connect = WsConnect::new(self.url.as_str())
            .with_config(config)
            .with_max_retries(1);
        RpcClient::connect_pubsub(connect)
            .await
            .map_err(|why| Fault::of_rpc(why, ""))
    }

    /// What was asked by this connection has failed: the next question makes another one, unless somebody has already.
    pub(super) async fn broke(&self, connected: &Connected) {
        let mut newest = self.newest.lock().await;
        if newest.number == connected.number {
            newest.client = None;
        }
    }
}

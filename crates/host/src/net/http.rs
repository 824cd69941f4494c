//! HTTP, with what alloy's own transport does not keep: `Retry-After`, the bytes that came, and a limit on them.

use super::{
    fault::{Class, Fault, with_causes},
    meter::Meter,
};
use alloy_json_rpc::{RequestPacket, ResponsePacket};
use alloy_transport::{TransportError, TransportErrorKind, TransportFut};
use reqwest::{Client, Url, header::RETRY_AFTER};
use std::{
    sync::{Arc, Once},
    task::{Context, Poll},
    time::Duration,
};
use tower_service::Service;

/// A client for one address.
#[derive(Clone, Debug)]
pub(super) struct Http {
    client: Client,
    url: Url,
    meter: Arc<Meter>,
}

impl Http {
    pub(super) fn new(
        url: Url,
        connect: Duration,
        whole: Duration,
        meter: Arc<Meter>,
    ) -> Result<Self, String> {
        provide_cryptography();
        let client = Client::builder()
            .connect_timeout(connect)
            .timeout(whole)
            .user_agent(concat!("hoike/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|why| with_causes(&why))?;
        Ok(Self { client, url, meter })
    }

    /// The body of `GET <address>/<path>`.
    pub(super) async fn get(&self, path: &str) -> Result<Vec<u8>, Fault> {
        let address = format!("{}/{path}", self.url.as_str().trim_end_matches('/'));
        self.receive(self.client.get(address))
            .await
            .map_err(|fault| {
                // Of a REST route 404 says that there is no such thing, not that there is no such route.
                if fault.detail.starts_with("HTTP 404") {
                    Fault {
                        class: Class::NotThere,
                        ..fault
                    }
                } else {
                    fault
                }
            })
    }

    async fn post(&self, body: Vec<u8>) -> Result<Vec<u8>, Fault> {
        let request = self
            .client
            .post(self.url.clone())
            .header("content-type", "application/json")
            .body(body);
        self.receive(request).await
    }

    async fn receive(&self, request: reqwest::RequestBuilder) -> Result<Vec<u8>, Fault> {
        self.meter.request();
        let mut response = request.send().await.map_err(|why| fault(&why))?;
        let status = response.status().as_u16();
        let retry_after = response
            .headers()
            .get(RETRY_AFTER)
            .and_then(|value| value.to_str().ok()?.trim().parse().ok())
            // A node that asks for more than this has lost its mind, or wants to stall.
            .map(|seconds: u64| Duration::from_secs(seconds.min(300)));
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|why| fault(&why))? {
            self.meter.bytes(chunk.len());
            if body.len() + chunk.len() > LARGEST {
                let why = format_args!("more than {LARGEST} bytes");
                return Err(Fault::new(Class::TooLarge, why));
            }
            body.extend_from_slice(&chunk);
        }
        if status == 200 {
            return Ok(body);
        }
        // Nodes send JSON-RPC errors with other statuses too, and what they say there is more precise.
        if status < 500 && status != 429 && serde_json::from_slice::<ResponsePacket>(&body).is_ok()
        {
            return Ok(body);
        }
        Err(Fault::of_status(status, retry_after, &body))
    }
}

/// The process has one provider of cryptography for TLS; whoever sets it first wins.
pub(super) fn provide_cryptography() {
    static PROVIDER: Once = Once::new();
    PROVIDER.call_once(|| {
        let _set_already = rustls::crypto::ring::default_provider().install_default();
    });
}

fn fault(error: &reqwest::Error) -> Fault {
    let class = if error.is_timeout() {
        Class::Slow
    } else if error.is_connect() {
        Class::Unreachable
    } else {
        Class::Broken
    };
    Fault::new(class, with_causes(error))
}

impl Service<RequestPacket> for Http {
    type Response = ResponsePacket;
    type Error = TransportError;
    type Future = TransportFut<'static>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), TransportError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, packet: RequestPacket) -> Self::Future {
        let this = self.clone();
        Box::pin(async move {
            let body = serde_json::to_vec(&packet).map_err(TransportError::ser_err)?;
            let answer = this.post(body).await.map_err(TransportErrorKind::custom)?;
            serde_json::from_slice(&answer)
                .map_err(|why| TransportErrorKind::custom(Fault::new(Class::Garbage, why)))
        })
    }
}

/// Largest answer in bytes: far above any so far, far below what would hurt.
pub(super) const LARGEST: usize = 512 << 20;

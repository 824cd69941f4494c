//! What can go wrong with an answer, by what helps against it.

use alloy_json_rpc::{ErrorPayload, RpcError};
use alloy_transport::{TransportError, TransportErrorKind};
use std::{error::Error, fmt, time::Duration};

/// One failed request to one endpoint.
#[derive(Clone, Debug)]
pub struct Fault {
    /// What helps against it.
    pub class: Class,
    /// What was said, short.
    pub detail: String,
    /// How long the endpoint wants to be left alone.
    pub retry_after: Option<Duration>,
}

/// Kinds of faults, by what helps.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Class {
    /// No connection: refused, no such host, TLS.
    Unreachable,
    /// The connection ended in the middle.
    Broken,
    /// No whole answer in time.
    Slow,
    /// Too many requests.
    RateLimited,
    /// HTTP 5xx.
    ServerError,
    /// An answer that is not in the form of one.
    Garbage,
    /// Nothing there yet: a node that is behind, a missed slot.
    NotThere,
    /// An answer that is not what was asked for: it fails its check.
    Wrong,
    /// An error that the node explains in words of its own.
    Refused,
    /// The node has no such method.
    MethodMissing,
    /// The node serves another chain.
    WrongChain,
    /// The node has dropped it.
    Pruned,
    /// The node wants credentials.
    Unauthorized,
    /// More than the node, or we, take in one answer.
    TooLarge,
}

impl Class {
    /// How often in a row one endpoint may fail one request like this before it is not asked again; `None`: without bound.
    pub const fn patience(self) -> Option<u32> {
        match self {
            Self::Unreachable
            | Self::Broken
            | Self::Slow
            | Self::RateLimited
            | Self::ServerError
            | Self::Garbage
            | Self::NotThere => None,
            // It may be a bad moment (two forks, a proxy), but not for ever.
            Self::Wrong | Self::Refused => Some(10),
            Self::MethodMissing
            | Self::WrongChain
            | Self::Pruned
            | Self::Unauthorized
            | Self::TooLarge => Some(1),
        }
    }

    /// Whether it is about what was asked, so that another question may fare better at the same endpoint.
    pub(super) const fn is_of_the_question(self) -> bool {
        match self {
            Self::NotThere
            | Self::Refused
            | Self::MethodMissing
            | Self::Pruned
            | Self::TooLarge => true,
            Self::Unreachable
            | Self::Broken
            | Self::Slow
            | Self::RateLimited
            | Self::ServerError
            | Self::Garbage
            | Self::Wrong
            | Self::WrongChain
            | Self::Unauthorized => false,
        }
    }

    /// What the user can do about it.
    pub const fn remedy(self) -> &'static str {
        match self {
            Self::Unreachable | Self::Broken | Self::Slow | Self::ServerError | Self::Garbage => {
                "check the address and the node, or give another endpoint"
            }
            Self::RateLimited => "give an endpoint with a higher limit, or lower --rpc-concurrency",
            Self::NotThere => "wait for the node to catch up, or give another endpoint",
            Self::Wrong => "the endpoint is faulty or follows another chain: give another one",
            Self::Refused => "read the node's words, or give another endpoint",
            Self::MethodMissing => {
                "enable the method's namespace on the node, or give another endpoint"
            }
            Self::WrongChain => "give an endpoint of the right chain",
            Self::Pruned => {
                "give an archive node (for blobs an archive beacon endpoint, for op-reth's state --proofs-history)"
            }
            Self::Unauthorized => "put the credentials into the URL",
            Self::TooLarge => "raise the node's limit on answers, or give another endpoint",
        }
    }

    /// In metrics and messages.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unreachable => "unreachable",
            Self::Broken => "connection broken",
            Self::Slow => "timeout",
            Self::RateLimited => "rate limited",
            Self::ServerError => "server error",
            Self::Garbage => "garbage",
            Self::NotThere => "not there",
            Self::Wrong => "wrong answer",
            Self::Refused => "refused",
            Self::MethodMissing => "method missing",
            Self::WrongChain => "wrong chain",
            Self::Pruned => "pruned",
            Self::Unauthorized => "unauthorized",
            Self::TooLarge => "too large",
        }
    }
}

impl Fault {
    /// A fault without more to it.
    pub fn new(class: Class, detail: impl fmt::Display) -> Self {
        Self {
            class,
            detail: short(&detail.to_string()),
            retry_after: None,
        }
    }

    /// An answer that fails its check.
    pub fn wrong(why: impl fmt::Display) -> Self {
        Self::new(Class::Wrong, why)
    }

    /// By the HTTP status of an answer that is none.
    pub(super) fn of_status(status: u16, retry_after: Option<Duration>, body: &[u8]) -> Self {
        let class = match status {
            401 | 407 => Class::Unauthorized,
            403 | 404 | 405 | 410 | 501 => Class::MethodMissing,
            408 | 504 => Class::Slow,
            413 => Class::TooLarge,
            429 => Class::RateLimited,
            500..=599 => Class::ServerError,
            _ => Class::Refused,
        };
        let text = String::from_utf8_lossy(body);
        Self {
            retry_after,
            ..Self::new(class, format_args!("HTTP {status} {text}"))
        }
    }

    pub(super) fn of_rpc(error: TransportError, method: &str) -> Self {
        match error {
            RpcError::ErrorResp(payload) => Self::of_payload(&payload, method),
            RpcError::Transport(TransportErrorKind::Custom(cause)) => {
                match cause.downcast::<Self>() {
                    Ok(fault) => *fault,
                    Err(cause) => Self::new(Class::Unreachable, with_causes(&*cause)),
                }
            }
            RpcError::Transport(TransportErrorKind::HttpError(http)) => {
                Self::of_status(http.status, None, http.body.as_bytes())
            }
            RpcError::Transport(other) => Self::new(Class::Broken, other),
            RpcError::NullResp => Self::new(Class::NotThere, "null"),
            RpcError::DeserError { err, .. } => Self::new(Class::Garbage, err),
            other @ (RpcError::UnsupportedFeature(_)
            | RpcError::LocalUsageError(_)
            | RpcError::SerError(_)) => Self::new(Class::Refused, other),
        }
    }

    /// By a JSON-RPC error. Codes are shared by too many meanings, so the words count as well.
    fn of_payload(payload: &ErrorPayload, method: &str) -> Self {
        let text = payload.message.to_ascii_lowercase();
        let says = |words: &[&str]| words.iter().any(|word| text.contains(word));
        let class = if payload.code == -32601
            || says(&[
                "method not found",
                "is not available",
                "not supported",
                "unsupported method",
                "not whitelisted",
            ]) && !says(&["state"])
        {
            Class::MethodMissing
        } else if says(&[
            "missing trie node",
            "pruned",
            "pruning",
            "historical state",
            "state is not available",
            "state not available",
            "proof window",
            "no state available",
        ]) {
            Class::Pruned
        } else if matches!(payload.code, -32005 | -32016)
            || says(&["rate limit", "too many requests", "limit exceeded"])
        {
            Class::RateLimited
        } else if payload.code == -32008 || says(&["response size", "too large", "too big"]) {
            Class::TooLarge
        } else if says(&["unauthorized", "api key", "forbidden"]) {
            Class::Unauthorized
        } else if says(&["not found", "unknown block", "unknown ancestor"]) {
            // A node of another database layout, or of another sync mode, never has it under its hash.
            if method == "debug_dbGet" {
                Class::Pruned
            } else {
                Class::NotThere
            }
        } else {
            Class::Refused
        };
        Self::new(
            class,
            format_args!("error {}: {}", payload.code, payload.message),
        )
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.class.name(), self.detail)
    }
}

impl Error for Fault {}

/// An error with its causes, as far as its text does not have theirs already: HTTP clients say what is the matter in the last one.
pub fn with_causes(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        let more = cause.to_string();
        if !text.contains(&more) {
            text = format!("{text}: {more}");
        }
        next = cause.source();
    }
    text
}

/// Nodes answer with whole web pages; a line is enough.
fn short(text: &str) -> String {
    let line: String = text
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
        .chars()
        .take(300)
        .collect();
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_nodes_are_told_apart() {
        // Code, message, method, class: as geth, reth, nethermind, erigon and providers word them.
        let cases = [
            (
                -32601,
                "the method debug_dbGet does not exist/is not available",
                "debug_dbGet",
                Class::MethodMissing,
            ),
            (-32601, "Method not found", "x", Class::MethodMissing),
            (
                -32000,
                "missing trie node 0a (path ) state 0x0a is not available, not found",
                "eth_getProof",
                Class::Pruned,
            ),
            (
                -32000,
                "distance to target block exceeds maximum proof window",
                "eth_getProof",
                Class::Pruned,
            ),
            (-32000, "leveldb: not found", "debug_dbGet", Class::Pruned),
            (
                -32000,
                "header not found",
                "debug_executePayload",
                Class::NotThere,
            ),
            (
                -32001,
                "Block not found",
                "debug_getRawBlock",
                Class::NotThere,
            ),
            (
                -32005,
                "daily request count exceeded",
                "x",
                Class::RateLimited,
            ),
            (-32008, "Response is too big", "x", Class::TooLarge),
            (-32000, "execution aborted", "x", Class::Refused),
        ];
        for (code, message, method, want) in cases {
            let payload = ErrorPayload {
                code,
                message: message.into(),
                data: None,
            };
            let got = Fault::of_payload(&payload, method).class;
            assert_eq!(got, want, "{message}");
        }
    }

    #[test]
    fn statuses_are_told_apart() {
        for (status, want) in [
            (401, Class::Unauthorized),
            (403, Class::MethodMissing),
            (404, Class::MethodMissing),
            (429, Class::RateLimited),
            (500, Class::ServerError),
            (503, Class::ServerError),
            (504, Class::Slow),
            (413, Class::TooLarge),
            (302, Class::Refused),
        ] {
            assert_eq!(
                Fault::of_status(status, None, b"<html>").class,
                want,
                "{status}"
            );
        }
    }
}

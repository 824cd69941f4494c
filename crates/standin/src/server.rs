//! The three HTTP servers, and faults below HTTP.

use crate::{
    beacon,
    data::Data,
    faults::{Chosen, Fault, Faults},
    jsonrpc::{self, Request},
    lies,
    meter::Meter,
    methods::Node,
    options::{Options, Role},
};
use http_body_util::{BodyExt, Limited};
use hyper::{
    Method, Response, StatusCode,
    body::{Body, Bytes, Frame, Incoming, SizeHint},
    header::{CONTENT_TYPE, HeaderValue, RETRY_AFTER},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::{TokioIo, TokioTimer};
use std::{
    io,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll},
    time::{Duration, Instant},
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpListener, TcpStream},
    time::Sleep,
};

/// What the servers share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) data: Arc<Data>,
    pub(crate) options: Options,
    pub(crate) meter: Meter,
    pub(crate) faults: Faults,
}

/// Accepts connections until the runtime ends.
pub(crate) async fn serve(listener: TcpListener, role: Role, shared: Arc<Shared>) {
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            // No sockets left, perhaps: some will be closed.
            tokio::time::sleep(Duration::from_millis(10)).await;
            continue;
        };
        // Small answers at once: delays are to be the options' only.
        let _ = stream.set_nodelay(true);
        let shared = shared.clone();
        tokio::spawn(async move {
            let reset = Arc::new(AtomicBool::new(false));
            let socket = Socket {
                stream,
                reset: reset.clone(),
            };
            let service = service_fn(move |request| {
                let (shared, reset) = (shared.clone(), reset.clone());
                async move { respond(&shared, role, request, &reset).await }
            });
            // Its errors are the other side's, or faults.
            let _ = http1::Builder::new()
                .timer(TokioTimer::new())
                .serve_connection(TokioIo::new(socket), service)
                .await;
        });
    }
}

/// An answer before it is sent.
struct Reply {
    status: u16,
    body: String,
}

async fn respond(
    shared: &Arc<Shared>,
    role: Role,
    request: hyper::Request<Incoming>,
    reset: &AtomicBool,
) -> Result<Response<Content>, Broken> {
    let begun = Instant::now();
    let _open = shared.meter.enter(role);
    let path = request.uri().path().to_string();
    let query = request.uri().query().unwrap_or_default().to_string();
    let method = request.method().clone();
    let body = Limited::new(request.into_body(), MAX_REQUEST_BYTES);
    let body = body.collect().await.map_err(|_| Broken)?.to_bytes();

    let asked = match role {
        Role::Beacon => Asked::Beacon { path, query },
        Role::L1 | Role::L2 if method != Method::POST => Asked::Nothing(405),
        Role::L1 | Role::L2 => match Request::parse(&body, shared.options.max_batch) {
            Ok(request) => Asked::Calls(request),
            Err(error) => Asked::Refused(jsonrpc::refusal(error)),
        },
    };
    asked.count(shared, role);
    let fault = shared.faults.choose(role, &asked.question());
    if fault.is_some_and(|fault| fault.kind == Fault::Drop) {
        return Err(Broken);
    }

    // Executing a payload takes long: not on the thread that serves all connections.
    let work = {
        let shared = shared.clone();
        tokio::task::spawn_blocking(move || asked.answer(&shared, role, fault))
    };
    let reply = work.await.map_err(|_| Broken)?;

    let mut least = shared.options.latency;
    if fault.is_some_and(|fault| fault.kind == Fault::Delay) {
        least += shared.faults.delay();
    }
    tokio::time::sleep(least.saturating_sub(begun.elapsed())).await;
    let response = finish(shared, reply, fault, reset);
    shared.meter.sent(response.body().left());
    Ok(response)
}

/// A request as far as it is understood.
enum Asked {
    Beacon {
        path: String,
        query: String,
    },
    Calls(Request),
    /// No batch or call that could be answered; with the body that says so.
    Refused(String),
    /// Not even that; with the status.
    Nothing(u16),
}

impl Asked {
    fn count(&self, shared: &Shared, role: Role) {
        match self {
            Self::Beacon { path, .. } => shared.meter.call(role, path),
            Self::Calls(request) => request.methods().for_each(|m| shared.meter.call(role, m)),
            Self::Refused(_) | Self::Nothing(_) => {}
        }
        let question = self.question();
        for line in String::from_utf8_lossy(&question).lines() {
            shared.meter.question(role, line);
        }
    }

    fn question(&self) -> Vec<u8> {
        match self {
            Self::Beacon { path, query } => format!("{path}?{query}").into_bytes(),
            Self::Calls(request) => request.question(),
            Self::Refused(_) | Self::Nothing(_) => Vec::new(),
        }
    }

    fn answer(&self, shared: &Shared, role: Role, fault: Option<Chosen>) -> Reply {
        let lie = fault.filter(|fault| fault.kind.is_lie());
        let (reply, lied) = match self {
            Self::Nothing(status) => (
                Reply {
                    status: *status,
                    body: String::new(),
                },
                false,
            ),
            Self::Refused(body) => (
                Reply {
                    status: 200,
                    body: body.clone(),
                },
                false,
            ),
            Self::Calls(request) => {
                let node = Node::new(role, &shared.data, &shared.options);
                let (body, lied) = request.answer(&node, lie);
                (Reply { status: 200, body }, lied)
            }
            Self::Beacon { path, query } => {
                let slots = &shared.data.slots;
                let (status, body) = beacon::answer(slots, &shared.options, path, query);
                match lie.and_then(|lie| beacon_lie(status, &body, lie)) {
                    Some(body) if body != *"" => (Reply { status, body }, true),
                    _ => (Reply { status, body }, false),
                }
            }
        };
        if let Some(lie) = lie.filter(|_| !lied) {
            shared.faults.had_no_effect(lie.kind);
        }
        reply
    }
}

fn beacon_lie(status: u16, body: &str, lie: Chosen) -> Option<String> {
    if status != 200 {
        return None;
    }
    match lie.kind {
        Fault::WrongDigit => lies::wrong_digit(body, lie.draw),
        Fault::Null => Some("{\"data\":null}".into()),
        Fault::OtherBlock => {
            let mut value: serde_json::Value = serde_json::from_str(body).ok()?;
            let all = value.get_mut("data")?.as_array_mut()?;
            all.reverse();
            Some(value.to_string()).filter(|other| other.len() == body.len() && other != body)
        }
        _ => None,
    }
}

/// Makes the response, with what is wrong about it as HTTP.
fn finish(
    shared: &Shared,
    reply: Reply,
    fault: Option<Chosen>,
    reset: &AtomicBool,
) -> Response<Content> {
    let Reply { status, body } = reply;
    let body = Bytes::from(body);
    let half = body.slice(..body.len() / 2);
    let cut = |body: &Bytes| Content::cut(half.clone(), body.len());
    let mut headers = vec![(CONTENT_TYPE, HeaderValue::from_static("application/json"))];
    let html = (CONTENT_TYPE, HeaderValue::from_static("text/html"));
    let (status, content) = match fault.map(|fault| fault.kind) {
        Some(Fault::Reset) => {
            reset.store(true, Ordering::Relaxed);
            (status, cut(&body))
        }
        Some(Fault::Truncate) => (status, cut(&body)),
        Some(Fault::Drip) => (status, Content::drip(body, shared.faults.delay())),
        Some(Fault::RateLimit) => {
            let seconds = shared.faults.retry_after();
            headers.push((RETRY_AFTER, HeaderValue::from(seconds)));
            (429, Content::whole("{\"error\":\"rate limited\"}"))
        }
        Some(Fault::ServerError) => (500, Content::whole("internal server error")),
        Some(Fault::BadGateway) => {
            headers = vec![html];
            (502, Content::whole("<html><h1>502 Bad Gateway</h1></html>"))
        }
        Some(Fault::Unavailable) => (503, Content::whole("no healthy upstream")),
        Some(Fault::Garbage) => (200, Content::whole(GARBAGE)),
        Some(
            Fault::Drop
            | Fault::Delay
            | Fault::WrongDigit
            | Fault::OtherBlock
            | Fault::Null
            | Fault::OldHead
            | Fault::Fork,
        )
        | None => (status, Content::whole(body)),
    };
    let mut response = Response::new(content);
    *response.status_mut() = StatusCode::from_u16(status).expect("all are between 200 and 503");
    response.headers_mut().extend(headers);
    response
}

const GARBAGE: &[u8] = b"\x1f\x8b\x00{\"jsonrpc\":\"2.0\",\"id\":1,\"resu\xff\xfe\x00]]";
const MAX_REQUEST_BYTES: usize = 64 << 20;

/// The connection ends here.
#[derive(Debug)]
pub(crate) struct Broken;

impl std::fmt::Display for Broken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("broken on purpose")
    }
}

impl std::error::Error for Broken {}

/// A response's body.
#[derive(Debug)]
pub(crate) struct Content {
    pieces: Vec<Bytes>,
    /// What its length is said to be, in bytes.
    length: usize,
    /// Before each piece and the end.
    pause: Duration,
    waiting: Option<Pin<Box<Sleep>>>,
}

impl Content {
    fn whole(body: impl Into<Bytes>) -> Self {
        let body = body.into();
        Self {
            length: body.len(),
            pieces: vec![body],
            pause: Duration::ZERO,
            waiting: None,
        }
    }

    /// Only the beginning of so many bytes.
    fn cut(beginning: Bytes, length: usize) -> Self {
        Self {
            pieces: vec![beginning],
            // An empty body cannot be cut.
            length: length.max(1),
            // What was written goes out before the connection breaks.
            pause: Duration::from_millis(5),
            waiting: None,
        }
    }

    fn drip(body: Bytes, over: Duration) -> Self {
        let size = body.len().div_ceil(PIECES).max(1);
        let pieces = (0..body.len()).step_by(size);
        let pieces = pieces.map(|start| body.slice(start..(start + size).min(body.len())));
        Self {
            // The last is taken first.
            pieces: pieces.rev().collect(),
            length: body.len(),
            pause: over / PIECES as u32,
            waiting: None,
        }
    }

    /// Bytes that are still to come.
    fn left(&self) -> usize {
        self.pieces.iter().map(Bytes::len).sum()
    }
}

const PIECES: usize = 16;

impl Body for Content {
    type Data = Bytes;
    type Error = Broken;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Broken>>> {
        if !self.pause.is_zero() {
            let pause = self.pause;
            let waiting = self
                .waiting
                .get_or_insert_with(|| Box::pin(tokio::time::sleep(pause)));
            if waiting.as_mut().poll(context).is_pending() {
                return Poll::Pending;
            }
            self.waiting = None;
        }
        Poll::Ready(match self.pieces.pop() {
            Some(piece) => {
                self.length -= piece.len();
                Some(Ok(Frame::data(piece)))
            }
            None if self.length > 0 => Some(Err(Broken)),
            None => None,
        })
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.length as u64)
    }

    fn is_end_stream(&self) -> bool {
        self.length == 0
    }
}

/// A connection that can be reset instead of closed.
#[derive(Debug)]
struct Socket {
    stream: TcpStream,
    reset: Arc<AtomicBool>,
}

impl Drop for Socket {
    fn drop(&mut self) {
        if self.reset.load(Ordering::Relaxed) {
            // Closing then sends RST.
            let _ = self.stream.set_zero_linger();
        }
    }
}

impl AsyncRead for Socket {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Socket {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.reset.load(Ordering::Relaxed) {
            return Poll::Ready(Ok(()));
        }
        Pin::new(&mut self.stream).poll_shutdown(context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        true
    }
}

//! What commands that ask nodes have in common: the runtime, how far they have come, and what their errors mean.

use crate::{args::ProgressForm, exit::Exit, output::complain};
use hoike_host::{Fetched, Online, OnlineError};
use hoike_preimage::CheckError;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::{
    io::IsTerminal,
    sync::{Arc, Mutex, PoisonError, mpsc},
    thread,
    time::{Duration, Instant},
};

/// Threads that wait for nodes; the work is done elsewhere.
pub(crate) fn runtime() -> Result<tokio::runtime::Runtime, String> {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(4)
        .enable_all()
        .build()
        .map_err(|why| format!("no threads for requests: {why}"))
}

/// Says on stderr what happens at the endpoints, from warnings on; HOIKE_LOG says otherwise, in the form of tracing's filters.
pub(crate) fn log() {
    let filter = tracing_subscriber::EnvFilter::try_from_env("HOIKE_LOG")
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new(LOGGED));
    let colours = std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none();
    let set = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(colours)
        .with_target(false)
        .with_writer(std::io::stderr)
        .try_init();
    let _there_is_one_already = set;
}

/// Whether it is the endpoints' fault that there is no verdict.
pub(crate) fn exit_of(error: &hoike_program::Error<OnlineError>) -> Exit {
    match error {
        hoike_program::Error::Preimage {
            cause: CheckError::Hint { cause } | CheckError::Oracle { cause, .. },
            ..
        } if cause.is_endpoints() => Exit::Endpoint,
        _ => Exit::Data,
    }
}

/// Shows how far fetching has come, until it is dropped.
pub(crate) struct Shown {
    online: Arc<Mutex<Option<Subject>>>,
    stop: Option<mpsc::Sender<()>>,
    thread: Option<thread::JoinHandle<()>>,
}

#[derive(Clone)]
struct Subject {
    online: Arc<Online>,
    from: u64,
    block: u64,
}

impl Shown {
    pub(crate) fn start(form: ProgressForm) -> Self {
        let online = Arc::new(Mutex::new(None));
        let (stop, stopped) = mpsc::channel();
        let subject = Arc::clone(&online);
        let thread = (form != ProgressForm::None)
            .then(|| thread::spawn(move || show(form, &subject, &stopped)));
        Self {
            online,
            stop: Some(stop),
            thread,
        }
    }

    /// From now on this is what is shown.
    pub(crate) fn watch(&self, online: &Arc<Online>, from: u64, block: u64) {
        let online = Arc::clone(online);
        *self.online.lock().unwrap_or_else(PoisonError::into_inner) = Some(Subject {
            online,
            from,
            block,
        });
    }
}

impl Drop for Shown {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _it_only_shows = thread.join();
        }
    }
}

fn show(form: ProgressForm, subject: &Mutex<Option<Subject>>, stopped: &mpsc::Receiver<()>) {
    let bars = form == ProgressForm::Auto && std::io::stderr().is_terminal();
    let begun = Instant::now();
    let every = if bars {
        Duration::from_millis(200)
    } else {
        Duration::from_secs(5)
    };
    let bar = bars.then(bar);
    while stopped.recv_timeout(every) == Err(mpsc::RecvTimeoutError::Timeout) {
        let now = subject
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        let Some(Subject {
            online,
            from,
            block,
        }) = now
        else {
            continue;
        };
        let fetched = online.fetched();
        let meter = online.fetch().meter();
        let (requests, retries) = (meter.requests(), meter.retries());
        let megabytes = meter.received_bytes() as f64 / 1e6;
        let Fetched {
            l1_headers,
            l1_blocks,
            blobs,
            witnesses,
            l1_planned,
        } = fetched;
        let blocks = block - from;
        let seconds = begun.elapsed().as_secs();
        if let Some(bar) = &bar {
            bar.set_length(l1_planned.max(l1_headers) + blocks);
            bar.set_position(l1_headers + witnesses.min(blocks));
            bar.set_message(format!(
                "L1 {l1_headers}/{l1_planned} headers, {l1_blocks} blocks, {blobs} blobs; L2 {witnesses}/{blocks} states; {megabytes:.1} MB"
            ));
        } else if form == ProgressForm::Json {
            complain(serde_json::json!({
                "seconds": seconds, "l1_headers": l1_headers, "l1_planned": l1_planned, "l1_blocks": l1_blocks, "blobs": blobs,
                "l2_states": witnesses, "l2_blocks": blocks, "requests": requests, "retries": retries, "megabytes": megabytes,
            }));
        } else {
            complain(format_args!(
                "hoike: {seconds} s: L1 {l1_headers}/{l1_planned} headers, {l1_blocks} blocks, {blobs} blobs; L2 {witnesses}/{blocks} states; {requests} requests, {retries} repeated, {megabytes:.1} MB"
            ));
        }
    }
    if let Some(bar) = bar {
        bar.finish_and_clear();
    }
}

fn bar() -> ProgressBar {
    let bar = ProgressBar::with_draw_target(Some(0), ProgressDrawTarget::stderr());
    if let Ok(style) = ProgressStyle::with_template("{bar:30} {msg}, {per_sec}, {eta} left") {
        bar.set_style(style);
    }
    bar
}

/// Warnings, but not those of alloy's WebSocket client: what it loses is asked again and said by whoever asked.
const LOGGED: &str = "warn,alloy_pubsub=off,alloy_transport_ws=off";

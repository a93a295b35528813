//! One line for every request that reached the site.
//!
//! A line tells that the site has seen the head of a request, whatever became of it after, so that what the filter
//! refused provably never appears. It is written before the answer is sent, and within a second of a head whose body
//! does not come.
//!
//! ```text
//! 2026-01-31T12:00:00.000Z POST /login?next=%2F 401 bytes=27 id=6f1c for="203.0.113.7"
//! 2026-01-31T12:00:01.000Z POST /upload - bytes=16384 id=6f1d for="203.0.113.7" aborted
//! ```

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::Path;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures_util::StreamExt;
use http::request::Parts;
use http::{HeaderMap, StatusCode};
use parking_lot::Mutex;
use tokio::sync::Semaphore;

use crate::time::Timestamp;

/// The largest body the site takes.
const MAX_BODY_BYTES: usize = 16 * 1024 * 1024;
/// How many requests may have their bodies in memory at the same time.
const MAX_BODIES: usize = 64;
/// How long a body may take to arrive.
const BODY_DEADLINE: Duration = Duration::from_secs(30);
/// A head whose body is still on its way gets its line after this time.
const LINE_DEADLINE: Duration = Duration::from_secs(1);

/// Where the lines go.
pub(super) struct RequestLog {
    out: Mutex<Box<dyn Write + Send>>,
    bodies: Semaphore,
}

impl RequestLog {
    /// A log that appends to a file.
    pub(super) fn append_to(path: &Path) -> io::Result<Self> {
        Ok(Self::to(OpenOptions::new().create(true).append(true).open(path)?))
    }

    /// A log on standard output.
    pub(super) fn to_stdout() -> Self {
        Self::to(io::stdout())
    }

    fn to(out: impl Write + Send + 'static) -> Self {
        Self { out: Mutex::new(Box::new(out)), bodies: Semaphore::new(MAX_BODIES) }
    }

    fn write(&self, line: &str) {
        let mut out = self.out.lock();
        if let Err(error) = out.write_all(line.as_bytes()).and_then(|()| out.flush()) {
            eprintln!("cannot write the demo site's log: {error}");
        }
    }
}

/// The middleware around all routes: reads the body, calls the route, writes the line.
pub(super) async fn record(State(log): State<Arc<RequestLog>>, request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    let mut arrival = Arrival::of(&log, &parts);
    let _permit = log.bodies.acquire().await;
    match read_body(body, &mut arrival).await {
        Ok(body) => {
            let response = next.run(Request::from_parts(parts, Body::from(body))).await;
            arrival.write(Some(response.status()), "");
            response
        }
        Err(fault) => {
            arrival.write(Some(fault.status()), fault.note());
            fault.status().into_response()
        }
    }
}

/// Reads the whole body; one that takes long has the line written meanwhile.
async fn read_body(body: Body, arrival: &mut Arrival) -> Result<Bytes, BodyFault> {
    let received = Arc::clone(&arrival.received);
    let mut reading = pin!(tokio::time::timeout(BODY_DEADLINE, collect(body, &received)));
    let done = tokio::select! {
        biased;
        done = &mut reading => done,
        () = tokio::time::sleep(LINE_DEADLINE) => {
            arrival.write(None, " reading");
            reading.await
        }
    };
    done.unwrap_or(Err(BodyFault::Slow))
}

async fn collect(body: Body, received: &AtomicUsize) -> Result<Bytes, BodyFault> {
    let mut chunks = body.into_data_stream();
    let mut whole = Vec::new();
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.map_err(|_| BodyFault::Aborted)?;
        let so_far = received.fetch_add(chunk.len(), Ordering::Relaxed) + chunk.len();
        if so_far > MAX_BODY_BYTES {
            return Err(BodyFault::TooLarge);
        }
        whole.extend_from_slice(&chunk);
    }
    Ok(whole.into())
}

#[derive(Debug, Clone, Copy)]
enum BodyFault {
    Aborted,
    TooLarge,
    Slow,
}

impl BodyFault {
    fn status(self) -> StatusCode {
        match self {
            Self::Aborted => StatusCode::BAD_REQUEST,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Slow => StatusCode::REQUEST_TIMEOUT,
        }
    }

    fn note(self) -> &'static str {
        match self {
            Self::Aborted | Self::Slow => " aborted",
            Self::TooLarge => "",
        }
    }
}

/// A request whose head is here. Dropped without a line, as when the connection breaks, it writes one itself.
struct Arrival {
    log: Arc<RequestLog>,
    head: String,
    tail: String,
    received: Arc<AtomicUsize>,
    written: bool,
}

impl Arrival {
    fn of(log: &Arc<RequestLog>, parts: &Parts) -> Self {
        let tail = format!(
            "id={} for=\"{}\"",
            printable(&parts.headers, "x-request-id").replace(' ', "_"),
            printable(&parts.headers, "x-forwarded-for"),
        );
        let head = format!("{} {} {}", Timestamp::now(), parts.method, parts.uri);
        Self { log: Arc::clone(log), head, tail, received: Arc::default(), written: false }
    }

    fn write(&mut self, status: Option<StatusCode>, note: &str) {
        if std::mem::replace(&mut self.written, true) {
            return;
        }
        let status = status.map_or_else(|| "-".to_owned(), |status| status.as_u16().to_string());
        let received = self.received.load(Ordering::Relaxed);
        self.log.write(&format!("{} {status} bytes={received} {}{note}\n", self.head, self.tail));
    }
}

impl Drop for Arrival {
    fn drop(&mut self) {
        self.write(None, " aborted");
    }
}

/// A header's values as one text that cannot end the line or the quotes around it.
fn printable(headers: &HeaderMap, name: &str) -> String {
    let values: Vec<_> = headers.get_all(name).iter().map(|value| String::from_utf8_lossy(value.as_bytes())).collect();
    if values.is_empty() {
        return "-".to_owned();
    }
    values.join(", ").chars().map(|c| if c.is_control() || c == '"' { '?' } else { c }).collect()
}

//! The queue and the thread that writes.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use parking_lot::Mutex;

use super::{Config, Destination, Format, Wire, coraza, modsecurity};
use crate::activity::ActivityRecord;
use crate::metrics::AuditMetrics;

/// Bytes of lines that may wait: a flood of refusals with large headers is bounded by size as well as by count.
const MAX_WAITING_BYTES: usize = 32 << 20;
/// Bytes of a redacted body that a line holds at most.
const MAX_BODY_BYTES: usize = 8 << 10;
/// How often the writer looks whether it should open its file anew or end, where no line comes.
const LOOK: Duration = Duration::from_millis(100);

/// The file of the export cannot be opened.
#[derive(Debug, thiserror::Error)]
#[error("cannot open {file} for the audit export: {source}; give the filter's user write permission there")]
pub struct OpenError {
    file: PathBuf,
    source: io::Error,
}

/// A bounded queue in front of a file or standard output. Cheap to clone; all clones share one queue.
#[derive(Clone)]
pub struct AuditExport(Arc<Inner>);

struct Inner {
    format: Format,
    lines: SyncSender<String>,
    state: Arc<State>,
    /// Taken by the first call of `close`.
    writer: Mutex<Option<JoinHandle<()>>>,
}

struct State {
    metrics: AuditMetrics,
    waiting_bytes: AtomicUsize,
    reopen: AtomicBool,
    closing: AtomicBool,
    /// Lines are being dropped, and the operator was told.
    dropping: AtomicBool,
}

impl AuditExport {
    /// Opens the destination and starts the writer.
    ///
    /// # Errors
    /// When the file cannot be opened, or the system gives no thread.
    pub fn start(config: &Config, metrics: AuditMetrics) -> Result<Self, OpenError> {
        let sink = Sink::open(&config.to)?;
        let (lines, queue) = sync_channel(config.queue.max(1));
        let state = Arc::new(State {
            metrics,
            waiting_bytes: AtomicUsize::new(0),
            reopen: AtomicBool::new(false),
            closing: AtomicBool::new(false),
            dropping: AtomicBool::new(false),
        });
        let writer = Writer { sink, destination: config.to.clone(), state: Arc::clone(&state) };
        let thread = thread::Builder::new().name("audit-export".to_owned()).spawn(move || writer.run(&queue));
        let thread = thread.map_err(|source| OpenError { file: path_of(&config.to), source })?;
        Ok(Self(Arc::new(Inner { format: config.format, lines, state, writer: Mutex::new(Some(thread)) })))
    }

    /// Hands a refusal to the writer. Never waits: where there is no room it is dropped and counted.
    pub fn record(&self, record: &ActivityRecord, wire: &Wire) {
        let Inner { format, lines, state, .. } = &*self.0;
        let mut line = render(*format, record, wire);
        line.push('\n');
        let bytes = line.len();
        if state.waiting_bytes.fetch_add(bytes, Ordering::Relaxed) > MAX_WAITING_BYTES {
            return state.drop_line(bytes);
        }
        // Counted before it can be taken, so that the gauge never falls below zero.
        state.metrics.queued.inc();
        if lines.try_send(line).is_err() {
            state.metrics.queued.dec();
            state.drop_line(bytes);
        }
    }

    /// Lets the writer open its file anew before the next line, and within a moment where none comes: after a rotation.
    pub fn reopen(&self) {
        self.0.state.reopen.store(true, Ordering::Relaxed);
    }

    /// Writes what waits and ends the writer; waits for it up to `grace`. A second call returns at once.
    pub fn close(&self, grace: Duration) {
        let Some(writer) = self.0.writer.lock().take() else { return };
        self.0.state.closing.store(true, Ordering::Relaxed);
        let deadline = Instant::now() + grace;
        while !writer.is_finished() && Instant::now() < deadline {
            thread::sleep(Duration::from_millis(5));
        }
        if !writer.is_finished() {
            tracing::error!(lines = self.0.state.metrics.queued.get(), "audit lines were left unwritten at shutdown");
        }
    }
}

/// The port of the client; 0 where a proxy spoke for it, whose own port says nothing.
pub(super) fn client_port(record: &ActivityRecord, wire: &Wire) -> u16 {
    if wire.peer.ip().to_canonical() == record.client_ip.addr() { wire.peer.port() } else { 0 }
}

/// The line of a refusal, without its end.
pub(super) fn render(format: Format, record: &ActivityRecord, wire: &Wire) -> String {
    let mut body = record.request_body.as_ref().map(ToString::to_string).unwrap_or_default();
    if body.len() > MAX_BODY_BYTES {
        body.truncate(body.floor_char_boundary(MAX_BODY_BYTES));
    }
    match format {
        Format::Coraza => coraza::line(record, wire, &body),
        Format::ModSecurity => modsecurity::line(record, wire, &body),
    }
    .to_string()
}

impl State {
    fn drop_line(&self, bytes: usize) {
        self.waiting_bytes.fetch_sub(bytes, Ordering::Relaxed);
        self.metrics.dropped.inc();
        if !self.dropping.swap(true, Ordering::Relaxed) {
            tracing::warn!("refusals are being dropped from the audit export: its queue is full");
        }
    }
}

enum Sink {
    Stdout,
    File(File),
}

impl Sink {
    fn open(destination: &Destination) -> Result<Self, OpenError> {
        match destination {
            Destination::Stdout => Ok(Self::Stdout),
            Destination::File(path) => {
                open_file(path).map(Self::File).map_err(|source| OpenError { file: path.clone(), source })
            }
        }
    }

    /// One call of the system a line, so that lines of several filters on one file are not mixed.
    fn write(&mut self, line: &[u8]) -> io::Result<()> {
        match self {
            Self::Stdout => io::stdout().lock().write_all(line).and_then(|()| io::stdout().flush()),
            Self::File(file) => file.write_all(line),
        }
    }
}

fn open_file(path: &Path) -> io::Result<File> {
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder)?;
    }
    OpenOptions::new().create(true).append(true).mode(0o640).open(path)
}

fn path_of(destination: &Destination) -> PathBuf {
    match destination {
        Destination::Stdout => PathBuf::from("standard output"),
        Destination::File(path) => path.clone(),
    }
}

struct Writer {
    sink: Sink,
    destination: Destination,
    state: Arc<State>,
}

impl Writer {
    fn run(mut self, queue: &Receiver<String>) {
        loop {
            let received = queue.recv_timeout(LOOK);
            if self.state.reopen.swap(false, Ordering::Relaxed) {
                self.reopen();
            }
            match received {
                Ok(line) => self.write(&line),
                Err(RecvTimeoutError::Timeout) if !self.state.closing.load(Ordering::Relaxed) => {}
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    fn write(&mut self, line: &str) {
        self.state.metrics.queued.dec();
        self.state.waiting_bytes.fetch_sub(line.len(), Ordering::Relaxed);
        match self.sink.write(line.as_bytes()) {
            Ok(()) => {
                self.state.metrics.written.inc();
                if self.state.dropping.swap(false, Ordering::Relaxed) {
                    tracing::info!("refusals are exported again");
                }
            }
            Err(error) => {
                self.state.metrics.dropped.inc();
                if !self.state.dropping.swap(true, Ordering::Relaxed) {
                    tracing::error!(%error, to = %path_of(&self.destination).display(), "audit lines cannot be written and are dropped");
                }
            }
        }
    }

    /// Opens the destination anew; where that fails the old file is written on, so that no line is lost.
    fn reopen(&mut self) {
        match Sink::open(&self.destination) {
            Ok(sink) => {
                self.sink = sink;
                tracing::info!(to = %path_of(&self.destination).display(), "the audit export has opened its file anew");
            }
            Err(error) => tracing::error!(%error, "the audit export goes on with the file it has"),
        }
    }
}

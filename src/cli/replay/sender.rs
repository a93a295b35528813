//! Feeds the requests to a few workers, each with its own kept connections.

use std::collections::HashMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::{Mutex, mpsc};
use tokio::task::JoinSet;

use super::connection::{Answer, Connection, NoAnswer};
use super::summary::{Outcome, Summary};
use crate::dataset::{Fault, RecordedRequest};

/// How many requests are read ahead for each connection.
const READ_AHEAD: usize = 4;
/// How many connections a worker keeps: one for each source address it has met, up to this many.
const MAX_KEPT: usize = 64;
/// How often the progress line is written.
const PROGRESS: Duration = Duration::from_millis(500);

/// What stays the same for all requests.
pub(super) struct Plan {
    pub(super) target: SocketAddr,
    /// For requests that were recorded without one.
    pub(super) host: String,
    pub(super) connections: u16,
    pub(super) timeout: Duration,
    /// Addresses to send from, in turn; none is the system's choice.
    pub(super) sources: Vec<Ipv4Addr>,
    /// Whether to write a progress line.
    pub(super) progress: bool,
}

/// The requests and how fast they come.
pub(super) struct Feed {
    pub(super) requests: Box<dyn Iterator<Item = Result<RecordedRequest, Fault>> + Send>,
    pub(super) rate: Option<f64>,
    pub(super) limit: u64,
}

struct Job {
    bytes: Vec<u8>,
    is_head: bool,
    source: Option<Ipv4Addr>,
}

type Jobs = Arc<Mutex<mpsc::Receiver<Job>>>;

/// Sends everything and tells what became of it.
pub(super) async fn send_all(plan: Arc<Plan>, feed: Feed) -> anyhow::Result<Summary> {
    let started = Instant::now();
    let (job_in, jobs) = mpsc::channel(READ_AHEAD * usize::from(plan.connections));
    let (outcome_in, mut outcomes) = mpsc::channel(1_024);
    let jobs: Jobs = Arc::new(Mutex::new(jobs));
    let mut workers = JoinSet::new();
    for _ in 0..plan.connections {
        workers.spawn(work(Arc::clone(&plan), Arc::clone(&jobs), outcome_in.clone()));
    }
    let feeder = {
        let plan = Arc::clone(&plan);
        tokio::task::spawn_blocking(move || run_feed(feed, &plan, &job_in, &outcome_in))
    };
    let mut summary = Summary::default();
    let mut shown = Instant::now();
    while let Some(outcome) = outcomes.recv().await {
        summary.add(outcome);
        if plan.progress && shown.elapsed() >= PROGRESS {
            shown = Instant::now();
            eprint!("\r{} requests, {} answered ", summary.requests(), summary.answered());
        }
    }
    if plan.progress {
        eprintln!();
    }
    feeder.await?;
    while let Some(ended) = workers.join_next().await {
        ended?;
    }
    summary.took = started.elapsed();
    Ok(summary)
}

/// Reads the recordings at the pace asked for; on a thread of its own, as reading blocks.
fn run_feed(feed: Feed, plan: &Plan, jobs: &mpsc::Sender<Job>, outcomes: &mpsc::Sender<Outcome>) {
    let started = Instant::now();
    let limit = usize::try_from(feed.limit).unwrap_or(usize::MAX);
    for (nth, request) in feed.requests.take(limit).enumerate() {
        if let Some(rate) = feed.rate {
            let due = Duration::try_from_secs_f64(nth as f64 / rate).unwrap_or(Duration::MAX);
            std::thread::sleep(due.saturating_sub(started.elapsed()));
        }
        let accepted = match request {
            Err(fault) => outcomes.blocking_send(Outcome::Unsendable(fault)).is_ok(),
            Ok(request) => {
                let source = (!plan.sources.is_empty()).then(|| plan.sources[nth % plan.sources.len()]);
                let job = Job { bytes: request.to_bytes(&plan.host), is_head: request.is_head(), source };
                jobs.blocking_send(job).is_ok()
            }
        };
        if !accepted {
            return;
        }
    }
}

async fn work(plan: Arc<Plan>, jobs: Jobs, outcomes: mpsc::Sender<Outcome>) {
    let mut kept = HashMap::new();
    loop {
        // The lock is held while waiting: the workers take turns.
        let Some(job) = jobs.lock().await.recv().await else { return };
        let started = Instant::now();
        let answer = tokio::time::timeout(plan.timeout, send(&plan, &mut kept, &job)).await;
        let outcome = match answer.unwrap_or(Err(NoAnswer::TimedOut)) {
            Ok(answer) => Outcome::Answered { status: answer.status, after: started.elapsed() },
            Err(reason) => Outcome::Unanswered(reason),
        };
        if outcomes.send(outcome).await.is_err() {
            return;
        }
    }
}

/// Sends over a kept connection where there is one. The server may have closed that one meanwhile, so a request that
/// gets no answer over it is sent once more over a new one.
async fn send(plan: &Plan, kept: &mut HashMap<Option<Ipv4Addr>, Connection>, job: &Job) -> Result<Answer, NoAnswer> {
    if let Some(mut connection) = kept.remove(&job.source) {
        match connection.exchange(&job.bytes, job.is_head).await {
            Err(NoAnswer::Closed) => {}
            Err(reason) => return Err(reason),
            Ok(answer) => {
                if answer.reusable {
                    kept.insert(job.source, connection);
                }
                return Ok(answer);
            }
        }
    }
    let mut connection = Connection::open(plan.target, job.source).await?;
    let answer = connection.exchange(&job.bytes, job.is_head).await?;
    if answer.reusable {
        if kept.len() >= MAX_KEPT {
            kept.clear();
        }
        kept.insert(job.source, connection);
    }
    Ok(answer)
}

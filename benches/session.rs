//! What session tracking costs: time a request, memory an open session. `cargo bench --bench session`; `SCALE=100` divides
//! all numbers by a hundred, to try it out.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::cast_precision_loss)]

use std::hint::black_box;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Instant;

use portcullis::behaviour::{Asker, Limits, Watch};
use portcullis::client::{self, ClientIdentity, PeerAddr};
use portcullis::id::RequestIds;
use portcullis::metrics::Metrics;
use portcullis::session::{
    ClosedSession, Config, Fingerprints, Kind, Method, OpenSession, Outcome, Session, SessionTracker, Tally,
};
use portcullis::time::Timestamp;
use tokio::sync::mpsc;

const START: i64 = 1_700_000_000_000;
const PATH: &[u8] = b"/products/blue-shoes/42";
const AGENT: &[u8] = b"Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0";
const BAR: f64 = 1_000.0;

/// What stands between a request and its answer, as the proxy uses it.
struct Counting {
    tracker: SessionTracker,
    watch: Arc<Watch>,
    ids: RequestIds,
    prints: Fingerprints,
    closed: mpsc::Receiver<ClosedSession>,
    open: mpsc::Receiver<OpenSession>,
}

impl Counting {
    fn new() -> Self {
        let metrics = Metrics::new().unwrap();
        let (closing, closed) = mpsc::channel(10_000);
        let (showing, open) = mpsc::channel(10_000);
        let (telling, _breaches) = mpsc::channel(1_000);
        let config = Config { max_open: 2_000_000, ..Config::default() };
        Self {
            tracker: SessionTracker::new(&config, closing, showing, metrics.session.clone()),
            watch: Watch::new(Limits::default(), telling, metrics.behaviour.clone()),
            ids: RequestIds::new().unwrap(),
            prints: Fingerprints::random().unwrap(),
            closed,
            open,
        }
    }

    /// All that the proxy does for sessions and limits at one request.
    fn request(&self, client: &ClientIdentity, now: Timestamp) {
        let id = self.ids.next(now);
        let visit = self.tracker.begin(client, 0, id, now);
        let asker = Asker { client: *client, request: id, session: Some(visit.session()) };
        let kind = Kind::of(Method::Get, PATH, None);
        self.watch.arrive(&asker, kind, now);
        let (path, agent) = (self.prints.of(black_box(PATH)), self.prints.of(black_box(AGENT)));
        let outcome = Outcome { timestamp: now, kind, path, agent, response_bytes: 1_000, ..Outcome::default() };
        self.watch.answer(&asker, &outcome, 0);
        visit.finish(&outcome);
    }

    fn drain(&mut self) {
        while self.closed.try_recv().is_ok() {}
        while self.open.try_recv().is_ok() {}
    }
}

fn client(number: u32) -> ClientIdentity {
    let peer = PeerAddr(SocketAddr::from((Ipv4Addr::from(0x0b00_0000 + number), 1)));
    client::Config::default().identify(peer, &http::HeaderMap::new())
}

/// A hundred requests a millisecond, so that visits of 10,000 clients go on and pass their milestones.
fn moment(number: u32) -> Timestamp {
    Timestamp::from_millis(START + i64::from(number / 100))
}

/// One after the other, spread over the clients.
fn spread(number: u32, clients: &[ClientIdentity]) -> &ClientIdentity {
    let scattered = u64::from(number.wrapping_mul(2_654_435_761));
    &clients[usize::try_from(scattered).unwrap() % clients.len()]
}

/// Bytes of memory in use, as Linux tells; 0 elsewhere.
fn resident() -> u64 {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    statm.split(' ').nth(1).and_then(|pages| pages.parse::<u64>().ok()).unwrap_or(0) * 4_096
}

fn nanos(since: Instant) -> f64 {
    since.elapsed().as_nanos() as f64
}

/// Nanoseconds this thread has had of a processor, as Linux tells; 0 elsewhere. On a busy machine the clock on the wall
/// counts what others do.
fn busy() -> f64 {
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    told.split(' ').next().and_then(|nanos| nanos.parse().ok()).unwrap_or(0.0)
}

/// Mean time of a request by so many threads at once: on the wall, and of a processor.
fn mean(counting: &Counting, clients: &[ClientIdentity], requests: u32, threads: u32) -> (f64, f64) {
    let work = |thread: u32| {
        let (start, before) = (Instant::now(), busy());
        for number in (thread..requests).step_by(threads as usize) {
            counting.request(spread(number, clients), moment(number));
        }
        (nanos(start), busy() - before)
    };
    let took: Vec<_> = std::thread::scope(|scope| {
        let running: Vec<_> = (0..threads).map(|thread| scope.spawn(move || work(thread))).collect();
        running.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    let each = |time: fn(&(f64, f64)) -> f64| took.iter().map(time).sum::<f64>() / f64::from(requests);
    (each(|times| times.0), each(|times| times.1))
}

/// Each request by itself: the median and the 99th of a hundred, the clock's own time taken off.
fn percentiles(counting: &Counting, clients: &[ClientIdentity], requests: u32) -> (f64, f64) {
    let mut times: Vec<f64> = Vec::with_capacity(requests as usize);
    let mut clock: Vec<f64> = (0..10_000).map(|_| nanos(Instant::now())).collect();
    for number in 0..requests {
        let start = Instant::now();
        counting.request(spread(number, clients), moment(number));
        times.push(nanos(start));
    }
    let at = |times: &mut Vec<f64>, share: f64| {
        times.sort_by(f64::total_cmp);
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        times[(times.len() as f64 * share) as usize]
    };
    let own = at(&mut clock, 0.5);
    (at(&mut times, 0.5) - own, at(&mut times, 0.99) - own)
}

fn main() {
    let scale = std::env::var("SCALE").ok().and_then(|scale| scale.parse().ok()).unwrap_or(1_u32).max(1);
    let (requests, clients) = (1_000_000 / scale, 10_000 / scale);
    let mut counting = Counting::new();
    let known: Vec<_> = (0..clients).map(client).collect();

    let (wall, cpu) = mean(&counting, &known, requests, 1);
    counting.drain();
    println!("mean {cpu:.0} ns of a processor a request, {wall:.0} on the wall; the bar is {BAR:.0}");
    println!("one thread, {clients} clients, {requests} requests");
    let again = Counting::new();
    let (p50, p99) = percentiles(&again, &known, requests);
    println!("p50 {p50:.0} ns, p99 {p99:.0} ns, of each request by itself");
    let threads = std::thread::available_parallelism().map_or(2, |cores| u32::try_from(cores.get()).unwrap_or(2));
    let (wall, cpu) = mean(&Counting::new(), &known, requests, threads);
    println!("mean {cpu:.0} ns of a processor a request, {wall:.0} on the wall, {threads} threads at once");
    drop(again);

    let (before, open_before) = (resident(), counting.tracker.len());
    let now = Timestamp::from_millis(START + 10_000);
    let outcome = Outcome { timestamp: now, ..Outcome::default() };
    let start = Instant::now();
    for number in 0..requests {
        let id = counting.ids.next(now);
        black_box(counting.tracker.begin(&client(clients + number), 0, id, now)).finish(&outcome);
    }
    let each = nanos(start) / f64::from(requests);
    let opened = counting.tracker.len() - open_before;
    let bytes = resident().saturating_sub(before) / opened.max(1) as u64;
    println!("{bytes} resident bytes an open session, {opened} opened; {each:.0} ns to open one");
    println!("of these, the counters: {} bytes, {} of them the tally", size_of::<Session>(), size_of::<Tally>());
    let start = Instant::now();
    counting.tracker.sweep(Timestamp::from_millis(START + 60_000));
    println!("{:.0} ns to close one, {} left", nanos(start) / opened as f64, counting.tracker.len());
    counting.drain();
}

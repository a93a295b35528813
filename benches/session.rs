//! What session tracking costs: time a request, memory an open session. `cargo bench --bench session`
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::cast_precision_loss)]

use std::hint::black_box;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Instant;

use portcullis::behaviour::{Asker, Limits, Watch};
use portcullis::client::{self, ClientIdentity, PeerAddr};
use portcullis::id::RequestIds;
use portcullis::metrics::Metrics;
use portcullis::session::{Config, Fingerprints, Kind, Method, Outcome, SessionTracker};
use portcullis::time::Timestamp;
use tokio::sync::mpsc;

const REQUESTS: u32 = 1_000_000;
const CLIENTS: u32 = 10_000;

fn client(number: u32) -> ClientIdentity {
    let peer = PeerAddr(SocketAddr::from((Ipv4Addr::from(0x0b00_0000 + number), 1)));
    client::Config::default().identify(peer, &http::HeaderMap::new())
}

/// Bytes of memory in use, as Linux tells; 0 elsewhere.
fn resident() -> u64 {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    statm.split(' ').nth(1).and_then(|pages| pages.parse::<u64>().ok()).unwrap_or(0) * 4_096
}

fn main() {
    let metrics = Metrics::new().unwrap();
    let (closing, mut closed) = mpsc::channel(1_000_000);
    let (showing, _open) = mpsc::channel(1_000);
    let (telling, _breaches) = mpsc::channel(1_000);
    let config = Config { max_open: 2_000_000, ..Config::default() };
    let tracker = SessionTracker::new(&config, closing, showing, metrics.session.clone());
    let watch = Watch::new(Limits::default(), telling, metrics.behaviour.clone());
    let (ids, prints) = (RequestIds::new().unwrap(), Fingerprints::random().unwrap());
    let clients: Vec<_> = (0..CLIENTS).map(client).collect();
    let request = |client: &ClientIdentity, now: Timestamp, path: &[u8]| {
        let id = ids.next(now);
        let visit = tracker.begin(client, 0, id, now);
        let asker = Asker { client: *client, request: id, session: Some(visit.session()) };
        let kind = Kind::of(Method::Get, path, None);
        watch.arrive(&asker, kind, now);
        let (path, agent) = (prints.of(path), prints.of(b"Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101"));
        let outcome = Outcome { timestamp: now, kind, path, agent, response_bytes: 1_000, ..Outcome::default() };
        watch.answer(&asker, &outcome, 0);
        visit.finish(&outcome);
    };
    let start = Instant::now();
    for number in 0..REQUESTS {
        let now = Timestamp::from_millis(1_700_000_000_000 + i64::from(number / 100));
        request(&clients[(number.wrapping_mul(2_654_435_761) % CLIENTS) as usize], now, b"/products/blue-shoes/42");
    }
    let each = start.elapsed().as_nanos() as f64 / f64::from(REQUESTS);
    println!("{each:.0} ns a request, {CLIENTS} clients, all counting included; the bar is 1,000");
    while closed.try_recv().is_ok() {}

    let (before, open_before) = (resident(), tracker.len());
    let now = Timestamp::from_millis(1_700_000_010_000);
    let start = Instant::now();
    for number in 0..REQUESTS {
        black_box(tracker.begin(&client(CLIENTS + number), 0, ids.next(now), now)).finish(&Outcome::default());
    }
    let opened = tracker.len() - open_before;
    let bytes = resident().saturating_sub(before) / opened.max(1) as u64;
    let each = start.elapsed().as_nanos() as f64 / f64::from(REQUESTS);
    println!("{bytes} bytes of memory an open session, {opened} open; {each:.0} ns to open one");
}

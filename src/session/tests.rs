use std::net::SocketAddr;

use super::*;
use crate::client::{self, ClientIdentity, PeerAddr};
use crate::id::RequestIds;
use crate::metrics::Metrics;
use crate::time::Timestamp;
use tokio::sync::mpsc;

struct Bench {
    tracker: SessionTracker,
    closed: mpsc::Receiver<ClosedSession>,
    open: mpsc::Receiver<OpenSession>,
    ids: RequestIds,
    metrics: Metrics,
}

impl Bench {
    fn new(config: &Config) -> Self {
        let (sender, closed) = mpsc::channel(1_000);
        let (shown, open) = mpsc::channel(1_000);
        let metrics = Metrics::new().unwrap();
        let tracker = SessionTracker::new(config, sender, shown, metrics.session.clone());
        Self { tracker, closed, open, ids: RequestIds::new().unwrap(), metrics }
    }

    fn begin(&self, client: &ClientIdentity, now: i64) -> Visit {
        let now = Timestamp::from_millis(now);
        self.tracker.begin(client, 0, self.ids.next(now), now)
    }

    fn answer(&self, client: &ClientIdentity, now: i64, status: u16) -> SessionId {
        let visit = self.begin(client, now);
        let id = visit.session();
        visit.finish(&outcome(now, status));
        id
    }

    fn sweep(&self, now: i64) {
        self.tracker.sweep(Timestamp::from_millis(now));
    }

    fn closed(&mut self) -> Option<Session> {
        self.closed.try_recv().ok().map(|closed| closed.session)
    }
}

fn outcome(now: i64, status: u16) -> Outcome {
    Outcome { timestamp: Timestamp::from_millis(now), status, ..Outcome::default() }
}

fn client(last: u8) -> ClientIdentity {
    let peer = PeerAddr(SocketAddr::from(([192, 0, 2, last], 1)));
    client::Config::default().identify(peer, &http::HeaderMap::new())
}

#[test]
fn counts_what_became_of_each_request() {
    let mut bench = Bench::new(&Config::default());
    let first = bench.answer(&client(1), 0, 200);
    assert_eq!(bench.answer(&client(1), 4_000, 404), first);
    bench.sweep(19_001);
    let session = bench.closed().unwrap();
    assert_eq!((session.id, session.requests, session.codes_4xx, session.duration_ms()), (first, 2, 1, 4_000));
}

#[test]
fn the_last_session_of_a_client_is_closed_by_the_sweeper() {
    let mut bench = Bench::new(&Config::default());
    bench.answer(&client(1), 0, 200);
    bench.sweep(15_000);
    assert_eq!(bench.closed(), None);
    bench.sweep(15_001);
    assert!(bench.closed().is_some());
    assert!(bench.tracker.is_empty());
}

#[test]
fn a_request_in_flight_keeps_its_session_but_not_for_ever() {
    let mut bench = Bench::new(&Config::default());
    let held = bench.begin(&client(1), 0);
    bench.sweep(30_000);
    assert_eq!(bench.closed(), None);
    bench.sweep(60_001);
    assert!(bench.closed().is_some());
    drop(held);
    assert_eq!(bench.closed(), None, "sent once only");
}

#[test]
fn a_session_over_its_cap_waits_for_its_own_answers() {
    let mut bench = Bench::new(&Config { max_requests: 2, ..Config::default() });
    let (one, two) = (bench.begin(&client(1), 0), bench.begin(&client(1), 1));
    let three = bench.begin(&client(1), 2);
    assert_eq!(one.session(), two.session());
    assert_ne!(one.session(), three.session());
    one.finish(&outcome(3, 404));
    assert_eq!(bench.closed(), None);
    two.finish(&outcome(4, 404));
    let session = bench.closed().unwrap();
    assert_eq!((session.requests, session.codes_4xx), (2, 2));
}

#[test]
fn parallel_requests_are_cut_into_exact_sessions() {
    let mut bench = Bench::new(&Config { max_requests: 5, ..Config::default() });
    std::thread::scope(|scope| {
        for _ in 0..20 {
            scope.spawn(|| bench.answer(&client(1), 0, 200));
        }
    });
    bench.sweep(15_001);
    let sizes: Vec<u32> = std::iter::from_fn(|| bench.closed()).map(|session| session.requests).collect();
    assert_eq!(sizes, [5, 5, 5, 5]);
}

#[test]
fn past_the_cap_the_longest_idle_session_is_closed_and_counted() {
    let mut bench = Bench::new(&Config { max_open: 2, ..Config::default() });
    let idle = bench.answer(&client(1), 0, 200);
    bench.answer(&client(2), 1, 200);
    bench.answer(&client(3), 2, 200);
    assert_eq!(bench.closed().unwrap().id, idle);
    assert_eq!(bench.tracker.len(), 2);
    assert_eq!(bench.metrics.session.evicted.get(), 1);
    assert_eq!(bench.metrics.session.open.get(), 2);
}

#[test]
fn a_session_active_lately_outlives_an_idle_one() {
    let mut bench = Bench::new(&Config { max_open: 2, ..Config::default() });
    bench.answer(&client(1), 0, 200);
    let idle = bench.answer(&client(2), 1, 200);
    bench.answer(&client(1), 2, 200);
    bench.answer(&client(3), 3, 200);
    assert_eq!(bench.closed().unwrap().id, idle);
}

#[tokio::test]
async fn an_orderly_stop_sends_every_session_once() {
    let mut bench = Bench::new(&Config::default());
    for last in 1..=9 {
        bench.answer(&client(last), 0, 200);
    }
    bench.tracker.close_all().await;
    assert_eq!(std::iter::from_fn(|| bench.closed()).count(), 9);
    assert!(bench.tracker.is_empty());
}

#[test]
fn an_open_session_is_shown_as_it_grows_and_not_after_it_closed() {
    let mut bench = Bench::new(&Config { max_requests: 12, ..Config::default() });
    for at in 0..24 {
        bench.answer(&client(1), at, 200);
    }
    let shown: Vec<_> = std::iter::from_fn(|| bench.open.try_recv().ok()).map(|open| open.0.tally.answers).collect();
    assert_eq!(shown, [10, 10], "two sessions, each at its tenth answer");
    let held = bench.begin(&client(2), 0);
    held.finish(&Outcome { findings: 1, status: 403, ..outcome(1, 403) });
    assert_eq!(bench.open.try_recv().unwrap().0.findings, 1, "at once");
}

#[test]
fn a_scorer_that_is_behind_costs_looks_not_sessions() {
    let (closing, closed) = mpsc::channel(10);
    let (shown, _open) = mpsc::channel(1);
    let metrics = Metrics::new().unwrap();
    let config = Config { milestones: Milestones::new(vec![1]), ..Config::default() };
    let tracker = SessionTracker::new(&config, closing, shown, metrics.session.clone());
    let mut bench = Bench { tracker, closed, open: mpsc::channel(1).1, ids: RequestIds::new().unwrap(), metrics };
    for at in 0..5 {
        bench.answer(&client(1), at, 200);
    }
    assert_eq!(bench.metrics.session.unshown.get(), 4);
    bench.sweep(15_005);
    assert_eq!(bench.closed().unwrap().requests, 5);
}

#[test]
fn visitors_of_one_client_are_told_apart_by_their_part() {
    let bench = Bench::new(&Config::default());
    let now = Timestamp::from_millis(0);
    let begin = |part| bench.tracker.begin(&client(1), part, bench.ids.next(now), now).session();
    let (one, two) = (begin(1), begin(2));
    assert_ne!(one, two);
    assert_eq!(begin(1), one);
}

#[test]
fn a_clock_that_goes_backwards_and_a_million_requests_break_nothing() {
    let mut bench =
        Bench::new(&Config { max_requests: u32::MAX, milestones: Milestones::new(vec![]), ..Config::default() });
    for number in 0..1_000_000_i64 {
        bench.answer(&client(1), 10_000 - number % 7_000, 404);
    }
    bench.sweep(60_000);
    let session = bench.closed().unwrap();
    assert_eq!((session.requests, session.codes_4xx), (1_000_000, 1_000_000));
    assert_eq!(session.duration_ms(), 6_999);
    assert!(session.tally.inter_arrival(session.requests).1.is_finite());
}

#[test]
fn a_clock_that_steps_back_an_hour_ends_open_visits_and_holds_up_no_later_ones() {
    const HOUR: i64 = 3_600_000;
    let mut bench = Bench::new(&Config::default());
    let before = [bench.answer(&client(1), HOUR, 200), bench.answer(&client(2), HOUR, 200)];
    // The same client goes on after the step: a visit of its own, and what was counted before is not lost.
    let after = bench.answer(&client(1), 0, 200);
    assert!(!before.contains(&after));
    assert_eq!(bench.closed().unwrap().id, before[0]);
    bench.sweep(1_000);
    assert_eq!(bench.closed().unwrap().id, before[1], "idle for nobody knows how long");
    bench.sweep(15_001);
    assert_eq!(bench.closed().unwrap().id, after, "swept on time by the new clock");
    assert!(bench.closed().is_none() && bench.tracker.is_empty());
}

#[test]
fn ten_thousand_new_clients_a_second_stay_within_the_cap() {
    let mut bench = Bench::new(&Config { max_open: 1_000, ..Config::default() });
    for number in 0..20_000_u32 {
        let peer = PeerAddr(SocketAddr::from((std::net::Ipv4Addr::from(number), 1)));
        let client = client::Config::default().identify(peer, &http::HeaderMap::new());
        bench.answer(&client, i64::from(number) / 10, 200);
        while bench.closed().is_some() {}
    }
    assert_eq!(bench.tracker.len(), 1_000);
    assert_eq!(bench.metrics.session.evicted.get(), 19_000);
}

#[test]
fn an_open_session_goes_on_after_a_restart_with_its_id_and_counts() {
    let before = Bench::new(&Config::default());
    let ids: Vec<_> = (1..=3).map(|last| before.answer(&client(last), 1_000 * i64::from(last), 404)).collect();
    let kept = before.tracker.checkpoint(10);
    let text = serde_json::to_string(&kept).unwrap();
    let mut after = Bench::new(&Config::default());
    assert_eq!(after.tracker.restore(serde_json::from_str(&text).unwrap()), 3);
    assert_eq!(after.answer(&client(3), 18_000, 404), ids[2]);
    after.sweep(18_000);
    let closed: Vec<_> = std::iter::from_fn(|| after.closed()).map(|session| session.id).collect();
    assert_eq!(closed, ids[..2], "idle for too long by then");
    after.sweep(33_001);
    let session = after.closed().unwrap();
    assert_eq!((session.requests, session.codes_4xx, session.restored), (2, 2, true));
    assert_eq!(session.duration_ms(), 15_000);
}

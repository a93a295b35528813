//! A server that dies and comes back.

use std::sync::Arc;
use std::time::{Duration, Instant};

use mongodb::Client;
use mongodb::bson::{Document, doc};

use super::mongod::Mongod;
use super::tests::config;
use crate::activity::{self, ActivityLog, ActivityRecord};
use crate::metrics::{ActivityMetrics, Metrics};
use crate::storage::{Config, Storage};

/// Waits until `met` holds.
async fn eventually(what: &str, met: impl Fn() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(60);
    while !met() {
        assert!(Instant::now() < deadline, "waited in vain until {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

fn log_to(storage: &Storage, queue: usize) -> (ActivityLog, ActivityMetrics) {
    let metrics = Metrics::new().unwrap().activity;
    let config = activity::Config { queue, batch: 64, flush_interval: Duration::from_millis(5), ..Default::default() };
    let config = activity::Config { retention: Duration::ZERO, ..config };
    (ActivityLog::start(&config, Arc::clone(&storage.activity), None, metrics.clone()), metrics)
}

#[tokio::test(flavor = "multi_thread")]
async fn records_wait_for_a_server_that_was_killed_and_are_kept_once() {
    let mut server = Mongod::start().unwrap();
    let config = Config { connect_timeout: Duration::from_secs(1), ..config(&server.uri(), "killed") };
    let storage = Storage::open(&config).await.unwrap();
    let (log, metrics) = log_to(&storage, 10_000);
    for number in 0..1_000 {
        log.record(ActivityRecord::sample(number));
    }
    eventually("some are written", || metrics.written.get() > 0).await;
    server.kill();
    for number in 1_000..2_000 {
        log.record(ActivityRecord::sample(number));
    }
    eventually("the log knows", || !log.healthy()).await;
    assert!(metrics.queued.get() >= 1_000);
    server.restart().unwrap();
    eventually("all are written", || log.queued() == 0).await;
    assert!(log.healthy());
    assert_eq!((metrics.dropped.get(), metrics.written.get()), (0, 2_000));
    assert_eq!(log.close(Duration::from_secs(10)).await, 0);

    let logs = Client::with_uri_str(server.uri()).await.unwrap().database("killed").collection::<Document>("httplogs");
    assert_eq!(logs.count_documents(doc! {}).await.unwrap(), 2_000, "each once");
}

#[tokio::test(flavor = "multi_thread")]
async fn with_a_dead_server_and_a_full_queue_drops_are_counted_exactly() {
    let mut server = Mongod::start().unwrap();
    let config = Config { connect_timeout: Duration::from_secs(1), ..config(&server.uri(), "full") };
    let storage = Storage::open(&config).await.unwrap();
    server.kill();
    let (log, metrics) = log_to(&storage, 100);
    let started = Instant::now();
    for number in 0..1_000 {
        log.record(ActivityRecord::sample(number));
    }
    assert!(started.elapsed() < Duration::from_secs(1), "recording never waits: {:?}", started.elapsed());
    assert_eq!((log.queued(), metrics.dropped.get()), (100, 900));
    eventually("the log knows", || !log.healthy()).await;
    server.restart().unwrap();
    eventually("the kept are written", || metrics.written.get() == 100).await;
    assert_eq!((log.queued(), metrics.dropped.get()), (0, 900));

    server.kill();
    log.record(ActivityRecord::sample(2_000));
    assert_eq!(log.close(Duration::from_millis(300)).await, 1, "says how many were left");
    assert_eq!(metrics.dropped.get(), 901);
}

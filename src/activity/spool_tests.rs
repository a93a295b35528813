//! The log with a spool on disk.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use super::tests::{Memory, eventually};
use super::*;
use crate::metrics::{ActivityMetrics, Metrics};
use crate::spool::{self, Spool};

struct Fixture {
    folder: tempfile::TempDir,
    store: Arc<Memory>,
    metrics: Metrics,
}

impl Fixture {
    fn new() -> Self {
        let (folder, metrics) = (tempfile::tempdir().unwrap(), Metrics::new().unwrap());
        Self { folder, store: Arc::default(), metrics }
    }

    fn start(&self, config: &Config) -> ActivityLog {
        let settings = spool::Config { folder: self.folder.path().join("spool"), limit: 16 << 20 };
        // A blocking thread of an earlier log may hold the folder a moment longer.
        let begun = std::time::Instant::now();
        let spool = loop {
            match Spool::open(settings.clone(), self.metrics.activity_spool.clone()) {
                Err(spool::SpoolError::InUse { .. }) if begun.elapsed() < Duration::from_secs(10) => {}
                opened => break Arc::new(opened.unwrap()),
            }
            std::thread::sleep(Duration::from_millis(5));
        };
        ActivityLog::start(config, Arc::clone(&self.store) as _, Some(spool), self.metrics.activity.clone())
    }

    fn activity(&self) -> &ActivityMetrics {
        &self.metrics.activity
    }

    fn expect_kept(&self, numbers: std::ops::Range<u32>) {
        assert_eq!(self.store.ids(), numbers.map(|n| ActivityRecord::sample(n).id).collect::<Vec<_>>());
    }
}

fn record(log: &ActivityLog, numbers: std::ops::Range<u32>) {
    numbers.map(ActivityRecord::sample).for_each(|record| log.record(record));
}

fn small() -> Config {
    Config { queue: 1_000, batch: 50, flush_interval: Duration::from_millis(5), ..Config::default() }
}

#[tokio::test(start_paused = true)]
async fn a_healthy_store_needs_no_spool() {
    let fixture = Fixture::new();
    let log = fixture.start(&small());
    record(&log, 0..500);
    eventually(|| fixture.activity().written.get() == 500).await;
    assert_eq!(fixture.metrics.activity_spool.spooled.get(), 0);
}

#[tokio::test(start_paused = true)]
async fn while_the_store_is_away_memory_stays_empty_and_nothing_is_lost() {
    for hangs in [false, true] {
        let fixture = Fixture::new();
        fixture.store.away.store(!hangs, Ordering::SeqCst);
        fixture.store.hangs.store(hangs, Ordering::SeqCst);
        let log = fixture.start(&small());
        for batch in 0..20 {
            record(&log, batch * 500..batch * 500 + 500);
            eventually(|| log.queued() == 0).await;
        }
        assert_eq!((log.spooled(), fixture.activity().dropped.get()), (10_000, 0), "ten times what the queue holds");
        assert!(log.spool_works());
        if !hangs {
            assert!(!log.healthy());
            fixture.store.away.store(false, Ordering::SeqCst);
            eventually(|| log.spooled() == 0).await;
            fixture.expect_kept(0..10_000);
            assert!(log.healthy());
            record(&log, 10_000..10_010);
            eventually(|| fixture.activity().written.get() == 10_010).await;
            assert_eq!(fixture.metrics.activity_spool.spooled.get(), 10_000, "directly again");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_clock_that_steps_back_loses_no_record() {
    let fixture = Fixture::new();
    fixture.store.away.store(true, Ordering::SeqCst);
    let log = fixture.start(&small());
    for number in (0..1_000).rev() {
        log.record(ActivityRecord::sample(number));
        if number % 100 == 0 {
            eventually(|| log.queued() == 0).await;
        }
    }
    assert_eq!(log.spooled(), 1_000);
    fixture.store.away.store(false, Ordering::SeqCst);
    eventually(|| log.spooled() == 0).await;
    fixture.expect_kept(0..1_000);
    assert_eq!(fixture.activity().dropped.get(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_stop_with_a_dead_store_leaves_the_records_to_the_next_start() {
    let fixture = Fixture::new();
    fixture.store.away.store(true, Ordering::SeqCst);
    let log = fixture.start(&small());
    record(&log, 0..300);
    assert_eq!(log.close(Duration::from_secs(5)).await, 0, "none is lost");
    assert_eq!((log.spooled(), fixture.activity().dropped.get()), (300, 0));
    drop(log);
    // The tasks of the first log let go of the folder as soon as they end.
    tokio::time::sleep(Duration::from_secs(1)).await;
    fixture.store.away.store(false, Ordering::SeqCst);
    let log = fixture.start(&small());
    eventually(|| log.spooled() == 0).await;
    fixture.expect_kept(0..300);
}

#[tokio::test(start_paused = true)]
async fn a_slow_store_fills_the_spool_and_not_the_memory() {
    let fixture = Fixture::new();
    *fixture.store.slow.lock() = Duration::from_millis(500);
    let log = fixture.start(&small());
    record(&log, 0..1_000);
    eventually(|| log.queued() < 100).await;
    assert!(log.spooled() > 0 && log.healthy());
    eventually(|| log.spooled() == 0 && log.queued() == 0).await;
    fixture.expect_kept(0..1_000);
    assert_eq!(fixture.activity().dropped.get(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_record_that_the_store_refuses_holds_the_spool_not_back() {
    let fixture = Fixture::new();
    *fixture.store.refuses.lock() = Some(ActivityRecord::sample(3).id);
    let log = fixture.start(&small());
    record(&log, 0..10);
    eventually(|| fixture.activity().written.get() == 9 && log.spooled() == 0).await;
    assert_eq!(fixture.activity().dropped.get(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_disk_that_fails_too_is_named_counted_and_recovered_from() {
    let fixture = Fixture::new();
    fixture.store.away.store(true, Ordering::SeqCst);
    let log = fixture.start(&small());
    let folder = fixture.folder.path().join("spool");
    std::fs::remove_dir_all(&folder).unwrap();
    record(&log, 0..1_200);
    eventually(|| !log.spool_works() && !log.healthy()).await;
    assert_eq!((log.queued(), fixture.activity().dropped.get()), (1_000, 200), "bounded, and counted");
    assert!(fixture.metrics.activity_spool.errors.get() > 0);
    std::fs::create_dir(&folder).unwrap();
    eventually(|| log.spool_works() && log.queued() == 0).await;
    assert_eq!(log.spooled(), 1_000);
    std::fs::remove_dir_all(&folder).unwrap();
    std::fs::create_dir(&folder).unwrap();
    fixture.store.away.store(false, Ordering::SeqCst);
    eventually(|| log.spooled() == 0 && log.queued() == 0).await;
    let taken = fixture.store.ids().len() as u64;
    assert_eq!(taken + fixture.metrics.activity_spool.dropped.get(), 1_000, "files removed by hand are counted");
    record(&log, 2_000..2_010);
    eventually(|| fixture.store.ids().contains(&ActivityRecord::sample(2_009).id)).await;
}

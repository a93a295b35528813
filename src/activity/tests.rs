use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use parking_lot::Mutex;
use tokio::time::Instant;

use super::*;
use crate::id::RequestId;
use crate::metrics::{ActivityMetrics, Metrics};
use crate::time::Timestamp;

/// A store in memory that can be made to fail, hang or refuse single records.
#[derive(Default)]
pub(super) struct Memory {
    kept: Mutex<BTreeMap<RequestId, ActivityRecord>>,
    pub(super) away: AtomicBool,
    pub(super) hangs: AtomicBool,
    /// Time it takes for a batch.
    pub(super) slow: Mutex<Duration>,
    /// Takes a batch, then says it failed, as when the answer of a server is lost.
    forgets_to_answer: AtomicBool,
    pub(super) refuses: Mutex<Option<RequestId>>,
    /// Takes no batch that holds a longer URL, as a disk that is nearly full.
    room: Mutex<Option<usize>>,
    appends: AtomicU32,
    removed_before: Mutex<Option<Timestamp>>,
}

impl Memory {
    fn answer(&self) -> Result<(), ActivityStoreError> {
        if self.away.load(Ordering::SeqCst) { Err(ActivityStoreError::Store("away".into())) } else { Ok(()) }
    }

    pub(super) fn ids(&self) -> Vec<RequestId> {
        self.kept.lock().keys().copied().collect()
    }
}

#[async_trait]
impl ActivityStore for Memory {
    async fn append(&self, batch: &[ActivityRecord]) -> Result<(), ActivityStoreError> {
        self.appends.fetch_add(1, Ordering::SeqCst);
        if self.hangs.load(Ordering::SeqCst) {
            std::future::pending::<()>().await;
        }
        let slow = *self.slow.lock();
        tokio::time::sleep(slow).await;
        self.answer()?;
        let refused = *self.refuses.lock();
        if batch.iter().any(|record| Some(record.id) == refused) {
            return Err(ActivityStoreError::Record("a record that cannot be kept".into()));
        }
        if self.room.lock().is_some_and(|room| batch.iter().any(|record| record.url.len() > room)) {
            return Err(ActivityStoreError::Store("the disk is full".into()));
        }
        let mut kept = self.kept.lock();
        for record in batch {
            kept.entry(record.id).or_insert_with(|| record.clone());
        }
        if self.forgets_to_answer.swap(false, Ordering::SeqCst) {
            return Err(ActivityStoreError::Store("connection lost".into()));
        }
        Ok(())
    }

    async fn page(&self, _query: &ActivityQuery) -> Result<Vec<ActivityRecord>, ActivityStoreError> {
        Ok(self.kept.lock().values().rev().cloned().collect())
    }

    async fn remove_before(&self, moment: Timestamp) -> Result<u64, ActivityStoreError> {
        *self.removed_before.lock() = Some(moment);
        self.answer().map(|()| 0)
    }

    async fn ping(&self) -> Result<(), ActivityStoreError> {
        self.answer()
    }
}

struct Fixture {
    store: Arc<Memory>,
    log: ActivityLog,
    metrics: ActivityMetrics,
}

fn start(config: &Config) -> Fixture {
    let store = Arc::new(Memory::default());
    let metrics = Metrics::new().unwrap().activity;
    let log = ActivityLog::start(config, Arc::clone(&store) as _, None, metrics.clone());
    Fixture { store, log, metrics }
}

impl Fixture {
    fn record(&self, numbers: std::ops::Range<u32>) {
        numbers.map(ActivityRecord::sample).for_each(|record| self.log.record(record));
    }

    fn expect_kept(&self, numbers: impl IntoIterator<Item = u32>) {
        assert_eq!(self.store.ids(), numbers.into_iter().map(|n| ActivityRecord::sample(n).id).collect::<Vec<_>>());
    }
}

/// Waits until `met` holds; time is paused, so that this takes no time of ours.
pub(super) async fn eventually(met: impl Fn() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(600);
    while !met() {
        assert!(Instant::now() < deadline, "waited in vain");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test(start_paused = true)]
async fn records_are_written_in_batches() {
    let fixture = start(&Config { batch: 100, ..Config::default() });
    fixture.record(0..250);
    eventually(|| fixture.log.queued() == 0).await;
    fixture.expect_kept(0..250);
    assert_eq!(fixture.store.appends.load(Ordering::SeqCst), 3);
    assert_eq!((fixture.metrics.written.get(), fixture.metrics.queued.get()), (250, 0));
    assert!(fixture.log.healthy());
}

#[tokio::test(start_paused = true)]
async fn a_lone_record_waits_no_longer_than_the_interval() {
    let fixture = start(&Config { flush_interval: Duration::from_millis(200), ..Config::default() });
    let begun = Instant::now();
    fixture.record(0..1);
    eventually(|| fixture.log.queued() == 0).await;
    assert!(begun.elapsed() <= Duration::from_millis(250), "{:?}", begun.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_full_queue_drops_and_counts_exactly() {
    let fixture = start(&Config { queue: 100, batch: 30, ..Config::default() });
    fixture.store.away.store(true, Ordering::SeqCst);
    fixture.record(0..50);
    eventually(|| !fixture.log.healthy()).await;
    fixture.record(50..150);
    assert_eq!((fixture.log.queued(), fixture.metrics.dropped.get()), (100, 50));
    fixture.store.away.store(false, Ordering::SeqCst);
    eventually(|| fixture.log.queued() == 0).await;
    fixture.expect_kept(0..100);
    assert!(fixture.log.healthy());
    assert_eq!((fixture.metrics.written.get(), fixture.metrics.dropped.get()), (100, 50));
    assert!(fixture.metrics.store_errors.get() > 0);
}

#[tokio::test(start_paused = true)]
async fn waiting_bytes_are_bounded_too() {
    let fixture = start(&Config { queue_bytes: 1 << 20, ..Config::default() });
    fixture.store.away.store(true, Ordering::SeqCst);
    for number in 0..20 {
        fixture.log.record(ActivityRecord { url: "x".repeat(100 << 10), ..ActivityRecord::sample(number) });
    }
    assert_eq!((fixture.log.queued(), fixture.metrics.dropped.get()), (10, 10));
    fixture.store.away.store(false, Ordering::SeqCst);
    eventually(|| fixture.log.queued() == 0).await;
    fixture.record(30..31);
    eventually(|| fixture.metrics.written.get() == 11).await;
}

#[tokio::test(start_paused = true)]
async fn a_batch_whose_answer_was_lost_is_not_doubled() {
    let fixture = start(&Config::default());
    fixture.store.forgets_to_answer.store(true, Ordering::SeqCst);
    fixture.record(0..10);
    eventually(|| fixture.log.queued() == 0).await;
    fixture.expect_kept(0..10);
    assert_eq!(fixture.metrics.written.get(), 10);
}

#[tokio::test(start_paused = true)]
async fn a_record_that_the_store_refuses_does_not_hold_the_others_back() {
    let fixture = start(&Config::default());
    *fixture.store.refuses.lock() = Some(ActivityRecord::sample(3).id);
    fixture.record(0..10);
    eventually(|| fixture.log.queued() == 0).await;
    fixture.expect_kept((0..3).chain(4..10));
    assert_eq!((fixture.metrics.written.get(), fixture.metrics.dropped.get()), (9, 1));
}

#[tokio::test(start_paused = true)]
async fn health_follows_an_idle_store() {
    let fixture = start(&Config::default());
    fixture.store.away.store(true, Ordering::SeqCst);
    eventually(|| !fixture.log.healthy()).await;
    fixture.store.away.store(false, Ordering::SeqCst);
    eventually(|| fixture.log.healthy()).await;
}

#[tokio::test(start_paused = true)]
async fn closing_writes_what_waits_and_takes_no_more() {
    let fixture = start(&Config { batch: 10, flush_interval: Duration::from_secs(3_600), ..Config::default() });
    fixture.record(0..95);
    assert_eq!(fixture.log.close(Duration::from_secs(5)).await, 0);
    fixture.expect_kept(0..95);
    assert!(!fixture.log.healthy());
    fixture.record(95..100);
    assert_eq!((fixture.log.queued(), fixture.metrics.dropped.get()), (0, 5));
    assert_eq!(fixture.log.close(Duration::from_secs(5)).await, 0, "a second call is harmless");
}

#[tokio::test(start_paused = true)]
async fn closing_gives_up_at_the_deadline_and_says_what_was_left() {
    for (away, hangs) in [(true, false), (false, true)] {
        let fixture = start(&Config { batch: 10, ..Config::default() });
        fixture.store.away.store(away, Ordering::SeqCst);
        fixture.store.hangs.store(hangs, Ordering::SeqCst);
        fixture.record(0..25);
        eventually(|| fixture.store.appends.load(Ordering::SeqCst) > 0).await;
        let begun = Instant::now();
        assert_eq!(fixture.log.close(Duration::from_secs(3)).await, 25);
        assert!(begun.elapsed() < Duration::from_secs(4), "{:?}", begun.elapsed());
        assert_eq!(fixture.metrics.dropped.get(), 25);
    }
}

#[tokio::test(start_paused = true)]
async fn old_records_are_removed() {
    let fixture = start(&Config { retention: Duration::from_secs(3_600), ..Config::default() });
    eventually(|| fixture.store.removed_before.lock().is_some()).await;
    let age = Timestamp::now().since(fixture.store.removed_before.lock().unwrap());
    assert!((3_600..3_660).contains(&age.as_secs()), "{age:?}");
}

#[test]
fn bodies_are_kept_by_choice() {
    for choice in BodyLogging::ALL {
        assert_eq!(BodyLogging::parse(choice.as_str()), Some(choice));
    }
    assert_eq!(
        BodyLogging::ALL.map(|choice| (choice.keeps(false), choice.keeps(true))),
        [(false, false), (false, true), (true, true)]
    );
}

#[tokio::test(start_paused = true)]
async fn a_nearly_full_disk_that_takes_small_records_loses_no_large_one() {
    let fixture = start(&Config { batch: 4, ..Config::default() });
    *fixture.store.room.lock() = Some(100);
    for number in 0..20 {
        let url = format!("/{}", "x".repeat(usize::from(number % 3 == 0) * 1_000));
        fixture.log.record(ActivityRecord { url, ..ActivityRecord::sample(number) });
    }
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert_eq!(fixture.metrics.dropped.get(), 0);
    *fixture.store.room.lock() = None;
    eventually(|| fixture.log.queued() == 0).await;
    fixture.expect_kept(0..20);
    assert_eq!(fixture.metrics.dropped.get(), 0);
}

//! Throughput of the log's path, from [`ActivityLog::record`] to the store, and what a record takes there.
//!
//! ```text
//! cargo bench --bench activity -- [--records N] [--mongodb URI] [--spool]
//! ```
//!
//! On the embedded store in a temporary folder, or on the MongoDB of the URI (database `portcullis_bench`, dropped before
//! and after). With `--spool` the records go to the disk first, as in an outage, and the time to drain them is told too.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use portcullis::activity::{self, ActivityLog, ActivityQuery, ActivityRecord, ActivityStore, ActivityStoreError};
use portcullis::client::{ClientIp, ClientKey};
use portcullis::id::RequestIds;
use portcullis::metrics::Metrics;
use portcullis::policy::Verdict;
use portcullis::session::SessionId;
use portcullis::spool::{self, Spool};
use portcullis::storage::{Config, MongoUri, Storage, StorageKind};
use portcullis::time::Timestamp;

const DATABASE: &str = "portcullis_bench";

/// A store that can be away.
struct Outage {
    store: Arc<dyn ActivityStore>,
    away: AtomicBool,
}

impl Outage {
    fn answer(&self) -> Result<(), ActivityStoreError> {
        if self.away.load(Ordering::Relaxed) { Err(ActivityStoreError::Store("away".into())) } else { Ok(()) }
    }
}

#[async_trait::async_trait]
impl ActivityStore for Outage {
    async fn append(&self, batch: &[ActivityRecord]) -> Result<(), ActivityStoreError> {
        self.answer()?;
        self.store.append(batch).await
    }

    async fn page(&self, query: &ActivityQuery) -> Result<Vec<ActivityRecord>, ActivityStoreError> {
        self.store.page(query).await
    }

    async fn remove_before(&self, moment: Timestamp) -> Result<u64, ActivityStoreError> {
        self.store.remove_before(moment).await
    }

    async fn ping(&self) -> Result<(), ActivityStoreError> {
        self.answer()
    }
}

fn argument(name: &str) -> Option<String> {
    let mut arguments = std::env::args().skip_while(|argument| argument != name);
    arguments.next().and_then(|_| arguments.next())
}

/// A request as a browser sends it: 700 to 1,100 bytes of headers and URL.
fn record(ids: &RequestIds, number: u32) -> ActivityRecord {
    let now = Timestamp::now();
    let id = ids.next(now);
    let ip = std::net::IpAddr::from([10, (number >> 16 & 0xff) as u8, (number >> 8 & 0x3f) as u8, 7]);
    let header = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    ActivityRecord {
        id,
        session: Some(SessionId::from(id)),
        timestamp: now,
        client_ip: ClientIp::new(ip),
        client: ClientKey::from(ipnet::IpNet::from(ip)),
        method: "GET".into(),
        url: format!("/product/{number}?colour=blue&size=42&page={}", number % 17),
        origin: "https://shop.example".into(),
        headers: vec![
            header("host", "shop.example"),
            header("user-agent", "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"),
            header("accept", "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"),
            header("accept-language", "en-GB,en;q=0.7,de;q=0.3"),
            header("accept-encoding", "gzip, deflate, br, zstd"),
            header("referer", "https://shop.example/search?q=oak+board"),
            header("cookie", "session=[redacted]; basket=[redacted]; theme=[redacted]"),
        ],
        status: 200,
        request_bytes: 0,
        response_bytes: 14_321,
        content_type: Some("text/html; charset=utf-8".into()),
        latency: Duration::from_micros(1_874),
        verdict: Verdict::Allow,
        findings: Vec::new(),
        score: Some(0.013),
        request_body: None,
        escaped: Vec::new(),
        cut: Vec::new(),
    }
}

#[tokio::main]
async fn main() {
    let records: u32 = argument("--records").map_or(100_000, |number| number.parse().unwrap());
    let folder = tempfile::tempdir().unwrap();
    let uri = argument("--mongodb");
    let file = folder.path().join("bench.db");
    let kind = match &uri {
        Some(uri) => {
            drop_database(uri).await;
            StorageKind::Mongodb { uri: MongoUri::new(uri), database: Some(DATABASE.into()) }
        }
        None => StorageKind::Embedded { path: file.clone(), max_bytes: 1 << 50 },
    };
    let storage = Storage::open(&Config { kind, ..Config::default() }).await.unwrap();
    let metrics = Metrics::new().unwrap();
    let settings = spool::Config { folder: folder.path().join("spool"), limit: 16 << 30 };
    let spool = Arc::new(Spool::open(settings, metrics.activity_spool.clone()).unwrap());
    let away = std::env::args().any(|argument| argument == "--spool");
    let store = Arc::new(Outage { store: storage.activity, away: away.into() });
    let config = activity::Config { queue: 65_536, ..activity::Config::default() };
    let log = ActivityLog::start(&config, Arc::clone(&store) as _, Some(spool), metrics.activity.clone());
    let ids = RequestIds::new().unwrap();
    let start = Instant::now();
    for number in 0..records {
        while log.queued() >= 30_000 {
            tokio::time::sleep(Duration::from_micros(200)).await;
        }
        log.record(record(&ids, number));
    }
    while log.queued() > 0 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let safe = start.elapsed();
    store.away.store(false, Ordering::Relaxed);
    while metrics.activity.written.get() < u64::from(records) {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let stored = start.elapsed();
    let rate = |took: Duration| f64::from(records) / took.as_secs_f64();
    println!("records    {records}, {} over the disk", metrics.activity_spool.spooled.get());
    println!("safe       {:.0} records/s (in the store or on disk)", rate(safe));
    println!("stored     {:.0} records/s", rate(stored));
    log.close(Duration::from_secs(10)).await;
    match &uri {
        Some(uri) => tell_sizes(uri, records).await,
        None => {
            let bytes = std::fs::metadata(&file).unwrap().len();
            println!(
                "on disk    {:.0} bytes a record, indexes included",
                f64::from(u32::try_from(bytes >> 4).unwrap()) * 16.0 / f64::from(records)
            );
        }
    }
}

async fn drop_database(uri: &str) {
    mongodb::Client::with_uri_str(uri).await.unwrap().database(DATABASE).drop().await.unwrap();
}

async fn tell_sizes(uri: &str, records: u32) {
    let database = mongodb::Client::with_uri_str(uri).await.unwrap().database(DATABASE);
    database.client().database("admin").run_command(mongodb::bson::doc! { "fsync": 1 }).await.unwrap();
    let stats = database.run_command(mongodb::bson::doc! { "collStats": "httplogs" }).await.unwrap();
    for (name, what) in [("size", "document"), ("storageSize", "document on disk"), ("totalIndexSize", "indexes")] {
        let bytes = stats.get_i32(name).map(f64::from).or_else(|_| stats.get_f64(name)).unwrap_or(0.0);
        println!("{what:18} {:.0} bytes a record", bytes / f64::from(records));
    }
    drop_database(uri).await;
}

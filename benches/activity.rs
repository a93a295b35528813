//! Throughput of the log's path, from [`ActivityLog::record`] to the store, and what a record takes there.
//!
//! ```text
//! cargo bench --bench activity -- [--records N] [--mongodb URI] [--spool] [--max-bytes B]
//! ```
//!
//! On the embedded store in a temporary folder, or on the MongoDB of the URI (database `portcullis_bench`, dropped before
//! and after). With `--spool` the records go to the disk first, as in an outage, and the time to drain them is told too.
//!
//! This is the generator behind the sizes in the README: for 10^7 records and more it tells the rate of each tenth (indexes
//! that no longer fit into memory show there), and stops where the store would pass `--max-bytes` (15 GB by default). A
//! record differs from the next in its address, product, page, agent, referer, latency and size, so that what compression
//! makes of them is not far from what it makes of real ones.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::cast_precision_loss, missing_docs)]
#![allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use mongodb::bson::{Document, doc};
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

/// A number that looks random and is the same in every run (SplitMix64).
fn mixed(number: u64) -> u64 {
    let mut mixed = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

/// A request as a browser sends it: 700 to 1,100 bytes of headers and URL. Clients come back: one of 260,000 each time, a
/// few of them often.
fn record(ids: &RequestIds, number: u32) -> ActivityRecord {
    let chance = mixed(number.into());
    let of = |shift: u32, most: u64| (chance >> shift) % most;
    let now = Timestamp::now();
    let id = ids.next(now);
    let client = if of(0, 4) == 0 { of(8, 1 << 18) } else { of(8, 1 << 12) };
    let [.., b, c, d] = client.to_be_bytes();
    let ip = std::net::IpAddr::from([10, b, c, d]);
    let header = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    ActivityRecord {
        id,
        session: Some(SessionId::from(id)),
        timestamp: now,
        client_ip: ClientIp::new(ip),
        client: ClientKey::from(ipnet::IpNet::from(ip)),
        method: "GET".into(),
        url: format!("/product/{}?colour={:x}&size=42&page={}", of(3, 1_000_000), of(5, 4_096), number % 17),
        origin: "https://shop.example".into(),
        headers: vec![
            header("host", "shop.example"),
            header(
                "user-agent",
                &format!("Mozilla/5.0 (X11; Linux x86_64; rv:{}.0) Gecko/20100101 Firefox/{0}.0", 100 + client % 40),
            ),
            header("accept", "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"),
            header("accept-language", "en-GB,en;q=0.7,de;q=0.3"),
            header("accept-encoding", "gzip, deflate, br, zstd"),
            header("referer", &format!("https://shop.example/search?q=oak+board+{:x}", of(7, 1 << 20))),
            header("cookie", "session=[redacted]; basket=[redacted]; theme=[redacted]"),
        ],
        status: 200,
        request_bytes: 0,
        response_bytes: 2_000 + of(11, 60_000),
        content_type: Some("text/html; charset=utf-8".into()),
        latency: Duration::from_micros(300 + of(13, 20_000)),
        verdict: Verdict::Allow,
        findings: Vec::new(),
        score: Some(0.013),
        request_body: None,
        escaped: Vec::new(),
        cut: Vec::new(),
    }
}

/// The store under measurement, and how large it is.
enum Place {
    File(PathBuf),
    Server(String),
}

impl Place {
    /// Bytes on disk now, documents and indexes together.
    async fn bytes(&self) -> u64 {
        match self {
            Self::File(file) => {
                let wal = file.with_extension("db-wal");
                [file, &wal].iter().filter_map(|path| Some(std::fs::metadata(path).ok()?.len())).sum()
            }
            Self::Server(uri) => {
                let stats = database(uri).await.run_command(doc! { "dbStats": 1 }).await.unwrap();
                number(&stats, "totalSize") as u64
            }
        }
    }

    /// What documents and each index take, in bytes.
    async fn parts(&self) -> Vec<(String, f64)> {
        match self {
            Self::File(file) => {
                let connection = rusqlite::Connection::open(file).unwrap();
                let mut statement =
                    connection.prepare("SELECT name, pgsize FROM dbstat WHERE aggregate = TRUE").unwrap();
                let parts = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
                let whole = parts
                    .map(Result::unwrap)
                    .filter(|(name, bytes): &(String, f64)| name.contains("httplogs") && *bytes > 4_096.0);
                whole.collect()
            }
            Self::Server(uri) => {
                let database = database(uri).await;
                database.client().database("admin").run_command(doc! { "fsync": 1 }).await.unwrap();
                let stats = database.run_command(doc! { "collStats": "httplogs" }).await.unwrap();
                let mut parts = vec![
                    ("documents as BSON".to_owned(), number(&stats, "size")),
                    ("documents on disk".to_owned(), number(&stats, "storageSize")),
                    ("indexes".to_owned(), number(&stats, "totalIndexSize")),
                ];
                let indexes = stats.get_document("indexSizes").unwrap();
                parts.extend(indexes.keys().map(|name| (format!("  {name}"), number(indexes, name))));
                parts
            }
        }
    }
}

async fn database(uri: &str) -> mongodb::Database {
    mongodb::Client::with_uri_str(uri).await.unwrap().database(DATABASE)
}

fn number(document: &Document, name: &str) -> f64 {
    let whole =
        || document.get_i32(name).map(f64::from).or_else(|_| document.get_i64(name).map(|number| number as f64));
    document.get_f64(name).or_else(|_| whole()).unwrap_or(0.0)
}

/// Records written so far and how long it took.
fn rate(records: u64, took: Duration) -> f64 {
    records as f64 / took.as_secs_f64()
}

#[tokio::main]
async fn main() {
    let number_of = |name: &str, default: u64| argument(name).map_or(default, |number| number.parse().unwrap());
    let (most, max_bytes) = (number_of("--records", 100_000), number_of("--max-bytes", 15_000_000_000));
    let folder = tempfile::tempdir().unwrap();
    let (place, kind) = match argument("--mongodb") {
        Some(uri) => {
            database(&uri).await.drop().await.unwrap();
            let kind = StorageKind::Mongodb { uri: MongoUri::new(&uri), database: Some(DATABASE.into()) };
            (Place::Server(uri), kind)
        }
        None => {
            let file = folder.path().join("bench.db");
            (Place::File(file.clone()), StorageKind::Embedded { path: file, max_bytes: 1 << 50 })
        }
    };
    let storage = Storage::open(&Config { kind, ..Config::default() }).await.unwrap();
    let metrics = Metrics::new().unwrap();
    let settings = spool::Config { folder: folder.path().join("spool"), limit: 16 << 30 };
    let spool = Arc::new(Spool::open(settings, metrics.activity_spool.clone()).unwrap());
    let away = std::env::args().any(|argument| argument == "--spool");
    let store = Arc::new(Outage { store: storage.activity, away: away.into() });
    let config = activity::Config { queue: 65_536, ..activity::Config::default() };
    let log = ActivityLog::start(&config, Arc::clone(&store) as _, Some(spool), metrics.activity.clone());
    let start = Instant::now();
    let records = fill(&log, most, max_bytes, &place).await;
    while log.queued() > 0 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let safe = start.elapsed();
    store.away.store(false, Ordering::Relaxed);
    while metrics.activity.written.get() < records {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let stored = start.elapsed();
    println!("records    {records}, {} over the disk", metrics.activity_spool.spooled.get());
    println!("safe       {:.0} records/s (in the store or on disk)", rate(records, safe));
    println!("stored     {:.0} records/s", rate(records, stored));
    log.close(Duration::from_secs(10)).await;
    drop(store);
    tell(&place, records, rate(records, stored)).await;
    if let Place::Server(uri) = &place {
        database(uri).await.drop().await.unwrap();
    }
}

/// Records until there are so many, or the store is so large; how many.
async fn fill(log: &ActivityLog, most: u64, max_bytes: u64, place: &Place) -> u64 {
    let ids = RequestIds::new().unwrap();
    let tenth = most.div_ceil(10).max(1);
    let mut since = Instant::now();
    for number in 0..most {
        while log.queued() >= 30_000 {
            tokio::time::sleep(Duration::from_micros(200)).await;
        }
        log.record(record(&ids, u32::try_from(number).unwrap()));
        let done = number + 1;
        if done % tenth == 0 {
            println!("  {done:>10} {:>7.0} records/s", rate(tenth, since.elapsed()));
            since = Instant::now();
        }
        if done % 50_000 == 0 && place.bytes().await > max_bytes {
            println!("  stopped at {max_bytes} bytes; sizes a record hold for more records, rates may fall");
            return done;
        }
    }
    most
}

/// What a record takes, and what 10^9 of them a day would.
async fn tell(place: &Place, records: u64, rate: f64) {
    for (name, bytes) in place.parts().await {
        let each = bytes / records as f64;
        // 10^9 records of so many bytes are as many gigabytes.
        println!("{name:28} {each:7.1} bytes a record, {each:6.0} GB a day of 10^9 records");
    }
    let average = 1e9 / 86_400.0;
    println!("10^9 a day are {average:.0} records/s on average: {:.1} times this rate", average / rate);
}

//! The suite on SQLite, and what only a file can suffer.

use std::fs;
use std::path::Path;

use crate::activity::{ActivityQuery, ActivityRecord, ActivityStore};
use crate::behaviour::SessionFeatures;
use crate::policy::{Reason, Verdict};
use crate::storage::conformance::{Fixture, store_conformance_suite};
use crate::storage::{Config, Storage, StorageError, StorageKind};

use super::EmbeddedStore;

const MAX_BYTES: u64 = 1 << 30;

struct InFile {
    folder: tempfile::TempDir,
    storage: Storage,
}

async fn open(path: &Path) -> Result<Storage, StorageError> {
    Storage::open(&Config { kind: StorageKind::embedded(path), ..Config::default() }).await
}

impl Fixture for InFile {
    async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let storage = open(&folder.path().join("new/folder/store.sqlite")).await.unwrap();
        Self { folder, storage }
    }

    fn storage(&self) -> &Storage {
        &self.storage
    }

    async fn reopen(&mut self) {
        self.storage = open(&self.folder.path().join("new/folder/store.sqlite")).await.unwrap();
    }
}

store_conformance_suite!(InFile);

async fn refusal(prepare: impl FnOnce(&Path)) -> String {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.sqlite");
    prepare(&path);
    let error = open(&path).await.err().expect("must be refused").to_string();
    assert!(error.contains("store.sqlite"), "names the file: {error}");
    error
}

#[tokio::test]
async fn refuses_what_is_not_its_own() {
    let text = refusal(|path| fs::write(path, "not a database, ".repeat(100)).unwrap()).await;
    assert!(text.contains("not a readable SQLite database") && text.contains("move it away"), "{text}");

    let foreign = refusal(|path| {
        let other = rusqlite::Connection::open(path).unwrap();
        other.execute_batch("CREATE TABLE accounts (id INTEGER)").unwrap();
    });
    assert!(foreign.await.contains("another program"));

    let newer = refusal(|path| {
        let ours = rusqlite::Connection::open(path).unwrap();
        super::schema::create(&ours).unwrap();
        ours.pragma_update(None, "user_version", 99).unwrap();
    });
    assert!(newer.await.contains("newer Portcullis (schema 99"));

    let damaged = refusal(|path| {
        super::schema::create(&rusqlite::Connection::open(path).unwrap()).unwrap();
        let mut bytes = fs::read(path).unwrap();
        bytes[100..4_096].fill(0xee);
        fs::write(path, bytes).unwrap();
    });
    assert!(damaged.await.contains("not a readable SQLite database"));

    assert!(refusal(|path| fs::create_dir(path).unwrap()).await.contains("storage.path"));
}

#[tokio::test]
async fn a_copy_taken_while_writing_opens() {
    let folder = tempfile::tempdir().unwrap();
    let (path, copy) = (folder.path().join("a.sqlite"), folder.path().join("b.sqlite"));
    let storage = open(&path).await.unwrap();
    let records = (0..500).map(ActivityRecord::sample).collect::<Vec<_>>();
    storage.activity.append(&records).await.unwrap();
    // What a kill leaves behind: the file and its write-ahead log, not checkpointed, the log's end torn.
    fs::copy(&path, &copy).unwrap();
    let mut log = fs::read(path.with_extension("sqlite-wal")).unwrap();
    log.extend([0x5a; 1_000]);
    fs::write(copy.with_extension("sqlite-wal"), log).unwrap();
    let found = open(&copy).await.unwrap().activity.page(&ActivityQuery { limit: 1_000, ..Default::default() }).await;
    assert_eq!(found.unwrap().len(), 500);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_is_whole_while_others_write() {
    let folder = tempfile::tempdir().unwrap();
    let (path, out) = (folder.path().join("s.sqlite"), folder.path().join("copy.sqlite"));
    assert!(crate::storage::backup(&path, &out).is_err(), "nothing to copy");
    let store = std::sync::Arc::new(EmbeddedStore::open(&path, MAX_BYTES).await.unwrap());
    let written = std::sync::Arc::new(std::sync::atomic::AtomicU32::new(0));
    let (writing, count) = (std::sync::Arc::clone(&store), std::sync::Arc::clone(&written));
    let writer = tokio::spawn(async move {
        for batch in 0..200 {
            writing
                .append(&(batch * 10..batch * 10 + 10).map(ActivityRecord::sample).collect::<Vec<_>>())
                .await
                .unwrap();
            count.fetch_add(10, std::sync::atomic::Ordering::SeqCst);
        }
    });
    while written.load(std::sync::atomic::Ordering::SeqCst) < 100 {
        tokio::time::sleep(std::time::Duration::from_millis(1)).await;
    }
    let (before, from, to) = (written.load(std::sync::atomic::Ordering::SeqCst), path.clone(), out.clone());
    let bytes = tokio::task::spawn_blocking(move || crate::storage::backup(&from, &to)).await.unwrap().unwrap();
    writer.await.unwrap();
    assert_eq!(bytes, fs::metadata(&out).unwrap().len());
    let copy = rusqlite::Connection::open(&out).unwrap();
    let rows: u32 = copy.query_row("SELECT count(*) FROM httplogs", [], |row| row.get(0)).unwrap();
    assert!(rows >= before && rows.is_multiple_of(10), "{rows} of at least {before}, whole batches");
    drop(copy);
    open(&out).await.unwrap().activity.append(&[ActivityRecord::sample(9_999)]).await.unwrap();
    let again = crate::storage::backup(&path, &out).unwrap_err();
    assert!(again.to_string().contains("there already"), "{again}");
}

#[tokio::test]
async fn a_full_disk_is_an_error_that_passes() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("s.sqlite");
    let store = EmbeddedStore::open(&path, MAX_BYTES).await.unwrap();
    let limit =
        |pages: u32| store.database.write(move |connection| connection.pragma_update(None, "max_page_count", pages));
    limit(1).await.unwrap();
    let many = (0..2_000).map(ActivityRecord::sample).collect::<Vec<_>>();
    let error = store.append(&many).await.unwrap_err();
    assert!(error.to_string().contains("full"), "{error}");
    assert_eq!(
        store.page(&ActivityQuery { limit: 10, ..Default::default() }).await.unwrap(),
        [],
        "all of a batch or none"
    );
    limit(1 << 30).await.unwrap();
    store.append(&many).await.unwrap();
}

#[tokio::test]
async fn the_oldest_go_when_the_file_is_full() {
    let folder = tempfile::tempdir().unwrap();
    let store = EmbeddedStore::open(&folder.path().join("s.sqlite"), 4 << 20).await.unwrap();
    for batch in 0..40 {
        let records = (batch * 100..batch * 100 + 100)
            .map(|number| ActivityRecord { url: format!("/{}", "x".repeat(4_000)), ..ActivityRecord::sample(number) });
        store.append(&records.collect::<Vec<_>>()).await.unwrap();
    }
    let kept = store.page(&ActivityQuery { limit: 1_000, ..Default::default() }).await.unwrap();
    assert_eq!(kept[0].id, ActivityRecord::sample(3_999).id, "the newest stay");
    assert!((100..1_000).contains(&kept.len()), "{} of 4000 kept", kept.len());
    let size = fs::metadata(folder.path().join("s.sqlite")).unwrap().len();
    assert!(size < 8 << 20, "{size} bytes");
}

#[tokio::test]
async fn anyone_with_sqlite3_reads_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("s.sqlite");
    let store = EmbeddedStore::open(&path, MAX_BYTES).await.unwrap();
    store.append(&[ActivityRecord::sample(1)]).await.unwrap();
    let row = rusqlite::Connection::open(&path).unwrap().query_row(
        "SELECT reqhttp, fullUrl, headers ->> 'host', timestamp, sessionID FROM httplogs",
        [],
        |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?)),
    );
    let expected = (
        "GET /search?q=book".to_owned(),
        "http://example.org/search?q=book".to_owned(),
        "example.org".to_owned(),
        1_600_000_000_001_i64,
        ActivityRecord::sample(1).id.to_string(),
    );
    assert_eq!(row.unwrap(), expected);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o077, 0, "readable by its owner only");
    }
}

#[tokio::test]
async fn people_read_it_by_views() {
    let fixture = InFile::start().await;
    let record = ActivityRecord { verdict: Verdict::Refuse(Reason::Malformed), ..ActivityRecord::sample(1) };
    fixture.storage().activity.append(&[record]).await.unwrap();
    let connection = rusqlite::Connection::open(fixture.folder.path().join("new/folder/store.sqlite")).unwrap();
    let row = |sql: &str| {
        let mut statement = connection.prepare(sql).unwrap();
        let columns = statement.column_count();
        statement
            .query_row([], |row| {
                Ok((0..columns).map(|at| row.get::<_, rusqlite::types::Value>(at).unwrap()).collect::<Vec<_>>())
            })
            .unwrap()
    };
    let text = |text: &str| rusqlite::types::Value::Text(text.into());
    assert_eq!(
        row("SELECT time, client, url, verdict, reason FROM requests"),
        ["2020-09-13 12:26:40.001", "192.0.2.1", "http://example.org/search?q=book", "refuse", "malformed"].map(text)
    );
    assert_eq!(row("SELECT client, first_seen FROM clients"), ["192.0.2.1", "2020-09-13 12:26:40.001"].map(text));
    for name in SessionFeatures::own_names() {
        connection.prepare(&format!("SELECT {name} FROM sessions")).unwrap();
    }
}

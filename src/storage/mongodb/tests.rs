//! The suite on a real MongoDB, and what only a server can suffer.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::{Duration, Instant};

use mongodb::bson::oid::ObjectId;
use mongodb::bson::{Bson, Document, doc};
use mongodb::{Client, Database};

use super::mongod::Mongod;
use crate::activity::{ActivityQuery, ActivityRecord};
use crate::banlist::{Ban, BanChange, BanOrigin};
use crate::session::{Checkpoint, Session};
use crate::storage::conformance::{Fixture, store_conformance_suite};
use crate::storage::{Config, MongoUri, OnUnreachable, Storage, StorageError, StorageKind};
use crate::time::Timestamp;

/// The server of the tests that run at the same time; the last of them ends it.
static SHARED: Mutex<Weak<Mongod>> = Mutex::new(Weak::new());
static DATABASES: AtomicU32 = AtomicU32::new(0);

/// A database of one's own, on the server of MONGODB_URI or a shared one of ours.
pub(super) struct OnServer {
    config: Config,
    pub(super) storage: Storage,
    client: Client,
    name: String,
    _server: Option<Arc<Mongod>>,
}

fn shared() -> Arc<Mongod> {
    let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
    shared.upgrade().unwrap_or_else(|| {
        let server = Arc::new(Mongod::start().unwrap_or_else(|error| panic!("{error}")));
        *shared = Arc::downgrade(&server);
        server
    })
}

pub(super) fn config(uri: &str, database: &str) -> Config {
    let kind = StorageKind::Mongodb { uri: MongoUri::new(uri), database: Some(database.into()) };
    // Samples are of 2020; the server's own expiry must not take them during a test.
    Config { kind, retention: Duration::ZERO, ..Config::default() }
}

/// An empty database, not opened as a store yet.
async fn empty() -> (Config, Client, String, Option<Arc<Mongod>>) {
    let (uri, server) = match std::env::var("MONGODB_URI") {
        Ok(uri) => (uri, None),
        Err(_) => {
            let server = shared();
            (server.uri(), Some(server))
        }
    };
    let name = format!("portcullis_test_{}_{}", std::process::id(), DATABASES.fetch_add(1, Ordering::Relaxed));
    let client = Client::with_uri_str(&uri).await.unwrap();
    client.database(&name).drop().await.unwrap();
    (config(&uri, &name), client, name, server)
}

impl OnServer {
    pub(super) fn database(&self) -> Database {
        self.client.database(&self.name)
    }

    pub(super) async fn end(self) {
        self.database().drop().await.unwrap();
    }
}

impl Fixture for OnServer {
    async fn start() -> Self {
        let (config, client, name, _server) = empty().await;
        let storage = Storage::open(&config).await.unwrap();
        Self { config, storage, client, name, _server }
    }

    fn storage(&self) -> &Storage {
        &self.storage
    }

    async fn reopen(&mut self) {
        self.storage = Storage::open(&self.config).await.unwrap();
    }
}

store_conformance_suite!(OnServer);

#[tokio::test(flavor = "multi_thread")]
async fn documents_have_the_predecessors_names_and_types() {
    let fixture = OnServer::start().await;
    let record = ActivityRecord {
        session: None,
        request_body: Some(serde_json::json!({ "user": { "email": "a@b.c" }, "n": 3 })),
        ..ActivityRecord::sample(1)
    };
    fixture.storage.activity.append(&[record]).await.unwrap();
    let log = fixture.database().collection::<Document>("httplogs").find_one(doc! {}).await.unwrap().unwrap();
    assert!(matches!(log.get("_id"), Some(Bson::ObjectId(_))));
    assert_eq!(log.get_document("headers").unwrap().get_str("host").unwrap(), "example.org");
    assert_eq!(log.get_str("method").unwrap(), "GET");
    assert_eq!(log.get_i32("statusCode").unwrap(), 200);
    assert_eq!(log.get_str("clientIP").unwrap(), "192.0.2.1");
    assert_eq!(log.get_str("url").unwrap(), "/search?q=book");
    assert_eq!(log.get_str("fullUrl").unwrap(), "http://example.org/search?q=book");
    assert_eq!(log.get_str("reqhttp").unwrap(), "GET /search?q=book");
    assert_eq!(log.get_i32("requestSize").unwrap(), 0);
    assert_eq!(log.get_document("resContentType").unwrap().get_str("type").unwrap(), "text/html");
    assert_eq!(log.get_datetime("timestamp").unwrap().timestamp_millis(), 1_600_000_000_001);
    let body = log.get_document("requestBody").unwrap();
    assert_eq!(body.get_document("user").unwrap().get_str("email").unwrap(), "a@b.c");
    assert_eq!(log.get_str("sessionID").unwrap(), "newRequest");
    let client = fixture.database().collection::<Document>("clientips").find_one(doc! {}).await.unwrap().unwrap();
    assert_eq!(client.get_str("clientIP").unwrap(), "192.0.2.1");
    assert!(!client.get_bool("blacklisted").unwrap());
    assert!(client.get_datetime("blacklistTime").is_ok());
    fixture.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_predecessors_documents_are_read_and_outlive_retention() {
    let fixture = OnServer::start().await;
    let database = fixture.database();
    let date = mongodb::bson::DateTime::from_millis(1_600_000_000_000);
    let id = ObjectId::parse_str("5f5e10000000000000000001").unwrap();
    let log = doc! {
        "_id": id, "headers": { "host": "old.example" }, "method": "POST", "statusCode": 401, "clientIP": "::ffff:192.168.1.7",
        "url": "/api/user/login", "fullUrl": "http://old.example/api/user/login", "reqhttp": "POST /login",
        "requestSize": 512.0, "resContentType": { "type": null }, "timestamp": date,
        "requestBody": { "email": "a" }, "sessionID": id.to_hex(), "__v": 0,
    };
    let unreadable = doc! { "clientIP": "8.8.8.8, 7.7.7.7", "timestamp": date };
    database.collection::<Document>("httplogs").insert_many([log, unreadable]).await.unwrap();
    let visit = doc! {
        "sessionID": id.to_hex(), "active": true, "behavior": "Abnormal", "endTimestamp": date, "clientIP": "192.168.1.7",
        "numOfLoginAttempts": 4, "numOfPostReqs": 4, "numOfReqs": 5, "sesCodes4xx": 4, "sesDuration": 900,
    };
    database.collection::<Document>("sesfeatures").insert_one(visit).await.unwrap();
    let banned = doc! { "clientIP": "192.168.1.7", "blacklisted": true, "blacklistTime": date };
    database.collection::<Document>("clientips").insert_one(banned).await.unwrap();

    let storage = &fixture.storage;
    assert_eq!(storage.activity.remove_before(Timestamp::now()).await.unwrap(), 0, "not ours to remove");
    let records = storage.activity.page(&ActivityQuery { limit: 10, ..Default::default() }).await.unwrap();
    assert_eq!(records.len(), 1);
    assert_eq!((records[0].client_ip.to_string().as_str(), records[0].status), ("192.168.1.7", 401));
    assert_eq!((records[0].origin.as_str(), records[0].request_bytes), ("http://old.example", 512));
    let active = storage.assessments.active_abnormal().await.unwrap();
    assert_eq!(active.len(), 1);
    assert_eq!(storage.assessments.by_session(active[0].1).await.unwrap().unwrap().features.requests, 5);
    assert_eq!(storage.assessments.deactivate_abnormal(active[0].0).await.unwrap(), 1);
    let bans = storage.bans.load().await.unwrap();
    assert_eq!((bans.len(), bans[0].origin), (1, BanOrigin::Import));
    assert!(!bans[0].is_active(Timestamp::now()), "the predecessor's bans last a minute");
    fixture.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn doubled_clients_are_a_clear_refusal() {
    let (config, client, name, _server) = empty().await;
    let clients = client.database(&name).collection::<Document>("clientips");
    clients.insert_many([doc! { "clientIP": "192.0.2.77" }, doc! { "clientIP": "192.0.2.77" }]).await.unwrap();
    let error = Storage::open(&config).await.err().unwrap();
    assert!(matches!(error, StorageError::Duplicates { collection: "clientips", .. }));
    assert!(error.to_string().contains("192.0.2.77") && error.to_string().contains("remove the doubles"), "{error}");
    client.database(&name).drop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_expiry_index_follows_the_config() {
    let (mut config, client, name, _server) = empty().await;
    for (retention, expected) in [(3_600, Some(3_600)), (7_200, Some(7_200)), (0, None)] {
        config.retention = Duration::from_secs(retention);
        Storage::open(&config).await.unwrap();
        for collection in ["httplogs", "sesfeatures"] {
            let mut indexes = client.database(&name).collection::<Document>(collection).list_indexes().await.unwrap();
            let mut expiry = None;
            while indexes.advance().await.unwrap() {
                let index = indexes.deserialize_current().unwrap();
                expiry = expiry.or(index.options.and_then(|options| options.expire_after));
            }
            assert_eq!(expiry.map(|after| after.as_secs()), expected, "{collection}");
        }
    }
    client.database(&name).drop().await.unwrap();
}

#[tokio::test]
async fn a_server_that_is_away_is_refused_or_waited_for() {
    let mut server = Mongod::start().unwrap();
    server.kill();
    let uri = server.uri().replace("mongodb://", "mongodb://me:s3cret@");
    let refuse = Config { connect_timeout: Duration::from_millis(300), ..config(&uri, "away") };
    let error = Storage::open(&refuse).await.err().unwrap();
    assert!(matches!(error, StorageError::Unreachable { .. }), "{error}");
    assert!(error.to_string().contains("on_unreachable"), "says what to do: {error}");
    assert!(!format!("{error} {error:?} {refuse:?}").contains("s3cret"));

    let start = Config {
        on_unreachable: OnUnreachable::Start,
        connect_timeout: Duration::from_secs(1),
        ..config(&server.uri(), "away")
    };
    let storage = Storage::open(&start).await.unwrap();
    assert!(storage.activity.ping().await.is_err());
    server.restart().unwrap();
    storage.activity.append(&[ActivityRecord::sample(1)]).await.unwrap();
    let database = Client::with_uri_str(server.uri()).await.unwrap().database("away");
    let deadline = Instant::now() + Duration::from_secs(60);
    loop {
        let names = database.collection::<Document>("sesfeatures").list_index_names().await.unwrap_or_default();
        if names.iter().any(|name| name.contains("sessionID")) {
            break;
        }
        assert!(Instant::now() < deadline, "the indexes were never made: {names:?}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn a_bad_uri_is_refused_without_its_password() {
    for uri in ["mongodb://me:s3c@ret@localhost", "mongodb://me:s3c/ret@localhost:1/x", "localhost", "mongodb://"] {
        let error = Storage::open(&config(uri, "x")).await.err().unwrap();
        assert!(matches!(error, StorageError::Uri { .. }), "{uri}: {error}");
        assert!(!error.to_string().contains("s3c"), "{error}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_login_is_told_from_a_server_that_is_away() {
    let server = shared();
    let uri = server.uri().replace("mongodb://", "mongodb://me:s3cret@");
    let config = Config { on_unreachable: OnUnreachable::Start, ..config(&uri, "login") };
    let error = Storage::open(&config).await.err().unwrap();
    assert!(matches!(error, StorageError::Login { .. }), "{error}");
    assert!(error.to_string().contains("check user, password and authSource"), "{error}");
    assert!(!format!("{error} {error:?}").contains("s3cret"));
}

#[tokio::test(flavor = "multi_thread")]
async fn logins_and_rights_of_a_server_with_users() {
    let server = Mongod::start_with(&["--auth"]).unwrap();
    let admin = Client::with_uri_str(server.uri()).await.unwrap();
    let create = |name: &str, role: &str, database: &str| {
        doc! { "createUser": name, "pwd": "s3cret", "roles": [{ "role": role, "db": database }] }
    };
    admin.database("admin").run_command(create("root", "root", "admin")).await.unwrap();
    let uri = |user: &str, password: &str| {
        format!("mongodb://{user}:{password}@{}/?directConnection=true&authSource=admin", server.address())
    };
    let admin = Client::with_uri_str(uri("root", "s3cret")).await.unwrap();
    let admin_database = admin.database("admin");
    admin_database.run_command(create("writer", "readWrite", "rights")).await.unwrap();
    let insert_only = doc! {
        "createRole": "inserter", "roles": [],
        "privileges": [{ "resource": { "db": "rights", "collection": "" }, "actions": ["find", "insert", "update"] }],
    };
    admin_database.run_command(insert_only).await.unwrap();
    admin_database.run_command(create("inserter", "inserter", "admin")).await.unwrap();

    for wrong in [uri("writer", "wr0ng"), uri("nobody", "wr0ng"), server.uri()] {
        let error = Storage::open(&config(&wrong, "rights")).await.err().unwrap();
        assert!(matches!(error, StorageError::Login { .. }), "{wrong}: {error}");
        assert!(!format!("{error} {error:?}").contains("wr0ng"), "{error}");
    }
    let error = Storage::open(&config(&uri("inserter", "s3cret"), "rights")).await.err().unwrap();
    assert!(matches!(error, StorageError::IndexForbidden { .. }), "{error}");
    let text = error.to_string();
    assert!(text.contains("manage_indexes = false") && text.contains("db.clientips.createIndex"), "{text}");
    assert!(!text.contains("s3cret"), "{text}");

    let by_hand = Config { manage_indexes: false, ..config(&uri("inserter", "s3cret"), "rights") };
    let storage = Storage::open(&by_hand).await.unwrap();
    storage.activity.append(&[ActivityRecord::sample(1)]).await.unwrap();
    Storage::open(&config(&uri("writer", "s3cret"), "rights")).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn indexes_that_do_not_serve_are_named() {
    let (mut config, client, name, _server) = empty().await;
    let database = client.database(&name);
    let index = |collection: &str, keys: Document, index: &str| {
        doc! { "createIndexes": collection, "indexes": [{ "key": keys, "name": index }] }
    };
    config.retention = Duration::from_secs(3_600);
    database.run_command(index("httplogs", doc! { "sessionID": 1, "_id": -1 }, "serves")).await.unwrap();
    let old = doc! { "createIndexes": "httplogs",
    "indexes": [{ "key": { "timestamp": 1 }, "name": "old_ttl", "expireAfterSeconds": 60,
        "partialFilterExpression": { "schemaVersion": { "$exists": true } } }] };
    database.run_command(old).await.unwrap();
    let error = Storage::open(&config).await.err().unwrap();
    assert!(error.to_string().contains("old_ttl") && error.to_string().contains("expireAfterSeconds"), "{error}");
    database.run_command(doc! { "dropIndexes": "httplogs", "index": "old_ttl" }).await.unwrap();
    // The name of ours on other fields.
    database.run_command(index("httplogs", doc! { "status": 1 }, "portcullis_retention")).await.unwrap();
    let error = Storage::open(&config).await.err().unwrap();
    assert!(matches!(error, StorageError::IndexConflict { collection: "httplogs", .. }), "{error}");
    assert!(error.to_string().contains("portcullis_retention"), "{error}");
    database.run_command(doc! { "dropIndexes": "httplogs", "index": "portcullis_retention" }).await.unwrap();
    Storage::open(&config).await.unwrap();
    database.drop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_one_filter_bans_the_other_hears_of() {
    let fixture = OnServer::start().await;
    let other = Storage::open(&fixture.config).await.unwrap();
    let ban = |scope: &str, until| Ban {
        scope: scope.parse().unwrap(),
        origin: BanOrigin::Operator,
        reason: "test".into(),
        evidence: None,
        since: Timestamp::from_millis(1_600_000_000_000),
        until,
    };
    let (one, two) = (ban("192.0.2.1", None), ban("192.0.2.0/24", Some(Timestamp::from_millis(1_700_000_000_000))));
    fixture.storage.bans.put(&one).await.unwrap();
    let (first, token) = other.bans.changes(None).await.unwrap();
    assert_eq!(first, [BanChange::Banned(one.clone())]);
    fixture.storage.bans.put(&two).await.unwrap();
    fixture.storage.bans.remove(one.scope).await.unwrap();
    let (later, token) = other.bans.changes(Some(token)).await.unwrap();
    let lifted = BanChange::Lifted { scope: one.scope, by_operator: true };
    assert_eq!(later, [BanChange::Banned(two.clone()), lifted], "in the order they were made");
    fixture.storage.bans.forget_ended(two.scope, two.until.unwrap()).await.unwrap();
    fixture.storage.activity.append(&[ActivityRecord::sample(1)]).await.unwrap();
    let (last, next) = other.bans.changes(Some(token)).await.unwrap();
    assert_eq!(last.last(), Some(&BanChange::Lifted { scope: two.scope, by_operator: false }));
    assert!(next >= token && last.len() <= 2, "clients that are merely seen are no news: {last:?}");
    // Each goes on with its own open visits.
    let open = |fingerprints| Checkpoint { fingerprints, open: Vec::new() };
    fixture.storage.sessions.save_open("one", &open([1, 2])).await.unwrap();
    other.sessions.save_open("other", &open([3, 4])).await.unwrap();
    assert_eq!(fixture.storage.sessions.load_open("one").await.unwrap(), open([1, 2]));
    assert_eq!(other.sessions.load_open("other").await.unwrap(), open([3, 4]));
    // Another claims what this one claimed and left.
    assert!(fixture.storage.bans.is_shared() && fixture.storage.assessments.is_shared());
    let record = ActivityRecord::sample(5);
    let session = Session::begin(record.id.into(), record.client, record.client_ip, record.timestamp);
    assert!(fixture.storage.assessments.claim(&session, Duration::from_millis(300)).await.unwrap());
    assert!(!other.assessments.claim(&session, Duration::from_secs(9)).await.unwrap(), "it is another's");
    tokio::time::sleep(Duration::from_millis(600)).await;
    assert!(other.assessments.claim(&session, Duration::from_secs(9)).await.unwrap(), "until the lease ends");
    assert!(!fixture.storage.assessments.claim(&session, Duration::from_secs(9)).await.unwrap());
    fixture.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_newer_database_is_refused() {
    let (config, client, name, _server) = empty().await;
    Storage::open(&config).await.unwrap();
    let meta = client.database(&name).collection::<Document>("portcullis_meta");
    meta.update_one(doc! { "_id": "schema" }, doc! { "$set": { "version": 99 } }).await.unwrap();
    let error = Storage::open(&config).await.err().unwrap();
    assert!(error.to_string().contains("newer Portcullis (schema 99"), "{error}");
    client.database(&name).drop().await.unwrap();
}

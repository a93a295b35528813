//! The predecessor's 11 queries for one session, in SQL on the embedded store.

use rusqlite::{Connection, OptionalExtension, types::FromSql};

use super::EmbeddedStore;
use crate::activity::ActivityStore;
use crate::banlist::BanStore;
use crate::behaviour::{AssessmentStore, FEATURE_NAMES};
use crate::storage::visit_of_queries::{abnormal, bodies, features, visit};

#[tokio::test]
async fn the_predecessors_queries_give_the_values_of_our_judgement() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("s.sqlite");
    let store = EmbeddedStore::open(&path, 1 << 30).await.unwrap();
    let (records, visit) = visit();
    let expected = features(&visit);
    store.append(&records).await.unwrap();
    AssessmentStore::put(&store, &abnormal(&visit)).await.unwrap();
    let sqlite3 = Connection::open(&path).unwrap();
    let id = visit.id.to_string();
    fn one<T: FromSql>(connection: &Connection, what: &str, more: &str, id: &str) -> T {
        let sql = format!("SELECT {what} FROM httplogs WHERE sessionID = ? {more}");
        connection.query_row(&sql, [id], |row| row.get(0)).unwrap()
    }
    let count = |more: &str| one::<u32>(&sqlite3, "count(*)", more, &id);
    // 1 Is there such a session? 2 Its client.
    let client: String = one(&sqlite3, "clientIP", "LIMIT 1", &id);
    assert_eq!(client, visit.client_ip.to_string());
    let nobody = sqlite3.query_row("SELECT 1 FROM httplogs WHERE sessionID = 'x'", [], |_| Ok(())).optional();
    assert_eq!(nobody, Ok(None));
    // 3 to 6 The counts.
    assert_eq!(count("AND reqhttp = 'POST /login'"), expected.login_attempts);
    assert_eq!(count("AND method = 'POST'"), expected.post_requests);
    assert_eq!(count(""), expected.requests);
    assert_eq!(count("AND statusCode >= 400 AND statusCode < 500"), expected.codes_4xx);
    // 7 and 8 First and last answer: the duration, and `endTimestamp`.
    let earliest: i64 = one(&sqlite3, "timestamp", "ORDER BY timestamp LIMIT 1", &id);
    let latest: i64 = one(&sqlite3, "timestamp", "ORDER BY timestamp DESC LIMIT 1", &id);
    assert_eq!(u64::try_from(latest - earliest).unwrap(), expected.duration_ms);
    assert_eq!(latest, visit.end().as_millis());
    // 9 The bodies.
    let kept: String = one(&sqlite3, "json_group_array(json(requestBody))", "AND requestBody IS NOT NULL", &id);
    assert_eq!(kept.parse::<serde_json::Value>().unwrap(), serde_json::Value::from(bodies().to_vec()));

    // 10 Active abnormal sessions of the client; 11 blacklisting it, and using them up.
    let active = "SELECT count(*) FROM sesfeatures WHERE clientIP = ? AND behavior = 'Abnormal' AND active = 1";
    let active = || sqlite3.query_row(active, [&client], |row| row.get::<_, u32>(0)).unwrap();
    assert_eq!(active(), 1);
    for (name, value) in FEATURE_NAMES.into_iter().zip(expected.values()) {
        let stored = sqlite3.query_row(&format!("SELECT {name} FROM sessions WHERE id = ?"), [&id], |row| row.get(0));
        assert_eq!(stored, Ok(value), "{name}");
    }
    let banned = "UPDATE clientips SET blacklisted = 1, blacklistTime = ? WHERE clientIP = ?";
    let moment = crate::time::Timestamp::now().as_millis();
    assert_eq!(sqlite3.execute(banned, rusqlite::params![moment, client]), Ok(1), "it was seen, so it is there");
    sqlite3.execute("UPDATE sesfeatures SET active = 0 WHERE clientIP = ? AND active = 1", [&client]).unwrap();
    assert_eq!(active(), 0);
    assert_eq!(store.load().await.unwrap().len(), 1, "and a filter that starts takes the ban up");
}

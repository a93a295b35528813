//! The predecessor's 11 queries for one session, on documents of ours.

use mongodb::bson::{Document, doc};

use super::json::from_bson;
use super::tests::OnServer;
use crate::behaviour::FEATURE_NAMES;
use crate::storage::conformance::Fixture;
use crate::storage::visit_of_queries::{abnormal, bodies, features, visit};

/// The predecessor's 11 queries for one session (features of `sesfeatures`, and its blacklisting), as its Python ran them.
#[tokio::test(flavor = "multi_thread")]
async fn the_predecessors_queries_give_the_values_of_our_judgement() {
    let fixture = OnServer::start().await;
    let (records, visit) = visit();
    let features = features(&visit);
    fixture.storage.activity.append(&records).await.unwrap();

    let logs = fixture.database().collection::<Document>("httplogs");
    let id = visit.id.to_string();
    let of = |more: Document| {
        let mut filter = doc! { "sessionID": id.as_str() };
        filter.extend(more);
        filter
    };
    let count = async |more: Document| u32::try_from(logs.count_documents(of(more)).await.unwrap()).unwrap();
    let at = |log: &Document| log.get_datetime("timestamp").unwrap().timestamp_millis();
    // 1 Is there such a session? 2 Its client.
    let any = logs.find_one(of(doc! {})).await.unwrap().unwrap();
    assert_eq!(any.get_str("clientIP").unwrap(), visit.client_ip.to_string());
    // 3 to 6 The counts.
    assert_eq!(count(doc! { "reqhttp": "POST /login" }).await, features.login_attempts);
    assert_eq!(count(doc! { "method": "POST" }).await, features.post_requests);
    assert_eq!(count(doc! {}).await, features.requests);
    assert_eq!(count(doc! { "statusCode": { "$gte": 400, "$lt": 500 } }).await, features.codes_4xx);
    // 7 and 8 First and last answer: the duration, and `endTimestamp`.
    let earliest = logs.find_one(of(doc! {})).sort(doc! { "timestamp": 1 }).await.unwrap().unwrap();
    let latest = logs.find_one(of(doc! {})).sort(doc! { "timestamp": -1 }).await.unwrap().unwrap();
    assert_eq!(u64::try_from(at(&latest) - at(&earliest)).unwrap(), features.duration_ms);
    assert_eq!(at(&latest), visit.end().as_millis());
    // 9 The bodies.
    let projection = logs.find(of(doc! {})).projection(doc! { "requestBody": 1, "_id": 0 }).sort(doc! { "_id": 1 });
    let mut kept = projection.await.unwrap();
    let mut found = Vec::new();
    while kept.advance().await.unwrap() {
        let body = kept.deserialize_current().unwrap();
        found.extend(body.get("requestBody").map(from_bson));
    }
    assert_eq!(found, bodies());

    // 10 Active abnormal sessions of the client; 11 blacklisting it, and using them up.
    fixture.storage.assessments.put(&abnormal(&visit)).await.unwrap();
    let features_of = fixture.database().collection::<Document>("sesfeatures");
    let client = visit.client_ip.to_string();
    let active = doc! { "clientIP": client.as_str(), "behavior": "Abnormal", "active": true };
    assert_eq!(features_of.count_documents(active.clone()).await.unwrap(), 1);
    let kept = features_of.find_one(doc! { "sessionID": id.as_str() }).await.unwrap().unwrap();
    for (name, value) in FEATURE_NAMES.into_iter().zip(features.values()) {
        let stored = kept.get_i32(name).map(f64::from).or_else(|_| kept.get_f64(name));
        assert_eq!(stored.unwrap(), value, "{name}");
    }
    let clients = fixture.database().collection::<Document>("clientips");
    let banned = doc! { "$set": { "blacklisted": true, "blacklistTime": mongodb::bson::DateTime::now() } };
    let updated = clients.update_one(doc! { "clientIP": client.as_str() }, banned).await.unwrap();
    assert_eq!(updated.modified_count, 1, "the client was seen, so it is there to be blacklisted");
    features_of.update_many(active.clone(), doc! { "$set": { "active": false } }).await.unwrap();
    assert_eq!(features_of.count_documents(active).await.unwrap(), 0);
    assert_eq!(fixture.storage.bans.load().await.unwrap().len(), 1, "and a filter that starts takes the ban up");
    fixture.end().await;
}

use std::cell::Cell;

use serde_json::{Value, json};

use super::*;
use crate::behaviour::{Behaviour, SessionFeatures};
use crate::inspection::{AttackClass, Finding, Suspicion, Target, TargetKind};
use crate::policy::{Reason, Verdict};
use crate::storage::{Config, StorageKind};
use crate::time::Timestamp;

struct Store {
    storage: Storage,
    _folder: tempfile::TempDir,
}

impl Store {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let kind = StorageKind::embedded(folder.path().join("s.db"));
        let storage = Storage::open(&Config { kind, ..Config::default() }).await.unwrap();
        Self { storage, _folder: folder }
    }

    async fn export(&self, data_set: DataSet, filter: &Filter) -> String {
        let (mut out, ticks) = (Vec::new(), Cell::new(0));
        let rows = export(&self.storage, data_set, filter, &mut out, &|| ticks.set(ticks.get() + 1)).await.unwrap();
        assert_eq!(rows, ticks.get());
        String::from_utf8(out).unwrap()
    }
}

fn visit(number: u32, behaviour: Behaviour) -> Assessment {
    let record = request(number);
    let features = SessionFeatures {
        login_attempts: 1,
        post_requests: 2,
        requests: 3,
        codes_4xx: 0,
        duration_ms: 1_250,
        ..SessionFeatures::default()
    };
    Assessment {
        session: record.id.into(),
        client: record.client,
        client_ip: record.client_ip,
        end: record.timestamp,
        features,
        behaviour,
        active: number == 1,
        score: None,
        cause: None,
        model: String::new(),
        spoke: Vec::new(),
    }
}

/// A request whose id and time agree.
fn request(second: u32) -> ActivityRecord {
    ActivityRecord {
        timestamp: Timestamp::from_millis(i64::from(second) * 1_000 + 40),
        ..ActivityRecord::sample(second)
    }
}

#[tokio::test]
async fn features_are_the_predecessors_csv() {
    let store = Store::new().await;
    for one in [visit(1, Behaviour::Normal), visit(2, Behaviour::Abnormal)] {
        store.storage.assessments.put(&one).await.unwrap();
    }
    let csv = store.export(DataSet::Features, &Filter::default()).await;
    let id = visit(1, Behaviour::Normal).session;
    let mut lines = csv.lines();
    assert_eq!(
        lines.next(),
        Some(
            "_id,sessionID,active,behavior,clientIP,endTimestamp,numOfLoginAttempts,numOfPostReqs,numOfReqs,sesCodes4xx,sesDuration"
        )
    );
    assert!(lines.next().unwrap().contains(",False,Abnormal,"));
    assert_eq!(
        lines.next(),
        Some(format!("{id},{id},True,Normal,192.0.2.1,1970-01-01 00:00:01.040,1,2,3,0,1250").as_str())
    );
    let label = Label::parse("Abnormal", DataSet::Features).unwrap();
    let some = store.export(DataSet::Sessions, &Filter { label, ..Filter::default() }).await;
    assert_eq!(some.lines().count(), 1);
    assert_eq!(some.parse::<Value>().unwrap()["endTimestamp"], json!({"$date": "1970-01-01T00:00:02.040Z"}));
}

#[tokio::test]
async fn strings_have_the_label_of_the_very_value() {
    let store = Store::new().await;
    let finding = |kind, name: &str, class, score| Finding {
        target: Target { kind, name: name.into() },
        suspicion: Suspicion::Attack { class, score },
        excerpt: String::new(),
    };
    let record = ActivityRecord {
        url: "/s?q=a%20%22b%22&id=1%27+or&token=[redacted]".into(),
        verdict: Verdict::Refuse(Reason::Attack(AttackClass::Sqli)),
        findings: vec![
            finding(TargetKind::QueryValue, "id", AttackClass::Xss, 0.6),
            finding(TargetKind::QueryValue, "id", AttackClass::Sqli, 0.9),
            finding(TargetKind::BodyValue, "note.text", AttackClass::Xss, 0.9),
        ],
        request_body: Some(json!({"note": {"text": "<i>ü"}, "n": 5, "list": ["x"], "password": "[redacted]"})),
        ..request(5)
    };
    store.storage.activity.append(&[record]).await.unwrap();
    let head = "\"payload\",\"length\",\"attack_type\",\"label\"\r\n";
    let anom = "\"1' or\",\"5\",\"sqli\",\"anom\"\r\n";
    let xss = "\"<i>ü\",\"4\",\"xss\",\"anom\"\r\n";
    let norm = "\"a \"\"b\"\"\",\"5\",\"norm\",\"norm\"\r\n";
    let all = store.export(DataSet::Strings, &Filter::default()).await;
    assert_eq!(all, format!("{head}{norm}{anom}{xss}\"x\",\"1\",\"norm\",\"norm\"\r\n"));
    let of = async |name| {
        let label = Label::parse(name, DataSet::Strings).unwrap();
        store.export(DataSet::Strings, &Filter { label, ..Filter::default() }).await
    };
    assert_eq!(of("anom").await, format!("{head}{anom}{xss}"));
    assert_eq!(of("xss").await, format!("{head}{xss}"));
}

#[tokio::test]
async fn requests_are_filtered_by_time_client_and_label() {
    let store = Store::new().await;
    let day = 86_400;
    let mut records: Vec<_> = (1..=450).map(|hour| request(hour * 3_600)).collect();
    records[9].client_ip = crate::client::ClientIp::new("198.51.100.7".parse().unwrap());
    records[19].verdict = Verdict::Flag(Reason::Attack(AttackClass::Cmdi));
    for batch in records.chunks(100) {
        store.storage.activity.append(batch).await.unwrap();
    }
    let count = async |filter: Filter| store.export(DataSet::Requests, &filter).await.lines().count();
    assert_eq!(count(Filter::default()).await, 450);
    let at = |seconds: i64| Some(Timestamp::from_millis(seconds * 1_000));
    // The 40 ms of each record's time lie after the full hour.
    assert_eq!(count(Filter { since: at(10 * day), until: at(11 * day), ..Filter::default() }).await, 24);
    assert_eq!(count(Filter { until: at(3_600), ..Filter::default() }).await, 0);
    assert_eq!(count(Filter { client: Some("198.51.100.0/24".parse().unwrap()), ..Filter::default() }).await, 1);
    assert_eq!(count(Filter { label: Label::Class(AttackClass::Cmdi), ..Filter::default() }).await, 1);
    assert_eq!(count(Filter { label: Label::Norm, ..Filter::default() }).await, 449);
    let first =
        store.export(DataSet::Requests, &Filter::default()).await.lines().next().unwrap().parse::<Value>().unwrap();
    assert_eq!(first["_id"]["$oid"], records[449].id.to_string());
}

#[test]
fn moments_and_labels_are_read_or_refused_with_what_is_expected() {
    let now = Timestamp::from_millis(10_000_000);
    assert_eq!(moment("2h", now), Ok(Timestamp::from_millis(2_800_000)));
    assert_eq!(moment("1970-01-01T01:00:01+01:00", now), Ok(Timestamp::from_millis(1_000)));
    assert!(moment("soon", now).unwrap_err().contains("2h"));
    assert!(Label::parse("normal", DataSet::Sessions).unwrap_err().contains("newSession, Normal, Abnormal"));
    assert!(Label::parse("Normal", DataSet::Strings).unwrap_err().contains("sqli"));
}

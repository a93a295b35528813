use std::io::Cursor;

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::activity::{ActivityQuery, ActivityRecord, BodyLogging};
use crate::behaviour::{
    AssessmentQuery, Behaviour, BehaviourClassifier, BehaviourError, Judge, SessionFeatures, Thresholds,
};
use crate::metrics::Metrics;
use crate::session::{self, LoginEndpoints};
use crate::storage::{Config, Storage, StorageKind};

fn terms(fields: &[&str], bodies: BodyLogging) -> Terms {
    let fields: Vec<String> = fields.iter().map(|text| (*text).to_owned()).collect();
    Terms { fields: Fields::parse(&fields).unwrap(), bodies, clients: crate::client::Config::default() }
}

fn read_with(input: impl Into<Vec<u8>>, fields: &[&str]) -> Vec<Result<Item, Fault>> {
    Reader::new(Cursor::new(input.into()), terms(fields, BodyLogging::Redacted)).unwrap().collect()
}

fn read(input: impl Into<Vec<u8>>) -> Vec<Result<Item, Fault>> {
    read_with(input, &[])
}

fn requests(input: impl Into<Vec<u8>>) -> Vec<ActivityRecord> {
    let request = |entry: Result<Item, Fault>| match entry.unwrap() {
        Item::Request(record) => *record,
        other => panic!("{other:?}"),
    };
    read(input).into_iter().map(request).collect()
}

fn header<'r>(record: &'r ActivityRecord, name: &str) -> Option<&'r str> {
    record.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
}

const COMBINED: &str = r#"192.0.2.7 - ann [17/May/2015:10:05:03 +0200] "GET /a?q=1&password=hush HTTP/1.1" 200 203 "http://shop/?token=hush" "Agent \"x\" \x41""#;

#[test]
fn reads_the_forms_of_access_logs() {
    let text = [
        COMBINED,
        r#"2001:db8::9 - - [17/May/2015:10:05:04 +0000] "POST /login HTTP/2.0" 401 -"#,
        r#"shop.example:443 192.0.2.8 - - [17/May/2015:10:05:05 +0000] "HEAD http://shop.example/x HTTP/1.0" 304 0 "-" "-""#,
        r#""192.0.2.9 - - [17/May/2015:10:05:06 +0000] "GET / HTTP/1.1" 200 5 "-" "w""#,
        r#"192.0.2.9 - - [17/May/2015:10:05:06 +0000] "\x16\x03\x01" 400 150 "-" "-""#,
        r#"192.0.2.9 - - [17/May/2015:10:05:06 +0000] "GET /a b HTTP/1.1" 400 150"#,
        r#"192.0.2.9 - - [17/May/2015:10:05:06 +0000] "-" 408 0 "-" "-""#,
    ];
    let records = requests(format!("# a comment\n\n{}\n", text.join("\r\n")));
    let first = &records[0];
    assert_eq!(first.timestamp.to_string(), "2015-05-17T08:05:03.000Z");
    assert_eq!((first.method.as_str(), first.url.as_str()), ("GET", "/a?q=1&password=[redacted]"));
    assert_eq!((first.status, first.response_bytes), (200, 203));
    assert_eq!(header(first, "user-agent"), Some("Agent \"x\" A"));
    assert_eq!(header(first, "referer"), Some("http://shop/?token=[redacted]"));
    assert_eq!(records[1].client.to_string(), "2001:db8::/64");
    assert_eq!((records[1].method.as_str(), records[1].response_bytes), ("POST", 0));
    assert_eq!((records[2].origin.as_str(), records[2].url.as_str()), ("http://shop.example", "/x"));
    assert_eq!(records[3].client_ip.to_string(), "192.0.2.9");
    assert_eq!((records[4].method.as_str(), records[4].url.as_str()), ("", "\u{16}\u{3}\u{1}"));
    assert_eq!((records[5].method.as_str(), records[5].url.as_str()), ("GET", "/a b"));
    assert_eq!((records[6].status, records[6].url.as_str()), (408, ""));
}

#[test]
fn reads_the_json_of_nginx_caddy_and_traefik() {
    let nginx = json!({"time_iso8601": "2026-11-20T10:00:00+01:00", "remote_addr": "192.0.2.1", "request": "GET /a?b HTTP/1.1",
        "status": 200, "body_bytes_sent": "12", "request_time": "0.250", "http_user_agent": "u", "http_host": "shop"});
    let caddy = json!({"level": "info", "ts": 1_700_000_000.25, "logger": "http.log.access", "request": {"remote_ip": "192.0.2.2",
        "client_ip": "192.0.2.3", "method": "POST", "host": "shop:8443", "uri": "/c?d=e", "headers": {"User-Agent": ["v", "w"]}},
        "duration": 0.001_5, "size": 7, "status": 404});
    let traefik = json!({"ClientHost": "192.0.2.4", "StartUTC": "2026-11-20T09:00:00.5Z", "RequestMethod": "PUT", "RequestPath": "/f",
        "RequestHost": "shop", "DownstreamStatus": 502, "DownstreamContentSize": 9, "Duration": 1_500_000, "request_User-Agent": "x"});
    let records = requests([nginx, caddy, traefik].map(|line| line.to_string()).join("\n"));
    let seen: Vec<_> = records
        .iter()
        .map(|record| {
            let micros = u64::try_from(record.latency.as_micros()).unwrap();
            let agent = header(record, "user-agent").unwrap();
            (
                record.client_ip.to_string(),
                record.timestamp.as_millis(),
                record.method.as_str(),
                record.url.as_str(),
                record.status,
                record.response_bytes,
                micros,
                record.origin.as_str(),
                agent,
            )
        })
        .collect();
    assert_eq!(seen[0], ("192.0.2.1".into(), 1_795_165_200_000, "GET", "/a?b", 200, 12, 250_000, "http://shop", "u"));
    assert_eq!(
        seen[1],
        ("192.0.2.3".into(), 1_700_000_000_250, "POST", "/c?d=e", 404, 7, 1_500, "http://shop:8443", "v")
    );
    assert_eq!((seen[2].2, seen[2].3, seen[2].4, seen[2].6, seen[2].8), ("PUT", "/f", 502, 1_500, "x"));
    assert_eq!(records[0].timestamp.to_string(), "2026-11-20T09:00:00.000Z");
    assert_eq!(records[2].timestamp.to_string(), "2026-11-20T09:00:00.500Z");
}

#[test]
fn the_places_of_fields_can_be_told() {
    let line = json!({"who": {"a.b": "192.0.2.5"}, "when": "1700000000", "what": "/x", "how": "GET"}).to_string();
    let fault = read(line.as_str()).remove(0).unwrap_err().to_string();
    assert!(fault.starts_with("line 1: no address") && fault.contains("--field address=KEY"), "{fault}");
    let places = ["address=who.a", "time=when", "url=what", "method=how"];
    assert!(read_with(line.as_str(), &places).remove(0).is_err());
    let nested = json!({"who": {"a": "192.0.2.5"}, "when": "1700000000", "what": "/x", "how": "GET"}).to_string();
    assert!(matches!(&read_with(nested, &places)[0], Ok(Item::Request(record)) if record.url == "/x"));
    for wrong in ["address", "adress=x", "url="] {
        assert!(Fields::parse(&[wrong.to_owned()]).unwrap_err().contains("address, time"), "{wrong}");
    }
}

#[test]
fn faults_name_their_line_and_reading_goes_on() {
    let entries = read(format!(
        "nonsense\n{COMBINED}\n{{\"a\":\n192.0.2.1 - - [yesterday] \"GET / HTTP/1.1\" 200 1\nhost.name - - [17/May/2015:10:05:03 +0200] \"GET / HTTP/1.1\" 200 1\n{COMBINED}"
    ));
    let faults: Vec<String> =
        entries.iter().filter_map(|entry| entry.as_ref().err().map(ToString::to_string)).collect();
    assert_eq!(entries.len() - faults.len(), 2);
    for (fault, (line, part)) in
        faults.iter().zip([(1, "expected"), (3, "JSON"), (4, "17/May/2015"), (5, "HostnameLookups")])
    {
        assert!(fault.starts_with(&format!("line {line}: ")) && fault.contains(part), "{fault}");
    }
}

#[test]
fn ids_come_from_the_content_and_equal_lines_are_told_apart() {
    let twice = format!("{COMBINED}\n{COMBINED}\n{}\n", COMBINED.replace("203", "204"));
    let ids = |text: &str| requests(text).iter().map(|record| record.id).collect::<Vec<_>>();
    let first = ids(&twice);
    assert_eq!(first, ids(&twice));
    assert!(first[0] != first[1] && first[1] != first[2] && first[0] != first[2]);
    assert_eq!(first[0].time().to_string(), "2015-05-17T08:05:03.000Z");
}

const DOCUMENTS: [&str; 3] = [
    r#"{"_id":{"$oid":"5f50c1a00000000000000001"},"clientIP":"192.0.2.1","blacklisted":true,"blacklistTime":{"$date":"2020-09-03T10:00:00Z"}}"#,
    r#"{"_id":{"$oid":"5f50c1a00000000000000002"},"headers":{"Authorization":"Bearer hush","x":"1"},"method":"POST","statusCode":401,"clientIP":"192.0.2.1","url":"/login","fullUrl":"http://shop/login","reqhttp":"POST /login","requestSize":3,"resContentType":{"type":null},"timestamp":{"$date":"2020-09-03T10:00:00Z"},"sessionID":"5f50c1a00000000000000002","requestBody":{"email":"a@b.c","password":"hush"}}"#,
    r#"{"_id":{"$oid":"5f50c1a00000000000000003"},"sessionID":"5f50c1a00000000000000002","active":true,"behavior":"Abnormal","clientIP":"192.0.2.1","endTimestamp":{"$date":"2020-09-03T10:00:05Z"},"numOfLoginAttempts":3,"numOfPostReqs":3,"numOfReqs":4,"sesCodes4xx":3,"sesDuration":5000,"reqBodiesData":{}}"#,
];

#[test]
fn reads_the_predecessors_collections_as_lines_and_arrays() {
    for form in
        [DOCUMENTS.join("\n"), format!("[{}]", DOCUMENTS.join(",\n")), format!(" [\n  {} ]\n", DOCUMENTS.join(" ,"))]
    {
        let entries = read(form);
        assert_eq!(entries.len(), 3);
        assert_eq!(entries[0], Ok(Item::Client));
        let Ok(Item::Request(record)) = &entries[1] else { panic!("{:?}", entries[1]) };
        assert_eq!(header(record, "authorization"), Some("[redacted]"));
        assert_eq!(record.request_body, Some(json!({"email": "a@b.c", "password": "[redacted]"})));
        assert_eq!(record.session.unwrap().to_string(), "5f50c1a00000000000000002");
        assert!(matches!(&entries[2], Ok(Item::Visit(visit)) if visit.behaviour == Behaviour::Abnormal));
    }
    let cut = read(format!("[{},{{\"a\":", DOCUMENTS[0]));
    assert_eq!(cut.len(), 2);
    assert_eq!(cut[1].as_ref().unwrap_err().to_string(), "document 2: the file ends within an object");
    let without = Reader::new(Cursor::new(DOCUMENTS[1]), terms(&[], BodyLogging::Findings)).unwrap().next();
    assert!(matches!(without, Some(Ok(Item::Request(record))) if record.request_body.is_none()));
}

struct Model;

impl BehaviourClassifier for Model {
    fn abnormality(&self, features: &SessionFeatures) -> Result<f32, BehaviourError> {
        Ok(if features.codes_4xx > 2 { 0.9 } else { 0.1 })
    }

    fn version(&self) -> &'static str {
        "test 1"
    }
}

struct Target {
    storage: Storage,
    _folder: tempfile::TempDir,
}

impl Target {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let kind = StorageKind::embedded(folder.path().join("s.db"));
        let storage = Storage::open(&Config { kind, ..Config::default() }).await.unwrap();
        Self { storage, _folder: folder }
    }

    async fn import(&self, input: &str, judging: bool) -> Report {
        let metrics = Metrics::new().unwrap().behaviour;
        let judge = Judge {
            classifier: judging.then(|| std::sync::Arc::new(Model) as _),
            thresholds: Thresholds { closed: 0.5, open: 0.5 },
            custom: std::sync::Arc::new([]),
            metrics,
        };
        let logins = LoginEndpoints::default();
        let mut importer = Importer::new(self.storage.clone(), judge, &session::Config::default(), logins);
        for entry in read(input) {
            importer.take("a.log", entry).await.unwrap();
        }
        importer.finish().await.unwrap()
    }

    /// Requests, then visits: numbers and judgement, oldest first.
    async fn content(&self) -> (usize, Vec<(SessionFeatures, Behaviour, bool)>) {
        let query = ActivityQuery { limit: 1_000, ..ActivityQuery::default() };
        let records = self.storage.activity.page(&query).await.unwrap();
        assert!(records.iter().all(|record| record.session.is_some()));
        let query = AssessmentQuery { limit: 1_000, ..AssessmentQuery::default() };
        let mut visits = self.storage.assessments.page(&query).await.unwrap();
        visits.sort_by_key(|visit| visit.end);
        // The predecessor's numbers; ours are tested where they are counted.
        let theirs = |features: &SessionFeatures| SessionFeatures { own: None, ..features.clone() };
        (records.len(), visits.iter().map(|visit| (theirs(&visit.features), visit.behaviour, visit.active)).collect())
    }
}

fn line(seconds: u32, method: &str, path: &str, status: u16) -> String {
    let (minute, second) = (seconds / 60, seconds % 60);
    format!("192.0.2.7 - - [17/May/2015:10:{minute:02}:{second:02} +0000] \"{method} {path} HTTP/1.1\" {status} 1\n")
}

/// Exactly the gap of 15 s goes on, 16 s are a new visit; three refused logins.
fn log() -> String {
    let first = line(0, "GET", "/", 200) + &line(15, "POST", "/buy", 200);
    let second: String = (0..3).map(|at| line(31 + at, "POST", "/login?x", 401)).collect();
    first + &second
}

#[tokio::test]
async fn visits_are_cut_and_judged_as_the_filter_does_and_importing_twice_doubles_nothing() {
    let features = |login_attempts, post_requests, requests, codes_4xx, duration_ms| SessionFeatures {
        login_attempts,
        post_requests,
        requests,
        codes_4xx,
        duration_ms,
        ..SessionFeatures::default()
    };
    let (first, second) = (features(0, 1, 2, 0, 15_000), features(3, 3, 3, 3, 2_000));
    let target = Target::new().await;
    let report = target.import(&log(), false).await;
    assert_eq!((report.read, report.requests, report.visits, report.refused), (5, 5, 2, 0));
    let unjudged = |features: &SessionFeatures| (features.clone(), Behaviour::NewSession, false);
    assert_eq!(target.content().await, (5, vec![unjudged(&first), unjudged(&second)]));
    let report = target.import(&log(), false).await;
    assert_eq!((report.visits, report.known_visits), (0, 2));
    let report = target.import(&log(), true).await;
    assert_eq!(report.visits, 2, "judged now");
    let judged = vec![(first, Behaviour::Normal, false), (second, Behaviour::Abnormal, false)];
    assert_eq!(target.content().await, (5, judged.clone()));
    target.import(&log(), false).await;
    assert_eq!(target.content().await, (5, judged), "a judgement is not taken back");
    assert_eq!(target.storage.assessments.active_abnormal().await.unwrap(), [], "no strikes");
}

#[tokio::test]
async fn a_log_that_has_grown_is_imported_whole_and_nothing_twice() {
    for judging in [false, true] {
        let target = Target::new().await;
        let log = log();
        let half = log.lines().take(4).collect::<Vec<_>>().join("\n");
        target.import(&half, judging).await;
        assert_eq!(target.content().await.1[1].0.requests, 2);
        let report = target.import(&log, judging).await;
        assert_eq!((report.visits, report.known_visits), (1, 1));
        let (requests, visits) = target.content().await;
        assert_eq!((requests, visits[1].0.requests), (5, 3));
        assert_eq!(visits[1].1, if judging { Behaviour::Abnormal } else { Behaviour::NewSession });
    }
}

#[tokio::test]
async fn a_log_that_runs_backwards_has_the_same_visits() {
    let target = Target::new().await;
    let log = log();
    let lines: Vec<&str> = log.lines().rev().collect();
    target.import(&lines.join("\n"), false).await;
    let (requests, visits) = target.content().await;
    let numbers: Vec<_> = visits.iter().map(|(features, ..)| (features.requests, features.duration_ms)).collect();
    assert_eq!((requests, numbers), (5, vec![(2, 15_000), (3, 2_000)]));
}

#[tokio::test]
async fn the_cap_of_a_visit_holds() {
    let target = Target::new().await;
    let log: String = (0..200).map(|at| line(at, "GET", "/", 200)).collect();
    target.import(&log, false).await;
    let requests: Vec<u32> = target.content().await.1.iter().map(|(features, ..)| features.requests).collect();
    assert_eq!(requests, [180, 20]);
}

#[tokio::test]
async fn the_predecessors_judgement_goes_before_ours_and_bans_nobody() {
    let target = Target::new().await;
    let report = target.import(&DOCUMENTS.join("\n"), false).await;
    assert_eq!((report.requests, report.clients), (1, 1));
    assert_eq!((report.visits, report.known_visits), (1, 1), "the visit of the request is the one that was judged");
    let features = SessionFeatures {
        login_attempts: 3,
        post_requests: 3,
        requests: 4,
        codes_4xx: 3,
        duration_ms: 5_000,
        ..SessionFeatures::default()
    };
    assert_eq!(target.content().await, (1, vec![(features, Behaviour::Abnormal, false)]));
    assert_eq!(target.storage.bans.load().await.unwrap(), []);
}

#[tokio::test]
async fn faults_are_counted_and_the_first_are_named() {
    let target = Target::new().await;
    let report = target.import(&format!("{}{}", "bad\n".repeat(20), log()), false).await;
    assert_eq!((report.read, report.refused, report.faults.len()), (25, 20, 10));
    let text = report.to_string();
    assert!(text.contains("refused   20\n  a.log: line 1: expected"), "{text}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn nothing_that_is_read_panics(bytes in proptest::collection::vec(any::<u8>(), 0..400), cut in 0..COMBINED.len(), form in 0..4_usize) {
        let mut input = [&b""[..], b"[", b"\x20\0\0\0\x07_id\0", &COMBINED.as_bytes()[..cut]][form].to_vec();
        input.extend(bytes);
        prop_assert!(read(input).len() < 1_000);
    }

    #[test]
    fn odd_requests_and_times_do_not_panic(request in "\\PC{0,40}", time in "\\PC{0,30}", status in any::<i64>()) {
        let log = format!("192.0.2.1 - - [{time}] \"{request}\" {status} 1\n192.0.2.1 - - [17/May/2015:10:05:03 +0000] \"{request}\" 200 1");
        read(log);
        read(json!({"remote_addr": "192.0.2.1", "time": time, "uri": request, "status": status}).to_string());
        read(json!({"remote_addr": "192.0.2.1", "ts": status, "duration": status, "uri": request}).to_string());
    }
}

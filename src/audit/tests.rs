use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::export::render;
use super::*;
use crate::activity::ActivityRecord;
use crate::inspection::{AttackClass, Finding, Suspicion, Target, TargetKind};
use crate::metrics::{AuditMetrics, Metrics};
use crate::policy::{Reason, Verdict};

fn refusal(number: u32) -> ActivityRecord {
    ActivityRecord {
        status: 403,
        url: "/product?id=1%27+OR+1%3D1".into(),
        verdict: Verdict::Refuse(Reason::Attack(AttackClass::Sqli)),
        findings: vec![Finding {
            target: Target { kind: TargetKind::QueryValue, name: "id".into() },
            suspicion: Suspicion::Attack { class: AttackClass::Sqli, score: 0.987 },
            excerpt: "1' or 1=1".into(),
        }],
        headers: vec![("accept".into(), "a".into()), ("accept".into(), "b".into()), ("host".into(), "x".into())],
        request_body: Some(serde_json::json!({"note": "x".repeat(20_000)})),
        ..ActivityRecord::sample(number)
    }
}

fn wire() -> Wire {
    Wire {
        peer: "192.0.2.1:4711".parse().unwrap(),
        host: Some("198.51.100.1:443".parse().unwrap()),
        http_version: "2.0",
        response_headers: vec![("content-type".into(), "text/html".into())],
        enforcing: true,
    }
}

fn parsed(format: Format, record: &ActivityRecord) -> Value {
    let line = render(format, record, &wire());
    assert!(!line.contains('\n'));
    serde_json::from_str(&line).unwrap()
}

#[test]
fn coraza_s_shape() {
    let line = parsed(Format::Coraza, &refusal(1));
    let transaction = &line["transaction"];
    assert_eq!(transaction["timestamp"], "2020/09/13 12:26:40");
    assert_eq!(transaction["unix_timestamp"], 1_600_000_000_001_000_000_i64);
    assert_eq!(transaction["id"], refusal(1).id.to_string());
    assert_eq!((&transaction["client_ip"], &transaction["client_port"]), (&"192.0.2.1".into(), &4711.into()));
    assert_eq!((&transaction["host_ip"], &transaction["host_port"]), (&"198.51.100.1".into(), &443.into()));
    assert_eq!(transaction["request"]["protocol"], "HTTP/2.0");
    assert_eq!(transaction["request"]["uri"], "/product?id=1%27+OR+1%3D1");
    assert_eq!(transaction["request"]["headers"]["accept"], serde_json::json!(["a", "b"]));
    assert!(transaction["request"]["body"].as_str().unwrap().len() <= 8 << 10);
    assert_eq!(transaction["response"]["status"], 403);
    assert_eq!(transaction["producer"]["rule_engine"], "On");
    assert_eq!((&transaction["is_interrupted"], &transaction["highest_severity"]), (&true.into(), &"2".into()));
    let message = &line["messages"][0];
    assert_eq!(message["data"]["id"], 1_001);
    assert_eq!(message["data"]["data"], "1' or 1=1 found within query-value id");
    assert_eq!(message["data"]["tags"], serde_json::json!(["portcullis", "attack-sqli", "sqli"]));
    assert!(message["error_message"].as_str().unwrap().contains("0.987"));
}

#[test]
fn modsecurity_s_shape() {
    let line = parsed(Format::ModSecurity, &refusal(1));
    let transaction = &line["transaction"];
    assert_eq!(transaction["time_stamp"], "Sun Sep 13 12:26:40 2020");
    assert_eq!(transaction["unique_id"], refusal(1).id.to_string());
    assert_eq!(transaction["request"]["http_version"], 2.0);
    assert_eq!(transaction["request"]["headers"]["accept"], "a, b");
    assert_eq!(transaction["response"]["http_code"], 403);
    assert_eq!(transaction["producer"]["secrules_engine"], "Enabled");
    let details = &transaction["messages"][0]["details"];
    assert_eq!((&details["ruleId"], &details["severity"]), (&"1001".into(), &"2".into()));
    assert_eq!(details["match"], "1' or 1=1 found within query-value id");
}

#[test]
fn a_refusal_without_a_finding_has_its_reason_as_message() {
    for (reason, id) in [(Reason::Banned, 1_200), (Reason::BodyTooLarge, 1_201), (Reason::Uninspected, 1_202)] {
        let record = ActivityRecord { verdict: Verdict::Refuse(reason), findings: Vec::new(), ..refusal(1) };
        let line = parsed(Format::Coraza, &record);
        assert_eq!(line["messages"].as_array().unwrap().len(), 1);
        assert_eq!(line["messages"][0]["data"]["id"], id);
    }
}

#[test]
fn the_port_of_a_proxy_is_not_given_out_as_the_client_s() {
    let record = refusal(1);
    let wire = Wire { peer: "203.0.113.9:9".parse().unwrap(), ..wire() };
    let line: Value = serde_json::from_str(&render(Format::Coraza, &record, &wire)).unwrap();
    assert_eq!(line["transaction"]["client_port"], 0);
}

fn start(file: &Path, queue: usize) -> (AuditExport, AuditMetrics) {
    let metrics = Metrics::new().unwrap().audit;
    let config = Config { to: Destination::File(file.to_owned()), format: Format::Coraza, queue };
    (AuditExport::start(&config, metrics.clone()).unwrap(), metrics)
}

fn lines(file: &Path) -> usize {
    std::fs::read_to_string(file).map_or(0, |text| text.lines().count())
}

fn eventually(what: &str, met: impl Fn() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while !met() {
        assert!(Instant::now() < deadline, "waited in vain for {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn a_rotated_file_is_opened_anew_and_no_line_is_lost() {
    let folder = tempfile::tempdir().unwrap();
    let (file, old) = (folder.path().join("audit/audit.log"), folder.path().join("audit/audit.log.1"));
    let (export, metrics) = start(&file, 100);
    (0..10).for_each(|number| export.record(&refusal(number), &wire()));
    eventually("ten lines", || lines(&file) == 10);
    std::fs::rename(&file, &old).unwrap();
    export.record(&refusal(10), &wire());
    eventually("a line in the file that was open", || lines(&old) == 11);
    export.reopen();
    eventually("a new file", || file.exists());
    export.record(&refusal(11), &wire());
    export.close(Duration::from_secs(10));
    assert_eq!((lines(&old), lines(&file)), (11, 1));
    assert_eq!((metrics.written.get(), metrics.dropped.get(), metrics.queued.get()), (12, 0, 0));
}

#[test]
fn what_cannot_be_written_is_dropped_and_counted_and_waits_for_nobody() {
    let (export, metrics) = start(Path::new("/dev/full"), 2);
    for number in 0..1_000 {
        export.record(&refusal(number), &wire());
    }
    export.close(Duration::from_secs(10));
    assert_eq!((metrics.written.get(), metrics.dropped.get(), metrics.queued.get()), (0, 1_000, 0));
}

#[test]
fn a_file_that_cannot_be_opened_is_said_in_words() {
    let metrics = Metrics::new().unwrap().audit;
    let config = Config { to: Destination::File("/proc/nowhere/audit.log".into()), format: Format::Coraza, queue: 1 };
    let error = AuditExport::start(&config, metrics).err().unwrap().to_string();
    assert!(error.contains("/proc/nowhere/audit.log") && error.contains("write permission"), "{error}");
}

//! Whole inspections, with a classifier that looks for a word.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use http::HeaderMap;

use super::*;
use crate::metrics::{InspectionMetrics, Metrics};

/// Takes every text with `evil` in it for XSS, counts what it is asked, and fails on `crash`.
#[derive(Default)]
pub(crate) struct WordClassifier {
    asked: AtomicUsize,
}

#[async_trait]
impl PayloadClassifier for WordClassifier {
    async fn classify(&self, texts: Vec<EncodedText>) -> Result<Vec<Score>, ClassifierError> {
        self.asked.fetch_add(texts.len(), Ordering::Relaxed);
        let has = |text: &EncodedText, word: &[u8]| text.bytes().windows(word.len()).any(|part| part == word);
        if texts.iter().any(|text| has(text, b"crash!")) {
            return Err(ClassifierError::Failed);
        }
        let attack = |text: &EncodedText| if has(text, b"evil") { 0.9 } else { 0.1 };
        Ok(texts.iter().map(|text| Score { attack: attack(text), class: AttackClass::Xss }).collect())
    }
}

fn inspector() -> (Inspector, Arc<WordClassifier>, InspectionMetrics) {
    let classifier = Arc::new(WordClassifier::default());
    let metrics = Metrics::new().unwrap().inspection;
    (Inspector::new(classifier.clone(), Config::default(), metrics.clone()), classifier, metrics)
}

fn places(inspection: &Inspection) -> Vec<String> {
    inspection.findings.0.iter().map(|finding| finding.target.to_string()).collect()
}

async fn inspect(query: &str, headers: &[(&'static str, &str)]) -> Inspection {
    let headers: HeaderMap =
        headers.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect();
    let head = RequestHead { method: "GET", path: b"/login/", query: Some(query.as_bytes()), headers: &headers };
    inspector().0.inspect(&head).await.unwrap()
}

#[tokio::test]
async fn finds_attacks_wherever_they_are_hidden() {
    let jwt = format!("eyJhbGciOiJub25lIn0.{}.c2lnbmF0dXJl", "eyJyb2xlIjoiPGV2aWw-IiwiYSI6ImJiYmIifQ");
    for (query, headers, place) in [
        ("a=%253Cevil%253E", vec![], "query-value a"),
        ("a=%EF%BC%9Cevil", vec![], "query-value a"),
        ("a[%24evil]=1", vec![], "query-name a[$evil]"),
        ("a={\"b\":[{\"c\":\"\\u003cevil\"}]}", vec![], "query-value a.b.c"),
        ("a=PGV2aWw%2BPGV2aWw%2BPGV2aWw%2B", vec![], "query-value a"),
        ("", vec![("referer", "https://x/?q=<evil>")], "query-value q"),
        ("", vec![("user-agent", "() { <evil>")], "header user-agent"),
        ("", vec![("x-anything", "<evil>")], "header x-anything"),
        ("", vec![("host", "<evil>")], "header host"),
        ("", vec![("cookie", "a=b; id=<evil>")], "cookie id"),
        ("", vec![("authorization", "Basic PGV2aWw+OjxldmlsPjxl")], "header authorization"),
        ("", vec![("cookie", jwt.as_str())], "cookie role"),
    ] {
        let found = inspect(query, &headers).await;
        assert!(places(&found).iter().any(|found| found == place), "{query} {headers:?}: {:?}", places(&found));
    }
}

#[tokio::test]
async fn nothing_hides_behind_padding() {
    let (inspector, ..) = inspector();
    for padding in ["a".repeat(400), "a b".repeat(20_000), (0..20_000).map(|n| format!("{n} ")).collect()] {
        for body in [format!("{padding} <evil>"), format!("<evil> {padding}"), format!("{padding} <evil> {padding}")] {
            let found = inspector.inspect_body(Some(b"text/plain"), body.as_bytes(), false).await.unwrap();
            assert_eq!(found.findings.worst(), Some((AttackClass::Xss, 0.9)));
        }
    }
}

#[tokio::test]
async fn plain_words_never_reach_the_model() {
    let (inspector, classifier, metrics) = inspector();
    let headers = HeaderMap::new();
    let head = RequestHead {
        method: "GET",
        path: b"/static/app.css",
        query: Some(b"a=evil&b=33333&c=a'b"),
        headers: &headers,
    };
    let found = inspector.inspect(&head).await.unwrap();
    assert_eq!(found, Inspection::default());
    assert_eq!(classifier.asked.load(Ordering::Relaxed), 0);
    assert_eq!(metrics.inspected.get(), 1);
}

#[tokio::test]
async fn equal_windows_are_asked_for_once() {
    let (inspector, classifier, metrics) = inspector();
    for _ in 0..2 {
        let found = inspector.inspect_body(None, b"a=xy+%3C&b=xy+%3C&c=xy+%3C+1", false).await.unwrap();
        assert_eq!((found.score, found.findings.0.len()), (Some(0.1), 0));
    }
    assert_eq!(classifier.asked.load(Ordering::Relaxed), 2);
    assert_eq!((metrics.cache_hits.get(), metrics.cache_misses.get(), metrics.windows_classified.get()), (2, 2, 2));
}

#[tokio::test]
async fn malformed_bodies_are_findings_and_are_inspected() {
    let (inspector, _, metrics) = inspector();
    let found = inspector.inspect_body(Some(b"application/json"), b"{\"a\": '<evil>'}", false).await.unwrap();
    assert_eq!(found.findings.0[0].suspicion, Suspicion::Malformed(Malformed::Json));
    assert_eq!(found.findings.worst(), Some((AttackClass::Xss, 0.9)));
    assert_eq!(metrics.malformed.with_label_values(&["json"]).get(), 1);
    let cut = inspector.inspect_body(Some(b"application/json"), b"{\"a\": \"<evil>", true).await.unwrap();
    assert_eq!(places(&cut), ["body-text"]);
}

#[tokio::test]
async fn the_model_s_failures_are_passed_on_and_counted() {
    let (inspector, _, metrics) = inspector();
    let failed = inspector.inspect_text(TargetKind::BodyValue, "crash! it").await;
    assert_eq!(failed, Err(ClassifierError::Failed));
    assert_eq!(metrics.errors.with_label_values(&["failed"]).get(), 1);
}

#[tokio::test]
async fn secrets_leave_no_excerpt() {
    let found = inspect("pwdA=<evil>&q=<evil>", &[("cookie", "x=<evil>")]).await;
    let excerpts: Vec<&str> = found.findings.0.iter().map(|finding| finding.excerpt.as_str()).collect();
    assert_eq!(excerpts, ["", "<evil>", ""]);
}

#[test]
fn inspections_can_be_awaited_on_any_thread() {
    fn assert_send<T: Send>(_: &T) {}
    let (inspector, ..) = inspector();
    assert_send(&inspector.inspect_body(None, b"", false));
    assert_send(&inspector.inspect_text(TargetKind::Path, ""));
}

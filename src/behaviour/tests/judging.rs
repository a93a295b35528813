//! What closed visits are judged to be, and where that is kept.

use super::*;

#[tokio::test]
async fn a_text_finding_goes_before_the_features() {
    let bench = Bench::new();
    let found = Session { findings: 1, ..session(1, NORMAL) };
    bench.score(blocking(), true, vec![found, session(2, SCANNER)]).await;
    let kept = bench.store.assessments.lock().clone();
    assert_eq!((kept[0].cause, kept[0].score), (Some(Cause::Text), None));
    assert_eq!((kept[1].cause, kept[1].score), (Some(Cause::Features), Some(0.97)));
    assert_eq!(kept[1].model, "rule 1");
}

#[tokio::test]
async fn collection_mode_and_a_failing_model_leave_new_sessions() {
    let bench = Bench::new();
    bench.score(blocking(), false, vec![session(1, SCANNER)]).await;
    bench.score(blocking(), true, vec![Session { requests: 0, ..session(2, SCANNER) }]).await;
    assert_eq!(bench.behaviours(), [(Behaviour::NewSession, true); 2]);
    assert_eq!(bench.metrics.behaviour.model_errors.get(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_store_that_is_away_delays_no_ban_and_loses_no_assessment() {
    let bench = Bench::new();
    *bench.store.refusals_left.lock() = 7;
    bench.score(blocking(), true, (1..=3).map(|number| session(number, SCANNER)).collect()).await;
    assert!(bench.barred("192.0.2.7"));
    assert_eq!(bench.behaviours(), [(Behaviour::Abnormal, false); 3]);
}

#[tokio::test(start_paused = true)]
async fn judgements_of_a_dead_store_outlive_a_stop() {
    let folder = tempfile::tempdir().unwrap();
    let mut bench = Bench::new();
    let config = spool::Config { folder: folder.path().join("spool"), limit: 1 << 20 };
    bench.spool = Spool::open(config.clone(), bench.metrics.assessment_spool.clone()).ok().map(Arc::new);
    *bench.store.refusals_left.lock() = u32::MAX;
    bench.score(blocking(), true, (1..=3).map(|number| session(number, SCANNER)).collect()).await;
    assert!(bench.barred("192.0.2.7"), "a ban does not wait");
    assert_eq!(bench.behaviours(), []);
    assert_eq!(bench.spool.take().unwrap().contents().records, 4, "three judgements, one ban that used them up");

    // A blocking thread may hold the folder a moment longer.
    while bench.spool.is_none() {
        bench.spool = Spool::open(config.clone(), bench.metrics.assessment_spool.clone()).ok().map(Arc::new);
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    *bench.store.refusals_left.lock() = 5;
    let (sender, closed) = mpsc::channel(1);
    let inlets = Inlets { closed, open: mpsc::channel(1).1, breaches: mpsc::channel(1).1 };
    let (_stop, stopped) = watch::channel(false);
    let scoring = tokio::spawn(bench.scorer(blocking(), true).run(inlets, stopped));
    while bench.spool.as_ref().is_some_and(|spool| !spool.is_empty()) {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    drop(sender);
    scoring.await.unwrap();
    assert_eq!(bench.behaviours(), [(Behaviour::Abnormal, false); 3]);
}

#[tokio::test]
async fn strikes_outlive_a_restart() {
    let bench = Bench::new();
    let recent = Timestamp::now().as_millis() / 1_000;
    let id = |last: u8| {
        let mut bytes = [last; 12];
        bytes[..4].copy_from_slice(&u32::try_from(recent).unwrap().to_be_bytes());
        SessionId::from(RequestId::from_bytes(bytes))
    };
    let scans: Vec<_> = (1..=2).map(|last| Session { id: id(last), ..session(last, SCANNER) }).collect();
    bench.score(blocking(), true, scans).await;
    let restarted = Bench { strikes: Arc::new(Strikes::new(Duration::from_secs(3_600))), ..bench };
    assert_eq!(restarted.strikes.load(&*restarted.store).await.unwrap(), 2);
    restarted.score(blocking(), true, vec![Session { id: id(3), ..session(3, SCANNER) }]).await;
    assert!(restarted.barred("192.0.2.7"));
}

#[tokio::test]
async fn told_to_stop_it_judges_what_was_sent_and_ends() {
    let bench = Bench::new();
    let (sender, closed) = mpsc::channel(100);
    let (_showing, open) = mpsc::channel(1);
    let (_telling, breaches) = mpsc::channel(1);
    let inlets = Inlets { closed, open, breaches };
    let (stop, stopped) = watch::channel(false);
    let scoring = tokio::spawn(bench.scorer(blocking(), true).run(inlets, stopped));
    sender.send(ClosedSession::now(session(1, NORMAL))).await.unwrap();
    stop.send(true).unwrap();
    tokio::time::timeout(Duration::from_secs(10), scoring).await.unwrap().unwrap();
    assert_eq!(bench.behaviours(), [(Behaviour::Normal, true)]);
    assert!(sender.is_closed());
}

#[tokio::test]
async fn closed_sessions_are_judged_within_two_hundred_milliseconds_at_a_thousand_a_second() {
    let bench = Bench::new();
    let (closing, closed) = mpsc::channel(10_000);
    let (_showing, open) = mpsc::channel(1);
    let (_telling, breaches) = mpsc::channel(1);
    let inlets = Inlets { closed, open, breaches };
    let (_stop, stopped) = watch::channel(false);
    let scoring = tokio::spawn(bench.scorer(blocking(), true).run(inlets, stopped));
    let mut sent = std::collections::HashMap::new();
    let mut waits = Vec::new();
    let mut judged = 0;
    let mut tick = tokio::time::interval(Duration::from_millis(1));
    while judged < 1_000 {
        if sent.len() < 1_000 {
            tick.tick().await;
            let mut bytes = [0; 12];
            bytes[4..].copy_from_slice(&(sent.len() as u64).to_be_bytes());
            let id = SessionId::from(RequestId::from_bytes(bytes));
            sent.insert(id, std::time::Instant::now());
            closing.send(ClosedSession::now(Session { id, ..session(1, NORMAL) })).await.unwrap();
        } else {
            tokio::task::yield_now().await;
        }
        let kept = bench.store.assessments.lock();
        waits.extend(kept[judged..].iter().map(|one| sent[&one.session].elapsed()));
        judged = kept.len();
    }
    drop(closing);
    scoring.await.unwrap();
    waits.sort_unstable();
    assert!(waits[989] < Duration::from_millis(200), "p99 is {:?}", waits[989]);
}

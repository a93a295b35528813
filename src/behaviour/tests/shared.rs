//! Several filters on one store.

use super::*;

impl Bench {
    fn shared(&self) -> &Shared {
        self.store.shared.as_ref().unwrap()
    }

    /// Strikes that other filters counted.
    fn struck_elsewhere(&self, sessions: impl IntoIterator<Item = u8>) {
        let strikes = sessions.into_iter().map(|number| session(number, SCANNER)).map(|one| (one.client, one.id));
        self.shared().strikes.lock().extend(strikes);
    }
}

#[tokio::test]
async fn an_open_session_found_abnormal_counts_with_the_strikes_of_other_filters_and_a_ban_clears_them() {
    let bench = Bench::sharing();
    bench.struck_elsewhere([1]);
    let open = |number| Seen::Open(session(number, SCANNER));
    bench.see(blocking(), true, vec![open(2), Seen::Closed(session(2, SCANNER))]).await;
    assert_eq!(bench.shared().strikes.lock().len(), 2, "counted once, at once");
    assert!(!bench.barred("192.0.2.7"));
    bench.see(blocking(), true, vec![open(3)]).await;
    assert!(bench.barred("192.0.2.7"), "one elsewhere, two here");
    assert!(bench.shared().strikes.lock().is_empty());
}

#[tokio::test]
async fn a_passed_limit_counts_for_other_filters_where_it_bans_nobody() {
    let bench = Bench::sharing();
    let seen = || vec![Seen::Breach(breach(1, Limit::Flood)), Seen::Breach(breach(1, Limit::Flood))];
    bench.see(Config::default(), true, seen()).await;
    assert_eq!(bench.shared().strikes.lock().len(), 1);
    bench.see(blocking(), true, seen()).await;
    assert!(bench.barred("192.0.2.7"));
    assert!(bench.shared().strikes.lock().is_empty(), "used up by the ban");
}

#[tokio::test]
async fn a_dry_run_strikes_nobody_for_other_filters() {
    let bench = Bench::sharing();
    bench.struck_elsewhere([1, 2]);
    let config = Config { dry_run: true, ..blocking() };
    bench.see(config, true, (3..=5).map(|number| Seen::Closed(session(number, SCANNER))).collect()).await;
    assert_eq!(bench.metrics.behaviour.would_ban.get(), 1, "by its own three");
    assert_eq!(bench.shared().strikes.lock().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_session_that_another_filter_left_stays_as_abnormal_as_it_was_while_open() {
    let bench = Bench::sharing();
    bench.see(blocking(), true, vec![Seen::Open(session(1, SCANNER))]).await;
    bench.shared().abandoned.lock().push(session(1, NORMAL));
    let (closing, closed) = mpsc::channel(1);
    let inlets = Inlets { closed, open: mpsc::channel(1).1, breaches: mpsc::channel(1).1 };
    let (_stop, stopped) = watch::channel(false);
    let scoring = tokio::spawn(bench.scorer(blocking(), true).run(inlets, stopped));
    while bench.behaviours().len() < 2 {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    drop(closing);
    scoring.await.unwrap();
    assert_eq!(bench.behaviours(), [(Behaviour::Abnormal, true); 2]);
    assert_eq!(bench.shared().strikes.lock().len(), 1, "no second strike");
}

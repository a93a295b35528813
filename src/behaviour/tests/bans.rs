//! Who is banned, for how long, and who is let in again.

use super::*;

#[tokio::test]
async fn the_third_abnormal_session_bans_and_uses_up_the_abnormal_ones_only() {
    let bench = Bench::new();
    bench.score(blocking(), true, vec![session(1, SCANNER), session(2, NORMAL), session(3, SCANNER)]).await;
    assert!(!bench.barred("192.0.2.7"), "two are allowed");
    bench.score(blocking(), true, vec![session(4, SCANNER)]).await;
    assert!(bench.barred("192.0.2.7"));
    assert!(!bench.barred("192.0.2.8"));
    let abnormal = (Behaviour::Abnormal, false);
    assert_eq!(bench.behaviours(), [abnormal, (Behaviour::Normal, true), abnormal, abnormal]);
}

#[tokio::test]
async fn without_block_ip_nobody_is_banned_and_the_evidence_stays() {
    let bench = Bench::new();
    bench.score(Config::default(), true, (1..=5).map(|number| session(number, SCANNER)).collect()).await;
    assert!(!bench.barred("192.0.2.7"));
    assert_eq!(bench.behaviours(), [(Behaviour::Abnormal, true); 5]);
}

#[tokio::test]
async fn bans_of_who_comes_back_grow() {
    let bench = Bench::new();
    let config = Config { max_abnormal: 0, ..blocking() };
    let length = || {
        let ban = bench.bans.list(Timestamp::now())[0].clone();
        ban.until.unwrap().since(ban.since).as_secs() / 60
    };
    bench.see(config.clone(), true, vec![Seen::Closed(session(1, SCANNER))]).await;
    assert_eq!(length(), 10);
    bench.see(config, true, vec![Seen::Closed(session(2, SCANNER))]).await;
    assert_eq!(length(), 20, "a restart knows it from the ban in force");
}

#[tokio::test]
async fn an_unban_keeps_behaviour_away_for_the_time_of_grace_and_loses_no_evidence() {
    let bench = Bench::new();
    bench.see(blocking(), true, vec![Seen::Breach(breach(1, Limit::Flood))]).await;
    bench.bans.unban("192.0.2.7".parse().unwrap(), Timestamp::now()).await;
    bench.see(blocking(), true, vec![Seen::Breach(breach(2, Limit::Flood))]).await;
    assert!(!bench.barred("192.0.2.7"), "grace");
}

#[tokio::test]
async fn strikes_of_before_an_unban_at_another_filter_ban_nobody() {
    let bench = Bench::sharing();
    let strikes = |numbers: std::ops::Range<u8>| numbers.map(|n| Seen::Closed(session(n, SCANNER))).collect();
    bench.see(blocking(), true, strikes(1..3)).await;
    // There, an operator lets the client in: the store hears of it, this filter not yet.
    bench.store.clear_strikes(session(1, 0).client.net()).await.unwrap();
    bench.store.remove("192.0.2.7".parse().unwrap()).await.unwrap();
    bench.see(blocking(), true, strikes(3..4)).await;
    assert!(!bench.barred("192.0.2.7"), "the third one rests on a generation that is over");
    assert!(bench.counted("portcullis_bans_refused_total{reason=\"lifted\"} 1"));
}

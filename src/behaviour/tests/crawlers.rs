//! Search engines are asked about before a ban.

use super::*;

impl Bench {
    /// One that asks a server of this zone before it bans.
    fn asking(zone: &[(&str, Say)]) -> (Self, Server) {
        let server = serve(zone);
        (Self { crawlers: Some(crawlers(&server)), ..Self::new() }, server)
    }
}

#[tokio::test]
async fn a_search_engine_that_the_dns_confirms_is_spared() {
    let (bench, _server) = Bench::asking(&[
        ("7.2.0.192.in-addr.arpa.", pointer("crawl.googlebot.com")),
        ("crawl.googlebot.com.", addresses(&["192.0.2.7"])),
    ]);
    let offences = vec![Seen::Breach(breach(1, Limit::Flood)), Seen::Breach(breach(2, Limit::Flood))];
    bench.see(Config { max_abnormal: 0, ..blocking() }, true, offences).await;
    bench.score(Config { max_abnormal: 0, ..blocking() }, true, vec![session(3, SCANNER)]).await;
    assert!(!bench.barred("192.0.2.7"));
    assert!(bench.counted("portcullis_crawler_checks_total{outcome=\"crawler\"} 1"), "the answer is kept");
    assert!(bench.behaviours().contains(&(Behaviour::Abnormal, true)), "spared, not judged otherwise");
}

#[tokio::test]
async fn who_only_says_to_be_a_search_engine_is_banned_and_so_is_who_nobody_knows() {
    for (name, say) in [("spoofed", pointer("crawl.googlebot.com")), ("away", Say::Nothing), ("refused", Say::Code(5))]
    {
        let (bench, _server) =
            Bench::asking(&[("7.2.0.192.in-addr.arpa.", say), ("crawl.googlebot.com.", addresses(&["198.51.100.1"]))]);
        bench.see(blocking(), true, vec![Seen::Breach(breach(1, Limit::Flood))]).await;
        assert!(bench.barred("192.0.2.7"), "{name}");
    }
}

#[tokio::test]
async fn an_unban_while_the_dns_is_asked_goes_before_the_ban() {
    let (bench, server) = Bench::asking(&[("7.2.0.192.in-addr.arpa.", Say::Nothing)]);
    let scope = "192.0.2.7".parse().unwrap();
    let lifting = async {
        while server.asked() == 0 {
            tokio::task::yield_now().await;
        }
        bench.bans.unban(scope, Timestamp::now()).await;
    };
    let judging = bench.see(blocking(), true, vec![Seen::Breach(breach(1, Limit::Flood))]);
    futures_util::future::join(judging, lifting).await;
    assert!(!bench.barred("192.0.2.7"));
    assert!(bench.counted("portcullis_bans_refused_total{reason=\"lifted\"} 1"));
}

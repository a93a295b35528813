//! Tools are stopped while they run; visitors are not.

use crate::harness::client::{get, get_with, post};
use crate::harness::{Origin, Waf, wait_for};

const BLOCKING: &str = "[session]\nlogin = [\"POST /status/401\"]\n[behaviour]\nblock_ip = true\n";

/// Requests that a tool got through to the site before it was barred, of so many it would send.
fn got_through(sections: &str, requests: usize, make: impl Fn(usize) -> Vec<u8>) -> usize {
    let origin = Origin::start();
    let waf = Waf::with(&origin, sections);
    for number in 0..requests {
        let refused_at_all = waf.send(make(number)).status == 403;
        if refused_at_all && waf.send(get("/")).status == 403 {
            break;
        }
    }
    wait_for("the ban", || (waf.send(get("/")).status == 403).then_some(()));
    let ban = waf.api("GET", "/api/v1/bans", None).json().to_string();
    assert!(ban.contains("too many"), "{ban}");
    origin.seen().len()
}

#[test]
fn a_scanner_of_paths_is_stopped_within_thirty_requests() {
    let through = got_through(BLOCKING, 200, |number| get(&format!("/status/404/{number}")).into_bytes());
    assert!(through <= 30, "{through}");
}

#[test]
fn guessing_passwords_is_stopped_within_thirty_requests() {
    let through = got_through(BLOCKING, 200, |number| {
        post("/status/401", "application/x-www-form-urlencoded", format!("user=anna&password={number}").as_bytes())
    });
    assert!(through <= 30, "{through}");
}

#[test]
fn attack_after_attack_is_stopped_though_none_gets_through() {
    let through = got_through(BLOCKING, 40, |number| {
        get(&format!("/product?id={number}%27%20UNION%20SELECT%20a{number}%2Cb%20FROM%20users--%20-")).into_bytes()
    });
    assert!(through <= 12, "only the question whether the ban is there: {through}");
}

#[test]
fn a_flood_is_stopped_and_a_dry_run_only_counts_it() {
    let through = got_through(BLOCKING, 2_000, |_| get("/").into_bytes());
    assert!(through <= 60, "{through}");
    let origin = Origin::start();
    // So low that a slow machine passes it, too.
    let waf = Waf::with(&origin, "[behaviour]\nblock_ip = true\ndry_run = true\nflood_rate = 2.0\n");
    let would = || {
        let metrics = waf.metrics();
        let line = metrics.lines().find(|line| line.starts_with("portcullis_behaviour_would_ban_total")).unwrap();
        line.rsplit(' ').next().unwrap().parse::<u64>().unwrap()
    };
    wait_for("a ban that would have been", || {
        for _ in 0..10 {
            assert_eq!(waf.send(get("/")).status, 200);
        }
        (would() > 0).then_some(())
    });
    assert_eq!(waf.send(get("/")).status, 200);
    assert_eq!(waf.api("GET", "/api/v1/bans", None).json()["total"], 0);
}

#[test]
fn a_page_with_many_files_and_calls_is_no_flood() {
    let origin = Origin::start();
    let waf = Waf::with(&origin, BLOCKING);
    for _reload in 0..3 {
        assert_eq!(waf.send(get_with("/", "Sec-Fetch-Dest: document\r\n")).status, 200);
        for file in 0..60 {
            assert_eq!(waf.send(get(&format!("/asset-{file}.png"))).status, 200);
        }
        for call in 0..10 {
            assert_eq!(waf.send(get_with(&format!("/call/{call}"), "Sec-Fetch-Dest: empty\r\n")).status, 200);
        }
    }
    assert_eq!(waf.send(get("/")).status, 200);
    assert_eq!(waf.api("GET", "/api/v1/bans", None).json()["total"], 0);
}

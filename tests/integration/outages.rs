//! A store that is away: no answer waits, no record is lost, none is doubled.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use crate::harness::client::get;
use crate::harness::mongod::Mongod;
use crate::harness::{Origin, Waf, wait_for};

fn sections(mongod: &Mongod) -> String {
    format!(
        "[session]\ngap = \"1s\"\n[storage]\nkind = \"mongodb\"\nuri = \"{}\"\ndatabase = \"outage\"\n\
         connect_timeout = \"1s\"\non_unreachable = \"start\"\n",
        mongod.uri()
    )
}

/// The value of one line of `/metrics`.
fn metric(waf: &Waf, line: &str) -> u64 {
    let text = waf.metrics();
    let found = text.lines().find_map(|candidate| candidate.strip_prefix(line)?.trim().parse().ok());
    found.unwrap_or_else(|| panic!("no {line} in {text}"))
}

/// Sends so many requests and gives the ids on their answers' heads.
fn traffic(waf: &Waf, path: &str, count: usize) {
    let start = Instant::now();
    for _ in 0..count {
        assert_eq!(waf.send(get(path)).status, 200);
    }
    assert!(start.elapsed() < Duration::from_secs(20), "{:?} for {count} requests", start.elapsed());
}

/// Ids of the stored requests of this path, and how many documents there are.
fn stored(waf: &Waf, path: &str) -> (HashSet<String>, usize) {
    let page = waf.api("GET", "/api/v1/requests?limit=1000", None).json();
    let of_path = page["requests"].as_array().into_iter().flatten().filter(|request| request["url"] == path);
    let ids: Vec<String> = of_path.map(|request| request["id"].as_str().unwrap().to_owned()).collect();
    (ids.iter().cloned().collect(), ids.len())
}

fn expect_each_once(waf: &Waf, path: &str, count: usize) {
    wait_for(&format!("{count} of {path}"), || (stored(waf, path).1 >= count).then_some(()));
    let (ids, documents) = stored(waf, path);
    assert_eq!((ids.len(), documents), (count, count), "each once");
}

/// The first traffic of a filter, stored, and the filter told so.
fn before(waf: &Waf, count: usize) {
    traffic(waf, "/before", count);
    expect_each_once(waf, "/before", count);
    // Documents are seen a moment before the store has answered; until then the filter would send them again.
    let written = u64::try_from(count).unwrap();
    wait_for("the store's word", || (metric(waf, "portcullis_activity_written_total") == written).then_some(()));
}

const SPOOLED: &str = "portcullis_spool_records{spool=\"activity\"}";

#[test]
fn every_record_outlives_a_killed_store_and_a_killed_filter() {
    let origin = Origin::start();
    let mut mongod = Mongod::start().unwrap();
    let waf = Waf::with(&origin, &sections(&mongod));
    before(&waf, 20);
    mongod.kill();
    traffic(&waf, "/during", 120);
    wait_for("the records to be on disk", || (metric(&waf, SPOOLED) == 120).then_some(()));
    assert_eq!(metric(&waf, "portcullis_activity_queued"), 0, "none waits in memory");
    let sessions = "portcullis_spool_records{spool=\"assessments\"}";
    wait_for("the visits to be judged and on disk", || (metric(&waf, sessions) > 0).then_some(()));

    let folder = waf.kill();
    let waf = Waf::spawn(&origin.address.to_string(), &sections(&mongod), folder);
    wait_for("the filter to listen", || std::net::TcpStream::connect(waf.proxy).ok());
    wait_for("the spool to be taken up", || (metric(&waf, SPOOLED) == 120).then_some(()));
    traffic(&waf, "/after", 10);
    mongod.restart().unwrap();
    wait_for("readiness", || (waf.readiness().status == 200).then_some(()));
    for (path, count) in [("/before", 20), ("/during", 120), ("/after", 10)] {
        expect_each_once(&waf, path, count);
    }
    wait_for("an empty spool", || (metric(&waf, SPOOLED) == 0 && metric(&waf, sessions) == 0).then_some(()));
    assert_eq!(metric(&waf, "portcullis_activity_dropped_total"), 0);
    let judged = waf.api("GET", "/api/v1/sessions?limit=100", None).json().to_string();
    assert!(judged.contains("Normal") || judged.contains("Abnormal"), "{judged}");
}

#[test]
fn a_store_that_hangs_delays_no_answer_and_gets_every_record_once() {
    let origin = Origin::start();
    let mongod = Mongod::start().unwrap();
    let waf = Waf::with(&origin, &sections(&mongod));
    before(&waf, 5);
    mongod.pause();
    traffic(&waf, "/during", 100);
    wait_for("the records to be on disk", || (metric(&waf, SPOOLED) == 100).then_some(()));
    assert_eq!(metric(&waf, "portcullis_activity_queued"), 0, "none waits in memory");
    mongod.resume();
    expect_each_once(&waf, "/during", 100);
    wait_for("an empty spool", || (metric(&waf, SPOOLED) == 0).then_some(()));
}

#[test]
fn a_full_disk_delays_no_answer_is_named_and_loses_nothing_that_fits_into_memory() {
    let origin = Origin::start();
    let waf = Waf::on_full_disk(&origin, "", 1 << 10);
    // The store, its journal and each segment of the spool may have 1 MiB; this is 6, and costs no inspection.
    let path = format!("/during?q={}", "a".repeat(60_000));
    traffic(&waf, &path, 100);
    wait_for("the disk to be full", || (waf.readiness().status == 503).then_some(()));
    let log = waf.log();
    assert!(log.contains("the activity store failed"), "{log}");
    assert_eq!(metric(&waf, "portcullis_activity_dropped_total"), 0);
    traffic(&waf, "/meanwhile", 20);
    waf.make_room();
    wait_for("readiness", || (waf.readiness().status == 200).then_some(()));
    expect_each_once(&waf, &path, 100);
    expect_each_once(&waf, "/meanwhile", 20);
    wait_for("an empty spool", || (metric(&waf, SPOOLED) == 0).then_some(()));
    assert_eq!(metric(&waf, "portcullis_activity_dropped_total"), 0);
    assert_eq!(waf.sql("PRAGMA integrity_check"), [["ok"]]);
}

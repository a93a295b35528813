use serde_json::json;

use crate::harness::client::get;
use crate::harness::mongod::Mongod;
use crate::harness::{Origin, Waf, wait_for};

#[test]
fn a_store_that_goes_away_delays_no_answer_and_gets_every_record_when_it_is_back() {
    let origin = Origin::start();
    let mut mongod = Mongod::start().unwrap();
    let sections = format!(
        "[session]\ngap = \"1s\"\n[storage]\nkind = \"mongodb\"\nuri = \"{}\"\ndatabase = \"away\"\nconnect_timeout = \"1s\"\n",
        mongod.uri()
    );
    let waf = Waf::with(&origin, &sections);
    for _ in 0..20 {
        assert_eq!(waf.send(get("/before")).status, 200);
    }
    mongod.kill();
    let start = std::time::Instant::now();
    for _ in 0..50 {
        assert_eq!(waf.send(get("/during")).status, 200);
    }
    assert!(start.elapsed() < std::time::Duration::from_secs(5), "{:?} for 50 requests", start.elapsed());
    wait_for("readiness to say so", || (waf.readiness().status == 503).then_some(()));
    mongod.restart().unwrap();
    wait_for("readiness to come back", || (waf.readiness().status == 200).then_some(()));
    for _ in 0..10 {
        assert_eq!(waf.send(get("/after")).status, 200);
    }
    wait_for("every record", || {
        let page = waf.api("GET", "/api/v1/requests?limit=1000", None).json().to_string();
        let count = |path: &str| page.matches(&format!("\"{path}\"")).count();
        (count("/before") == 20 && count("/during") == 50 && count("/after") == 10).then_some(())
    });
}

#[test]
fn bans_are_taken_up_when_a_store_that_was_away_at_the_start_is_back() {
    let origin = Origin::start();
    let mut mongod = Mongod::start().unwrap();
    let sections = format!(
        "[storage]\nkind = \"mongodb\"\nuri = \"{}\"\non_unreachable = \"start\"\nconnect_timeout = \"500ms\"\n",
        mongod.uri()
    );
    let before = Waf::with(&origin, &sections);
    assert_eq!(before.api("POST", "/api/v1/bans", Some(json!({"address": "127.0.0.1"}))).status, 201);
    let folder = before.stop();
    mongod.kill();
    let after = Waf::spawn(&origin.address.to_string(), &sections, folder);
    wait_for("the proxy to listen", || std::net::TcpStream::connect(after.proxy).ok());
    assert_eq!(after.send(get("/")).status, 200);
    mongod.restart().unwrap();
    wait_for("the ban to be taken up", || (after.send(get("/")).status == 403).then_some(()));
}

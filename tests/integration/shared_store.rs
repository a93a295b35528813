//! Several filters on one MongoDB.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::harness::client::get;
use crate::harness::mongod::Mongod;
use crate::harness::{Origin, Waf, wait_for};

/// How long a ban or unban may take to reach every filter.
const EVERYWHERE: Duration = Duration::from_secs(1);

fn sections(uri: &str) -> String {
    format!(
        "[session]\ngap = \"1s\"\n[behaviour]\nblock_ip = true\nban_duration = \"1h\"\n[banlist]\nunban_grace = \"0s\"\n\
         [storage]\nkind = \"mongodb\"\nuri = \"{uri}\"\ndatabase = \"shared\"\n"
    )
}

/// Waits until every one of these filters answers with this status; how long it took.
fn everywhere(filters: &[&Waf], status: u16) -> Duration {
    let start = Instant::now();
    for waf in filters {
        wait_for(&format!("status {status}"), || (waf.send(get("/")).status == status).then_some(()));
    }
    start.elapsed()
}

fn bans_reach_every_filter(uri: &str) {
    let origin = Origin::start();
    let (one, two) = (Waf::with(&origin, &sections(uri)), Waf::with(&origin, &sections(uri)));
    everywhere(&[&one, &two], 200);
    for round in 0..3 {
        let body = json!({ "address": "127.0.0.1", "duration": "1h", "reason": "test" });
        assert_eq!(one.api("POST", "/api/v1/bans", Some(body)).status, 201);
        let took = everywhere(&[&one, &two], 403);
        assert!(took < EVERYWHERE, "round {round}: the ban took {took:?}");
        assert_eq!(two.api("DELETE", "/api/v1/bans/127.0.0.1", None).status, 204, "lifted where it was not made");
        let took = everywhere(&[&two, &one], 200);
        assert!(took < EVERYWHERE, "round {round}: the unban took {took:?}");
    }
    let late = Waf::with(&origin, &sections(uri));
    assert_eq!(late.send(get("/")).status, 200, "a lifted ban stays lifted for who comes later");
}

#[test]
fn bans_reach_every_filter_by_polling() {
    let mongod = Mongod::start().unwrap();
    bans_reach_every_filter(&mongod.uri());
}

#[test]
fn bans_reach_every_filter_by_change_streams() {
    let mongod = Mongod::start_replica_set().unwrap();
    bans_reach_every_filter(&mongod.replica_uri());
}

#[test]
fn three_abnormal_sessions_on_three_filters_ban() {
    let (origin, mongod) = (Origin::start(), Mongod::start().unwrap());
    let filters = [(); 3].map(|()| Waf::with(&origin, &sections(&mongod.uri())));
    let bans = |waf: &Waf| waf.api("GET", "/api/v1/bans", None).json()["bans"].as_array().unwrap().len();
    for (number, waf) in filters.iter().enumerate() {
        assert_eq!(filters.iter().map(bans).sum::<usize>(), 0, "{number} abnormal sessions ban nobody");
        assert_eq!(waf.send(get("/item?id=1'%20UNION%20SELECT%20name,password%20FROM%20users--%20-")).status, 403);
        let judged = "portcullis_assessments_total{behavior=\"Abnormal\"} 1";
        wait_for("the session to be judged", || waf.metrics().contains(judged).then_some(()));
    }
    for waf in &filters {
        wait_for("the ban", || (bans(waf) == 1).then_some(()));
        assert_eq!(waf.send(get("/")).status, 403);
    }
}

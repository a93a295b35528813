//! Several filters on one MongoDB.

use std::time::{Duration, Instant};

use mongodb::bson::{Document, doc};
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

/// The filters' lease on a claimed session, and how often they look for abandoned ones, with room for a busy machine.
const TAKEN_OVER_WITHIN: Duration = Duration::from_secs(30 + 5 + 30);

/// The database as the test itself sees it.
struct Direct {
    runtime: tokio::runtime::Runtime,
    client: mongodb::Client,
}

impl Direct {
    fn to(mongod: &Mongod) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let client = runtime.block_on(mongodb::Client::with_uri_str(mongod.uri())).unwrap();
        Self { runtime, client }
    }

    fn documents(&self, collection: &str) -> Vec<Document> {
        self.runtime.block_on(async {
            let collection = self.client.database("shared").collection::<Document>(collection);
            let mut cursor = collection.find(doc! {}).await.unwrap();
            let mut found = Vec::new();
            while cursor.advance().await.unwrap() {
                found.push(cursor.deserialize_current().unwrap());
            }
            found
        })
    }

    /// From now on, or no longer, the server keeps its answers to claims back; the claims themselves are made.
    fn hold_answers_to_claims(&self, hold: bool) {
        let data = doc! { "ns": "shared.closedsessions", "commands": ["update"] };
        let mode = if hold { "alwaysOn" } else { "off" };
        let command = doc! { "configureFailPoint": "waitAfterCommandFinishesExecution", "mode": mode, "data": data };
        let run = async { self.client.database("admin").run_command(command).await };
        self.runtime.block_on(run).unwrap();
    }
}

#[test]
fn a_filter_killed_between_claim_and_score_leaves_the_session_to_be_scored_once() {
    killed_between_claim_and_score("milestones = []\n");
}

#[test]
fn a_filter_killed_so_after_an_early_verdict_leaves_no_second_strike() {
    killed_between_claim_and_score("");
}

/// `session`: more keys of `[session]`; without milestones nothing is judged before it closes.
fn killed_between_claim_and_score(session: &str) {
    let early = session.is_empty();
    let mongod = Mongod::start_with(&["--setParameter", "enableTestCommands=1"]).unwrap();
    let (origin, direct) = (Origin::start(), Direct::to(&mongod));
    let sections = sections(&mongod.uri()).replace("gap =", &format!("{session}gap ="));
    let (one, two) = (Waf::with(&origin, &sections), Waf::with(&origin, &sections));
    direct.hold_answers_to_claims(true);
    assert_eq!(one.send(get("/item?id=1'%20UNION%20SELECT%20name,password%20FROM%20users--%20-")).status, 403);
    // Nobody scores before its claim is answered; without an answer a filter goes on by itself after a second.
    let claimed = wait_for("the claim", || direct.documents("closedsessions").pop());
    let folder = one.kill();
    direct.hold_answers_to_claims(false);
    let session = text(&claimed, "_id");
    assert_eq!(direct.documents("sesfeatures").len(), usize::from(early), "it was killed before it scored");
    let spooled = walk(&folder.path().join("data"))
        .into_iter()
        .filter(|path| std::fs::read(path).unwrap().windows(session.len()).any(|found| found == session.as_bytes()));
    assert_eq!(spooled.filter(|path| path.to_string_lossy().contains("assessments")).count(), 0, "nor left a verdict");

    let start = Instant::now();
    while direct.documents("closedsessions").pop().is_some() {
        assert!(start.elapsed() < TAKEN_OVER_WITHIN, "nobody took the session over");
        std::thread::sleep(Duration::from_millis(100));
    }
    let judged = direct.documents("sesfeatures");
    assert_eq!(judged.len(), 1, "{judged:?}");
    assert_eq!(text(&judged[0], "sessionID"), session);
    assert_eq!(text(&judged[0], "behavior"), "Abnormal");
    let struck = direct.documents("strikes");
    assert_eq!(struck.len(), 1, "{struck:?}");
    assert_eq!(struck[0].get_array("strikes").unwrap().len(), 1, "{struck:?}");
    assert!(two.metrics().contains("portcullis_assessments_total{behavior=\"Abnormal\"} 1"));
}

fn text<'d>(document: &'d Document, field: &str) -> &'d str {
    document.get_str(field).unwrap()
}

/// Every file below a folder.
fn walk(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { walk(&path) } else { vec![path] }).collect()
}

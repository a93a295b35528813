use crate::harness::client::get;
use crate::harness::{Origin, Waf, waf};

#[test]
fn an_orderly_stop_stores_every_record_and_judges_every_session() {
    let origin = Origin::start();
    let waf = Waf::with(&origin, "[activity]\nflush_interval = \"10s\"\n[session]\ngap = \"1h\"\n");
    // Fewer than a flood has.
    for _ in 0..12 {
        assert_eq!(waf.send(get("/")).status, 200);
    }
    let folder = waf.stop();
    let database = folder.path().join("data/portcullis.db");
    assert_eq!(waf::sql(&database, "SELECT COUNT(*) FROM httplogs")[0], ["12"]);
    assert_eq!(waf::sql(&database, "SELECT numOfReqs, behavior FROM sesfeatures")[0], ["12", "Normal"]);
}

#[test]
fn a_taken_port_is_said_in_words() {
    let origin = Origin::start();
    let first = Waf::start(&origin);
    let folder = tempfile::tempdir().unwrap();
    let output = waf::run(&[
        "run",
        "--listen",
        &first.proxy.to_string(),
        "--admin-listen",
        "127.0.0.1:0",
        "--upstream",
        &origin.address.to_string(),
        "--data-dir",
        folder.path().to_str().unwrap(),
    ]);
    assert_eq!(output.status.code(), Some(1));
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(stderr.contains("cannot listen on") && stderr.contains(&first.proxy.to_string()), "{stderr}");
}

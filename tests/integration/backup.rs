//! `portcullis backup` beside a running filter.

use crate::harness::client::get;
use crate::harness::waf::{run, sql};
use crate::harness::{Origin, Waf};

#[test]
fn a_copy_is_taken_while_the_filter_runs() {
    let origin = Origin::start();
    let waf = Waf::start(&origin);
    for _ in 0..5 {
        assert_eq!(waf.send(get("/")).status, 200);
    }
    waf.wait_for_count("SELECT count(*) FROM httplogs", 5);
    let folder = tempfile::tempdir().unwrap();
    let (config, out) = (folder.path().join("p.toml"), folder.path().join("copy.db"));
    let text = format!("[proxy]\nupstream = \"127.0.0.1:1\"\n[storage]\npath = {:?}\n", waf.database());
    std::fs::write(&config, text).unwrap();
    let arguments = ["backup", "--config", config.to_str().unwrap(), "--out", out.to_str().unwrap()];
    let output = run(&arguments);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(sql(&out, "SELECT count(*) FROM httplogs"), [["5"]]);
    assert_eq!(waf.send(get("/")).status, 200);
    let again = run(&arguments);
    assert_eq!(again.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&again.stderr).contains("there already"));
}

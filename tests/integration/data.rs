//! `portcullis import` and `export`: the real binary on both stores.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use crate::harness::client::get;
use crate::harness::mongod::Mongod;
use crate::harness::{Origin, Waf, waf};

/// A line of an access log.
fn line(client: u32, seconds: u32, method: &str, path: &str, status: u16) -> String {
    let [_, a, b, c] = client.to_be_bytes();
    let (hour, minute, second) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    format!(
        "10.{a}.{b}.{c} - - [20/Nov/2026:{hour:02}:{minute:02}:{second:02} +0000] \"{method} {path} HTTP/1.1\" {status} 12 \"-\" \"agent\"\n"
    )
}

/// A folder with a configuration of a store, and a command on it.
struct Place {
    folder: tempfile::TempDir,
    mongo: Option<String>,
}

impl Place {
    fn new(mongo: Option<String>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let models = Path::new(env!("CARGO_MANIFEST_DIR")).join("models");
        let config = format!(
            "data_dir = {:?}\n[activity]\nretention = \"0s\"\n[model]\ndir = {models:?}\n",
            folder.path().join("data")
        );
        fs::write(folder.path().join("c.toml"), config).unwrap();
        Self { folder, mongo }
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.folder.path().join(name), text).unwrap();
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.folder.path().join(name)).unwrap()
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = waf::command(&arguments[..1]);
        command.args(["--config", "c.toml"]).args(&arguments[1..]).current_dir(self.folder.path());
        command.envs(self.mongo.iter().map(|uri| ("MONGO_URI", uri)));
        command
    }

    fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    fn stdout(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert!(output.status.success(), "{arguments:?} {output:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    fn fault(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert_eq!(output.status.code(), Some(64), "{arguments:?} {output:?}");
        String::from_utf8(output.stderr).unwrap()
    }
}

fn lines(text: &str) -> BTreeSet<&str> {
    text.lines().collect()
}

/// Twelve requests of two clients: five refused logins of the one, two visits of the other.
fn log() -> String {
    let logins = (0..5).map(|at| line(1, at, "POST", "/login", 401));
    let visits = (0..6).map(|at| line(2, at * 2, "GET", "/s?q=tea%20pot&token=hush", 200));
    let later = [line(2, 600, "GET", "/later", 200)];
    logins.chain(visits).chain(later).collect()
}

fn imports_and_exports(mongo: impl Fn() -> Option<String>) {
    let place = Place::new(mongo());
    place.write("access.log", &format!("{}broken\n", log()));
    let report = place.stdout(&["import", "access.log", "--judge"]);
    let shown: Vec<&str> = report.lines().collect();
    assert_eq!(shown[..3], ["read      13", "requests  12", "visits    3 (0 were there before)"], "{report}");
    assert!(shown[3] == "refused   1" && shown[4].starts_with("  access.log: line 13: "), "{report}");
    let again = place.stdout(&["import", "access.log"]);
    assert!(again.contains("visits    0 (3 were there before)"), "{again}");

    let requests = place.stdout(&["export", "requests"]);
    assert_eq!(lines(&requests).len(), 12);
    assert!(!requests.contains("hush") && requests.contains("token=[redacted]"));
    let features = place.stdout(&["export", "features"]);
    assert!(features.starts_with("_id,sessionID,active,behavior,clientIP,endTimestamp,numOfLoginAttempts,numOfPostReqs,numOfReqs,sesCodes4xx,sesDuration\n"));
    assert_eq!(features.lines().count(), 4);
    assert_eq!(
        features.lines().filter(|line| line.contains("Abnormal,10.0.0.1,2026-11-20 00:00:04.000,5,5,5,5,4000")).count(),
        1,
        "{features}"
    );
    let count = |arguments: &[&str]| place.stdout(&[&["export"], arguments].concat()).lines().count();
    assert_eq!(count(&["requests", "--client", "10.0.0.2"]), 7);
    assert_eq!(count(&["requests", "--client", "10.0.0.0/31"]), 5);
    assert_eq!(count(&["requests", "--since", "2026-11-20T00:05:00Z"]), 1);
    assert_eq!(count(&["requests", "--until", "2026-11-20T01:00:02+01:00", "--client", "10.0.0.1"]), 2);
    assert_eq!(count(&["sessions", "--label", "Abnormal"]), 1);
    let strings = place.stdout(&["export", "strings", "--out", "s.csv"]);
    assert!(strings.is_empty() && !place.folder.path().join("s.csv.part").exists());
    let csv = place.read("s.csv");
    assert_eq!(
        csv,
        format!(
            "\"payload\",\"length\",\"attack_type\",\"label\"\r\n{}",
            "\"tea pot\",\"7\",\"norm\",\"norm\"\r\n".repeat(6)
        )
    );

    // What one store gives, another takes, and gives the same again.
    let other = Place::new(mongo());
    other.write("sessions.json", &place.stdout(&["export", "sessions"]));
    other.write("requests.json", &requests);
    other.stdout(&["import", "sessions.json", "requests.json"]);
    assert_eq!(lines(&other.stdout(&["export", "requests"])), lines(&requests));
    assert_eq!(lines(&other.stdout(&["export", "features"])), lines(&features));
}

#[test]
fn a_log_goes_through_the_embedded_store_and_out_again() {
    imports_and_exports(|| None);
}

#[test]
fn a_log_goes_through_mongodb_and_out_again() {
    let server = Mongod::start().unwrap();
    let number = std::cell::Cell::new(0);
    imports_and_exports(|| {
        number.set(number.get() + 1);
        Some(server.uri().replace("/?", &format!("/data{}?", number.get())))
    });
}

#[test]
fn the_running_filter_shows_what_is_imported_and_export_reads_beside_it() {
    let origin = Origin::start();
    let waf = Waf::with(&origin, "[activity]\nretention = \"0s\"\n");
    assert_eq!(waf.send(get("/found?q=kettle")).status, 200);
    waf.wait_for_count("SELECT count(*) FROM httplogs", 1);
    let place = Place::new(None);
    place.write("access.log", &log());
    let data = waf.database().parent().unwrap().to_str().unwrap().to_owned();
    place.stdout(&["import", "--data-dir", &data, "access.log"]);
    waf.wait_for_count("SELECT count(*) FROM sesfeatures WHERE behavior = 'newSession' AND active = 0", 3);
    for (client, behaviour) in [("10.0.0.1", "Abnormal"), ("10.0.0.2", "Normal")] {
        let visit =
            waf.sql(&format!("SELECT sessionID FROM sesfeatures WHERE clientIP = '{client}'")).remove(0).remove(0);
        let answer = waf.api("POST", "/api", Some(serde_json::json!({"sesID": visit})));
        assert_eq!((answer.status, answer.json()["behavior"].as_str()), (200, Some(behaviour)));
    }
    assert_eq!(waf.sql("SELECT count(*) FROM sesfeatures WHERE behavior = 'Abnormal' AND active = 1")[0][0], "0");
    let strings = place.stdout(&["export", "strings", "--data-dir", &data, "--since", "1h"]);
    assert!(strings.contains("\"kettle\",\"6\",\"norm\",\"norm\""), "{strings}");
}

#[test]
fn wrong_arguments_say_what_is_expected() {
    let place = Place::new(None);
    place.write("x.log", "no log at all\n");
    for (arguments, part) in [
        (&["export", "requests"][..], "there is no store"),
        (&["export", "everything"], "features"),
        (&["export", "requests", "--since", "soon"], "--since: expected a time such as"),
        (&["export", "requests", "--client", "me"], "--client: expected an address"),
        (&["export", "requests", "--label", "bad"], "--label: expected norm, anom"),
        (&["export", "features", "--label", "bad"], "newSession, Normal, Abnormal"),
        (&["import", "nowhere.log"], "nowhere.log: cannot be read"),
        (&["import", "x.log", "--field", "adress=a"], "address, time"),
        (&["import", "x.log", "--bodies", "some"], "activity.bodies"),
        (&["import", "x.log"], "nothing could be read"),
    ] {
        let fault = place.fault(arguments);
        assert!(fault.contains(part), "{arguments:?}: {part} in\n{fault}");
    }
}

/// The most memory a command held, in KiB, by the kernel's own count.
fn peak_kib(place: &Place, arguments: &[&str]) -> u64 {
    let plain = place.command(arguments);
    let mut command = Command::new("/bin/bash");
    // The shell is replaced by the command, whose peak stays in the status file until it is waited for.
    command.arg("-c").arg("\"$@\" >/dev/null 2>&1 & child=$!; peak=0; while read -r _ kib _ < <(grep VmHWM /proc/$child/status 2>/dev/null); do peak=$kib; sleep 0.02; done; wait $child || exit 1; echo $peak");
    command.arg("peak").arg(plain.get_program()).args(plain.get_args()).current_dir(place.folder.path());
    let output = command.output().unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap().trim().parse().unwrap()
}

#[test]
fn memory_does_not_grow_with_what_is_read_or_written() {
    let of = |rows: u32| {
        let place = Place::new(None);
        let filler = "x".repeat(500);
        let log: String =
            (0..rows).map(|at| line(at % 100, at / 4 % 86_400, "GET", &format!("/{at}?q={filler}"), 200)).collect();
        place.write("big.log", &log);
        let texts = (0..rows).map(|at| format!("{{\"text\":\"tea {} {filler}\",\"label\":\"norm\"}}\n", at % 50));
        place.write("big.jsonl", &texts.collect::<String>());
        [&["import", "big.log"][..], &["export", "requests", "--out", "o.json"], &["eval", "big.jsonl"]]
            .map(|command| peak_kib(&place, command))
    };
    let (small, large) = (of(4_000), of(40_000));
    // Ten times the input is 24 MB more of text: half of that would already show a list that grows. What may grow is
    // bounded, and filled by then only: the identities that import remembers (100,000), the store's caches.
    for (small, large) in small.into_iter().zip(large) {
        assert!(large < small + 12 * 1_024, "{small} KiB became {large} KiB");
    }
    println!("peaks of import, export and eval in KiB: {small:?}, of ten times the rows {large:?}");
}

/// Bytes that are not UTF-8, as nginx writes them, go in, out and in again.
fn odd_bytes_go_in_and_out(mongo: impl Fn() -> Option<String>) {
    let place = Place::new(mongo());
    place.write("odd.log", &line(3, 0, "GET", r"/caf\xE9?q=\x5C", 200));
    place.stdout(&["import", "odd.log"]);
    let exported = place.stdout(&["export", "requests"]);
    assert!(
        exported.contains(r#""url":"/caf\\xe9?q=\\\\""#) && exported.contains(r#""escaped":["url"]"#),
        "{exported}"
    );
    let other = Place::new(None);
    other.write("odd.json", &exported);
    other.stdout(&["import", "odd.json"]);
    assert_eq!(other.stdout(&["export", "requests"]), exported);
}

#[test]
fn odd_bytes_go_in_and_out_of_the_embedded_store() {
    odd_bytes_go_in_and_out(|| None);
}

#[test]
fn odd_bytes_go_in_and_out_of_mongodb() {
    let mongod = Mongod::start().unwrap();
    odd_bytes_go_in_and_out(|| Some(mongod.uri()));
}

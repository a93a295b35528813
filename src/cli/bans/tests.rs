use clap::Parser;

use super::*;
use crate::admin::tests::{Running, TOKEN, start};
use crate::banlist::{Ban, BanOrigin};
use crate::time::Timestamp;

#[derive(Parser)]
struct Line {
    #[command(flatten)]
    args: Args,
}

fn on(api: &Running, words: &[&str]) -> Result<String, Failure> {
    at(&api.url(), TOKEN, words)
}

fn at(url: &str, token: &str, words: &[&str]) -> Result<String, Failure> {
    let args = Line::try_parse_from([&["bans"], words].concat()).unwrap().args;
    let api = Api::new(url, &AdminToken::try_from(token.to_owned()).unwrap())?;
    let mut out = Vec::new();
    carry_out(&api, &args.action, args.json, &mut out)?;
    Ok(String::from_utf8(out).unwrap())
}

/// The message, and whether the operator's own words are at fault.
fn failure(result: Result<String, Failure>) -> (bool, String) {
    match result {
        Err(Failure::Usage(error)) => (true, format!("{error:#}")),
        Err(Failure::Other(error)) => (false, format!("{error:#}")),
        Ok(out) => panic!("succeeded: {out}"),
    }
}

#[test]
fn adds_lists_and_removes() {
    let api = start();
    assert_eq!(on(&api, &["list"]).unwrap(), "no bans\n");
    let out = on(&api, &["add", "192.0.2.7", "--reason", "scanning"]).unwrap();
    assert_eq!(out, "192.0.2.7 is banned until someone lifts it\n");
    let out = on(&api, &["add", "2001:db8::1/32", "--duration", "1h 30m"]).unwrap();
    assert!(out.starts_with("2001:db8::/32 is banned until 2"), "{out}");

    let table = on(&api, &["list"]).unwrap();
    let lines: Vec<_> = table.lines().collect();
    assert!(lines[0].starts_with("ADDRESS        ORIGIN    SINCE "), "{table}");
    assert_eq!(lines.len(), 3);
    assert!(lines.iter().any(|line| line.starts_with("192.0.2.7      operator  ") && line.ends_with("scanning")));
    let listed: Value = serde_json::from_str(&on(&api, &["list", "--json"]).unwrap()).unwrap();
    assert_eq!(listed["total"], json!(2));

    assert_eq!(on(&api, &["remove", "2001:db8::/32"]).unwrap(), "2001:db8::/32 is no longer banned\n");
    let out = on(&api, &["--json", "remove", "192.0.2.7"]).unwrap();
    assert_eq!(out, "{\"address\":\"192.0.2.7\",\"lifted\":true}\n");
    assert_eq!(on(&api, &["list"]).unwrap(), "no bans\n");
}

#[test]
fn says_what_went_wrong_and_whose_fault_it_is() {
    let api = start();
    let nothing = failure(on(&api, &["remove", "192.0.2.7"]));
    assert_eq!(nothing, (false, "there is no ban of exactly 192.0.2.7".to_owned()));
    let (usage, message) = failure(on(&api, &["add", "10.0.0.0/8"]));
    assert!(!usage && message.contains("trusted proxy"), "{message}");
    let (usage, message) = failure(on(&api, &["add", "example.org"]));
    assert!(usage && message.starts_with("example.org: expected an IP address"), "{message}");
    let (usage, message) = failure(on(&api, &["add", "192.0.2.7", "--duration", "soon"]));
    assert!(usage && message.starts_with("--duration"), "{message}");

    let (usage, message) = failure(at(&api.url(), "not-the-right-token", &["list"]));
    assert!(!usage && message.ends_with("refused the token"), "{message}");
    assert!(!message.contains("not-the-right-token"));
    let (usage, message) = failure(at("http://127.0.0.1:1", TOKEN, &["list"]));
    let expected = "cannot reach the admin API at http://127.0.0.1:1; is the filter running?";
    assert!(!usage && message.starts_with(expected), "{message}");
    for address in ["https://127.0.0.1:9901", "127.0.0.1:9901", "http://"] {
        assert!(failure(at(address, TOKEN, &["list"])).0, "{address}");
    }
}

#[test]
fn a_reason_cannot_steer_the_terminal() {
    let api = start();
    let ban = Ban {
        scope: "192.0.2.7".parse().unwrap(),
        origin: BanOrigin::Behaviour,
        reason: "\u{1b}[2Jgone\nnext".to_owned(),
        evidence: None,
        since: Timestamp::now(),
        until: None,
    };
    api.block_on(api.bans.ban(ban)).unwrap();
    let table = on(&api, &["list"]).unwrap();
    assert!(table.ends_with("\u{fffd}[2Jgone\u{fffd}next\n"), "{table}");
}

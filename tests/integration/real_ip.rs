use serde_json::json;

use crate::harness::client::get_with;
use crate::harness::{Origin, Waf};

const SPOOFS: [&str; 5] = [
    "X-Forwarded-For: 198.51.100.9\r\n",
    "X-Client-IP: 198.51.100.9\r\n",
    "CF-Connecting-IP: 198.51.100.9\r\n",
    "Forwarded: for=198.51.100.9\r\n",
    "undefined: 198.51.100.9\r\n",
];

fn ban(waf: &Waf, address: &str) {
    let response = waf.api("POST", "/api/v1/bans", Some(json!({"address": address, "reason": "test"})));
    assert_eq!(response.status, 201, "{}", response.text());
}

#[test]
fn a_spoofed_header_neither_frames_another_nor_frees_oneself() {
    let origin = Origin::start();
    let waf = Waf::start(&origin);
    ban(&waf, "198.51.100.9");
    for spoof in SPOOFS {
        assert_eq!(waf.send(get_with("/", spoof)).status, 200, "{spoof}");
    }
    ban(&waf, "127.0.0.1");
    let reached = origin.seen().len();
    for spoof in SPOOFS {
        assert_eq!(waf.send(get_with("/", spoof)).status, 403, "{spoof}");
    }
    assert_eq!(origin.seen().len(), reached);
}

#[test]
fn behind_a_trusted_proxy_the_last_untrusted_hop_is_the_client() {
    let origin = Origin::start();
    let waf = Waf::with(&origin, "[client]\ntrusted_proxies = [\"127.0.0.0/8\", \"10.0.0.0/8\"]\n");
    ban(&waf, "198.51.100.9");
    for (chain, status) in [
        ("198.51.100.9", 403),
        ("203.0.113.5, 198.51.100.9", 403),
        ("198.51.100.9, 10.1.2.3", 403),
        ("::ffff:198.51.100.9", 403),
        ("198.51.100.9, 203.0.113.5", 200),
        ("203.0.113.5", 200),
    ] {
        let response = waf.send(get_with("/", &format!("X-Forwarded-For: {chain}\r\n")));
        assert_eq!(response.status, status, "{chain}");
    }
    let last = origin.seen().last().unwrap().clone();
    assert_eq!(last.header("x-forwarded-for"), Some("203.0.113.5, 127.0.0.1"));
    assert_eq!(last.header("x-real-ip"), Some("203.0.113.5"));
    let refused = waf.api("POST", "/api/v1/bans", Some(json!({"address": "10.1.2.3"})));
    assert!((400..500).contains(&refused.status), "a trusted proxy is never banned: {}", refused.text());
}

use std::io::Read;

use serde_json::json;

use crate::harness::client::{connect, get, get_with, post};
use crate::harness::{Origin, Waf, waf, wait_for};

#[test]
fn a_banned_client_gets_a_short_page_and_the_origin_sees_nothing() {
    let origin = Origin::start();
    let waf = Waf::start(&origin);
    let ban = json!({"address": "127.0.0.1", "duration": "10m", "reason": "test"});
    assert_eq!(waf.api("POST", "/api/v1/bans", Some(ban)).status, 201);
    let response = waf.send(post("/transfer", "application/x-www-form-urlencoded", b"to=eve&amount=1"));
    assert_eq!(response.status, 403);
    assert!(response.text().contains(response.header("x-request-id").unwrap()));
    assert!(response.header("connection").unwrap().eq_ignore_ascii_case("close"));
    assert!(origin.seen().is_empty());
    waf.wait_for_count("SELECT COUNT(*) FROM httplogs WHERE statusCode = 403 AND reason = 'banned'", 1);

    assert_eq!(waf.api("DELETE", "/api/v1/bans/127.0.0.1", None).status, 204);
    assert_eq!(waf.send(get("/")).status, 200);
    assert_eq!(waf.api("DELETE", "/api/v1/bans/127.0.0.1", None).status, 404);
}

#[test]
fn a_ban_outlives_a_restart_and_a_range_bars_its_addresses() {
    let origin = Origin::start();
    let first = Waf::start(&origin);
    assert_eq!(first.api("POST", "/api/v1/bans", Some(json!({"address": "127.0.0.0/24"}))).status, 201);
    let second = Waf::in_folder(&origin, "", first.stop());
    assert_eq!(second.send(get("/")).status, 403);
    assert_eq!(second.api("DELETE", "/api/v1/bans/127.0.0.0/24", None).status, 204);
    assert_eq!(second.send(get("/")).status, 200);
    let third = Waf::in_folder(&origin, "", second.stop());
    assert_eq!(third.send(get("/")).status, 200);
}

#[test]
fn a_ban_ends_by_itself() {
    let origin = Origin::start();
    let waf = Waf::start(&origin);
    waf.api("POST", "/api/v1/bans", Some(json!({"address": "127.0.0.1", "duration": "1s"})));
    assert_eq!(waf.send(get("/")).status, 403);
    wait_for("the ban to end", || (waf.send(get("/")).status == 200).then_some(()));
}

#[test]
fn the_allowlist_goes_before_every_ban() {
    let origin = Origin::start();
    let waf = Waf::with(&origin, "[banlist]\nallowlist = [\"127.0.0.1\"]\n");
    waf.api("POST", "/api/v1/bans", Some(json!({"address": "127.0.0.0/8"})));
    assert_eq!(waf.send(get("/")).status, 200);
}

#[test]
fn dropped_at_accept_a_banned_client_gets_no_byte() {
    let origin = Origin::start();
    let waf = Waf::with(&origin, "[banlist]\nat_accept = \"drop\"\n");
    assert_eq!(waf.send(get("/")).status, 200);
    waf.api("POST", "/api/v1/bans", Some(json!({"address": "127.0.0.1"})));
    let mut stream = connect(waf.proxy);
    let mut answer = Vec::new();
    // Closed or reset, either says no.
    let _ = stream.read_to_end(&mut answer);
    assert!(answer.is_empty());
    assert_eq!(origin.seen().len(), 1);
}

#[test]
fn the_command_line_lists_adds_and_removes() {
    let origin = Origin::start();
    let waf = Waf::start(&origin);
    let admin = format!("http://{}", waf.admin);
    let bans = |arguments: &[&str]| {
        let mut all = vec!["bans"];
        all.extend(arguments);
        all.extend(["--admin", &admin]);
        let output = waf::run(&all);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    bans(&["add", "127.0.0.1", "--duration", "10m", "--reason", "by hand"]);
    assert_eq!(waf.send(get("/")).status, 403);
    let listed = bans(&["list"]);
    assert!(listed.contains("127.0.0.1") && listed.contains("by hand"), "{listed}");
    bans(&["remove", "127.0.0.1"]);
    assert_eq!(waf.send(get("/")).status, 200);
}

/// A DNS server that names every address `crawl.search.example`, and that one 192.0.2.7; where it listens.
fn resolver() -> std::net::SocketAddr {
    let socket = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    let address = socket.local_addr().unwrap();
    // Ends with the test's process.
    std::thread::spawn(move || {
        let mut packet = [0; 1_500];
        while let Ok((length, from)) = socket.recv_from(&mut packet) {
            let end = 12 + packet[12..length].iter().position(|byte| *byte == 0).unwrap() + 5;
            let kind = packet[end - 3];
            let data: &[u8] = if kind == 12 { b"\x05crawl\x06search\x07example\x00" } else { &[192, 0, 2, 7] };
            let mut reply = packet[..end].to_vec();
            reply[2..12].copy_from_slice(&[0x81, 0x80, 0, 1, 0, 1, 0, 0, 0, 0]);
            reply.extend_from_slice(&[0xc0, 12, 0, kind, 0, 1, 0, 0, 0, 60, 0, u8::try_from(data.len()).unwrap()]);
            reply.extend_from_slice(data);
            socket.send_to(&reply, from).unwrap();
        }
    });
    address
}

#[test]
fn a_search_engine_that_the_dns_confirms_is_not_banned() {
    let origin = Origin::start();
    let from = "X-Forwarded-For: 192.0.2.7\r\n";
    let attack = "/product?id=1%27%20UNION%20SELECT%20username%2C%20password%20FROM%20users--%20-";
    for (domain, spared) in [(".search.example", true), (".other.example", false)] {
        let banlist = format!(
            "[client]\ntrusted_proxies = [\"127.0.0.1\"]\n[banlist]\ncrawlers = [\"{domain}\"]\nresolver = \"{}\"\n",
            resolver()
        );
        let waf = Waf::with(&origin, &format!("{banlist}[behaviour]\nblock_ip = true\nmax_abnormal = 0\n"));
        assert_eq!(waf.send(get_with(attack, from)).status, 403, "its attacks are refused all the same");
        if spared {
            wait_for("it to be spared", || waf.metrics().contains("portcullis_behaviour_spared_total 1").then_some(()));
            assert_eq!(waf.send(get_with("/", from)).status, 200);
        } else {
            wait_for("the ban", || (waf.send(get_with("/", from)).status == 403).then_some(()));
        }
    }
}

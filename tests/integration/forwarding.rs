use std::io::{Read, Write};

use crate::harness::client::{connect, get, get_with, post, read_chunk, read_head};
use crate::harness::{Origin, Waf, wait_for};

#[test]
fn a_request_reaches_the_origin_with_its_host_its_body_and_who_asked() {
    let origin = Origin::start();
    let waf = Waf::start(&origin);
    let body = br#"{"name":"Anna","note":"two apples, please"}"#;
    let response = waf.send(post("/orders?page=2", "application/json", body));
    assert_eq!((response.status, response.text().as_str()), (200, "hello"));
    let seen = origin.only();
    assert_eq!(seen.target(), "/orders?page=2");
    assert_eq!(seen.body, body);
    assert_eq!(seen.header("host"), Some("shop.example"));
    assert_eq!(seen.header("x-forwarded-for"), Some("127.0.0.1"));
    assert_eq!(seen.header("x-forwarded-proto"), Some("http"));
    let id = seen.header("x-request-id").unwrap();
    assert_eq!(id.len(), 24);
    assert_eq!(response.header("x-request-id"), Some(id));
}

#[test]
fn the_original_goes_upstream_however_it_was_encoded() {
    let origin = Origin::start();
    let waf = Waf::start(&origin);
    for target in ["/caf%C3%A9?q=a%20b+c&d=%2541", "/a//b/./c?x=&y&=z", "/%7Euser/?a=1&a=2"] {
        assert_eq!(waf.send(get(target)).status, 200, "{target}");
        assert_eq!(origin.seen().last().unwrap().target(), target);
    }
}

#[test]
fn a_client_cannot_choose_its_request_id_or_scheme() {
    let origin = Origin::start();
    let waf = Waf::start(&origin);
    waf.send(get_with("/", "X-Request-Id: mine\r\nX-Forwarded-Proto: https\r\nForwarded: for=1.2.3.4\r\n"));
    let seen = origin.only();
    assert_ne!(seen.header("x-request-id"), Some("mine"));
    assert_eq!(seen.header("x-forwarded-proto"), Some("http"));
    assert_eq!(seen.header("forwarded"), None);
}

#[test]
fn an_event_stream_is_passed_on_as_it_comes() {
    let origin = Origin::start();
    let waf = Waf::start(&origin);
    let mut stream = connect(waf.proxy);
    stream.write_all(get("/events").as_bytes()).unwrap();
    assert!(read_head(&mut stream).starts_with("HTTP/1.1 200"));
    assert_eq!(read_chunk(&mut stream), b"data: one\n\n", "before the second event exists");
    origin.go_on();
    assert_eq!(read_chunk(&mut stream), b"data: two\n\n");
}

#[test]
fn a_websocket_upgrade_passes_bytes_both_ways() {
    let origin = Origin::start();
    let waf = Waf::start(&origin);
    let mut stream = connect(waf.proxy);
    let upgrade = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
                   Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
    stream.write_all(get_with("/socket", upgrade).as_bytes()).unwrap();
    assert!(read_head(&mut stream).starts_with("HTTP/1.1 101"));
    for message in [&b"\x81\x05hello"[..], b"\x81\x03bye"] {
        stream.write_all(message).unwrap();
        let mut echo = vec![0; message.len()];
        stream.read_exact(&mut echo).unwrap();
        assert_eq!(echo, message);
    }
}

#[test]
fn an_origin_that_is_down_is_a_502_with_a_request_id_and_is_logged() {
    let origin = Origin::start();
    let waf = Waf::spawn("127.0.0.1:1", "", tempfile::tempdir().unwrap());
    waf.wait_until_ready();
    let response = waf.send(get("/"));
    assert_eq!(response.status, 502);
    assert_eq!(response.header("x-request-id").unwrap().len(), 24);
    waf.wait_for_count("SELECT COUNT(*) FROM httplogs WHERE statusCode = 502", 1);
    assert!(origin.seen().is_empty());
}

#[test]
fn every_request_of_a_kept_connection_is_logged_once() {
    let origin = Origin::start();
    let waf = Waf::start(&origin);
    let mut stream = connect(waf.proxy);
    for number in 0..10 {
        stream.write_all(get(&format!("/page/{number}")).as_bytes()).unwrap();
        crate::harness::client::read_response(&mut stream);
    }
    wait_for("ten records", || (waf.sql("SELECT COUNT(*) FROM httplogs")[0][0] == "10").then_some(()));
    let rows = waf.sql("SELECT COUNT(DISTINCT _id), COUNT(DISTINCT sessionID), MIN(clientIP) FROM httplogs");
    assert_eq!(rows, [["10", "1", "127.0.0.1"]]);
}

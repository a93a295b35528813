use std::io::Write;

use crate::harness::client::{connect, post, post_chunked, read_response};
use crate::harness::{Origin, Waf};

const FORM: &str = "application/x-www-form-urlencoded";
const ATTACK: &[u8] = b"&id=1'+UNION+SELECT+username,+password+FROM+users--+-";

/// A form of exactly this many bytes, of ordinary words.
fn words(length: usize) -> Vec<u8> {
    let mut body = b"text=".to_vec();
    while body.len() < length {
        body.extend(b"a+walk+in+the+park+was+nice+and+");
    }
    body.truncate(length);
    body
}

fn limited(over_limit: &str) -> String {
    format!("[inspection]\nbody_limit = \"100KiB\"\nover_limit = \"{over_limit}\"\n")
}

const LIMIT: usize = 100 * 1_024;

#[test]
fn around_every_limit_bodies_arrive_whole() {
    let origin = Origin::start();
    let waf = Waf::with(&origin, &limited("refuse"));
    for length in [1, 65_535, 65_536, 65_537, LIMIT - 1, LIMIT] {
        let body = words(length);
        assert_eq!(waf.send(post("/", FORM, &body)).status, 200, "{length} announced");
        assert_eq!(origin.seen().last().unwrap().body, body, "{length} announced");
        assert_eq!(waf.send(post_chunked("/", FORM, &body, 10_000)).status, 200, "{length} chunked");
        assert_eq!(origin.seen().last().unwrap().body, body, "{length} chunked");
    }
}

#[test]
fn an_attack_is_found_in_bodies_of_every_size() {
    let origin = Origin::start();
    let waf = Waf::with(&origin, &limited("refuse"));
    for length in [100, 65_000, 70_000, LIMIT - 200] {
        let body = [&words(length), ATTACK].concat();
        assert_eq!(waf.send(post("/", FORM, &body)).status, 403, "{length} announced");
        assert_eq!(waf.send(post_chunked("/", FORM, &body, 10_000)).status, 403, "{length} chunked");
    }
    for seen in origin.seen() {
        assert!(seen.body.is_empty() && !seen.whole, "{} bytes reached the origin", seen.body.len());
    }
}

#[test]
fn past_the_limit_refuse_answers_413_and_nothing_arrives() {
    let origin = Origin::start();
    let waf = Waf::with(&origin, &limited("refuse"));
    assert_eq!(waf.send(post("/", FORM, &words(LIMIT + 1))).status, 413);
    assert!(origin.seen().is_empty());
    assert_eq!(waf.send(post_chunked("/", FORM, &words(LIMIT + 1), 10_000)).status, 413);
    assert!(origin.seen().iter().all(|seen| seen.body.is_empty()));
    assert!(waf.metrics().contains("portcullis_bodies_over_limit_total{action=\"refuse\"} 2"));
}

#[test]
fn past_the_limit_the_prefix_is_inspected_and_the_rest_goes_on() {
    let origin = Origin::start();
    let waf = Waf::with(&origin, &limited("inspect_prefix"));
    let behind = [&words(LIMIT + 10_000), ATTACK].concat();
    let before = [&words(50_000), ATTACK, b"&", &words(LIMIT)].concat();
    for send in
        [post as fn(&str, &str, &[u8]) -> Vec<u8>, |target, kind, body| post_chunked(target, kind, body, 10_000)]
    {
        assert_eq!(waf.send(send("/", FORM, &behind)).status, 200);
        assert_eq!(origin.seen().last().unwrap().body, behind);
        assert_eq!(waf.send(send("/", FORM, &before)).status, 403);
        assert!(origin.seen().last().unwrap().body.is_empty());
    }
}

#[test]
fn past_the_limit_pass_lets_everything_through() {
    let origin = Origin::start();
    let waf = Waf::with(&origin, &limited("pass"));
    let body = [&words(LIMIT), ATTACK].concat();
    for request in [post("/", FORM, &body), post_chunked("/", FORM, &body, 10_000)] {
        assert_eq!(waf.send(request).status, 200);
        assert_eq!(origin.seen().last().unwrap().body, body);
    }
}

#[test]
fn a_client_that_waits_for_100_continue_is_told_to_go_on() {
    let origin = Origin::start();
    let waf = Waf::start(&origin);
    let mut stream = connect(waf.proxy);
    let head = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\nExpect: 100-continue\r\n\r\n";
    stream.write_all(head.as_bytes()).unwrap();
    assert!(crate::harness::client::read_head(&mut stream).starts_with("HTTP/1.1 100"));
    stream.write_all(b"a=nice").unwrap();
    assert_eq!(read_response(&mut stream).status, 200);
    assert_eq!(origin.only().body, b"a=nice");
}

#[test]
fn a_body_that_does_not_come_is_a_408_and_the_origin_is_not_contacted() {
    let origin = Origin::start();
    let waf = Waf::start(&origin);
    let mut stream = connect(waf.proxy);
    stream.write_all(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 600\r\n\r\na=").unwrap();
    assert_eq!(read_response(&mut stream).status, 408);
    assert!(origin.seen().is_empty());
}

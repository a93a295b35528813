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

fn gzip(body: &[u8]) -> Vec<u8> {
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    packed.write_all(body).unwrap();
    packed.finish().unwrap()
}

fn brotli(body: &[u8]) -> Vec<u8> {
    let mut packed = Vec::new();
    brotli::BrotliCompress(&mut &*body, &mut packed, &brotli::enc::BrotliEncoderParams::default()).unwrap();
    packed
}

fn post_encoded(kind: &str, coding: &str, body: &[u8]) -> Vec<u8> {
    let head = format!(
        "POST /api HTTP/1.1\r\nHost: a\r\nContent-Type: {kind}\r\nContent-Encoding: {coding}\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    [head.as_bytes(), body].concat()
}

#[test]
fn compressed_bodies_are_unpacked_for_inspection_and_forwarded_as_sent() {
    let origin = Origin::start();
    let waf = Waf::start(&origin);
    let (attack, harmless) = ([b"a=b&", ATTACK].concat(), b"a=nice&b=day".to_vec());
    for (coding, pack) in
        [("gzip", gzip as fn(&[u8]) -> Vec<u8>), ("br", brotli), ("gzip, br", |body| brotli(&gzip(body)))]
    {
        assert_eq!(waf.send(post_encoded(FORM, coding, &pack(&attack))).status, 403, "{coding}");
        assert_eq!(waf.send(post_encoded(FORM, coding, &pack(&harmless))).status, 200, "{coding}");
        let seen = origin.seen().pop().unwrap();
        assert_eq!((seen.body.clone(), seen.header("content-encoding")), (pack(&harmless), Some(coding)));
    }
    assert_eq!(origin.seen().len(), 3, "the origin saw no attack");
    // A lie: nothing was compressed, and a server that ignores the header reads the attack.
    assert_eq!(waf.send(post_encoded(FORM, "gzip", &attack)).status, 403);
}

#[test]
fn a_body_that_unpacks_past_the_limit_is_too_large() {
    let origin = Origin::start();
    let waf = Waf::with(&origin, "[inspection]\nunpack_limit = \"1MiB\"\n");
    let bomb = gzip(&[words(2 << 20), ATTACK.to_vec()].concat());
    assert_eq!(waf.send(post_encoded(FORM, "gzip", &bomb)).status, 413);
    assert!(origin.seen().is_empty());
    assert!(waf.metrics().contains("portcullis_inspection_malformed_total{kind=\"unpacked\"} 1"));
}

#[test]
fn attacks_in_other_alphabets_and_formats_are_refused_and_the_origin_sees_nothing() {
    let origin = Origin::start();
    let waf = Waf::start(&origin);
    let utf16: Vec<u8> = r#"{"user":"x' UNION SELECT username, password FROM users-- -"}"#.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let xxe = br#"<?xml version="1.0"?><!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]><r>&x;</r>"#;
    let soap = b"<s:Envelope xmlns:s='http://x/'><s:Body><id>1' UNION SELECT username, password FROM users-- -</id></s:Body></s:Envelope>";
    let graphql = br#"{"query":"{ user(id: \"1' UNION SELECT username, password FROM users-- -\") { name } }"}"#;
    for (kind, body) in [
        ("application/json; charset=utf-16le", &utf16[..]),
        ("application/json", &utf16),
        ("text/html; charset=utf-7", b"+ADw-script+AD4-alert(document.cookie)+ADw-/script+AD4-"),
        ("application/xml", xxe),
        ("text/xml; charset=utf-8", soap),
        ("application/json", graphql),
        ("text/plain", soap),
    ] {
        assert_eq!(waf.send(post("/api", kind, body)).status, 403, "{kind}");
    }
    assert!(origin.seen().is_empty(), "{:?}", origin.seen());
    let plain = b"<s:Envelope xmlns:s='http://x/'><s:Body><name>Anna</name></s:Body></s:Envelope>";
    assert_eq!(waf.send(post("/api", "text/xml", plain)).status, 200);
    assert_eq!(origin.only().body, plain);
}

//! The site over real connections, and the line each request leaves.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use super::log::RequestLog;
use super::router;

struct Site {
    addr: SocketAddr,
    log: tempfile::NamedTempFile,
    _runtime: tokio::runtime::Runtime,
}

impl Site {
    fn start() -> Self {
        let log = tempfile::NamedTempFile::new().unwrap();
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).unwrap();
        let addr = listener.local_addr().unwrap();
        let router = router(RequestLog::append_to(log.path()).unwrap());
        runtime.spawn(async move { axum::serve(listener, router).await });
        Self { addr, log, _runtime: runtime }
    }

    fn send(&self, request: &str) -> TcpStream {
        let mut stream = TcpStream::connect(self.addr).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        stream
    }

    fn ask(&self, line: &str, headers: &str, body: &str) -> String {
        let length = body.len();
        let mut stream = self.send(&format!(
            "{line} HTTP/1.1\r\nHost: shop\r\nConnection: close\r\n{headers}Content-Length: {length}\r\n\r\n{body}"
        ));
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.log.path()).unwrap()
    }
}

#[test]
fn pages_answer_and_escape() {
    let site = Site::start();
    assert!(site.ask("GET /", "", "").contains("Things that last"));
    assert!(site.ask("GET /search?q=%3Cb%3Etea", "", "").contains("Results for “&lt;b&gt;tea”"));
    assert!(site.ask("GET /product?id=3", "", "").contains("Oak breadboard"));
    assert!(site.ask("GET /product?id=99", "", "").starts_with("HTTP/1.1 404"));
    assert!(site.ask("POST /login", "", "username=demo&password=drawbridge").starts_with("HTTP/1.1 200"));
    assert!(site.ask("POST /login", "", "username=demo&password=x").starts_with("HTTP/1.1 401"));
    assert!(site.ask("POST /comments", "", "author=A&text=%3Cscript%3E").starts_with("HTTP/1.1 303"));
    let comments = site.ask("GET /comments", "", "");
    assert!(comments.contains("<p>&lt;script&gt;</p>") && !comments.contains("<script>"));
    assert!(site.ask("POST /api/orders", "", "{\"product\":3}").contains("{\"id\":1,\"product\":3,\"quantity\":1}"));
    assert!(site.ask("POST /api/orders", "", "{\"product\":").starts_with("HTTP/1.1 400"));
    assert!(site.ask("GET /nowhere", "", "").starts_with("HTTP/1.1 404"));
    assert!(site.ask("GET /events?count=1", "", "").contains("event: stock"));
}

#[test]
fn echo_tells_what_arrived() {
    let site = Site::start();
    let answer = site.ask("PATCH /echo?a=%27", "X-Probe: yes\r\n", "abc");
    assert!(answer.contains("\"method\":\"PATCH\",\"uri\":\"/echo?a=%27\""));
    assert!(answer.contains("[\"x-probe\",\"yes\"]"));
    assert!(answer.contains("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"));
}

#[test]
fn every_request_leaves_one_line() {
    let site = Site::start();
    site.ask("POST /login?next=%2F", "X-Request-Id: r1\r\nX-Forwarded-For: 203.0.113.7\r\n", "username=x");
    let log = site.log();
    assert_eq!(log.lines().count(), 1, "{log}");
    assert!(log.ends_with(" POST /login?next=%2F 401 bytes=10 id=r1 for=\"203.0.113.7\"\n"), "{log}");
}

#[test]
fn a_body_that_is_cut_off_leaves_a_line_too() {
    let site = Site::start();
    drop(site.send("POST /login HTTP/1.1\r\nHost: shop\r\nContent-Length: 100\r\n\r\nusername="));
    let until = Instant::now() + Duration::from_secs(5);
    while site.log().is_empty() && Instant::now() < until {
        std::thread::sleep(Duration::from_millis(10));
    }
    let log = site.log();
    assert!(log.contains(" POST /login ") && log.ends_with(" aborted\n"), "{log}");
    assert!(log.contains("bytes=9 "), "{log}");
}

#[test]
fn websockets_are_taken() {
    let site = Site::start();
    let mut stream = site.send(
        "GET /ws HTTP/1.1\r\nHost: shop\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
    );
    // A masked text frame "hi" with an all-zero mask.
    stream.write_all(&[0x81, 0x82, 0, 0, 0, 0, b'h', b'i']).unwrap();
    let mut got = Vec::new();
    let mut byte = [0];
    while !got.ends_with(&[0x81, 2, b'h', b'i']) && stream.read(&mut byte).unwrap() == 1 {
        got.push(byte[0]);
    }
    assert!(got.starts_with(b"HTTP/1.1 101") && got.ends_with(&[0x81, 2, b'h', b'i']));
}

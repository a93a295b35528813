use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use super::sender::{Feed, Plan, send_all};
use super::summary::Summary;
use crate::dataset::{Fault, RecordedRequest, Recording};

fn read(input: &[u8]) -> Vec<Result<String, Fault>> {
    let text = |request: RecordedRequest| String::from_utf8_lossy(&request.to_bytes("server:1")).into_owned();
    Recording::new(input).map(|request| request.map(text)).collect()
}

#[test]
fn reads_csic_as_published() {
    let got = read(
        b"GET http://localhost:8080/a.jsp?id=2 HTTP/1.1\r\nHost: localhost:8080\r\nConnection: close\r\n\r\n\r\n\
          POST http://localhost:8080/b.jsp HTTP/1.1\r\nHost: localhost:8080\r\nConnection: close\r\n\
          Content-Length: 7\r\n\r\nid=2&a=\r\n\r\nGET http://localhost:8080 HTTP/1.1\r\nHost: h\r\n\r\n\r\n",
    );
    let wanted = [
        "GET /a.jsp?id=2 HTTP/1.1\r\nHost: localhost:8080\r\nConnection: keep-alive\r\n\r\n",
        "POST /b.jsp HTTP/1.1\r\nHost: localhost:8080\r\nContent-Length: 7\r\nConnection: keep-alive\r\n\r\nid=2&a=",
        "GET / HTTP/1.1\r\nHost: h\r\nConnection: keep-alive\r\n\r\n",
    ];
    assert_eq!(got, wanted.map(|text| Ok(text.to_owned())));
}

#[test]
fn reads_json_lines_and_mends_the_length() {
    let got = read(
        b"{\"raw\":\"POST /x HTTP/1.1\\r\\nhost: h\\r\\ncontent-length: 99\\r\\nExpect: 100-continue\\r\\n\\r\\nabc\"}\n\
          {\"raw_b64\":\"R0VUIC8gSFRUUC8xLjENCkhvc3Q6IGgNCg0K\"}\n{\"other\":1}\n",
    );
    assert_eq!(got.len(), 3);
    assert_eq!(
        got[0].as_deref(),
        Ok("POST /x HTTP/1.1\r\nhost: h\r\nContent-Length: 3\r\nConnection: keep-alive\r\n\r\nabc")
    );
    assert_eq!(got[1].as_deref(), Ok("GET / HTTP/1.1\r\nHost: h\r\nConnection: keep-alive\r\n\r\n"));
    assert_eq!(got[2], Err(Fault::NotARequest));
}

#[test]
fn a_length_or_a_host_that_was_not_recorded_is_added() {
    let got = read(b"POST https://shop.test/x HTTP/1.0\n\na=1\n\nGET /y z HTTP/1.1\n\n");
    assert_eq!(
        got[0].as_deref(),
        Ok("POST /x HTTP/1.1\r\nHost: shop.test\r\nContent-Length: 3\r\nConnection: keep-alive\r\n\r\na=1")
    );
    assert_eq!(got[1].as_deref(), Ok("GET /y z HTTP/1.1\r\nHost: server:1\r\nConnection: keep-alive\r\n\r\n"));
}

#[test]
fn chunked_bodies_keep_their_chunks() {
    let got = read(b"POST /x HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n");
    assert_eq!(
        got[0].as_deref(),
        Ok("POST /x HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nConnection: keep-alive\r\n\r\n\
            3\r\nabc\r\n0\r\n\r\n")
    );
}

#[test]
fn what_is_no_request_is_told_and_passed_over() {
    assert_eq!(read(b""), []);
    assert_eq!(read(b"hello\r\n\r\n"), [Err(Fault::NotARequest)]);
    assert_eq!(read(b"GET /x HTTP/1.1\r\nHost: h"), [Err(Fault::CutOff)]);
    assert_eq!(read(b"POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\nabc"), [Err(Fault::CutOff)]);
    assert_eq!(read(b"POST /x HTTP/1.1\r\nContent-Length: x\r\n\r\n\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n").len(), 2);
}

/// A server that answers each request of a connection with the next of `answers`, then closes it.
fn server(answers: &'static [&'static str]) -> std::net::SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = BufReader::new(stream.unwrap());
            for answer in answers {
                let mut length = 0;
                loop {
                    let mut line = String::new();
                    stream.read_line(&mut line).unwrap();
                    if let Some(value) = line.strip_prefix("Content-Length: ") {
                        length = value.trim().parse().unwrap();
                    }
                    if line.trim().is_empty() {
                        break;
                    }
                }
                std::io::copy(&mut stream.by_ref().take(length), &mut std::io::sink()).unwrap();
                stream.get_mut().write_all(answer.as_bytes()).unwrap();
            }
        }
    });
    addr
}

fn replay(target: std::net::SocketAddr, count: usize) -> Summary {
    let recording = b"POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc\r\n\r\n".repeat(count);
    let plan = Plan {
        target,
        host: "h".to_owned(),
        connections: 1,
        timeout: Duration::from_secs(5),
        sources: vec![[127, 0, 0, 2].into()],
        progress: false,
    };
    let requests: Vec<_> = Recording::new(recording.as_slice()).collect();
    let feed = Feed { requests: Box::new(requests.into_iter()), rate: None, limit: u64::MAX };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    runtime.block_on(send_all(Arc::new(plan), feed)).unwrap()
}

#[test]
fn answers_of_every_framing_are_counted_over_kept_and_new_connections() {
    let answers = &[
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
        "HTTP/1.1 403 Forbidden\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nno!\r\n0\r\n\r\n",
        "HTTP/1.1 204 No Content\r\n\r\n",
        "HTTP/1.1 429 Slow\r\n\r\nuntil the end",
    ];
    let summary = replay(server(answers), 8);
    assert_eq!(
        summary.to_json()["by_status"],
        serde_json::json!({ "200": 2, "204": 2, "403": 2, "429": 2 }),
        "{summary}"
    );
    assert_eq!(summary.requests(), 8);
}

#[test]
fn requests_without_an_answer_have_their_reason() {
    let closing = replay(server(&[""]), 2);
    assert_eq!(closing.to_json()["unanswered"], serde_json::json!({ "connection closed before an answer": 2 }));
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let refused = replay(free, 2);
    assert_eq!(refused.to_json()["unanswered"], serde_json::json!({ "connection refused or failed": 2 }));
}

#[test]
fn only_this_machine_unless_told() {
    let resolve = |target: &'static str, remote| super::resolve(&http::Uri::from_static(target), remote);
    assert!(resolve("http://127.0.0.1:8080", false).is_ok());
    assert!(resolve("http://[::1]:8080/", false).is_ok());
    assert!(resolve("http://192.0.2.1:80", false).is_err());
    assert!(resolve("http://192.0.2.1:80", true).is_ok());
    assert!(resolve("https://127.0.0.1:8080", false).is_err());
    assert!(resolve("http://127.0.0.1:8080/path", false).is_err());
}

//! A client that sends bytes as given and reads one answer.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// One answer.
#[derive(Debug)]
pub struct Response {
    pub status: u16,
    pub head: String,
    pub body: Vec<u8>,
}

impl Response {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().skip(1).find_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }
}

pub fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    stream
}

/// Sends these bytes over a new connection and reads the answer.
pub fn exchange(address: SocketAddr, request: impl AsRef<[u8]>) -> Response {
    let mut stream = connect(address);
    // A refusal may come, and the connection close, before all of a request is sent.
    let _ = stream.write_all(request.as_ref());
    read_response(&mut stream)
}

pub fn read_head(stream: &mut TcpStream) -> String {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read(&mut byte) {
            Ok(1) => head.push(byte[0]),
            ended => panic!("{ended:?} after {:?}", String::from_utf8_lossy(&head)),
        }
    }
    String::from_utf8(head).unwrap()
}

pub fn read_response(stream: &mut TcpStream) -> Response {
    let head = read_head(stream);
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    if status == 100 {
        return read_response(stream);
    }
    let mut response = Response { status, head, body: Vec::new() };
    if let Some(length) = response.header("content-length").map(|length| length.parse().unwrap()) {
        response.body.resize(length, 0);
        // An answer to HEAD announces a body and has none.
        if stream.read_exact(&mut response.body).is_err() {
            response.body.clear();
        }
    } else if response.header("transfer-encoding").is_some() {
        response.body = read_chunked(stream);
    }
    response
}

pub fn read_chunk(stream: &mut TcpStream) -> Vec<u8> {
    let mut line = Vec::new();
    let mut byte = [0];
    while !line.ends_with(b"\r\n") {
        stream.read_exact(&mut byte).unwrap();
        line.push(byte[0]);
    }
    let size = usize::from_str_radix(std::str::from_utf8(&line).unwrap().trim(), 16).unwrap();
    let mut chunk = vec![0; size + 2];
    stream.read_exact(&mut chunk).unwrap();
    chunk.truncate(size);
    chunk
}

fn read_chunked(stream: &mut TcpStream) -> Vec<u8> {
    let mut body = Vec::new();
    loop {
        let chunk = read_chunk(stream);
        if chunk.is_empty() {
            return body;
        }
        body.extend(chunk);
    }
}

/// A GET with the headers a browser sends.
pub fn get(target: &str) -> String {
    get_with(target, "")
}

/// A GET with more header lines, each ending in CR LF.
pub fn get_with(target: &str, lines: &str) -> String {
    format!(
        "GET {target} HTTP/1.1\r\nHost: shop.example\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:128.0) \
         Gecko/20100101 Firefox/128.0\r\nAccept: text/html,application/xhtml+xml\r\nAccept-Language: en\r\n{lines}\r\n"
    )
}

/// A POST with a Content-Length.
pub fn post(target: &str, content_type: &str, body: &[u8]) -> Vec<u8> {
    let mut request = format!(
        "POST {target} HTTP/1.1\r\nHost: shop.example\r\nContent-Type: {content_type}\r\nContent-Length: {}\r\n\r\n",
        body.len()
    )
    .into_bytes();
    request.extend(body);
    request
}

/// A POST whose body comes in chunks of this size.
pub fn post_chunked(target: &str, content_type: &str, body: &[u8], size: usize) -> Vec<u8> {
    let mut request = format!(
        "POST {target} HTTP/1.1\r\nHost: shop.example\r\nContent-Type: {content_type}\r\n\
         Transfer-Encoding: chunked\r\n\r\n"
    )
    .into_bytes();
    for chunk in body.chunks(size) {
        request.extend(format!("{:x}\r\n", chunk.len()).into_bytes());
        request.extend(chunk);
        request.extend(b"\r\n");
    }
    request.extend(b"0\r\n\r\n");
    request
}

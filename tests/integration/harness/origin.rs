//! A site that answers simply and remembers every byte it was sent.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

/// One request as the origin saw it.
#[derive(Clone, Debug)]
pub struct Seen {
    pub head: String,
    pub body: Vec<u8>,
    /// Whether the body came to its end.
    pub whole: bool,
}

impl Seen {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().skip(1).find_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }

    pub fn target(&self) -> &str {
        self.head.split(' ').nth(1).unwrap()
    }
}

/// Answers 200 to everything but: `/status/N` (that status), `/events` (a stream that goes on when [`Origin::go_on`]
/// is called), `/socket` (an upgrade that echoes).
pub struct Origin {
    pub address: SocketAddr,
    seen: Arc<Mutex<Vec<Seen>>>,
    next_event: Arc<AtomicBool>,
}

impl Origin {
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let origin = Self { address: listener.local_addr().unwrap(), seen: Arc::default(), next_event: Arc::default() };
        let (seen, next_event) = (Arc::clone(&origin.seen), Arc::clone(&origin.next_event));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (seen, next_event) = (Arc::clone(&seen), Arc::clone(&next_event));
                std::thread::spawn(move || serve(stream, &seen, &next_event));
            }
        });
        origin
    }

    /// Every request seen so far.
    pub fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    /// The only request seen.
    pub fn only(&self) -> Seen {
        let seen = self.seen();
        assert_eq!(seen.len(), 1, "{seen:?}");
        seen[0].clone()
    }

    /// Lets an event stream send its second event and end.
    pub fn go_on(&self) {
        self.next_event.store(true, Ordering::Release);
    }
}

fn serve(mut stream: TcpStream, seen: &Mutex<Vec<Seen>>, next_event: &AtomicBool) {
    while let Some(head) = read_head(&mut stream) {
        let index = {
            let mut seen = seen.lock().unwrap();
            seen.push(Seen { head, body: Vec::new(), whole: false });
            seen.len() - 1
        };
        let request = seen.lock().unwrap()[index].clone();
        let whole = read_body(&mut stream, &request, |bytes| seen.lock().unwrap()[index].body.extend(bytes));
        seen.lock().unwrap()[index].whole = whole;
        if !whole || !answer(&mut stream, &request, next_event) {
            return;
        }
    }
}

fn read_head(stream: &mut TcpStream) -> Option<String> {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        if stream.read(&mut byte).ok()? == 0 {
            return None;
        }
        head.push(byte[0]);
    }
    Some(String::from_utf8_lossy(&head).into_owned())
}

fn read_body(stream: &mut TcpStream, request: &Seen, mut keep: impl FnMut(&[u8])) -> bool {
    if let Some(length) = request.header("content-length") {
        let mut left: usize = length.parse().unwrap();
        let mut buffer = [0; 8_192];
        while left > 0 {
            let most = left.min(buffer.len());
            match stream.read(&mut buffer[..most]) {
                Ok(0) | Err(_) => return false,
                Ok(read) => {
                    keep(&buffer[..read]);
                    left -= read;
                }
            }
        }
    } else if request.header("transfer-encoding").is_some() {
        loop {
            let Some(line) = read_line(stream) else { return false };
            let Ok(size) = usize::from_str_radix(line.trim(), 16) else { return false };
            let mut chunk = vec![0; size + 2];
            if stream.read_exact(&mut chunk).is_err() {
                return false;
            }
            if size == 0 {
                return true;
            }
            keep(&chunk[..size]);
        }
    }
    true
}

fn read_line(stream: &mut TcpStream) -> Option<String> {
    let mut line = Vec::new();
    let mut byte = [0];
    while !line.ends_with(b"\n") {
        if stream.read(&mut byte).ok()? == 0 {
            return None;
        }
        line.push(byte[0]);
    }
    String::from_utf8(line).ok()
}

/// Whether the connection goes on.
fn answer(stream: &mut TcpStream, request: &Seen, next_event: &AtomicBool) -> bool {
    let target = request.target();
    if target == "/events" {
        return stream_events(stream, next_event).is_ok();
    }
    if target == "/socket" {
        // However the echo ended, the connection was its own.
        let _ = echo_upgraded(stream);
        return false;
    }
    let status = target.strip_prefix("/status/").and_then(|rest| rest.split(['/', '?']).next()).unwrap_or("200");
    let answer = format!("HTTP/1.1 {status} So\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello");
    stream.write_all(answer.as_bytes()).is_ok()
}

fn stream_events(stream: &mut TcpStream, next_event: &AtomicBool) -> std::io::Result<()> {
    stream.write_all(
        b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n\
          b\r\ndata: one\n\n\r\n",
    )?;
    while !next_event.load(Ordering::Acquire) {
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    stream.write_all(b"b\r\ndata: two\n\n\r\n0\r\n\r\n")
}

fn echo_upgraded(stream: &mut TcpStream) -> std::io::Result<()> {
    stream.write_all(b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n")?;
    let mut buffer = [0; 1_024];
    loop {
        let read = stream.read(&mut buffer)?;
        if read == 0 {
            return Ok(());
        }
        stream.write_all(&buffer[..read])?;
    }
}

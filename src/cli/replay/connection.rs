//! One kept connection: a request out, an answer in.

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::pin::pin;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpSocket, TcpStream};

/// The longest head, and the longest chunk-size line, of an answer.
const MAX_HEAD_BYTES: u64 = 256 * 1024;

/// Why a request that was sent has no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
pub(super) enum NoAnswer {
    /// No connection could be made.
    #[error("connection refused or failed")]
    NotConnected,
    /// The connection ended before an answer began.
    #[error("connection closed before an answer")]
    Closed,
    /// The connection ended within the answer.
    #[error("answer cut off")]
    CutOff,
    /// What came is no HTTP/1 answer.
    #[error("answer not understood")]
    NotHttp,
    /// The time was up.
    #[error("timed out")]
    TimedOut,
}

/// An answer: its status, and whether the connection can carry another request.
#[derive(Debug, Clone, Copy)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) reusable: bool,
}

/// A connection to the server.
pub(super) struct Connection {
    reader: BufReader<OwnedReadHalf>,
    writer: OwnedWriteHalf,
}

impl Connection {
    /// Connects, from the given address if there is one.
    pub(super) async fn open(target: SocketAddr, source: Option<Ipv4Addr>) -> Result<Self, NoAnswer> {
        let stream = connect(target, source).await.map_err(|_| NoAnswer::NotConnected)?;
        // Only latency depends on it.
        let _ = stream.set_nodelay(true);
        let (reader, writer) = stream.into_split();
        Ok(Self { reader: BufReader::new(reader), writer })
    }

    /// Sends a request and reads the whole answer. A server may answer before it has read all of the request.
    pub(super) async fn exchange(&mut self, request: &[u8], is_head: bool) -> Result<Answer, NoAnswer> {
        let mut writing = pin!(self.writer.write_all(request));
        let mut reading = pin!(read_answer(&mut self.reader, is_head));
        let written = tokio::select! {
            biased;
            // A failed write may still have an answer to read.
            written = &mut writing => written.is_ok(),
            answer = &mut reading => return answer.map(|answer| Answer { reusable: false, ..answer }),
        };
        reading.await.map(|answer| Answer { reusable: answer.reusable && written, ..answer })
    }
}

async fn connect(target: SocketAddr, source: Option<Ipv4Addr>) -> io::Result<TcpStream> {
    let socket = if target.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    if let Some(source) = source {
        socket.bind(SocketAddr::new(IpAddr::V4(source), 0))?;
    }
    socket.connect(target).await
}

async fn read_answer(reader: &mut BufReader<OwnedReadHalf>, is_head: bool) -> Result<Answer, NoAnswer> {
    loop {
        let head = Head::read(reader).await?;
        match head.status {
            101 => return Ok(Answer { status: 101, reusable: false }),
            100..200 => {}
            status => {
                let bodiless = is_head || matches!(status, 204 | 304);
                let reusable = if bodiless { head.keeps } else { head.skip_body(reader).await? && head.keeps };
                return Ok(Answer { status, reusable });
            }
        }
    }
}

struct Head {
    status: u16,
    keeps: bool,
    chunked: bool,
    length: Option<u64>,
}

impl Head {
    async fn read(reader: &mut BufReader<OwnedReadHalf>) -> Result<Self, NoAnswer> {
        let first = line(reader).await?.filter(|line| !line.is_empty()).ok_or(NoAnswer::Closed)?;
        let status = first.strip_prefix("http/1.").and_then(|rest| rest.get(2..5)).and_then(|code| code.parse().ok());
        let status = status.filter(|status| (100..1000).contains(status)).ok_or(NoAnswer::NotHttp)?;
        let mut head = Self { status, keeps: !first.starts_with("http/1.0"), chunked: false, length: None };
        let mut seen = 0;
        loop {
            let line = line(reader).await.map_err(|_| NoAnswer::CutOff)?.ok_or(NoAnswer::CutOff)?;
            seen += line.len() as u64;
            if line.is_empty() {
                return Ok(head);
            }
            if seen > MAX_HEAD_BYTES {
                return Err(NoAnswer::NotHttp);
            }
            match line.split_once(':').map(|(name, value)| (name, value.trim())) {
                Some(("content-length", value)) => head.length = Some(value.parse().map_err(|_| NoAnswer::NotHttp)?),
                Some(("transfer-encoding", value)) => head.chunked = value.ends_with("chunked"),
                Some(("connection", value)) => head.keeps = !value.contains("close"),
                _ => {}
            }
        }
    }

    /// Reads the body; whether the connection is still open after it.
    async fn skip_body(&self, reader: &mut BufReader<OwnedReadHalf>) -> Result<bool, NoAnswer> {
        if self.chunked {
            loop {
                let line = line(reader).await?.ok_or(NoAnswer::CutOff)?;
                let digits = line.split(';').next().unwrap_or_default().trim();
                let size = u64::from_str_radix(digits, 16).map_err(|_| NoAnswer::NotHttp)?;
                if size == 0 {
                    break;
                }
                skip(reader, size.saturating_add(2)).await?;
            }
            // Trailers, up to the blank line.
            while !line(reader).await?.ok_or(NoAnswer::CutOff)?.is_empty() {}
            return Ok(true);
        }
        match self.length {
            Some(length) => skip(reader, length).await.map(|()| true),
            None => tokio::io::copy(reader, &mut tokio::io::sink()).await.map(|_| false).map_err(|_| NoAnswer::CutOff),
        }
    }
}

async fn skip(reader: &mut BufReader<OwnedReadHalf>, count: u64) -> Result<(), NoAnswer> {
    let skipped = tokio::io::copy(&mut reader.take(count), &mut tokio::io::sink()).await;
    if skipped.is_ok_and(|skipped| skipped == count) { Ok(()) } else { Err(NoAnswer::CutOff) }
}

/// A line in lower case without its end; `None` where the connection has ended.
async fn line(reader: &mut BufReader<OwnedReadHalf>) -> Result<Option<String>, NoAnswer> {
    let mut line = Vec::new();
    match reader.take(MAX_HEAD_BYTES).read_until(b'\n', &mut line).await {
        Err(_) => Err(NoAnswer::Closed),
        Ok(0) => Ok(None),
        Ok(_) if !line.ends_with(b"\n") => Err(NoAnswer::CutOff),
        Ok(_) => Ok(Some(String::from_utf8_lossy(&line).trim_end_matches(['\r', '\n']).to_ascii_lowercase())),
    }
}

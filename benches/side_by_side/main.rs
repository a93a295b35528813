//! The two servers that `run` beside this file sets against the filter: a bare Pingora proxy, and an origin that
//! answers at once so that it is not what is measured.
//!
//! ```text
//! side_by_side origin  127.0.0.1:9800
//! side_by_side pingora 127.0.0.1:9801 127.0.0.1:9800 THREADS
//! ```

use std::error::Error;
use std::process::ExitCode;

use async_trait::async_trait;
use pingora_core::Result;
use pingora_core::server::Server;
use pingora_core::server::configuration::{Opt, ServerConf};
use pingora_core::upstreams::peer::HttpPeer;
use pingora_proxy::{ProxyHttp, Session, http_proxy_service};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// The page the origin answers with: of a small web page's size.
const PAGE_BYTES: usize = 2_048;

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).filter(|arg| arg != "--bench").collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let done = match args.as_slice() {
        ["origin", listen] => origin(listen),
        ["pingora", listen, upstream, threads] => pingora(listen, upstream, threads),
        _ => {
            // Also what a plain `cargo bench` comes to.
            println!("side_by_side: start it by benches/side_by_side/run");
            return ExitCode::SUCCESS;
        }
    };
    done.map_or_else(
        |error| {
            eprintln!("side_by_side: {error}");
            ExitCode::FAILURE
        },
        |()| ExitCode::SUCCESS,
    )
}

struct Bare {
    upstream: String,
}

#[async_trait]
impl ProxyHttp for Bare {
    type CTX = ();

    fn new_ctx(&self) -> Self::CTX {}

    async fn upstream_peer(&self, _session: &mut Session, _ctx: &mut Self::CTX) -> Result<Box<HttpPeer>> {
        Ok(Box::new(HttpPeer::new(self.upstream.as_str(), false, String::new())))
    }
}

fn pingora(listen: &str, upstream: &str, threads: &str) -> Result<(), Box<dyn Error>> {
    let conf = ServerConf { threads: threads.parse()?, ..ServerConf::default() };
    let mut server = Server::new_with_opt_and_conf(Opt::default(), conf);
    server.bootstrap();
    let mut proxy = http_proxy_service(&server.configuration, Bare { upstream: upstream.to_owned() });
    proxy.add_tcp(listen);
    server.add_service(proxy);
    server.run_forever()
}

fn origin(listen: &str) -> Result<(), Box<dyn Error>> {
    let answer = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: {PAGE_BYTES}\r\n\r\n{}",
        "x".repeat(PAGE_BYTES)
    );
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    runtime.block_on(async move {
        let listener = TcpListener::bind(listen).await?;
        let answer: &'static str = answer.leak();
        loop {
            let (stream, _) = listener.accept().await?;
            tokio::spawn(async move { serve(stream, answer).await });
        }
    })
}

/// Answers the requests of one connection; anything unexpected ends it.
async fn serve(mut stream: TcpStream, answer: &str) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let (reader, mut writer) = stream.split();
    let mut reader = BufReader::new(reader);
    let mut line = String::new();
    loop {
        let mut body_bytes = 0;
        loop {
            line.clear();
            if reader.read_line(&mut line).await? == 0 {
                return Ok(());
            }
            if line == "\r\n" {
                break;
            }
            if line.len() > 15 && line[..15].eq_ignore_ascii_case("content-length:") {
                body_bytes = line[15..].trim().parse().unwrap_or(0);
            }
        }
        tokio::io::copy(&mut (&mut reader).take(body_bytes), &mut tokio::io::sink()).await?;
        writer.write_all(answer.as_bytes()).await?;
    }
}

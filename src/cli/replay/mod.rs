//! `portcullis replay`: sends recorded raw requests to a server, for trials of a configuration and for tests.
//!
//! It reads files of concatenated raw requests, as CSIC 2010 has them, and JSON lines with `raw` or `raw_b64`.
//! The requests go out as recorded, over kept connections; only what belongs to a connection is made anew
//! ([`RecordedRequest`](crate::dataset::RecordedRequest) has the list). Every request ends up in the summary: under the status of its answer, or under the
//! reason why it has none.

mod connection;
mod sender;
mod summary;

use std::fs::File;
use std::io::{self, BufRead, BufReader, IsTerminal};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, ToSocketAddrs};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, anyhow, bail};
use http::Uri;

use self::sender::{Feed, Plan};
use super::Failure;
use crate::dataset::Recording;

/// More source addresses than any trial needs, and well within 127.0.0.0/8.
const MAX_SOURCES: u32 = 60_000;
/// More connections than this measure the machine's file limits, not the server.
const MAX_CONNECTIONS: u16 = 1_024;

/// Arguments of `portcullis replay`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Where to send the requests, `http://HOST:PORT`. Loopback only, unless --allow-remote is given.
    #[arg(long)]
    target: Uri,
    /// How many requests may be under way at the same time.
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u16).range(1..=i64::from(MAX_CONNECTIONS)))]
    connections: u16,
    /// At most so many requests a second.
    #[arg(long)]
    rate: Option<f64>,
    /// Stop after so many requests.
    #[arg(long)]
    limit: Option<u64>,
    /// Send from so many loopback addresses, 127.0.0.2 and up, in turn: so many clients to the server.
    #[arg(long, default_value_t = 0, value_parser = clap::value_parser!(u32).range(..=i64::from(MAX_SOURCES)))]
    sources: u32,
    /// How long to wait for an answer.
    #[arg(long, default_value = "10s", value_parser = humantime::parse_duration)]
    timeout: Duration,
    /// Print the summary as one JSON object.
    #[arg(long)]
    json: bool,
    /// Allow a target that is not on the loopback interface. Only for servers of your own.
    #[arg(long)]
    allow_remote: bool,
    /// The recordings; `-` is standard input.
    #[arg(required = true)]
    files: Vec<PathBuf>,
}

/// Replays the files and prints the summary.
pub(crate) fn run(args: Args) -> Result<(), Failure> {
    let target = resolve(&args.target, args.allow_remote).map_err(Failure::Usage)?;
    if args.sources > 0 && !matches!(target.ip(), IpAddr::V4(ip) if ip.is_loopback()) {
        return Err(Failure::Usage(anyhow!("--sources needs a target in 127.0.0.0/8")));
    }
    if args.rate.is_some_and(|rate| !rate.is_finite() || rate <= 0.0) {
        return Err(Failure::Usage(anyhow!("--rate is a number above zero")));
    }
    let recordings = args.files.iter().map(open).collect::<Result<Vec<_>, _>>().map_err(Failure::Usage)?;
    let plan = Plan {
        target,
        host: args.target.authority().map_or_else(|| target.to_string(), ToString::to_string),
        connections: args.connections,
        timeout: args.timeout,
        sources: (0..args.sources).map(|n| Ipv4Addr::from(u32::from(Ipv4Addr::new(127, 0, 0, 2)) + n)).collect(),
        progress: io::stderr().is_terminal(),
    };
    let feed = Feed {
        requests: Box::new(recordings.into_iter().flat_map(Recording::new)),
        rate: args.rate,
        limit: args.limit.unwrap_or(u64::MAX),
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let summary = runtime.block_on(sender::send_all(Arc::new(plan), feed))?;
    if args.json {
        println!("{}", summary.to_json());
    } else {
        println!("{summary}");
    }
    if summary.answered() == 0 {
        return Err(anyhow!("nothing was answered").into());
    }
    Ok(())
}

/// The address behind the target; an error unless it is ours to send to.
fn resolve(target: &Uri, allow_remote: bool) -> anyhow::Result<SocketAddr> {
    if target.scheme_str().is_some_and(|scheme| scheme != "http") {
        bail!("--target is http://HOST:PORT; TLS is not spoken here");
    }
    if target.path_and_query().is_some_and(|path| path.as_str() != "/") {
        bail!("--target is http://HOST:PORT, without a path: paths come from the recording");
    }
    let host = target.host().context("--target is http://HOST:PORT")?.trim_matches(['[', ']']);
    let addr = (host, target.port_u16().unwrap_or(80))
        .to_socket_addrs()
        .with_context(|| format!("cannot resolve {host}"))?
        .next()
        .with_context(|| format!("{host} has no address"))?;
    if !addr.ip().is_loopback() && !allow_remote {
        bail!("{addr} is not on this machine; recorded attacks go to servers of your own only (--allow-remote)");
    }
    Ok(addr)
}

fn open(path: &PathBuf) -> anyhow::Result<Box<dyn BufRead + Send>> {
    if path.as_os_str() == "-" {
        return Ok(Box::new(BufReader::new(io::stdin())));
    }
    let mut reader = BufReader::new(File::open(path).with_context(|| format!("cannot open {}", path.display()))?);
    if reader.fill_buf().with_context(|| format!("cannot read {}", path.display()))?.starts_with(&[0x1f, 0x8b]) {
        bail!("{} is compressed: zcat {} | portcullis replay … -", path.display(), path.display());
    }
    Ok(Box::new(reader))
}

#[cfg(test)]
mod tests;

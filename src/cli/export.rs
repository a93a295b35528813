//! `portcullis export`: data sets out of the store.

use std::fs::{File, OpenOptions};
use std::io::{BufWriter, Write, stdout};
use std::net::IpAddr;
use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow};
use ipnet::IpNet;

use super::{Failure, progress, store};
use crate::client;
use crate::dataset::export::{DataSet, Filter, Label, export, moment};
use crate::storage::StorageKind;
use crate::time::Timestamp;

/// Writes a data set out of the store, newest first, while the filter runs or without it.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// What to write.
    #[arg(value_enum)]
    data_set: DataSet,
    /// The configuration file: which store.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Where the embedded store lies (`data_dir`).
    #[arg(long, value_name = "DIR")]
    data_dir: Option<String>,
    /// Only from this time on: 2026-11-21T08:00:00Z, or how long ago, such as 2h.
    #[arg(long, value_name = "TIME")]
    since: Option<String>,
    /// Only before this time.
    #[arg(long, value_name = "TIME")]
    until: Option<String>,
    /// Only of this address or CIDR range.
    #[arg(long, value_name = "ADDRESS")]
    client: Option<String>,
    /// Only with this label: newSession, Normal or Abnormal for features and sessions; norm, anom or a class of attack
    /// for strings and requests.
    #[arg(long)]
    label: Option<String>,
    /// Where to; `-` is standard output. A file appears under its name once it is whole.
    #[arg(long, value_name = "FILE", default_value = "-")]
    out: PathBuf,
}

pub(crate) fn run(args: Args) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let filter = args.filter(Timestamp::now())?;
        let flags = args.data_dir.clone().map(|dir| ("", "data_dir", dir)).into_iter().collect();
        let (config, storage) = store::open(args.config.clone(), flags, true).await?;
        // The predecessor's documents in MongoDB have no key to look for.
        let has_keys = matches!(config.storage.kind, StorageKind::Embedded { .. });
        let client_key = filter.client.filter(|_| has_keys).and_then(|net| single(net, &config.client));
        let filter = Filter { client_key, ..filter };
        let bar = progress::of_rows();
        let tick = || bar.inc(1);
        let rows = if args.out.as_os_str() == "-" {
            export(&storage, args.data_set, &filter, &mut BufWriter::new(stdout().lock()), &tick).await?
        } else {
            let part = part_of(&args.out);
            let file = create(&part).with_context(|| part.display().to_string()).map_err(Failure::Usage)?;
            let rows = export(&storage, args.data_set, &filter, &mut BufWriter::new(file), &tick).await?;
            std::fs::rename(&part, &args.out).with_context(|| args.out.display().to_string())?;
            rows
        };
        bar.finish_and_clear();
        writeln!(std::io::stderr(), "{rows} rows written")?;
        Ok(())
    })
}

impl Args {
    fn filter(&self, now: Timestamp) -> Result<Filter, Failure> {
        let time = |flag: &str, text: &Option<String>| {
            let moment = text.as_deref().map(|text| moment(text, now)).transpose();
            moment.map_err(|problem| Failure::Usage(anyhow!("{flag}: {problem}")))
        };
        let client = self.client.as_deref().map(net).transpose()?;
        let label = self.label.as_deref().map(|label| Label::parse(label, self.data_set)).transpose();
        let label = label.map_err(|problem| Failure::Usage(anyhow!("--label: {problem}")))?;
        Ok(Filter {
            since: time("--since", &self.since)?,
            until: time("--until", &self.until)?,
            client,
            client_key: None,
            label: label.unwrap_or_default(),
        })
    }
}

fn net(text: &str) -> Result<IpNet, Failure> {
    let net = text.parse::<IpNet>().or_else(|_| text.parse::<IpAddr>().map(|ip| IpNet::from(ip.to_canonical())));
    net.map_err(|_| Failure::Usage(anyhow!("--client: expected an address or a CIDR range, found {text:?}")))
}

/// What a single address is counted by. A range has no such thing.
fn single(net: IpNet, clients: &client::Config) -> Option<client::ClientKey> {
    (net.prefix_len() == net.max_prefix_len()).then(|| clients.key(client::ClientIp::new(net.addr())))
}

fn part_of(out: &Path) -> PathBuf {
    let mut name = out.as_os_str().to_owned();
    name.push(".part");
    PathBuf::from(name)
}

/// A file for its owner only: it says who visited what.
fn create(path: &Path) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

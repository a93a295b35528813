//! `portcullis run`: start the filter.

use std::io::IsTerminal;
use std::path::PathBuf;

use anyhow::Context;

use super::Failure;
use crate::App;
use crate::config::{Config, LogSettings, Sources};

/// Flags win over the environment, which wins over the file.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The configuration file.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Where clients connect (`proxy.listen`).
    #[arg(long, value_name = "ADDR")]
    listen: Option<String>,
    /// Where the admin API listens (`admin.listen`).
    #[arg(long, value_name = "ADDR")]
    admin_listen: Option<String>,
    /// The site behind the filter (`proxy.upstream`).
    #[arg(long, value_name = "HOST:PORT")]
    upstream: Option<String>,
    /// off, detect or block (`inspection.mode`).
    #[arg(long)]
    mode: Option<String>,
    /// Where the embedded store and the admin token lie (`data_dir`).
    #[arg(long, value_name = "DIR")]
    data_dir: Option<String>,
}

pub(crate) fn run(args: Args) -> Result<(), Failure> {
    let (sources, name) = args.sources();
    let (config, faults) = Config::read(&sources);
    init_log(&config.log)?;
    let app = App::build(config, &name, faults).map_err(|error| Failure::Usage(error.into()))?;
    app.run(announce)?;
    Ok(())
}

impl Args {
    fn sources(self) -> (Sources, String) {
        let flags = [
            ("proxy", "listen", self.listen),
            ("admin", "listen", self.admin_listen),
            ("proxy", "upstream", self.upstream),
            ("inspection", "mode", self.mode),
            ("", "data_dir", self.data_dir),
        ];
        let flags = flags.into_iter().filter_map(|(section, key, value)| Some((section, key, value?))).collect();
        sources(self.config, flags)
    }
}

/// The sources of this process, and the name faults are reported under.
pub(super) fn sources(file: Option<PathBuf>, flags: Vec<(&'static str, &'static str, String)>) -> (Sources, String) {
    let name = file.as_ref().map_or_else(|| "command line".to_owned(), |file| file.display().to_string());
    // Variables that are no text are none of ours.
    let environment = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect();
    (Sources { file, environment, flags }, name)
}

fn init_log(settings: &LogSettings) -> Result<(), Failure> {
    let filter = tracing_subscriber::EnvFilter::try_new(&settings.level).context("log.level")?;
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal());
    let started = if settings.json { builder.json().try_init() } else { builder.try_init() };
    started.map_err(|error| anyhow::anyhow!("the log could not be started: {error}").into())
}

/// Says where everything is, for the person who typed the command.
fn announce(config: &Config) {
    let scheme = if config.proxy.tls.is_some() { "https" } else { "http" };
    println!("portcullis {} is starting", env!("CARGO_PKG_VERSION"));
    println!("  site     {scheme}://{}/  (in front of {})", config.proxy.listen, config.proxy.upstream.address);
    println!("  console  http://{}/", config.admin.listen);
    println!("  metrics  http://{}/metrics", config.admin.listen);
    match std::env::var_os("PORTCULLIS_ADMIN_TOKEN") {
        Some(_) => println!("  token    the one in PORTCULLIS_ADMIN_TOKEN"),
        None => match std::fs::read_to_string(&config.admin.token_file) {
            Ok(token) => println!("  token    {}  (kept in {})", token.trim(), config.admin.token_file.display()),
            Err(error) => println!("  token    in {}: {error}", config.admin.token_file.display()),
        },
    }
}

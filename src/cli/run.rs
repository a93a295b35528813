//! `portcullis run`: start the filter.

use std::io::IsTerminal;
use std::path::PathBuf;

use super::Failure;
use crate::App;
use crate::audit::Destination;
use crate::config::{Config, Sources};
use crate::logging;

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
    let level = logging::start(config.log.form, &config.log.level).map_err(|error| anyhow::anyhow!(error))?;
    let app = App::build(config, sources, &name, faults, level).map_err(|error| Failure::Usage(error.into()))?;
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

/// Says where everything is, for the person who typed the command. The token is shown on a terminal only: elsewhere it
/// would stay in a journal or in a container's log. Where the audit export has standard output, nothing else is on it.
fn announce(config: &Config) {
    let text = announcement(config, std::io::stdout().is_terminal());
    if config.audit.as_ref().is_some_and(|audit| audit.to == Destination::Stdout) {
        eprint!("{text}");
    } else {
        print!("{text}");
    }
}

fn announcement(config: &Config, on_terminal: bool) -> String {
    let scheme = if config.proxy.tls.is_some() { "https" } else { "http" };
    let file = config.admin.token_file.display();
    let token = match std::env::var_os("PORTCULLIS_ADMIN_TOKEN") {
        Some(_) => "the one in PORTCULLIS_ADMIN_TOKEN".to_owned(),
        None if !on_terminal => format!("in {file}"),
        None => match std::fs::read_to_string(&config.admin.token_file) {
            Ok(token) => format!("{}  (kept in {file})", token.trim()),
            Err(error) => format!("in {file}: {error}"),
        },
    };
    format!(
        "portcullis {version} is starting\n  site     {scheme}://{site}/  (in front of {upstream})\n  console  {admin_scheme}://{admin}/\n  \
         metrics  {admin_scheme}://{admin}/metrics\n  token    {token}\n",
        version = env!("CARGO_PKG_VERSION"),
        site = config.proxy.listen,
        upstream = config.proxy.upstream.address,
        admin_scheme = if config.admin.tls.is_some() { "https" } else { "http" },
        admin = config.admin.listen,
    )
}

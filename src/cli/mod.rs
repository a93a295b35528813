//! The command line: one file a subcommand.

mod backup;
mod bans;
mod check_config;
mod classify;
mod demo_site;
mod eval;
mod export;
mod health;
mod import;
mod prepare;
mod progress;
mod replay;
mod run;
mod store;
mod token;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Exit code for wrong usage and wrong configuration, `EX_USAGE` of BSD's sysexits.
const EX_USAGE: u8 = 64;

/// A web application firewall that judges requests and visits.
#[derive(Debug, Parser)]
#[command(name = "portcullis", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Start the filter.
    Run(run::Args),
    /// Check a configuration and list every fault.
    CheckConfig(check_config::Args),
    /// Ask a running filter whether it is well.
    Health(health::Args),
    /// Copy the embedded store while the filter runs.
    Backup(backup::Args),
    /// List, add and remove bans of a running filter.
    Bans(bans::Args),
    /// Make a token for the admin API.
    Token(token::Args),
    /// Classify texts: JSON lines in, JSON lines out.
    Classify(classify::Args),
    /// Measure the filter on labelled rows: recall and false alarms by source, confusion matrix, picture.
    Eval(eval::Args),
    /// Write data sets out of the store: features and strings for training, requests and sessions.
    Export(export::Args),
    /// Read access logs and the predecessor's collections into the store.
    Import(import::Args),
    /// Write the texts of JSON lines as the model would see them; what training reads.
    #[command(hide = true)]
    Prepare(prepare::Args),
    /// Send recorded raw requests to a server.
    Replay(replay::Args),
    /// Serve the demo site.
    DemoSite(demo_site::Args),
}

/// A failure of a subcommand, with the exit code it ends in.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The operator's configuration or arguments are at fault: exit code 64.
    Usage(anyhow::Error),
    /// Anything else: exit code 1.
    Other(anyhow::Error),
}

impl<E: Into<anyhow::Error>> From<E> for Failure {
    fn from(error: E) -> Self {
        Self::Other(error.into())
    }
}

/// Runs the command line of this process.
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            let code = if error.use_stderr() { EX_USAGE } else { 0 };
            // Where even the help text cannot be written there is nobody to tell.
            let _ = error.print();
            return ExitCode::from(code);
        }
    };
    let result = match cli.command {
        Command::Run(args) => run::run(args),
        Command::CheckConfig(args) => check_config::run(args),
        Command::Health(args) => health::run(args),
        Command::Backup(args) => backup::run(args),
        Command::Bans(args) => bans::run(args),
        Command::Token(args) => token::run(args),
        Command::Classify(args) => classify::run(args),
        Command::Eval(args) => eval::run(args),
        Command::Export(args) => export::run(args),
        Command::Import(args) => import::run(args),
        Command::Prepare(args) => prepare::run(args),
        Command::Replay(args) => replay::run(args),
        Command::DemoSite(args) => demo_site::run(args),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure::Usage(error)) => {
            eprintln!("portcullis: {error:#}");
            ExitCode::from(EX_USAGE)
        }
        Err(Failure::Other(error)) => {
            eprintln!("portcullis: {error:#}");
            ExitCode::FAILURE
        }
    }
}

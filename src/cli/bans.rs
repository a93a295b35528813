//! `portcullis bans`: see and change the bans of a running filter, through its admin API.

mod api;
mod table;

use std::io::Write;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, anyhow};
use serde_json::{Value, json};

use super::Failure;
use crate::admin::AdminToken;
use crate::banlist::BanScope;

use api::Api;

/// The environment variable that goes before the token file.
const TOKEN_VARIABLE: &str = "PORTCULLIS_ADMIN_TOKEN";

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Address of the filter's admin listener.
    #[arg(long, global = true, value_name = "URL", default_value = "http://127.0.0.1:9901")]
    admin: String,
    /// File with the admin token; PORTCULLIS_ADMIN_TOKEN in the environment goes before it.
    #[arg(long, global = true, value_name = "FILE", default_value = "data/admin.token")]
    token_file: PathBuf,
    /// Write JSON.
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// List the bans in force, newest first.
    List,
    /// Ban an address or a range.
    Add {
        /// Address or CIDR range.
        address: String,
        /// How long, as 10m or 1h; until it is lifted where not given.
        #[arg(long)]
        duration: Option<String>,
        /// Why, for other operators.
        #[arg(long)]
        reason: Option<String>,
    },
    /// Lift the ban of exactly this address or range, and clear the strikes.
    Remove {
        /// Address or CIDR range, as the list shows it.
        address: String,
    },
}

pub(crate) fn run(args: Args) -> Result<(), Failure> {
    let token = match std::env::var(TOKEN_VARIABLE) {
        Ok(text) => AdminToken::try_from(text).with_context(|| TOKEN_VARIABLE.to_owned()).map_err(Failure::Usage)?,
        Err(_) => AdminToken::load(&args.token_file)
            .with_context(|| format!("no admin token: set {TOKEN_VARIABLE} or name the file with --token-file"))
            .map_err(Failure::Usage)?,
    };
    let api = Api::new(&args.admin, &token)?;
    carry_out(&api, &args.action, args.json, &mut std::io::stdout().lock())
}

fn carry_out(api: &Api, action: &Action, json: bool, out: &mut impl Write) -> Result<(), Failure> {
    match action {
        Action::List => {
            let answer = api.call("GET", "/api/v1/bans?limit=1000000", None)?;
            if json { writeln!(out, "{answer}")? } else { table::write(&answer, out)? }
        }
        Action::Add { address, duration, reason } => {
            let address = scope(address)?.to_string();
            if let Some(text) = duration {
                usage(text.parse::<humantime::Duration>().map(Duration::from), "--duration, such as 10m or 1h")?;
            }
            let asked = json!({"address": address, "duration": duration, "reason": reason});
            let ban = api.call("POST", "/api/v1/bans", Some(&asked))?;
            let until = ban["until"].as_str().unwrap_or("someone lifts it");
            if json {
                writeln!(out, "{ban}")?
            } else {
                writeln!(out, "{address} is banned until {until}")?
            }
            warn_unsaved(&ban);
        }
        Action::Remove { address } => {
            let address = scope(address)?.to_string();
            let answer = api.call("DELETE", &format!("/api/v1/bans/{address}"), None)?;
            let lifted = json!({"address": address, "lifted": true});
            if json {
                writeln!(out, "{lifted}")?
            } else {
                writeln!(out, "{address} is no longer banned")?
            }
            warn_unsaved(&answer);
        }
    }
    Ok(())
}

fn scope(text: &str) -> Result<BanScope, Failure> {
    usage(text.parse(), text)
}

fn usage<T, E>(result: Result<T, E>, context: &str) -> Result<T, Failure>
where
    E: std::error::Error + Send + Sync + 'static,
{
    result.map_err(|error| Failure::Usage(anyhow!(error).context(context.to_owned())))
}

fn warn_unsaved(answer: &Value) {
    if answer["saved"] == Value::Bool(false) {
        eprintln!("portcullis: in force, but not stored yet; the filter goes on trying");
    }
}

#[cfg(test)]
mod tests;

//! `portcullis token`: tokens for the admin API.

use anyhow::{Context, anyhow};

use super::Failure;
use crate::admin::{AdminToken, NamedToken, Role, TokenHash};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// Make a token; print it, for its holder, and the entry for the configuration, which holds only its hash.
    New {
        /// Who holds it, as the audit log shows it: letters, digits, ".", "_", "-".
        #[arg(long)]
        name: String,
        /// viewer (see everything) or operator (change things as well).
        #[arg(long)]
        role: String,
    },
}

pub(crate) fn run(args: Args) -> Result<(), Failure> {
    let Action::New { name, role } = args.action;
    let role = Role::parse(&role).ok_or_else(|| {
        Failure::Usage(anyhow!("--role {role}: expected one of {}", Role::ALL.map(Role::as_str).join(", ")))
    })?;
    if !NamedToken::is_name(&name) {
        let problem = format!("--name {name}: expected 1 to 32 letters, digits, \".\", \"_\" or \"-\"");
        return Err(Failure::Usage(anyhow!(problem)));
    }
    let token = AdminToken::generate().context("the operating system gives no randomness")?;
    println!("# The token, for {name}; it is shown this once:");
    println!("#   {}", token.reveal());
    println!(
        "[[admin.tokens]]\nname = \"{name}\"\nrole = \"{}\"\nhash = \"{}\"",
        role.as_str(),
        TokenHash::from(&token)
    );
    Ok(())
}

//! `portcullis health`: asks a running filter how it is, for people, scripts and a container's health check.

use std::time::Duration;

use anyhow::{Context, anyhow};
use serde_json::Value;

use super::Failure;

/// Longest wait for the answer; a health check that hangs is a failed one.
const TIMEOUT: Duration = Duration::from_secs(3);

/// Exit code 0 when every part works, 1 when one does not or nobody answers.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Address of the filter's admin listener.
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:9901")]
    admin: String,
    /// Ask only whether the process answers, whatever its store does: what a restart could mend.
    #[arg(long)]
    live: bool,
}

pub(crate) fn run(args: Args) -> Result<(), Failure> {
    let path = if args.live { "livez" } else { "readyz" };
    let url = format!("{}/{path}", args.admin.trim_end_matches('/'));
    // The admin listener is on this machine: no proxy of the environment is in between.
    let config = ureq::Agent::config_builder().timeout_global(Some(TIMEOUT)).http_status_as_error(false).proxy(None);
    let agent: ureq::Agent = config.build().into();
    let mut answer = agent.get(&url).call().with_context(|| format!("{url} does not answer"))?;
    let text = answer.body_mut().read_to_string().with_context(|| format!("{url} has no readable answer"))?;
    print!("{}", told(&text));
    if answer.status().is_success() { Ok(()) } else { Err(anyhow!("not well: {url} is {}", answer.status()).into()) }
}

/// The parts a line each; what is no list of parts as it is.
fn told(text: &str) -> String {
    let parts = serde_json::from_str::<Value>(text).ok();
    let Some(parts) = parts.as_ref().and_then(|answer| answer["components"].as_array()) else {
        return text.to_owned();
    };
    let line = |part: &Value| {
        let mark = if part["ok"] == true { "ok  " } else { "FAIL" };
        format!("{mark} {}: {}\n", part["name"].as_str().unwrap_or("?"), part["detail"].as_str().unwrap_or("?"))
    };
    parts.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_the_parts_a_line_each() {
        let text = r#"{"ready":false,"components":[{"name":"proxy","ok":true,"detail":"listening"},
                       {"name":"store","ok":false,"detail":"does not work"}]}"#;
        assert_eq!(told(text), "ok   proxy: listening\nFAIL store: does not work\n");
        assert_eq!(told("alive\n"), "alive\n");
    }
}

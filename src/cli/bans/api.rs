//! Calls to the admin API.

use std::time::Duration;

use anyhow::{Context, anyhow};
use serde_json::Value;
use ureq::http::Request;

use super::super::Failure;
use crate::admin::AdminToken;

/// How long a call may take in all.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Bytes of an answer read at most: a list of 1,000,000 bans.
const MAX_ANSWER_BYTES: u64 = 512 * 1024 * 1024;

/// The admin API of a running filter.
pub(super) struct Api {
    agent: ureq::Agent,
    base: String,
    authorization: String,
}

impl Api {
    /// The API at this address, `http://HOST:PORT`.
    pub(super) fn new(address: &str, token: &AdminToken) -> Result<Self, Failure> {
        let base = address.trim_end_matches('/').to_owned();
        if !base.starts_with("http://") {
            let error = anyhow!("--admin {address}: expected http://HOST:PORT; the admin listener has no TLS");
            return Err(Failure::Usage(error));
        }
        // Neither a proxy of the environment nor a redirect may see the token.
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .proxy(None)
            .max_redirects(0)
            .timeout_global(Some(TIMEOUT))
            .build();
        Ok(Self { agent: config.into(), base, authorization: format!("Bearer {}", token.reveal()) })
    }

    /// Calls and reads the answer; null where it is empty.
    pub(super) fn call(&self, method: &str, path: &str, body: Option<&Value>) -> Result<Value, Failure> {
        let uri = format!("{}{path}", self.base);
        let request = Request::builder().method(method).uri(&uri).header("authorization", self.authorization.as_str());
        let sent = match body {
            Some(body) => {
                let request = request.header("content-type", "application/json").body(body.to_string());
                self.agent.run(request.map_err(|error| self.bad_address(error.into()))?)
            }
            None => self.agent.run(request.body(()).map_err(|error| self.bad_address(error.into()))?),
        };
        let mut answer = sent
            .map_err(|error| anyhow!(error))
            .with_context(|| format!("cannot reach the admin API at {}; is the filter running?", self.base))?;
        let status = answer.status().as_u16();
        let text = answer.body_mut().with_config().limit(MAX_ANSWER_BYTES).read_to_string()?;
        let read: Value = serde_json::from_str(&text).unwrap_or(Value::Null);
        match status {
            200..=299 if text.is_empty() || !read.is_null() => Ok(read),
            401 => Err(anyhow!("the filter at {} refused the token", self.base).into()),
            _ => Err(match read["error"]["message"].as_str() {
                Some(message) => anyhow!("{message}").into(),
                None => anyhow!("{} answered {status} and not as the admin API does", self.base).into(),
            }),
        }
    }

    fn bad_address(&self, error: anyhow::Error) -> Failure {
        Failure::Usage(error.context(format!("--admin {}", self.base)))
    }
}

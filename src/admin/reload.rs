//! Reading the configuration again while the filter runs.

use std::sync::Arc;

use axum::Extension;
use axum::Json;
use axum::extract::State;
use serde::Serialize;
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

use super::Parts;
use super::error::{ApiError, ChangeErrors, ErrorBody, ReadErrors};
use super::keyring::Actor;
use crate::time::Timestamp;

/// A key that has another value now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ChangedKey {
    /// The key, with its section.
    pub key: String,
    /// Its value before.
    pub before: String,
    /// Its value now.
    pub after: String,
}

/// What a reload did.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct Reloaded {
    /// Keys that changed and hold now.
    pub changed: Vec<ChangedKey>,
    /// Sections or keys that changed in the file and take a restart to hold.
    pub needs_restart: Vec<String>,
}

/// Reads the configuration again: what it changed, or every fault of what was read, in which case nothing changed.
pub type Reload = Arc<dyn Fn() -> Result<Reloaded, Vec<String>> + Send + Sync>;

/// Reads the configuration file again.
///
/// Mode, sensitivity, routes, exclusions, body terms, the allowlist and the admin tokens take effect at once; for other
/// keys the answer says that they need a restart. A file with any fault changes nothing.
#[utoipa::path(post, path = "/api/v1/reload", tag = "status",
    responses((status = 200, description = "What changed", body = Reloaded),
        (status = 422, description = "The configuration has faults, all of them listed; the old values stay",
            body = ErrorBody),
        ReadErrors, ChangeErrors))]
pub(super) async fn post(
    State(parts): State<Arc<Parts>>,
    Extension(actor): Extension<Actor>,
) -> Result<Json<Reloaded>, ApiError> {
    run(&parts, &actor).await.map(Json)
}

/// Reloads, counts it and notes what changed.
pub(super) async fn run(parts: &Parts, actor: &Actor) -> Result<Reloaded, ApiError> {
    let reload = Arc::clone(&parts.reload);
    let read = tokio::task::spawn_blocking(move || reload()).await.map_err(|error| {
        let status = http::StatusCode::INTERNAL_SERVER_ERROR;
        ApiError::failed(status, "reload", "the configuration could not be read again", error)
    })?;
    match read {
        Ok(reloaded) => {
            parts.metrics.service.reloaded(seconds(Timestamp::now()));
            let side = |value: fn(&ChangedKey) -> &String| -> Value {
                let entries = reloaded.changed.iter().map(|change| (change.key.clone(), json!(value(change))));
                Value::Object(entries.collect::<Map<_, _>>())
            };
            let (before, after) = (side(|change| &change.before), side(|change| &change.after));
            parts.audit.note(actor, "config.reload", "configuration", before, after).await;
            Ok(reloaded)
        }
        Err(faults) => {
            parts.metrics.service.reload_refused();
            for fault in &faults {
                tracing::error!(fault, "the configuration was read again and has a fault; the old values stay");
            }
            let message = "the configuration has faults; the old values stay";
            Err(ApiError::unprocessable("bad_configuration", message, faults))
        }
    }
}

/// Seconds since 1970, as metrics tell moments; whole ones, which fit.
fn seconds(moment: Timestamp) -> f64 {
    f64::from(u32::try_from(moment.as_millis() / 1_000).unwrap_or(u32::MAX))
}

//! Is it alive, is it ready, how does it do? Answered without a token.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::{StatusCode, header};
use serde::Serialize;
use serde_json::json;

use super::Parts;
use super::error::ApiError;
use crate::activity::ActivityStore;

/// How long the store may take to say that it is there.
const PING_TIMEOUT: Duration = Duration::from_secs(2);

/// One part that `/readyz` waits for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Component {
    /// The part's name.
    pub name: String,
    /// Whether it works.
    pub ok: bool,
    /// More, in words; shown to anyone who asks, so without addresses and secrets.
    pub detail: String,
}

/// `GET /livez`
pub(super) async fn live() -> &'static str {
    "alive\n"
}

/// `GET /readyz`
pub(super) async fn ready(State(parts): State<Arc<Parts>>) -> Response {
    let mut components = (parts.readiness)();
    components.push(ping(parts.activity.as_ref()).await);
    let ready = components.iter().all(|component| component.ok);
    let status = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(json!({"ready": ready, "components": components}))).into_response()
}

/// `GET /metrics`
pub(super) async fn metrics(State(parts): State<Arc<Parts>>) -> Result<Response, ApiError> {
    let text = parts.metrics.exposition().map_err(|error| {
        ApiError::failed(StatusCode::INTERNAL_SERVER_ERROR, "metrics", "the metrics could not be written", error)
    })?;
    Ok(([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text).into_response())
}

async fn ping(store: &dyn ActivityStore) -> Component {
    let answer = tokio::time::timeout(PING_TIMEOUT, store.ping()).await;
    let detail = match &answer {
        Ok(Ok(())) => "answers",
        Ok(Err(error)) => {
            tracing::warn!(%error, "the store is not ready");
            "does not work; the log says why"
        }
        Err(_) => "does not answer in time",
    };
    Component { name: "store".to_owned(), ok: matches!(answer, Ok(Ok(()))), detail: detail.to_owned() }
}

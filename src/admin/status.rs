//! What runs here.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use serde_json::{Value, json};

use super::Parts;
use crate::policy::Mode;
use crate::time::Timestamp;

/// A model in use.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Model {
    /// What it judges: `payload` or `behaviour`.
    pub kind: String,
    /// Name and version.
    pub version: String,
}

/// Records that wait to be stored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Queue {
    /// Records waiting.
    pub length: usize,
    /// Records that find room.
    pub capacity: usize,
    /// Records that found none since the start.
    pub dropped: u64,
}

/// The state of the filter, as far as the admin API does not know it itself.
#[derive(Clone, Debug)]
pub struct Status {
    /// How far the filter may go.
    pub mode: Mode,
    /// Models in use.
    pub models: Vec<Model>,
    /// Kind of the store: `embedded` or `mongodb`.
    pub store: String,
    /// The activity log's queue.
    pub queue: Queue,
    /// Visits open now.
    pub open_sessions: usize,
}

/// `GET /api/v1/status`
pub(super) async fn show(State(parts): State<Arc<Parts>>) -> Json<Value> {
    let (now, status) = (Timestamp::now(), (parts.status)());
    Json(json!({
        "version": env!("CARGO_PKG_VERSION"),
        "mode": status.mode.as_str(),
        "models": status.models,
        "store": status.store,
        "started": parts.started.to_string(),
        "uptime_s": now.since(parts.started).as_secs(),
        "time": now.to_string(),
        "queue": status.queue,
        "open_sessions": status.open_sessions,
        "bans": parts.bans.list(now).len(),
    }))
}

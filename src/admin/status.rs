//! What runs here.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use super::Parts;
use super::error::ReadErrors;
use crate::policy::Mode;
use crate::time::Timestamp;

/// A model in use.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Model {
    /// What it judges: `text` or `behaviour`.
    pub kind: String,
    /// Name and version.
    pub version: String,
}

/// Records that wait to be stored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct Queue {
    /// Records waiting.
    pub length: usize,
    /// Records that find room.
    pub capacity: usize,
    /// Records that found none since the start.
    pub dropped: u64,
}

/// Findings that are not counted; all that is given must match.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ExclusionView {
    /// Beginning of the path; null for every path.
    #[schema(required)]
    pub path: Option<String>,
    /// Exact name; null for every one.
    #[schema(required)]
    pub parameter: Option<String>,
    /// Classes of attack; none for every class.
    pub classes: Vec<String>,
}

/// A part of the site with terms of its own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct RouteView {
    /// Beginning of the path.
    pub path: String,
    /// Mode there; null for the general one.
    #[schema(required)]
    pub mode: Option<String>,
    /// Bytes of a body at most; null for the general limit.
    #[schema(required)]
    pub body_limit: Option<u64>,
}

/// What may change while the filter runs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct Rules {
    /// How readily texts are refused: `low`, `medium` or `high`.
    pub sensitivity: String,
    /// Findings that are not counted.
    pub exclusions: Vec<ExclusionView>,
    /// Parts of the site with terms of their own.
    pub routes: Vec<RouteView>,
    /// Networks that are never banned.
    pub allowlist: Vec<String>,
}

/// The state of the filter, as far as the admin API does not know it itself.
#[derive(Clone, Debug)]
pub struct Status {
    /// How far the filter may go.
    pub mode: Mode,
    /// What else may change while it runs.
    pub rules: Rules,
    /// Models in use.
    pub models: Vec<Model>,
    /// Kind of the store: `embedded` or `mongodb`.
    pub store: String,
    /// The activity log's queue.
    pub queue: Queue,
    /// Visits open now.
    pub open_sessions: usize,
}

/// What runs here.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Status)]
pub(super) struct StatusView {
    /// The filter's version.
    pub(super) version: &'static str,
    /// `off`, `detect` or `block`.
    pub(super) mode: &'static str,
    pub(super) rules: Rules,
    pub(super) models: Vec<Model>,
    /// `embedded` or `mongodb`.
    pub(super) store: String,
    /// When the filter started, RFC 3339 in UTC.
    pub(super) started: String,
    pub(super) uptime_s: u64,
    /// The filter's clock.
    pub(super) time: String,
    pub(super) queue: Queue,
    pub(super) open_sessions: usize,
    /// Bans in force.
    pub(super) bans: usize,
}

/// What runs here, in which mode, with which models and rules.
#[utoipa::path(get, path = "/api/v1/status", tag = "status",
    responses((status = 200, description = "The status", body = StatusView), ReadErrors))]
pub(super) async fn show(State(parts): State<Arc<Parts>>) -> Json<StatusView> {
    Json(StatusView::now(&parts))
}

impl StatusView {
    /// The status of this moment; all of it from memory.
    pub(super) fn now(parts: &Parts) -> Self {
        let (now, status) = (Timestamp::now(), (parts.status)());
        Self {
            version: env!("CARGO_PKG_VERSION"),
            mode: status.mode.as_str(),
            rules: status.rules,
            models: status.models,
            store: status.store,
            started: parts.started.to_string(),
            uptime_s: now.since(parts.started).as_secs(),
            time: now.to_string(),
            queue: status.queue,
            open_sessions: status.open_sessions,
            bans: parts.bans.list(now).len(),
        }
    }
}

//! What a person says a visit was: for training, and for the client's sake.

use std::sync::Arc;

use axum::Extension;
use axum::Json;
use axum::extract::{Path, State};
use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;

use super::Parts;
use super::error::{ApiError, BodyErrors, ChangeErrors, ErrorBody, ReadErrors};
use super::extract::{JsonBody, timely};
use super::keyring::Actor;
use super::sessions::{BehaviourName, MAX_OPEN, SessionView, session_id};
use crate::behaviour::Behaviour;

/// What a visit was.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Label {
    /// `Normal`, `Abnormal`, or `newSession` to take a label back.
    #[schema(value_type = BehaviourName)]
    pub(super) behavior: String,
}

/// Labels a judged visit.
///
/// A visit labelled `Normal` or `newSession` no longer counts towards a ban.
#[utoipa::path(put, path = "/api/v1/sessions/{id}/label", tag = "sessions", request_body = Label,
    params(("id" = String, Path, description = "24 hex digits", pattern = "^[0-9a-fA-F]{24}$")),
    responses((status = 200, description = "The session as it is now", body = SessionView),
        (status = 404, description = "There is no such judged session; an open one has to close first",
            body = ErrorBody),
        ReadErrors, BodyErrors, ChangeErrors))]
pub(super) async fn put(
    State(parts): State<Arc<Parts>>,
    Extension(actor): Extension<Actor>,
    Path(id): Path<String>,
    JsonBody(label): JsonBody<Label>,
) -> Result<Json<SessionView>, ApiError> {
    set(&parts, &actor, &id, &label.behavior).await.map(Json)
}

/// Labels, and notes it.
pub(super) async fn set(parts: &Parts, actor: &Actor, id: &str, behavior: &str) -> Result<SessionView, ApiError> {
    let id = session_id(id)?;
    let behaviour = Behaviour::parse(behavior).ok_or_else(|| {
        let known = Behaviour::ALL.map(Behaviour::as_str).join(", ");
        ApiError::bad_request("bad_label", format!("behavior: expected one of {known}"))
    })?;
    // One judged early is judged again when it closes, which would undo the label.
    let open = (parts.open_sessions)(MAX_OPEN).iter().any(|open| open.id == id);
    let Some(mut judged) = timely(parts.assessments.by_session(id)).await?.filter(|_| !open) else {
        return Err(ApiError::not_found(format!("there is no judged session {id}; an open one has to close first")));
    };
    let before = json!({"behavior": judged.behaviour.as_str(), "active": judged.active});
    judged.behaviour = behaviour;
    judged.active &= behaviour == Behaviour::Abnormal;
    if !judged.active {
        (parts.forget_strike)(judged.client, id);
    }
    timely(parts.assessments.put(&judged)).await?;
    let after = json!({"behavior": behaviour.as_str(), "active": judged.active});
    parts.audit.note(actor, "session.label", id.to_string(), before, after).await;
    Ok(SessionView::from(&judged))
}

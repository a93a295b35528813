//! `POST /api`: the predecessor's call, `{"sesID": …}`, for scripts written against it.
//!
//! As it did, it answers 200 with an echo for a known session, 404 with an echo for an unknown one and 400 for
//! anything else, reads JSON whatever the content type says, takes numbers as ids and trims. Unlike it, it asks for
//! the token, adds the judgement as `behavior` where there is one and answers in JSON always. It judges, once, what
//! nobody has judged: a visit that only the log knows, and one that was imported or whose model failed. That is evidence
//! for people: it is no strike and bans nobody.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

use super::Parts;
use super::error::{ApiError, BodyErrors, ErrorBody};
use super::extract::{JsonBody, timely};
use super::sessions::MAX_OPEN;
use crate::activity::ActivityQuery;
use crate::behaviour::{Assessment, Behaviour};
use crate::session::SessionId;

/// Characters of an id at most, after trimming.
const MAX_ID_CHARS: usize = 64;

/// Records of a visit that are judged at most, the newest: a page of the log.
const MAX_RECORDS: u32 = 1_000;

/// The predecessor's call.
#[derive(Serialize, ToSchema)]
pub(super) struct Echo {
    /// What was sent.
    #[serde(rename = "sesID")]
    ses_id: Value,
    /// The judgement, where there is one.
    #[schema(value_type = Option<super::sessions::BehaviourName>)]
    behavior: Option<String>,
}

/// What the predecessor was sent.
#[derive(Deserialize, ToSchema)]
#[expect(dead_code, reason = "read by the OpenAPI document only")]
pub(super) struct Sent {
    /// The session's id.
    #[serde(rename = "sesID")]
    ses_id: String,
}

/// The predecessor's call: is this session known, and what was it judged to be?
#[utoipa::path(post, path = "/api", tag = "predecessor", request_body = Sent,
    responses((status = 200, description = "It is known", body = Echo),
        (status = 404, description = "It is not", body = Echo),
        (status = 400, description = "An echo of what is no id, or an error", body = Value),
        (status = 401, description = "No token, or a wrong one", body = ErrorBody),
        (status = 429, description = "Too many wrong tokens came from this address", body = ErrorBody),
        (status = 503, description = "The store did not answer in time", body = ErrorBody), BodyErrors))]
pub(super) async fn ask(
    State(parts): State<Arc<Parts>>,
    JsonBody(body): JsonBody<Value>,
) -> Result<Response, ApiError> {
    let Value::Object(fields) = body else {
        return Err(ApiError::bad_request("bad_json", "expected an object, {\"sesID\": …}"));
    };
    let Some(id) = session_id(&fields) else {
        return Ok((StatusCode::BAD_REQUEST, Json(refused_echo(fields))).into_response());
    };
    let mut echo = json!({"sesID": id});
    let Ok(session) = id.parse::<SessionId>() else {
        return Ok((StatusCode::NOT_FOUND, Json(echo)).into_response());
    };
    match judgement(&parts, session).await? {
        Known::Judged(behaviour) => echo["behavior"] = behaviour.as_str().into(),
        Known::Open => {}
        Known::Not => return Ok((StatusCode::NOT_FOUND, Json(echo)).into_response()),
    }
    Ok(Json(echo).into_response())
}

/// What there is of a visit.
enum Known {
    /// A judgement.
    Judged(Behaviour),
    /// It is open: it is judged at its milestones and when it closes.
    Open,
    /// Nothing.
    Not,
}

/// The judgement of a visit; one that nobody judged is judged now.
async fn judgement(parts: &Parts, session: SessionId) -> Result<Known, ApiError> {
    let kept = timely(parts.assessments.by_session(session)).await?;
    if let Some(kept) = kept.as_ref().filter(|kept| kept.behaviour != Behaviour::NewSession) {
        return Ok(Known::Judged(kept.behaviour));
    }
    if (parts.open_sessions)(MAX_OPEN).iter().any(|open| open.id == session) {
        return Ok(Known::Open);
    }
    let judged = judge(parts, session, kept.as_ref()).await?;
    if let Some(judged) = &judged {
        timely(parts.assessments.put(judged)).await?;
    }
    let known = judged.or(kept).map(|known| known.behaviour);
    Ok(known.map_or(Known::Not, Known::Judged))
}

/// The verdict by the log and by what is kept of a visit; `None` where there is nothing new to keep.
async fn judge(parts: &Parts, session: SessionId, kept: Option<&Assessment>) -> Result<Option<Assessment>, ApiError> {
    let query = ActivityQuery { session: Some(session), limit: MAX_RECORDS, ..ActivityQuery::default() };
    let records = timely(parts.activity.page(&query)).await?;
    Ok(match kept {
        Some(kept) => parts.log_judge.assess_kept(kept, &records),
        None => parts.log_judge.assess(session, &records),
    })
}

/// The id asked for, as the predecessor's schema took it: one key, a text or number, 1 to 64 characters.
fn session_id(fields: &Map<String, Value>) -> Option<String> {
    let id = match (fields.len(), fields.get("sesID")?) {
        (1, Value::String(text)) => text.trim().to_owned(),
        (1, Value::Number(number)) => number.to_string(),
        _ => return None,
    };
    (1..=MAX_ID_CHARS).contains(&id.chars().count()).then_some(id)
}

/// What was sent, with a null where `sesID` is missing.
fn refused_echo(mut fields: Map<String, Value>) -> Value {
    fields.entry("sesID").or_insert(Value::Null);
    Value::Object(fields)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id_of(body: &Value) -> Option<String> {
        session_id(body.as_object().unwrap())
    }

    #[test]
    fn reads_ids_as_the_predecessor_did() {
        assert_eq!(id_of(&json!({"sesID": " a "})).as_deref(), Some("a"));
        assert_eq!(id_of(&json!({"sesID": 5})).as_deref(), Some("5"));
        assert_eq!(id_of(&json!({"sesID": format!("  {}  ", "x".repeat(64))})), Some("x".repeat(64)));
        for refused in [
            json!({}),
            json!({"sesID": ""}),
            json!({"sesID": "   "}),
            json!({"sesID": "x".repeat(65)}),
            json!({"sesID": null}),
            json!({"sesID": true}),
            json!({"sesID": ["a"]}),
            json!({"sesID": {"$ne": ""}}),
            json!({"sesID": "a", "more": 1}),
            json!({"other": "a"}),
        ] {
            assert_eq!(id_of(&refused), None, "{refused}");
        }
    }
}

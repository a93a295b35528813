//! Bans: see, add, lift.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use http::{StatusCode, header};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::Parts;
use super::error::ApiError;
use super::extract::{JsonBody, Params, limit};
use crate::banlist::{Ban, BanError, BanOrigin, BanOutcome, BanScope};
use crate::client::ClientKey;
use crate::time::Timestamp;

/// Characters of a reason at most.
const MAX_REASON_CHARS: usize = 256;

/// Query of the list.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ListParams {
    limit: Option<String>,
}

/// A ban as asked for.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NewBan {
    /// Address or CIDR range.
    address: String,
    /// As `10m` or `1h 30m`; without it the ban stays until someone lifts it.
    duration: Option<String>,
    /// For other operators.
    reason: Option<String>,
}

/// A ban as shown.
#[derive(Serialize)]
struct BanView {
    address: String,
    origin: &'static str,
    reason: String,
    evidence: Option<String>,
    since: String,
    until: Option<String>,
}

impl From<&Ban> for BanView {
    fn from(ban: &Ban) -> Self {
        Self {
            address: ban.scope.to_string(),
            origin: ban.origin.as_str(),
            reason: ban.reason.clone(),
            evidence: ban.evidence.map(|id| id.to_string()),
            since: ban.since.to_string(),
            until: ban.until.map(|until| until.to_string()),
        }
    }
}

/// `GET /api/v1/bans`
pub(super) async fn list(
    State(parts): State<Arc<Parts>>,
    Params(params): Params<ListParams>,
) -> Result<Json<Value>, ApiError> {
    let limit = limit(params.limit.as_deref(), 1_000, 1_000_000)?;
    let bans = parts.bans.list(Timestamp::now());
    let shown: Vec<_> =
        bans.iter().take(usize::try_from(limit).unwrap_or(usize::MAX)).map(|ban| BanView::from(&**ban)).collect();
    Ok(Json(json!({"bans": shown, "total": bans.len()})))
}

/// `POST /api/v1/bans`
pub(super) async fn add(
    State(parts): State<Arc<Parts>>,
    JsonBody(asked): JsonBody<NewBan>,
) -> Result<Response, ApiError> {
    let now = Timestamp::now();
    let ban = Ban {
        scope: scope(&asked.address)?,
        origin: BanOrigin::Operator,
        reason: reason(asked.reason.as_deref())?,
        evidence: None,
        since: now,
        until: asked.duration.as_deref().map(duration).transpose()?.map(|span| now.plus(span)),
    };
    let (status, ban, saved) = match parts.bans.ban(ban).await? {
        BanOutcome::Banned { ban, saved } => (StatusCode::CREATED, ban, saved),
        BanOutcome::Kept(ban) => (StatusCode::OK, ban, true),
        BanOutcome::InGrace(until) => {
            return Err(ApiError::new(StatusCode::CONFLICT, "in_grace", format!("not to be banned before {until}")));
        }
    };
    let location = format!("/api/v1/bans/{}", ban.scope);
    let mut body = json!(BanView::from(&*ban));
    body["saved"] = Value::Bool(saved);
    Ok((status, [(header::LOCATION, location)], Json(body)).into_response())
}

/// `DELETE /api/v1/bans/{address or range}`
pub(super) async fn remove(State(parts): State<Arc<Parts>>, Path(text): Path<String>) -> Result<Response, ApiError> {
    let scope = scope(&text)?;
    let outcome = parts.bans.unban(scope, Timestamp::now()).await;
    if !outcome.lifted {
        return Err(ApiError::not_found(format!("there is no ban of exactly {scope}")));
    }
    let strikes_saved = forgive(&parts, scope).await;
    if outcome.saved && strikes_saved {
        return Ok(StatusCode::NO_CONTENT.into_response());
    }
    // Lifted and in force, but a restart before the store answers again may bring the ban or the strikes back.
    Ok((StatusCode::ACCEPTED, Json(json!({"address": scope.to_string(), "saved": false}))).into_response())
}

/// Clears the strikes that may have led to the ban; whether the store took it.
async fn forgive(parts: &Parts, scope: BanScope) -> bool {
    let cleared = (parts.clear_strikes)(scope);
    tracing::debug!(%scope, cleared, "strikes cleared");
    match parts.assessments.deactivate_abnormal(ClientKey::from(scope.net())).await {
        Ok(_) => true,
        Err(error) => {
            tracing::error!(%scope, %error, "strikes are cleared but the store did not take it");
            false
        }
    }
}

fn scope(text: &str) -> Result<BanScope, ApiError> {
    text.trim().parse().map_err(|error| ApiError::bad_request("bad_address", format!("address: {error}")))
}

fn duration(text: &str) -> Result<Duration, ApiError> {
    match humantime::parse_duration(text.trim()) {
        Ok(span) if span >= Duration::from_secs(1) => Ok(span),
        _ => Err(ApiError::bad_request("bad_duration", "duration: expected a span of at least 1s, such as 10m or 1h")),
    }
}

fn reason(text: Option<&str>) -> Result<String, ApiError> {
    let text = text.map(str::trim).filter(|text| !text.is_empty()).unwrap_or("banned by an operator");
    if text.chars().count() > MAX_REASON_CHARS || text.chars().any(char::is_control) {
        let message = format!("reason: expected at most {MAX_REASON_CHARS} characters on one line");
        return Err(ApiError::bad_request("bad_reason", message));
    }
    Ok(text.to_owned())
}

impl From<BanError> for ApiError {
    fn from(error: BanError) -> Self {
        let (status, code) = match error {
            BanError::TrustedProxy(_) => (StatusCode::CONFLICT, "trusted_proxy"),
            BanError::Allowlisted(_) => (StatusCode::CONFLICT, "allowlisted"),
            BanError::Full(_) => (StatusCode::CONFLICT, "full"),
            BanError::Everyone(_) => (StatusCode::BAD_REQUEST, "everyone"),
            BanError::Ended(_) => (StatusCode::BAD_REQUEST, "bad_duration"),
        };
        Self::new(status, code, error.to_string())
    }
}

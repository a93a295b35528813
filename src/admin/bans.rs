//! Bans: see, add, lift.

use std::sync::Arc;
use std::time::Duration;

use axum::Extension;
use axum::Json;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::{StatusCode, header};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::{IntoParams, ToSchema};

use super::Parts;
use super::error::{ApiError, BodyErrors, ChangeErrors, ErrorBody, ReadErrors};
use super::extract::{JsonBody, Params, Span, limit, optional};
use super::keyring::Actor;
use super::release;
use crate::banlist::{Ban, BanError, BanOrigin, BanOutcome, BanScope};
use crate::time::Timestamp;

/// Characters of a reason at most.
const MAX_REASON_CHARS: usize = 256;

/// Query of the list.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ListParams {
    /// Only bans that share an address with this address or range.
    pub(super) client: Option<String>,
    /// Only bans asked for by `behaviour`, `operator` or `import`.
    #[param(value_type = Option<OriginName>)]
    pub(super) origin: Option<String>,
    /// Only bans made since: RFC 3339, or how long ago, such as `15m`.
    pub(super) since: Option<String>,
    /// Only bans made until: RFC 3339, or how long ago.
    pub(super) until: Option<String>,
    /// `next` of the page before.
    pub(super) cursor: Option<String>,
    /// Bans at most, 1 to 1,000,000; 1,000 where not given.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 1_000_000)]
    pub(super) limit: Option<String>,
}

/// Who asked for a ban.
#[derive(ToSchema)]
#[schema(rename_all = "lowercase")]
#[expect(dead_code, reason = "read by the OpenAPI document only")]
pub(super) enum OriginName {
    Behaviour,
    Operator,
    Import,
}

/// A ban as asked for.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewBan {
    /// Address or CIDR range.
    #[schema(example = "192.0.2.7")]
    pub(super) address: String,
    /// As `10m` or `1h 30m`; without it the ban stays until someone lifts it.
    #[schema(example = "10m")]
    pub(super) duration: Option<String>,
    /// For other operators: at most 256 characters on one line.
    pub(super) reason: Option<String>,
}

/// A ban as shown.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Ban)]
pub(super) struct BanView {
    /// Address or CIDR range.
    pub(super) address: String,
    /// Who asked for it.
    #[schema(value_type = OriginName)]
    pub(super) origin: &'static str,
    pub(super) reason: String,
    /// The session that brought it about, where one did.
    #[schema(required)]
    pub(super) evidence: Option<String>,
    /// When it began, RFC 3339 in UTC.
    pub(super) since: String,
    /// When it ends; null until someone lifts it.
    #[schema(required)]
    pub(super) until: Option<String>,
}

/// One page of bans, newest first.
#[derive(Serialize, ToSchema)]
pub(super) struct BanPage {
    pub(super) bans: Vec<BanView>,
    /// Bans that match, on this page or not.
    pub(super) total: usize,
    /// Cursor of the next page; null on the last one.
    #[schema(required)]
    pub(super) next: Option<String>,
}

/// A ban that was made.
#[derive(Serialize, ToSchema)]
pub(super) struct MadeBan {
    #[serde(flatten)]
    pub(super) ban: BanView,
    /// Whether the store has it; where not, it is in force all the same and the filter tries again.
    pub(super) saved: bool,
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

/// Bans in force, newest first.
#[utoipa::path(get, path = "/api/v1/bans", tag = "bans", params(ListParams),
    responses((status = 200, description = "A page of bans", body = BanPage), ReadErrors))]
pub(super) async fn list(
    State(parts): State<Arc<Parts>>,
    Params(params): Params<ListParams>,
) -> Result<Json<BanPage>, ApiError> {
    page(&parts, &params, 1_000).map(Json)
}

/// Bans an address or a range.
#[utoipa::path(post, path = "/api/v1/bans", tag = "bans", request_body = NewBan,
    responses((status = 201, description = "It is in force", body = MadeBan,
            headers(("location" = String, description = "Where the ban can be lifted"))),
        (status = 409, description = "It must not be: a trusted proxy, on the allowlist, or the list is full",
            body = ErrorBody),
        ReadErrors, BodyErrors, ChangeErrors))]
pub(super) async fn add(
    State(parts): State<Arc<Parts>>,
    Extension(actor): Extension<Actor>,
    JsonBody(asked): JsonBody<NewBan>,
) -> Result<Response, ApiError> {
    let made = make(&parts, &actor, &asked).await?;
    let location = format!("/api/v1/bans/{}", made.ban.address);
    Ok((StatusCode::CREATED, [(header::LOCATION, location)], Json(made)).into_response())
}

/// Lifts every ban of this address, or within this range.
///
/// Strikes and the score of the session under way are cleared, and for a time of grace behaviour bans nobody there.
#[utoipa::path(delete, path = "/api/v1/bans/{scope}", tag = "bans",
    params(("scope" = String, Path, example = "192.0.2.7", description = "Address or CIDR range; the slash may be encoded")),
    responses((status = 204, description = "They may come in again"),
        (status = 202, description = "They may come in again; the store will be told later", body = release::Released),
        (status = 404, description = "There is no such ban", body = ErrorBody), ReadErrors, ChangeErrors))]
pub(super) async fn remove(
    State(parts): State<Arc<Parts>>,
    Extension(actor): Extension<Actor>,
    Path(text): Path<String>,
) -> Result<Response, ApiError> {
    let released = release::one(&parts, &actor, scope(&text)?).await?;
    Ok(if released.saved {
        StatusCode::NO_CONTENT.into_response()
    } else {
        (StatusCode::ACCEPTED, Json(released)).into_response()
    })
}

/// The page that was asked for.
pub(super) fn page(parts: &Parts, params: &ListParams, usual: u32) -> Result<BanPage, ApiError> {
    let now = Timestamp::now();
    let span = Span::read(params.since.as_deref(), params.until.as_deref(), now)?;
    let client: Option<BanScope> = optional("client", params.client.as_deref())?;
    let origin = origin(params.origin.as_deref())?;
    let cursor = params.cursor.as_deref().filter(|text| !text.is_empty()).map(position).transpose()?;
    let most = usize::try_from(limit(params.limit.as_deref(), usual, 1_000_000)?).unwrap_or(usize::MAX);
    let mut bans = parts.bans.list(now);
    bans.retain(|ban| {
        span.holds(ban.since)
            && origin.is_none_or(|origin| ban.origin == origin)
            && client.is_none_or(|client| overlap(client, ban.scope))
    });
    let total = bans.len();
    if let Some((since, scope)) = cursor {
        bans.retain(|ban| ban.since < since || ban.since == since && ban.scope > scope);
    }
    let more = bans.len() > most;
    bans.truncate(most);
    let next = bans.last().filter(|_| more).map(|last| cursor_after(last));
    Ok(BanPage { bans: bans.iter().map(|ban| BanView::from(&**ban)).collect(), total, next })
}

/// Bans as asked, and notes it.
pub(super) async fn make(parts: &Parts, actor: &Actor, asked: &NewBan) -> Result<MadeBan, ApiError> {
    let now = Timestamp::now();
    let scope = scope(&asked.address)?;
    let earlier = parts.bans.list(now).into_iter().find(|ban| ban.scope == scope);
    let ban = Ban {
        scope,
        origin: BanOrigin::Operator,
        reason: reason(asked.reason.as_deref())?,
        evidence: None,
        since: now,
        until: asked.duration.as_deref().map(duration).transpose()?.map(|span| now.plus(span)),
    };
    // An operator's ban goes before every other and before the grace.
    let (ban, saved) = match parts.bans.ban(ban).await? {
        BanOutcome::Banned { ban, saved } => (ban, saved),
        BanOutcome::Kept(ban) => (ban, true),
        BanOutcome::InGrace(until) => {
            return Err(ApiError::new(StatusCode::CONFLICT, "in_grace", format!("not to be banned before {until}")));
        }
        BanOutcome::Lifted => {
            return Err(ApiError::new(StatusCode::CONFLICT, "lifted", "someone lifted this ban meanwhile".to_owned()));
        }
    };
    let made = BanView::from(&*ban);
    let before = earlier.map(|ban| BanView::from(&*ban));
    parts.audit.note(actor, "ban.add", made.address.clone(), json!(before), json!(made)).await;
    Ok(MadeBan { ban: made, saved })
}

/// The scope of this text.
pub(super) fn scope(text: &str) -> Result<BanScope, ApiError> {
    text.trim().parse().map_err(|error| ApiError::bad_request("bad_address", format!("address: {error}")))
}

fn overlap(one: BanScope, other: BanScope) -> bool {
    one.net().contains(&other.net()) || other.net().contains(&one.net())
}

fn cursor_after(ban: &Ban) -> String {
    URL_SAFE_NO_PAD.encode(format!("{} {}", ban.since.as_millis(), ban.scope))
}

fn position(cursor: &str) -> Result<(Timestamp, BanScope), ApiError> {
    let read = || {
        let text = String::from_utf8(URL_SAFE_NO_PAD.decode(cursor).ok()?).ok()?;
        let (since, scope) = text.split_once(' ')?;
        Some((Timestamp::from_millis(since.parse().ok()?), scope.parse().ok()?))
    };
    read().ok_or_else(|| ApiError::bad_request("bad_query", "cursor: expected the `next` of another page"))
}

fn origin(text: Option<&str>) -> Result<Option<BanOrigin>, ApiError> {
    let Some(word) = text.filter(|word| !word.is_empty()) else { return Ok(None) };
    match BanOrigin::parse(word) {
        None => {
            let known = BanOrigin::ALL.map(BanOrigin::as_str).join(", ");
            Err(ApiError::bad_request("bad_query", format!("origin: expected one of {known}")))
        }
        origin => Ok(origin),
    }
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

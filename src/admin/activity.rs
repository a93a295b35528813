//! The activity log, page by page and one by one.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

use super::Parts;
use super::bans::BanView;
use super::error::{ApiError, ErrorBody, ReadErrors};
use super::extract::{Params, Span, client_key, limit, optional, position, timely};
use crate::activity::{ActivityQuery, ActivityRecord};
use crate::id::RequestId;
use crate::inspection::{AttackClass, Finding, Suspicion};
use crate::policy::{Reason, Verdict};
use crate::time::Timestamp;

/// Query of the list.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ListParams {
    /// Only of this session.
    pub(super) session: Option<String>,
    /// Only of this client: an address as the filter counts it (IPv6 by its network), or a range that stands for one.
    pub(super) client: Option<String>,
    /// Only with this verdict.
    #[param(value_type = Option<VerdictName>)]
    pub(super) verdict: Option<String>,
    /// Only with this class of attack.
    #[param(value_type = Option<ClassName>)]
    pub(super) class: Option<String>,
    /// Only where the path begins so.
    pub(super) route: Option<String>,
    /// Only refused ones: the same as `verdict=refuse`.
    #[param(value_type = Option<bool>)]
    pub(super) refused: Option<String>,
    /// Only from this moment on, to the second: RFC 3339, or how long ago, such as `15m`.
    pub(super) since: Option<String>,
    /// Only up to this moment, to the second: RFC 3339, or how long ago.
    pub(super) until: Option<String>,
    /// `next` of the page before.
    pub(super) cursor: Option<String>,
    /// The older name of `cursor`.
    pub(super) before: Option<String>,
    /// Requests at most, 1 to 1,000; 100 where not given.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 1000)]
    pub(super) limit: Option<String>,
}

/// What became of a request: `allow`, `flag` (suspected and forwarded) or `refuse`.
#[derive(ToSchema)]
#[schema(rename_all = "lowercase")]
#[expect(dead_code, reason = "read by the OpenAPI document only")]
pub(super) enum VerdictName {
    Allow,
    Flag,
    Refuse,
}

/// A class of attack.
#[derive(ToSchema)]
#[schema(rename_all = "kebab-case")]
#[expect(dead_code, reason = "read by the OpenAPI document only")]
pub(super) enum ClassName {
    Sqli,
    Xss,
    PathTraversal,
    Cmdi,
}

/// One page of requests, newest first.
#[derive(Serialize, ToSchema)]
pub(super) struct RequestPage {
    pub(super) requests: Vec<RequestView>,
    /// Cursor of the next page; null on the last one.
    #[schema(required)]
    pub(super) next: Option<String>,
}

/// A request as stored, with secrets redacted.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Request)]
pub(super) struct RequestView {
    /// 24 hex digits; the id on a refusal page.
    pub(super) id: String,
    /// The visit it belongs to; null where the client was barred.
    #[schema(required)]
    pub(super) session: Option<String>,
    /// When it was answered, RFC 3339 in UTC.
    pub(super) time: String,
    /// What the client is counted by.
    pub(super) client: String,
    /// The client's address.
    pub(super) client_ip: String,
    pub(super) method: String,
    /// Path and query, redacted.
    pub(super) url: String,
    /// Scheme and host as the client named them.
    pub(super) origin: String,
    /// Status sent; 0 when none was.
    pub(super) status: u16,
    /// `allow`, `flag` or `refuse`.
    #[schema(value_type = VerdictName)]
    pub(super) verdict: &'static str,
    /// Why it was flagged or refused: `banned`, `attack`, `malformed`, `body-too-large`, `uninspected`.
    #[schema(required)]
    pub(super) reason: Option<&'static str>,
    /// The class of an attack.
    #[schema(required, value_type = Option<ClassName>)]
    pub(super) class: Option<&'static str>,
    /// Highest probability of attack of any part, 0 to 1.
    #[schema(required)]
    pub(super) score: Option<f32>,
    pub(super) findings: Vec<FindingView>,
    pub(super) request_bytes: u64,
    pub(super) response_bytes: u64,
    /// The answer's content type.
    #[schema(required)]
    pub(super) content_type: Option<String>,
    /// From arrival to the end of the answer, in microseconds.
    pub(super) latency_us: u64,
    /// Name and value of each header in order, redacted.
    pub(super) headers: Vec<(String, String)>,
    /// The body, taken apart and redacted, where bodies are kept.
    #[schema(required)]
    pub(super) request_body: Option<Value>,
    /// Parts, by their names in stored documents, in which a backslash, `x` and two hex digits stand for a byte that is
    /// not UTF-8, and two backslashes for one.
    pub(super) escaped: Vec<&'static str>,
    /// Parts that were too long to be kept whole, by the same names, with how long they were: bytes, of `findings` how
    /// many.
    pub(super) cut: BTreeMap<&'static str, u64>,
}

/// One suspicion about one place of a request.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Finding)]
pub(super) struct FindingView {
    /// Such as `query-value`.
    pub(super) place: &'static str,
    /// The parameter, field, header or cookie.
    pub(super) name: String,
    /// `attack` or `malformed`.
    pub(super) suspicion: &'static str,
    /// The class of attack, or what is malformed.
    pub(super) class: &'static str,
    /// Probability of attack, 0 to 1.
    #[schema(required)]
    pub(super) score: Option<f32>,
    /// The text it rests on, at most 64 bytes; empty where it may hold a secret.
    pub(super) excerpt: String,
}

/// One request, and what stands between its client and the site now.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct RequestDetail {
    pub(super) request: RequestView,
    /// Why it was answered so, in a sentence.
    pub(super) explanation: String,
    /// The ban that bars its client now; null when none does.
    #[schema(required)]
    pub(super) ban: Option<BanView>,
}

/// Requests, newest first.
#[utoipa::path(get, path = "/api/v1/requests", tag = "requests", params(ListParams),
    responses((status = 200, description = "A page of requests", body = RequestPage), ReadErrors))]
pub(super) async fn list(
    State(parts): State<Arc<Parts>>,
    Params(params): Params<ListParams>,
) -> Result<Json<RequestPage>, ApiError> {
    page(&parts, &params).await.map(Json)
}

/// Why was this request refused, or its client banned?
///
/// The id is the one on the refusal page and in the `X-Request-Id` header.
#[utoipa::path(get, path = "/api/v1/requests/{id}", tag = "requests",
    params(("id" = String, Path, description = "24 hex digits", pattern = "^[0-9a-fA-F]{24}$")),
    responses((status = 200, description = "The request", body = RequestDetail),
        (status = 404, description = "No such request, or not stored yet or any more", body = ErrorBody), ReadErrors))]
pub(super) async fn show(
    State(parts): State<Arc<Parts>>,
    Path(id): Path<String>,
) -> Result<Json<RequestDetail>, ApiError> {
    find(&parts, &id).await.map(Json)
}

/// The page that was asked for.
pub(super) async fn page(parts: &Parts, params: &ListParams) -> Result<RequestPage, ApiError> {
    let span = Span::read(params.since.as_deref(), params.until.as_deref(), Timestamp::now())?;
    let cursor: Option<RequestId> = position(params.cursor.as_deref(), params.before.as_deref())?;
    let query = ActivityQuery {
        session: optional("session", params.session.as_deref())?,
        client: client_key(params.client.as_deref(), &parts.clients)?,
        refused_only: optional("refused", params.refused.as_deref())?.unwrap_or(false),
        verdict: verdict(params.verdict.as_deref())?,
        class: class(params.class.as_deref())?,
        path: params.route.clone().filter(|route| !route.is_empty()),
        before: span.before(cursor),
        limit: limit(params.limit.as_deref(), 100, 1_000)?,
    };
    let mut records = timely(parts.activity.page(&query)).await?;
    let full = u32::try_from(records.len()).is_ok_and(|count| count >= query.limit);
    let next = records.last().filter(|last| full && span.reaches(last.id)).map(|last| last.id.to_string());
    records.retain(|record| span.reaches(record.id));
    Ok(RequestPage { requests: records.iter().map(RequestView::from).collect(), next })
}

/// The request of this id, with the ban in force on its client.
pub(super) async fn find(parts: &Parts, id: &str) -> Result<RequestDetail, ApiError> {
    let id: RequestId = id.parse().map_err(|error| ApiError::bad_request("bad_id", format!("{error}")))?;
    let query = ActivityQuery { before: after(id), limit: 1, ..ActivityQuery::default() };
    let found = timely(parts.activity.page(&query)).await?;
    let Some(record) = found.first().filter(|record| record.id == id) else {
        let message = format!("there is no request {id}; one of the last second may not be stored yet");
        return Err(ApiError::not_found(message));
    };
    let ban = parts.bans.check(record.client_ip, Timestamp::now());
    Ok(RequestDetail {
        explanation: explanation(record),
        ban: ban.as_deref().map(BanView::from),
        request: record.into(),
    })
}

/// The id that follows this one; `None` for the last there can be.
fn after(id: RequestId) -> Option<RequestId> {
    let mut bytes = id.bytes();
    for byte in bytes.iter_mut().rev() {
        let (next, carried) = byte.overflowing_add(1);
        *byte = next;
        if !carried {
            return Some(RequestId::from_bytes(bytes));
        }
    }
    None
}

fn explanation(record: &ActivityRecord) -> String {
    let did = match record.verdict {
        Verdict::Allow => return "It was let through: nothing was suspected.".to_owned(),
        Verdict::Flag(_) => "It was let through and flagged",
        Verdict::Refuse(_) => "It was refused",
    };
    let why = match record.verdict.reason() {
        Some(Reason::Banned) => "its client was banned at that moment".to_owned(),
        Some(Reason::Attack(class)) => match record.score {
            Some(score) => format!("the text model took a part of it for {} ({:.1} %)", class.as_str(), score * 100.0),
            None => format!("the text model took a part of it for {}", class.as_str()),
        },
        Some(Reason::Malformed) => "a part of it is not what it claims to be".to_owned(),
        Some(Reason::BodyTooLarge) => "its body is larger than the route allows".to_owned(),
        Some(Reason::Uninspected) => "it could not be inspected".to_owned(),
        None => return format!("{did}."),
    };
    format!("{did}: {why}.")
}

fn verdict(text: Option<&str>) -> Result<Option<&'static str>, ApiError> {
    let Some(word) = text.filter(|word| !word.is_empty()) else { return Ok(None) };
    let known = Verdict::NAMES;
    match known.into_iter().find(|known| *known == word) {
        None => Err(ApiError::bad_request("bad_query", format!("verdict: expected one of {}", known.join(", ")))),
        known => Ok(known),
    }
}

fn class(text: Option<&str>) -> Result<Option<AttackClass>, ApiError> {
    let Some(word) = text.filter(|word| !word.is_empty()) else { return Ok(None) };
    match AttackClass::parse(word) {
        None => {
            let known = AttackClass::ALL.map(AttackClass::as_str).join(", ");
            Err(ApiError::bad_request("bad_query", format!("class: expected one of {known}")))
        }
        class => Ok(class),
    }
}

impl From<&ActivityRecord> for RequestView {
    fn from(record: &ActivityRecord) -> Self {
        let reason = record.verdict.reason();
        Self {
            id: record.id.to_string(),
            session: record.session.map(|session| session.to_string()),
            time: record.timestamp.to_string(),
            client: record.client.to_string(),
            client_ip: record.client_ip.to_string(),
            method: record.method.clone(),
            url: record.url.clone(),
            origin: record.origin.clone(),
            status: record.status,
            verdict: record.verdict.as_str(),
            reason: reason.map(Reason::as_str),
            class: match reason {
                Some(Reason::Attack(class)) => Some(class.as_str()),
                _ => None,
            },
            score: record.score,
            findings: record.findings.iter().map(FindingView::from).collect(),
            request_bytes: record.request_bytes,
            response_bytes: record.response_bytes,
            content_type: record.content_type.clone(),
            latency_us: u64::try_from(record.latency.as_micros()).unwrap_or(u64::MAX),
            headers: record.headers.clone(),
            request_body: record.request_body.clone(),
            escaped: record.escaped.iter().map(|part| part.as_str()).collect(),
            cut: record.cut.iter().map(|(part, length)| (part.as_str(), *length)).collect(),
        }
    }
}

impl From<&Finding> for FindingView {
    fn from(finding: &Finding) -> Self {
        let (suspicion, class, score) = match finding.suspicion {
            Suspicion::Attack { class, score } => ("attack", class.as_str(), Some(score)),
            Suspicion::Malformed(what) => ("malformed", what.as_str(), None),
        };
        Self {
            place: finding.target.kind.as_str(),
            name: finding.target.name.clone(),
            suspicion,
            class,
            score,
            excerpt: finding.excerpt.clone(),
        }
    }
}

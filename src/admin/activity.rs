//! The activity log, page by page.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use serde_json::{Value, json};

use super::Parts;
use super::error::ApiError;
use super::extract::{Params, client_key, limit, optional};
use crate::activity::{ActivityQuery, ActivityRecord};
use crate::inspection::{Finding, Suspicion};
use crate::policy::Reason;

/// Query of the list.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ListParams {
    session: Option<String>,
    client: Option<String>,
    refused: Option<String>,
    before: Option<String>,
    limit: Option<String>,
}

/// `GET /api/v1/requests`
pub(super) async fn list(
    State(parts): State<Arc<Parts>>,
    Params(params): Params<ListParams>,
) -> Result<Json<Value>, ApiError> {
    let query = ActivityQuery {
        session: optional("session", params.session.as_deref())?,
        client: client_key(params.client.as_deref(), &parts.clients)?,
        refused_only: optional("refused", params.refused.as_deref())?.unwrap_or(false),
        before: optional("before", params.before.as_deref())?,
        limit: limit(params.limit.as_deref(), 100, 1_000)?,
    };
    let records = parts.activity.page(&query).await?;
    let full = u32::try_from(records.len()).is_ok_and(|count| count >= query.limit);
    let next = records.last().filter(|_| full).map(|last| last.id.to_string());
    let requests: Vec<_> = records.iter().map(shown).collect();
    Ok(Json(json!({"requests": requests, "next": next})))
}

fn shown(record: &ActivityRecord) -> Value {
    json!({
        "id": record.id.to_string(),
        "session": record.session.map(|session| session.to_string()),
        "time": record.timestamp.to_string(),
        "client": record.client.to_string(),
        "client_ip": record.client_ip.to_string(),
        "method": record.method,
        "url": record.url,
        "origin": record.origin,
        "status": record.status,
        "verdict": record.verdict.as_str(),
        "reason": record.verdict.reason().map(Reason::as_str),
        "class": class(record.verdict.reason()),
        "score": record.score,
        "findings": record.findings.iter().map(finding).collect::<Vec<_>>(),
        "request_bytes": record.request_bytes,
        "response_bytes": record.response_bytes,
        "content_type": record.content_type,
        "latency_us": u64::try_from(record.latency.as_micros()).unwrap_or(u64::MAX),
        "headers": record.headers,
        "request_body": record.request_body,
    })
}

fn class(reason: Option<Reason>) -> Option<&'static str> {
    match reason {
        Some(Reason::Attack(class)) => Some(class.as_str()),
        _ => None,
    }
}

fn finding(finding: &Finding) -> Value {
    let (suspicion, class, score) = match finding.suspicion {
        Suspicion::Attack { class, score } => ("attack", class.as_str(), Some(score)),
        Suspicion::Malformed(what) => ("malformed", what.as_str(), None),
    };
    json!({
        "place": finding.target.kind.as_str(),
        "name": finding.target.name,
        "suspicion": suspicion,
        "class": class,
        "score": score,
        "excerpt": finding.excerpt,
    })
}

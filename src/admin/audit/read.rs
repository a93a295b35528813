//! `GET /api/v1/audit`

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::Change;
use crate::admin::Parts;
use crate::admin::error::{ApiError, ReadErrors};
use crate::admin::extract::{Params, limit, optional};

/// Query of the list.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(in crate::admin) struct ListParams {
    /// Only changes by the token of this name.
    actor: Option<String>,
    /// Only changes of this kind, such as `ban.remove`.
    action: Option<String>,
    /// `next` of the page before.
    cursor: Option<String>,
    /// Changes at most, 1 to 1,000; 100 where not given.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 1000)]
    limit: Option<String>,
}

/// One page of changes, newest first.
#[derive(Serialize, ToSchema)]
pub(in crate::admin) struct AuditPage {
    changes: Vec<Change>,
    /// Cursor of the next page; null on the last one.
    #[schema(required)]
    next: Option<String>,
}

/// Changes made through the admin API, newest first.
#[utoipa::path(get, path = "/api/v1/audit", tag = "audit", params(ListParams),
    responses((status = 200, description = "A page of changes", body = AuditPage), ReadErrors))]
pub(in crate::admin) async fn list(
    State(parts): State<Arc<Parts>>,
    Params(params): Params<ListParams>,
) -> Result<Json<AuditPage>, ApiError> {
    let before = optional("cursor", params.cursor.as_deref())?;
    let most = usize::try_from(limit(params.limit.as_deref(), 100, 1_000)?).unwrap_or(usize::MAX);
    let is = |asked: &Option<String>, text: &str| asked.as_ref().is_none_or(|word| word.is_empty() || word == text);
    let wanted = |change: &Change| is(&params.actor, &change.actor) && is(&params.action, &change.action);
    let changes = parts.audit.before(before, most, wanted);
    let next = changes.last().filter(|_| changes.len() >= most).map(|last| last.id.to_string());
    Ok(Json(AuditPage { changes: changes.iter().map(|change| Change::clone(change)).collect(), next }))
}

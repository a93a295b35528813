//! Visits: the open ones and the judged ones.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::Parts;
use super::error::ApiError;
use super::extract::{Params, client_key, limit, optional};
use crate::behaviour::{Assessment, AssessmentQuery, Behaviour, CustomNames, SessionFeatures, Spoken};
use crate::client::ClientKey;
use crate::session::{Session, SessionId};

/// Open visits looked through at most.
pub(super) const MAX_OPEN: usize = 10_000;

/// Query of the list.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ListParams {
    client: Option<String>,
    behavior: Option<String>,
    before: Option<String>,
    limit: Option<String>,
}

/// A visit as shown; what is not known of it yet is null.
#[derive(Serialize)]
struct SessionView {
    id: String,
    /// `open` or `judged`.
    state: &'static str,
    client: String,
    client_ip: String,
    started: Option<String>,
    end: String,
    features: Map<String, Value>,
    behavior: Option<&'static str>,
    active: Option<bool>,
    cause: Option<&'static str>,
    /// Probability of abnormal by the features.
    score: Option<f32>,
    /// Highest probability of attack of any of its requests.
    max_attack_score: Option<f32>,
    findings: Option<u32>,
    model: Option<String>,
    /// The features that spoke most for abnormal.
    spoke: Vec<SpokenView>,
}

/// The numbers of a visit, named as in the documents: the predecessor's first, ours where they were counted, then the
/// custom ones.
fn features_view(features: &SessionFeatures) -> Map<String, Value> {
    let mut view = Map::new();
    view.insert("numOfLoginAttempts".to_owned(), features.login_attempts.into());
    view.insert("numOfPostReqs".to_owned(), features.post_requests.into());
    view.insert("numOfReqs".to_owned(), features.requests.into());
    view.insert("sesCodes4xx".to_owned(), features.codes_4xx.into());
    view.insert("sesDuration".to_owned(), features.duration_ms.into());
    for (name, value) in SessionFeatures::own_names().iter().zip(features.own.iter().flat_map(|own| own.iter())) {
        view.insert((*name).to_owned(), json!(value));
    }
    view.extend(features.custom.iter().map(|(name, value)| (name.clone(), json!(value))));
    view
}

/// A feature that spoke for abnormal.
#[derive(Serialize)]
struct SpokenView {
    feature: String,
    value: f64,
    /// How much lower the score is with an ordinary value in its place.
    weight: f32,
}

impl From<&Spoken> for SpokenView {
    fn from(spoken: &Spoken) -> Self {
        Self { feature: spoken.feature.clone(), value: spoken.value, weight: spoken.weight }
    }
}

impl From<&Session> for SessionView {
    fn from(session: &Session) -> Self {
        Self {
            id: session.id.to_string(),
            state: "open",
            client: session.client.to_string(),
            client_ip: session.client_ip.to_string(),
            started: Some(session.started.to_string()),
            end: session.end().to_string(),
            features: features_view(&SessionFeatures::of(session, &CustomNames::from([]))),
            behavior: None,
            active: None,
            cause: None,
            score: None,
            max_attack_score: Some(session.max_score),
            findings: Some(session.findings),
            model: None,
            spoke: Vec::new(),
        }
    }
}

impl From<&Assessment> for SessionView {
    fn from(judged: &Assessment) -> Self {
        Self {
            id: judged.session.to_string(),
            state: "judged",
            client: judged.client.to_string(),
            client_ip: judged.client_ip.to_string(),
            started: None,
            end: judged.end.to_string(),
            features: features_view(&judged.features),
            behavior: Some(judged.behaviour.as_str()),
            active: Some(judged.active),
            cause: judged.cause.map(|cause| cause.as_str()),
            score: judged.score,
            max_attack_score: None,
            findings: None,
            model: Some(judged.model.clone()).filter(|model| !model.is_empty()),
            spoke: judged.spoke.iter().map(SpokenView::from).collect(),
        }
    }
}

/// `GET /api/v1/sessions`
///
/// Open visits stand on the first page only, and not where a judgement is asked for: they have none.
pub(super) async fn list(
    State(parts): State<Arc<Parts>>,
    Params(params): Params<ListParams>,
) -> Result<Json<Value>, ApiError> {
    let query = AssessmentQuery {
        client: client_key(params.client.as_deref(), &parts.clients)?,
        behaviour: behaviour(params.behavior.as_deref())?,
        before: optional("before", params.before.as_deref())?,
        limit: limit(params.limit.as_deref(), 100, 1_000)?,
    };
    let most = usize::try_from(query.limit).unwrap_or(usize::MAX);
    let open = if query.behaviour.is_none() && query.before.is_none() {
        newest_open(&parts, query.client, most)
    } else {
        Vec::new()
    };
    let judged = parts.assessments.page(&query).await?;
    let next = judged.last().filter(|_| judged.len() >= most).map(|last| last.session.to_string());
    let judged: Vec<_> = judged.iter().map(SessionView::from).collect();
    Ok(Json(json!({"open": open, "judged": judged, "next": next})))
}

/// `GET /api/v1/sessions/{id}`
pub(super) async fn show(State(parts): State<Arc<Parts>>, Path(id): Path<String>) -> Result<Json<Value>, ApiError> {
    let id: SessionId = id.parse().map_err(|error| ApiError::bad_request("bad_id", format!("{error}")))?;
    if let Some(judged) = parts.assessments.by_session(id).await? {
        return Ok(Json(json!(SessionView::from(&judged))));
    }
    let open = (parts.open_sessions)(MAX_OPEN);
    match open.iter().find(|session| session.id == id) {
        Some(session) => Ok(Json(json!(SessionView::from(session)))),
        None => Err(ApiError::not_found(format!("there is no session {id}"))),
    }
}

fn newest_open(parts: &Parts, client: Option<ClientKey>, most: usize) -> Vec<SessionView> {
    let mut open = (parts.open_sessions)(MAX_OPEN);
    open.retain(|session| client.is_none_or(|client| session.client == client));
    open.sort_by_key(|session| std::cmp::Reverse((session.last_arrival, session.id)));
    open.iter().take(most).map(SessionView::from).collect()
}

fn behaviour(text: Option<&str>) -> Result<Option<Behaviour>, ApiError> {
    let Some(word) = text.filter(|word| !word.is_empty()) else {
        return Ok(None);
    };
    match Behaviour::parse(word) {
        Some(behaviour) => Ok(Some(behaviour)),
        None => {
            let known = Behaviour::ALL.map(Behaviour::as_str).join(", ");
            Err(ApiError::bad_request("bad_query", format!("behavior: expected one of {known}")))
        }
    }
}

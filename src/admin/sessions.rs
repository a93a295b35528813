//! Visits: the open ones and the judged ones.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use utoipa::{IntoParams, ToSchema};

use super::Parts;
use super::error::{ApiError, ErrorBody, ReadErrors};
use super::extract::{Params, Span, client_key, limit, position, timely};
use crate::behaviour::{Assessment, AssessmentQuery, Behaviour, CustomNames, SessionFeatures, Spoken};
use crate::client::ClientKey;
use crate::session::{Session, SessionId};
use crate::time::Timestamp;

/// Open visits looked through at most.
pub(super) const MAX_OPEN: usize = 10_000;

/// Query of the list.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ListParams {
    /// Only of this client: an address as the filter counts it (IPv6 by its network), or a range that stands for one.
    pub(super) client: Option<String>,
    /// Only with this judgement.
    #[param(value_type = Option<BehaviourName>)]
    pub(super) behavior: Option<String>,
    /// Only begun from this moment on, to the second: RFC 3339, or how long ago, such as `15m`.
    pub(super) since: Option<String>,
    /// Only begun up to this moment, to the second: RFC 3339, or how long ago.
    pub(super) until: Option<String>,
    /// `next` of the page before.
    pub(super) cursor: Option<String>,
    /// The older name of `cursor`.
    pub(super) before: Option<String>,
    /// Judged sessions at most, and as many open ones; 1 to 1,000; 100 where not given.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 1000)]
    pub(super) limit: Option<String>,
}

/// What a visit was judged to be; the predecessor's words.
#[derive(ToSchema)]
#[expect(dead_code, reason = "read by the OpenAPI document only")]
pub(super) enum BehaviourName {
    #[schema(rename = "newSession")]
    NewSession,
    Normal,
    Abnormal,
}

/// Visits: open ones, on the first page only, and one page of judged ones, newest first.
#[derive(Serialize, ToSchema)]
pub(super) struct SessionPage {
    pub(super) open: Vec<SessionView>,
    pub(super) judged: Vec<SessionView>,
    /// Cursor of the next page; null on the last one.
    #[schema(required)]
    pub(super) next: Option<String>,
}

/// A visit as shown; what is not known of it yet is null.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Session)]
pub(super) struct SessionView {
    /// The id of its first request.
    pub(super) id: String,
    /// `open` or `judged`.
    pub(super) state: &'static str,
    /// What the client is counted by.
    pub(super) client: String,
    /// Address of its first request.
    pub(super) client_ip: String,
    /// Arrival of its first request.
    #[schema(required)]
    pub(super) started: Option<String>,
    /// Its last moment.
    pub(super) end: String,
    /// Its numbers by name: the predecessor's five, `numOfLoginAttempts`, `numOfPostReqs`, `numOfReqs`, `sesCodes4xx`
    /// and `sesDuration` (milliseconds), are always there; the others where they were counted, the custom ones last.
    #[schema(value_type = HashMap<String, f64>, example = json!({"numOfLoginAttempts": 0, "numOfPostReqs": 1,
        "numOfReqs": 12, "sesCodes4xx": 2, "sesDuration": 5230, "distinctPaths": 7.0}))]
    pub(super) features: Map<String, Value>,
    /// What it was judged to be.
    #[schema(required, value_type = Option<BehaviourName>)]
    pub(super) behavior: Option<&'static str>,
    /// Whether it counts towards a ban.
    #[schema(required)]
    pub(super) active: Option<bool>,
    /// What an abnormal judgement rests on: `text` (an attack in a request), `features`, or the name of a limit.
    #[schema(required)]
    pub(super) cause: Option<&'static str>,
    /// Probability of abnormal by the features.
    #[schema(required)]
    pub(super) score: Option<f32>,
    /// Highest probability of attack of any of its requests.
    #[schema(required)]
    pub(super) max_attack_score: Option<f32>,
    /// Requests of it that were taken for attacks.
    #[schema(required)]
    pub(super) findings: Option<u32>,
    /// Name and version of the behaviour model.
    #[schema(required)]
    pub(super) model: Option<String>,
    /// The features that spoke most for abnormal, most first, at most three; none where the features did not decide.
    pub(super) spoke: Vec<SpokenView>,
}

impl SessionView {
    /// One of its numbers; 0 where it was not counted.
    pub(super) fn number(&self, feature: &str) -> u64 {
        self.features.get(feature).and_then(Value::as_u64).unwrap_or(0)
    }
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
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SpokenFeature)]
pub(super) struct SpokenView {
    /// Its name, as among the features.
    pub(super) feature: String,
    /// What it was.
    pub(super) value: f64,
    /// How much lower the score is with an ordinary value in its place.
    pub(super) weight: f32,
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

/// Open and judged visits.
///
/// Open ones stand on the first page only, and not where a judgement is asked for: they have none.
#[utoipa::path(get, path = "/api/v1/sessions", tag = "sessions", params(ListParams),
    responses((status = 200, description = "A page of sessions", body = SessionPage), ReadErrors))]
pub(super) async fn list(
    State(parts): State<Arc<Parts>>,
    Params(params): Params<ListParams>,
) -> Result<Json<SessionPage>, ApiError> {
    page(&parts, &params).await.map(Json)
}

/// One visit.
#[utoipa::path(get, path = "/api/v1/sessions/{id}", tag = "sessions",
    params(("id" = String, Path, description = "24 hex digits", pattern = "^[0-9a-fA-F]{24}$")),
    responses((status = 200, description = "The session", body = SessionView),
        (status = 404, description = "There is no such session", body = ErrorBody), ReadErrors))]
pub(super) async fn show(
    State(parts): State<Arc<Parts>>,
    Path(id): Path<String>,
) -> Result<Json<SessionView>, ApiError> {
    find(&parts, &id).await.map(Json)
}

/// The page that was asked for.
pub(super) async fn page(parts: &Parts, params: &ListParams) -> Result<SessionPage, ApiError> {
    let span = Span::read(params.since.as_deref(), params.until.as_deref(), Timestamp::now())?;
    let cursor: Option<SessionId> = position(params.cursor.as_deref(), params.before.as_deref())?;
    let query = AssessmentQuery {
        client: client_key(params.client.as_deref(), &parts.clients)?,
        behaviour: behaviour(params.behavior.as_deref())?,
        before: span.before(cursor.map(SessionId::first_request)).map(SessionId::from),
        limit: limit(params.limit.as_deref(), 100, 1_000)?,
    };
    let most = usize::try_from(query.limit).unwrap_or(usize::MAX);
    let first = query.behaviour.is_none() && cursor.is_none();
    let open = if first { newest_open(parts, query.client, &span, most) } else { Vec::new() };
    let mut judged = timely(parts.assessments.page(&query)).await?;
    let full = judged.len() >= most;
    let within = |judged: &Assessment| span.reaches(judged.session.first_request());
    let next = judged.last().filter(|last| full && within(last)).map(|last| last.session.to_string());
    judged.retain(within);
    Ok(SessionPage { open, judged: judged.iter().map(SessionView::from).collect(), next })
}

/// The visit of this id.
pub(super) async fn find(parts: &Parts, id: &str) -> Result<SessionView, ApiError> {
    let id = session_id(id)?;
    if let Some(judged) = timely(parts.assessments.by_session(id)).await? {
        return Ok(SessionView::from(&judged));
    }
    let open = (parts.open_sessions)(MAX_OPEN);
    match open.iter().find(|session| session.id == id) {
        Some(session) => Ok(SessionView::from(session)),
        None => Err(ApiError::not_found(format!("there is no session {id}"))),
    }
}

/// The id of this text.
pub(super) fn session_id(text: &str) -> Result<SessionId, ApiError> {
    text.parse().map_err(|error| ApiError::bad_request("bad_id", format!("{error}")))
}

fn newest_open(parts: &Parts, client: Option<ClientKey>, span: &Span, most: usize) -> Vec<SessionView> {
    let mut open = (parts.open_sessions)(MAX_OPEN);
    open.retain(|session| client.is_none_or(|client| session.client == client) && span.holds(session.started));
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

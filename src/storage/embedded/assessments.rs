//! Judged visits: `sesfeatures`.

use async_trait::async_trait;
use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, Row, params, params_from_iter};

use super::{CallError, EmbeddedStore};
use crate::behaviour::{
    Assessment, AssessmentQuery, AssessmentStore, AssessmentStoreError, BODIES, Behaviour, Cause, SessionFeatures,
};
use crate::client::{ClientIp, ClientKey};
use crate::session::SessionId;
use crate::storage::fields;
use crate::time::Timestamp;

const COLUMNS: &str = "sessionID, clientIP, clientKey, active, behavior, endTimestamp, numOfLoginAttempts, \
    numOfPostReqs, numOfReqs, sesCodes4xx, sesDuration, score, cause, model, features, custom, spoke, reqBodiesData";
const PLACES: &str = "?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?";
const ACTIVE_ABNORMAL: &str = "behavior = 'Abnormal' AND active = 1";

#[async_trait]
impl AssessmentStore for EmbeddedStore {
    async fn put(&self, assessment: &Assessment) -> Result<(), AssessmentStoreError> {
        let assessment = assessment.clone();
        self.database.write(move |connection| put(connection, &assessment)).await.map_err(failed)
    }

    async fn by_session(&self, session: SessionId) -> Result<Option<Assessment>, AssessmentStoreError> {
        let read = move |connection: &mut Connection| {
            let sql = format!("SELECT {COLUMNS} FROM sesfeatures WHERE sessionID = ?");
            connection.prepare_cached(&sql)?.query_row([session.to_string()], assessment_of).optional()
        };
        Ok(self.database.read(read).await.map_err(failed)?.flatten())
    }

    async fn page(&self, query: &AssessmentQuery) -> Result<Vec<Assessment>, AssessmentStoreError> {
        let (sql, values) = select(query);
        let limit = fields::page_limit(query.limit);
        let read = move |connection: &mut Connection| {
            let mut statement = connection.prepare_cached(&sql)?;
            let rows = statement.query_map(params_from_iter(values), assessment_of)?;
            rows.filter_map(Result::transpose).take(limit).collect()
        };
        self.database.read(read).await.map_err(failed)
    }

    async fn active_abnormal(&self) -> Result<Vec<(ClientKey, SessionId)>, AssessmentStoreError> {
        let read = |connection: &mut Connection| {
            let sql =
                format!("SELECT clientKey, sessionID FROM sesfeatures WHERE {ACTIVE_ABNORMAL} ORDER BY sessionID");
            let mut statement = connection.prepare_cached(&sql)?;
            let rows = statement.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?)))?;
            let parsed = rows.filter_map(|row| match row {
                Ok((client, session)) => fields::client_key(&client).zip(session.parse().ok()).map(Ok),
                Err(error) => Some(Err(error)),
            });
            parsed.collect()
        };
        self.database.read(read).await.map_err(failed)
    }

    async fn deactivate_abnormal(&self, client: ClientKey) -> Result<u64, AssessmentStoreError> {
        let update = move |connection: &mut Connection| {
            let sql = format!("UPDATE sesfeatures SET active = 0 WHERE clientKey = ? AND {ACTIVE_ABNORMAL}");
            connection.execute(&sql, [client.to_string()])
        };
        self.database.write(update).await.map(|rows| rows as u64).map_err(failed)
    }
}

fn failed(error: CallError) -> AssessmentStoreError {
    AssessmentStoreError(Box::new(error))
}

fn put(connection: &Connection, assessment: &Assessment) -> rusqlite::Result<()> {
    let sql = format!("INSERT OR REPLACE INTO sesfeatures ({COLUMNS}) VALUES ({PLACES})");
    let features = &assessment.features;
    let values = params![
        assessment.session.to_string(),
        assessment.client_ip.to_string(),
        assessment.client.to_string(),
        assessment.active,
        assessment.behaviour.as_str(),
        assessment.end.as_millis(),
        features.login_attempts,
        features.post_requests,
        features.requests,
        features.codes_4xx,
        i64::try_from(features.duration_ms).unwrap_or(i64::MAX),
        assessment.score.map(f64::from),
        assessment.cause.map(Cause::as_str),
        assessment.model,
        features.own.is_some().then(|| serde_json::Value::from(fields::own_json(features)).to_string()),
        fields::custom_json(features).to_string(),
        fields::spoke_json(&assessment.spoke).to_string(),
        fields::bodies_json(features).to_string(),
    ];
    connection.prepare_cached(&sql)?.execute(values).map(drop)
}

fn select(query: &AssessmentQuery) -> (String, Vec<Value>) {
    let mut sql = format!("SELECT {COLUMNS} FROM sesfeatures WHERE 1");
    let mut values = Vec::new();
    let mut add = |condition: &str, value: Option<String>| {
        if let Some(value) = value {
            sql.push_str(condition);
            values.push(Value::Text(value));
        }
    };
    add(" AND clientKey = ?", query.client.map(|client| client.to_string()));
    add(" AND behavior = ?", query.behaviour.map(|behaviour| behaviour.as_str().to_owned()));
    add(" AND sessionID < ?", query.before.map(|session| session.to_string()));
    sql.push_str(" ORDER BY sessionID DESC");
    (sql, values)
}

/// The assessment of a row; `None`, with a warning, where the row was edited so that it cannot be read.
fn assessment_of(row: &Row<'_>) -> rusqlite::Result<Option<Assessment>> {
    let session: String = row.get("sessionID")?;
    let assessment = readable(row);
    if !matches!(assessment, Ok(Some(_))) {
        tracing::warn!(session, "passed over a row of sesfeatures that cannot be read");
    }
    Ok(assessment.unwrap_or_default())
}

fn readable(row: &Row<'_>) -> rusqlite::Result<Option<Assessment>> {
    let text = |column: &str| row.get::<_, String>(column);
    let json = |column: &str| {
        let text = row.get::<_, Option<String>>(column)?;
        Ok::<_, rusqlite::Error>(text.and_then(|text| serde_json::from_str::<serde_json::Value>(&text).ok()))
    };
    let (Ok(session), Some(client), Ok(ip), Some(behaviour)) = (
        text("sessionID")?.parse(),
        fields::client_key(&text("clientKey")?),
        text("clientIP")?.parse(),
        Behaviour::parse(&text("behavior")?),
    ) else {
        return Ok(None);
    };
    Ok(Some(Assessment {
        session,
        client,
        client_ip: ClientIp::new(ip),
        end: Timestamp::from_millis(row.get("endTimestamp")?),
        features: SessionFeatures {
            login_attempts: row.get("numOfLoginAttempts")?,
            post_requests: row.get("numOfPostReqs")?,
            requests: row.get("numOfReqs")?,
            codes_4xx: row.get("sesCodes4xx")?,
            duration_ms: u64::try_from(row.get::<_, i64>("sesDuration")?).unwrap_or(0),
            own: json("features")?.as_ref().and_then(fields::own),
            custom: json("custom")?.as_ref().map(fields::custom).unwrap_or_default(),
            bodies: json(BODIES)?.as_ref().map(fields::bodies).unwrap_or_default(),
        },
        behaviour,
        active: row.get("active")?,
        score: row.get::<_, Option<f64>>("score")?.map(fields::score),
        cause: row.get::<_, Option<String>>("cause")?.and_then(|name| Cause::parse(&name)),
        model: text("model")?,
        spoke: json("spoke")?.as_ref().map(fields::spoke).unwrap_or_default(),
    }))
}

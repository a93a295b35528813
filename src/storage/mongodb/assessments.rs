//! Judged visits: `sesfeatures`.

use std::time::Duration;

use async_trait::async_trait;
use ipnet::IpNet;
use mongodb::bson::{Bson, Document, doc};

use super::document::{self, SCHEMA_VERSION, SESFEATURES, number};
use super::json;
use super::{CallError, MongoStore, within};
use crate::behaviour::{
    Assessment, AssessmentQuery, AssessmentStore, AssessmentStoreError, BODIES, Behaviour, Cause, SessionFeatures,
};
use crate::client::ClientKey;
use crate::session::{Session, SessionId};
use crate::storage::fields;
use crate::time::Timestamp;

#[async_trait]
impl AssessmentStore for MongoStore {
    async fn put(&self, assessment: &Assessment) -> Result<(), AssessmentStoreError> {
        let update = doc! { "$set": of_assessment(assessment) };
        let session = doc! { "sessionID": assessment.session.to_string() };
        within(self.collection(SESFEATURES).update_one(session, update).upsert(true)).await.map(drop).map_err(failed)
    }

    async fn by_session(&self, session: SessionId) -> Result<Option<Assessment>, AssessmentStoreError> {
        let filter = doc! { "sessionID": session.to_string() };
        let found = within(self.collection(SESFEATURES).find_one(filter)).await.map_err(failed)?;
        Ok(found.as_ref().and_then(assessment_of))
    }

    async fn page(&self, query: &AssessmentQuery) -> Result<Vec<Assessment>, AssessmentStoreError> {
        let limit = fields::page_limit(query.limit);
        let order = doc! { "sessionID": -1 };
        self.newest(SESFEATURES, filter(query), order, limit, assessment_of).await.map_err(failed)
    }

    async fn active_abnormal(&self) -> Result<Vec<(ClientKey, SessionId)>, AssessmentStoreError> {
        let filter = doc! { "behavior": Behaviour::Abnormal.as_str(), "active": true };
        let read = |document: &Document| {
            let session = document::text(document, "sessionID")?.parse().ok()?;
            Some((document::key(document, document::ip(document)?), session))
        };
        self.newest(SESFEATURES, filter, doc! { "sessionID": 1 }, usize::MAX, read).await.map_err(failed)
    }

    async fn deactivate_abnormal(&self, client: ClientKey) -> Result<u64, AssessmentStoreError> {
        let key = client.to_string();
        // The predecessor's documents have no clientKey; there the address is the key.
        let theirs = doc! { "clientKey": { "$exists": false }, "clientIP": key.as_str() };
        let filter = doc! {
            "behavior": Behaviour::Abnormal.as_str(),
            "active": true,
            "$or": [{ "clientKey": key.as_str() }, theirs],
        };
        let update = doc! { "$set": { "active": false } };
        let updated = within(self.collection(SESFEATURES).update_many(filter, update)).await.map_err(failed)?;
        Ok(updated.modified_count)
    }

    fn is_shared(&self) -> bool {
        true
    }

    async fn strike(
        &self,
        client: ClientKey,
        session: SessionId,
        window: Duration,
    ) -> Result<Option<usize>, AssessmentStoreError> {
        self.add_strike(client, session, window).await.map(Some).map_err(failed)
    }

    async fn clear_strikes(&self, scope: IpNet) -> Result<(), AssessmentStoreError> {
        self.forget_strikes(scope).await.map_err(failed)
    }

    async fn claim(&self, session: &Session, lease: Duration) -> Result<bool, AssessmentStoreError> {
        self.claim_closed(session, lease).await.map_err(failed)
    }

    async fn take_abandoned(&self, lease: Duration) -> Result<Option<Session>, AssessmentStoreError> {
        self.take_abandoned_session(lease).await.map_err(failed)
    }

    async fn settle(&self, session: SessionId) -> Result<(), AssessmentStoreError> {
        Self::settle(self, session).await.map_err(failed)
    }
}

fn failed(error: CallError) -> AssessmentStoreError {
    AssessmentStoreError(Box::new(error))
}

fn filter(query: &AssessmentQuery) -> Document {
    let mut filter = Document::new();
    if let Some(client) = query.client {
        filter.insert("clientKey", client.to_string());
    }
    if let Some(behaviour) = query.behaviour {
        filter.insert("behavior", behaviour.as_str());
    }
    if let Some(before) = query.before {
        filter.insert("sessionID", doc! { "$lt": before.to_string() });
    }
    filter
}

fn of_assessment(assessment: &Assessment) -> Document {
    let features = &assessment.features;
    let mut document = doc! {
        "schemaVersion": SCHEMA_VERSION,
        "sessionID": assessment.session.to_string(),
        "clientIP": assessment.client_ip.to_string(),
        "clientKey": assessment.client.to_string(),
        "active": assessment.active,
        "behavior": assessment.behaviour.as_str(),
        "endTimestamp": document::date(assessment.end),
        "numOfLoginAttempts": number(features.login_attempts.into()),
        "numOfPostReqs": number(features.post_requests.into()),
        "numOfReqs": number(features.requests.into()),
        "sesCodes4xx": number(features.codes_4xx.into()),
        "sesDuration": number(features.duration_ms),
        "score": assessment.score.map_or(Bson::Null, |score| Bson::Double(score.into())),
        "cause": assessment.cause.map(Cause::as_str),
        "model": assessment.model.as_str(),
        "custom": json::to_bson(&fields::custom_json(features)).unwrap_or(Bson::Null),
        "spoke": json::to_bson(&fields::spoke_json(&assessment.spoke)).unwrap_or(Bson::Null),
    };
    // The predecessor's keys have dots, which a field of a document may have.
    let bodies = features.bodies.iter().map(|(key, value)| (key.into_owned(), Bson::from(value)));
    document.insert(BODIES, bodies.collect::<Document>());
    for (name, value) in fields::own_json(features) {
        document.insert(name, value.as_f64());
    }
    document
}

/// The assessment of a document, the predecessor's included; `None` where it has no session or address.
fn assessment_of(document: &Document) -> Option<Assessment> {
    let client_ip = document::ip(document)?;
    let count = |field: &str| u32::try_from(document::whole(document, field).unwrap_or(0)).unwrap_or(u32::MAX);
    Some(Assessment {
        session: document::text(document, "sessionID")?.parse().ok()?,
        client: document::key(document, client_ip),
        client_ip,
        end: document::moment(document, "endTimestamp").unwrap_or(Timestamp::from_millis(0)),
        features: SessionFeatures {
            login_attempts: count("numOfLoginAttempts"),
            post_requests: count("numOfPostReqs"),
            requests: count("numOfReqs"),
            codes_4xx: count("sesCodes4xx"),
            duration_ms: document::whole(document, "sesDuration").unwrap_or(0),
            own: fields::own(&json::from_bson(&Bson::Document(document.clone()))),
            custom: document.get("custom").map(|custom| fields::custom(&json::from_bson(custom))).unwrap_or_default(),
            bodies: document.get(BODIES).map(|bodies| fields::bodies(&json::from_bson(bodies))).unwrap_or_default(),
        },
        behaviour: Behaviour::parse(document::text(document, "behavior")?)?,
        active: document.get_bool("active").unwrap_or(false),
        score: document::score(document),
        cause: document::text(document, "cause").and_then(Cause::parse),
        model: document::text(document, "model").unwrap_or_default().to_owned(),
        spoke: document.get("spoke").map(|spoke| fields::spoke(&json::from_bson(spoke))).unwrap_or_default(),
    })
}

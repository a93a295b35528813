//! What several filters on one database decide together: strikes, and who judges a closed visit.
//!
//! `strikes` has one document a client, `{_id: clientKey, strikes: [{session, at}], seen}`, changed by one atomic command.
//! `closedsessions` has one document for each visit that is being judged, `{_id: sessionID, session, by, leaseUntil}`. All
//! moments are the server's own (`$$NOW`), so that the clocks of the filters do not matter.

use std::time::Duration;

use ipnet::IpNet;
use mongodb::bson::{Bson, Document, doc};
use mongodb::error::{Error, ErrorKind, WriteFailure};
use mongodb::options::ReturnDocument;

use super::{CallError, DUPLICATE_KEY, MongoStore, document, within};
use crate::client::ClientKey;
use crate::session::{Session, SessionId};
use crate::storage::fields;

pub(super) const STRIKES: &str = "strikes";
pub(super) const CLOSED: &str = "closedsessions";

/// Strikes of one client that are kept: far more than ban anyone.
const MOST_STRIKES: i32 = 1_000;

impl MongoStore {
    /// Adds a strike and gives how many the client has within the window, in one atomic step.
    pub(super) async fn add_strike(
        &self,
        client: ClientKey,
        session: SessionId,
        window: Duration,
    ) -> Result<usize, CallError> {
        let session = session.to_string();
        let counts = doc! { "$and": [
            { "$ne": ["$$strike.session", session.as_str()] },
            { "$gte": ["$$strike.at", { "$subtract": ["$$NOW", millis(window)] }] },
        ] };
        let earlier = doc! { "$filter": { "input": { "$ifNull": ["$strikes", []] }, "as": "strike", "cond": counts } };
        let ours = doc! { "session": session, "at": "$$NOW" };
        let all = doc! { "$slice": [{ "$concatArrays": [earlier, [ours]] }, -MOST_STRIKES] };
        let set = doc! { "$set": { "strikes": all, "seen": "$$NOW" } };
        let update = async || {
            let strikes = self.collection(STRIKES);
            let call = strikes.find_one_and_update(doc! { "_id": client.to_string() }, vec![set.clone()]);
            within(call.upsert(true).return_document(ReturnDocument::After)).await
        };
        let found = match update().await {
            // Two filters made the document at once: now it is there to be changed.
            Err(CallError::Driver(error)) if is_duplicate(&error) => update().await?,
            found => found?,
        };
        Ok(found.and_then(|found| found.get_array("strikes").map(Vec::len).ok()).unwrap_or(0))
    }

    /// Forgets the strikes of every client within this network, or around it.
    pub(super) async fn forget_strikes(&self, scope: IpNet) -> Result<(), CallError> {
        let read = |document: &Document| document::text(document, "_id").and_then(fields::client_key);
        let struck = self.newest(STRIKES, doc! {}, doc! { "_id": 1 }, usize::MAX, read).await?;
        let covered = struck.into_iter().filter(|key| scope.contains(&key.net()) || key.net().contains(&scope));
        let names = covered.map(|key| Bson::String(key.to_string())).collect::<Vec<_>>();
        if !names.is_empty() {
            within(self.collection(STRIKES).delete_many(doc! { "_id": { "$in": names } })).await?;
        }
        Ok(())
    }

    /// Claims a closed visit for this filter until the lease ends; whether it is ours.
    pub(super) async fn claim_closed(&self, session: &Session, lease: Duration) -> Result<bool, CallError> {
        let kept = serde_json::to_string(session).map_err(|error| CallError::Write(error.to_string()))?;
        let id = session.id.to_string();
        let set = doc! { "$set": { "session": { "$literal": kept }, "by": self.filter, "leaseUntil": until(lease) } };
        let ours = doc! { "_id": id.as_str(), "by": self.filter };
        match within(self.collection(CLOSED).update_one(ours, vec![set.clone()]).upsert(true)).await {
            Ok(_) => return Ok(true),
            // It is there and another's: the upsert tried to make it anew.
            Err(CallError::Driver(error)) if is_duplicate(&error) => {}
            Err(error) => return Err(error),
        }
        let ended = doc! { "_id": id, "$expr": { "$lt": ["$leaseUntil", "$$NOW"] } };
        within(self.collection(CLOSED).update_one(ended, vec![set])).await.map(|updated| updated.matched_count > 0)
    }

    /// Claims one visit whose filter let its lease end.
    pub(super) async fn take_abandoned_session(&self, lease: Duration) -> Result<Option<Session>, CallError> {
        loop {
            let ended = doc! { "$expr": { "$lt": ["$leaseUntil", "$$NOW"] } };
            let set = doc! { "$set": { "by": self.filter, "leaseUntil": until(lease) } };
            let found = within(self.collection(CLOSED).find_one_and_update(ended, vec![set])).await?;
            let Some(found) = found else { return Ok(None) };
            match document::text(&found, "session").map(serde_json::from_str::<Session>) {
                Some(Ok(session)) => return Ok(Some(session)),
                unreadable => {
                    tracing::warn!(id = ?found.get("_id"), ?unreadable, "passed over a closed session that cannot be read");
                    within(self.collection(CLOSED).delete_one(doc! { "_id": found.get("_id") })).await?;
                }
            }
        }
    }

    /// The visit is judged and stored.
    pub(super) async fn settle(&self, session: SessionId) -> Result<(), CallError> {
        within(self.collection(CLOSED).delete_one(doc! { "_id": session.to_string() })).await.map(drop)
    }
}

fn millis(span: Duration) -> i64 {
    i64::try_from(span.as_millis()).unwrap_or(i64::MAX)
}

fn until(lease: Duration) -> Document {
    doc! { "$add": ["$$NOW", millis(lease)] }
}

fn is_duplicate(error: &Error) -> bool {
    match error.kind.as_ref() {
        ErrorKind::Write(WriteFailure::WriteError(write)) => write.code == DUPLICATE_KEY,
        ErrorKind::Command(command) => command.code == DUPLICATE_KEY,
        _ => false,
    }
}

//! Requests in `httplogs`, the clients they came from in `clientips`.

use std::collections::BTreeMap;

use async_trait::async_trait;
use mongodb::bson::{Document, doc};
use mongodb::error::{Error, ErrorKind};

use super::document::{self, CLIENTIPS, HTTPLOGS, SCHEMA_VERSION, SESFEATURES};
use super::{CallError, DUPLICATE_KEY, MongoStore, within};
use crate::activity::{ActivityQuery, ActivityRecord, ActivityStore, ActivityStoreError};
use crate::storage::fields;
use crate::time::Timestamp;

/// `lastSeen` is kept to the hour, so that a busy client is written once an hour and not with every batch.
const SEEN_STEP_MS: i64 = 60 * 60 * 1_000;
/// Codes of write errors that are not about the document: no rights, shutting down, no time, a conflict, no longer the
/// primary, interrupted, no room on the disk.
const FAULTS_OF_THE_SERVER: [i32; 12] = [13, 50, 91, 112, 189, 262, 10_107, 11_600, 11_601, 11_602, 13_435, 14_031];
/// Documents fetched from the server at once.
const READ_AT_ONCE: u32 = 1_000;

#[async_trait]
impl ActivityStore for MongoStore {
    async fn append(&self, batch: &[ActivityRecord]) -> Result<(), ActivityStoreError> {
        if batch.is_empty() {
            return Ok(());
        }
        let documents = batch.iter().map(document::of_record).collect::<Vec<_>>();
        match within(self.collection(HTTPLOGS).insert_many(documents).ordered(false)).await {
            Err(CallError::Driver(error)) if only_duplicates(&error) => {}
            inserted => inserted.map(drop).map_err(failed)?,
        }
        self.see_clients(batch).await.map_err(failed)
    }

    async fn page(&self, query: &ActivityQuery) -> Result<Vec<ActivityRecord>, ActivityStoreError> {
        let limit = fields::page_limit(query.limit);
        self.newest(HTTPLOGS, filter(query), doc! { "_id": -1 }, limit, document::record_of).await.map_err(failed)
    }

    async fn remove_before(&self, moment: Timestamp) -> Result<u64, ActivityStoreError> {
        let before = document::date(moment);
        let own = |field: &str| doc! { field: { "$lt": before.clone() }, "schemaVersion": { "$exists": true } };
        let removed = within(self.collection(HTTPLOGS).delete_many(own("timestamp"))).await.map_err(failed)?;
        within(self.collection(SESFEATURES).delete_many(own("endTimestamp"))).await.map_err(failed)?;
        let mut unseen = own("lastSeen");
        unseen.insert("blacklisted", false);
        within(self.collection(CLIENTIPS).delete_many(unseen)).await.map_err(failed)?;
        Ok(removed.deleted_count)
    }

    async fn ping(&self) -> Result<(), ActivityStoreError> {
        Self::ping(self).await.map_err(failed)
    }
}

impl MongoStore {
    /// Notes the clients of a batch, in one command.
    async fn see_clients(&self, batch: &[ActivityRecord]) -> Result<(), CallError> {
        let mut seen = BTreeMap::new();
        for record in batch {
            let latest = seen.entry(record.client_ip).or_insert(record.timestamp);
            *latest = record.timestamp.max(*latest);
        }
        let updates = seen.into_iter().map(|(ip, moment)| {
            let hour = Timestamp::from_millis(moment.as_millis() - moment.as_millis().rem_euclid(SEEN_STEP_MS));
            let first = doc! {
                "schemaVersion": SCHEMA_VERSION,
                "blacklisted": false,
                "blacklistTime": document::date(moment),
                "firstSeen": document::date(moment),
            };
            let update = doc! { "$setOnInsert": first, "$max": { "lastSeen": document::date(hour) } };
            doc! { "q": { "clientIP": ip.to_string() }, "u": update, "upsert": true }
        });
        let command = doc! { "update": CLIENTIPS, "updates": updates.collect::<Vec<_>>(), "ordered": false };
        let reply = within(self.database.run_command(command)).await?;
        // Two filters may see a client at once; the other's document serves.
        let errors = reply.get_array("writeErrors").map(Vec::as_slice).unwrap_or_default();
        let is_duplicate = |error: &Document| error.get_i32("code").is_ok_and(|code| code == DUPLICATE_KEY);
        match errors.iter().filter_map(|error| error.as_document()).find(|error| !is_duplicate(error)) {
            Some(error) => Err(CallError::Write(document::text(error, "errmsg").unwrap_or_default().to_owned())),
            None => Ok(()),
        }
    }

    /// The first documents that match and can be read, in this order; others are passed over.
    pub(super) async fn newest<T>(
        &self,
        collection: &'static str,
        filter: Document,
        order: Document,
        limit: usize,
        read: impl Fn(&Document) -> Option<T>,
    ) -> Result<Vec<T>, CallError> {
        let batch = u32::try_from(limit).unwrap_or(u32::MAX).min(READ_AT_ONCE);
        let mut cursor = within(self.collection(collection).find(filter).sort(order).batch_size(batch)).await?;
        let mut found = Vec::new();
        while found.len() < limit && within(cursor.advance()).await? {
            let document = cursor.deserialize_current()?;
            match read(&document) {
                Some(one) => found.push(one),
                None => {
                    tracing::warn!(collection, id = ?document.get("_id"), "passed over a document that cannot be read")
                }
            }
        }
        Ok(found)
    }
}

fn failed(error: CallError) -> ActivityStoreError {
    let of_record = matches!(&error, CallError::Driver(error) if refuses_documents(error));
    let error = Box::new(error);
    if of_record { ActivityStoreError::Record(error) } else { ActivityStoreError::Store(error) }
}

/// Whether the server, or the driver before it, refused documents for what they are.
fn refuses_documents(error: &Error) -> bool {
    match error.kind.as_ref() {
        ErrorKind::InsertMany(refused) => {
            let errors = refused.write_errors.as_deref().unwrap_or_default();
            let own = |code: i32| code != DUPLICATE_KEY && !FAULTS_OF_THE_SERVER.contains(&code);
            refused.write_concern_error.is_none() && errors.iter().any(|one| own(one.code))
        }
        ErrorKind::InvalidArgument { .. } | ErrorKind::Bson(_) => true,
        _ => false,
    }
}

/// Whether every document that was not inserted was there already.
fn only_duplicates(error: &Error) -> bool {
    match error.kind.as_ref() {
        ErrorKind::InsertMany(refused) => {
            refused.write_concern_error.is_none()
                && refused.write_errors.as_ref().is_some_and(|errors| errors.iter().all(|e| e.code == DUPLICATE_KEY))
        }
        _ => false,
    }
}

fn filter(query: &ActivityQuery) -> Document {
    let mut filter = Document::new();
    if let Some(session) = query.session {
        filter.insert("sessionID", session.to_string());
    }
    if let Some(client) = query.client {
        filter.insert("clientKey", client.to_string());
    }
    if query.refused_only {
        filter.insert("verdict", "refuse");
    }
    if let Some(verdict) = query.verdict {
        filter.insert("verdict", verdict);
    }
    if let Some(class) = query.class {
        filter.insert("class", class.as_str());
    }
    if let Some(path) = &query.path {
        let begins = doc! { "$indexOfBytes": [{ "$ifNull": ["$url", ""] }, { "$literal": path.as_str() }] };
        filter.insert("$expr", doc! { "$eq": [begins, 0] });
    }
    if let Some(before) = query.before {
        filter.insert("_id", doc! { "$lt": document::object_id(before) });
    }
    filter
}

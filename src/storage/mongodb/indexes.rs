//! Indexes, made or checked at start.

use std::time::Duration;

use mongodb::bson::{Document, doc};
use mongodb::error::ErrorKind;
use mongodb::options::IndexOptions;
use mongodb::{Database, IndexModel};

use super::document::{CLIENTIPS, HTTPLOGS, SESFEATURES};
use super::shared::STRIKES;
use super::{CallError, DUPLICATE_KEY, within};
use crate::storage::StorageError;

/// The server's codes for an index that is there with other options or under another name.
const INDEX_CONFLICTS: [i32; 2] = [85, 86];
/// The server's codes for what a user may not do.
const FORBIDDEN: [i32; 2] = [13, 33];
/// Name of the indexes that remove the old.
const TTL: &str = "portcullis_retention";
/// How long the strikes of a client are kept after the latest: longer than any window they are counted in.
const STRIKES_KEPT: Duration = Duration::from_secs(400 * 24 * 60 * 60);

/// Why the indexes are not there.
pub(super) enum IndexError {
    /// The server stopped answering.
    Away(CallError),
    /// It answered and refused.
    Refused(StorageError),
}

/// One index that the filter needs.
struct Index {
    collection: &'static str,
    keys: Document,
    options: IndexOptions,
    /// The field that must be unique; without it the store would double documents.
    unique: Option<&'static str>,
}

impl Index {
    fn new(collection: &'static str, keys: Document) -> Self {
        Self { collection, keys, options: IndexOptions::default(), unique: None }
    }

    fn unique(collection: &'static str, field: &'static str) -> Self {
        let options = IndexOptions::builder().unique(true).build();
        Self { options, unique: Some(field), ..Self::new(collection, doc! { field: 1 }) }
    }

    /// Documents expire by the server's own hand; only those with a `schemaVersion`, which the predecessor's have not.
    fn expiry(collection: &'static str, field: &str, retention: Duration) -> Self {
        let options = IndexOptions::builder()
            .name(TTL.to_owned())
            .expire_after(retention)
            .partial_filter_expression(doc! { "schemaVersion": { "$exists": true } })
            .build();
        Self { options, ..Self::new(collection, doc! { field: 1 }) }
    }

    /// The same, for a collection that is all ours.
    fn expiry_of_all(collection: &'static str, field: &str, retention: Duration) -> Self {
        let options = IndexOptions::builder().name(TTL.to_owned()).expire_after(retention).build();
        Self { options, ..Self::new(collection, doc! { field: 1 }) }
    }

    /// As an operator would type it in the shell.
    fn shown(&self) -> String {
        let mut options = Document::new();
        if self.unique.is_some() {
            options.insert("unique", true);
        }
        if let Some(after) = self.options.expire_after {
            options.insert("name", TTL);
            options.insert("expireAfterSeconds", i64::try_from(after.as_secs()).unwrap_or(i64::MAX));
        }
        if let Some(filter) = &self.options.partial_filter_expression {
            options.insert("partialFilterExpression", filter.clone());
        }
        let options = if options.is_empty() { String::new() } else { format!(", {options}") };
        format!("db.{}.createIndex({}{options})", self.collection, self.keys)
    }
}

/// Every index; `retention` zero means that nothing expires.
fn wanted(retention: Duration) -> Vec<Index> {
    let refused = IndexOptions::builder().partial_filter_expression(doc! { "verdict": "refuse" }).build();
    let mut wanted = vec![
        Index::unique(CLIENTIPS, "clientIP"),
        Index::unique(SESFEATURES, "sessionID"),
        Index::new(HTTPLOGS, doc! { "sessionID": 1, "_id": -1 }),
        Index::new(HTTPLOGS, doc! { "clientIP": 1, "timestamp": 1 }),
        Index::new(HTTPLOGS, doc! { "clientKey": 1, "_id": -1 }),
        Index { options: refused, ..Index::new(HTTPLOGS, doc! { "verdict": 1, "_id": -1 }) },
        Index::new(CLIENTIPS, doc! { "blacklisted": 1 }),
        Index::new(CLIENTIPS, doc! { "changedAt": 1 }),
        Index::new(SESFEATURES, doc! { "clientIP": 1, "behavior": 1, "active": 1 }),
        Index::new(SESFEATURES, doc! { "behavior": 1, "active": 1, "clientKey": 1 }),
        Index::new(SESFEATURES, doc! { "clientKey": 1, "sessionID": -1 }),
    ];
    wanted.push(Index::expiry_of_all(STRIKES, "seen", STRIKES_KEPT));
    if !retention.is_zero() {
        wanted.push(Index::expiry(HTTPLOGS, "timestamp", retention));
        wanted.push(Index::expiry(SESFEATURES, "endTimestamp", retention));
    }
    wanted
}

/// Makes every index that is missing; one that is there already is left. Where `manage` is false nothing is made: what
/// is missing is named in a warning.
pub(super) async fn create(database: &Database, retention: Duration, manage: bool) -> Result<(), IndexError> {
    if !manage {
        return warn_of_missing(database, retention).await;
    }
    for index in wanted(retention) {
        make(database, &index, retention).await?;
    }
    if retention.is_zero() {
        for collection in [HTTPLOGS, SESFEATURES] {
            let dropped = within(database.collection::<Document>(collection).drop_index(TTL)).await;
            tracing::debug!(collection, present = dropped.is_ok(), "documents are kept for ever, no expiry index");
        }
    }
    Ok(())
}

/// Names the indexes that an operator who makes them by hand has not made.
async fn warn_of_missing(database: &Database, retention: Duration) -> Result<(), IndexError> {
    for index in wanted(retention) {
        let present = match keys_of(database, index.collection).await {
            Ok(present) => present,
            // A collection that is not there yet, or a user who may not look.
            Err(CallError::Driver(error)) if code(&error).is_some() => Vec::new(),
            Err(error) => return Err(IndexError::Away(error)),
        };
        if !present.contains(&index.keys) {
            tracing::warn!(create = %index.shown(), "an index is missing and storage.manage_indexes is false");
        }
    }
    Ok(())
}

async fn keys_of(database: &Database, collection: &str) -> Result<Vec<Document>, CallError> {
    let mut indexes = within(database.collection::<Document>(collection).list_indexes()).await?;
    let mut keys = Vec::new();
    while within(indexes.advance()).await? {
        keys.push(indexes.deserialize_current()?.keys);
    }
    Ok(keys)
}

async fn make(database: &Database, index: &Index, retention: Duration) -> Result<(), IndexError> {
    let model = IndexModel::builder().keys(index.keys.clone()).options(index.options.clone()).build();
    let made = within(database.collection::<Document>(index.collection).create_index(model)).await;
    let error = match made {
        Ok(_) => return Ok(()),
        Err(error) => error,
    };
    let Some((driver, code)) = error.server() else { return Err(IndexError::Away(error)) };
    let reason = driver.to_string();
    let collection = index.collection;
    match (code, index.unique) {
        (DUPLICATE_KEY, Some(field)) => {
            Err(IndexError::Refused(StorageError::Duplicates { collection, field, reason }))
        }
        (code, None) if INDEX_CONFLICTS.contains(&code) && index.options.expire_after.is_none() => {
            // The operator's own index on the same fields serves as well.
            tracing::debug!(collection, reason, "an index on these fields is there already");
            Ok(())
        }
        (code, None) if INDEX_CONFLICTS.contains(&code) => change_expiry(database, index, &reason).await,
        (code, Some(_)) if INDEX_CONFLICTS.contains(&code) => Err(conflict(index, &reason)),
        (code, _) if FORBIDDEN.contains(&code) => {
            let missing = wanted(retention).iter().map(Index::shown).collect::<Vec<_>>().join("; ");
            Err(IndexError::Refused(StorageError::IndexForbidden { missing, reason }))
        }
        _ => Err(IndexError::Refused(StorageError::Index { collection, reason })),
    }
}

/// The index is there with another retention, or somebody else's is there on the same field or by its name.
async fn change_expiry(database: &Database, index: &Index, conflicts: &str) -> Result<(), IndexError> {
    let seconds = i64::try_from(index.options.expire_after.unwrap_or_default().as_secs()).unwrap_or(i64::MAX);
    // Newer servers would make an expiry of any index of the name.
    if !ours(database, index).await.map_err(IndexError::Away)? {
        return Err(conflict(index, conflicts));
    }
    let change = doc! { "collMod": index.collection, "index": { "name": TTL, "expireAfterSeconds": seconds } };
    match within(database.run_command(change)).await {
        Ok(_) => Ok(()),
        Err(error) if error.server().is_some() => Err(conflict(index, conflicts)),
        Err(error) => Err(IndexError::Away(error)),
    }
}

/// Whether the index of our name is on our fields.
async fn ours(database: &Database, index: &Index) -> Result<bool, CallError> {
    let mut indexes = within(database.collection::<Document>(index.collection).list_indexes()).await?;
    while within(indexes.advance()).await? {
        let present = indexes.deserialize_current()?;
        if present.options.and_then(|options| options.name).as_deref() == Some(TTL) {
            return Ok(present.keys == index.keys);
        }
    }
    Ok(false)
}

fn conflict(index: &Index, reason: &str) -> IndexError {
    IndexError::Refused(StorageError::IndexConflict {
        collection: index.collection,
        keys: index.keys.to_string(),
        wanted: index.shown(),
        reason: reason.to_owned(),
    })
}

impl CallError {
    /// What the server said, and its code; `None` where no server answered.
    fn server(&self) -> Option<(&mongodb::error::Error, i32)> {
        match self {
            Self::Driver(driver) => code(driver).map(|code| (driver, code)),
            _ => None,
        }
    }
}

/// The server's code; `None` where no server answered.
fn code(error: &mongodb::error::Error) -> Option<i32> {
    match error.kind.as_ref() {
        ErrorKind::Command(command) => Some(command.code),
        _ => None,
    }
}

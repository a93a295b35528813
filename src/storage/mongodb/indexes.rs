//! Indexes, made at start.

use std::time::Duration;

use mongodb::bson::{Document, doc};
use mongodb::error::ErrorKind;
use mongodb::options::IndexOptions;
use mongodb::{Database, IndexModel};

use super::document::{CLIENTIPS, HTTPLOGS, SESFEATURES};
use super::{CallError, DUPLICATE_KEY, within};
use crate::storage::StorageError;

/// The server's codes for an index that is there with other options or under another name.
const INDEX_CONFLICTS: [i32; 2] = [85, 86];
/// Name of the index that removes old requests.
const TTL: &str = "portcullis_retention";

/// Why the indexes are not there.
pub(super) enum IndexError {
    /// The server stopped answering.
    Away(CallError),
    /// It answered and refused.
    Refused(StorageError),
}

/// Makes every index that is missing; one that is there already is left.
pub(super) async fn create(database: &Database, retention: Duration) -> Result<(), IndexError> {
    unique(database, CLIENTIPS, "clientIP").await?;
    unique(database, SESFEATURES, "sessionID").await?;
    for (collection, keys) in [
        (HTTPLOGS, doc! { "sessionID": 1, "_id": -1 }),
        (HTTPLOGS, doc! { "clientIP": 1, "timestamp": 1 }),
        (HTTPLOGS, doc! { "clientKey": 1, "_id": -1 }),
        (CLIENTIPS, doc! { "blacklisted": 1 }),
        (SESFEATURES, doc! { "clientIP": 1, "behavior": 1, "active": 1 }),
        (SESFEATURES, doc! { "behavior": 1, "active": 1, "clientKey": 1 }),
        (SESFEATURES, doc! { "clientKey": 1, "sessionID": -1 }),
    ] {
        make(database, collection, keys, IndexOptions::default()).await?;
    }
    let refused = IndexOptions::builder().partial_filter_expression(doc! { "verdict": "refuse" }).build();
    make(database, HTTPLOGS, doc! { "verdict": 1, "_id": -1 }, refused).await?;
    expiry(database, retention).await
}

/// Requests expire by the server's own hand; only those with a `schemaVersion`, which the predecessor's have not.
async fn expiry(database: &Database, retention: Duration) -> Result<(), IndexError> {
    if retention.is_zero() {
        let dropped = within(database.collection::<Document>(HTTPLOGS).drop_index(TTL)).await;
        tracing::debug!(present = dropped.is_ok(), "records are kept for ever, no expiry index");
        return Ok(());
    }
    let options = IndexOptions::builder()
        .name(TTL.to_owned())
        .expire_after(retention)
        .partial_filter_expression(doc! { "schemaVersion": { "$exists": true } })
        .build();
    let made = create_one(database, HTTPLOGS, doc! { "timestamp": 1 }, options).await;
    if !matches!(&made, Err(CallError::Driver(error)) if code(error).is_some_and(|c| INDEX_CONFLICTS.contains(&c))) {
        return made.map_err(|error| refused(HTTPLOGS, error));
    }
    // It is there with another retention.
    let seconds = i64::try_from(retention.as_secs()).unwrap_or(i64::MAX);
    let change = doc! { "collMod": HTTPLOGS, "index": { "name": TTL, "expireAfterSeconds": seconds } };
    within(database.run_command(change)).await.map(drop).map_err(|error| refused(HTTPLOGS, error))
}

async fn unique(database: &Database, collection: &'static str, field: &'static str) -> Result<(), IndexError> {
    let options = IndexOptions::builder().unique(true).build();
    match create_one(database, collection, doc! { field: 1 }, options).await {
        Err(CallError::Driver(error)) if code(&error) == Some(DUPLICATE_KEY) => {
            Err(IndexError::Refused(StorageError::Duplicates { collection, field, reason: error.to_string() }))
        }
        made => made.map_err(|error| refused(collection, error)),
    }
}

async fn make(
    database: &Database,
    collection: &'static str,
    keys: Document,
    options: IndexOptions,
) -> Result<(), IndexError> {
    match create_one(database, collection, keys, options).await {
        // The operator's own index on the same fields serves as well.
        Err(CallError::Driver(error)) if code(&error).is_some_and(|code| INDEX_CONFLICTS.contains(&code)) => {
            tracing::debug!(collection, %error, "an index on these fields is there already");
            Ok(())
        }
        made => made.map_err(|error| refused(collection, error)),
    }
}

async fn create_one(
    database: &Database,
    collection: &str,
    keys: Document,
    options: IndexOptions,
) -> Result<(), CallError> {
    let index = IndexModel::builder().keys(keys).options(options).build();
    within(database.collection::<Document>(collection).create_index(index)).await.map(drop)
}

fn refused(collection: &'static str, error: CallError) -> IndexError {
    match &error {
        CallError::Driver(driver) if code(driver).is_some() => {
            IndexError::Refused(StorageError::Index { collection, reason: driver.to_string() })
        }
        _ => IndexError::Away(error),
    }
}

/// The server's code; `None` where no server answered.
fn code(error: &mongodb::error::Error) -> Option<i32> {
    match error.kind.as_ref() {
        ErrorKind::Command(command) => Some(command.code),
        _ => None,
    }
}

//! The version of the documents, kept beside them in `portcullis_meta`.

use mongodb::bson::{Document, doc};
use mongodb::error::ErrorKind;

use super::document::SCHEMA_VERSION;
use super::{CallError, DUPLICATE_KEY, MongoStore, within};
use crate::storage::StorageError;

const COLLECTION: &str = "portcullis_meta";

/// What a database says of its documents.
pub(super) enum Schema {
    /// This version can work with them.
    Known,
    /// A newer version wrote them.
    Newer(StorageError),
}

/// Reads the version, and notes ours where there is none.
pub(super) async fn check(store: &MongoStore, server: &str) -> Result<Schema, CallError> {
    let meta = store.collection(COLLECTION);
    let found: Option<Document> = within(meta.find_one(doc! { "_id": "schema" })).await?;
    let version = found.as_ref().and_then(|found| super::document::whole(found, "version"));
    let known = SCHEMA_VERSION.unsigned_abs().into();
    match version {
        Some(found) if found > known => {
            Ok(Schema::Newer(StorageError::NewerDatabase { server: server.to_owned(), found, known }))
        }
        Some(_) => Ok(Schema::Known),
        None => {
            let ours = doc! { "_id": "schema", "version": SCHEMA_VERSION };
            match within(meta.insert_one(ours)).await {
                // Another filter was faster.
                Err(CallError::Driver(error)) if is_duplicate(&error) => Ok(Schema::Known),
                inserted => inserted.map(|_| Schema::Known),
            }
        }
    }
}

fn is_duplicate(error: &mongodb::error::Error) -> bool {
    match error.kind.as_ref() {
        ErrorKind::Write(mongodb::error::WriteFailure::WriteError(write)) => write.code == DUPLICATE_KEY,
        _ => false,
    }
}

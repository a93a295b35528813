//! Open visits: `opensessions`. Each save writes documents of a new generation of this filter's, the one with the
//! fingerprints' key last, and then removes its older ones; a save that was cut short leaves the generation before it
//! whole. What a filter left that never came back is removed after a day.

use async_trait::async_trait;
use mongodb::bson::{Document, doc};

use super::document::{self, OPENSESSIONS, SCHEMA_VERSION};
use super::{CallError, MongoStore, within};
use crate::session::{Checkpoint, SessionStore, SessionStoreError};
use crate::storage::fields;
use crate::time::Timestamp;

/// Documents written at once.
const BATCH: usize = 1_000;

/// Milliseconds after which another filter's open visits are of no use: longer than any of them stays open.
const FORGOTTEN_AFTER: i64 = 24 * 60 * 60 * 1_000;

#[async_trait]
impl SessionStore for MongoStore {
    async fn save_open(&self, filter: &str, checkpoint: &Checkpoint) -> Result<(), SessionStoreError> {
        let generation = Timestamp::now().as_millis();
        let document = |(id, state): &(String, String)| {
            doc! {
                "schemaVersion": SCHEMA_VERSION,
                "filter": filter,
                "generation": generation,
                "id": id,
                "state": state,
            }
        };
        for batch in fields::checkpoint_rows(checkpoint).chunks(BATCH) {
            let documents: Vec<_> = batch.iter().map(document).collect();
            within(self.collection(OPENSESSIONS).insert_many(documents)).await.map_err(failed)?;
        }
        let ours = doc! { "filter": filter, "generation": { "$ne": generation } };
        let left = doc! { "generation": { "$lt": generation.saturating_sub(FORGOTTEN_AFTER) } };
        let older = doc! { "$or": [ours, left] };
        within(self.collection(OPENSESSIONS).delete_many(older)).await.map(drop).map_err(failed)
    }

    async fn load_open(&self, filter: &str) -> Result<Checkpoint, SessionStoreError> {
        let order = doc! { "generation": -1 };
        let generation = |document: &Document| document.get_i64("generation").ok();
        let whole = doc! { "filter": filter, "id": fields::CHECKPOINT_KEY };
        let newest = self.newest(OPENSESSIONS, whole, order.clone(), 1, generation).await.map_err(failed)?;
        let Some(generation) = newest.first() else { return Ok(Checkpoint::default()) };
        let row = |document: &Document| {
            Some((document::text(document, "id")?.to_owned(), document::text(document, "state")?.to_owned()))
        };
        let all = doc! { "filter": filter, "generation": generation };
        let rows = self.newest(OPENSESSIONS, all, order, usize::MAX, row).await;
        Ok(fields::checkpoint(rows.map_err(failed)?))
    }
}

fn failed(error: CallError) -> SessionStoreError {
    SessionStoreError(Box::new(error))
}

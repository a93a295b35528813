//! Open visits: `opensessions`, a row each and one for the key of their fingerprints. A file has one filter.

use async_trait::async_trait;
use rusqlite::Connection;

use super::{CallError, EmbeddedStore};
use crate::session::{Checkpoint, SessionStore, SessionStoreError};
use crate::storage::fields;

#[async_trait]
impl SessionStore for EmbeddedStore {
    async fn save_open(&self, _filter: &str, checkpoint: &Checkpoint) -> Result<(), SessionStoreError> {
        let rows = fields::checkpoint_rows(checkpoint);
        self.database.write(move |connection| replace(connection, &rows)).await.map_err(failed)
    }

    async fn load_open(&self, _filter: &str) -> Result<Checkpoint, SessionStoreError> {
        let read = |connection: &mut Connection| {
            let mut statement = connection.prepare("SELECT id, state FROM opensessions")?;
            let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
            rows.collect::<rusqlite::Result<Vec<(String, String)>>>()
        };
        Ok(fields::checkpoint(self.database.read(read).await.map_err(failed)?))
    }
}

fn replace(connection: &mut Connection, rows: &[(String, String)]) -> rusqlite::Result<()> {
    let transaction = connection.transaction()?;
    transaction.execute("DELETE FROM opensessions", [])?;
    {
        let mut insert = transaction.prepare_cached("INSERT OR REPLACE INTO opensessions (id, state) VALUES (?, ?)")?;
        for (id, state) in rows {
            insert.execute([id, state])?;
        }
    }
    transaction.commit()
}

fn failed(error: CallError) -> SessionStoreError {
    SessionStoreError(Box::new(error))
}

//! Noticing that another filter changed a ban: by a change stream where the server has an oplog (a replica set or a
//! sharded cluster), by polling otherwise.

use std::time::Duration;

use mongodb::Database;
use mongodb::bson::{Document, doc};
use mongodb::change_stream::ChangeStream;
use mongodb::change_stream::event::ChangeStreamEvent;
use mongodb::error::ErrorKind;
use tokio::time::{Instant, sleep, timeout};

use super::document::CLIENTIPS;

/// How often a server without an oplog is asked: twice within the second that a ban may take to reach every filter.
const POLL: Duration = Duration::from_millis(400);
/// How often it is asked although a change stream is open.
const POLL_BESIDE_STREAM: Duration = Duration::from_secs(5);
/// How long a stream that could not be opened for a passing reason is left alone.
const REOPEN: Duration = Duration::from_secs(10);
/// How long opening a stream may take.
const OPEN_TIMEOUT: Duration = Duration::from_secs(2);
/// The server's codes for having no oplog, and for a user who may not watch.
const NEVER: [i32; 2] = [40_573, 13];

/// The change stream of one store, where it has one.
#[derive(Default)]
pub(super) struct Watch(tokio::sync::Mutex<State>);

#[derive(Default)]
enum State {
    /// Not tried, or not before this moment.
    #[default]
    Untried,
    NotBefore(Instant),
    /// There is none to be had.
    Never,
    Open(ChangeStream<ChangeStreamEvent<Document>>),
}

impl Watch {
    /// Returns when a ban may have changed.
    pub(super) async fn changed(&self, database: &Database) {
        let mut state = self.0.lock().await;
        let due = match &*state {
            State::Untried => true,
            State::NotBefore(moment) => *moment <= Instant::now(),
            State::Never | State::Open(_) => false,
        };
        if due {
            *state = open(database).await;
            // Between the last look and the opening something may have changed.
            return;
        }
        let State::Open(stream) = &mut *state else { return sleep(POLL).await };
        match timeout(POLL_BESIDE_STREAM, stream.next_if_any()).await {
            Ok(Ok(Some(_))) | Err(_) => {}
            // The server had nothing to say for its own time of waiting.
            Ok(Ok(None)) if stream.is_alive() => {}
            Ok(ended) => {
                tracing::debug!(?ended, "the change stream ended, polling until it is opened again");
                *state = State::NotBefore(Instant::now() + REOPEN);
            }
        }
    }
}

async fn open(database: &Database) -> State {
    // Clients that are merely seen again are no news.
    let news = doc! { "$match": { "$or": [
        { "updateDescription.updatedFields.changedAt": { "$exists": true } },
        { "fullDocument.changedAt": { "$exists": true } },
        { "operationType": "delete" },
    ] } };
    let clients = database.collection::<Document>(CLIENTIPS);
    let opening = clients.watch().pipeline([news]);
    match timeout(OPEN_TIMEOUT, opening.into_future()).await {
        Ok(Ok(stream)) => State::Open(stream),
        Ok(Err(error)) if matches!(error.kind.as_ref(), ErrorKind::Command(command) if NEVER.contains(&command.code)) =>
        {
            tracing::info!(interval = ?POLL, "no change stream here, bans of other filters are polled for");
            State::Never
        }
        Ok(Err(error)) => {
            tracing::debug!(%error, "no change stream for now, polling");
            State::NotBefore(Instant::now() + REOPEN)
        }
        Err(_) => State::NotBefore(Instant::now() + REOPEN),
    }
}

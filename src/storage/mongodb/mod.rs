//! MongoDB: the only folder that names the driver.
//!
//! The collections are the predecessor's, so that its data, scripts and queries go on working. Documents made here
//! carry `schemaVersion`; retention removes only those, never what the predecessor collected.

mod activity;
mod assessments;
mod bans;
mod document;
pub(super) mod dump;
mod indexes;
mod json;
mod schema;
mod sessions;
mod shared;
mod watch;

#[cfg(test)]
#[path = "../../../tests/integration/harness/mongod.rs"]
pub(super) mod mongod;
#[cfg(test)]
mod outage_tests;
#[cfg(test)]
mod query_tests;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use mongodb::bson::oid::ObjectId;
use mongodb::bson::{Document, doc};
use mongodb::error::{Error, ErrorKind};
use mongodb::options::{Acknowledgment, ClientOptions};
use mongodb::{Client, Collection, Database};

use super::{Config, MongoUri, OnUnreachable, StorageError};

/// Database that is used where neither config nor URI names one.
const DEFAULT_DATABASE: &str = "portcullis";
/// Longest time a call may take: a server that hangs is a server that does not answer.
const CALL_TIMEOUT: Duration = Duration::from_secs(15);
/// Pause between attempts to make the indexes on a server that was away at start.
const RETRY_PAUSE: Duration = Duration::from_secs(2);
/// The server's code for a document whose key is there already.
const DUPLICATE_KEY: i32 = 11_000;

/// A MongoDB database.
#[derive(Clone)]
pub(super) struct MongoStore {
    database: Database,
    watch: Arc<watch::Watch>,
    /// Names this filter in claims.
    filter: ObjectId,
}

/// A call that failed after the store was opened.
#[derive(Debug, thiserror::Error)]
enum CallError {
    #[error("{0}")]
    Driver(#[from] Error),
    #[error("no answer within {CALL_TIMEOUT:?}")]
    Timeout,
    #[error("the server refused a write: {0}")]
    Write(String),
}

impl MongoStore {
    /// Connects and makes the indexes; with [`OnUnreachable::Start`] both may come later.
    pub(super) async fn open(config: &Config, uri: &MongoUri, database: Option<&str>) -> Result<Self, StorageError> {
        let client = client(config, uri).await?;
        let database = match database {
            Some(name) => client.database(name),
            None => client.default_database().unwrap_or_else(|| client.database(DEFAULT_DATABASE)),
        };
        let store = Self { database, watch: Arc::default(), filter: ObjectId::new() };
        let prepared = store.prepare(config, uri).await;
        match (prepared, config.on_unreachable) {
            (Err(error @ StorageError::Unreachable { .. }), OnUnreachable::Start) => {
                tracing::warn!(%error, "starting without the store, records wait until it answers");
                tokio::spawn(store.clone().prepare_later(config.clone(), uri.clone()));
                Ok(store)
            }
            (Err(error), _) => Err(error),
            (Ok(()), _) => Ok(store),
        }
    }

    /// Asks whether the server answers, then makes the indexes.
    async fn prepare(&self, config: &Config, uri: &MongoUri) -> Result<(), StorageError> {
        self.ping().await.map_err(|error| unreachable(config, uri, error))?;
        let schema = schema::check(self, &uri.to_string()).await.map_err(|error| unreachable(config, uri, error))?;
        if let schema::Schema::Newer(error) = schema {
            return Err(error);
        }
        indexes::create(&self.database, config.retention, config.manage_indexes).await.map_err(|error| match error {
            indexes::IndexError::Away(error) => unreachable(config, uri, error),
            indexes::IndexError::Refused(error) => error,
        })
    }

    /// Prepares a server that was away at start, as soon as it comes.
    async fn prepare_later(self, config: Config, uri: MongoUri) {
        loop {
            match self.prepare(&config, &uri).await {
                Ok(()) => return tracing::info!(server = %uri, "the store answers, its indexes are made"),
                Err(StorageError::Unreachable { .. }) => {}
                Err(error) => tracing::error!(%error, "the store answers, but cannot be prepared; will try again"),
            }
            tokio::time::sleep(RETRY_PAUSE).await;
        }
    }

    async fn ping(&self) -> Result<(), CallError> {
        within(self.database.run_command(doc! { "ping": 1 })).await.map(drop)
    }

    fn collection(&self, name: &str) -> Collection<Document> {
        self.database.collection(name)
    }
}

/// Runs a call of the driver for no longer than [`CALL_TIMEOUT`].
async fn within<T>(call: impl IntoFuture<Output = mongodb::error::Result<T>>) -> Result<T, CallError> {
    match tokio::time::timeout(CALL_TIMEOUT, call.into_future()).await {
        Ok(answer) => Ok(answer?),
        Err(_) => Err(CallError::Timeout),
    }
}

/// A client that connects when first used.
async fn client(config: &Config, uri: &MongoUri) -> Result<Client, StorageError> {
    let invalid = |error: Error| StorageError::Uri { reason: without_credentials(uri, &error) };
    let mut options = ClientOptions::parse(uri.secret()).await.map_err(invalid)?;
    options.app_name = Some("portcullis".to_owned());
    options.server_selection_timeout = Some(config.connect_timeout);
    options.connect_timeout = Some(config.connect_timeout);
    // Without it a server that is killed loses what it said it had taken in the last tenth of a second.
    let concern = options.write_concern.get_or_insert_default();
    concern.journal.get_or_insert(true);
    // Without it a new primary may know nothing of what the old one had taken.
    concern.w.get_or_insert(Acknowledgment::Majority);
    Client::with_options(options).map_err(invalid)
}

/// What the driver says of a URI, without what must not be shown.
fn without_credentials(uri: &MongoUri, error: &Error) -> String {
    let text = error.to_string();
    let parts = uri.credentials().into_iter().flat_map(|whole| whole.split(':').chain([whole]));
    let secrets = parts.filter(|part| !part.is_empty()).collect::<Vec<_>>();
    if secrets.iter().any(|secret| text.contains(secret)) || text.contains(uri.secret()) {
        return "the user or password holds characters that must be percent-encoded".to_owned();
    }
    text
}

/// What it means to an operator that the first calls fail.
fn unreachable(config: &Config, uri: &MongoUri, error: CallError) -> StorageError {
    let server = uri.to_string();
    let reason = match &error {
        CallError::Driver(driver) => without_credentials(uri, driver),
        other => other.to_string(),
    };
    match error {
        CallError::Driver(driver) if is_login(&driver) => StorageError::Login { server, reason },
        _ => StorageError::Unreachable { server, timeout: config.connect_timeout, reason },
    }
}

fn is_login(error: &Error) -> bool {
    /// The server's codes for a failed or missing login.
    const LOGIN_CODES: [i32; 2] = [18, 13];
    match error.kind.as_ref() {
        ErrorKind::Authentication { .. } => true,
        ErrorKind::Command(command) => LOGIN_CODES.contains(&command.code),
        _ => false,
    }
}

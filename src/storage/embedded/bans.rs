//! Bans: the blacklisted rows of `clientips`.

use async_trait::async_trait;
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::{CallError, EmbeddedStore};
use crate::banlist::{Ban, BanOrigin, BanScope, BanStore, BanStoreError};
use crate::time::Timestamp;

const LOAD: &str =
    "SELECT clientIP, origin, reason, evidence, blacklistTime, banUntil FROM clientips WHERE blacklisted = 1";
/// ?7 is the generation that must hold, NULL for any. Makes a row only of generation 0, which one that is not there has.
const PUT: &str = "INSERT INTO clientips (clientIP, blacklisted, origin, reason, evidence, blacklistTime, banUntil) \
    SELECT ?1, 1, ?2, ?3, ?4, ?5, ?6 \
    WHERE ?7 IS NULL OR ?7 = 0 OR EXISTS (SELECT 1 FROM clientips WHERE clientIP = ?1) \
    ON CONFLICT (clientIP) DO UPDATE SET \
    blacklisted = 1, origin = ?2, reason = ?3, evidence = ?4, blacklistTime = ?5, banUntil = ?6 \
    WHERE ?7 IS NULL OR generation = ?7";
const IS_BANNED: &str = "SELECT 1 FROM clientips WHERE clientIP = ? AND blacklisted = 1";
const REMOVE: &str = "INSERT INTO clientips (clientIP, blacklisted, generation) VALUES (?, 0, 1) \
    ON CONFLICT (clientIP) DO UPDATE SET blacklisted = 0, origin = NULL, reason = NULL, evidence = NULL, \
    banUntil = NULL, generation = generation + 1";
const GENERATION: &str = "SELECT generation FROM clientips WHERE clientIP = ?";

impl EmbeddedStore {
    /// Keeps a ban, of a generation only where that holds; whether it did.
    async fn keep_ban(&self, ban: &Ban, generation: Option<i64>) -> Result<bool, BanStoreError> {
        let ban = ban.clone();
        let put = move |connection: &mut Connection| {
            let values = params![
                ban.scope.to_string(),
                ban.origin.as_str(),
                ban.reason,
                ban.evidence.map(|id| id.to_string()),
                ban.since.as_millis(),
                ban.until.map(Timestamp::as_millis),
                generation,
            ];
            connection.prepare_cached(PUT)?.execute(values)
        };
        self.database.write(put).await.map(|rows| rows > 0).map_err(failed)
    }
}

#[async_trait]
impl BanStore for EmbeddedStore {
    async fn load(&self) -> Result<Vec<Ban>, BanStoreError> {
        let read = |connection: &mut Connection| {
            let mut statement = connection.prepare_cached(LOAD)?;
            let bans = statement.query_map([], |row| Ok((row.get::<_, String>(0)?, ban_of(row)?)))?;
            bans.filter_map(|ban| match ban {
                Ok((_, Some(ban))) => Some(Ok(ban)),
                Ok((client, None)) => {
                    tracing::warn!(client, "passed over a ban of clientips that cannot be read");
                    None
                }
                Err(error) => Some(Err(error)),
            })
            .collect()
        };
        self.database.read(read).await.map_err(failed)
    }

    async fn put(&self, ban: &Ban) -> Result<(), BanStoreError> {
        self.keep_ban(ban, None).await.map(drop)
    }

    async fn generation(&self, scope: BanScope) -> Result<u64, BanStoreError> {
        let read = move |connection: &mut Connection| {
            let mut statement = connection.prepare_cached(GENERATION)?;
            statement.query_row([scope.to_string()], |row| row.get::<_, i64>(0)).optional()
        };
        let found = self.database.read(read).await.map_err(failed)?;
        Ok(found.and_then(|generation| u64::try_from(generation).ok()).unwrap_or(0))
    }

    async fn put_if(&self, ban: &Ban, generation: u64) -> Result<bool, BanStoreError> {
        self.keep_ban(ban, Some(i64::try_from(generation).unwrap_or(i64::MAX))).await
    }

    async fn remove(&self, scope: BanScope) -> Result<bool, BanStoreError> {
        let remove = move |connection: &mut Connection| {
            let change = connection.transaction()?;
            let was_banned = change.prepare_cached(IS_BANNED)?.exists([scope.to_string()])?;
            change.prepare_cached(REMOVE)?.execute([scope.to_string()])?;
            change.commit()?;
            Ok(was_banned)
        };
        self.database.write(remove).await.map_err(failed)
    }

    async fn forget_ended(&self, scope: BanScope, by: Timestamp) -> Result<bool, BanStoreError> {
        let forget = move |connection: &mut Connection| {
            connection.execute(FORGET_ENDED, params![scope.to_string(), by.as_millis()])
        };
        self.database.write(forget).await.map(|rows| rows > 0).map_err(failed)
    }
}

const FORGET_ENDED: &str = "UPDATE clientips SET blacklisted = 0, origin = NULL, reason = NULL, evidence = NULL, \
    banUntil = NULL WHERE clientIP = ?1 AND blacklisted = 1 AND banUntil <= ?2";

fn failed(error: CallError) -> BanStoreError {
    BanStoreError(Box::new(error))
}

/// The ban of a row; `None` where its scope cannot be read.
fn ban_of(row: &Row<'_>) -> rusqlite::Result<Option<Ban>> {
    let word = |column: &str| row.get::<_, Option<String>>(column);
    let Ok(scope) = row.get::<_, String>("clientIP")?.parse() else { return Ok(None) };
    Ok(Some(Ban {
        scope,
        origin: word("origin")?.and_then(|name| BanOrigin::parse(&name)).unwrap_or(BanOrigin::Import),
        reason: word("reason")?.unwrap_or_default(),
        evidence: word("evidence")?.and_then(|id| id.parse().ok()),
        since: Timestamp::from_millis(row.get::<_, Option<i64>>("blacklistTime")?.unwrap_or(0)),
        until: row.get::<_, Option<i64>>("banUntil")?.map(Timestamp::from_millis),
    }))
}

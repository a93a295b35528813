//! Bans: the blacklisted documents of `clientips`.

use std::time::Duration;

use async_trait::async_trait;
use mongodb::bson::{Bson, Document, doc};

use super::document::{self, CLIENTIPS, SCHEMA_VERSION};
use super::{CallError, MongoStore, within};
use crate::banlist::{Ban, BanOrigin, BanScope, BanStore, BanStoreError};
use crate::time::Timestamp;

/// How long a ban of the predecessor lasts: its own `blockDuration`, by default. Such a document has no `origin`;
/// the predecessor lifts its flag only when the client comes back, so old ones stand there for years.
const PREDECESSOR_BAN: Duration = Duration::from_secs(60);

#[async_trait]
impl BanStore for MongoStore {
    async fn load(&self) -> Result<Vec<Ban>, BanStoreError> {
        let banned = doc! { "blacklisted": true };
        self.newest(CLIENTIPS, banned, doc! { "clientIP": 1 }, usize::MAX, ban_of).await.map_err(failed)
    }

    async fn put(&self, ban: &Ban) -> Result<(), BanStoreError> {
        let set = doc! {
            "schemaVersion": SCHEMA_VERSION,
            "blacklisted": true,
            "blacklistTime": document::date(ban.since),
            "banUntil": ban.until.map_or(Bson::Null, document::date),
            "origin": ban.origin.as_str(),
            "reason": ban.reason.as_str(),
            "evidence": ban.evidence.map_or(Bson::Null, |id| Bson::String(id.to_string())),
        };
        let clients = self.collection(CLIENTIPS);
        within(clients.update_one(scope_is(ban.scope), doc! { "$set": set }).upsert(true))
            .await
            .map(drop)
            .map_err(failed)
    }

    async fn remove(&self, scope: BanScope) -> Result<bool, BanStoreError> {
        let mut filter = scope_is(scope);
        filter.insert("blacklisted", true);
        let update = doc! {
            "$set": { "blacklisted": false },
            "$unset": { "banUntil": "", "origin": "", "reason": "", "evidence": "" },
        };
        let updated = within(self.collection(CLIENTIPS).update_one(filter, update)).await.map_err(failed)?;
        Ok(updated.modified_count > 0)
    }
}

fn failed(error: CallError) -> BanStoreError {
    BanStoreError(Box::new(error))
}

fn scope_is(scope: BanScope) -> Document {
    doc! { "clientIP": scope.to_string() }
}

/// The ban of a document; `None` where its scope is no address or range.
fn ban_of(document: &Document) -> Option<Ban> {
    let scope = document::text(document, "clientIP")?.parse().ok()?;
    let since = document::moment(document, "blacklistTime").unwrap_or(Timestamp::from_millis(0));
    let origin = document::text(document, "origin").and_then(BanOrigin::parse);
    Some(Ban {
        scope,
        origin: origin.unwrap_or(BanOrigin::Import),
        reason: document::text(document, "reason").unwrap_or("blacklisted by the predecessor").to_owned(),
        evidence: document::text(document, "evidence").and_then(|id| id.parse().ok()),
        since,
        until: match origin {
            Some(_) => document::moment(document, "banUntil"),
            None => Some(since.plus(PREDECESSOR_BAN)),
        },
    })
}

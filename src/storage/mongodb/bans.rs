//! Bans: the blacklisted documents of `clientips`.

use std::time::Duration;

use async_trait::async_trait;
use mongodb::bson::{Bson, Document, Timestamp as BsonTimestamp, doc};
use mongodb::error::{Error, ErrorKind, WriteFailure};
use mongodb::options::ReturnDocument;
use mongodb::results::UpdateResult;

use super::document::{self, CLIENTIPS, SCHEMA_VERSION};
use super::{CallError, DUPLICATE_KEY, MongoStore, within};
use crate::banlist::{Ban, BanChange, BanOrigin, BanScope, BanStore, BanStoreError, ChangeToken};
use crate::time::Timestamp;

/// How long a ban of the predecessor lasts: its own `blockDuration`, by default. Such a document has no `origin`;
/// the predecessor lifts its flag only when the client comes back, so old ones stand there for years.
const PREDECESSOR_BAN: Duration = Duration::from_secs(60);

/// Seconds of changes that are read again each time.
const OVERLAP_SECONDS: u64 = 3;

#[async_trait]
impl BanStore for MongoStore {
    async fn load(&self) -> Result<Vec<Ban>, BanStoreError> {
        let banned = doc! { "blacklisted": true };
        self.newest(CLIENTIPS, banned, doc! { "clientIP": 1 }, usize::MAX, ban_of).await.map_err(failed)
    }

    async fn put(&self, ban: &Ban) -> Result<(), BanStoreError> {
        self.upsert(scope_is(ban.scope), of_ban(ban)).await.map(drop).map_err(failed)
    }

    async fn generation(&self, scope: BanScope) -> Result<u64, BanStoreError> {
        let found = within(self.collection(CLIENTIPS).find_one(scope_is(scope))).await.map_err(failed)?;
        Ok(found.and_then(|found| document::whole(&found, "generation")).unwrap_or(0))
    }

    async fn put_if(&self, ban: &Ban, generation: u64) -> Result<bool, BanStoreError> {
        let mut filter = scope_is(ban.scope);
        if generation > 0 {
            filter.insert("generation", document::number(generation));
            let updated = within(self.collection(CLIENTIPS).update_one(filter, of_ban(ban))).await.map_err(failed)?;
            return Ok(updated.matched_count > 0);
        }
        // A document that was never lifted has no generation, and one that is not there neither.
        filter.insert("generation", doc! { "$exists": false });
        match self.upsert(filter, of_ban(ban)).await {
            Ok(_) => Ok(true),
            // It is there and of another generation: the upsert tried to make it anew.
            Err(CallError::Driver(error)) if is_duplicate(&error) => Ok(false),
            Err(error) => Err(failed(error)),
        }
    }

    async fn remove(&self, scope: BanScope) -> Result<bool, BanStoreError> {
        let mut update = lifting("operator");
        update.insert("$inc", doc! { "generation": 1_i64 });
        let remove = async || {
            let clients = self.collection(CLIENTIPS);
            let call = clients.find_one_and_update(scope_is(scope), update.clone());
            within(call.upsert(true).return_document(ReturnDocument::Before)).await
        };
        let before = match remove().await {
            Err(CallError::Driver(error)) if is_duplicate(&error) => remove().await,
            removed => removed,
        };
        let before = before.map_err(failed)?;
        Ok(before.is_some_and(|before| before.get_bool("blacklisted").unwrap_or(false)))
    }

    async fn forget_ended(&self, scope: BanScope, by: Timestamp) -> Result<bool, BanStoreError> {
        let mut filter = scope_is(scope);
        filter.insert("blacklisted", true);
        filter.insert("banUntil", doc! { "$lte": document::date(by) });
        let updated = within(self.collection(CLIENTIPS).update_one(filter, lifting("expiry"))).await;
        updated.map(|updated| updated.modified_count > 0).map_err(failed)
    }

    fn is_shared(&self) -> bool {
        true
    }

    async fn changed(&self) {
        self.watch.changed(&self.database).await;
    }

    async fn changes(&self, since: Option<ChangeToken>) -> Result<(Vec<BanChange>, ChangeToken), BanStoreError> {
        let filter = match since {
            // A little of what was seen is read again: changes become visible not quite in the order of their stamps.
            Some(token) => doc! { "changedAt": { "$gt": stamp_of(token.0.saturating_sub(OVERLAP_SECONDS)) } },
            None => doc! { "changedAt": { "$exists": true }, "blacklisted": true },
        };
        let read = |document: &Document| Some((document.get_timestamp("changedAt").ok()?.time, change_of(document)));
        let order = doc! { "changedAt": 1 };
        let found = self.newest(CLIENTIPS, filter, order, usize::MAX, read).await.map_err(failed)?;
        let latest = found.iter().map(|(time, _)| u64::from(*time)).max();
        let token = ChangeToken(latest.unwrap_or(0).max(since.map_or(0, |since| since.0)));
        Ok((found.into_iter().filter_map(|(_, change)| change).collect(), token))
    }
}

impl MongoStore {
    /// Changes the document that matches, or makes it.
    async fn upsert(&self, filter: Document, update: Document) -> Result<UpdateResult, CallError> {
        let call =
            async || within(self.collection(CLIENTIPS).update_one(filter.clone(), update.clone()).upsert(true)).await;
        match call().await {
            // Another filter made the client's document at the same moment: now it is there to be changed.
            Err(CallError::Driver(error)) if is_duplicate(&error) => call().await,
            written => written,
        }
    }
}

fn of_ban(ban: &Ban) -> Document {
    let set = doc! {
        "schemaVersion": SCHEMA_VERSION,
        "blacklisted": true,
        "blacklistTime": document::date(ban.since),
        "banUntil": ban.until.map_or(Bson::Null, document::date),
        "origin": ban.origin.as_str(),
        "reason": ban.reason.as_str(),
        "evidence": ban.evidence.map_or(Bson::Null, |id| Bson::String(id.to_string())),
    };
    doc! { "$set": set, "$unset": { "lifted": "" }, "$currentDate": stamp() }
}

/// Takes a ban out of its document. What stays tells the other filters.
fn lifting(by: &str) -> Document {
    doc! {
        "$set": { "blacklisted": false, "lifted": by },
        "$unset": { "banUntil": "", "origin": "", "reason": "", "evidence": "" },
        "$currentDate": stamp(),
    }
}

/// The server stamps each change itself: its stamps only go forward, whatever the clocks of the filters do.
fn stamp() -> Document {
    doc! { "changedAt": { "$type": "timestamp" } }
}

/// The first stamp of this second.
fn stamp_of(seconds: u64) -> Bson {
    Bson::Timestamp(BsonTimestamp { time: u32::try_from(seconds).unwrap_or(u32::MAX), increment: 0 })
}

fn change_of(document: &Document) -> Option<BanChange> {
    if document.get_bool("blacklisted").unwrap_or(false) {
        return ban_of(document).map(BanChange::Banned);
    }
    let scope = document::text(document, "clientIP")?.parse().ok()?;
    Some(BanChange::Lifted { scope, by_operator: document::text(document, "lifted") == Some("operator") })
}

fn is_duplicate(error: &Error) -> bool {
    match error.kind.as_ref() {
        ErrorKind::Write(WriteFailure::WriteError(write)) => write.code == DUPLICATE_KEY,
        ErrorKind::Command(command) => command.code == DUPLICATE_KEY,
        _ => false,
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

//! Letting clients in again: lifts bans, clears strikes and the score of the visit under way, grants grace.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::Extension;
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::Parts;
use super::bans::{BanView, scope};
use super::error::{ApiError, BodyErrors, ChangeErrors, ReadErrors};
use super::extract::{JsonBody, timely};
use super::keyring::Actor;
use crate::banlist::{Ban, BanScope};
use crate::client::{ClientIp, ClientKey};
use crate::time::Timestamp;

/// Addresses and ranges in one call at most.
const MAX_SCOPES: usize = 1_000;

/// Whom to let in.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Release {
    /// Addresses and CIDR ranges, 1 to 1,000; of a range, every ban within it is lifted.
    #[schema(min_items = 1, max_items = 1000, example = json!(["192.0.2.7", "198.51.100.0/24"]))]
    pub(super) addresses: Vec<String>,
}

/// What was lifted.
#[derive(Debug, Default, Serialize, ToSchema)]
pub(super) struct Released {
    /// Bans that were lifted.
    pub(super) lifted: Vec<String>,
    /// Of what was asked for, where no ban was; strikes are cleared there all the same.
    pub(super) without_ban: Vec<String>,
    /// Whether the store took all of it; where not, a restart before it answers may bring something back.
    pub(super) saved: bool,
}

/// Lifts many bans at once.
#[utoipa::path(post, path = "/api/v1/bans/release", tag = "bans", request_body = Release,
    responses((status = 200, description = "They may come in again", body = Released),
        ReadErrors, BodyErrors, ChangeErrors))]
pub(super) async fn many(
    State(parts): State<Arc<Parts>>,
    Extension(actor): Extension<Actor>,
    JsonBody(asked): JsonBody<Release>,
) -> Result<Json<Released>, ApiError> {
    all(&parts, &actor, &asked.addresses).await.map(Json)
}

/// Lets all of these in, or none where one of them cannot be read.
pub(super) async fn all(parts: &Parts, actor: &Actor, addresses: &[String]) -> Result<Released, ApiError> {
    if !(1..=MAX_SCOPES).contains(&addresses.len()) {
        let message = format!("addresses: expected 1 to {MAX_SCOPES} addresses or ranges");
        return Err(ApiError::bad_request("bad_address", message));
    }
    let scopes = addresses.iter().map(|text| scope(text)).collect::<Result<Vec<_>, _>>()?;
    let mut released = Released { saved: true, ..Released::default() };
    for scope in scopes {
        let (bans, saved) = let_in(parts, actor, scope).await;
        released.saved &= saved;
        if bans.is_empty() {
            released.without_ban.push(scope.to_string());
        }
        released.lifted.extend(bans.iter().map(|ban| ban.scope.to_string()));
    }
    Ok(released)
}

/// Lets one address or range in.
pub(super) async fn one(parts: &Parts, actor: &Actor, scope: BanScope) -> Result<Released, ApiError> {
    let (bans, saved) = let_in(parts, actor, scope).await;
    if bans.is_empty() {
        let around = parts.bans.list(Timestamp::now()).into_iter().find(|ban| ban.scope.net().contains(&scope.net()));
        let hint = around.map(|ban| format!("; it lies in {}, which is banned: lift that ban", ban.scope));
        let message = format!("there is no ban of exactly {scope}{}", hint.unwrap_or_default());
        return Err(ApiError::not_found(message));
    }
    let lifted = bans.iter().map(|ban| ban.scope.to_string()).collect();
    Ok(Released { lifted, without_ban: Vec::new(), saved })
}

/// The bans that were lifted, and whether the store took everything.
async fn let_in(parts: &Parts, actor: &Actor, scope: BanScope) -> (Vec<Arc<Ban>>, bool) {
    let now = Timestamp::now();
    let mut bans = parts.bans.list(now);
    bans.retain(|ban| scope.net().contains(&ban.scope.net()));
    // Before the ban: another filter that counts strikes after the unban finds none of before.
    let mut saved = clear_shared_strikes(parts, scope).await;
    // The store may hold a ban of this scope that was left out at the start: it is asked to forget it in any case.
    saved &= parts.bans.unban(scope, now).await.saved;
    for ban in bans.iter().filter(|ban| ban.scope != scope) {
        saved &= parts.bans.unban(ban.scope, now).await.saved;
    }
    (parts.pardon_sessions)(scope);
    let strikes = (parts.clear_strikes)(scope);
    saved &= forget_stored_strikes(parts, scope).await;
    if !bans.is_empty() || strikes > 0 {
        let before: Vec<_> = bans.iter().map(|ban| BanView::from(&**ban)).collect();
        let before = json!({"bans": before, "clients_with_strikes": strikes});
        parts.audit.note(actor, "ban.remove", scope.to_string(), before, Value::Null).await;
    }
    (bans, saved)
}

/// Clears the strikes that filters on one store count together; whether the store took it.
async fn clear_shared_strikes(parts: &Parts, scope: BanScope) -> bool {
    match timely(parts.assessments.clear_strikes(scope.net())).await {
        Ok(()) => true,
        Err(error) => not_forgotten(scope, &error),
    }
}

/// Makes the stored strikes of every client in this scope inactive; whether the store took it.
async fn forget_stored_strikes(parts: &Parts, scope: BanScope) -> bool {
    match timely(clients_in(parts, scope)).await {
        Ok(clients) => {
            for client in clients {
                if let Err(error) = timely(parts.assessments.deactivate_abnormal(client)).await {
                    return not_forgotten(scope, &error);
                }
            }
            true
        }
        Err(error) => not_forgotten(scope, &error),
    }
}

fn not_forgotten(scope: BanScope, error: &ApiError) -> bool {
    error.log();
    tracing::error!(%scope, "strikes are cleared but the store did not take it");
    false
}

/// The clients whose strikes belong to this scope: of an address its own key, of a range those it shares addresses with.
async fn clients_in(parts: &Parts, scope: BanScope) -> Result<BTreeSet<ClientKey>, ApiError> {
    let net = scope.net();
    if net.prefix_len() == net.max_prefix_len() {
        return Ok(BTreeSet::from([parts.clients.key(ClientIp::new(net.addr()))]));
    }
    let shares = |client: &ClientKey| net.contains(&client.net()) || client.net().contains(&net);
    let active = parts.assessments.active_abnormal().await?;
    Ok(active.into_iter().map(|(client, _)| client).filter(shares).chain([ClientKey::from(net)]).collect())
}

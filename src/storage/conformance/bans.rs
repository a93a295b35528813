//! Bans.

use super::samples;
use crate::activity::ActivityRecord;
use crate::banlist::{Ban, BanOrigin};
use crate::storage::Storage;
use crate::time::Timestamp;

pub(super) fn ban(scope: &str) -> Ban {
    Ban {
        scope: scope.parse().unwrap(),
        origin: BanOrigin::Behaviour,
        reason: "3 abnormal sessions; 'quoted' 😀".into(),
        evidence: Some(ActivityRecord::sample(7).id),
        since: Timestamp::from_millis(1_600_000_000_123),
        until: Some(Timestamp::from_millis(1_600_000_060_123)),
    }
}

pub(in crate::storage) async fn bans_are_kept(storage: &Storage) {
    let by_scope = |mut bans: Vec<Ban>| {
        bans.sort_by_key(|ban| ban.scope);
        bans
    };
    assert_eq!(storage.bans.load().await.unwrap(), Vec::new());
    let mut bans = ["192.0.2.1", "192.0.2.0/24", "2001:db8::1", "2001:db8::/64", "0.0.0.0/0"].map(ban).to_vec();
    bans[1].until = None;
    bans[2].evidence = None;
    bans[3].origin = BanOrigin::Operator;
    bans[4].origin = BanOrigin::Import;
    for ban in &bans {
        storage.bans.put(ban).await.unwrap();
    }
    assert_eq!(by_scope(storage.bans.load().await.unwrap()), by_scope(bans.clone()));

    bans[0] =
        Ban { origin: BanOrigin::Operator, until: None, evidence: None, reason: String::new(), ..bans[0].clone() };
    storage.bans.put(&bans[0]).await.unwrap();
    assert_eq!(by_scope(storage.bans.load().await.unwrap()), by_scope(bans.clone()), "replaced, not doubled");

    assert!(storage.bans.remove(bans[1].scope).await.unwrap());
    assert!(!storage.bans.remove(bans[1].scope).await.unwrap(), "gone already");
    assert!(!storage.bans.remove("198.51.100.9".parse().unwrap()).await.unwrap(), "never was");
    let removed = bans.remove(1);
    assert_eq!(by_scope(storage.bans.load().await.unwrap()), by_scope(bans.clone()));

    // A client that was seen keeps its one entry through ban and unban.
    storage.activity.append(&samples([1])).await.unwrap();
    assert_eq!(by_scope(storage.bans.load().await.unwrap()), by_scope(bans.clone()));
    storage.bans.put(&removed).await.unwrap();
    assert_eq!(storage.bans.load().await.unwrap().len(), 5);
}

pub(in crate::storage) async fn bans_that_ended_are_forgotten(storage: &Storage) {
    let (short, long) = (ban("192.0.2.1"), Ban { until: None, ..ban("192.0.2.2") });
    storage.bans.put(&short).await.unwrap();
    storage.bans.put(&long).await.unwrap();
    let end = short.until.unwrap();
    assert!(!storage.bans.forget_ended(short.scope, Timestamp::from_millis(end.as_millis() - 1)).await.unwrap());
    assert!(!storage.bans.forget_ended(long.scope, end).await.unwrap());
    assert!(storage.bans.forget_ended(short.scope, end).await.unwrap());
    assert_eq!(storage.bans.load().await.unwrap(), [long]);
}

//! Bans, and the generation that an unban raises.

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

pub(in crate::storage) async fn a_ban_holds_on_its_generation(storage: &Storage) {
    let (bans, one) = (&storage.bans, ban("192.0.2.1"));
    let generation = async || bans.generation(one.scope).await.unwrap();
    assert_eq!(generation().await, 0);
    assert!(!bans.put_if(&one, 1).await.unwrap(), "nobody lifted it yet");
    assert!(bans.put_if(&one, 0).await.unwrap());
    assert!(bans.put_if(&one, 0).await.unwrap(), "asked again after a lost answer");
    assert_eq!((generation().await, bans.load().await.unwrap()), (0, vec![one.clone()]));
    assert!(bans.remove(one.scope).await.unwrap());
    assert_eq!(generation().await, 1);
    assert!(!bans.put_if(&one, 0).await.unwrap());
    assert_eq!(bans.load().await.unwrap(), []);
    assert!(bans.put_if(&one, 1).await.unwrap());
    // What ends by itself, or a person bans, is no lift.
    assert!(bans.forget_ended(one.scope, one.until.unwrap()).await.unwrap());
    bans.put(&one).await.unwrap();
    assert_eq!(generation().await, 1);
    // Where no ban and no client was, the lift counts too.
    let other = ban("198.51.100.0/24");
    assert!(!bans.remove(other.scope).await.unwrap());
    assert!(!bans.put_if(&other, 0).await.unwrap());
    storage.activity.append(&samples([1])).await.unwrap();
    let seen = Ban { scope: "192.0.2.1".parse().unwrap(), ..one.clone() };
    assert!(bans.put_if(&seen, 1).await.unwrap(), "a request of the client changes nothing");
    assert_eq!(bans.load().await.unwrap(), [one]);
}

pub(in crate::storage) async fn no_ban_overtakes_an_unban(storage: &Storage) {
    let one = ban("192.0.2.1");
    for round in 0..40 {
        let generation = storage.bans.generation(one.scope).await.unwrap();
        let decided = futures_util::future::join_all((0..3).map(|_| storage.bans.put_if(&one, generation)));
        let (bans, lifted) = futures_util::future::join(decided, storage.bans.remove(one.scope)).await;
        lifted.unwrap();
        let made = bans.into_iter().map(Result::unwrap).collect::<Vec<_>>();
        assert_eq!(storage.bans.load().await.unwrap(), [], "round {round}: {made:?}");
        assert_eq!(storage.bans.generation(one.scope).await.unwrap(), generation + 1);
    }
}

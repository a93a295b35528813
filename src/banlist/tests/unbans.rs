//! What an unban keeps from coming after it.

use super::*;

#[tokio::test]
async fn after_an_unban_behaviour_waits_and_an_operator_does_not() {
    let bench = bench();
    let scope = "192.0.2.1".parse().unwrap();
    assert_eq!(bench.list.unban(scope, at(0)).await, UnbanOutcome { lifted: false, saved: true });
    bench.list.ban(behaviour("192.0.2.1", 60)).await.unwrap();
    assert!(bench.list.unban(scope, at(0)).await.lifted);
    let again = |since: i64| Ban { since: at(since), ..behaviour("192.0.2.1", 3_600_000) };
    assert_eq!(bench.list.ban(again(599_999)).await, Ok(BanOutcome::InGrace(at(600_000))));
    assert!(matches!(bench.list.ban(again(600_000)).await, Ok(BanOutcome::Banned { .. })));

    bench.list.unban(scope, at(600_001)).await;
    bench.list.ban(Ban { since: at(600_002), ..operator("192.0.2.1") }).await.unwrap();
    assert!(bench.barred_by("192.0.2.1", 600_003).is_some());
    assert!(bench.metric("portcullis_bans_refused_total{reason=\"unban-grace\"} 1"));
}

#[tokio::test]
async fn a_ban_decided_before_an_unban_does_not_come_after_it() {
    let bench = Bench::new(Config { unban_grace: Duration::ZERO, ..Config::default() }, &[]);
    let scope: BanScope = "192.0.2.1".parse().unwrap();
    let ban = behaviour("192.0.2.1", 60);
    for lifted in ["192.0.2.1", "192.0.2.0/24"] {
        let standing = bench.list.standing(scope).await;
        bench.list.unban(lifted.parse().unwrap(), at(0)).await;
        assert_eq!(bench.list.ban_if(ban.clone(), standing).await, Ok(BanOutcome::Lifted), "{lifted}");
    }
    let standing = bench.list.standing(scope).await;
    bench.list.unban("198.51.100.1".parse().unwrap(), at(0)).await;
    assert!(matches!(bench.list.ban_if(ban, standing).await, Ok(BanOutcome::Banned { saved: true, .. })));
    assert!(bench.metric("portcullis_bans_refused_total{reason=\"lifted\"} 2"));
}

#[tokio::test]
async fn a_ban_lifted_at_another_filter_while_it_was_decided_is_taken_back() {
    let bench = bench();
    let scope: BanScope = "192.0.2.1".parse().unwrap();
    let standing = bench.list.standing(scope).await;
    bench.store.remove(scope).await.unwrap();
    assert_eq!(bench.list.ban_if(behaviour("192.0.2.1", 60), standing).await, Ok(BanOutcome::Lifted));
    assert_eq!(bench.barred_by("192.0.2.1", 0), None);
    assert!(bench.store.scopes().is_empty());
    let standing = bench.list.standing(scope).await;
    let later = bench.list.ban_if(behaviour("192.0.2.1", 60), standing).await;
    assert_eq!(later, Ok(BanOutcome::InGrace(at(600_000))), "what an operator there lifted has its grace here too");
}

#[tokio::test]
async fn a_lift_that_waits_for_the_store_reaches_it_before_the_ban_that_followed() {
    let bench = Bench::new(Config { unban_grace: Duration::ZERO, ..Config::default() }, &[]);
    let scope: BanScope = "192.0.2.1".parse().unwrap();
    bench.list.ban(operator("192.0.2.1")).await.unwrap();
    bench.store.down.store(true, Ordering::Relaxed);
    assert!(!bench.list.unban(scope, at(0)).await.saved);
    let standing = bench.list.standing(scope).await;
    let outcome = bench.list.ban_if(behaviour("192.0.2.1", 60), standing).await;
    assert!(matches!(outcome, Ok(BanOutcome::Banned { saved: false, .. })));
    bench.store.down.store(false, Ordering::Relaxed);
    bench.list.sweep(at(0)).await;
    assert_eq!(bench.store.generation(scope).await.unwrap(), 1, "decisions of other filters hear of the lift");
    assert_eq!(bench.store.scopes(), ["192.0.2.1"]);
}

#[tokio::test]
async fn a_ban_that_a_clock_stepping_back_moved_rests_on_what_it_was_decided_on() {
    const HOUR: i64 = 3_600_000;
    let bench = bench();
    let scope: BanScope = "192.0.2.1".parse().unwrap();
    let standing = bench.list.standing(scope).await;
    bench.store.down.store(true, Ordering::Relaxed);
    bench.list.ban_if(behaviour("192.0.2.1", 60_000), standing).await.unwrap();
    bench.list.sweep(at(-HOUR)).await;
    assert!(bench.barred_by("192.0.2.1", -HOUR + 59_999).is_some());
    assert!(bench.barred_by("192.0.2.1", -HOUR + 60_000).is_none(), "moved");
    bench.store.down.store(false, Ordering::Relaxed);
    bench.store.remove(scope).await.unwrap();
    bench.list.sweep(at(-HOUR)).await;
    assert!(bench.barred_by("192.0.2.1", -HOUR).is_none(), "lifted in the store since it was decided on");
    assert!(bench.store.scopes().is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_decision_of_before_an_unban_outlives_it() {
    for round in 0..200 {
        let bench = Arc::new(Bench::new(Config { unban_grace: Duration::ZERO, ..Config::default() }, &[]));
        let scope: BanScope = "192.0.2.1".parse().unwrap();
        let standing = bench.list.standing(scope).await;
        let (deciding, lifting) = (Arc::clone(&bench), Arc::clone(&bench));
        let deciding = tokio::spawn(async move { deciding.list.ban_if(behaviour("192.0.2.1", 60), standing).await });
        let lifting = tokio::spawn(async move { lifting.list.unban(scope, at(0)).await });
        let (decided, lifted) = (deciding.await.unwrap().unwrap(), lifting.await.unwrap());
        assert!(lifted.saved);
        assert_eq!(bench.barred_by("192.0.2.1", 0), None, "round {round}: {decided:?}");
        assert!(bench.store.scopes().is_empty(), "round {round}: {decided:?}");
    }
}

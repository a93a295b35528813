//! ONE suite that every store passes. `store_conformance_suite!` makes a test of each case for a [`Fixture`].

mod bans;
mod requests;
mod visits;

use super::Storage;
use crate::activity::{ActivityQuery, ActivityRecord};
use crate::client::ClientKey;
use crate::id::RequestId;

pub(super) use bans::{
    a_ban_holds_on_its_generation, bans_are_kept, bans_that_ended_are_forgotten, no_ban_overtakes_an_unban,
};
pub(super) use requests::{
    an_empty_batch_is_fine, append_is_idempotent, bytes_that_are_not_utf8_survive, every_verdict_survives, filters,
    odd_content_survives, pages_newest_first, retention_removes_the_old, what_is_cut_says_so,
};
pub(super) use visits::{
    a_closed_session_is_judged_by_one, assessments_are_kept, filters_count_strikes_together, open_visits_are_kept,
    strikes_are_deactivated,
};

use bans::ban;
use visits::assessment;

/// A store to test: empty at first, removed when dropped.
pub(super) trait Fixture: Sized {
    /// An empty store.
    async fn start() -> Self;
    /// The store.
    fn storage(&self) -> &Storage;
    /// Closes the store and opens it again.
    async fn reopen(&mut self);
}

/// A test of each case of the suite, for this fixture.
macro_rules! store_conformance_suite {
    ($fixture:ty) => {
        store_conformance_suite!($fixture: append_is_idempotent, pages_newest_first, filters, odd_content_survives,
            bytes_that_are_not_utf8_survive, what_is_cut_says_so, every_verdict_survives, retention_removes_the_old,
            bans_are_kept, assessments_are_kept, strikes_are_deactivated, open_visits_are_kept, an_empty_batch_is_fine,
            bans_that_ended_are_forgotten, a_ban_holds_on_its_generation, no_ban_overtakes_an_unban,
            filters_count_strikes_together, a_closed_session_is_judged_by_one);

        #[tokio::test(flavor = "multi_thread")]
        async fn reopening_keeps_everything() {
            let mut fixture = <$fixture as crate::storage::conformance::Fixture>::start().await;
            crate::storage::conformance::reopening_keeps_everything(&mut fixture).await;
        }
    };
    ($fixture:ty: $($case:ident),+) => {$(
        #[tokio::test(flavor = "multi_thread")]
        async fn $case() {
            let fixture = <$fixture as crate::storage::conformance::Fixture>::start().await;
            crate::storage::conformance::$case(crate::storage::conformance::Fixture::storage(&fixture)).await;
        }
    )+};
}
pub(super) use store_conformance_suite;

fn newest(limit: u32) -> ActivityQuery {
    ActivityQuery { limit, ..ActivityQuery::default() }
}

async fn ids(storage: &Storage, query: &ActivityQuery) -> Vec<RequestId> {
    storage.activity.page(query).await.unwrap().into_iter().map(|record| record.id).collect()
}

fn key(text: &str) -> ClientKey {
    super::fields::client_key(text).unwrap()
}

fn samples(numbers: impl IntoIterator<Item = u32>) -> Vec<ActivityRecord> {
    numbers.into_iter().map(ActivityRecord::sample).collect()
}

pub(super) async fn reopening_keeps_everything<F: Fixture>(fixture: &mut F) {
    let storage = fixture.storage();
    storage.activity.append(&samples(0..3)).await.unwrap();
    storage.bans.put(&ban("192.0.2.0/24")).await.unwrap();
    storage.assessments.put(&assessment(1)).await.unwrap();
    fixture.reopen().await;
    let storage = fixture.storage();
    assert_eq!(storage.activity.page(&newest(10)).await.unwrap(), samples((0..3).rev()));
    assert_eq!(storage.bans.load().await.unwrap(), [ban("192.0.2.0/24")]);
    assert_eq!(storage.assessments.by_session(assessment(1).session).await.unwrap(), Some(assessment(1)));
}

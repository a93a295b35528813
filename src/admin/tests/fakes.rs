use std::sync::atomic::AtomicBool;

use async_trait::async_trait;
use parking_lot::Mutex;

use super::*;
use crate::activity::{ActivityQuery, ActivityRecord, ActivityStoreError};
use crate::banlist::{Ban, BanStoreError};
use crate::behaviour::{
    Assessment, AssessmentQuery, AssessmentStoreError, BehaviourClassifier, BehaviourError, SessionFeatures,
};
use crate::client::ClientKey;
use crate::inspection::ClassifierError;
use crate::session::SessionId;

/// Keeps nothing.
pub(super) struct FakeBans;

#[async_trait]
impl BanStore for FakeBans {
    async fn load(&self) -> Result<Vec<Ban>, BanStoreError> {
        Ok(Vec::new())
    }

    async fn put(&self, _ban: &Ban) -> Result<(), BanStoreError> {
        Ok(())
    }

    async fn generation(&self, _scope: BanScope) -> Result<u64, BanStoreError> {
        Ok(0)
    }

    async fn put_if(&self, ban: &Ban, _generation: u64) -> Result<bool, BanStoreError> {
        self.put(ban).await.map(|()| true)
    }

    async fn forget_ended(&self, scope: BanScope, _by: Timestamp) -> Result<bool, BanStoreError> {
        self.remove(scope).await
    }

    async fn remove(&self, _scope: BanScope) -> Result<bool, BanStoreError> {
        Ok(true)
    }
}

/// Records as given, newest first; notes the last query.
#[derive(Default)]
pub(super) struct FakeActivity {
    pub(super) records: Mutex<Vec<ActivityRecord>>,
    pub(super) asked: Mutex<Option<ActivityQuery>>,
    pub(super) down: AtomicBool,
    /// Neither answers nor fails.
    pub(super) silent: AtomicBool,
}

impl FakeActivity {
    fn reachable(&self) -> Result<(), ActivityStoreError> {
        let down = self.down.load(Ordering::Relaxed);
        if down { Err(ActivityStoreError::Store("mongodb://user:secret@db is down".into())) } else { Ok(()) }
    }
}

#[async_trait]
impl ActivityStore for FakeActivity {
    async fn append(&self, batch: &[ActivityRecord]) -> Result<(), ActivityStoreError> {
        self.records.lock().extend_from_slice(batch);
        Ok(())
    }

    async fn page(&self, query: &ActivityQuery) -> Result<Vec<ActivityRecord>, ActivityStoreError> {
        self.reachable()?;
        if self.silent.load(Ordering::Relaxed) {
            std::future::pending::<()>().await;
        }
        *self.asked.lock() = Some(query.clone());
        let wanted = |record: &&ActivityRecord| {
            (query.session.is_none() || record.session == query.session)
                && query.before.is_none_or(|before| record.id < before)
        };
        let most = usize::try_from(query.limit).unwrap();
        Ok(self.records.lock().iter().filter(wanted).take(most).cloned().collect())
    }

    async fn remove_before(&self, _moment: Timestamp) -> Result<u64, ActivityStoreError> {
        Ok(0)
    }

    async fn ping(&self) -> Result<(), ActivityStoreError> {
        self.reachable()
    }
}

/// Assessments as given; notes the last query and whose were made inactive.
#[derive(Default)]
pub(super) struct FakeAssessments {
    pub(super) kept: Mutex<Vec<Assessment>>,
    pub(super) asked: Mutex<Option<AssessmentQuery>>,
    pub(super) forgiven: Mutex<Vec<ClientKey>>,
    pub(super) struck: Mutex<Vec<(ClientKey, SessionId)>>,
}

#[async_trait]
impl AssessmentStore for FakeAssessments {
    async fn put(&self, assessment: &Assessment) -> Result<(), AssessmentStoreError> {
        let mut kept = self.kept.lock();
        kept.retain(|known| known.session != assessment.session);
        kept.push(assessment.clone());
        Ok(())
    }

    async fn by_session(&self, session: SessionId) -> Result<Option<Assessment>, AssessmentStoreError> {
        Ok(self.kept.lock().iter().find(|kept| kept.session == session).cloned())
    }

    async fn page(&self, query: &AssessmentQuery) -> Result<Vec<Assessment>, AssessmentStoreError> {
        *self.asked.lock() = Some(query.clone());
        Ok(self.kept.lock().clone())
    }

    async fn active_abnormal(&self) -> Result<Vec<(ClientKey, SessionId)>, AssessmentStoreError> {
        Ok(self.struck.lock().clone())
    }

    async fn deactivate_abnormal(&self, client: ClientKey) -> Result<u64, AssessmentStoreError> {
        self.forgiven.lock().push(client);
        Ok(1)
    }
}

/// Takes everything with a quote for SQL; is saturated by the word `busy`.
pub(super) struct FakeModel;

#[async_trait]
impl DryRun for FakeModel {
    async fn classify(&self, text: &str, place: &str) -> Result<Value, ClassifierError> {
        if text == "busy" {
            return Err(ClassifierError::Saturated);
        }
        let verdict = if text.contains('\'') { "refuse" } else { "allow" };
        Ok(json!({"where": place, "verdict": verdict}))
    }
}

/// Takes a visit of a hundred requests and more for abnormal.
pub(super) struct FakeBehaviour;

impl BehaviourClassifier for FakeBehaviour {
    fn abnormality(&self, features: &SessionFeatures) -> Result<f32, BehaviourError> {
        Ok(if features.requests >= 100 { 0.9 } else { 0.1 })
    }

    fn version(&self) -> &'static str {
        "b-1"
    }
}

//! Where judged visits are kept.

use std::time::Duration;

use async_trait::async_trait;
use ipnet::IpNet;
use serde::{Deserialize, Serialize};

use super::{Behaviour, Limit, SessionFeatures, Spoken};
use crate::client::{ClientIp, ClientKey};
use crate::session::{Session, SessionId};
use crate::time::Timestamp;

/// What an abnormal verdict rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Cause {
    /// A request of the visit carried a text taken for an attack.
    Text,
    /// The numbers of the visit.
    Features,
    /// Its client passed a limit.
    Limit(Limit),
}

impl Cause {
    /// The cause's stable name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Features => "features",
            Self::Limit(limit) => limit.as_str(),
        }
    }

    /// The cause of this name.
    pub fn parse(name: &str) -> Option<Self> {
        let limits = Limit::ALL.map(Self::Limit);
        [Self::Text, Self::Features].into_iter().chain(limits).find(|cause| cause.as_str() == name)
    }
}

/// A scored visit: one `sesfeatures` document.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Assessment {
    /// The visit.
    pub session: SessionId,
    /// What its client is counted by.
    pub client: ClientKey,
    /// Address of its first request.
    pub client_ip: ClientIp,
    /// Its last moment.
    pub end: Timestamp,
    /// Its numbers.
    pub features: SessionFeatures,
    /// What it was judged to be.
    pub behaviour: Behaviour,
    /// Whether it still counts towards a ban.
    pub active: bool,
    /// Probability of abnormal by the features, 0 to 1; `None` when the model was not asked or failed.
    pub score: Option<f32>,
    /// What an abnormal verdict rests on.
    pub cause: Option<Cause>,
    /// Name and version of the behaviour model; empty when it was not asked.
    pub model: String,
    /// The features that spoke most for abnormal, most first, at most three; empty where the features did not decide.
    #[serde(default)]
    pub spoke: Vec<Spoken>,
}

/// A store that did not keep or give assessments.
#[derive(Debug, thiserror::Error)]
#[error("assessment store: {0}")]
pub struct AssessmentStoreError(#[source] pub Box<dyn std::error::Error + Send + Sync>);

/// Which assessments to page through, newest session first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AssessmentQuery {
    /// Only of this client.
    pub client: Option<ClientKey>,
    /// Only with this judgement.
    pub behaviour: Option<Behaviour>,
    /// Only older than this session, by id.
    pub before: Option<SessionId>,
    /// At most so many; 1 to 1,000.
    pub limit: u32,
}

/// Keeps judged visits. Called by the scorer and the admin API, never on a request's way.
#[async_trait]
pub trait AssessmentStore: Send + Sync {
    /// Keeps an assessment, in place of an earlier one of the same session.
    async fn put(&self, assessment: &Assessment) -> Result<(), AssessmentStoreError>;

    /// The assessment of a session.
    async fn by_session(&self, session: SessionId) -> Result<Option<Assessment>, AssessmentStoreError>;

    /// The newest assessments that match.
    async fn page(&self, query: &AssessmentQuery) -> Result<Vec<Assessment>, AssessmentStoreError>;

    /// All active abnormal assessments, read once at start to go on counting strikes.
    async fn active_abnormal(&self) -> Result<Vec<(ClientKey, SessionId)>, AssessmentStoreError>;

    /// Makes a client's *abnormal* assessments inactive; how many there were.
    async fn deactivate_abnormal(&self, client: ClientKey) -> Result<u64, AssessmentStoreError>;

    /// Whether several filters may share this store, so that they decide through it. The methods below matter then; of a
    /// store of one filter they do nothing.
    fn is_shared(&self) -> bool {
        false
    }

    /// Counts an abnormal session, in one atomic step for all filters; how many of the client's count now. The same
    /// session counts once, those older than the window no longer. `None`: count yourself.
    async fn strike(
        &self,
        _client: ClientKey,
        _session: SessionId,
        _window: Duration,
    ) -> Result<Option<usize>, AssessmentStoreError> {
        Ok(None)
    }

    /// Forgets the strikes of every client within this network, or around it.
    async fn clear_strikes(&self, _scope: IpNet) -> Result<(), AssessmentStoreError> {
        Ok(())
    }

    /// Claims a closed session for this filter, before it is judged; whether it is ours to judge. After the lease
    /// another filter may [take](Self::take_abandoned) it.
    async fn claim(&self, _session: &Session, _lease: Duration) -> Result<bool, AssessmentStoreError> {
        Ok(true)
    }

    /// Claims one session that another filter claimed and did not settle within its lease.
    async fn take_abandoned(&self, _lease: Duration) -> Result<Option<Session>, AssessmentStoreError> {
        Ok(None)
    }

    /// Notes that a session's assessment is kept, so that nobody judges it again.
    async fn settle(&self, _session: SessionId) -> Result<(), AssessmentStoreError> {
        Ok(())
    }
}

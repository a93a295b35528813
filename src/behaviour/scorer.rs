//! Takes closed visits, judges them, counts strikes and bans.

use std::sync::Arc;

use tokio::sync::{mpsc, watch};

use super::judge::Judge;
use super::ledger::{Entry, Ledger, LedgerWriter};
use super::{Assessment, AssessmentStore, Behaviour, BehaviourClassifier, Config, Strikes};
use crate::banlist::{Ban, BanList, BanOrigin, BanOutcome, BanScope};
use crate::metrics::BehaviourMetrics;
use crate::session::ClosedSession;
use crate::spool::Spool;
use crate::time::Timestamp;

/// What a scorer works with.
pub struct Parts {
    /// The feature model and the probability from which it means abnormal; `None` in collection mode.
    pub classifier: Option<(Arc<dyn BehaviourClassifier>, f32)>,
    /// Where assessments are kept.
    pub store: Arc<dyn AssessmentStore>,
    /// Where they wait while that is away; `None`: in memory.
    pub spool: Option<Arc<Spool>>,
    /// The book of strikes, shared with whoever lifts bans.
    pub strikes: Arc<Strikes>,
    /// The edge blacklist.
    pub bans: Arc<BanList>,
    /// Counts.
    pub metrics: BehaviourMetrics,
}

/// Judges closed visits one after the other, off the request's way.
pub struct BehaviourScorer {
    config: Config,
    judge: Judge,
    ledger: Ledger,
    writer: LedgerWriter,
    strikes: Arc<Strikes>,
    bans: Arc<BanList>,
    metrics: BehaviourMetrics,
}

impl BehaviourScorer {
    /// A scorer of these parts.
    pub fn new(config: Config, parts: Parts) -> Self {
        let Parts { classifier, store, spool, strikes, bans, metrics } = parts;
        let (classifier, threshold) = classifier.map_or((None, f32::INFINITY), |(model, from)| (Some(model), from));
        let (ledger, writer) = Ledger::new(store, spool, metrics.clone());
        let judge = Judge { classifier, threshold, metrics: metrics.clone() };
        Self { config, judge, ledger, writer, strikes, bans, metrics }
    }

    /// Judges until told to stop, or until the tracker is gone; then what still waits, until all is stored.
    pub async fn run(self, mut closed: mpsc::Receiver<ClosedSession>, mut stop: watch::Receiver<bool>) {
        let Self { config, judge, ledger, writer, strikes, bans, metrics } = self;
        let bench = Bench { config, judge, ledger, strikes, bans, metrics };
        let writing = tokio::spawn(writer.run());
        let mut stopping = false;
        loop {
            let session = tokio::select! {
                biased;
                session = closed.recv() => session,
                // What was sent before is still received; nothing is sent after.
                _ = stop.wait_for(|stop| *stop), if !stopping => {
                    closed.close();
                    stopping = true;
                    continue;
                }
            };
            let Some(session) = session else { break };
            bench.metrics.queued.set(i64::try_from(closed.len()).unwrap_or(i64::MAX));
            bench.score(&session, Timestamp::now()).await;
        }
        drop(bench);
        // A writer that panicked has already said so; there is nothing left to store with.
        let _ = writing.await;
    }
}

struct Bench {
    config: Config,
    judge: Judge,
    ledger: Ledger,
    strikes: Arc<Strikes>,
    bans: Arc<BanList>,
    metrics: BehaviourMetrics,
}

impl Bench {
    async fn score(&self, ClosedSession(session): &ClosedSession, now: Timestamp) {
        let assessment = self.judge.assess(session);
        self.metrics.assessed(assessment.behaviour);
        tracing::debug!(session = %assessment.session, client = %assessment.client,
            behaviour = assessment.behaviour.as_str(), "session judged");
        self.ledger.enter(Entry::Put(Box::new(assessment.clone())));
        if assessment.behaviour == Behaviour::Abnormal {
            self.strike(&assessment, now).await;
        }
    }

    async fn strike(&self, assessment: &Assessment, now: Timestamp) {
        let strikes = self.strikes.add(assessment.client, assessment.session, now);
        if !self.config.block_ip || strikes <= self.config.max_abnormal {
            return;
        }
        let ban = Ban {
            scope: BanScope::from(assessment.client.net()),
            origin: BanOrigin::Behaviour,
            reason: format!("{strikes} abnormal sessions, {} allowed", self.config.max_abnormal),
            evidence: Some(assessment.session.first_request()),
            since: now,
            until: Some(now.plus(self.config.ban_duration)),
        };
        match self.bans.ban(ban).await {
            Ok(BanOutcome::InGrace(until)) => {
                tracing::info!(client = %assessment.client, %until, "client not banned: an operator let it in lately");
            }
            Ok(BanOutcome::Banned { .. } | BanOutcome::Kept(_)) => {
                tracing::info!(client = %assessment.client, session = %assessment.session, strikes, "client banned");
                self.strikes.clear(assessment.client);
                self.ledger.enter(Entry::Deactivate(assessment.client));
            }
            Err(error) => {
                self.metrics.ban_errors.inc();
                tracing::warn!(client = %assessment.client, %error, "client not banned");
            }
        }
    }
}

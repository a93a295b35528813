//! Takes closed visits, judges them, counts strikes and bans.

use std::sync::Arc;

use tokio::sync::{mpsc, watch};

use super::judge::Judge;
use super::ledger::{Entry, Ledger, LedgerWriter};
use super::together::Together;
use super::{Assessment, AssessmentStore, Behaviour, BehaviourClassifier, Config, Strikes};
use crate::activity::Pseudonyms;
use crate::banlist::{Ban, BanList, BanOrigin, BanOutcome, BanScope};
use crate::metrics::BehaviourMetrics;
use crate::session::{ClosedSession, Session};
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
    /// Stand in place of clients' addresses in stored assessments; strikes and bans keep the addresses.
    pub pseudonyms: Option<Pseudonyms>,
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
    store: Arc<dyn AssessmentStore>,
    strikes: Arc<Strikes>,
    bans: Arc<BanList>,
    metrics: BehaviourMetrics,
}

impl BehaviourScorer {
    /// A scorer of these parts.
    pub fn new(config: Config, parts: Parts) -> Self {
        let Parts { classifier, store, spool, pseudonyms, strikes, bans, metrics } = parts;
        let (classifier, threshold) = classifier.map_or((None, f32::INFINITY), |(model, from)| (Some(model), from));
        let (ledger, writer) = Ledger::new(Arc::clone(&store), spool, pseudonyms, metrics.clone());
        let judge = Judge { classifier, threshold, metrics: metrics.clone() };
        Self { config, judge, ledger, writer, store, strikes, bans, metrics }
    }

    /// Judges until told to stop, or until the tracker is gone; then what still waits, until all is stored.
    pub async fn run(self, mut closed: mpsc::Receiver<ClosedSession>, mut stop: watch::Receiver<bool>) {
        let Self { config, judge, ledger, writer, store, strikes, bans, metrics } = self;
        let together = Together::new(store);
        let bench = Bench { config, judge, ledger, strikes, bans, together, metrics };
        let writing = tokio::spawn(writer.run());
        let mut stopping = false;
        loop {
            let next = tokio::select! {
                biased;
                session = closed.recv() => session.map(Next::Closed),
                // What was sent before is still received; nothing is sent after.
                () = told(&mut stop), if !stopping => Some(Next::Stop),
                session = bench.together.abandoned() => Some(Next::Abandoned(session)),
            };
            match next {
                Some(Next::Closed(ClosedSession(session))) => {
                    if bench.together.claim(&session).await {
                        bench.score(&session, Timestamp::now()).await;
                    }
                }
                Some(Next::Abandoned(session)) => {
                    tracing::info!(session = %session.id, "judging a session that another filter left");
                    bench.score(&session, Timestamp::now()).await;
                }
                Some(Next::Stop) => {
                    closed.close();
                    stopping = true;
                }
                None => break,
            }
            bench.metrics.queued.set(i64::try_from(closed.len()).unwrap_or(i64::MAX));
        }
        drop(bench);
        // A writer that panicked has already said so; there is nothing left to store with.
        let _ = writing.await;
    }
}

/// What the scorer does next.
enum Next {
    Closed(ClosedSession),
    /// A session that another filter claimed and did not finish with.
    Abandoned(Session),
    Stop,
}

/// Returns when told to stop.
async fn told(stop: &mut watch::Receiver<bool>) {
    // A sender that is gone is a filter that has stopped.
    let _ = stop.wait_for(|stop| *stop).await;
}

struct Bench {
    config: Config,
    judge: Judge,
    ledger: Ledger,
    strikes: Arc<Strikes>,
    bans: Arc<BanList>,
    together: Together,
    metrics: BehaviourMetrics,
}

impl Bench {
    async fn score(&self, session: &Session, now: Timestamp) {
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
        let here = self.strikes.add(assessment.client, assessment.session, now);
        let everywhere = self.together.strike(assessment.client, assessment.session, self.config.window).await;
        let strikes = everywhere.map_or(here, |everywhere| everywhere.max(here));
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
                self.together.clear_strikes(assessment.client.net()).await;
                self.ledger.enter(Entry::Deactivate(assessment.client));
            }
            Err(error) => {
                self.metrics.ban_errors.inc();
                tracing::warn!(client = %assessment.client, %error, "client not banned");
            }
        }
    }
}

//! What is done about suspicions: findings, mode and exclusions in, verdict out. Pure: no clock, no I/O.

mod exclusion;
mod mode;
mod route;
mod verdict;

pub use exclusion::Exclusion;
pub use mode::{BodyLimitAction, FailureMode, Mode};
pub use route::{Route, Terms};
pub use verdict::{Reason, Verdict};

use crate::inspection::{AttackClass, Findings, Malformed, Suspicion};
use crate::live::Live;

/// How suspicions are acted upon.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// What holds where no route says otherwise. Defaults: block; 10 MiB; refuse.
    pub terms: Terms,
    /// Parts of the site with terms of their own.
    pub routes: Vec<Route>,
    /// Findings that are not counted.
    pub exclusions: Vec<Exclusion>,
    /// Whether a body that is not what its content type says is refused; default false: flagged.
    pub refuse_malformed: bool,
    /// What becomes of a request that could not be inspected, in block mode; default closed.
    pub on_error: FailureMode,
    /// Probability of attack, by class in the order of [`AttackClass::ALL`], from which a request is refused.
    pub refuse_from: [f32; AttackClass::ALL.len()],
}

/// Decides over requests. Clones share one configuration, which may be replaced while requests are judged.
#[derive(Clone, Debug)]
pub struct Policy(Live<Config>);

impl Policy {
    /// A policy after this configuration.
    pub fn new(config: Config) -> Self {
        Self(Live::new(config.in_order()))
    }

    /// Judges after this configuration from now on, in every clone.
    pub fn replace(&self, config: Config) {
        self.0.store(config.in_order());
    }

    /// What holds for a request of this raw path.
    ///
    /// A path that the application could read otherwise than the filter gets the strictest terms of all.
    pub fn terms(&self, raw_path: &[u8]) -> Terms {
        let config = self.0.load();
        let default = &config.terms;
        if config.routes.is_empty() {
            return *default;
        }
        match route::plain_path(raw_path) {
            Some(path) => config
                .routes
                .iter()
                .find(|route| path.starts_with(&route.path))
                .map_or(*default, |route| route.terms(default)),
            None => config.routes.iter().fold(*default, |terms, route| terms.stricter(route.terms(default))),
        }
    }

    /// The verdict on a request with these findings.
    pub fn judge(&self, terms: &Terms, raw_path: &[u8], findings: &Findings) -> Verdict {
        let config = self.0.load();
        let path = if config.exclusions.is_empty() { None } else { route::plain_path(raw_path) };
        let counted = findings
            .0
            .iter()
            .filter(|finding| !config.exclusions.iter().any(|rule| rule.covers(path.as_deref(), finding)));
        let mut worst = Verdict::Allow;
        for finding in counted {
            worst = worst.graver(config.weigh_under(terms, finding.suspicion));
        }
        worst.under(terms.mode)
    }

    /// The verdict on a request that could not be inspected.
    pub fn judge_uninspected(&self, terms: &Terms) -> Verdict {
        let verdict = match self.0.load().on_error {
            FailureMode::Open => Verdict::Flag(Reason::Uninspected),
            FailureMode::Closed => Verdict::Refuse(Reason::Uninspected),
        };
        verdict.under(terms.mode)
    }

    /// The verdict on a body past the limit, where its route refuses such.
    pub fn judge_oversized(&self, terms: &Terms) -> Verdict {
        Verdict::Refuse(Reason::BodyTooLarge).under(terms.mode)
    }

    /// The verdict on one suspicion in block mode.
    pub fn weigh(&self, suspicion: Suspicion) -> Verdict {
        self.0.load().weigh(suspicion)
    }
}

impl Config {
    /// With the longest path first, which is the one that wins.
    fn in_order(mut self) -> Self {
        self.routes.sort_by_key(|route| std::cmp::Reverse(route.path.len()));
        self
    }

    /// What a body unpacks to past the limit is as unseen as what is sent past it.
    fn weigh_under(&self, terms: &Terms, suspicion: Suspicion) -> Verdict {
        let unseen = suspicion == Suspicion::Malformed(Malformed::Unpacked);
        match terms.over_limit {
            BodyLimitAction::Refuse if unseen => Verdict::Refuse(Reason::BodyTooLarge),
            _ => self.weigh(suspicion),
        }
    }

    fn weigh(&self, suspicion: Suspicion) -> Verdict {
        let (reason, refuse) = match suspicion {
            Suspicion::Attack { class, score } => {
                let refuse = AttackClass::ALL
                    .iter()
                    .zip(self.refuse_from)
                    .any(|(listed, from)| *listed == class && score >= from);
                (Reason::Attack(class), refuse)
            }
            Suspicion::Malformed(_) => (Reason::Malformed, self.refuse_malformed),
        };
        if refuse { Verdict::Refuse(reason) } else { Verdict::Flag(reason) }
    }
}

#[cfg(test)]
mod tests;

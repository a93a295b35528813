//! Taking up a changed configuration while the filter runs.

use std::sync::Arc;

use parking_lot::Mutex;

use super::settings::policy_config;
use crate::admin::{
    AdminToken, ChangedKey, ExclusionView, Keyring, NamedToken, Reloaded, Role, RouteView, Rules, TokenHash,
};
use crate::banlist::BanList;
use crate::config::{Config, Sources};
use crate::model::TextThresholds;
use crate::policy::Policy;

/// What a reload reads and what it changes.
pub(super) struct Reloading {
    pub(super) sources: Sources,
    pub(super) running: Mutex<Config>,
    pub(super) thresholds: TextThresholds,
    pub(super) policy: Policy,
    pub(super) bans: Arc<BanList>,
    pub(super) keyring: Keyring,
}

impl Reloading {
    /// Reads all sources again and takes over what may change while running; where there is any fault, nothing.
    pub(super) fn run(&self) -> Result<Reloaded, Vec<String>> {
        let (read, faults) = Config::read(&self.sources);
        if !faults.is_empty() {
            return Err(faults.iter().map(ToString::to_string).collect());
        }
        let mut running = self.running.lock();
        let differences = running.differences(&read);
        running.take_live(&read);
        self.policy.replace(policy_config(&running, &self.thresholds));
        self.bans.replace_allowlist(&running.banlist.allowlist);
        self.keyring.replace_configured(running.admin.tokens.clone());
        let changed = differences.live.into_iter().map(|difference| ChangedKey {
            key: difference.key.to_owned(),
            before: difference.before,
            after: difference.after,
        });
        let needs_restart = differences.fixed.into_iter().map(str::to_owned).collect();
        Ok(Reloaded { changed: changed.collect(), needs_restart })
    }

    /// What holds now, as the admin API shows it.
    pub(super) fn rules(&self) -> (crate::policy::Mode, Rules) {
        let config = self.running.lock();
        let settings = &config.inspection;
        let exclusions = settings.exclusions.iter().map(|rule| ExclusionView {
            path: rule.path.clone(),
            parameter: rule.parameter.clone(),
            classes: rule.classes.iter().map(|class| class.as_str().to_owned()).collect(),
        });
        let routes = settings.routes.iter().map(|route| RouteView {
            path: route.path.clone(),
            mode: route.mode.map(|mode| mode.as_str().to_owned()),
            body_limit: route.body_limit,
        });
        let rules = Rules {
            sensitivity: settings.sensitivity.as_str().to_owned(),
            exclusions: exclusions.collect(),
            routes: routes.collect(),
            allowlist: config.banlist.allowlist.iter().map(ToString::to_string).collect(),
        };
        (settings.terms.mode, rules)
    }
}

/// The operator's own token as the keyring holds it; `source` tells the audit log where it came from.
pub(super) fn own_token(token: &AdminToken, source: &str) -> NamedToken {
    NamedToken { name: source.to_owned(), role: Role::Operator, hash: TokenHash::from(token) }
}

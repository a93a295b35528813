//! What may change while the filter runs, and what differs between the configuration in force and the one just read.

use super::{Config, InspectionSettings};

/// A key with another value than before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The key, with its section.
    pub key: &'static str,
    /// Its value in force.
    pub before: String,
    /// Its value as just read.
    pub after: String,
}

/// What a reload finds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Differences {
    /// Keys that may change while running.
    pub live: Vec<Difference>,
    /// Keys and sections that take a restart.
    pub fixed: Vec<&'static str>,
}

impl Config {
    /// What differs in the configuration just read.
    pub fn differences(&self, read: &Self) -> Differences {
        let live = live_keys(self).into_iter().zip(live_keys(read));
        let live = live.filter(|((_, before), (_, after))| before != after);
        let fixed = fixed_keys(self).into_iter().zip(fixed_keys(read)).filter(|(before, after)| before != after);
        Differences {
            live: live.map(|((key, before), (_, after))| Difference { key, before, after }).collect(),
            fixed: fixed.map(|((key, _), _)| key).collect(),
        }
    }

    /// Takes over the values that may change while running, and only those.
    pub fn take_live(&mut self, read: &Self) {
        let inspection = InspectionSettings {
            cache: self.inspection.cache,
            unpacking: self.inspection.unpacking,
            ..read.inspection.clone()
        };
        self.inspection = inspection;
        self.banlist.allowlist = read.banlist.allowlist.clone();
        self.admin.tokens = read.admin.tokens.clone();
    }
}

fn live_keys(config: &Config) -> [(&'static str, String); 10] {
    let (inspection, terms) = (&config.inspection, &config.inspection.terms);
    let networks: Vec<_> = config.banlist.allowlist.iter().map(ToString::to_string).collect();
    // Hashes are left out of what is shown, and another hash is shown as another token.
    let tokens = config.admin.tokens.iter().map(|token| {
        let hash = token.hash.to_string();
        format!("{} ({}, {}…)", token.name, token.role.as_str(), &hash[..hash.len().min(15)])
    });
    [
        ("inspection.mode", terms.mode.as_str().to_owned()),
        ("inspection.sensitivity", inspection.sensitivity.as_str().to_owned()),
        ("inspection.body_limit", terms.body_limit.to_string()),
        ("inspection.over_limit", terms.over_limit.as_str().to_owned()),
        ("inspection.malformed", if inspection.refuse_malformed { "refuse" } else { "flag" }.to_owned()),
        ("inspection.on_error", format!("{:?}", inspection.on_error).to_lowercase()),
        ("route", format!("{:?}", inspection.routes)),
        ("exclusion", format!("{:?}", inspection.exclusions)),
        ("banlist.allowlist", networks.join(", ")),
        ("admin.tokens", tokens.collect::<Vec<_>>().join(", ")),
    ]
}

fn fixed_keys(config: &Config) -> [(&'static str, String); 16] {
    let banlist = &config.banlist;
    [
        ("data_dir", format!("{:?}", config.data_dir)),
        ("proxy", format!("{:?}", config.proxy)),
        ("admin.listen", config.admin.listen.to_string()),
        ("admin.tls_certificate", format!("{:?}", config.admin.tls)),
        ("admin.token_file", format!("{:?}", config.admin.token_file)),
        ("client", format!("{:?}", config.client)),
        ("banlist", format!("{:?} {} {:?}", banlist.at_accept, banlist.max_bans, banlist.unban_grace)),
        ("inspection.cache", config.inspection.cache.to_string()),
        ("inspection.unpack_limit", format!("{:?}", config.inspection.unpacking)),
        ("model", format!("{:?}", config.model)),
        ("session", format!("{:?} {:?}", config.session, config.logins)),
        ("behaviour", format!("{:?}", config.behaviour)),
        ("audit", format!("{:?}", config.audit)),
        ("activity", format!("{:?}", config.activity)),
        ("storage", format!("{:?}", config.storage)),
        ("log", format!("{:?}", config.log)),
    ]
}

#[cfg(test)]
mod tests {
    use super::super::Sources;
    use super::*;
    use crate::policy::Mode;

    fn read(flags: &[(&'static str, &'static str, &str)]) -> Config {
        let flags = flags.iter().map(|(section, key, value)| (*section, *key, (*value).to_owned()));
        Config::read(&Sources { flags: flags.collect(), ..Sources::default() }).0
    }

    #[test]
    fn tells_what_changed_and_takes_over_what_may() {
        let mut running = read(&[]);
        let changed = read(&[("inspection", "mode", "detect"), ("proxy", "listen", "127.0.0.1:81")]);
        assert_eq!(running.differences(&running.clone()), Differences::default());
        let difference = Difference { key: "inspection.mode", before: "block".into(), after: "detect".into() };
        assert_eq!(running.differences(&changed), Differences { live: vec![difference], fixed: vec!["proxy"] });
        running.take_live(&changed);
        assert_eq!(running.inspection.terms.mode, Mode::Detect);
        assert_eq!(running.differences(&changed), Differences { live: Vec::new(), fixed: vec!["proxy"] });
    }
}

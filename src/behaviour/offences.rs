//! How long a ban lasts: longer for who comes back to it. Reads no clock.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use super::Config;
use crate::banlist::{Ban, BanOrigin};
use crate::client::ClientKey;
use crate::time::Timestamp;

/// Clients remembered at most; past it the one banned longest ago is forgotten.
const MAX_CLIENTS: usize = 100_000;

/// How bans grow.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Growth {
    /// What each ban is longer by than the one before.
    pub(super) factor: f64,
    /// For so long after a ban a client counts as one who came back.
    pub(super) memory: Duration,
}

/// Earlier bans by client.
#[derive(Debug)]
pub(super) struct Offences {
    growth: Growth,
    by_client: HashMap<ClientKey, Record>,
    order: VecDeque<ClientKey>,
}

#[derive(Clone, Copy, Debug)]
struct Record {
    bans: i32,
    last: Timestamp,
}

impl Offences {
    pub(super) fn new(growth: Growth) -> Self {
        Self { growth, by_client: HashMap::new(), order: VecDeque::new() }
    }

    /// Reads from the bans still in force after a restart how often each client was banned: from how long they are.
    pub(super) fn take_up(&mut self, bans: &[Arc<Ban>], config: &Config) {
        for ban in bans.iter().filter(|ban| ban.origin == BanOrigin::Behaviour) {
            let Some(until) = ban.until else { continue };
            let times = until.since(ban.since).as_secs_f64() / config.ban_duration.as_secs_f64().max(1e-3);
            #[allow(clippy::cast_possible_truncation)]
            let steps =
                if self.growth.factor > 1.0 { times.max(1.0).log(self.growth.factor).round() as i32 } else { 0 };
            self.set(ClientKey::from(ban.scope.net()), Record { bans: steps.saturating_add(1), last: ban.since });
        }
    }

    /// How long a ban of this client from now on lasts.
    pub(super) fn duration(&self, client: ClientKey, config: &Config, now: Timestamp) -> Duration {
        let earlier = self.earlier(client, now);
        let longest = config.ban_max.max(config.ban_duration);
        let seconds = config.ban_duration.as_secs_f64() * self.growth.factor.powi(earlier);
        Duration::try_from_secs_f64(seconds).map_or(longest, |span| span.min(longest))
    }

    /// Notes a ban that was made.
    pub(super) fn note(&mut self, client: ClientKey, now: Timestamp) {
        let bans = self.earlier(client, now).saturating_add(1);
        self.set(client, Record { bans, last: now });
    }

    fn earlier(&self, client: ClientKey, now: Timestamp) -> i32 {
        let known = self.by_client.get(&client).filter(|record| now.distance(record.last) <= self.growth.memory);
        known.map_or(0, |record| record.bans)
    }

    fn set(&mut self, client: ClientKey, record: Record) {
        if self.by_client.insert(client, record).is_none() {
            self.order.push_back(client);
        }
        while self.by_client.len() > MAX_CLIENTS {
            let Some(oldest) = self.order.pop_front() else { return };
            self.by_client.remove(&oldest);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    fn config() -> Config {
        Config { ban_duration: 10 * MINUTE, ban_growth: 2.0, ban_max: 60 * MINUTE, ..Config::default() }
    }

    #[test]
    fn bans_grow_to_the_longest_and_are_forgotten() {
        let (config, client) = (config(), ClientKey::from("192.0.2.1/32".parse::<ipnet::IpNet>().unwrap()));
        let mut offences = Offences::new(config.growth());
        let mut now = Timestamp::from_millis(0);
        let mut minutes = Vec::new();
        for _ in 0..5 {
            let duration = offences.duration(client, &config, now);
            minutes.push(duration.as_secs() / 60);
            offences.note(client, now);
            now = now.plus(duration);
        }
        assert_eq!(minutes, [10, 20, 40, 60, 60]);
        let other = ClientKey::from("192.0.2.2/32".parse::<ipnet::IpNet>().unwrap());
        assert_eq!(offences.duration(other, &config, now), 10 * MINUTE);
        assert_eq!(offences.duration(client, &config, now.plus(config.ban_memory)), 10 * MINUTE);
        (0..2_000).for_each(|_| offences.note(client, now));
        assert_eq!(offences.duration(client, &config, now), 60 * MINUTE, "2 to the 2,000th is no duration");
    }

    #[test]
    fn a_restart_reads_the_count_from_the_ban_in_force() {
        let config = config();
        let mut offences = Offences::new(config.growth());
        let since = Timestamp::from_millis(1_000_000);
        let ban = Ban {
            scope: "192.0.2.1".parse().unwrap(),
            origin: BanOrigin::Behaviour,
            reason: String::new(),
            evidence: None,
            since,
            until: Some(since.plus(20 * MINUTE)),
        };
        offences.take_up(&[Arc::new(ban)], &config);
        let client = ClientKey::from("192.0.2.1/32".parse::<ipnet::IpNet>().unwrap());
        assert_eq!(offences.duration(client, &config, since), 40 * MINUTE);
    }
}

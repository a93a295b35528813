//! Failed logins, counted by client: whoever fails too often waits.

use std::collections::HashMap;
use std::time::Duration;

use parking_lot::Mutex;

use crate::client::ClientKey;
use crate::time::Timestamp;

/// Failures a client may have within [`WINDOW`].
pub(super) const ALLOWED: u32 = 10;
/// The span that failures are counted in, from the first one on.
const WINDOW: Duration = Duration::from_secs(60);
/// Clients remembered at most; past it the one that failed longest ago is forgotten.
const MAX_CLIENTS: usize = 4_096;

/// The failures of each client in its window.
#[derive(Debug, Default)]
pub(super) struct Throttle(Mutex<HashMap<ClientKey, Failures>>);

#[derive(Clone, Copy, Debug)]
struct Failures {
    count: u32,
    since: Timestamp,
}

impl Failures {
    /// What is left of the window; `None` when it is over.
    fn left(&self, now: Timestamp) -> Option<Duration> {
        WINDOW.checked_sub(now.distance(self.since)).filter(|left| !left.is_zero())
    }
}

impl Throttle {
    /// How long this client has to wait before it may try again; `None` when it need not.
    pub(super) fn wait(&self, client: ClientKey, now: Timestamp) -> Option<Duration> {
        let failures = *self.0.lock().get(&client)?;
        failures.left(now).filter(|_| failures.count >= ALLOWED)
    }

    /// Counts a failure.
    pub(super) fn failed(&self, client: ClientKey, now: Timestamp) {
        let mut clients = self.0.lock();
        if let Some(failures) = clients.get_mut(&client)
            && failures.left(now).is_some()
        {
            failures.count = failures.count.saturating_add(1);
            return;
        }
        if clients.len() >= MAX_CLIENTS {
            clients.retain(|_, failures| failures.left(now).is_some());
        }
        if clients.len() >= MAX_CLIENTS
            && let Some(oldest) = clients.iter().min_by_key(|(_, failures)| failures.since).map(|(client, _)| *client)
        {
            clients.remove(&oldest);
        }
        clients.insert(client, Failures { count: 1, since: now });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(number: u32) -> ClientKey {
        ClientKey::from(ipnet::IpNet::from(std::net::IpAddr::V4(std::net::Ipv4Addr::from(number))))
    }

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_millis(seconds * 1_000)
    }

    #[test]
    fn too_many_failures_wait_for_the_end_of_the_window() {
        let throttle = Throttle::default();
        for _ in 1..ALLOWED {
            throttle.failed(client(1), at(0));
        }
        assert_eq!(throttle.wait(client(1), at(0)), None);
        throttle.failed(client(1), at(10));
        assert_eq!(throttle.wait(client(1), at(20)), Some(Duration::from_secs(40)));
        assert_eq!(throttle.wait(client(2), at(20)), None, "others do not wait");
        assert_eq!(throttle.wait(client(1), at(60)), None);
        throttle.failed(client(1), at(60));
        assert_eq!(throttle.wait(client(1), at(61)), None, "a new window begins");
    }

    #[test]
    fn remembers_a_bounded_number_of_clients() {
        let throttle = Throttle::default();
        for number in 0..u32::try_from(MAX_CLIENTS).unwrap() + 10 {
            throttle.failed(client(number), at(i64::from(number) / 1_000));
        }
        assert_eq!(throttle.0.lock().len(), MAX_CLIENTS);
    }
}

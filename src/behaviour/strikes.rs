//! Abnormal visits counted by client, until there are too many. Reads no clock.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use ipnet::IpNet;
use parking_lot::Mutex;

use super::{AssessmentStore, AssessmentStoreError};
use crate::banlist::Standing;
use crate::client::ClientKey;
use crate::session::SessionId;
use crate::time::Timestamp;

/// Clients with strikes remembered at most; past it the one struck longest ago is forgotten.
const MAX_CLIENTS: usize = 100_000;

/// The book of strikes: the scorer writes it, an unban clears it.
#[derive(Debug)]
pub struct Strikes {
    window: Duration,
    book: Mutex<Book>,
}

#[derive(Debug, Default)]
struct Book {
    by_client: HashMap<ClientKey, Record>,
    /// Clients in the order of their first strike; may name clients since cleared.
    order: VecDeque<ClientKey>,
}

/// The strikes of one client.
#[derive(Debug, Default)]
struct Record {
    strikes: Vec<Strike>,
    /// Taken before the first of them was counted; `None` for those of before a restart, until the next one.
    standing: Option<Standing>,
}

#[derive(Clone, Copy, Debug)]
struct Strike {
    session: SessionId,
    at: Timestamp,
}

impl Strikes {
    /// An empty book; strikes older than `window` no longer count.
    pub fn new(window: Duration) -> Self {
        Self { window, book: Mutex::default() }
    }

    /// Takes up the strikes that stood when the filter last stopped; how many.
    ///
    /// # Errors
    /// When the store cannot be read; the book stays as it was.
    pub async fn load(&self, store: &dyn AssessmentStore) -> Result<usize, AssessmentStoreError> {
        let active = store.active_abnormal().await?;
        for (client, session) in &active {
            self.add(*client, *session, session.first_request().time());
        }
        Ok(active.len())
    }

    /// Notes an abnormal session; how many of the client's count now. The same session counts once.
    pub fn add(&self, client: ClientKey, session: SessionId, at: Timestamp) -> usize {
        let mut book = self.book.lock();
        if !book.by_client.contains_key(&client) {
            book.make_room();
            book.order.push_back(client);
        }
        let strikes = &mut book.by_client.entry(client).or_default().strikes;
        strikes.retain(|strike| strike.session != session && at.distance(strike.at) <= self.window);
        strikes.push(Strike { session, at });
        strikes.len()
    }

    /// What the client's strikes rest on: a ban for them holds only if it still does.
    pub fn standing(&self, client: ClientKey) -> Option<Standing> {
        self.book.lock().by_client.get(&client)?.standing
    }

    /// Notes what the client's strikes rest on, where they rest on nothing yet.
    pub fn rest_on(&self, client: ClientKey, standing: Standing) {
        if let Some(record) = self.book.lock().by_client.get_mut(&client) {
            record.standing.get_or_insert(standing);
        }
    }

    /// Forgets the strikes of one client.
    pub fn clear(&self, client: ClientKey) {
        self.book.lock().by_client.remove(&client);
    }

    /// Forgets one session of a client, as when a person says that it was an ordinary one.
    pub fn forget(&self, client: ClientKey, session: SessionId) {
        let mut book = self.book.lock();
        if let Some(record) = book.by_client.get_mut(&client) {
            record.strikes.retain(|strike| strike.session != session);
            if record.strikes.is_empty() {
                book.by_client.remove(&client);
            }
        }
    }

    /// Forgets the strikes of every client within this network, or around it; of how many clients.
    pub fn clear_within(&self, scope: &IpNet) -> usize {
        let mut book = self.book.lock();
        let before = book.by_client.len();
        book.by_client.retain(|client, _| !scope.contains(&client.net()) && !client.net().contains(scope));
        before - book.by_client.len()
    }
}

impl Book {
    fn make_room(&mut self) {
        while self.by_client.len() >= MAX_CLIENTS {
            let Some(oldest) = self.order.pop_front() else { return };
            self.by_client.remove(&oldest);
        }
        // Names of cleared clients are swept out before they outnumber the rest.
        if self.order.len() >= 2 * MAX_CLIENTS {
            let by_client = &self.by_client;
            self.order.retain(|client| by_client.contains_key(client));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::RequestId;

    fn client(net: &str) -> ClientKey {
        ClientKey::from(net.parse::<IpNet>().unwrap())
    }

    fn session(number: u8) -> SessionId {
        RequestId::from_bytes([number; 12]).into()
    }

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_millis(seconds * 1_000)
    }

    #[test]
    fn counts_each_session_once_and_forgets_after_the_window() {
        let strikes = Strikes::new(Duration::from_secs(100));
        let one = client("192.0.2.1/32");
        assert_eq!(strikes.add(one, session(1), at(0)), 1);
        assert_eq!(strikes.add(one, session(1), at(1)), 1);
        assert_eq!(strikes.add(one, session(2), at(2)), 2);
        assert_eq!(strikes.add(client("192.0.2.2/32"), session(3), at(3)), 1);
        assert_eq!(strikes.add(one, session(4), at(102)), 2);
    }

    #[test]
    fn a_clock_that_steps_back_keeps_strikes_for_no_longer_than_the_window() {
        let strikes = Strikes::new(Duration::from_secs(100));
        let one = client("192.0.2.1/32");
        strikes.add(one, session(1), at(1_000));
        assert_eq!(strikes.add(one, session(2), at(950)), 2, "a small step");
        assert_eq!(strikes.add(one, session(3), at(0)), 1, "a large one");
        assert_eq!(strikes.add(one, session(4), at(100)), 2);
    }

    #[test]
    fn a_forgotten_session_no_longer_counts() {
        let strikes = Strikes::new(Duration::from_secs(100));
        let one = client("192.0.2.1/32");
        strikes.add(one, session(1), at(0));
        strikes.add(one, session(2), at(0));
        strikes.forget(one, session(1));
        strikes.forget(client("192.0.2.2/32"), session(1));
        assert_eq!(strikes.add(one, session(3), at(1)), 2);
    }

    #[test]
    fn an_unban_clears_those_it_covers() {
        let strikes = Strikes::new(Duration::from_secs(100));
        strikes.add(client("192.0.2.1/32"), session(1), at(0));
        strikes.add(client("2001:db8:1:2::/64"), session(2), at(0));
        assert_eq!(strikes.clear_within(&"192.0.0.0/16".parse().unwrap()), 1);
        assert_eq!(strikes.clear_within(&"2001:db8:1:2::9/128".parse().unwrap()), 1);
        assert_eq!(strikes.add(client("192.0.2.1/32"), session(3), at(1)), 1);
    }
}

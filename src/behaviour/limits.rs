//! What no visitor does: limits past which one running visit is enough, whatever a model says. Pure.
//!
//! Each limit is a leaking bucket: a request fills it by a weight, time empties it evenly, so that it holds `limit`
//! after a burst of that many, or after a longer while at more than `limit` in its window. The weights are chosen so
//! that ordinary visitors stay far below:
//!
//! | limit | what fills it | what does not |
//! | --- | --- | --- |
//! | refused | a request block mode refuses as an attack | the same text sent again: an editor that saves, a double click |
//! | logins | a failed login; one that did not fail fills a third | the same credentials sent again |
//! | errors | a 4xx to a page or call on another path | missing pictures and scripts; polling one path |
//! | flood | a page; a call of a page in a browser a quarter, a file a twentieth | |

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::metrics::Label;
use crate::session::{Kind, Login, Outcome};
use crate::time::Timestamp;

/// Weight of a login attempt that did not fail.
const ATTEMPT: f32 = 1.0 / 3.0;
/// Weight of a call that a page makes in a browser.
const CALL: f32 = 0.25;
/// Weight of a file: a page with 80 of them weighs 5 in all.
const ASSET: f32 = 0.05;
/// Fingerprints remembered of each kind, so that what repeats counts once.
const REMEMBERED: usize = 4;

/// One limit: so many in a window.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Allowance {
    /// How many; 0 switches the limit off.
    pub limit: f32,
    /// In which time; a bucket that is full empties in it.
    pub window: Duration,
}

/// Every limit. All of them act on a client, whatever sessions its requests are in.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Limits {
    /// Requests refused as attacks. Default 10 in 5 minutes: sqlmap sends that many in seconds, a person who writes
    /// about SQL is refused once or twice and gives up.
    pub refused: Allowance,
    /// Failed logins. Default 10 in 5 minutes: a person tries a password three times, an office behind one address
    /// fails a few times each morning.
    pub logins: Allowance,
    /// Answers of 4xx. Default 20 in a minute, each on another path: a scanner of paths has nothing else.
    pub errors: Allowance,
    /// Pages. Default 25 in a second: with those that a tool has under way by then, it gets some 30 through.
    pub flood: Allowance,
}

impl Default for Limits {
    fn default() -> Self {
        let allowance = |limit, seconds| Allowance { limit, window: Duration::from_secs(seconds) };
        Self {
            refused: allowance(10.0, 300),
            logins: allowance(10.0, 300),
            errors: allowance(20.0, 60),
            flood: allowance(25.0, 1),
        }
    }
}

/// Which limit was passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Limit {
    /// [`Limits::refused`].
    Refused,
    /// [`Limits::logins`].
    Logins,
    /// [`Limits::errors`].
    Errors,
    /// [`Limits::flood`].
    Flood,
}

impl Limit {
    /// Every limit.
    pub const ALL: [Self; 4] = [Self::Refused, Self::Logins, Self::Errors, Self::Flood];

    /// The limit's stable name, as stored and as a metric label.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Refused => "refused-limit",
            Self::Logins => "login-failures-limit",
            Self::Errors => "errors-limit",
            Self::Flood => "flood-limit",
        }
    }

    /// What the client did, for the reason of a ban.
    pub const fn describe(self) -> &'static str {
        match self {
            Self::Refused => "too many refused attacks",
            Self::Logins => "too many failed logins",
            Self::Errors => "too many requests for what is not there",
            Self::Flood => "too many requests at once",
        }
    }
}

impl Label for Limit {
    fn label(&self) -> &'static str {
        self.as_str()
    }
}

/// What one client has filled of each limit; 120 bytes.
#[derive(Clone, Debug, Default)]
pub(super) struct Meter {
    refused: Bucket,
    logins: Bucket,
    errors: Bucket,
    flood: Bucket,
    attacks: Recent,
    guesses: Recent,
    paths: Recent,
}

impl Meter {
    /// Counts an arrival.
    pub(super) fn arrive(&mut self, limits: &Limits, kind: Kind, now: Timestamp) -> Option<Limit> {
        let weight = match kind {
            Kind::Page => 1.0,
            Kind::Call => CALL,
            Kind::Asset => ASSET,
        };
        self.flood.fill(weight, &limits.flood, now).then_some(Limit::Flood)
    }

    /// Counts an answer; `text` tells an attack's text, or a login's credentials, from others.
    pub(super) fn answer(&mut self, limits: &Limits, outcome: &Outcome, text: u64) -> Option<Limit> {
        let now = outcome.timestamp;
        let mut passed = None;
        if outcome.findings > 0 && self.attacks.is_new(text) && self.refused.fill(1.0, &limits.refused, now) {
            passed = Some(Limit::Refused);
        }
        let guess = match outcome.login {
            Login::None => 0.0,
            Login::Attempt => ATTEMPT,
            Login::Failure | Login::Rejected => 1.0,
        };
        if guess > 0.0 && self.guesses.is_new(text) && self.logins.fill(guess, &limits.logins, now) {
            passed = passed.or(Some(Limit::Logins));
        }
        let missing = (400..500).contains(&outcome.status)
            && outcome.kind != Kind::Asset
            && outcome.login == Login::None
            && outcome.findings == 0;
        if missing && self.paths.is_new(outcome.path) && self.errors.fill(1.0, &limits.errors, now) {
            passed = passed.or(Some(Limit::Errors));
        }
        passed
    }

    /// Starts anew, once somebody has been told that a limit was passed.
    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }

    /// Whether nothing that is not empty by now is left in it.
    pub(super) fn is_empty(&self, limits: &Limits, now: Timestamp) -> bool {
        let empty = |bucket: &Bucket, allowance: &Allowance| bucket.level_at(allowance, now) <= 0.0;
        empty(&self.refused, &limits.refused)
            && empty(&self.logins, &limits.logins)
            && empty(&self.errors, &limits.errors)
            && empty(&self.flood, &limits.flood)
    }
}

/// How far back the clock may seem to go between requests that overtake each other.
const CLOCK_STEP: Duration = Duration::from_secs(60);

/// A level that sinks evenly with time.
#[derive(Clone, Copy, Debug)]
struct Bucket {
    level: f32,
    at: Timestamp,
}

impl Default for Bucket {
    fn default() -> Self {
        Self { level: 0.0, at: Timestamp::from_millis(0) }
    }
}

impl Bucket {
    /// Adds a weight; whether the limit is reached. A clock that steps back empties nothing.
    fn fill(&mut self, weight: f32, allowance: &Allowance, now: Timestamp) -> bool {
        if allowance.limit <= 0.0 {
            return false;
        }
        self.level = self.level_at(allowance, now) + weight;
        self.at = if self.is_ahead(now) { now } else { self.at.max(now) };
        // The last one fills it even though a little of the first has leaked by then.
        self.level > allowance.limit - 1.0
    }

    /// Whether the clock has stepped back by more than requests get out of order: what was in it is of another clock, and
    /// waiting for that to come again would let nothing sink.
    fn is_ahead(&self, now: Timestamp) -> bool {
        self.at.since(now) > CLOCK_STEP
    }

    fn level_at(&self, allowance: &Allowance, now: Timestamp) -> f32 {
        if self.is_ahead(now) {
            return 0.0;
        }
        let windows = now.since(self.at).as_secs_f32() / allowance.window.as_secs_f32().max(1e-3);
        (self.level - allowance.limit * windows).max(0.0)
    }
}

/// The last few fingerprints.
#[derive(Clone, Copy, Debug, Default)]
struct Recent {
    seen: [u32; REMEMBERED],
    next: u8,
}

impl Recent {
    /// Whether this one is not among them; then it takes the place of the oldest.
    fn is_new(&mut self, fingerprint: u64) -> bool {
        #[allow(clippy::cast_possible_truncation)]
        let short = (fingerprint as u32).max(1);
        if self.seen.contains(&short) {
            return false;
        }
        self.seen[usize::from(self.next) % REMEMBERED] = short;
        self.next = self.next.wrapping_add(1);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A client of whom only the limits know.
    struct Client {
        meter: Meter,
        limits: Limits,
        sent: u64,
    }

    impl Client {
        fn new() -> Self {
            Self { meter: Meter::default(), limits: Limits::default(), sent: 0 }
        }

        /// The number of the first of so many requests, one every `every` ms, that passes a limit.
        fn until(&mut self, requests: u32, every: i64, make: impl Fn(u64) -> (Outcome, u64)) -> Option<(u32, Limit)> {
            for number in 1..=requests {
                self.sent += 1;
                let (outcome, text) = make(self.sent);
                let now = Timestamp::from_millis(1_000_000 + every * i64::from(number));
                let arrived = self.meter.arrive(&self.limits, outcome.kind, now);
                let answered = self.meter.answer(&self.limits, &Outcome { timestamp: now, ..outcome }, text);
                if let Some(limit) = arrived.or(answered) {
                    return Some((number, limit));
                }
            }
            None
        }
    }

    fn path(number: u64, status: u16) -> Outcome {
        Outcome { path: number, status, ..Outcome::default() }
    }

    #[test]
    fn tools_are_stopped_within_thirty_requests() {
        let attack = |number| (Outcome { findings: 1, status: 403, ..path(1, 403) }, number);
        assert_eq!(Client::new().until(1_000, 200, attack), Some((10, Limit::Refused)), "sqlmap");
        let guess = |number| (Outcome { login: Login::Failure, status: 401, ..path(1, 401) }, number);
        assert_eq!(Client::new().until(1_000, 50, guess), Some((10, Limit::Logins)), "hydra");
        let unseen = |number| (Outcome { login: Login::Attempt, ..path(1, 200) }, number);
        assert_eq!(Client::new().until(1_000, 50, unseen), Some((28, Limit::Logins)), "a login that answers 200");
        let probe = |number| (path(number, 404), 0);
        assert_eq!(Client::new().until(1_000, 20, probe), Some((20, Limit::Errors)), "dirb");
        let page = |_| (path(1, 200), 0);
        assert_eq!(Client::new().until(1_000, 1, page).unwrap().1, Limit::Flood, "ab");
        assert!(Client::new().until(1_000, 1, page).unwrap().0 <= 31);
    }

    #[test]
    fn ordinary_visitors_pass_no_limit() {
        let asset = |number| (Outcome { kind: Kind::Asset, ..path(number, 404) }, 0);
        assert_eq!(
            Client::new().until(240, 4, asset),
            None,
            "three reloads of a page with 80 broken pictures in a second"
        );
        assert_eq!(Client::new().until(20, 100, |_| (path(1, 200), 0)), None, "an impatient double-clicker");
        assert_eq!(Client::new().until(1_000, 1_000, |_| (path(1, 200), 0)), None, "an API client polling");
        assert_eq!(Client::new().until(1_000, 1_000, |_| (path(1, 401), 0)), None, "the same with an expired token");
        assert_eq!(Client::new().until(2_000, 500, |number| (path(number, 200), 0)), None, "a crawler that behaves");
        let crawl = |number| (path(number, if number % 10 == 0 { 404 } else { 200 }), 0);
        assert_eq!(Client::new().until(2_000, 500, crawl), None, "the same on a site with dead links");
        let calls = |number| (Outcome { kind: Kind::Call, ..path(number, 200) }, 0);
        assert_eq!(Client::new().until(100, 10, calls), None, "a page that makes a hundred calls as it opens");
        let saved = |_| (Outcome { findings: 1, ..path(1, 403) }, 7);
        assert_eq!(
            Client::new().until(500, 1_000, saved),
            None,
            "an editor that saves one refused text again and again"
        );
        let typo = |_| (Outcome { login: Login::Failure, ..path(1, 401) }, 7);
        assert_eq!(Client::new().until(100, 1_000, typo), None, "a script with one old password");
        let office = |number| (Outcome { login: Login::Failure, ..path(1, 401) }, number);
        assert_eq!(Client::new().until(100, 45_000, office), None, "an office, somebody mistyping every 45 s");
    }

    #[test]
    fn a_limit_of_zero_is_none_and_a_lie_earns_a_higher_limit_only() {
        let mut client = Client::new();
        client.limits.flood.limit = 0.0;
        assert_eq!(client.until(10_000, 1, |_| (path(1, 200), 0)), None);
        let asset = |_| (Outcome { kind: Kind::Asset, ..path(1, 200) }, 0);
        let (requests, limit) = Client::new().until(10_000, 1, asset).unwrap();
        assert!(limit == Limit::Flood && requests > 600, "{requests}");
    }

    #[test]
    fn a_clock_that_steps_back_neither_empties_nor_bans() {
        let mut meter = Meter::default();
        let limits = Limits::default();
        for millis in [5_000, 4_000, 3_000, -7] {
            assert_eq!(meter.arrive(&limits, Kind::Page, Timestamp::from_millis(millis)), None);
        }
        assert!(!meter.is_empty(&limits, Timestamp::from_millis(5_000)));
        assert!(meter.is_empty(&limits, Timestamp::from_millis(5_200)));
        let hour = Timestamp::from_millis(3_600_000);
        meter.arrive(&limits, Kind::Page, hour);
        assert!(meter.is_empty(&limits, Timestamp::from_millis(0)), "of another clock");
        for millis in (0..100_000).step_by(100) {
            let passed = meter.arrive(&limits, Kind::Page, Timestamp::from_millis(millis));
            assert_eq!(passed, None, "ten a second are no flood by the new clock");
        }
    }
}

//! Identities of requests and, through them, of sessions and stored documents.

use std::fmt;
use std::str::FromStr;
use std::sync::atomic::{AtomicU32, Ordering};

use serde::{Deserialize, Serialize};

use crate::time::Timestamp;

/// Identity of one request: 12 bytes, shown as 24 hex digits, laid out as a BSON ObjectId
/// (4 bytes seconds, 5 bytes of the process, 3 bytes counter).
///
/// It is the `_id` of the request's `httplogs` document, the `X-Request-Id` header and the id on a refusal page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct RequestId([u8; 12]);

impl RequestId {
    /// The 12 bytes, big-endian as in BSON.
    pub const fn bytes(self) -> [u8; 12] {
        self.0
    }

    /// When it was given, to the second.
    pub fn time(self) -> Timestamp {
        let [a, b, c, d, ..] = self.0;
        Timestamp::from_millis(i64::from(u32::from_be_bytes([a, b, c, d])) * 1_000)
    }

    /// An id from its 12 bytes.
    pub const fn from_bytes(bytes: [u8; 12]) -> Self {
        Self(bytes)
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// A text is no id: ids are 24 hex digits.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("an id is 24 hex digits")]
pub struct InvalidId;

impl FromStr for RequestId {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let digits = text.as_bytes();
        if digits.len() != 24 {
            return Err(InvalidId);
        }
        let mut bytes = [0; 12];
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
            let nibble = |digit: u8| char::from(digit).to_digit(16).ok_or(InvalidId);
            *byte = u8::try_from(nibble(pair[0])? << 4 | nibble(pair[1])?).map_err(|_| InvalidId)?;
        }
        Ok(Self(bytes))
    }
}

/// Makes request ids that differ within a process and, by five random bytes, between processes.
#[derive(Debug)]
pub struct RequestIds {
    process: [u8; 5],
    counter: AtomicU32,
}

impl RequestIds {
    /// A generator seeded from the operating system.
    ///
    /// # Errors
    /// When the operating system gives no randomness.
    pub fn new() -> Result<Self, getrandom::Error> {
        let mut seed = [0; 8];
        getrandom::fill(&mut seed)?;
        let [a, b, c, d, e, x, y, z] = seed;
        Ok(Self { process: [a, b, c, d, e], counter: AtomicU32::new(u32::from_be_bytes([0, x, y, z])) })
    }

    /// The next id. Unique for 2^24 ids a second.
    pub fn next(&self, now: Timestamp) -> RequestId {
        let seconds = u32::try_from(now.as_millis().div_euclid(1_000)).unwrap_or(0);
        let [_, x, y, z] = self.counter.fetch_add(1, Ordering::Relaxed).to_be_bytes();
        let [s0, s1, s2, s3] = seconds.to_be_bytes();
        let [a, b, c, d, e] = self.process;
        RequestId([s0, s1, s2, s3, a, b, c, d, e, x, y, z])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_differ_and_read_back() {
        let ids = RequestIds::new().unwrap();
        let now = Timestamp::from_millis(1_600_000_000_000);
        let (first, second) = (ids.next(now), ids.next(now));
        assert_ne!(first, second);
        assert!(first.to_string().starts_with("5f5e1000"));
        assert_eq!(first.to_string().parse(), Ok(first));
    }

    #[test]
    fn a_clock_that_steps_back_gives_no_id_twice() {
        let ids = RequestIds::new().unwrap();
        let clock = (0..1_000_i64).cycle().take(50_000);
        let given: std::collections::HashSet<_> = clock.map(|at| ids.next(Timestamp::from_millis(at))).collect();
        assert_eq!(given.len(), 50_000);
    }

    #[test]
    fn refuses_what_is_no_id() {
        for text in
            ["", "newRequest", "zz5e10000000000000000000", "5f5e100000000000000000001", "5f5e1000é0000000000000"]
        {
            assert_eq!(text.parse::<RequestId>(), Err(InvalidId), "{text}");
        }
    }
}

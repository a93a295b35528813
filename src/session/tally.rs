//! The counters of a visit beside the predecessor's: fixed in size, whatever the visit does.
//!
//! Distinct paths are estimated from a bitmap of 256 bits (linear counting: exact to a few per cent up to 500 paths,
//! saturating near 1,400), the entropy of paths from 32 buckets (at most 5 bits). Both together take 96 bytes.

use serde::{Deserialize, Serialize};

use super::outcome::{FINDING_KINDS, Kind, Login, Media, Method, Outcome};
use crate::time::Timestamp;

/// Words of the bitmap of paths.
const BITMAP_WORDS: usize = 4;
/// Buckets of the histogram of paths.
const BUCKETS: usize = 32;
/// Requests arriving within so many milliseconds are one burst.
const BURST_MS: i64 = 1_000;

/// Counters of a visit; about 280 bytes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Tally {
    /// Answered requests.
    pub answers: u32,
    /// Answers by the first digit of their status: 2xx, 3xx, 4xx, 5xx.
    pub statuses: [u32; 4],
    /// Requests by method: GET, HEAD, POST, others.
    pub methods: [u32; 4],
    /// Requests for files.
    pub assets: u32,
    /// Answers that are pictures.
    pub images: u32,
    /// Answers that are PDFs.
    pub pdfs: u32,
    /// Login attempts answered with 4xx.
    pub login_failures: u32,
    /// Browser headers missing, summed over all requests that are not for files.
    pub missing_headers: u32,
    /// How often the User-Agent differed from that of the request before.
    pub agent_changes: u32,
    /// Longest run of answers of 400 and more to requests that are not for files.
    pub error_burst: u32,
    /// Most requests that arrived within a second.
    pub burst: u32,
    /// Bytes of request bodies.
    pub request_bytes: u64,
    /// Bytes of answers' bodies.
    pub response_bytes: u64,
    /// Requests taken for attacks, by kind.
    pub findings: [u32; FINDING_KINDS],
    /// Milliseconds between arrivals, summed; and their squares.
    gaps: f64,
    gaps_squared: f64,
    error_run: u32,
    agent: u64,
    burst_began: i64,
    burst_now: u32,
    paths: [u64; BITMAP_WORDS],
    histogram: [u16; BUCKETS],
}

impl Tally {
    /// Counts an arrival; `before` is that of the request before, `None` for the first one.
    pub(super) fn arrive(&mut self, now: Timestamp, before: Option<Timestamp>) {
        if let Some(before) = before {
            let gap = millis(now.since(before));
            self.gaps += gap;
            self.gaps_squared += gap * gap;
        }
        let at = now.as_millis();
        if self.burst_now == 0 || !(0..BURST_MS).contains(&at.saturating_sub(self.burst_began)) {
            self.burst_began = at;
            self.burst_now = 0;
        }
        self.burst_now = self.burst_now.saturating_add(1);
        self.burst = self.burst.max(self.burst_now);
    }

    /// Counts an answered request.
    pub(super) fn add(&mut self, outcome: &Outcome) {
        self.answers = self.answers.saturating_add(1);
        if let Some(count) = usize::from(outcome.status / 100).checked_sub(2).and_then(|at| self.statuses.get_mut(at)) {
            *count = count.saturating_add(1);
        }
        bump(&mut self.methods[method_slot(outcome.method)], true);
        bump(&mut self.images, outcome.media == Media::Image);
        bump(&mut self.pdfs, outcome.media == Media::Pdf);
        bump(&mut self.login_failures, matches!(outcome.login, Login::Failure | Login::Rejected));
        bump(&mut self.assets, outcome.kind == Kind::Asset);
        self.request_bytes = self.request_bytes.saturating_add(outcome.request_bytes);
        self.response_bytes = self.response_bytes.saturating_add(outcome.response_bytes);
        let kind = outcome.finding_kind.min(FINDING_KINDS - 1);
        self.findings[kind] = self.findings[kind].saturating_add(outcome.findings);
        if outcome.kind != Kind::Asset {
            self.add_page(outcome);
        }
        self.add_path(outcome.path);
    }

    fn add_page(&mut self, outcome: &Outcome) {
        self.missing_headers = self.missing_headers.saturating_add(outcome.missing_headers.into());
        self.error_run = if outcome.status >= 400 { self.error_run.saturating_add(1) } else { 0 };
        self.error_burst = self.error_burst.max(self.error_run);
        bump(&mut self.agent_changes, self.agent != 0 && self.agent != outcome.agent);
        self.agent = outcome.agent.max(1);
    }

    fn add_path(&mut self, path: u64) {
        let bit = path & 0xff;
        #[allow(clippy::cast_possible_truncation)]
        let (word, bucket) = ((bit / 64) as usize, ((path >> 8) % BUCKETS as u64) as usize);
        self.paths[word] |= 1 << (bit % 64);
        self.histogram[bucket] = self.histogram[bucket].saturating_add(1);
    }

    /// Requests that are not for files.
    pub fn pages(&self) -> u32 {
        self.answers.saturating_sub(self.assets)
    }

    /// Mean and standard deviation of the milliseconds between arrivals; zeros below two requests.
    pub fn inter_arrival(&self, requests: u32) -> (f64, f64) {
        if requests < 2 {
            return (0.0, 0.0);
        }
        let count = f64::from(requests - 1);
        let mean = self.gaps / count;
        (mean, (self.gaps_squared / count - mean * mean).max(0.0).sqrt())
    }

    /// Different paths, estimated.
    pub fn distinct_paths(&self) -> f64 {
        let set: u32 = self.paths.iter().map(|word| word.count_ones()).sum();
        linear_count(set, 64 * BITMAP_WORDS)
    }

    /// Entropy of the paths in bits, 0 to 5: 0 when every request was for the same one.
    pub fn path_entropy(&self) -> f64 {
        let total: f64 = self.histogram.iter().map(|count| f64::from(*count)).sum();
        let term = |count: &u16| {
            let share = f64::from(*count) / total;
            if share > 0.0 { -share * share.log2() } else { 0.0 }
        };
        if total > 0.0 { self.histogram.iter().map(term).sum::<f64>().max(0.0) } else { 0.0 }
    }
}

/// Distinct values behind a bitmap of `bits` with `set` of them set: linear counting, Whang and others, 1990.
pub(super) fn linear_count(set: u32, bits: usize) -> f64 {
    #[allow(clippy::cast_precision_loss)]
    let bits = bits as f64;
    let free = (bits - f64::from(set)).max(1.0);
    -bits * (free / bits).ln() + 0.0
}

fn bump(count: &mut u32, when: bool) {
    *count = count.saturating_add(u32::from(when));
}

const fn method_slot(method: Method) -> usize {
    match method {
        Method::Get => 0,
        Method::Head => 1,
        Method::Post => 2,
        Method::Other => 3,
    }
}

#[allow(clippy::cast_precision_loss)]
fn millis(span: std::time::Duration) -> f64 {
    span.as_millis() as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(found: f64, expected: f64, within: f64) {
        assert!((found - expected).abs() <= within, "{found} is not {expected}");
    }

    #[test]
    fn paths_are_estimated_within_a_few_per_cent() {
        let prints = super::super::Fingerprints::new([1, 2]);
        for distinct in [1_u32, 10, 100, 180, 400] {
            let mut tally = Tally::default();
            for number in 0..distinct {
                tally.add_path(prints.of(format!("/{number}").as_bytes()));
                tally.add_path(prints.of(format!("/{number}").as_bytes()));
            }
            close(tally.distinct_paths(), distinct.into(), f64::from(distinct).mul_add(0.25, 1.0));
        }
        let mut one = Tally::default();
        (0..70_000).for_each(|_| one.add_path(5));
        close(one.path_entropy(), 0.0, 1e-9);
        close(Tally::default().path_entropy(), 0.0, 1e-9);
    }

    #[test]
    fn gaps_bursts_and_runs() {
        let mut tally = Tally::default();
        let at = Timestamp::from_millis;
        let moments = [0, 100, 200, 5_000, 5_900, 5_950, 5_960, 4_000];
        for (index, moment) in moments.iter().enumerate() {
            tally.arrive(at(*moment), index.checked_sub(1).map(|before| at(moments[before])));
        }
        assert_eq!(tally.burst, 4, "5.0, 5.9, 5.95 and 5.96 s; a step back in time adds no second burst: {tally:?}");
        let (mean, deviation) = tally.inter_arrival(8);
        assert!(mean > 0.0 && deviation > mean, "{mean} {deviation}");
        let answer = |status, kind| Outcome { status, kind, ..Outcome::default() };
        for status in [404, 500, 200, 404, 403, 401] {
            tally.add(&answer(status, Kind::Page));
            tally.add(&answer(404, Kind::Asset));
        }
        assert_eq!((tally.error_burst, tally.pages(), tally.assets), (3, 6, 6));
        assert_eq!(tally.statuses, [1, 0, 10, 1]);
    }
}

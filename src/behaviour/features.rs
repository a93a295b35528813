//! A visit as numbers: one ordered list of names, shared by the scorer, the stores, training and the manifest check.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::session::{Bodies, FINDING_KINDS, Gathering, Session};

/// Every feature a model may ask for by name, beside the custom ones; the first five are the predecessor's.
///
/// The order is that of [`SessionFeatures::values`]; new ones go to the end. Milliseconds, bytes, bits and shares of 0
/// to 1 where not plain counts.
pub const FEATURE_NAMES: [&str; BASE + OWN] = [
    "numOfLoginAttempts",
    "numOfPostReqs",
    "numOfReqs",
    "sesCodes4xx",
    "sesDuration",
    // Requests a second, a visit counting as a second at least.
    "requestRate",
    // Milliseconds between arrivals: mean, standard deviation; and most arrivals within a second.
    "interArrivalMean",
    "interArrivalDeviation",
    "burst",
    // Estimated; and the entropy of paths in bits, 0 to 5.
    "distinctPaths",
    "pathEntropy",
    // Shares of the answers, by the first digit of the status.
    "share2xx",
    "share3xx",
    "share4xx",
    "share5xx",
    // Shares of the requests, by method.
    "shareGet",
    "shareHead",
    "sharePost",
    "shareOtherMethods",
    // Longest run of answers of 400 and more to requests that are not for files.
    "errorBurst",
    "userAgentChanges",
    // Of four browser headers, how many the requests that are not for files lack on average: 0 to 4.
    "missingHeaders",
    // Share of the requests that are for files.
    "assetShare",
    // Bytes of bodies, the mean of all requests.
    "requestBytes",
    "responseBytes",
    // The mime counters of the predecessor's old schema.
    "sesImages",
    "sesPDFs",
    // Login attempts answered with 4xx.
    "loginFailures",
    // Requests taken for attacks, by class; and the highest probability of attack.
    "findingsSqli",
    "findingsXss",
    "findingsPathTraversal",
    "findingsCmdi",
    "findingsOther",
    "maxAttackScore",
];

/// The predecessor's name for the values of request bodies; a model that asks for it by this name is told how many.
pub const BODIES: &str = "reqBodiesData";

/// How many are the predecessor's.
const BASE: usize = 5;

/// How many are ours.
pub const OWN: usize = 29;

/// The numbers of a visit.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct SessionFeatures {
    /// Login attempts.
    pub login_attempts: u32,
    /// POST requests.
    pub post_requests: u32,
    /// Requests.
    pub requests: u32,
    /// Answers of 400 to 499.
    pub codes_4xx: u32,
    /// Milliseconds between the first and the last answer; 0 for one request.
    pub duration_ms: u64,
    /// The others, in the order of [`own_names`](Self::own_names); `None` in documents that never had them.
    pub own: Option<Box<[f64; OWN]>>,
    /// The custom features by name, in the order of the configuration they were counted under.
    pub custom: Vec<(String, f64)>,
    /// Values of request bodies, [`BODIES`].
    pub bodies: Bodies,
}

/// The custom features there are: their names, and how each is gathered.
pub type CustomNames = Arc<[(Arc<str>, Gathering)]>;

impl SessionFeatures {
    /// The numbers of this visit.
    pub fn of(session: &Session, custom: &CustomNames) -> Self {
        let value = |(at, (name, gathering)): (usize, &(Arc<str>, Gathering))| {
            let gathered = session.custom.as_ref().map_or(0.0, |all| all.value(at, *gathering));
            (name.to_string(), gathered)
        };
        Self {
            login_attempts: session.logins,
            post_requests: session.posts,
            requests: session.requests,
            codes_4xx: session.codes_4xx,
            duration_ms: session.duration_ms(),
            own: Some(Box::new(own(session))),
            custom: custom.iter().enumerate().map(value).collect(),
            bodies: session.bodies.clone(),
        }
    }

    /// The names of [`own`](Self::own).
    pub fn own_names() -> &'static [&'static str] {
        &FEATURE_NAMES[BASE..]
    }

    /// The features in the order of [`FEATURE_NAMES`]; 0 for what was never counted.
    pub fn values(&self) -> [f64; BASE + OWN] {
        // Past 2^53 ms (285,000 years) a duration loses its last digits.
        #[allow(clippy::cast_precision_loss)]
        let duration = self.duration_ms as f64;
        let mut values = [0.0; BASE + OWN];
        values[..BASE].copy_from_slice(&[
            f64::from(self.login_attempts),
            f64::from(self.post_requests),
            f64::from(self.requests),
            f64::from(self.codes_4xx),
            duration,
        ]);
        if let Some(own) = &self.own {
            values[BASE..].copy_from_slice(own.as_slice());
        }
        values
    }

    /// The feature of this name, custom ones included.
    pub fn value(&self, name: &str) -> Option<f64> {
        if name == BODIES {
            return Some(f64::from(u32::try_from(self.bodies.len()).unwrap_or(u32::MAX)));
        }
        match FEATURE_NAMES.iter().position(|known| *known == name) {
            Some(at) => self.values().get(at).copied(),
            None => self.custom.iter().find(|(known, _)| known == name).map(|(_, value)| *value),
        }
    }
}

fn own(session: &Session) -> [f64; OWN] {
    let tally = &session.tally;
    let answers = f64::from(tally.answers.max(1));
    let share = |count: u32| f64::from(count) / answers;
    #[allow(clippy::cast_precision_loss)]
    let mean = |bytes: u64| bytes as f64 / answers;
    #[allow(clippy::cast_precision_loss)]
    let seconds = (session.duration_ms() as f64 / 1_000.0).max(1.0);
    let (gap_mean, gap_deviation) = tally.inter_arrival(session.requests);
    let [two, three, four, five] = tally.statuses.map(share);
    let [get, head, post, other] = tally.methods.map(share);
    let [sqli, xss, traversal, cmdi, others]: [f64; FINDING_KINDS] = tally.findings.map(f64::from);
    [
        f64::from(session.requests) / seconds,
        gap_mean,
        gap_deviation,
        f64::from(tally.burst),
        tally.distinct_paths(),
        tally.path_entropy(),
        two,
        three,
        four,
        five,
        get,
        head,
        post,
        other,
        f64::from(tally.error_burst),
        f64::from(tally.agent_changes),
        f64::from(tally.missing_headers) / f64::from(tally.pages().max(1)),
        share(tally.assets),
        mean(tally.request_bytes),
        mean(tally.response_bytes),
        f64::from(tally.images),
        f64::from(tally.pdfs),
        f64::from(tally.login_failures),
        sqli,
        xss,
        traversal,
        cmdi,
        others,
        f64::from(session.max_score),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::{ClientIp, ClientKey};
    use crate::id::RequestId;
    use crate::session::{Addend, Kind, Login, Method, Outcome};
    use crate::time::Timestamp;

    #[test]
    fn every_feature_is_read_by_its_name() {
        let ip: std::net::IpAddr = "192.0.2.7".parse().unwrap();
        let at = Timestamp::from_millis;
        let key = ClientKey::from(ipnet::IpNet::from(ip));
        let mut session = Session::begin(RequestId::from_bytes([7; 12]).into(), key, ClientIp::new(ip), at(0));
        for (moment, status) in [(0, 200), (500, 404), (2_000, 401), (4_000, 503)] {
            if moment > 0 {
                session.arrive(at(moment));
            }
            let failed = status == 401;
            session.add(&Outcome {
                timestamp: at(moment),
                status,
                method: if failed { Method::Post } else { Method::Get },
                login: if failed { Login::Failure } else { Login::None },
                kind: if status == 200 { Kind::Asset } else { Kind::Page },
                path: u64::from(status),
                agent: 3,
                missing_headers: 3,
                request_bytes: 40,
                findings: u32::from(failed),
                finding_kind: 1,
                score: 0.9,
                custom: vec![Some(Addend::Number(1.5))],
                ..Outcome::default()
            });
        }
        let names: CustomNames = Arc::new([(Arc::from("spent"), Gathering::Sum)]);
        let features = SessionFeatures::of(&session, &names);
        for (name, expected) in [
            ("numOfLoginAttempts", 1.0),
            ("numOfReqs", 4.0),
            ("sesCodes4xx", 2.0),
            ("sesDuration", 4_000.0),
            ("requestRate", 1.0),
            ("interArrivalMean", 4_000.0 / 3.0),
            ("burst", 2.0),
            ("share4xx", 0.5),
            ("share5xx", 0.25),
            ("sharePost", 0.25),
            ("errorBurst", 3.0),
            ("userAgentChanges", 0.0),
            ("missingHeaders", 3.0),
            ("assetShare", 0.25),
            ("requestBytes", 40.0),
            ("loginFailures", 1.0),
            ("findingsXss", 1.0),
            ("findingsSqli", 0.0),
            ("maxAttackScore", f64::from(0.9_f32)),
            ("spent", 6.0),
        ] {
            assert!((features.value(name).unwrap() - expected).abs() < 1e-9, "{name}: {:?}", features.value(name));
        }
        assert_eq!(features.value("other"), None);
        assert!(features.values().iter().all(|value| value.is_finite()));
    }

    #[test]
    fn names_differ() {
        let names: std::collections::HashSet<_> = FEATURE_NAMES.into_iter().collect();
        assert_eq!(names.len(), FEATURE_NAMES.len());
    }
}

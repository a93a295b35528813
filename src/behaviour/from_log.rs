//! Visits of the activity log: those of the predecessor's data, imported, and those judged by nobody yet.

use super::judge::Judge;
use super::{Assessment, Behaviour, BehaviourClassifier, CustomNames, Thresholds};
use crate::activity::ActivityRecord;
use crate::inspection::AttackClass;
use crate::metrics::BehaviourMetrics;
use crate::policy::{Reason, Verdict};
use crate::session::{
    BROWSER_HEADERS, BodyReader, FINDING_KINDS, Fingerprints, Kind, Login, LoginEndpoints, Media, Method, Outcome,
    Session, SessionId,
};

/// Judges visits by their records. Custom features are 0 there: the log has no cookies and secrets to evaluate.
pub struct LogJudge {
    judge: Judge,
    logins: LoginEndpoints,
    fingerprints: Fingerprints,
    bodies: BodyReader,
}

impl LogJudge {
    /// With this model, or `None` in collection mode.
    pub fn new(
        classifier: Option<(std::sync::Arc<dyn BehaviourClassifier>, Thresholds)>,
        custom: CustomNames,
        logins: LoginEndpoints,
        fingerprints: Fingerprints,
        bodies: BodyReader,
        metrics: BehaviourMetrics,
    ) -> Self {
        let (classifier, thresholds) =
            classifier.map_or((None, Thresholds::NEVER), |(model, thresholds)| (Some(model), thresholds));
        Self { judge: Judge { classifier, thresholds, custom, metrics }, logins, fingerprints, bodies }
    }

    /// The verdict on the visit these are the records of, in any order; `None` without any.
    ///
    /// It is inactive: what lies in the log is evidence for people, and bans nobody, however often it is asked for.
    pub fn assess(&self, id: SessionId, records: &[ActivityRecord]) -> Option<Assessment> {
        let session = self.session(id, records)?;
        Some(Assessment { active: false, ..self.judge.assess(&session) })
    }

    /// The verdict on a visit that is kept and was not judged, as an imported one; `None` where it stays so. By its
    /// records where they are all there and count more than was kept, else by the numbers that were kept. Inactive too.
    pub fn assess_kept(&self, kept: &Assessment, records: &[ActivityRecord]) -> Option<Assessment> {
        let requests = usize::try_from(kept.features.requests).unwrap_or(usize::MAX);
        let counted = kept.features.own.is_none() && records.len() >= requests;
        let by_records = counted.then(|| self.assess(kept.session, records)).flatten();
        let judged = by_records.unwrap_or_else(|| {
            let mut judged = Assessment { active: false, ..kept.clone() };
            self.judge.judge(&mut judged, records.iter().any(|record| attack(record).is_some()));
            judged
        });
        (judged.behaviour != Behaviour::NewSession).then_some(judged)
    }

    fn session(&self, id: SessionId, records: &[ActivityRecord]) -> Option<Session> {
        let mut ordered: Vec<&ActivityRecord> = records.iter().collect();
        ordered.sort_by_key(|record| (record.timestamp, record.id));
        let first = ordered.first()?;
        let mut session = Session::begin(id, first.client, first.client_ip, first.timestamp);
        for (at, record) in ordered.into_iter().enumerate() {
            if at > 0 {
                session.arrive(record.timestamp);
            }
            let body = self.bodies.read(record.unescaped_body().as_deref());
            session.add(&Outcome { body, ..outcome_of(record, &self.logins, &self.fingerprints) });
        }
        Some(session)
    }
}

/// What a request of the log adds to its visit, but for the values of its body.
pub fn outcome_of(record: &ActivityRecord, logins: &LoginEndpoints, fingerprints: &Fingerprints) -> Outcome {
    let header = |name: &str| {
        let found = record.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_bytes())
    };
    let path = record.url.split('?').next().unwrap_or_default();
    let method = Method::of(&record.method);
    let attack = attack(record);
    let missing = BROWSER_HEADERS.iter().map(|name| u8::from(header(name).is_none())).sum();
    Outcome {
        timestamp: record.timestamp,
        status: record.status,
        method,
        kind: Kind::of(method, record.url.as_bytes(), header("sec-fetch-dest")),
        media: record.content_type.as_deref().map_or(Media::Other, Media::of),
        login: login(record, path, logins),
        path: fingerprints.of(path.as_bytes()),
        agent: header("user-agent").map_or(0, |agent| fingerprints.of(agent)),
        missing_headers: missing,
        request_bytes: record.request_bytes,
        response_bytes: record.response_bytes,
        findings: u32::from(attack.is_some()),
        finding_kind: attack.map_or(FINDING_KINDS - 1, finding_kind),
        score: record.score.unwrap_or(0.0),
        custom: Vec::new(),
        body: None,
    }
}

/// What a request was refused for as an attack.
fn attack(record: &ActivityRecord) -> Option<AttackClass> {
    match record.verdict {
        Verdict::Refuse(Reason::Attack(class)) => Some(class),
        _ => None,
    }
}

fn login(record: &ActivityRecord, path: &str, logins: &LoginEndpoints) -> Login {
    if !logins.matches(&record.method, path) {
        Login::None
    } else if (400..500).contains(&record.status) {
        Login::Failure
    } else {
        Login::Attempt
    }
}

/// The place of a class among the kinds that visits count; classes after the predecessor's four share the last one.
pub fn finding_kind(class: AttackClass) -> usize {
    let at = AttackClass::ALL.iter().position(|listed| *listed == class).unwrap_or(FINDING_KINDS);
    at.min(FINDING_KINDS - 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::activity::RecordPart;
    use crate::metrics::Metrics;

    #[test]
    fn counts_the_records_of_a_visit_in_any_order() {
        let metrics = Metrics::new().unwrap().behaviour;
        let logins = LoginEndpoints::default();
        let bodies = BodyReader::new(&crate::session::BodySettings::default(), None);
        let judge = LogJudge::new(None, CustomNames::from([]), logins, Fingerprints::new([1, 2]), bodies, metrics);
        let mut records: Vec<_> = (0..4).map(|number| ActivityRecord::sample(number * 1_000)).collect();
        records[1].status = 404;
        records[2].method = "POST".into();
        records[2].url = "/login?next=/".into();
        records[2].request_body = Some(serde_json::json!({ "email": r"\\\xe9", "note": r"a\\b" }));
        records[2].escaped = vec![RecordPart::RequestBody];
        records[2].status = 401;
        records.reverse();
        let id = SessionId::from(records[3].id);
        let assessment = judge.assess(id, &records).unwrap();
        let features = &assessment.features;
        assert_eq!((assessment.session, assessment.behaviour), (id, Behaviour::NewSession));
        assert!(!assessment.active);
        assert_eq!((features.requests, features.codes_4xx, features.login_attempts), (4, 2, 1));
        assert_eq!((features.post_requests, features.duration_ms), (1, 3_000));
        let bodies: Vec<_> = features.bodies.iter().collect();
        assert_eq!(bodies, [("requestBody.email.2".into(), r"\\\xe9"), ("requestBody.note.2".into(), r"a\b")]);
        assert_eq!(features.value("reqBodiesData"), Some(2.0));
        assert_eq!(judge.assess(id, &[]), None);
    }

    #[test]
    fn whatever_moments_and_sizes_the_log_has_the_numbers_are_finite_and_not_negative() {
        use proptest::prelude::*;
        let metrics = Metrics::new().unwrap().behaviour;
        let bodies = BodyReader::new(&crate::session::BodySettings::default(), None);
        let (logins, prints) = (LoginEndpoints::default(), Fingerprints::new([1, 2]));
        let judge = LogJudge::new(None, CustomNames::from([]), logins, prints, bodies, metrics);
        let moment = prop_oneof![any::<i64>(), Just(i64::MIN), Just(i64::MAX), -5_i64..5];
        let request = (moment, any::<u16>(), any::<u64>(), any::<u64>(), "\\PC{0,12}", "\\PC{0,20}");
        proptest!(ProptestConfig::with_cases(256), |(requests in proptest::collection::vec(request, 1..40))| {
            let records: Vec<_> = (0..).zip(requests).map(|(number, (at, status, sent, answered, method, url))| {
                let timestamp = crate::time::Timestamp::from_millis(at);
                let (request_bytes, response_bytes) = (sent, answered);
                ActivityRecord {
                    timestamp, status, request_bytes, response_bytes, method, url, ..ActivityRecord::sample(number)
                }
            }).collect();
            let features = judge.assess(SessionId::from(records[0].id), &records).unwrap().features;
            prop_assert!(features.values().iter().all(|value| value.is_finite() && *value >= 0.0), "{:?}", features);
        });
    }
}

//! A record as bytes of the spool: JSON, so that an operator can read a segment.

use super::ActivityRecord;

/// The bytes of a record. Empty, which the spool refuses and counts, where a record cannot be written as JSON; there is
/// no such record.
pub(super) fn encode(record: &ActivityRecord) -> Vec<u8> {
    serde_json::to_vec(record).unwrap_or_else(|error| {
        tracing::error!(id = %record.id, %error, "a record cannot be spooled");
        Vec::new()
    })
}

/// The record of these bytes; `None`, with a warning, where another version wrote them and they cannot be read.
pub(super) fn decode(bytes: &[u8]) -> Option<ActivityRecord> {
    match serde_json::from_slice(bytes) {
        Ok(record) => Some(record),
        Err(error) => {
            tracing::error!(%error, "passed over a record of the spool that cannot be read");
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::activity::RecordPart;
    use crate::inspection::{AttackClass, Finding, Malformed, Suspicion, Target, TargetKind};
    use crate::policy::{Reason, Verdict};

    #[test]
    fn a_record_comes_back_as_it_was() {
        let target = Target { kind: TargetKind::BodyValue, name: "login.$user".into() };
        let attack = Suspicion::Attack { class: AttackClass::Xss, score: 0.987_654_3 };
        let found = |suspicion| Finding { target: target.clone(), suspicion, excerpt: "<b>\u{0}😀".into() };
        let record = ActivityRecord {
            session: None,
            client: crate::client::ClientKey::from("2001:db8:1:2::/64".parse::<ipnet::IpNet>().unwrap()),
            url: "/\u{fffd}?q=\"\\".into(),
            verdict: Verdict::Refuse(Reason::Attack(AttackClass::PathTraversal)),
            findings: vec![found(attack), found(Suspicion::Malformed(Malformed::Json))],
            request_body: Some(serde_json::json!({ "$gt": [1, 2.5, null, u64::MAX], "a.b": { "": true } })),
            ..ActivityRecord::sample(7)
        };
        let odd = crate::octets::text(b"/caf\xe9").into_owned();
        let odd = ActivityRecord { url: odd, cut: vec![(RecordPart::Url, 9)], ..ActivityRecord::sample(2) }.escape();
        for record in [record, ActivityRecord::sample(1), odd] {
            assert_eq!(decode(&encode(&record)), Some(record));
        }
        assert_eq!(decode(b"{\"id\": 1}"), None);
    }
}

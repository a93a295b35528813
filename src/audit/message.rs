//! What was held against a request: one message a finding, as rules of other firewalls would give.

use crate::activity::ActivityRecord;
use crate::inspection::{AttackClass, Finding, Suspicion};
use crate::policy::Reason;

/// One message, in terms that both formats have.
pub(super) struct Message {
    /// A number of ours that never changes its meaning; not one of the Core Rule Set's.
    pub(super) id: u32,
    /// In words.
    pub(super) text: String,
    /// Where and what, redacted.
    pub(super) data: String,
    /// Syslog's scale, as `SecRule` has it: 2 critical, 4 warning, 5 notice.
    pub(super) severity: u8,
    /// Tags; for attacks those of the Core Rule Set, which dashboards of SIEMs group by.
    pub(super) tags: Vec<&'static str>,
}

/// The messages of a refused request, at least one: its findings, else the reason itself.
pub(super) fn messages(record: &ActivityRecord) -> Vec<Message> {
    let mut messages: Vec<Message> = record.findings.iter().map(of_finding).collect();
    if messages.is_empty()
        && let Some(reason) = record.verdict.reason()
    {
        messages.push(of_reason(reason));
    }
    messages
}

fn of_finding(finding: &Finding) -> Message {
    let data = if finding.excerpt.is_empty() {
        format!("found within {}", finding.target)
    } else {
        format!("{} found within {}", finding.excerpt, finding.target)
    };
    match finding.suspicion {
        Suspicion::Attack { class, score } => {
            let text = format!("{} at {} (probability of attack {score:.3})", name(class), finding.target);
            Message { id: 1_000 + number(class), text, data, severity: 2, tags: tags(class) }
        }
        Suspicion::Malformed(fault) => {
            let text = format!("malformed {} at {}", fault.as_str(), finding.target);
            Message { id: 1_100, text, data, severity: 4, tags: vec!["portcullis", "attack-protocol"] }
        }
    }
}

fn of_reason(reason: Reason) -> Message {
    let (id, text, severity, tags) = match reason {
        Reason::Banned => (1_200, "the client is banned", 5, vec!["portcullis", "reputation-ip"]),
        Reason::Attack(class) => (1_000 + number(class), name(class), 2, tags(class)),
        Reason::Malformed => (1_100, "the request is malformed", 4, vec!["portcullis", "attack-protocol"]),
        Reason::BodyTooLarge => (1_201, "the body is larger than its route allows", 4, vec!["portcullis"]),
        Reason::Uninspected => (1_202, "the request could not be inspected", 4, vec!["portcullis"]),
    };
    Message { id, text: text.to_owned(), data: String::new(), severity, tags }
}

/// A class's place in the order of all classes, which only grows at its end.
fn number(class: AttackClass) -> u32 {
    let place = AttackClass::ALL.iter().position(|other| *other == class).unwrap_or_default();
    u32::try_from(place).unwrap_or_default() + 1
}

fn name(class: AttackClass) -> &'static str {
    class.as_str()
}

fn tags(class: AttackClass) -> Vec<&'static str> {
    let common = match class.as_str() {
        "sqli" => Some("attack-sqli"),
        "xss" => Some("attack-xss"),
        "path-traversal" => Some("attack-lfi"),
        "cmdi" => Some("attack-rce"),
        _ => None,
    };
    [Some("portcullis"), common, Some(class.as_str())].into_iter().flatten().collect()
}

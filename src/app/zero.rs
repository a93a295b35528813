//! Every series of a small closed set of label values, made at the start: a rate over a counter that is not there yet
//! misses its first event, and an alert on it stays silent.

use std::time::Duration;

use crate::banlist::{BanError, BanOrigin};
use crate::behaviour::Behaviour;
use crate::config::Config;
use crate::inspection::{AttackClass, ClassifierError, Malformed};
use crate::metrics::{Metrics, Queue};
use crate::policy::{BodyLimitAction, Reason, Verdict};
use crate::time::Timestamp;

/// Life left in a certificate from which on the log warns of its end.
const SOON: Duration = Duration::from_secs(21 * 24 * 60 * 60);

/// Makes the series whose label values are names of our own enums.
pub(super) fn series(metrics: &Metrics) {
    let classes = AttackClass::ALL.map(AttackClass::as_str);
    let actions = BodyLimitAction::ALL.map(BodyLimitAction::as_str);
    metrics.proxy.at_zero(&Verdict::NAMES, &Reason::NAMES, &classes, &actions);
    metrics.banlist.at_zero(&BanOrigin::ALL.map(BanOrigin::as_str), &BanError::NAMES);
    metrics.behaviour.at_zero(&Behaviour::ALL);
    for error in ClassifierError::ALL {
        metrics.inspection.errors.with_label_values(&[error.as_str()]);
        metrics.model.errors.with_label_values(&[error.as_str()]);
    }
    for fault in Malformed::ALL {
        metrics.inspection.malformed.with_label_values(&[fault.as_str()]);
    }
}

/// Notes what the filter was started with.
pub(super) fn started(metrics: &Metrics, config: &Config) {
    metrics.service.started_with(seconds(Timestamp::now()));
    metrics.service.holds(Queue::Activity, config.activity.queue);
    metrics.service.holds(Queue::Behaviour, config.behaviour.queue);
    metrics.service.holds(Queue::Model, config.model.queue);
    metrics.service.holds(Queue::Audit, config.audit.as_ref().map_or(0, |audit| audit.queue));
}

/// Notes when the certificate shown to clients ends, and says so where that is soon or past.
pub(super) fn certificate(metrics: &Metrics, end: Timestamp) {
    metrics.service.certificate_expiry.set(seconds(end));
    let left = end.since(Timestamp::now());
    if left.is_zero() {
        tracing::error!(%end, "the certificate of proxy.tls_certificate has ended; clients refuse it");
    } else if left < SOON {
        tracing::warn!(%end, "the certificate of proxy.tls_certificate ends soon; put a new one there and restart");
    }
}

/// A moment as Prometheus has it.
fn seconds(moment: Timestamp) -> f64 {
    #[allow(clippy::cast_precision_loss)] // exact up to 2^53 ms
    let millis = moment.as_millis() as f64;
    millis / 1_000.0
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// The table that users read.
    const TABLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/metrics.md");

    /// Each metric as a row of the table: name, kind, labels, help.
    fn exported() -> BTreeSet<String> {
        let metrics = Metrics::new().unwrap();
        series(&metrics);
        // The only label values that no enum gives: the versions of the models.
        metrics.model.info.with_label_values(&["text", "some version"]).set(1);
        let row = |family: &prometheus::proto::MetricFamily| {
            let labels: BTreeSet<String> = family
                .get_metric()
                .iter()
                .flat_map(|metric| metric.get_label())
                .map(|label| format!("`{}`", label.name()))
                .collect();
            let kind = format!("{:?}", family.get_field_type()).to_lowercase();
            let labels = labels.into_iter().collect::<Vec<_>>().join(", ");
            format!("| `{}` | {kind} | {labels} | {} |", family.name(), family.help())
        };
        metrics.gather().iter().map(row).collect()
    }

    #[test]
    fn the_table_of_metrics_is_what_is_exported() {
        let table = std::fs::read_to_string(TABLE).unwrap();
        let documented: BTreeSet<String> =
            table.lines().filter(|line| line.starts_with("| `")).map(str::to_owned).collect();
        let exported = exported();
        let missing: Vec<_> = exported.difference(&documented).cloned().collect();
        let stale: Vec<_> = documented.difference(&exported).cloned().collect();
        assert!(
            missing.is_empty() && stale.is_empty(),
            "put into docs/metrics.md:\n{}\n\ntake out of it:\n{}",
            missing.join("\n"),
            stale.join("\n")
        );
    }

    #[test]
    fn no_series_waits_for_its_first_event() {
        let metrics = Metrics::new().unwrap();
        series(&metrics);
        let text = metrics.exposition().unwrap();
        for series in [
            "portcullis_requests_total{verdict=\"refuse\"} 0",
            "portcullis_attacks_total{class=\"cmdi\",verdict=\"flag\"} 0",
            "portcullis_refusals_total{reason=\"body-too-large\"} 0",
            "portcullis_responses_total{status=\"5xx\"} 0",
            "portcullis_bans_total{origin=\"import\"} 0",
            "portcullis_bans_refused_total{reason=\"unban-grace\"} 0",
            "portcullis_unbans_total{by=\"operator\"} 0",
            "portcullis_assessments_total{behavior=\"Abnormal\"} 0",
            "portcullis_inspection_errors_total{kind=\"deadline\"} 0",
            "portcullis_inspection_malformed_total{kind=\"multipart\"} 0",
            "portcullis_inspection_stage_seconds_count{stage=\"take-apart\"} 0",
            "portcullis_model_errors_total{kind=\"saturated\"} 0",
            "portcullis_store_errors_total{store=\"assessments\"} 0",
            "portcullis_store_seconds_count{store=\"bans\"} 0",
            "portcullis_config_reloads_total{outcome=\"refused\"} 0",
            "portcullis_body_bytes_count{direction=\"request\"} 0",
            "portcullis_admin_requests_total{status=\"4xx\"} 0",
            "portcullis_queue_capacity{queue=\"audit\"} 0",
        ] {
            assert!(text.lines().any(|line| line == series), "{series} in\n{text}");
        }
        assert!(text.contains(&format!("portcullis_build_info{{arch=\"{}\"", std::env::consts::ARCH)), "{text}");
        assert!(text.contains("process_start_time_seconds"), "{text}");
    }

    #[test]
    fn the_listed_names_are_those_that_are_used() {
        let reasons = [
            Reason::Banned,
            Reason::Attack(AttackClass::Xss),
            Reason::Malformed,
            Reason::BodyTooLarge,
            Reason::Uninspected,
        ];
        assert_eq!(reasons.map(Reason::as_str), Reason::NAMES);
        let verdicts = [Verdict::Allow, Verdict::Flag(Reason::Malformed), Verdict::Refuse(Reason::Malformed)];
        assert_eq!(verdicts.map(Verdict::as_str), Verdict::NAMES);
    }
}

//! Reading our own metrics back, for people who look at the console.

use prometheus::proto::{Histogram, MetricFamily};

use super::Metrics;

/// What the metrics say at one moment.
pub struct Reading(Vec<MetricFamily>);

impl Metrics {
    /// What the metrics say now.
    pub fn read(&self) -> Reading {
        Reading(self.registry.gather())
    }
}

impl Reading {
    /// The counts of a counter by the value of one of its labels, in the order of the values; other labels are summed up.
    pub fn counts(&self, name: &str, label: &str) -> Vec<(String, u64)> {
        let mut counts: std::collections::BTreeMap<String, u64> = std::collections::BTreeMap::new();
        for metric in self.family(name).map(MetricFamily::get_metric).unwrap_or_default() {
            let value = metric.get_label().iter().find(|pair| pair.name() == label);
            let value = value.map(|pair| pair.value().to_owned()).unwrap_or_default();
            *counts.entry(value).or_default() += whole(metric.get_counter().get_value());
        }
        counts.into_iter().collect()
    }

    /// The value of a histogram, in its unit, that this share (0 to 1) of the observations does not exceed: the bound of
    /// the bucket it lies in, so at most that. `None` before the first observation and past the last bound.
    pub fn quantile(&self, name: &str, share: f64) -> Option<f64> {
        let histogram: &Histogram = self.family(name)?.get_metric().first()?.get_histogram();
        let total = histogram.get_sample_count();
        let needed = (total > 0).then(|| whole((to_float(total) * share).ceil()).max(1))?;
        let bucket = histogram.get_bucket().iter().find(|bucket| bucket.cumulative_count() >= needed)?;
        Some(bucket.upper_bound()).filter(|bound| bound.is_finite())
    }

    fn family(&self, name: &str) -> Option<&MetricFamily> {
        self.0.iter().find(|family| family.name() == name)
    }
}

/// Counters are whole numbers kept as floats; past 2^53 they lose precision, which no counter here reaches.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to what fits")]
fn whole(value: f64) -> u64 {
    value.clamp(0.0, 9e15) as u64
}

#[expect(clippy::cast_precision_loss, reason = "a count shown to people")]
fn to_float(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn reads_counts_and_quantiles_back() {
        let metrics = Metrics::new().unwrap();
        let name = "portcullis_request_duration_seconds";
        assert_eq!(metrics.read().quantile(name, 0.5), None);
        for _ in 0..99 {
            metrics.proxy.answered("allow", Duration::from_micros(900));
        }
        metrics.proxy.answered("refuse", Duration::from_secs(60));
        metrics.proxy.attacked("sqli", "refuse");
        metrics.proxy.attacked("sqli", "flag");
        let reading = metrics.read();
        let requests = reading.counts("portcullis_requests_total", "verdict");
        assert_eq!(requests, [("allow".to_owned(), 99), ("refuse".to_owned(), 1)]);
        assert_eq!(reading.counts("portcullis_attacks_total", "class"), [("sqli".to_owned(), 2)]);
        assert_eq!(reading.quantile(name, 0.5), Some(0.001));
        assert_eq!(reading.quantile(name, 1.0), None, "past the last bound");
        assert_eq!(reading.counts("nothing", "verdict"), []);
    }
}

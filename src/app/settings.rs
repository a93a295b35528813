//! What domains are told of the configuration.

use std::sync::Arc;

use crate::config::Config;
use crate::inspection::{self, Inspector};
use crate::metrics::Metrics;
use crate::model::{self, ModelSet, TextThresholds};
use crate::policy;

/// Takes requests apart and asks the text model.
pub(super) fn inspector(config: &Config, models: &ModelSet, metrics: &Metrics) -> Inspector {
    let settings = inspection::Config {
        flag_threshold: models.text_thresholds.flag(),
        cache_capacity: config.inspection.cache,
        unpacking: config.inspection.unpacking,
        ..inspection::Config::default()
    };
    Inspector::new(Arc::clone(&models.text), settings, metrics.inspection.clone())
}

/// What becomes of findings, by the thresholds of the model.
pub(super) fn policy_config(config: &Config, thresholds: &TextThresholds) -> policy::Config {
    let settings = &config.inspection;
    policy::Config {
        terms: settings.terms,
        routes: settings.routes.clone(),
        exclusions: settings.exclusions.clone(),
        refuse_malformed: settings.refuse_malformed,
        on_error: settings.on_error,
        refuse_from: thresholds.refuse_from(settings.sensitivity),
    }
}

/// Which models, and how they run.
pub(super) fn model_config(config: &Config) -> model::Config {
    model::Config {
        dir: config.model.dir.clone(),
        runtime_library: config.model.runtime_library.clone(),
        threads: config.model.threads,
        queue: config.model.queue,
        deadline: config.model.deadline,
        custom_features: config.features.iter().map(|feature| feature.name.to_string()).collect(),
        ..model::Config::default()
    }
}

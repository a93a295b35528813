//! `[inspection]`, `[[route]]`, `[[exclusion]]`, `[session]`, `[behaviour]` and `[model]`.

use std::path::PathBuf;
use std::time::Duration;

use super::reader::Section;
use crate::behaviour::{self, Allowance, CustomFeature, Limits};
use crate::expression::{Expression, Scope};
use crate::inspection::{AttackClass, Unpacking};
use crate::model::Sensitivity;
use crate::policy::{BodyLimitAction, Exclusion, FailureMode, Mode, Route, Terms};
use crate::session::{self, BodySettings, Gathering, KeyBy, LoginEndpoints, Milestones};

const SECOND: Duration = Duration::from_secs(1);
const DAY: Duration = Duration::from_secs(86_400);
/// Largest body limit: a body is held in memory until it is judged.
const MAX_BODY: u64 = 1 << 30;
const PREFIX: &str = "the beginning of a path, such as \"/wiki/\"";

/// What the file says of inspection; thresholds come from the model's manifest.
#[derive(Clone, Debug, PartialEq)]
pub struct InspectionSettings {
    /// What holds where no route says otherwise.
    pub terms: Terms,
    /// Parts of the site with terms of their own.
    pub routes: Vec<Route>,
    /// Findings that are not counted.
    pub exclusions: Vec<Exclusion>,
    /// Whether malformed bodies are refused.
    pub refuse_malformed: bool,
    /// What becomes of a request that could not be inspected.
    pub on_error: FailureMode,
    /// How readily texts are refused: which of the model's thresholds hold.
    pub sensitivity: Sensitivity,
    /// Verdicts of texts remembered at most.
    pub cache: usize,
    /// How far compressed bodies are unpacked.
    pub unpacking: Unpacking,
}

/// Which models judge, and how they run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelSettings {
    /// Directory of the manifests and models.
    pub dir: PathBuf,
    /// ONNX Runtime's shared library; searched for where `None`.
    pub runtime_library: Option<PathBuf>,
    /// Threads that run the text model.
    pub threads: usize,
    /// Batches that wait for it at most.
    pub queue: usize,
    /// Time in which it has to answer.
    pub deadline: Duration,
}

fn modes() -> [(&'static str, Mode); 3] {
    Mode::ALL.map(|mode| (mode.as_str(), mode))
}

fn limit_actions() -> [(&'static str, BodyLimitAction); 3] {
    BodyLimitAction::ALL.map(|action| (action.as_str(), action))
}

fn prefix(text: &str) -> Option<String> {
    text.starts_with('/').then(|| text.to_owned())
}

pub(super) fn inspection(
    mut section: Section<'_>,
    routes: Vec<Section<'_>>,
    exclusions: Vec<Section<'_>>,
) -> InspectionSettings {
    let settings = InspectionSettings {
        terms: Terms {
            mode: section.choice("mode", Mode::Block, &modes()),
            body_limit: section.optional_bytes("body_limit", MAX_BODY).unwrap_or(10 << 20),
            over_limit: section.choice("over_limit", BodyLimitAction::Refuse, &limit_actions()),
        },
        routes: routes.into_iter().filter_map(route).collect(),
        exclusions: exclusions.into_iter().map(exclusion).collect(),
        refuse_malformed: section.choice("malformed", false, &[("flag", false), ("refuse", true)]),
        on_error: section.choice(
            "on_error",
            FailureMode::Closed,
            &[("refuse", FailureMode::Closed), ("allow", FailureMode::Open)],
        ),
        sensitivity: section.choice(
            "sensitivity",
            Sensitivity::Medium,
            &Sensitivity::ALL.map(|sensitivity| (sensitivity.as_str(), sensitivity)),
        ),
        cache: section.number("cache", 65_536, 1..=16_777_216),
        unpacking: Unpacking {
            limit: section
                .optional_bytes("unpack_limit", MAX_BODY)
                .and_then(|bytes| usize::try_from(bytes).ok())
                .unwrap_or(Unpacking::default().limit),
            ratio: section.number("unpack_ratio", Unpacking::default().ratio, 1..=10_000),
        },
    };
    section.finish();
    settings
}

fn route(mut section: Section<'_>) -> Option<Route> {
    if !section.has("path") {
        section.fault("path", format!("missing; expected {PREFIX}"));
    }
    let path = section.text("path", None, PREFIX, |text| prefix(text).map(Some));
    let route = Route {
        path: path.clone().unwrap_or_default(),
        mode: section.optional_choice("mode", &modes()),
        body_limit: section.optional_bytes("body_limit", MAX_BODY),
        over_limit: section.optional_choice("over_limit", &limit_actions()),
    };
    section.finish();
    path.map(|_| route)
}

fn exclusion(mut section: Section<'_>) -> Exclusion {
    let names: Vec<_> = AttackClass::ALL.iter().map(|class| class.as_str()).collect();
    let allowed = format!("one of {}", names.join(", "));
    let rule = Exclusion {
        path: section.optional("path", PREFIX, prefix),
        parameter: section.optional("parameter", "a parameter's name", |text| Some(text.to_owned())),
        classes: section.list("classes", &allowed, AttackClass::parse).unwrap_or_default(),
    };
    if rule.path.is_none() && rule.parameter.is_none() && rule.classes.is_empty() {
        section.fault("path", "an exclusion of everything; expected at least one of path, parameter, classes");
    }
    section.finish();
    rule
}

pub(super) fn session(mut section: Section<'_>) -> (session::Config, LoginEndpoints) {
    let default = session::Config::default();
    let config = session::Config {
        gap: section.duration("gap", default.gap, SECOND..=DAY),
        max_requests: section.number("max_requests", default.max_requests, 1..=1_000_000),
        max_open: section.number("max_open", default.max_open, 1..=10_000_000),
        checkpoint: section.duration("checkpoint", default.checkpoint, Duration::ZERO..=DAY),
        group: section.flag("group", default.group),
        key: key(&mut section),
        milestones: section.numbers("milestones", 1..=1_000_000).map_or(default.milestones, Milestones::new),
        bodies: bodies(&mut section, default.bodies),
    };
    let endpoint = |text: &str| LoginEndpoints::parse(&[text]).is_ok().then(|| text.to_owned());
    let listed = section.list("login", "a method and a path, such as \"POST /login\"", endpoint);
    let logins = listed.and_then(|texts| LoginEndpoints::parse(&texts).ok()).unwrap_or_default();
    section.finish();
    (config, logins)
}

fn bodies(section: &mut Section<'_>, default: BodySettings) -> BodySettings {
    BodySettings {
        values: section.number("body_values", default.values, 0..=1_000),
        ignored_keys: section
            .list("body_ignored_keys", "a key of a body", |text| (!text.is_empty()).then(|| text.to_owned()))
            .unwrap_or(default.ignored_keys),
        memory: section
            .optional_bytes("body_memory", MAX_BODY)
            .and_then(|bytes| usize::try_from(bytes).ok())
            .unwrap_or(default.memory),
    }
}

/// `key` says by what, `key_name` or `key_expression` by which.
fn key(section: &mut Section<'_>) -> KeyBy {
    let kinds = [("client", 0), ("cookie", 1), ("header", 2), ("expression", 3)];
    let kind = section.choice("key", 0, &kinds);
    let name = section.optional("key_name", "a cookie's or header's name", |text| {
        text.parse::<http::HeaderName>().ok().map(|_| text.to_owned())
    });
    let text = section.optional("key_expression", "an expression over the request", |text| Some(text.to_owned()));
    if name.is_some() && !matches!(kind, 1 | 2) {
        section.fault("key_name", "is only read with key = \"cookie\" or \"header\"");
    }
    if text.is_some() && kind != 3 {
        section.fault("key_expression", "is only read with key = \"expression\"");
    }
    match (kind, name, text) {
        (1, Some(name), _) => KeyBy::Cookie(name),
        (2, Some(name), _) => name.parse().map_or(KeyBy::Client, KeyBy::Header),
        (3, _, Some(text)) => {
            compiled(section, "key_expression", &text, Scope::Request).map_or(KeyBy::Client, KeyBy::Expression)
        }
        (1 | 2, None, _) => {
            section.fault("key_name", "missing; expected the name of the cookie or header");
            KeyBy::Client
        }
        (3, _, None) => {
            section.fault("key_expression", "missing; expected an expression, such as \"request.headers['x-tenant']\"");
            KeyBy::Client
        }
        _ => KeyBy::Client,
    }
}

fn compiled(section: &Section<'_>, key: &str, text: &str, scope: Scope) -> Option<Expression> {
    match Expression::compile(text, scope) {
        Ok(expression) => Some(expression),
        Err(error) => {
            section.fault(key, error.to_string());
            None
        }
    }
}

/// `[[feature]]`: each with a name of its own, a way of gathering and an expression.
pub(super) fn features(sections: Vec<Section<'_>>) -> Vec<CustomFeature> {
    let mut features: Vec<CustomFeature> = Vec::new();
    for (at, mut section) in sections.into_iter().enumerate() {
        if at == session::MAX_CUSTOM {
            section.fault("name", format!("is one feature too many; allowed are {}", session::MAX_CUSTOM));
        }
        let feature = feature(&mut section);
        section.finish_with(|section| match feature {
            Some(feature) if features.iter().any(|known| known.name == feature.name) => {
                section.fault("name", format!("\"{}\" is another feature's name", feature.name));
            }
            Some(feature) => features.push(feature),
            None => {}
        });
    }
    features
}

fn feature(section: &mut Section<'_>) -> Option<CustomFeature> {
    for key in ["name", "kind", "expression"] {
        if !section.has(key) {
            section.fault(key, "missing; a feature has a name, a kind and an expression");
        }
    }
    let allowed = "letters, digits and underscores, a letter first, that is no field's name already";
    let name = section.optional("name", allowed, |text| CustomFeature::is_name(text).then(|| text.into()));
    let kind = section.optional_choice("kind", &Gathering::ALL.map(|way| (way.as_str(), way)));
    let text = section.optional("expression", "an expression over the answered request", |text| Some(text.to_owned()));
    let expression = text.and_then(|text| compiled(section, "expression", &text, Scope::Answered));
    Some(CustomFeature { name: name?, gathering: kind?, expression: expression? })
}

pub(super) fn behaviour(mut section: Section<'_>) -> behaviour::Config {
    let default = behaviour::Config::default();
    let config = behaviour::Config {
        use_models: section.flag("use_models", default.use_models),
        block_ip: section.flag("block_ip", default.block_ip),
        max_abnormal: section.number("max_abnormal", default.max_abnormal, 0..=1_000),
        window: section.duration("window", default.window, SECOND..=365 * DAY),
        ban_duration: section.duration("ban_duration", default.ban_duration, SECOND..=365 * DAY),
        ban_growth: section.fraction("ban_growth", default.ban_growth, 1.0..=100.0),
        ban_max: section.duration("ban_max", default.ban_max, SECOND..=365 * DAY),
        ban_memory: section.duration("ban_memory", default.ban_memory, Duration::ZERO..=365 * DAY),
        dry_run: section.flag("dry_run", default.dry_run),
        limits: limits(&mut section),
        queue: section.number("queue", default.queue, 1..=10_000_000),
    };
    section.finish();
    config
}

fn limits(section: &mut Section<'_>) -> Limits {
    let default = Limits::default();
    let mut allowance = |limit: &'static str, window: &'static str, default: Allowance| Allowance {
        #[allow(clippy::cast_possible_truncation)]
        limit: section.fraction(limit, default.limit.into(), 0.0..=1_000_000.0) as f32,
        window: section.duration(window, default.window, SECOND..=DAY),
    };
    Limits {
        refused: allowance("refused_limit", "refused_window", default.refused),
        logins: allowance("login_failures_limit", "login_failures_window", default.logins),
        errors: allowance("errors_limit", "errors_window", default.errors),
        flood: flood(section, default.flood),
    }
}

/// The flood limit is written as a rate and how long it may last.
fn flood(section: &mut Section<'_>, default: Allowance) -> Allowance {
    let rate = section.fraction("flood_rate", default.limit.into(), 0.0..=1_000_000.0);
    let window = section.duration("flood_window", default.window, SECOND..=DAY);
    #[allow(clippy::cast_possible_truncation)]
    Allowance { limit: (rate * window.as_secs_f64()) as f32, window }
}

pub(super) fn model(mut section: Section<'_>) -> ModelSettings {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let settings = ModelSettings {
        dir: section.path_of("dir").unwrap_or_else(|| PathBuf::from("models")),
        runtime_library: section.path_of("runtime_library"),
        threads: section.number("threads", cores, 1..=256),
        queue: section.number("queue", 1_024, 1..=1_000_000),
        deadline: section.duration("deadline", 2 * SECOND, Duration::from_millis(1)..=60 * SECOND),
    };
    section.finish();
    settings
}

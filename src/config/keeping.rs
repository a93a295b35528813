//! `[activity]`, `[audit]`, `[storage]` and `[log]`.

use std::path::Path;
use std::time::Duration;

use super::reader::Section;
use crate::activity::{self, BodyLogging, MIN_KEY_BYTES, Pseudonyms, RequestLogging};
use crate::audit::{self, Destination, Format};
use crate::logging::{self, Form};
use crate::storage::{self, MongoUri, OnUnreachable, StorageKind};

const SECOND: Duration = Duration::from_secs(1);
/// Smallest spool, in bytes: a few segments for requests, a few for visits.
const MIN_SPOOL_BYTES: u64 = 16 << 20;
const DAY: Duration = Duration::from_secs(86_400);

/// How the filter speaks of itself on stderr.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogSettings {
    /// The form of its lines.
    pub form: Form,
    /// A filter as `tracing` reads it: `info`, `portcullis=debug,warn`.
    pub level: String,
}

pub(super) fn activity(mut section: Section<'_>) -> activity::Config {
    let default = activity::Config::default();
    let queue_bytes = section.optional_bytes("queue_bytes", 1 << 40).and_then(|bytes| usize::try_from(bytes).ok());
    let config = activity::Config {
        queue: section.number("queue", default.queue, 1..=10_000_000),
        queue_bytes: queue_bytes.unwrap_or(default.queue_bytes),
        batch: section.number("batch", default.batch, 1..=10_000),
        flush_interval: section.duration(
            "flush_interval",
            default.flush_interval,
            Duration::from_millis(1)..=60 * SECOND,
        ),
        retention: section.duration("retention", default.retention, Duration::ZERO..=3_650 * DAY),
        pseudonyms: pseudonyms(&mut section),
        requests: section.choice(
            "requests",
            default.requests,
            &RequestLogging::ALL.map(|choice| (choice.as_str(), choice)),
        ),
        bodies: section.choice("bodies", default.bodies, &BodyLogging::ALL.map(|choice| (choice.as_str(), choice))),
    };
    section.finish();
    config
}

pub(super) fn storage(mut section: Section<'_>, data_dir: &Path, retention: Duration) -> storage::Config {
    let mongodb = section.choice("kind", false, &[("embedded", false), ("mongodb", true)]);
    let path = section.path_of("path").unwrap_or_else(|| data_dir.join("portcullis.db"));
    let max_bytes = section.optional_bytes("max_bytes", 1 << 50).unwrap_or(4 << 30);
    let uri = section.optional("uri", "a MongoDB connection string, such as \"mongodb://127.0.0.1:27017\"", |text| {
        let known = text.starts_with("mongodb://") || text.starts_with("mongodb+srv://");
        known.then(|| MongoUri::new(text))
    });
    let database = section.optional("database", "a database's name", |text| {
        (!text.is_empty() && !text.contains(['/', '\\', '.', ' ', '"', '$'])).then(|| text.to_owned())
    });
    if mongodb && uri.is_none() {
        section.fault("uri", "missing; kind = \"mongodb\" needs one, here or as MONGO_URI in the environment");
    }
    let kind = match (mongodb, uri) {
        (true, Some(uri)) => StorageKind::Mongodb { uri, database },
        _ => StorageKind::Embedded { path, max_bytes },
    };
    let config = storage::Config {
        kind,
        on_unreachable: section.choice(
            "on_unreachable",
            OnUnreachable::Refuse,
            &OnUnreachable::ALL.map(|choice| (choice.as_str(), choice)),
        ),
        connect_timeout: section.duration("connect_timeout", 5 * SECOND, Duration::from_millis(100)..=60 * SECOND),
        retention,
        manage_indexes: section.flag("manage_indexes", true),
        spool_limit: spool_limit(&mut section),
    };
    section.finish();
    config
}

/// A key that is too short is a secret all the same: it is not shown.
fn pseudonyms(section: &mut Section<'_>) -> Option<Pseudonyms> {
    let key = section.optional("client_pseudonym_key", "a text", |text| Some(text.to_owned()))?;
    let pseudonyms = Pseudonyms::new(key.as_bytes());
    if pseudonyms.is_none() {
        section.fault("client_pseudonym_key", format!("expected a secret of at least {MIN_KEY_BYTES} characters"));
    }
    pseudonyms
}

/// Zero, or enough for a few segments.
fn spool_limit(section: &mut Section<'_>) -> u64 {
    let limit = section.optional_bytes("spool_limit", 1 << 50).unwrap_or(1 << 30);
    if limit != 0 && limit < MIN_SPOOL_BYTES {
        section.fault("spool_limit", "expected \"0B\" (no spool) or at least \"16MiB\"");
    }
    limit
}

pub(super) fn audit(mut section: Section<'_>) -> Option<audit::Config> {
    let to = section.optional("to", "\"stdout\" or a path", |text| {
        Some(if text == "stdout" { Destination::Stdout } else { Destination::File(text.into()) })
    });
    let formats = Format::ALL.map(|format| (format.as_str(), format));
    let format = section.choice("format", Format::default(), &formats);
    let queue = section.number("queue", 4_096, 1..=1_000_000);
    section.finish();
    to.map(|to| audit::Config { to, format, queue })
}

pub(super) fn log(mut section: Section<'_>) -> LogSettings {
    let settings = LogSettings {
        form: section.choice("format", Form::Human, &[("human", Form::Human), ("json", Form::Json)]),
        level: section.text("level", "info".to_owned(), "a filter such as \"info\" or \"portcullis=debug\"", |text| {
            logging::parse(text).is_ok().then(|| text.to_owned())
        }),
    };
    section.finish();
    settings
}

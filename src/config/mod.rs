//! What the operator writes: a TOML file, the environment over it, the command line over both.
//!
//! Every key is read and checked even where an earlier one is at fault, so that all [`Fault`]s come at once; each
//! names its key and what is allowed. Meaning belongs to the domains: a section becomes a domain's own `Config`.

mod env;
mod front;
mod judging;
mod keeping;
mod reader;
mod reload;
mod units;

use std::path::{Path, PathBuf};

use toml::{Table, Value};

use crate::{activity, audit, banlist, behaviour, client, crawlers, proxy, session, storage};

pub use front::AdminListener;
pub use judging::{InspectionSettings, ModelSettings};
pub use keeping::LogSettings;
pub use reader::Fault;
pub use reload::{Difference, Differences};

use reader::{Faults, Section};

/// Where a configuration comes from; later sources win.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    /// The file; none is an empty one.
    pub file: Option<PathBuf>,
    /// Variables `PORTCULLIS__SECTION__KEY`, `MONGO_URI` and `ORT_DYLIB_PATH`.
    pub environment: Vec<(String, String)>,
    /// Keys from the command line: section (empty for the top), key, value.
    pub flags: Vec<(&'static str, &'static str, String)>,
}

/// All that is configured.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where the store and the admin token lie. Default `data`.
    pub data_dir: PathBuf,
    /// The proxy.
    pub proxy: proxy::Config,
    /// The admin API.
    pub admin: AdminListener,
    /// Who is asking.
    pub client: client::Config,
    /// Who is barred.
    pub banlist: banlist::Config,
    /// Search engines, which behaviour does not ban.
    pub crawlers: crawlers::Config,
    /// Visits.
    pub session: session::Config,
    /// Which requests are login attempts.
    pub logins: session::LoginEndpoints,
    /// Inspection and what follows from it.
    pub inspection: InspectionSettings,
    /// The models.
    pub model: ModelSettings,
    /// Judging visits.
    pub behaviour: behaviour::Config,
    /// Custom features of visits.
    pub features: Vec<behaviour::CustomFeature>,
    /// The activity log.
    pub activity: activity::Config,
    /// Where refusals are exported to; nowhere where `None`.
    pub audit: Option<audit::Config>,
    /// The store.
    pub storage: storage::Config,
    /// The filter's own log.
    pub log: LogSettings,
}

impl Config {
    /// Reads all sources. Where there are faults, the keys at fault have their defaults in the configuration, so that
    /// what does not depend on them can be checked as well.
    pub fn read(sources: &Sources) -> (Self, Vec<Fault>) {
        let faults = Faults::default();
        let mut table = sources.file.as_deref().map(|file| parse(file, &faults)).unwrap_or_default();
        env::overlay(&mut table, sources.environment.iter().cloned(), &faults);
        mongo_uri(&mut table, &sources.environment);
        runtime_library(&mut table, &sources.environment);
        for (section, key, value) in &sources.flags {
            set(&mut table, section, key, value);
        }
        let config = Self::of_sections(Section::new("", table, &faults));
        (config, faults.into_vec())
    }

    fn of_sections(mut top: Section<'_>) -> Self {
        let data_dir = top.path_of("data_dir").unwrap_or_else(|| PathBuf::from("data"));
        let client = front::client(top.section("client"));
        let (banlist, crawlers) = front::banlist(top.section("banlist"), &client);
        let (session, logins) = judging::session(top.section("session"));
        let activity = keeping::activity(top.section("activity"));
        let (routes, exclusions) = (top.sections("route"), top.sections("exclusion"));
        let features = judging::features(top.sections("feature"));
        let config = Self {
            features,
            proxy: front::proxy(top.section("proxy"), banlist.at_accept),
            admin: front::admin(top.section("admin"), &data_dir),
            inspection: judging::inspection(top.section("inspection"), routes, exclusions),
            model: judging::model(top.section("model")),
            behaviour: judging::behaviour(top.section("behaviour")),
            storage: keeping::storage(top.section("storage"), &data_dir, activity.retention),
            audit: keeping::audit(top.section("audit")),
            log: keeping::log(top.section("log")),
            data_dir,
            client,
            banlist,
            crawlers,
            session,
            logins,
            activity,
        };
        top.finish();
        config
    }
}

fn parse(file: &Path, faults: &Faults) -> Table {
    let text = match std::fs::read_to_string(file) {
        Ok(text) => text,
        Err(error) => {
            faults.add("", format!("cannot be read: {error}"));
            return Table::new();
        }
    };
    text.parse().unwrap_or_else(|error: toml::de::Error| {
        faults.add("", format!("is no TOML: {}", error.to_string().trim_end()));
        Table::new()
    })
}

/// `MONGO_URI` selects MongoDB, as the predecessor had it.
fn mongo_uri(table: &mut Table, environment: &[(String, String)]) {
    if let Some((_, uri)) = environment.iter().find(|(name, uri)| name == "MONGO_URI" && !uri.is_empty()) {
        set(table, "storage", "kind", "mongodb");
        set(table, "storage", "uri", uri);
    }
}

/// `ORT_DYLIB_PATH`, ONNX Runtime's own variable, names its library where the configuration does not.
fn runtime_library(table: &mut Table, environment: &[(String, String)]) {
    let named = |table: &Table| {
        let model = table.get("model").and_then(Value::as_table);
        model.and_then(|model| model.get("runtime_library")).is_some_and(|file| file.as_str() != Some(""))
    };
    if let Some((_, file)) = environment.iter().find(|(name, file)| name == "ORT_DYLIB_PATH" && !file.is_empty())
        && !named(table)
    {
        set(table, "model", "runtime_library", file);
    }
}

fn set(table: &mut Table, section: &str, key: &str, value: &str) {
    let value = Value::String(value.to_owned());
    if section.is_empty() {
        table.insert(key.to_owned(), value);
        return;
    }
    let entry = table.entry(section.to_owned()).or_insert_with(|| Value::Table(Table::new()));
    if let Value::Table(inner) = entry {
        inner.insert(key.to_owned(), value);
    }
}

#[cfg(test)]
mod tests;

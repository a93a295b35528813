//! The filter's own log: its form, and its level, which may be changed while running.

use std::io::IsTerminal;
use std::sync::Arc;

use parking_lot::Mutex;
use tracing::{Level, Metadata};
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Registry, fmt, reload};

/// What [`LogLevel::toggle`] changes to and back from.
const VERBOSE: &str = "info,portcullis=debug";

/// The form of the log's lines.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Form {
    /// For people.
    #[default]
    Human,
    /// A JSON object a line, for collectors.
    Json,
}

/// A level that cannot be set.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum LevelError {
    /// The text is no filter.
    #[error("{0:?} is no level; expected a filter such as \"info\" or \"portcullis=debug\"")]
    Invalid(String),
    /// There is no log any more.
    #[error("the log has ended")]
    Gone,
}

/// The level of a running log. Cheap to clone; all clones change the same log.
#[derive(Clone)]
pub struct LogLevel {
    filter: reload::Handle<EnvFilter, Registry>,
    levels: Arc<Mutex<Levels>>,
}

struct Levels {
    /// What the operator configured or set.
    set: String,
    /// Whether [`VERBOSE`] is in force instead.
    verbose: bool,
}

/// Starts the log of this process on standard error.
///
/// # Errors
/// When the level is no filter, or the process has a log already.
pub fn start(form: Form, level: &str) -> Result<LogLevel, String> {
    let filter = parse(level).map_err(|error| error.to_string())?;
    let (filter, handle) = reload::Layer::new(filter);
    let lines = fmt::layer().with_writer(std::io::stderr).with_ansi(std::io::stderr().is_terminal());
    let lines: Box<dyn tracing_subscriber::Layer<_> + Send + Sync> = match form {
        Form::Human => Box::new(lines),
        Form::Json => Box::new(lines.json()),
    };
    let started = tracing_subscriber::registry().with(filter).with(filter_fn(may_be_written)).with(lines).try_init();
    started.map_err(|error| format!("the log could not be started: {error}"))?;
    Ok(LogLevel::new(handle, level))
}

/// Whatever the level, below `info` only lines of ours are written: Pingora's hold requests as they came, secrets
/// included.
fn may_be_written(line: &Metadata<'_>) -> bool {
    *line.level() <= Level::INFO || line.target().starts_with(env!("CARGO_PKG_NAME"))
}

impl LogLevel {
    fn new(filter: reload::Handle<EnvFilter, Registry>, level: &str) -> Self {
        Self { filter, levels: Arc::new(Mutex::new(Levels { set: level.to_owned(), verbose: false })) }
    }

    /// Sets the level: `info`, `portcullis=debug,warn`.
    ///
    /// # Errors
    /// When the text is no filter; the level stays as it was.
    pub fn set(&self, level: &str) -> Result<(), LevelError> {
        let mut levels = self.levels.lock();
        self.apply(level)?;
        *levels = Levels { set: level.to_owned(), verbose: false };
        tracing::info!(level, "the level of the log is set");
        Ok(())
    }

    /// More, or again as much as was set: what SIGUSR1 does.
    ///
    /// # Errors
    /// When the log has ended.
    pub fn toggle(&self) -> Result<(), LevelError> {
        let mut levels = self.levels.lock();
        let level = if levels.verbose { levels.set.clone() } else { VERBOSE.to_owned() };
        self.apply(&level)?;
        levels.verbose = !levels.verbose;
        tracing::info!(level, "the level of the log is set");
        Ok(())
    }

    /// The level in force.
    pub fn current(&self) -> String {
        let levels = self.levels.lock();
        if levels.verbose { VERBOSE.to_owned() } else { levels.set.clone() }
    }

    fn apply(&self, level: &str) -> Result<(), LevelError> {
        self.filter.reload(parse(level)?).map_err(|_| LevelError::Gone)
    }
}

/// Reads a filter.
///
/// # Errors
/// When it is none.
pub fn parse(level: &str) -> Result<EnvFilter, LevelError> {
    EnvFilter::try_new(level).map_err(|_| LevelError::Invalid(level.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_level_is_set_and_toggled_and_a_wrong_one_changes_nothing() {
        let (filter, handle) = reload::Layer::<_, Registry>::new(parse("warn").unwrap());
        let level = LogLevel::new(handle, "warn");
        let _log = tracing::subscriber::set_default(tracing_subscriber::registry().with(filter));
        assert!(!tracing::enabled!(tracing::Level::INFO));
        level.toggle().unwrap();
        assert!(tracing::enabled!(tracing::Level::DEBUG));
        assert_eq!(level.current(), VERBOSE);
        level.toggle().unwrap();
        assert!(!tracing::enabled!(tracing::Level::INFO));
        level.set("info").unwrap();
        assert!(tracing::enabled!(tracing::Level::INFO) && !tracing::enabled!(tracing::Level::DEBUG));
        assert_eq!(level.set("portcullis=loud"), Err(LevelError::Invalid("portcullis=loud".to_owned())));
        assert_eq!(level.current(), "info");
    }
}

//! Reads a section of the file key by key and notes every fault instead of stopping at the first.
//!
//! (Serde stops at the first wrong value; an operator wants to hear of all of them at once.)

use std::cell::RefCell;
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use toml::{Table, Value};

use super::units;

/// One thing wrong with the configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The key, with its section: `session.gap`; empty for the file as a whole.
    pub key: String,
    /// What is wrong and what is allowed.
    pub problem: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.key.is_empty() { f.write_str(&self.problem) } else { write!(f, "{}: {}", self.key, self.problem) }
    }
}

/// Where faults are gathered.
#[derive(Debug, Default)]
pub(super) struct Faults(RefCell<Vec<Fault>>);

impl Faults {
    pub(super) fn add(&self, key: impl Into<String>, problem: impl Into<String>) {
        self.0.borrow_mut().push(Fault { key: key.into(), problem: problem.into() });
    }

    pub(super) fn into_vec(self) -> Vec<Fault> {
        self.0.into_inner()
    }
}

/// One section of the file. Each key is taken once; what is left at [`finish`](Self::finish) is unknown.
pub(super) struct Section<'a> {
    name: String,
    table: Table,
    known: Vec<&'static str>,
    faults: &'a Faults,
}

impl<'a> Section<'a> {
    pub(super) fn new(name: impl Into<String>, table: Table, faults: &'a Faults) -> Self {
        Self { name: name.into(), table, known: Vec::new(), faults }
    }

    /// A sub-section; empty where the file has none.
    pub(super) fn section(&mut self, key: &'static str) -> Section<'a> {
        let table = match self.take(key) {
            None => Table::new(),
            Some(Value::Table(table)) => table,
            Some(other) => {
                self.wrong(key, &other, "a section in brackets");
                Table::new()
            }
        };
        Section::new(self.path(key), table, self.faults)
    }

    /// A list of sub-sections, written `[[key]]`; empty where the file has none.
    pub(super) fn sections(&mut self, key: &'static str) -> Vec<Section<'a>> {
        let entries = match self.take(key) {
            None => Vec::new(),
            Some(Value::Array(entries)) => entries,
            Some(other) => {
                self.wrong(key, &other, "sections in double brackets");
                Vec::new()
            }
        };
        let mut sections = Vec::with_capacity(entries.len());
        for (index, entry) in entries.into_iter().enumerate() {
            match entry {
                Value::Table(table) => {
                    sections.push(Section::new(format!("{}[{index}]", self.path(key)), table, self.faults));
                }
                other => self.wrong(key, &other, "sections in double brackets"),
            }
        }
        sections
    }

    /// A text that `read` understands; `default` where the key is absent or wrong.
    pub(super) fn text<T>(
        &mut self,
        key: &'static str,
        default: T,
        allowed: &str,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> T {
        self.maybe(key, allowed, |value| value.as_str().and_then(read)).unwrap_or(default)
    }

    /// A text that `read` understands, if the key is there and its text not empty.
    pub(super) fn optional<T>(
        &mut self,
        key: &'static str,
        allowed: &str,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Option<T> {
        if self.table.get(key).and_then(Value::as_str) == Some("") {
            self.take(key);
            return None;
        }
        self.maybe(key, allowed, |value| value.as_str().and_then(read))
    }

    /// One of these names.
    pub(super) fn choice<T: Copy>(&mut self, key: &'static str, default: T, choices: &[(&str, T)]) -> T {
        self.optional_choice(key, choices).unwrap_or(default)
    }

    /// One of these names, if the key is there.
    pub(super) fn optional_choice<T: Copy>(&mut self, key: &'static str, choices: &[(&str, T)]) -> Option<T> {
        let names: Vec<_> = choices.iter().map(|(name, _)| format!("\"{name}\"")).collect();
        let read = |text: &str| choices.iter().find(|(name, _)| *name == text).map(|(_, value)| *value);
        self.maybe(key, &format!("one of {}", names.join(", ")), |value| value.as_str().and_then(read))
    }

    /// A whole number within a range.
    pub(super) fn number<T>(&mut self, key: &'static str, default: T, range: std::ops::RangeInclusive<T>) -> T
    where
        T: TryFrom<i64> + PartialOrd + fmt::Display,
    {
        let allowed = format!("a whole number from {} to {}", range.start(), range.end());
        let read = |value: &Value| {
            let number = value.as_integer().and_then(|number| T::try_from(number).ok())?;
            range.contains(&number).then_some(number)
        };
        self.maybe(key, &allowed, read).unwrap_or(default)
    }

    /// `true` or `false`.
    pub(super) fn flag(&mut self, key: &'static str, default: bool) -> bool {
        self.maybe(key, "true or false", Value::as_bool).unwrap_or(default)
    }

    /// A duration within a range.
    pub(super) fn duration(
        &mut self,
        key: &'static str,
        default: Duration,
        range: std::ops::RangeInclusive<Duration>,
    ) -> Duration {
        let show = |span: &Duration| humantime::format_duration(*span).to_string();
        let allowed = format!("a duration such as \"15s\", from {} to {}", show(range.start()), show(range.end()));
        self.text(key, default, &allowed, |text| units::duration(text).filter(|span| range.contains(span)))
    }

    /// A number of bytes, if the key is there; written `"64KiB"`.
    pub(super) fn optional_bytes(&mut self, key: &'static str, at_most: u64) -> Option<u64> {
        let allowed = format!("a size such as \"64KiB\" or \"10MiB\", at most {at_most} bytes");
        let read = |value: &Value| {
            let size = match value {
                Value::Integer(number) => u64::try_from(*number).ok(),
                Value::String(text) => units::bytes(text),
                _ => None,
            };
            size.filter(|size| *size <= at_most)
        };
        self.maybe(key, &allowed, read)
    }

    /// A list of texts that `read` understands; `None` where the key is absent.
    pub(super) fn list<T>(
        &mut self,
        key: &'static str,
        allowed: &str,
        read: impl Fn(&str) -> Option<T>,
    ) -> Option<Vec<T>> {
        let listed = format!("a list, each entry {allowed}");
        let items = self.maybe(key, &listed, |value| value.as_array().cloned())?;
        let mut list = Vec::with_capacity(items.len());
        for item in items {
            match item.as_str().and_then(&read) {
                Some(entry) => list.push(entry),
                None => self.wrong(key, &item, &listed),
            }
        }
        Some(list)
    }

    /// A list of whole numbers within a range; `None` where the key is absent.
    pub(super) fn numbers(&mut self, key: &'static str, range: std::ops::RangeInclusive<u32>) -> Option<Vec<u32>> {
        let allowed = format!("a list of whole numbers from {} to {}", range.start(), range.end());
        let read = |value: &Value| {
            let number = |item: &Value| item.as_integer().and_then(|number| u32::try_from(number).ok());
            let numbers: Option<Vec<_>> = value.as_array()?.iter().map(number).collect();
            numbers.filter(|numbers| numbers.iter().all(|number| range.contains(number)))
        };
        self.maybe(key, &allowed, read)
    }

    /// A number, whole or not, within a range.
    pub(super) fn fraction(&mut self, key: &'static str, default: f64, range: std::ops::RangeInclusive<f64>) -> f64 {
        let allowed = format!("a number from {} to {}", range.start(), range.end());
        #[allow(clippy::cast_precision_loss)]
        let read = |value: &Value| {
            let number = value.as_float().or_else(|| value.as_integer().map(|number| number as f64))?;
            range.contains(&number).then_some(number)
        };
        self.maybe(key, &allowed, read).unwrap_or(default)
    }

    /// A path; relative ones start from the working directory.
    pub(super) fn path_of(&mut self, key: &'static str) -> Option<PathBuf> {
        self.optional(key, "a path", |text| Some(PathBuf::from(text)))
    }

    /// Whether the file has this key.
    pub(super) fn has(&self, key: &str) -> bool {
        self.table.contains_key(key)
    }

    /// Notes a fault of a key that reads well by itself.
    pub(super) fn fault(&self, key: &str, problem: impl Into<String>) {
        self.faults.add(self.path(key), problem);
    }

    /// Lets `last` look at the section once more, then [finishes](Self::finish).
    pub(super) fn finish_with(self, last: impl FnOnce(&Self)) {
        last(&self);
        self.finish();
    }

    /// Notes every key that was not asked for.
    pub(super) fn finish(self) {
        for key in self.table.keys() {
            let known = self.known.join(", ");
            self.faults.add(self.path(key), format!("unknown key; allowed here: {known}"));
        }
    }

    fn maybe<T>(&mut self, key: &'static str, allowed: &str, read: impl FnOnce(&Value) -> Option<T>) -> Option<T> {
        let value = self.take(key)?;
        let read = read(&value);
        if read.is_none() {
            self.wrong(key, &value, allowed);
        }
        read
    }

    fn wrong(&self, key: &str, value: &Value, allowed: &str) {
        self.faults.add(self.path(key), format!("{value} is not allowed; expected {allowed}"));
    }

    fn take(&mut self, key: &'static str) -> Option<Value> {
        self.known.push(key);
        self.table.remove(key)
    }

    fn path(&self, key: &str) -> String {
        if self.name.is_empty() { key.to_owned() } else { format!("{}.{key}", self.name) }
    }
}

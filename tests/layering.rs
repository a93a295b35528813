//! Checks the dependency rules that the crate's documentation states: which module may use which, and which folder
//! alone names a heavy crate.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Each module and the modules of ours it may use.
const MAY_USE: [(&str, &[&str]); 26] = [
    ("time", &[]),
    ("octets", &[]),
    ("metrics", &[]),
    ("live", &[]),
    ("spool", &["metrics", "time"]),
    ("logging", &[]),
    ("id", &["time"]),
    ("expression", &[]),
    ("client", &["metrics", "live", "id", "time"]),
    ("crawlers", &["client", "id", "time"]),
    ("banlist", &["client", "metrics", "live", "id", "time"]),
    ("session", &["expression", "client", "metrics", "live", "octets", "id", "time"]),
    ("inspection", &["metrics", "live", "id", "time"]),
    ("policy", &["inspection", "banlist", "client", "metrics", "live", "id", "time"]),
    (
        "activity",
        &["policy", "inspection", "session", "banlist", "client", "metrics", "live", "octets", "spool", "id", "time"],
    ),
    (
        "behaviour",
        &[
            "expression",
            "activity",
            "policy",
            "inspection",
            "session",
            "banlist",
            "crawlers",
            "client",
            "metrics",
            "live",
            "spool",
            "id",
            "time",
        ],
    ),
    (
        "storage",
        &[
            "activity",
            "behaviour",
            "banlist",
            "session",
            "policy",
            "inspection",
            "client",
            "metrics",
            "octets",
            "id",
            "time",
        ],
    ),
    ("audit", &["activity", "policy", "inspection", "metrics", "id", "time"]),
    ("model", &["behaviour", "inspection", "metrics", "id", "time"]),
    ("proxy", SERVICES),
    ("admin", SERVICES),
    ("dataset", SERVICES),
    ("main", ANYTHING),
    ("cli", ANYTHING),
    ("app", ANYTHING),
    ("config", ANYTHING),
];

const ANYTHING: &[&str] = &["*"];

/// What the two listeners and the data sets may use: all but each other and what joins them.
const SERVICES: &[&str] = &[
    "storage",
    "model",
    "audit",
    "activity",
    "behaviour",
    "banlist",
    "session",
    "policy",
    "inspection",
    "expression",
    "client",
    "metrics",
    "live",
    "logging",
    "octets",
    "id",
    "time",
];

/// Crates and the one folder that may name them.
const ALONE: [(&str, &str); 8] = [
    ("pingora", "proxy"),
    ("cel", "expression"),
    ("hickory_resolver", "crawlers"),
    ("ort", "model"),
    ("mongodb", "storage"),
    ("rusqlite", "storage"),
    ("prometheus", "metrics"),
    ("x509_parser", "proxy"),
];

struct Source {
    module: String,
    path: PathBuf,
    text: String,
}

#[test]
fn modules_use_only_what_the_layers_allow() {
    let mut broken = Vec::new();
    for source in sources() {
        let allowed = MAY_USE.iter().find(|(module, _)| *module == source.module).map(|(_, allowed)| *allowed);
        let Some(allowed) = allowed else {
            if source.module != "lib" {
                broken.push(format!("{}: module {} is not in the table", source.path.display(), source.module));
            }
            continue;
        };
        for used in used_modules(&source.text) {
            if allowed != ANYTHING && used != source.module && !allowed.contains(&used.as_str()) {
                broken.push(format!("{}: {} may not use {used}", source.path.display(), source.module));
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn heavy_crates_are_named_in_one_folder() {
    let mut broken = Vec::new();
    for source in sources() {
        for (name, folder) in ALONE {
            let named = code_lines(&source.text).any(|line| {
                names(line, &format!("{name}::")) || line.contains(&format!("{name}_")) && name == "pingora"
            });
            if named && source.module != folder {
                broken.push(format!("{}: only src/{folder} may name {name}", source.path.display()));
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut sources = Vec::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") && !is_test(&path) {
                let inner = path.strip_prefix(&root).unwrap();
                let module = Path::new(inner.components().next().unwrap().as_os_str()).file_stem().unwrap();
                let module = module.to_str().unwrap().to_owned();
                let text = fs::read_to_string(&path).unwrap();
                sources.push(Source { module, path, text });
            }
        }
    }
    assert!(sources.len() > 40, "found the sources");
    sources
}

/// Tests may reach across layers.
fn is_test(path: &Path) -> bool {
    let name = path.file_stem().unwrap().to_str().unwrap();
    name.contains("test") || name == "conformance"
}

/// Lines of code before the file's own tests, without comments.
fn code_lines(text: &str) -> impl Iterator<Item = &str> {
    text.lines()
        .take_while(|line| !line.starts_with("#[cfg(test)]") && !line.starts_with("#![cfg(test)]"))
        .filter(|line| !line.trim_start().starts_with("//"))
}

fn used_modules(text: &str) -> BTreeSet<String> {
    let mut used = BTreeSet::new();
    for line in code_lines(text) {
        for rest in line.split("crate::").skip(1) {
            match rest.strip_prefix('{') {
                Some(list) => {
                    let names = list.split('}').next().unwrap_or("").split(',');
                    used.extend(names.map(|name| first_name(name.trim())).filter(|name| !name.is_empty()));
                }
                None => {
                    used.insert(first_name(rest));
                }
            }
        }
    }
    used
}

/// Whether this stands in a line as a word of its own: `ort::` does not stand in `Report::`.
fn names(line: &str, path: &str) -> bool {
    let is_inner = |c: char| c.is_ascii_alphanumeric() || c == '_';
    line.match_indices(path).any(|(at, _)| !line[..at].ends_with(is_inner))
}

fn first_name(text: &str) -> String {
    text.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect()
}

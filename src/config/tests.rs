use std::time::Duration;

use super::*;
use crate::policy::Mode;

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/config").join(name)
}

fn read(file: PathBuf) -> (Config, Vec<String>) {
    let (config, faults) = Config::read(&Sources { file: Some(file), ..Sources::default() });
    (config, faults.iter().map(ToString::to_string).collect())
}

#[test]
fn every_shipped_configuration_is_without_fault() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("conf");
    for name in ["portcullis.toml", "demo.toml", "detect-only.toml", "docker.toml", "package.toml"] {
        assert_eq!(read(folder.join(name)).1, Vec::<String>::new(), "{name}");
    }
}

/// A commented key of `portcullis.toml` is one that exists, and the value beside it is its default.
#[test]
fn the_reference_shows_the_defaults() {
    let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("conf/portcullis.toml")).unwrap();
    let machine =
        ["#threads", "#token_file", "#path = \"data/", "#[[", "#path = \"/", "#mode = \"block\"\n#body_limit = \"100"];
    let mut in_list = false;
    let mut shown = String::new();
    for line in text.lines() {
        in_list = if line.starts_with("#[[") { true } else { in_list && !line.is_empty() };
        let key = line.strip_prefix('#').filter(|rest| rest.starts_with(|c: char| c.is_ascii_lowercase()));
        let taken = key.filter(|_| !in_list && !machine.iter().any(|skip| line.starts_with(skip)));
        shown.push_str(taken.unwrap_or(if line.starts_with('#') { "" } else { line }));
        shown.push('\n');
    }
    assert!(shown.contains("ban_duration = \"10m\""), "{shown}");
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("shown.toml");
    std::fs::write(&file, shown).unwrap();
    let (shown, faults) = read(file);
    assert_eq!(faults, Vec::<String>::new());
    let sources = Sources { flags: vec![("proxy", "upstream", "127.0.0.1:3000".into())], ..Sources::default() };
    let (default, _) = Config::read(&sources);
    assert_eq!(format!("{shown:?}"), format!("{default:?}"));
}

#[test]
fn all_faults_come_at_once_with_key_and_what_is_allowed() {
    let (_, faults) = read(fixture("faults.toml"));
    let expected = std::fs::read_to_string(fixture("faults.expected")).unwrap();
    assert_eq!(faults.join("\n"), expected.trim_end());
}

#[test]
fn later_sources_win() {
    let environment = [("PORTCULLIS__SESSION__GAP", "20s"), ("PORTCULLIS__INSPECTION__MODE", "off")];
    let (config, faults) = Config::read(&Sources {
        file: Some(fixture("ok.toml")),
        environment: environment.map(|(name, text)| (name.into(), text.into())).to_vec(),
        flags: vec![("inspection", "mode", "detect".into())],
    });
    assert_eq!(faults, []);
    assert_eq!(config.session.gap, Duration::from_secs(20));
    assert_eq!(config.inspection.terms.mode, Mode::Detect);
}

#[test]
fn mongo_uri_selects_mongodb() {
    let environment = vec![("MONGO_URI".to_owned(), "mongodb://127.0.0.1:27017".to_owned())];
    let (config, faults) = Config::read(&Sources { file: Some(fixture("ok.toml")), environment, ..Sources::default() });
    assert_eq!(faults, []);
    assert!(matches!(config.storage.kind, storage::StorageKind::Mongodb { .. }));
}

#[test]
fn a_file_that_is_missing_or_no_toml_is_a_fault() {
    let missing = read(fixture("missing.toml")).1;
    assert!(missing[0].starts_with("cannot be read: "), "{missing:?}");
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("odd.toml"), "[proxy\nupstream").unwrap();
    let odd = read(folder.path().join("odd.toml")).1;
    assert!(odd[0].starts_with("is no TOML: "), "{odd:?}");
}

#[test]
fn onnx_runtime_s_own_variable_names_its_library_unless_the_configuration_does() {
    let read = |variables: &[(&str, &str)]| {
        let environment = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Config::read(&Sources { environment, ..Sources::default() }).0.model.runtime_library
    };
    let (variable, key) = (("ORT_DYLIB_PATH", "/a.so"), ("PORTCULLIS__MODEL__RUNTIME_LIBRARY", "/b.so"));
    assert_eq!(read(&[variable]), Some(PathBuf::from("/a.so")));
    assert_eq!(read(&[variable, key]), Some(PathBuf::from("/b.so")));
    assert_eq!(read(&[("ORT_DYLIB_PATH", "")]), None);
}

#[test]
fn crawlers_and_keys_of_bodies_are_read_and_refused() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("odd.toml");
    let of = |text: &str| {
        std::fs::write(&file, format!("[proxy]\nupstream = \"127.0.0.1:1\"\n{text}")).unwrap();
        read(file.clone())
    };
    let (config, faults) = of("[banlist]\ncrawlers = [\".GoogleBot.com\"]\nresolver = \"[::1]:5353\"\n\
        [session]\nbody_values = 0\nbody_ignored_keys = []\nbody_memory = \"1MiB\"");
    assert_eq!(faults, Vec::<String>::new());
    assert_eq!(config.crawlers.domains, [crawlers::CrawlerDomain::parse(".googlebot.com").unwrap()]);
    assert_eq!(config.crawlers.resolver, Some("[::1]:5353".parse().unwrap()));
    assert_eq!(config.session.bodies, session::BodySettings { values: 0, ignored_keys: Vec::new(), memory: 1 << 20 });
    let (_, faults) =
        of("[banlist]\ncrawlers = [\"googlebot.com\"]\nresolver = \"localhost\"\nresolver_timeout = \"0s\"");
    let keys: Vec<_> = faults.iter().map(|fault| fault.split(':').next().unwrap().to_owned()).collect();
    assert_eq!(keys, ["banlist.crawlers", "banlist.resolver", "banlist.resolver_timeout"], "{faults:?}");
}

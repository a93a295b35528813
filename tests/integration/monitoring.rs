//! The dashboards and rules name only metrics there are, and every alert stands in the README.

use std::collections::BTreeSet;
use std::fs;

use serde_json::Value;

fn read(path: &str) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Names of ours in a text: of metrics (`portcullis_…`, `process_…`) and of recorded series (`portcullis:…`).
fn names(text: &str) -> BTreeSet<String> {
    let part = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == ':';
    let words = text.split(|c| !part(c)).filter(|word| {
        ["portcullis_", "portcullis:", "process_"]
            .iter()
            .any(|start| word.starts_with(start) && word.len() > start.len())
    });
    words.map(str::to_owned).collect()
}

fn known() -> BTreeSet<String> {
    let mut known = BTreeSet::new();
    for line in read("docs/metrics.md").lines().filter(|line| line.starts_with("| `")) {
        let name = line.split('`').nth(1).unwrap();
        if line.contains("| histogram |") {
            known.extend(["bucket", "sum", "count"].map(|part| format!("{name}_{part}")));
        } else {
            known.insert(name.to_owned());
        }
    }
    let recorded = read("conf/prometheus/recording.yml");
    known.extend(recorded.lines().filter_map(|line| line.trim().strip_prefix("- record: ")).map(str::to_owned));
    known
}

fn dashboards() -> Vec<(String, Value)> {
    let files = fs::read_dir("conf/grafana/dashboards").unwrap().map(|entry| entry.unwrap().path());
    let read = |path: std::path::PathBuf| {
        let name = path.display().to_string();
        let value = serde_json::from_str(&read(&name)).unwrap_or_else(|error| panic!("{name}: {error}"));
        (name, value)
    };
    files.map(read).collect()
}

fn list<'a>(value: &'a Value, key: &str) -> &'a Vec<Value> {
    value[key].as_array().unwrap_or_else(|| panic!("{key} of {value}"))
}

#[test]
fn rules_and_dashboards_name_only_metrics_there_are() {
    let known = known();
    let mut texts: Vec<(String, String)> =
        ["recording", "alerts"].map(|name| format!("conf/prometheus/{name}.yml")).map(|p| (p.clone(), read(&p))).into();
    for (name, dashboard) in dashboards() {
        for panel in list(&dashboard, "panels") {
            let queries = list(panel, "targets").iter().map(|target| target["expr"].as_str().unwrap().to_owned());
            texts.extend(queries.map(|query| (format!("{name}: {}", panel["title"]), query)));
        }
    }
    let rules = |line: &&str| !line.trim_start().starts_with('#') && !line.contains("runbook:");
    for (place, text) in texts {
        let code = text.lines().filter(rules).collect::<Vec<_>>().join("\n");
        let unknown: Vec<_> = names(&code).difference(&known).cloned().collect();
        assert!(unknown.is_empty(), "{place} asks for {unknown:?}, which nobody exports");
    }
}

#[test]
fn every_panel_says_what_it_shows_in_which_unit_and_none_overlaps() {
    let dashboards = dashboards();
    assert_eq!(dashboards.len(), 5);
    let uids: BTreeSet<_> = dashboards.iter().map(|(_, dashboard)| dashboard["uid"].as_str().unwrap()).collect();
    assert_eq!(uids.len(), dashboards.len());
    for (name, dashboard) in &dashboards {
        assert!(dashboard["schemaVersion"].as_u64().unwrap() >= 39, "{name}");
        let variables: Vec<_> =
            list(&dashboard["templating"], "list").iter().map(|variable| variable["type"].as_str().unwrap()).collect();
        assert_eq!(variables, ["datasource", "query"], "{name}");
        let mut taken = BTreeSet::new();
        for panel in list(dashboard, "panels") {
            let place = format!("{name}: {}", panel["title"]);
            assert!(["timeseries", "stat", "heatmap", "table"].contains(&panel["type"].as_str().unwrap()), "{place}");
            assert!(panel["description"].as_str().is_some_and(|text| text.len() > 5), "{place}");
            let defaults = &panel["fieldConfig"]["defaults"];
            assert!(defaults["unit"].is_string() && defaults["thresholds"]["steps"].is_array(), "{place}");
            assert_eq!(panel["datasource"]["uid"], "${datasource}", "{place}");
            assert!(!list(panel, "targets").is_empty(), "{place}");
            let grid = |key: &str| panel["gridPos"][key].as_u64().unwrap();
            assert!(grid("x") + grid("w") <= 24, "{place}");
            for x in grid("x")..grid("x") + grid("w") {
                for y in grid("y")..grid("y") + grid("h") {
                    assert!(taken.insert((x, y)), "{place} overlaps another panel");
                }
            }
        }
    }
}

#[test]
fn every_alert_says_what_to_do_and_stands_in_the_readme() {
    let (rules, tests, readme) =
        (read("conf/prometheus/alerts.yml"), read("conf/prometheus/alerts.test.yml"), read("README.md"));
    let alerts: Vec<_> = rules.lines().filter_map(|line| line.trim().strip_prefix("- alert: ")).collect();
    assert!(alerts.len() > 10);
    let rule = |alert: &str| {
        let text = rules.split("- alert: ").find(|text| text.lines().next() == Some(alert));
        text.unwrap_or_default().to_owned()
    };
    for alert in alerts {
        for part in ["runbook: ", "summary: ", "severity: "] {
            assert!(rule(alert).contains(part), "{alert} has no {part}");
        }
        assert!(tests.contains(&format!("alertname=\"{alert}\"")), "{alert} has no test");
        assert!(readme.contains(&format!("| `{alert}`")), "README.md does not say what to do about {alert}");
    }
}

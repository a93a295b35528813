//! `portcullis eval` with the shipped models.

use std::fs;
use std::path::Path;
use std::process::Output;

use serde_json::Value;

use crate::harness::waf;

fn eval(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = waf::command(&["eval"]);
    let config = folder.join("c.toml");
    let models = Path::new(env!("CARGO_MANIFEST_DIR")).join("models");
    fs::write(&config, format!("[model]\ndir = {models:?}\n")).unwrap();
    command.args(["--config", config.to_str().unwrap()]).args(arguments).current_dir(folder);
    command.output().unwrap()
}

fn stdout(output: &Output) -> String {
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

const LINES: &str = concat!(
    "{\"text\":\"1' union select password from accounts --\",\"label\":\"sqli\",\"source\":\"ours\"}\n",
    "{\"text\":\"<script>alert(document.cookie)</script>\",\"label\":\"xss\",\"source\":\"ours\"}\n",
    "{\"text\":\"a word or two\",\"label\":\"norm\",\"source\":\"prose\"}\n",
    "{\"text\":\"harmless\",\"label\":\"attack-other\",\"source\":\"odd\"}\n",
    "{\"raw\":\"GET /?q=kettle HTTP/1.1\\r\\nHost: shop\\r\\n\\r\\n\",\"label\":\"norm\",\"source\":\"requests\"}\n",
);

#[test]
fn measures_each_form_by_the_filter_itself() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
    write("a.jsonl", LINES);
    write(
        "b.csv",
        "\"payload\",\"length\",\"attack_type\",\"label\"\r\n\"1' or '1'='1' --\",\"16\",\"sqli\",\"anom\"\r\n\"tea\",\"3\",\"norm\",\"norm\"\r\n",
    );
    write(
        "c.txt",
        "GET http://shop/?a=b HTTP/1.1\r\nHost: shop\r\n\r\n\r\nPOST /d HTTP/1.1\r\nHost: shop\r\nContent-Length: 3\r\n\r\nx=y\r\n\r\n",
    );
    let output = eval(folder.path(), &["--json", "--plot", "p.svg", "a.jsonl", "b.csv", "norm=c.txt"]);
    let report: Value = serde_json::from_str(&stdout(&output)).unwrap();
    assert_eq!(report["sensitivity"], "medium");
    let sets = report["sets"].as_array().unwrap();
    let rows = |set: &Value, label: &str| set["all"]["labels"][label]["rows"].clone();
    assert_eq!(
        (rows(&sets[0], "sqli"), rows(&sets[0], "norm"), rows(&sets[0], "attack-other")),
        (1.into(), 2.into(), 1.into())
    );
    assert_eq!(
        (rows(&sets[1], "sqli"), rows(&sets[1], "norm"), rows(&sets[2], "norm")),
        (1.into(), 1.into(), 2.into())
    );
    assert_eq!(sets[0]["confusion"]["sqli"]["sqli"], 1, "a plain injection is refused as what it is");
    assert_eq!(sets[0]["confusion"]["attack-other"]["norm"], 1);
    assert_eq!(report["all"]["all"]["labels"]["norm"]["refused"]["count"], 0);
    assert_eq!(report["all"]["roc"]["area"].as_f64().map(|area| (0.0..=1.0).contains(&area)), Some(true));
    let svg = fs::read_to_string(folder.path().join("p.svg")).unwrap();
    assert!(svg.starts_with("<svg") && svg.trim_end().ends_with("</svg>") && svg.contains("prose"));
    let table = stdout(&eval(folder.path(), &["a.jsonl", "--by", "label", "--sensitivity", "low"]));
    assert!(table.starts_with("sensitivity low") && table.contains("Confusion matrix"), "{table}");
    assert!(stderr(&output).is_empty(), "no bar where standard error is no terminal: {output:?}");
}

#[test]
fn a_row_or_file_at_fault_is_named_and_the_exit_code_is_64() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("bad.jsonl"), format!("{LINES}{{\"text\":\"no label\"}}\n")).unwrap();
    for (arguments, parts) in [
        (&["bad.jsonl"][..], &["bad.jsonl: line 6", "label", "--lenient"][..]),
        (&["nowhere.jsonl"], &["nowhere.jsonl", "cannot be read"]),
        (&["bad.jsonl", "--where", "moon"], &["--where", "query, body"]),
        (&["typo=bad.jsonl"], &["typo=bad.jsonl", "attack-other"]),
        (&["bad.jsonl", "--sensitivity", "most"], &["inspection.sensitivity", "medium"]),
        (&["c.toml"], &["c.toml: line 1", "expected JSON lines"]),
        (&["."], &["."]),
    ] {
        let output = eval(folder.path(), arguments);
        assert_eq!(output.status.code(), Some(64), "{arguments:?} {output:?}");
        for part in parts {
            assert!(stderr(&output).contains(part), "{part} in {}", stderr(&output));
        }
    }
    let lenient = stdout(&eval(folder.path(), &["--lenient", "bad.jsonl"]));
    assert!(lenient.starts_with("sensitivity medium\n\nbad.jsonl: 5 rows judged, 1 not readable"), "{lenient}");
}

use std::fs;

use crate::harness::{Origin, Waf, free_port, waf, wait_for};

fn faults(arguments: &[&str]) -> String {
    let output = waf::run(arguments);
    assert_eq!(output.status.code(), Some(64), "{output:?}");
    String::from_utf8(output.stderr).unwrap()
}

#[test]
fn every_fault_is_named_at_once_and_the_exit_code_is_64() {
    let stderr = faults(&["check-config", "--config", "tests/fixtures/config/faults.toml"]);
    let expected = fs::read_to_string("tests/fixtures/config/faults.expected").unwrap();
    for fault in expected.lines() {
        assert!(stderr.contains(&format!("tests/fixtures/config/faults.toml: {fault}")), "{fault}\nin\n{stderr}");
    }
}

#[test]
fn shipped_configurations_check_out() {
    for entry in fs::read_dir("conf").unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "toml") {
            let output = waf::run(&["check-config", "--config", path.to_str().unwrap()]);
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        }
    }
}

#[test]
fn missing_models_and_an_unreachable_store_are_named_with_the_wrong_key() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("c.toml");
    let uri = format!("mongodb://user:hidden-secret@127.0.0.1:{}", free_port());
    fs::write(
        &file,
        format!(
            "[proxy]\nupstream = \"127.0.0.1:1\"\n[session]\ngapp = \"1s\"\n[model]\ndir = {:?}\n\
             [storage]\nkind = \"mongodb\"\nuri = {uri:?}\nconnect_timeout = \"300ms\"\n",
            folder.path().join("nowhere")
        ),
    )
    .unwrap();
    let stderr = faults(&["run", "--config", file.to_str().unwrap()]);
    for part in ["session.gapp", "nowhere/text.toml", "nowhere/behaviour.toml", "storage"] {
        assert!(stderr.contains(part), "{part} in\n{stderr}");
    }
    assert!(!stderr.contains("hidden-secret"), "{stderr}");
}

#[test]
fn a_model_whose_sha256_differs_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    for entry in fs::read_dir("models").unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            fs::copy(&path, folder.path().join(path.file_name().unwrap())).unwrap();
        }
    }
    let model = fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .find(|path| path.extension().is_some_and(|extension| extension == "onnx"))
        .unwrap();
    let mut bytes = fs::read(&model).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    fs::write(&model, bytes).unwrap();
    let file = folder.path().join("c.toml");
    fs::write(&file, format!("[proxy]\nupstream = \"127.0.0.1:1\"\n[model]\ndir = {:?}\n", folder.path())).unwrap();
    let stderr = faults(&["check-config", "--config", file.to_str().unwrap()]);
    assert!(stderr.contains("sha256"), "{stderr}");
}

#[test]
fn with_on_unreachable_start_the_site_comes_up_without_its_store() {
    let origin = Origin::start();
    let sections = format!(
        "[storage]\nkind = \"mongodb\"\nuri = \"mongodb://127.0.0.1:{}\"\non_unreachable = \"start\"\n\
         connect_timeout = \"300ms\"\n",
        free_port()
    );
    let waf = Waf::spawn(&origin.address.to_string(), &sections, tempfile::tempdir().unwrap());
    wait_for("the proxy to listen", || std::net::TcpStream::connect(waf.proxy).ok());
    assert_eq!(waf.send(crate::harness::client::get("/")).status, 200);
    assert_eq!(waf.readiness().status, 503);
}

#[test]
fn flags_win_over_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("c.toml");
    fs::write(&file, "[proxy]\nupstream = \"127.0.0.1:1\"\n[inspection]\nmode = \"block\"\n").unwrap();
    let stderr = faults(&["run", "--config", file.to_str().unwrap(), "--mode", "sometimes", "--listen", "nowhere"]);
    assert!(stderr.contains("inspection.mode") && stderr.contains("proxy.listen"), "{stderr}");
}

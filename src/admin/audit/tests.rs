use serde_json::json;

use super::journal::{MAX_BYTES, OLDER_FILES};
use super::*;

fn actor() -> Actor {
    Actor { name: "ada".to_owned(), role: Role::Operator, address: Some([127, 0, 0, 1].into()) }
}

fn run<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

#[test]
fn changes_are_kept_over_a_restart_and_a_torn_line_is_passed_over() {
    let folder = tempfile::tempdir().unwrap();
    let log = AuditLog::open(folder.path()).unwrap();
    run(log.note(&actor(), "ban.add", "192.0.2.7", Value::Null, json!({"reason": "a\nb"})));
    run(log.note(&actor(), "ban.remove", "192.0.2.7", json!({"reason": "a"}), Value::Null));
    let file = folder.path().join("audit.jsonl");
    let text = std::fs::read_to_string(&file).unwrap();
    assert_eq!(text.lines().count(), 2);
    std::fs::write(&file, format!("{text}{{\"id\": 3, \"ti")).unwrap();

    let again = AuditLog::open(folder.path()).unwrap();
    let read = again.latest(10);
    assert_eq!(
        read.iter().map(|change| (change.id, change.action.as_str())).collect::<Vec<_>>(),
        [(2, "ban.remove"), (1, "ban.add")]
    );
    assert_eq!((read[1].address.as_deref(), read[1].target.as_str()), (Some("127.0.0.1"), "192.0.2.7"));
    run(again.note(&actor(), "config.reload", "", Value::Null, Value::Null));
    assert_eq!(AuditLog::open(folder.path()).unwrap().latest(10).len(), 3);
    assert_eq!(again.latest(1)[0].id, 3);
    assert_eq!(again.before(Some(3), 10, |change| change.action == "ban.add").len(), 1);
}

#[test]
fn files_are_rotated_and_bounded_and_so_is_memory() {
    let folder = tempfile::tempdir().unwrap();
    let large = "x".repeat(usize::try_from(MAX_BYTES).unwrap() / 2 + 1);
    for round in 0..(OLDER_FILES + 3) * 2 {
        let log = AuditLog::open(folder.path()).unwrap();
        run(log.note(&actor(), "ban.add", round.to_string(), Value::Null, json!(large)));
    }
    let files = std::fs::read_dir(folder.path()).unwrap().count();
    assert_eq!(files, usize::try_from(OLDER_FILES).unwrap() + 1);
    let mut inner = AuditLog::open(folder.path()).unwrap();
    assert!(Arc::get_mut(&mut inner.0).unwrap().get_mut().recent.len() <= 10);
}

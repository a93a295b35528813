use serde_json::json;

use crate::harness::client::{get, post};
use crate::harness::{Origin, Waf, wait_for};

const QUICK: &str = "[session]\ngap = \"1s\"\n[behaviour]\nblock_ip = true\nban_duration = \"10m\"\n";
const ATTACK: &str = "/product?id=1%27%20UNION%20SELECT%20username%2C%20password%20FROM%20users--%20-";

/// One visit with an attack in it, seen through to its judgement, which comes before it closes.
fn abnormal_visit(waf: &Waf, number: usize) {
    assert_eq!(waf.send(get(ATTACK)).status, 403);
    waf.wait_for_count("SELECT COUNT(*) FROM sesfeatures WHERE behavior = 'Abnormal'", number);
    wait_for("the visit to close", || waf.metrics().contains("portcullis_sessions_open 0").then_some(()));
}

#[test]
fn the_third_abnormal_visit_bans_and_one_call_lets_the_client_in_again() {
    let origin = Origin::start();
    let waf = Waf::with(&origin, QUICK);
    for number in 1..=2 {
        abnormal_visit(&waf, number);
        assert_eq!(waf.send(get("/")).status, 200, "two are allowed");
        waf.wait_for_count("SELECT COUNT(*) FROM sesfeatures", number * 2 - 1);
        wait_for("the visit to be judged", || {
            (waf.sql("SELECT COUNT(*) FROM sesfeatures")[0][0] == (number * 2).to_string()).then_some(())
        });
    }
    abnormal_visit(&waf, 3);
    let reached = origin.seen().len();
    wait_for("the ban", || (waf.send(get("/")).status == 403).then_some(()));
    assert!(origin.seen().len() <= reached + 1);
    let ban = waf.api("GET", "/api/v1/bans", None).json();
    assert!(ban.to_string().contains("behaviour"), "{ban}");
    waf.wait_for_count("SELECT COUNT(*) FROM sesfeatures WHERE behavior = 'Abnormal' AND active = 0", 3);
    waf.wait_for_count("SELECT COUNT(*) FROM sesfeatures WHERE behavior = 'Normal' AND active = 1", 2);

    assert_eq!(waf.api("DELETE", "/api/v1/bans/127.0.0.1", None).status, 204);
    assert_eq!(waf.send(get("/")).status, 200);
}

#[test]
fn an_attack_makes_a_visit_abnormal_in_detect_mode_too_and_a_flag_alone_does_not() {
    let origin = Origin::start();
    let waf = Waf::with(&origin, "[session]\ngap = \"1s\"\n[inspection]\nmode = \"detect\"\n");
    assert_eq!(waf.send(get(ATTACK)).status, 200);
    waf.wait_for_count("SELECT COUNT(*) FROM sesfeatures WHERE behavior = 'Abnormal' AND cause = 'text'", 1);
    wait_for("the visit to close", || waf.metrics().contains("portcullis_sessions_open 0").then_some(()));
    assert_eq!(waf.send(post("/orders", "application/json", br#"{"broken": "#)).status, 200);
    waf.wait_for_count("SELECT COUNT(*) FROM sesfeatures WHERE behavior = 'Normal'", 1);
    assert_eq!(waf.sql("SELECT COUNT(*) FROM httplogs WHERE verdict = 'flag'")[0], ["2"]);
}

#[test]
fn the_last_session_of_a_client_is_judged_with_the_predecessors_numbers() {
    let origin = Origin::start();
    let waf = Waf::with(&origin, "[session]\ngap = \"1s\"\n");
    waf.send(post("/login", "application/x-www-form-urlencoded", b"user=anna&password=tulip"));
    waf.send(post("/login/?next=%2F", "application/x-www-form-urlencoded", b"user=anna&password=rose"));
    waf.send(get("/status/404"));
    waf.wait_for_count("SELECT COUNT(*) FROM sesfeatures", 1);
    let row = waf.sql(
        "SELECT numOfLoginAttempts, numOfPostReqs, numOfReqs, sesCodes4xx, sesDuration, clientIP, active, behavior
         FROM sesfeatures",
    );
    let logged = waf.sql("SELECT MAX(timestamp) - MIN(timestamp) FROM httplogs");
    assert_eq!(row[0][..4], ["2", "2", "3", "1"]);
    assert_eq!(row[0][4], logged[0][0]);
    assert_eq!(row[0][5..], ["127.0.0.1", "1", "Normal"]);
    let ids = waf.sql("SELECT (SELECT sessionID FROM sesfeatures), _id, sessionID FROM httplogs ORDER BY _id LIMIT 1");
    assert_eq!(ids[0][0], ids[0][1], "a session has the id of its first request");
    assert_eq!(ids[0][0], ids[0][2]);
}

#[test]
fn values_of_bodies_are_kept_with_the_session_as_the_predecessor_named_them() {
    let origin = Origin::start();
    let keys = "body_ignored_keys = [\"secretary\"]\nbody_values = 4\n";
    let waf = Waf::with(&origin, &format!("[session]\ngap = \"1s\"\n{keys}[activity]\nbodies = \"redacted\"\n"));
    waf.send(get("/"));
    let order = br#"{"city": "Bern", "count": 3, "password": "tulip", "secretary": "left out", "gift": null}"#;
    waf.send(post("/orders", "application/json", order));
    waf.send(post("/login", "application/x-www-form-urlencoded", b"name=anna&one=too+many"));
    waf.wait_for_count("SELECT COUNT(*) FROM sesfeatures", 1);
    let data = &waf.sql("SELECT reqBodiesData FROM sesfeatures")[0][0];
    let kept: serde_json::Value = serde_json::from_str(data).unwrap();
    let expected = json!({
        "requestBody.city.1": "Bern",
        "requestBody.count$int.1": "3",
        "requestBody.password.1": kept["requestBody.password.1"],
        "requestBody.gift$none.1": "None",
    });
    assert_eq!(kept, expected, "four values, and no more of the form");
    assert!(!data.contains("tulip"), "{data}");
}

#[test]
fn a_full_session_is_cut_at_exactly_its_cap_under_concurrency() {
    let origin = Origin::start();
    let waf = Waf::with(&origin, "[session]\nmax_requests = 5\ngap = \"1s\"\n");
    std::thread::scope(|scope| {
        for _ in 0..20 {
            scope.spawn(|| assert_eq!(waf.send(get("/")).status, 200));
        }
    });
    waf.wait_for_count("SELECT COUNT(*) FROM sesfeatures", 4);
    waf.wait_for_count("SELECT COUNT(*) FROM httplogs", 20);
    let sizes = waf
        .sql("SELECT numOfReqs, (SELECT COUNT(*) FROM httplogs l WHERE l.sessionID = s.sessionID) FROM sesfeatures s");
    assert_eq!(sizes, [["5", "5"], ["5", "5"], ["5", "5"], ["5", "5"]]);
}

#[test]
fn collection_mode_judges_nobody() {
    let origin = Origin::start();
    let waf = Waf::with(&origin, "[session]\ngap = \"1s\"\n[behaviour]\nuse_models = false\nblock_ip = true\n");
    waf.send(get(ATTACK));
    waf.wait_for_count("SELECT COUNT(*) FROM sesfeatures WHERE behavior = 'newSession'", 1);
    let visit = waf.sql("SELECT sessionID FROM sesfeatures").remove(0).remove(0);
    let answer = waf.api("POST", "/api", Some(json!({"sesID": visit})));
    assert_eq!((answer.status, answer.json()["behavior"].as_str()), (200, Some("newSession")));
    assert_eq!(waf.sql("SELECT behavior, active FROM sesfeatures"), [["newSession", "1"]]);
    assert_eq!(waf.send(get("/")).status, 200, "nobody is banned");
}

#[test]
fn secrets_are_nowhere_in_the_store() {
    let origin = Origin::start();
    let waf = Waf::with(&origin, "[activity]\nbodies = \"redacted\"\n");
    let secret = "hunter2hunter2";
    waf.send(get(&format!("/?user=anna&password={secret}")));
    waf.send(crate::harness::client::get_with(
        "/",
        &format!(
            "Cookie: sid={secret}\r\nAuthorization: Bearer {secret}\r\nX-Api-Key: {secret}\r\n\
             Referer: http://a/?token={secret}\r\n"
        ),
    ));
    waf.send(post("/login", "application/x-www-form-urlencoded", format!("user=anna&pwd={secret}").as_bytes()));
    waf.send(post("/api", "application/json", json!({"a": [{"newPassword": secret}]}).to_string().as_bytes()));
    let part = format!("--b\r\nContent-Disposition: form-data; name=\"passwd\"\r\n\r\n{secret}\r\n--b--\r\n");
    waf.send(post("/api", "multipart/form-data; boundary=b", part.as_bytes()));
    waf.wait_for_count("SELECT COUNT(*) FROM httplogs", 5);
    let folder = waf.stop();
    let mut paths = vec![folder.path().join("data")];
    while let Some(path) = paths.pop() {
        if path.is_dir() {
            paths.extend(std::fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()));
        } else {
            let bytes = std::fs::read(path).unwrap();
            assert!(!bytes.windows(secret.len()).any(|window| window == secret.as_bytes()));
        }
    }
}

#[test]
fn an_open_session_goes_on_after_a_restart() {
    let origin = Origin::start();
    let sections = "[session]\ngap = \"20s\"\n";
    let waf = Waf::with(&origin, sections);
    for _ in 0..3 {
        waf.send(get("/status/404"));
    }
    let folder = waf.stop();
    let waf = Waf::in_folder(&origin, sections, folder);
    assert!(waf.log().contains("open sessions taken up sessions=1"), "{}", waf.log());
    waf.send(get("/"));
    waf.wait_for_count("SELECT COUNT(*) FROM httplogs", 4);
    assert_eq!(waf.sql("SELECT COUNT(DISTINCT sessionID) FROM httplogs")[0], ["1"], "the same session");
    let folder = waf.stop();
    let rows = crate::harness::waf::sql(
        &folder.path().join("data/portcullis.db"),
        "SELECT numOfReqs, sesCodes4xx, json_extract(features, '$.distinctPaths') < 2.5 FROM sesfeatures",
    );
    assert_eq!(rows, [["4", "3", "1"]], "counted on");
}

#[test]
fn a_killed_filter_goes_on_from_its_last_checkpoint() {
    let origin = Origin::start();
    let sections = "[session]\ngap = \"20s\"\ncheckpoint = \"1s\"\n";
    let waf = Waf::with(&origin, sections);
    waf.send(get("/status/404"));
    waf.wait_for_count("SELECT COUNT(*) FROM opensessions", 2);
    let folder = waf.kill();
    let waf = Waf::in_folder(&origin, sections, folder);
    waf.send(get("/"));
    waf.wait_for_count("SELECT COUNT(*) FROM httplogs", 2);
    assert_eq!(waf.sql("SELECT COUNT(DISTINCT sessionID) FROM httplogs")[0], ["1"]);
}

#[test]
fn cookies_tell_visitors_of_one_address_apart_and_an_expression_does_too() {
    for key in
        ["key = \"cookie\"\nkey_name = \"sid\"", "key = \"expression\"\nkey_expression = \"request.cookies['sid']\""]
    {
        let origin = Origin::start();
        let waf = Waf::with(&origin, &format!("[session]\n{key}\n"));
        for visitor in ["a", "b", "a"] {
            waf.send(crate::harness::client::get_with("/", &format!("Cookie: sid={visitor}\r\n")));
        }
        waf.send(get("/"));
        let folder = waf.stop();
        let sizes = crate::harness::waf::sql(
            &folder.path().join("data/portcullis.db"),
            "SELECT numOfReqs FROM sesfeatures ORDER BY numOfReqs",
        );
        assert_eq!(sizes, [["1"], ["1"], ["2"]], "{key}");
    }
}

#[test]
fn with_grouping_off_requests_are_logged_without_a_session() {
    let origin = Origin::start();
    let waf = Waf::with(&origin, "[session]\ngroup = false\n");
    waf.send(get("/"));
    waf.send(get(ATTACK));
    waf.wait_for_count("SELECT COUNT(*) FROM httplogs WHERE sessionID = 'newRequest'", 2);
    let folder = waf.stop();
    let database = folder.path().join("data/portcullis.db");
    assert_eq!(crate::harness::waf::sql(&database, "SELECT COUNT(*) FROM sesfeatures")[0], ["0"]);
}

#[test]
fn custom_features_are_stored_with_the_session() {
    let origin = Origin::start();
    let waf = Waf::with(
        &origin,
        "[session]\ngap = \"1s\"\n\
         [[feature]]\nname = \"missed\"\nkind = \"count_if\"\nexpression = \"response.status == 404\"\n\
         [[feature]]\nname = \"agents\"\nkind = \"distinct\"\nexpression = \"request.headers['user-agent']\"\n\
         [[feature]]\nname = \"share\"\nkind = \"sum\"\nexpression = \"100 / (response.status - 404)\"\n",
    );
    waf.send(get("/status/404"));
    waf.send(get("/status/404/b"));
    waf.send("GET / HTTP/1.1\r\nHost: shop.example\r\n\r\n");
    waf.wait_for_count("SELECT COUNT(*) FROM sesfeatures", 1);
    let row = waf.sql(
        "SELECT json_extract(custom, '$.missed'), round(json_extract(custom, '$.agents')), custom FROM sesfeatures",
    );
    assert_eq!(row[0][..2], ["2", "1"], "{row:?}");
    assert!(
        waf.metrics().contains("portcullis_expression_errors_total 3"),
        "a division by zero twice, a missing header"
    );
}

use super::*;
use crate::banlist::{Ban, BanOrigin};
use crate::behaviour::{Assessment, Cause, Limit, Spoken};

const ONE: &str = "5f5e10000000000000000001";
const ATTACK: &str = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>";

/// Every page with a path of its own.
const PAGES: [&str; 7] = ["/", "/requests", "/sessions", "/bans", "/rules", "/status", "/audit"];

/// A browser with one cookie, which does not follow redirects.
struct Browser<'a> {
    api: &'a Running,
    cookie: String,
}

impl<'a> Browser<'a> {
    fn new(api: &'a Running) -> Self {
        Self { api, cookie: String::new() }
    }

    fn signed_in(api: &'a Running, token: &str) -> Self {
        let mut browser = Self::new(api);
        let answer = browser.post("/login", &[("token", token), ("then", "/bans")]);
        assert_eq!((answer.status, &answer.headers["location"]), (303, &"/bans".parse().unwrap()), "{}", answer.body);
        let set = answer.headers["set-cookie"].to_str().unwrap().to_owned();
        assert!(set.ends_with("; Path=/; HttpOnly; SameSite=Strict"), "{set}");
        browser.cookie = set.split(';').next().unwrap().to_owned();
        browser
    }

    fn get(&self, path: &str) -> Answer {
        self.send("GET", path, String::new())
    }

    fn post(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let fields: Vec<_> = fields.iter().map(|(name, value)| format!("{name}={}", extract::encoded(value))).collect();
        self.send("POST", path, fields.join("&"))
    }

    /// A form of ours, with the secret that stands in the page.
    fn change(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let csrf = self.csrf();
        self.post(path, &[&[("csrf", csrf.as_str())], fields].concat())
    }

    fn csrf(&self) -> String {
        let page = self.get("/status").body;
        let (_, rest) = page.split_once("name=\"csrf\" value=\"").unwrap();
        rest.split('"').next().unwrap().to_owned()
    }

    fn send(&self, method: &str, path: &str, body: String) -> Answer {
        let config = ureq::Agent::config_builder().http_status_as_error(false).proxy(None).max_redirects(0);
        let agent: ureq::Agent = config.max_redirects_will_error(false).build().into();
        let request = http::Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.api.url()))
            .header("cookie", &self.cookie)
            .header("content-type", "application/x-www-form-urlencoded");
        let mut response = if method == "GET" {
            agent.run(request.body(()).unwrap()).unwrap()
        } else {
            agent.run(request.body(body).unwrap()).unwrap()
        };
        Answer {
            status: response.status().as_u16(),
            headers: response.headers().clone(),
            body: response.body_mut().read_to_string().unwrap(),
        }
    }
}

#[test]
fn every_page_needs_a_login_and_comes_back_to_it() {
    let api = start();
    let stranger = Browser::new(&api);
    for page in PAGES.into_iter().chain(["/requests/x", "/sessions/x", "/live"]) {
        let answer = stranger.get(page);
        assert_eq!(answer.status, 303, "{page}");
        assert!(answer.headers["location"].to_str().unwrap().starts_with("/login"), "{page}");
    }
    assert_eq!(stranger.get("/requests?client=1").headers["location"], "/login?then=%2Frequests%3Fclient%3D1");
    for change in ["/bans", "/bans/lift", "/bans/release", "/sessions/x/label", "/reload", "/logout"] {
        assert_eq!(stranger.post(change, &[("csrf", "")]).headers["location"], "/login", "{change}");
    }
    let with_token = api.send("GET", "/bans", Some(TOKEN), "");
    assert!(with_token.body.contains("name=\"token\""), "a token in a header opens the API, not the console");
    for then in ["//evil.example", "https://evil.example", "/\\evil.example"] {
        assert_eq!(stranger.post("/login", &[("token", TOKEN), ("then", then)]).headers["location"], "/");
    }
    assert_eq!(stranger.post("/login", &[("token", "wrong")]).status, 401);
}

#[test]
fn signing_out_and_taking_the_token_away_end_a_login() {
    let api = start();
    let browser = Browser::signed_in(&api, TOKEN);
    assert_eq!(browser.get("/").status, 200);
    assert_eq!(browser.post("/logout", &[]).headers["location"], "/login");
    assert_eq!(browser.get("/").status, 303);

    let browser = Browser::signed_in(&api, TOKEN);
    api.keyring.replace_configured(Vec::new());
    assert_eq!(browser.get("/").status, 303);
}

#[test]
fn too_many_wrong_tokens_have_to_wait_here_as_well() {
    let api = start();
    let stranger = Browser::new(&api);
    for _ in 0..throttle::ALLOWED {
        assert_eq!(stranger.post("/login", &[("token", "wrong")]).status, 401);
    }
    let answer = stranger.post("/login", &[("token", TOKEN)]);
    assert_eq!(answer.status, 429);
    assert!(answer.headers.contains_key("retry-after"));
}

#[test]
fn a_change_needs_the_logins_own_secret_and_an_operator() {
    let api = start();
    let operator = Browser::signed_in(&api, TOKEN);
    let fields = [("address", "192.0.2.7"), ("duration", "10m"), ("reason", "scanning")];
    let other = Browser::signed_in(&api, TOKEN).csrf();
    for csrf in ["", "guess", other.as_str()] {
        let answer = operator.post("/bans", &[&[("csrf", csrf)], &fields[..]].concat());
        assert_eq!(answer.status, 403, "{csrf}");
    }
    assert_eq!(api.bans.list(Timestamp::now()).len(), 0);
    let viewer = Browser::signed_in(&api, VIEWER);
    assert!(!viewer.get("/bans").body.contains("method=\"post\" action=\"/bans\""), "a viewer has no form");
    let csrf =
        viewer.get("/").body.split("name=\"csrf\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    assert_eq!(viewer.post("/bans", &[&[("csrf", csrf.as_str())], &fields[..]].concat()).status, 403);
    assert_eq!(api.bans.list(Timestamp::now()).len(), 0);

    assert_eq!(operator.change("/bans", &fields).headers["location"], "/bans");
    assert_eq!(api.bans.list(Timestamp::now()).len(), 1);
    assert!(operator.get("/bans").body.contains("192.0.2.7 is banned."));
    assert!(!operator.get("/bans").body.contains("192.0.2.7 is banned."), "told once");
    let audit = api.get("/api/v1/audit?action=ban.add").json();
    assert_eq!(audit["changes"][0]["actor"], json!("ada"));
}

#[test]
fn bans_are_lifted_and_released_and_sessions_labelled() {
    let api = start();
    let browser = Browser::signed_in(&api, TOKEN);
    for address in ["192.0.2.7", "192.0.2.8", "203.0.113.9"] {
        browser.change("/bans", &[("address", address)]);
    }
    let lifted = browser.change("/bans/lift", &[("address", "203.0.113.9"), ("back", "/requests?client=1")]);
    assert_eq!(lifted.headers["location"], "/requests?client=1");
    let elsewhere = browser.change("/bans/lift", &[("address", "203.0.113.9"), ("back", "//evil.example")]);
    assert_eq!(elsewhere.headers["location"], "/bans");
    assert!(browser.get("/bans").body.contains("there is no ban of exactly 203.0.113.9"));
    browser.change("/bans/release", &[("addresses", "192.0.2.0/24\r\n198.51.100.1, ")]);
    assert!(browser.get("/bans").body.contains("2 bans are lifted; 1 had no ban"));
    assert_eq!(api.bans.list(Timestamp::now()).len(), 0);

    api.assessments.kept.lock().push(log::assessment(ONE));
    let labelled = browser.change(&format!("/sessions/{ONE}/label"), &[("behavior", "Normal")]);
    assert_eq!(labelled.headers["location"], format!("/sessions/{ONE}").as_str());
    assert_eq!(api.assessments.kept.lock()[0].behaviour.as_str(), "Normal");
    *api.reloaded.lock() = Err(vec!["inspection.mode: <b>".into()]);
    browser.change("/reload", &[]);
    assert!(browser.get("/status").body.contains("inspection.mode: &lt;b&gt;"));
}

#[test]
fn a_session_shows_what_it_rests_on_in_plain_words() {
    let api = start();
    let spoke = |feature: &str, value, weight| Spoken { feature: feature.into(), value, weight };
    let mut assessment = log::assessment(ONE);
    assessment.cause = Some(Cause::Features);
    assessment.spoke = vec![spoke("share4xx", 0.875, 0.5), spoke("checkouts", 12.0, 0.25)];
    api.assessments.kept.lock().push(assessment);
    let browser = Browser::signed_in(&api, TOKEN);
    let body = browser.get(&format!("/sessions/{ONE}")).body;
    for shown in ["What spoke for abnormal", "Share of answers 400 to 499", "87.5 %", "50.0 %", "checkouts", "25.0 %"] {
        assert!(body.contains(shown), "{shown} in {body}");
    }
    let session = api.get(&format!("/api/v1/sessions/{ONE}")).json();
    assert_eq!(session["spoke"][0], json!({"feature": "share4xx", "value": 0.875, "weight": 0.5}));
    assert_eq!((&session["features"]["numOfReqs"], &session["features"]["sesDuration"]), (&json!(3), &json!(5)));

    let limited = Assessment { cause: Some(Cause::Limit(Limit::Logins)), ..log::assessment(ONE) };
    *api.assessments.kept.lock() = vec![limited];
    let body = browser.get(&format!("/sessions/{ONE}")).body;
    assert!(body.contains("too many failed logins") && !body.contains("What spoke"), "{body}");
    assert!(browser.get("/sessions").body.contains("too many failed logins"));
}

#[test]
fn attack_text_is_shown_as_text_on_every_page() {
    let api = start();
    let mut record = log::record(ONE, Some(ONE));
    record.url = format!("/{ATTACK}");
    record.method = ATTACK.into();
    record.origin = ATTACK.into();
    record.headers = vec![(ATTACK.into(), ATTACK.into())];
    record.request_body = Some(json!({ATTACK: ATTACK}));
    record.findings[0].excerpt = ATTACK.into();
    record.findings[0].target.name = ATTACK.into();
    api.activity.records.lock().push(record);
    let mut assessment = log::assessment(ONE);
    assessment.model = ATTACK.into();
    assessment.spoke = vec![Spoken { feature: ATTACK.into(), value: 1.0, weight: 0.5 }];
    api.assessments.kept.lock().push(assessment);
    let ban = Ban {
        scope: "192.0.2.7".parse().unwrap(),
        origin: BanOrigin::Behaviour,
        reason: ATTACK.into(),
        evidence: None,
        since: Timestamp::now(),
        until: None,
    };
    api.block_on(api.bans.ban(ban)).unwrap();
    let browser = Browser::signed_in(&api, TOKEN);
    browser.change("/bans", &[("address", "198.51.100.200"), ("reason", ATTACK)]);
    browser.change("/bans/release", &[("addresses", ATTACK)]);
    let shown = ["/live".to_owned(), format!("/requests/{ONE}"), format!("/sessions/{ONE}")];
    let asked = ["/requests?client=", "/sessions?client=", "/bans?client=", "/requests?route=", "/login?then="]
        .map(|path| format!("{path}{}", extract::encoded(ATTACK)));
    let mut told = 0;
    for page in PAGES.iter().map(ToString::to_string).chain(shown).chain(asked) {
        let answer = browser.get(&page);
        let body = answer.body.replace("<script src=\"/console.js\" defer></script>", "");
        for markup in ["<script", "<img", " onerror=alert(1)>\"", " style=", "javascript:"] {
            assert!(!body.contains(markup), "{markup} on {page}: {body}");
        }
        told += usize::from(body.contains("&lt;script&gt;"));
    }
    assert!(told >= 8, "the attack is shown, as text, on {told} pages");
}

#[test]
fn a_dead_store_is_told_and_counts_are_shown_all_the_same() {
    let api = start();
    let browser = Browser::signed_in(&api, TOKEN);
    api.activity.down.store(true, Ordering::Relaxed);
    for page in ["/", "/requests"] {
        let body = browser.get(page).body;
        assert!(body.contains("the store did not answer"), "{page}");
        assert!(!body.contains("secret"));
    }
    assert!(browser.get("/").body.contains("Bans in force"));
}

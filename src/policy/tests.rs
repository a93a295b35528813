use super::*;
use crate::inspection::{Finding, Malformed, Target, TargetKind};

fn config() -> Config {
    Config {
        terms: Terms { mode: Mode::Block, body_limit: 1_000, over_limit: BodyLimitAction::Refuse },
        routes: Vec::new(),
        exclusions: Vec::new(),
        refuse_malformed: false,
        on_error: FailureMode::Closed,
        refuse_from: [0.9; AttackClass::ALL.len()],
    }
}

fn route(path: &str, mode: Mode) -> Route {
    Route { path: path.into(), mode: Some(mode), body_limit: None, over_limit: None }
}

fn attack(name: &str, class: AttackClass, score: f32) -> Finding {
    finding(name, Suspicion::Attack { class, score })
}

fn finding(name: &str, suspicion: Suspicion) -> Finding {
    let target = Target { kind: TargetKind::QueryValue, name: name.into() };
    Finding { target, suspicion, excerpt: String::new() }
}

fn judge(config: Config, path: &str, findings: Vec<Finding>) -> Verdict {
    let policy = Policy::new(config);
    policy.judge(&policy.terms(path.as_bytes()), path.as_bytes(), &Findings(findings))
}

#[test]
fn the_threshold_itself_refuses_and_just_below_flags() {
    let reason = Reason::Attack(AttackClass::Sqli);
    for (score, verdict) in [(0.9, Verdict::Refuse(reason)), (0.899, Verdict::Flag(reason))] {
        assert_eq!(judge(config(), "/", vec![attack("q", AttackClass::Sqli, score)]), verdict);
    }
    assert_eq!(judge(config(), "/", vec![]), Verdict::Allow);
}

#[test]
fn modes_refuse_flag_or_keep_silent() {
    let reason = Reason::Attack(AttackClass::Xss);
    for (mode, verdict) in
        [(Mode::Block, Verdict::Refuse(reason)), (Mode::Detect, Verdict::Flag(reason)), (Mode::Off, Verdict::Allow)]
    {
        let mut config = config();
        config.terms.mode = mode;
        assert_eq!(judge(config, "/", vec![attack("q", AttackClass::Xss, 1.0)]), verdict);
    }
}

#[test]
fn the_gravest_finding_decides_and_attacks_go_before_malformed() {
    let malformed = finding("", Suspicion::Malformed(Malformed::Json));
    let findings = vec![malformed.clone(), attack("a", AttackClass::Xss, 0.5), attack("b", AttackClass::Cmdi, 0.95)];
    assert_eq!(judge(config(), "/", findings), Verdict::Refuse(Reason::Attack(AttackClass::Cmdi)));
    let findings = vec![malformed.clone(), attack("a", AttackClass::Xss, 0.5)];
    assert_eq!(judge(config(), "/", findings), Verdict::Flag(Reason::Attack(AttackClass::Xss)));
    assert_eq!(judge(config(), "/", vec![malformed.clone()]), Verdict::Flag(Reason::Malformed));
    let strict = Config { refuse_malformed: true, ..config() };
    assert_eq!(judge(strict, "/", vec![malformed]), Verdict::Refuse(Reason::Malformed));
}

#[test]
fn the_longest_route_wins() {
    let policy =
        Policy::new(Config { routes: vec![route("/a/", Mode::Off), route("/a/b/", Mode::Detect)], ..config() });
    for (path, mode) in [("/", Mode::Block), ("/a/x", Mode::Off), ("/a/b/x", Mode::Detect), ("/%61/x", Mode::Off)] {
        assert_eq!(policy.terms(path.as_bytes()).mode, mode, "{path}");
    }
}

#[test]
fn a_path_in_disguise_gets_the_strictest_terms() {
    let policy = Policy::new(Config { routes: vec![route("/static/", Mode::Off)], ..config() });
    for path in [
        "/static/../login",
        "/static/%2e%2e/login",
        "/static/..%2flogin",
        "/static/.%2e/login",
        "/static/..;/login",
        "/static\\..\\login",
        "/static//x",
        "/static/%252e%252e/x",
        "/static/%00x",
        "/static/%ff",
    ] {
        assert_eq!(policy.terms(path.as_bytes()).mode, Mode::Block, "{path}");
    }
    assert_eq!(policy.terms(b"/static/site.css").mode, Mode::Off);
}

#[test]
fn an_exclusion_covers_its_path_parameter_and_class_only() {
    let rule =
        Exclusion { path: Some("/wiki/".into()), parameter: Some("text".into()), classes: vec![AttackClass::Xss] };
    let excluded = Config { exclusions: vec![rule], ..config() };
    let refused =
        |path: &str, name: &str, class| judge(excluded.clone(), path, vec![attack(name, class, 1.0)]).is_refusal();
    assert!(!refused("/wiki/edit", "text", AttackClass::Xss));
    assert!(refused("/wiki/edit", "text", AttackClass::Sqli));
    assert!(refused("/wiki/edit", "title", AttackClass::Xss));
    assert!(refused("/login", "text", AttackClass::Xss));
    assert!(refused("/wiki/../login", "text", AttackClass::Xss));
}

#[test]
fn what_cannot_be_inspected_follows_on_error_and_mode() {
    let verdict = |on_error, mode| {
        let mut config = Config { on_error, ..config() };
        config.terms.mode = mode;
        let policy = Policy::new(config);
        policy.judge_uninspected(&policy.terms(b"/"))
    };
    assert_eq!(verdict(FailureMode::Closed, Mode::Block), Verdict::Refuse(Reason::Uninspected));
    assert_eq!(verdict(FailureMode::Open, Mode::Block), Verdict::Flag(Reason::Uninspected));
    assert_eq!(verdict(FailureMode::Closed, Mode::Detect), Verdict::Flag(Reason::Uninspected));
}

use super::roc::Point;
use super::*;

fn set(rows: &[(&str, &str, f32, Decision)]) -> SetReport {
    let mut set = SetReport::new("folder/a.jsonl");
    for (label, source, score, decision) in rows {
        let (label, source) = ((*label).to_owned(), (*source).to_owned());
        set.count(Outcome { label, source, score: *score, decision: *decision });
    }
    set
}

fn sample() -> SetReport {
    let (sqli, xss) = (Decision::Refused(Some(AttackClass::Sqli)), Decision::Refused(Some(AttackClass::Xss)));
    set(&[
        ("sqli", "lists", 0.99, sqli),
        ("sqli", "lists", 0.97, xss),
        ("sqli", "other", 0.55, Decision::Flagged),
        ("xss", "lists", 0.98, xss),
        ("attack-other", "lists", 0.1, Decision::Allowed),
        ("norm", "forms", 0.01, Decision::Allowed),
        ("norm", "forms", 0.6, Decision::Flagged),
        ("norm", "mail & <news>", 0.985, sqli),
        ("norm", "mail & <news>", 0.0, Decision::Refused(None)),
    ])
}

fn near(left: f64, right: f64) -> bool {
    (left - right).abs() < 5e-5
}

#[test]
fn intervals_are_wilsons() {
    // Worked by hand from the formula: 8 of 10, 0 of 20, 20 of 20.
    let of = |part, whole| Share { part, whole }.interval().unwrap();
    let (low, high) = of(8, 10);
    assert!(near(low, 0.490_16) && near(high, 0.943_32), "{low} {high}");
    let (low, high) = of(0, 20);
    assert!(low == 0.0 && near(high, 0.161_13), "{low} {high}");
    let (low, high) = of(20, 20);
    assert!(near(low, 0.838_87) && high == 1.0, "{low} {high}");
    assert_eq!(Share { part: 0, whole: 0 }.interval(), None);
}

#[test]
fn counts_by_source_label_and_prediction() {
    let set = sample();
    let sqli = set.total()["sqli"];
    assert_eq!(sqli, Tally { rows: 3, refused: 2, suspected: 3, right_class: 1 });
    assert_eq!(set.sources["lists"]["sqli"].rows, 2);
    assert_eq!(attacks(&set.total()), Tally { rows: 5, refused: 3, suspected: 4, right_class: 2 });
    assert_eq!(set.confusion["sqli"], BTreeMap::from([("norm", 1), ("sqli", 1), ("xss", 1)]));
    assert_eq!(set.confusion["norm"], BTreeMap::from([("norm", 2), ("sqli", 1), ("other", 1)]));
    assert_eq!(labels(&set.total()), ["sqli", "xss", "attack-other", "norm"]);
}

#[test]
fn labels_and_sources_without_end_do_not_grow_the_report() {
    let mut set = SetReport::new("x");
    for number in 0..MAX_SOURCES + 500 {
        let (label, source) = (format!("label-{}", number % 300), format!("source-{number}"));
        set.count(Outcome { label, source, score: 0.0, decision: Decision::Allowed });
    }
    assert_eq!(set.sources.len(), MAX_SOURCES + 1);
    assert_eq!(set.confusion.len(), MAX_LABELS + 1);
    assert_eq!(attacks(&set.total()).rows, (MAX_SOURCES + 500) as u64);
}

#[test]
fn the_curve_has_a_point_for_each_score_and_its_area_counts_ties_half() {
    let mut roc = Roc::default();
    for (score, is_attack) in [(0.9, true), (0.8, false), (0.8, true), (0.2, false)] {
        roc.add(score, is_attack);
    }
    let point = |threshold, false_alarms, detected| Point { threshold, false_alarms, detected };
    assert_eq!(roc.points(), [point(0.9, 0.0, 0.5), point(0.8, 0.5, 1.0), point(0.2, 1.0, 1.0)]);
    // Of four pairs three are in order and one is a tie.
    assert!(near(roc.area().unwrap(), 3.5 / 4.0));
    assert_eq!(Roc::default().area(), None);
}

#[test]
fn the_tables_say_it_all() {
    let mut set = sample();
    set.note_bad("line 3: expected a JSON object");
    let mut out = Vec::new();
    write_tables(&set, &mut out).unwrap();
    let text = String::from_utf8(out).unwrap();
    let has_line = |words: &[&str]| text.lines().any(|line| line.split_whitespace().eq(words.iter().copied()));
    assert!(text.starts_with("folder/a.jsonl: 9 rows judged, 1 not readable\n  line 3: "), "{text}");
    let sqli = [
        "all", "sqli", "3", "66.67", "%", "(20.77", "to", "93.85)", "100.00", "%", "(43.85", "to", "100.00)", "50.00",
        "%",
    ];
    assert!(has_line(&sqli), "{text}");
    assert!(
        has_line(&["norm", "4", "50.00", "%", "(15.00", "to", "85.00)", "75.00", "%", "(30.06", "to", "95.44)"]),
        "{text}"
    );
    let classes = AttackClass::ALL.map(AttackClass::as_str);
    assert!(has_line(&[&["norm"][..], &classes, &["other"]].concat()), "{text}");
    assert!(has_line(&[&["norm", "2", "1"][..], &["0"; AttackClass::ALL.len() - 1], &["1"]].concat()), "{text}");
}

#[test]
fn the_json_has_shares_with_their_intervals() {
    let json = to_json(&sample());
    assert_eq!(json["all"]["attacks"]["refused"]["count"], 3);
    assert_eq!(json["all"]["attacks"]["refused"]["share"], 0.6);
    assert_eq!(json["sources"]["lists"]["labels"]["xss"]["right_class"]["share"], 1.0);
    assert_eq!(json["sources"]["forms"].get("attacks"), None);
    assert_eq!(json["confusion"]["attack-other"]["norm"], 1);
    assert_eq!(json["roc"]["points"].as_array().unwrap().last().unwrap()["detected"], 1.0);
}

#[test]
fn the_picture_is_well_formed_and_has_each_source() {
    let sets = [sample()];
    let svg = to_svg(&sets, &SetReport::joined(&sets), "a <caption> & more");
    assert!(svg.contains("mail &amp; &lt;news&gt;") && svg.contains("a &lt;caption&gt; &amp; more"));
    assert!(!svg.contains("NaN") && !svg.contains("inf"), "{svg}");
    assert_eq!(svg.matches("<text").count(), svg.matches("</text>").count());
    let empty = to_svg(&[], &SetReport::joined(&[]), "");
    assert!(empty.contains("needs attacks and benign rows") && !empty.contains("NaN"));
}

#[test]
fn joined_sets_add_up() {
    let sets = [sample(), sample()];
    let all = SetReport::joined(&sets);
    assert_eq!(attacks(&all.total()).rows, 10);
    assert_eq!(all.confusion["norm"]["norm"], 4);
    assert!(near(all.roc.area().unwrap(), sets[0].roc.area().unwrap()));
}

use super::*;

fn taken_apart(content_type: &str, body: &str) -> (Vec<(String, String)>, Option<Malformed>) {
    let (targets, malformed) = targets(Some(content_type), body.as_bytes(), false);
    let show = |(target, text): (crate::inspection::Target, Vec<u8>)| {
        (target.to_string(), String::from_utf8_lossy(&text).into_owned())
    };
    (targets.into_list().into_iter().map(show).collect(), malformed)
}

fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    expected.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect()
}

#[test]
fn json_gives_every_key_and_text_repeated_ones_too() {
    let body = r#"{"a":["x",{"b":"y"}],"n":1.5e3,"t":true,"z":null,"a":"second"}"#;
    let expected = [
        ("body-name", "a"),
        ("body-value a", "x"),
        ("body-name", "b"),
        ("body-value a.b", "y"),
        ("body-name", "n"),
        ("body-name", "t"),
        ("body-name", "z"),
        ("body-name", "a"),
        ("body-value a", "second"),
    ];
    assert_eq!(taken_apart("application/json; charset=utf-8", body), (pairs(&expected), None));
}

#[test]
fn malformed_json_is_said_and_inspected_as_text() {
    for body in [r#"{"a":"x""#, "{'a':1}", "[1,2", "nonsense", r#"{"a":1} more"#] {
        let (targets, malformed) = taken_apart("application/json", body);
        assert_eq!(malformed, Some(Malformed::Json), "{body}");
        assert_eq!(targets.last().unwrap(), &("body-text".to_owned(), body.to_owned()));
    }
    let deep = "[".repeat(500) + &"]".repeat(500);
    assert_eq!(taken_apart("application/json", &deep).1, Some(Malformed::Json));
    assert_eq!(targets(Some("application/json"), br#"{"a":"x"#, true).1, None, "a prefix breaks off");
}

#[test]
fn multipart_gives_names_file_names_and_fields() {
    let body = "--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\none\r\n\
                --b\r\ncontent-disposition: form-data; filename=\"x;\\\"y.png\"; name=file\r\nContent-Type: image/png\r\n\r\n\
                \u{1}\u{2}\r\n--b\r\nContent-Disposition: form-data; name=\"j\"\r\n\r\n{\"k\":\"v\"}\r\n--b--\r\n";
    let expected = [
        ("body-name", "a"),
        ("body-value a", "one"),
        ("body-name", "file"),
        ("file-name file", "x;\"y.png"),
        ("body-name", "j"),
        ("body-value j", "k"),
        ("body-value j.k", "v"),
    ];
    assert_eq!(taken_apart("multipart/form-data; boundary=\"b\"", body), (pairs(&expected), None));
}

#[test]
fn a_field_cannot_pass_for_a_file() {
    let body = "--b\r\nContent-Disposition: form-data; name=\"a; filename=x\"\r\n\r\none\r\n--b--\r\n";
    let (targets, _) = taken_apart("multipart/form-data; boundary=b", body);
    assert_eq!(targets[1], ("body-value a; filename=x".to_owned(), "one".to_owned()));
}

#[test]
fn malformed_multipart_is_said_and_inspected_as_text() {
    for (content_type, body) in [
        ("multipart/form-data", "--b\r\n\r\n"),
        ("multipart/form-data; boundary=b", "nothing"),
        ("multipart/form-data; boundary=b", "--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nno end"),
        ("multipart/form-data; boundary=b", "--b\r\nX: y\r\n\r\nno name\r\n--b--"),
    ] {
        let (targets, malformed) = taken_apart(content_type, body);
        assert_eq!(malformed, Some(Malformed::Multipart), "{body}");
        assert_eq!(targets.last().unwrap().1, body);
    }
}

#[test]
fn forms_decode_plus_and_say_broken_codes() {
    let form = "application/x-www-form-urlencoded";
    assert_eq!(
        taken_apart(form, "a=b+c&d").0,
        pairs(&[("body-name", "a"), ("body-value a", "b c"), ("body-value", "d")])
    );
    assert_eq!(taken_apart(form, "a=100%").1, Some(Malformed::PercentEncoding));
    assert_eq!(taken_apart(form, "a=%zz").1, Some(Malformed::PercentEncoding));
    assert_eq!(taken_apart(form, "a=%2f%u0041").1, None);
}

#[test]
fn the_kind_is_guessed_where_none_is_said() {
    assert_eq!(BodyKind::of(None, b" {\"a\":1}"), BodyKind::Json);
    assert_eq!(BodyKind::of(Some("text/plain;charset=UTF-8"), b"[1]"), BodyKind::Json);
    assert_eq!(BodyKind::of(None, b"a=b"), BodyKind::Urlencoded);
    assert_eq!(BodyKind::of(Some("text/xml"), b"<a/>"), BodyKind::Text);
    assert_eq!(BodyKind::of(Some("application/vnd.api+json"), b""), BodyKind::Json);
}

#[test]
fn of_a_binary_body_the_readable_runs_are_inspected() {
    let mut body = vec![0x80_u8; 400];
    body.extend(b"<script>alert(document.cookie)</script>");
    body.extend([0x90; 400]);
    let (targets, _) = targets(Some("application/octet-stream"), &body, false);
    assert_eq!(targets.into_list()[0].1, b"<script>alert(document.cookie)</script>\n");
}

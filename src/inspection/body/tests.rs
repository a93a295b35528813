use super::*;

/// Each target as `kind name=value`, then each fault as `!fault`.
fn read_all(content_type: &str, body: &str, truncated: bool) -> Vec<String> {
    let mut targets = Targets::new(100);
    read(Some(content_type.as_bytes()), body.as_bytes(), truncated, &mut targets);
    let (fields, malformed) = targets.into_parts();
    let fields = fields.into_iter().map(|field| format!("{}={}", field.target, String::from_utf8_lossy(&field.value)));
    fields.chain(malformed.iter().map(|(_, fault)| format!("!{}", fault.as_str()))).collect()
}

#[test]
fn forms_give_names_and_values() {
    let form = "application/x-www-form-urlencoded; charset=utf-8";
    assert_eq!(
        read_all(form, "a=1+2&b[$ne]=%27&a=&c", false),
        ["body-value a=1 2", "body-name b[$ne]=b[$ne]", "body-value b[$ne]='", "body-value=c"]
    );
    assert_eq!(
        read_all(form, "1'+or+1=1", false),
        ["body-name 1' or 1=1' or 1", "body-value 1' or 1=1' or 1=1", "body-value 1' or 1=1"]
    );
    assert_eq!(read_all(form, "a=100%&b=%zz", false), ["body-value a=100%", "body-value b=%zz", "!percent-encoding"]);
    assert_eq!(read_all(form, "a=x&b=y%2", true), ["body-value a=x", "body-value b=y%2"]);
    assert_eq!(read_all(form, "{\"q\":\"x\"}", false), ["body-value q=x"]);
}

#[test]
fn json_gives_keys_and_strings() {
    let json = "application/vnd.api+json";
    assert_eq!(
        read_all(json, r#"{"user":{"$gt":""},"tags":["a b",1]}"#, false),
        ["body-name user=$gt", "body-value tags=a b"]
    );
    assert_eq!(read_all(json, "{\"a\":\"b c", true), ["body-text=\"b c"]);
    assert_eq!(read_all(json, "{\"a\":\"b c", false), ["body-text={\"a\":\"b c", "!json"]);
    assert_eq!(read_all(json, "a=%27+or", false), ["body-value a=' or", "!json"]);
    for odd in ["null", "[]", "\"x\"", ""] {
        assert!(!read_all(json, odd, false).contains(&"!json".to_owned()), "{odd}");
    }
}

#[test]
fn multipart_gives_names_file_names_and_texts() {
    let multipart = "multipart/form-data; boundary=\"xx\"";
    let body = "--xx\r\nContent-Disposition: form-data; name=\"title\"\r\n\r\nhello <b>\r\n--xx\r\n\
        Content-Disposition: form-data; name=\"f\";\r\n filename=\"..\\..\\a\\\"b.php\"\r\nContent-Type: text/plain\r\n\r\n<?php\r\n--xx--\r\n";
    let whole = ["body-value title=hello <b>", "file-name f=..\\..\\a\"b.php", "body-text f=<?php"];
    assert_eq!(read_all(multipart, body, false), whole);
    assert_eq!(read_all(multipart, &body.replace("\r\n", "\n"), false), whole);
    let cut = &body[..body.len() - 8];
    assert_eq!(read_all(multipart, cut, true), whole);
    assert!(read_all(multipart, cut, false).contains(&"!multipart".to_owned()));
    for (content_type, body) in [
        ("multipart/form-data", "x y"),
        (multipart, "no boundary"),
        ("multipart/form-data; boundary=a; boundary=b", "--a"),
    ] {
        assert!(read_all(content_type, body, false).contains(&"!multipart".to_owned()), "{content_type}");
    }
}

#[test]
fn other_types_are_read_as_what_they_look_like() {
    assert_eq!(read_all("text/plain", "{\"a\":\"x y\"}", false), ["body-value a=x y"]);
    assert_eq!(read_all("", "a=%27+b&c=d", false), ["body-value a=' b", "body-value c=d"]);
    assert_eq!(read_all("application/xml", "<a b=\"c\"/>", false), ["body-text=<a b=\"c\"/>"]);
}

#[test]
fn of_binary_data_the_printable_runs_are_read() {
    let mut targets = Targets::new(9);
    let body =
        [&[0xFF, 0xD8, 1, 2, 3, 0x90, 0x91][..], b"<?php system($_GET[0]);?>", &[7; 40], b"short", &[0x80; 9]].concat();
    read(Some(b"image/jpeg"), &body, false, &mut targets);
    let (fields, _) = targets.into_parts();
    assert_eq!(fields.len(), 1);
    assert_eq!(fields[0].value, b"<?php system($_GET[0]);?>");
}
